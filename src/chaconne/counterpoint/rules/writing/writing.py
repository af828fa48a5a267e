"""Writing with a trained network: from nothing, around given notes, on from a beginning."""

import torch

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.heads import forbid
from chaconne.counterpoint.rules.writing.guided import pitches


@torch.no_grad()
def write(network, count, frames, seed=0, asked=None, before=None, temperature=1.0, start=0, repeats=True, guide=None):
    """Return (symbols int64 [count, V, frames], their log-probability [count, V, frames] at temperature 1).

    asked: Conditions of `count` pieces of all frames (of `before` too); known cells are taken, not drawn.
    before: int64 [count, V, T'] a beginning that is continued; start: the clock of the first frame that is written,
    int or [count]; guide: guided.Guide of all frames, or None.
    Deterministic for a seed; ValueError for a temperature that is not above 0.
    """
    if temperature <= 0:
        raise ValueError(f"temperature: expected a number above 0, got {temperature}")
    network.eval()
    generator = torch.Generator().manual_seed(seed)
    past = 0 if before is None else before.shape[-1]
    made = torch.zeros(count, network.voices, past + frames, dtype=torch.int64)
    chance, wish, memory = torch.zeros(count, network.voices, past + frames), network.read(asked), None
    for t in range(past + frames):
        if t < past:
            made[..., t] = before[..., t]
        frame, memory = network.past.step(made[..., :t + 1], start - past, wish, memory)
        if t >= past:
            draw(network, made, chance, frame, t, asked, wish, temperature, generator, repeats, guide)
    return made[..., past:], chance[..., past:]


def draw(network, made, chance, frame, t, asked, wish, temperature, generator, repeats, guide=None):
    """Draw the symbols of frame t in place, voice by voice; `frame`: [count, 1, W] of the past."""
    entered = network.head.enter(frame).chunk(network.voices, -1)
    until = sy.sounding(made[..., :t])[..., -1:] if t else torch.zeros_like(made[..., :1])
    for voice in range(network.voices):
        symbol = made[..., t:t + 1]
        # What sounds in this frame: voices above are drawn already.
        sound = torch.where(symbol == sy.HOLD, until, (symbol - sy.RESTS).clamp(min=0))
        logits = network.head.logits(voice, entered[voice], sound, until, symbol, wish)
        logits = forbid(logits, until[:, voice], repeats)[:, 0]
        wanted = logits
        if guide is not None:
            wanted = guide(voice, t, pitches(until[..., 0]), pitches(sound[..., 0]), logits)
        odds = (wanted / temperature).softmax(-1)
        drawn = torch.multinomial(odds, 1, generator=generator)[:, 0]
        if asked is not None:
            drawn = torch.where(asked.known[:, voice, t], asked.symbols[:, voice, t], drawn)
        made[:, voice, t] = drawn
        chance[:, voice, t] = logits.log_softmax(-1).gather(-1, drawn[:, None])[:, 0]
