"""The page: everything on it comes from the files, nothing from anywhere else."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chaconne.evaluation.rows import projection
from chaconne.evaluation.verdict import verdict
from chaconne.pages.report import scatter, sections
from chaconne.pages.report.headline import headline
from chaconne.pages.report.labels import label_rows
from chaconne.pages.report.page import CLOCKS, render
from chaconne.pages.report.pictures import write_pictures
from chaconne.pages.report.verdict import answers
from chaconne.pages.shared import charts, sound, sweeps, tables
from chaconne.pages.shared.inputs import MissingInput, read_inputs
from chaconne.pages.shared.meanings import meaning_of
from stages import report

RATE = 22050
VOID = {"meta", "link", "img", "br", "hr", "input", "source", "line"}
SCHEMA = (
    "fad.logmel fad.clap-music fad_infinity.notes fad_infinity_fit.logmel kad.encodec mad.musicnn tags.piano density "
    "coverage nearest_train "
    "left_out.fad.notes left_out.recordings "
    "adjacent_similarity notes.in_key notes.onset_rate notes.silence notes.pitch_class_distance notes.density "
    "notes.polyphony notes.pitch_distance notes.interval_distance notes.simultaneity_distance notes.dissonance "
    "notes.onset_regularity copied runs parameters inference_parameters train_examples function_evaluations"
).split()
SIZES = {"parameters": 3_714_000, "inference_parameters": 1_870_123, "train_examples": 83200,
         "function_evaluations": 15}
FADS = {"real": 1.25, "codec": 1.5, "gan": 6.3, "diffusion": 2.51, "shuffled": 14.2, "noise": 32.5}


def notes(seed, seconds):
    """Return int16 [samples]: a random tune of decaying tones."""
    rng, step = np.random.default_rng(seed), RATE // 4
    t = np.arange(step) / RATE
    tones = [
        np.exp(-4 * t) * sum(np.sin(2 * np.pi * 220 * 2 ** (k / 12) * h * t) / h for h in (1, 2, 3, 4))
        for k in rng.choice([0, 2, 4, 5, 7, 9, 12, 16, 19], int(seconds * 4))
    ]
    return (np.concatenate(tones) * 6000).astype(np.int16)


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def put_sound(root, name, seed, seconds, piece=0):
    folder = root / "data/samples" / name
    folder.mkdir(parents=True, exist_ok=True)
    clips = np.stack([notes(seed + i, seconds) for i in range(5)])
    if name.endswith("noise"):
        clips = (np.random.default_rng(0).standard_normal(clips.shape) * 3000).astype(np.int16)
    np.save(folder / "clips.npy", clips)
    if piece:
        np.save(folder / "piece.npy", notes(seed, piece))
    put(folder / "about.json", {"sample_rate_hz": RATE, "clip_seconds": seconds, "clips": 5})


def row(fad, **more):
    return {
        "fad": {"logmel": fad, "notes": 0.7 * fad},
        "fad_infinity": {"logmel": 0.8 * fad, "notes": 0.6 * fad},
        "fad_infinity_fit": {"logmel": 0.97, "notes": 0.91},
        "kad": {"logmel": 0.4 * fad - 0.45, "notes": 0.3 * fad},
        "density": 0.9,
        "coverage": 0.93,
        "nearest_train": 1.02,
        "adjacent_similarity": 0.66,
        "notes": {
            "in_key": 0.95,
            "onset_rate": 2.9,
            "silence": 0.012,
            "pitch_class_distance": 0.07,
            "density": 6.1,
            "polyphony": 3.2,
            "pitch_distance": 0.08,
            "interval_distance": 0.11,
            "simultaneity_distance": 0.02 * fad,
            "dissonance": 0.13,
            "onset_regularity": 0.6,
        },
        **more,
    }


def spread(value):
    return {key: spread(v) if isinstance(v, dict) else [0.9 * v, 1.1 * v] for key, v in value.items()}


def spreads(rows):
    """Return the intervals of rows; a fit has none."""
    return {name: {k: v for k, v in spread(values).items() if k != "fad_infinity_fit"} for name, values in rows.items()}


def put_projection(root, generators):
    rng = np.random.default_rng(3)
    real = rng.standard_normal((40, 6, 8)).astype(np.float32) * np.arange(8, 0, -1)
    for folder, names in {"anchors": ("real", "codec", "shuffled", "noise"), **{g: (g,) for g in generators}}.items():
        clouds = {name: real[:10] + (40 if name == "noise" else i) for i, name in enumerate(names)}
        projection.write(root / "data/projection" / folder, "logmel", real, clouds)


def sweep_points(generators):
    """Return the lists that `chaconne sweep` writes."""
    seconds, passes = [], []
    for i, name in enumerate(generators):
        for k in range(4):
            fad = {"logmel": (9.0 - i) / (k + 1), "notes": (5.0 + i) / (k + 1)}
            measured = {"generator": name, "steps": 1600, "fad": fad, "intervals": {"fad": spread(fad)}}
            seconds.append(measured | {"method": "", "steps": 400 * (k + 1), "train_cpu_seconds": 150.5 * (k + 1)})
            passes += [measured | {"method": method, "evaluations": 2**k, "sample_seconds": 3.1 * 2**k}
                       for method in (("euler", "heun") if i else ("",))]
    ways = []
    for way, fad in ("fine-tuned", 9.87), ("from scratch", 19.3):
        for k in range(4):
            fads = {name: value / (k + 1) for name, value in row(fad)["fad"].items()}
            ways.append({"generator": "gan", "method": "", "way": way, "steps": 100 * 2**k, "fad": fads,
                         "intervals": {"fad": spread(fads)}})
    return {"training": seconds, "evaluations": passes, "finetuning": ways}


def put_curves(root, run, names, steps, seed=0):
    rng = np.random.default_rng(seed)
    for k, name in enumerate(names):
        path = root / "metrics/curves" / run / "plots/metrics" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = [1.3 + k + 2 * math.exp(-i / 9) + 0.1 * rng.standard_normal() for i in range(steps)]
        path.write_text(
            f"step\t{path.stem}\n" + "".join(f"{25 * (i + 1)}\t{v}\n" for i, v in enumerate(values))
        )


def put_finetune(root, scratch=False):
    """Write metrics/finetune.json, with the row of a training from scratch where there was one."""
    fads = {"codec": 2.9, "before": 24.1, "after": 9.87, "old_before": 6.3, "old_after": 11.4}
    fads |= {"scratch": 19.3} if scratch else {}
    tuned = {name: row(fad, **({} if name == "codec" else SIZES)) for name, fad in fads.items()}
    tuned |= {"real": row(2.2), "old_real": row(1.25)}
    put(
        root / "metrics/finetune.json",
        {
            "model": "gan",
            "genre": "folk",
            "settings": {},
            "unavailable": {},
            "warnings": ["before: few clips"],
            "intervals": spreads({k: row(v["fad"]["logmel"]) for k, v in tuned.items()}),
            **tuned,
        },
    )


def put_corpus(root, folder, name):
    """Write data/<folder>/corpus.json."""
    put(
        root / "data" / folder / "corpus.json",
        {
            "name": name,
            "licence": f"{name} are public domain",
            "citation": f"Somebody & others, {name}",
            "clips": 365,
            "hours": 6.2513,
            "sample_rate_hz": RATE,
            "grid_samples": 2048,
        },
    )


def workspace(root, seconds=1.0, piece=2.0, steps=30, generators=("gan", "diffusion")):
    """Write a small but complete workspace below `root`; returns its parameters."""
    for i, name in enumerate(
        (
            "anchors/real",
            "anchors/codec",
            "anchors/shuffled",
            "anchors/noise",
            *generators,
        )
    ):
        put_sound(
            root,
            name,
            100 * (i if name != "anchors/codec" else 0),
            seconds,
            piece if name in generators else 0,
        )
    rows = {name: row(fad) for name, fad in FADS.items()}
    rows |= {name: row(FADS.get(name, 4.44), **SIZES) for name in generators}
    intervals = spreads({name: row(r["fad"]["logmel"]) for name, r in rows.items()})
    knobs = {"sample": {"steps": 8, "guidance": 1.5}, "train": {"steps": 1600, "deep": {"er": "yes"}}}
    put(
        root / "metrics/comparison.json",
        {
            "settings": {
                "scale": "laptop",
                "data": "chorales",
                "codec": "spectral",
                "clips": 240,
                "clip_seconds": 6.0,
                "reference_clips": 1200,
                "heldout": {"recordings": 54, "seconds": 1440.0},
                "training": {"recordings": 290, "seconds": 7200.0},
                "seed": 0,
                "generators": {n: knobs if n == "diffusion" else {"train": {"steps": 1600}} for n in generators},
            },
            "intervals": intervals,
            "warnings": ["notes: 240 clips are few for 88 dimensions"],
            "verdict": verdict.verdict(rows, intervals, generators, ["logmel", "notes"]),
            "unavailable": {"clap": "fetch its weights with `chaconne fetch clap` <once>"},
            **rows,
        },
    )
    put_finetune(root)
    put(
        root / "metrics/timing.json",
        {
            **{
                name: {"train_cpu_seconds": 611.2, "train_wall_seconds": 402.7, "realtime_factor": 9.7}
                for name in generators
            },
            "stages": {
                name: {"wall_seconds": s}
                for name, s in (
                    ("corpus", 181.5),
                    ("encode", 9.4),
                    ("train_gan", 402.7),
                    ("train_diffusion", 431.0),
                )
            },
        },
    )
    put_projection(root, generators)
    for name, points in sweep_points(generators).items():
        put(root / f"metrics/sweeps/{name}.json", points)
    for i, name in enumerate(generators):
        put_curves(
            root, f"train_{name}", ["loss/g", "loss/d"] if name == "gan" else ["loss", "valid/loss"], steps, i
        )
    put_corpus(root, "corpus", "chorales")
    return {
        "generators": list(generators),
        "model": "gan",
        "genre": "folk",
        **{name: {"sample": {"steps": 8}} for name in generators},
    }


class Page(HTMLParser):
    """Checks that tags nest, collects attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.ids, self.values, self.labels, self.words = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.attributes += [(tag, key, value) for key, value in attrs.items()]
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.values += [float(attrs["value"])] if tag == "data" else []
        self.labels += [attrs["aria-label"]] if tag == "audio" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, key, value) for key, value in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()} closes nothing"

    def handle_data(self, data):
        self.words.append(data)


def missing(page, path):
    """Return the rows of a table of metrics of which the page does not show every number."""
    shown = set(page.values)
    return {entry for entry, values in json.loads(path.read_text()).items()
            if isinstance(values, dict) and entry not in ("settings", "intervals", "unavailable", "verdict")
            and not set(tables.flatten(values).values()) <= shown}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("workspace")
    params = workspace(root)
    inputs = read_inputs(params, root)
    return root, params, inputs, render(inputs)


@pytest.fixture(scope="module")
def page(built):
    return Page(built[3])


def test_html_is_balanced_and_ids_are_unique(page):
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    linked = {value[1:] for tag, key, value in page.attributes if key == "href" and value.startswith("#")}
    assert linked <= set(page.ids)


BESIDE = {("script", CLOCKS), ("a", "genre.html")}  # the clocks, and the page of the new genre


def remote(page, text, beside=frozenset()):
    """Return what a page takes from elsewhere but for what lies beside it: [(tag, attribute or text)]."""
    found = [(tag, value[:60]) for tag, key, value in page.attributes
             if key in ("src", "href", "poster", "srcset", "action", "data")
             and not value.startswith(("data:", "#")) and (tag, value) not in beside]
    text = re.sub(r"data:[a-z]+/[a-z]+;base64,[A-Za-z0-9+/=]+", "", text)
    return found + [("", match) for match in re.findall(r"https?://|@import|url\(|fetch\(|<iframe", text)]


def test_nothing_is_fetched_from_anywhere(built, page):
    assert remote(page, built[3], BESIDE) == []
    assert set(remote(page, built[3])) == BESIDE, "what lies beside is there"


def test_it_leads_to_the_page_of_the_genre_and_has_none_of_it_itself(built, page):
    assert ("a", "href", "genre.html") in page.attributes
    words = " ".join(" ".join(page.words).split())
    assert "GAN was then trained shortly on folk" in words
    assert not [label for label in page.labels if label.startswith(("Real folk", "Before", "After"))]
    assert "From scratch" not in words and "folk are public domain" not in words


def test_every_row_is_heard(page):
    for name in (
        "Real",
        "Codec",
        "GAN",
        "Diffusion",
        "Shuffled",
        "Noise",
    ):
        assert [label for label in page.labels if label.startswith(f"{name}, clip")] == [
            f"{name}, clip {i}" for i in (1, 2, 3, 4)
        ]
    assert {"GAN, long piece", "Diffusion, long piece"} <= set(page.labels)


def test_numbers_are_those_of_the_files(built, page):
    root, *_ = built
    assert missing(page, root / "metrics/comparison.json") == set()


def test_clocks_have_their_places_and_stand_nowhere_on_the_page(built, page):
    """What a clock said is not the same twice; a page with it would be another result each time."""
    root, *_, text = built
    timing = json.loads((root / "metrics/timing.json").read_text())
    places = {value for tag, key, value in page.attributes if key == "data-clock"}
    assert places == {f"{name}.{key}" for name in ("gan", "diffusion") for key in sections.CLOCKS}
    assert not {f'"{value}"' for value in tables.flatten(timing).values() if f'value="{value}"' in text}


def test_how_much_music_was_measured_stands_beside_the_tables(built, page):
    words = " ".join(" ".join(page.words).split())
    for said, times in (
        ("Real is 240 clips out of 24 min of 54 recordings that no training met; distances are to 1,200 training clips "
         "out of 2 h 0 min of 290 recordings.", 1),
    ):
        assert words.count(said) == times, said
    assert "{'recordings'" not in words
    *_, inputs, _ = built
    silent = [table | {"settings": {}} for table in (inputs.comparison, inputs.finetune)]
    assert "that no training met;" not in render(replace(inputs, comparison=silent[0], finetune=silent[1]))


def test_without_a_floor_the_headline_has_distances_in_place_of_multiples(built):
    *_, inputs, _ = built
    for bounds in ([0.0, 60.0], None):
        intervals = {"real": {"fad": {"notes": bounds}} if bounds else {}}
        rough = {key: table | {"intervals": table["intervals"] | intervals}
                 for key, table in (("comparison", inputs.comparison), ("finetune", inputs.finetune))}
        changed = replace(inputs, **rough)
        figures = headline(changed, label_rows(inputs.generators), "chorales", "folk")["figures"]
        assert [figure.number for figure in figures] == ["4.4", "1.8", "17 → 6.9"]
        assert "too little for a floor, is at 0.88" in figures[0].text and "is at 1.5" in figures[2].text
        assert "× real" not in "".join(re.findall(r'data-path="fad.notes">.*?</tr>', render(changed), re.DOTALL))


def test_headline_is_computed(built):
    *_, inputs, text = built
    assert "<b>2×</b>" in text and "11× → 4.5×" in text
    changed = replace(inputs, comparison=inputs.comparison | {"gan": row(99.0)})
    assert "GAN at 79×" in render(changed) and "79×" not in text


def test_sources_settings_and_unavailable_embedders_are_named(built, page):
    words = " ".join(page.words)
    for expected in (
        "chorales are public domain",
        "Somebody & others, chorales",
        "training clips measured against",
        "1200",
        "fetch its weights with `chaconne fetch clap` <once>",
        "dvc exp run -S model=diffusion",
        "notes: 240 clips are few for 88 dimensions",
        "train.deep.er",
    ):
        assert expected in words
    assert "<once>" not in built[3], "text of files must be escaped"


def test_a_generator_the_page_has_never_heard_of(tmp_path):
    params = workspace(tmp_path, generators=("gan", "diffusion", "wave_walker"))
    page = Page(render(read_inputs(params, tmp_path)))
    assert "Wave walker, clip 1" in page.labels and "Wave walker, long piece" in page.labels
    assert 4.44 in page.values and page.words.count("Wave walker") >= 4
    assert ("article", "class", "row g3") in page.attributes


def test_a_missing_file_names_the_stage(tmp_path):
    params = workspace(tmp_path)
    (tmp_path / "dvc.yaml").write_text("""
stages:
  sample: {foreach: [gan, diffusion], do: {cmd: x, outs: ["data/samples/${item}"]}}
  tuned: {cmd: x, metrics: [{metrics/finetune.json: {cache: false}}]}
  compare: {cmd: x, metrics: [{metrics/comparison.json: {cache: false}}]}
""")
    for path, stage in (
        ("data/samples/gan/clips.npy", "sample@gan"),
        ("metrics/finetune.json", "tuned"),
        ("metrics/comparison.json", "compare"),
    ):
        kept = (tmp_path / path).read_bytes()
        (tmp_path / path).unlink()
        with pytest.raises(MissingInput) as error:
            read_inputs(params, tmp_path)
        assert str(error.value) == f"{path} is missing: run `dvc repro {stage}` first"
        (tmp_path / path).write_bytes(kept)


def test_the_stage_writes_its_two_outs_and_nothing_else(tmp_path, monkeypatch, capsys):
    params = workspace(tmp_path)
    (tmp_path / "params.yaml").write_text(json.dumps(params | {"scale": "tiny", "seed": 0}))
    put(tmp_path / "conf/scale/tiny.yaml", {})
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    report.main()
    made = {
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file() and p not in before
    } - {".resume/locks/report.lock", ".resume/locks/report.pid"}
    assert {name for name in made if not name.startswith("metrics/pictures/")} == {"metrics/report.html"}
    (tmp_path / "metrics/comparison.json").unlink()
    with pytest.raises(SystemExit) as stopped:
        report.main()
    assert str(stopped.value).startswith("report: metrics/comparison.json is missing: run `dvc repro")


def test_the_page_of_dvc_plots_fetches_nothing():
    text = (Path(__file__).parents[2] / ".dvc/plots/page.html").read_text()
    assert "{plot_divs}" in text and "{scripts}" not in text  # DVC's scripts come from the network
    assert "http" not in re.sub(r'http-equiv="', "", text)


def test_pictures_repeat_byte_for_byte(built, tmp_path):
    _, _, inputs, _ = built
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_pictures(inputs, tmp_path / name)
    first = {p.name: p.read_bytes() for p in Path(tmp_path, "a").iterdir()}
    assert {"real.png", "codec.png", "gan.png", "diffusion.png"} == set(first)
    assert first == {p.name: p.read_bytes() for p in Path(tmp_path, "b").iterdir()}
    assert max(map(len, first.values())) < 400_000


def test_a_tone_stands_at_its_frequency():
    tone = (np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * sound.FULL_SCALE).astype(np.int16)
    decibels = sound.spectrogram(tone, RATE, 20)
    assert decibels[:, 10].argmax() == 3 * sound.BINS_PER_OCTAVE  # three octaves above 55 Hz
    assert decibels[:, 10].max() == pytest.approx(0, abs=1.5)


def test_mp3_is_as_long_as_the_clip(tmp_path):
    clip = notes(1, 3)
    (tmp_path / "clip.mp3").write_bytes(sound.mp3(clip, RATE))
    assert soundfile.info(tmp_path / "clip.mp3").duration == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"),
        (3714, "3,714"),
        (3_714_000, "3.71 M"),
        (12.0, "12"),
        (-0.5, "−0.5"),
        (0, "0"),
        (999.7, "1,000"),
        (0.00001234, "1.2e-05"),
    ],
)
def test_short_numbers(value, text):
    assert tables.short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(9.42, "9.4 s"), (59.9, "59.9 s"), (60, "1 min"), (200.4, "3 min 20 s"), (3901, "1 h 5 min")],
)
def test_durations(seconds, text):
    assert tables.duration(seconds) == text


def test_only_a_clear_winner_is_marked():
    rows = {"real": {"fad": 1.0}, "gan": {"fad": 5.0}, "diffusion": {"fad": 4.0}}
    for bounds, marked in ((([4.6, 5.4], [3.6, 4.4]), True), (([4.2, 5.8], [3.6, 4.4]), False)):
        intervals = dict(zip(("real", "gan", "diffusion"), ({"fad": b} for b in ([0.8, 1.2], *bounds)), strict=True))
        [group] = tables.comparison(rows, intervals, ["real", "gan", "diffusion"], ["gan", "diffusion"])
        assert [cell.best for cell in group.lines[0].cells] == [False, False, marked]
        assert group.lines[0].cells[2].ratio == "4 × real"


def test_every_path_of_the_schema_has_words_of_its_own():
    said = [meaning_of(path) for path in SCHEMA]
    assert all(m.label and m.text and m.group != "Other measures" for m in said)
    assert len({m.label for m in said}) == len(SCHEMA)
    assert meaning_of("fad.clap-music").label == "Fréchet distance (clap-music)"


def test_the_table_and_the_verdict_agree_which_way_is_better(built):
    given = json.loads((built[0] / "metrics/comparison.json").read_text())["verdict"]
    fidelity = {"fidelity": {"lower": verdict.of_fidelity(["logmel", "notes", "musicnn"])}}
    for question, directions in (fidelity | verdict.QUESTIONS).items():
        for better, paths in directions.items():
            for path in paths:
                assert meaning_of(path).better in (better, ""), path
        assert question in given


def test_the_verdict_is_told_in_names_for_people(page):
    words = " ".join(" ".join(page.words).split())
    assert "Diffusion ahead Diffusion is ahead, also by Fréchet distance (notes) and Fréchet distance, endless" in words
    assert "GAN ahead GAN is ahead; Network evaluations" not in words  # both need 15 passes here


def test_disagreeing_measures_and_overlaps_are_said_so(built):
    *_, inputs, _ = built
    given = inputs.comparison["verdict"]
    fidelity = given["fidelity"]
    undecided = fidelity | {"ahead": None, "measures": {"kad.notes": None}}
    contested = fidelity | {"ahead": None, "measures": {"kad.notes": "gan", "kad.logmel": "diffusion"}}
    for changed, said in ((undecided, "no difference shown"), (contested, "measures disagree")):
        other = replace(inputs, comparison=inputs.comparison | {"verdict": {"fidelity": changed}})
        assert [answer.outcome for answer in answers(other, label_rows(inputs.generators))] == [said]


def test_sweeps_are_drawn_and_a_missing_one_names_its_command(built):
    *_, inputs, text = built
    assert "Not measured here" not in text and text.count('class="chart efforts"') == 6
    assert "Diffusion, heun, 8 evaluations, made in 24.8 s: 2 (1.8 to 2.2)" in text
    assert "GAN, 2 min 30 s CPU: 9 (8.1 to 9.9)" in text
    assert "GAN, from scratch, 200 steps: 9.65" in text
    assert text.count("Real, the floor") == 6 and "another length" not in text
    without = render(replace(inputs, sweeps={}))
    assert without.count("Not measured here") == 3
    assert "<code>chaconne sweep evaluations</code> does it" in without
    assert "<code>chaconne sweep training</code> does it" in without


def test_sweeps_of_other_models_have_no_floor_and_untimed_points_are_counted(built):
    *_, inputs, _ = built
    points = [point | {"steps": 400} for point in inputs.sweeps["training"]]
    del points[0]["train_cpu_seconds"]
    shortened = replace(inputs, sweeps=inputs.sweeps | {"training": points})
    first, second, _ = sweeps.sections(shortened, label_rows(["gan"]))
    assert (first.ours, first.untimed, second.ours, second.untimed) == (False, 1, True, 0)
    assert ["Real, the floor" in dict(legend) for sweep in (first, second) for _, legend, _ in sweep.charts] == [
        False, False, True, True]


def test_a_sweep_stands_where_logarithms_put_it():
    points = [{"generator": "gan", "evaluations": x, "fad": {"logmel": float(x)}} for x in (1, 10, 100)]
    _, drawn = sweeps.chart(points, "evaluations", "passes", "logmel", label_rows(["gan"]))
    circles = [tuple(map(float, xy)) for xy in re.findall(r'<circle[^>]+cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    (x1, y1), (x2, y2), (x3, y3) = circles
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2) and x1 < x2
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.2) and y1 > y2  # pixels grow downwards


def test_clouds_share_one_picture_and_what_is_far_stands_on_its_edge(built):
    *_, inputs, text = built
    assert text.count('class="chart scatter"') == 6
    assert "Noise: 10 clips over those of the reference, 10 of them outside the picture" in text
    points = inputs.projection["points"]
    low, high = scatter.limits([points["real"]])
    path = scatter.dots("gan", np.array([low, high, high + 1e6], np.float32), low, high)
    assert re.findall(r"M([\d.]+) ([\d.]+)h0", path) == [
        ("12.0", "368.0"), ("468.0", "12.0"), ("468.0", "12.0")]


def test_a_ratio_to_nothing_is_not_shown():
    rows = {"real": {"kad": 0.01}, "gan": {"kad": 5.0}}
    [group] = tables.comparison(rows, {"real": {"kad": [-0.1, 0.1]}}, ["real", "gan"], ["gan"])
    assert group.lines[0].cells[1].ratio == ""
    [group] = tables.comparison(rows, {}, ["real", "gan"], ["gan"])  # of one recording there is no interval
    assert group.lines[0].cells[1].ratio == ""


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1000, [0, 500, 1000]), (-0.1, 0.32, [-0.1, 0, 0.1, 0.2, 0.3]), (3, 3.0001, None)],
)
def test_ticks_are_round_and_inside(low, high, expected):
    found = charts.ticks(low, high)
    assert 2 <= len(found) <= 6 and found[0] >= low - 1e-9 and found[-1] <= high + 1e-9
    if expected and len(expected) == len(found):
        assert found == pytest.approx(expected)


def test_a_flat_curve_and_a_single_point_can_be_drawn():
    assert "polyline" in charts.curves("flat", [("loss", "g1", [25, 50], [1.0, 1.0])])
    assert "polyline" in charts.curves("one", [("loss", "g1", [25], [0.0])])


def test_what_each_judge_says_stands_below_the_verdict(built, page):
    *_, inputs, _ = built
    found = sections.judges(inputs, label_rows(inputs.generators))
    assert [group.title for group in found["judges"]] == ["The committee: a lead needs all of them", "Beside it"]
    committee = inputs.comparison["verdict"]["fidelity"]["committee"]
    lines = [line.path for line in found["judges"][0].lines]
    assert sorted(lines) == sorted(committee) and lines[0] == inputs.comparison["verdict"]["fidelity"]["metric"]
    assert found["judge_columns"] == ["real", *inputs.generators]
    assert "What each judge of fidelity says" in " ".join(page.words)
    without = replace(inputs, comparison={key: value for key, value in inputs.comparison.items() if key != "verdict"})
    assert sections.judges(without, label_rows(inputs.generators))["judges"] == []
