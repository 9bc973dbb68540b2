"""The area a figure is drawn on, measured in pixels of the page (72 to an inch), and the figure as a file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from eventstudy.report.style import Style, for_figure, settings, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 144
COLORS = 128
NARROW = 480  # a canvas below this many pixels is that of a phone or of a side column
Role = Literal["ink", "soft", "one", "two", "news_ink", "edge"]


@dataclass(frozen=True, slots=True)
class Panel:
    """Axes inside a canvas and their edges in its pixels."""

    ax: Axes
    left: float
    top: float
    right: float
    bottom: float

    def x(self, value: float) -> float:
        """Return the pixel of a value on the horizontal axis."""
        low, high = self.ax.get_xlim()
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return the pixel of a value on the vertical axis."""
        low, high = self.ax.get_ylim()
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where a figure is drawn: the axes that hold everything, the look, the size in pixels; ``top`` is taken by words.

    Every part of a figure is inside ``ax``, so a figure in a subplot covers nothing of its neighbors.
    """

    ax: Axes
    look: Style
    width: float
    height: float
    top: float = 0.0

    @property
    def narrow(self) -> bool:
        return self.width < NARROW

    def panel(self, left: float, top: float, right: float, bottom: float) -> Panel:
        """Return a new panel between two corners, in pixels from the upper left one, below the words of the figure."""
        bounds = (
            left / self.width,
            1 - (self.top + bottom) / self.height,
            (right - left) / self.width,
            (bottom - top) / self.height,
        )
        axes = self.ax.inset_axes(bounds)
        axes.set_facecolor("none")
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, pad=6)
        return Panel(axes, left, top, right, bottom)

    def text(self, at: tuple[float, float], words: str, role: Role = "ink", **more: Any) -> None:
        """Write words at a place in pixels from the upper left corner, below the words of the figure."""
        place = (at[0] / self.width, 1 - (self.top + at[1]) / self.height)
        look: dict[str, Any] = {"fontsize": 11, "va": "baseline", "ha": "left", "parse_math": False, **more}
        self.ax.text(
            *place, for_figure(words, 200), color=getattr(self.look, role), transform=self.ax.transAxes, **look
        )

    @property
    def room(self) -> float:
        """Height below the words of the figure."""
        return self.height - self.top


@contextmanager
def drawing(style: str) -> Iterator[Style]:
    """Give the style, with matplotlib's settings changed only inside the block."""
    import matplotlib as mpl

    look = style_of(style)
    with mpl.rc_context(cast(Any, settings(look))):
        yield look


def new_axes(width: float, height: float) -> Axes:
    """Return the only axes of a new figure of that many pixels, which no window manager knows of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72))
    # A notebook draws by itself only what pyplot made; other objects it asks for this method.
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    for shown in (figure, ax):
        setattr(shown, "_repr_png_", partial(png, figure))  # noqa: B010  matplotlib does not declare it
    return ax


def pixels(ax: Axes) -> tuple[float, float]:
    """Return the size of axes in pixels of the page."""
    figure = figure_of(ax)
    place, size = ax.get_position(), figure.get_size_inches()
    return 72 * float(place.width * size[0]), 72 * float(place.height * size[1])


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    return figure


def png(figure: Figure, dpi: int = DPI, *, title: str = "") -> bytes:
    """Return the figure as PNG bytes, the same for the same figure; ``title`` goes into the file's own words."""
    out = io.BytesIO()
    about = {"Software": None} | ({"Title": title} if title else {})
    with drawing("light"):
        figure.savefig(out, format="png", dpi=dpi, facecolor="auto", metadata=about)
    return out.getvalue()


def small_png(figure: Figure, dpi: int = DPI) -> bytes:
    """Return the figure as PNG of at most 128 colors: a third of the bytes, for mails."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(png(figure, dpi))) as picture:
        few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
        few.save(out, format="PNG", optimize=True)
    return out.getvalue()


def svg(figure: Figure, *, title: str = "", settings: Mapping[str, Any] | None = None) -> bytes:
    """Return the figure as SVG bytes, the same for the same figure: no date, no random identifiers."""
    import matplotlib as mpl

    out = io.BytesIO()
    about = {"Date": None, "Creator": None, "Format": None, "Type": None} | ({"Title": title} if title else {})
    with drawing("light"), mpl.rc_context(cast(Any, dict(settings or {}))):
        figure.savefig(out, format="svg", facecolor="auto", metadata=about)
    return re.sub(rb"[ \t]+\n", b"\n", out.getvalue())
