"""Embedders `musicnn` and `musicnn-msd`: what taggers of MagnaTagATune and of the Million Song Dataset know of music.

The weights are read out of the installed wheel `musicnn` (ISC licence), of which nothing is imported: no TensorFlow,
none of the versions it asks for. Three seconds give the penultimate layer, 200 numbers, and 50 tags; of every six the
three in the middle are heard, because listening is what an evaluation costs.
"""

import ast
import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torchaudio.functional import melscale_fbanks

from chaconne.evaluation.reference.musicnn.checkpoint import read
from chaconne.evaluation.reference.musicnn.network import Network

RATE_HZ, FFT_SAMPLES, HOP_SAMPLES, BANDS = 16000, 512, 256, 96
PATCH_FRAMES = 187      # 3 s, what it was trained on
SPACING_FRAMES = 374    # 6 s: of as many frames one patch is heard
FULL = 10_000           # log10(1 + 10,000 power)
NETWORKS = {"musicnn": "MTT_musicnn", "musicnn-msd": "MSD_musicnn"}
LABELS = {"musicnn": "MTT_LABELS", "musicnn-msd": "MSD_LABELS"}
INSTALL = "install musicnn without its dependencies: `pip install --no-deps musicnn==0.1.0`"


class Musicnn:
    """One of the two networks as an embedder. name: a key of NETWORKS."""

    COMPONENTS = 64     # kept of the 200 activations, by principal components of the reference
    MOST = 240          # reference clips are enough: six seconds cost 0.03 s of a core of a Xeon with AMX

    def __init__(self, name):
        self.name = name

    def missing(self):
        """Return None, or what to do before this embedder can run."""
        return None if package_folder() else INSTALL

    def embed(self, clips, sample_rate_hz):
        """Return the penultimate activations of patches of three seconds: float32 [clips, patches, 200].

        clips: int16 [clips, samples], of which `patches_of` takes the patches.
        """
        patches = patches_of(clips, sample_rate_hz)
        heard = network(self.name).penultimate(patches.flatten(0, 1))
        return heard.reshape(*patches.shape[:2], -1).numpy()

    def tags(self, features):
        """Return how sure the network is of each of `tag_names`, means over a clip: float32 [clips, 50], 0 to 1.

        features: what `embed` gave.
        """
        return network(self.name).tags(torch.from_numpy(features)).mean(1).numpy()

    def tag_names(self):
        """Return the names of the 50 tags, as the package lists them."""
        return tag_names(self.name)


def package_folder():
    """Return the folder of the installed package, without importing it; None where it is not there."""
    spec = importlib.util.find_spec("musicnn")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    return next((folder for folder in folders if (folder / NETWORKS["musicnn"] / ".index").exists()), None)


@cache
def network(name):
    """Return the Network of a key of NETWORKS, read once a process."""
    return Network(read(f"{package_folder() / NETWORKS[name]}/"))


@cache
def tag_names(name):
    """Return the tags of a network: the list in the source of the package's configuration, which is not run."""
    source = ast.parse((package_folder() / "configuration.py").read_text())
    lists = {target.id: node.value for node in source.body if isinstance(node, ast.Assign) for target in node.targets}
    return tuple(ast.literal_eval(lists[LABELS[name]]))


def patches_of(clips, sample_rate_hz):
    """Return log-mel patches as musicnn was trained on: float32 tensor [clips, patches, frames, 96].

    clips: int16 [clips, samples], each divided into equal stretches of six seconds or more, of which the middle is
    taken; of a shorter clip there is one patch. Frames lie wholly inside the clip (musicnn pads its ends with
    silence). Raises ValueError for clips shorter than a frame.
    """
    import soxr

    sound = clips.T.astype(np.float32) / 32767     # soxr takes channels last
    if sample_rate_hz != RATE_HZ:
        sound = soxr.resample(sound, sample_rate_hz, RATE_HZ, quality="HQ")
    if len(sound) < FFT_SAMPLES:
        raise ValueError(f"musicnn needs clips of {FFT_SAMPLES / RATE_HZ:.3f} s or more, received "
                         f"{clips.shape[1] / sample_rate_hz:.3f} s")
    frames = torch.from_numpy(np.ascontiguousarray(sound.T)).unfold(1, FFT_SAMPLES, HOP_SAMPLES)
    count = max(1, frames.shape[1] // SPACING_FRAMES)
    stretch = frames.shape[1] // count
    length = min(PATCH_FRAMES, stretch)
    frames = frames[:, : count * stretch].unflatten(1, (count, stretch))[:, :, (stretch - length) // 2:][:, :, :length]
    spectra = torch.view_as_real(torch.fft.rfft(frames * torch.hann_window(FFT_SAMPLES)))
    return (spectra.square_().sum(-1) @ mel_bands()).mul_(FULL).add_(1).log10_()


@cache
def mel_bands():
    """Return the triangular mel filters, Slaney's scale and norm as in librosa: [257, 96]."""
    return melscale_fbanks(FFT_SAMPLES // 2 + 1, 0.0, RATE_HZ / 2, BANDS, RATE_HZ, norm="slaney", mel_scale="slaney")
