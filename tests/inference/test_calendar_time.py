"""The calendar-time portfolio reports one parameter: estimate, standard error and statistic belong together."""

from __future__ import annotations

import numpy as np
import pytest

import eventstudy as es
from tests.study.made import daily_frame, events_at


def test_estimate_standard_error_and_statistic_are_of_one_parameter_by_hand() -> None:
    # Fifty events fall by 3 % on one day, ten others rise by 2 % on ten days: the mean over events is negative, the
    # mean over instants positive. It is the latter that is tested, so it is the latter that is reported.
    frame = daily_frame(400, 60, seed=1)
    rows = [300] * 50 + [300 + 3 * k for k in range(1, 11)]
    pairs = list(zip(frame.columns, rows, strict=True))
    for code, row in pairs:
        frame.loc[frame.index[row], code] += -0.03 if row == 300 else 0.02
    spec = es.StudySpec(event=(0, 9), windows=((0, 0), (0, 9)), tests=("calendar_time",))
    result = es.run_study(spec, events_at(frame, pairs), frame)
    for found, L in zip(result.findings("calendar_time"), (1, 10), strict=True):
        cells: dict[int, list[float]] = {}
        for code, row in pairs:
            for tau in range(L):
                cells.setdefault(row + tau, []).append(float(frame[code].iloc[row + tau]))
        P = np.array([np.mean(values) for values in cells.values()])
        se = P.std(ddof=1) / np.sqrt(len(P))
        assert found.estimate[0] == pytest.approx(P.mean(), rel=1e-12)
        assert found.se[0] == pytest.approx(se, rel=1e-12)
        assert found.statistic[0] == pytest.approx(P.mean() / se, rel=1e-12)
        assert found.df[0] == len(P) - 1
    first = result.findings("calendar_time")[0]
    assert first.estimate[0] > 0 > result.abnormal.car((0, 0)).mean()
    assert "per bar" in first.null


def test_standardized_portfolios_report_the_standardized_mean() -> None:
    frame = daily_frame(300, 12, seed=2)
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-100, -1),
        event=(0, 0),
        tests=("calendar_time",),
        test_options={"calendar_time": {"standardize": True}},
    )
    events = events_at(frame, [(c, 150 + 5 * (i // 2)) for i, c in enumerate(frame.columns)])
    found = es.run_study(spec, events, frame).findings("calendar_time")[0]
    assert found.statistic[0] == pytest.approx(found.estimate[0] / found.se[0], rel=1e-12)
