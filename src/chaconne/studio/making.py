"""What the page can ask for: every kind of piece, as work for a job."""

import torch

from chaconne.editing import making
from chaconne.storage.latents.audio import write_wav
from chaconne.studio.store import Piece
from chaconne.trained.packs.places import project_root

MOST_S = 900            # of a piece that the page asks for
KNOBS = ("steps", "method", "guidance", "truncation")


def number(asked, key, low, high, default):
    """Return the number `key` of what the page asked, between low and high; ValueError for anything else."""
    value = asked.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{key}: expected {low:g} to {high:g}, got {value!r:.40}")
    return value


def opened(store, asked):
    """Return (Trained with the knobs that were asked for and that it has, conditions, seed)."""
    trained = store.trained(str(asked.get("model", "")), asked.get("rev"))
    knobs = {key: asked[key] for key in KNOBS if asked.get(key) is not None and key in trained.knobs}
    if "steps" in knobs:
        knobs["steps"] = int(number(asked, "steps", 1, 128, None))
    trained = trained.with_knobs(**knobs)
    vocabulary, wanted = trained.generator.vocabulary, asked.get("conditions") or {}
    # Side by side, a model that does not know a condition makes its music without it.
    conditions = {a: v for a, v in wanted.items() if v in vocabulary.get(a, [])}
    numbers = trained.generator.limits() if trained.steered else {}
    conditions |= {a: float(number(wanted, a, low, high, None)) for a, (low, high, _) in numbers.items() if a in wanted}
    return trained, conditions, int(number(asked, "seed", 0, 2**32 - 1, 0))


def generate(store, asked):
    """Return (title, work) of a new piece."""
    seconds = float(number(asked, "seconds", 0.5, MOST_S, 20))

    def blocks(trained, conditions, seed, job):
        return making.generated(trained, seconds, seed, conditions, progress=job.progress)

    return piece_work(store, asked, f"{asked.get('model')}, seed {asked.get('seed', 0)}", blocks)


def morph(store, asked):
    """Return (title, work) of a walk between two seeds."""
    seconds, other = float(number(asked, "seconds", 1, MOST_S, 20)), int(number(asked, "other", 0, 2**32 - 1, 1))

    def blocks(trained, conditions, seed, job):
        return making.morphed_seeds(trained, [seed, other], seconds, conditions, {}, job.progress)

    return piece_work(store, asked, f"{asked.get('model')}, seed {asked.get('seed', 0)} to {other}", blocks)


def edit(store, asked):
    """Return (title, work) of what is made from a recording: reconstruct, continue, vary, inpaint."""
    path, name = store.recording(str(asked.get("recording", "")))
    how = asked.get("kind")
    seconds = float(number(asked, "seconds", 0.5, MOST_S, 10)) if how == "continue" else 0.0
    strength = float(number(asked, "strength", 0.01, 1, 0.5)) if how == "vary" else 0.0
    first, last = (float(number(asked, key, 0, 86400, 0)) if how == "inpaint" else 0.0 for key in ("from", "to"))

    def blocks(trained, conditions, seed, job):
        recording = making.open_recording(trained, path)
        if recording.seconds > MOST_S and how in ("vary", "reconstruct"):
            raise ValueError(f"expected at most {MOST_S // 60} minutes here, got {recording.seconds / 60:.1f}; "
                             f"`chaconne {how}` takes any length")
        if how == "reconstruct":
            return making.reconstructed(trained, recording, job.progress)
        if how == "continue":
            return making.continued(trained, recording, seconds, seed, conditions, job.progress)
        if how == "vary":
            return making.varied(trained, recording, strength, seed, conditions, job.progress)
        return making.inpainted(trained, recording, first, last, seed, conditions, job.progress)

    return piece_work(store, asked, f"{name}: {how}, {asked.get('model')}, seed {asked.get('seed', 0)}", blocks)


def accompany(store, asked):
    """Return (title, work) of the other voices for a recording of one."""
    path, name = store.recording(str(asked.get("recording", "")))
    balance_db, seed = float(number(asked, "balance", -40, 40, 0)), int(number(asked, "seed", 0, 2**32 - 1, 0))
    task = asked.get("task", "rest")
    if task not in ("rest", "mix"):
        raise ValueError(f"task: expected rest or mix, got {task!r:.40}")

    def ready(store, asked):
        return store.accompanist(), {}, seed

    def blocks(trained, conditions, seed, job):
        from chaconne.accompaniment import playing

        recording = making.open_recording(trained, path)
        if recording.seconds > MOST_S:
            raise ValueError(f"expected at most {MOST_S // 60} minutes here, got {recording.seconds / 60:.1f}; "
                             "`chaconne accompany` takes any length")
        found = playing.bearings(recording, project_root())
        return playing.accompanied(trained, recording, task, seed, found.conditions(trained, {}), found.semitones,
                                   balance_db, False, job.progress)

    return piece_work(store, asked, f"{name}: accompanied, seed {seed}", blocks, ready)


KINDS = {"generate": generate, "morph": morph, "reconstruct": edit, "continue": edit, "vary": edit, "inpaint": edit,
         "accompany": accompany}


def piece_work(store, asked, title, blocks, ready=opened):
    """Return (title, work): work writes the audio of blocks(trained, conditions, seed, job) as a piece.

    ready(store, asked): the Trained, conditions and seed.
    """
    def work(job):
        with store.busy:
            trained, conditions, seed = ready(store, asked)
        made = blocks(trained, conditions, seed, job)
        audio, end = [], False
        while not end:
            job.check()
            with store.busy:    # a stream has its turn between two blocks
                block = next(made, None)
            end = block is None
            audio += [] if end else [block]
        name, path = store.place(".wav")
        sound = torch.cat(audio)
        write_wav(path, sound, trained.codec.sample_rate_hz)
        about = {"model": trained.name, "kind": asked.get("kind"), "seed": seed, "rev": asked.get("rev") or "",
                 "knobs": trained.knobs, "conditions": conditions}
        return store.add(Piece(name, title, path, len(sound) / trained.codec.sample_rate_hz, about)).as_dict()

    return title, work
