"""The study moved to quiet dates: against statsmodels, two ways to the same digits, draws that belong to moments."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import eventstudy as es
from eventstudy.abnormal.placebo import prefix_sums as prefix
from eventstudy.abnormal.placebo import refits as refits_module
from eventstudy.abnormal.placebo.dates import PlaceboDates, candidate_dates, placebo_dates
from eventstudy.abnormal.placebo.refits import Path, Refits, RefitSettings, placebo_refits, two_pass_cars
from eventstudy.study.inputs import GivenRegressors, read_inputs
from eventstudy.study.prepare import Study, prepare
from tests.study.made import daily_frame, events_at

SPEC = {"estimation": (-60, -6), "event": (-2, 2), "windows": ((0, 0), (-2, 2)), "tests": ("placebo_refit",)}


def market_frame(rows: int, columns: int, seed: int) -> pd.DataFrame:
    frame = daily_frame(rows, columns, seed=seed)
    market = daily_frame(rows, 1, seed=seed + 1)["A0"]
    return frame.add(market, axis=0).assign(M=market)


def prepared(frame: pd.DataFrame, events: pd.DataFrame, model: str = "market") -> Study:
    spec = es.StudySpec(model=model, missing="return", **SPEC)  # type: ignore[arg-type]
    return prepare(spec, read_inputs(spec, events, frame, GivenRegressors("M"), ""))


def dates_of(study: Study, draws: int, seed: int = 7) -> PlaceboDates:
    return placebo_dates(study.data, study.ledger.table, study.plan.windows, draws=draws, seed=seed)


def both_ways(frame: pd.DataFrame, events: pd.DataFrame, draws: int, model: str = "market") -> list[Refits]:
    study = prepared(frame, events, model)
    dates, complete = dates_of(study, draws), np.ones((2, len(study.data)), dtype=bool)
    paths: tuple[Path, ...] = ("two_pass", "prefix")
    return [placebo_refits(study.data, RefitSettings(dates, study.plan, path), complete) for path in paths]


def test_every_draw_is_the_study_at_another_date_as_statsmodels_computes_it() -> None:
    frame = market_frame(300, 3, seed=1)
    events = events_at(frame, [("A0", 150), ("A1", 150), ("A2", 200)])
    study = prepared(frame, events)
    positions, dates = study.data.positions, dates_of(study, 5)
    settings = RefitSettings(dates, study.plan, "two_pass")
    found = placebo_refits(study.data, settings, np.ones((2, 3), dtype=bool))
    for d in range(5):
        cars = []
        for i, s in enumerate(positions.series):
            r = dates.reference[i, d]  # tau = 0 is row r + 1
            y, x = frame.iloc[:, s].to_numpy(), frame["M"].to_numpy()
            fit = sm.OLS(y[r - 59 : r - 4], sm.add_constant(x[r - 59 : r - 4])).fit()
            ar = y[r - 1 : r + 4] - sm.add_constant(x[r - 1 : r + 4]) @ fit.params
            cars.append((ar[2], ar.sum()))
        assert np.abs(found.mean[:, d] - np.mean(cars, axis=0)).max() < 1e-16
    # A0 and A1 share their moment, so they move together; A2 moves by itself.
    assert np.array_equal(dates.reference[0], dates.reference[1])
    assert not np.array_equal(dates.reference[0], dates.reference[2])


@pytest.mark.parametrize("model", ["market", "constant_mean"])
@pytest.mark.parametrize("holes", [0.0, 0.05])
def test_prefix_sums_and_two_passes_give_the_same_numbers(model: str, holes: float) -> None:
    frame = market_frame(700, 6, seed=3)
    rng = np.random.default_rng(4)
    frame = frame.mask(rng.random(frame.shape) < holes)
    events = events_at(frame, [(f"A{i % 6}", 150 + 20 * i) for i in range(20)])
    exact, fast = both_ways(frame, events, 200, model)
    assert fast.fallen_back == 0
    assert np.array_equal(np.isnan(fast.mean), np.isnan(exact.mean))
    assert np.nanmax(np.abs(fast.mean - exact.mean)) < 1e-15


def test_a_bad_tick_sends_later_windows_to_two_passes_and_earlier_ones_not() -> None:
    frame = market_frame(700, 1, seed=5)
    frame.iloc[300, 0] = 1e6
    study = prepared(frame, events_at(frame, [("A0", 500)]))
    reference = np.arange(70, 690)[None]
    reference = reference[(np.abs(reference - 300) > 5) & (reference < 694)][None]
    dates = PlaceboDates(reference, reference + 1)
    cars, doubtful = prefix.prefix_cars(study.data, dates, study.plan)
    learning = (reference - 59 <= 300) & (reference - 5 >= 300)
    assert not doubtful[reference < 290].any()
    assert doubtful[(reference > 310) & ~learning].all()
    exact = two_pass_cars(study.data, dates, study.plan)
    error = np.abs(cars - exact).max(axis=0) / 0.01
    # What the guard is for: of windows that it lets pass 13 digits are left, of the others fewer than nine.
    assert error[~doubtful & ~learning].max() < 1e-13
    assert error[doubtful & ~learning].max() > 1e-9
    fine, fast = both_ways(frame, events_at(frame, [("A0", 500)]), 300)
    assert fast.fallen_back > 50
    assert np.nanmax(np.abs(fast.mean - fine.mean) / np.maximum(1, np.abs(fine.mean))) < 1e-12


def test_the_referee_overrules_prefix_sums_whose_guard_is_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = market_frame(700, 1, seed=5)
    frame.iloc[100, 0] = 1e6
    events = events_at(frame, [("A0", 500)])
    monkeypatch.setattr(prefix, "TRUSTED", np.inf)
    exact, fast = both_ways(frame, events, 300)
    assert fast.fallen_back == 300
    assert np.array_equal(fast.mean, exact.mean, equal_nan=True)
    monkeypatch.setattr(refits_module, "AGREE", np.inf)
    _, blind = both_ways(frame, events, 300)
    # Without either, digits are lost: nine should be left of returns of some 1 %.
    assert np.nanmax(np.abs(blind.mean - exact.mean)) > 1e-9 * 0.01


@pytest.mark.parametrize("model", ["market", "constant_mean"])
def test_thin_and_degenerate_windows_are_left_out_of_both_ways_alike(model: str) -> None:
    # Days 100 to 199 alternate between two returns: a line needs three distinct ones, a mean two. Days 240 to 259 stand
    # still, and of days 20 to 79 only every third has a return, fewer than min_observations.
    frame = market_frame(400, 1, seed=13)
    frame.iloc[100:200, 0] = np.tile([0.01, -0.01], 50)
    frame.iloc[240:260, 0] = 0.0
    frame.iloc[[t for t in range(20, 80) if t % 3], 0] = np.nan
    study = prepared(frame, events_at(frame, [("A0", 350)]), model)
    reference = np.arange(59, 390)[None]
    dates = PlaceboDates(reference, reference + 1)
    cars, doubtful = prefix.prefix_cars(study.data, dates, study.plan)
    exact = two_pass_cars(study.data, dates, study.plan)
    usable = np.isfinite(exact)
    assert (np.isfinite(cars) == usable)[:, ~doubtful].all()
    # The estimation window of reference r is r - 59 .. r - 5; those of 55 alternating days end at 154 to 199.
    alternating = (reference[0] - 59 >= 100) & (reference[0] - 5 < 200)
    assert alternating.sum() == 46
    assert usable[0, 0, alternating].all() == (model == "constant_mean")
    assert usable[0, 0, alternating].any() == (model == "constant_mean")
    assert np.abs(cars - exact)[usable & ~doubtful].max() < 1e-13


@pytest.mark.slow
def test_a_million_windows_with_offsets_and_ticks() -> None:
    rng = np.random.default_rng(8)
    frame = market_frame(2_520, 100, seed=9)
    frame += 10.0 ** rng.integers(-6, 3, frame.shape[1])
    for column in range(0, 100, 10):
        frame.iloc[int(rng.integers(0, 2_000)), column] = 10.0 ** float(rng.integers(0, 7))
    events = events_at(frame, [(f"A{i % 100}", int(rng.integers(300, 2_500))) for i in range(1_000)])
    exact, fast = both_ways(frame, events, 1_000)
    spread = np.nanstd(exact.mean)
    assert np.nanmax(np.abs(fast.mean - exact.mean)) < 1e-9 * spread
    assert 0 < fast.fallen_back < 200_000


def test_draws_belong_to_the_moment_whatever_else_is_in_the_study() -> None:
    frame = market_frame(500, 4, seed=11)
    pairs = [("A0", 200), ("A1", 260), ("A2", 320)]
    dates = dates_of(prepared(frame, events_at(frame, pairs)), 50, 3)
    other = dates_of(prepared(frame, events_at(frame, pairs[::-1])), 50, 3)
    assert np.array_equal(dates.reference, other.reference)  # positions stand in the order of series and time
    more = dates_of(prepared(frame, events_at(frame, [*pairs, ("A3", 400)])), 50, 3)
    assert np.array_equal(more.reference[:3], dates.reference)
    reseeded = dates_of(prepared(frame, events_at(frame, pairs)), 50, 4)
    assert not np.array_equal(reseeded.reference, dates.reference)


def test_quiet_dates_share_no_bar_with_any_event_and_keep_the_estimation_window_whole() -> None:
    frame = market_frame(300, 2, seed=12)
    study = prepared(frame, events_at(frame, [("A0", 150), ("A0", 220), ("A1", 150)]))
    candidates = candidate_dates(study.data, study.ledger.table, study.plan.windows)
    for places in candidates.values():
        zero = places.bar + 1
        assert zero.min() - 60 >= 0
        assert zero.max() + 2 < 300
        windows = zero[:, None] + np.arange(-2, 3)
        own = 150 if 220 not in windows else 220
        assert not (np.abs(windows - own) < 3).any()
    busy = [set(range(r - 2, r + 3)) for r in (150, 220)]
    for moment, places in candidates.items():
        rows = {int(b) + 1 + k for b in places.bar for k in range(-2, 3)}
        assert not rows & busy[0], moment


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_number_of_workers_gives_the_same_bytes(kind: type, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind is ProcessPoolExecutor and workers == 8:
        pytest.skip("eight processes cost more than they show beside eight threads")
    monkeypatch.setattr(refits_module, "EVENTS_AT_ONCE", 3)
    frame = market_frame(300, 10, seed=13)
    options = {"placebo_refit": {"draws": 40}, "wild_bootstrap": {"draws": 200}, "bootstrap_t": {"draws": 200}}
    tests = (*options, "cross_sectional_t")
    spec = es.StudySpec(model="market", **(SPEC | {"tests": tests}), test_options=options, adjust="romano_wolf", seed=5)  # type: ignore[arg-type]
    events = events_at(frame, [(f"A{i}", 150 + i % 4) for i in range(10)])
    alone = es.run_study(spec, events, frame, market="M")
    with kind(workers) as executor:
        assert es.run_study(spec, events, frame, market="M", executor=executor) == alone
    order = np.random.default_rng(1).permutation(10)
    named = events.assign(id=[f"e{i}" for i in range(10)])
    plain, shuffled = (es.run_study(spec, table, frame, market="M") for table in (named, named.iloc[order]))
    for test in options:
        assert [f.pvalue[0] for f in plain.findings(test)] == [f.pvalue[0] for f in shuffled.findings(test)], test


def test_clustering_is_in_the_reference_distribution() -> None:
    # Twelve events of one day whose returns correlate at 0.5: an independence test rejects 44 % (methods C2).
    false = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = daily_frame(240, 12, seed=seed)
        frame = frame * np.sqrt(0.5) + np.sqrt(0.5) * rng.normal(0, 0.01, (240, 1))
        spec = es.StudySpec(
            model="constant_mean", estimation=(-40, -2), tests=("placebo_refit",), seed=seed,
            test_options={"placebo_refit": {"draws": 99, "path": "prefix"}},
        )  # fmt: skip
        result = es.run_study(spec, events_at(frame, [(c, 120) for c in frame.columns]), frame)
        false += result.findings("placebo_refit")[0].pvalue[0] <= 0.05
    # Binomial(60, 0.05): 9 or more has probability 0.2 %; at 44 % there would be 26.
    assert false <= 8


def test_what_cannot_be_moved_says_so() -> None:
    frame = market_frame(70, 1, seed=14)
    spec = es.StudySpec(model="market", **SPEC)  # type: ignore[arg-type]
    found = es.run_study(spec, events_at(frame, [("A0", 64)]), frame, market="M").findings("placebo_refit")[0]
    assert "non-event date" in found.reasons[0]
    with pytest.raises(es.errors.UnknownNameError, match="two_pass"):
        es.run_study(
            replace_options(spec, {"placebo_refit": {"path": "sums"}}),
            events_at(frame, [("A0", 64)]),
            frame,
            market="M",
        )


def replace_options(spec: es.StudySpec, options: dict[str, dict[str, object]]) -> es.StudySpec:
    return spec.model_copy(update={"test_options": options})


def one_event(rows: int, seed: int, draws: int = 1_000) -> es.StudyResult:
    """A daily study of one event; about ``rows - 63`` other dates have a complete estimation and event window."""
    frame = daily_frame(rows, 1, seed=seed)
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-60, -1),
        event=(0, 0),
        tests=("placebo_refit",),
        test_options={"placebo_refit": {"draws": draws, "path": "prefix"}},
        diagnostics="off",
    )
    return es.run_study(spec, events_at(frame, [("A0", rows - 2)]), frame)


def test_few_quiet_dates_are_taken_once_each_and_bound_the_p_value() -> None:
    # Drawn with replacement, 1,000 draws of 25 dates gave p = 0.001; 25 dates can give no less than 1/26.
    p = []
    for seed in range(120):
        result = one_event(88, seed)
        found = result.findings("placebo_refit")[0]
        n = int(found.n[0])
        assert 20 < n < 30
        assert found.pvalue[0] >= 1 / (n + 1) - 1e-15
        p.append(found.pvalue[0] * (n + 1))
    # The rank of the event among all dates is uniform: each multiple of 1/(n + 1) comes as often as another.
    assert {round(x, 6) for x in p} <= set(map(float, range(1, 31)))
    assert sum(x <= 1.5 for x in p) / 120 < 1 / 26 + 3 * np.sqrt(1 / 26 * 25 / 26 / 120)
    assert all("ES-PLACEBO-FEW" not in {n.code for n in one_event(88, s).notices} for s in (1, 2))
    few = one_event(76, 1)
    assert "ES-PLACEBO-FEW" in {n.code for n in few.notices}
    assert "smallest attainable p-value" in next(n.message for n in few.notices if n.code == "ES-PLACEBO-FEW")


def test_all_combinations_of_few_quiet_dates_are_taken_where_the_draws_allow() -> None:
    frame = market_frame(76, 2, seed=21)
    events = events_at(frame, [("A0", 70), ("A1", 73)])
    study = prepared(frame, events)
    candidates = candidate_dates(study.data, study.ledger.table, study.plan.windows)
    Q = [len(places) for places in candidates.values()]
    dates = dates_of(study, 1_000)
    assert dates.reference.shape[1] == np.prod(Q) <= 1_000
    assert len({tuple(pair) for pair in dates.reference.T}) == np.prod(Q)
    # More combinations than draws: every date of a moment comes about as often as any other.
    fewer = dates_of(study, max(Q)).reference
    assert fewer.shape[1] == max(Q)
    counts = np.unique(fewer[0], return_counts=True)[1]
    assert counts.max() - counts.min() <= 1
