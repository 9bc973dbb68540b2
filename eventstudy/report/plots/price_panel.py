"""The parts of the response panel that are not abnormal returns: the price with its marked closes, and the volume."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.arrays import DAY_US, instant_from_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.plots.moments import MarkedClock, broken, clock_words, inside
from eventstudy.report.plots.parts import halo, panel_title, short_number, text_width, value_axis
from eventstudy.report.style import for_figure
from eventstudy.report.views import PriceWindow, ResponseView
from eventstudy.show.numbers import length

LABEL, BELOW = 24.0, 0.14  # pixels over the highest price, and the room below the lowest over the range of prices


def draw_price(panel: Panel, canvas: Canvas, view: ResponseView, moments: MarkedClock) -> None:
    """Draw closes, with the last price before the news (hollow) and the first after it (square)."""
    prices = view.prices
    assert prices is not None  # noqa: S101  the caller draws this part of a view with prices alone
    quote = f", {for_figure(prices.quote, 20)}" if prices.quote else ""
    panel_title(canvas, (12, panel.top - 8), "Price", f"{length(prices.step_us)} closes{quote}")
    rows = inside(moments, prices.closes)
    places, price = broken(moments, prices.closes[rows], prices.price[rows])
    low, high = float(np.nanmin(price)), float(np.nanmax(price))
    span = (high - low) or abs(high) or 1.0
    above = min(LABEL / (panel.bottom - panel.top), 0.35)  # of the panel, for a label over the highest price
    panel.ax.set_ylim(low - BELOW * span, high + (1 + BELOW) * above / (1 - above) * span)
    value_axis(panel, canvas, ticks=3, signed=False)
    panel.ax.plot(places, price, color=canvas.look.ink, linewidth=1.5, zorder=3)
    for first, (instant, place, value) in enumerate(marked_closes(view)):
        look: dict[str, Any] = {"marker": "s" if first else "o", "markersize": 6.5, "zorder": 5}
        color = canvas.look.one if first else canvas.look.ink
        fill = color if first else canvas.look.paper
        at = float(moments.scale.place(instant))
        panel.ax.plot([at], [value], markeredgecolor=color, markerfacecolor=fill, linestyle="none", **look)
        when = clock_words(instant_from_us(instant), view.zone, daily=prices.step_us >= DAY_US)
        words = f"{value:,.6g} at {when}" if canvas.narrow else f"{value:,.6g} at {when}, {place}"
        _beside(canvas, panel, (panel.x(at), panel.y(value)), words, after=bool(first))


def _beside(canvas: Canvas, panel: Panel, at: tuple[float, float], words: str, *, after: bool) -> None:
    """Write a label left of the point before the news and right of the one after it, clear of the price line."""
    wide = text_width(canvas, words, 11, bold=after)
    start = at[0] + 9 if after else at[0] - 9 - wide
    start = min(max(start, panel.left + 4), max(panel.left + 4, panel.right - wide))
    y = _clear_of_line(panel, (start, start + wide), at[1])
    if y > panel.bottom - 3:  # no room above or below: beside the point, at its height
        start, y = max(at[0] - 16 - wide, panel.left + 4), at[1] + 4
    more = {"fontweight": "bold" if after else "normal", **halo(canvas), "zorder": 6}
    canvas.text((start, y), words, "one" if after else "ink", **more)


def _clear_of_line(panel: Panel, span: tuple[float, float], beside: float) -> float:
    """Return the baseline of words that the longest line of a panel does not cross between two pixels.

    It lies below the panel where neither above nor below the line is room.
    """
    line = max(panel.ax.lines, key=lambda one: np.size(one.get_xdata()))
    data = np.asarray(line.get_xydata(), dtype=np.float64)
    points = [(panel.x(float(x)), panel.y(float(y))) for x, y in data]
    heights = [y for x, y in points if span[0] - 12 <= x <= span[1] + 12 and np.isfinite(y)] or [beside]
    below, above = max(heights) + 17, min(heights) - 8
    return above if above > panel.top + 10 else below


def marked_closes(view: ResponseView) -> list[tuple[int, str, float]]:
    """Return the last price before the news and the first after it: instant, words, price."""
    prices = view.prices
    found: list[tuple[int, str, float]] = []
    for instant, words in ((view.reference_at, "last price before"), (view.first_at, "first price after")):
        row = np.flatnonzero(prices.closes == instant) if prices is not None else np.zeros(0, dtype=np.int64)
        if prices is not None and row.size:
            found.append((instant, words, float(prices.price[row[0]])))
    return found


def draw_volume(panel: Panel, canvas: Canvas, prices: PriceWindow, moments: MarkedClock, view: ResponseView) -> None:
    """Draw volume over the time each bar covers, and its median on comparable days; bars with the news are in color."""
    rows = inside(moments, prices.closes)
    volume, closes = prices.volume[rows], prices.closes[rows]
    panel_title(canvas, (12, panel.top - 8), "Volume", f"per {length(prices.step_us)}")
    top = float(np.nanmax(volume, initial=0.0)) or 1.0
    panel.ax.set_ylim(0, 1.15 * top)
    at = moments.scale.place(closes)
    news = (closes > view.reference_at) & (closes <= view.first_at)
    for chosen, color in ((~news, canvas.look.hole), (news, canvas.look.one)):
        if chosen.any():
            panel.ax.bar(at[chosen] - 0.5, volume[chosen], width=0.86, color=color, linewidth=0, zorder=2)
    panel.ax.set_yticks([0, top], ["0", short_number(top)], parse_math=False)
    if not prices.usual.size or not np.isfinite(prices.usual[rows]).any():
        return
    usual = np.minimum(prices.usual[rows], 1.15 * top)
    panel.ax.hlines(usual, at - 0.93, at - 0.07, color=canvas.look.ink, linewidth=1.3, zorder=3)
    if not canvas.narrow:
        for row, line in enumerate(("line: median of", "comparable days")):
            canvas.text((panel.right + 8, panel.bottom - 18 + 13 * row), line, "soft")
