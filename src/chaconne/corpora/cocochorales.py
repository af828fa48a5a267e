"""CocoChorales (Wu et al. 2022): synthesised chorales with stems, in shards of 2,000 tracks.

Names inside the archives are discovered, not assumed: the documentation and the files disagree. The shards' own
splits leak, because one MIDI file is played several times: tracks are divided anew, grouped by `midi_file`.
"""

import re
from pathlib import Path, PurePosixPath

import yaml

from chaconne.corpora.gathering import recordings
from chaconne.corpora.gathering.fetching import fetch, from_tar, whole
from chaconne.running.params.corpora import some
from chaconne.scores.formats.corpus import fields_of
from chaconne.scores.formats.midi import read_midi
from chaconne.scores.pieces.score import Score, Unusable

SHARDS = {"train": 96, "valid": 12, "test": 12}
TINY = {"train": [1, 2, 3, 25, 26, 27, 49, 50, 51, 73, 74, 75], "valid": [1, 4, 7, 10], "test": [1, 4, 7, 10]}
SUMS = "cocochorales_md5s.txt"
ENSEMBLES = ("string", "brass", "woodwind", "random")
TAKE = ("mix", "stems", "midi", "notes")
TRACK = re.compile(r"\w+_track\d+")
TRACK_BYTES = {"mix": 700_000, "stems": 2_800_000, "midi": 10_000, "notes": 200_000}  # about 20 s at 16 kHz
KEYS = {
    "shards": ("tiny, full or {train: [numbers], ...}", lambda v: v in ("tiny", "full") or _numbers(v)),
    "ensembles": (f"a list of {', '.join(ENSEMBLES)}", lambda v: some(v, str) and set(v) <= set(ENSEMBLES)),
    "tracks": ("a whole number above 0, or null", lambda v: v is None or some([v], int, 1)),
    "take": (f"a list of {', '.join(TAKE)}, with mix", lambda v: some(v, str) and {"mix"} <= set(v) <= set(TAKE)),
    "whole_shards": ("true or false", lambda v: isinstance(v, bool)),
}


def _numbers(value):
    return isinstance(value, dict) and value and all(
        split in SHARDS and some(numbers, int, 1, SHARDS[split]) for split, numbers in value.items())


def gather(settings, folder, limits, seed):
    """Fetch the tracks that the settings select and write them down in `folder` (see recordings.py).

    limits: max_pieces (None: all). Returns counts. Raises ValueError in one line.
    """
    wanted = recordings.selection(settings, KEYS)
    sums = read_sums(whole(settings, SUMS))
    tracks = select(read_metadata(settings, shards(wanted["shards"]), sums), wanted, limits["max_pieces"], seed)
    bring(settings, wanted, tracks, sums)
    entries, scores, skipped = [], [], []
    there = {place: files_of(settings, *place) for place in {(track["split"], track["number"]) for track in tracks}}
    for track in tracks:
        files = there[track["split"], track["number"]].get(track["track"], {})
        try:
            entries.append(entry_of(track, files, settings, wanted))
            if "midi" in wanted["take"]:
                scores.append(score_of(track, files, settings))
        except Unusable as reason:
            skipped.append((track["piece"], str(reason)))
    return recordings.write(folder, entries, scores, (), skipped)


def shards(asked):
    """Return [(split, number)] of the shards to read."""
    chosen = {"tiny": TINY, "full": {split: range(1, count + 1) for split, count in SHARDS.items()}}.get(
        asked if isinstance(asked, str) else "", asked)
    return [(split, number) for split in SHARDS for number in sorted(chosen.get(split, []))]


def read_sums(path):
    """Return {path of the archive: 'md5:...'} of the file of checksums, whatever its columns' order."""
    sums = {}
    for line in Path(path).read_text(errors="replace").splitlines():
        found = re.search(r"\b([0-9a-fA-F]{32})\b", line)
        name = re.search(r"(\w+/\w+/\d+\.tar\.bz2)", line)
        if found and name:
            sums[name[1]] = f"md5:{found[1].lower()}"
    if not sums:
        raise ValueError(f"{path}: expected lines of an MD5 and a name such as metadata/train/1.tar.bz2, found none; "
                         "remove it and check base_url")
    return sums


class Choice:
    """Which members of a shard are kept: told by track and kind, wherever the names put them."""

    def __init__(self, tracks, kinds):
        self.tracks, self.kinds = set(tracks), set(kinds)
        self.key = {"tracks": sorted(self.tracks), "kinds": sorted(self.kinds)} if tracks else {"kinds": sorted(kinds)}
        self.restart()

    def restart(self):
        """Forget what was seen."""
        self.seen, self.last = {}, None

    def wanted(self, path):
        """Tell whether the member is kept, and note it."""
        self.last, kind = track_of(path), kind_of(path)
        kept = kind in self.kinds and (self.last in self.tracks or not self.tracks) and self.last is not None
        if kept:
            self.seen.setdefault(self.last, set()).add(kind)
        return kept

    def complete(self, path):
        """Have all tracks been there in full, and does another begin?"""
        if not self.tracks or track_of(path) == self.last:
            return False
        return all(self.kinds <= self.seen.get(track, set()) for track in self.tracks)


def track_of(path):
    """Return the track that a member belongs to: the part of its path such as string_track000001, or None."""
    return next((found[0] for part in path.parts if (found := TRACK.match(part))), None)


def kind_of(path):
    """Return mix, stems, midi, metadata, notes or None, by suffix and place."""
    folder, name = path.parent.name.lower(), path.name.lower()
    if name.endswith((".wav", ".flac")):
        return "mix" if name.startswith("mix") else "stems" if "stem" in folder else None
    if name.endswith((".mid", ".midi")):
        return "midi" if name.startswith("mix") else None
    if name.endswith((".yaml", ".yml")):
        return "metadata"
    return "notes" if name.endswith((".csv", ".json")) else None


def place(settings, part, split, number):
    """Return the folder that a shard is extracted into."""
    return Path(settings["downloads"], part, split, str(number))


def read_metadata(settings, chosen, sums):
    """Return one dictionary a track of the shards: piece, track, ensemble, midi_file, split, number."""
    jobs = [job for split, number in chosen
            if (job := shard_job(settings, "metadata", split, number, Choice([], ["metadata"]), sums, 0, True))]
    fetch(jobs, settings["downloads"], settings["download"], f"{settings['name']} metadata")
    found = {}
    for split, number in chosen:
        for path in sorted(place(settings, "metadata", split, number).rglob("*.y*ml")):
            track = track_of(PurePosixPath(path.as_posix()))
            facts = yaml.load(path.read_text(), yaml.CSafeLoader)
            if not isinstance(facts, dict) or not facts.get("midi_file"):
                raise ValueError(f"{path}: expected metadata with `midi_file`, got {str(facts)[:60]}; "
                                 "is it CocoChorales?")
            found[split, track] = {
                "piece": f"{split}/{track}", "track": track, "ensemble": track.split("_track")[0], "split": split,
                "midi_file": PurePosixPath(str(facts["midi_file"])).name, "number": number}
    return list(found.values())


def shard_job(settings, part, split, number, choice, sums, keeps, to_the_end):
    """Return the Job that reads one shard, or None when it has been read for the same choice."""
    name = f"{part}/{split}/{number}.tar.bz2"
    if name not in sums:
        raise ValueError(f"{name}: expected a line in {SUMS}, found none; "
                         "see select.shards in conf/data/cocochorales.yaml")
    return from_tar(settings, name, place(settings, part, split, number), choice, keeps, sums[name], to_the_end)


def select(tracks, wanted, most, seed):
    """Return the tracks to take: of the ensembles, as many as asked for, drawn by hash."""
    known = {track["piece"]: track for track in tracks if track["ensemble"] in wanted["ensembles"]}
    if not known:
        raise ValueError("cocochorales: expected tracks, the selection has none; see ensembles and shards "
                         f"(these shards have {', '.join(sorted({t['ensemble'] for t in tracks})) or 'nothing'})")
    limit = min(filter(None, (wanted["tracks"], most, len(known))))
    return [known[name] for name in sorted(recordings.drawn(known, seed)[:limit])]


def bring(settings, wanted, tracks, sums):
    """Stream the shards that hold the tracks and extract what is asked for."""
    shard_of = {}
    for track in tracks:
        shard_of.setdefault((track["split"], track["number"]), []).append(track["track"])
    kinds = [kind for kind in wanted["take"] if kind != "notes"]
    jobs = []
    for (split, number), names in sorted(shard_of.items()):
        keeps = sum(TRACK_BYTES[kind] for kind in wanted["take"]) * len(names)
        parts = [("main_dataset", kinds), *([("note_expression", ["notes"])] if "notes" in wanted["take"] else [])]
        jobs += [shard_job(settings, part, split, number, Choice(names, of_part), sums, keeps, wanted["whole_shards"])
                 for part, of_part in parts]
    fetch([job for job in jobs if job], settings["downloads"], settings["download"], settings["name"])


def files_of(settings, split, number):
    """Return {track: {kind: sorted paths}} of an extracted shard."""
    root, found = place(settings, "main_dataset", split, number), {}
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        inner = PurePosixPath(path.relative_to(root).as_posix())
        found.setdefault(track_of(inner), {}).setdefault(kind_of(inner), []).append(path)
    return found


def entry_of(track, files, settings, wanted):
    """Return the entry of recordings.json; files: {kind: paths}. Unusable when something of the track is missing."""
    for kind in wanted["take"]:
        if kind not in files and kind != "notes":
            raise Unusable(f"its shard main_dataset/{track['split']}/{track['number']} has no {kind} of it")
    stems = {path.stem: str(path) for path in files.get("stems", [])} if "stems" in wanted["take"] else {}
    return recordings.recording(
        track["piece"], files["mix"][0], settings, source=f"{settings['title']}: {track['piece']}", stems=stems,
        title=f"{track['midi_file']} by {track['ensemble']}", instrument=f"{track['ensemble']} ensemble",
        group=f"midi {track['midi_file']}")


def score_of(track, files, settings):
    """Return the track's mix.mid as a Score of as many voices as parts."""
    try:
        fields = fields_of(read_midi(files["midi"][0]))
    except ValueError as error:
        raise Unusable(str(error)) from None
    fields |= {"title": track["midi_file"], "key": "C", "mode": "other", "to_c_semitones": 0}  # its keys are not said
    return Score(piece=track["piece"], source=f"{settings['title']}: {track['piece']}", licence=settings["licence"],
                 **fields)
