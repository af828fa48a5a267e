"""Does training on the accelerator give what the processor gives? What a user with a GPU runs first.

Networks of the sizes in params.yaml get the same weights and the same random inputs on both; outputs and gradients are
compared, then mixed precision and compilation with plain networks on the device.
"""

import copy
import math
import time
from functools import partial
from types import SimpleNamespace

import torch

from chaconne.commands.doctoring.finding import Finding
from chaconne.training.engine.trainer import Trainer

SAME = 2e-3         # largest difference from the processor, relative to the largest value: TF32 is off, sums are in
                    # another order
MIXED = 0.05        # ... of bfloat16 from fp32: it keeps three digits, and layers add up
MATRIX = 2048       # of the product that is timed
CHANNELS, RATE_HZ = 64, 10.77
VOCABULARY = {"instrument": ["a", "b"], "mode": ["major", "minor"]}
BATCH = 8
OUTPUTS, GRADIENTS = "relative difference of outputs", "relative difference of gradients"
REPORT = "train on the processor (trainer.accelerator: cpu in conf/scale) and report this table with the versions above"


def look(params, device=None):
    """Yield the Findings on a device: the first accelerator of torch, or the one that is named.

    params: those of the pipeline, for the sizes of the networks.
    """
    here = partial(Finding, "accelerator")
    device = device or found()
    if device is None:
        yield here("device", "missing", f"torch {torch.__version__} sees neither CUDA nor MPS",
                   "install a driver and a build of torch for it (https://pytorch.org/get-started), then do this again")
        return
    torch.backends.cudnn.allow_tf32 = False     # or convolutions would keep three digits
    try:
        yield here("device", "fine", described(device))
        yield here("speed", "fine", ", ".join(f"{rate(device, kind):.2g} TFLOPS in {name}" for name, kind in (
            ("fp32", torch.float32), ("bfloat16", torch.bfloat16))) + f" (products of {MATRIX} x {MATRIX})")
    except Exception as error:  # a device that there is not, or one that a driver cannot use
        yield here("device", "missing", f"{device} cannot be used: {first_line(error)}", REPORT)
        return
    for name, check in checks(params, device):
        try:
            difference, allowed, what = check()
        except Exception as error:  # whatever a driver or a kernel makes of it
            yield here(name, "missing", f"fails: {first_line(error)}", REPORT)
            continue
        good = difference <= allowed
        text = f"{what}: {difference:.1e} (allowed: {allowed:g})"
        yield here(name, "fine" if good else "missing", text, "" if good else REPORT)


def first_line(error):
    """Return what went wrong as one short line."""
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:200]}"


def found():
    """Return the name of the accelerator that torch sees, None for none."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def described(device):
    """Return the device in words."""
    if torch.device(device).type != "cuda":
        return str(device)
    about = torch.cuda.get_device_properties(device)
    return (f"{torch.cuda.device_count()} x {about.name}, {about.total_memory / 2**30:.0f} GiB, compute capability "
            f"{about.major}.{about.minor}, CUDA {torch.version.cuda}; bfloat16 {torch.cuda.is_bf16_supported()}")


def waited(device):
    """Wait until the device has done what it was given."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
    elif torch.device(device).type == "mps":
        torch.mps.synchronize()


def rate(device, kind):
    """Return tera operations a second in a product of matrices."""
    a = torch.randn(MATRIX, MATRIX, device=device, dtype=kind)
    best = float("inf")
    for _ in range(4):
        waited(device)
        start = time.perf_counter()
        a @ a
        waited(device)
        best = min(best, time.perf_counter() - start)
    return 2 * MATRIX ** 3 / best / 1e12


def checks(params, device):
    """Yield (name, function that returns (difference, allowed difference, of what)) of everything that is compared."""
    from chaconne.codec.spectral import create
    from chaconne.generators import diffusion, gan

    torch.manual_seed(0)
    codec = create(params["spectral"], params["audio"]["sample_rate_hz"]).eval()
    with torch.no_grad():
        for weight in codec.parameters():
            weight.normal_(std=0.02)
    flow, adversaries = (kind.Model(params[name]["train"], CHANNELS, RATE_HZ, VOCABULARY) for name, kind in (
        ("diffusion", diffusion), ("gan", gan)))
    with torch.no_grad():
        for weight in [*flow.parameters(), *adversaries.parameters()]:
            weight.add_(0.02 * torch.randn_like(weight))    # adaLN starts at zero, and nothing would be compared
    frames = params["diffusion"]["train"]["frames"]
    z, t = torch.randn(BATCH, CHANNELS, frames), torch.rand(BATCH)
    codes, audio = torch.randint(0, 3, (BATCH, 2)), 0.1 * torch.randn(2, 16 * codec.hop_samples)
    denoise = (flow.network, (z, t, codes))
    patches = params["gan"]["train"]["frames"] // params["gan"]["train"]["patch"]
    write = (adversaries.network, (adversaries.line(BATCH, patches), torch.randn(BATCH, adversaries.settings["style"]),
                                   codes))
    crop = torch.randn(BATCH, CHANNELS, params["gan"]["train"]["frames"])
    yield "codec", lambda: compared(codec.reconstruct, moved(codec, device).reconstruct, (codec.encode(audio),), device)
    for name, (network, inputs) in {"diffusion": denoise, "gan: generator": write,
                                    "gan: critic": (adversaries.critic, (crop, codes))}.items():
        yield f"{name}, output", lambda n=network, i=inputs: compared(n, moved(n, device), i, device)
        yield f"{name}, gradients", lambda n=network, i=inputs: (
            far(gradients(n, i), gradients(moved(n, device), i, device)), SAME, GRADIENTS)
    yield "gan: penalty", lambda: (far(gradients(adversaries.critic, (crop, codes), twice=True), gradients(
        moved(adversaries.critic, device), (crop, codes), device, twice=True)), SAME, GRADIENTS)
    yield "sampling", lambda: (far(sampled(flow), sampled(moved(flow, device))), SAME, "relative difference of samples")
    for model in (flow, adversaries):
        yield f"{model.name}: training", lambda model=model: (
            stepped(moved(model, device), device), 0, "share of losses of two steps that are not finite")
    yield "mixed precision", lambda: (mixed(moved(flow.network, device), denoise[1], device), MIXED, OUTPUTS)
    yield "torch.compile", lambda: (compiled(moved(flow.network, device), denoise[1], device), SAME, OUTPUTS)


def moved(module, device):
    """Return a copy of a module on the device."""
    return copy.deepcopy(module).to(device)


def on(inputs, device):
    """Return tensors on the device."""
    return tuple(one.to(device) for one in inputs)


def far(ours, theirs):
    """Return the largest difference of two lists of tensors, relative to the largest value of each."""
    pairs = [(a.detach().float().cpu(), b.detach().float().cpu()) for a, b in zip(ours, theirs, strict=True)]
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1e-6)) for a, b in pairs)


@torch.no_grad()
def compared(plain, there, inputs, device):
    """Return (difference, allowed, what) of a function's output on the processor and on the device."""
    return far([there(*on(inputs, device))], [plain(*inputs)]), SAME, OUTPUTS


def gradients(network, inputs, device="cpu", twice=False):
    """Return [gradients of all weights] of the mean square of the output, or of the input's gradient (twice)."""
    inputs = on(inputs, device)
    first = inputs[0].detach().requires_grad_()
    value = network(first, *inputs[1:]).square().mean()
    if twice:
        value = torch.autograd.grad(value, first, create_graph=True)[0].square().sum()
    weights = [p for p in network.parameters() if p.requires_grad]
    return [g for g in torch.autograd.grad(value, weights, allow_unused=True) if g is not None]


def sampled(model):
    """Return [raw latents] of one seed."""
    return [model.eval().sample(20.0, 3, {"mode": "minor"}, {**model.preview, "steps": 4}, count=2)]


class Steps(Trainer):
    """A trainer that runs two steps on the device and keeps what they gave."""

    seed, losses = 0, ()

    def __init__(self, device):
        self.fabric = SimpleNamespace(device=torch.device(device), global_rank=0, world_size=1,
                                      backward=lambda loss: loss.backward(), clip_gradients=lambda *_, **more: None,
                                      setup=lambda *parts: parts)

    def setup(self, module, learning_rate, betas=(0.9, 0.99), weight_decay=0.0):
        """As Trainer.setup."""
        return module, torch.optim.AdamW(module.parameters(), learning_rate, betas, weight_decay=weight_decay)

    def run(self, steps, step, state, preview=None):
        """Do two steps."""
        self.losses = [float(value.detach()) for i in range(2) for value in step(i).values()]


def stepped(model, device):
    """Return the share of losses of two steps of training that are not finite."""
    def source(count, rng):
        z = torch.from_numpy(rng.standard_normal((count, CHANNELS, model.settings["frames"]), dtype="float32"))
        return z.to(device), torch.zeros(count, len(VOCABULARY), dtype=torch.long, device=device)

    trainer = Steps(device)
    model.train().fit(source, trainer, {**model.settings, "steps": 2, "batch": BATCH})
    return sum(not math.isfinite(loss) for loss in trainer.losses) / len(trainer.losses)


@torch.no_grad()
def mixed(network, inputs, device):
    """Return how far outputs under autocast are from plain ones."""
    plain = network(*on(inputs, device))
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        return far([network(*on(inputs, device))], [plain])


@torch.no_grad()
def compiled(network, inputs, device):
    """Return how far outputs of a compiled network are from plain ones."""
    inputs = on(inputs, device)
    return far([torch.compile(network)(*inputs)], [network(*inputs)])
