"""The rules of the house, checked on the source: who may import whom, what a stage must declare."""

import graphlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.conftest import OWN_CODEC, ROOT
from tests.imports import closure, direct, module_name, only_words, variations

# A room of the package imports only from the lines above its own.
LAYERS = (
    {"running"},
    {"storage"},
    {"scores", "musika", "trained", "training"},
    {"codec", "corpora", "evaluation", "generators"},
    {"counterpoint", "pages"},
    {"controls"},
    {"editing"},
    {"accompaniment"},
    {"studio"},
    {"commands"},
    {"", "cli"},
)
# What measures and what shows reads files: it must not know what is measured. Corpora know no codec.
ONLY = {"corpora": {"running", "scores", "storage"}, "evaluation": {"running", "storage"},
        "evaluation.judging": {"corpora.rendering", "evaluation", "running", "scores", "storage", "training"},
        "evaluation.sweeps": {"evaluation", "running", "storage", "training"},
        "evaluation.outside": {"corpora.rendering", "evaluation", "running", "storage"},    # reads what corpora read
        "pages": {"evaluation.verdict", "running", "storage"}}
DISTILLED = Path("src/chaconne/generators/distilled.py")
GOES_ON = {DISTILLED: {DISTILLED.with_stem("diffusion"), DISTILLED.with_stem("gan")}}   # what a generator goes on from
MOST_DOORS = 18     # of src/chaconne: one more room is one too many to keep in mind
MOST_LINES = 279    # of all dvc.yaml that name code of the package
RUNNING = Path("src/chaconne/running")
SOURCES = sorted(p.relative_to(ROOT) for p in (ROOT / "src").rglob("*.py"))
CODE = ("src/", "stages/")


def part(path):
    """Return the room a file belongs to: 'generators', 'storage', ... ('' for the root)."""
    return [*module_name(path).split("."), ""][1]


def within(path, rooms):
    """Tell whether the file lies in one of the rooms: 'evaluation', 'evaluation.verdict'."""
    name = module_name(path).partition(".")[2]
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_go_one_way(path):
    own = part(path)
    level = next((i for i, layer in enumerate(LAYERS) if own in layer), None)
    assert level is not None, f"{path}: say in LAYERS where {own} belongs"
    allowed = set().union(*LAYERS[:level])
    for room, rooms in ONLY.items():
        allowed = rooms if within(path, [room]) else allowed
    more = {p for p in direct(ROOT, path) if not only_words(ROOT, p) and not within(p, {*allowed, own})}
    assert not more, f"{path}: expected imports of {sorted(allowed)}, got {sorted(map(str, more))}"


def test_no_module_needs_itself():
    """Not even inside of functions: CycleError names a ring."""
    arrows = {path: {other for other in direct(ROOT, path) if not only_words(ROOT, other)} for path in SOURCES}
    list(graphlib.TopologicalSorter(arrows).static_order())


def test_rooms_within_a_room_import_one_way():
    """Two folders side by side never need each other."""
    arrows = {}
    for path in SOURCES:
        for other in direct(ROOT, path):
            ours, theirs = path.parent.parts, other.parent.parts
            same = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
            if same is not None and not only_words(ROOT, other):
                arrows.setdefault(ours[:same + 1], set()).add(theirs[:same + 1])
    list(graphlib.TopologicalSorter(arrows).static_order())     # CycleError names a ring


def test_the_house_has_few_doors():
    doors = {p.name for p in Path(ROOT, "src/chaconne").iterdir() if not p.name.startswith("__")}
    assert len(doors) <= MOST_DOORS and {name for name in doors if name.endswith(".py")} == {"cli.py"}
    lines = [line for file in (ROOT / "dvc.yaml", *ROOT.glob("stages/*/dvc.yaml"))
             for line in file.read_text().splitlines() if line.strip().startswith("- src/")]
    assert 0 < len(lines) <= MOST_LINES
    assert not [line for line in lines if RUNNING.as_posix() in line], "what runs stages changes no result"


def test_generators_do_not_know_each_other():
    generators = {p for p in SOURCES if part(p) == "generators" and p.name != "__init__.py"}
    for path in generators:
        others = closure(ROOT, [path]) & generators - {path}
        assert others == GOES_ON.get(path, set()), f"{path} imports {others}; what is really common belongs to training"


def test_the_package_never_imports_a_stage():
    for path in SOURCES:
        assert not {p for p in direct(ROOT, path) if p.parts[0] == "stages"}, path


def stage_scripts(stage):
    """Return the files of `python -m stages.NAME` in the stage's command."""
    return {Path(*m.split(".")).with_suffix(".py") for m in re.findall(r"-m (stages\.\w+)", stage.cmd)}


def declared_code(stage):
    """Return the code paths (files and folders) among the stage's deps."""
    return {Path(d.def_path) for d in stage.deps if d.def_path.startswith(CODE)}


def needed_code(stage):
    """Return all files the stage's result can depend on: its imports, and the variations it names.

    A module that is loaded by name (the codec, a generator, a corpus) is the one dvc.yaml declares.
    """
    found = closure(ROOT, stage_scripts(stage))
    packages = {Path("src/chaconne", name) for name in variations(ROOT, found)}
    named = {p for p in declared_code(stage) if p.suffix == ".py" and p.parent in packages}
    # A package of which nothing is declared is itself what is missing.
    lacking = packages - {p.parent for p in named | found}
    found = closure(ROOT, found | named)
    # Templates and styles lie beside the code that reads them.
    beside = {p.relative_to(ROOT) for f in found if (ROOT / f).name != "__init__.py"
              for p in (ROOT / f).parent.iterdir()
              if RUNNING not in f.parents and p.is_file() and p.suffix not in (".py", ".pyc")}
    # What runs stages changes no result (tests/running/test_machinery.py).
    found = {p for p in found if RUNNING not in p.parents} - {Path("stages/__init__.py")}
    return {p for p in found if not (p.name == "__init__.py" and only_words(ROOT, p))} | beside | lacking


@pytest.mark.parametrize("setting", [("gan", "laptop"), ("diffusion", "smoke")], ids="-".join)
def test_stages_declare_the_rooms_they_import(pipelines, setting):
    """Each file of the code that a stage needs lies in one path of its deps, and each path holds such a file."""
    wrong = []
    for name, stage in pipelines[setting].items():
        if not stage_scripts(stage):
            continue
        needed, declared = needed_code(stage), declared_code(stage)
        missing = {p for p in needed if not {p, *p.parents} & declared}
        known = needed | helpers(needed)
        useless = {d for d in declared if not any(d in (p, *p.parents) for p in known)}
        twice = {d for d in declared if declared & set(d.parents)}
        wrong += [f"{name}: deps lack {p}" for p in sorted(missing)]
        wrong += [f"{name}: deps name {p}, of which it imports nothing" for p in sorted(useless)]
        wrong += [f"{name}: deps name {p} and a folder above it" for p in sorted(twice)]
    assert not wrong, "\n".join(wrong)


def test_a_room_has_one_reason_to_change(pipelines):
    """A folder that is declared holds only what stages need: an edit of anything else in it runs them for nothing."""
    stages = [stage for stages in pipelines.values() for stage in stages.values() if stage_scripts(stage)]
    needed = set().union(*map(needed_code, stages))
    needed |= helpers(needed)
    folders = {d for stage in stages for d in declared_code(stage) if d.suffix == "" and d.parts[0] == "src"}
    idle = {p for folder in folders for p in modules_of(folder) - needed if not only_words(ROOT, p)}
    assert not idle, f"expected in another room: {sorted(map(str, idle))}"


@pytest.mark.parametrize("name", sorted(path.stem for path in Path(ROOT, "conf/data").glob("*.yaml")))
def test_stages_declare_the_code_of_every_corpus(name, pipelines):
    """`-S data=NAME` puts another module into the same deps: what that one imports must stand there, too."""
    stage = pipelines["gan", "laptop"]["scores"]
    others = {Path("src/chaconne/corpora/chorales.py")}
    module = Path("src/chaconne/corpora", f"{name}.py")
    needed = {p for p in closure(ROOT, [*stage_scripts(stage), module])
              if not only_words(ROOT, p) and RUNNING not in p.parents}
    declared = declared_code(stage) - others | {module}
    lacking = {p for p in needed if not {p, *p.parents} & declared} - {Path("stages/__init__.py")}
    assert not lacking, f"scores with data={name}: deps lack {sorted(map(str, lacking))}"


def helpers(needed):
    """Return what variations beside the needed ones import: `-S data=folk` needs it, in the same dvc.yaml."""
    beside = {q.relative_to(ROOT) for name in variations(ROOT, only_python(needed))
              for q in (ROOT / "src/chaconne" / name).glob("*.py")}
    return set().union(*(closure(ROOT, [p]) - {p} for p in beside)) if beside else set()


def only_python(paths):
    """Return the Python files among the paths."""
    return {p for p in paths if p.suffix == ".py"}


def modules_of(path):
    """Return the path, if it is a module, or all modules in the folder: a folder is declared as a whole."""
    return {path} if path.suffix == ".py" else {p.relative_to(ROOT) for p in (ROOT / path).rglob("*.py")}


def test_every_stage_script_is_in_the_pipeline(pipelines):
    used = {p for stages in pipelines.values() for stage in stages.values() for p in stage_scripts(stage)}
    there = {p.relative_to(ROOT) for p in (ROOT / "stages").glob("*.py")} - {Path("stages/__init__.py")}
    assert there == used


def test_branches_run_in_the_root_under_names_of_their_own():
    """A stage is known by its name wherever DVC was started; a branch by its folder."""
    found = [stage for some in branches().values() for stage in some]
    assert len({stage.name for stage in found}) == len(found)
    assert {Path(stage.wdir) for stage in found} == {ROOT}
    assert set(branches()) == {"", "accompaniment", "codecs", "controls", "counterpoint", "genre", "packs"}


@cache
def branches():
    """Return {branch: its stages}, as the checked-in params have them; '' is the root."""
    from dvc.repo import Repo

    found = {}
    with Repo(ROOT) as repo:
        for stage in repo.index.stages:
            place = Path(stage.path).parent
            found.setdefault("" if place == ROOT else place.name, []).append(stage)
    return found


def needed_outs(stages, others):
    """Return the outs of the stages `others` that `stages` need, those within folders that they name, too."""
    deps = {Path(dep.def_path) for stage in stages for dep in stage.deps}
    above = {p for dep in deps for p in (dep, *dep.parents)}
    outs = {Path(out.def_path) for stage in others for out in stage.outs}
    return {out for out in outs if out in above or set(out.parents) & deps}


def test_the_page_needs_the_branch_of_the_genre_and_no_other():
    """`dvc repro` makes the page: what it does not need must not be made for it."""
    found = branches()
    page, genre = found[""], found["genre"]
    others = [stage for name, some in found.items() if name not in ("", "genre") for stage in some]
    assert others and not needed_outs([*page, *genre], others)
    named = {stage.name for stage in page if needed_outs([stage], genre)}
    assert named == {"report"}, "a table of the first training would wait for the second"


def test_every_branch_needs_the_root_alone():
    """Two branches beside each other can run at once, and neither waits for the other."""
    found = branches()
    for name in found.keys() - {"", "genre"}:
        others = [stage for other, some in found.items() if other not in ("", name) for stage in some]
        assert not needed_outs(found[name], others) - {Path("data/genre")}, name
    # A codec that is learned from your own corpora hears both.
    assert needed_outs(found["codecs"], found["genre"]) == {Path("data/genre")}


@pytest.mark.parametrize(("setting", "codec", "maker"), [
    (("gan", "laptop"), "spectral", "codec"), (OWN_CODEC, "own", "own_codec"),
    (("musika", "laptop"), "musika", "musika_codec")], ids=["spectral", "own", "musika"])
def test_the_selected_codec_is_the_one_that_is_used(pipelines, setting, codec, maker):
    stages = pipelines[setting]
    assert f"data/codecs/{codec}" in {out.def_path for out in stages[maker].outs}
    read = {name: {d.def_path for d in stage.deps if d.def_path.startswith("data/codecs")}
            for name, stage in stages.items()}
    assert read.pop("pack_codec") == {"data/codecs/trained"}
    users = {name for name, paths in read.items() if paths}
    assert {path for paths in read.values() for path in paths} == {f"data/codecs/{codec}"}
    assert {"encode", "encode_genre", "train_gan", "anchors", "finetune", "scratch", "encode_voices"} <= users
    for name in users:
        assert f"src/chaconne/codec/{codec}.py" in {d.def_path for d in stages[name].deps}, name


def test_a_codec_of_its_own_folder_is_made_by_one_stage(pipelines):
    for stages in pipelines.values():
        made = {out.def_path: name for name, stage in stages.items() for out in stage.outs
                if out.def_path.startswith("data/codecs/")}
        assert made == {"data/codecs/spectral": "codec", "data/codecs/own": "own_codec",
                        "data/codecs/musika": "musika_codec", "data/codecs/trained": "train_codec"}


def test_outs_are_either_cached_and_ignored_or_in_git(pipelines):
    stages = [stage for stages in pipelines.values() for stage in stages.values()]
    outs = {out.def_path: out.use_cache for stage in stages for out in stage.outs}
    command = ["git", "check-ignore", "--no-index", *outs]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    ignored = set(said.stdout.split("\n"))
    wrong = [path for path, cached in outs.items() if cached != (path in ignored)]
    assert not wrong, f"expected cached outs in .gitignore and the others not; got it wrong for {wrong}"


def test_the_run_cache_keeps_every_out(pipelines):
    """DVC leaves a stage out of the run-cache when an out of it is neither cached nor its metric or plot."""
    outs = [out for stages in pipelines.values() for stage in stages.values() for out in stage.outs]
    lost = {out.def_path for out in outs if not (out.use_cache or out.is_metric or out.is_plot)}
    assert not lost, f"expected under `metrics:` or `plots:` of their stages, not `outs:`: {sorted(lost)}"


def test_no_stage_asks_of_dvc_what_it_does_badly(pipelines):
    """One without deps is never taken from the run-cache; an out that persists outlives a change of params."""
    for stages in pipelines.values():
        for name, stage in stages.items():
            assert [dep for dep in stage.deps if dep.def_path not in ("", "params.yaml")], name
            assert not [out.def_path for out in stage.outs if out.persist], name


def leaves(tree, above=()):
    """Yield the dotted name of every value of a nested dictionary."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*above, key))
        else:
            yield ".".join([*above, str(key)])


def covers(declared, name):
    """Tell whether one of the dotted names `declared` is `name` or above it."""
    parts = name.split(".")
    return any(".".join(parts[:n]) in declared for n in range(1, len(parts) + 1))


def declared_params(stage):
    """Return {file: dotted names} of the stage's params; a file taken whole has the name of each leaf."""
    found = {}
    for dep in stage.params:
        names = dep.params or leaves(yaml.safe_load((ROOT / dep.def_path).read_text()))
        found.setdefault(dep.def_path, set()).update(names)
    return found


def test_every_knob_is_declared_by_a_stage(pipelines):
    """A knob that no stage declares would change nothing."""
    declared = {}
    for stages in pipelines.values():
        for stage in (stage for name, stage in stages.items() if name != "selectors"):   # it only checks them
            for file, names in declared_params(stage).items():
                declared.setdefault(file, set()).update(names)
    files = ["params.yaml", *(f"conf/scale/{scale}.yaml" for _, scale in pipelines)]
    idle = {f"{file}: {leaf}" for file in files for leaf in leaves(yaml.safe_load((ROOT / file).read_text()))
            if not covers(declared.get(file, set()), leaf)}
    assert idle - {f"params.yaml: {name}" for name in SELECTORS} == set()


# Selectors act through templates in dvc.yaml, are what a template is filled with, or name what a dep stands for
# (chaconne.running.code: the user's own folder counts with the corpus that reads it).
SELECTORS = {"data", "genre", "codec", "model", "scale", "generators", "folder"}


def test_selectors_are_used_by_templates():
    files = (ROOT / "dvc.yaml", *ROOT.glob("stages/*/dvc.yaml"))
    templates = {name for file in files for name in re.findall(r"\$\{(\w+)", file.read_text())}
    assert {"data", "genre", "codec", "model", "scale"} <= templates


def test_every_knob_is_read_by_code():
    code = "\n".join((ROOT / p).read_text() for p in [*SOURCES, *Path(ROOT, "stages").glob("*.py")])
    files = (ROOT / "params.yaml", *Path(ROOT, "conf", "scale").glob("*.yaml"))
    names = {leaf.split(".")[-1] for file in files for leaf in leaves(yaml.safe_load(file.read_text()))}
    idle = {name for name in names if not re.search(rf"\b{name}\b", code)}
    assert not idle, f"nothing reads {sorted(idle)}"


def test_a_preset_is_declared_wherever_it_overrides(pipelines):
    """Who reads `gan.train` must also notice `gan.train.steps` of conf/scale/<scale>.yaml."""
    wrong = []
    for (_, scale), stages in pipelines.items():
        file = f"conf/scale/{scale}.yaml"
        preset = set(leaves(yaml.safe_load((ROOT / file).read_text())))
        for name, stage in stages.items():
            if "conf" in {d.def_path for d in stage.deps}:
                continue    # notices every preset
            declared = declared_params(stage)
            wrong += [f"{name} declares {leaf} of params.yaml, but not of {file}" for leaf in sorted(preset)
                      if covers(declared.get("params.yaml", set()), leaf)
                      and not covers(declared.get(file, set()), leaf)]
    assert not wrong, "\n".join(wrong)


def test_params_that_a_script_reads_are_declared(pipelines):
    """params["gan"]["train"] in a script of stages/ must be covered by the params of a stage that runs it."""
    wrong = []
    stages = pipelines["gan", "laptop"].values()
    for script in {s for stage in stages for s in stage_scripts(stage)}:
        declared = {n for stage in stages if script in stage_scripts(stage)
                    for names in declared_params(stage).values() for n in names}
        for chain in re.findall(r'\bparams((?:\["\w+"\])+)', (ROOT / script).read_text()):
            name = ".".join(re.findall(r'"(\w+)"', chain))
            below = any(d.startswith(f"{name}.") for d in declared)
            if not covers(declared, name) and not below and name not in SELECTORS:
                wrong.append(f"{script} reads {name}, which none of its stages declares")
    assert not wrong, "\n".join(wrong)
