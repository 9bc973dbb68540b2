"""Which comparable days a p-value counts, in words: moves as large or, with a one-sided alternative, as high or low."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from eventstudy.arrays import Alternative, BoolArray, FloatArray

AS: Mapping[Alternative, str] = {"two-sided": "as large", "greater": "as high", "less": "as low"}


def counted_days(days: FloatArray, event: float, alternative: Alternative) -> BoolArray:
    """Return which days count as at least as large, high or low as the event, shape (D,).

    >>> counted_days(np.array([-3.0, 1.0, 2.0]), 1.5, "two-sided").tolist()
    [True, False, True]
    >>> counted_days(np.array([-3.0, 1.0, 2.0]), 1.5, "less").tolist()
    [True, True, False]
    """
    if alternative == "two-sided":
        return np.asarray(np.abs(days) >= abs(event))
    return np.asarray(days >= event if alternative == "greater" else days <= event)


def alternative_in(study: Mapping[str, Any]) -> Alternative:
    """Return the alternative of a study's tests."""
    alternative: Alternative = (study.get("primary") or {}).get("alternative", "two-sided")
    return alternative


def days_moved(alternative: Alternative, *, least: bool = True) -> str:
    """Return what the counted days did, to come after "comparable days".

    >>> days_moved("two-sided"), days_moved("greater", least=False)
    ('moved at least as much', 'had a change as high')
    """
    at_least = "at least " if least else ""
    if alternative == "two-sided":
        return f"moved {at_least}as much"
    return f"had a change {at_least}{AS[alternative]}"


def count_in_words(count: int, days: int, what: str, alternative: Alternative) -> str:
    """Return on how many comparable days ``what`` (``return`` for prices) was at least as large, high or low.

    >>> count_in_words(1, 69, "return", "two-sided")
    'on 1 of 69 comparable days the price moved at least as much'
    >>> count_in_words(0, 39, "return", "less")
    'on none of 39 comparable days was the price change as low'
    """
    if what == "return" and alternative == "two-sided":
        if count:
            return f"on {count} of {days} comparable days the price moved at least as much"
        return f"on none of {days} comparable days did the price move as much"
    name = "the price change" if what == "return" else f"the abnormal {what}"
    if count:
        return f"on {count} of {days} comparable days {name} was at least {AS[alternative]}"
    return f"on none of {days} comparable days was {name} {AS[alternative]}"
