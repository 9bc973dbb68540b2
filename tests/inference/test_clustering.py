"""Kolari and Pynnonen's correction where events share all, some or none of their days, against a loop over pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, epoch_us
from eventstudy.inference import clustering
from eventstudy.inference.clustering import CommonDates, mean_correlations
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from tests.study.made import daily_frame, events_at

M = 60
TESTS = ("bmp", "kp_bmp", "patell", "kp_patell")
WINDOWS = ((0, 0), (0, 3), (-2, -1))


def study(
    frame: pd.DataFrame, pairs: list[tuple[str, int]], windows: tuple[tuple[int, int], ...] = WINDOWS
) -> es.StudyResult:
    spec = es.StudySpec(
        model="constant_mean", estimation=(-M - 4, -5), event=(-2, 3), windows=windows, tests=TESTS, diagnostics="off"
    )
    return es.run_study(spec, events_at(frame, pairs), frame)


def statistics(result: es.StudyResult, window: int) -> dict[str, float]:
    return {name: float(result.findings(name)[window].statistic[0]) for name in TESTS}


def weighted_mean_correlation(frame: pd.DataFrame, pairs: list[tuple[str, int]], window: tuple[int, int]) -> float:
    """Loop over pairs: correlation of the returns on the estimation bars of both, times the window bars in common."""
    total, L = 0.0, window[1] - window[0] + 1
    for i, (left, a) in enumerate(pairs):
        for j, (right, b) in enumerate(pairs):
            common = max(L - abs(a - b), 0)
            if i != j and common:
                rows = range(max(a, b) - M - 4, min(a, b) - 4)
                total += common / L * np.corrcoef(frame[left].iloc[rows], frame[right].iloc[rows])[0, 1]
    return total / (len(pairs) * (len(pairs) - 1))


def test_each_pair_counts_by_the_event_window_bars_it_shares() -> None:
    frame = daily_frame(200, 6, seed=3) + daily_frame(200, 1, seed=4).to_numpy()
    pairs = [("A0", 100), ("A1", 100), ("A2", 101), ("A3", 103), ("A4", 140), ("A5", 140), ("A0", 180)]
    result = study(frame, pairs)
    for number, window in enumerate(WINDOWS):
        found = statistics(result, number)
        r, N = weighted_mean_correlation(frame, pairs, window), len(pairs)
        # Residuals of each window are brought to length one before they meet on the bars in common: a part in M of r.
        assert (found["patell"] / found["kp_patell"]) ** 2 - 1 == pytest.approx((N - 1) * r, rel=0.03)
        factor = (1 - r) / (1 + (N - 1) * r)
        assert (found["kp_bmp"] / found["bmp"]) ** 2 == pytest.approx(factor, rel=0.03)


def test_one_common_date_gives_the_printed_formula_and_disjoint_windows_give_bmp() -> None:
    frame = daily_frame(200, 8, seed=5) + daily_frame(200, 1, seed=6).to_numpy()
    pairs = [(f"A{i}", 100) for i in range(8)]
    r = weighted_mean_correlation(frame, pairs, (0, 0))
    together = statistics(study(frame, pairs), 1)
    assert together["kp_bmp"] == pytest.approx(together["bmp"] * np.sqrt((1 - r) / (1 + 7 * r)), rel=1e-12)
    assert together["kp_patell"] == pytest.approx(together["patell"] / np.sqrt(1 + 7 * r), rel=1e-12)
    apart = statistics(study(frame, [(f"A{i}", 100 + 6 * i) for i in range(8)]), 1)
    assert apart["kp_bmp"] == pytest.approx(apart["bmp"], rel=1e-12)
    assert apart["kp_patell"] == pytest.approx(apart["patell"], rel=1e-12)


def alone(column: pd.Series) -> Returns:
    """One series with a list of closes of its own; missing days are not in it."""
    there = column.dropna()
    closes = epoch_us(pd.DatetimeIndex(there.index))
    day = closes // DAY_US
    spans = np.zeros(len(there), dtype=bool)
    return Returns(Instrument(str(column.name)), DAY_US, closes, there.to_numpy(), spans, day, closes % DAY_US)


def test_series_with_different_lists_of_days_meet_on_calendar_time() -> None:
    # The same numbers as in one frame when one series lacks a day that no estimation window holds.
    frame = daily_frame(200, 3, seed=7) + daily_frame(200, 1, seed=8).to_numpy()
    pairs = [("A0", 120), ("A1", 121), ("A2", 121)]
    shared = statistics(study(frame, pairs), 1)
    frame.iloc[20, 0] = np.nan
    spec = study(frame, pairs).spec
    apart = es.run_study(spec, events_at(frame, pairs), [alone(frame[code]) for code in frame])
    assert statistics(apart, 1) == pytest.approx(shared, rel=1e-9)


def test_many_events_of_one_instrument_keep_their_power() -> None:
    # One instrument, an event every third day, half a standard deviation: BMP finds it, and so must the correction.
    found = []
    for seed in range(40):
        frame = daily_frame(260, 1, seed=seed)
        rows = list(range(80, 230, 3))
        frame.iloc[rows] += 0.005
        found.append(statistics(study(frame, [("A0", row) for row in rows], ((0, 0),)), 0))
    bmp, kp = (np.array([one[name] for one in found]) for name in ("bmp", "kp_bmp"))
    assert np.abs(bmp - kp).max() < 1e-12
    assert (kp > 2.01).mean() > 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dates", "instruments", "size", "power"), [(10, 20, 5.4, 76), (1, 50, 5.6, 15), (25, 4, 4.7, 95)]
)
def test_size_and_power_are_those_of_the_corrected_formula_alone(
    dates: int, instruments: int, size: float, power: float
) -> None:
    """Against a simulation of the formula on normal SCARs, 3,000 draws; here complete studies, 1,000 draws.

    Many events of one instrument are estimated on the same returns, which that simulation leaves out: see
    ``test_shared_estimation.py``.
    """
    from benchmarks.designs import Design, rejected

    for shock, expected in ((0.0, size), (0.5, power)):
        p = rejected(Design(dates, instruments, correlation=0.3, shock=shock), 1_000, ("kp_bmp",))["kp_bmp"]
        share = 100 * (p <= 0.05).mean()
        error = 100 * np.sqrt(expected / 100 * (1 - expected / 100) * (1 / 1_000 + 1 / 3_000))
        assert abs(share - expected) < 3.5 * error + 1


def test_windows_of_one_length_are_added_up_as_pairs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    for places in ([0, 1, 2, 5, 6, 9], [3, 4], [0, 2, 40, 41]):
        reference = np.array(places, dtype=np.int64)
        dates = CommonDates(
            np.stack([reference, reference + 1], axis=1),
            rng.standard_normal((len(places), 12)),
            np.ones(len(places)),
        )
        windows = (Window(0, 0), Window(-2, 3), Window(1, 4))
        at_once = mean_correlations(dates, windows, 10)
        monkeypatch.setattr(clustering, "MOST_ROWS_A_WINDOW", 0)  # pair by pair
        by_pairs = mean_correlations(dates, windows, 10)
        monkeypatch.undo()
        np.testing.assert_allclose(at_once, by_pairs, rtol=1e-12, atol=1e-15)
