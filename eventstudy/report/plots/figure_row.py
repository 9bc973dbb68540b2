"""A row of ``FIGURES``: how a view is cut from a result and how it is drawn on a canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from eventstudy.arrays import look_up
from eventstudy.report.canvas import Canvas, Panel, Role, drawing, figure_of, new_axes, pixels
from eventstudy.report.plots.parts import STAMP, Said, watermark, wrapped
from eventstudy.report.style import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Pixels of a new figure.
WIDTHS: dict[str, float] = {"wide": 712.0, "side": 344.0, "narrow": 358.0, "print": 712.0}
TITLE, NOTE = 13.0, 11.0  # sizes of the words above a figure
LINE = 1.35


@dataclass(frozen=True, slots=True)
class Pick:
    """Which part of a result: one event, one instrument; empty for the first."""

    event: str = ""
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure.

    Attributes
    ----------
    shows : str
        One line for the docs.
    cut : callable
        From a result and a :class:`Pick` to a view; raises ``UsageError`` where there is nothing to show.
    say : callable
        The words of a view: title, note, and the numbers that are drawn.
    draw : callable
        Draws a view on a canvas and returns the main panel.
    height : callable
        Pixels that a view needs at a width.
    printed : float
        How much of that height it gets on paper.
    """

    shows: str
    cut: Callable[[Any, Pick], Any]
    say: Callable[[Any], Said]
    draw: Callable[[Any, Canvas], Panel]
    height: Callable[[Any, float], float]
    printed: float = 0.72

    def pixels_high(self, view: Any, width: str) -> float:
        """Return the height of a new figure below its words."""
        return self.height(view, WIDTHS[width]) * (self.printed if width == "print" else 1.0)

    def __call__(
        self,
        result: Any,
        ax: Axes | None = None,
        *,
        style: str = "",
        width: str = "wide",
        title: str | None = None,
        event: str = "",
        instrument: str = "",
    ) -> Axes:
        """Plot this figure of a result.

        Parameters
        ----------
        result : StudyResult
            For ``calibration`` the answer of ``calibrate``.
        ax : matplotlib.axes.Axes, optional
            Everything is drawn inside them. Default: a new figure.
        style : {"light", "dark", "print", "notebook"}, optional
            Default: by the background of ``ax``; light in a new figure.
        width : {"wide", "side", "narrow", "print"}
            Of a new figure: a page, a column, a phone, a low one for paper.
        title : str, optional
            Words above the figure. Default: what it shows, in a new figure; nothing in axes that were given.
        event, instrument : str, optional
            Which response. Default: the first.

        Returns
        -------
        matplotlib.axes.Axes
            The main panel; ``.figure`` is the figure.

        Raises
        ------
        UsageError
            If the result has nothing that the figure could show.
        """
        return paint(self, self.cut(result, Pick(event, instrument)), ax, style=style, width=width, title=title)


def paint(
    row: FigureRow, view: Any, ax: Axes | None = None, *, style: str = "", width: str = "wide", title: str | None = None
) -> Axes:
    """Draw a view into axes or a new figure; return its main axes."""
    said = row.say(view)
    with drawing(style or (_look_of(ax) if ax is not None else "light")) as look:
        across = look_up("figure width", WIDTHS, width) if ax is None else pixels(ax)[0]
        words = [] if ax is not None and title is None else _words(said, title)
        lines = _lines(Canvas(cast(Any, ax), look, across, 1.0), words)
        top = _height(lines)
        high = top + row.pixels_high(view, width) if ax is None else pixels(ax)[1]
        canvas = Canvas(new_axes(across, high) if ax is None else ax, look, across, high, top)
        canvas.ax.set_axis_off()
        _write(canvas, lines)
        watermark(canvas, simulated=said.simulated)
        panel = row.draw(view, canvas)
        if ax is None:
            _shows_itself(panel.ax, figure_of(panel.ax))
    return panel.ax


def draw_bare(row: FigureRow, view: Any, width: str) -> Figure:
    """Return the drawing of a view for a page, which writes the words itself."""
    with drawing("page") as look:
        across, high = WIDTHS[width], row.pixels_high(view, width)
        canvas = Canvas(new_axes(across, high), look, across, high)
        canvas.ax.set_axis_off()
        watermark(canvas, simulated=row.say(view).simulated)
        figure = figure_of(row.draw(view, canvas).ax)
        figure.patch.set_visible(False)
    return figure


def _look_of(ax: Axes) -> str:
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(figure_of(ax).get_facecolor())
    return "dark" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else "light"


Line = tuple[str, float, Role, bool]


def _words(said: Said, title: str | None) -> list[Line]:
    """Return the words above a figure with size, color and weight: stamp of simulated data, title, what is drawn."""
    stamp: list[Line] = [(STAMP, 10.0, "two", True)] if said.simulated else []
    if title is not None:
        return [*stamp, (title, TITLE, "ink", True)] if title else stamp
    return [*stamp, (said.title, TITLE, "ink", True), (said.note, NOTE, "soft", False)]


def _lines(canvas: Canvas, words: list[Line]) -> list[Line]:
    """Return the words in lines that fit."""
    room = canvas.width - 24
    return [
        (part, size, role, bold)
        for said, size, role, bold in words
        for part in wrapped(canvas, for_figure(said, 400), room, size, bold=bold)
    ]


def _height(lines: list[Line]) -> float:
    return 10 + sum(size for _, size, _, _ in lines) * LINE + 8 if lines else 0.0


def _write(canvas: Canvas, lines: list[Line]) -> None:
    at = 10 - canvas.top
    for words, size, role, bold in lines:
        at += size * LINE
        canvas.text((12, at - size * 0.35), words, role, fontsize=size, fontweight="bold" if bold else "normal")


def _shows_itself(ax: Axes, figure: Figure) -> None:
    """Let a notebook show the figure where the axes are the value of a cell."""
    setattr(ax, "_repr_png_", figure._repr_png_)  # type: ignore[attr-defined]  # noqa: B010
