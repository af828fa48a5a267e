"""First species against a cantus firmus, by beam search with the rules of chaconne.counterpoint.composers.species."""

from dataclasses import replace

import numpy as np

from chaconne.counterpoint.composers import species
from chaconne.counterpoint.composers.exercise import CONSONANT, Setting
from chaconne.counterpoint.rules.pieces import batch, join
from chaconne.scores.grid.grid import Grid
from chaconne.scores.pieces.modes import scale_of

WHOLE = 16  # frames of a note
COMPASS = 19  # semitones: the voices stay within a twelfth
WEIGHT = 100.0  # of a broken rule; taste, below, never outweighs one
LEAP, SAME_WAY, AGAIN, PERFECT, RETURN = 0.6, 1.0, 1.5, 0.8, 0.7
FINAL_ONLY = ("ending", "cadence")  # rules about the last bar, which an unfinished line cannot keep
NOISE = 0.5  # deviation of what a seed adds to the taste of every note


def cantus_of(pitches, key, mode, below=False):
    """Return a Grid of two voices: the cantus firmus (MIDI pitches, whole notes), and silence."""
    pitch = np.repeat(np.asarray(pitches, np.int16), WHOLE)[None]
    onset = np.arange(pitch.shape[1])[None] % WHOLE == 0
    given = Grid(pitch, onset, np.zeros_like(onset), key=key, mode=mode, names=("",), instruments=(19,))
    return with_voice(given, below)


def with_voice(grid, below=False):
    """Return a Grid of one voice with a silent second one below (above) it, for `compose`."""
    if grid.voices != 1:
        raise ValueError(f"cantus firmus: expected one voice, got {grid.voices}: {', '.join(grid.names)} (--parts "
                         "takes one)")
    names = ("cantus firmus", "counterpoint") if below else ("counterpoint", "cantus firmus")

    def both(array, empty):
        silent = np.full_like(array, empty)
        return np.concatenate([array, silent] if below else [silent, array])

    return replace(grid, pitch=both(grid.pitch, -1), onset=both(grid.onset, False), fermata=both(grid.fermata, False),
                   names=names, instruments=grid.instruments * 2)


def compose(grid, cantus=1, seed=0, beam=64):
    """Return the grid with a counterpoint of the first species in the voice that is not `cantus`.

    grid: two voices, the cantus firmus in notes of equal length without rests (cantus 0: above, 1: below);
    beam: unfinished lines kept at a time. Raises ValueError when the cantus firmus is not one.
    """
    setting = Setting(1, cantus)
    starts = np.nonzero(grid.onset[cantus])[0]
    if len(starts) < 3 or (grid.pitch[cantus] < 0).any() or len(set(np.diff(starts))) != 1:
        raise ValueError("cantus firmus: expected at least 3 notes of equal length without rests, "
                         f"got {len(starts)} notes")
    given = grid.pitch[cantus, starts].astype(int)
    rng = np.random.default_rng(seed)
    lines, costs = np.zeros((1, 0), int), np.zeros(1)
    for number, note in enumerate(given):
        pitches = choices(note, grid, above=cantus == 1, leading=number == len(given) - 2)
        lines = np.concatenate([np.repeat(lines, len(pitches), 0), np.tile(pitches, len(lines))[:, None]], 1)
        tastes = np.repeat(costs, len(pitches)) + taste(lines, given) + NOISE * rng.random(len(lines))
        broken = violations(lines, given[:number + 1], setting, grid, number == len(given) - 1)
        order = np.argsort(WEIGHT * broken + tastes, kind="stable")[:beam]
        lines, costs = lines[order], tastes[order]
    return put(grid, 1 - cantus, lines[0], starts)


def choices(note, grid, above, leading):
    """Return the pitches a counterpoint may take against a note: of the mode, within a twelfth.

    What the cantus firmus alters (a Dorian sixth, say) is altered here too; the note before the last of a minor
    mode may be the leading tone; Phrygian and freygish lines close from above and have none.
    """
    scale = set(scale_of(grid.mode))
    used = set(((grid.pitch[grid.pitch >= 0] - grid.tonic) % 12).tolist())
    for altered in used - scale:
        plain = next((c for c in (altered - 1, altered + 1) if c in scale - used), None)
        scale = (scale - {plain}) | {altered}
    scale |= {11} if leading and 1 not in scale else set()
    span = range(note, note + COMPASS + 1) if above else range(note - COMPASS, note + 1)
    return np.array([p for p in span if (p - grid.tonic) % 12 in scale])


def taste(lines, given):
    """Return what the last note of every line costs: Fux recommends contrary motion, steps, thirds and sixths."""
    now = lines.shape[1] - 1
    perfect = species.PERFECT[np.abs(lines[:, now] - given[now]) % 12]
    cost = PERFECT * perfect * (now < len(given) - 1)
    if not now:
        return 0.0 * cost
    step, other = lines[:, now] - lines[:, now - 1], given[now] - given[now - 1]
    cost = cost + LEAP * np.maximum(0, np.abs(step) - 2) / 2 + SAME_WAY * (step * other > 0) + AGAIN * (step == 0)
    if now > 1:
        cost = cost + RETURN * (lines[:, now] == lines[:, now - 2])
    return cost


def violations(lines, given, setting, grid, finished):
    """Return int [lines]: rules of the first species that each line breaks; rules of the end only when finished."""
    if lines.shape[1] < 2:
        fits = CONSONANT[np.abs(lines[:, 0] - given[0]) % 12]
        return (~fits).astype(int)
    against = np.broadcast_to(given, lines.shape)
    pair = (against, lines) if setting.cantus == 0 else (lines, against)
    pitch = np.repeat(np.stack(pair, 1), 2, axis=2)  # two frames a note, so that notes have a length
    onset = np.zeros(pitch.shape, bool)
    onset[..., ::2] = True
    made = batch(pitch, np.full(len(lines), grid.tonic), np.full(len(lines), grid.mode == "minor"), onset=onset)
    found = species.find(made, setting)
    return sum(np.add.reduceat(mask.sum(0), made.starts) for name, mask in found.items()
               if finished or name not in FINAL_ONLY)


def put(grid, voice, line, starts):
    """Return the grid with the line in a voice, one note for each of the cantus firmus."""
    grid.pitch[voice] = np.repeat(line, np.diff([*starts, grid.frames])).astype(np.int16)
    grid.onset[voice] = False
    grid.onset[voice, starts] = True
    return grid


def broken_rules(grid, cantus=1):
    """Return {rule: count} of a finished exercise of the first species."""
    found = species.find(join([grid]), Setting(1, cantus))
    return {name: int(mask.sum()) for name, mask in found.items()}
