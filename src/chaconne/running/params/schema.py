"""What params.yaml and conf/scale/*.yaml may say: types and ranges of every knob; units and reasons stand there.

Selectors are checked against what exists in chaconne.running.params.selectors. A generator that has no section here
(one of your own) needs `train` and `sample` and is else taken as it is.
"""

import difflib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model


def whole(low, high):
    """Return the type of a whole number from `low` to `high`."""
    return Annotated[int, Field(ge=low, le=high, description=f"a whole number {low}..{high}")]


def real(low, high):
    """Return the type of a number from `low` to `high`."""
    return Annotated[float, Field(ge=low, le=high, description=f"a number {low}..{high}")]


def text(pattern, what):
    """Return the type of a text that `pattern` fits."""
    return Annotated[str, Field(pattern=pattern, max_length=4096, description=what)]


def automatic(number, low, high):
    """Return the type of a number (int or float) from `low` to `high`, or of the word auto.

    One check of its own: of a union pydantic would say what is wrong with every member.
    """
    def fits(value):
        if value != "auto" and not (type(value) in (int, number) and low <= value <= high):
            raise ValueError("neither")
        return value

    what = f"auto, or a {'whole ' if number is int else ''}number {low}..{high}"
    return Annotated[Any, AfterValidator(fits), Field(description=what)]


LONGEST = 80  # characters of a generator's name
SHARE = real(0, 1)
RATE = Annotated[float, Field(gt=0, le=1, description="a number above 0, at most 1, such as 0.0002")]
STEPS, BATCH, WIDTH, DEPTH = whole(1, 10**9), whole(1, 2**16), whole(1, 2**14), whole(1, 256)
NAMES = Annotated[list[text(r"^\w+$", "a column of the manifest")], Field(description="a list of columns")]


def in_order(names):
    """Return names as they are; ValueError where models that were saved would find them in another order."""
    if names != sorted(set(names)):
        raise ValueError("not in the order of the alphabet")
    return names


ORDERED = Annotated[NAMES, AfterValidator(in_order), Field(
    description="a list of columns in the order of the alphabet, each once")]
PRECISIONS = Literal["auto", "32-true", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true"]
EMBEDDERS = Literal["logmel", "notes", "musicnn", "musicnn-msd", "vggish", "pann", "clap-music", "encodec"]


class Section(BaseModel):
    """A part of params: no unknown keys, no text where a number belongs, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def section(name, **fields):
    """Return a Section with required `fields` {key: type}."""
    return create_model(name, __base__=Section, **{key: (kind, ...) for key, kind in fields.items()})


TRAIN = {"frames": whole(1, 2**16), "patch": whole(1, 1024), "free": SHARE, "learning_rate": RATE, "batch": BATCH,
         "steps": STEPS, "ema": SHARE, "width": WIDTH, "depth": DEPTH}
GAN = section(
    "gan",
    train=section("train", **TRAIN, beat=whole(1, 64), style=whole(1, 4096), coordinates=whole(1, 4096),
                  period=whole(1, 4096), noise=whole(0, 4096), critic_stages=whole(1, 8), critic_learning_rate=RATE,
                  gamma=real(0, 1000), penalty_every=whole(1, 1000), critic_width=WIDTH, critic_depth=DEPTH),
    sample=section("sample", truncation=SHARE, piece=whole(1, 10**6)))
DIFFUSION = section(
    "diffusion",
    train=section("train", **TRAIN, beat=whole(1, 1024), heads=whole(1, 256), weight_decay=real(0, 10),
                  prediction=Literal["data", "velocity", "residual"], time_mean=real(-10, 10),
                  time_deviation=real(0.01, 10)),
    sample=section("sample", method=Literal["heun", "multistep", "euler"], steps=whole(1, 1000), shift=real(0.01, 100),
                   guidance=real(0, 100), batch=BATCH,
                   temperature=Annotated[float, Field(gt=0, le=10, description="a number above 0")]))
DISTILLED = section(
    "distilled",
    train=section("train", again=Annotated[float, Field(gt=0, lt=1, description="a number above 0 and below 1")],
                  twice=SHARE, given=SHARE, estimate=real(0, 1000), learning_rate=RATE, critic_learning_rate=RATE,
                  gamma=real(0, 1000), penalty_every=whole(1, 1000), free=SHARE, batch=whole(3, 2**16), steps=STEPS,
                  ema=SHARE),
    sample=section("sample", steps=whole(1, 64), overlap=whole(0, 1024), batch=BATCH,
                   temperature=Annotated[float, Field(gt=0, le=10, description="a number above 0")]))
PLACE = text("", "a folder, a hub id, or ''")
MUSIKA = section(
    "musika", weights=PLACE, revision=text("", "a commit, or ''"), channels=whole(1, 64), width=WIDTH, noise=bool,
    crop_frames=whole(4, 4096), learning_rate=RATE, critic_learning_rate=RATE, latent_noise=real(0, 1), batch=BATCH,
    steps=whole(0, 10**9), magnitude_weight=real(0, 1000), adversarial_from=SHARE, adversarial_weight=real(0, 1000),
    matching_weight=real(0, 1000),
    train=section("train", pretrained=PLACE, revision=text("", "a commit, or ''"), context=whole(0, 256),
                  sides=whole(1, 2), coordinates=whole(1, 4096), frames=whole(32, 4096), base=whole(1, 1024),
                  learning_rate=RATE, critic_learning_rate=RATE, beta1=real(0, 0.999), r1=real(0, 1000), free=SHARE,
                  freeze_generator=whole(0, 5), freeze_critic=whole(0, 16), lora_rank=whole(0, 1024), augment=SHARE,
                  stop_every=whole(0, 10**9), patience=whole(1, 10**6), heldout=text(".", "a folder of latents"),
                  batch=BATCH, steps=STEPS, ema=SHARE),
    sample=section("sample", truncation=Annotated[float, Field(gt=0, le=100, description="a number above 0")]))
MOST = Annotated[int | None, Field(ge=3, description="null, or a number above 2")]
COUNTERPOINT = section(
    "counterpoint", scores=section("scores", bach=MOST, polyphony=MOST, tunes=MOST),
    train=section("train", width=WIDTH, depth=DEPTH, heads=whole(1, 256), head_width=WIDTH, reader_depth=DEPTH,
                  window=whole(16, 4096), dropout=real(0, 0.9), blind=real(0, 0.9), blind_frames=real(0, 0.9),
                  learning_rate=RATE, weight_decay=real(0, 10), ema=SHARE, checks=whole(1, 1000),
                  frames=whole(16, 4096), batch=BATCH, pretrain_steps=STEPS, steps=STEPS, tune_steps=STEPS),
    reinforce=section("reinforce", learning_rate=RATE, updates=whole(1, 100), kl=real(0, 1000), later=real(0, 1000),
                      bach=real(0, 1000), bach_batch=BATCH, sopranos=SHARE, within=SHARE, speed=real(0, 10),
                      log_every=STEPS, frames=whole(16, 4096), batch=BATCH, steps=STEPS),
    compose=section("compose", k=whole(1, 4096), guide=real(0, 100), shown=whole(1, 100), pieces=whole(2, 10**6),
                    temperature=Annotated[float, Field(gt=0, le=10, description="a number above 0")],
                    frames=whole(16, 4096)))
INSTRUMENTS = Annotated[list[text(r"\S", "a General MIDI name")], Field(min_length=1)]
VOICES = Annotated[list[whole(0, 127)], Field(min_length=1)]
ACCOMPANIMENT = section(
    "accompaniment", given=Annotated[list[VOICES], Field(min_length=1)], instruments=INSTRUMENTS, clips=whole(2, 10**6),
    balance_db=real(-40, 40), sample=DIFFUSION.model_fields["sample"].annotation,
    train=section("train", learning_rate=RATE, batch=BATCH, steps=STEPS, ema=SHARE))
STEPPED = {"batch": BATCH, "steps": STEPS, "ema": SHARE}
CONTROLS = section(
    "controls", names=NAMES, variants=whole(1, 100), instruments=INSTRUMENTS, clips=whole(8, 10**6),
    tempi_qpm=Annotated[list[real(20, 400)], Field(min_length=1)],
    semitones=Annotated[list[whole(-12, 12)], Field(min_length=1)],
    octaves=Annotated[list[whole(-3, 3)], Field(min_length=1)], voices=Annotated[list[VOICES], Field(min_length=1)],
    pitch_range=Annotated[list[whole(0, 127)], Field(min_length=2, max_length=2)], clip_seconds=real(2, 600),
    judged=whole(16, 10**6), train=section("train", learning_rate=RATE), gan=section("gan", **STEPPED),
    diffusion=section("diffusion", **STEPPED),
    sample=section("sample", diffusion=DIFFUSION.model_fields["sample"].annotation, gan=section(
        "gan", truncation=SHARE, piece=whole(1, 10**6), guidance=real(0, 100))))
OWN = section("own", train=dict, sample=dict)
PARAMS = section(
    "params", data=Any, genre=Any, codec=Any, model=Any, folder=Any, scale=Any, seed=Any, runs=Any, threads=Any,
    audio=section("audio", sample_rate_hz=whole(8000, 192000), grid_samples=whole(1, 2**16)),
    split=section("split", test=real(0.01, 0.9), valid=real(0.01, 0.9)),
    trainer=section("trainer", devices=whole(1, 1024), num_nodes=whole(1, 1024), precision=PRECISIONS,
                    accelerator=Literal["cpu", "cuda", "gpu", "mps", "auto"], log_every=STEPS, previews=whole(0, 1000)),
    spectral=section("spectral", channels=whole(1, 64), components=whole(1, 1025), whitening=SHARE, depth=DEPTH,
                     width=WIDTH, crop_frames=whole(1, 4096), learning_rate=RATE, noise=real(0, 10),
                     quiet=real(0, 10), mel=real(0, 10), chroma=real(0, 10), corner_hz=real(0, 96000),
                     iterations=whole(0, 1000), fit_clips=whole(2, 10**6), batch=BATCH, steps=STEPS),
    codec_gate=section("codec_gate", chroma_cosine=SHARE, log_spectral_l1=real(0, 100)),
    conditions=ORDERED, generators=NAMES, gan=GAN, diffusion=DIFFUSION, distilled=DISTILLED, musika=MUSIKA,
    finetune=section("finetune", base=Literal["data/models", "pretrained"], scratch=bool,
                     pretrained=text(r"^(\w[\w.-]*)?$", "a folder of pretrained/, or ''"),
                     layers=Literal["auto", "all", "io", "norm", "lora"], critic=Literal["new", "kept"],
                     lora_rank=whole(1, 1024), learning_rate=RATE, keep=real(0, 100), mix_old=SHARE,
                     augment_noise=automatic(float, 0, 10), stop_every=automatic(int, 0, 10**9),
                     patience=whole(1, 10**6),                     on_beats=bool, steps=STEPS),
    evaluate=section("evaluate", clip_seconds=real(1, 600), embedders=Annotated[list[EMBEDDERS], Field(min_length=1)],
                     weights=text("", "a folder, or ''"), clips=whole(8, 10**6), reference_clips=whole(8, 10**7),
                     bootstrap=whole(1, 10**6)),
    corpus=section("corpus", max_pieces=Annotated[int | None, Field(ge=1, description="null, or a number above 0")],
                   workers=Annotated[Literal[("cluster", *range(1, 257))], Field(description="1..256, or cluster")]),
    timbres=section("timbres", excerpts=whole(1, 10**6), pieces=whole(1, 10**6), heldout=whole(1, 10**6), steps=STEPS),
    piece_seconds=real(1, 86400), counterpoint=COUNTERPOINT, accompaniment=ACCOMPANIMENT, controls=CONTROLS)


def problems(params, preset, preset_file):
    """Return one line for every key of params.yaml, with `preset` laid over it, that is wrong.

    params: the merged dictionary; preset: what the file `preset_file` says alone, to name the right file.
    """
    listed = params.get("generators") if isinstance(params.get("generators"), list) else []
    own = {name for name in listed if isinstance(name, str) and name not in PARAMS.model_fields}
    if taken := [name for name in own if not name.isidentifier() or len(name) > LONGEST or name[0] == "_"
                 or hasattr(Section, name)]:
        return [f"params.yaml: generators: expected names for Python modules, got {taken[0][:80]!r}"]
    known = create_model("params", __base__=PARAMS, **dict.fromkeys(own, (OWN, ...)))
    try:
        known.model_validate(params)
    except ValidationError as error:
        return [line_of(found, known, preset, preset_file) for found in error.errors(include_url=False)]
    return []


def line_of(found, model, preset, preset_file):
    """Return one of pydantic's findings as a line: where, what was expected, what came."""
    path = [str(key) for key in found["loc"]]
    inner, tree = preset, []
    for key in path:
        tree.append(isinstance(inner, dict) and key in inner)
        inner = inner[key] if tree[-1] else None
    where = f"{preset_file}: {'.'.join(path)}" if all(tree) else f"params.yaml: {'.'.join(path)}"
    keys, described = expected(model, path)
    if found["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], keys, 1) or [", ".join(sorted(keys))]
        return f"{where} is not a setting; there is {near[0]}"
    if found["type"] == "missing":
        return f"params.yaml or {preset_file}: {'.'.join(path)} is missing; expected {described or 'a section'}"
    said = str(found["msg"]).removeprefix("Input should be ")
    value = " ".join(repr(found["input"]).split())
    return f"{where}: expected {described or said}; got {value if len(value) < 80 else value[:77] + '...'}"


def expected(model, path):
    """Return (keys that exist in the section of the last one of `path`, what its description says, '' for none)."""
    keys, described = [], ""
    for key in path:
        if not (isinstance(model, type) and issubclass(model, Section)):
            return [], described    # an entry of a list
        keys = list(model.model_fields)
        if key not in keys:
            return keys, ""
        model, described = model.model_fields[key].annotation, model.model_fields[key].description or ""
    return keys, described
