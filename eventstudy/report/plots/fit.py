"""A cloud of points with a line: the estimation window of one event against its market, surprise against move."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.many_views import Cloud
from eventstudy.report.plots.parts import Said, across, halo, text_width, value_axis
from eventstudy.show.numbers import true_minus

FOOT, PLOT = 46.0, 220.0
DENSE = 400


def cloud_height(view: Cloud, width: float) -> float:
    return 28 + PLOT + FOOT


def draw_cloud(view: Cloud, canvas: Canvas) -> Panel:
    """Draw the points, the line through them with its interval, and the points to point out."""
    panel = canvas.panel(54, 28, canvas.width - 14, canvas.room - FOOT)
    x, y = view.x * view.x_unit.scale, view.y * view.unit.scale
    for setter, values in ((panel.ax.set_xlim, x), (panel.ax.set_ylim, y)):
        room = 0.06 * (float(np.ptp(values)) or 1.0)
        setter(float(values.min()) - room, float(values.max()) + room)
    across(panel, canvas, max(3, int(canvas.width / 90)))
    value_axis(panel, canvas, view.unit)
    size = 8.0 if len(x) > DENSE else 24.0
    look: dict[str, Any] = {"linewidths": 0, "alpha": 0.55 if len(x) > DENSE else 0.8}
    panel.ax.scatter(x[~view.marked], y[~view.marked], size, color=canvas.look.fan, zorder=2, **look)
    ends = np.array(panel.ax.get_xlim())
    line = (view.intercept + view.slope * ends / view.x_unit.scale) * view.unit.scale
    panel.ax.plot(ends, line, color=canvas.look.one, linewidth=2, zorder=3)
    panel.ax.set_xlim(*ends)
    if view.marked.any():
        panel.ax.plot(
            x[view.marked],
            y[view.marked],
            marker="s",
            linestyle="none",
            markersize=6.5,
            color=canvas.look.two,
            zorder=5,
        )
        row = int(np.flatnonzero(view.marked)[-1])
        at = panel.x(float(x[row])), panel.y(float(y[row]))
        fits = at[0] + 10 + text_width(canvas, view.marked_words, 11, bold=True) < canvas.width
        place = (at[0] + (9 if fits else -9), at[1] + 4)
        canvas.text(
            place, view.marked_words, "two", ha="left" if fits else "right", fontweight="bold", **halo(canvas), zorder=7
        )
    canvas.text((12, 16), view.y_words, "soft")
    canvas.text(((panel.left + panel.right) / 2, canvas.room - 8), view.x_words, "soft", ha="center")
    return panel


def say_cloud(view: Cloud) -> Said:
    return Said(view.title, view.note, true_minus(view.alt), view.simulated)
