"""CARs of one instrument that are estimated on the same returns: their correlation, the test that allows for it."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from benchmarks.designs import Design as Simulated
from benchmarks.designs import draw as draw_returns
from benchmarks.designs import of_draw, prepared, rejected, spec_of
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US
from eventstudy.inference import shared_estimation
from eventstudy.inference.designs import DESIGNS, size_of_independent
from eventstudy.inference.shared_estimation import estimation_correlation
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from eventstudy.study.estimate import estimate
from eventstudy.study.inputs import GivenRegressors, read_inputs
from eventstudy.study.prepare import prepare
from eventstudy.study.run import solve
from tests.study.made import daily_frame, events_at


def settings(M: int, window: tuple[int, int], **more: Any) -> es.StudySpec:
    given: dict[str, Any] = {"estimation": (-M, -1), "event": window, "min_observations": 2, "diagnostics": "off"}
    return es.StudySpec(model="constant_mean", **(given | {"tests": ("bmp", "kp_bmp", "overlap_bmp")} | more))


@pytest.mark.parametrize(("overlaps", "h"), [("auto", 1 / 6 / sqrt(5 / 4 * 4 / 3)), ("keep", -0.1)])
def test_two_events_of_one_instrument_by_hand(overlaps: str, h: float) -> None:
    # Events on bars 4 and 6, four estimation bars each: 0..3 and 2..5. Without bar 4 the second has 2, 3, 5, so
    # cov = 2/(4 * 3) over sqrt(5/4 * 4/3); with it cov = 2/16 - 1/4 over 5/4. N = 2: sqrt((1 - h)/(1 + h)).
    frame = pd.DataFrame({"A": [0.01, -0.02, 0.01, 0.02, 0.05, -0.01, 0.04]})
    frame.index = pd.bdate_range("2020-01-01", periods=7).tz_localize("UTC") + pd.Timedelta(hours=16)
    result = es.run_study(settings(4, (0, 0), overlaps=overlaps), events_at(frame, [("A", 4), ("A", 6)]), frame)
    t = {test: result.findings(test)[0].statistic[0] for test in ("bmp", "kp_bmp", "overlap_bmp")}
    assert abs(t["kp_bmp"] - t["bmp"]) < 1e-12  # no event-window bar is shared
    assert abs(t["overlap_bmp"] / t["bmp"] - sqrt((1 - h) / (1 + h))) < 1e-12


@pytest.mark.parametrize("overlaps", ["auto", "keep"])
@pytest.mark.parametrize("window", [(0, 0), (0, 3)])
def test_the_correlation_is_that_of_the_weights_of_each_return(overlaps: str, window: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    frame = daily_frame(140, 3, seed=5)
    frame.iloc[[70, 80], 1] = np.nan
    pairs = [(f"A{i % 3}", int(row)) for i, row in enumerate(np.sort(rng.choice(np.arange(50, 130), 18, False)))]
    spec = settings(40, window, overlaps=overlaps, min_observations=10)
    data = prepare(spec, read_inputs(spec, events_at(frame, pairs), frame, GivenRegressors(), "")).data
    W, weights = Window(*window), []
    for s, reference in zip(data.positions.series, data.positions.reference, strict=True):
        own = np.zeros((2, 3, 140))  # of estimation bars, of event bars
        fitted = np.arange(reference - 39, reference + 1) + 0
        values = data.estimation_values[data.series.offset[s] :][:140]
        fitted = fitted[np.isfinite(values[fitted])]
        L = W.stop - W.start + 1
        own[0, s, fitted] = -L / len(fitted)
        own[1, s, reference + 1 + W.start : reference + 2 + W.stop] = 1
        weights.append(own.reshape(2, -1) / np.sqrt((own**2).sum()))
    w = np.array(weights)
    correlation = w.sum(axis=1) @ w.sum(axis=1).T - w[:, 1] @ w[:, 1].T
    n = len(w)
    expected = (correlation.sum() - np.trace(correlation)) / (n * (n - 1))
    assert abs(estimation_correlation(data, Window(-40, -1), W) - expected) < 1e-14
    # Windows known to be complete need not be searched: here those with 40 returns, and none of them.
    complete = np.count_nonzero(w[:, 0], axis=1) == 40
    assert complete.any()
    assert complete.all() == (overlaps == "keep")
    searched = estimation_correlation(data, Window(-40, -1), W)
    for known in (complete, np.zeros(n, dtype=bool)):
        assert estimation_correlation(data, Window(-40, -1), W, known) == searched
    assert abs(expected) > 1e-4


def test_two_events_of_two_instruments_by_hand() -> None:
    # A's event on bar 4, estimated on 0..3, B's on 6, estimated on 2..5. Residuals 5, -25, 5, 15 (length 30) and
    # 0, 20, -20, 0 (length 20 sqrt 2) times 0.001: on bars 2 and 3 their product is 300, so with 2 of 4 bars in common
    # r = 4 / 2 * 300 / (600 sqrt 2) = 1 / sqrt 2. Weights s = 1 / sqrt(5/4) of event bars, -s / 4 of estimation bars:
    # two bars in common, 2 s^2 / 16, and A's event among B's estimation bars, -s^2 / 4; h = r (1/10 - 1/5).
    frame = pd.DataFrame(
        {"A": [0.01, -0.02, 0.01, 0.02, 0.05, -0.01, 0.04], "B": [0, 0, 0.01, 0.03, -0.01, 0.01, 0.06]}
    )
    frame.index = pd.bdate_range("2020-01-01", periods=7).tz_localize("UTC") + pd.Timedelta(hours=16)
    result = es.run_study(settings(4, (0, 0)), events_at(frame, [("A", 4), ("B", 6)]), frame)
    t = {test: result.findings(test)[0].statistic[0] for test in ("bmp", "kp_bmp", "overlap_bmp")}
    h = -1 / (10 * sqrt(2))
    assert abs(t["kp_bmp"] - t["bmp"]) < 1e-12
    assert abs(t["overlap_bmp"] / t["bmp"] - sqrt((1 - h) / (1 + h))) < 1e-12


def test_events_that_are_estimated_on_other_days_share_nothing() -> None:
    frame = daily_frame(330, 2, seed=6)
    result = es.run_study(settings(60, (0, 0)), events_at(frame, [("A0", 70), ("A1", 200)]), frame)
    t = {test: result.findings(test)[0].statistic[0] for test in ("bmp", "overlap_bmp")}
    assert t["bmp"] == t["overlap_bmp"]
    assert "ES-DENSE" not in {notice.code for notice in result.notices}
    assert result.primary is not None
    assert result.primary.design.shared_estimation == 1


def as_returns(frame: pd.DataFrame, code: str) -> Returns:
    """Return one column as a series of its own, on the days on which it has a return."""
    one = frame[code].dropna()
    closes = pd.DatetimeIndex(one.index).as_unit("us").asi8
    day, clock = np.divmod(closes, DAY_US)
    return Returns(Instrument(code), DAY_US, closes, one.to_numpy(), np.zeros(len(one), dtype=bool), day, clock)


def test_models_that_estimate_no_mean_have_no_error_in_common() -> None:
    frame = daily_frame(320, 3, seed=4)
    pairs = [(code, row) for code in ("A0", "A1") for row in (230, 255, 280)]
    for model, same in (("market_adjusted", True), ("market", False)):
        spec = es.StudySpec(model=model, estimation=(-200, -1), event=(0, 19), tests=("kp_bmp", "overlap_bmp"))
        result = es.run_study(spec, events_at(frame, pairs), frame[["A0", "A1"]], market=frame["A2"])
        t = {test: result.findings(test)[0].statistic[0] for test in ("kp_bmp", "overlap_bmp")}
        assert (t["kp_bmp"] == t["overlap_bmp"]) == same


@pytest.mark.parametrize("layout", ["frame", "missing returns", "series"])
@pytest.mark.parametrize("window", [(0, 0), (0, 5)])
def test_the_correlation_across_instruments_is_that_of_the_weights_of_each_day(
    window: tuple[int, int], layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_estimation, "AT_ONCE", 3)  # an instrument or two at a time
    rng = np.random.default_rng(5)
    frame = daily_frame(140, 4, seed=5) + 0.02 * rng.standard_normal((140, 1))
    frame.iloc[[30, 50], 3] = np.nan  # not an instrument of the three events of one window
    pairs = [(f"A{i % 4}", int(row)) for i, row in enumerate(np.sort(rng.choice(np.arange(60, 110), 20, False)))]
    pairs += [("A1", pairs[0][1]), ("A2", pairs[0][1])]  # three events of one window
    given: Any = [as_returns(frame, str(code)) for code in frame] if layout == "series" else frame
    missing = "return" if layout == "missing returns" else "auto"
    spec = settings(40, window, overlaps="keep", min_observations=10, missing=missing)
    study = prepare(spec, read_inputs(spec, events_at(frame, pairs), given, GivenRegressors(), ""))
    found = estimate(replace(study, tests=spec.tests), map).evidence.estimation_correlations[Window(*window)]
    L, n, W, U = window[1] + 1, len(pairs), np.zeros((len(pairs), 140)), np.zeros((len(pairs), 140))
    for i, (s, reference) in enumerate(zip(study.data.positions.series, study.data.positions.reference, strict=True)):
        values = frame[study.data.series.codes[s]].to_numpy()
        rows = np.arange(140) if layout == "missing returns" else np.flatnonzero(np.isfinite(values))
        fitted = rows[reference - 39 : reference + 1]
        fitted = fitted[np.isfinite(values[fitted])]
        e = values[fitted] - values[fitted].mean()
        U[i, fitted] = e / sqrt(e @ e)
        W[i, fitted], W[i, rows[reference + 1 : reference + 1 + L]] = -L / len(fitted), 1
        W[i] /= sqrt(L + L**2 / len(fitted))
    one, estimated = study.data.positions.series, U != 0
    day = np.argmax(W > 0, axis=1)
    other, length = one[:, None] != one, estimated.sum(axis=1)
    common = (estimated @ estimated.T.astype(float)) / np.sqrt(np.outer(length, length))
    # Residuals of one instrument are taken as one series, whatever window they were estimated on.
    r = np.where(other, ((U @ U.T).sum() - common[~other].sum()) / common[other].sum(), 1.0)
    counted = np.maximum(L - np.abs(day[:, None] - day), 0) / L  # by the correlation of Kolari and Pynnonen
    expected = np.where(day[:, None] == day, 0.0, r * (W @ W.T - counted))
    assert abs(found - expected.sum() / (n * (n - 1))) < 1e-12
    assert abs(found) > 1e-3


def test_dense_events_of_one_instrument_are_named_and_decided_by_the_test_that_allows_for_them() -> None:
    frame = daily_frame(300, 1, seed=7)
    rows = list(range(150, 250, 2))
    events = events_at(frame, [("A0", row) for row in rows]).assign(id=[f"e{row}" for row in rows])
    result = es.run_study(settings(120, (0, 0), tests=("bmp", "corrado_rank")), events, frame)
    assert result.primary is not None
    assert result.primary.test == "overlap_bmp" == DESIGNS["dense events"].primary
    factor = result.primary.design.shared_estimation
    message = next(n.message for n in result.notices if n.code == "ES-DENSE")
    assert "50 events on 1 instrument share estimation returns (e150, e152, " in message
    assert f"mean CAR by {factor:.2f}" in message
    assert "The primary test, overlap-adjusted BMP, allows for it" in message
    assert f"times {factor:.2f}" in result.primary.unsuited["bmp"]
    named = es.run_study(settings(120, (0, 0), tests=("bmp",), primary="bmp"), events, frame)
    assert any('primary = "overlap_bmp"' in n.message for n in named.notices if n.code == "ES-DENSE")


def test_the_reported_variance_is_that_of_simulated_mean_cars() -> None:
    # An event every second day on one instrument, 239 estimation days: 400 mean SCARs. Variances of 400 normal draws
    # have a standard error of 7%.
    case = Simulated(50, 1, gap=2)
    spec = spec_of(case, ("bmp",), diagnostics="off")
    inputs, mean = prepared(case, spec), []
    for seed in range(400):
        result = solve(spec, of_draw(inputs, draw_returns(np.random.default_rng(seed), case)))
        variance = result.abnormal.window_variance(Window(0, 0))
        mean.append(np.mean(result.abnormal.car(Window(0, 0)) / np.sqrt(variance)))
    assert result.primary is not None
    factor = result.primary.design.shared_estimation
    assert 1.1 < factor < 1.4
    assert abs(50 * np.var(mean) / factor - 1) < 4 * sqrt(2 / 400)
    # 2 Phi(-1.96 / sqrt(1.21)) = 2 Phi(-1.7818) = 7.48%.
    assert abs(size_of_independent(1.21, 0.95) - 0.0748) < 5e-4


@pytest.mark.slow
def test_dense_events_are_rejected_at_the_level_and_found() -> None:
    # Power of a t test of 50 events at half a standard deviation whose mean has 1.2 times the variance: 90%.
    for shock, low, high in ((0.0, 0.04, 0.06), (0.5, 0.87, 0.93)):
        p = rejected(Simulated(50, 1, gap=2, shock=shock), 4_000, ("bmp",), diagnostics="off")["primary"]
        assert low < (p <= 0.05).mean() < high


def test_event_windows_that_overlap_as_well_give_no_factor_that_cannot_be() -> None:
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2015-01-01", periods=900)
    frame = pd.DataFrame(rng.normal(0, 0.01, (900, 2)), days, ["A", "B"])  # SIMULATED
    at = np.sort(rng.integers(300, 850, 400))
    noons = (days[at] + pd.Timedelta("12h")).tz_localize("UTC")
    events = pd.DataFrame({"id": [f"e{i}" for i in range(400)], "instrument": ["A", "B"] * 200, "time": noons})
    asked = settings(240, (-10, 10), estimation=(-250, -11), overlaps="keep")
    result = es.run_study(asked, events, frame, closes_at="16:00 America/New_York")
    assert result.primary is not None
    assert result.primary.design.shared_estimation < 0
    (message,) = (n.message for n in result.notices if n.code == "ES-DENSE")
    assert "(e0, e2, e4, ...), and their event windows overlap: the variance" in message
    assert not any(word in message for word in ("nan", "by -"))
    assert not any("times -" in why for why in result.primary.unsuited.values())
