"""Frames and times that no study can use are refused with the project's own errors, never with a library's."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es

DAYS = pd.bdate_range("2020-01-01", periods=400, tz="UTC")
RETURNS = pd.DataFrame({"A": np.random.default_rng(1).normal(0, 0.01, 400)}, index=DAYS)
EVENTS = pd.DataFrame({"time": [DAYS[350]], "instrument": ["A"]})


def words(frame: pd.DataFrame) -> pd.DataFrame:
    changed = frame.astype(object)
    changed.iloc[3, 0] = "x"
    return changed


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (RETURNS.iloc[:0], "0 rows"),
        (RETURNS[[]], "0 columns"),
        (words(RETURNS), "not a number"),
        (RETURNS.map(lambda cell: [cell]), "not a number"),
        (RETURNS.map(lambda _: date(2020, 1, 1)), "not a number|not returns"),
        (RETURNS + 0.01j, "complex"),
    ],
    ids=["no rows", "no columns", "words", "lists", "dates", "complex"],
)
def test_a_frame_without_numbers_is_refused(frame: Any, reason: str) -> None:
    with pytest.raises(es.EventStudyError, match=reason):
        es.event_study(EVENTS, returns=frame, closes_at="16:00 UTC")


@pytest.mark.parametrize(("day", "hours"), [((1, 1, 1, 0), 14), ((9999, 12, 31, 23), -12)], ids=["year 1", "year 9999"])
def test_a_time_outside_the_calendar_in_utc_is_refused(day: tuple[int, int, int, int], hours: int) -> None:
    when = datetime(*day, tzinfo=timezone(timedelta(hours=hours)))
    with pytest.raises(es.EventStudyError, match="outside the years 1 to 9999"):
        es.EventTime(when, when)
