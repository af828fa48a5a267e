"""Blind listening: a page that keeps its secret, and a tally that says no more than the answers show."""

import base64
import io
import json
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from chaconne.commands import listen as commands
from chaconne.pages.listening import answers, plan, tally
from chaconne.pages.listening.clips import equally_loud, loudness
from chaconne.pages.listening.page import make
from tests.pages import listeners
from tests.pages.listeners import LOWEST, RATE, rows, tone

RUN = CliRunner()


def app():
    """Return the two commands as chaconne.cli registers them."""
    both = typer.Typer()
    both.command()(commands.listen)
    both.command()(commands.preference)
    return both


@pytest.fixture
def samples(tmp_path):
    return rows(tmp_path / "samples")


@pytest.fixture
def a_page(samples, tmp_path):
    key, _ = make(tmp_path / "page.html", ["gan", "diffusion"], 6, 0, samples, repeats=2)
    return (tmp_path / "page.html").read_text(), json.loads(key.read_text()), key


def sounds_of(page):
    """Return {pair: {letter: float samples}} of what the page plays."""
    found = {}
    for pair, body in re.findall(r'data-pair="(\w+)"(.*?)(?=data-pair=|class="choice)', page, re.S):
        found[pair] = {}
        for letter, code in re.findall(r'data-letter="(\w)".*?base64,([\w+/=]+)', body, re.S):
            found[pair][letter] = soundfile.read(io.BytesIO(base64.b64decode(code)))[0]
    return found


def pitch(sound):
    return np.abs(np.fft.rfft(sound[4000:16000])).argmax() * RATE / 12000


def test_the_key_says_what_is_heard(a_page):
    page, key, _ = a_page
    heard, lowest = sounds_of(page), {place.split("/")[-1]: hz for place, hz in LOWEST.items()}
    assert len(heard) == 6 + 4 + 2 and set(heard) == set(key["pairs"])
    for pair, truth in key["pairs"].items():
        for letter, role in (("X", "real"), ("A", truth["A"]), ("B", truth["B"])):
            assert pitch(heard[pair][letter]) == pytest.approx(lowest[role] + 20 * truth["clips"][letter], abs=3)
    pairs = [key["pairs"][name] for name in answers.compared(key)]
    assert Counter(truth["A"] for truth in pairs) == {"gan": 3, "diffusion": 3}
    for role in ("gan", "diffusion"):
        assert len({truth["clips"]["A" if truth["A"] == role else "B"] for truth in pairs}) == 6
    assert len({truth["clips"]["X"] for truth in pairs}) == 6


def test_checks_and_repeats_are_hidden_among_the_pairs(a_page):
    """Nothing on the page tells them: not a word, not the length of a sound, nor the same bytes twice."""
    page, key, _ = a_page
    kinds = ["check" if "check" in pair else "repeats" if "repeats" in pair else "" for pair in key["pairs"].values()]
    assert Counter(kinds) == {"": 6, "check": 4, "repeats": 2}
    names = list(sounds_of(page))       # in the order of the page
    for name, pair in key["pairs"].items():
        if "check" in pair:
            assert {pair["A"], pair["B"]} == {"real", "noise"} and pair["check"] == "real"
            real = "A" if pair["A"] == "real" else "B"
            assert pair["clips"][real] != pair["clips"]["X"]
        if "repeats" in pair:
            before = key["pairs"][pair["repeats"]]
            assert (pair["A"], pair["B"]) == (before["B"], before["A"])
            assert pair["clips"] == {"A": before["clips"]["B"], "B": before["clips"]["A"], "X": before["clips"]["X"]}
            assert names.index(name) > names.index(pair["repeats"]) + 1
    assert Counter(pair["A"] for pair in key["pairs"].values() if "check" in pair) == {"real": 2, "noise": 2}
    codes = re.findall(r"base64,([\w+/=]+)", page)
    assert len(set(codes)) == len(codes) == 36 and len({len(code) for code in codes}) == 1
    parts = re.findall(r'(<div class="pair" data-pair=.*?)(?=<div class="pair"|<div class="choice)', page, re.S)
    bare = {re.sub(r"base64,[\w+/=]+|data-pair=\"\w+\"|Pair \d+|\s", "", part) for part in parts}
    assert len(parts) == 12 and len(bare) == 1


def test_a_choice_is_forced_unless_ties_are_asked_for(samples, tmp_path):
    for forced in (True, False):
        key, _ = make(tmp_path / "page.html", ["gan", "diffusion"], 2, 0, samples, forced=forced)
        page = (tmp_path / "page.html").read_text()
        assert ('data-choice="tie"' in page) is ("no preference" in page) is (not forced)
        assert json.loads(key.read_text())["forced"] is forced


@pytest.mark.parametrize(("count", "pairs"), [(2, 7), (3, 21), (3, 20), (4, 24), (5, 20)])
def test_every_two_systems_meet_equally_often_on_both_sides(count, pairs):
    systems = [f"s{i}" for i in range(count)]
    met = plan.matches(systems, pairs, np.random.default_rng(count))
    often = Counter(frozenset(pair) for pair in met)
    assert len(met) == pairs and len(often) == count * (count - 1) // 2
    assert max(often.values()) - min(often.values()) <= 1
    sides = Counter(met)
    assert all(abs(sides[a, b] - sides[b, a]) <= 1 for a, b in combinations(systems, 2))
    left = Counter(a for a, _ in met)
    assert max(left.values()) - min(left.values()) <= 2


def test_no_clip_is_in_two_pairs_while_there_are_others():
    systems, counts = ("a", "b", "c"), {"a": 14, "b": 20, "c": 14, "real": 30, "noise": 1}
    most = plan.most_pairs(systems, "real", counts)
    assert most == 21       # each system is in 14 of them
    planned = plan.trials(plan.Asked(systems, "real", most, 4, 2), counts, np.random.default_rng(0))
    heard = [sound for trial in planned if not (trial.check or trial.repeats) for sound in trial.sounds.values()]
    assert len(heard) == len(set(heard)) == 63 and len(planned) == 27


def test_the_page_keeps_the_secret_and_asks_nothing_of_the_network(a_page):
    page, key, path = a_page
    text = re.sub(r"base64,[\w+/=]+", "", page)
    assert not re.search(r"gan\b|diffusion|codec|shuffled|noise|check|(?<!event\.)repeat(?!\()", text, re.I)
    assert not re.search(r"https?://|@import|url\(|fetch\(|<script[^>]+src", text)
    assert "default-src 'none'" in text
    assert path.name == "page.key.json" and set(key["systems"]) == {"gan", "diffusion"}


def test_without_a_number_all_clips_are_heard_that_there_are(samples, tmp_path):
    """At scale smoke there are fewer than twenty."""
    done = CliRunner().invoke(app(), ["listen", "--samples", str(samples), "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0 and "6 pairs" in done.stdout
    assert len(answers.compared(json.loads((tmp_path / "page.key.json").read_text()))) == 6


def test_rows_without_noise_make_a_page_without_checks(samples, tmp_path):
    (samples / "anchors/noise/clips.npy").unlink()
    arguments = ["listen", "--samples", str(samples), "--out", str(tmp_path / "page.html")]
    done = RUN.invoke(app(), arguments)
    assert done.exit_code == 0 and "6 pairs, 0 checks" in done.stdout and "no checks: they need the rows" in done.stdout
    asked_for = RUN.invoke(app(), [*arguments, "--checks", "2"])
    assert asked_for.exit_code == 2 and "noise: expected one of" in asked_for.output


def test_the_same_seed_gives_the_same_page_and_another_seed_another(samples, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make(tmp_path / f"{name}.html", ["gan", "diffusion"], 4, seed, samples)
    page, key = ({name: (tmp_path / f"{name}{end}").read_bytes() for name in "abc"} for end in (".html", ".key.json"))
    assert page["a"] == page["b"] != page["c"] and key["a"] == key["b"] != key["c"]
    assert not set(json.loads(key["a"])["pairs"]) & set(json.loads(key["c"])["pairs"])


def test_clips_become_equally_loud_without_clipping():
    quiet, loud, peaky = tone(440, 2, 0.01), tone(3000, 2, 0.9), tone(440, 2, 0.05)
    peaky[20000] = 32767
    clips = equally_loud([quiet, loud, peaky], RATE)
    levels = [loudness(clip.astype(np.float32) / 32767, RATE) for clip in clips]
    assert levels == pytest.approx([levels[0]] * 3, abs=0.3) and levels[0] <= -22.9
    assert max(np.abs(clip).max() for clip in clips) < 32767
    assert [clip[0] for clip in clips] == [0, 0, 0]


def test_silence_stays_silence_and_does_not_change_the_others():
    alone = equally_loud([tone(440)], RATE)
    silent, sound = equally_loud([np.zeros(RATE, np.int16), tone(440)], RATE)
    assert not silent.any() and (sound == alone[0]).all()


def test_loudness_is_that_of_the_recommendation():
    """BS.1770: a full-scale 997 Hz sine in one channel reads -3.01 LKFS."""
    sine = np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE).astype(np.float32)
    assert loudness(sine, RATE) == pytest.approx(-3.01, abs=0.15)


def answer(tmp_path, key, listener, share, ties=0, changed=()):
    """Write answers that choose diffusion in the first `share` of the pairs, gan in the rest; return the path.

    Checks are passed.
    """
    pairs, given = key["pairs"], []
    for i, (pair, truth) in enumerate(pairs.items()):
        wanted = truth.get("check", "diffusion" if i < share * len(pairs) else "gan")
        letter = "A" if truth["A"] == wanted else "B"
        given.append({"pair": pair, "choice": "tie" if i >= len(pairs) - ties else letter})
    path = tmp_path / f"{listener}.json"
    path.write_text(json.dumps({"format": answers.FORMAT, "test": key["test"], "listener": listener,
                                "answers": given} | dict(changed)))
    return path


def big_key(tmp_path, pairs=20):
    """Write a key of many pairs without any sound; returns (key, path)."""
    order = [("gan", "diffusion"), ("diffusion", "gan")]
    key = {"format": answers.FORMAT, "test": "t1", "systems": ["gan", "diffusion"], "reference": "real",
           "pairs": {f"p{i:02d}": dict(zip("AB", order[i % 2], strict=True)) for i in range(pairs)}}
    path = tmp_path / "page.key.json"
    path.write_text(json.dumps(key))
    return key, path


def test_one_listener_has_the_exact_interval(tmp_path):
    key, path = big_key(tmp_path, 10)
    found = tally.preference([answer(tmp_path, key, "Anna", 0.8)], path)
    assert found["pooled"]["wins"] == {"gan": 2, "diffusion": 8} and found["pooled"]["share"] == 0.8
    assert found["pooled"]["interval"] == pytest.approx([0.4439, 0.9748], abs=1e-4)  # Clopper-Pearson, 8 of 10
    assert found["text"].startswith("No preference shown: diffusion chosen in 8 of 10") and "50 % lies inside" in (
        found["text"])


def test_a_clear_preference_is_said_from_the_side_of_the_one_preferred(tmp_path):
    key, path = big_key(tmp_path)
    for name, share, winner in (("Anna", 0.9, "diffusion"), ("Bela", 0.1, "gan")):
        found = tally.preference([answer(tmp_path, key, name, share)], path)
        assert found["text"] == (f"{winner} is preferred: {winner} chosen in 18 of 20 answers by 1 listener, "
                                 "90 % (95 % interval 68 to 99 %).")


def test_ties_are_counted_apart(tmp_path):
    key, path = big_key(tmp_path, 10)
    found = tally.preference([answer(tmp_path, key, "Anna", 0.5, ties=4)], path)
    assert found["pooled"] | {"interval": 0} == {
        "wins": {"gan": 1, "diffusion": 5}, "ties": 4, "share": 5 / 6, "interval": 0}
    nothing = tally.preference([answer(tmp_path, key, "Bela", 0.5, ties=10)], path)
    assert nothing["pooled"]["interval"] is None and "gave no answer with a preference" in nothing["text"]


def test_listeners_who_differ_widen_the_interval(tmp_path):
    """60 of 80 answers would be a clear preference of 80 people, not of four of whom one hears the opposite."""
    key, path = big_key(tmp_path)
    shares = (1.0, 1.0, 1.0, 0.0)
    found = tally.preference([answer(tmp_path, key, f"L{i}", s) for i, s in enumerate(shares)], path)
    assert found["pooled"]["share"] == 0.75 and list(found["listeners"]) == ["L0", "L1", "L2", "L3"]
    low, high = found["pooled"]["interval"]
    assert low < 0.5 < 0.75 < high and found["text"].startswith("No preference shown")
    exact = tally.result(Counter(diffusion=60, gan=20), key["systems"])["interval"]
    assert exact[0] > 0.5


def test_listeners_who_agree_wholly_still_leave_doubt(tmp_path):
    key, path = big_key(tmp_path, 10)
    found = tally.preference([answer(tmp_path, key, name, 1.0) for name in ("Anna", "Bela")], path)
    assert found["pooled"]["interval"] == pytest.approx([0.8316, 1.0], abs=1e-4)  # exact for 20 of 20


def test_the_interval_covers_the_truth(tmp_path):
    """Eight listeners whose taste differs, pairs that differ: about 95 of 100 intervals hold the mean, 60 %."""
    rng, covered = np.random.default_rng(5), 0
    for _ in range(100):
        taste, ease = rng.normal(0.6, 0.1, 8), rng.normal(0, 0.1, 20)
        chance = np.clip(taste[:, None] + ease, 0, 1)
        everyone = [answers.Answers(str(i), {f"p{p}": "b" if rng.random() < chance[i, p] else "a" for p in range(20)})
                    for i in range(8)]
        low, high = tally.both_drawn_again(everyone, ["a", "b"], 0)
        covered += low <= 0.6 <= high
    assert covered >= 90


@pytest.mark.parametrize(("changed", "said"), [
    ({"format": "else"}, "got another kind of file"),
    ({"test": "t2"}, "expected answers to page t1, got 't2'"),
    ({"listener": " "}, "expected a listener's name"),
    ({"answers": []}, "a list of answers"),
    ({"answers": [{"pair": "p00", "choice": "C"}]}, "got {'pair': 'p00', 'choice': 'C'}"),
    ({"answers": [{"pair": "zz", "choice": "A"}]}, "one answer (A, B, tie) to each known pair"),
    ({"answers": [{"pair": "p00", "choice": "A"}] * 2}, "one answer (A, B, tie) to each known pair"),
    ({"answers": [7]}, "got 7"),
    ({"answers": [{"pair": ["p00"], "choice": "A"}]}, "got {'pair': ['p00']"),
])
def test_foreign_and_damaged_answers_are_refused_by_name(tmp_path, changed, said):
    key, path = big_key(tmp_path)
    bad = answer(tmp_path, key, "Anna", 0.5, changed=changed)
    result = RUN.invoke(app(), ["preference", str(bad), "--key", str(path)])
    assert result.exit_code == 2 and result.output.startswith(f"chaconne: {bad}: ") and said in result.output
    assert result.output.count("\n") == 1


def test_other_things_that_are_no_answers(tmp_path):
    key, path = big_key(tmp_path)
    good, broken = answer(tmp_path, key, "Anna", 0.5), tmp_path / "broken.json"
    broken.write_text('{"format"')
    again = tmp_path / "again.json"
    again.write_bytes(good.read_bytes())
    for arguments, said in (
        ([broken], f"{broken}: expected answers saved by the listening page, got something that is no JSON"),
        ([tmp_path / "none.json"], "found no file"),
        ([good, again], f"{again}: 'Anna' has answered already in {good}"),
        ([path], f"{path}: expected a listener's name"),
        ([good, "--key", good], f"{good}: expected the key that `chaconne listen` wrote"),
        ([good, "--key", tmp_path / "none"], "expected the key that `chaconne listen` wrote beside the page, found no"),
    ):
        keyed = arguments if "--key" in arguments else [*arguments, "--key", path]
        result = RUN.invoke(app(), ["preference", *map(str, keyed)])
        assert result.exit_code == 2 and said in result.output, result.output


@pytest.mark.parametrize(("options", "said"), [
    (["--systems", "gan", "gan"], "--systems: expected two or more different names, got gan gan"),
    (["--systems", "gan", "vae"], "vae: expected one of codec, diffusion, gan, noise, real in"),
    (["--pairs", "7"], "--pairs: expected 1 to 6 (more would need a clip twice), got 7"),
    (["--pairs", "4", "--repeats", "3"], "--repeats: expected 0 to 2 (half of the pairs), got 3"),
])
def test_a_page_that_cannot_be_made(samples, tmp_path, options, said):
    result = RUN.invoke(app(), ["listen", "--samples", str(samples), "--out", str(tmp_path / "x.html"), *options])
    assert result.exit_code == 2 and said in result.output and not (tmp_path / "x.html").exists()


def test_the_commands_from_page_to_preference(samples, tmp_path):
    page, out = tmp_path / "listening.html", tmp_path / "preference.json"
    made = RUN.invoke(app(), ["listen", "--pairs", "6", "--reference", "", "--samples", str(samples),
                              "--systems", "gan", "diffusion", "--out", str(page)])
    assert made.exit_code == 0, made.output
    assert 'data-letter="X"' not in page.read_text() and "nearer" not in page.read_text()
    key = json.loads((tmp_path / "listening.key.json").read_text())
    files = [str(answer(tmp_path, key, name, 1.0)) for name in ("Anna", "Bela")]
    told = RUN.invoke(app(), ["preference", *files, "--key", str(tmp_path / "listening.key.json"), "--out", str(out)])
    assert told.exit_code == 0 and "diffusion is preferred: diffusion chosen in 12 of 12" in told.output
    assert '"Anna": gan 0, diffusion 6, no preference 0; 100 % diffusion (54 to 100 %)' in told.output
    assert json.loads(out.read_text())["pooled"]["wins"] == {"gan": 0, "diffusion": 12}


@pytest.mark.parametrize("named", [["--systems", "gan", "diffusion", "codec"], ["gan", "diffusion", "codec"],
                                   ["--systems", "gan", "--systems", "diffusion", "--systems", "codec"]])
def test_three_systems_from_page_to_ranking(samples, tmp_path, named):
    made = RUN.invoke(app(), ["listen", *named, "--samples", str(samples), "--out", str(tmp_path / "three.html")])
    assert made.exit_code == 0 and "three.html: 6 pairs, 4 checks and 1 repeated" in made.output
    key = json.loads((tmp_path / "three.key.json").read_text())
    assert key["systems"] == ["gan", "diffusion", "codec"]
    told = RUN.invoke(app(), ["preference", str(listeners.listen(tmp_path, key, "Anna", {"codec": 9, "gan": -9},
                                                                 np.random.default_rng(0))),
                              "--key", str(tmp_path / "three.key.json")])
    assert told.exit_code == 0 and "1. codec: " in told.output
    assert '"Anna": gan 0, diffusion 2, codec 4, no preference 0; checks 4 of 4' in told.output
