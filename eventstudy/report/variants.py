"""One figure for every reader of a page: light, dark, paper, and a narrow one for phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from eventstudy.report.canvas import svg
from eventstudy.report.html import Drawn, Source, data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PHONE = "screen and (max-width: 40rem)"
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
    return re.sub(rb'( d=")([^"]*)"', lambda m: m[1] + re.sub(rb"(\.\d\d)\d+", rb"\1", m[2]) + b'"', bare)


def variants(draw: Callable[[str, str], Axes], *, phone: bool = True) -> Drawn:
    """Draw a figure once for each kind of reader; ``draw`` takes a style and a width."""
    wide = figure_of(draw("light", "wide"))
    width, height = (round(float(v) * 100) for v in wide.get_size_inches())
    chosen = [row for row in SOURCES if phone or row[2] == "wide"]
    made = [Source(media, data_uri(compact(svg(figure_of(draw(look, size)))))) for media, look, size in chosen]
    return Drawn(data_uri(compact(svg(wide))), width, height, tuple(made))
