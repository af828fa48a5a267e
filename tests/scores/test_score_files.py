"""Scores go out and come back; and files as people have them: pick-ups, rests, triplets, chords on one staff."""

from dataclasses import replace

import numpy as np
import pretty_midi
import pytest

from chaconne.corpora import chorales
from chaconne.scores.formats.lines import read_score
from chaconne.scores.formats.reading import parse_key
from chaconne.scores.grid import grid as grids
from chaconne.scores.grid.grid import Grid, OffGrid, bar_frames, beat_frames, from_notes, notes_of
from chaconne.scores.grid.spelling import name, sharps_of
from chaconne.scores.pieces.score import arrays
from chaconne.scores.writing.midi import write_midi
from chaconne.scores.writing.musicxml import write_musicxml
from tests.counterpoint.test_rules import grid

FIELDS = ("metre", "pickup", "key", "mode", "title", "tempo_qpm", "names", "instruments")
WRITERS = {"score.mid": write_midi, "score.musicxml": write_musicxml}


def chorale(source):
    """The Grid of one chorale, each voice on an instrument of its own."""
    score = chorales.parse(source)
    made = from_notes(arrays(score), 4, metre=score.metre, pickup=round(score.pickup * 4), key=score.key,
                      mode=score.mode, title=score.title)
    return replace(made, instruments=(52, 53, 54, 19))


def assert_same(a, b):
    for field in ("pitch", "onset", "fermata"):
        assert np.array_equal(getattr(a, field), getattr(b, field)), field
    assert {f: getattr(a, f) for f in FIELDS} == {f: getattr(b, f) for f in FIELDS}


@pytest.mark.parametrize("source", ["bwv269.mxl", "bwv66.6.mxl", "bwv10.7.mxl", "bwv40.3.mxl"])
@pytest.mark.parametrize("file", WRITERS)
def test_a_chorale_comes_back_as_it_went_out(file, source, tmp_path):
    made = chorale(source)
    WRITERS[file](made, tmp_path / file)
    assert_same(made, read_score(tmp_path / file)[0])


@pytest.mark.parametrize("file", WRITERS)
def test_what_is_hard_comes_back_too(file, tmp_path):
    """Repeated and held notes, rests within, a tie over the bar, lengths no single note has, 3/4 with a pick-up."""
    pitch, onset = np.full((4, 40), 60, np.int16), np.zeros((4, 40), bool)
    onset[:, 0] = True
    onset[0, [3, 4, 5, 20]] = True  # repeated, the last held over bars
    pitch[1, 7:12], onset[1, 12] = -1, True
    pitch[2], onset[2, ::5] = 55, True  # five sixteenths
    pitch[3, 4:], onset[3, 4] = 48, True
    fermata = np.zeros_like(onset)
    fermata[0, 20:] = True
    made = Grid(pitch, onset, fermata, "3/4", 4, "Eb", "minor", "Übung", 90.0)
    WRITERS[file](made, tmp_path / file)
    assert_same(made, read_score(tmp_path / file)[0])
    again = tmp_path / f"again.{file}"
    WRITERS[file](made, again)
    assert again.read_bytes() == (tmp_path / file).read_bytes()


def test_music21_reads_one_instrument_a_voice_and_whole_notes(tmp_path):
    from music21 import converter

    made = grid("C5 G4 E4 C3 | ~ G4 E4 C3 | ~ G4 E4 C3 | ~ G4 E4 C3 | ~ G4 E4 C3")
    write_musicxml(made, tmp_path / "score.musicxml")
    score = converter.parse(tmp_path / "score.musicxml", forceSource=True, storePickle=False)
    assert [p.partName for p in score.parts] == list(made.names)
    soprano = list(score.parts[0].recurse().notes)
    # Twenty sixteenths: one whole note tied to a quarter, not twenty fragments.
    assert [(float(n.quarterLength), n.tie.type) for n in soprano] == [(4.0, "start"), (1.0, "stop")]
    midi = tmp_path / "score.mid"
    write_midi(made, midi)
    read = pretty_midi.PrettyMIDI(str(midi))
    assert [(i.name, len(i.notes)) for i in read.instruments] == [
        ("soprano", 1), ("alto", 5), ("tenor", 5), ("bass", 5)]


def test_grids_and_notes_are_two_ways_to_say_the_same():
    made = chorale("bwv66.6.mxl")
    back = from_notes(notes_of(made), 4, **{f: getattr(made, f) for f in FIELDS})
    assert_same(made, back)


@pytest.mark.parametrize(("metre", "bar", "beat"), [
    ("4/4", 16, 4), ("3/4", 12, 4), ("2/2", 16, 8), ("6/8", 12, 6), ("12/8", 24, 6), ("3/8", 6, 2), ("9/16", 9, 3)])
def test_bars_and_beats(metre, bar, beat):
    assert (bar_frames(metre), beat_frames(metre)) == (bar, beat)


def test_places_are_counted_as_musicians_do():
    made = replace(grid("C5 G4 E4 C3 | C5 G4 E4 C3 | C5 G4 E4 C3"), pickup=4)
    assert [made.where(frame) for frame in (0, 2, 4, 10)] == [(0, 4), (0, 4.5), (1, 1), (1, 2.5)]


def midi_file(path, tracks, tempo=120.0, metre=(4, 4), names=None):
    """Write tracks of (start, length, pitch) in quarters, as another program would."""
    midi = pretty_midi.PrettyMIDI(resolution=480, initial_tempo=tempo)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(*metre, 0))
    for number, notes in enumerate(tracks):
        track = pretty_midi.Instrument(0, name=(names or [""] * 9)[number])
        track.notes = [pretty_midi.Note(80, p, s * 60 / tempo, (s + d) * 60 / tempo) for s, d, p in notes]
        midi.instruments.append(track)
    midi.write(str(path))
    return path


def test_played_lengths_become_written_ones(tmp_path):
    # 95 % of every length, as notation programs write: a whole, two halves, four quarters.
    line = [(0, 3.8, 72), (4, 1.9, 71), (6, 1.9, 72), (8, 0.95, 74), (9, 0.95, 72), (10, 0.95, 71), (11, 0.95, 72)]
    made, _ = read_score(midi_file(tmp_path / "a.mid", [line]))
    found = notes_of(made)
    assert (found["duration"] * 4).astype(int).tolist() == [16, 8, 8, 4, 4, 4, 4]
    # A staccato eighth and its rest are written as such.
    made, remarks = read_score(midi_file(tmp_path / "b.mid", [[(0, 0.5, 72), (1, 1, 74)]]))
    assert made.pitch[0].tolist() == [72, 72, -1, -1, 74, 74, 74, 74]
    assert any("rests of 0.5 quarters, the first in bar 1, beat 1.5" in r for r in remarks)


def test_triplets_are_named_and_snapped_only_when_asked(tmp_path):
    third = 1 / 3
    path = midi_file(tmp_path / "t.mid", [[
        (0, 4, 72), (4, third, 71), (4 + third, third, 72), (4 + 2 * third, third, 74), (5, 3, 72)]])
    with pytest.raises(OffGrid, match=r"t\.mid: bar 2, voice 1: expected sixteenths, got triplets.*--snap"):
        read_score(path)
    made, _ = read_score(path, snap=True)
    assert made.onset[0].nonzero()[0].tolist() == [0, 16, 17, 19, 20]


def test_chords_on_one_track_become_voices(tmp_path):
    made, remarks = read_score(midi_file(tmp_path / "piano.mid", [
        [(0, 1, 72), (0, 1, 67), (1, 1, 71), (1, 1, 67)], [(0, 1, 48), (0, 1, 64), (1, 1, 43), (1, 1, 62)]]))
    assert made.pitch[:, 0].tolist() == [72, 67, 64, 48] and made.pitch[:, 4].tolist() == [71, 67, 62, 43]
    assert made.names == ("soprano", "alto", "tenor", "bass")
    assert sum("separated into 2 voices" in r for r in remarks) == 2


def test_voices_of_the_same_name_are_told_apart(tmp_path):
    made, _ = read_score(midi_file(tmp_path / "n.mid", [[(0, 4, 50)], [(0, 4, 60)]], names=["Tenor", "Tenor"]))
    assert made.names == ("Tenor 1", "Tenor 2")


def test_named_tracks_keep_their_names_whatever_their_order(tmp_path):
    low, high = [(0, 4, 50)], [(0, 4, 49)]
    made, _ = read_score(midi_file(tmp_path / "n.mid", [low, high], names=["Bass", "Tenor"]))
    assert made.names == ("Tenor", "Bass") and made.pitch[:, 0].tolist() == [49, 50]


def test_two_staves_with_two_voices_each_are_four_voices(tmp_path):
    from music21 import meter, note, stream

    score = stream.Score()
    for pair in ((("C5", "D5"), ("E4", "F4")), (("G3", "A3"), ("C3", "D3"))):
        measure = stream.Measure(number=1)
        measure.insert(0, meter.TimeSignature("2/4"))
        for number, names in enumerate(pair, 1):
            voice = stream.Voice(id=str(number))
            voice.append([note.Note(n) for n in names])
            measure.insert(0, voice)
        part = stream.Part()
        part.append(measure)
        score.insert(0, part)
    score.write("musicxml", tmp_path / "closed.musicxml")
    made, _ = read_score(tmp_path / "closed.musicxml")
    assert made.pitch[:, 0].tolist() == [72, 64, 55, 48] and made.pitch[:, 4].tolist() == [74, 65, 57, 50]


def test_abc_with_voices_and_without(tmp_path):
    path = tmp_path / "four.abc"
    path.write_text("X:1\nT:Close\nM:4/4\nL:1/4\nQ:1/4=96\nV:S\nV:A\nV:T\nV:B\nK:G\n"
                    "V:S\ng a b2|\nV:A\nd d d2|\nV:T\nB A G2|\nV:B\nG, D, G,,2|\n")
    made, _ = read_score(path)
    assert made.names == ("S", "A", "T", "B") and (made.key, made.mode, made.tempo_qpm) == ("G", "major", 96.0)
    assert made.pitch[:, [0, 4, 8]].T.tolist() == [[79, 74, 71, 55], [81, 74, 69, 50], [83, 74, 67, 43]]
    path = tmp_path / "tune.abc"
    path.write_text("X:1\nT:Tune\nM:6/8\nL:1/8\nK:Ador\nE|ABc e2d|cBA E2|]\n\nX:2\nT:Other\nK:C\nC|\n")
    made, remarks = read_score(path)
    assert (made.voices, made.pickup, made.key, made.mode) == (1, 2, "A", "dorian")
    assert any("2 tunes: the first is read" in r for r in remarks)


@pytest.mark.parametrize(("text", "key"), [
    ("G", ("G", "major")), ("f#", ("F#", "minor")), ("Bb", ("Bb", "major")), ("e minor", ("E", "minor")),
    ("Am", ("A", "minor")), ("Db", ("C#", "major")), ("D major", ("D", "major"))])
def test_keys_as_people_write_them(text, key):
    assert parse_key(text) == key


def test_what_cannot_be_read_is_said_in_one_line(tmp_path):
    (tmp_path / "no.mid").write_bytes(b"no midi at all")
    (tmp_path / "no.xml").write_text("<p>no score")
    (tmp_path / "no.abc").write_text("X:1\nK:C\n?\n")
    (tmp_path / "no.txt").write_text("")
    for file, said in (("no.mid", "expected MIDI, MusicXML, ABC or kern"), ("no.xml", "expected MusicXML"),
                       ("no.abc", "expected notes"), ("no.txt", "the file is empty")):
        with pytest.raises(ValueError, match=said) as error:
            read_score(tmp_path / file)
        assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match="found no such file"):
        read_score(tmp_path / "absent.mid")
    with pytest.raises(ValueError, match="expected a key such as G"):
        parse_key("H")
    with pytest.raises(ValueError, match="time signature such as 4/4"):
        grids.bar_frames("often")


def test_spelling_follows_the_key():
    assert [name(66, 1), name(66, -3), name(65, 0), name(70, -1), name(61, 0)] == ["F#4", "F#4", "F4", "B-4", "C#4"]
    assert name(65, sharps_of("F#", "minor")) == "E#4"  # its leading tone
    for key in ("C", "G", "F", "Bb", "E"):
        sharps = sharps_of(key, "major")
        tonic = {"C": 60, "G": 67, "F": 65, "Bb": 70, "E": 64}[key]
        letters = [name(tonic + step, sharps)[0] for step in (0, 2, 4, 5, 7, 9, 11)]
        assert len(set(letters)) == 7
