"""The page of the new genre: everything on it comes from the files, with and without a training from scratch."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from chaconne.pages.genre.page import read_inputs, render, write_pictures
from chaconne.pages.shared import tables
from chaconne.pages.shared.inputs import MissingInput
from stages import report_genre
from tests.pages.test_report import (
    Page,
    missing,
    notes,
    put,
    put_corpus,
    put_curves,
    put_finetune,
    put_sound,
    remote,
)
from tests.test_trust import HOSTILE, check_page

HEARD = ("Real folk", "Codec", "Before", "After", "After, chorales again")


def workspace(root, scratch=False):
    """Write what the stages of the branch leave below `root`; returns it."""
    for i, name in enumerate(("codec", "before", "after", "old_after", *(["scratch"] if scratch else []))):
        put_sound(root, f"finetune/{name}", 100 * i, 1.0)
    (root / "data/genre_reference").mkdir(parents=True)
    np.save(root / "data/genre_reference/heldout.npy", np.stack([notes(900 + i, 1.0) for i in range(5)]))
    put_finetune(root, scratch)
    put_curves(root, "train_gan", ["loss/g"], 30)
    put_curves(root, "finetune", ["loss/g", "spread"], 30, 7)
    if scratch:
        put_curves(root, "scratch", ["loss/g"], 30, 8)
    else:
        (root / "metrics/curves/scratch").mkdir()
        (root / "metrics/curves/scratch/nothing.tsv").write_text("step\tnothing\n")
    put_corpus(root, "corpus", "chorales")
    put_corpus(root, "genre", "folk")
    return root


@pytest.fixture(scope="module", params=[False, True], ids=["tuned", "scratch"])
def built(request, tmp_path_factory):
    """Return (scratch, folder, inputs, HTML)."""
    root = workspace(tmp_path_factory.mktemp("genre"), request.param)
    inputs = read_inputs(root)
    return request.param, root, inputs, render(inputs)


@pytest.fixture(scope="module")
def page(built):
    return Page(built[3])


def words_of(page):
    """Return the text of a page, spaces as one."""
    return " ".join(" ".join(page.words).split())


def test_html_is_balanced_and_ids_are_unique(page):
    assert page.open == [] and len(page.ids) == len(set(page.ids))
    linked = {value[1:] for _, key, value in page.attributes if key == "href" and value.startswith("#")}
    assert linked and linked <= set(page.ids)


def test_nothing_is_fetched_from_anywhere(built, page):
    assert remote(page, built[3]) == []
    check_page(built[3])


def test_every_row_is_heard_and_no_other(built, page):
    scratch, *_ = built
    names = [*HEARD, *(["From scratch"] if scratch else [])]
    assert sorted(page.labels) == sorted(f"{name}, clip {i}" for name in names for i in (1, 2, 3, 4))


def test_numbers_are_those_of_the_files(built, page):
    """Sizes stand in one of the two tables: the same network made the rows of both."""
    assert missing(page, built[1] / "metrics/finetune.json") == set()


def test_how_much_music_was_measured_stands_below_the_table(built):
    settings = {"clips": 240, "reference_clips": 900, "heldout": {"recordings": 1, "seconds": 242.6},
                "training": {"recordings": 9, "seconds": 1017.5}}
    said = ("Real is 240 clips out of 4 min 3 s of 1 recording that no training met; distances are to 900 training "
            "clips out of 16 min 58 s of 9 recordings.")
    known, silent = (words_of(Page(render(replace(built[2], finetune=built[2].finetune | {"settings": some}))))
                     for some in (settings, {}))
    assert said in known and "that no training met; distances" not in silent


def test_a_folder_of_ones_own_is_called_that(built):
    inputs = built[2]
    yours = replace(inputs, corpora=inputs.corpora | {"genre": inputs.corpora["genre"] | {"name": "folder"}})
    words = words_of(Page(render(yours)))
    assert "From chorales to your music" in words and "Real your music" not in words and "Your music" in words


def test_ratios_are_to_the_floor_of_their_own_table(page):
    """9.87 is 4.5 times the 2.2 of real folk, 11.4 is 9.1 times the 1.25 of real chorales."""
    words = words_of(page)
    assert "4.5 × real" in words and "9.1 × real" in words
    assert "5.2 × real" not in words    # 11.4 by the other's


def test_of_a_training_from_scratch_it_says_what_there_is(built, page):
    scratch, _, inputs, text = built
    assert ("scratch" in inputs.sounds, "scratch" in inputs.curves) == (scratch, scratch)
    words = words_of(page)
    assert ("From scratch" in words) == ("trained from scratch for as long" in words) == scratch
    assert (19.3 in page.values) == scratch
    assert ("article", "class", "row scratch") in page.attributes if scratch else 'class="row scratch"' not in text
    assert "nothing" not in {title.strip() for title in page.words}, "the stand-in has no curve"


def test_curves_are_those_of_the_branch(built):
    """Not those of the first training, which lie in the same folder."""
    assert set(built[2].curves) == {"finetune", *(["scratch"] if built[0] else [])}
    assert built[3].count('class="chartbox"') == 2


def test_the_headline_is_what_was_gained_and_lost(page):
    words = words_of(page)
    assert f"{tables.short(24.1, 2)} → {tables.short(9.87, 2)}" in words
    assert f"{tables.short(6.3, 2)} → {tables.short(11.4, 2)}" in words
    assert "before: few clips" in words and "From chorales to folk" in words


def test_the_codec_wins_nothing(built):
    """It is a bound, as real music is: only what was trained can be the best."""
    _, root, inputs, _ = built
    better = json.loads((root / "metrics/finetune.json").read_text())
    assert better["codec"]["fad"]["logmel"] < better["after"]["fad"]["logmel"]
    for cell in (part for part in render(inputs).split("<td")[1:] if 'class="best"' in part):
        assert 'value="2.9"' not in cell and 'value="2.2"' not in cell


def test_sources_of_both_corpora_are_named(page):
    words = words_of(page)
    for expected in ("chorales are public domain", "folk are public domain", "Somebody & others, folk",
                     "chaconne adapt FOLDER"):
        assert expected in words


def test_names_from_outside_are_text(tmp_path):
    root = workspace(tmp_path)
    for path in (*root.glob("data/*/corpus.json"), root / "metrics/finetune.json"):
        facts = json.loads(path.read_text())
        put(path, facts | {key: HOSTILE for key, value in facts.items() if isinstance(value, str)}
            | ({"warnings": [HOSTILE]} if "warnings" in facts else {}))
    html = render(read_inputs(root))
    assert html.count("&lt;script&gt;alert(1)") > 5
    check_page(html)


def test_a_missing_file_names_the_stage(tmp_path):
    root = workspace(tmp_path)
    (root / "stages/genre").mkdir(parents=True)
    (root / "dvc.yaml").write_text("stages: {corpus: {cmd: x, outs: [data/corpus]}}")
    (root / "stages/genre/dvc.yaml").write_text("""
stages:
  sample_finetune: {cmd: x, outs: [data/samples/finetune]}
  evaluate_finetune: {cmd: x, metrics: [{metrics/finetune.json: {cache: false}}]}
  genre_reference: {cmd: x, outs: [data/genre_reference]}
""")
    branch = "stages/genre/dvc.yaml"
    for path, stage in (("data/samples/finetune/after/about.json", f"{branch}:sample_finetune"),
                        ("metrics/finetune.json", f"{branch}:evaluate_finetune"),
                        ("data/genre_reference/heldout.npy", f"{branch}:genre_reference"),
                        ("data/corpus/corpus.json", "corpus")):
        kept = (root / path).read_bytes()
        (root / path).unlink()
        with pytest.raises(MissingInput) as error:
            read_inputs(root)
        assert str(error.value) == f"{path} is missing: run `dvc repro {stage}` first"
        (root / path).write_bytes(kept)
    shutil.rmtree(root / "data/samples/finetune")
    with pytest.raises(MissingInput, match="data/samples/finetune is missing"):
        read_inputs(root)


def test_pictures_repeat_byte_for_byte(built, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_pictures(built[2], tmp_path / name)
    first, again = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "ab")
    assert first == again
    assert set(first) == {"real.png", "after.png", *(["scratch.png"] if built[0] else [])}


def test_the_stage_writes_its_two_outs_and_nothing_else(tmp_path, monkeypatch, capsys):
    workspace(tmp_path)
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    report_genre.main()
    made = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file() and p not in before}
    assert {name for name in made if not name.startswith((".resume/locks/", "metrics/genre_pictures/"))} == {
        "metrics/genre.html"}
    assert "open metrics/genre.html" in capsys.readouterr().out
    (tmp_path / "metrics/finetune.json").unlink()
    with pytest.raises(SystemExit) as stopped:
        report_genre.main()
    assert str(stopped.value).startswith("report_genre: metrics/finetune.json is missing: run `dvc repro")
