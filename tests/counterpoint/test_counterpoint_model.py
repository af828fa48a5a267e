"""The network of chorales: nothing leaks from the future, probabilities are exact, training repeats itself."""

import json
import math

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.counterpoint import jsb
from chaconne.counterpoint.composers.harmonizers import melody_of
from chaconne.counterpoint.learned import ModelHarmonizer
from chaconne.counterpoint.network import conditions, tasks
from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.model import Network, Shape
from chaconne.counterpoint.rules.writing.writing import write
from chaconne.scores.writing.midi import write_midi
from tests.scores.test_score_files import chorale

TINY = Shape(width=32, depth=1, heads=2, head_width=16, dropout=0.0, blind=0.0, window=64)


def random_symbols(batch, frames, seed=0):
    """Symbols with many holds, as music has."""
    rng = np.random.default_rng(seed)
    pitch = 60 + rng.integers(-12, 12, (batch, 4, frames))
    held = rng.random(pitch.shape) < 0.7
    held[..., 0] = False
    for t in range(1, frames):
        pitch[..., t] = np.where(held[..., t], pitch[..., t - 1], pitch[..., t])
    return torch.from_numpy(np.stack([sy.symbols_of(p, ~h) for p, h in zip(pitch, held, strict=True)]))


def test_symbols_and_grids_determine_each_other():
    made = chorale("bwv66.6.mxl")
    pitch, onset = sy.grid_arrays(sy.symbols_of(made.pitch, made.onset))
    assert np.array_equal(pitch, made.pitch) and np.array_equal(onset, made.onset)
    rests = np.array([[-1, -1, 60, 60, -1, -1, 62]])
    onset = np.array([[0, 0, 1, 0, 0, 0, 1]], bool)
    symbols = sy.symbols_of(rests, onset)
    assert symbols.tolist() == [[0, 0, 32, 0, 1, 0, 34]]
    assert sy.grid_arrays(symbols)[0].tolist() == rests.tolist()
    assert (sy.sounding(torch.from_numpy(symbols)) == torch.tensor([[0, 0, 31, 31, 0, 0, 33]])).all()
    assert sy.ages(torch.from_numpy(symbols)).tolist() == [[0, 1, 0, 1, 0, 1, 0]]
    with pytest.raises(ValueError, match=r"expected pitches 30\.\.90, got 20\.\.20"):
        sy.symbols_of(np.array([[20]]), np.array([[True]]))


def test_nothing_leaks_from_later_frames_or_lower_voices():
    torch.manual_seed(0)
    network = Network(TINY).eval()
    symbols = random_symbols(2, 20)
    base = network(symbols)
    changed = random_symbols(2, 20, seed=1)
    for frame in range(0, 20, 3):
        for voice in range(4):
            other = symbols.clone()
            other[:, voice, frame] = changed[:, voice, frame]
            other[..., frame + 1:] = changed[..., frame + 1:]
            found = network(other)
            assert torch.allclose(found[..., :frame], base[..., :frame], atol=1e-5)
            assert torch.allclose(found[:, :voice, frame], base[:, :voice, frame], atol=1e-5)


@pytest.mark.parametrize("repeats", [True, False])
def test_probabilities_of_all_symbols_sum_to_one(repeats):
    torch.manual_seed(0)
    network = Network(TINY).eval()
    symbols = random_symbols(1, 12)
    for voice, frame in ((0, 0), (1, 5), (3, 11)):
        every = symbols.repeat(sy.SYMBOLS, 1, 1)
        every[:, voice, frame] = torch.arange(sy.SYMBOLS)
        total = network(every, repeats=repeats)[:, voice, frame].exp().sum()
        assert float(total) == pytest.approx(1, abs=1e-5)


def test_what_cannot_occur_has_probability_zero():
    network = Network(TINY).eval()
    symbols = random_symbols(1, 4)
    symbols[0, 0] = torch.tensor([sy.HOLD, sy.RESTS, 40, 40])
    found = network(symbols, repeats=False)[0, 0]
    assert found[1] == -math.inf and found[3] == -math.inf and found[2].isfinite()
    assert network(symbols)[0, 0, 3].isfinite()  # with onsets a note may be struck again


def test_a_context_changes_nothing_but_where_the_answer_begins():
    torch.manual_seed(0)
    network = Network(TINY).eval()
    symbols = random_symbols(2, 20)
    whole = network(symbols)
    part = network(symbols[..., 8:], before=symbols[..., :8], start=8)
    assert torch.allclose(part, whole[..., 8:], atol=1e-5)


def test_long_pieces_see_a_window():
    torch.manual_seed(0)
    network = Network(Shape(width=32, depth=1, heads=2, head_width=16, window=8)).eval()
    symbols, other = random_symbols(1, 40), random_symbols(1, 40, seed=1)
    other[..., 20:] = symbols[..., 20:]
    found = [network.past(s) for s in (symbols, other)]
    # What sounded at frame 20 is known by frames 21 to 28, and its age for as long as notes are held.
    assert not torch.allclose(found[0][:, 21], found[1][:, 21], atol=1e-4)
    assert torch.allclose(found[0][:, 39], found[1][:, 39], atol=1e-4)


@pytest.fixture
def data(tmp_path):
    """A data set of a few chorales in the published layout."""
    pieces = [chorale(f"bwv{n}.mxl").pitch.T.tolist() for n in ("66.6", "269", "10.7", "40.3", "144.6", "153.1")]
    path = tmp_path / "Jsb16thSeparated.json"
    path.write_text(json.dumps({"train": pieces[:4], "valid": [pieces[4]], "test": [pieces[5], pieces[0]]}))
    return path


def test_the_benchmark_is_read_and_its_twins_are_found(data):
    pieces = jsb.read(data)
    assert [len(pieces[split]) for split in jsb.SPLITS] == [4, 1, 2]
    assert jsb.read(data.parent)["test"][0].dtype == np.int16
    # The second test piece is in train as well.
    assert jsb.twins_of(pieces)[0] == [{"test": 1, "train": 0, "similarity": 1.0}]
    crops = jsb.Crops(pieces["train"], jsb.SETTINGS | {"batch": 4, "crop": 64})
    symbols, start, real = crops.draw(np.random.default_rng(0))
    assert symbols.shape == (4, 4, 64) and (start >= 0).all() and real.any(-1).all()
    data.write_text("{}")
    with pytest.raises(ValueError, match="expected JSON with train, valid and test"):
        jsb.read(data)


def test_nats_are_those_of_the_definition(data):
    pieces = jsb.read(data)["test"]
    network = Network(TINY).eval()
    total, notes = jsb.nats([network], pieces)
    assert notes == sum(4 * p.shape[1] for p in pieces)
    by_hand = -sum(float(network(torch.from_numpy(jsb.symbols_of(p))[None], repeats=False).sum()) for p in pieces)
    assert total == pytest.approx(by_hand, rel=1e-5)


def test_training_learns_repeats_itself_and_keeps_the_best(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pieces = jsb.read(data)
    settings = jsb.SETTINGS | {"steps": 30, "batch": 2, "crop": 64, "checks": 5, "learning_rate": 0.01}
    first, second = (jsb.train(pieces, settings, 0, TINY)[0] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    total, _ = jsb.nats([first], pieces["valid"])
    untrained, _ = jsb.nats([Network(TINY)], pieces["valid"])
    assert total < 0.8 * untrained
    best = jsb.Best(first)
    best.offer(first, 1.0)
    best.offer(second, 2.0)
    assert float(best.loss) == 1.0


def test_the_benchmark_command_writes_its_figures(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jsb, "SETTINGS", jsb.SETTINGS | {"batch": 1, "crop": 32, "checks": 2})
    result = CliRunner().invoke(app, ["benchmark", "jsb", str(data), "--steps", "10", "--threads", "1"])
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "benchmarks" / "jsb.json").read_text())
    assert all(math.isfinite(found[name]) for name in ("test", "valid", "clean"))
    assert found["pieces"] == {"test": 2, "valid": 1, "clean": 1}
    assert [twin["test"] for twin in found["twins"]] == [1] and 0 < found["similarity_of_chance"] < 1
    assert "test  1 varies the soprano of train   0, similarity 1.00" in result.output


READING = Shape(width=32, depth=2, heads=2, head_width=16, dropout=0.0, blind=0.0, window=64, reader_depth=1)


def test_writing_gives_the_log_probabilities_of_reading():
    """Frame by frame with a memory, or the whole at once: the same numbers, also past the window."""
    torch.manual_seed(0)
    for shape in (TINY, Shape(width=32, depth=2, heads=2, head_width=16, window=10)):
        network = Network(shape).eval()
        made, chance = write(network, 3, 24, seed=1)
        assert torch.allclose(network(made), chance, atol=1e-4)
        again, _ = write(network, 3, 24, seed=1)
        other, _ = write(network, 3, 24, seed=2)
        assert torch.equal(made, again) and not torch.equal(made, other)


def test_given_notes_stay_and_future_ones_count():
    torch.manual_seed(0)
    network = Network(READING).eval()
    torch.nn.init.normal_(network.head.degree, std=0.1)
    asked = conditions.free(2, 16)
    asked.symbols = random_symbols(2, 16)
    asked.known[:, 0] = True
    asked.attributes[0, :2] = torch.tensor([5, 2])  # one piece in e minor, one in any key
    made, chance = write(network, 2, 16, asked=asked)
    assert torch.equal(made[:, 0], asked.symbols[:, 0])
    assert torch.allclose(network(made, asked=asked), chance, atol=1e-4)
    later = conditions.Conditions(asked.attributes, asked.symbols.clone(), asked.known, asked.fermata)
    later.symbols[:, 0, 12:] = random_symbols(2, 16, seed=1)[:, 0, 12:]
    changed = network(made, asked=later)
    assert not torch.allclose(changed[:, 1:, :12], chance[:, 1:, :12], atol=1e-4)
    # Cells that are not given are never read.
    hidden = conditions.Conditions(asked.attributes, asked.symbols.clone(), asked.known, asked.fermata)
    hidden.symbols[:, 1:] = random_symbols(2, 16, seed=2)[:, 1:]
    assert torch.allclose(network(made, asked=hidden), chance, atol=1e-5)


def test_a_beginning_is_continued():
    torch.manual_seed(0)
    network = Network(TINY).eval()
    before = random_symbols(2, 12)
    made, chance = write(network, 2, 8, before=before, start=12)
    assert torch.allclose(network(made, before=before, start=12), chance, atol=1e-4)


def test_what_comes_next_is_told():
    given = torch.tensor([[[sy.HOLD, 40, sy.HOLD, 44, sy.RESTS, 43]]])
    following, wait, step, after = (one[0, 0].tolist() for one in conditions.ahead(given, sy.sounding(given)))
    assert following == [39, 43, 43, 42, 42, 0] and wait == [1, 2, 1, 2, 1, 0]
    middle = sy.STEP + 1  # the code of no step
    assert step == [0, middle + 4, middle + 4, middle - 1, 0, 0]
    assert after == [middle + 4, middle - 1, middle - 1, 0, 0, 0]


def test_conditions_are_what_a_piece_is():
    made = chorale("bwv66.6.mxl")
    asked = conditions.conditions_of(made, voices=[0])
    assert asked.attributes[0, :3].tolist() == [7, 2, 1]  # F sharp, minor, 4/4
    assert asked.known[0].any(1).tolist() == [True, False, False, False]
    assert (asked.fermata[0] == conditions.YES).sum() == made.fermata.any(0).sum()
    assert all(value < size for value, size in zip(asked.attributes[0], conditions.SIZES, strict=True))
    network = Network(READING).eval()
    symbols = torch.from_numpy(sy.symbols_of(made.pitch, made.onset))[None]
    free = conditions.free(1, made.frames)
    assert not torch.allclose(network(symbols, asked=asked), network(symbols, asked=free))
    with pytest.raises(ValueError, match="without a reader"):
        Network(TINY)(symbols, asked=asked)
    with pytest.raises(ValueError, match="temperature"):
        write(network, 1, 4, temperature=0)


def test_tasks_give_what_they_say():
    rng = np.random.default_rng(0)
    assert not tasks.known_cells(tasks.NOTHING, 40, rng).any()
    assert tasks.known_cells(tasks.SOPRANO, 40, rng).any(1).tolist() == [True, False, False, False]
    for _ in range(20):
        some, bars = (tasks.known_cells(kind, 40, rng) for kind in (tasks.SOME, tasks.BARS))
        assert 1 <= some.any(1).sum() <= 3 and (some.all(1) == some.any(1)).all()
        assert (bars == bars[:1]).all() and (bars[:, :16] == bars[:, :1]).all()
    made = [chorale("bwv66.6.mxl")] * 6
    symbols = random_symbols(6, 48)
    asked = tasks.draw(symbols, made, torch.full((6, 48), conditions.NO), rng)
    assert asked.attributes.shape == (6, len(conditions.SIZES)) and asked.known.shape == symbols.shape


def test_the_gain_of_a_given_soprano_is_that_of_its_definition():
    torch.manual_seed(0)
    network, made = Network(READING).eval(), chorale("bwv66.6.mxl")
    asked = conditions.conditions_of(made, (0,))
    free = conditions.free(1, made.frames)
    told = conditions.Conditions(free.attributes, asked.symbols, asked.known, free.fermata)
    alone, helped = (-network(asked.symbols, asked=a, start=-made.pickup)[:, 1:].mean().item() for a in (free, told))
    assert tasks.given_soprano_gain(network, [made]) == pytest.approx(alone - helped, abs=1e-5)
    assert tasks.nats(network, [made], given=(0,)) == pytest.approx(helped, abs=1e-5)
    assert float(tasks.loss(network, asked.symbols, told, -made.pickup)) == pytest.approx(helped, abs=1e-5)


def test_a_network_learns_to_follow_the_soprano_it_is_given():
    """Alto, tenor and bass repeat the soprano's next note: only a network that reads the future can know."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = Network(READING)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)

    def piece(count):
        tops = 70 + 2 * rng.integers(0, 2, (count, 12))
        low = np.concatenate([tops[:, 1:], tops[:, :1]], 1) - 20
        pitch = np.stack([tops, low, low - 2, low - 4], 1)
        return torch.from_numpy(np.stack([sy.symbols_of(p, np.ones_like(p, bool)) for p in pitch]))

    for _ in range(60):
        symbols = piece(16)
        asked = conditions.free(16, 12)
        asked.symbols, asked.known[:, 0] = symbols, True
        network.train()
        found = tasks.loss(network, symbols, asked)
        optimizer.zero_grad()
        found.backward()
        optimizer.step()
    # Guessing costs ln 2 for the alto of a frame, after which tenor and bass are known: 0.23 nats a cell.
    assert float(found.detach()) < 0.1


def test_degrees_are_counted_from_the_tonic_and_free_pieces_have_none():
    sound = torch.tensor([[[60, 64, 59, 0]], [[60, 64, 59, 0]]])
    sound = torch.where(sound > 0, sound - sy.LOW + 1, 0)
    assert sy.degrees(sound, torch.tensor([1, 0])).tolist() == [[[1, 5, 12, 0]], [[0, 0, 0, 0]]]
    network = Network(READING)
    torch.nn.init.normal_(network.head.degree)
    wish = conditions.Wish(None, torch.tensor([3, 10, 0]), torch.tensor([1, 1, 1]))
    bias = network.head.key(0, wish)[:, 0]
    assert torch.equal(bias[0, :40], bias[1, 7:47]) and not bias[2].any() and bias[0].std() > 0


def test_a_network_learns_to_write_in_the_key_it_is_asked_for():
    """Tonics of triads in any key: nothing but what is told says which."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = Network(READING)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(60):
        tonic = rng.integers(12, size=16)
        pitch = 48 + tonic[:, None, None] + rng.choice([0, 4, 7], (16, 4, 8)) + np.array([12, 12, 0, 0])[:, None]
        symbols = torch.from_numpy(np.stack([sy.symbols_of(p, np.ones_like(p, bool)) for p in pitch]))
        asked = conditions.free(16, 8)
        asked.attributes[:, 0], asked.attributes[:, 1] = torch.from_numpy(tonic + 1), 1
        network.train()
        optimizer.zero_grad()
        tasks.loss(network, symbols, asked).backward()
        optimizer.step()
    asked = conditions.free(12, 8)
    asked.attributes[:, 0], asked.attributes[:, 1] = torch.arange(12) + 1, 1
    made, _ = write(network, 12, 8, seed=1, asked=asked)
    pitch = np.stack([sy.grid_arrays(one)[0] for one in made.numpy()])
    assert np.isin((pitch - np.arange(12)[:, None, None]) % 12, (0, 4, 7)).mean() > 0.9


def test_networks_are_saved_and_harmonise(tmp_path):
    torch.manual_seed(0)
    Network(READING).save(tmp_path)
    made = chorale("bwv66.6.mxl")
    melody = melody_of(made, [])
    harmonizer = ModelHarmonizer(Network.load(tmp_path), k=3)
    setting = harmonizer.harmonize(melody, seed=1)
    assert np.array_equal(setting.pitch[0], melody.pitch[0]) and np.array_equal(setting.onset[0], melody.onset[0])
    assert np.array_equal(setting.pitch, harmonizer.harmonize(melody, seed=1).pitch)
    # Among the same draws the rules choose: more of them are never worse.
    one = ModelHarmonizer(harmonizer.network, k=1)
    assert harmonizer.prices(melody, setting.pitch[None])[0] == min(
        harmonizer.prices(melody, np.stack([grid_pitch(s) for s in draws(harmonizer, melody)])))
    assert one.harmonize(melody).voices == 4
    write_midi(melody, tmp_path / "melody.mid")
    result = CliRunner().invoke(app, ["harmonize", str(tmp_path / "melody.mid"), "--harmonizer", str(tmp_path)])
    assert result.exit_code == 0 and (tmp_path / "melody.harmonized.wav").exists(), result.output
    with pytest.raises(FileNotFoundError, match=r"network\.json"):
        Network.load(tmp_path / "nowhere")


def draws(harmonizer, melody):
    """What ModelHarmonizer chooses among."""
    return write(harmonizer.network, harmonizer.k, melody.frames, 1, harmonizer.conditions(melody),
                 start=-melody.pickup)[0].numpy()


def grid_pitch(symbols):
    return sy.grid_arrays(symbols)[0]
