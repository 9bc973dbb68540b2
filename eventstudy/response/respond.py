"""One event on one instrument: everything the response is asked for, as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.abnormal.placebo.balance import PlaceboBalance, counts_by_rule
from eventstudy.arrays import DAY_US, instant_from_us, instant_us
from eventstudy.errors import DataError, Notice, UsageError, expect
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime, assumed_end
from eventstudy.response.activity import activity, medians
from eventstudy.response.closed_markets import gap_response
from eventstudy.response.confounders import confounders_of
from eventstudy.response.early_moves import early_move_notices
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, check_release, known_events
from eventstudy.response.later_closes import Horizon, LaterClose, PlaceboDayMoves, later_closes, move_of, no_move
from eventstudy.response.median_move import median_move
from eventstudy.response.placebo import move_interval, order_bound, smallest_pvalue, sup_test
from eventstudy.response.placebo_balance import placebo_balance
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import (
    AfterNews,
    jump_share_estimate,
    jump_variance_estimate,
    pattern_of,
    pre_event_estimates,
    shape_estimates,
    share_estimate,
)
from eventstudy.response.uncertain_time import Curves, assumed_times
from eventstudy.response.values import Activity, AssumedTimes, Estimate, HorizonMoves, Move, Path, Response, Unit
from eventstudy.response.window import ResponseWindow, abnormal_window, after_news, bar_returns, served

DEFAULT = ResponseSettings()
PRE_EVENT_UNITS: dict[str, Unit] = {"pre_event_drift": "log", "pre_event_share": "share"}


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
        Other dated events: days on which one falls into the same time-of-day window are excluded as placebo days, and
        those near the event are listed as confounding events.
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
    tape, *regressors = (
        b if isinstance(b, IntradayPrices) else intraday_prices(b, settings.price) for b in (bars, *factors)
    )
    if tape.rule != settings.price:
        raise UsageError(
            f"The tape holds prices by the rule {tape.rule!r}, the settings ask for {settings.price!r}.",
            remedy="Make it by intraday_prices(bars, settings.price).",
        )
    if tape.step_us >= DAY_US or not len(tape):
        raise DataError(
            f"The bars of {tape.instrument.code} are too long for the shape of an intraday response.",
            remedy="Give bars shorter than a day.",
        )
    check_release(event, settings.placebo.match)
    laid_out = known_events(known)
    window = abnormal_window(tape, event.time, settings, laid_out.on_clock(tape.zone).besides(event), regressors)
    if not len(window.columns) or not math.isfinite(window.car[window.matched.first]):
        raise DataError(f"{tape.instrument.code} has no trade in the window around {event.id}.")
    return _assemble(tape, event, settings, window, laid_out)


def _assemble(
    tape: IntradayPrices, event: Event, settings: ResponseSettings, window: ResponseWindow, known: Known
) -> Response:
    after, matched = after_news(window, settings), window.matched
    closes = later_closes(tape, window, settings)
    columns, keep = window.columns, served(window)
    breakdown = _breakdown(window, after)
    statistic, pvalue = sup_test(window.tested[columns], window.tested_placebo[keep][:, columns], after.weight)
    return Response(
        event=event.id,
        instrument=tape.instrument.code,
        quote=tape.instrument.quote,
        zone=tape.zone,
        sign=tape.instrument.sign,
        level=settings.level,
        reference_at=instant_from_us(_reference_close(tape, event.time)),
        first_at=instant_from_us(int(matched.moments[matched.first])),
        reference_price=float(np.exp(matched.event.price[matched.zero])),
        first=_first(window, after, settings),
        moves=(*_moves(window, after, settings, tape.zone), closes[0].move),
        horizon=_horizon(after),
        shape=_shape(tape, event.time, window, after, closes),
        anchors=_anchors(window, event.time, settings),
        pattern=pattern_of(after),
        path_statistic=statistic,
        path_pvalue=pvalue,
        placebo_days=len(after.placebo),
        smallest_pvalue=_smallest(after),
        path=_path(window, after),
        regime=window.regime,
        breakdown=breakdown,
        assumed_times=_assumed_times(window, event.time, settings),
        activity=_activity(window),
        removed=matched.removed,
        confounders=confounders_of(tape, event, matched, known),
        gap=_gap(tape, event.time, settings) if window.closed else None,
        notices=(*_notices(event, window, after, settings), *early_move_notices(window)),
        simulated=tape.simulated,
        balance=_balance(window, (event.id, tape.instrument.code), settings, breakdown),
    )


def _balance(
    window: ResponseWindow, observation: tuple[str, str], settings: ResponseSettings, breakdown: float
) -> PlaceboBalance | None:
    if settings.placebo.match is None:
        return None
    return placebo_balance(window, observation, settings.volatility, breakdown)


def _reference_close(tape: IntradayPrices, time: EventTime) -> int:
    return int(tape.closes[np.searchsorted(tape.closes, instant_us(time.earliest), side="right") - 1])


def _smallest(after: AfterNews) -> float:
    return smallest_pvalue(len(after.placebo) if after.weight is None else float(after.weight.sum()))


def _breakdown(window: ResponseWindow, after: AfterNews) -> float:
    """Return by how much the placebo days must be scaled up for the first move not to be rejected; NaN if it is not."""
    column = window.matched.first
    if not len(after.placebo):
        return math.nan
    bound = order_bound(np.abs(window.placebo[served(window), column])[:, None], after.level, after.weight)
    ratio = abs(float(window.car[column])) / float(bound[0]) if bound[0] > 0 else math.nan
    return ratio if ratio > 1 else math.nan


def _horizon(after: AfterNews) -> HorizonMoves:
    column = after.at.horizon
    weight = np.ones(len(after.placebo)) if after.weight is None else after.weight
    return HorizonMoves(float(after.path[column]), after.placebo[:, column].copy(), weight)


def _first(window: ResponseWindow, after: AfterNews, settings: ResponseSettings) -> Move:
    """Return the move to the first close after the news: the one horizon that is not a choice."""
    column, keep = window.matched.first, served(window)
    days = PlaceboDayMoves(window.placebo[keep, column], window.raw_placebo[keep, column], after.weight)
    where = Horizon("first", int(window.matched.moments[column]))
    return move_of(where, float(window.car[column]), days, settings)


def _moves(window: ResponseWindow, after: AfterNews, settings: ResponseSettings, zone: str) -> tuple[Move, ...]:
    found, keep = [], served(window)
    for minutes in settings.horizons:
        label, place = f"+{minutes} min", window.place(minutes)
        if reason := out_of_reach(window, minutes, zone):
            found.append(no_move(label, reason, float(minutes)))
            continue
        column = int(window.columns[place])
        days = PlaceboDayMoves(after.placebo[:, place], window.raw_placebo[keep, column], after.weight)
        at = int(window.matched.moments[column])
        found.append(move_of(Horizon(label, at, float(minutes)), float(after.path[place]), days, settings))
    return tuple(found)


def out_of_reach(window: ResponseWindow, minutes: float, zone: str) -> str:
    """Return why there is no move at a horizon: it is shorter than a bar, or trading ended before it; else empty."""
    if 0 < minutes < window.step_minutes:
        return f"a bar lasts {window.step_minutes:g} minutes"
    if not window.ends_before(minutes):
        return ""
    ends = instant_from_us(int(window.matched.moments[window.columns[-1]])).astimezone(ZoneInfo(zone))
    return f"trading ended at {ends:%H:%M}"


def _shape(
    tape: IntradayPrices, time: EventTime, window: ResponseWindow, after: AfterNews, closes: tuple[LaterClose, ...]
) -> tuple[Estimate, ...]:
    _, next_close, later = closes
    returns, placebo, after_from = bar_returns(window)
    return (
        *shape_estimates(after),
        jump_share_estimate(returns, placebo, after_from, after),
        jump_variance_estimate(returns, placebo[served(window)], after_from, after),
        median_move(tape, time, window, after),
        *_leak(window, after),
        *(
            Estimate(n, m.value, m.low, m.high, "log", m.pvalue, m.reason)
            for n, m in (("next_close", next_close.move), ("days_later", later.move))
        ),
        _permanence(next_close, window, after),
    )


def _leak(window: ResponseWindow, after: AfterNews) -> tuple[Estimate, ...]:
    start, keep = window.matched.start, served(window)
    before, others = -float(window.car[start]), -window.placebo[keep, start]
    if not math.isfinite(before):
        nothing = "the market had not yet opened at the start of the window before the news"
        return tuple(Estimate(n, math.nan, unit=u, reason=nothing) for n, u in PRE_EVENT_UNITS.items())
    return pre_event_estimates(before, others, after)


def _permanence(next_close: LaterClose, window: ResponseWindow, after: AfterNews) -> Estimate:
    reason = after.undefined("t50") or next_close.move.reason
    final = float(after.path[after.at.horizon])
    if reason or not final:
        return Estimate(
            "permanent_share", math.nan, unit="share", reason=reason or "no move of a comparable day is available"
        )
    ends = after.ratio(next_close.move.value, next_close.placebo[served(window)], after.at.horizon)
    return share_estimate("permanent_share", next_close.move.value / final, ends)


def _anchors(window: ResponseWindow, time: EventTime, settings: ResponseSettings) -> tuple[Estimate, ...]:
    """Return the move over the horizon if the news had come at the earliest or latest instant, and under neither."""
    matched, minutes = window.matched, settings.horizons[-1]
    latest = int(np.searchsorted(matched.moments, instant_us(time.latest), side="right")) - 1
    clean = matched.zero if window.closed else max(matched.zero, latest)
    ends = {
        "bracket": (matched.zero, window.columns[window.place(minutes)]),
        "earliest": (matched.zero, window.columns[window.place(minutes, matched.zero)]),
        "latest": (clean, window.columns[window.place(minutes, clean)]),
    }
    found = []
    for name, (start, end) in ends.items():
        value = float(window.car[end] - window.car[start])
        days, raw = (paths[:, end] - paths[:, start] for paths in (window.placebo, window.raw_placebo))
        where = Horizon(name, int(matched.moments[end]), float(minutes))
        m = move_of(where, value, PlaceboDayMoves(days, raw, matched.weights()), settings)
        found.append(Estimate(name, m.value, m.low, m.high, pvalue=m.pvalue))
    return tuple(found)


def _assumed_times(window: ResponseWindow, time: EventTime, settings: ResponseSettings) -> AssumedTimes | None:
    matched = window.matched
    columns = np.concatenate([[matched.zero], window.columns])
    count = int((matched.moments[columns] <= instant_us(time.latest)).sum())
    if window.closed or count < 2:
        return None
    return assumed_times(
        Curves(window.car[columns], window.placebo[:, columns]),
        Curves(window.tested[columns], window.tested_placebo[:, columns]),
        matched.moments[columns[:count]],
        length=max(1, math.ceil(settings.initial_minutes / window.step_minutes)),
        minutes=settings.initial_minutes,
        level=settings.level,
        weight=matched.weights(),
    )


def _activity(window: ResponseWindow) -> tuple[Activity, ...]:
    matched = window.matched
    after = np.zeros(len(matched.open), dtype=bool)
    after[window.columns] = True
    step, steps = np.diff(window.car, prepend=np.nan), np.diff(window.placebo, axis=1, prepend=np.nan)
    rows = [
        ("volume", matched.event.volume, matched.placebo.volume),
        ("range", matched.event.span, matched.placebo.span),
        ("variance", step**2, steps**2),
        ("spread", matched.event.spread, matched.placebo.spread),
    ]
    there = [(name, e, p) for name, e, p in rows if np.isfinite(e[after]).any() and len(p)]
    return tuple(activity(name, e, p, after, matched.weights()) for name, e, p in there)


def _path(window: ResponseWindow, after: AfterNews) -> Path:
    matched = window.matched
    pointwise, joint = np.full(len(window.car), np.nan), np.full(len(window.car), np.nan)
    pointwise[window.columns], joint[window.columns] = after.bands.pointwise, after.bands.joint
    usual = medians(matched.placebo.volume)
    return Path(
        matched.moments, matched.open, window.car, pointwise, joint, window.placebo, window.raw_placebo, matched.day,
        matched.weight,
        window.tested, window.tested_placebo, matched.event.volume, usual, matched.start, matched.zero,
        matched.latest, matched.first,
    )  # fmt: skip


def _gap(tape: IntradayPrices, time: EventTime, settings: ResponseSettings) -> Estimate:
    gap = gap_response(tape, time)
    ends = move_interval(gap.to_open, gap.past[:, 0], settings.level)
    return Estimate(f"{gap.kind} gap", gap.to_open, *ends, pvalue=gap.open_pvalue)


def _notices(event: Event, window: ResponseWindow, after: AfterNews, settings: ResponseSettings) -> tuple[Notice, ...]:
    days, smallest = len(after.placebo), _smallest(after)
    few = (
        f"with {days} placebo days the smallest attainable p-value is {smallest:.3f}"
        if days
        else "no comparable day is available"
    )
    matched = window.matched
    if settings.placebo.match is not None:
        few += counts_by_rule(days, matched.left_out)
    before = slice(matched.start, matched.zero + 1)
    trading = matched.event.traded[before][matched.open[before]]
    assumed = assumed_end(event)
    stale = 1 - trading.mean() if len(trading) else 0.0
    regime = _regime(window, after, settings)
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
            stale > 0.3,
            "ES-STALE",
            "{stale:.0%} of the minutes before the news have no trade, so old prices stand for them",
        ),
        (
            window.closed,
            "ES-NEWS-WHILE-CLOSED",
            "the market was closed at the time of the news; the response is measured from the next open",
        ),
        (window.ends_before(settings.horizons[-1]), "ES-WINDOW-CUT", "trading ended before the last horizon"),
        (bool(matched.removed), "ES-PLACEBO-REMOVED", f"{len(matched.removed)} days were excluded as placebo days"),
    ]
    return tuple(Notice(code, f"{text}.") for happened, code, text in found if happened)


USUAL_REGIME = (0.7, 1.4)


def _regime(window: ResponseWindow, after: AfterNews, settings: ResponseSettings) -> str:
    """Return what is unusual about the volatility before the news, or an empty string."""
    if not len(after.placebo):
        return ""
    if not math.isfinite(window.regime):
        unknown = "volatility before the news cannot be measured, so the placebo days are not standardized"
        return unknown if settings.standardize else ""
    if USUAL_REGIME[0] <= window.regime <= USUAL_REGIME[1]:
        return ""
    treated = "allow" if settings.standardize else "do not allow"
    text = (
        f"volatility before the news was {window.regime:.1f} times that of the placebo days; p-values {treated} for it"
    )
    breakdown = _breakdown(window, after)
    if not math.isfinite(breakdown):
        return text
    return f"{text}. The first move is significant unless the day was {breakdown:.1f} times as volatile as assumed"
