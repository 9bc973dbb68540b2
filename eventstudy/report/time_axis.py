"""A time axis on which a reader sees trading: nights squeezed away, local and UTC hours, no label over another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import MINUTE_US, FloatArray, IntArray, instant_from_us
from eventstudy.show.numbers import length, offset, zone_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOUR_US = 60 * MINUTE_US
STRIDES = [m * MINUTE_US for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)]
DAY_STRIDES = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000]
INCHES_PER_LABEL = 0.62
FEWEST_TICKS = 2


@dataclass(frozen=True, eq=False, slots=True)
class TimeScale:
    """Instants to places along an axis, where a night or a halt takes the room of one bar.

    Attributes
    ----------
    knots : IntArray, shape (T,)
        Instants, microseconds since the epoch, increasing.
    places : FloatArray, shape (T,)
        Their places, in bars.
    breaks : FloatArray, shape (B,)
        Places where time was squeezed.
    step_us : int
        Length of one bar.
    """

    knots: IntArray
    places: FloatArray
    breaks: FloatArray
    step_us: int

    @property
    def daily(self) -> bool:
        return self.step_us >= 20 * HOUR_US

    def place(self, instants: IntArray | int) -> FloatArray:
        """Return places of instants; beyond either end the scale goes on evenly."""
        at = np.asarray(instants, dtype=np.int64)
        inside = np.interp(at, self.knots, self.places)
        before = np.minimum(at - self.knots[0], 0) / self.step_us
        after = np.maximum(at - self.knots[-1], 0) / self.step_us
        return np.asarray(inside + before + after, dtype=np.float64)


def time_scale(instants: IntArray, step_us: int) -> TimeScale:
    """Return the scale on which gaps much longer than a bar take the room of one bar.

    Daily bars are evenly spaced (a weekend is not a gap); inside a day a gap of more than an hour is a break.
    """
    knots = np.unique(np.asarray(instants, dtype=np.int64))
    gaps = np.diff(knots)
    widest = 1.2 * step_us if step_us >= 20 * HOUR_US else max(3 * step_us, HOUR_US)
    squeezed = gaps > widest
    places = np.concatenate([[0.0], np.cumsum(np.where(squeezed, 1.0, gaps / step_us))])
    marks = (places[:-1] + places[1:])[squeezed] / 2
    return TimeScale(knots, places, marks if step_us < 20 * HOUR_US else marks[:0], step_us)


def ticks(scale: TimeScale, zone: str, inches: float) -> IntArray:
    """Return round local times whose labels do not meet on an axis of that many inches."""
    most = max(FEWEST_TICKS, int(inches / INCHES_PER_LABEL))
    if scale.daily:
        stride = next((s for s in DAY_STRIDES if len(scale.knots) / s <= most), DAY_STRIDES[-1])
        return scale.knots[::stride]
    candidates = [_round_times(scale, zone, stride) for stride in STRIDES]
    room = max(scale.places[-1], 1.0) / inches * INCHES_PER_LABEL
    fitting = [c for c in candidates if len(c) <= most and _apart(scale.place(c)) >= room]
    chosen = max(fitting, key=len, default=candidates[-1][:1])
    return chosen if len(chosen) else scale.knots[:1]


def _apart(places: FloatArray) -> float:
    return float(np.diff(places).min()) if len(places) > 1 else float("inf")


def _round_times(scale: TimeScale, zone: str, stride: int) -> IntArray:
    shift = instant_from_us(int(scale.knots[0])).astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    ahead = shift // timedelta(microseconds=1)
    first, last = int(scale.knots[0]), int(scale.knots[-1])
    start = -(-(first + ahead) // stride) * stride - ahead
    # A tick a reader can use lies near a bar, not inside a night.
    made = np.arange(start, last + 1, stride, dtype=np.int64)
    near = np.searchsorted(scale.knots, made).clip(0, len(scale.knots) - 1)
    distance = np.minimum(abs(scale.knots[near] - made), abs(scale.knots[(near - 1).clip(0)] - made))
    return np.asarray(made[distance <= max(scale.step_us, HOUR_US // 2)], dtype=np.int64)


def local_labels(instants: IntArray, zone: str, *, daily: bool) -> list[str]:
    """Return tick labels: the clock, and the date below it wherever the date changes."""
    made, shown = [], ""
    for us in instants:
        at = instant_from_us(int(us)).astimezone(ZoneInfo(zone))
        small, large = (f"{at.day} {at:%b}", f"{at:%Y}") if daily else (f"{at:%H:%M}", f"{at.day} {at:%b}")
        made.append(small if large == shown else f"{small}\n{large}")
        shown = large
    return made


def axis_title(scale: TimeScale, zone: str) -> str:
    """Return what the clock below the axis is."""
    at = instant_from_us(int(scale.knots[0]))
    if scale.daily:
        closing = at.astimezone(ZoneInfo(zone))
        return f"Closing day ({length(scale.step_us)} bars, closing {closing:%H:%M} {zone_name(zone)})"
    if zone in {"", "UTC"}:
        return f"UTC, {at.year}"
    return f"{zone_name(zone)} time ({offset(at, zone)}), UTC in gray, {at.astimezone(ZoneInfo(zone)).year}"


def draw_time_axis(ax: Axes, scale: TimeScale, zone: str, inches: float) -> None:
    """Put round local times below ``ax``, the same times in UTC in a second row, and the clock's name."""
    at = ticks(scale, zone, inches)
    both = not scale.daily and zone not in {"", "UTC"}
    places = scale.place(at)
    ax.set_xticks(places, local_labels(at, zone, daily=scale.daily), parse_math=False)
    if both:
        ax.set_xticklabels([f"{clock}\n" for clock in local_clocks(at, zone)], parse_math=False)
        second = ax.secondary_xaxis(0.0)
        second.set_xticks(places, utc_labels(at, zone), parse_math=False)
        second.tick_params(length=0, pad=16, labelcolor=ax.spines["left"].get_edgecolor())
        second.spines["bottom"].set_visible(False)
    ax.set_xlabel(axis_title(scale, zone), parse_math=False, labelpad=16 if both else 4)


def local_clocks(instants: IntArray, zone: str) -> list[str]:
    return [f"{instant_from_us(int(us)).astimezone(ZoneInfo(zone)):%H:%M}" for us in instants]


def utc_labels(instants: IntArray, zone: str) -> list[str]:
    """Return the UTC clock, and below it the local date wherever that changes."""
    dates = [instant_from_us(int(us)).astimezone(ZoneInfo(zone)) for us in instants]
    shown = [f"{at.day} {at:%b}" for at in dates]
    clocks = [f"{instant_from_us(int(us)):%H:%M}" for us in instants]
    return [c if i and shown[i] == shown[i - 1] else f"{c}\n{shown[i]}" for i, c in enumerate(clocks)]


def mark_breaks(ax: Axes, scale: TimeScale, color: str) -> None:
    """Draw a dotted line where a night or a halt was squeezed."""
    for place in scale.breaks:
        ax.axvline(float(place), color=color, linewidth=0.8, linestyle=(0, (1, 3)), zorder=0)
