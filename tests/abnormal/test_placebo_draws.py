"""Which days may serve for a window, and what their CAR is: checked by hand on four days of six bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from eventstudy import Bars, Event, EventTime, Instrument, StudySpec, run_study
from tests.study.made import intraday

# A zone without daylight saving keeps the example readable; the real zones are tested with the calendars.
UTC = UTC
# Four days of six ten-minute bars that close from 10:10 to 11:00; log price in basis points after each close.
LEVELS = {
    1: [0, 10, 20, 30, 40, 50],
    2: [0, 5, 15, 0, 10, 20],
    3: [0, -10, -40, -50, -60, -70],
    4: [0, 10, 10, 35, 55, 55],
}
EVENT = datetime(2021, 3, 4, 10, 20, tzinfo=UTC), datetime(2021, 3, 4, 10, 37, tzinfo=UTC)


def bars(drop: tuple[tuple[int, int], ...] = ()) -> Bars:
    rows = {
        datetime(2021, 3, day, 10, 10, tzinfo=UTC) + timedelta(minutes=10 * i): np.exp(level / 1e4)
        for day, levels in LEVELS.items()
        for i, level in enumerate(levels)
        if (day, i) not in drop
    }
    frame = pd.DataFrame({"close": list(rows.values())}, index=pd.DatetimeIndex(list(rows)).as_unit("us"))
    return Bars(Instrument("X"), pd.Timedelta("10min"), "right", frame)


def outcome(series: Bars, missing: str = "refuse", window: tuple[int, int] = (0, 0)) -> tuple[float, float, int]:
    spec = StudySpec(
        event=(-1, 2),
        windows=[window],
        tests=["placebo"],
        test_options={"placebo": {"missing": missing}},
        response="off",
    )
    event = Event(id="e", time=EventTime(*EVENT))
    (row,) = run_study(spec, [event], series).to_dict()["responses"]
    test = row["tests"]["placebo"]
    return row["car"], test["pvalue"], test["n"]


def test_by_hand() -> None:
    # Reference 10:20 (level 10), first close at or after 10:37 is 10:40 (35): +25 bp. The same clock on days 1 to 3:
    # 30 - 10 = +20, 0 - 5 = -5, -50 - (-10) = -40. One of three is as large: p = (1 + 1) / (3 + 1).
    car, pvalue, n = outcome(bars())
    assert abs(car - 25e-4) < 1e-12
    assert (pvalue, n) == (0.5, 3)


def test_a_day_that_misses_a_bar_in_the_window_does_not_serve() -> None:
    # Day 3 without its 10:30 bar: +20 and -5 are left, none as large as 25: p = 1 / 3.
    _, pvalue, n = outcome(bars(drop=((3, 2),)))
    assert (round(pvalue * 3), n) == (1, 2)


def test_a_bar_missing_outside_the_tested_window_is_no_reason() -> None:
    assert outcome(bars(drop=((3, 5),)))[2] == 3
    assert outcome(bars(drop=((3, 0),)))[2] == 3


@pytest.mark.parametrize("end", [1, 3])
def test_a_day_without_a_price_at_either_end_never_serves(end: int) -> None:
    assert outcome(bars(drop=((3, end),)), "merge")[2] == 2


def test_merging_keeps_a_day_with_a_few_silent_bars_but_not_one_with_a_hole() -> None:
    # The window of two bars keeps no day with one missing (half is a hole).
    assert outcome(bars(drop=((3, 2),)), "merge")[2] == 2
    # 40 one-minute bars with one silent minute: the day serves, and its sum is exact.
    minutes = pd.DatetimeIndex(
        [datetime(2021, 3, d, 10, tzinfo=UTC) + timedelta(minutes=m) for d in (1, 2, 3) for m in range(60)]
    ).as_unit("us")
    close = np.exp(np.arange(180) % 60 * 1e-4 * np.repeat([1.0, 2.0, 3.0], 60))
    frame = pd.DataFrame({"close": close}, index=minutes).drop(minutes[60 + 20])
    spec = StudySpec(event=(0, 0), tests=["placebo"], test_options={"placebo": {"missing": "merge"}}, response="off")
    news = EventTime(datetime(2021, 3, 3, 10, 10, tzinfo=UTC), datetime(2021, 3, 3, 10, 50, tzinfo=UTC))
    result = run_study(spec, [Event(id="e", time=news)], Bars(Instrument("X"), pd.Timedelta("1min"), "right", frame))
    (row,) = result.to_dict()["responses"]
    # Day 3 rises 3 bp a minute, days 2 and 1 rise 2 and 1: 120, 80, 40 bp over 40 minutes; sd(80, 40) = 28.28 bp.
    assert abs(row["car"] - 120e-4) < 1e-12
    assert row["tests"]["placebo"]["n"] == 2
    assert abs(row["tests"]["placebo"]["statistic"] - 120 / np.std([80, 40], ddof=1)) < 1e-9


def test_windows_before_and_after_the_news_start_from_the_right_close() -> None:
    # [-1, -1] is the bar that closes at 10:20: +10 on the event day; +10, +5, -10 on the others.
    assert abs(outcome(bars(), window=(-1, -1))[0] - 10e-4) < 1e-12
    # [1, 2] starts from the first close after the news, 10:40: 55 - 35 = +20; +20, +20, -20 on the others: p = 1.
    car, pvalue, n = outcome(bars(), window=(1, 2))
    assert abs(car - 20e-4) < 1e-12
    assert (pvalue, n) == (1.0, 3)


def test_simple_returns_compound_over_the_bars_that_the_event_merges() -> None:
    # Closes 10:00 .. 10:30. News in [10:05, 10:15]: tau = 0 merges the bars 10:10 and 10:20.
    # 1.1 * 1.2 - 1 = 32 %, and on the other days 1.02 * 1.03 - 1 = 5.06 %, 0.99 * 1.04 - 1 = 2.96 %; sums would be
    # 30 %, 5 % and 3 %.
    days = {100: [0.0, 0.02, 0.03, 0.0], 101: [0.0, -0.01, 0.04, 0.0], 102: [0.0, 0.1, 0.2, 0.0]}
    series = intraday("X", {day: np.log1p(row).tolist() for day, row in days.items()})
    ends = [pd.Timestamp(102, unit="D", tz="UTC") + pd.Timedelta(minutes=m) for m in (605, 615)]
    events = pd.DataFrame({"instrument": ["X"], "earliest": [ends[0]], "latest": [ends[1]]})
    spec = StudySpec(returns="simple", event=(0, 1), windows=((0, 0), (0, 1)), tests=("placebo",))
    result = run_study(spec, events, series)
    assert abs(result.abnormal.ar[0, 0] - 0.32) < 1e-15
    for window in result.windows:
        assert np.abs(np.sort(result.placebo_cars[window][0]) - [0.0296, 0.0506]).max() < 1e-15
    assert np.abs(np.sort(result.placebo.ar[0][:, 0]) - [0.0296, 0.0506]).max() < 1e-15


# Absolute bar returns before 12:30 and the move from 12:30 to 12:40, in basis points; day 4 is the event's.
SIZES, MOVES = {1: 10, 2: 20, 3: 40, 4: 20}, {1: 15, 2: -10, 3: 50, 4: 35}


def days_of_unequal_volatility(bars_before: int = 14) -> Bars:
    """Bars that go up and down by the same size until 12:30, move once, and stand still."""
    rows = {}
    for day, size in SIZES.items():
        start = datetime(2021, 3, day, 12, 30, tzinfo=UTC) - timedelta(minutes=10 * bars_before)
        steps = [0, *[(-1) ** i * size for i in range(bars_before)], MOVES[day], 0, 0]
        for i, level in enumerate(np.cumsum(steps)):
            rows[start + timedelta(minutes=10 * i)] = float(np.exp(level / 1e4))
    frame = pd.DataFrame({"close": list(rows.values())}, index=pd.DatetimeIndex(list(rows)).as_unit("us"))
    return Bars(Instrument("X"), pd.Timedelta("10min"), "right", frame)


def scaled_tests(series: Bars) -> tuple[dict[str, dict[str, float]], str]:
    event = Event(id="e", time=EventTime(*[datetime(2021, 3, 4, 12, minute, tzinfo=UTC) for minute in (31, 32)]))
    result = run_study(StudySpec(event=(0, 0), tests=["placebo"], response="off"), [event], series)
    assert result.primary is not None
    (row,) = result.to_dict()["responses"]
    return row["tests"], result.primary.test


def test_placebo_days_are_scaled_to_the_volatility_before_the_news_by_hand() -> None:
    # Raw sizes 15, 10, 50 beside 35: one as large, p = 2/4. Scaled by 20/10, 20/20, 20/40: 30, 10, 25, none: p = 1/4.
    tests, primary = scaled_tests(days_of_unequal_volatility())
    assert (tests["placebo"]["pvalue"], tests["placebo"]["n"]) == (0.5, 3)
    assert (tests["standardized_placebo"]["pvalue"], tests["standardized_placebo"]["n"]) == (0.25, 3)
    assert primary == "standardized_placebo"


def test_without_a_volatility_before_the_news_the_raw_count_is_primary() -> None:
    tests, primary = scaled_tests(days_of_unequal_volatility(bars_before=6))  # four medians of three are too few
    assert primary == "placebo"
    assert tests["standardized_placebo"]["pvalue"] is None
    assert "volatility before the news cannot be measured" in tests["standardized_placebo"]["reason"]
