"""The response panel: price, cumulated abnormal return with its placebo band, volume, on one clock."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, instant_from_us, instant_us
from eventstudy.report.canvas import Box
from eventstudy.report.clock import TimeScale, draw_time_axis, mark_breaks, ticks, time_scale
from eventstudy.report.escape import for_figure
from eventstudy.report.numbers import bp, length, local
from eventstudy.report.plots.parts import CHARACTERS_PER_INCH, frame, legend, legend_inches, short_numbers, y_title
from eventstudy.report.style import Style
from eventstudy.report.views import CarPath, PriceWindow, ResponseView, pointwise_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAINTEST, MOST_LINES = 0.10, 120
LINE = 0.19


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where the panel is drawn: the look, the room, the time scale."""

    style: Style
    box: Box
    scale: TimeScale
    view: ResponseView


def panel_scale(view: ResponseView) -> TimeScale:
    """Return the clock all parts of the panel share."""
    known = [np.array([view.path.base_at]), view.path.closes]
    step = int(np.median(np.diff(np.concatenate(known)))) if len(view.path.closes) else MINUTE_US
    if view.prices is not None and len(view.prices.closes):
        known.append(view.prices.closes)
        step = view.prices.step_us
    return time_scale(np.concatenate(known), max(step, 1))


def draw_panel(view: ResponseView, figure: Figure, box: Box, style: Style) -> list[Axes]:
    """Draw the panel into ``box`` and return its axes: price (where there are prices), CAR, volume (where any)."""
    sheet = Sheet(style, box, panel_scale(view), view)
    prices = view.prices
    heights = {"price": 3.0, "car": 3.0, "volume": 1.1}
    if prices is None:
        del heights["price"], heights["volume"]
    elif not prices.volume.size:
        del heights["volume"]
    # Room between the parts, in inches, is what their legends need.
    gap = 0.14 + legend_inches(["cumulated abnormal return", " " * 46], box.width)
    mean = (box.height - gap * (len(heights) - 1)) / len(heights)
    place = {"left": box.left, "right": box.right, "bottom": box.bottom, "top": box.top}
    grid = figure.add_gridspec(len(heights), 1, height_ratios=list(heights.values()), hspace=gap / mean, **place)
    made = {name: figure.add_subplot(grid[row]) for row, name in enumerate(heights)}
    if prices is not None:
        draw_price(made["price"], prices, sheet)
    draw_car(made["car"], view.path, sheet)
    if "volume" in made and prices is not None:
        draw_volume(made["volume"], prices, sheet)
    axes = list(made.values())
    _finish(axes, sheet)
    return axes


def _finish(axes: list[Axes], sheet: Sheet) -> None:
    style, scale, view = sheet.style, sheet.scale, sheet.view
    span = scale.places[-1] - scale.places[0]
    for ax in axes:
        frame(ax, style)
        ax.set_xlim(scale.places[0] - max(0.02 * span, 0.7), scale.places[-1] + 0.03 * span)
        mark_breaks(ax, scale, style.muted)
        if ax is axes[-1]:
            draw_time_axis(ax, scale, view.zone, sheet.box.width)
        else:
            ax.set_xticks(scale.place(ticks(scale, view.zone, sheet.box.width)), labels=[])
    clock = axes[-1].get_xlabel() + (" (SIMULATED)" if view.simulated else "")
    axes[-1].set_xlabel("\n".join(textwrap.wrap(clock, int(sheet.box.width * 12))), parse_math=False)


def header_lines(view: ResponseView, inches: float) -> list[str]:
    """Return the lines above the panel: the stamp of drawn data, the event in at most two lines, what is shown."""
    columns = max(24, int(inches * CHARACTERS_PER_INCH))
    lines = textwrap.wrap(for_figure(view.title or view.event, 2 * columns - 8), columns)[:2] or [""]
    step = f", {length(view.prices.step_us)} bars" if view.prices is not None else ""
    lines.append(f"{for_figure(view.instrument, 40)}{step}, model {view.path.model}")
    return ["SIMULATED, not market data", *lines] if view.simulated else lines


def header_inches(view: ResponseView, inches: float) -> float:
    """Return how much room the header and the first legend need above the panel."""
    words = price_words(view) if view.prices is not None else ["cumulated abnormal return", " " * 45]
    return 0.22 + LINE * len(header_lines(view, inches)) + legend_inches(words, inches)


def headline(ax: Axes, sheet: Sheet) -> None:
    """Write the header above the first axes and its legend."""
    view, style, box = sheet.view, sheet.style, sheet.box
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    tall = float(figure.get_size_inches()[1])
    lines = header_lines(view, box.width)
    top = box.top + (header_inches(view, box.width) - 0.1 - LINE * len(lines)) / tall
    for row, line in enumerate(reversed(lines)):
        last, first = row == 0, view.simulated and row == len(lines) - 1
        colour = style.stamp if first else style.muted if last else style.ink
        look: dict[str, Any] = {
            "color": colour,
            "fontsize": 9 if last else 10.5,
            "fontweight": "normal" if last else "bold",
        }
        figure.text(box.left, top + row * LINE / tall, line, parse_math=False, va="bottom", **look)


def shade_event(ax: Axes, sheet: Sheet) -> None:
    """Shade the interval in which the news became public; its edges are dashed, so grey paper shows it too."""
    ends = [instant_us(sheet.view.earliest), instant_us(sheet.view.latest)]
    start, stop = (float(v) for v in sheet.scale.place(np.array(ends)))
    stop = max(stop, start + 0.004 * float(sheet.scale.places[-1] - sheet.scale.places[0]))
    ax.axvspan(start, stop, facecolor=sheet.style.event, alpha=0.28, linewidth=0, zorder=0, label="_")
    for edge in (start, stop):
        ax.axvline(edge, color=sheet.style.event, linewidth=1.0, linestyle="--", zorder=1)


def event_words(view: ResponseView) -> str:
    start, stop = local(view.earliest, view.zone, "%H:%M"), local(view.latest, view.zone, "%H:%M")
    if view.earliest.date() != view.latest.date() or (view.latest - view.earliest).days:
        return "news became public"
    return f"news became public {start}" + (f" to {stop}" if stop != start else "")


def marked_closes(view: ResponseView) -> list[tuple[int, str]]:
    """Return the rows of the last close before the news and the first after it, with their words."""
    prices = view.prices
    made: list[tuple[int, str]] = []
    for instant, words in ((view.reference_at, "last close before"), (view.first_at, "first close after")):
        row = np.flatnonzero(prices.closes == instant) if prices is not None else np.zeros(0, dtype=np.int64)
        if prices is not None and row.size:
            hour = "" if prices.step_us >= DAY_US else " " + clock_of(instant, view.zone)
            made.append((int(row[0]), f"{words}{hour}: {float(prices.price[row[0]]):,.6g}"))
    return made


def price_words(view: ResponseView) -> list[str]:
    return [event_words(view), *[words for _, words in marked_closes(view)]]


def draw_price(ax: Axes, prices: PriceWindow, sheet: Sheet) -> None:
    """Draw closes, the event interval, the last close before and the first after."""
    from matplotlib.patches import Patch

    style, view = sheet.style, sheet.view
    shade_event(ax, sheet)
    at = sheet.scale.place(prices.closes)
    dots = "." if len(at) <= MOST_LINES else ""
    ax.plot(at, prices.price, color=style.ink, linewidth=1.2, marker=dots, markersize=3.5, zorder=3)
    edge: dict[str, Any] = {"facecolor": style.event, "alpha": 0.4, "edgecolor": style.event, "linestyle": "--"}
    handles: list[object] = [Patch(label=event_words(view), **edge)]
    mark: dict[str, Any] = {
        "linestyle": "none",
        "markersize": 6,
        "markeredgecolor": style.main,
        "markeredgewidth": 1.5,
        "zorder": 5,
    }
    for (row, words), (shape, fill) in zip(marked_closes(view), (("o", style.paper), ("s", style.main)), strict=False):
        place = [float(at[row])], [float(prices.price[row])]
        handles += ax.plot(*place, marker=shape, markerfacecolor=fill, label=words, **mark)
    ax.margins(y=0.09)
    legend(ax, handles, sheet.box.width)
    y_title(ax, f"Price, {for_figure(prices.quote, 20)}" if prices.quote else "Price", simulated=view.simulated)
    headline(ax, sheet)


def clock_of(instant: int, zone: str) -> str:
    return local(instant_from_us(instant), zone, "%H:%M")


def draw_car(ax: Axes, path: CarPath, sheet: Sheet) -> None:
    """Draw the path from zero at the close before it, over the days that had no event."""
    style, view = sheet.style, sheet.view
    shade_event(ax, sheet)
    at = sheet.scale.place(np.concatenate([[path.base_at], path.closes]))
    ax.axhline(0.0, color=style.muted, linewidth=0.8, zorder=1)
    handles: list[object] = []
    if path.placebo.size:
        lines = _from_zero(path.placebo[:MOST_LINES]) * 1e4
        faint = max(FAINTEST, min(0.4, 12 / len(lines)))
        ax.plot(at, lines.T, color=style.band, linewidth=0.6, alpha=faint, zorder=1)
    handles += _bands(ax, at, path, style)
    car = np.concatenate([[0.0], path.car]) * 1e4
    shape = "o" if len(at) <= MOST_LINES else ""
    drawn = ax.plot(at, car, color=style.main, linewidth=1.9, marker=shape, markersize=4, zorder=4)
    drawn[0].set_label("cumulated abnormal return")
    if path.car.size:
        halo: dict[str, Any] = {"facecolor": style.paper, "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
        words: dict[str, Any] = {
            "bbox": halo,
            "textcoords": "offset points",
            "ha": "right",
            "fontweight": "bold",
            "parse_math": False,
        }
        up = 5 if car[-1] >= 0 else -13
        ax.annotate(f"{bp(path.car[-1])} bp", (at[-1], car[-1]), xytext=(-4, up), color=style.main, zorder=6, **words)
    ax.margins(y=0.14)
    legend(ax, [*drawn, *handles], sheet.box.width)
    y_title(ax, "CAR, bp", simulated=view.simulated)
    if view.prices is None:
        headline(ax, sheet)


def _from_zero(paths: np.ndarray) -> np.ndarray:
    return np.hstack([np.zeros((len(paths), 1)), paths])


def _bands(ax: Axes, at: np.ndarray, path: CarPath, style: Style) -> list[object]:
    made: list[object] = []
    if path.joint.size:
        half = np.concatenate([[0.0], path.joint]) * 1e4
        made += ax.plot(at, half, color=style.joint, linewidth=1.0, linestyle="--", zorder=2, label="joint band")
        ax.plot(at, -half, color=style.joint, linewidth=1.0, linestyle="--", zorder=2)
    band = pointwise_band(path)
    if band is not None:
        half = np.concatenate([[0.0], band.half]) * 1e4
        fill = ax.fill_between(at, -half, half, color=style.band, alpha=0.22, linewidth=0, zorder=1, label=band.words)
        ax.plot(at, half, color=style.band, linewidth=0.9, linestyle=":", zorder=2)
        ax.plot(at, -half, color=style.band, linewidth=0.9, linestyle=":", zorder=2)
        made.append(fill)
    return made


def draw_volume(ax: Axes, prices: PriceWindow, sheet: Sheet) -> None:
    """Draw volume bars over the time each bar covers; bars that may hold the news are hatched."""
    style, view = sheet.style, sheet.view
    shade_event(ax, sheet)
    at = sheet.scale.place(prices.closes)
    news = (prices.closes > view.reference_at) & (prices.closes <= view.first_at)
    for rows, colour, hatch in ((~news, style.muted, ""), (news, style.main, "////")):
        if rows.any():
            edge: dict[str, Any] = {"edgecolor": style.paper, "linewidth": 0.3, "hatch": hatch or None}
            ax.bar(at[rows] - 0.5, prices.volume[rows], width=0.86, color=colour, zorder=2, **edge)
    ax.set_ylim(bottom=0)
    short_numbers(ax)
    y_title(ax, "Volume", simulated=view.simulated)
