"""Making and writing a figure without touching anybody's matplotlib state."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from eventstudy.report.style import Style, settings, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 144
COLORS = 128


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a figure in figure fractions, with its size in inches."""

    left: float
    bottom: float
    right: float
    top: float
    width: float
    height: float


@contextmanager
def drawing(style: str) -> Iterator[Style]:
    """Give the style, with matplotlib's settings changed only inside the block."""
    import matplotlib as mpl

    look = style_of(style)
    with mpl.rc_context(cast(Any, settings(look))):
        yield look


def new_axes(width: float, height: float) -> Axes:
    """Return the only axes of a new figure that no window manager knows of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    # A notebook draws by itself only what pyplot made; other objects it asks for this method.
    setattr(figure, "_repr_png_", partial(png, figure))  # noqa: B010  matplotlib does not declare it
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def margins(ax: Axes, inches: tuple[float, float, float, float], *, own: bool) -> Box:
    """Return the room for drawing: a new figure less its margins (left, bottom, right, top), or the axes given."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    width, height = (float(v) for v in figure.get_size_inches())
    place = ax.get_position()
    if not own:
        return Box(place.x0, place.y0, place.x1, place.y1, place.width * width, place.height * height)
    left, bottom, right, top = inches
    box = (left / width, bottom / height, 1 - right / width, 1 - top / height)
    return Box(*box, width - left - right, height - bottom - top)


def png(figure: Figure, dpi: int = DPI, *, title: str = "") -> bytes:
    """Return the figure as PNG bytes, the same for the same figure; ``title`` goes into the file's own words."""
    made = io.BytesIO()
    about = {"Software": None} | ({"Title": title} if title else {})
    with drawing("light"):
        figure.savefig(made, format="png", dpi=dpi, facecolor="auto", metadata=about)
    return made.getvalue()


def small_png(figure: Figure, dpi: int = DPI) -> bytes:
    """Return the figure as PNG of at most 128 colors: a third of the bytes, for pages and mails."""
    from PIL import Image

    made = io.BytesIO()
    with Image.open(io.BytesIO(png(figure, dpi))) as picture:
        few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
        few.save(made, format="PNG", optimize=True)
    return made.getvalue()


def svg(figure: Figure, *, title: str = "") -> bytes:
    """Return the figure as SVG bytes, the same for the same figure: no date, no random identifiers."""
    made = io.BytesIO()
    with drawing("light"):
        about = {"Date": None, "Creator": None, "Format": None, "Type": None} | ({"Title": title} if title else {})
        figure.savefig(made, format="svg", facecolor="auto", metadata=about)
    return re.sub(rb"[ \t]+\n", b"\n", made.getvalue())
