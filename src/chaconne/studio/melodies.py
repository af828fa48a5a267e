"""A melody that was dropped or typed on the keyboard becomes a chorale: score, sound, broken rules."""

import numpy as np
import soundfile

from chaconne.studio.store import Piece

MOST_NOTES, MOST_QUARTERS = 400, 400
LENGTHS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4)    # quarters, as the keyboard offers them


def typed(store, notes, metre="4/4"):
    """Return the Path of a MIDI file of typed notes: a list of {pitch: 36..96 or null for a rest, quarters}."""
    from chaconne.scores.grid.grid import QUARTER, REST, Grid
    from chaconne.scores.writing.midi import write_midi

    if not isinstance(notes, list) or not 2 <= len(notes) <= MOST_NOTES:
        raise ValueError(f"expected 2 to {MOST_NOTES} notes, got {len(notes) if isinstance(notes, list) else 'none'}")
    if metre not in ("4/4", "3/4", "2/4", "6/8"):
        raise ValueError(f"metre: expected 4/4, 3/4, 2/4 or 6/8, got {metre!r:.20}")
    pitch, onset = [], []
    for note in notes:
        height, quarters = note.get("pitch"), note.get("quarters")
        if quarters not in LENGTHS or not (height is None or (isinstance(height, int) and 36 <= height <= 96)):
            raise ValueError(f"expected notes from 36 to 96 of {', '.join(map(str, LENGTHS))} quarters, got "
                             f"{str(note)[:80]}")
        frames = round(quarters * QUARTER)
        pitch += [REST if height is None else height] * frames
        onset += [height is not None] + [False] * (frames - 1)
    if all(p == REST for p in pitch):
        raise ValueError("expected notes, got rests alone")
    row = np.array([pitch], np.int16)
    grid = Grid(row, np.array([onset]), np.zeros_like(row, bool), metre=metre, names=("soprano",), instruments=(19,),
                title="typed melody")
    _, path = store.place(".mid")
    write_midi(grid, path)
    return path


def harmonize(store, path, name, asked):
    """Return (title, work) that sets three voices below the melody in the file."""
    key, seed, part = asked.get("key") or None, asked.get("seed", 0), asked.get("part") or None
    if part is not None and not isinstance(part, str):
        raise ValueError(f"part: expected the name of a part, got {part!r:.40}")
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected a whole number of 0 or more, got {seed!r:.40}")

    def work(job):
        from chaconne.counterpoint.composers.harmonizers import HARMONIZERS, melody_of
        from chaconne.counterpoint.composers.judging import judge
        from chaconne.counterpoint.composers.works import write_work
        from chaconne.scores.formats.lines import read_score

        job.what = "reading"
        grid, remarks = read_score(path, bool(asked.get("snap")), key, None, [part] if part else None)
        melody = melody_of(grid, remarks)
        if melody.frames > MOST_QUARTERS * 4:
            raise ValueError(f"expected at most {MOST_QUARTERS} quarters here, got {melody.frames // 4}; "
                             "`chaconne harmonize` takes any length")
        job.check()
        job.share, job.what = 0.2, "harmonising"
        found = judge(HARMONIZERS["rules"]().harmonize(melody, seed))
        job.check()
        job.share, job.what = 0.6, "drawing and rendering"
        identity, stem = store.place("")
        files = {p.suffix.lstrip("."): p for p in write_work(found, stem)}
        seconds = soundfile.info(files["wav"]).duration
        about = {"kind": "harmonize", "seed": seed, "remarks": remarks, **found.as_dict()}
        return store.add(Piece(identity, f"{name}, harmonised", files["wav"], seconds, about, files)).as_dict()

    return f"{name}: harmonise", work
