"""Numbers as a reader sees them, against hand-written expectations."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.show.numbers import both_clocks, bp, length, offset, p_is, pvalue


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.01135, "+113.5"), (-0.01990, "-199.0"), (0.0, "0.0"), (-1e-9, "0.0"), (0.5, "+5,000.0"), (math.inf, "n/a")],
)
def test_basis_points_have_one_decimal(value: float, shown: str) -> None:
    assert bp(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(2 / 70, "0.029"), (0.0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.9999, ">0.999"), (1.0, "1.000")],
)
def test_p_values_have_three_decimals_or_a_bound(value: float, shown: str) -> None:
    assert pvalue(value) == shown


@given(st.floats(0, 1))
def test_a_p_value_is_never_zero_nor_rounded_up_to_one(value: float) -> None:
    assert pvalue(value) != "0.000"
    assert (pvalue(value) == "1.000") == (value == 1)


def test_missing_numbers_say_so() -> None:
    assert [bp(math.nan), bp(None), pvalue(None)] == ["n/a"] * 3


def test_an_instant_is_named_on_both_clocks() -> None:
    at = datetime(2021, 4, 13, 21, 30, tzinfo=UTC)
    assert both_clocks(at, "Europe/Moscow") == "2021-04-14 00:30 Moscow (2021-04-13 21:30 UTC)"
    assert both_clocks(at, "UTC") == "2021-04-13 21:30 UTC"


def test_offsets_follow_the_law_of_their_day() -> None:
    # Moscow was UTC+4 until 26 October 2014; Kolkata is UTC+5:30.
    assert offset(datetime(2014, 10, 25, tzinfo=UTC), "Europe/Moscow") == "UTC+4"
    assert offset(datetime(2014, 10, 27, tzinfo=UTC), "Europe/Moscow") == "UTC+3"
    assert offset(datetime(2021, 1, 1, tzinfo=UTC), "Asia/Kolkata") == "UTC+5:30"
    assert offset(datetime(2021, 1, 1, tzinfo=UTC), "America/New_York") == "UTC-5"


def test_lengths_use_the_largest_whole_unit() -> None:
    assert [length(s * 1_000_000) for s in (1, 60, 90, 3600, 86_400, 172_800)] == [
        "1 s",
        "1 min",
        "90 s",
        "1 h",
        "1 day",
        "2 days",
    ]


def test_a_small_p_value_is_a_bound_not_an_equation() -> None:
    assert [p_is(p) for p in (2 / 70, 1e-9, 0.9999, None)] == ["p = 0.029", "p < 0.001", "p > 0.999", "p = n/a"]
