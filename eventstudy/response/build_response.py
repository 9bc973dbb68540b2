"""A response as a value, built from one row of the numbers of events that were measured together."""

from __future__ import annotations

import math
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import FloatArray, instant_from_us
from eventstudy.response.confounders import market_events
from eventstudy.response.known_nearby import Confounders
from eventstudy.response.later_closes import BARS_END, Horizon, no_move
from eventstudy.response.measured import ANCHORS, DRIFT, FIRST
from eventstudy.response.measured_events import MeasuredEvents, MeasuredPair
from eventstudy.response.response_warnings import response_warnings
from eventstudy.response.row_shapes import no_shape
from eventstudy.response.shape_estimates import pattern_of
from eventstudy.response.values import Estimate, HorizonMoves, Move, Path, Response, Unit

PRE_EVENT_UNITS: dict[str, Unit] = {DRIFT: "log", "pre_event_share": "share"}


class PathsOfDays(NamedTuple):
    """The paths of the placebo days of one response, see ``Path``; shape (D, T)."""

    placebo: FloatArray
    raw_placebo: FloatArray
    tested_placebo: FloatArray


def day_paths(pair: MeasuredPair) -> PathsOfDays:
    """Return copies of the paths of its placebo days, so that those of the events beside it are not kept with them."""
    rows, *every = pair.paths
    return PathsOfDays(*(paths[rows[pair.row], pair.row].copy() for paths in every))


def response_at(
    found: MeasuredEvents, row: int, paths: PathsOfDays | None = None, joint: FloatArray | None = None
) -> Response:
    """Return one response; ``joint`` are the p-values over all instruments of the first move and of the horizons."""
    numbers, source, settings = found.measured, found.source, found.settings
    after, layout, near = numbers.after.of(row), numbers.layout, found.near(row)
    statistic, pvalue = numbers.path_tests[row]
    first, *horizons = _moves(found, row, joint)
    return Response(
        event=found.events[row].id,
        instrument=source.instrument.code,
        quote=source.instrument.quote,
        zone=source.zone,
        sign=source.instrument.sign,
        level=settings.level,
        reference_at=instant_from_us(int(found.reference_at[row])),
        first_at=instant_from_us(int(found.moments[row, layout.first])),
        reference_price=float(numbers.reference_price[row]),
        first=first,
        moves=(*horizons, _later(found, row, 0)),
        horizon=_horizon(found, row),
        shape=_shape(found, row),
        anchors=tuple(_anchor(found, row, name) for name in ANCHORS),
        pattern=pattern_of(after),
        path_statistic=statistic,
        path_pvalue=pvalue,
        placebo_days=int(numbers.placebo_days[row]),
        smallest_pvalue=float(numbers.smallest[row]),
        path=_path(found, row, paths),
        regime=float(numbers.regime[row]),
        breakdown=found.breakdown(row),
        assumed_times=numbers.assumed[row],
        activity=numbers.activity[row] if numbers.activity else (),
        removed=found.days[row].removed,
        confounders=Confounders(
            tuple(market_events(source.instrument, near)), found.times, found.same_event[row], near
        ),
        gap=found.gaps[row],
        notices=response_warnings(found, row),
        simulated=source.simulated,
        balance=found.balances[row],
    )


def _moves(found: MeasuredEvents, row: int, joint: FloatArray | None) -> list[Move]:
    """Return the first move and those at the horizons asked for, with the reason where there is none."""
    moves = [_inside(found, row, FIRST)]
    for minutes, reached in zip(found.settings.horizons, found.measured.layout.reached, strict=True):
        label, reason = f"+{minutes} min", out_of_reach(found, row, float(minutes), reached=reached)
        moves.append(no_move(label, reason, float(minutes)) if reason else _inside(found, row, label, float(minutes)))
    if joint is None:
        return moves
    return [move if p != p else move.adjusted(p) for move, p in zip(moves, joint.tolist(), strict=True)]


def _inside(found: MeasuredEvents, row: int, name: str, minutes: float = math.nan) -> Move:
    """Return a move that ends inside the window."""
    numbers = found.measured
    at = int(found.moments[row, numbers.ends[name]])
    return numbers.moves.move(row, numbers.places[name], Horizon(name, at, minutes))


def out_of_reach(found: MeasuredEvents, row: int, minutes: float, *, reached: bool) -> str:
    """Return why there is no move at a horizon: it is shorter than a bar, or trading ended before it; else empty."""
    layout = found.measured.layout
    if 0 < minutes < layout.step_minutes:
        return f"a bar lasts {layout.step_minutes:g} minutes"
    if reached:
        return ""
    last = int(found.moments[row, layout.columns[-1]])
    return f"trading ended at {instant_from_us(last).astimezone(ZoneInfo(found.source.zone)):%H:%M}"


def _later(found: MeasuredEvents, row: int, place: int) -> Move:
    """Return the move to one of the later closes."""
    numbers = found.measured
    close = numbers.closes[place]
    if not close.usable[row]:
        return no_move(close.label, BARS_END)
    return numbers.moves.move(row, len(numbers.ends) + place, Horizon(close.label, int(close.at[row])))


def _anchor(found: MeasuredEvents, row: int, name: str) -> Estimate:
    value, low, high, pvalue, *_ = found.measured.moves.rows[row][found.measured.places[name]]
    return Estimate(name, value, low, high, pvalue=pvalue)


def _horizon(found: MeasuredEvents, row: int) -> HorizonMoves:
    numbers = found.measured
    moves, weight = (each[:, row] for each in numbers.horizon)
    served = np.isfinite(moves)
    return HorizonMoves(float(numbers.after.path[row, numbers.after.at.horizon]), moves[served], weight[served])


def _shape(found: MeasuredEvents, row: int) -> tuple[Estimate, ...]:
    numbers = found.measured
    shape = numbers.shapes.get(row) or no_shape(numbers.after.of(row))
    drift, before = _anchor(found, row, DRIFT), shape.pre_event_share
    if not drift.defined:
        nothing = "the market had not yet opened at the start of the window before the news"
        drift, before = (Estimate(n, math.nan, unit=u, reason=nothing) for n, u in PRE_EVENT_UNITS.items())
    later = (("next_close", _later(found, row, 1)), ("days_later", _later(found, row, 2)))
    return (
        *shape.numbers,
        shape.jump_share,
        numbers.jump_variances[row],
        numbers.medians[row],
        drift,
        before,
        *(Estimate(n, m.value, m.low, m.high, "log", m.pvalue, m.reason) for n, m in later),
        shape.permanent_share,
    )


def _path(found: MeasuredEvents, row: int, paths: PathsOfDays | None) -> Path:
    numbers, days = found.measured, found.days[row]
    layout, bands = numbers.layout, numbers.after.bands
    pointwise, joint = np.full((2, len(layout.open)), np.nan)
    pointwise[layout.columns], joint[layout.columns] = bands.pointwise[row], bands.joint[row]
    none = np.empty((0, len(layout.open)))
    placebo, raw, tested = paths or PathsOfDays(none, none, none)
    return Path(
        found.moments[row], layout.open, numbers.car[row], pointwise, joint, placebo, raw, days.day, days.weight,
        numbers.tested[row], tested, numbers.volume[row], numbers.usual_volume[row],
        layout.start, layout.zero, layout.latest, layout.first,
    )  # fmt: skip
