"""What a notebook shows of each value: short, useful, escaped."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from eventstudy.errors import Notice
from eventstudy.market.instruments import Instrument
from eventstudy.news.evidence import Dating
from eventstudy.news.items import Event
from eventstudy.study.spec import StudySpec
from tests.report.made import made_bars, made_event, made_result

SCRIPT = "<script>alert(1)</script>\x1b[31m\u202e$x^$"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


def tags_of(html: str) -> set[str]:
    parser = Tags()
    parser.feed(html)
    return parser.tags


def hostile() -> dict[str, object]:
    event = made_event("2021-04-13")
    bars = made_bars(days=2)
    traded = Instrument(SCRIPT, quote=SCRIPT)
    return {
        "event": Event(event.id, replace(event.time, evidence=(SCRIPT,)), (SCRIPT,), label=SCRIPT),
        "dating": Dating(SCRIPT, "undated"),
        "bars": replace(bars, instrument=traded, source=SCRIPT, notices=(Notice("X", SCRIPT),)),
        "spec": StudySpec(name="x", title=SCRIPT),
        "result": made_result(title=SCRIPT, codes=(SCRIPT,)),
    }


@pytest.mark.parametrize("name", ["event", "dating", "bars", "spec", "result"])
def test_hostile_text_in_a_card_is_text(name: str) -> None:
    html = hostile()[name]._repr_html_()  # type: ignore[attr-defined]
    assert tags_of(html) <= {"div", "p", "strong", "table", "tr", "th", "td", "bdi", "caption", "thead", "tbody"}
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html


def test_an_event_says_when_it_became_public() -> None:
    event = made_event("2021-04-13")
    assert "2021-04-13 15:05 UTC to 2021-04-13 15:37 UTC" in event._repr_html_()
    assert str(event) == "call: event, 2021-04-13 15:05 to 2021-04-13 15:37 UTC"


def test_bars_say_how_many_from_when_to_when() -> None:
    bars = made_bars(days=2, simulated=True)
    # Two days of 10:10 to 18:40 in steps of ten minutes: 52 closes each.
    assert repr(bars).startswith("<Bars SBER: SIMULATED, 104 bars of ")
    assert "104 of 10 min" in bars._repr_html_()
    assert "SIMULATED" in bars._repr_html_()


def test_a_study_and_a_dating_have_a_line_of_text() -> None:
    assert "model zero" in str(StudySpec(name="x"))
    assert str(Dating("note", "undated")) == "Dating of note: undated; 0 pieces of evidence, 0 conflicts"


def test_the_card_of_a_result_has_the_finding_and_few_rows() -> None:
    html = made_result()._repr_html_()
    assert "SBER" in html
    assert "+128.7" in html
    assert len(html) < 20_000
