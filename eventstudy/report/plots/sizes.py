"""How honest the tests are: how often each rejects where nothing happened, against how often it says it would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.plots.parts import Blank, blank
from eventstudy.report.plots.spread import widen_left
from eventstudy.report.views import PlaceboSize, Sizes
from eventstudy.show.numbers import share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOLD = 0.05
ROW_INCHES, SPREAD = 0.5, 0.26


def sizes_height(rows: int) -> float:
    return 2.5 + ROW_INCHES * max(3, rows)


def draw_sizes(view: Sizes, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw one row per test: its share of rejections at each level, over where an honest test's share would lie."""
    with blank(ax, style, size, bottom=0.95, simulated=view.simulated) as on:
        rows = np.arange(len(view.names))
        handles: list[Any] = []
        for column, level in enumerate(view.levels):
            color, line, marker = on.style.cycle[column % len(on.style.cycle)]
            # The levels of a test lie below each other, so that their bands never cover one another.
            at = rows + SPREAD * (column - (len(view.levels) - 1) / 2)
            on.ax.axvline(level, color=color, linewidth=0.9, linestyle=line, zorder=1)
            on.ax.hlines(at, view.low[:, column], view.high[:, column], color=on.style.band, alpha=0.6, linewidth=5)
            inside = (view.share[:, column] >= view.low[:, column]) & (view.share[:, column] <= view.high[:, column])
            for there, fill in ((inside, on.style.paper), (~inside, color)):
                look: dict[str, Any] = {"marker": marker, "markerfacecolor": fill, "markeredgecolor": color}
                on.ax.plot(view.share[there, column], at[there], linestyle="none", markersize=6, zorder=4, **look)
            key: dict[str, Any] = {"marker": marker, "color": color, "linestyle": line, "markerfacecolor": color}
            handles += on.ax.plot([], [], label=f"rejects where {share(level)} are promised", **key)
        handles += on.ax.plot([], [], color=on.style.band, alpha=0.6, linewidth=5, label=_band_words(view))
        on.head(f"{view.title}: {verdict(view)}", handles)
        on.axes("Placebo studies that reject; filled: outside the honest range", "")
        _row_names(on, view.names, own=ax is None)
        _percent(on.ax.xaxis, on.inches)
        on.ax.set_xlim(left=0, right=1.08 * float(max(view.share.max(), view.high.max())))
        return on.ax


def _band_words(view: Sizes) -> str:
    fewest, most = int(view.draws.min()), int(view.draws.max())
    return f"95 % of honest tests ({fewest if fewest == most else f'{fewest} to {most}'} p-values)"


def verdict(view: Sizes) -> str:
    """Return what a reader takes away: how many tests keep their promise at 5 %, and the worst of the others."""
    at = int(np.argmin(np.abs(view.levels - TOLD)))
    found, low, high = view.share[:, at], view.low[:, at], view.high[:, at]
    honest = int(((found >= low) & (found <= high)).sum())
    told = f"{honest} of {len(found)} tests keep their promise at {share(float(view.levels[at]))}"
    if honest == len(found):
        return told
    worst = int(np.argmax(np.where((found < low) | (found > high), np.abs(found - view.levels[at]), -1.0)))
    return f"{told}, {view.names[worst]} rejects\u00a0{found[worst] * 100:.0f}\u00a0%"


def _row_names(on: Blank, names: tuple[str, ...], *, own: bool) -> None:
    on.ax.set_yticks(range(len(names)), list(names), parse_math=False)
    on.ax.set_ylim(len(names) - 0.4, -0.6)
    on.ax.grid(visible=False, axis="y")
    if own:
        widen_left(on.ax, 0.35 + 0.072 * max(map(len, names)))


def _percent(axis: Any, inches: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=max(3, int(inches * 1.3)), steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda value, _: f"{value * 100:g} %")


def draw_placebo_size(view: PlaceboSize, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw how often the test rejects on days without an event, against how often it says it would."""
    with blank(ax, style, size, simulated=view.simulated) as on:
        top = float(view.nominal[-1])
        ideal = on.ax.plot([0, top], [0, top], color=on.style.muted, linestyle="--", linewidth=1.2)
        ideal[0].set_label("as promised")
        cloud = on.ax.fill_between(
            view.nominal, view.low, view.high, color=on.style.band, alpha=0.3, linewidth=0, label=view.words
        )
        drawn = on.ax.plot(view.nominal, view.observed, color=on.style.main, marker="o", markersize=3.5, linewidth=1.8)
        drawn[0].set_label("rejections on days without an event")
        at = int(np.argmin(abs(view.nominal - TOLD)))
        told = f"{view.observed[at] * 100:.1f} % rejected where {view.nominal[at] * 100:g} % are promised"
        on.head(f"{view.title}: {told}", [*drawn, *ideal, cloud])
        on.axes("Size the test promises", "Share of days rejected")
        _percent(on.ax.xaxis, on.inches)
        _percent(on.ax.yaxis, 4.0)
        on.ax.set_xlim(0, top)
        on.ax.set_ylim(bottom=0)
        return on.ax
