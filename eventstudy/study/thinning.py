"""Series without the bars that no window of an event needs: what a worker hands back of what it read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import DAY_US, IntArray, instant_us
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns
from eventstudy.market.sources.reach import Around
from eventstudy.market.universe import Universe

if TYPE_CHECKING:
    from eventstudy.news.items import Event


# Figures of small studies show the bars around their events, and the close of the day before.
BEFORE_US, AFTER_US = 5 * DAY_US, 2 * DAY_US


def thinned(universe: Universe, events: Sequence[Event], around: Around, *, small: bool) -> Universe:
    """Return the series with the bars around their events alone.

    Windows are counted in bars from their event, so they see the same bars as in the entire series. Daily series, and
    those of which a test needs other days, stay as they are.
    """
    if math.isinf(max(*around.reach.before, *around.reach.after)):
        return universe
    spans: dict[str, list[tuple[int, int]]] = {}
    for event in events:
        for code in event.instruments:
            spans.setdefault(code, []).append((instant_us(event.time.earliest), instant_us(event.time.latest)))
    kept = [
        _thin(one, spans.get(one.instrument.code, []), around, small) if isinstance(one, Bars) else one
        for one in universe
    ]
    return replace(universe, series=tuple(kept))


def _thin(bars: Bars | Returns, spans: Sequence[tuple[int, int]], around: Around, small: bool) -> Bars | Returns:
    if not isinstance(bars, Bars) or bars.step.value // 1000 >= DAY_US or not spans:
        return bars
    closes, (before, after) = bars.closes_us, (around.reach.bars_before, around.reach.bars_after)
    first, last = np.array(spans, dtype=np.int64).T
    low: IntArray = np.searchsorted(closes, first, side="right") - int(before)
    high: IntArray = np.searchsorted(closes, last, side="left") + int(after) + 1
    if small:
        low = np.minimum(low, np.searchsorted(closes, first - BEFORE_US))
        high = np.maximum(high, np.searchsorted(closes, last + AFTER_US))
    change = np.zeros(len(closes) + 1, dtype=np.int64)
    np.add.at(change, np.clip(low, 0, len(closes)), 1)
    np.add.at(change, np.clip(high, 0, len(closes)), -1)
    keep = np.cumsum(change[:-1]) > 0
    return bars if keep.all() else replace(bars, frame=bars.frame[keep])
