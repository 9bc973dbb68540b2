"""The intraday responses of a result, cut for figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.arrays import instant_from_us, instant_us
from eventstudy.errors import UsageError
from eventstudy.news.items import EventTime
from eventstudy.report.figure_data import pauses, price_responses, response_view
from eventstudy.report.shown_units import unit_of
from eventstudy.report.views import AssumedMoves, Horizons, InstrumentPath, Instruments
from eventstudy.show.numbers import BP, local

if TYPE_CHECKING:
    from eventstudy.response.values import Response
    from eventstudy.study.result import StudyResult


def intraday_responses(result: StudyResult, event: str = "") -> list[Response]:
    """Return the responses of one event, the first one's where none is named.

    Raises
    ------
    UsageError
        If the study has no intraday response, or none of that event.
    """
    everything = list(price_responses(result) or ())
    if not everything:
        raise UsageError(
            "The study has no intraday response of prices.",
            remedy='Give Bars shorter than a day, and set response = "on" where the events are many.',
        )
    found = [response for response in everything if response.event == (event or everything[0].event)]
    if not found:
        known = ", ".join(dict.fromkeys(response.event for response in everything))
        raise UsageError(f"The study has no intraday response to {event!r}.", remedy=f"It has {known}.")
    return found


def interval_of(result: StudyResult, response: Response) -> EventTime:
    """Return the interval in which the news of a response became public."""
    table = result.ledger.table
    row = int(np.flatnonzero(table.ids == response.event)[0])
    return EventTime(instant_from_us(int(table.earliest[row])), instant_from_us(int(table.latest[row])))


def instruments_view(result: StudyResult, event: str = "") -> Instruments:
    """Return every instrument of one event on one clock, each with its band over comparable days."""
    responses = intraday_responses(result, event)
    time = interval_of(result, responses[0])
    return Instruments(
        tuple(_path_of(r) for r in responses),
        time.earliest,
        time.latest,
        responses[0].zone,
        responses[0].level,
        unit_of(result.spec),
        any(r.simulated for r in responses),
    )


def _path_of(response: Response) -> InstrumentPath:
    path, first = response.path, response.first
    present = path.open & (np.arange(len(path.open)) >= path.start)
    at = f" at {local(first.at, response.zone, '%H:%M')}" if first.at is not None else ""
    joint = np.where(np.isfinite(path.joint), path.joint, np.nan)[present]
    where = path.closes[present], path.car[present], joint
    return InstrumentPath(response.instrument, *where, first.value, at, pauses(response))


def assumed_view(result: StudyResult, event: str = "", instrument: str = "") -> AssumedMoves:
    """Return the move over the next minutes by the assumed time of the news, with the bands of the whole curve."""
    found = [r for r in intraday_responses(result, event) if instrument in ("", r.instrument)]
    curves = [response for response in found if response.assumed_times is not None]
    if not curves:
        raise UsageError("The time of this event leaves nothing to assume.", remedy="Draw the response panel instead.")
    response, curve = curves[0], curves[0].assumed_times
    assert curve is not None  # noqa: S101  chosen for it two lines above
    time = interval_of(result, response)
    return AssumedMoves(
        response.instrument,
        curve.at,
        curve.move,
        curve.pointwise,
        curve.joint,
        int(np.diff(curve.at).min()) if len(curve.at) > 1 else 0,
        f"move over the next {curve.minutes} trading minutes",
        time.earliest,
        time.latest,
        response.zone,
        curve.pvalue,
        unit=unit_of(result.spec),
        simulated=response.simulated,
    )


def moves_by_time(result: StudyResult, event: str = "", instrument: str = "") -> AssumedMoves:
    """Return the return from each assumed time of the news to the end of the reported window."""
    view = response_view(result, event, instrument)
    prices = view.prices
    if prices is None:
        raise UsageError("The study was made from returns, so it has no prices to draw.", remedy="Run it on Bars.")
    rows = prices.closes < view.reported_at
    end = float(prices.price[np.flatnonzero(prices.closes <= view.reported_at)[-1]])
    none = np.full(int(rows.sum()), np.nan)
    kind = "difference" if result.spec.returns == "difference" else "log"
    moves = end - prices.price[rows] if kind == "difference" else np.log(end / prices.price[rows])
    unit = unit_of(result.spec) if kind == "difference" else BP
    ends = instant_us(view.earliest), instant_us(view.latest)
    at = prices.closes[rows]
    return AssumedMoves(
        view.instrument,
        at,
        np.asarray(moves, dtype=np.float64),
        none,
        none,
        prices.step_us,
        "return until the end of the reported window" if ends[0] <= int(at[-1]) else "return of the last interval",
        view.earliest,
        view.latest,
        view.zone,
        stepped=True,
        unit=unit,
        simulated=view.simulated,
    )


def horizons_view(result: StudyResult, event: str = "", instrument: str = "") -> Horizons:
    """Return the move of one response at the first price after the news, at every horizon and at the close."""
    found = [r for r in intraday_responses(result, event) if instrument in ("", r.instrument)]
    if not found:
        raise UsageError(f"The study has no intraday response of {instrument!r}.")
    response = found[0]
    moves = [m for m in (response.first, *response.moves) if np.isfinite(m.value) and m.at is not None]
    seen: dict[Any, Any] = {}
    for move in moves:
        seen.setdefault(move.at, move)
    if len(seen) < 2:
        raise UsageError("The response has one horizon only, so there is nothing to compare.")
    days = {m.at.date() for m in seen.values()}
    form = "%H:%M" if len(days) == 1 else "%d %b %H:%M"
    kept = list(seen.values())
    value, low, high = (np.array([getattr(m, name) for m in kept]) for name in ("value", "low", "high"))
    return Horizons(
        response.instrument,
        tuple(local(m.at, response.zone, form) for m in kept),
        value,
        low,
        high,
        local(response.reference_at, response.zone, "%H:%M"),
        response.level,
        unit_of(result.spec),
        response.simulated,
    )
