"""Damage done by a codec: its latents with fewer and fewer channels."""

import torch

from chaconne.storage.latents.audio import to_int16
from chaconne.training.sampling import encode_clips

DAMAGE = {"codec": ((48, 24, 12), "channels of the codec left")}
TOGETHER = 16   # clips that are decoded at once


@torch.no_grad()
def with_channels(clips, codec, channels):
    """Return clips int16 [N, samples] through the codec with all latent channels but the first ones at their mean."""
    latents = encode_clips(codec, clips)
    latents[:, channels:] = latents[:, channels:].mean((0, 2), keepdim=True)
    decoded = [to_int16(codec.decode(part)) for part in latents.split(TOGETHER)]
    return torch.cat([torch.from_numpy(part) for part in decoded]).numpy()[:, : clips.shape[1]]
