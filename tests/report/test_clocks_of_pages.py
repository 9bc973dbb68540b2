"""The clock that a page shows is the market's, in winter and in summer, and every part of a figure shares it."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from eventstudy.report.figure_data import response_view
from eventstudy.report.finding import reversal
from eventstudy.report.interactive import interactive, on_clock
from eventstudy.study.result import StudyResult
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec
from tests.report.made import made_event, made_result, moscow


def daily_frame_result() -> StudyResult:
    """Daily returns of one instrument over the end of summer time in New York (5 November 2023)."""
    days = pd.bdate_range("2023-01-02", "2023-12-29")
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"AAA": rng.normal(0, 0.01, len(days))}, index=days)
    events = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2023-11-06 12:00", tz="America/New_York")]})
    spec = StudySpec(model="constant_mean", estimation=(-150, -11), event=(-3, 3), tests=("time_series_t",))
    return run_study(spec, events, frame, closes_at="16:00 America/New_York")


def test_the_interactive_figure_shades_the_event_on_the_local_clock() -> None:
    pytest.importorskip("plotly", reason="plotly is not installed (extra 'interactive')")
    result = made_result()
    page = interactive(result).decode("utf-8")
    found = re.search(r'"shapes":(\[.*?\])', page)
    assert found is not None
    shade = json.loads(found[1])[0]
    event = made_event("2021-03-05")  # 18:05 to 18:37 in Moscow
    assert shade["x0"].endswith("T18:05:00")
    assert shade["x1"].endswith("T18:37:00")
    assert on_clock(event.time.latest, "Europe/Moscow") == "2021-03-05T18:37:00"
    # The jump that the made bars hold at 18:40 lies right after the shaded interval.
    assert "T18:40:00" in page
    assert "T15:40:00" not in page


def test_a_frame_of_returns_shows_the_zone_of_its_closes() -> None:
    result = daily_frame_result()
    assert result.zone == "America/New_York"
    view = response_view(result)
    clocks = [on_clock(pd.Timestamp(int(us), unit="us", tz="UTC"), view.zone)[11:16] for us in view.path.at[1:]]
    assert clocks == ["16:00"] * 7  # four of them before the clocks went back and three after


def test_a_path_of_returns_begins_one_bar_before_its_first_cell() -> None:
    view = response_view(daily_frame_result())
    # The first cell closes on Wednesday, 1 November; the close before it is that of 31 October.
    assert np.diff(view.path.at)[0] >= 86_400_000_000


def test_prices_bring_the_zone_of_their_calendar() -> None:
    result = made_result()
    assert result.zone == "Europe/Moscow"
    assert {piece.zone for piece in result.prices} == {"Europe/Moscow"}
    assert response_view(result).zone == "Europe/Moscow"
    assert moscow("2021-03-05T18:40").hour == 18


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        ("18:00 to 18:40", "reversed by 18:40: the move from 18:00 to 18:40 is +10.0 bp (p = 0.300)."),
        ("bars 0 to +4", "reversed by bar +4: the move over bars 0 to +4 is +10.0 bp (p = 0.300)."),
    ],
)
def test_a_reversal_is_reported_on_the_clock_where_its_window_has_one(words: str, ending: str) -> None:
    def row(stop: int, car: float, p: float) -> dict[str, object]:
        return {"window": [0, stop], "car": car, "words": words, "tests": {"placebo": {"pvalue": p}}}

    first, later = row(0, 0.01, 0.01), row(4, 0.001, 0.3)
    study = {"primary": {"test": "placebo", "level": 0.95, "daily": False}, "responses": [first, later]}
    assert reversal(study, [first, later], first).replace("\xa0", " ") == f"90.0 bp of it had {ending}"
