"""The time axis: order kept, nights squeezed, labels round and apart."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.arrays import DAY_US, MINUTE_US, instant_us
from eventstudy.report.time_axis import INCHES_PER_LABEL, local_labels, ticks, time_scale

MOSCOW = "Europe/Moscow"


def at(text: str) -> int:
    return instant_us(datetime.fromisoformat(text))


def test_a_night_takes_the_room_of_one_bar() -> None:
    closes = np.array([at("2021-04-13T23:40+03:00"), at("2021-04-13T23:50+03:00"), at("2021-04-14T10:00+03:00")])
    scale = time_scale(closes, 10 * MINUTE_US)
    assert scale.places.tolist() == [0.0, 1.0, 2.0]
    assert scale.breaks.tolist() == [1.5]


def test_minutes_without_trades_are_not_squeezed() -> None:
    closes = np.array([at("2021-04-13T12:00+03:00"), at("2021-04-13T12:20+03:00")])
    assert time_scale(closes, MINUTE_US).places.tolist() == [0.0, 20.0]


def test_a_weekend_is_no_gap_on_a_daily_axis() -> None:
    friday, monday = at("2021-04-09T14:15+02:00"), at("2021-04-12T14:15+02:00")
    scale = time_scale(np.array([friday, monday]), DAY_US)
    assert scale.places.tolist() == [0.0, 1.0]
    assert scale.breaks.size == 0


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=60, unique=True), st.sampled_from([1, 5, 60, 1440]))
def test_places_keep_the_order_of_instants(minutes: list[int], step: int) -> None:
    closes = np.array(sorted(minutes), dtype=np.int64) * MINUTE_US
    scale = time_scale(closes, step * MINUTE_US)
    assert (np.diff(scale.place(closes)) > 0).all()
    between = (closes[:-1] + closes[1:]) // 2
    assert ((scale.place(between) >= scale.places[:-1]) & (scale.place(between) <= scale.places[1:])).all()


@given(st.integers(2, 800), st.sampled_from([1, 5, 10, 60, 1440]), st.floats(2.0, 9.0))
def test_labels_never_meet(bars: int, step: int, inches: float) -> None:
    closes = at("2021-04-12T10:00+03:00") + np.arange(bars, dtype=np.int64) * step * MINUTE_US
    scale = time_scale(closes, step * MINUTE_US)
    chosen = scale.place(ticks(scale, MOSCOW, inches))
    assert len(chosen) >= 1
    if len(chosen) > 2:
        apart = np.diff(chosen).min() / scale.places[-1] * inches
        assert apart >= 0.95 * INCHES_PER_LABEL * (0.5 if scale.daily else 1)


def test_ticks_are_round_local_times() -> None:
    closes = at("2021-04-13T15:40+03:00") + np.arange(22, dtype=np.int64) * 10 * MINUTE_US
    chosen = ticks(time_scale(closes, 10 * MINUTE_US), MOSCOW, 6.0)
    assert local_labels(chosen, MOSCOW, daily=False) == [
        "16:00\n13 Apr",
        *["16:30", "17:00", "17:30", "18:00", "18:30", "19:00"],
    ]


@pytest.mark.parametrize(("zone", "first"), [("Asia/Kolkata", "13:00"), ("UTC", "08:00")])
def test_round_means_round_where_the_reader_is(zone: str, first: str) -> None:
    closes = at("2021-04-13T07:20+00:00") + np.arange(60, dtype=np.int64) * 5 * MINUTE_US
    chosen = ticks(time_scale(closes, 5 * MINUTE_US), zone, 4.0)
    assert local_labels(chosen, zone, daily=False)[0].startswith(first)
