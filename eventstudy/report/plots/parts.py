"""What every figure shares: the frame, legends that never cover data, the SIMULATED stamp."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventstudy.report.canvas import drawing, new_axes
from eventstudy.report.style import Style, for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES_PER_CHARACTER = 0.073
STAMP = "SIMULATED, not market data"
LEGEND_LINE, TITLE_LINE = 0.155, 0.19
CHARACTERS_PER_INCH = 9.8


def frame(ax: Axes, style: Style) -> None:
    """Leave the left and lower spines and a quiet horizontal grid."""
    ax.set_facecolor(style.paper)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="y", color=style.grid, linewidth=0.7, zorder=0)
    ax.set_axisbelow(True)
    ax.tick_params(length=3)
    ax.locator_params(axis="y", nbins=5)


def wrapped(words: str, columns: int) -> list[str]:
    return textwrap.wrap(words, columns, break_on_hyphens=False)


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


@dataclass(frozen=True, slots=True)
class Blank:
    """Axes ready to be drawn on, their look and their width in inches."""

    ax: Axes
    style: Style
    inches: float
    simulated: bool = False
    own: bool = True

    def head(self, words: str, handles: Sequence[Any]) -> None:
        """Write the title, wrapped, and the legend below it."""
        legend(self.ax, handles, self.inches)
        labels = [handle.get_label() for handle in handles]
        lines = wrapped(for_figure(words, 160), max(20, int(self.inches * CHARACTERS_PER_INCH))) or [""]
        pad = 72 * (legend_inches(labels, self.inches) if handles else 0.0) + 7
        if self.own:
            self._make_room(pad / 72 + TITLE_LINE * (len(lines) + self.simulated) + 0.1)
        look: dict[str, Any] = {"parse_math": False, "fontweight": "bold"}
        self.ax.set_title("\n".join(lines), loc="left", pad=pad, color=self.style.ink, **look)
        if self.simulated:
            above: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "baseline"}
            place = (0, pad + 72 * TITLE_LINE * len(lines))
            size = self.ax.title.get_fontsize()
            self.ax.annotate(STAMP, (0, 1), place, color=self.style.stamp, fontsize=size, **above, **look)

    def _make_room(self, header: float) -> None:
        """Let the axes of a new figure end where the header begins."""
        figure = self.ax.get_figure(root=True)
        assert figure is not None  # noqa: S101  an Axes always has a figure here
        place = self.ax.get_position()
        top = 1 - header / float(figure.get_size_inches()[1])
        self.ax.set_position((place.x0, place.y0, place.width, top - place.y0))

    def axes(self, x: str, y: str) -> None:
        """Name both axes, with their units; drawn data says so on each."""
        stamp = " (SIMULATED)" if self.simulated else ""
        lines = textwrap.wrap(for_figure(x, 120) + stamp, int(self.inches * 12))
        self.ax.set_xlabel("\n".join(lines), parse_math=False)
        if y:
            y_title(self.ax, for_figure(y, 60), simulated=self.simulated)


@contextmanager
def blank(
    ax: Axes | None, style: str, size: tuple[float, float], *, bottom: float = 0.74, simulated: bool = False
) -> Iterator[Blank]:
    """Give ``ax``, or the axes of a new figure of ``size`` inches with room for title and labels."""
    with drawing(style) as look:
        own = ax is None
        if ax is None:
            width, height = size
            ax = new_axes(width, height)
            left = 0.98 if simulated else 0.78
            ax.set_position((left / width, bottom / height, 1 - (left + 0.2) / width, 1 - (bottom + 1.13) / height))
        figure = ax.get_figure(root=True)
        assert figure is not None  # noqa: S101  an Axes always has a figure here
        frame(ax, look)
        yield Blank(ax, look, float(ax.get_position().width * figure.get_size_inches()[0]), simulated, own)


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
