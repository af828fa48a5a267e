"""Files in and out of the studio: what was dropped, other formats, everything at once."""

import json
import zipfile

import soundfile

CONVERTED = ("flac", "ogg")     # made of the WAV when they are asked for


def saved_name(title):
    """Return a title as the name of a file on any system."""
    return "".join(c if c.isalnum() or c in " ,.-_" else "_" for c in title)[:120]


def everything(pieces, path):
    """Write a zip of all pieces: sounds, scores, and how each was made; ValueError where there are none."""
    if not pieces:
        raise ValueError("nothing was made yet")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, piece in enumerate(pieces, 1):
            stem = f"{number:03d} {saved_name(piece.title)}"
            archive.writestr(f"{stem}.json", json.dumps(piece.as_dict(), indent=2, sort_keys=True))
            own = {ending: file for ending, file in piece.files.items() if ending not in CONVERTED}
            for ending, file in ({"wav": piece.path} | own).items():
                archive.write(file, f"{stem}.{ending}")
    return path


def melody_or_sound(path):
    """Return {what: "melody", parts}, or {what: "sound", seconds}; ValueError for a file that is neither."""
    from chaconne.editing.recordings import gain_for
    from chaconne.scores.formats.lines import read_score
    from chaconne.scores.formats.reading import kind_of

    try:
        kind_of(path)
    except ValueError:
        pass    # no score: a sound, or nothing that is known
    else:
        try:
            grid, _ = read_score(path, snap=True)
        except (FileNotFoundError, ValueError):
            raise
        except Exception as error:      # whatever a damaged score makes of a reader
            raise ValueError(f"{path}: no score that can be read ({type(error).__name__})") from error
        return {"what": "melody", "parts": list(grid.names)}
    _, seconds, _ = gain_for(path, 22050, -20)
    return {"what": "sound", "seconds": round(seconds, 3)}


def converted(path, ending):
    """Return the Path of a WAV file in another format, beside it."""
    import torch

    from chaconne.editing.recordings import writing

    audio, rate = soundfile.read(path, dtype="float32")
    out = path.with_suffix(f".{ending}")
    with writing(out, rate) as write:
        write(torch.from_numpy(audio))
    return out
