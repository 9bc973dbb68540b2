"""One event on one instrument: everything the response is asked for, as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import DAY_US, FloatArray, instant_from_us, instant_us
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.activity import activity, medians
from eventstudy.response.closed_markets import gap_response
from eventstudy.response.confounders import confounders_of
from eventstudy.response.numbers import AfterNews, jump_share_estimate, leak_estimates, pattern_of, shape_estimates
from eventstudy.response.placebo import bands, placebo_pvalue, smallest_pvalue, sup_test
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import interval, noise_draws
from eventstudy.response.tape import Tape, days_of, tape_of
from eventstudy.response.uncertain_time import assumed_times
from eventstudy.response.values import Activity, AssumedTimes, Estimate, Move, Path, Response
from eventstudy.response.window import Window, abnormal_window, after_news, bar_returns

DEFAULT = ResponseSettings()


def respond(
    bars: Bars | Tape, event: Event, settings: ResponseSettings = DEFAULT, known: Sequence[Event] = ()
) -> Response:
    """Return what one event did to one instrument: how far, how fast, how sure, and what else was going on.

    Parameters
    ----------
    bars : Bars or Tape
        Bars shorter than a day; a ``Tape`` made from them once serves many events.
    event : Event
    settings : ResponseSettings
    known : sequence of Event
        Other known events: days on which one falls into the same clock window do not serve as placebo days, and those
        near the event are listed as confounders.

    Raises
    ------
    DataError
        If the bars are daily, do not reach from before the news to after it, or hold no trade in the window.
    """
    tape = bars if isinstance(bars, Tape) else tape_of(bars)
    if tape.step_us >= DAY_US or not len(tape):
        raise DataError(
            f"The bars of {tape.instrument.code} are too long for the shape of an intraday response.",
            remedy="Give bars shorter than a day.",
        )
    others = tuple(other.time for other in known if other.id != event.id)
    window = abnormal_window(tape, event.time, settings, others if settings.known_events == "drop" else ())
    if not len(window.columns) or not math.isfinite(window.car[window.matched.first]):
        raise DataError(f"{tape.instrument.code} has no trade in the window around {event.id}.")
    return _assemble(tape, event, settings, window, tuple(known))


def _assemble(
    tape: Tape, event: Event, settings: ResponseSettings, window: Window, known: tuple[Event, ...]
) -> Response:
    after, matched = after_news(window, settings), window.matched
    closes = _closes(tape, window, settings)
    statistic, pvalue = sup_test(after.path, after.placebo)
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
        moves=(*_moves(window, after, settings), closes[0]),
        shape=_shape(window, after, closes),
        anchors=_anchors(window, event.time, settings),
        pattern=pattern_of(after),
        path_statistic=statistic,
        path_pvalue=pvalue,
        placebo_days=len(after.placebo),
        smallest_pvalue=smallest_pvalue(len(after.placebo)),
        path=_path(window, settings),
        assumed_times=_assumed_times(window, event.time, settings),
        activity=_activity(window),
        removed=matched.removed,
        confounders=confounders_of(tape, event, matched, known),
        gap=_gap(tape, event.time, settings) if window.closed else None,
        notices=_notices(event, window, after, settings),
        simulated=tape.simulated,
    )


def _reference_close(tape: Tape, time: EventTime) -> int:
    return int(tape.closes[np.searchsorted(tape.closes, instant_us(time.earliest), side="right") - 1])


def _moves(window: Window, after: AfterNews, settings: ResponseSettings) -> tuple[Move, ...]:
    found = []
    for minutes in settings.horizons:
        place = window.place(minutes)
        reason = "the window ends before" if window.ends_before(minutes) else ""
        at = int(window.matched.moments[window.columns[place]])
        found.append(
            move_of(f"+{minutes} min", at, float(minutes), after.path[place], after.placebo[:, place], settings, reason)
        )
    return tuple(found)


def no_move(label: str, reason: str) -> Move:
    """Return a move that could not be measured, with the reason."""
    return Move(label, None, math.nan, math.nan, math.nan, math.nan, math.nan, reason=reason)


def move_of(
    label: str,
    at: int,
    minutes: float,
    value: float,
    placebo: FloatArray,
    settings: ResponseSettings,
    reason: str = "",
) -> Move:
    """Return one move with its interval and placebo p-value."""
    draws = noise_draws(np.array([value]), placebo[:, None])[:, 0]
    low, high = interval(draws, settings.level)
    pvalue = float(placebo_pvalue(np.array(value), placebo))
    return Move(label, instant_from_us(at), minutes, float(value), low, high, pvalue, reason=reason)


def _closes(tape: Tape, window: Window, settings: ResponseSettings) -> tuple[Move, ...]:
    """Return the moves to the last bar of the event day, of the next day with bars, and of ``days_later`` days on."""
    matched, days = window.matched, days_of(tape)
    last = np.append(np.flatnonzero(np.diff(tape.day)), len(tape) - 1)
    own = int(np.searchsorted(days, matched.event_day))
    others = np.searchsorted(days, matched.day)
    labels = {0: "close", 1: "next close", settings.days_later: f"close {settings.days_later} days later"}
    found = []
    for ahead, label in labels.items():
        if own + ahead >= len(days):
            found.append(no_move(label, "the bars end before"))
            continue
        value = tape.price[last[own + ahead]] - matched.event.price[matched.zero]
        ends = np.minimum(others + ahead, len(days) - 1)
        clean = (others + ahead < own) | ((others > own) & (others + ahead < len(days)))
        moves = (tape.price[last[ends]] - matched.placebo.price[:, matched.zero]) * window.factor
        at = int(tape.closes[last[own + ahead]])
        found.append(move_of(label, at, math.nan, value, np.where(clean, moves, np.nan), settings))
    return tuple(found)


def _shape(window: Window, after: AfterNews, closes: tuple[Move, ...]) -> tuple[Estimate, ...]:
    matched = window.matched
    before, others = -window.car[matched.start], -window.placebo[:, matched.start]
    keep = np.isfinite(window.placebo[:, window.columns]).all(axis=1)
    leak = leak_estimates(float(before), others[keep], after)
    if not math.isfinite(before):
        nothing = "the market had not yet opened at the start of the window before the news"
        leak = tuple(Estimate(e.name, math.nan, unit=e.unit, reason=nothing) for e in leak)  # type: ignore[assignment]
    _, next_close, later = closes
    returns, placebo, after_from = bar_returns(window)
    return (
        *shape_estimates(after),
        jump_share_estimate(returns, placebo, after_from, after),
        *leak,
        *(
            Estimate(n, m.value, m.low, m.high, "log", m.pvalue, m.reason)
            for n, m in (("next_close", next_close), ("days_later", later))
        ),
        _permanence(next_close, after),
    )


def _permanence(next_close: Move, after: AfterNews) -> Estimate:
    reason = after.undefined("half_life") or next_close.reason
    final = after.path[after.at.horizon]
    if reason or not final:
        return Estimate("permanence", math.nan, unit="share", reason=reason)
    ends = sorted((next_close.low / final, next_close.high / final))
    return Estimate("permanence", next_close.value / final, ends[0], ends[1], "share")


def _anchors(window: Window, time: EventTime, settings: ResponseSettings) -> tuple[Estimate, ...]:
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
        value, placebo = window.car[end] - window.car[start], window.placebo[:, end] - window.placebo[:, start]
        m = move_of(name, int(matched.moments[end]), float(minutes), value, placebo, settings)
        found.append(Estimate(name, m.value, m.low, m.high, pvalue=m.pvalue))
    return tuple(found)


def _assumed_times(window: Window, time: EventTime, settings: ResponseSettings) -> AssumedTimes | None:
    matched = window.matched
    columns = np.concatenate([[matched.zero], window.columns])
    count = int((matched.moments[columns] <= instant_us(time.latest)).sum())
    if window.closed or count < 2:
        return None
    return assumed_times(
        window.car[columns],
        window.placebo[:, columns],
        matched.moments[columns[:count]],
        length=max(1, math.ceil(settings.settle / window.step_minutes)),
        minutes=settings.settle,
        level=settings.level,
    )


def _activity(window: Window) -> tuple[Activity, ...]:
    matched = window.matched
    after = np.zeros(len(matched.open), dtype=bool)
    after[window.columns] = True
    step, steps = np.diff(window.car, prepend=np.nan), np.diff(window.placebo, axis=1, prepend=np.nan)
    rows = [
        ("volume", matched.event.volume, matched.placebo.volume),
        ("range", matched.event.span, matched.placebo.span),
        ("variance", step**2, steps**2),
    ]
    return tuple(activity(name, e, p, after) for name, e, p in rows if np.isfinite(e[after]).any() and len(p))


def _path(window: Window, settings: ResponseSettings) -> Path:
    matched = window.matched
    found = bands(window.placebo[:, window.columns], settings.level)
    pointwise, joint = np.full(len(window.car), np.nan), np.full(len(window.car), np.nan)
    pointwise[window.columns], joint[window.columns] = found.pointwise, found.joint
    usual = medians(matched.placebo.volume)
    return Path(
        matched.moments, matched.open, window.car, pointwise, joint, window.placebo, matched.day,
        matched.event.volume, usual, matched.start, matched.zero, matched.first,
    )  # fmt: skip


def _gap(tape: Tape, time: EventTime, settings: ResponseSettings) -> Estimate:
    gap = gap_response(tape, time)
    draws = noise_draws(np.array([gap.to_open]), gap.past[:, :1])[:, 0] if len(gap.past) else np.empty(0)
    return Estimate(f"{gap.kind} gap", gap.to_open, *interval(draws, settings.level), pvalue=gap.open_pvalue)


def _notices(event: Event, window: Window, after: AfterNews, settings: ResponseSettings) -> tuple[Notice, ...]:
    days, smallest = len(after.placebo), smallest_pvalue(len(after.placebo))
    matched = window.matched
    before = slice(matched.start, matched.zero + 1)
    trading = matched.event.traded[before][matched.open[before]]
    stale = 1 - trading.mean() if len(trading) else 0.0
    told = [
        (
            smallest > 1 - settings.level,
            "ES-PLACEBO-FEW",
            f"{days} placebo days can give no p-value below {smallest:.3f}",
        ),
        (event.time.basis == "assumed", "ES-TIME-ASSUMED", "one end of the event interval is assumed, not documented"),
        (event.time.basis == "price", "ES-TIME-CIRCULAR", "the event time was read from the price that is tested here"),
        (stale > 0.3, "ES-STALE", "most numbers rest on old prices: many minutes before the news have no trade"),
        (
            window.closed,
            "ES-NEWS-WHILE-CLOSED",
            "the news came while the market was closed; the response begins at the opening",
        ),
        (window.ends_before(settings.horizons[-1]), "ES-WINDOW-CUT", "trading ended before the last horizon"),
        (bool(matched.removed), "ES-PLACEBO-REMOVED", f"{len(matched.removed)} days could not serve"),
    ]
    return tuple(Notice(code, f"{text}.") for happened, code, text in told if happened)
