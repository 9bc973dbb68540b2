"""One figure for every reader of a page: light, dark, paper, and a narrow one for phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from eventstudy.report.canvas import small_png, svg
from eventstudy.report.html import FigureVariant, RenderedFigure, data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PHONE = "screen and (max-width: 40rem)"
MOST_BYTES = 180_000
DARK = "(prefers-color-scheme: dark)"
# The first matching source wins, so the most demanding screens come before the others; paper shows the light one.
SOURCES = (
    (f"{PHONE} and {DARK}", "dark", "narrow"),
    (PHONE, "light", "narrow"),
    (f"screen and {DARK}", "dark", "wide"),
)


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    return figure


def compact(content: bytes) -> bytes:
    """Return an SVG without the comments and decimals nobody sees inside a page."""
    bare = re.sub(rb"<!--.*?-->|<metadata>.*?</metadata>", b"", content, flags=re.S)
    bare = re.sub(rb"\s+", b" ", bare).replace(b"> <", b"><")
    bare = re.sub(rb" ([MLCQ]) ", rb"\1", bare)
    return re.sub(rb'( d=")([^"]*)"', lambda m: m[1] + re.sub(rb"(\.\d)\d+", rb"\1", m[2]) + b'"', bare)


def variants(draw: Callable[[str, str], Axes], *, first: bool = True) -> RenderedFigure:
    """Draw a figure once for each kind of reader; ``draw`` takes a style and a width.

    The first figure of a page is vectors unless they are many, the others are small PNGs, so that a page of many
    figures stays a page one can send.
    """
    wide = figure_of(draw("light", "wide"))
    width, height = (round(float(v) * 100) for v in wide.get_size_inches())
    made = [FigureVariant(media, embedded(figure_of(draw(look, size)), first=first)) for media, look, size in SOURCES]
    return RenderedFigure(embedded(wide, first=first), width, height, tuple(made))


def embedded(figure: Figure, *, first: bool) -> str:
    vectors = compact(svg(figure)) if first else b""
    if 0 < len(vectors) <= MOST_BYTES:
        return data_uri(vectors)
    return data_uri(small_png(figure), "image/png")
