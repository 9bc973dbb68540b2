"""Prices that a quality check doubts, where they lie inside an event window: nothing is repaired there in silence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.events import EventTable, OpenLedger, Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, IntArray, from_epoch_us, value, wall_us
from eventstudy.errors import Notice
from eventstudy.market.bars import Bars, DoubtfulRows

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

JUMP = 0.4
# Ratios of splits below two for one, in which a share is worth less afterwards, and their inverses.
SPLIT_RATIOS = np.log([3 / 2, 4 / 3, 5 / 4, 5 / 3, 5 / 2])
RATIO_TOLERANCE = 0.015


@value
class EventSpans:
    """Event windows of one series as instants, one bar wider on both sides; a close c is inside if low < c <= high."""

    ids: tuple[str, ...]
    low: IntArray
    high: IntArray

    def event_at(self, close: int) -> str:
        """Return the id of the first event whose window holds the close, or an empty text."""
        inside = np.flatnonzero((self.low < close) & (close <= self.high))
        return self.ids[inside[0]] if len(inside) else ""


def restored(spec: StudySpec, bars: Bars, table: EventTable) -> tuple[Bars, tuple[Notice, ...]]:
    """Return bars with the rows that a check took for bad ticks inside event windows put back, each with a notice.

    Rows of other kinds stay left out; where they lie inside an event window, a notice says so.
    """
    left_out = [rows for rows in bars.doubtful if rows.left_out]
    if not left_out or not len(bars):
        return bars, ()
    spans = event_spans(spec, bars, table)
    notices: list[Notice] = []
    for rows in left_out:
        events = [spans.event_at(int(close)) for close in rows.closes]
        inside = np.flatnonzero([bool(event) for event in events])
        if not len(inside):
            continue
        if rows.kind == "bad tick":
            bars = with_rows(bars, rows, inside)
        notices.append(Notice("ES-PRICE-IN-DOUBT", in_window(bars, rows, inside, events[inside[0]])))
    return bars, tuple(notices)


def in_window(bars: Bars, rows: DoubtfulRows, inside: IntArray, event: str) -> str:
    """Return the sentence for doubtful rows inside an event window."""
    first = int(inside[0])
    at = f"{from_epoch_us(rows.closes[[first]])[0]:%Y-%m-%d %H:%M} UTC"
    code, count = bars.instrument.code, len(inside)
    if rows.kind != "bad tick":
        return (
            f"Inside the event window of {event}, {count} row(s) of {code} were left out as {rows.kind!r}, the first "
            f"at {at}."
        )
    move = math.expm1(math.log(rows.columns["close"][first] / rows.columns["previous"][first]))
    return (
        f"The price of {code} at {at} ({move:+.1%}, taken back by the next bar) looks like a bad tick; it lies inside "
        f"the event window of {event} and was kept" + (f", with {count - 1} more." if count > 1 else ".")
    )


def with_rows(bars: Bars, rows: DoubtfulRows, which: IntArray) -> Bars:
    """Return bars with some rows put back."""
    columns = {name: values[which] for name, values in rows.columns.items() if name in bars.frame}
    frame = pd.concat([bars.frame, pd.DataFrame(columns, index=from_epoch_us(rows.closes[which]))]).sort_index()
    return replace(bars, frame=frame[~frame.index.duplicated()])


def event_spans(spec: StudySpec, bars: Bars, table: EventTable) -> EventSpans:
    """Return the event windows of one series as instants, one bar wider on both sides."""
    names, place = table.places
    rows = np.flatnonzero(names[place] == bars.instrument.code)
    closes = bars.closes_us
    bars_each = bars_per_unit(spec, bars)
    before, after = (math.ceil(bars_each * abs(end)) for end in (min(spec.event[0], 0), max(spec.event[1], 0)))
    reference = np.searchsorted(closes, table.earliest[rows], side="right") - 1
    first = np.searchsorted(closes, table.latest[rows], side="left")
    low = closes[np.clip(reference - before - 1, 0, len(closes) - 1)]
    high = closes[np.clip(first + after + 1, 0, len(closes) - 1)]
    return EventSpans(tuple(map(str, table.ids[rows])), low, high)


def bars_per_unit(spec: StudySpec, bars: Bars) -> float:
    """Return how many bars one unit of the event window's clock has."""
    step = bars.step.value // 1000
    if spec.clock == "minutes":
        return MINUTE_US / step
    if spec.clock == "days" and step < DAY_US:
        _, counts = np.unique(wall_us(bars.closes_us, "UTC") // DAY_US, return_counts=True)
        return float(np.median(counts))
    return 1.0


def mark_jumps(
    bars: Sequence[Bars], series: SeriesSet, positions: Positions, window: Window, ledger: OpenLedger
) -> tuple[Notice, ...]:
    """Leave out observations whose event window holds a jump like that of a split; warn about other large jumps."""
    notices: list[Notice] = []
    for item in bars:
        for rows in item.doubtful:
            if rows.kind != "large jump":
                continue
            at = np.flatnonzero(positions.series == series.codes.index(item.instrument.code))
            held = jump_inside(rows, series, positions[at], window)
            size = np.expm1(jumps_of(rows))[np.maximum(held, 0)]
            like_split = (held >= 0) & splits(jumps_of(rows)[np.maximum(held, 0)])
            doubtful = at[like_split]
            ledger.mark(positions.row[doubtful], outcomes.JUMP, np.rint(100 * size[like_split]).astype(np.int64))
            if (kept := np.flatnonzero((held >= 0) & ~like_split)).size:
                notices.append(Notice("ES-PRICE-IN-DOUBT", kept_jump(item, rows, held[kept], size[kept])))
    return tuple(notices)


def kept_jump(bars: Bars, rows: DoubtfulRows, held: IntArray, size: FloatArray) -> str:
    """Return the sentence for a jump inside an event window that is no larger than news can explain."""
    at = from_epoch_us(rows.closes[held[:1]])[0]
    return (
        f"The price of {bars.instrument.code} jumps by {size[0]:+.1%} at {at:%Y-%m-%d %H:%M} UTC and stays there, "
        f"inside the event window of {len(held)} observation(s): check whether it is a split."
    )


def jumps_of(rows: DoubtfulRows) -> FloatArray:
    """Return the log change into each row."""
    return np.asarray(np.log(rows.columns["close"] / rows.columns["previous"]), dtype=np.float64)


def splits(changes: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which changes are larger than 40 % or have the ratio of a split."""
    ratio = np.abs(np.abs(changes)[:, None] - SPLIT_RATIOS).min(axis=1, initial=np.inf) < RATIO_TOLERANCE
    return np.asarray((np.abs(np.expm1(changes)) > JUMP) | ratio, dtype=np.bool_)


def jump_inside(rows: DoubtfulRows, series: SeriesSet, positions: Positions, window: Window) -> IntArray:
    """Return for each observation the first row whose close lies in its event window, -1 for none."""
    if not len(positions):
        return np.empty(0, dtype=np.int64)
    start = series.time_offset[positions.series]
    last = start + series.length[positions.series] - 1
    low = series.closes[np.maximum(start + positions.reference + min(window.start, 0), start)]
    high = series.closes[np.minimum(start + positions.first + max(window.stop, 0), last)]
    place = np.searchsorted(rows.closes, low, side="right")
    held = np.minimum(place, len(rows.closes) - 1)
    return np.asarray(np.where((place < len(rows.closes)) & (rows.closes[held] <= high), held, -1), dtype=np.int64)
