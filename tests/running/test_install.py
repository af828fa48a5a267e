"""Where PyTorch is installed from: without a graphics card from its own index, where that can be reached."""

import http.server
import subprocess
import threading
from types import SimpleNamespace

import pytest

from scripts import install_torch


@pytest.fixture
def index(tmp_path):
    """Serve an index that knows PyTorch; return its address."""
    (tmp_path / "torch").mkdir()
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *parts: handler(*parts, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def asked(monkeypatch):
    """Return the commands that would be run, on a Linux without a card."""
    commands = []
    monkeypatch.setattr(install_torch, "has_card", lambda: False)
    monkeypatch.setattr(install_torch.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install_torch.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(subprocess, "run", lambda line, **_: commands.append(line) or SimpleNamespace(returncode=1))
    return commands


def test_only_pytorch_comes_from_its_index_and_a_lack_there_is_said(index, asked, capsys):
    install_torch.main(index)
    assert asked[0][-4:] == ["--index-url", index, "torch", "torchaudio"]
    assert "--no-deps" in asked[0]
    assert "lacks the versions of constraints.txt" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["card", "mac", "asked not to"])
def test_nothing_is_asked_for(index, asked, monkeypatch, change):
    if change == "card":
        monkeypatch.setattr(install_torch, "has_card", lambda: True)
    if change == "mac":
        monkeypatch.setattr(install_torch.platform, "system", lambda: "Darwin")
    install_torch.main("" if change == "asked not to" else index)
    assert not asked


@pytest.mark.parametrize("away", ["http://127.0.0.1:9", "no address", "{index}/elsewhere"])
def test_an_index_that_does_not_answer_is_said_and_left(index, asked, capsys, away):
    install_torch.main(away.format(index=index))
    assert not asked
    assert "cannot be reached: PyTorch comes with CUDA" in capsys.readouterr().out
