"""What is done once for many events is what would be done for each: windows, columns, sums, names and p-values."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

import eventstudy as es
from eventstudy.abnormal import series
from eventstudy.abnormal.event_columns import EventColumns
from eventstudy.abnormal.event_windows import EventWindows
from eventstudy.abnormal.gather import Bounds, Windows, shared_runs
from eventstudy.abnormal.models.ols import CLOSE_FIT, market_model
from eventstudy.abnormal.series import series_of
from eventstudy.arrays import DAY_US
from eventstudy.inference import distributions
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from eventstudy.study.prepare import estimation_values
from tests.study.made import daily_frame, events_at, intraday


def windows(flat: np.ndarray, start: np.ndarray, size: int) -> Windows:
    bounds = Bounds(np.zeros(len(start), np.int64), np.full(len(start), len(flat)))
    return Windows(flat, start, bounds, size, inside=True)


@pytest.mark.parametrize(("holes", "level"), [(0.0, 0.0), (0.01, 0.0), (0.0, 0.5), (0.0, 100.0), (0.002, 100.0)])
def test_a_window_that_events_share_is_summed_once_and_no_bit_changes(holes: float, level: float) -> None:
    # At a level of 0.5 some windows of the regressor are centered and others are not.
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=400) + level, rng.normal(size=4_000)
    x[rng.random(400) < holes], y[rng.random(4_000) < holes] = np.nan, np.nan
    start, y_start = rng.integers(0, 40, 300), rng.integers(0, 3_900, 300)
    shared = shared_runs(windows(x, start, 60))
    assert shared is not None
    assert len(shared[0]) <= 40
    together = market_model(windows(y, y_start, 60), windows(x, start, 60))
    cells = np.arange(60)
    apart = market_model(y[y_start[:, None] + cells], x[start[:, None] + cells])
    assert together == apart
    # Windows that nobody shares, or that lie far apart, are not looked for.
    assert shared_runs(windows(x, np.arange(300), 60)) is None
    assert shared_runs(windows(x, np.array([0, 300]), 60)) is None


def exact_squares(y: np.ndarray, x: np.ndarray) -> float:
    """Squared residuals of the line by exact fractions."""
    Y, X = [Fraction(float(v)) for v in y], [Fraction(float(v)) for v in x]
    n = len(Y)
    ym, xm = sum(Y) / n, sum(X) / n
    slope = sum((a - xm) * (b - ym) for a, b in zip(X, Y, strict=True)) / sum((a - xm) ** 2 for a in X)
    return float(sum((b - ym - slope * (a - xm)) ** 2 for a, b in zip(X, Y, strict=True)))


@given(seed=st.integers(0, 2**32 - 1), noise=st.integers(-7, 1), offset=st.sampled_from([0.0, 1.0, 1e4]))
def test_squared_residuals_keep_their_digits_however_close_the_line_fits(seed: int, noise: int, offset: float) -> None:
    # Where little is left the difference of two sums would keep no digit: 1e-14 of y's spread at noise 1e-7.
    rng = np.random.default_rng(seed)
    x = rng.normal(size=40) + offset
    y = 2 * x + 10.0**noise * rng.normal(size=40)
    exact = exact_squares(y, x)
    found = float(market_model(y[None], x[None]).sigma2[0]) * 38
    # The data themselves are rounded to eps of their size before anybody fits them; the fit loses as much again.
    room = 1e-12 + 40 * 2.0**-52 * (np.abs(y).max() / 10.0**noise)
    assert abs(found - exact) <= room * exact
    assert 0 < CLOSE_FIT < 1


@pytest.mark.parametrize("x_level", [0.0, 0.1, 3.0, 1e6])
@pytest.mark.parametrize("y_level", [0.0, 0.1, 3.0, 1e6])
def test_a_line_is_exact_whichever_of_the_two_is_centered(x_level: float, y_level: float) -> None:
    # Against exact fractions of the values as they are stored; without the sums of centered values, which are 0 but for
    # the rounding of the mean, the slope of values near 1e6 would be wrong by 1e-12.
    rng = np.random.default_rng(3)
    x, e = rng.normal(size=(8, 40)) + x_level, rng.normal(size=(8, 40))
    y = 0.5 * (x - x_level) + e + y_level
    fit = market_model(y, x)
    for i in range(8):
        X, Y = [Fraction(float(v)) for v in x[i]], [Fraction(float(v)) for v in y[i]]
        xm, ym = sum(X) / 40, sum(Y) / 40
        sxx = sum((a - xm) ** 2 for a in X)
        slope = sum((a - xm) * (b - ym) for a, b in zip(X, Y, strict=True)) / sxx
        assert abs(float(fit.coef[i, 1]) - float(slope)) <= 2e-15
        assert float(fit.coef[i, 0]) == pytest.approx(float(ym - slope * xm), rel=1e-14, abs=4e-15 * max(1, x_level))
        assert float(fit.sigma2[i]) * 38 == pytest.approx(exact_squares(y[i], x[i]), rel=1e-14)
        assert float(fit.xtx_inv_sqrt[i, 1, 1] ** -2) == pytest.approx(float(sxx), rel=1e-14)


@given(
    row=st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True),
    cuts=st.lists(st.integers(1, 29), max_size=3),
    seed=st.integers(0, 2**16),
)
def test_columns_come_back_in_the_order_of_the_table_without_unused_events(
    row: list[int], cuts: list[int], seed: int
) -> None:
    rows, N = np.array(row), len(row)
    ends = [0, *sorted({c for c in cuts if c < N}), N]
    value = rows[:, None] * 10 + np.arange(2)
    used = np.random.default_rng(seed).random(N) < 0.7
    columns = EventColumns(rows, 61)
    for piece in [slice(a, b) for a, b in pairwise(ends)]:
        columns.append("a", piece, value[piece])
        columns.append("nothing", piece, None)
    columns.filter(used)
    assert columns.column("a").tolist() == (np.sort(rows)[used][:, None] * 10 + np.arange(2)).tolist()
    assert columns.column("nothing") is None
    assert rows[columns.kept].tolist() == np.sort(rows)[used].tolist()


def event_windows() -> EventWindows:
    rng = np.random.default_rng(8)
    factors = rng.normal(size=(2, 60))
    factors[0, 7] = np.nan
    reference = np.array([9, 20, 20, 30])
    return EventWindows(
        axis=np.arange(60) * 100,
        factors=factors,
        reference=reference,
        first=reference + np.array([1, 1, 3, 1]),
        low=np.zeros(4, np.int64),
        high=np.full(4, 60),
        tau=np.arange(-3, 3),
        kind="log",
    )


def test_event_windows_by_hand() -> None:
    made = event_windows()
    # The third event merges bars 21, 22 and 23 into tau = 0, so tau = 1 is bar 24.
    assert made.n_bars.tolist() == [[1] * 6, [1] * 6, [1, 1, 1, 3, 1, 1], [1] * 6]
    assert made.closes[2].tolist() == [1800, 1900, 2000, 2300, 2400, 2500]
    assert made.closes[0].tolist() == [700, 800, 900, 1000, 1100, 1200]
    bars, first, second = made.sums(slice(2, 5))
    assert bars.tolist() == [3, 3, 5, 3]
    expected = [made.factors[1, low:high].sum() for low, high in ((9, 12), (20, 23), (20, 25), (30, 33))]
    assert np.abs(second - expected).max() < 1e-14
    assert np.isfinite(first).all()
    # Bar 7 misses the first factor; it is tau = -3 of the first event.
    assert np.isnan(made.sums(slice(0, 2))[1]).tolist() == [True, False, False, False]
    assert np.isnan(made.regressors[0]).sum() == 1


def test_windows_on_their_part_of_the_axis_say_the_same() -> None:
    made = event_windows()
    part = made[1:3].between()
    # From tau = -3 of bar 20, which is bar 18, to tau = 2 of bar 23.
    assert len(part.axis) == 26 - 18
    assert part.closes.tolist() == made.closes[1:3].tolist()
    assert np.array_equal(part.regressors, made.regressors[:, 1:3])
    assert all(np.array_equal(a, b[1:3]) for a, b in zip(part.sums(slice(0, 6)), made.sums(slice(0, 6)), strict=True))
    assert len(made[:0].between()) == 0


def study_with_gaps() -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 instruments on 300 days with gaps in returns and market, one that begins late, and one that never moves."""
    frame = daily_frame(300, 40, seed=21).rename(columns={"A39": "M"})
    rng = np.random.default_rng(22)
    frame = frame.mask(rng.random(frame.shape) < 0.01)
    frame.iloc[90, frame.columns.get_loc("M")] = np.nan
    frame.iloc[:150, 3] = np.nan
    frame.iloc[:, 4] = 0.0
    # Windows that begin before the data, that lie inside it, and that end with it.
    places = [(column, place) for column in frame.columns[:-1] for place in (60, 140, 170, 294)]
    return frame, events_at(frame, places)


def test_what_else_is_asked_changes_no_bit_of_the_fit() -> None:
    # Residuals are kept only where a test needs them.
    frame, events = study_with_gaps()
    tests = ("time_series_t", "cross_sectional_t", "patell", "generalized_sign", "kp_patell")
    spec = es.StudySpec(
        model="market", estimation=(-110, -11), event=(-5, 5), min_observations=30, tests=tests, response="off"
    )
    bare = spec.model_copy(update={"tests": ("time_series_t",)})
    one, other = (es.run_study(s, events, frame, market="M") for s in (spec, bare))
    assert one.abnormal == other.abnormal
    assert len(one.abnormal) > 80
    assert {"estimation_too_short", "degenerate_window"} <= set(one.ledger.counts())


def test_names_and_p_values_are_made_once_and_only_if_somebody_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = distributions.pvalue
    monkeypatch.setattr(distributions, "pvalue", lambda *given: asked.append(len(given[0])) or real(*given))
    frame = daily_frame(200, 3)
    events = events_at(frame, [("A1", 150), ("A2", 160)]).assign(id=["x", "y"])
    spec = es.StudySpec(model="market", estimation=(-100, -11), event=(-2, 2), response="off")
    result = es.run_study(spec, events, frame, market="A0")
    found = result.findings("time_series_t")[0]
    assert (asked, "ids" in vars(result.ledger.table)) == ([], False)
    # Read twice, computed once; t from another program.
    expected = 2 * t.sf(np.abs(found.statistic), found.df)
    assert np.abs(found.pvalue - expected).max() < 1e-15
    assert found.pvalue is found.pvalue
    assert asked == [2]
    assert found.instruments.tolist() == result.abnormal.instruments.tolist() == ["A1", "A2"]
    assert found.events.tolist() == result.abnormal.events.tolist() == ["x", "y"]


def test_two_tables_of_the_same_events_are_equal_however_their_instruments_are_kept() -> None:
    frame = daily_frame(60, 4)
    events = events_at(frame, [("A1", 40), ("A3", 41), ("A1", 50)]).assign(id=["x", "y", "z"])
    spec = es.StudySpec(event=(0, 0), response="off")
    # Texts are looked up among the series, objects are counted; an instrument without a series is counted as well.
    texts, objects = (es.run_study(spec, given, frame).ledger.table for given in (events, events.astype(object)))
    assert texts.places[0].tolist() == ["A0", "A1", "A2", "A3"]
    assert objects.places[0].tolist() == ["A1", "A3"]
    assert texts == objects
    assert texts.instruments.tolist() == ["A1", "A3", "A1"]
    # A missing instrument is no instrument called "nan", even if there is one.
    nameless = es.run_study(spec, events.assign(instrument=["A1", None, "A1"]), frame.rename(columns={"A3": "nan"}))
    assert [outcome.outcome for outcome in nameless.ledger] == ["used", "unknown_instrument", "used"]
    strange = events.assign(instrument=["A1", "B7", "A1"])
    told = es.run_study(spec, strange, frame).ledger
    assert told.table != texts
    assert [outcome.outcome for outcome in told] == ["used", "unknown_instrument", "used"]


@pytest.mark.parametrize("wrong", [np.inf, -np.inf])
def test_a_return_without_end_is_a_missing_one_in_every_test(wrong: float) -> None:
    frame = daily_frame(200, 8, seed=9)
    events = events_at(frame, [(f"A{i}", 150 + i) for i in range(1, 8)])
    tests = (
        "time_series_t",
        "corrado_rank",
        "corrado_zivney",
        "campbell_wasley",
        "grank_t",
        "generalized_sign",
        "kp_bmp",
    )
    spec = es.StudySpec(model="market", estimation=(-100, -11), event=(-2, 2), tests=tests, missing="return")
    found = []
    for value in (wrong, np.nan):
        # In the estimation window of A1 and in that of the market, and in the event window of A2.
        spoilt = frame.copy()
        spoilt.iloc[100, 1], spoilt.iloc[90, 0], spoilt.iloc[151, 2] = value, value, value
        found.append(es.run_study(spec, events, spoilt, market="A0").significances)
    for one, other in zip(found[0].findings, found[1].findings, strict=True):
        assert np.array_equal(one.statistic, other.statistic, equal_nan=True), one.test


def test_what_happens_to_the_frame_afterwards_does_not_reach_the_result() -> None:
    frame = daily_frame(60, 2)
    events = events_at(frame, [("A0", 40), ("A1", 41)]).assign(id=["x", "y"])
    result = es.run_study(es.StudySpec(event=(0, 0), response="off"), events, frame)
    events.loc[0, "id"] = "changed"
    events["id"].array[1] = "changed"
    events.loc[0, "instrument"] = "changed"
    assert result.abnormal.events.tolist() == ["x", "y"]
    assert result.abnormal.instruments.tolist() == ["A0", "A1"]


def listed(frame: pd.DataFrame) -> list[Returns]:
    """The columns of a frame as a list of series, each with its own arrays."""
    closes = frame.index.as_unit("us").asi8
    none = np.zeros(len(closes), dtype=np.bool_)
    return [
        Returns(Instrument(code), DAY_US, closes.copy(), values.to_numpy(), none, closes // DAY_US, closes % DAY_US)
        for code, values in frame.items()
    ]


def test_the_shares_of_a_universe_share_their_time_axis_and_no_bit_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = daily_frame(400, 6, seed=3)
    given = listed(frame)
    given[4] = listed(frame[["A4"]].drop(index=frame.index[100]))[0]
    together = series_of(given[:5])
    # Four series of 400 bars lie on one axis; the fifth lacks a bar and has its own, which begins behind it.
    assert together.time_offset.tolist() == [0, 0, 0, 0, 400]
    assert len(together.closes) == len(together.trading_day) == len(together.missing_days) == 799
    assert together.offset.tolist() == [0, 400, 800, 1_200, 1_600]
    table = events_at(frame, [("A0", 300), ("A1", 300), ("A2", 304), ("A4", 340), ("A3", 350)])
    spec = es.StudySpec(
        model="market", estimation=(-120, -11), event=(-3, 3), windows=[(0, 1)], tests=["kp_bmp", "corrado_rank"]
    )

    def answer() -> es.StudyResult:
        return es.run_study(spec, table, given[:5], market=given[5])

    once = answer()
    monkeypatch.setattr(series, "_axes", lambda returns, missing: np.arange(len(returns)))
    assert series_of(given[:5]).time_offset.tolist() == [0, 400, 800, 1_200, 1_600]
    assert answer().to_dict() == once.to_dict()


def test_dates_without_events_are_those_of_the_frame_for_a_list_with_the_same_bars() -> None:
    # Two instruments with one time: their dates avoid the events of both, however the returns are given.
    frame = daily_frame(400, 3, seed=4)
    table = events_at(frame, [("A0", 300), ("A1", 300), ("A1", 200), ("A0", 250)]).assign(id=list("abcd"))
    spec = es.StudySpec(
        estimation=(-60, -11), event=(-3, 3), windows=[(0, 0)], tests=["placebo_refit"], missing="return", seed=1
    )
    pvalues = [
        es.run_study(spec, table, data).findings("placebo_refit")[0].pvalue.tolist() for data in (frame, listed(frame))
    ]
    assert pvalues[0] == pvalues[1]


def test_returns_over_a_break_are_left_out_of_every_series_on_a_shared_axis() -> None:
    days = {10: [1.0, 2.0], 11: [3.0, 4.0]}
    one, two = intraday("A", days), intraday("B", {day: [-value for value in row] for day, row in days.items()})
    together = series_of([one, two])
    assert together.time_offset.tolist() == [0, 0]
    expected = [1.0, 2.0, np.nan, 4.0, -1.0, -2.0, np.nan, -4.0]
    np.testing.assert_array_equal(estimation_values(together), expected)
