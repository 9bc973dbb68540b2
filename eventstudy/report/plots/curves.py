"""All specifications of a study: their estimates in order, and the choices behind each as dots below."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.many_views import Curve
from eventstudy.report.plots.parts import Said, panel_title, text_width, value_axis
from eventstudy.report.style import for_figure
from eventstudy.show.numbers import true_minus

TOP, UPPER, LEAST, ROW, GAP, FOOT = 26.0, 170.0, 90.0, 17.0, 22.0, 26.0


def curve_height(view: Curve, width: float) -> float:
    return TOP + UPPER + sum(GAP + ROW * len(choice.labels) for choice in view.choices) + FOOT


def draw_curve(view: Curve, canvas: Canvas) -> Panel:
    """Draw estimates with intervals above, significant ones filled, and a row of dots for every value of a choice."""
    count, look = len(view.estimate), canvas.look
    labels = [label for choice in view.choices for label in choice.labels] or [""]
    left = min(20 + max(text_width(canvas, label) for label in labels), 0.42 * canvas.width)
    left, right = max(left, 60.0), canvas.width - 14
    at, size, scaled = np.arange(count), marker(count), view.unit.scale
    unit = "basis points" if view.unit.name == "bp" else view.unit.words
    panel_title(canvas, (12, 14), "Mean cumulative abnormal return", "" if canvas.narrow else unit)
    rows = sum(GAP + ROW * len(choice.labels) for choice in view.choices)
    scale = min(1.0, (canvas.room - TOP - FOOT - LEAST) / rows) if rows else 1.0
    below = canvas.room - FOOT - scale * rows
    panel = canvas.panel(left, TOP, right, below)
    panel.ax.set_xlim(-0.7, count - 0.3)
    ends = np.concatenate([view.low, view.high, view.estimate]) * scaled
    ends = ends[np.isfinite(ends)]  # a one-sided interval is open, and leaves the figure
    low, high = float(ends.min()), float(ends.max())
    pad = 0.06 * (high - low or 1.0)
    panel.ax.set_ylim(min(low, 0.0) - pad, max(high, 0.0) + pad)
    panel.ax.set_xticks([])
    value_axis(panel, canvas)
    low_ends, high_ends = (np.clip(end * scaled, *panel.ax.get_ylim()) for end in (view.low, view.high))
    panel.ax.vlines(at, low_ends, high_ends, color=look.hole, linewidth=max(0.6, size / 3), zorder=2)
    for chosen, fill in ((view.clear, look.one), (~view.clear, look.paper)):
        panel.ax.plot(
            at[chosen], view.estimate[chosen] * scaled, "o", markersize=size, markerfacecolor=fill,
            markeredgecolor=look.one, markeredgewidth=0.8, zorder=3,
        )  # fmt: skip
    for place in np.flatnonzero(view.from_study_file).tolist():
        panel.ax.axvline(place, color=look.two, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    _choices(view, canvas, Panel(panel.ax, left, below, right, canvas.room - FOOT), scale)
    canvas.text(((left + right) / 2, canvas.room - 8), f"{count:,} specifications, in order", "soft", ha="center")
    return panel


def _choices(view: Curve, canvas: Canvas, edges: Panel, scale: float) -> None:
    """Draw the choices between the edges below the estimates, their rows ``scale`` times as high as usual."""
    y, count, gap, row_height = edges.top, len(view.estimate), GAP * scale, ROW * scale
    letters = max(6, int((edges.left - 18) / text_width(canvas, "x")))
    look: dict[str, Any] = {"markersize": marker(count) * 0.8, "color": canvas.look.one, "zorder": 2}
    font: dict[str, Any] = {"fontsize": max(7.5, 11 * scale)}
    for choice in view.choices:
        y += gap
        canvas.text((12, y - 0.3 * gap), choice.name, fontweight="bold", **font)
        rows = len(choice.labels)
        panel = canvas.panel(edges.left, y, edges.right, y + row_height * rows)
        panel.ax.set_xlim(-0.7, count - 0.3)
        panel.ax.set_ylim(rows - 0.5, -0.5)
        panel.ax.set_xticks([])
        panel.ax.set_yticks([])
        for row, label in enumerate(choice.labels):
            places = np.flatnonzero(choice.taken[row])
            panel.ax.axhline(row, color=canvas.look.grid, linewidth=0.8, zorder=0.5)
            panel.ax.plot(places, np.full(len(places), row), "s", **look)
            canvas.text((12, y + row_height * (row + 0.5) + 4), for_figure(label, letters), "soft", **font)
        y += row_height * rows


def marker(count: int) -> float:
    """Return the size of the marker of one of so many specifications."""
    return float(np.clip(400 / max(count, 1), 1.5, 5.5))


def say_curve(view: Curve) -> Said:
    unit = view.unit
    low, high = true_minus(unit.show(float(view.estimate[0]))), true_minus(unit.of(float(view.estimate[-1])))
    title = f"{len(view.estimate):,} specifications: {low} to {high}"
    filled = f"Filled: significant at the {(1 - view.level) * 100:g}% level; dashed: the study file's choice"
    middle = true_minus(unit.of(float(np.median(view.estimate))))
    alt = f"Estimates from {low} to {high}, median {middle}; {view.about}"
    return Said(title, f"{view.about}. {filled}", alt, view.simulated)
