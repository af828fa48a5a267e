"""The real studio in Debian's Chromium: what people do on the page, on a desk and on a phone, and axe's findings."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from scripts.smoke import environment
from tests import tiny
from tests.conftest import ROOT

playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[dev]' brings playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
SECONDS = int(os.environ.get("CHACONNE_STREAM_SECONDS", "8"))   # of streaming without a gap; by hand: 60
SHOTS = os.environ.get("CHACONNE_SHOTS")                        # folder for screenshots to look at


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Start the real studio in a project with tiny models (CHACONNE_PROJECT: in that one); yield its address."""
    root = os.environ.get("CHACONNE_PROJECT") or tiny.project(tmp_path_factory.mktemp("project") / "p")
    command = [sys.executable, "-c", "from chaconne.cli import app; app()", "studio", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, cwd=root, env=environment() | {"PYTHONPATH": str(ROOT / "src")}, text=True,
                              stdout=subprocess.PIPE)
    line = server.stdout.readline()
    yield re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
    server.terminate()
    assert server.wait(30) in (0, -15, 143)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        yield chromium
        chromium.close()


def opened(browser, address, size="desk", scheme="light"):
    """Return a page of the studio that is ready; what it logs as an error fails the test at its end."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: request.url.startswith((address, "data:", "blob:")) or page.faults.append(
        f"asked for {request.url}"))
    page.goto(address)
    page.wait_for_selector("body[data-ready]", timeout=60000)
    return page


@pytest.fixture
def page(browser, address):
    page = opened(browser, address)
    yield page
    assert page.faults == []
    page.close()


def done(page, count, before=0):
    """Wait until so many cards are finished; returns those."""
    page.wait_for_function("(n) => document.querySelectorAll('.card[data-state=done]').length >= n",
                           arg=before + count, timeout=120000)
    return page.locator(".card[data-state=done]")


def cards(page):
    return page.locator(".card[data-state=done]").count()


def make(page, seconds=2):
    """Make a piece with both models from one seed; returns the new group."""
    before = cards(page)
    page.fill("#seconds", str(seconds))
    page.locator("[data-knob=steps]").fill("3")
    page.get_by_role("button", name="Make", exact=True).first.click()
    done(page, 2, before)
    return page.locator(".group").first


def test_generate_with_both_models_and_play(page):
    page.fill("#seed", "11")
    group = make(page)
    assert group.locator("h4").all_inner_texts() == ["diffusion, seed 11", "gan, seed 11"]
    player = group.locator("audio").first
    player.evaluate("async (a) => { await a.play(); }")
    page.wait_for_function("(a) => a.currentTime > 0.3", arg=player.element_handle())
    lit = page.locator("#spectrogram").evaluate(
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 60)")
    assert lit
    with page.expect_download() as saved:
        group.get_by_role("link", name="Save flac").first.click()
    assert saved.value.suggested_filename.endswith(".flac")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save everything").click()
    assert saved.value.suggested_filename == "chaconne-studio.zip"


def test_streaming_without_a_gap(page):
    for model in page.locator("#endless-model option").all_inner_texts():
        page.select_option("#endless-model", model)
        if page.locator("#endless-play").get_attribute("aria-pressed") == "false":
            page.click("#endless-play")
        status = page.locator("#endless-status")
        page.wait_for_function("(s) => Number(s.dataset.heard) > 1", arg=status.element_handle(), timeout=60000)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            page.wait_for_timeout(1000)
        told = status.evaluate("(s) => ({...s.dataset})")
        assert told["gaps"] == "0" and float(told["ahead"]) > 2, (model, told)
        print(model, told)
    page.click("#endless-play")
    assert page.inner_text("#endless-status") == "Silent."


@pytest.mark.parametrize("kind", ["reconstruct", "continue", "vary", "inpaint", "accompany"])
def test_drop_a_recording(page, tmp_path, kind):
    before = cards(page)
    page.set_input_files("#recording-file", tiny.recording(tmp_path / "tune.flac", 5.0, 44100, 2))
    page.wait_for_selector("#recording-form:not([hidden])")
    page.select_option("#recording-kind", kind)
    page.locator("#recording-form").get_by_role("button", name="Make").click()
    titles = done(page, 1, before).locator("h4").all_inner_texts()
    said = {"accompany": "accompanied"}.get(kind, kind)
    assert [title for title in titles if title.startswith(f"tune.flac: {said}, ")]


def test_harmonise_a_melody_from_the_keyboard(page):
    before = cards(page)
    page.locator("#piano [data-pitch='60']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.pitch") == "61"
    for key in "ghjkjhg":
        page.keyboard.press(key)
    page.get_by_label("half").check()
    page.locator("#piano [data-pitch='67']").click()
    assert page.inner_text("#typed").startswith("G4 quarter, A4 quarter, B4 quarter, C5 quarter")
    page.click("#harmonize")
    card = done(page, 1, before).first
    sheet = card.locator(".sheet")
    notes = sheet.locator("svg [data-at]")
    notes.first.wait_for()
    assert notes.count() > 30 and sheet.locator("> svg").bounding_box()["width"] > 300
    assert "Score of" in sheet.get_attribute("aria-label")
    notes.nth(8).dispatch_event("click")    # the sound goes there, and what sounds is marked
    sheet.locator(".now").first.wait_for()
    assert re.match(r"No rule is broken\.|\d+ broken rule", card.locator(".violations").inner_text())


def test_a_bad_file_is_told_and_the_page_lives(page, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"this is no sound")
    page.set_input_files("#recording-file", tmp_path / "bad.wav")
    page.wait_for_selector("#recording-status.bad")
    assert "bad.wav: expected a recording" in page.inner_text("#recording-status")
    page.set_input_files("#recording-file", tiny.recording(tmp_path / "good.wav"))
    page.wait_for_selector("#recording-form:not([hidden])")
    assert "good.wav: 6.0 s" in page.inner_text("#recording-status")
    (tmp_path / "bad.mid").write_bytes(b"MThd nothing")
    page.set_input_files("#melody-file", tmp_path / "bad.mid")
    page.wait_for_selector("#melody-status.bad")


def test_two_tabs_at_once(browser, address, page):
    other = opened(browser, address)
    for tab, seed in ((page, "21"), (other, "22")):
        tab.fill("#seed", seed)
        tab.fill("#seconds", "2")
        tab.get_by_role("button", name="Make", exact=True).first.click()
    for tab, seed in ((page, "21"), (other, "22")):
        tab.wait_for_function("(s) => [...document.querySelectorAll('.card[data-state=done] h4')].filter("
                              "(h) => h.textContent.endsWith(s)).length == 2", arg=f"seed {seed}", timeout=120000)
    assert other.faults == []
    other.close()


def test_a_reload_while_it_works_loses_nothing(page):
    page.fill("#seed", "31")
    page.fill("#seconds", "60")
    page.get_by_role("button", name="Make", exact=True).first.click()
    page.wait_for_selector(".card h4:text('seed 31')")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("() => [...document.querySelectorAll('.card[data-state=done] h4')].filter("
                           "(h) => h.textContent.endsWith('seed 31')).length == 2", timeout=120000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(browser, address, tmp_path, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, address, size, scheme)
    make(page)
    page.set_input_files("#recording-file", tiny.recording(tmp_path / "axe.wav"))
    page.wait_for_selector("#recording-form:not([hidden])")
    page.locator("#piano [data-pitch='67']").click()
    found = Axe().run(page).response["violations"]
    told = [(v["id"], v["impact"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/studio-{size}-{scheme}.png", full_page=True)
    assert not [v for v in told if v[1] in ("serious", "critical")], json.dumps(told, indent=1)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px wider than the {size}"
    assert page.faults == []
    page.close()


def test_everything_is_reached_with_the_keyboard(page):
    names = set()
    page.locator("body").press("Tab")
    for _ in range(80):
        names.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        page.keyboard.press("Tab")
    assert {"seed", "seconds", "Make", "endless-model", "endless-play", "recording-file", "melody-file", "metre",
            "experiments-again"} <= names
