"""What figures on the clock share: the event interval, pauses of trading, lines that do not cross them, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, FloatArray, IntArray, instant_from_us, instant_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.plots.parts import halo, text_width, wrapped
from eventstudy.report.time_axis import TimeScale
from eventstudy.report.views import Pause
from eventstudy.show.numbers import local

THINNEST = 3.0  # pixels of an event interval that is one instant
MOST_NAMED = 2  # pauses with a name: more would cover what is drawn


@dataclass(frozen=True, slots=True)
class MarkedClock:
    """The clock of a figure and what is marked on it: the event interval and the pauses, microseconds."""

    scale: TimeScale
    earliest: datetime
    latest: datetime
    pauses: tuple[Pause, ...] = ()
    zone: str = "UTC"


def set_clock(panel: Panel, moments: MarkedClock) -> None:
    """Let a panel run from the first to the last instant of the clock."""
    places = moments.scale.places
    span = max(float(places[-1] - places[0]), 1.0)
    panel.ax.set_xlim(places[0] - 0.008 * span, places[-1] + 0.008 * span)


def shade(panel: Panel, canvas: Canvas, moments: MarkedClock) -> tuple[float, float]:
    """Shade the event interval and hatch the pauses; return the pixels of the interval's ends."""
    scale, ax = moments.scale, panel.ax
    low, high = ax.get_xlim()
    ends = scale.place(np.array([instant_us(moments.earliest), instant_us(moments.latest)]))
    start, stop = (float(np.clip(v, low, high)) for v in ends)
    least = THINNEST * (high - low) / (panel.right - panel.left)
    stop = max(stop, start + least)
    ax.axvspan(start, stop, facecolor=canvas.look.news, linewidth=0, zorder=0.2)
    for pause in moments.pauses:
        a, b = (float(v) for v in scale.place(np.array([pause.start, pause.stop])))
        look: dict[str, Any] = {"facecolor": canvas.look.paper, "edgecolor": canvas.look.hole, "hatch": "////"}
        ax.axvspan(a, b, linewidth=0, zorder=0.4, **look)
    for place in scale.breaks:
        ax.axvline(float(place), color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 3)), zorder=0.6)
    ax.set_xlim(low, high)
    return panel.x(start), panel.x(stop)


def news_label(
    canvas: Canvas, ends: tuple[float, float], at: float, moments: MarkedClock, edge: tuple[float, float]
) -> None:
    """Write above the shading when the news became public."""
    words = interval_words(moments)
    half = text_width(canvas, max(words, "News public", key=len), 11, bold=True) / 2
    middle = min(max(sum(ends) / 2, edge[0] + half), edge[1] - half)
    canvas.text((middle, at - 14), "News public", "news_ink", ha="center", fontweight="bold")
    canvas.text((middle, at), words, "news_ink", ha="center")


def stretches(moments: MarkedClock) -> list[Pause]:
    """Return the pauses of trading and the stretches without prices that take the room of one bar, in order."""
    scale, found = moments.scale, list(moments.pauses)
    for place in scale.breaks:
        row = int(np.searchsorted(scale.places, place))
        start, stop = int(scale.knots[row - 1]), int(scale.knots[row])
        if not any(start < p.stop and p.start < stop for p in moments.pauses):
            found.append(Pause(start, stop, "no prices"))
    return sorted(found, key=lambda pause: pause.start)


def pause_words(pause: Pause, zone: str) -> str:
    """Return what a pause is and from when to when."""
    ends = (local(instant_from_us(us), zone or "UTC", "%H:%M") for us in (pause.start, pause.stop))
    return f"{pause.name or 'no trading'}, {' to '.join(ends)}"


def name_pauses(panel: Panel, canvas: Canvas, moments: MarkedClock) -> None:
    """Write beside each pause what it is and from when to when, at the top of a panel; the first two of many."""
    for pause in stretches(moments)[:MOST_NAMED]:
        words = pause.name or "no trading" if canvas.narrow else pause_words(pause, moments.zone)
        start, stop = (panel.x(float(v)) for v in moments.scale.place(np.array([pause.start, pause.stop])))
        sides = panel.right - stop - 8, start - panel.left - 8
        after = sides[0] >= min(sides[1], text_width(canvas, words, 10.5))
        room = max(sides[0] if after else sides[1], 60.0)
        if canvas.narrow and text_width(canvas, words, 10.5) > room:
            continue  # hatched all the same, and named in the description of the figure
        x, align = (stop + 5, "left") if after else (start - 5, "right")
        look: dict[str, Any] = {"ha": align, "fontsize": 10.5, "zorder": 6, **halo(canvas)}
        for row, line in enumerate(wrapped(canvas, words, room, 10.5)):
            canvas.text((x, panel.top + 10 + 12 * row), line, "soft", **look)


def interval_words(moments: MarkedClock) -> str:
    """Return the event interval on the market's clock, with days where it spans more than one or bars are daily."""
    zone = ZoneInfo(moments.zone or "UTC")
    start, stop = moments.earliest.astimezone(zone), moments.latest.astimezone(zone)
    if moments.scale.step_us >= DAY_US or start.date() != stop.date():
        first, last = f"{start.day} {start:%b %H:%M}", f"{stop.day} {stop:%b %H:%M}"
    else:
        first, last = f"{start:%H:%M}", f"{stop:%H:%M}"
    return first if first == last else f"{first} to {last}"


def broken(moments: MarkedClock, at: IntArray, *values: FloatArray) -> tuple[FloatArray, ...]:
    """Return places and values with a gap wherever a pause or a squeezed night lies between two points."""
    scale = moments.scale
    places = scale.place(at)
    cuts = [*scale.breaks, *(float(scale.place((p.start + p.stop) // 2)) for p in moments.pauses)]
    rows = np.array(sorted({int(np.searchsorted(places, cut)) for cut in cuts} - {0, len(places)}), dtype=np.int64)
    if not rows.size:
        return (places, *values)
    return (np.insert(places, rows, np.nan), *(np.insert(v.astype(np.float64), rows, np.nan, axis=-1) for v in values))


def inside(moments: MarkedClock, at: np.ndarray) -> np.ndarray:
    return np.asarray((at >= moments.scale.knots[0]) & (at <= moments.scale.knots[-1]))


def alone(values: FloatArray) -> np.ndarray:
    """Return which points have no neighbor to draw a line to."""
    known = np.pad(np.isfinite(values), 1)
    return np.asarray(known[1:-1] & ~known[:-2] & ~known[2:])


def clock_words(instant: datetime, zone: str, *, daily: bool) -> str:
    """Return a moment as a label says it: the clock, or the day of daily prices."""
    at = instant.astimezone(ZoneInfo(zone or "UTC"))
    return f"{at.day} {at:%b}" if daily else f"{at:%H:%M}"


def quantile_fan(paths: FloatArray, shares: Sequence[float] = (0.1, 0.9)) -> FloatArray:
    """Return the quantiles of every column of paths, shape (len(shares), T)."""
    return np.asarray(np.nanquantile(paths, shares, axis=0), dtype=np.float64)
