"""Kills, edits, two at once, damaged caches, full disks: on a small pipeline with real DVC (see docs/faults.md)."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from chaconne.commands.repair import mend_lock
from chaconne.running import guard
from scripts.smoke import commit, copy_checkout, environment
from tests.chaos.killing import CUT_OFF
from tests.conftest import ROOT
from tests.small import MAKE, dvc, python, small_project, stages_alive, start, wait_for


@pytest.fixture
def project(tmp_path):
    """Return a small project whose stage `make` waits for the file `go`."""
    return small_project(tmp_path / "project", "wait for it")


def ended(process):
    """Return (exit status, what was said) of a process that ends."""
    said, _ = process.communicate(timeout=180)
    return process.returncode, said


@pytest.mark.parametrize(("file", "old", "new", "named"), [
    ("input.txt", "wait", "later", "input.txt"),
    ("stages/make.py", "import sys", "import sys, json", "stages/make.py"),
    ("params.yaml", "knob: 1", "knob: 2", "params.yaml: knob"),
])
def test_an_edit_while_a_stage_runs_is_no_result(project, file, old, new, named):
    process = start(project, "dvc", "repro", "make")
    path, before = project / file, (project / file).read_text()
    path.write_text(before.replace(old, new))
    (project / "go").touch()
    status, said = ended(process)
    assert status != 0
    assert f"make: expected {named} to stay as it was while the stage ran, but it changed; the result is not " in said
    assert "data/model" not in (project / "dvc.lock").read_text() if (project / "dvc.lock").exists() else True
    path.write_text(before)
    assert dvc(project, "repro").returncode == 0
    assert (project / "data/used.txt").read_text() == "WAIT FOR IT"


def test_an_edit_of_what_a_stage_does_not_use_is_none_of_its_business(project):
    process = start(project, "dvc", "repro", "make")
    (project / "params.yaml").write_text("knob: 1\nother: 2\n")
    os.utime(project / "input.txt")     # touched, but the same
    (project / "go").touch()
    assert ended(process)[0] == 0


def test_what_is_compiled_while_a_stage_runs_is_no_edit(tmp_path):
    room = tmp_path / "src/room"
    room.mkdir(parents=True)
    (room / "code.py").write_text("A = 1\n")
    (tmp_path / "dvc.yaml").write_text("stages: {make: {cmd: x, deps: [src/room], outs: [y]}}\n")
    before = guard.snapshot("make", tmp_path)
    (room / "__pycache__").mkdir()
    for name in ("code.cpython-311.pyc", "code.align-75.py311.1.nbc", "code.align-75.py311.nbi"):
        (room / "__pycache__" / name).write_bytes(b"compiled")
    assert guard.snapshot("make", tmp_path) == before
    (room / "code.py").write_text("A = 2\n")
    assert guard.snapshot("make", tmp_path) != before


def test_a_stage_ends_with_the_dvc_that_started_it(project):
    process = start(project, "dvc", "repro", "make")
    assert stages_alive(project)
    process.kill()
    process.wait()
    wait_for(lambda: not stages_alive(project), seconds=60)
    assert not (project / "data/model").exists() and not list((project / "data").iterdir())
    (project / "go").touch()
    assert dvc(project, "repro").returncode == 0


def test_a_kill_of_everything_leaves_no_lock(project):
    process = start(project, "dvc", "repro", "make")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (project / "go").touch()
    done = dvc(project, "repro")
    assert done.returncode == 0, done.stdout


def test_two_runs_of_one_stage_do_not_mix(project, monkeypatch):
    guard = project / "src/chaconne/running/guard.py"
    guard.write_text(guard.read_text().replace("PATIENCE_S = 10", "PATIENCE_S = 1"))
    first = start(project, *python(project, "make"))
    second = subprocess.run(python(project, "make"), cwd=project, env=environment(), capture_output=True, text=True)
    assert second.returncode == 1
    assert f"make: expected to run alone, but process {first.pid} runs it in this folder" in second.stderr
    (project / "go").touch()
    assert ended(first)[0] == 0
    assert subprocess.run(python(project, "make"), cwd=project, env=environment()).returncode == 0


def test_a_second_repro_in_one_folder_is_told_who_runs(project):
    first = start(project, "dvc", "repro")
    second = dvc(project, "repro")
    assert second.returncode != 0 and "is busy, it is being blocked by" in second.stdout
    assert f"(PID {first.pid})" in second.stdout
    (project / "go").touch()
    assert ended(first)[0] == 0
    assert (project / "data/used.txt").read_text() == "WAIT FOR IT"


BRANCH = """
stages:
  loud:
    cmd: tr a-z A-Z < ../../data/model/weights.txt > loud.txt
    deps: [../../data/model]
    outs: [loud.txt]
"""
WAITING_STAGE = """
  slow:
    cmd: touch started; while [ ! -e go ]; do sleep .1; done; cp data/model/weights.txt slow.txt
    deps: [data/model]
    outs: [slow.txt]
"""


def test_two_branches_beside_each_other(project):
    """The second asks whether `make` changed while a stage of the first reads what it made."""
    (project / "input.txt").write_text("none waits")
    (project / "dvc.yaml").write_text((project / "dvc.yaml").read_text() + WAITING_STAGE)
    (project / "stages/branch").mkdir()
    (project / "stages/branch/dvc.yaml").write_text(BRANCH)
    assert dvc(project, "repro", "make").returncode == 0
    first = start(project, "dvc", "repro", "slow")
    second = dvc(project, "repro", "stages/branch/dvc.yaml")
    assert second.returncode == 0, second.stdout
    assert "Stage 'make' didn't change, skipping" in second.stdout and first.poll() is None
    (project / "go").touch()
    status, said = ended(first)
    assert status == 0, said
    assert (project / "stages/branch/loud.txt").read_text() == "NONE WAITS"
    assert "up to date" in dvc(project, "status", "slow", "stages/branch/dvc.yaml").stdout


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_exits_are_honest_and_leave_no_half_outs(project, sent, status):
    process = start(project, *python(project, "make"))
    process.send_signal(sent)
    assert ended(process)[0] == status
    assert not list((project / "data").iterdir())


def test_ctrl_c_of_dvc_records_nothing(project):
    process = start(project, "dvc", "repro", "make")
    os.killpg(process.pid, signal.SIGINT)
    status, said = ended(process)
    assert status != 0 and "stopped by Ctrl-C; run the same command again to go on" in said
    (project / "go").touch()
    assert dvc(project, "repro").returncode == 0


WAITS = '''        while not Path("go").exists():
            time.sleep(0.05)
'''
SWALLOWS = '''        try:
            while not Path("go").exists():
                time.sleep(0.05)
        except KeyboardInterrupt:
            pass
'''
LATE = """
import atexit
atexit.register(lambda: (Path("started").touch(), time.sleep(100)))
"""


IMPORTS = """
from pathlib import Path
Path("started").touch()
try:
    import time
    time.sleep(100)
except:
    pass
"""


@pytest.mark.parametrize("where", ["in a library", "while it is imported", "on the way out"])
def test_a_swallowed_ctrl_c_is_no_success(project, where):
    path, script = project / "stages/make.py", MAKE
    if where == "in a library":
        script = script.replace(WAITS, SWALLOWS)
    elif where == "while it is imported":
        script = IMPORTS + script
    else:
        (project / "go").touch()
        script = script.replace('    Path("started").touch()\n', "") + LATE
    assert script != MAKE
    path.write_text(script)
    process = start(project, *python(project, "make"))
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130
    process = start(project, "dvc", "repro", "make")
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process)[0] != 0
    assert not (project / "dvc.lock").exists()


def damage(path):
    """Change one byte of a file, whatever its permissions."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def do_what_is_told(root, said):
    """Run the two commands that a message proposes."""
    for command in re.search(r"make it again: `(chaconne repair)`, then `(dvc repro \w+)`", said).groups():
        done = subprocess.run(command.split(), cwd=root, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_damaged_out_is_named_and_its_command_makes_it_again(project):
    (project / "go").touch()
    assert dvc(project, "repro").returncode == 0
    damage(project / "data/model/weights.txt")
    alone = subprocess.run(python(project, "use"), cwd=project, env=environment(), capture_output=True, text=True)
    assert alone.returncode == 1
    assert "use: data/model/weights.txt is damaged: its sha256 differs from data/model/SHA256SUMS" in alone.stderr
    do_what_is_told(project, alone.stderr)
    assert (project / "data/model/weights.txt").read_text() == "wait for it"


def test_a_damaged_cache_object_is_named_and_its_command_makes_it_again(project):
    (project / "go").touch()
    assert dvc(project, "repro").returncode == 0
    weights = (project / "data/model/weights.txt").read_bytes()
    cached = [p for p in (project / ".dvc/cache/files").rglob("*") if p.is_file() and p.read_bytes() == weights]
    assert len(cached) == 1
    damage(cached[0])
    cached[0].chmod(0o444)      # as a failing disk leaves it
    shutil.rmtree(project / "data")
    shutil.rmtree(project / ".dvc/tmp")
    dvc(project, "checkout")
    done = subprocess.run(python(project, "use"), cwd=project, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1 and "is damaged" in done.stderr
    do_what_is_told(project, done.stderr)
    assert (project / "data/model/weights.txt").read_bytes() == weights
    shutil.rmtree(project / "data/model")
    shutil.rmtree(project / ".dvc/tmp")
    dvc(project, "checkout")
    assert (project / "data/model/weights.txt").read_bytes() == weights     # the cache is whole again, too
    assert dvc(project, "repro").returncode == 0
    assert (project / "data/used.txt").read_text() == "WAIT FOR IT"


def test_a_dvc_lock_that_is_cut_off_is_mended(project):
    """What is left of it when DVC is killed at writing it; the same for its list of running commands."""
    (project / "go").touch()
    assert dvc(project, "repro").returncode == 0
    path, whole = project / "dvc.lock", (project / "dvc.lock").read_text()
    path.write_text(whole[:whole.index("    outs:") + 8])
    said = dvc(project, "repro").stdout
    assert any(words in said for words in CUT_OFF), said
    repair(project)
    said = dvc(project, "repro").stdout
    assert "Running stage" not in said and path.read_text() == whole
    (project / "data/used.txt").unlink()    # DVC writes the list only when it has something to do
    (project / ".dvc/tmp/rwlock").write_text('{"read": {"/')
    said = dvc(project, "repro").stdout
    assert any(words in said for words in CUT_OFF), said
    repair(project)
    assert dvc(project, "repro").returncode == 0
    assert path.read_text() == whole and (project / "data/used.txt").read_text() == "WAIT FOR IT"


def test_the_lock_of_a_branch_is_mended_too(tmp_path):
    lines = (ROOT / "dvc.lock").read_text().splitlines(keepends=True)
    for folder in (tmp_path, tmp_path / "stages/far"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "dvc.lock").write_text("".join(lines))
    (tmp_path / "stages/far/dvc.lock").write_text("".join(lines[:4]))
    repair(tmp_path)
    assert (tmp_path / "dvc.lock").read_text() == "".join(lines)
    assert yaml.safe_load((tmp_path / "stages/far/dvc.lock").read_text())["stages"] == {}


def test_what_repair_removes_is_made_again_by_the_stage_it_names(tmp_path):
    (tmp_path / "stages/far").mkdir(parents=True)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstag")
    (tmp_path / "stages/far/dvc.yaml").write_text("stages: {distant: {cmd: x, outs: [out.txt]}}\n")
    (tmp_path / "stages/far/dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"distant": {
        "cmd": "x", "outs": [{"path": "out.txt", "md5": "ab" + "0" * 30}]}}}))
    (tmp_path / ".dvc/cache/files/md5/ab").mkdir(parents=True)
    for path in ("out.txt", f".dvc/cache/files/md5/ab/{'0' * 30}"):
        (tmp_path / path).write_text("not what its name says")
    assert "`dvc repro stages/far/dvc.yaml:distant` makes it again" in repair(tmp_path)
    assert not (tmp_path / "out.txt").exists()


def repair(root):
    """Type `chaconne repair`, which has something to mend; returns what it says."""
    done = subprocess.run(["chaconne", "repair"], cwd=root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and "cut off" in done.stdout, done.stdout + done.stderr
    return done.stdout


def test_wherever_a_dvc_lock_is_cut_off_whole_stages_stay(tmp_path):
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA

    path, lines = tmp_path / "dvc.lock", (ROOT / "dvc.lock").read_text().splitlines(keepends=True)
    heads = [i for i, line in enumerate(lines) if re.match(r"  \S", line)]
    whole = "".join(lines[:heads[2]])
    known, counts = yaml.safe_load(whole)["stages"], set()
    for end in (*range(0, len(whole), 71), len(whole)):
        path.write_text(whole[:end])
        mend_lock(path)
        kept = yaml.safe_load(path.read_text())
        COMPILED_LOCKFILE_SCHEMA(kept)
        counts.add(len(kept["stages"]))
        for name, stage in kept["stages"].items():
            assert {k: v for k, v in stage.items() if k != "outs"} == {
                k: v for k, v in known[name].items() if k != "outs"}
            assert [out["md5"] for out in stage["outs"]] == [
                out["md5"] for out in known[name]["outs"]][:len(stage["outs"])]
    assert counts == {0, 1, 2} and path.read_text() == whole


def test_two_clones_share_a_cache(tmp_path):
    cache = str(tmp_path / "cache")
    one, two = (small_project(tmp_path / name, text, cache) for name, text in (("one", "wait a"), ("two", "wait a")))
    processes = [start(root, "dvc", "repro") for root in (one, two)]
    for root in (one, two):
        (root / "go").touch()
    assert [ended(process)[0] for process in processes] == [0, 0]
    assert (one / "dvc.lock").read_bytes() == (two / "dvc.lock").read_bytes()
    (two / "input.txt").write_text("wait b")
    assert dvc(two, "repro").returncode == 0
    (two / "input.txt").write_text("wait a")
    said = dvc(two, "repro").stdout
    assert "Running stage" not in said and (two / "data/used.txt").read_text() == "WAIT A"


def test_a_clone_takes_what_was_made_here_whatever_lock_is_committed(tmp_path):
    """The committed dvc.lock is of another machine: the same code, params and data, and other bytes of the model."""
    cache = str(tmp_path / "cache")
    one, two = (small_project(tmp_path / name, "wait a", cache) for name in ("one", "two"))
    (one / "go").touch()
    assert dvc(one, "repro").returncode == 0
    ours = yaml.safe_load((one / "dvc.lock").read_text())
    foreign = (one / "dvc.lock").read_text()
    for stage in ours["stages"].values():
        for out in stage["outs"]:
            foreign = foreign.replace(out["md5"], out["md5"][::-1] if "." not in out["md5"] else f"{0:032x}.dir")
    (two / "dvc.lock").write_text(foreign)
    commit(two, "As another machine has it")
    done = dvc(two, "repro")
    assert done.returncode == 0 and "Running stage" not in done.stdout and "is cached" in done.stdout, done.stdout
    assert yaml.safe_load((two / "dvc.lock").read_text()) == ours
    assert (two / "data/used.txt").read_text() == "WAIT A"


def test_a_dvc_that_does_not_know_chaconne_is_told(tmp_path):
    """Its environment lacks chaconne_dvc.pth, so that it does not say what it knows to the stages it starts."""
    copy = copy_checkout(tmp_path / "copy")
    without = environment() | {"DVC_STAGE": "selectors"}
    without.pop("CHACONNE_READS_CODE", None)
    command = [sys.executable, "-m", "stages.selectors"]
    done = subprocess.run(command, cwd=copy, env=without, capture_output=True, text=True)
    assert done.returncode == 1 and not (copy / "data/selectors.txt").exists()
    assert "expected a DVC that knows chaconne" in done.stderr and "pip install -e ." in done.stderr
    assert len(done.stderr.splitlines()) == 1
    known = without | {"CHACONNE_READS_CODE": "1"}
    assert subprocess.run(command, cwd=copy, env=known).returncode == 0


def test_an_experiment_elsewhere_beside_a_run_here(project):
    process = start(project, "dvc", "repro")
    (project / "input.txt").write_text("other")     # in the experiment; here it is put back at once
    temp = subprocess.Popen(["dvc", "exp", "run", "--temp", "--name", "beside"], cwd=project, env=environment(),
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = temp.communicate(timeout=240)
    (project / "input.txt").write_text("wait for it")
    (project / "go").touch()
    status, here = ended(process)
    assert (status, temp.returncode) == (0, 0), here + said
    assert (project / "data/used.txt").read_text() == "WAIT FOR IT"
    assert "beside" in dvc(project, "exp", "list", "--name-only").stdout


@pytest.mark.parametrize("on_path", [True, False])
def test_a_queue_with_two_workers(tmp_path, on_path):
    """scripts/run_queue.py runs what is queued and says what failed; without `dvc` on the PATH it says so at once."""
    root = small_project(tmp_path / "project")
    for name, knob in (("a", 2), ("b", 3), ("c", 4)):
        assert dvc(root, "exp", "run", "--queue", "--name", name, "-S", f"knob={knob}").returncode == 0
    settings = environment() if on_path else environment() | {"PATH": os.defpath}
    done = subprocess.run([sys.executable, ROOT / "scripts/run_queue.py", "2"], cwd=root, env=settings, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)
    if not on_path:
        assert done.returncode == 2 and "expected the command `dvc` on the PATH" in done.stdout
        return
    assert done.returncode == 0, done.stdout
    listed = dvc(root, "exp", "list", "--name-only").stdout.split()
    assert {"a", "b", "c"} <= set(listed)


def mounted(folder):
    """Mount a disk of 2 MiB at `folder`, or skip where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("mounting is not allowed here")


def test_a_full_disk_leaves_no_half_outs(project):
    (project / "go").touch()
    script = (project / "stages/make.py").read_text()
    (project / "stages/make.py").write_text(script.replace(
        "    seal(out)", "    from chaconne.storage.files import new_array\n"
        "    new_array(out / 'big', 'int16', (3_000_000,))"))
    (project / "data").mkdir(exist_ok=True)
    (project / "data").rmdir()
    mounted(project / "data")
    try:
        done = dvc(project, "repro", "make")
        assert done.returncode != 0
        assert "make: the disk is full" in done.stdout and "run the same command again" in done.stdout
        assert not list((project / "data").iterdir())
    finally:
        time.sleep(0.1)
        subprocess.run(["umount", project / "data"], check=True)
