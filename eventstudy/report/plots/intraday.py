"""The intraday response: every instrument of one event on one clock, and the move against the assumed moment."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.arrays import MINUTE_US, FloatArray, IntArray, instant_us
from eventstudy.report.canvas import Box, drawing, margins, new_axes
from eventstudy.report.plots.parts import (
    INCHES_PER_CHARACTER,
    STAMP,
    blank,
    frame,
    legend,
    legend_inches,
    short_numbers,
    y_title,
)
from eventstudy.report.style import Style, for_figure
from eventstudy.report.time_axis import TimeScale, draw_time_axis, ticks, time_scale
from eventstudy.show.numbers import bp, p_is, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eventstudy.news.items import EventTime
    from eventstudy.response.values import Path, Response

WIDTHS = {"wide": 7.6, "narrow": 4.1}
CAR_INCHES, VOLUME_INCHES, GAP, LINE = 1.55, 0.5, 0.3, 0.19
WORDS = [
    "abnormal move",
    "range of ordinary days, whole path",
    "news became public",
    "auction, clearing or fixing",
    "range of ordinary days, each moment",
    "usual volume",
    "no trading",
]


def draw_instruments(
    responses: Sequence[Response], time: EventTime, ax: Axes | None, *, style: str, width: str
) -> Axes:
    """Draw one panel per instrument: the path with its bands over the placebo days, and volume below it."""
    simulated = any(response.simulated for response in responses)
    with drawing(style) as look:
        inches = WIDTHS[width]
        left = 1.02 if simulated else 0.84
        top = 0.2 + LINE * (2 if simulated else 1) + legend_inches(WORDS, inches - left - 0.2) + 0.3
        parts = [(response, part) for response in responses for part in _parts(response)]
        tall = top + 0.95 + sum(size + GAP for _, (_, size) in parts)
        sheet = ax if ax is not None else new_axes(inches, tall)
        box = margins(sheet, (left, 0.95, 0.2, top), own=ax is None)
        sheet.set_axis_off()
        figure = sheet.get_figure(root=True)
        assert figure is not None  # noqa: S101  an Axes always has a figure here
        scale = _shared_scale(responses)
        made = _rows(figure, box, [size for _, (_, size) in parts])
        for axes, (response, (name, _)) in zip(made, parts, strict=True):
            DRAWN[name](axes, response, scale, look)
            _pauses(axes, response, scale, look)
            _shade(axes, time, scale, look)
            _closed(axes, responses, scale, look)
        _finish(made, scale, responses[0].zone, (look, box.width, simulated))
        _headline(made[0], box, look, simulated=simulated)
        return made[0]


def _parts(response: Response) -> list[tuple[str, float]]:
    volume = np.isfinite(response.path.volume).any()
    return [("path", CAR_INCHES), *([("volume", VOLUME_INCHES)] if volume else [])]


def _shared_scale(responses: Sequence[Response]) -> TimeScale:
    shown = [r.path.closes[r.path.start :][r.path.open[r.path.start :]] for r in responses]
    known = np.unique(np.concatenate(shown))
    return time_scale(known, max(MINUTE_US, int(np.diff(known).min()) if len(known) > 1 else MINUTE_US))


def _rows(figure: Figure, box: Box, heights: list[float]) -> list[Axes]:
    mean = sum(heights) / len(heights)
    place = {"left": box.left, "right": box.right, "bottom": box.bottom, "top": box.top}
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights, hspace=GAP / mean, **place)
    return [figure.add_subplot(grid[row]) for row in range(len(heights))]


def _draw_path(ax: Axes, response: Response, scale: TimeScale, style: Style) -> None:
    path = response.path
    rows = np.flatnonzero(path.open & (np.arange(len(path.open)) >= path.start))
    rows, at = _with_breaks(path, rows, scale)
    car, wide, joint = (
        1e4 * np.where(rows < 0, np.nan, values[rows]) for values in (path.car, path.pointwise, path.joint)
    )
    ax.axhline(0.0, color=style.muted, linewidth=0.8, zorder=1)
    ax.fill_between(at, -wide, wide, color=style.band, alpha=0.25, linewidth=0, zorder=1)
    for side in (-1, 1):
        ax.plot(at, side * joint, color=style.joint, linewidth=1.1, linestyle="--", zorder=2)
    ax.plot(at, car, color=style.main, linewidth=1.7, zorder=4)
    drawn = np.pad(np.isfinite(car), 1)
    lone = drawn[1:-1] & ~drawn[:-2] & ~drawn[2:]  # an auction between two pauses has one price and no line
    ax.plot(at[lone], car[lone], color=style.main, marker="o", markersize=4, linestyle="none", zorder=4)
    reached = (move for move in reversed(response.moves) if move.minutes == move.minutes)
    last = next(reached, response.first)  # a horizon that the data do not reach is in no title
    when = f"after {last.label[1:]}" if last.label.startswith("+") else f"at the {last.label} close after the news"
    words = f"{for_figure(response.instrument, 30)}: {bp(last.value)} bp {when}, {p_is(last.pvalue)}"
    look: dict[str, Any] = {"loc": "left", "fontsize": _fitting(words, ax), "pad": 3, "parse_math": False}
    ax.set_title(words, color=style.ink, **look)
    ax.margins(y=0.12)
    y_title(ax, "CAR, bp", simulated=response.simulated)


def _with_breaks(path: Path, rows: IntArray, scale: TimeScale) -> tuple[IntArray, FloatArray]:
    """Return rows and places to draw, with a row -1 wherever trading paused, so that no line crosses the pause."""
    after = np.flatnonzero(np.diff(rows) > 1) + 1
    return np.insert(rows, after, -1), np.insert(scale.place(path.closes[rows]), after, np.nan)


def _pauses(ax: Axes, response: Response, scale: TimeScale, style: Style) -> None:
    """Shade the stretches of the window in which this instrument does not trade."""
    path = response.path
    rows = np.flatnonzero(path.open & (np.arange(len(path.open)) >= path.start))
    for before, after in itertools.pairwise(rows):
        if after - before > 1:
            ends = scale.place(path.closes[[before, after - 1]])
            ax.axvspan(float(ends[0]), float(ends[1]), zorder=0, **_closed_look(style))


def _closed_look(style: Style) -> dict[str, Any]:
    return {"facecolor": style.paper, "edgecolor": style.band, "hatch": "////", "linewidth": 0}


def _fitting(words: str, ax: Axes) -> float:
    """Return the size at which one line fits above the axes: nine points, less for a long name on a phone."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    inches = float(ax.get_position().width * figure.get_size_inches()[0])
    return max(6.0, min(9.0, 9.0 * inches / (len(words) * INCHES_PER_CHARACTER)))


def _draw_volume(ax: Axes, response: Response, scale: TimeScale, style: Style) -> None:
    path = response.path
    rows = np.flatnonzero(path.open & (np.arange(len(path.open)) >= path.start))
    at = scale.place(path.closes[rows])
    ax.bar(at - 0.5, np.nan_to_num(path.volume[rows]), width=0.9, color=style.muted, linewidth=0, zorder=2)
    usual, places = _with_breaks(path, rows, scale)
    median = np.where(usual < 0, np.nan, path.volume_median[usual])
    ax.step(places, median, where="pre", color=style.down, linewidth=1.0, linestyle=":", zorder=3)
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", nbins=2)
    short_numbers(ax)
    y_title(ax, "Volume", simulated=response.simulated)


DRAWN = {"path": _draw_path, "volume": _draw_volume}


def _shade(ax: Axes, time: EventTime, scale: TimeScale, style: Style) -> None:
    start, stop = (float(v) for v in scale.place(np.array([instant_us(time.earliest), instant_us(time.latest)])))
    ax.axvspan(start, max(stop, start + 0.3), facecolor=style.event, alpha=0.28, linewidth=0, zorder=0)
    for edge in (start, stop):
        ax.axvline(edge, color=style.event, linewidth=1.0, linestyle="--", zorder=1)


def _closed(ax: Axes, responses: Sequence[Response], scale: TimeScale, style: Style) -> None:
    """Mark auctions and other seams, each at the moment it begins, on every panel."""
    seams = {instant_us(c.at) for r in responses for c in r.confounders if c.where == "event"}
    for at in seams:
        ax.axvline(float(scale.place(at)), color=style.muted, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)


def _finish(made: list[Axes], scale: TimeScale, zone: str, look: tuple[Style, float, bool]) -> None:
    style, inches, simulated = look
    span = float(scale.places[-1] - scale.places[0])
    for ax in made:
        frame(ax, style)
        ax.set_xlim(scale.places[0] - 0.02 * span, scale.places[-1] + 0.02 * span)
        if ax is made[-1]:
            draw_time_axis(ax, scale, zone, inches)
            ax.set_xlabel(ax.get_xlabel() + (" (SIMULATED)" if simulated else ""), parse_math=False, wrap=True)
        else:
            ax.set_xticks(scale.place(ticks(scale, zone, inches)), labels=[])
        ax.locator_params(axis="y", nbins=4)


def _headline(ax: Axes, box: Box, style: Style, *, simulated: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=style.main, linewidth=1.7, label=WORDS[0]),
        Line2D([], [], color=style.joint, linewidth=1.1, linestyle="--", label=WORDS[1]),
        Patch(facecolor=style.event, edgecolor=style.event, alpha=0.4, linestyle="--", label=WORDS[2]),
        Line2D([], [], color=style.muted, linewidth=0.9, linestyle=(0, (1, 2)), label=WORDS[3]),
        Patch(color=style.band, alpha=0.4, label=WORDS[4]),
        Line2D([], [], color=style.down, linewidth=1.0, linestyle=":", label=WORDS[5]),
        Patch(label=WORDS[6], **_closed_look(style)),
    ]
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101  an Axes always has a figure here
    tall = float(figure.get_size_inches()[1])
    above = box.top + 0.28 / tall
    holder = figure.add_axes((box.left, above, box.right - box.left, 0.001))
    holder.set_axis_off()
    legend(holder, handles, box.width)
    top = above + (legend_inches(WORDS, box.width) + 0.06) / tall
    lines = ["The response on one clock", *([STAMP] if simulated else [])]
    for row, line in enumerate(lines):
        color = style.stamp if row else style.ink
        figure.text(box.left, top + row * LINE / tall, line, va="bottom", color=color, fontweight="bold")


def draw_assumed_times(response: Response, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw the move after each assumed moment of the news, with the bands of the same curve on placebo days."""
    curve = response.assumed_times
    assert curve is not None  # noqa: S101  the figure's door refuses a response without a curve
    with blank(ax, style, size, bottom=1.0, simulated=response.simulated) as on:
        look = on.style
        scale = time_scale(curve.at, max(MINUTE_US, int(np.diff(curve.at).min())))
        at = scale.place(curve.at)
        on.ax.axhline(0.0, color=look.muted, linewidth=0.8)
        wide, joint = 1e4 * curve.pointwise, 1e4 * curve.joint
        band = on.ax.fill_between(at, -wide, wide, color=look.band, alpha=0.25, linewidth=0)
        band.set_label(f"{share(response.level)} of ordinary days, each moment")
        dashes: dict[str, Any] = {"color": look.joint, "linewidth": 1.1, "linestyle": "--"}
        edges = on.ax.plot(at, joint, label=f"{share(response.level)} of ordinary days, all moments", **dashes)
        on.ax.plot(at, -joint, **dashes)
        marker = "o" if len(at) <= 60 else ""
        drawn = on.ax.plot(at, 1e4 * curve.move, color=look.main, linewidth=1.8, marker=marker, markersize=3.5)
        drawn[0].set_label(f"move over the next {curve.minutes} trading minutes")
        words = f"{for_figure(response.instrument, 40)}: the move by the assumed moment of the news"
        on.head(f"{words}, {p_is(curve.pvalue)} for all moments", [*drawn, band, *edges])
        draw_time_axis(on.ax, scale, response.zone, on.inches)
        stamp = " (SIMULATED)" if response.simulated else ""
        on.ax.set_xlabel(f"Assumed moment, {on.ax.get_xlabel()}{stamp}", parse_math=False, wrap=True)
        y_title(on.ax, "Move, bp", simulated=response.simulated)
        return on.ax
