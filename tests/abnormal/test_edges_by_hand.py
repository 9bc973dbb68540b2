"""One bar more or less: edges of data, of overlapping windows, of estimation windows, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import eventstudy as es
from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.align import drop_later, find_overlaps, merge
from eventstudy.abnormal.events import EventTable, OpenLedger, Positions
from eventstudy.abnormal.models.multiple_ols import huber, least_squares, newey_west
from eventstudy.abnormal.models.simple import comparison_period_mean
from eventstudy.abnormal.windows import Window
from tests.study.made import daily_frame, events_at, intraday


def test_a_window_may_end_with_the_last_bar_and_no_later() -> None:
    frame = daily_frame(60, 1)
    spec = es.StudySpec(event=(-1, 2), min_observations=20, estimation=(-30, -3), model="constant_mean")
    result = es.run_study(spec, events_at(frame, [("A0", 57), ("A0", 58), ("A0", 59)]), frame)
    assert [o.outcome for o in result.ledger] == ["used", "window_incomplete", "window_incomplete"]
    assert result.ledger.a.tolist() == [0, 1, 2]
    assert result.abnormal.closes[0, -1] == frame.index[59].value // 1000


def test_an_estimation_window_may_begin_with_the_first_bar() -> None:
    # Row 30 with 30 bars before it, of which 28 are the estimation window: 30 - 30 = 0.
    frame = daily_frame(60, 1)
    spec = es.StudySpec(event=(0, 0), min_observations=28, estimation=(-30, -3), model="constant_mean")
    result = es.run_study(spec, events_at(frame, [("A0", 29), ("A0", 30)]), frame)
    assert [o.outcome for o in result.ledger] == ["estimation_too_short", "used"]
    assert result.ledger.a[0] == 27
    values = frame["A0"].to_numpy()
    assert abs(result.abnormal.ar[0, 0] - (values[30] - values[:28].mean())) < 1e-16


def positions(reference: list[int]) -> tuple[Positions, OpenLedger]:
    bars, n = np.array(reference), len(reference)
    names = np.array(["X"], dtype=object)
    table = EventTable(np.arange(n).astype(object), (names, np.zeros(n, np.int64)), bars, bars)
    return Positions(np.arange(n), np.zeros(n, np.int64), bars, bars + 1), OpenLedger.of(table)


def test_windows_that_share_exactly_one_bar_overlap_and_neighbors_do_not() -> None:
    # Windows [-2, 2] about bars 10, 14 and 19: 8 to 12, 12 to 16, 17 to 21.
    placed, ledger = positions([9, 13, 18])
    overlaps = find_overlaps(placed, Window(-2, 2))
    assert (overlaps.low.tolist(), overlaps.high.tolist()) == ([8, 12, 17], [12, 16, 21])
    assert overlaps.shared.tolist() == [1, 1, 0]
    assert overlaps.count == 2
    assert drop_later(placed, overlaps, ledger)[1].tolist() == [True, False, True]
    assert ledger.code.tolist() == [outcomes.USED, outcomes.OVERLAP, outcomes.USED]
    # Dropping the second leaves bar 12 to the first alone: a third event at 15 shares it with the second only.
    placed, ledger = positions([9, 13, 14])
    assert drop_later(placed, find_overlaps(placed, Window(-2, 2)), ledger)[1].tolist() == [True, False, True]
    # Merged: from the first reference to the last first close.
    placed, ledger = positions([9, 13, 18])
    merged, kept = merge(placed, find_overlaps(placed, Window(-2, 2)), ledger)
    assert kept.tolist() == [True, False, True]
    assert (merged.reference[kept].tolist(), merged.first[kept].tolist()) == ([9, 18], [14, 19])


@pytest.mark.parametrize(("silent", "days"), [(4, 2), (5, 1)])
def test_nine_bars_in_ten_make_a_day_eligible(silent: int, days: int) -> None:
    # tau = 0 merges forty minutes; day 2 misses some of them: 36 of 40 is nine in ten, 35 is less.
    index = [datetime(2021, 3, d, 10, tzinfo=UTC) + timedelta(minutes=m) for d in (1, 2, 3) for m in range(60)]
    minutes = pd.DatetimeIndex(index).as_unit("us")
    close = np.exp(np.arange(180) % 60 * 1e-4 * np.repeat([1.0, 2.0, 3.0], 60))
    frame = pd.DataFrame({"close": close}, index=minutes).drop(minutes[60 + 20 : 60 + 20 + silent])
    spec = es.StudySpec(event=(0, 0), tests=["placebo"], test_options={"placebo": {"missing": "merge"}}, response="off")
    news = es.EventTime(datetime(2021, 3, 3, 10, 10, tzinfo=UTC), datetime(2021, 3, 3, 10, 50, tzinfo=UTC))
    bars = es.Bars(es.Instrument("X"), pd.Timedelta("1min"), "right", frame)
    result = es.run_study(spec, [es.Event(id="e", time=news)], bars)
    assert result.findings("placebo")[0].n.tolist() == [days]


def test_event_and_placebo_days_are_measured_against_the_mean_of_the_others() -> None:
    # Returns 1, 3, 8 on other days and 6 on the event day (percent): 6 - 4 = 2 on the event day; on the others
    # 1 - 17/3, 3 - 15/3, 8 - 10/3, so that all four days are treated alike.
    days = [(1, 0.01), (4, 0.03), (5, 0.08), (6, 0.06)]
    series = intraday("X", {d: [0.0, 0.0, r, 0.0] for d, r in days})
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=6, minutes=615)
    spec = es.StudySpec(model="same_clock_mean", min_observations=2, tests=("placebo",))
    result = es.run_study(spec, [es.Event("e", es.EventTime(at, at), ("X",))], series)
    assert abs(result.abnormal.ar[0, 0] - 0.02) < 1e-15
    expected = [0.01 - 0.17 / 3, 0.03 - 0.15 / 3, 0.08 - 0.10 / 3]
    assert np.abs(np.sort(result.placebo.ar[0][:, 0]) - np.sort(expected)).max() < 1e-15


def test_newey_west_takes_lags_by_the_rule_where_none_are_given() -> None:
    # floor(4 (250/100)^(2/9)) = floor(4.90) = 4; the exponent 1/4 would give floor(5.03) = 5.
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 250))
    fit = least_squares(y[None], x[None, None])
    found = newey_west(fit, x[None, None], {"hac_lags": 0})
    other = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": False})
    assert np.abs(found.standard_errors[0] - other.bse).max() < 1e-14


def test_hubers_covariance_is_that_of_statsmodels() -> None:
    # Few bars and many outliers, so that the factor K of the covariance is far from one.
    rng = np.random.default_rng(2)
    x = rng.normal(size=30)
    y = 0.5 * x + rng.standard_t(1.5, size=30)
    fit = huber(y[None], x[None, None], {"huber_c": 1.345})
    model = sm.RLM(y, sm.add_constant(x), M=sm.robust.norms.HuberT(1.345))
    other = model.fit(cov="H1", tol=1e-13, maxiter=500, scale_est="mad")
    assert np.abs(fit.coef[0] - other.params).max() < 1e-5
    assert np.abs(fit.standard_errors[0] / other.bse - 1).max() < 1e-4
    assert abs(np.sqrt(fit.sigma2[0]) / other.scale - 1) < 1e-5


def test_the_comparison_period_may_have_two_bars_and_no_fewer() -> None:
    # The mean of 0.01 and 0.03 is 0.02; two residuals of 0.01 over one degree of freedom are 2e-4.
    y = np.array([[9.0, -9.0, 0.01, 0.03]])
    fit = comparison_period_mean(y, np.empty((0, 1, 4)), {"bars": 2})
    assert fit.coef.tolist() == [[pytest.approx(0.02)]]
    assert (float(fit.sigma2[0]), int(fit.n[0])) == (pytest.approx(2e-4), 2)
    with pytest.raises(es.UsageError, match="has 1 bars"):
        comparison_period_mean(y, np.empty((0, 1, 4)), {"bars": 1})
