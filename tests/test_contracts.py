"""The contract battery: what every model, test and anchor must obey; a new row is tested the moment it is added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import ANCHORS, Window
from eventstudy.arrays import DAY_US, MINUTE_US, epoch_us, from_epoch_us
from eventstudy.inference.compat import COMPAT
from eventstudy.inference.evidence import Evidence
from eventstudy.inference.multiple import ADJUSTMENTS
from eventstudy.inference.table import TESTS
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns

DAYS, BARS, N = 26, 12, 8
WINDOWS = ((0, 0), (-2, 2), (-2, -1), (1, 2))
MODEL_OPTIONS = {"rolling": {"bars": 40}, "comparison_period_mean": {"bars": 40}}
TEST_OPTIONS: dict[str, dict[str, object]] = {
    "wild_bootstrap": {"draws": 99},
    "bootstrap_t": {"draws": 99, "share": 0.5},
    "placebo_refit": {"draws": 9},
}
# Statistics that are no odd function of the returns: a rank sum of positive CARs, a share of residuals below the CAR.
NOT_ODD = {"wilcoxon", "sample_quantile"}
Change = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def series(code: str, values: np.ndarray) -> Returns:
    day = np.repeat(np.arange(DAYS, dtype=np.int64) + 18_000, BARS)
    clock = np.tile((600 + 10 * np.arange(BARS, dtype=np.int64)) * MINUTE_US, DAYS)
    return Returns(Instrument(code), 10 * MINUTE_US, day * DAY_US + clock, values, clock == clock[0], day, clock)


def values() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20210413)
    T = DAYS * BARS
    market = rng.normal(0, 0.004, T)
    shares = rng.uniform(0.5, 1.5, N)[:, None] * market + rng.standard_t(5, (N, T)) * 0.006
    return shares, market, 1e-5 + rng.normal(0, 1e-6, T)


def place(i: int) -> int:
    """Bar of event i: on several days, never the first bars of one."""
    return (20 + i // 2) * BARS + 5


def events(anchor_width: int = 15) -> pd.DataFrame:
    closes = series("X", np.zeros(DAYS * BARS)).closes
    earliest = np.array([closes[place(i)] + 4 * MINUTE_US for i in range(N)])
    latest = earliest + anchor_width * MINUTE_US
    columns = {"id": [f"e{i}" for i in range(N)], "instrument": [f"A{i}" for i in range(N)]}
    return pd.DataFrame(columns | {"earliest": from_epoch_us(earliest), "latest": from_epoch_us(latest)})


def spec(model: str, anchor: str, **more: object) -> es.StudySpec:
    tests = tuple(TESTS)
    settings: dict[str, object] = {
        "model": model,
        "anchor": anchor,
        "estimation": None if MODELS[model].needs == "same_clock_days" else (-200, -6),
        "event": (-2, 2),
        "windows": WINDOWS,
        "min_observations": 15,
        "tests": tests,
        "model_options": MODEL_OPTIONS.get(model, {}),
        "test_options": TEST_OPTIONS,
        "response": "off",
    }
    return es.StudySpec(**(settings | more))


def study(model: str, anchor: str, change: Change | None = None, order: list[int] | None = None) -> es.StudyResult:
    shares, market, rate = values()
    if change is not None:
        shares = np.stack([change(row, market, i) for i, row in enumerate(shares)])
    market, rate = (m if change is None else _market(change, m) for m in (market, rate))
    table = events() if order is None else events().iloc[order]
    needs = MODELS[model].needs
    regressors = {"market": series("M", market)} if needs in ("market", "factors") else {}
    if needs == "factors":
        regressors["factors"] = series("rf", rate)
    data = [series(f"A{i}", row) for i, row in enumerate(shares)]
    return es.run_study(spec(model, anchor), table, data, **regressors)


def _market(change: Change, market: np.ndarray) -> np.ndarray:
    return change(market, market, -1)


@cache
def base(model: str, anchor: str) -> es.StudyResult:
    return study(model, anchor)


def statistics(result: es.StudyResult, test: str) -> np.ndarray:
    return np.concatenate([f.statistic for f in result.findings(test)])


def pvalues(result: es.StudyResult, test: str) -> np.ndarray:
    return np.concatenate([f.pvalue for f in result.findings(test)])


def close(left: np.ndarray, right: np.ndarray, tolerance: float = 1e-9) -> bool:
    missing = np.isnan(left)
    if not np.array_equal(missing, np.isnan(right)):
        return False
    a, b = left[~missing], right[~missing]
    return bool(np.abs(a - b).max(initial=0.0) <= tolerance * (1 + np.abs(a).max(initial=0.0)))


every_model = pytest.mark.parametrize("model", MODELS)
every_anchor = pytest.mark.parametrize("anchor", ANCHORS)
every_test = pytest.mark.parametrize("test", TESTS)


@every_model
@every_anchor
def test_every_event_has_one_outcome_and_every_number_or_a_reason(model: str, anchor: str) -> None:
    result = base(model, anchor)
    assert len(result.ledger) == N == sum(result.ledger.counts().values())
    assert result.ledger.used.all()
    for one in result.significances:
        assert (one.pvalue == one.pvalue) or one.reason, one
        assert one.reason or 0 <= one.pvalue <= 1, one


@every_model
@every_test
def test_scaling_all_returns_leaves_every_statistic(model: str, test: str) -> None:
    scaled = study_once(model, "scale")
    assert close(statistics(base(model, "bracket"), test), statistics(scaled, test))
    assert close(pvalues(base(model, "bracket"), test), pvalues(scaled, test))


@every_model
@every_test
def test_turning_all_returns_about_turns_the_statistic(model: str, test: str) -> None:
    turned = study_once(model, "turn")
    if test not in NOT_ODD:
        assert close(statistics(base(model, "bracket"), test), -statistics(turned, test))
    assert close(pvalues(base(model, "bracket"), test), pvalues(turned, test))


@cache
def study_once(model: str, change: str) -> es.StudyResult:
    return study(model, "bracket", CHANGES[change])


def _after_estimation(row: np.ndarray, market: np.ndarray, i: int) -> np.ndarray:
    changed = row.copy()
    if i >= 0:
        changed[place(i) - 2 :] += 0.003
    return changed


CHANGES: dict[str, Change] = {
    "scale": lambda row, market, i: row * 4.0,
    "turn": lambda row, market, i: -row,
    "after": _after_estimation,
    "line": lambda row, market, i: row + 0.001 + 0.7 * market if i >= 0 else row,
}


@every_model
def test_the_order_of_events_does_not_matter(model: str) -> None:
    order = [3, 0, 7, 1, 6, 2, 5, 4]
    shuffled = study(model, "bracket", order=order)
    assert np.array_equal(shuffled.abnormal.ar, base(model, "bracket").abnormal.ar[order], equal_nan=True)
    for test in TESTS:
        found = [np.sort(statistics(r, test)) for r in (shuffled, base(model, "bracket"))]
        assert close(*found, 1e-9), test


@every_model
def test_what_happens_after_the_estimation_window_leaves_the_fit_alone(model: str) -> None:
    # Adding d to every bar from the event window on: CAR grows by d times the bars, and no bit of the fit moves.
    plain, moved = base(model, "bracket"), study_once(model, "after")
    assert plain.abnormal.fit == moved.abnormal.fit
    for window in (Window(*w) for w in WINDOWS):
        grown = moved.abnormal.car(window) - plain.abnormal.car(window)
        assert np.abs(grown - 0.003 * plain.abnormal.bars(window)).max() < 1e-15


@pytest.mark.parametrize("model", ["market", "factor", "scholes_williams", "dimson", "rolling"])
def test_a_line_in_the_market_leaves_abnormal_returns_alone(model: str) -> None:
    tolerance = 2e-3 if model == "scholes_williams" else 1e-15
    moved = study_once(model, "line").abnormal
    assert np.abs(moved.ar - base(model, "bracket").abnormal.ar).max() < tolerance


@every_model
def test_windows_add_up_and_means_are_means(model: str) -> None:
    result = base(model, "bracket")
    parts = [result.abnormal.car(Window(*w)) for w in ((-2, -1), (0, 0), (1, 2))]
    assert np.abs(sum(parts) - result.abnormal.car(Window(-2, 2))).max() < 1e-16
    frame = result.to_frame("aar")
    assert np.abs(frame["aar"] - result.abnormal.ar.mean(axis=0)).max() < 1e-17
    # Cumulated once: the last running CAAR is the sum of the AARs.
    assert abs(frame["caar"].iloc[-1] - frame["aar"].sum()) < 1e-16
    for one in result.findings("cross_sectional_t"):
        assert abs(one.estimate[0] - result.abnormal.car(one.window).mean()) < 1e-17


@every_model
def test_the_variance_of_one_cell_is_that_of_a_window_of_one(model: str) -> None:
    abnormal = base(model, "bracket").abnormal
    assert close(abnormal.variance()[:, 2], abnormal.window_variance(Window(0, 0)), 1e-12)


@every_model
def test_a_missing_return_in_one_event_changes_no_bit_of_another(model: str) -> None:
    def holed(row: np.ndarray, market: np.ndarray, i: int) -> np.ndarray:
        changed = row.copy()
        if i == 2:
            changed[[place(2) - 40, place(2) - 60, place(2) + 4]] = np.nan
        return changed

    plain, result = base(model, "bracket").abnormal, study(model, "bracket", holed)
    others = np.arange(N) != 2
    at = np.searchsorted(result.abnormal.row, np.flatnonzero(others))
    assert np.array_equal(result.abnormal.ar[at], plain.ar[others], equal_nan=True)
    assert np.array_equal(result.abnormal.fit.sigma2[at], plain.fit.sigma2[others], equal_nan=True)
    assert result.ledger[2].outcome in {"used", "missing_returns"}
    assert not result.ledger[2].reason.startswith("all returns")


@every_anchor
def test_no_bar_that_closes_after_earliest_reaches_the_before_side(anchor: str) -> None:
    # Under any anchor but "latest", which claims the news was not yet public before its own end.
    result = base("zero", anchor)
    earliest = epoch_us(pd.DatetimeIndex(events()["earliest"]))
    latest = epoch_us(pd.DatetimeIndex(events()["latest"]))
    reference = result.abnormal.closes[:, 1]
    first = result.abnormal.closes[:, 2]
    assert (reference <= (latest if anchor == "latest" else earliest)).all()
    assert (first >= (earliest if anchor == "earliest" else latest)).all()


@every_test
def test_one_sided_p_values_add_to_one_where_the_distribution_is_continuous(test: str) -> None:
    if TESTS[test].distribution == "empirical":
        pytest.skip("draws and ranks are discrete: both tails hold the observed value")
    sides = {}
    shares, market, _ = values()
    data = [series(f"A{i}", row) for i, row in enumerate(shares)]
    for side in ("greater", "less", "two-sided"):
        made = spec("market", "bracket", tests=(test,), alternative=side)
        sides[side] = pvalues(es.run_study(made, events(), data, market=series("M", market)), test)
    assert close(sides["greater"] + sides["less"], np.where(np.isnan(sides["less"]), np.nan, 1.0), 1e-12)
    assert close(sides["two-sided"], 2 * np.minimum(sides["greater"], sides["less"]), 1e-12)


@every_test
def test_a_test_without_what_it_needs_gives_a_reason_not_an_error(test: str) -> None:
    shares, _, _ = values()
    made = spec("zero", "bracket", tests=(test,), estimation=None, windows=((0, 0),))
    result = es.run_study(made, events().iloc[:1], [series("A0", shares[0])])
    for one in result.significances:
        assert (one.pvalue == one.pvalue) != bool(one.reason), one


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_adjusted_p_values_are_never_smaller_than_plain_ones(adjustment: str) -> None:
    shares, _, _ = values()
    data = [series(f"A{i}", row) for i, row in enumerate(shares)]
    made = spec("zero", "bracket", tests=("placebo", "cross_sectional_t"), adjust=adjustment)
    result = es.run_study(made, events(), data)
    told = 0
    for found in result.significances.findings:
        assert found.adjusted is not None
        there = np.isfinite(found.adjusted)
        slack = 0.05 if ADJUSTMENTS[adjustment].needs_draws and found.test == "cross_sectional_t" else 1e-12
        assert (found.adjusted[there] >= found.pvalue[there] - slack).all()
        told += int(there.sum())
    assert told > 0


@pytest.mark.parametrize("table", [MODELS, TESTS])
def test_every_row_says_what_it_is(table: dict[str, object]) -> None:
    for name, row in table.items():
        assert row.formula, name  # type: ignore[attr-defined]
        assert row.source, name  # type: ignore[attr-defined]
        assert row.fails_when, name  # type: ignore[attr-defined]
        assert row.function.__doc__, name  # type: ignore[attr-defined]


def test_profiles_replace_real_tests_and_keep_what_the_test_is_about() -> None:
    for profile in COMPAT.values():
        for test, row in profile.items():
            assert (row.null, row.scope, row.options) == (TESTS[test].null, TESTS[test].scope, TESTS[test].options)
            assert row.function is not TESTS[test].function


@pytest.mark.parametrize("test", TESTS)
def test_what_a_test_needs_is_evidence_that_a_study_gathers(test: str) -> None:
    gathered = {field.name for field in fields(Evidence)}
    profiles = [profile[test] for profile in COMPAT.values() if test in profile]
    assert {need for row in (TESTS[test], *profiles) for need in row.needs} <= gathered


def test_equality_of_results() -> None:
    assert base("zero", "bracket") == study("zero", "bracket")
    assert base("zero", "bracket") != replace(base("zero", "bracket"), simulated=True)
