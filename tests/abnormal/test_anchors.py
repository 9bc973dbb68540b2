"""Where an instant falls among closes, and the table that finds it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.abnormal import windows as anchors


@given(
    steps=st.lists(st.integers(1, 40), min_size=0, max_size=30) | st.lists(st.integers(0, 3), max_size=30),
    instants=st.lists(st.integers(-50, 700), min_size=1, max_size=60),
    first=st.sampled_from([-(2**40), 0, 7, 1_600_000_000_000_000]),
)
def test_the_table_of_closes_says_what_a_search_says(steps: list[int], instants: list[int], first: int) -> None:
    closes = first + np.concatenate([[0], np.cumsum(np.array(steps, dtype=np.int64))])
    asked = first + np.array(instants, dtype=np.int64)
    found = anchors.closes_until(closes, asked)
    # Counted one by one: numpy's search is what the table replaces.
    assert found.tolist() == [sum(close <= instant for close in closes.tolist()) for instant in asked.tolist()]


def test_even_closes_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    # Daily closes but for weekends: the instants themselves never go through a search.
    closes = np.array([day for day in range(1_000) if day % 7 < 5], dtype=np.int64) * 86_400_000_000
    instants = np.random.default_rng(3).integers(-(10**9), closes[-1] + 10**11, 5_000)
    expected = (closes[:, None] <= instants).sum(axis=0)
    searched = []
    real = np.searchsorted
    monkeypatch.setattr(np, "searchsorted", lambda a, v, **how: searched.append(len(v)) or real(a, v, **how))
    assert (anchors.closes_until(closes, instants) == expected).all()
    assert max(searched) < 5_000
    # One close a microsecond after another would make the table endless: these are searched.
    uneven = np.sort(np.append(closes, closes[10] + 1))
    assert (anchors.closes_until(uneven, instants) == (uneven[:, None] <= instants).sum(axis=0)).all()
    assert searched[-1] == 5_000
