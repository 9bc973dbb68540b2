"""The response panel: price, cumulative abnormal return over comparable days, volume, on one clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, instant_from_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.plots.moments import (
    MarkedClock,
    alone,
    broken,
    clock_words,
    inside,
    interval_words,
    name_pauses,
    news_label,
    pause_words,
    quantile_fan,
    set_clock,
    shade,
)
from eventstudy.report.plots.parts import (
    Said,
    apart,
    halo,
    limits,
    panel_title,
    text_width,
    value_axis,
    wrapped,
)
from eventstudy.report.plots.price_panel import draw_price, draw_volume, marked_closes
from eventstudy.report.style import for_figure
from eventstudy.report.time_axis import draw_time_axis, time_scale
from eventstudy.report.views import Band, CarPath, ResponseView, joint_band, pointwise_band
from eventstudy.show.numbers import local, true_minus, zone_name

MOST_LINES, MOST_MARKERS = 100, 40
HEIGHTS = {"price": 104.0, "car": 168.0, "volume": 54.0}
HEAD, TITLE, GAP, FOOT = 34.0, 20.0, 12.0, 50.0


def panel_parts(view: ResponseView) -> list[str]:
    if view.prices is None:
        return ["car"]
    return ["price", "car", *(["volume"] if view.prices.volume.size else [])]


def panel_height(view: ResponseView, width: float) -> float:
    parts = panel_parts(view)
    return HEAD + FOOT + sum(HEIGHTS[name] + TITLE + GAP for name in parts) - GAP


def moments_of(view: ResponseView) -> MarkedClock:
    """Return the clock that all parts share: from the first to the last instant that price and path both have."""
    at, prices = view.path.at, view.prices
    step = int(np.median(np.diff(at))) if len(at) > 1 else MINUTE_US
    if prices is not None and len(prices.closes):
        low, high = max(int(at[0]), int(prices.closes[0])), min(int(at[-1]), int(prices.closes[-1]))
        known = np.concatenate([at, prices.closes])
        if len(at) <= 3:  # a path of the event interval alone has the prices around it as its surroundings
            low, high = int(known.min()), int(known.max())
        at, step = known[(known >= low) & (known <= high)], prices.step_us
    scale = time_scale(at, max(step, 1))
    pauses = tuple(p for p in view.pauses if scale.knots[0] <= p.start and p.stop <= scale.knots[-1])
    return MarkedClock(scale, view.earliest, view.latest, pauses, view.zone)


def draw_panel(view: ResponseView, canvas: Canvas) -> Panel:
    """Draw price (where there are prices), cumulative abnormal return and volume (where there is any)."""
    parts, moments = panel_parts(view), moments_of(view)
    left, right = (48.0, canvas.width - 12) if canvas.narrow else (58.0, canvas.width - 136)
    weight = (canvas.room - HEAD - FOOT - len(parts) * TITLE - (len(parts) - 1) * GAP) / sum(HEIGHTS[n] for n in parts)
    top, panels = HEAD, {}
    for name in parts:
        bottom = top + TITLE + HEIGHTS[name] * weight
        panels[name] = canvas.panel(left, top + TITLE, right, bottom)
        set_clock(panels[name], moments)
        ends = shade(panels[name], canvas, moments)
        top = bottom + GAP
    news_label(canvas, ends, HEAD - 4, moments, (left, canvas.width - 8))
    if view.prices is not None:
        draw_price(panels["price"], canvas, view, moments)
    draw_car(panels["car"], canvas, view, moments)
    if view.prices is not None and "volume" in panels:
        draw_volume(panels["volume"], canvas, view.prices, moments, view)
    name_pauses(panels[parts[-1]], canvas, moments)
    draw_time_axis(panels[parts[-1]], canvas, moments.scale, view.zone)
    for name in parts[:-1]:
        panels[name].ax.set_xticks([])
    return panels["car"]


def band_of(path: CarPath) -> Band | None:
    """Return the simultaneous band where there is one, else that of each moment."""
    return joint_band(path) or pointwise_band(path)


def draw_car(panel: Panel, canvas: Canvas, view: ResponseView, moments: MarkedClock) -> None:
    """Draw the path, zero at the last price before the news, over the comparable days and their band."""
    path, unit = view.path, view.unit
    rows = inside(moments, path.at)
    at, car = broken(moments, path.at[rows], path.car[rows] * unit.scale)
    band = band_of(path)
    half = np.array(band.half)[rows] * unit.scale if band is not None else np.zeros(0)
    limits(panel, car, half, -half, pad=0.1)
    value_axis(panel, canvas, unit)
    what = "CAR" if canvas.narrow else f"Cumulative abnormal {view.what}"
    panel_title(canvas, (12, panel.top - 8), what, _since(view))
    if half.size:
        x, edge = broken(moments, path.at[rows], half)
        panel.ax.fill_between(x, -edge, edge, color=canvas.look.band, linewidth=0, zorder=0.3, alpha=0.8)
        for side in (-1, 1):
            panel.ax.plot(x, side * edge, color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
    _days(panel, canvas, path.placebo[:, rows] * unit.scale, moments, path.at[rows])
    shape: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(at) <= MOST_MARKERS else {}
    panel.ax.plot(at, car, color=canvas.look.one, linewidth=2.2, zorder=4, **shape)
    lone = alone(car)
    panel.ax.plot(at[lone], car[lone], color=canvas.look.one, linestyle="none", marker="o", markersize=4, zorder=4)
    zero = np.flatnonzero(path.at == view.reference_at)
    if zero.size:
        look: dict[str, Any] = {"markerfacecolor": canvas.look.paper, "markeredgecolor": canvas.look.one}
        panel.ax.plot(moments.scale.place(path.at[zero]), [0.0], marker="o", markersize=6, zorder=5, **look)
    _reported(panel, canvas, view, moments)
    _labels(panel, canvas, view, (car, half))


def _since(view: ResponseView) -> str:
    words = "basis points" if view.unit.name == "bp" else view.unit.words.partition(" (")[0]
    if not view.reference_at:
        return words
    daily = view.prices is not None and view.prices.step_us >= DAY_US
    return f"{words} since {clock_words(instant_from_us(view.reference_at), view.zone, daily=daily)}"


def _days(panel: Panel, canvas: Canvas, placebo: FloatArray, moments: MarkedClock, at: np.ndarray) -> None:
    """Draw comparable days as thin lines, or as the quantiles of many."""
    if not placebo.size:
        return
    many = len(placebo) > MOST_LINES
    x, lines = broken(moments, at, quantile_fan(placebo) if many else placebo)
    dashes: dict[str, Any] = {"linestyle": "--"} if many else {}
    panel.ax.plot(x, lines.T, color=canvas.look.fan, linewidth=0.9 if many else 0.6, alpha=0.75, zorder=1.5, **dashes)


def reported_row(view: ResponseView) -> int:
    """Return the point whose value the finding states; the last one where it is not on the path."""
    row = np.flatnonzero(view.path.at == view.reported_at)
    return int(row[0]) if row.size else len(view.path.at) - 1


def _reported(panel: Panel, canvas: Canvas, view: ResponseView, moments: MarkedClock) -> None:
    row = reported_row(view)
    value, at = float(view.path.car[row]), float(moments.scale.place(int(view.path.at[row])))
    panel.ax.plot([at], [value * view.unit.scale], marker="s", markersize=6.5, color=canvas.look.one, zorder=5)
    x, y = panel.x(at), panel.y(value * view.unit.scale)
    words = true_minus(view.unit.of(value))
    room = x - text_width(canvas, words, 12, bold=True) - 10 > panel.left
    place = (x - 9, y + (15 if value < 0 else -5)) if room else (x + 9, y + (15 if value < 0 else -5))
    look: dict[str, Any] = {"fontweight": "bold", "fontsize": 12, "ha": "right" if room else "left", "zorder": 7}
    canvas.text(place, words, "one", **look, **halo(canvas))


def _labels(panel: Panel, canvas: Canvas, view: ResponseView, lines: tuple[FloatArray, FloatArray]) -> None:
    """Write beside the panel what each thing is; on a phone, where there is no room, in one line at its top."""
    car, half = lines
    days, band = len(view.path.placebo), band_of(view.path)
    last = float(car[np.flatnonzero(np.isfinite(car))[-1]])
    value = true_minus(view.unit.show(last / view.unit.scale))
    said = [(panel.y(last), value, "one")]
    if days:
        words = f"{days} comparable days, " + ("one line each" if days <= MOST_LINES else "dashed: 8 of 10")
        said.append((panel.y(0.0), words, "soft"))
    if band is not None and half.size:
        said.append((panel.y(min(float(half[-1]), panel.ax.get_ylim()[1])), band.words, "soft"))
    if canvas.narrow:
        return
    blocks = [wrapped(canvas, words, canvas.width - panel.right - 14) for _, words, _ in said]
    places = apart([y for y, _, _ in said], 15.0, panel.top + 4, panel.bottom - 4)
    order = np.argsort(places)
    floor = panel.top - 14.0
    for i in order:
        at = max(places[i] - 6.5 * (len(blocks[i]) - 1), floor + 14)
        for line in blocks[i]:
            role: Any = said[i][2]
            canvas.text((panel.right + 8, at + 4), line, role, fontweight="bold" if role == "one" else "normal")
            at += 13
        floor = at - 13 + 4


def say_panel(view: ResponseView) -> Said:
    """Return the words of the panel and the numbers that are drawn."""
    unit, path, row = view.unit, view.path, reported_row(view)
    moments = moments_of(view)
    daily = moments.scale.daily
    code, days = for_figure(view.instrument, 40), len(path.placebo)
    day = local(view.earliest, view.zone, "%d %B %Y").lstrip("0")
    others = f"{days} other windows of the same length" if daily else f"the same hours of {days} comparable days"
    against = f", against {others}" if days else ""
    marks = "; ".join(f"{words} {value:,.6g}" for _, words, value in marked_closes(view))
    shown = np.flatnonzero(inside(moments, path.at) & np.isfinite(path.car))
    last = int(shown[-1]) if shown.size else row
    value, later = float(path.car[row]), ""
    when, end = (clock_words(instant_from_us(int(path.at[at])), view.zone, daily=daily) for at in (row, last))
    reported = f"{unit.of(value)} {'on' if daily else 'at'} {when}"
    if last > row:
        later = f"{unit.of(float(path.car[last]))} {'on' if daily else 'at'} {end}"
        reported += f", {later}"
    band = band_of(path)
    alt = (
        f"{code}, {day}. News public {interval_words(moments)} ({zone_name(view.zone)}). {marks}{'. ' if marks else ''}"
        f"Cumulative abnormal {view.what} {reported}."
        + "".join(f" {pause_words(pause, moments.zone)}." for pause in moments.pauses)
        + (f" Band: {band.words}; its half-width there is {unit.of(band.half[row], signed=False)}." if band else "")
    )
    title = f"{code} {_moved(view, value)} by {when}" + (f" and stood at {later}" if later else "")
    if unit.name != "bp":
        title = f"{code}: {unit.of(value)} by {when}" + (f", {later}" if later else "")
    return Said(true_minus(title), f"{day}{against}", true_minus(alt), view.simulated)


def _moved(view: ResponseView, value: float) -> str:
    """Return what a price did."""
    unit = view.unit
    shown = unit.of(abs(value), signed=False)
    return f"{'rose' if value > 0 else 'fell'} {shown}" if abs(value) * unit.scale >= 0.05 else "did not move"
