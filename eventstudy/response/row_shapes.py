"""The shapes of the responses that have a move to speak of; the others have the reason why there is no number."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.response.later_closes import BARS_END, LaterCloses
from eventstudy.response.shape_estimates import (
    AfterNews,
    jump_share_estimate,
    pre_event_share,
    shape_estimates,
    share_estimate,
)
from eventstudy.response.values import Estimate
from eventstudy.response.window import BarReturns, ResponseWindows


class RowShape(NamedTuple):
    """The shape of one response: the numbers of ``shape_estimates`` and fractions of the move."""

    numbers: tuple[Estimate, ...]
    jump_share: Estimate
    pre_event_share: Estimate
    permanent_share: Estimate


class Parts(NamedTuple):
    """What shapes of P events are made of.

    Attributes
    ----------
    after : AfterNews
    returns : BarReturns
    drift, drift_pvalue : FloatArray, shape (P,)
        The move before the news and its p-value.
    drifts : FloatArray, shape (D, P)
        The same move on the placebo days.
    next_close : LaterCloses
    """

    after: AfterNews
    returns: BarReturns
    drift: FloatArray
    drift_pvalue: FloatArray
    drifts: FloatArray
    next_close: LaterCloses


def row_shapes(parts: Parts, windows: ResponseWindows) -> dict[int, RowShape]:
    """Return the shapes of the events that have any number of the shape, by their rows."""
    return {row: _shape(parts, windows, row) for row in np.flatnonzero(has_shape(parts.after)).tolist()}


def has_shape(after: AfterNews) -> BoolArray:
    """Return which events have a move: at a moment that was named in advance, or beyond the joint band; shape (P,)."""
    size, bands, at = np.abs(after.path), after.bands, after.at
    named = [at.first, at.horizon, at.initial]
    beyond = (size[:, named] > bands.pointwise[:, named]).any(axis=1) | (size > bands.joint).any(axis=1)
    return np.asarray(beyond & np.isfinite(bands.joint).any(axis=1))


def no_shape(after: AfterNews) -> RowShape:
    """Return why there is no number of the shape of one event."""
    names, reason = ("jump_share", "pre_event_share", "permanent_share"), after.undefined("t50")
    return RowShape(shape_estimates(after), *(Estimate(name, math.nan, unit="share", reason=reason) for name in names))


def _shape(parts: Parts, windows: ResponseWindows, row: int) -> RowShape:
    after, returns = parts.after.of(row), parts.returns
    served = np.isfinite(parts.after.placebo[:, row, 0])
    jumps = jump_share_estimate(returns.event[row], returns.placebo[windows.rows[row], row], returns.after_from, after)
    drift = Estimate("pre_event_drift", float(parts.drift[row]), pvalue=float(parts.drift_pvalue[row]))
    before = pre_event_share(drift, parts.drifts[served, row], after)
    return RowShape(shape_estimates(after), jumps, before, _permanence(parts.next_close, row, served, after))


def _permanence(close: LaterCloses, row: int, served: BoolArray, after: AfterNews) -> Estimate:
    reason = after.undefined("t50") or ("" if close.usable[row] else BARS_END)
    final = float(after.path[after.at.horizon])
    if reason or not final:
        return Estimate(
            "permanent_share", math.nan, unit="share", reason=reason or "no move of a comparable day is available"
        )
    move = float(close.moves.value[row])
    ends = after.ratio(move, close.moves.days[served, row], after.at.horizon)
    return share_estimate("permanent_share", move / final, ends)
