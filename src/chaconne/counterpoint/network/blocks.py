"""Transformer blocks: attention over the past or over everything, with a memory for writing frame by frame."""

import math

import torch
from torch import nn
from torch.nn import functional as F

BASE = 2000.0  # of the rotary angles: pieces are hundreds of frames long, not thousands


class Block(nn.Module):
    """Attention with rotary positions (Su 2021) and a gated feed-forward (Shazeer 2020), each after a norm."""

    def __init__(self, width, heads, dropout, causal=True):
        super().__init__()
        self.heads, self.dropout, self.causal = heads, dropout, causal
        inner = 8 * width // 3 // 8 * 8
        self.norms = nn.ModuleList([nn.RMSNorm(width), nn.RMSNorm(width)])
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.gate, self.down = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)
        for last in (self.out, self.down):
            nn.init.normal_(last.weight, std=0.02 / math.sqrt(width / 64))

    def forward(self, x, window):
        """x: [B, T, W]; window: frames that a position sees to either side (causal: to the left), itself included."""
        q, k, v = self.queries(x, 0)
        mask = band(x.shape[1], window, self.causal, x.device)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=self.causal and mask is None)
        return self.rest(x, seen)

    def step(self, x, memory, position, window):
        """Return (x [B, 1, W] of the frame at `position`, memory): the same as forward, one frame at a time."""
        q, k, v = self.queries(x, position)
        if memory is not None:
            k, v = torch.cat([memory[0], k], 2)[:, :, -window:], torch.cat([memory[1], v], 2)[:, :, -window:]
        return self.rest(x, F.scaled_dot_product_attention(q, k, v)), (k, v)

    def queries(self, x, position):
        """Return queries, keys and values [B, heads, T, channels], turned by their positions."""
        batch, length, _ = x.shape
        q, k, v = self.qkv(self.norms[0](x)).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return rotate(q, position), rotate(k, position), v

    def rest(self, x, seen):
        """Add what attention has seen, then the feed-forward."""
        x = x + F.dropout(self.out(seen.transpose(1, 2).reshape(x.shape)), self.dropout, self.training)
        gate, value = self.gate(self.norms[1](x)).chunk(2, -1)
        return x + F.dropout(self.down(F.silu(gate) * value), self.dropout, self.training)


def band(length, window, causal, device):
    """Return the mask bool [T, T] of what may be seen, or None where the window hides nothing."""
    if length <= window:
        return None
    place = torch.arange(length, device=device)
    ago = place[:, None] - place[None]
    return ((ago >= 0) if causal else (ago > -window)) & (ago < window)


def rotate(x, position):
    """Turn pairs of channels by angles that grow with the position (RoPE). x: [B, heads, T, channels]."""
    half = x.shape[-1] // 2
    rates = BASE ** (-torch.arange(half, device=x.device) / half)
    angle = torch.arange(position, position + x.shape[-2], device=x.device)[:, None] * rates
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)
