"""2,000 hostile texts through every output: they come out as text, and nothing raises.

The default run takes a sample; ``scripts/test --slow`` takes them all.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import Notice
from eventstudy.news.items import Event, EventTime
from eventstudy.report.about import event_section
from eventstudy.report.canvas import figure_of, svg
from eventstudy.report.content import make_page
from eventstudy.report.figures import FIGURES
from eventstudy.report.html import render_page
from eventstudy.report.inline_svg import FigureText, inline_svg
from eventstudy.report.latex import render_latex
from eventstudy.report.mail import plain_text, render_mail
from eventstudy.report.many_views import Dots
from eventstudy.report.markdown import render_markdown
from eventstudy.report.page_parts import Material, Page, Picture
from eventstudy.report.plots.figure_row import draw_bare, paint
from eventstudy.report.table_files import frame_csv, frame_json, frame_parquet, json_bytes
from eventstudy.show.escape import FORMULA_STARTS, file_name
from eventstudy.study.spec import StudySpec
from tests.report.made import made_facts, made_study, made_view

SEEDS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<img src=https://evil.example/x.png>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\"><a href=\"javascript:alert(1)\">x</a>",
    "' onmouseover='alert(1)",
    "<!--", "-->", "]]>", "<![CDATA[", "<?xml?>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///x'>]>&e;",
    "&lt;script&gt;", "&#x3c;script&#x3e;", "&nbsp", "{{ 7*7 }}", "{% raw %}", "{#", "${7*7}", "#{7*7}",
    "$\\frac{1}{$", "$x^$", "$$", "\\", "%s%n", "\\input{/etc/passwd}", "\\write18{ls}", "^^41",
    "[red]x[/red]", "[/foo]", "[link=https://evil.example]x[/link]",
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "\x9b31m", "\x00", "\x07\x08", "\r\nX: y",
    "\u202egnp.exe", "\u2066x\u2069", "\u200b\u200bx", "\ufeff", "\ud800", "\udfff", "\ufffe", "\U0010ffff",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "＝1", "=HYPERLINK(\"https://evil.example\",\"x\")",
    "../../etc/passwd", "C:\\con", "/etc/x", "a/b\\c", "x" * 10_000, "a" + "\u0301" * 200,
    "Путин: «звонок»", "路透社：卢布", "خبر عاجل", "עברית", "😀👩‍👩‍👧‍👦🏴\U000e0067", "e\u0301", "ﷺ" * 50, "",
    "| a | b |", "`x`", "**x**", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "<https://evil.example>",
    "| --- |\n| x |", "# x", "- x\n- y", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
]  # fmt: skip
ALLOWED_TAGS = {
    *["html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section", "p", "strong", "h1", "h2"],
    *["ul", "li", "a", "figure", "picture", "source", "img", "figcaption", "div", "table", "caption", "thead", "tbody"],
    *["tr", "th", "td", "bdi", "span", "dl", "dt", "dd", "ol", "b", "small", "details", "summary", "footer", "svg"],
}
ALLOWED_LATEX = {
    *["usepackage", "begin", "end", "centering", "caption", "toprule", "midrule", "bottomrule", "textbackslash"],
    *["label", "tab", "small", "footnotesize", "setlength", "tabcolsep", "shortstack", "raggedright", "arraybackslash"],
    "allowbreak",
    *["endfirsthead", "endhead", "endfoot", "times", "begingroup", "endgroup", "par", "smallskip"],
    *["textasciicircum", "textasciitilde", "textless", "textgreater", "textbar", "textquotedbl", "textasciigrave"],
}


def payloads(count: int) -> list[str]:
    """The seeds, then seeded mixtures of them."""
    rng = random.Random(20210413)
    made = list(SEEDS)
    while len(made) < count:
        parts = rng.sample(SEEDS, rng.randint(2, 4))
        made.append("".join(part[:2_000] for part in parts))
    return made[:count]


SOME = payloads(len(SEEDS) + 40)


def page_of(text: str, *, simulated: bool = False) -> Page:
    """A page with the payload in every field that holds text from outside."""
    study = made_study(
        outcomes=[{"event": text, "instrument": text, "outcome": "failed", "reason": text}],
        warnings=[{"code": text, "message": text}],
    )
    for response in study["responses"]:
        response["event"] = response["instrument"] = text
        for test in response["tests"].values():
            test["reason"] = text
    facts = made_facts() | {"study": text, "data": [{"name": text, "digest": text}]}
    at = datetime(2021, 4, 13, 15, tzinfo=UTC)
    event = Event("call", EventTime(at, at, text, (text,)), (text,), label=text, sources=(text,))
    section = event_section([event], "Europe/Moscow")
    spec = StudySpec(name="x", title=text)
    picture = Picture("panel", f"alt {text}"[:300], text)
    return make_page(Material(study, spec, facts, (picture,), simulated, event=section))


@cache
def _pixel() -> bytes:
    return b"\x89PNG\r\n\x1a\n"


class Danger(HTMLParser):
    """Collects what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            text = value or ""
            if name.startswith("on") or (name in {"src", "srcset"} and not text.startswith(("data:image/", "cid:"))):
                self.found.append(f"{tag} {name}={text[:60]}")
            if name == "href" and not re.fullmatch(r"#[a-z-]+|https://doi\.org/10\.[^\s\"'<>]+", text):
                self.found.append(f"{tag} {name}={text[:60]}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data[:40]}")


def dangers(html: str) -> list[str]:
    parser = Danger()
    parser.feed(html)
    parser.close()
    return parser.found


def check_text(text: str) -> None:
    """Every output but the figures, on one payload."""
    page = page_of(text)
    html = render_page(page, {"panel": "<svg></svg>"})
    assert dangers(html) == []
    html.encode("utf-8")
    mail = message_from_bytes(render_mail(page, {"panel": _pixel()}), policy=policy.default)
    assert set(mail.keys()) == {"Subject", "From", "To", "X-Unsent", "MIME-Version", "Content-Type"}
    body = mail.get_body(("html",))
    assert body is not None
    assert dangers(body.get_content()) == []
    for shown in (plain_text(page), render_markdown(page, {})):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    markdown = re.sub(r"\\.", "", render_markdown(page, {}))
    assert "<" not in markdown
    assert "](" not in markdown
    commands = set(re.findall(r"\\([A-Za-z]+)", render_latex(page, name="s").replace("\\\\", " ")))
    assert commands <= ALLOWED_LATEX
    for section in page.sections:
        for table in section.tables:
            frame = pd.DataFrame(table.rows, columns=[column.name for column in table.columns])
            for row in csv.reader(io.StringIO(frame_csv(frame).decode("utf-8"))):
                assert not any(cell.startswith(FORMULA_STARTS) and not _number(cell) for cell in row)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", file_name(text))


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def made_dots(names: tuple[str, ...], moves: np.ndarray, words: str) -> Dots:
    none, clear = np.full(len(moves), np.nan), moves > 0
    return Dots(words, names, moves, moves - 0.01, moves + 0.01, none, clear, words, 0.95, words, words)


def check_figure(text: str) -> None:
    view = made_view(title=text, instrument=text or "?")
    row = FIGURES["response_panel"]
    dots = made_dots((text, "b"), np.array([0.01, -0.02]), text)
    page = ET.fromstring(inline_svg(draw_bare(row, view, "wide"), "a", FigureText(text, text)))  # noqa: S314  made here
    assert not {element.tag for element in page.iter()} & {"script", "foreignObject", "image", "a", "iframe"}
    assert not [v for element in page.iter() for v in element.attrib.values() if "evil" in v]
    for content in (
        svg(figure_of(paint(row, view)), title=file_name(text)),
        svg(figure_of(paint(FIGURES["dots"], dots))),
    ):
        root = ET.fromstring(content)  # noqa: S314  made in the line above
        names = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
        assert not names & {"script", "foreignObject", "image", "a", "iframe"}
        assert b"https://evil.example" not in re.sub(rb"<!--.*?-->", b"", content, flags=re.S)


@pytest.mark.parametrize("text", SOME, ids=range(len(SOME)))
def test_a_hostile_text_is_text_in_every_output(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("text", SEEDS[::4], ids=range(len(SEEDS[::4])))
def test_a_hostile_text_is_drawn_as_text(text: str) -> None:
    check_figure(text)


@pytest.mark.slow
def test_two_thousand_hostile_texts_through_every_output() -> None:
    every = payloads(2_000)
    for text in every:
        check_text(text)
    for start in range(0, len(every), 40):
        check_names(tuple(every[start : start + 40]))
    for text in every[::20]:
        check_figure(text)


def check_names(names: tuple[str, ...]) -> None:
    """Forty payloads as the names of one figure."""
    car = np.linspace(-0.02, 0.02, len(names))
    dots = made_dots(names, car, names[0])
    drawn = svg(figure_of(paint(FIGURES["dots"], dots)))
    ET.fromstring(drawn)  # noqa: S314  made in the line above
    assert b"<script" not in drawn


def test_the_check_itself_finds_what_it_looks_for() -> None:
    assert dangers("<p>x</p><script>1</script><a href='javascript:x'>y</a><img src='https://evil.example/'>") == [
        "<script>",
        "a href=javascript:x",
        "img src=https://evil.example/",
    ]


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_formulas_in_frames_are_escaped_and_numbers_stay_numbers(start: str) -> None:
    frame = pd.DataFrame({"name": [start + "1+1", "plain"], "car": [-1.5, 0.1 + 0.2], "n": [1, -2]})
    read = pd.read_csv(io.BytesIO(frame_csv(frame)), keep_default_na=False, float_precision="round_trip")
    assert read["car"].tolist() == [-1.5, 0.1 + 0.2]
    assert read["n"].tolist() == [1, -2]
    assert not read["name"][0].startswith(FORMULA_STARTS)
    assert read["escaped"].tolist()[1] == ""
    assert "escaped" not in pd.read_csv(io.BytesIO(frame_csv(frame.iloc[1:]))).columns


def test_ids_like_na_and_007_come_back_as_text() -> None:
    frame = pd.DataFrame({"event": ["NA", "007", "null"], "car": [1.0, 2.0, np.nan]})
    rows = json.loads(frame_json(frame))
    assert [row["event"] for row in rows] == ["NA", "007", "null"]
    assert rows[2]["car"] is None
    assert pd.read_parquet(io.BytesIO(frame_parquet(frame)))["event"].tolist() == ["NA", "007", "null"]
    text = pd.read_csv(io.BytesIO(frame_csv(frame)), dtype={"event": str}, keep_default_na=False)
    assert text["event"].tolist() == ["NA", "007", "null"]


def test_json_has_no_nan() -> None:
    written = json_bytes({"x": float("nan"), "y": [np.float64("inf"), np.int64(3)], "z": pd.NaT})
    assert json.loads(written) == {"x": None, "y": [None, 3], "z": None}
    assert b"NaN" not in written
    assert json.loads(json_bytes({"name": "\ud800"})) == {"name": "\ud800"}


def test_a_mail_too_large_leaves_figures_out_and_says_so() -> None:
    many = {f"p{i}": bytes(400_000) for i in range(3)}
    page = page_of("A call")
    mail = render_mail(page, many)
    assert len(mail) <= 1_000_000
    assert b"figures did not fit" in mail.replace(b"=\r\n", b"")
    assert render_mail(page, many) == mail


def test_simulated_is_on_every_output() -> None:
    page = page_of("A call", simulated=True)
    drawn = {"panel": "<svg></svg>"}
    outputs: list[Any] = [
        render_page(page, drawn),
        render_markdown(page, {}),
        render_latex(page, name="s"),
        plain_text(page),
    ]
    outputs.append(render_mail(page, {}).decode())
    assert all("SIMULATED" in output for output in outputs)
    frame = pd.DataFrame({"car": [1.0]})
    assert b"SIMULATED" in frame_csv(frame, simulated=True)
    assert b"SIMULATED" in frame_json(frame, simulated=True)


def test_notices_survive_in_a_page() -> None:
    notice = Notice("ES001", "<b>x</b>")
    page = page_of("A call")
    study = made_study(warnings=[{"code": notice.code, "message": notice.message}])
    made = make_page(Material(study, StudySpec(name="x"), made_facts()))
    assert replace(page, title="y").title == "y"
    assert "&lt;b&gt;x&lt;/b&gt;" in render_page(made, {})
