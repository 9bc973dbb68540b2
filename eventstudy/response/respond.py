"""The responses of events: everything each is asked for, as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.abnormal.placebo.balance import PlaceboBalance
from eventstudy.arrays import DAY_US, instant_from_us, instant_us
from eventstudy.errors import DataError, UsageError, expect
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.renamed import named_arguments
from eventstudy.response.closed_markets import gap_response
from eventstudy.response.confounders import confounders_of
from eventstudy.response.cut_windows import EventWindow, event_windows
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, known_events
from eventstudy.response.later_closes import Horizon, no_move
from eventstudy.response.measured import ANCHORS, DRIFT, FIRST, Measured, measure
from eventstudy.response.placebo import move_interval
from eventstudy.response.placebo_balance import placebo_balance
from eventstudy.response.response_warnings import response_warnings, smallest_of
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import (
    AfterNews,
    jump_share_estimate,
    pattern_of,
    pre_event_share,
    shape_estimates,
    share_estimate,
)
from eventstudy.response.values import Estimate, HorizonMoves, Move, Path, Response, Unit
from eventstudy.response.window import ResponseWindows, abnormal_windows, together

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


PRE_EVENT_UNITS: dict[str, Unit] = {DRIFT: "log", "pre_event_share": "share"}
AT_ONCE = 64  # events computed together


def responses(
    prices: IntradayPrices,
    events: Sequence[Event],
    settings: ResponseSettings,
    known: Known,
    factors: Sequence[IntradayPrices] = (),
) -> list[Response | DataError]:
    """Return the response of one instrument to each event, or why there is none.

    Events whose windows are laid out alike are computed together.
    """
    clock = known.on_clock(prices.zone, prices.instrument.code)
    found: list[Response | DataError | None] = [None] * len(events)
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
        answers = _answers(prices, [windows[row] for row in rows], settings, known, factors)
        for row, answer in zip(rows, answers, strict=True):
            found[row] = answer
    return [one for one in found if one is not None]


def _answers(
    prices: IntradayPrices,
    asked: Sequence[EventWindow],
    settings: ResponseSettings,
    known: Known,
    factors: Sequence[IntradayPrices],
) -> Iterable[Response | DataError]:
    try:
        windows = abnormal_windows(prices, asked, settings, factors)
    except DataError as error:
        return [error] * len(asked)
    found = measure(prices, windows, settings)
    return [_response(prices, found, row, settings, known) for row in range(len(asked))]


def _response(prices: IntradayPrices, found: Measured, row: int, settings: ResponseSettings, known: Known) -> Response:
    windows, after = found.windows, found.after.of(row)
    one = windows.asked[row]
    event, matched = one.event, one.matched
    breakdown = _breakdown(found, row)
    statistic, pvalue = found.path_tests[row]
    notices = response_warnings(windows, row, after, breakdown, settings)
    return Response(
        event=event.id,
        instrument=prices.instrument.code,
        quote=prices.instrument.quote,
        zone=prices.zone,
        sign=prices.instrument.sign,
        level=settings.level,
        reference_at=instant_from_us(_reference_close(prices, event.time)),
        first_at=instant_from_us(int(matched.moments[matched.first])),
        reference_price=float(np.exp(matched.event.price[matched.zero])),
        first=_inside(found, row, FIRST),
        moves=(*_horizons(found, row, settings, prices.zone), _later(found, row, 0)),
        horizon=_horizon(after),
        shape=_shape(found, row, after),
        anchors=tuple(_anchor(found, row, name) for name in ANCHORS),
        pattern=pattern_of(after),
        path_statistic=statistic,
        path_pvalue=pvalue,
        placebo_days=len(after.placebo),
        smallest_pvalue=smallest_of(after),
        path=_path(found, row, after),
        regime=float(windows.regime[row]),
        breakdown=breakdown,
        assumed_times=found.assumed[row],
        activity=found.activity[row] if found.activity else (),
        removed=matched.removed,
        confounders=confounders_of(prices, event, matched, known),
        gap=_gap(prices, event.time, settings) if windows.closed else None,
        notices=(*notices, *found.early[row]),
        simulated=prices.simulated,
        balance=_balance(one, prices, settings, breakdown),
    )


def _balance(
    one: EventWindow, prices: IntradayPrices, settings: ResponseSettings, breakdown: float
) -> PlaceboBalance | None:
    if settings.placebo.match is None:
        return None
    return placebo_balance(one.matched, (one.event.id, prices.instrument.code), settings.volatility, breakdown)


def _inside(found: Measured, row: int, name: str, minutes: float = math.nan) -> Move:
    """Return a move that ends inside the window."""
    at = int(found.windows.asked[row].matched.moments[found.ends[name]])
    return found.moves.move(row, found.places[name], Horizon(name, at, minutes))


def _horizons(found: Measured, row: int, settings: ResponseSettings, zone: str) -> list[Move]:
    """Return the moves at the horizons asked for, with the reason where there is none."""
    moves = []
    for minutes in settings.horizons:
        label, reason = f"+{minutes} min", out_of_reach(found.windows, row, minutes, zone)
        moves.append(no_move(label, reason, float(minutes)) if reason else _inside(found, row, label, float(minutes)))
    return moves


def out_of_reach(windows: ResponseWindows, row: int, minutes: float, zone: str) -> str:
    """Return why there is no move at a horizon: it is shorter than a bar, or trading ended before it; else empty."""
    if 0 < minutes < windows.step_minutes:
        return f"a bar lasts {windows.step_minutes:g} minutes"
    if not windows.ends_before(minutes):
        return ""
    last = int(windows.asked[row].matched.moments[windows.columns[-1]])
    return f"trading ended at {instant_from_us(last).astimezone(ZoneInfo(zone)):%H:%M}"


def _later(found: Measured, row: int, place: int) -> Move:
    """Return the move to one of the later closes."""
    close = found.closes[place]
    if not close.usable[row]:
        return no_move(close.label, "the bars end before")
    return found.moves.move(row, len(found.ends) + place, Horizon(close.label, int(close.at[row])))


def _anchor(found: Measured, row: int, name: str) -> Estimate:
    value, low, high, pvalue, *_ = found.moves.rows[row][found.places[name]]
    return Estimate(name, value, low, high, pvalue=pvalue)


def _reference_close(prices: IntradayPrices, time: EventTime) -> int:
    return int(prices.closes[np.searchsorted(prices.closes, instant_us(time.earliest), side="right") - 1])


def _breakdown(found: Measured, row: int) -> float:
    """Return by how much the placebo days must be scaled up for the first move not to be rejected; NaN if it is not."""
    move, bound = float(found.moves.value[row, 0]), float(found.moves.bound[row, 0])
    ratio = abs(move) / bound if bound > 0 else math.nan
    return ratio if ratio > 1 else math.nan


def _horizon(after: AfterNews) -> HorizonMoves:
    column = after.at.horizon
    weight = np.ones(len(after.placebo)) if after.weight is None else after.weight
    return HorizonMoves(float(after.path[column]), after.placebo[:, column].copy(), weight)


def _shape(found: Measured, row: int, after: AfterNews) -> tuple[Estimate, ...]:
    next_close, later = (_later(found, row, place) for place in (1, 2))
    days = found.windows.rows_of(row)
    return (
        *shape_estimates(after),
        jump_share_estimate(
            found.returns.event[row], found.returns.placebo[days, row], found.returns.after_from, after
        ),
        found.jump_variances[row],
        found.medians[row],
        *_leak(found, row, after),
        *(
            Estimate(n, m.value, m.low, m.high, "log", m.pvalue, m.reason)
            for n, m in (("next_close", next_close), ("days_later", later))
        ),
        _permanence(next_close, found, row, after),
    )


def _leak(found: Measured, row: int, after: AfterNews) -> tuple[Estimate, ...]:
    drift = _anchor(found, row, DRIFT)
    if not drift.defined:
        nothing = "the market had not yet opened at the start of the window before the news"
        return tuple(Estimate(n, math.nan, unit=u, reason=nothing) for n, u in PRE_EVENT_UNITS.items())
    others = -found.windows.placebo[np.isfinite(found.after.placebo[:, row, 0]), row, found.windows.layout.start]
    return drift, pre_event_share(drift, others, after)


def _permanence(next_close: Move, found: Measured, row: int, after: AfterNews) -> Estimate:
    reason = after.undefined("t50") or next_close.reason
    final = float(after.path[after.at.horizon])
    if reason or not final:
        return Estimate(
            "permanent_share", math.nan, unit="share", reason=reason or "no move of a comparable day is available"
        )
    days = found.closes[1].moves.days[np.isfinite(found.after.placebo[:, row, 0]), row]
    ends = after.ratio(next_close.value, days, after.at.horizon)
    return share_estimate("permanent_share", next_close.value / final, ends)


def _path(found: Measured, row: int, after: AfterNews) -> Path:
    windows = found.windows
    matched, days = windows.asked[row].matched, windows.rows_of(row)
    pointwise, joint = np.full((2, len(matched.open)), np.nan)
    pointwise[windows.columns], joint[windows.columns] = after.bands.pointwise, after.bands.joint
    return Path(
        matched.moments, matched.open, windows.car[row], pointwise, joint, windows.placebo[days, row],
        windows.raw_placebo[days, row], matched.day, matched.weight, windows.tested[row],
        windows.tested_placebo[days, row], windows.event.volume[row], found.usual_volume[row],
        matched.start, matched.zero, matched.latest, matched.first,
    )  # fmt: skip


def _gap(prices: IntradayPrices, time: EventTime, settings: ResponseSettings) -> Estimate:
    gap = gap_response(prices, time)
    low, high = move_interval(gap.to_open, gap.past[:, 0], settings.level)
    return Estimate(f"{gap.kind} gap", gap.to_open, float(low), float(high), pvalue=gap.open_pvalue)
