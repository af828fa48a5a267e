"""What people ask for, as streams of audio: generate, reconstruct, continue, vary, morph, inpaint.

Each function yields audio [S] in [-1, 1] at the codec's rate, in order, so that it can be written or played while it
is made. `progress(steps, what, total)` wraps steps and parts as tqdm does. Recordings come back at their own level.
"""

import math
import tempfile

import numpy as np
import torch

from chaconne.editing import flow, styles
from chaconne.editing.playing import blend, decoder_of, pushed
from chaconne.editing.recordings import Recording
from chaconne.editing.wishes import both_ends

CONTEXT_S = 6.5         # of a recording that the network sees before (and behind) what it makes
PART = 96               # latent frames decoded at once (9 s): more are no faster
LEAST_S = 0.5           # of a recording that there must be
LEVEL_DB = 0.5          # by which what is given back may differ from the recording
LOST_DB = 20.0          # a recording that loses more on its way is not carried
WRITTEN = 2**18         # samples read back at once


def quiet(steps, what, total=None):
    """The progress of nobody."""
    return steps


def bar(progress, what):
    """Return `progress` as a function of the steps alone."""
    return lambda steps: progress(steps, what)


def latents_for(trained, seconds, seed, conditions, temperature=1.0, progress=quiet):
    """Return raw latents [1, C, ceil(seconds * rate)] of a new piece."""
    frames = math.ceil(seconds * trained.generator.rate_hz)
    if trained.flows:
        return flow.generate(trained, frames, seed, conditions, temperature, bar(progress, "composing"))
    if temperature != 1:
        raise ValueError(f"--temperature: expected 1 for a {trained.generator.name}; a diffusion model has one, a GAN "
                         "--truncation")
    return trained.generator.sample(seconds, seed, conditions, trained.knobs)


def generated(trained, seconds, seed, conditions, temperature=1.0, progress=quiet):
    """Yield a new piece."""
    latents = latents_for(trained, seconds, seed, conditions, temperature, progress)
    yield from sound(trained, latents, round(seconds * trained.codec.sample_rate_hz), progress)


def sound(trained, latents, samples, progress=quiet, gain=1.0):
    """Yield the audio of latents [1, C, T], `samples` in all, divided by `gain`."""
    parts = latents.split(PART, dim=-1)
    yield from cut(decoded(decoder_of(trained.codec), parts, len(parts), progress), samples, gain)


def decoded(decoder, parts, count, progress):
    """Yield the audio of `count` parts of latents [1, C, T]."""
    return progress(pushed(decoder, parts), "decoding", count)


def cut(blocks, samples, gain=1.0):
    """Yield audio [S] of blocks up to `samples` in all, divided by `gain`."""
    for block in blocks:
        yield block[:samples] / gain
        samples -= min(samples, len(block))


def open_recording(trained, path):
    """Return the Recording at the level that the model learned; ValueError for what is too short or none."""
    found = Recording(path, trained.codec, trained.found.loudness_db)
    if found.seconds < LEAST_S:
        raise ValueError(f"{path}: expected at least {LEAST_S:g} s of sound, got {found.seconds:.2f}")
    return found


def reconstructed(trained, recording, progress=quiet):
    """Yield a recording through the codec: what the best generator could sound like."""
    parts = (part for longer in recording.parts() for part in longer.split(PART, dim=-1))
    blocks = decoded(decoder_of(trained.codec), parts, math.ceil(recording.frames / PART), progress)
    yield from at_its_level(cut(blocks, recording.samples), recording)


def at_its_level(blocks, recording):
    """Yield what a recording became (audio [S] in blocks), as loud as the recording: within LEVEL_DB of it.

    It has to be whole before its level is known: it waits on the disk. Single peaks beyond full scale are cut off when
    it is written. ValueError, in one line, for what a codec or a model does not carry, because it comes back far too
    soft, and for what full scale has no room for.
    """
    with tempfile.TemporaryFile() as kept:
        energy = samples = 0.0
        for block in blocks:
            kept.write(block.numpy().astype("<f4").tobytes())
            energy, samples = energy + float(block.double().square().sum()), samples + len(block)
        factor = recording.level / math.sqrt(energy / max(samples, 1)) if energy else math.inf
        lost = 20 * math.log10(factor * recording.gain) if energy else math.inf
        if lost > LOST_DB:
            raise ValueError(f"{recording.path}: expected music like that of the model's corpus, got sound that its "
                             f"codec does not carry ({lost:.0f} dB are lost); `genre: folder` trains on it")
        left = sum(float((block * factor).clamp(-1, 1).double().square().sum()) for block in read_back(kept))
        cut_off = 10 * math.log10(samples * recording.level**2 / left)
        if cut_off > LEVEL_DB:
            raise ValueError(f"{recording.path}: expected a recording within full scale, got one so loud that "
                             f"{cut_off:.1f} dB would be cut off; make it softer")
        for block in read_back(kept):
            yield block * factor


def read_back(file):
    """Yield audio [S] in blocks of an open file of float32."""
    file.seek(0)
    while data := file.read(4 * WRITTEN):
        yield torch.from_numpy(np.frombuffer(data, "<f4").copy())


def continued(trained, recording, seconds, seed, conditions, progress=quiet):
    """Yield a recording and `seconds` more that the model hears coming."""
    flow.check(trained, "continue")
    hop, beat = trained.codec.hop_samples, trained.generator.settings["beat"]
    end = recording.samples // hop          # whole frames
    first = max(0, end - math.ceil(CONTEXT_S * trained.rate_hz)) // beat * beat
    samples = recording.samples + round(seconds * trained.codec.sample_rate_hz)
    more = math.ceil(samples / hop) - end
    known = recording.latents(first, end)
    blank = known.new_zeros(1, known.shape[1], more)
    made = flow.fill(trained, torch.cat([known, blank], dim=-1), torch.arange(end - first + more) < end - first, seed,
                     conditions, bar(progress, "composing"))
    yield from before(recording, (end - 1) * hop)
    decoder = decoder_of(trained.codec)
    decoder.follow(known, recording.audio(first * hop, end * hop))
    parts = made[:, :, end - first:].split(PART, dim=-1)
    yield from cut(decoded(decoder, parts, len(parts), progress), samples - (end - 1) * hop, recording.gain)


def before(recording, samples):
    """Yield the first `samples` of a recording as it was."""
    return cut([recording.audio(0, samples)], samples, recording.gain)


def inpainted(trained, recording, start_s, end_s, seed, conditions, progress=quiet):
    """Yield a recording in which what lies between two seconds is made anew."""
    flow.check(trained, "inpaint")
    if not 0 <= start_s < end_s <= recording.seconds:
        raise ValueError(f"--from, --to: expected 0 <= from < to <= {recording.seconds:.2f} s, got {start_s:g} and "
                         f"{end_s:g}")
    hop, rate, beat = trained.codec.hop_samples, trained.rate_hz, trained.generator.settings["beat"]
    around, begin, end = math.ceil(CONTEXT_S * rate), math.floor(start_s * rate), math.ceil(end_s * rate)
    first, last = max(0, begin - around) // beat * beat, min(recording.frames, end + around)
    latents, place = recording.latents(first, last), torch.arange(first, last)
    made = flow.fill(trained, latents, (place < begin) | (place >= end), seed, conditions,
                     bar(progress, "composing"))
    lead = min(begin, 1)            # latent frames before the gap that are faded over
    yield from before(recording, (begin - lead) * hop)
    decoder = decoder_of(trained.codec)
    if begin:
        decoder.follow(latents[:, :, :begin - first], recording.audio(first * hop, begin * hop))
    parts = made[:, :, begin - first:].split(PART, dim=-1)
    new, rest = torch.cat(list(decoded(decoder, parts, len(parts), progress))), recording.audio(end * hop)
    gap = (end - begin + lead) * hop
    blend(rest, new[gap:gap + hop])     # new first: it is faded from
    for block in (new[:min(gap, recording.samples - (begin - lead) * hop)], rest):
        yield block / recording.gain


def varied(trained, recording, strength, seed, conditions, progress=quiet):
    """Yield a recording made a little anew; strength: 0 (as it is) to 1 (nothing of it is left)."""
    flow.check(trained, "vary")
    made = flow.vary(trained, torch.cat(list(recording.parts()), dim=-1), strength, seed, conditions,
                     bar(progress, "composing"))
    yield from at_its_level(sound(trained, made, recording.samples, progress), recording)


def morphed_seeds(trained, seeds, seconds, conditions, towards, progress=quiet):
    """Yield a piece that begins as that of the first seed and ends as that of the second.

    towards: {attribute: value} of the end, where it is to differ from `conditions`.
    """
    if hasattr(trained.generator, "velocity"):
        work = flow.morph_seeds
    elif hasattr(trained.generator, "line"):
        work = styles.morph_seeds
    else:
        raise ValueError(f"morph: expected a diffusion or a gan, got a {trained.generator.name}")
    frames = math.ceil(seconds * trained.rate_hz)
    asked = both_ends(trained, frames, seeds[0], conditions, towards)
    latents = work(trained, frames, seeds, asked, bar(progress, "composing"))
    yield from sound(trained, latents, round(seconds * trained.codec.sample_rate_hz), progress)


def morphed_recordings(trained, recordings, strength, seed, conditions, progress=quiet):
    """Yield a piece that begins as one recording and ends as the other, as long as the shorter one."""
    flow.check(trained, "morph of recordings")
    first, second = (torch.cat(list(one.parts()), dim=-1) for one in recordings)
    made = flow.morph_latents(trained, first, second, strength, seed, conditions,
                              bar(progress, "composing"))
    samples = min(one.samples for one in recordings)
    yield from sound(trained, made, samples, progress, recordings[0].gain)
