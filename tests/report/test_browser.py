"""The report in a real browser: silent, self-contained, dark and light, readable on a phone, accessible."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eventstudy.report.build import build
from eventstudy.report.html import render_page
from eventstudy.report.write import save
from tests.batch import toys
from tests.reactions.test_group_headline import grouped
from tests.reactions.test_surprise_headline import one_slope
from tests.report.browser import Browser, axe, browser, missing
from tests.report.made import made_cluster, made_event, made_result
from tests.report.test_layout import long_held, one_daily

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is there")
LIGHT, DARK = 200, 60
PAGES = ("event", "many", "simulated", "batch", "groups", "surprises", "bhar", "shares")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pages")
    made = {
        "event": made_result(title="A made event <b>$x^$ and a long headline that wraps on any phone screen"),
        "many": made_cluster(events=50),
        "simulated": made_result(simulated=True),
        "groups": grouped({"good": 0.02, "bad": -0.02}, 6)[0],
        "surprises": one_slope()[0],
        "bhar": long_held(),
        "shares": one_daily(12)[0],
    }
    for name, result in made.items():
        events = [made_event("2021-03-05")] if name == "event" else []
        save(result, root / name, events=events, also=("report.eml",))
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
    if name != "batch":
        assert chrome.script("return document.querySelectorAll('svg[role=img]').length") >= 2


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
    # The figures are part of the page: their text and lines change color with it.
    color = "return getComputedStyle(document.querySelector('svg.wide text[style*=\"--ink\"]')).fill"
    assert chrome.script(color) == "rgb(233, 236, 239)"
    chrome.scheme("light")
    assert chrome.script(color) == "rgb(20, 24, 29)"


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.size(360, 740)
    chrome.open(pages[name])
    assert chrome.script("return document.documentElement.scrollWidth") <= 360
    wide = chrome.script(
        "return [...document.querySelectorAll('img, svg')].map(i => i.getBoundingClientRect())"
        ".map(r => [r.width, r.right])"
    )
    assert all(width <= 360 and right <= 360 for width, right in wide)
    small = chrome.script(
        "return [...document.querySelectorAll('p, td, th, li')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(small) >= 11


@pytest.mark.parametrize("name", ["event", "many", "simulated"])
def test_a_mail_is_read_on_a_phone_without_scrolling_sideways(
    chrome: Browser, pages: dict[str, Path], tmp_path: Path, name: str
) -> None:
    mail = message_from_bytes((pages[name].parent / "report.eml").read_bytes(), policy=policy.default)
    body = mail.get_body(("html",))
    assert body is not None
    html = body.get_content()
    for part in mail.walk():
        if part.get_content_type() == "image/png":
            encoded = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{encoded}")
    # Programs for mail drop style sheets and scripts: everything is in the elements.
    assert not re.search(r"<style|<script|<link|class=", html)
    (tmp_path / "mail.html").write_text(html, encoding="utf-8")
    chrome.size(390, 844)
    chrome.open(tmp_path / "mail.html")
    assert chrome.script("return window.innerWidth") == 390
    assert chrome.script("return document.documentElement.scrollWidth") <= 390
    shown = "return [...document.querySelectorAll('h1, p, img, table[role]')].map(e => e.getBoundingClientRect().right)"
    assert max(chrome.script(shown)) <= 390
    sizes = "return [...document.querySelectorAll('p, td, th')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    assert min(chrome.script(sizes)) >= 13
    assert chrome.script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)") is True
    # No word of a table is broken into letters: every cell is as wide as its longest word. A digest may be longer.
    broken = """const broken = [];
        for (const cell of document.querySelectorAll('div table th, div table td'))
            for (const word of cell.innerText.split(/[\\s\u2013-]+/).filter(w => w.length < 16)) {
                const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
                const at = text ? text.data.indexOf(word) : -1;
                if (at < 0 || !word) continue;
                const range = document.createRange();
                range.setStart(text, at); range.setEnd(text, at + word.length);
                if (new Set([...range.getClientRects()].map(r => r.top)).size > 1) broken.push(word);
            }
        return broken"""
    assert chrome.script(broken) == []
    # The finding and its figures come first.
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert chrome.script(top, "h1") < chrome.script(top, "table[role]") < 844


def test_a_folded_part_opens_and_is_reached_by_its_name(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    names = chrome.script("return [...document.querySelectorAll('details')].map(d => d.id)")
    assert {"numbers", "method", "provenance"} <= set(names)
    assert chrome.script("return [...document.querySelectorAll('details')].every(d => !d.open)") is True
    for name in names:
        chrome.script("document.querySelector(`#${arguments[0]} summary`).click()", name)
        tall = chrome.script(
            "return document.querySelector(`#${arguments[0]} > div`).getBoundingClientRect().height", name
        )
        assert tall > 10


@pytest.mark.parametrize("name", ["event", "many"])
def test_the_finding_and_the_hero_are_on_the_first_screen(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.size(1280, 900)
    chrome.open(pages[name])
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert chrome.script(top, "h1") < chrome.script(top, ".four") < chrome.script(top, ".hero svg.wide") < 650


@pytest.mark.parametrize("name", ["event", "many", "simulated"])
def test_the_table_on_top_fits_a_phone(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.size(390, 844)
    chrome.open(pages[name])
    wide = "const e = document.querySelector('.front .scroll'); return e.scrollWidth - e.clientWidth"
    assert chrome.script(wide) == 0


def test_a_table_can_be_copied_as_text(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    copied = chrome.script(
        "const t = document.querySelector('table'); getSelection().selectAllChildren(t);"
        "return getSelection().toString()"
    )
    rows = [line.split("\t") for line in copied.splitlines() if "SBER" in line]
    assert rows
    assert [cell.strip() for cell in rows[0]][:3] == ["SBER", "18:00 to 18:40", "+128.7"]


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


def test_paper_shows_the_light_page_without_its_folded_parts(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["event"])
    chrome.devtools("Emulation.setEmulatedMedia", media="print", features=[])
    assert chrome.script("return getComputedStyle(document.querySelector('details')).display") == "none"
    assert chrome.script("return getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    shown = "return [...document.querySelectorAll('.hero svg')].filter(s => s.getBoundingClientRect().width).length"
    assert chrome.script(shown) == 1
    chrome.devtools("Emulation.setEmulatedMedia", media="", features=[])
    assert chrome.script(shown) == 1


def test_one_to_five_instruments_and_many_events_print_on_one_page(
    chrome: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    save(made_result(codes=("SBER", "VTBR", "MTLR", "RASP", "TRNFP")), tmp_path / "five")
    report = build(made_result(codes=("SBER", "VTBR", "MTLR")))
    sections = [
        replace(one, points=(*one.points, *(f"Threat {n}. {'Words of it ' * 14}" for n in range(12))))
        if one.name == "spoilers"
        else one
        for one in report.page.sections
    ]
    threats = tmp_path / "threats.html"
    threats.write_text(render_page(replace(report.page, sections=tuple(sections)), report.pictures), "utf-8")
    assert "more in the file itself" in threats.read_text("utf-8")
    printed = {}
    for name, page in {**pages, "five": tmp_path / "five" / "report.html", "threats": threats}.items():
        chrome.open(page)
        paper = {"width": 21.0, "height": 29.7}
        pdf = base64.b64decode(chrome.ask("POST", "/print", {"page": paper, "background": True}))
        printed[name] = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert printed == dict.fromkeys(printed, 1)
