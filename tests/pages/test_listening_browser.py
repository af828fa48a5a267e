"""The listening page as a file in Debian's Chromium: by keys alone, in the dark, on a phone, and axe's findings."""

import json
import os
import shutil

import pytest

from chaconne.pages.listening import tally
from chaconne.pages.listening.page import make
from tests.pages.listeners import rows

playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[dev]' brings playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A page of three systems; returns (its path, the path of its key)."""
    folder = tmp_path_factory.mktemp("listening")
    key, _ = make(folder / "page.html", ["gan", "diffusion", "codec"], 3, 0, rows(folder / "samples"), checks=1)
    return folder / "page.html", key


def opened(browser, path, size="desk", scheme="light"):
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.faults.append(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or page.faults.append(
        f"asked for {request.url}"))
    page.goto(path.as_uri())
    return page


def hear(page):
    """Play A and B of the pair that is shown, by keys."""
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.querySelector('.pair:not([hidden]) .selected').matches('.heard')")


def test_from_the_file_to_the_answers_by_keys_alone(browser, made, tmp_path):
    page = opened(browser, made[0])
    page.keyboard.press("Tab")
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    assert page.inner_text("#where") == "Pair 1 of 5, 0 answered"
    page.keyboard.press("1")
    assert page.inner_text("#hint") == "Listen to A and to B first."
    for at in range(5):
        hear(page)
        page.keyboard.press("0")        # a choice is forced
        assert page.locator("[aria-pressed=true]").count() == 0
        page.keyboard.press("2" if at % 2 else "a")
        assert page.inner_text("#where") == f"Pair {at + 1} of 5, {at + 1} answered"
        page.keyboard.press("Enter")
    assert page.inner_text("#counted") == "5 of 5 pairs answered."
    page.get_by_role("button", name="Copy them").click()
    page.wait_for_function("() => document.getElementById('done').textContent === 'Copied.'")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the answers").click()
    saved.value.save_as(tmp_path / "answers.json")
    told = json.loads((tmp_path / "answers.json").read_text())
    assert told == json.loads(page.input_value("#text"))
    found = tally.preference([tmp_path / "answers.json"], made[1], keep=True)
    assert sum(found["listeners"]["Anna"]["wins"].values()) == 3
    assert found["checks"]["listeners"]["Anna"]["repeats"] == 1
    assert page.faults == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(browser, made, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, made[0], size, scheme)
    shown = [Axe().run(page)]
    shots = os.environ.get("CHACONNE_SHOTS")    # folder for screenshots to look at
    page.fill("#listener", "Anna")
    page.click("text=Begin")
    hear(page)
    page.keyboard.press("1")
    shown.append(Axe().run(page))
    if shots:
        page.screenshot(path=f"{shots}/listening-{size}-{scheme}.png", full_page=True)
    page.evaluate("finish()")
    shown.append(Axe().run(page))
    told = [(v["id"], v["impact"], [n["html"][:120] for n in v["nodes"]][:3])
            for found in shown for v in found.response["violations"]]
    assert not [v for v in told if v[1] in ("serious", "critical")], json.dumps(told, indent=1)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0 and page.faults == []
    page.close()
