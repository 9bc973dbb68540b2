"""Frames of polars and Arrow give the very numbers that pandas gives, and come back out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import UsageError
from eventstudy.study.interchange import as_pandas, wide_pandas
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec

LIBRARIES = ("polars", "pyarrow")
SPEC = StudySpec(name="x", model="constant_mean", estimation=(-60, -2), event=(0, 1), tests=("time_series_t",))


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    days = pd.bdate_range("2024-01-01", periods=100, tz="UTC") + pd.Timedelta("16h")
    values = np.random.default_rng(4).normal(0, 0.01, (100, 2))
    returns = pd.DataFrame(values, index=pd.DatetimeIndex(days, name="close"), columns=["A", "B"])
    events = pd.DataFrame({"instrument": ["A", "B"], "time": days[80] + pd.Timedelta("2h"), "id": ["e1", "e2"]})
    return returns, events


def other(frame: pd.DataFrame, library: str) -> Any:
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    return module.from_pandas(frame) if library == "polars" else module.Table.from_pandas(frame, preserve_index=False)


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_of_other_libraries_give_the_same_numbers(library: str) -> None:
    returns, events = frames()
    expected = run_study(SPEC, events, returns)
    found = run_study(SPEC, other(events, library), other(returns.reset_index(), library))
    assert found.abnormal == expected.abnormal
    assert found.ledger == expected.ledger


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("table", ["ar", "car", "aar", "tests", "outcomes"])
def test_tables_go_out_and_come_back(library: str, table: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    returns, events = frames()
    result = run_study(SPEC, events, returns)
    out = result.to_polars(table) if library == "polars" else result.to_arrow(table)
    back = as_pandas(out)
    expected = result.to_frame(table)
    assert list(back.columns) == list(expected.columns)
    for name in expected.columns:
        if expected[name].dtype.kind in "fi":
            np.testing.assert_array_equal(back[name].to_numpy(float), expected[name].to_numpy(float))
        else:
            assert back[name].astype(str).tolist() == expected[name].astype(str).tolist()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_wide_frame_without_one_column_of_times_is_refused(library: str) -> None:
    returns, _ = frames()
    with pytest.raises(UsageError, match="0 columns of dates"):
        wide_pandas(other(returns.reset_index(drop=True), library))


def test_what_is_no_frame_passes_through() -> None:
    given = [object()]
    assert as_pandas(given) is given
    assert as_pandas(None) is None
