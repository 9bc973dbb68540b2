"""The windows of events on one instrument, cut out of its prices before anything is computed from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import instant_us, value
from eventstudy.errors import DataError
from eventstudy.news.items import Event, EventTime
from eventstudy.response.closed_markets import at_openings, check_inside, closures, instants_of, opening_time
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.known import NO_EVENTS, OtherEvents, check_release
from eventstudy.response.matching import Matched, match_all
from eventstudy.response.placebo_pool import WindowChoice
from eventstudy.response.settings import ResponseSettings


@value
class EventWindow:
    """The window of one event on one instrument, before anything is computed from it.

    Attributes
    ----------
    event : Event
    matched : Matched
    closed : bool
        The news came while the market was closed; the window begins at the next opening.
    carry : bool
        Prices are kept over the night.
    """

    event: Event
    matched: Matched
    closed: bool
    carry: bool

    @cached_property
    def clean_by(self) -> int:
        """How many of the window's moments are not after ``latest`` of the news."""
        return int(np.searchsorted(self.matched.moments, instant_us(self.event.time.latest), side="right"))

    @cached_property
    def layout(self) -> tuple[object, ...]:
        """What windows have in common that are computed together."""
        one = self.matched
        columns = (one.start, one.zero, one.latest, one.first, self.clean_by)
        return (*columns, self.closed, self.carry, one.open.tobytes(), one.event.present.tobytes())


def event_window(
    prices: IntradayPrices, event: Event, settings: ResponseSettings, others: OtherEvents = NO_EVENTS
) -> EventWindow:
    """Cut the window of one event and of its placebo days.

    ``others`` are the other known events on the market's clock, see ``Known.on_clock``.

    Raises
    ------
    DataError
        If the bars do not reach from before the news to after it, or hold no trade in the window; or if days of the
        same release are asked for and the event names none.
    """
    (found,) = event_windows(prices, [event], settings, [others])
    if isinstance(found, DataError):
        raise found
    return found


def event_windows(
    prices: IntradayPrices, events: Sequence[Event], settings: ResponseSettings, others: Sequence[OtherEvents]
) -> list[EventWindow | DataError]:
    """Cut the windows of events and of their placebo days, or say why there is none; see ``event_window``."""
    if not events:
        return []
    found: list[EventWindow | DataError | Asked] = list(_asked(prices, events, settings, others))
    rows = {row: one for row, one in enumerate(found) if isinstance(one, Asked)}
    columns = ([getattr(one, name) for one in rows.values()] for name in ("time", "choice", "others"))
    for (row, one), matched in zip(rows.items(), match_all(prices, *columns), strict=True):
        found[row] = _checked(prices, one, matched)
    return [one for one in found if not isinstance(one, Asked)]


class Asked(NamedTuple):
    """What is cut for one event: from when on, which days, and between which other events."""

    event: Event
    time: EventTime
    choice: WindowChoice
    others: OtherEvents
    closed: bool


def _asked(
    prices: IntradayPrices, events: Sequence[Event], settings: ResponseSettings, others: Sequence[OtherEvents]
) -> Iterator[Asked | DataError]:
    """Yield what is cut for each event, or why nothing is."""
    around = zip(*(column.tolist() for column in closures(prices, instants_of([e.time for e in events]))), strict=True)
    choices: dict[int, WindowChoice] = {}
    for event, other, (before, after, closed, nights) in zip(events, others, around, strict=True):
        try:
            check_release(event, settings.placebo.match)
            check_inside(prices, event.time, (before, after))
        except DataError as error:
            yield error
            continue
        kind = nights if closed else -nights
        if kind not in choices:
            choices[kind] = _choice(settings, carry=nights > 0, nights=nights if closed else 0)
        if closed:
            yield Asked(event, opening_time(prices, after), choices[kind], at_openings(prices, other), closed)
        else:
            yield Asked(event, event.time, choices[kind], other, closed)


def _choice(settings: ResponseSettings, *, carry: bool, nights: int) -> WindowChoice:
    return WindowChoice(
        before=settings.pre_event_minutes,
        after=settings.horizons[-1],
        days=settings.placebo.days,
        later=settings.placebo.after,
        pauses=settings.pauses,
        carry=carry,
        nights=nights,
        known_weight=settings.placebo.known_weight,
        match=settings.placebo.match or MatchSettings(),
        volatility=settings.volatility,
    )


def _checked(prices: IntradayPrices, asked: Asked, matched: Matched) -> EventWindow | DataError:
    """Return the window, or that it holds no trade."""
    ends = matched.event.price[[matched.zero, min(matched.first, len(matched.open) - 1)]]
    if not matched.open[matched.zero + 1 :].any() or not np.isfinite(ends).all():
        return DataError(f"{prices.instrument.code} has no trade in the window around {asked.event.id}.")
    return EventWindow(asked.event, matched, asked.closed, asked.choice.carry)
