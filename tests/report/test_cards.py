"""What a notebook shows of each value: short, useful, escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import Notice
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event
from eventstudy.news.time_evidence import Dating
from eventstudy.report.figures import FIGURES
from eventstudy.report.plots.figure_row import Pick
from eventstudy.study.run import run_study
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
    tables = {"div", "p", "strong", "table", "tr", "th", "td", "bdi", "caption", "thead", "tbody"}
    result = {"dl", "dt", "dd", "b", "span", "svg", "rect", "path", "text", "details", "summary", "code"}
    assert tags_of(html) <= tables | result
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


def test_the_plot_of_a_card_follows_the_theme_and_stays_inside() -> None:
    html = made_result(event=(-5, 0), simulated=True)._repr_html_()
    svg = html[html.index("<svg") : html.index("</svg>")]
    colors = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colors == {"currentColor", "none", "#e69f00", "#2e86c1"}
    assert "background" not in svg
    numbers = [float(x) for d in re.findall(r' d="([^"]+)"', svg) for x in re.findall(r"[\d.]+", d)]
    assert max(numbers) <= 560
    assert "SIMULATED" in svg
    assert "SIMULATED" in html[: html.index("<svg")]
    line = re.search(r'<path d="M([^"]+)" fill="none"', svg)
    assert line is not None
    points = [tuple(map(float, point.split())) for point in line[1].split("L")]
    assert len(points) == 7  # the close before the first bar, and bars -5 to 0
    # The event is a rise of about 130 bp on quiet bars: the last point is the highest (y runs downwards).
    assert min(points, key=lambda point: point[1]) == points[-1]


def test_the_card_of_many_events_has_the_mean_and_the_extremes() -> None:
    days = pd.bdate_range("2022-01-03", periods=60)
    rng = np.random.default_rng(0)
    returns = pd.DataFrame(rng.normal(0, 0.01, (60, 20)), days, [f"F{i:02d}" for i in range(20)])
    noon = pd.Timestamp("2022-02-22 12:00", tz="America/New_York")
    late = pd.Timestamp("2023-02-22 12:00", tz="America/New_York")
    events = pd.DataFrame({"instrument": [*returns.columns, "F00"], "time": [noon] * 20 + [late]})
    spec = StudySpec(event=(-1, 1), windows=[(0, 0)], tests=["cross_sectional_t"])
    html = run_study(spec, events, returns, closes_at="16:00 America/New_York")._repr_html_()
    day = returns.loc["2022-02-22"]
    assert f"{1e4 * day.mean():+.1f}".replace("-", "\u2212") in html
    first, _, rest = html.partition("Largest and smallest responses")
    assert rest
    assert first.count("<svg") == 1
    for code in [*day.nlargest(5).index, *day.nsmallest(5).index]:
        assert f">{code}</td>" in rest
    assert rest.count("<tr") == 1 + 10
    assert "1 not used" in rest


def test_the_card_of_one_event_on_many_instruments_plots_their_mean() -> None:
    result = made_result(codes=("A", "B", "C", "D", "E", "F"), event=(-5, 0))
    html = result._repr_html_()
    assert "Mean cumulative abnormal return of 6 instruments" in html
    assert "interval of the mean" not in html  # six moves at one time are not independent
    ends = result.abnormal.ar[:, 5]  # the path is zero at the last price before the news and ends with the event
    assert f"{1e4 * ends.mean():+.1f}\u00a0bp at the end".replace("-", "\u2212") in html


def test_the_tests_of_many_instruments_are_drawn_for_the_largest_move() -> None:
    result = made_result(codes=("A", "B", "C", "D", "E", "F"))
    moves = result.abnormal.ar[:, 0]
    largest = str(result.abnormal.instruments[np.abs(moves).argmax()])
    assert largest != "A"  # the first of the input, which was drawn before
    drawn = FIGURES["agreement"].cut(result, Pick())
    assert drawn.window.startswith(f"{largest}, the largest move, ")
    assert FIGURES["agreement"].cut(result, Pick(instrument="A")).window.startswith("A, ")
