"""A long frame gives the same columns whatever the order of its rows, complete or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError
from eventstudy.study.long_frame import _is_complete, wide_frame

TIMES = pd.date_range("2024-01-02 16:00", periods=3, tz="UTC")


def panel() -> pd.DataFrame:
    """Two instruments on three days: A returns 1, 3, 5 and B 2, missing, 6."""
    returns = [1.0, 2.0, 3.0, np.nan, 5.0, 6.0]
    return pd.DataFrame({"instrument": ["A", "B"] * 3, "time": TIMES.repeat(2), "return": returns})


@pytest.mark.parametrize("kind", ["str", "category"])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [1, 0, 2, 3, 4, 5], [5, 2, 0, 4, 1, 3], [0, 2, 4, 1, 3, 5]])
def test_the_order_of_rows_does_not_matter(kind: str, order: list[int]) -> None:
    made = wide_frame(panel().astype({"instrument": kind}).iloc[order])
    assert made["A"].tolist() == [1.0, 3.0, 5.0]
    np.testing.assert_array_equal(made["B"], [2.0, np.nan, 6.0])
    assert list(made.index) == list(TIMES)


def test_only_a_panel_in_step_counts_as_complete() -> None:
    code, stamps = np.array([0, 1, 0, 1]), np.array([10, 10, 20, 20])
    assert _is_complete(code, stamps, 2)
    assert not _is_complete(np.array([0, 1, 1, 0]), stamps, 2)
    assert not _is_complete(np.array([0, -1, 0, -1]), stamps, 2)
    assert not _is_complete(code, np.array([10, 10, 10, 10]), 2)
    assert not _is_complete(code, np.array([20, 20, 10, 10]), 2)
    assert not _is_complete(code, np.array([10, 20, 20, 20]), 2)
    assert not _is_complete(code, np.array([pd.NaT.value, pd.NaT.value, 20, 20]), 2)
    assert not _is_complete(code[:3], stamps[:3], 2)


def test_a_missing_pair_is_nan_and_a_pair_twice_is_refused() -> None:
    made = wide_frame(panel().drop(index=2))
    np.testing.assert_array_equal(made["A"], [1.0, np.nan, 5.0])
    with pytest.raises(DataError, match="A at 2024-01-02 16:00:00"):
        wide_frame(pd.concat([panel(), panel().iloc[[0]]]))
    with pytest.raises(DataError, match="Row 4 of the long frame has no instrument or no time"):
        wide_frame(panel().assign(time=panel()["time"].where(panel().index != 4)))
