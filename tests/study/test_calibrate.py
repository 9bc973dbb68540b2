"""Calibration on series whose truth is known: honest tests are called honest, dishonest ones are found out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError
from eventstudy.study.calibrate import calibrate
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


def test_a_series_without_quiet_times_is_an_error_that_says_so() -> None:
    frame = daily_frame(70, 1)
    with pytest.raises(DataError, match="quiet times"):
        calibrate(study(("patell",)), events_at(frame, [("A0", 65)]), frame, draws=20)
