"""What every figure shares: axes of values and of event time, labels at lines, the watermark of simulated data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.style import STYLES
from eventstudy.show.numbers import BP, Unit, true_minus

EM = 0.62  # mean width of a character over the size of its font, in the widest font a reader may have
WIDE_LETTER = 1.0 / EM  # a letter of Chinese, Japanese or Korean is as wide as its font is high
STAMP = "SIMULATED"


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a figure: what it shows, what is drawn, and the numbers that are drawn for who cannot see it."""

    title: str
    note: str
    alt: str
    simulated: bool = False


def text_width(canvas: Canvas, words: str, size: float = 11, *, bold: bool = False) -> float:
    """Return about how wide words are, in pixels."""
    letters = sum(WIDE_LETTER if east_asian_width(c) in "WF" else 1.0 for c in words)
    return letters * size * EM * (1.1 if bold else 1.0)


def shortened(canvas: Canvas, words: str, pixels: float, size: float = 11) -> str:
    """Return words cut at their end so that they fit into that many pixels."""
    if text_width(canvas, words, size) <= pixels:
        return words
    kept = words
    while len(kept) > 1 and text_width(canvas, f"{kept}…", size) > pixels:
        kept = kept[:-1].rstrip()
    return f"{kept}…"


def wrapped(canvas: Canvas, words: str, pixels: float, size: float = 11, *, bold: bool = False) -> list[str]:
    """Return words in lines that fit into that many pixels."""
    letters = max(8, int(pixels / (text_width(canvas, "x", size, bold=bold))))
    return textwrap.wrap(words, letters, break_on_hyphens=False) or [""]


def watermark(canvas: Canvas, *, simulated: bool) -> None:
    """Write SIMULATED across a figure, faintly and behind everything."""
    if not simulated:
        return
    size = max(14.0, min(64.0, canvas.width / 9, canvas.room / 3))
    look: dict[str, Any] = {"fontsize": size, "fontweight": "bold", "rotation": 14, "ha": "center", "va": "center"}
    place = (0.47, (canvas.room / 2) / canvas.height)
    words = canvas.ax.text(*place, STAMP, color=canvas.look.mark, transform=canvas.ax.transAxes, zorder=0, **look)
    words.set_gid("watermark")


def panel_title(canvas: Canvas, at: tuple[float, float], words: str, unit: str = "") -> None:
    """Write the name of a panel in bold and its unit beside it."""
    canvas.text(at, words, fontweight="bold", fontsize=12)
    if unit:
        canvas.text((at[0] + text_width(canvas, words, 12, bold=True) + 7, at[1]), unit, "soft", fontsize=12)


def value_axis(panel: Panel, canvas: Canvas, unit: Unit = BP, *, ticks: int = 4, signed: bool = True) -> None:
    """Draw the lines of round values and the zero line; ``panel`` holds numbers already multiplied by the unit."""
    from matplotlib.ticker import MaxNLocator

    low, high = panel.ax.get_ylim()
    found = [v for v in MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= v <= high]
    panel.ax.set_yticks(found, [tick_label(v, signed=signed) for v in found], parse_math=False)
    for v in found:
        panel.ax.axhline(v, color=canvas.look.grid, linewidth=1, zorder=0.5)
    if low <= 0 <= high:
        panel.ax.axhline(0, color=canvas.look.edge, linewidth=1, zorder=1)
    panel.ax.set_ylim(low, high)


def tick_label(value: float, *, signed: bool = True) -> str:
    """Return a number below an axis.

    >>> tick_label(-1000.0), tick_label(0.0), tick_label(12.5)
    ('−1,000', '0', '+12.5')
    """
    if abs(value) < 1e-9:
        return "0"
    shown = f"{value:+,.10g}" if signed else f"{value:,.10g}"
    return true_minus(shown)


def across(panel: Panel, canvas: Canvas, ticks: int, *, signed: bool = True) -> None:
    """Draw the lines of round values of a horizontal axis, its labels below."""
    from matplotlib.ticker import MaxNLocator

    low, high = panel.ax.get_xlim()
    found = [v for v in MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= v <= high]
    panel.ax.set_xticks(found, [tick_label(v, signed=signed) for v in found], parse_math=False)
    for v in found:
        panel.ax.axvline(v, color=canvas.look.grid, linewidth=1, zorder=0.5)
    if low <= 0 <= high:
        panel.ax.axvline(0, color=canvas.look.edge, linewidth=1, zorder=1)
    panel.ax.set_xlim(low, high)


def event_time_axis(panel: Panel, tau: FloatArray, canvas: Canvas, pixels: float) -> None:
    """Write event time below a panel: zero in bold, as many whole numbers as fit."""
    low, high = int(tau[0]), int(tau[-1])
    most = max(2, int(pixels / 34))
    stride = next((s for s in (1, 2, 5, 10, 20, 25, 50, 100, 250) if (high - low) / s < most), 500)
    ticks = list(range(-(-low // stride) * stride, high + 1, stride))
    panel.ax.set_xticks(ticks, [tick_label(t) for t in ticks], parse_math=False)
    for label, t in zip(panel.ax.get_xticklabels(), ticks, strict=True):
        label.set_color(canvas.look.ink)
        label.set_fontweight("bold" if t == 0 else "normal")


def limits(panel: Panel, *parts: FloatArray, unit: float = 1.0, pad: float = 0.08) -> None:
    """Let the vertical axis hold the finite numbers of every part and zero, with some room."""
    values = np.concatenate([np.ravel(np.asarray(part, dtype=np.float64)) for part in parts if np.size(part)])
    values = values[np.isfinite(values)] * unit
    low, high = (min(0.0, float(values.min())), max(0.0, float(values.max()))) if values.size else (-1.0, 1.0)
    room = pad * ((high - low) or 1.0)
    panel.ax.set_ylim(low - room, high + room)


def halo(canvas: Canvas) -> dict[str, Any]:
    """Return how words over lines are drawn: with a rim of paper, which a page adds by its style sheet."""
    if canvas.look == STYLES["page"] or len(canvas.look.paper) > 7:
        return {"gid": "halo"}
    from matplotlib.patheffects import withStroke

    return {"path_effects": [withStroke(linewidth=3, foreground=canvas.look.paper)]}


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places in their order at least ``gap`` apart and inside the bounds, each as near to its own as may be.

    >>> apart([10.0, 12.0, 50.0], 14.0, 0.0, 100.0)
    [4.0, 18.0, 50.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    centers = [float(places[i]) for i in order]
    for _ in range(50):
        for i in range(len(centers) - 1):
            if (short := gap - (centers[i + 1] - centers[i])) > 1e-9:
                centers[i], centers[i + 1] = centers[i] - short / 2, centers[i + 1] + short / 2
        if centers and centers[0] < low:
            centers[0] = low
        if centers and centers[-1] > high:
            centers[-1] = high
    found = [0.0] * len(places)
    for i, place in zip(order, centers, strict=True):
        found[i] = round(place, 6)
    return found


def stacked(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return the tops of blocks of text in their order, none over another, each as near to its place as may be.

    The last ends at ``high`` at the latest; where the room is too small, the first begins above ``low``.

    >>> stacked([10.0, 12.0, 90.0], [18.0, 31.0, 44.0], 0.0, 100.0)
    [7.0, 25.0, 56.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    tops, least = [], low
    for i in order:
        tops.append(max(float(places[i]), least))
        least = tops[-1] + heights[i]
    most = high
    for rank in reversed(range(len(order))):
        tops[rank] = most = min(tops[rank], most - heights[order[rank]])
    found = [0.0] * len(places)
    for i, top in zip(order, tops, strict=True):
        found[i] = round(top, 6)
    return found


def short_number(value: float) -> str:
    """Return a count with a letter for its size.

    >>> short_number(1_500_000), short_number(250), short_number(0)
    ('1.5 M', '250', '0')
    """
    for size, letter in ((1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"
