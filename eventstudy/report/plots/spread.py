"""How unusual: the event among its placebo days, events side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.plots.parts import blank
from eventstudy.report.style import for_figure
from eventstudy.report.views import Forest, PlaceboView
from eventstudy.show.numbers import bp, p_is, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 60
ROW_INCHES = 0.22


def draw_placebo(view: PlaceboView, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw the histogram of the placebo days' CAR with the event marked, and days at least as large hatched."""
    from matplotlib.patches import Patch

    with blank(ax, style, size, simulated=view.simulated) as on:
        days = view.cars * 1e4
        reach = 1.06 * max(float(np.abs(days).max(initial=0.0)), abs(view.car) * 1e4, 1e-6)
        count = int(np.clip(2 * np.sqrt(len(days)), 9, 60)) | 1
        edges = np.linspace(-reach, reach, count + 1).tolist()
        on.ax.hist(days, bins=edges, color=on.style.band, alpha=0.75, edgecolor=on.style.paper, linewidth=0.6)
        large = days[np.abs(days) >= abs(view.car) * 1e4]
        hatched: dict[str, Any] = {"facecolor": on.style.down, "hatch": "///", "edgecolor": on.style.paper}
        if large.size:
            on.ax.hist(large, bins=edges, linewidth=0.6, **hatched)
        mark = on.ax.axvline(view.car * 1e4, color=on.style.main, linewidth=2.2, linestyle="-")
        mark.set_label(f"the event, {bp(view.car)} bp (dotted: mirrored)")
        on.ax.axvline(-view.car * 1e4, color=on.style.main, linewidth=1.0, linestyle=":")
        handles = [
            mark,
            Patch(facecolor=on.style.band, alpha=0.75, label=f"{len(days)} placebo days"),
            Patch(label=f"{large.size} as large or larger", **hatched),
        ]
        p = (1 + large.size) / (len(days) + 1)
        on.head(f"{for_figure(view.instrument, 40)} {view.window}: {p_is(p)}, two-sided", handles)
        on.axes("CAR of the same window on comparable days, bp", "Days")
        on.ax.margins(y=0.1)
        return on.ax


def forest_size(rows: int) -> tuple[float, float]:
    return 7.6, 1.75 + ROW_INCHES * max(3, min(rows, MOST_ROWS))


def draw_forest(view: Forest, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw one row per event: its CAR with its interval, filled where the interval excludes zero."""
    with blank(ax, style, size, simulated=view.simulated) as on:
        order = np.argsort(-np.abs(view.car), kind="stable")[:MOST_ROWS]
        order = order[np.argsort(view.car[order], kind="stable")]
        y = np.arange(len(order))
        car, half = view.car[order] * 1e4, view.half[order] * 1e4
        clear = np.abs(car) > half
        on.ax.axvline(0, color=on.style.muted, linewidth=0.8)
        known = np.isfinite(half)
        on.ax.hlines(y[known], (car - half)[known], (car + half)[known], color=on.style.muted, linewidth=1.3)
        handles = []
        for rows, shape, fill, words in (
            (clear, "s", on.style.main, "interval excludes zero"),
            (~clear & known, "o", on.style.paper, "interval includes zero"),
            (~known, "D", on.style.band, "no interval"),
        ):
            if rows.any():
                look: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": on.style.main, "markersize": 5.5}
                handles += on.ax.plot(car[rows], y[rows], linestyle="none", marker=shape, label=words, **look)
        names = [for_figure(view.names[i], 26) for i in order]
        on.ax.set_yticks(y, names, parse_math=False)
        longest = max(map(len, names), default=1)
        if ax is None:
            widen_left(on.ax, 0.35 + 0.072 * longest)
        more = f", the {MOST_ROWS} largest of {len(view.car)}" if len(view.car) > MOST_ROWS else ""
        on.head(f"{view.title}: CAR {view.window} with {share(view.level)} {view.words}{more}", handles)
        on.axes("CAR, bp", "")
        on.ax.grid(visible=True, axis="x", color=on.style.grid, linewidth=0.7)
        on.ax.set_ylim(-0.8, len(order) - 0.2)
        return on.ax


def widen_left(ax: Axes, inches: float) -> None:
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    width = float(figure.get_size_inches()[0])
    place = ax.get_position()
    left = min(inches / width, 0.45)
    ax.set_position((left, place.y0, place.x1 - left, place.height))
