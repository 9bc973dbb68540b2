"""The intraday response of a study: whether it is computed, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.arrays import DAY_US

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.market.bars import Bars
    from eventstudy.news.items import Event
    from eventstudy.response.settings import ResponseSettings
    from eventstudy.response.table import ResponseSet
    from eventstudy.study.spec import StudySpec

MOST_PAIRS = 200  # beyond so many (event, instrument) pairs "auto" leaves the shapes out


def response_of(spec: StudySpec, events: Sequence[Event] | pd.DataFrame, bars: Sequence[Bars]) -> ResponseSet | None:
    """Return the response of every event on every intraday series, or None where the study does not ask for it.

    ``spec.response`` "auto" asks for it when bars are shorter than a day and the pairs are few enough to be read.
    """
    from eventstudy.response.study import respond_all

    intraday = [b for b in bars if b.step.value // 1000 < DAY_US]
    if spec.response == "off" or not intraday or not isinstance(events, Sequence):
        return None
    if spec.response == "auto" and len(events) * len(intraday) > MOST_PAIRS:
        return None
    return respond_all(intraday, events, response_settings(spec))


def response_settings(spec: StudySpec) -> ResponseSettings:
    """Return the settings of the response: the study's own, and ``response_options`` on top of them."""
    from eventstudy.response.settings import ResponseSettings

    own: dict[str, Any] = {
        "level": spec.level,
        "expected": "same_clock_mean" if spec.model == "same_clock_mean" else "zero",
        "placebo_days": spec.placebo_days,
        "placebo_after": spec.placebo_after,
    }
    return ResponseSettings(**{**own, **spec.response_options})
