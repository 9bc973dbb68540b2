"""A long frame gives the same columns whatever the order of its rows, complete or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.errors import DataError
from eventstudy.study.long_frame import _in_step, wide_frame

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


def test_only_rows_in_order_of_time_and_instrument_are_in_step() -> None:
    def step(code: list[int], stamps: list[int], instruments: int = 2) -> list[list[int]] | None:
        found = _in_step(np.array(code, np.int8), np.array(stamps), instruments)
        return None if found is None else [part.tolist() for part in found]

    assert step([0, 1, 0, 1], [10, 10, 20, 20]) == [[0, 2], []]
    assert step([0, 1, 1], [10, 10, 20]) == [[0, 2], [2]]
    assert step([0, 1, 2], [10, 10, 20], 3) == [[0, 2], [2, 3, 4]]
    assert step([1, 0], [10, 20], 3) == [[0, 1], [0, 2, 4, 5]]
    assert step([0, 1, 1, 0], [10, 10, 20, 20]) is None
    assert step([0, 1, 0, 0], [10, 10, 20, 20]) is None
    assert step([0, -1, 0, -1], [10, 10, 20, 20]) is None
    assert step([0, 1, 0, 1], [10, 10, 10, 10]) is None
    assert step([0, 1, 0, 1], [20, 20, 10, 10]) is None
    assert step([0, 1, 0, 1], [int(pd.NaT.value)] * 2 + [20, 20]) is None
    assert step([], []) is None
    # The highest code of its type has no successor.
    assert step([127, 0], [10, 20], 128) == [[0, 1], [*range(127), *range(129, 256)]]


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.sampled_from(["time", "instrument", "none"]))
@settings(max_examples=60, deadline=None)
def test_every_order_and_every_hole_is_the_pivot(seed: int, share: float, order: str) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([TIMES, list("ABCD")], names=["time", "instrument"]).to_frame(index=False)
    rows = rows[rng.random(len(rows)) >= share].assign(**{"return": lambda f: rng.normal(size=len(f))})
    rows = rows.sample(frac=1, random_state=seed % 1000)
    rows = (
        rows
        if order == "none"
        else rows.sort_values(["time", "instrument"] if order == "time" else ["instrument", "time"])
    )
    made = wide_frame(rows)
    pivot = rows.pivot(index="time", columns="instrument", values="return")
    assert list(made.index) == list(pivot.index)
    for name in pivot.columns:
        np.testing.assert_array_equal(made[name].to_numpy(), pivot[name].to_numpy())


def test_a_missing_pair_is_nan_and_a_pair_twice_is_refused() -> None:
    made = wide_frame(panel().drop(index=2))
    np.testing.assert_array_equal(made["A"], [1.0, np.nan, 5.0])
    with pytest.raises(DataError, match="A at 2024-01-02 16:00:00"):
        wide_frame(pd.concat([panel(), panel().iloc[[0]]]))
    with pytest.raises(DataError, match="Row 4 of the long frame has no instrument or no time"):
        wide_frame(panel().assign(time=panel()["time"].where(panel().index != 4)))
