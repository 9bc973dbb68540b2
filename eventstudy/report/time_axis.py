"""A time axis on which a reader sees trading: nights squeezed away, local and UTC hours, no label over another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import MINUTE_US, FloatArray, IntArray, instant_from_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.show.numbers import zone_name

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
    marks = np.arange(start, last + 1, stride, dtype=np.int64)
    near = np.searchsorted(scale.knots, marks).clip(0, len(scale.knots) - 1)
    distance = np.minimum(abs(scale.knots[near] - marks), abs(scale.knots[(near - 1).clip(0)] - marks))
    return np.asarray(marks[distance <= max(scale.step_us, HOUR_US // 2)], dtype=np.int64)


def local_labels(instants: IntArray, zone: str, *, daily: bool) -> list[str]:
    """Return tick labels: the clock, and the date below it wherever the date changes."""
    marks, shown = [], ""
    for us in instants:
        at = instant_from_us(int(us)).astimezone(ZoneInfo(zone))
        small, large = (f"{at.day} {at:%b}", f"{at:%Y}") if daily else (f"{at:%H:%M}", f"{at.day} {at:%b}")
        marks.append(small if large == shown else f"{small}\n{large}")
        shown = large
    return marks


def axis_title(scale: TimeScale, zone: str) -> str:
    """Return what the clock below the axis is; of daily bars when they close, where all close at one local time."""
    name = "UTC" if zone in {"", "UTC"} else f"{zone_name(zone)} time"
    if not scale.daily:
        return name
    clocks = set(local_clocks(scale.knots, zone))
    return f"close of the day, {clocks.pop()} {name}" if len(clocks) == 1 else f"close of the day, {name}"


def draw_time_axis(panel: Panel, canvas: Canvas, scale: TimeScale, zone: str) -> None:
    """Write round local times below a panel, the same times in UTC in a second row, and name both clocks once."""
    at = ticks(scale, zone, (panel.right - panel.left) / 72)
    panel.ax.set_xticks(scale.place(at), [""] * len(at))
    both = not scale.daily and zone not in {"", "UTC"}
    local = local_labels(at, zone, daily=scale.daily)
    for row, (instant, label) in enumerate(zip(at, local, strict=True)):
        x = panel.x(float(scale.place(int(instant))))
        first, _, date = label.partition("\n")
        canvas.text((x, panel.bottom + 16), first, ha="center")
        below = (
            f"{instant_from_us(int(instant)):%H:%M}"
            if both
            else date
            if row == 0 or date != _date(local[row - 1])
            else ""
        )
        if below:
            canvas.text((x, panel.bottom + 30), below, "soft", ha="center", fontsize=10.5)
    if canvas.width - panel.right > 80 and not scale.daily:
        canvas.text((panel.right + 24, panel.bottom + 16), axis_title(scale, zone))
        canvas.text((panel.right + 24, panel.bottom + 30), "UTC" if both else "", "soft", fontsize=10.5)
    else:
        name = axis_title(scale, zone) + (", UTC in gray" if both else "")
        middle = (panel.left + panel.right) / 2
        canvas.text((middle, panel.bottom + 45), name, "soft", ha="center", fontsize=10.5)


def _date(label: str) -> str:
    return label.partition("\n")[2]


def local_clocks(instants: IntArray, zone: str) -> list[str]:
    return [f"{instant_from_us(int(us)).astimezone(ZoneInfo(zone)):%H:%M}" for us in instants]
