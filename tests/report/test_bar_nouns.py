"""Weekly, monthly and quarterly bars are not called days, in any output."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.windows import Window
from eventstudy.report.build import build
from eventstudy.report.front_table import _dates, front_table
from eventstudy.report.html import render_page
from eventstudy.report.many_data import distribution_view
from eventstudy.report.mean_data import mean_path

STEPS = {"week": "W-FRI", "month": "ME", "quarter": "QE"}


def of_bars(step: str, **changes: Any) -> es.StudyResult:
    rng = np.random.default_rng(5)
    dates = pd.date_range("1990-01-05", periods=90, freq=STEPS[step])
    returns = pd.DataFrame(rng.normal(0, 0.03, (90, 3)), dates, ["AAA", "BBB", "CCC"])
    noon = [(dates[k] - pd.Timedelta(hours=12)).tz_localize("America/New_York") for k in (60, 66, 72)]
    events = pd.DataFrame({"id": ["a", "b", "c"], "instrument": ["AAA", "BBB", "CCC"], "time": noon})
    given = {"model": "constant_mean", "estimation": (-50, -5), "windows": [(0, 0), (0, 2)], "tests": ["bmp"]} | changes
    if given["model"] == "zero":
        del given["estimation"]
    spec = es.StudySpec(event=(-3, 3), **given)
    return es.run_study(spec, events, returns, closes_at="16:00 America/New_York")


@pytest.mark.parametrize("noun", STEPS)
def test_bars_longer_than_a_day_have_their_name(noun: str) -> None:
    result = of_bars(noun)
    assert result.tables(0)["primary"]["bar_noun"] == noun
    built = build(result)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", render_page(built.page, built.pictures)))
    for words in (page, result.summary()):
        assert f"in the event {noun}" in words
        assert f"{noun.capitalize()}s 0 to +2" in words
        assert not re.search(r"(?i)event day|\bdays? (-\d|−\d|0|\+\d)|trading days from", words)
    assert f"{noun.capitalize()}s from the event ({noun} 0)" in page
    assert f"{noun}ly prices" in page
    assert f"Distinct {noun}s" in page
    assert f"on 3 distinct {noun}s" in " ".join(result.summary().split())
    assert "istinct days" not in page + result.summary()


def test_figures_and_tables_of_buy_and_hold_returns_show_them_and_not_cumulative_ones() -> None:
    """Mean, median, rises, distribution and the end of the path are those of prod(1 + R) - prod(1 + E[R])."""
    result = of_bars(
        "month", measure="bhar", windows=[(1, 3)], tests=["cross_sectional_t"], model="zero", returns="log"
    )
    ar = result.abnormal.ar[:, result.abnormal.columns((1, 3))]
    held = np.expm1(ar.sum(axis=1))  # log returns, expectation zero
    assert held == pytest.approx(result.to_frame("car")["bhar"].to_numpy())
    view, path = distribution_view(result), mean_path(result)
    assert sorted(view.cars) == pytest.approx(sorted(held))
    assert (view.mean, view.median) == pytest.approx((held.mean(), np.median(held)))
    at = int(np.flatnonzero(path.tau == 3)[0]) + 1
    assert path.car[at] == pytest.approx(path.value) == pytest.approx(held.mean())
    assert path.car[at - 3] == 0
    assert np.isnan(path.car[: at - 3]).all()
    assert f"the median is {1e4 * np.median(held):+,.1f} bp" in " ".join(result.summary().split())
    assert "buy-and-hold abnormal return in basis points of simple return" in front_table(result).table.caption


def test_the_days_of_a_window_are_those_of_the_events_that_have_a_move_over_it() -> None:
    result = of_bars("week")
    ar = result.abnormal.ar.copy()
    ar[1, result.abnormal.columns((2, 2))] = np.nan
    holed = replace(result, abnormal=replace(result.abnormal, ar=ar))
    windows = Window(0, 0), Window(0, 2)
    assert [_dates(holed, window, 3) for window in windows] == [3, 2]


def test_every_table_of_the_terminal_stands_below_a_finding_in_lines_that_fit() -> None:
    lines = of_bars("week").summary(verbose=True).splitlines()
    tables = next(k for k, line in enumerate(lines) if line.startswith("Mean CAR across events"))
    assert "Across 3 events the mean abnormal return in the event week was" in " ".join(lines[:tables])
    assert max(map(len, lines[:tables])) <= 78
