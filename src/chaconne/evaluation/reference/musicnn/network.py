"""musicnn's network (Pons & Serra 2019, arXiv 1909.06654), forward only, in PyTorch.

B: patches; T: frames of a patch; 96: mel bands. Every layer is a convolution or a product, ReLU and a batch
normalisation with the statistics of its training, which is a scale and a shift here. The two maxima over bands and
scales with ReLU in between commute but for the sign of a scale, so bands are taken together before they are scaled.
"""

import torch
from torch.nn import functional as F

EPSILON = 1e-3              # of tf.layers.batch_normalization
TIMBRAL = ("", "_1")        # layers over bands and frames: 38 and 67 bands high
TEMPORAL = ("_2", "_3", "_4")   # over frames alone: 128, 64 and 32 of them
MIDDLE = ("_5", "_6", "_7")
LONGEST = 128


def numbered(name, number):
    """Return the name of the layer of TensorFlow that was made `number` layers after the one called `name`."""
    total = int(name[1:] or 0) + number
    return f"_{total}" if total else ""


class Network:
    """Penultimate activations of patches, and tags out of them. tensors: {name: array} of the published checkpoint."""

    def __init__(self, tensors):
        self.of = {name: torch.tensor(array) for name, array in tensors.items()}
        self.input = self.scale("")
        self.timbral = [(*self.kernel(name), *self.scale(numbered(name, 1))) for name in TIMBRAL]
        self.temporal = self.joined()
        self.middle = [(*self.kernel(name), *self.scale(numbered(name, 1))) for name in MIDDLE]
        self.pooled, self.last = self.scale("_9"), self.scale("_10")

    def scale(self, name):
        """Return (factor, shift) of a batch normalisation."""
        gamma, beta, mean, variance = (self.of[f"batch_normalization{name}/{part}"]
                                       for part in ("gamma", "beta", "moving_mean", "moving_variance"))
        factor = gamma / torch.sqrt(variance + EPSILON)
        return factor, beta - mean * factor

    def kernel(self, name):
        """Return (kernel [frames, bands, filters], bias [filters]) of a convolution with one input channel."""
        return self.of[f"conv2d{name}/kernel"][:, :, 0], self.of[f"conv2d{name}/bias"]

    def joined(self):
        """Return the temporal layers as one: the shorter kernels stand in the middle of the longest, among zeros."""
        parts = []
        for name in TEMPORAL:
            kernel, bias = self.kernel(name)
            before = (LONGEST - 1) // 2 - (len(kernel) - 1) // 2    # 'same' padding of an even length: one more behind
            kernel = F.pad(kernel, (0, 0, 0, 0, before, LONGEST - len(kernel) - before))
            parts.append((kernel, bias, *self.scale(numbered(name, 1))))
        kernels, *rest = zip(*parts, strict=True)
        return torch.cat(kernels, 2), *(torch.cat(part) for part in rest)

    @torch.inference_mode()
    def penultimate(self, patches):
        """Return the activations [B, 200] before the tags, of log-mel patches float32 [B, T, 96]."""
        factor, shift = self.input
        x = patches * factor + shift
        middle = (LONGEST - 1) // 2
        timbral = F.pad(x, (0, 0, 3, 3))    # seven frames
        y = torch.cat([*(bands_together(timbral, *layer) for layer in self.timbral),
                       bands_together(F.pad(x, (0, 0, middle, LONGEST - 1 - middle)), *self.temporal)], 2)
        seen = [y]
        for number, (kernel, bias, factor, shift) in enumerate(self.middle):
            new = F.conv1d(y.transpose(1, 2), kernel.permute(2, 1, 0), bias, padding=3).relu_().transpose(1, 2)
            y = new * factor + shift + (y if number else 0)
            seen.append(y)
        every = torch.cat(seen, 2)
        factor, shift = self.pooled
        pooled = torch.stack([every.amax(1), every.mean(1)], 2).flatten(1) * factor + shift
        factor, shift = self.last
        return self.dense("dense", pooled).relu_() * factor + shift

    @torch.inference_mode()
    def tags(self, penultimate):
        """Return how sure the network is of each tag, 0 to 1: [..., 200] -> [..., 50]."""
        return self.dense("dense_1", penultimate).sigmoid()

    def dense(self, name, x):
        """Return x through a fully connected layer."""
        return x @ self.of[f"{name}/kernel"] + self.of[f"{name}/bias"]


def bands_together(x, kernel, bias, factor, shift):
    """Return the largest answer over all bands: [B, T, filters].

    x: [B, T + frames - 1, bands]; kernel: [frames, bands of the kernel, filters]. A product of matrices, patch by
    patch: faster than the convolution of PyTorch, which is made for more input channels than one, and no more memory
    than one patch needs (80 MB).
    """
    frames, bands, filters = kernel.shape
    flat, found = kernel.reshape(frames * bands, filters), []
    for patch in x:
        windows = patch.unfold(0, frames, 1).unfold(1, bands, 1)     # [T, places, frames, bands]
        answers = torch.addmm(bias, windows.reshape(-1, frames * bands), flat).view(*windows.shape[:2], filters)
        # A negative factor turns the order round: there the least answer is the largest in the end.
        found.append(torch.where(factor > 0, answers.amax(1), answers.amin(1)).relu_() * factor + shift)
    return torch.stack(found)
