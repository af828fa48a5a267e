"""Embedders with pretrained weights: vggish, pann, clap-music, encodec, by the package `frechet-audio-distance`.

The package computes the embeddings; here it is kept from hiding errors (it prints them and goes on), from the
network (it fetches what it misses, and asks for some things each time) and from pickles that run code.
Importing it is slow (CLAP: 20 s), so that only `embed` does.
"""

import importlib.util
import io
import os
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from chaconne.evaluation.reference.fad_package import INSTALL, SLOW, package

VGGISH = "https://github.com/harritaylor/torchvggish"
ROBERTA = "models--roberta-base"  # of the text half of CLAP, which its code loads as well


@dataclass(frozen=True)
class Network:
    """How the package is asked for a network. `files` is {path in the folder of weights: where to get it}."""

    arguments: dict  # of FrechetAudioDistance; its sample_rate is the one the network wants
    features: int  # of an embedding
    least_s: float  # shortest clip
    most_s: float  # longest stretch that is embedded at once; CLAP would draw a random part of more than 10 s
    pooled: int  # embeddings that are averaged into one
    files: dict


NETWORKS = {
    # Hershey 2017. A row is 0.96 s; without the PCA and quantisation of AudioSet.
    "vggish": Network({"model_name": "vggish", "sample_rate": 16000}, 128, 0.975, np.inf, 1, {
        "harritaylor_torchvggish_master/hubconf.py": f"{VGGISH} (the repository as harritaylor_torchvggish_master)",
        "checkpoints/vggish-10086976.pth": f"{VGGISH}/releases/download/v0.1/vggish-10086976.pth",
        "checkpoints/vggish_pca_params-970ea276.pth":
            f"{VGGISH}/releases/download/v0.1/vggish_pca_params-970ea276.pth",
    }),
    # Kong 2020, Cnn14 for 16 kHz. A row is 10 s or what there is.
    "pann": Network({"model_name": "pann", "sample_rate": 16000}, 2048, 0.4, 10.0, 1, {
        "Cnn14_16k_mAP%3D0.438.pth": "https://zenodo.org/record/3987831/files/Cnn14_16k_mAP%3D0.438.pth",
    }),
    # Wu 2023, the checkpoint for music. A row is 10 s or what there is, repeated until it is 10 s.
    "clap-music": Network(
        {"model_name": "clap", "submodel_name": "music_audioset", "sample_rate": 48000}, 512, 0.1, 10.0, 1, {
            "music_audioset_epoch_15_esc_90.14.pt":
                "https://huggingface.co/lukewys/laion_clap/resolve/main/music_audioset_epoch_15_esc_90.14.pt",
        }),
    # Defossez 2022, before quantisation. 75 embeddings a second would be rows without end: a row is their mean.
    "encodec": Network({"model_name": "encodec", "sample_rate": 24000, "channels": 1}, 128, 0.1, np.inf, 75, {
        "checkpoints/encodec_24khz-d7cc33bc.th":
            "https://dl.fbaipublicfiles.com/encodec/v0/encodec_24khz-d7cc33bc.th",
    }),
}


@dataclass(frozen=True)
class Pretrained:
    """One of NETWORKS as an embedder; weights: the folder of its files, '' for the cache of torch.hub."""

    name: str
    weights: str = ""
    COMPONENTS = 64
    MOST = None

    @property
    def folder(self):
        """The folder of the weights."""
        return Path(self.weights or torch.hub.get_dir()).expanduser()

    def missing(self):
        """Return None, or one line: which files to fetch from where into which folder. Loads nothing."""
        if importlib.util.find_spec("frechet_audio_distance") is None:
            return INSTALL
        if self.name == "clap-music" and importlib.util.find_spec(SLOW) is None:
            return "install what it needs: `pip install 'chaconne[embedders]'`, in a checkout `make develop`"
        files = NETWORKS[self.name].files
        fetch = [f"{self.folder / path} from {source}" for path, source in files.items()
                 if not (self.folder / path).exists()]
        if self.name == "clap-music" and not has_roberta():
            fetch.append(f"{hub_cache() / ROBERTA} with `hf download roberta-base`")
        return f"fetch {'; '.join(fetch)}" if fetch else None

    def embed(self, clips, sample_rate_hz):
        """Return the embeddings of clips [N, samples] int16: float32 [N, rows, features].

        Raises ValueError where the package gives no embedding of a clip, or one that is not finite.
        """
        import soxr

        network = NETWORKS[self.name]
        seconds, rate = clips.shape[1] / sample_rate_hz, network.arguments["sample_rate"]
        if seconds < network.least_s:
            raise ValueError(f"{self.name} needs clips of {network.least_s} s or more, received {seconds:.2f} s")
        loaded = load(self.name, str(self.folder))
        rows = []
        for clip in clips:
            sound = soxr.resample(np.asarray(clip, np.float32) / 32767, sample_rate_hz, rate, quality="HQ")
            rows.append(np.concatenate([self.rows_of(loaded, piece, rate) for piece in self.pieces(sound, rate)]))
        return np.stack(rows)

    def pieces(self, sound, rate):
        """Cut a clip into the stretches that are embedded one by one; a short rest is left out."""
        network = NETWORKS[self.name]
        length = int(min(network.most_s * rate, len(sound)))
        parts = [sound[i : i + length] for i in range(0, len(sound), length)]
        return [part for part in parts if part is parts[0] or len(part) >= rate]

    def rows_of(self, loaded, sound, rate):
        """Return the embeddings of one stretch [samples], averaged over `pooled`: float32 [rows, features]."""
        network, said = NETWORKS[self.name], io.StringIO()
        try:
            # oneDNN takes 7 s for the LSTM of EnCodec, torch's own code 2 s, to the same numbers.
            onednn = torch.backends.mkldnn.flags(enabled=False) if self.name == "encodec" else nullcontext()
            with torch.no_grad(), onednn, redirect_stdout(said):
                found = np.asarray(loaded.get_embeddings([sound], sr=rate), np.float32)
        except ValueError as error:  # of joining no embeddings; what went wrong before was printed
            raise ValueError(f"{self.name}: no embedding of a clip: {one_line(said) or error}") from error
        if not found.size or found.size % network.features or not np.isfinite(found).all():
            raise ValueError(
                f"{self.name}: expected finite embeddings of {network.features} numbers, received "
                f"{found.shape} with {np.isfinite(found).sum()} finite of {found.size}; {one_line(said)}"
            )
        found = found.reshape(-1, network.features)
        step = min(network.pooled, len(found))
        return found[: len(found) // step * step].reshape(-1, step, network.features).mean(1)


def one_line(said):
    """Return the last thing the package printed, its name left out."""
    lines = said.getvalue().strip().splitlines()
    return lines[-1].replace("[Frechet Audio Distance] ", "") if lines else ""


@cache
def load(name, folder):
    """Return the package's FrechetAudioDistance with the network `name` out of a folder of weights.

    Raises ValueError when the files cannot be read.
    """
    said, before = io.StringIO(), torch.hub.get_dir()
    try:
        with ExitStack() as stack:
            for context in (redirect_stdout(said), redirect_stderr(said), safe_weights(), local_hub(folder)):
                stack.enter_context(context)
            return package().FrechetAudioDistance(ckpt_dir=folder, **NETWORKS[name].arguments)
    except Exception as error:  # whatever a damaged file makes of it
        what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{name}: the weights in {folder} cannot be loaded ({what}); fetch them again") from error
    finally:
        torch.hub.set_dir(before)  # the package sets it to its ckpt_dir


@contextmanager
def safe_weights():
    """Let torch.load read arrays and tensors only: no code out of a file, whatever its caller asks for."""
    kinds = (np.float64, np.float32, np.int64, np.int32)
    allowed = [np.core.multiarray._reconstruct, np.core.multiarray.scalar, np.ndarray, np.dtype]
    allowed += [type(np.dtype(kind)) for kind in kinds]
    with patch.dict(os.environ, TORCH_FORCE_WEIGHTS_ONLY_LOAD="1"), torch.serialization.safe_globals(allowed):
        yield


@contextmanager
def local_hub(folder):
    """Let torch.hub.load take the copy in `folder`: it would ask GitHub for the default branch each time."""

    hub_load = torch.hub.load

    def load_copy(repo_or_dir, model, **arguments):
        copy = Path(folder, f"{repo_or_dir.replace('/', '_')}_master")
        return hub_load(str(copy), model, source="local", **arguments)

    with patch.object(torch.hub, "load", load_copy):
        yield


def hub_cache():
    """Return the cache folder of huggingface_hub, by its environment variables, without importing it."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


def has_roberta():
    """Tell whether roberta-base lies in the cache: its settings, its words and its weights."""
    for snapshot in (hub_cache() / ROBERTA / "snapshots").glob("*"):
        names = {path.name for path in snapshot.iterdir()}
        words = "tokenizer.json" in names or {"vocab.json", "merges.txt"} <= names
        if words and "config.json" in names and names & {"model.safetensors", "pytorch_model.bin"}:
            return True
    return False
