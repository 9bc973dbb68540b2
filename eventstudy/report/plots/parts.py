"""What every figure shares: the frame, legends that never cover data, the SIMULATED stamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.report.style import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES_PER_CHARACTER = 0.073
LEGEND_LINE = 0.155


def frame(ax: Axes, style: Style) -> None:
    """Leave the left and lower spines and a quiet horizontal grid."""
    ax.set_facecolor(style.paper)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="y", color=style.grid, linewidth=0.7, zorder=0)
    ax.set_axisbelow(True)
    ax.tick_params(length=3)
    ax.locator_params(axis="y", nbins=5)


def legend_columns(words: Sequence[str], inches: float) -> int:
    """Return how many columns of a legend fit on one line of that many inches."""
    widest = max((len(word) for word in words), default=1) * INCHES_PER_CHARACTER + 0.45
    if sum(len(word) * INCHES_PER_CHARACTER + 0.45 for word in words) <= inches:
        return max(1, len(words))
    return max(1, min(len(words), int(inches / widest)))


def legend_inches(words: Sequence[str], inches: float) -> float:
    """Return how tall that legend is."""
    return LEGEND_LINE * -(-len(words) // legend_columns(words, inches))


def legend(ax: Axes, handles: Sequence[Any], inches: float) -> None:
    """Put the legend above the axes, in as many columns as their words leave room for."""
    columns = legend_columns([handle.get_label() for handle in handles], inches)
    spacing = {"borderaxespad": 0.15, "columnspacing": 1.2, "handlelength": 1.5, "labelspacing": 0.25}
    ax.legend(handles=list(handles), loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, borderpad=0, **spacing)


def y_title(ax: Axes, words: str, *, simulated: bool) -> None:
    ax.set_ylabel(f"{words}\nSIMULATED" if simulated else words, parse_math=False)


def title(ax: Axes, words: str, style: Style, *, simulated: bool) -> None:
    """Write the title of a one-axes figure, stamped where the data is drawn."""
    shown = f"SIMULATED, not market data\n{words}" if simulated else words
    ax.set_title(shown, loc="left", fontweight="bold", parse_math=False, color=style.ink)


def short_numbers(ax: Axes) -> None:
    """Write large counts on the y axis as 1.5 M, without a power of ten in a corner."""
    ax.yaxis.set_major_formatter(lambda value, _: short_number(value))


def short_number(value: float) -> str:
    """Return a count with a letter for its size.

    >>> short_number(1_500_000), short_number(250), short_number(0)
    ('1.5 M', '250', '0')
    """
    for size, letter in ((1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g} {letter}"
    return f"{value:g}"
