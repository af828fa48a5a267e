"""The studio's server: every kind of piece, uploads that are nonsense, streams, two at once, nobody else's pages."""

import io
import json
import threading
import time
import zipfile

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from chaconne.studio import app as studio
from chaconne.studio import experiments, streaming
from chaconne.studio.store import Store
from tests import tiny
from tests.conftest import ROOT

OURS = {"X-Chaconne": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tiny.project(tmp_path_factory.mktemp("project") / "p")


@pytest.fixture
def client(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "session").mkdir()
    return TestClient(studio.create(tmp_path / "session"), base_url="http://127.0.0.1:8720")


def post(client, path, body, **more):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers=OURS, **more)


def made(client, **asked):
    """Ask for a piece and wait for it: the finished job."""
    answer = post(client, "/api/jobs", {"seed": 1, "seconds": 2, "steps": 2, **asked})
    assert answer.status_code == 200, answer.text
    end = time.monotonic() + 120
    while (job := client.get(f"/api/jobs/{answer.json()['id']}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return job


def sound_of(client, job, ending="wav"):
    """Return (audio, rate) of a finished job's piece."""
    assert job["state"] == "done", job["error"]
    return soundfile.read(io.BytesIO(client.get(f"/pieces/{job['result']['id']}.{ending}").content))


def test_the_page_needs_nothing_from_outside(client):
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in (studio.STATIC).iterdir():
        text = path.read_text()
        assert not [word for word in ("http://", "https://", "//cdn", "innerHTML", "eval(") if word in text], path
        assert client.get(f"/static/{path.name}").status_code == 200


def test_models_are_told(client):
    models = {m["name"]: m for m in client.get("/api/models").json()["models"]}
    assert set(models) == {"gan", "diffusion"}
    assert models["diffusion"]["flows"] and not models["gan"]["flows"]
    assert models["gan"]["vocabulary"] == tiny.VOCABULARY and models["gan"]["corpora"] == ["Chords of sines"]


@pytest.mark.parametrize("model", ["gan", "diffusion"])
def test_pieces_are_the_same_as_on_the_command_line(client, project, model):
    from tests.commands.test_making import run

    audio, rate = sound_of(client, made(client, kind="generate", model=model))
    run("generate", model, "--seconds", 2, "--seed", 1, *(["--steps", 2] if model == "diffusion" else []),
        "--out", project / f"same-{model}.wav")
    other, _ = soundfile.read(project / f"same-{model}.wav")
    assert rate == tiny.RATE and np.array_equal(audio, other)


@pytest.mark.parametrize("ending", ["flac", "ogg"])
def test_pieces_are_exported(client, ending):
    job = made(client, kind="generate", model="gan")
    audio, rate = sound_of(client, job, ending)
    assert len(audio) / rate == pytest.approx(2, abs=0.01)
    saved = client.get(f"/pieces/{job['result']['id']}.{ending}?save")
    assert f"gan%2C%20seed%201.{ending}" in saved.headers["content-disposition"]


def test_everything_is_saved_at_once(client):
    assert client.get("/everything.zip").status_code == 400
    made(client, kind="generate", model="gan")
    made(client, kind="harmonize", notes=NOTES)
    with zipfile.ZipFile(io.BytesIO(client.get("/everything.zip").content)) as archive:
        names = archive.namelist()
        about = json.loads(archive.read("001 gan, seed 1.json"))
    stem = "002 typed melody, harmonised"
    assert sorted(names) == sorted(["001 gan, seed 1.json", "001 gan, seed 1.wav", *(
        f"{stem}.{ending}" for ending in ("json", "wav", "mid", "musicxml", "svg"))])
    assert about["about"]["knobs"]["truncation"] == 1.0


def uploaded(client, path):
    answer = post(client, f"/api/uploads?name={path.name}", path.read_bytes())
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("kind", "model", "seconds"), [
    ("reconstruct", "gan", 4), ("continue", "diffusion", 6), ("vary", "diffusion", 4), ("inpaint", "diffusion", 4),
    ("accompany", "accompaniment", 4)])
def test_recordings_are_edited(client, tmp_path, kind, model, seconds):
    found = uploaded(client, tiny.recording(tmp_path / "my song.mp3", 4.0, 44100, 2))
    assert found["what"] == "sound" and found["seconds"] == pytest.approx(4, abs=0.1)
    job = made(client, kind=kind, model=model, recording=found["id"], strength=0.4, **{"from": 1.0, "to": 2.0})
    audio, rate = sound_of(client, job)
    assert len(audio) / rate == pytest.approx(seconds, abs=0.2)
    assert job["title"].startswith("my song.mp3: ")


def test_pieces_can_be_edited_again(client):
    first = made(client, kind="generate", model="gan")
    job = made(client, kind="continue", model="diffusion", recording=first["result"]["id"])
    assert job["state"] == "done", job["error"]


NOTES = [{"pitch": p, "quarters": 1} for p in (67, 69, 71, 72, 71, 69, 67)] + [{"pitch": 67, "quarters": 2}]


def test_a_typed_melody_is_harmonised_and_its_faults_are_told(client):
    job = made(client, kind="harmonize", notes=NOTES, metre="4/4")
    about = job["result"]["about"]
    assert about["voices"] == ["soprano", "alto", "tenor", "bass"] and "violations" in about
    assert {"mid", "musicxml", "svg", "wav"} <= set(job["result"]["files"])
    assert client.get(f"/pieces/{job['result']['id']}.svg").text.startswith("<svg ")
    assert sound_of(client, job)[0].any()


def test_a_dropped_melody_is_harmonised(client, tmp_path):
    (tmp_path / "m.abc").write_text("X:1\nT:m\nM:4/4\nL:1/4\nK:G\nG A B c | B A G2 |]\n")
    found = uploaded(client, tmp_path / "m.abc")
    assert found["what"] == "melody"
    job = made(client, kind="harmonize", recording=found["id"])
    assert job["state"] == "done", job["error"]


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.wav", b"no sound", "a.wav: expected a recording"), ("a.mid", b"MThd no", "a.mid"),
    ("a.abc", b"\xff\xfe", "a.abc"),
    ("a.xml", b"<a>", "a.xml"), ("../../a.wav", b"", "an empty file"), ("a.<b>", b"12", "expected a recording")])
def test_files_that_are_nonsense_are_told_and_the_studio_lives(client, tmp_path, name, content, said):
    answer = post(client, f"/api/uploads?name={name}", content)
    assert answer.status_code == 400 and said in answer.json()["error"]
    assert str(tmp_path) not in answer.json()["error"]
    assert client.get("/api/models").status_code == 200


@pytest.mark.parametrize("asked", [
    {"kind": "magic"}, {"kind": "generate", "model": "gan", "seconds": 1e9}, {"kind": "vary", "recording": "nope"},
    {"kind": "harmonize", "notes": [{"pitch": 1, "quarters": 1}] * 3}, {"kind": "harmonize", "notes": "abc"},
    {"kind": "harmonize", "notes": [{"pitch": None, "quarters": 1}] * 3},
    {"kind": "morph", "model": "gan", "other": -1}, {"kind": "accompany", "recording": "nope"}])
def test_nonsense_is_refused_in_one_line(client, asked):
    answer = post(client, "/api/jobs", asked)
    assert answer.status_code == 400 and "\n" not in answer.json()["error"]


@pytest.mark.parametrize("asked", [
    {"model": "ganz"}, {"model": "gan", "seed": "x"}, {"model": "diffusion", "steps": 0},
    {"model": "gan", "rev": "--x"}])
def test_jobs_that_cannot_be_done_say_why(client, asked):
    job = made(client, kind="generate", **asked)
    assert job["state"] == "failed" and job["error"]


def test_a_job_is_stopped(client, monkeypatch):
    from chaconne.studio import making

    begun = threading.Event()

    def forever(*arguments, progress):
        begun.set()
        for _ in progress(range(10**9), "composing"):
            time.sleep(0.001)
        yield from ()

    monkeypatch.setattr(making.making, "generated", forever)
    job = post(client, "/api/jobs", {"kind": "generate", "model": "gan"}).json()
    assert begun.wait(60)
    post(client, f"/api/jobs/{job['id']}/stop", {})
    while (state := client.get(f"/api/jobs/{job['id']}").json()["state"]) == "running":
        time.sleep(0.01)
    assert state == "stopped"


def test_other_pages_and_other_names_are_refused(client):
    assert client.post("/api/jobs", content=b"{}").status_code == 403
    assert client.get("/api/models", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/api/models", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("address", ["/static/../app.py", "/static/%2e%2e/app.py", "/pieces/..%2f..%2fetc.wav",
                                     "/pieces/nothing.wav"])
def test_nothing_else_is_served(client, address):
    assert client.get(address).status_code in (400, 404)


@pytest.mark.parametrize("model", ["gan", "diffusion"])
def test_a_stream_is_music_and_waits_for_its_listener(client, project, model):
    store = client.app.state.store
    trained, now, slept = store.trained(model), [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    made, total = streaming.stream(store, trained, {}, 3, lambda: now[0], sleep), 0
    while not slept:
        total += len(next(made)) // 2
        assert total < 200 * tiny.RATE
    assert total / tiny.RATE > streaming.AHEAD_S


def test_a_stream_comes_over_http_with_its_rate(client, monkeypatch):
    monkeypatch.setattr(streaming, "stream", lambda store, trained, conditions, seed: iter(
        [bytes(200), json.dumps([trained.name, trained.knobs["truncation"], conditions, seed]).encode()]))
    answer = client.get("/stream?model=gan&seed=4&truncation=0.5&condition.mode=minor")
    assert answer.headers["x-rate"] == str(tiny.RATE)
    assert json.loads(answer.content[200:]) == ["gan", 0.5, {"mode": "minor"}, 4]
    assert client.get("/stream?model=gone").status_code == 400
    assert client.get("/stream?model=gan&seed=x").status_code == 400


def test_steered_models_take_numbers_and_others_leave_them(tmp_path, monkeypatch):
    root = tiny.project(tmp_path / "p", ("gan",))
    tiny.save(tiny.steered("gan"), root / "data/models/steered_gan")
    monkeypatch.chdir(root)
    (tmp_path / "session").mkdir()
    client = TestClient(studio.create(tmp_path / "session"), base_url="http://127.0.0.1:8720")
    models = {m["name"]: m for m in client.get("/api/models").json()["models"]}
    assert models["steered_gan"]["numbers"]["register"] == [50, 70, "mean pitch, MIDI note number"]
    assert models["gan"]["numbers"] == {} and not models["steered_gan"]["flows"]
    for name, kept in (("steered_gan", {"tempo": 64.0, "mode": "minor"}), ("gan", {"mode": "minor"})):
        job = made(client, kind="generate", model=name, conditions={"tempo": 64, "mode": "minor"})
        sound_of(client, job)
        assert job["result"]["about"]["conditions"] == kept
    wrong = made(client, kind="generate", model="steered_gan", conditions={"tempo": 1000})
    assert wrong["state"] == "failed" and "tempo: expected 32 to 128, got 1000" in str(wrong)
    monkeypatch.setattr(streaming, "stream", lambda store, trained, conditions, seed: iter(
        [json.dumps(conditions).encode()]))
    assert client.get("/stream?model=steered_gan&number.register=60").json() == {"register": 60.0}


@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_steered_models_stream_piece_after_piece(tmp_path, monkeypatch, name):
    from chaconne.editing import endless

    root = tiny.project(tmp_path / "p", (name,))
    tiny.save(tiny.steered(name), root / f"data/models/steered_{name}")
    monkeypatch.chdir(root)
    trained = Store(tmp_path).trained(f"steered_{name}").with_knobs(steps=1 if name == "diffusion" else None)
    parts = endless.parts(trained, 1, {"register": 60.0})
    assert next(parts).shape == next(parts).shape == (1, tiny.CHANNELS, 323)


def test_two_streams_and_a_job_at_once_are_what_they_are_alone(client):
    """Torch has one source of random numbers: who computes must not disturb who waits."""
    store = client.app.state.store
    trained = store.trained("diffusion").with_knobs(steps=2)

    def begin(seed):
        made = streaming.stream(store, trained, {}, seed, sleep=lambda seconds: None)
        return b"".join(next(made) for _ in range(3))

    alone, found = [begin(1), begin(2)], {}
    threads = [threading.Thread(target=lambda seed=seed: found.update({seed: begin(seed)})) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    job = made(client, kind="generate", model="gan")
    for thread in threads:
        thread.join()
    assert [found[1], found[2]] == alone
    assert job["state"] == "done"


def test_a_model_that_was_trained_again_is_heard(tmp_path, monkeypatch):
    root = tiny.project(tmp_path / "p", ("gan",))
    monkeypatch.chdir(root)
    store = Store(tmp_path)
    first = store.trained("gan")
    assert store.trained("gan") is first
    tiny.save(tiny.generator("gan", 1), root / "data/models/gan")
    assert store.trained("gan") is not first


def test_experiments_of_this_repository_are_a_table():
    table = experiments.table(ROOT)
    assert [row["name"] for row in table["rows"]][:2] == ["workspace", "HEAD"]
    assert all(len(row["numbers"]) == len(table["columns"]) for row in table["rows"])
    assert any(row["numbers"][0] for row in table["rows"])


def test_without_a_project_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "session").mkdir()
    client = TestClient(studio.create(tmp_path / "session"), base_url="http://127.0.0.1")
    assert client.get("/api/models").json() == {"models": [], "project": "", "accompanist": False}
    assert client.get("/api/experiments").json()["rows"] == []
