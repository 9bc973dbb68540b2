"""Many events: mean of each day with its interval, mean cumulative abnormal return with its band, single events."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.key_figures import interval as between
from eventstudy.report.key_figures import named_interval
from eventstudy.report.many_views import EventBands, MeanPath, MeanSteps
from eventstudy.report.plots.parts import (
    Said,
    event_time_axis,
    halo,
    limits,
    panel_title,
    stacked,
    text_width,
    tick_label,
    value_axis,
    wrapped,
)
from eventstudy.show.numbers import over, share, true_minus, window_label

AAR, CAAR, TITLE, GAP, FOOT = 108.0, 176.0, 24.0, 14.0, 42.0
HERO = 600.0


def _edges(canvas: Canvas) -> tuple[float, float]:
    return (46.0, canvas.width - 12) if canvas.narrow else (54.0, canvas.width - 136)


def _steps(panel: Panel, tau: np.ndarray, window: tuple[int, int], canvas: Canvas) -> None:
    """Set the axis of event time and shade the window that the finding is about."""
    panel.ax.set_xlim(float(tau[0]) - 0.6, float(tau[-1]) + 0.6)
    start, stop = window
    if start <= stop:
        panel.ax.axvspan(start - 0.5, stop + 0.5, facecolor=canvas.look.news, linewidth=0, zorder=0.2)


def _name_window(panel: Panel, canvas: Canvas, window: tuple[int, int], noun: str) -> None:
    """Write beside the shading, at the top of a panel, which days it covers."""
    start, stop = window
    if start > stop:
        return
    words = true_minus(window_label(window, noun))
    low, high = (panel.x(float(edge)) for edge in (start - 0.5, stop + 0.5))
    wide = text_width(canvas, words, 10.5) + 5
    place = (high + 5, "left") if high + wide <= panel.right else (low - 5, "right")
    if place[1] == "right" and low - wide < panel.left:  # it fills the panel
        place = (max(low, panel.left) + 5, "left")
    canvas.text((place[0], panel.top + 9), words, "news_ink", ha=place[1], fontsize=10.5, zorder=6, **halo(canvas))


def _below(panel: Panel, canvas: Canvas, tau: np.ndarray, words: str) -> None:
    event_time_axis(panel, tau, canvas, panel.right - panel.left)
    canvas.text(((panel.left + panel.right) / 2, panel.bottom + 32), words, "soft", ha="center")


def _axis_words(noun: str) -> str:
    if noun == "bar":
        return "Bars from the event (bar 0 holds the news)"
    return f"{'Trading days' if noun == 'day' else f'{noun.capitalize()}s'} from the event ({noun} 0)"


def average_height(view: MeanPath, width: float) -> float:
    return 2 * TITLE + AAR + CAAR + GAP + FOOT


def draw_average(view: MeanPath, canvas: Canvas) -> Panel:
    """Draw the mean of each day as points, and below it the mean cumulative abnormal return."""
    left, right = _edges(canvas)
    share_up = (canvas.room - 2 * TITLE - GAP - FOOT) / (AAR + CAAR)
    upper = canvas.panel(left, TITLE, right, TITLE + AAR * share_up)
    lower = canvas.panel(left, upper.bottom + GAP + TITLE, right, canvas.room - FOOT)
    _points(upper, canvas, view.steps)
    upper.ax.set_xticks([])
    panel_title(canvas, (12, upper.top - 8), *_title(canvas, view, "Mean abnormal return"))
    zero = view.steps.window[0] - 1 if view.held else -1
    since = f"from the close of {view.steps.bar_noun} {tick_label(float(zero))}" if view.tau[0] <= zero else ""
    kind = "Mean buy-and-hold" if view.held else "Mean cumulative"
    panel_title(canvas, (12, lower.top - 8), kind if canvas.narrow else f"{kind} abnormal return", since)
    _cumulative(lower, canvas, view)
    upper.ax.set_xlim(lower.ax.get_xlim())  # one axis for both, so that a day stands above itself
    _below(lower, canvas, view.tau, _axis_words(view.steps.bar_noun))
    return lower


def _title(canvas: Canvas, view: MeanPath, words: str) -> tuple[str, str]:
    unit = "basis points" if view.unit.name == "bp" else view.unit.words
    return words, unit if canvas.narrow else f"{unit}, with {share(view.steps.level)} interval"


def aar_height(view: MeanSteps, width: float) -> float:
    return TITLE + 170.0 + FOOT


def slopes_height(view: MeanSteps, width: float) -> float:
    """Return the height of the slopes: that of a page's first figure where they are as wide as one."""
    return TITLE + (290.0 if width >= HERO else 170.0) + FOOT


def draw_aar(view: MeanSteps, canvas: Canvas) -> Panel:
    """Draw the mean abnormal return of each day with its interval; filled where it survives the number of days."""
    left, right = _edges(canvas)
    panel = canvas.panel(left, TITLE, right, canvas.room - FOOT)
    _points(panel, canvas, view)
    _below(panel, canvas, view.tau, _axis_words(view.bar_noun))
    return panel


def _points(panel: Panel, canvas: Canvas, view: MeanSteps) -> None:
    scale = view.unit.scale
    mean, low, high = view.mean * scale, view.low * scale, view.high * scale
    _steps(panel, view.tau, view.window, canvas)
    limits(panel, mean, low, high, -view.joint * scale, view.joint * scale)
    value_axis(panel, canvas, view.unit, ticks=3)
    if np.isfinite(view.joint).any():
        for side in (-1, 1):
            look: dict[str, Any] = {"color": canvas.look.edge, "linewidth": 1, "linestyle": (0, (1, 2))}
            panel.ax.plot(view.tau, side * view.joint * scale, zorder=1.5, **look)
    panel.ax.vlines(view.tau, low, high, color=canvas.look.one, linewidth=1.7, zorder=3)
    _name_window(panel, canvas, view.window, view.bar_noun)
    size = float(np.clip((panel.right - panel.left) / len(view.tau) / 2.6, 2.5, 6.0))
    for rows, fill in ((view.clear, canvas.look.one), (~view.clear, canvas.look.paper)):
        marks: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": canvas.look.one, "markersize": size}
        panel.ax.plot(view.tau[rows], mean[rows], linestyle="none", marker="o", zorder=4, **marks)
    if not canvas.narrow:
        adjusted = (
            f"Filled: p at most {1 - view.level:g} after adjusting for {len(view.tau)} {_days(view)}; dotted: its limit"
        )
        words = view.filled or adjusted
        for row, line in enumerate(wrapped(canvas, words, canvas.width - panel.right - 14)):
            canvas.text((panel.right + 8, panel.top + 12 + 13 * row), line, "soft")


def _days(view: MeanSteps) -> str:
    return f"{view.bar_noun}s"


def _cumulative(panel: Panel, canvas: Canvas, view: MeanPath) -> None:
    scale = view.unit.scale
    at = np.concatenate([[view.tau[0] - 1], view.tau]) if view.car.size > view.tau.size else view.tau
    car, low, high = view.car * scale, view.low * scale, view.high * scale
    _steps(panel, at, view.steps.window, canvas)
    limits(panel, car, low, high, np.array([view.ends[0], view.ends[1]]) * scale, pad=0.12)
    panel.ax.fill_between(at, low, high, color=canvas.look.one_soft, linewidth=0, zorder=1.2)
    for edge in (view.fan_low * scale, view.fan_high * scale):
        panel.ax.plot(at, edge, color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 2)), zorder=1.4, clip_on=True)
    panel.ax.plot(at, car, color=canvas.look.one, linewidth=2.2, zorder=4, marker="o", markersize=3)
    value_axis(panel, canvas, view.unit)
    _marked(panel, canvas, view, at)
    low_axis, high_axis = panel.ax.get_ylim()
    fan = view.unit.show(float(view.fan_low[-1])), view.unit.show(float(view.fan_high[-1]))
    off = float(view.fan_low[-1] * scale) < low_axis or float(view.fan_high[-1] * scale) > high_axis
    beside = [
        _Beside(panel.y(float(car[-1])), true_minus(f"{view.unit.show(float(view.car[-1]))} on {_last(view)}"), "one"),
        _Beside(
            panel.y(float(np.clip(low[-1], low_axis, high_axis))),
            f"{share(view.steps.level)} interval of the mean",
            "soft",
        ),
        _Beside(
            panel.bottom,
            true_minus(f"Dotted: 8 of 10 events, {fan[0]} to {fan[1]}{', off the axis' if off else ''}"),
            "soft",
        ),
    ]
    if view.reported_on_path and view.steps.window[1] == view.tau[-1]:
        beside = beside[1:]  # the mark of the window has that number
    if not canvas.narrow:
        _write(panel, canvas, beside)


class _Beside(NamedTuple):
    """Words to the right of the panel: the height they belong to, and their role in the look."""

    y: float
    words: str
    role: str


def _last(view: MeanPath) -> str:
    return f"{view.steps.bar_noun} {tick_label(float(view.tau[-1]))}"


def _write(panel: Panel, canvas: Canvas, beside: list[_Beside]) -> None:
    blocks = [wrapped(canvas, one.words, canvas.width - panel.right - 14) for one in beside]
    heights = [13.0 * len(lines) + 5 for lines in blocks]
    places = stacked([one.y for one in beside], heights, panel.top + 8, panel.bottom + 8)
    for place, lines, one in zip(places, blocks, beside, strict=True):
        for row, line in enumerate(lines):
            name: Any = one.role
            look: dict[str, Any] = {"fontweight": "bold" if one.role == "one" else "normal"}
            canvas.text((panel.right + 8, place + 4 + 13 * row), line, name, **look)


def _marked(panel: Panel, canvas: Canvas, view: MeanPath, at: np.ndarray) -> None:
    """Mark the end of the reported window with its mean and the interval of the primary test."""
    stop = view.steps.window[1]
    row = np.flatnonzero(at == stop)
    if not row.size or not np.isfinite(view.value):
        return
    scale, y = view.unit.scale, float(view.car[row[0]] * view.unit.scale)
    panel.ax.plot([stop], [y], marker="s", markersize=7, color=canvas.look.one, zorder=6)
    if view.reported_on_path and not np.isnan(view.ends).any():
        low, high = np.clip(view.ends * scale, *panel.ax.get_ylim())  # an open end leaves the figure
        panel.ax.vlines([stop], low, high, color=canvas.look.one, linewidth=1.4, zorder=5)
    words = true_minus(view.unit.of(view.value))
    x = panel.x(float(stop)) + 9
    wide = text_width(canvas, words, 12, bold=True)
    align, x = ("left", x) if x + wide < panel.right + 4 else ("right", panel.x(float(stop)) - 9)
    look: dict[str, Any] = {"fontweight": "bold", "fontsize": 12, "ha": align, "zorder": 7}
    canvas.text((x, panel.y(y) + (18 if y >= 0 else -10)), words, "one", **look, **halo(canvas))


def say_average(view: MeanPath) -> Said:
    unit, steps = view.unit, view.steps
    interval = ""
    if ends := between(unit, float(view.ends[0]), float(view.ends[1])):
        interval = f", {named_interval(steps.level, ends)} ({view.test})"
    title = true_minus(f"Mean {view.measure} {over(view.where)}: {unit.of(view.value)}")
    note = f"{view.count}, {view.against}"
    kind = "Buy-and-hold" if view.held else "Cumulative"
    alt = (
        f"{title}{interval}. {kind} {unit.of(float(view.car[-1]))} on {_last(view)}; eight of ten events between "
        f"{unit.of(float(view.fan_low[-1]))} and {unit.of(float(view.fan_high[-1]))} there."
    )
    return Said(title, note, true_minus(alt), steps.simulated)


def say_aar(view: MeanSteps) -> Said:
    unit = view.unit
    largest = int(np.nanargmax(np.abs(view.mean)))
    day = view.bar_noun
    clear = int(view.clear.sum())
    title = f"{clear or 'None'} of {len(view.tau)} {_days(view)} {'differs' if clear < 2 else 'differ'} from zero"
    what = "basis points" if unit.name == "bp" else unit.words
    note = f"Mean abnormal return of each {day}, {what}, with {share(view.level)} interval; {view.count}"
    alt = (
        f"Largest on {day} {tick_label(float(view.tau[largest]))}: {unit.of(float(view.mean[largest]))} "
        f"({unit.show(float(view.low[largest]))} to {unit.show(float(view.high[largest]))}); {clear} of "
        f"{len(view.tau)} {_days(view)} differ from zero after adjustment."
    )
    return Said(title, note, true_minus(alt), view.simulated)


def bands_height(view: EventBands, width: float) -> float:
    return TITLE + 190.0 + FOOT


def draw_car_bands(view: EventBands, canvas: Canvas) -> Panel:
    """Draw one event's CAR in event time with its pointwise and its simultaneous band."""
    left, right = _edges(canvas)
    panel, scale = canvas.panel(left, TITLE, right, canvas.room - FOOT), view.unit.scale
    _steps(panel, view.tau, (0, 0), canvas)
    car = view.car * scale
    halves = [(np.array(b.half) * scale, b.words) for b in (view.pointwise, view.joint) if b is not None]
    limits(panel, car, *(side * half for half, _ in halves for side in (-1, 1)))
    value_axis(panel, canvas, view.unit)
    beside = [_Beside(panel.y(float(car[-1])), true_minus(view.unit.show(float(view.car[-1]))), "one")]
    for place, (half, words) in enumerate(halves):
        if place == 0:
            panel.ax.fill_between(view.tau, -half, half, color=canvas.look.band, linewidth=0, zorder=0.3)
        for side in (-1, 1):
            dots: Any = (0, (1, 2)) if place == 0 else (0, (5, 3))
            panel.ax.plot(view.tau, side * half, color=canvas.look.edge, linewidth=1, linestyle=dots, zorder=2)
        beside.append(_Beside(panel.y(float(half[-1])), f"{'shaded' if place == 0 else 'dashed'}: {words}", "soft"))
    panel.ax.plot(view.tau, car, color=canvas.look.one, linewidth=2.2, marker="o", markersize=4, zorder=4)
    _name_window(panel, canvas, (0, 0), view.bar_noun)
    if not canvas.narrow:
        _write(panel, canvas, beside)
    _below(panel, canvas, view.tau, _axis_words(view.bar_noun))
    return panel


def say_bands(view: EventBands) -> Said:
    bands = "; ".join(f"{b.words}: {view.unit.of(b.half[-1], signed=False)}" for b in (view.pointwise, view.joint) if b)
    alt = f"{view.title} ends at {view.unit.of(float(view.car[-1]))}. Half-widths there: {bands or 'no band'}."
    unit = "basis points" if view.unit.name == "bp" else view.unit.words
    end = f"{view.unit.of(float(view.car[-1]))} on {view.bar_noun} {tick_label(float(view.tau[-1]))}"
    note = f"Cumulative abnormal return, {unit}, in event time"
    return Said(true_minus(f"{view.title}: {end}"), note, true_minus(alt), view.simulated)


def draw_volume_path(view: MeanSteps, canvas: Canvas) -> Panel:
    """Draw volume as a multiple of what is usual; one is the usual volume."""
    left, right = _edges(canvas)
    panel = canvas.panel(left, TITLE, right, canvas.room - FOOT)
    _steps(panel, view.tau, view.window, canvas)
    top = float(np.nanmax(view.high, initial=1.0))
    panel.ax.set_ylim(0, 1.1 * top)
    value_axis(panel, canvas, view.unit, signed=False)
    panel.ax.axhline(1, color=canvas.look.edge, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
    panel.ax.bar(view.tau, view.mean, width=0.7, color=canvas.look.hole, linewidth=0, zorder=1.5)
    inside = (view.tau >= view.window[0]) & (view.tau <= view.window[1])
    panel.ax.bar(view.tau[inside], view.mean[inside], width=0.7, color=canvas.look.one, linewidth=0, zorder=1.6)
    panel.ax.vlines(view.tau, view.low, view.high, color=canvas.look.edge, linewidth=1.2, zorder=3)
    _name_window(panel, canvas, view.window, view.bar_noun)
    if not canvas.narrow:
        _write(panel, canvas, [_Beside(panel.y(1.0), "dashed: usual volume", "soft")])
    _below(panel, canvas, view.tau, _axis_words(view.bar_noun))
    return panel


def say_volume(view: MeanSteps) -> Said:
    row = int(np.nanargmax(view.mean))
    largest = f"{view.mean[row]:.1f} times the usual volume on bar {tick_label(float(view.tau[row]))}"
    title = f"Volume: at most {largest}"
    return Said(title, f"Volume over its median on comparable days; {view.count}", f"{title}.", view.simulated)


def say_slopes(view: MeanSteps) -> Said:
    """Return the words of the slopes on a surprise."""
    largest = int(np.nanargmax(np.abs(view.mean)))
    day = f"{view.bar_noun} {tick_label(float(view.tau[largest]))}"
    unit = view.unit
    alt = (
        f"Largest slope on {day}: {unit.of(float(view.mean[largest]))} per unit of the surprise "
        f"({unit.show(float(view.low[largest]))} to {unit.show(float(view.high[largest]))})."
    )
    note = f"Slope of the cumulative abnormal return on the surprise, with {share(view.level)} interval; {view.count}"
    stop = np.flatnonzero(view.tau == view.window[1])
    title = "Response to the surprise"
    if stop.size and np.isfinite(view.mean[stop[0]]):
        window = window_label((0, view.window[1]), view.bar_noun)
        title = true_minus(f"Slope on the surprise, {window}: {unit.show(float(view.mean[stop[0]]))}")
        title += f"\u00a0{unit.name}" if unit.name else ""
        alt = f"{title}. {alt}"
    return Said(title, note, true_minus(alt), view.simulated)
