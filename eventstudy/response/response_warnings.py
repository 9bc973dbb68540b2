"""What a reader of a response is warned of."""

from __future__ import annotations

import math

from eventstudy.abnormal.placebo.balance import counts_by_rule
from eventstudy.errors import Notice
from eventstudy.news.items import assumed_end
from eventstudy.response.measured_events import MeasuredEvents
from eventstudy.response.settings import ResponseSettings
from eventstudy.show.numbers import count_of

USUAL_REGIME = (0.7, 1.4)
MOST_STALE = 0.3
CIRCULAR = "the event time was inferred from the price under test, so the p-value is invalid"
CLOSED = "the market was closed at the time of the news; the response is measured from the next open"


def response_warnings(found: MeasuredEvents, row: int) -> tuple[Notice, ...]:
    """Return the warnings about one of the events."""
    event, settings, numbers = found.events[row], found.settings, found.measured
    days, smallest = int(numbers.placebo_days[row]), float(numbers.smallest[row])
    warned = []
    if smallest > 1 - settings.level:
        warned.append(("ES-PLACEBO-FEW", _few(found, row, days, smallest)))
    if days and (regime := _regime(float(numbers.regime[row]), found.breakdown(row), settings)):
        warned.append(("ES-REGIME", regime))
    if assumed := assumed_end(event):
        warned.append(("ES-TIME-ASSUMED", f"{assumed} of the event interval is assumed, not documented"))
    if event.time.basis == "price":
        warned.append(("ES-TIME-CIRCULAR", CIRCULAR))
    stale = float(numbers.stale[row])
    if stale > MOST_STALE:
        warned.append(
            ("ES-STALE", f"{stale:.0%} of the minutes before the news have no trade, so old prices stand for them")
        )
    if numbers.layout.closed:
        warned.append(("ES-NEWS-WHILE-CLOSED", CLOSED))
    if not numbers.layout.reached[-1]:
        warned.append(("ES-WINDOW-CUT", "trading ended before the last horizon"))
    if removed := len(found.days[row].removed):
        warned.append(("ES-PLACEBO-REMOVED", excluded_days(removed)))
    return (*(Notice(code, f"{text}.") for code, text in warned), *numbers.early[row])


def excluded_days(count: int) -> str:
    """Return how many days were excluded as placebo days.

    >>> excluded_days(1), excluded_days(3)
    ('1 day was excluded as a placebo day', '3 days were excluded as placebo days')
    """
    return count_of(count, "day was excluded as a placebo day", "days were excluded as placebo days")


def _few(found: MeasuredEvents, row: int, days: int, smallest: float) -> str:
    if days:
        few = f"with {days} placebo days the smallest attainable p-value is {smallest:.3f}"
    else:
        few = "no comparable day is available"
    return few if found.settings.placebo.match is None else few + counts_by_rule(days, found.days[row].left_out)


def _regime(ratio: float, breakdown: float, settings: ResponseSettings) -> str:
    """Return what is unusual about the volatility before the news, or an empty string."""
    if not math.isfinite(ratio):
        unknown = "volatility before the news cannot be measured, so the placebo days are not standardized"
        return unknown if settings.standardize else ""
    if USUAL_REGIME[0] <= ratio <= USUAL_REGIME[1]:
        return ""
    treated = "are scaled" if settings.standardize else "are not scaled"
    text = f"volatility before the news was {ratio:.1f} times that of the placebo days, which {treated} to it"
    if not math.isfinite(breakdown):
        return text
    than = "it was before the news" if settings.standardize else "the placebo days"
    return (
        f"{text}. The first move keeps p <= {1 - settings.level:.2g} unless the event day was at least {breakdown:.2f} "
        f"times as volatile as {than}"
    )
