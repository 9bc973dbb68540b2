"""The intraday response: every instrument of one event on one clock, and the move by the assumed time of the news."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.arrays import MINUTE_US, instant_us
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.plots.moments import MarkedClock, alone, broken, news_label, set_clock, shade
from eventstudy.report.plots.parts import Said, across, limits, text_width, value_axis, wrapped
from eventstudy.report.style import for_figure
from eventstudy.report.time_axis import draw_time_axis, local_clocks, ticks, time_scale
from eventstudy.report.views import AssumedMoves, Horizons, InstrumentPath, Instruments
from eventstudy.show.numbers import local, p_is, share, true_minus, zone_name

SMALL, FOOT, HEAD, ROW, MOST = 150.0, 26.0, 24.0, 26.0, 12


def columns_of(view: Instruments, width: float) -> int:
    return min(2 if width < 480 else 3, len(view.paths))


def instruments_height(view: Instruments, width: float) -> float:
    rows = -(-min(len(view.paths), MOST) // columns_of(view, width))
    return rows * (HEAD + SMALL + FOOT) + 12


def draw_instruments(view: Instruments, canvas: Canvas) -> Panel:
    """Draw one small panel per instrument, all with the same axes."""
    shown = view.paths[:MOST]
    across, rows = columns_of(view, canvas.width), -(-len(shown) // columns_of(view, canvas.width))
    wide, high = (canvas.width - 8) / across, (canvas.room - 12) / rows
    panels = []
    scaled = [value for one in shown for value in (one.car, one.joint, -one.joint)]
    for at, one in enumerate(shown):
        left, top = 8 + (at % across) * wide, (at // across) * high
        panel = canvas.panel(left + 44, top + HEAD, left + wide - 14, top + high - FOOT)
        moments = _moments(one, view)
        set_clock(panel, moments)
        shade(panel, canvas, moments)
        limits(panel, *scaled, unit=view.unit.scale)
        _path(panel, canvas, one, moments)
        value_axis(panel, canvas, view.unit, ticks=3)
        value = true_minus(f"{view.unit.show(one.value)}{one.at_words}")
        room = wide - 14 - text_width(canvas, value, 11, bold=True) - 16
        canvas.text((left + 2, top + 15), _cut(canvas, one.name, room), fontweight="bold")
        canvas.text((left + wide - 14, top + 15), value, "one", ha="right", fontweight="bold")
        _clocks(panel, canvas, moments)
        panels.append(panel)
    return panels[0]


def _cut(canvas: Canvas, words: str, room: float) -> str:
    return for_figure(words, max(4, int(room / text_width(canvas, "x", 11, bold=True))))


def _moments(one: InstrumentPath, view: Instruments) -> MarkedClock:
    step = int(np.diff(one.at).min()) if len(one.at) > 1 else MINUTE_US
    return MarkedClock(time_scale(one.at, max(step, 1)), view.earliest, view.latest, one.pauses, view.zone)


def _path(panel: Panel, canvas: Canvas, one: InstrumentPath, moments: MarkedClock) -> None:
    at, car, joint = broken(moments, one.at, one.car * 1e4, one.joint * 1e4)
    panel.ax.fill_between(at, -joint, joint, color=canvas.look.band, linewidth=0, alpha=0.8, zorder=0.3)
    for side in (-1, 1):
        panel.ax.plot(at, side * joint, color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
    panel.ax.plot(at, car, color=canvas.look.one, linewidth=2, zorder=4)
    lone = alone(car)
    panel.ax.plot(at[lone], car[lone], color=canvas.look.one, marker="o", markersize=4, linestyle="none", zorder=4)


def _clocks(panel: Panel, canvas: Canvas, moments: MarkedClock) -> None:
    """Write two or three round times below a small panel."""
    at = ticks(moments.scale, moments.zone or "UTC", (panel.right - panel.left) / 72 * 0.75)
    panel.ax.set_xticks(moments.scale.place(at), [""] * len(at))
    for instant, label in zip(at, local_clocks(at, moments.zone or "UTC"), strict=True):
        canvas.text((panel.x(float(moments.scale.place(int(instant)))), panel.bottom + 15), label, "soft", ha="center")


def say_instruments(view: Instruments) -> Said:
    unit = view.unit
    numbers = "; ".join(f"{for_figure(one.name, 40)} {unit.of(one.value)}{one.at_words}" for one in view.paths[:MOST])
    more = f" The first {MOST} of {len(view.paths)}." if len(view.paths) > MOST else ""
    what = "Cumulative abnormal return, basis points" if unit.name == "bp" else f"Cumulative, {unit.words}"
    note = f"{what}; band: {share(view.level)} of comparable days stay inside throughout.{more}"
    count = f"{len(view.paths)} instruments" if len(view.paths) > 1 else "The instrument"
    return Said(f"{count} on one clock", note, true_minus(numbers), view.simulated)


def assumed_height(view: AssumedMoves, width: float) -> float:
    return 34.0 + 190.0 + 52.0


def draw_assumed_times(view: AssumedMoves, canvas: Canvas) -> Panel:
    """Draw the move by the assumed time of the news, with the bands of the same curve on comparable days."""
    moments = MarkedClock(time_scale(view.at, max(MINUTE_US, view.step_us)), view.earliest, view.latest, (), view.zone)
    right = canvas.width - (14 if canvas.narrow else 150)
    panel = canvas.panel(54, 34, right, canvas.room - 52)
    set_clock(panel, moments)
    ends = shade(panel, canvas, moments)
    news_label(canvas, ends, 28, moments, (54, canvas.width - 8))
    at, move, wide, joint = broken(
        moments, view.at, *(v * view.unit.scale for v in (view.move, view.pointwise, view.joint))
    )
    limits(panel, move, joint, -joint, wide, -wide)
    value_axis(panel, canvas, view.unit)
    if np.isfinite(wide).any():
        panel.ax.fill_between(at, -wide, wide, color=canvas.look.band, linewidth=0, alpha=0.9, zorder=0.3)
    for side in (-1, 1):
        panel.ax.plot(at, side * joint, color=canvas.look.edge, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
    look: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(at) <= 40 else {}
    style: dict[str, Any] = {"drawstyle": "steps-post"} if view.stepped else {}
    panel.ax.plot(at, move, color=canvas.look.one, linewidth=2.2, zorder=4, **look, **style)
    if not canvas.narrow:
        known = move[np.isfinite(move)]
        for row, line in enumerate(wrapped(canvas, view.label, 140)):
            role: Any = "one"
            y = float(np.clip(panel.y(known[-1]), 48, panel.bottom - 40))
            canvas.text((panel.right + 8, y + 13 * row), line, role)
    draw_time_axis(panel, canvas, moments.scale, view.zone)
    return panel


def say_assumed(view: AssumedMoves) -> Said:
    """Return the words: the range of the move over the times that the news may have come."""
    ends = instant_us(view.earliest), instant_us(view.latest)
    inside = view.move[(view.at >= ends[0]) & (view.at <= ends[1])]
    inside = inside[np.isfinite(inside)] if np.isfinite(inside).any() else view.move[np.isfinite(view.move)]
    unit, code = view.unit, for_figure(view.instrument, 40)
    low, high = (unit.show(float(v)) for v in (inside.min(), inside.max()))
    moves = f"{low} to {high}\u00a0{unit.name}" if low != high else unit.of(float(inside.min()))
    certainty = f"; {p_is(view.pvalue)} for all times together" if np.isfinite(view.pvalue) else ""
    bands = (
        "; shaded: 95% of comparable days at each time, dotted: over all times" if np.isfinite(view.joint).any() else ""
    )
    title = f"{code}: {moves} by the assumed time of the news"
    note = f"{view.label}{certainty}{bands}"
    public = f"{local(view.earliest, view.zone, '%H:%M')} to {local(view.latest, view.zone, '%H:%M')}"
    alt = f"{title}. {note}. News public {public} {zone_name(view.zone)}."
    return Said(true_minus(title), true_minus(note), true_minus(alt), view.simulated)


def horizons_height(view: Horizons, width: float) -> float:
    return 16.0 + ROW * len(view.labels) + 48.0


def draw_horizons(view: Horizons, canvas: Canvas) -> Panel:
    """Draw the move since the last price before the news at several times, each with its interval."""
    unit, n = view.unit, len(view.labels)
    left = 22 + max(text_width(canvas, label, 11, bold=True) for label in view.labels)
    panel = canvas.panel(left, 10, canvas.width - 66, canvas.room - 42)
    low, high, move = (v * unit.scale for v in (view.low, view.high, view.move))
    ends = np.concatenate([low, high, move, [0.0]])
    ends = ends[np.isfinite(ends)]
    room = 0.08 * (ends.max() - ends.min() or 1.0)
    panel.ax.set_xlim(ends.min() - room, ends.max() + room)
    panel.ax.set_ylim(n - 0.4, -0.6)
    panel.ax.set_yticks([])
    _value_lines(panel, canvas)
    rows = np.arange(n)
    panel.ax.hlines(rows, low, high, color=canvas.look.one, linewidth=1.6, zorder=3)
    for row in rows:
        marker = "s" if row == 0 else "o"
        panel.ax.plot([move[row]], [row], marker=marker, markersize=6.5, color=canvas.look.one, zorder=4)
        look: dict[str, Any] = {"fontweight": "bold" if row == 0 else "normal"}
        y = panel.y(float(row)) + 4
        canvas.text((12, y), view.labels[row], **look)
        canvas.text((canvas.width - 8, y), true_minus(unit.show(view.move[row])), "one", ha="right", **look)
    words = f"basis points since {view.since}" if unit.name == "bp" else f"{unit.words} since {view.since}"
    canvas.text(((left + canvas.width - 66) / 2, canvas.room - 10), words, "soft", ha="center")
    return panel


def _value_lines(panel: Panel, canvas: Canvas) -> None:
    across(panel, canvas, 3 if canvas.width < 480 else 6)


def say_horizons(view: Horizons) -> Said:
    unit = view.unit
    numbers = "; ".join(
        f"{label} {unit.of(float(m))} ({unit.show(float(a))} to {unit.show(float(b))})"
        for label, m, a, b in zip(view.labels, view.move, view.low, view.high, strict=True)
    )
    first, last = (f"{unit.of(float(view.move[at]))} at {view.labels[at]}" for at in (0, -1))
    title = true_minus(f"{for_figure(view.instrument, 30)}: {last}, after {first}")
    note = f"Distance from the price at {view.since}, with {share(view.level)} interval"
    return Said(title, note, true_minus(numbers), view.simulated)
