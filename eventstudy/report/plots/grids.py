"""Many at a glance: events by day as a heat map, and when the events were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, instant_from_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.many_views import HeatMap
from eventstudy.report.plots.parts import Said, shortened, text_width, tick_label
from eventstudy.report.style import for_figure
from eventstudy.report.time_axis import local_labels
from eventstudy.report.views import EventDots
from eventstudy.show.numbers import true_minus, zone_name

HOUR_US = 3_600_000_000
FEWEST_HOURS, MOST_NAMED, FOOT = 8, 24, 66.0
DAY_STRIDES = (1, 2, 7, 14, 28, 91, 182, 364)
PERIODS = {1: "day", 7: "week", 28: "four weeks", 91: "13 weeks", 364: "52 weeks"}
MOST_BARS = 48
ORDER = "largest rise first"


def heatmap_height(view: HeatMap, width: float) -> float:
    return 24.0 + float(np.clip(len(view.values) * (14 if len(view.values) <= MOST_NAMED else 3), 60, 240)) + FOOT


def draw_heatmap(view: HeatMap, canvas: Canvas) -> Panel:
    """Draw a row per event, a column per day or instrument; blue rose, brown fell, clipped at a round value."""
    named = len(view.rows) <= MOST_NAMED
    left = 12.0
    if named:
        left = min(22 + max(text_width(canvas, for_figure(n, 20), 10.5) for n in view.rows), 0.35 * canvas.width)
    panel = canvas.panel(left, 24, canvas.width - 8, canvas.room - FOOT)
    steps = len(canvas.look.heat)
    edges = np.linspace(-view.reach, view.reach, steps + 1)
    values = np.clip(view.values, -view.reach * 0.9999, view.reach * 0.9999)
    rows, columns = values.shape
    _cells(panel, canvas, np.digitize(values, edges) - 1, np.isfinite(values))
    panel.ax.set_xlim(0, columns)
    panel.ax.set_ylim(rows, 0)
    panel.ax.set_yticks([])
    at = _column_ticks(view, panel.right - panel.left)
    panel.ax.set_xticks([i + 0.5 for i in at], [for_figure(view.columns[i], 12) for i in at], parse_math=False)
    for row, name in enumerate(view.rows if named else ()):
        words = shortened(canvas, for_figure(name, 20), left - 14, 10.5)
        canvas.text((left - 6, panel.y(row + 0.5) + 4), words, ha="right", fontsize=10.5)
    if view.marked is not None:
        for edge in (view.marked[0], view.marked[1] + 1):
            panel.ax.axvline(edge, color=canvas.look.ink, linewidth=1)
        wide = text_width(canvas, view.marked_words, bold=True)
        # The words of the order of the rows stand to the left; those of the window give way.
        least = panel.left if named else 24 + text_width(canvas, ORDER)
        middle = max(panel.x((view.marked[0] + view.marked[1] + 1) / 2), least + wide / 2)
        middle = min(middle, canvas.width - 8 - wide / 2)
        canvas.text((middle, 16), view.marked_words, ha="center", fontweight="bold")
    if not named:
        canvas.text((12, 16), ORDER, "soft")
    _key(canvas, view, edges)
    return panel


def _cells(panel: Panel, canvas: Canvas, step: np.ndarray, known: np.ndarray) -> None:
    """Draw the entries as one shape per color; neighbors of one color in a row are one rectangle."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for color in range(len(canvas.look.heat)):
        boxes = []
        for row, marks in enumerate((step == color) & known):
            ends = np.flatnonzero(np.diff(np.pad(marks.astype(np.int8), 1)))
            boxes += [(start, stop, row) for start, stop in zip(ends[::2], ends[1::2], strict=True)]
        if boxes:
            corners = [[(a, r), (b, r), (b, r + 1), (a, r + 1), (a, r)] for a, b, r in boxes]
            codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(boxes)
            shape = Path(np.array(corners, dtype=np.float64).reshape(-1, 2), codes)
            panel.ax.add_patch(PathPatch(shape, facecolor=canvas.look.heat[color], linewidth=0, zorder=1))


def _column_ticks(view: HeatMap, pixels: float) -> list[int]:
    widest = max(map(len, view.columns)) * 7 + 10
    stride = max(1, -(-len(view.columns) * widest // max(int(pixels), 1)))
    if view.marked is not None:
        middle = view.marked[0]
        return [i for i in range(len(view.columns)) if (i - middle) % stride == 0]
    return list(range(0, len(view.columns), stride))


def _key(canvas: Canvas, view: HeatMap, edges: np.ndarray) -> None:
    """Draw the steps of color with the values between them."""
    strip = canvas.panel(canvas.width / 2 - 90, canvas.room - 36, canvas.width / 2 + 90, canvas.room - 28)
    strip.ax.set_xlim(0, len(canvas.look.heat))
    strip.ax.set_yticks([])
    strip.ax.set_ylim(0, 1)
    for step, color in enumerate(canvas.look.heat):
        strip.ax.bar([step], [1], width=1, align="edge", color=color, linewidth=0)
    at = [0, 3, 6, 9]
    strip.ax.set_xticks(at, [tick_label(round(float(edges[i]), 1)) for i in at], parse_math=False)
    canvas.text((canvas.width / 2 - 96, canvas.room - 27), "fell", "soft", ha="right")
    unit = "bp" if view.unit.name == "bp" else ""
    canvas.text((canvas.width / 2 + 96, canvas.room - 27), f"rose, {unit}" if unit else "rose", "soft")


def say_heatmap(view: HeatMap) -> Said:
    known = view.values[np.isfinite(view.values)]
    where = np.unravel_index(int(np.nanargmax(np.abs(view.values))), view.values.shape)
    largest = f"{for_figure(view.rows[int(where[0])], 40)} at {view.columns[int(where[1])]}"
    alt = (
        f"{view.values.shape[0]} rows by {view.values.shape[1]} columns; {int((known > 0).sum())} of {known.size} "
        f"entries rose. Largest: {largest}, {true_minus(view.unit.of(float(view.values[where]) / view.unit.scale))}."
    )
    return Said(view.title, view.note, alt, view.simulated)


def calendar_height(view: EventDots, width: float) -> float:
    return 16 + 190.0 + 50.0


def local_hours(instants: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the local day (days since 1970-01-01) and the local hour of instants."""
    shifts = [instant_from_us(int(us)).astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0) for us in instants]
    local = instants + np.array([s // timedelta(microseconds=1) for s in shifts], dtype=np.int64)
    return local // DAY_US, (local % DAY_US) / HOUR_US


def same_hour(view: EventDots) -> bool:
    """Return whether the hour says nothing: more than a few events, all within one hour of the day."""
    hours = local_hours(view.earliest, view.zone)[1]
    return len(hours) > FEWEST_HOURS and float(np.ptp(hours)) < 1


def draw_calendar(view: EventDots, canvas: Canvas) -> Panel:
    """Draw each event's day against its hour, or how many there were where all have the same hour."""
    return (_counts if same_hour(view) else _moments)(view, canvas)


def _counts(view: EventDots, canvas: Canvas) -> Panel:
    """Draw the number of observations per day, week or longer, used and not used."""
    panel = canvas.panel(54, 16, canvas.width - 14, canvas.room - 50)
    day, _ = local_hours(view.earliest, view.zone)
    stride = _stride(day)
    edges = np.arange(day.min(), day.max() + stride + 1, stride)
    bottom = np.zeros(len(edges) - 1)
    for rows, color in ((view.used, canvas.look.one), (~view.used, canvas.look.two)):
        count = np.histogram(day[rows], edges)[0]
        panel.ax.bar(edges[:-1], count, width=0.9 * stride, bottom=bottom, align="edge", color=color, linewidth=0)
        bottom += count
    _dates(panel, day, panel.right - panel.left)
    panel.ax.set_xlim(float(edges[0]) - 0.5 * stride, float(edges[-1]) + 0.5 * stride)
    panel.ax.set_ylim(0, 1.1 * float(bottom.max()))
    _whole_ticks(panel, canvas, float(bottom.max()))
    words = f"observations per {PERIODS[stride]}"
    canvas.text(((panel.left + panel.right) / 2, canvas.room - 8), words, "soft", ha="center")
    return panel


def _stride(day: np.ndarray) -> int:
    length = int(np.ptp(day)) + 1
    return next((s for s in PERIODS if length / s <= MOST_BARS), max(PERIODS))


def _whole_ticks(panel: Panel, canvas: Canvas, top: float) -> None:
    from matplotlib.ticker import MaxNLocator

    marks = [mark for mark in MaxNLocator(4, integer=True).tick_values(0, top) if 0 <= mark <= 1.1 * top]
    panel.ax.set_yticks(marks, [f"{mark:,.0f}" for mark in marks])
    for mark in marks:
        panel.ax.axhline(mark, color=canvas.look.grid, linewidth=1, zorder=0.5)


def _moments(view: EventDots, canvas: Canvas) -> Panel:
    """Draw each event's day against its hour; several at one moment are one larger dot."""
    day, start = local_hours(view.earliest, view.zone)
    length = np.minimum((view.latest - view.earliest) / HOUR_US, 24 - start)
    panel = canvas.panel(54, 16, canvas.width - 14, canvas.room - 50)
    _hours(panel, canvas, start, start + length)
    _dates(panel, day, panel.right - panel.left)
    panel.ax.vlines(day, start, start + length, color=canvas.look.news_ink, linewidth=2.0, zorder=1)
    for rows, shape, color in ((view.used, "o", canvas.look.one), (~view.used, "X", canvas.look.two)):
        if rows.any():
            spots, counts = np.unique(np.column_stack([day[rows], start[rows]]), axis=0, return_counts=True)
            sizes = 16 + 14 * np.minimum(counts - 1, 20)
            look: dict[str, Any] = {"color": color, "edgecolors": canvas.look.paper, "linewidths": 0.6, "marker": shape}
            panel.ax.scatter(spots[:, 0], spots[:, 1], sizes, zorder=3, alpha=0.85, **look)
    zone = zone_name(view.zone) or "UTC"
    canvas.text(((panel.left + panel.right) / 2, canvas.room - 8), f"day; hour in {zone}", "soft", ha="center")
    return panel


def _hours(panel: Panel, canvas: Canvas, start: np.ndarray, stop: np.ndarray) -> None:
    low, high = int(np.floor(start.min())) - 1, int(np.ceil(stop.max())) + 1
    short = max(0, FEWEST_HOURS - (high - low))
    low, high = max(0, low - short // 2), min(24, high + short - short // 2)
    step = 1 if high - low <= 9 else 2 if high - low <= 14 else 4
    hours = list(range(-(-low // step) * step, high + 1, step))
    panel.ax.set_ylim(low, high)
    panel.ax.set_yticks(hours, [f"{hour:02d}:00" for hour in hours])
    for hour in hours:
        panel.ax.axhline(hour, color=canvas.look.grid, linewidth=1, zorder=0.5)


def _dates(panel: Panel, day: np.ndarray, pixels: float) -> None:
    low, high = int(day.min()), int(day.max())
    room = max(1, round(0.04 * (high - low)))
    most = max(2, int(pixels / 62))
    years = DAY_STRIDES[-1] * -(-(high - low) // DAY_STRIDES[-1] // most)
    stride = next((s for s in DAY_STRIDES if (high - low) / s < most), years)
    marks = np.arange(low, high + 1, stride, dtype=np.int64)
    panel.ax.set_xticks(marks, local_labels(marks * DAY_US, "UTC", daily=True), parse_math=False)
    panel.ax.set_xlim(low - room, high + room)


def say_calendar(view: EventDots) -> Said:
    day, _ = local_hours(view.earliest, view.zone)
    days, used = len(set(day.tolist())), int(view.used.sum())
    _, counts = np.unique(day, return_counts=True)
    title = f"{len(set(view.events)):,} events on {days:,} {'day' if days == 1 else 'days'}"
    lost = f"not used ({len(day) - used:,} of {len(day):,} observations)"
    if same_hour(view):
        note = f"Orange: {lost}" if used < len(day) else f"All {used:,} observations were used"
    else:
        note = f"Larger dots: several at one moment; crosses: {lost}"
    alt = f"{title}; {used:,} of {len(day):,} observations used; at most {int(counts.max()):,} on one day."
    return Said(title, note, alt, view.simulated)
