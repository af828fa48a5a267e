"""What runs again after which change: read off DVC itself, in a copy at scale smoke that ran once.

`dvc repro --dry` names the stages whose own code, params or data changed; what lies downstream
of them may follow. The table below gives both together: no other stage can possibly run.
"""

import contextlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from chaconne.running import code
from scripts import search
from scripts.smoke import commit, copy_checkout, environment
from tests.conftest import ROOT, read_stages
from tests.miniatures import mixed_folder

pytestmark = pytest.mark.slow

SEARCHES = search.read(ROOT / "conf/search.yaml")

PAGE = {"report"}
PAGES = {"report_genre", *PAGE}
PACKED = {"pack@gan", "pack@diffusion", "pack@distilled"}     # a pack tells the numbers of the table
TABLES = {"compare", *PACKED, *PAGE}
GENRE = {"evaluate_finetune", *PAGES}
MEASURED = {"evaluate@gan", "evaluate@diffusion", "evaluate@distilled", *GENRE, *TABLES}
TUNED = {"finetune", "scratch", "sample_finetune", *GENRE}
SELECTED = {"compare", *TUNED}      # of the page's own run
SHIPPED = {"train_codec", "pack_codec"}     # the codec that would ship; the one that does is committed
OWN = {"own_codec", "musika_codec"}
BOTH = {"train_distilled", "sample@distilled", "evaluate@distilled", *TABLES}    # goes on from the two
GAN = {"train_gan", "sample@gan", "evaluate@gan", *BOTH}
DIFFUSION = {"train_diffusion", "sample@diffusion", "evaluate@diffusion", *BOTH}
LATENTS = {"encode", "encode_genre", "train_musika", "anchors", "evaluate@anchors"}
LATENTS |= GAN | DIFFUSION | SELECTED
ACCOMPANIED = {"accompany", "evaluate_accompaniment", "report_accompaniment"}
LISTENING = {"train_accompaniment", *ACCOMPANIED}
VOICES = {"encode_voices", *LISTENING}
CONTROLLED = {"evaluate_controls", "report_controls"}
STEERED_GAN = {"steer@gan", "try_controls@gan", *CONTROLLED}
STEERED_DIFFUSION = {"steer@diffusion", "try_controls@diffusion", *CONTROLLED}
KNOWN = {"known_controls", "try_controls@gan", "try_controls@diffusion", *CONTROLLED}
STEERING = {"encode_variants", *KNOWN, *STEERED_GAN, *STEERED_DIFFUSION}
HEARD = {"hear_counterpoint", "report_counterpoint"}
COMPOSED = {"compose", "evaluate_counterpoint", *HEARD}

GENERATORS = "src/chaconne/generators"
# change: (file, text to look for, what stands there afterwards, stages that may run), with model: gan
TABLE = {
    "nothing": ("params.yaml", r"\A", "", set()),
    "a comment": ("params.yaml", r"\Z", "# a thought\n", set()),
    "words": ("README.md", r"\Z", "More words.\n", set()),
    "another scale's preset": ("conf/scale/gpu.yaml", r"\Z", "# bigger\n", set()),
    "code of the GAN": (f"{GENERATORS}/gan.py", r"\Z", "\nEDITED = True\n", GAN | SELECTED | STEERED_GAN),
    "code of diffusion": (f"{GENERATORS}/diffusion.py", r"\Z", "\nEDITED = True\n",
                          DIFFUSION | LISTENING | STEERED_DIFFUSION),
    "code of Musika, which is not selected": (f"{GENERATORS}/musika.py", r"\Z", "\nEDITED = True\n", {"train_musika"}),
    "training of the GAN": ("params.yaml", r"gamma: \S+", "gamma: 0.5", GAN | SELECTED | STEERED_GAN),
    "steps of the GAN": ("conf/scale/smoke.yaml", r"(gan: .*steps:) \d+", r"\1 21", GAN | SELECTED | STEERED_GAN),
    "code of both": (f"{GENERATORS}/distilled.py", r"\Z", "\nEDITED = True\n", BOTH),
    "post-training": ("params.yaml", r"twice: \S+", "twice: 0.4", BOTH),
    "sampling of the GAN": ("params.yaml", r"truncation: \S+", "truncation: 0.9", {
        "sample@gan", "evaluate@gan", "sample_finetune", *GENRE, *TABLES}),
    "sampling of diffusion": ("params.yaml", r"guidance: \S+", "guidance: 1.5", {
        "sample@diffusion", "evaluate@diffusion", *TABLES}),
    "fine-tuning": ("params.yaml", r"lora_rank: 8", "lora_rank: 4", TUNED - {"scratch"}),
    "whether a network is trained from scratch": ("params.yaml", r"scratch: false", "scratch: true",
                                                  TUNED - {"finetune"}),
    "steps of fine-tuning": ("conf/scale/smoke.yaml", r"(finetune: .*steps:) \d+", r"\1 11", TUNED),
    "the measuring": ("src/chaconne/evaluation/rows/rows.py", r"\Z", "\nEDITED = True\n",
                      MEASURED | HEARD | CONTROLLED | {"evaluate@anchors", "evaluate_accompaniment",
                                                       "report_accompaniment"}),
    "the page": ("src/chaconne/pages/shared/meanings.py", r"\Z", "\nEDITED = True\n",
                 PAGES | {"report_counterpoint", "report_accompaniment", "report_controls"}),
    "the page of the genre": ("src/chaconne/pages/genre/page.py", r"\Z", "\nEDITED = True\n", PAGES),
    # What is trained next is no codec of this run: that one ships, and changes with its files alone.
    "training of codecs": ("params.yaml", r"components: \d+", "components: 250", SHIPPED | {"own_codec"}),
    "the weight of chroma": ("params.yaml", r"(?m)^  chroma: \S+", "  chroma: 0.7", SHIPPED | {"own_codec"}),
    "what a codec must keep": ("params.yaml", r"chroma_cosine: \S+", "chroma_cosine: 0.5", SHIPPED | OWN),
    "the codec that ships": ("pretrained/codec/codec.json", r'("iterations": )\d+', r"\g<1>3",
                             {"codec"} | LATENTS | VOICES | STEERING),
    "the genre's sound": ("conf/data/folk.yaml", r"(?m)^reverb: \d+", "reverb: 41", TUNED | OWN | SHIPPED | {
        "genre_scores", "genre_corpus", "genre_reference", "encode_genre", "timbres"}),
    "drawing of excerpts": ("src/chaconne/corpora/timbres/drawing.py", r"\Z", "\nEDITED = True\n",
                            SHIPPED | {"timbres"}),
    "how many excerpts in every timbre": ("conf/scale/smoke.yaml", r"excerpts: \d+", "excerpts: 17",
                                          SHIPPED | {"timbres"}),
    "the card of a pack": ("src/chaconne/trained/packs/card.py", r"\Z", "\nEDITED = True\n", {"pack_codec", *PACKED}),
    "voices that are given": ("params.yaml", r"- \[3\]", "- [2]", {"voices", *VOICES}),
    "training of the accompaniment": ("conf/scale/smoke.yaml", r"(accompaniment: .*steps:) \d+", r"\1 13", LISTENING),
    "how many excerpts": ("conf/scale/smoke.yaml", r"(accompaniment: .*clips:) \d+", r"\1 11", ACCOMPANIED),
    "the variants": ("params.yaml", r"variants: \d+", "variants: 3", {"variants", *STEERING}),
    "steps of the steered diffusion": ("conf/scale/smoke.yaml", r"(diffusion: {batch: 8, steps:) \d+", r"\1 11",
                                       STEERED_DIFFUSION),
    "how many clips teach the judges": ("conf/scale/smoke.yaml", r"judged: \d+", "judged: 33", KNOWN),
    "the rules of four parts": ("src/chaconne/counterpoint/rules/rules.py", r"\Z", "\nEDITED = True\n",
                                {"reinforce", *COMPOSED}),
    "the aim of reinforcement": ("params.yaml", r"within: [\d.]+", "within: 0.3", {"reinforce", *COMPOSED}),
    "the best of how many": ("params.yaml", r"  k: \d+", "  k: 3", COMPOSED),
}

# Words of every kind, and whatever runs stages: (file, text to look for, what stands there afterwards).
WORDS = (
    ("src/chaconne/generators/gan.py", r"\Z", "# a thought\n"),
    ("src/chaconne/storage/files.py", r'"""Write `value` as sorted', '"""Write anything as sorted'),
    ("src/chaconne/training/engine/faults.py", r"exploded: ", "grew and grew: "),
    ("src/chaconne/storage/latents/audio.py", r"def from_int16\(samples\):", "def from_int16(samples: list) -> list:"),
    ("src/chaconne/evaluation/rows/rows.py", r"(?m)^def ", "\n\n\ndef "),
    ("src/chaconne/counterpoint/rules/rules.py", r"(?m)^\"\"\".*$", '"""Rules.'),
    ("src/chaconne/controls/wishes/numbers.py", r"# over which music has", "# over which all music has"),
    ("src/chaconne/accompaniment/heldout.py", r"\Z", "# a thought\n"),
    ("stages/train_codec.py", r"Train the codec of all music", "Train it"),
    ("stages/compose.py", r"\Z", "# a thought\n"),
    ("conf/scale/smoke.yaml", r"\Z", "# a thought\n"),
    ("conf/data/chorales.yaml", r"\A", "# a thought\n"),
    ("params.yaml", r"(?m)^seed: .*$", "seed: 0     # of whatever is random"),
    ("dvc.yaml", r"desc: Train the GAN", "desc: Train the one that makes all at once"),
    ("stages/genre/dvc.yaml", r"desc: Move the selected generator to the genre", "desc: Fine-tune"),
    ("src/chaconne/corpora/timbres/drawing.py", r"# a quarter note", "# of one quarter note"),
    *((f"src/chaconne/running/{name}.py", r"\Z", "\nEDITED = True\n") for name in (
        "../__init__", "guard", "pace", "stage", "resume", "pipeline", "files", "models", "processes", "room",
        "workers", "params/schema", "params/selectors", "params/reading")),
    ("music/README.md", r"\Z", "More words.\n"),
    ("pretrained/README.md", r"\Z", "More words.\n"),
)
# A line that computes: (file, the stages that declare its room).
STALE = {
    "src/chaconne/storage/latents/audio.py": {
        "train_codec", *OWN, "encode", "encode_genre", "encode_voices", "encode_variants", "train_gan",
        "train_diffusion", "train_distilled", "train_musika", "finetune", "scratch", "train_accompaniment", "steer@gan",
        "steer@diffusion", "anchors", "sample@gan", "sample@diffusion", "sample@distilled", "sample_finetune",
        "accompany", "known_controls", "try_controls@gan", "try_controls@diffusion", "evaluate_accompaniment",
        "evaluate_controls", *PACKED},
    "src/chaconne/codec/spectral.py": {
        "codec", "train_codec", "own_codec", "encode", "encode_genre", "encode_voices", "encode_variants", "train_gan",
        "train_diffusion", "train_distilled", "train_musika", "finetune", "scratch", "train_accompaniment", "steer@gan",
        "steer@diffusion", "anchors", "sample@gan", "sample@diffusion", "sample@distilled", "sample_finetune",
        "accompany", "try_controls@gan", "try_controls@diffusion", *PACKED},
    "src/chaconne/codec/own.py": {"own_codec"},
    "src/chaconne/codec/musika.py": {"musika_codec"},
    "src/chaconne/training/engine/trainer.py": {
        "train_codec", *OWN, "train_gan", "train_diffusion", "train_distilled", "train_musika", "finetune", "scratch",
        "train_accompaniment", "steer@gan", "steer@diffusion", "train_counterpoint", "reinforce"},
    "src/chaconne/training/fitting.py": {
        "train_gan", "train_diffusion", "train_distilled", "train_musika", "finetune", "scratch", "train_accompaniment",
        "steer@gan", "steer@diffusion"},
    "src/chaconne/training/sampling.py": {
        "anchors", "sample@gan", "sample@diffusion", "sample@distilled", "sample_finetune", "try_controls@gan",
        "try_controls@diffusion"},
    "src/chaconne/corpora/rendering/packing.py": {
        "scores", "genre_scores", "corpus", "genre_corpus", "voices", "variants", "compose", "hear_counterpoint",
        "timbres"},
    "src/chaconne/scores/formats/midi.py": {
        "scores", "genre_scores", "counterpoint_scores", "compose", "evaluate_counterpoint", "timbres"},
    "src/chaconne/evaluation/reference/chroma.py": {
        "reference", "genre_reference", "evaluate@anchors", "evaluate@gan", "evaluate@diffusion", "evaluate@distilled",
        "evaluate_finetune", "evaluate_accompaniment", "evaluate_controls", "hear_counterpoint"},
    "src/chaconne/evaluation/rows/rows.py": {
        "evaluate@anchors", "evaluate@gan", "evaluate@diffusion", "evaluate@distilled", "evaluate_finetune",
        "evaluate_accompaniment", "evaluate_controls", "hear_counterpoint"},
    "src/chaconne/counterpoint/rules/rules.py": {"reinforce", "compose", "evaluate_counterpoint", "hear_counterpoint"},
    # A pack can hold a model that is steered.
    "src/chaconne/controls/wishes/numbers.py": {
        "encode_variants", "known_controls", "steer@gan", "steer@diffusion", "try_controls@gan",
        "try_controls@diffusion", "evaluate_controls", *PACKED},
    "src/chaconne/pages/shared/charts.py": {
        "report", "report_genre", "report_counterpoint", "report_accompaniment", "report_controls"},
    "src/chaconne/generators/diffusion.py": {
        "train_diffusion", "train_distilled", "sample@diffusion", "steer@diffusion", "try_controls@diffusion",
        "train_accompaniment", "accompany", "pack@diffusion"},
}


def dvc(root, *args, check=True):
    """Run `dvc ARGS` in `root`; returns what it printed, or the finished process with check=False."""
    done = subprocess.run(["dvc", *args], cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    assert not check or done.returncode == 0, done.stdout[-4000:]
    return done.stdout if check else done


def answer(root, *args):
    """Run `dvc ARGS` in `root` and return the JSON it printed; warnings stand elsewhere."""
    done = subprocess.run(["dvc", *args], cwd=root, env=environment(), check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ran(said):
    """Return the names of the stages that really ran: one taken from the run-cache is not said to be running."""
    return set(re.findall(r"^Running stage '(?:[^']+:)?([^':]+)'", said, re.M))


def may_run(root, stages):
    """Return the stages that `dvc repro` would run, and all of `stages` that lie downstream of them.

    Without `selectors`: it looks at every knob, takes a second, and what it writes is always the same.
    """
    changed = ran(dvc(root, "repro", "--dry", "--all-pipelines")) - {"selectors"}
    while True:
        made = {out.def_path for name in changed for out in stages[name].outs}
        more = {name for name, stage in stages.items()
                if any(made & {dep.def_path, *map(str, Path(dep.def_path).parents)} for dep in stage.deps)}
        if more <= changed:
            return changed
        changed |= more


@contextlib.contextmanager
def edited(root, file, pattern, replacement):
    """Replace the one place of `file` that `pattern` finds, as long as the block lasts."""
    path = Path(root, file)
    before = path.read_text()
    after, count = re.subn(pattern, replacement, before, count=1)
    assert count == 1, f"{file}: nothing looks like {pattern}"
    path.write_text(after)
    try:
        yield
    finally:
        path.write_text(before)


@pytest.fixture(scope="module")
def root(tmp_path_factory, request):
    """Return a copy of this checkout in which the whole pipeline ran at scale smoke, committed.

    It is that of `--quiet-run` where there is one: a second run would only cost minutes.
    """
    copy = tmp_path_factory.mktemp("smoke") / "copy"
    if quiet := request.config.getoption("--quiet-run"):
        shutil.copytree(quiet, copy)
    else:
        copy_checkout(copy)
    dvc(copy, "repro", "--all-pipelines")
    commit(copy, "Results at scale smoke")
    return copy


@pytest.fixture(scope="module")
def stages(root):
    """Return the stages of the copy: no change of the table adds or removes one."""
    return read_stages(root)


@pytest.mark.parametrize("change", TABLE)
def test_what_may_run_after(change, root, stages):
    file, pattern, replacement, expected = TABLE[change]
    with edited(root, file, pattern, replacement):
        assert may_run(root, stages) == expected


def status(root):
    """Return the names of the stages that `dvc status` names, in every branch."""
    return {name.rpartition(":")[2] for name in answer(root, "status", "--json")}


def test_words_and_what_runs_stages_make_nothing_stale(root):
    before = {file: (root / file).read_text() for file, *_ in WORDS}
    song = root / "music/song.mid"      # no selected corpus takes music from there
    try:
        for file, pattern, replacement in WORDS:
            after, count = re.subn(pattern, replacement, before[file], count=1)
            assert count == 1, f"{file}: nothing looks like {pattern}"
            (root / file).write_text(after)
        song.write_bytes(b"a song")
        assert status(root) == set()
        assert ran(dvc(root, "repro", "--all-pipelines")) == set()
    finally:
        song.unlink(missing_ok=True)
        for file, text in before.items():
            (root / file).write_text(text)


@pytest.mark.parametrize("file", STALE)
def test_a_line_that_computes_makes_stale_what_declares_its_room(file, root):
    with edited(root, file, r"\Z", "\nEDITED = True\n"):
        assert status(root) == STALE[file]


def test_own_music_counts_where_it_is_a_corpus(root):
    """`genre: folder` puts the module of that corpus into the deps, which counts with the music that it reads."""
    path, song = "src/chaconne/corpora/folder.py", root / "music/song.mid"
    with edited(root, "params.yaml", r"(?m)^genre: \w+", "genre: folder"):
        assert path in {dep.def_path for dep in read_stages(root)["genre_scores"].deps}
    assert path not in {dep.def_path for dep in read_stages(root)["genre_scores"].deps}
    before = code.digest(root / path)
    song.write_bytes(b"a song")
    try:
        assert code.digest(root / path) != before == code.digest(ROOT / path)
    finally:
        song.unlink()


def test_a_second_run_runs_nothing(root):
    assert ran(dvc(root, "repro", "--all-pipelines")) == set()
    dvc(root, "checkout")
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_find_what_they_read(name, root):
    path, *place = SEARCHES[name]["read"]
    found = search.columns(json.loads((root / path).read_text()), place)
    assert len(found) == len(search.COLUMNS) and all(isinstance(value, float) for value in found.values())


def test_another_model_runs_what_depends_on_it_and_the_way_back_is_free(root):
    said = dvc(root, "exp", "run", "-S", "model=diffusion")
    assert ran(said) - {"selectors"} == SELECTED
    assert json.loads((root / "metrics/eval.json").read_text())["model"] == "diffusion"
    # The GAN's code no longer concerns what is selected.
    with edited(root, f"{GENERATORS}/gan.py", r"\Z", "\nEDITED = True\n"):
        assert may_run(root, read_stages(root)) == GAN | STEERED_GAN
    compared = answer(root, "metrics", "diff", "--json", "--targets", "metrics/eval.json")
    assert compared["metrics/eval.json"]["fad.logmel"]["diff"] != 0
    curves = answer(root, "plots", "diff", "--json")["data"]
    assert {"metrics/curves/finetune/plots/metrics/loss.tsv", "metrics/genre_pictures/after.png"} <= set(curves)

    assert ran(dvc(root, "exp", "run", "-S", "model=gan")) == set()
    assert git(root, "diff", "--stat", "dvc.lock", "stages", "metrics", ":!metrics/timing.*") == ""
    git(root, "checkout", "--force", ".")      # -S may have laid out params.yaml in its own way


def test_more_runs_differ_in_the_seed_alone(root):
    """The first run stays what it was; the table has means over both."""
    models, before = root / "data/models/gan", (root / "data/models/gan/model.safetensors").read_bytes()
    one = json.loads((root / "metrics/gan.json").read_text())["rows"]["gan"]
    try:
        said = dvc(root, "exp", "run", "-S", "runs=2", "evaluate@gan")
        assert ran(said) - {"selectors"} == {"train_gan", "sample@gan", "evaluate@gan"}
        assert (models / "model.safetensors").read_bytes() == before
        assert (models / "run_1/model.safetensors").read_bytes() != before
        both = json.loads((root / "metrics/gan.json").read_text())
        low, high = both["intervals"]["gan"]["coverage"]
        assert both["rows"]["gan"]["runs"] == 2 and low <= both["rows"]["gan"]["coverage"] <= high
        assert both["rows"]["gan"]["fad"] != one["fad"]
    finally:
        git(root, "checkout", "--force", ".")
        dvc(root, "checkout", "--force", "dvc.yaml")


@pytest.mark.parametrize("way", ["temp", "queue"])
def test_experiments_elsewhere_run_their_own_code(way, root):
    """Only the experiment's code has the marker: neither the workspace nor the installed package does."""
    marker = f"made by the {way}"
    with edited(root, *MARKED, marker):
        dvc(root, "exp", "run", "--name", way, f"--{way}")
        if way == "temp":
            assert marker in page_of(root, way)
    if way == "queue":
        dvc(root, "exp", "run", "--run-all")
        assert marker in page_of(root, way)
    assert marker not in (root / "metrics/report.html").read_text()


# A place in the package (not in stages/) whose text appears on the page: (file, pattern).
MARKED = ("src/chaconne/pages/shared/meanings.py", r"distance")


def page_of(root, experiment):
    """Return the page that an experiment made: its lock file names it, the cache holds it."""
    lock = git(root, "show", f"{experiment_revision(root, experiment)}:dvc.lock")
    digest = re.search(r"path: metrics/report.html\n\s+hash: md5\n\s+md5: (\w+)", lock)[1]
    return Path(root, ".dvc/cache/files/md5", digest[:2], digest[2:]).read_text()


def experiment_revision(root, name):
    """Return the commit of the experiment called `name`."""
    listed = git(root, "for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines()
    return next(line.split()[0] for line in listed if line.endswith(f"/{name}"))


def test_a_model_that_ships_moves_to_your_own_music(root):
    """`chaconne adapt`: nothing of the first training runs, and a second time nothing at all."""
    folder = root / "music/my own, 'old' [1]"
    mixed_folder(folder)

    def adapt():
        done = subprocess.run(["chaconne", "adapt", folder], cwd=root, env=environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout[-4000:]
        return ran(done.stdout) - {"selectors"}

    try:
        assert adapt() == {"genre_scores", "genre_corpus", "encode_genre", "genre_reference", *TUNED - PAGE}
        assert yaml.safe_load((root / "params.yaml").read_text())["folder"] == folder.relative_to(root).as_posix()
        table = json.loads((root / "metrics/finetune.json").read_text())
        assert table["genre"] == "folder" and {"before", "after", "codec"} <= set(table)
        assert "<audio" in (root / "metrics/genre.html").read_text()
        assert adapt() == set()
    finally:
        shutil.rmtree(folder)
        git(root, "checkout", "--force", ".")
        dvc(root, "checkout", "--force")


def test_an_unknown_model_is_told_which_exist(root):
    try:
        done = dvc(root, "exp", "run", "-S", "model=nonsense", check=False)
        assert done.returncode != 0
        told = next(line for line in done.stdout.splitlines() if "nonsense" in line and "gan" in line)
        assert "diffusion" in told
    finally:
        git(root, "checkout", "--force", ".")


def git(root, *args):
    """Run git in `root` and return what it printed."""
    return subprocess.run(["git", *args], cwd=root, env=environment(), check=True,
                          capture_output=True, text=True).stdout
