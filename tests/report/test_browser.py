"""The report in a real browser: silent, self-contained, dark and light, readable on a phone, accessible."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eventstudy.report.write import save
from tests.batch import toys
from tests.report.browser import Browser, axe, browser, missing
from tests.report.made import made_cluster, made_event, made_result

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is there")
LIGHT, DARK = 200, 60
PAGES = ("event", "many", "simulated", "batch")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pages")
    made = {
        "event": made_result(title="A made event <b>$x^$ and a long headline that wraps on any phone screen"),
        "many": made_cluster(events=50),
        "simulated": made_result(simulated=True),
    }
    for name, result in made.items():
        save(result, root / name, events=[made_event("2021-03-05")] if name == "event" else [])
    toys.make_studies(root / "studies", 3)
    toys.night(root / "studies", root / "batch")
    return {name: root / name / "report.html" for name in made} | {"batch": root / "batch/index.html"}


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as session:
        yield session


@pytest.fixture
def chrome(driven: Browser) -> Browser:
    driven.scheme("light")
    driven.size(1000, 900)
    driven.log("browser")
    driven.log("performance")
    return driven


def requests_of(chrome: Browser) -> list[str]:
    made = [json.loads(entry["message"])["message"] for entry in chrome.log("performance")]
    return [m["params"]["request"]["url"] for m in made if m["method"] == "Network.requestWillBeSent"]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_nothing_to_the_console_and_asks_for_nothing(
    chrome: Browser, pages: dict[str, Path], name: str
) -> None:
    chrome.open(pages[name])
    assert chrome.log("browser") == []
    asked = requests_of(chrome)
    assert [url for url in asked if not url.startswith("data:")] == [pages[name].as_uri()]
    assert chrome.script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)") is True


def test_fifty_events_fit_into_two_megabytes(pages: dict[str, Path]) -> None:
    assert all(path.stat().st_size <= 2_000_000 for path in pages.values())


def test_a_script_in_the_page_would_be_stopped(chrome: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    planted = pages["event"].read_text("utf-8").replace("</main>", "<script>document.title='run'</script></main>")
    (tmp_path / "planted.html").write_text(planted, encoding="utf-8")
    chrome.open(tmp_path / "planted.html")
    assert chrome.script("return document.title") != "run"
    assert any("Content Security Policy" in entry["message"] for entry in chrome.log("browser"))


def brightness(picture: bytes) -> float:
    with Image.open(io.BytesIO(picture)) as shown:
        return float(np.asarray(shown.convert("L")).mean())


@pytest.mark.parametrize("name", ["event", "many"])
def test_light_and_dark_differ_as_they_should(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.open(pages[name])
    light = brightness(chrome.picture())
    chrome.scheme("dark")
    dark = brightness(chrome.picture())
    assert light > LIGHT
    assert dark < DARK
    # A browser swaps the picture when it gets round to it.
    shown = "return document.querySelector('figure img').currentSrc"
    until(lambda: chrome.script(shown) == picture_of(chrome, "(prefers-color-scheme: dark)"))
    chrome.scheme("light")
    until(lambda: chrome.script(shown) == chrome.script("return document.querySelector('figure img').src"))
    assert picture_of(chrome, "(prefers-color-scheme: dark)") != chrome.script(shown)


def picture_of(chrome: Browser, media: str) -> str:
    """Return the picture that the page offers for a wide screen in that color scheme."""
    found = "return document.querySelector(`figure source[media$='${arguments[0]}']:last-of-type`).srcset"
    return str(chrome.script(found, media))


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "the page never got there"
        time.sleep(0.05)


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.size(360, 740)
    chrome.open(pages[name])
    assert chrome.script("return document.documentElement.scrollWidth") <= 360
    wide = chrome.script("return [...document.images].map(i => i.getBoundingClientRect().width)")
    assert all(width <= 360 for width in wide)
    small = chrome.script(
        "return [...document.querySelectorAll('p, td, th, li')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(small) >= 11


def test_links_lead_to_their_sections(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    targets = chrome.script("return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    assert len(targets) >= 6
    for target in targets:
        chrome.script("document.querySelector(`nav a[href='${arguments[0]}']`).click()", target)
        assert chrome.script("return location.hash") == target
        assert chrome.script("return document.querySelector(':target') !== null") is True


def test_a_table_can_be_copied_as_text(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    copied = chrome.script(
        "const t = document.querySelector('table'); getSelection().selectAllChildren(t);"
        "return getSelection().toString()"
    )
    rows = [line.split("\t") for line in copied.splitlines() if "SBER" in line]
    assert rows
    assert [cell.strip() for cell in rows[0]] == ["SBER", "[0, 0]", "+128.7", "0.025", "0.026"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_finding(chrome: Browser, pages: dict[str, Path], name: str, scheme: str) -> None:
    if not (checker := axe()):
        pytest.skip("axe-core is not installed (npm in .ci/run, or the extra 'dev')")
    chrome.scheme(scheme)
    # The page's own policy stops scripts; the checker is given to a copy without one.
    text = pages[name].read_text("utf-8")
    bare = pages[name].with_name(f"bare-{scheme}.html")
    bare.write_text(text.replace("Content-Security-Policy", "X-None", 1), encoding="utf-8")
    chrome.open(bare)
    chrome.script(checker + "; window.axe = axe;")
    found = chrome.script_later("const done = arguments[0]; axe.run().then(r => done(r.violations))")
    assert [(v["id"], v["impact"], v["nodes"][0]["html"][:120]) for v in found] == []
    assert chrome.script_later("const done = arguments[0]; axe.run().then(r => done(r.passes.length))") > 10


def test_paper_shows_the_light_figure_and_no_navigation(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    light = chrome.script("return document.querySelector('figure img').currentSrc")
    chrome.devtools("Emulation.setEmulatedMedia", media="print", features=[])
    assert chrome.script("return getComputedStyle(document.querySelector('nav')).display") == "none"
    assert chrome.script("return getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert chrome.script("return document.querySelector('figure img').currentSrc") == light
    chrome.devtools("Emulation.setEmulatedMedia", media="", features=[])
