"""Calibration on series whose truth is known: honest tests are called honest, dishonest ones are found out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.windows import Window
from eventstudy.errors import DataError
from eventstudy.study.calibrate import PlaceboStudies, _band, _independent, _tables, calibrate, quiet_times
from eventstudy.study.inputs import GivenRegressors, read_inputs
from tests.study.made import daily_frame, events_at


def study(tests: tuple[str, ...]) -> es.StudySpec:
    return es.StudySpec(model="constant_mean", estimation=(-60, -6), event=(-2, 2), windows=((0, 0),), tests=tests)


def clustered(rho: float) -> pd.DataFrame:
    frame = daily_frame(600, 12, seed=5)
    common = np.random.default_rng(6).normal(0, 0.01, (600, 1))
    return frame * np.sqrt(1 - rho) + np.sqrt(rho) * common


def events(frame: pd.DataFrame) -> pd.DataFrame:
    return events_at(frame, [(column, 300) for column in frame.columns])


def test_clustering_spoils_the_cross_sectional_t_and_not_the_adjusted_bmp() -> None:
    frame = clustered(0.5)
    found = {c.test: c for c in calibrate(study(("cross_sectional_t", "kp_bmp")), events(frame), frame, draws=120)}
    # 2 Phi(-1.96 / sqrt(1 + 11 * 0.5)) = 0.442 for an independence test of 12 events at correlation 0.5 (C2).
    assert found["cross_sectional_t"].size[0.05] > found["cross_sectional_t"].band[0.05][1] + 0.1
    assert found["kp_bmp"].size[0.05] <= found["kp_bmp"].band[0.05][1] + 0.04


def test_the_smallest_effect_is_the_textbook_one() -> None:
    # 80 % power at 5 %: effect = (1.96 + 0.84) sd / sqrt(N) = 2.80 * 0.01 / sqrt(12) = 81 bp for Patell's Z.
    frame = daily_frame(600, 12, seed=7)
    found = calibrate(study(("patell",)), events(frame), frame, draws=100)[0]
    assert 0.0065 < found.smallest_effect < 0.0097
    assert found.band[0.05][0] <= found.size[0.05] <= found.band[0.05][1]


def test_windows_that_overlap_are_worth_fewer_than_they_are() -> None:
    # One moment in 200 days, 55 to estimate on: some 130 quiet bars, among them 26 windows of 5 bars that share none.
    frame = daily_frame(200, 1, seed=8)
    spec = study(("time_series_t",)).model_copy(update={"windows": ((-2, 2), (0, 0))})
    wide, narrow = calibrate(spec, events_at(frame, [("A0", 150)]), frame, draws=100)
    # 100 / (1 + 99 * 5 / Q) for Q near 128: 20; and for one bar 100 / (1 + 99 / Q): 56.
    assert wide.draws == narrow.draws == 100
    assert 18 <= wide.independent <= 24
    assert 52 <= narrow.independent <= 60
    assert wide.band[0.05][1] > narrow.band[0.05][1]


def test_the_honest_band_holds_the_share_of_an_honest_test() -> None:
    # Twenty series of normal returns, overlapping windows of 5 bars: 95 % bands must hold most shares. The binomial
    # band of the 100 draws themselves would not.
    spec = study(("time_series_t",)).model_copy(update={"windows": ((-2, 2),)})
    held = 0
    for seed in range(20):
        frame = daily_frame(260, 1, seed=100 + seed)
        inputs = read_inputs(spec, events_at(frame, [("A0", 200)]), frame, GivenRegressors(), "")
        quiet = quiet_times(spec, inputs)
        tables = _tables(inputs.table, quiet, 100, seed)
        studies = PlaceboStudies(spec, inputs, tuple(tables)).answers(map)
        p = np.concatenate([found["time_series_t", Window(-2, 2)] for found, _ in studies])
        low, high = _band(0.05, _independent(len(p), quiet, inputs.series, Window(-2, 2)))
        held += low <= (p <= 0.05).mean() <= high
    assert held >= 17


def test_a_window_before_the_news_is_calibrated_by_a_shock_inside_it() -> None:
    # A shock at tau = 0 lies outside [-2, -1]: it must be planted in the window, where two bars see some
    # 2.80 * 0.01 * sqrt 2 / sqrt 12 = 114 bp.
    frame = daily_frame(600, 12, seed=7)
    spec = study(("patell",)).model_copy(update={"windows": ((-2, -1), (1, 2))})
    for found in calibrate(spec, events(frame), frame, draws=100):
        assert 0.009 < found.smallest_effect < 0.0138


def test_each_quiet_time_of_a_single_moment_is_taken_once() -> None:
    frame = daily_frame(120, 1, seed=9)
    found = calibrate(study(("time_series_t",)), events_at(frame, [("A0", 90)]), frame, draws=500)[0]
    assert found.draws < 60


def test_adding_an_event_moves_no_other() -> None:
    frame = daily_frame(400, 3, seed=10)
    spec = study(("time_series_t",))
    drawn = []
    for pairs in ([("A0", 200), ("A1", 260)], [("A2", 320), ("A1", 260), ("A0", 200)]):
        inputs = read_inputs(spec, events_at(frame, pairs), frame, GivenRegressors(), "")
        table = _tables(inputs.table, quiet_times(spec, inputs), 5, 1)[3]
        drawn.append(dict(zip(table.instruments.tolist(), table.earliest.tolist(), strict=True)))
    assert drawn[0]["A0"] == drawn[1]["A0"]
    assert drawn[0]["A1"] == drawn[1]["A1"]


def test_a_series_without_quiet_times_is_an_error_that_says_so() -> None:
    frame = daily_frame(70, 1)
    with pytest.raises(DataError, match="quiet times"):
        calibrate(study(("patell",)), events_at(frame, [("A0", 65)]), frame, draws=20)
