"""How unusual a move is: one dot per comparable day or per event, a histogram where they are many."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.counted_days import AS, days_moved
from eventstudy.report.many_views import Distribution
from eventstudy.report.plots.parts import Said, across, halo, text_width
from eventstudy.report.style import for_figure
from eventstudy.report.views import PlaceboView
from eventstudy.show.numbers import p_is, share, true_minus

MOST_DOTS, HEAD, FOOT, PLOT = 200, 48.0, 44.0, 128.0


def counts_height(view: Any, width: float) -> float:
    return HEAD + PLOT + FOOT


def _panel(canvas: Canvas, ends: FloatArray) -> Panel:
    panel = canvas.panel(26, HEAD, canvas.width - 26, canvas.room - FOOT)
    room = 0.06 * (float(ends.max() - ends.min()) or 1.0)
    panel.ax.set_xlim(float(ends.min()) - room, float(ends.max()) + room)
    panel.ax.set_yticks([])
    panel.ax.spines["bottom"].set_visible(True)
    across(panel, canvas, max(3, int(canvas.width / 85)))
    return panel


def _stack(panel: Panel, values: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return where each dot lies in columns of dots that touch, and their diameter in pixels."""
    low, high = panel.ax.get_xlim()
    wide, tall = panel.right - panel.left, panel.bottom - panel.top - 18
    for size in (7.5, 6.5, 5.5, 4.5, 3.8, 3.2, 2.6, 2.0):
        bins = int(wide / size)
        at = np.clip(((values - low) / (high - low) * bins).astype(int), 0, bins - 1)
        if np.bincount(at).max() * size <= tall:
            break
    order = np.argsort(values, kind="stable")
    heights = np.zeros(len(values))
    counted: dict[int, int] = {}
    for i in order:
        heights[i] = counted.get(int(at[i]), 0)
        counted[int(at[i])] = int(heights[i]) + 1
    return low + (at + 0.5) * (high - low) / bins, heights, size


def _draw(panel: Panel, canvas: Canvas, values: FloatArray, filled: np.ndarray) -> None:
    """Draw dots in two colors, or bars where the dots would be more than a reader can count."""
    if len(values) <= MOST_DOTS:
        x, height, size = _stack(panel, values)
        panel.ax.set_ylim(0, (panel.bottom - panel.top) / size)
        for rows, color in ((~filled, canvas.look.fan), (filled, canvas.look.one)):
            if rows.any():
                dots: dict[str, Any] = {"linestyle": "none", "markersize": size * 0.9, "markeredgewidth": 0}
                panel.ax.plot(x[rows], height[rows] + 0.5, marker="o", color=color, zorder=3, **dots)
        return
    edges = np.linspace(*panel.ax.get_xlim(), 46)
    counts = [np.histogram(values[rows], edges)[0] for rows in (~filled, filled)]
    bottom = np.zeros(len(edges) - 1)
    for count, color in zip(counts, (canvas.look.fan, canvas.look.one), strict=True):
        panel.ax.bar(
            edges[:-1], count, width=np.diff(edges) * 0.92, bottom=bottom, align="edge", color=color, linewidth=0
        )
        bottom += count
    panel.ax.set_ylim(0, 1.2 * bottom.max())


def draw_placebo(view: PlaceboView, canvas: Canvas) -> Panel:
    """Draw the comparable days and the event among them; those that its p-value counts are in color."""
    unit = view.unit
    days, event = view.cars * unit.scale, view.car * unit.scale
    panel = _panel(canvas, np.array([*days, event, -event]))
    if np.isfinite(view.half):
        half = view.half * unit.scale
        panel.ax.axvspan(-half, half, facecolor=canvas.look.band, linewidth=0, zorder=0.3)
        words = f"{share(view.level)} of comparable days: ±{unit.show(view.half, signed=False)}"
        canvas.text((panel.x(0.0), 12), words, "soft", ha="center")
    _draw(panel, canvas, days, view.counted)
    top = panel.ax.get_ylim()[1]
    panel.ax.vlines([event], 0, 0.72 * top, color=canvas.look.ink, linewidth=1.8, zorder=5)
    panel.ax.plot([event], [0], marker="s", markersize=8, color=canvas.look.ink, zorder=6, clip_on=False)
    if view.alternative == "two-sided":
        panel.ax.vlines([-event], 0, 0.4 * top, color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 2)), zorder=4)
        _opposite(panel, canvas, event, top)
    _label(panel, canvas, event, (view.name, true_minus(unit.of(view.car))))
    canvas.text(
        (canvas.width / 2, canvas.room - 8),
        f"{_name(unit)}{', ' + view.window if view.window else ''}",
        "soft",
        ha="center",
    )
    return panel


def _opposite(panel: Panel, canvas: Canvas, event: float, top: float) -> None:
    """Label the mirror image of the event where the two are far enough apart for words."""
    lines = ("as far the", "other way")
    wide, x = max(text_width(canvas, line, 10.5) for line in lines), panel.x(-event)
    if abs(panel.x(event) - x) < 2.2 * wide:
        return
    x = min(max(x, wide / 2 + 2), canvas.width - wide / 2 - 2)
    for row, line in enumerate(lines):
        canvas.text((x, panel.y(0.4 * top) - 18 + 13 * row), line, "soft", ha="center", fontsize=10.5, **halo(canvas))


def _name(unit: Any) -> str:
    """Return what an axis counts, without what its unit means, which the page says and a narrow figure cannot hold."""
    return "basis points" if unit.name == "bp" else str(unit.words).partition(" (")[0]


def _label(panel: Panel, canvas: Canvas, value: float, lines: tuple[str, str]) -> None:
    x = panel.x(value)
    wide = max(text_width(canvas, line, 11, bold=True) for line in lines)
    align = "left" if x + wide + 8 < canvas.width else "right"
    place = x + (6 if align == "left" else -6)
    for row, line in enumerate(lines):
        look: dict[str, Any] = {"fontweight": "bold", "ha": align, **halo(canvas), "zorder": 7}
        canvas.text((place, HEAD - 19 + 14 * row), line, **look)


def say_placebo(view: PlaceboView) -> Said:
    unit, n = view.unit, len(view.cars)
    large = int(view.counted.sum())
    p = (1 + large) / (n + 1)
    code = for_figure(view.instrument, 40)
    count = f"{large} of {n}" if large else f"None of {n}"
    what = "dot" if n <= MOST_DOTS else "bar counts; each"
    moved = f"{count} comparable days {days_moved(view.alternative, least=False)}"
    colored = f"at least {AS[view.alternative]} ({p_is(p)})"
    note = f"{code}, {view.window}. Each {what} is one comparable day; in color: {colored}"
    sides = "two-sided" if view.alternative == "two-sided" else "one-sided"
    alt = f"{code} moved {unit.of(view.car)}; {moved}; {p_is(p)}, {sides}."
    return Said(moved, note, true_minus(alt), view.simulated)


def draw_distribution(view: Distribution, canvas: Canvas) -> Panel:
    """Draw the events' moves: one dot each or bars, rises in color, their mean, and the share below each value."""
    unit = view.unit
    values = view.cars * unit.scale
    low, high = np.quantile(values, [0.005, 0.995]) if len(values) > MOST_DOTS else (values.min(), values.max())
    panel = _panel(canvas, np.array([low, high, 0.0]))
    _draw(panel, canvas, np.clip(values, *panel.ax.get_xlim()), values > 0)
    top = panel.ax.get_ylim()[1]
    order = np.sort(np.clip(values, *panel.ax.get_xlim()))
    steps = np.arange(1, len(order) + 1) / len(order) * top * 0.92
    panel.ax.plot(order, steps, color=canvas.look.edge, linewidth=1, drawstyle="steps-post", zorder=2)
    mean = view.mean * unit.scale
    panel.ax.vlines([mean], 0, top, color=canvas.look.ink, linewidth=1.8, zorder=5)
    lines = f"mean {true_minus(unit.show(view.mean))}", f"median {true_minus(unit.show(view.median))}"
    _label(panel, canvas, mean, lines)
    fell, rose = int((values < 0).sum()), int((values > 0).sum())
    canvas.text((14, 14), f"{fell} fell", "soft")
    canvas.text((canvas.width - 14, 14), f"{rose} rose", "one", ha="right", fontweight="bold")
    canvas.text((canvas.width / 2, canvas.room - 8), f"{_name(unit)}, {view.window}", "soft", ha="center")
    return panel


def say_distribution(view: Distribution) -> Said:
    unit, n = view.unit, len(view.cars)
    rose = int((view.cars > 0).sum())
    what = f"Each dot is one {view.noun}" if n <= MOST_DOTS else f"Bars count {view.noun}s"
    note = f"{what}, {view.window}; line: how many are at or below each value"
    low, high = (float(v) for v in np.quantile(view.cars, [0.1, 0.9]))
    alt = (
        f"{rose} of {n} rose. Mean {unit.of(view.mean)}, median {unit.of(view.median)}; eight of ten lie between "
        f"{unit.of(low)} and {unit.of(high)}."
    )
    return Said(f"{rose:,} of {n:,} rose", note, true_minus(alt), view.simulated)
