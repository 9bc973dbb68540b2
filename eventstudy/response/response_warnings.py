"""What a reader of a response is warned of."""

from __future__ import annotations

import math

from eventstudy.abnormal.placebo.balance import counts_by_rule
from eventstudy.errors import Notice
from eventstudy.news.items import assumed_end
from eventstudy.response.placebo import smallest_pvalue
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import AfterNews
from eventstudy.response.window import ResponseWindows

USUAL_REGIME = (0.7, 1.4)
MOST_STALE = 0.3


def smallest_of(after: AfterNews) -> float:
    """Return the smallest p-value that the placebo days of one event can give."""
    return smallest_pvalue(float(len(after.placebo)) if after.weight is None else float(after.weight.sum()))


def response_warnings(
    windows: ResponseWindows, row: int, after: AfterNews, breakdown: float, settings: ResponseSettings
) -> tuple[Notice, ...]:
    """Return the warnings about one of the events; ``after`` is its own."""
    days, smallest = len(after.placebo), smallest_of(after)
    few = (
        f"with {days} placebo days the smallest attainable p-value is {smallest:.3f}"
        if days
        else "no comparable day is available"
    )
    event, matched = windows.asked[row].event, windows.asked[row].matched
    if settings.placebo.match is not None:
        few += counts_by_rule(days, matched.left_out)
    before = slice(matched.start, matched.zero + 1)
    trading = matched.event.traded[before][matched.open[before]]
    assumed = assumed_end(event)
    stale = 1 - trading.mean() if len(trading) else 0.0
    regime = _regime(float(windows.regime[row]), breakdown, settings) if days else ""
    found = [
        (smallest > 1 - settings.level, "ES-PLACEBO-FEW", few),
        (bool(regime), "ES-REGIME", regime),
        (bool(assumed), "ES-TIME-ASSUMED", f"{assumed} of the event interval is assumed, not documented"),
        (
            event.time.basis == "price",
            "ES-TIME-CIRCULAR",
            "the event time was inferred from the price under test, so the p-value is invalid",
        ),
        (
            stale > MOST_STALE,
            "ES-STALE",
            f"{stale:.0%} of the minutes before the news have no trade, so old prices stand for them",
        ),
        (
            windows.closed,
            "ES-NEWS-WHILE-CLOSED",
            "the market was closed at the time of the news; the response is measured from the next open",
        ),
        (windows.ends_before(settings.horizons[-1]), "ES-WINDOW-CUT", "trading ended before the last horizon"),
        (bool(matched.removed), "ES-PLACEBO-REMOVED", f"{len(matched.removed)} days were excluded as placebo days"),
    ]
    return tuple(Notice(code, f"{text}.") for happened, code, text in found if happened)


def _regime(ratio: float, breakdown: float, settings: ResponseSettings) -> str:
    """Return what is unusual about the volatility before the news, or an empty string."""
    if not math.isfinite(ratio):
        unknown = "volatility before the news cannot be measured, so the placebo days are not standardized"
        return unknown if settings.standardize else ""
    if USUAL_REGIME[0] <= ratio <= USUAL_REGIME[1]:
        return ""
    treated = "allow" if settings.standardize else "do not allow"
    text = f"volatility before the news was {ratio:.1f} times that of the placebo days; p-values {treated} for it"
    if not math.isfinite(breakdown):
        return text
    return f"{text}. The first move is significant unless the day was {breakdown:.1f} times as volatile as assumed"
