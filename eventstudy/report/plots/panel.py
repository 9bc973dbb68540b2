"""The response panel: price, cumulated abnormal return with its placebo band, volume, on one clock."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, instant_from_us, instant_us
from eventstudy.report.canvas import Box
from eventstudy.report.plots.parts import (
    CHARACTERS_PER_INCH,
    STAMP,
    frame,
    legend,
    legend_inches,
    short_numbers,
    y_title,
)
from eventstudy.report.style import Style, for_figure
from eventstudy.report.time_axis import TimeScale, draw_time_axis, mark_breaks, ticks, time_scale
from eventstudy.report.views import CarPath, PriceWindow, ResponseView, pointwise_band
from eventstudy.show.numbers import bp, length, local, unstamped, zone_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAINTEST, MOST_LINES, MOST_MARKERS = 0.10, 60, 40
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
    known = [view.path.at]
    step = int(np.median(np.diff(view.path.at))) if len(view.path.at) > 1 else MINUTE_US
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
    gap = 0.14 + legend_inches(car_legend(view), box.width)
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
    title = unstamped(view.title) if view.simulated else view.title or view.event
    lines = textwrap.wrap(for_figure(title, 2 * columns - 8), columns)[:2] or [""]
    step = f", {length(view.prices.step_us)} bars" if view.prices is not None else ""
    lines.append(f"{for_figure(view.instrument, 40)}{step}, model {view.path.model}")
    return [STAMP, *lines] if view.simulated else lines


def header_inches(view: ResponseView, inches: float) -> float:
    """Return how much room the header and the first legend need above the panel."""
    words = price_words(view) if view.prices is not None else car_legend(view)
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
        color = style.stamp if first else style.muted if last else style.ink
        look: dict[str, Any] = {
            "color": color,
            "fontsize": 9 if last else 10.5,
            "fontweight": "normal" if last else "bold",
        }
        figure.text(box.left, top + row * LINE / tall, line, parse_math=False, va="bottom", **look)


def shade_event(ax: Axes, sheet: Sheet) -> None:
    """Shade the interval in which the news became public; its edges are dashed, so gray paper shows it too."""
    ends = [instant_us(sheet.view.earliest), instant_us(sheet.view.latest)]
    start, stop = (float(v) for v in sheet.scale.place(np.array(ends)))
    stop = max(stop, start + 0.004 * float(sheet.scale.places[-1] - sheet.scale.places[0]))
    ax.axvspan(start, stop, facecolor=sheet.style.event, alpha=0.28, linewidth=0, zorder=0, label="_")
    for edge in (start, stop):
        ax.axvline(edge, color=sheet.style.event, linewidth=1.0, linestyle="--", zorder=1)


def event_words(view: ResponseView) -> str:
    """Return when the news became public, with the day and the zone where the axis does not show the hour."""
    zone = ZoneInfo(view.zone)
    start, stop = view.earliest.astimezone(zone), view.latest.astimezone(zone)
    if start.date() != stop.date():
        return f"news public {start.day} {start:%b %H:%M} to {stop.day} {stop:%b %H:%M}"
    clock = f"{start:%H:%M}" + (f" to {stop:%H:%M}" if f"{stop:%H:%M}" != f"{start:%H:%M}" else "")
    if view.prices is not None and view.prices.step_us >= DAY_US:
        return f"news public {start.day} {start:%b}, {clock} ({zone_name(view.zone)})"
    return f"news public {clock}"


def marked_closes(view: ResponseView) -> list[tuple[int, str]]:
    """Return the rows of the last close before the news and the first after it, with their words."""
    prices = view.prices
    made: list[tuple[int, str]] = []
    for instant, words in ((view.reference_at, "last close before it"), (view.first_at, "first close after it")):
        row = np.flatnonzero(prices.closes == instant) if prices is not None else np.zeros(0, dtype=np.int64)
        if prices is not None and row.size:
            hour = "" if prices.step_us >= DAY_US else f", {clock_of(instant, view.zone)}"
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
    dots = "." if len(at) <= 2 * MOST_MARKERS else ""
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
    """Draw the path through zero at the last clean close, over the days that had no event."""
    style, view = sheet.style, sheet.view
    shade_event(ax, sheet)
    at = sheet.scale.place(path.at)
    ax.axhline(0.0, color=style.muted, linewidth=0.8, zorder=1)
    handles: list[object] = []
    if path.placebo.size:
        lines = path.placebo[:: -(-len(path.placebo) // MOST_LINES)] * 1e4
        faint = max(FAINTEST, min(0.4, 12 / len(lines)))
        ax.plot(at, lines.T, color=style.band, linewidth=0.6, alpha=faint, zorder=1)
    handles += _band(ax, at, path, style)
    shape = "o" if len(at) <= MOST_MARKERS else ""
    drawn = ax.plot(at, path.car * 1e4, color=style.main, linewidth=1.9, marker=shape, markersize=3.5, zorder=4)
    drawn[0].set_label(car_words(view))
    told = np.flatnonzero(path.at == view.told_at)
    if told.size:
        place = [float(at[told[0]])], [float(path.car[told[0]]) * 1e4]
        ax.plot(*place, marker="s", markersize=6, color=style.main, linestyle="none", zorder=5)
    ax.margins(y=0.1)
    legend(ax, [*drawn, *handles], sheet.box.width)
    y_title(ax, "CAR, bp", simulated=view.simulated)
    if view.prices is None:
        headline(ax, sheet)


def car_words(view: ResponseView) -> str:
    """Return the legend of the path, with the value and the moment the study tells of."""
    path = view.path
    told = np.flatnonzero(path.at == view.told_at)
    row = int(told[0]) if told.size else len(path.at) - 1
    daily = view.prices is not None and view.prices.step_us >= DAY_US
    form = "%d %b" if daily else "%H:%M"
    hour = instant_from_us(int(path.at[row])).astimezone(ZoneInfo(view.zone)).strftime(form)
    return f"CAR, {bp(float(path.car[row]))} bp at {hour.lstrip('0') if daily else hour}"


def car_legend(view: ResponseView) -> list[str]:
    band = pointwise_band(view.path)
    return [car_words(view)] if band is None else [car_words(view), band.words]


def _band(ax: Axes, at: np.ndarray, path: CarPath, style: Style) -> list[object]:
    band = pointwise_band(path)
    if band is None:
        return []
    half = np.array(band.half) * 1e4
    fill = ax.fill_between(at, -half, half, color=style.band, alpha=0.22, linewidth=0, zorder=1, label=band.words)
    ax.plot(at, half, color=style.band, linewidth=0.9, linestyle=":", zorder=2)
    ax.plot(at, -half, color=style.band, linewidth=0.9, linestyle=":", zorder=2)
    return [fill]


def draw_volume(ax: Axes, prices: PriceWindow, sheet: Sheet) -> None:
    """Draw volume bars over the time each bar covers; bars that may hold the news are hatched."""
    style, view = sheet.style, sheet.view
    shade_event(ax, sheet)
    at = sheet.scale.place(prices.closes)
    news = (prices.closes > view.reference_at) & (prices.closes <= view.first_at)
    for rows, color, hatch in ((~news, style.muted, ""), (news, style.main, "////")):
        if rows.any():
            edge: dict[str, Any] = {"edgecolor": style.paper, "linewidth": 0.3, "hatch": hatch or None}
            ax.bar(at[rows] - 0.5, prices.volume[rows], width=0.86, color=color, zorder=2, **edge)
    ax.set_ylim(bottom=0)
    short_numbers(ax)
    y_title(ax, "Volume", simulated=view.simulated)
