"""Rows of a move with its interval, largest first: shares of one event, events side by side, groups, choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.many_views import Dots
from eventstudy.report.plots.parts import Said, across, text_width
from eventstudy.report.style import for_figure
from eventstudy.show.numbers import p_is, pvalue, share, true_minus

MOST_ROWS = 60
ROW, TALL, HEAD, FOOT, MEAN = 15.5, 26.0, 22.0, 44.0, 34.0


def row_height(view: Dots) -> float:
    return TALL if len(view.names) <= 8 else ROW


def dots_height(view: Dots, width: float) -> float:
    mean = MEAN if view.mean is not None else 0.0
    return HEAD + mean + row_height(view) * min(max(len(view.names), 2), MOST_ROWS) + FOOT


def shown_rows(view: Dots) -> np.ndarray:
    """Return the rows that are drawn, largest first; of more than fit, those evenly spaced in that order."""
    order = np.argsort(-view.move, kind="stable") if view.sort else np.arange(len(view.move))
    if len(order) <= MOST_ROWS:
        return order
    return np.asarray(order[np.unique(np.linspace(0, len(order) - 1, MOST_ROWS).round().astype(int))])


def draw_dots(view: Dots, canvas: Canvas) -> Panel:
    """Draw one row per name: move, interval, filled where it stands out after adjustment; the mean on top."""
    rows, unit = shown_rows(view), view.unit
    names = [for_figure(view.names[i], 30 if not canvas.narrow else 18) for i in rows]
    left = min(22 + max(text_width(canvas, n, 11, bold=True) for n in [*names, "Mean of 00"]), 0.42 * canvas.width)
    letters = max(6, int((left - 18) / text_width(canvas, "x", 11, bold=True)))
    has_p = bool(np.isfinite(view.p).any())
    right = canvas.width - _column(view) - 58
    mean = MEAN if view.mean is not None else 0.0
    panel = canvas.panel(left, HEAD + mean, right, canvas.room - FOOT)
    ends = np.concatenate([view.move[rows], view.low[rows], view.high[rows], [0.0]]) * unit.scale
    ends = ends[np.isfinite(ends)]
    room = 0.05 * (ends.max() - ends.min() or 1.0)
    panel.ax.set_xlim(ends.min() - room, ends.max() + room)
    panel.ax.set_ylim(len(rows) - 0.4, -0.6)
    panel.ax.set_yticks([])
    across(panel, canvas, max(3, int((right - left) / 70)))
    y = np.arange(len(rows))
    move, low, high = (v[rows] * unit.scale for v in (view.move, view.low, view.high))
    low, high = (np.clip(v, *panel.ax.get_xlim()) for v in (low, high))  # an open end leaves the figure
    clear, rose = view.clear[rows], move > 0
    for chosen, color in ((rose & clear, "one"), (~rose & clear, "two"), (~clear, "edge")):
        ink = getattr(canvas.look, color)
        panel.ax.hlines(y[chosen], low[chosen], high[chosen], color=ink, linewidth=1.5, zorder=3)
        look: dict[str, Any] = {
            "markeredgecolor": ink,
            "markerfacecolor": canvas.look.paper if color == "edge" else ink,
        }
        shape = "s" if color == "two" else "o"
        panel.ax.plot(move[chosen], y[chosen], linestyle="none", marker=shape, markersize=5.5, zorder=4, **look)
    for place, i in enumerate(rows):
        at, bold = panel.y(float(place)) + 4, "bold" if view.clear[i] else "normal"
        canvas.text((12, at), for_figure(names[place], letters), fontweight=bold)
        canvas.text(
            (canvas.width - _column(view), at), true_minus(unit.show(view.move[i])), ha="right", fontweight=bold
        )
        if has_p:
            canvas.text((canvas.width - 8, at), pvalue(view.p[i]), "soft", ha="right")
    _heads(canvas, view, has_p=has_p)
    if view.mean is not None:
        _mean(panel, canvas, view)
    words = f"{'basis points' if unit.name == 'bp' else unit.words}{', ' + view.window if view.window else ''}"
    canvas.text(((left + right) / 2, canvas.room - 10), words, "soft", ha="center")
    return panel


def _column(view: Dots) -> float:
    """Return how far from the right edge the moves end: the column of p-values lies between."""
    if not np.isfinite(view.p).any():
        return 8.0
    return 58.0 if len(view.p_words) < 3 else 88.0


def _heads(canvas: Canvas, view: Dots, *, has_p: bool) -> None:
    canvas.text((canvas.width - _column(view), 14), "move", "soft", ha="right")
    if has_p:
        canvas.text((canvas.width - 8, 14), view.p_words, "soft", ha="right")


def _mean(panel: Panel, canvas: Canvas, view: Dots) -> None:
    """Draw the mean of all above the rows, on their scale."""
    from matplotlib.patches import Rectangle

    mean, unit = view.mean, view.unit
    assert mean is not None  # noqa: S101  checked by the caller
    strip = canvas.panel(panel.left, HEAD, panel.right, HEAD + 22)
    strip.ax.set_xlim(panel.ax.get_xlim())
    strip.ax.set_ylim(-1, 1)
    strip.ax.set_xticks([])
    strip.ax.set_yticks([])
    ground = Rectangle(
        (8 / canvas.width, 1 - (canvas.top + HEAD + 22) / canvas.height),
        (canvas.width - 8) / canvas.width,
        22 / canvas.height,
    )
    ground.set(facecolor=canvas.look.band, linewidth=0, transform=canvas.ax.transAxes, zorder=0.5)
    canvas.ax.add_patch(ground)
    low, high = (np.clip(v * unit.scale, *panel.ax.get_xlim()) for v in (mean.low, mean.high))
    strip.ax.axvline(0, color=canvas.look.edge, linewidth=1)
    if np.isfinite([low, high]).all():
        strip.ax.hlines([0], [low], [high], color=canvas.look.ink, linewidth=1.8)
    strip.ax.plot([mean.move * unit.scale], [0], marker="D", markersize=6, color=canvas.look.ink)
    at = HEAD + 15
    canvas.text((12, at), mean.name, fontweight="bold")
    has_p = bool(np.isfinite(view.p).any())
    canvas.text((canvas.width - _column(view), at), true_minus(unit.show(mean.move)), ha="right", fontweight="bold")
    if has_p:
        # The head of the column names the adjusted p-values below; that of the mean is not one of them.
        said = pvalue(mean.p) if view.p_words == "p" or not np.isfinite(mean.p) else p_is(mean.p)
        canvas.text((canvas.width - 8, at), said, ha="right")


def say_dots(view: Dots) -> Said:
    unit, n = view.unit, len(view.names)
    order = np.argsort(-view.move, kind="stable") if view.sort else np.arange(n)
    rows = order if n <= 6 else np.concatenate([order[:3], order[-3:]])
    listed = "; ".join(f"{for_figure(view.names[i], 40)} {unit.of(float(view.move[i]))}" for i in rows)
    cut = f"; {MOST_ROWS} of {n:,} are plotted, evenly spaced in this order" if n > MOST_ROWS else ""
    order_words = ", largest first" if view.sort else ""
    few = "too few comparable days for intervals" if np.isfinite(view.p).any() else "a single one has no interval"
    ends = f" with {share(view.level)} {view.interval}" if view.interval else f" ({few})"
    note = f"Move{ends}{order_words}. Filled: {view.filled}{cut}" if view.filled else f"Move{ends}{order_words}{cut}"
    mean = f"{view.mean.name} {unit.of(view.mean.move)}. " if view.mean is not None else ""
    which = "" if n <= 6 else "Largest and smallest: "
    counted = f" {int(view.clear.sum())} of {n} filled." if view.filled else ""
    return Said(view.title, note, true_minus(f"{mean}{which}{listed}.{counted}"), view.simulated)
