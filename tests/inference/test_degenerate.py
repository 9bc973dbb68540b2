"""Series that a model explains exactly, and returns that are not finite: an outcome with a reason, never a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from tests.study.made import daily_frame, events_at

TESTS = ("time_series_t", "patell", "bmp", "kp_patell", "cross_sectional_t", "brown_warner_1980", "lamb", "sign")
ROW = 150


def market() -> pd.Series:
    return daily_frame(200, 1, seed=2)["A0"].rename("M")


def study(frame: pd.DataFrame, model: str = "market", **settings: Any) -> es.StudyResult:
    spec = es.StudySpec(model=model, estimation=(-120, -11), event=(-2, 2), windows=((0, 0),), tests=TESTS, **settings)
    return es.run_study(spec, events_at(frame, [(c, ROW) for c in frame.columns]), frame, market=market())


def with_exact(series: pd.Series) -> pd.DataFrame:
    """Three ordinary shares and one that is a function of the market but for a basis point on the event day."""
    frame = daily_frame(200, 3, seed=1).add(market(), axis=0)
    frame["EXACT"] = series
    frame.iloc[ROW, -1] += 1e-4
    return frame


@pytest.mark.parametrize(
    ("model", "series"),
    [
        ("market", market()),
        ("market", 2 * market()),
        ("market", 0.3 * market() + 0.001),
        ("market", 1e-300 * daily_frame(200, 1, seed=5)["A0"]),
        ("market_adjusted", market()),
        ("factor", 0.3 * market() + 0.001),
        ("garch", 0.3 * market() + 0.001),
        ("rolling", 0.3 * market() + 0.001),
        ("synthetic_control", market()),
        ("dimson", 0.5 * market() + 0.001),
    ],
)
def test_a_series_that_the_model_explains_exactly_is_degenerate_and_enters_no_average(
    model: str, series: pd.Series
) -> None:
    # t = 3e14 and p = 0 of the one series gave a Patell z of 1.5e14 for all four.
    frame = with_exact(series)
    result, without = study(frame, model), study(frame.drop(columns="EXACT"), model)
    outcome = result.ledger[3]
    assert outcome.outcome == "degenerate_window"
    assert "1e-12" in outcome.reason or "distinct" in outcome.reason
    assert len(result.abnormal) == 3
    for name in TESTS:
        left, right = result.findings(name)[0], without.findings(name)[0]
        assert np.array_equal(left.pvalue, right.pvalue, equal_nan=True), name
        assert np.array_equal(left.statistic, right.statistic, equal_nan=True), name


def test_a_test_that_was_not_computed_has_no_p_value() -> None:
    # The zero model without an estimation window has no variance: t was infinite and p = 0 beside a reason.
    frame = daily_frame(200, 2, seed=3)
    spec = es.StudySpec(model="zero", event=(0, 0), tests=("time_series_t", "patell", "sign"))
    result = es.run_study(spec, events_at(frame, [("A0", ROW), ("A1", ROW)]), frame)
    for name in ("time_series_t", "patell"):
        found = result.findings(name)[0]
        assert np.isnan(found.pvalue).all()
        assert np.isnan(found.statistic).all()
        assert found[0].reason
    assert np.isfinite(result.findings("sign")[0].pvalue).all()


def test_placebo_days_without_a_move_give_no_t() -> None:
    # Same-clock days that are all alike have no variance; the p-value of their count stands.
    frame = daily_frame(200, 1, seed=4)
    frame.iloc[:] = 0.001
    frame.iloc[ROW] = 0.02
    spec = es.StudySpec(model="same_clock_mean", event=(0, 0), tests=("time_series_t", "placebo"))
    result = es.run_study(spec, events_at(frame, [("A0", ROW)]), frame)
    assert np.isnan(result.findings("time_series_t")[0].pvalue[0])
    assert result.findings("placebo")[0].pvalue[0] == pytest.approx(1 / ROW)


def test_infinite_returns_are_missing_and_the_outcome_says_how_many() -> None:
    frame = daily_frame(200, 2, seed=6).add(market(), axis=0)
    frame.iloc[100, 0] = np.inf
    frame.iloc[101, 0] = -np.inf
    result = study(frame)
    assert result.ledger[0].outcome == "used"
    assert "2 of 110 returns of the estimation window" in result.ledger[0].reason
    assert "all returns" in result.ledger[1].reason
    assert result.abnormal.fit.n.tolist() == [108, 110]
    missing = frame.replace([np.inf, -np.inf], np.nan)
    assert np.array_equal(study(missing, missing="return").abnormal.ar, result.abnormal.ar)


def test_equal_scars_have_a_reason_in_every_test_of_their_dispersion() -> None:
    share = daily_frame(200, 1, seed=1)["A0"]
    frame = pd.DataFrame(dict.fromkeys(("A", "B", "C", "D"), share))
    names = ("bmp", "jackknife_t", "cross_sectional_t")
    spec = es.StudySpec(model="constant_mean", estimation=(-120, -11), event=(0, 0), tests=names, primary="bmp")
    result = es.run_study(spec, events_at(frame, [(name, ROW) for name in frame]), frame)
    reasons = [result.findings(name)[0].reasons[0] for name in names]
    assert reasons == [
        f"all {what} are equal, so their standard deviation is zero" for what in ("SCARs", "SCARs", "CARs")
    ]
