"""Which days the tests compare an event with, by the rules of a study: counted by hand on days made for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import SpecError, UsageError

DAYS = pd.bdate_range("2021-01-04", periods=100)  # a Monday; every week has five days
CLOSES = "16:00 America/New_York"


def frame(seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"A": np.random.default_rng(seed).normal(0, 0.01, len(DAYS))}, DAYS)


def events(*places: int, release: tuple[str, ...] | None = None) -> pd.DataFrame:
    table = pd.DataFrame({"id": [f"e{p}" for p in places], "instrument": "A", "date": DAYS[list(places)]})
    return table if release is None else table.assign(release=release)


def study(
    dated: pd.DataFrame, placebo: dict[str, Any], returns: pd.DataFrame | None = None, **more: Any
) -> es.StudyResult:
    settings = {"model": "zero", "event": (0, 0), "tests": ["placebo"], "event_dates": "trading_day", **more}
    data = frame() if returns is None else returns
    return es.run_study(es.StudySpec(placebo=placebo, **settings), dated, data, closes_at=CLOSES)


def days(result: es.StudyResult) -> list[int]:
    tests = result.to_frame("tests")
    return tests[tests["test"] == "placebo"]["n"].astype(int).tolist()


def test_a_day_with_another_event_of_the_instrument_is_not_compared() -> None:
    # One return a day: the second event has 50 days before it, one of which is that of the first.
    assert days(study(events(30, 50), {})) == [29, 48]
    assert days(study(events(30, 50), {"known_events": "keep"})) == [29, 49]
    assert days(study(events(30, 50), {"known_events": 0.5})) == [29, 48]
    assert days(study(events(30, 50), {"after": True})) == [29 + 69 - 1, 49 + 49 - 1]


def test_only_the_same_weekday_is_compared() -> None:
    found = study(events(50), {"match": {"weekday": True}})  # Monday: 5, 10, ..., 45; 0 has no close before
    assert days(found) == [9]
    mondays = frame()["A"].iloc[5:50:5].to_numpy()
    car = found.to_frame("car")["car"].item()
    p = (1 + (np.abs(mondays) >= abs(car)).sum()) / 10
    assert found.findings("placebo")[0].pvalue[0] == pytest.approx(p)


def test_windows_of_several_days_share_none_with_one_another_and_keep_the_weekday() -> None:
    # [0, +2]: the Mondays are five days apart, so that no two windows share a day; without the rule every third bar.
    assert days(study(events(50), {"match": {"weekday": True}}, event=(0, 2))) == [9]
    assert days(study(events(50), {}, event=(0, 2))) == [16]
    # [0, +6]: windows of two successive Mondays share days, and every second Monday is left.
    assert days(study(events(50), {"match": {"weekday": True}}, event=(0, 6))) == [4]


def test_other_days_of_the_release_are_the_pool() -> None:
    dated = events(10, 20, 30, 40, 50, release=("cpi", "jobs", "cpi", "cpi", "cpi"))
    assert days(study(dated, {"match": {"releases": "same"}, "after": True})) == [3, 0, 3, 3, 3]
    assert days(study(dated, {"match": {"releases": "same"}})) == [0, 0, 1, 2, 3]
    assert days(study(dated, {"match": {"releases": "any"}})) == [0, 1, 2, 3, 4]
    found = study(dated, {"match": {"releases": "same"}, "after": True})
    moves = frame()["A"].iloc[[10, 30, 40]].abs().to_numpy()
    own = abs(frame()["A"].iloc[50])
    assert found.findings("placebo")[0].pvalue[4] == pytest.approx((1 + (moves >= own).sum()) / 4)


def test_days_of_the_same_release_need_the_column() -> None:
    with pytest.raises(UsageError, match="the events have no column `release`"):
        study(events(30, 50), {"match": {"releases": "same"}})


def test_days_after_a_calm_month_are_left_out() -> None:
    # The volatility before day t is that of the 20 returns to t - 1: within the calm half all of them are calm.
    returns = frame()
    returns.iloc[:40] /= 10
    found = study(events(80), {"match": {"volatility": [0.5, 2.0]}}, returns)
    # From day 60 on no calm return is among the 20 days before; up to day 40 all are.
    assert 20 <= days(found)[0] <= 40


def test_rules_leave_every_day_that_they_do_not_name() -> None:
    assert days(study(events(50), {"match": {}})) == days(study(events(50), {})) == [49]
    assert days(study(events(50), {"days": 7, "match": {"weekday": True}})) == [7]


def test_a_model_of_the_same_clock_is_estimated_on_the_days_that_are_left() -> None:
    opens = pd.DatetimeIndex([day + pd.Timedelta(minutes=10 * k) for day in DAYS for k in range(60, 70)], tz="UTC")
    values = np.random.default_rng(3).normal(0, 0.001, len(opens))
    at = pd.Timestamp(DAYS[50]) + pd.Timedelta("10:32:00")
    dated = pd.DataFrame({"id": ["e"], "instrument": ["A"], "time": [at.tz_localize("UTC")]})
    spec: dict[str, Any] = {
        "model": "same_clock_mean",
        "event": (0, 2),
        "min_observations": 5,
        "tests": ["time_series_t"],
    }
    data = pd.DataFrame({"A": values}, opens)
    found = es.run_study(es.StudySpec(placebo={"match": {"weekday": True}}, **spec), dated, data)
    mondays = data.index[(data.index.day_of_week == 0) & (data.index.normalize() < pd.Timestamp(DAYS[50], tz="UTC"))]
    clock = [pd.Timedelta("10:40:00"), pd.Timedelta("10:50:00"), pd.Timedelta("11:00:00")]
    own = data["A"].loc[[pd.Timestamp(DAYS[50], tz="UTC") + c for c in clock]].to_numpy()
    rows = [data["A"].loc[[day + c for c in clock]].to_numpy() for day in sorted(set(mondays.normalize()))]
    assert found.to_frame("ar")["ar"].to_numpy() == pytest.approx(own - np.mean(rows, axis=0), abs=1e-12)


def test_a_study_at_other_dates_keeps_the_weekday() -> None:
    # The zero model needs one return before: days 1 to 99; without the event's own, 19 Mondays are left: 5, ..., 95.
    found = study(events(50), {"match": {"weekday": True}}, tests=["placebo_refit"])
    test = found.findings("placebo_refit")[0]
    assert int(test.n[0]) == 18
    mondays = frame()["A"].iloc[[day for day in range(5, 100, 5) if day != 50]].abs()
    assert test.pvalue[0] == pytest.approx((1 + (mondays >= abs(frame()["A"].iloc[50])).sum()) / 19)
    assert int(study(events(50), {}, tests=["placebo_refit"]).findings("placebo_refit")[0].n[0]) > 90


def test_dates_without_events_cannot_be_release_days() -> None:
    with pytest.raises(SpecError, match="moves events to dates without events"):
        es.StudySpec(tests=["placebo_refit"], placebo={"match": {"releases": "any"}})
