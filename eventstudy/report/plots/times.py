"""When: the events on the calendar, and what the response would be had the news come at another moment."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, instant_from_us, instant_us
from eventstudy.report.plots.parts import blank
from eventstudy.report.style import for_figure
from eventstudy.report.time_axis import draw_time_axis, local_labels, mark_breaks, time_scale
from eventstudy.report.views import EventDots, ResponseView
from eventstudy.show.numbers import bp, zone_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOUR_US = 3_600_000_000
FEWEST_HOURS = 8
DAY_STRIDES = (1, 2, 7, 14, 28, 91, 182, 364)
DATE_INCHES = 0.75
MARKS = (("used", "o"), ("left out", "X"))


def local_hours(instants: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the local day (days since 1970-01-01) and the local hour of instants."""
    shifts = [instant_from_us(int(us)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0) for us in instants]
    local = instants + np.array([s // timedelta(microseconds=1) for s in shifts], dtype=np.int64)
    return local // DAY_US, (local % DAY_US) / HOUR_US


def draw_calendar(view: EventDots, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw each event's day against its hour, its interval as a bar; clusters show as columns."""
    with blank(ax, style, size, simulated=view.simulated) as on:
        day, start = local_hours(view.earliest, view.zone)
        length = np.minimum((view.latest - view.earliest) / HOUR_US, 24 - start)
        on.ax.vlines(day, start, start + length, color=on.style.event, linewidth=2.0, alpha=0.7, zorder=1)
        handles = []
        for (words, shape), rows, color in zip(
            MARKS, (view.used, ~view.used), (on.style.main, on.style.down), strict=True
        ):
            if rows.any():
                spots, counts = np.unique(np.column_stack([day[rows], start[rows]]), axis=0, return_counts=True)
                look: dict[str, Any] = {"color": color, "edgecolors": on.style.paper, "linewidths": 0.5, "zorder": 3}
                label = f"{int(rows.sum())} {words}"
                sizes = 30 * np.sqrt(counts)
                handles.append(on.ax.scatter(spots[:, 0], spots[:, 1], sizes, marker=shape, label=label, **look))
                for spot, count in zip(spots, counts, strict=True):
                    if count > 1:
                        above: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "ha": "center"}
                        on.ax.annotate(f"{count}", spot, xytext=(0, 6), color=on.style.ink, **above)
        days = len(set(day.tolist()))
        on.head(f"{view.title}: {len(day)} event responses on {days} {'day' if days == 1 else 'days'}", handles)
        on.axes("Day", f"Hour in {zone_name(view.zone) or 'UTC'}")
        _date_axis(on.ax, day, on.inches)
        _hour_axis(on.ax, start, start + length)
        return on.ax


def _hour_axis(ax: Axes, start: np.ndarray, stop: np.ndarray) -> None:
    """Show the hours in which something happened, at least a third of a day, at whole hours."""
    low, high = int(np.floor(start.min())) - 1, int(np.ceil(stop.max())) + 1
    short = max(0, FEWEST_HOURS - (high - low))
    low, high = max(0, low - short // 2), min(24, high + short - short // 2)
    step = 1 if high - low <= 9 else 2 if high - low <= 14 else 4
    hours = range(-(-low // step) * step, high + 1, step)
    ax.set_ylim(high, low)
    ax.set_yticks(hours, [f"{hour:02d}:00" for hour in hours])


def _date_axis(ax: Axes, day: np.ndarray, inches: float) -> None:
    low, high = int(day.min()), int(day.max())
    room = max(1, round(0.04 * (high - low)))
    most = max(2, int(inches / DATE_INCHES))
    years = DAY_STRIDES[-1] * -(-(high - low) // DAY_STRIDES[-1] // most)
    stride = next((s for s in DAY_STRIDES if (high - low) / s < most), years)
    marks = np.arange(low, high + 1, stride, dtype=np.int64)
    ax.set_xticks(marks, local_labels(marks * DAY_US, "UTC", daily=True), parse_math=False)
    ax.set_xlim(low - room, high + room)


def draw_assumed(view: ResponseView, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw the return from each assumed moment to the end of the window: how much the dating decides.

    The line falls as the assumed moment passes the part of the move that was really the response.
    """
    prices = view.prices
    assert prices is not None  # noqa: S101  the figure's door refuses a result without prices
    with blank(ax, style, size, bottom=1.12, simulated=view.simulated) as on:
        end_at = view.told_at
        rows = prices.closes < end_at
        end = float(prices.price[np.flatnonzero(prices.closes <= end_at)[-1]])
        returns = np.log(end / prices.price[rows]) * 1e4
        scale = time_scale(prices.closes, prices.step_us)
        at = scale.place(prices.closes[rows])
        ends = scale.place(np.array([instant_us(view.earliest), instant_us(view.latest)]))
        shade = on.ax.axvspan(float(ends[0]), max(float(ends[1]), float(ends[0]) + 0.05), alpha=0.28, linewidth=0)
        shade.set(facecolor=on.style.event, label="news became public")
        for edge in ends:
            on.ax.axvline(float(edge), color=on.style.event, linestyle="--", linewidth=1.0)
        on.ax.axhline(0, color=on.style.muted, linewidth=0.8)
        drawn = on.ax.step(at, returns, where="post", color=on.style.main, linewidth=1.9)
        drawn[0].set_label("return until the window's end")
        inside = rows & (prices.closes >= view.reference_at) & (prices.closes <= instant_us(view.latest))
        told = returns[inside[rows]]
        spread = f"{bp(told.min() / 1e4)} to {bp(told.max() / 1e4)} bp, " if told.size else "the return "
        on.head(f"{for_figure(view.instrument, 40)}: {spread}by the assumed moment of the news", [*drawn, shade])
        mark_breaks(on.ax, scale, on.style.muted)
        draw_time_axis(on.ax, scale, view.zone, on.inches)
        stamp = " (SIMULATED)" if view.simulated else ""
        clock = textwrap.wrap(f"Assumed moment, {on.ax.get_xlabel()}{stamp}", int(on.inches * 12))
        on.ax.set_xlabel("\n".join(clock), parse_math=False)
        on.ax.set_ylabel("Return, bp" + ("\nSIMULATED" if view.simulated else ""))
        return on.ax
