"""The sample quantile test on windows of several bars: its scale, its size, and the windows it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import eventstudy as es
from tests.study.made import daily_frame, events_at


def study(frame, M: int, L: int) -> es.StudyResult:  # type: ignore[no-untyped-def]
    spec = es.StudySpec(
        model="constant_mean", estimation=(-M, -1), event=(0, L - 1), tests=("sample_quantile",), diagnostics="off"
    )
    row = len(frame) - L
    return es.run_study(spec, events_at(frame, [(c, row) for c in frame.columns]), frame)


def test_sums_of_residuals_are_scaled_to_the_variance_of_a_car_by_hand() -> None:
    # M = 40, L = 2: residuals sum to zero, so k^2 = (1 + 1/20)/(1 - 1/20) = 21/19.
    frame = daily_frame(42, 1, seed=3)
    y = frame["A0"].to_numpy()
    residual, car = y[:40] - y[:40].mean(), y[40:].sum() - 2 * y[:40].mean()
    sums = residual[:-1] + residual[1:]
    p = (1 + (np.sqrt(21 / 19) * np.abs(sums) >= abs(car)).sum()) / (1 + 39)
    assert study(frame, 40, 2).findings("sample_quantile")[0].pvalue[0] == pytest.approx(p, abs=1e-15)


@pytest.mark.parametrize(("M", "L"), [(120, 1), (120, 6), (240, 12)])
def test_size_holds_up_to_the_longest_window_that_is_allowed(M: int, L: int) -> None:
    # 3,000 independent normal series: 14 and 28 % where the sums are as long as M / 6 and M / 3.
    p = study(daily_frame(M + L, 3_000, seed=M + L), M, L).findings("sample_quantile")[0].pvalue
    assert abs((p <= 0.05).mean() - 0.05) < 0.01 + 3 * np.sqrt(0.05 * 0.95 / 3_000)


def test_a_window_with_few_independent_sums_is_refused_with_a_reason() -> None:
    found = study(daily_frame(127, 2, seed=1), 120, 7).findings("sample_quantile")[0]
    assert np.isnan(found.pvalue).all()
    assert "fewer than 20 sums" in found[0].reason
