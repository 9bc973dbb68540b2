"""The responses of events: everything each is asked for, as one frozen value."""

from __future__ import annotations

from collections.abc import Sequence

from eventstudy.arrays import DAY_US
from eventstudy.errors import DataError, UsageError, expect
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event
from eventstudy.renamed import named_arguments
from eventstudy.response.build_response import day_paths, response_at
from eventstudy.response.cut_windows import EventWindow, event_windows
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, known_events
from eventstudy.response.measured_events import DayPaths, MeasuredPair, answers_of
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import Response
from eventstudy.response.window import abnormal_windows, together

DEFAULT = ResponseSettings()


@named_arguments
def respond(
    bars: Bars | IntradayPrices,
    event: Event,
    settings: ResponseSettings = DEFAULT,
    known: Sequence[Event] | Known = (),
    factors: Sequence[Bars | IntradayPrices] = (),
) -> Response:
    """Measure the intraday response of one instrument to one event, compared with the same hours of other days.

    Parameters
    ----------
    bars : Bars
        Bars shorter than a day. (Prices prepared by ``intraday_prices`` under the same price rule are accepted, too.)
    event : Event
    settings : ResponseSettings
    known : sequence of Event
        Other dated events: days on which one of this instrument, or one that names none, falls into the same
        time-of-day window are excluded as placebo days, and those near the event are listed as confounding events.
    factors : sequence of Bars
        The market first; regressors of the model ``settings.expected``.

    Returns
    -------
    Response
        Moves at the horizons, speed and persistence with intervals, confounding events and warnings.

    Raises
    ------
    UsageError
        If a price rule does not fit, or the expected move needs a factor that is not given.
    DataError
        If the bars are daily, do not cover the event, or have no trade in the window.

    Examples
    --------
    >>> from eventstudy.simulate import demo_market
    >>> market = demo_market()  # SIMULATED
    >>> respond(market.bars[0], market.event).instrument
    'USD000UTSTOM'
    """
    expect("settings", settings, ResponseSettings, "Pass ResponseSettings(...).")
    expect("factors", factors, (list, tuple), "Pass a list of Bars, the market first.")
    for name, series in zip(("bars", *("factors" for _ in factors)), (bars, *factors), strict=True):
        expect(name, series, (Bars, IntradayPrices), "Pass Bars shorter than a day (read_bars).")
    expect("event", event, Event, "Pass an Event (read_events).")
    prices, *regressors = (
        b if isinstance(b, IntradayPrices) else intraday_prices(b, settings.price) for b in (bars, *factors)
    )
    if prices.rule != settings.price:
        raise UsageError(
            f"The prices follow the rule {prices.rule!r}, the settings ask for {settings.price!r}.",
            remedy="Make it by intraday_prices(bars, settings.price).",
        )
    if prices.step_us >= DAY_US or not len(prices):
        raise DataError(
            f"The bars of {prices.instrument.code} are too long for the shape of an intraday response.",
            remedy="Give bars shorter than a day.",
        )
    (found,) = responses(prices, [event], settings, known_events(known), regressors)
    if isinstance(found, DataError):
        raise found
    return found


AT_ONCE = 64  # events computed together


def responses(
    prices: IntradayPrices,
    events: Sequence[Event],
    settings: ResponseSettings,
    known: Known,
    factors: Sequence[IntradayPrices] = (),
) -> list[Response | DataError]:
    """Return the response of one instrument to each event, or why there is none."""
    found = answers(prices, events, settings, known, factors)
    return [one if isinstance(one, DataError) else response_at(one.found, one.row, day_paths(one)) for one in found]


def answers(
    prices: IntradayPrices,
    events: Sequence[Event],
    settings: ResponseSettings,
    known: Known,
    factors: Sequence[IntradayPrices] = (),
) -> list[MeasuredPair | DataError]:
    """Return the numbers of the response of one instrument to each event, or why there are none.

    Events whose windows are laid out alike are computed together.
    """
    clock = known.on_clock(prices.zone, prices.instrument.code)
    found: list[MeasuredPair | DataError | None] = [None] * len(events)
    alike: dict[object, list[int]] = {}
    windows: dict[int, EventWindow] = {}
    for row, one in enumerate(event_windows(prices, events, settings, [clock.besides(event) for event in events])):
        if isinstance(one, DataError):
            found[row] = one
        else:
            windows[row] = one
            alike.setdefault(one.layout, []).append(row)
    most = AT_ONCE if together(settings) else 1
    for rows in (group[i : i + most] for group in alike.values() for i in range(0, len(group), most)):
        for row, answer in zip(
            rows, _together(prices, [windows[k] for k in rows], settings, known, factors), strict=True
        ):
            found[row] = answer
    return [one for one in found if one is not None]


def _together(
    prices: IntradayPrices,
    asked: Sequence[EventWindow],
    settings: ResponseSettings,
    known: Known,
    factors: Sequence[IntradayPrices],
) -> Sequence[MeasuredPair | DataError]:
    """Return the numbers of events whose windows are laid out alike."""
    try:
        windows = abnormal_windows(prices, asked, settings, factors)
    except DataError as error:
        return [error] * len(asked)
    found = answers_of(prices, windows, settings, known)
    paths = DayPaths(windows.rows, windows.placebo, windows.raw_placebo, windows.tested_placebo)
    return [MeasuredPair(paths, found, row) for row in range(len(asked))]
