"""Tests side by side: their p-values on a log scale, and how often each rejects where nothing happened."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventstudy.report.canvas import Canvas, Panel
from eventstudy.report.many_views import Agreement
from eventstudy.report.plots.parts import Said, text_width, wrapped
from eventstudy.report.style import for_figure
from eventstudy.report.views import PlaceboSize, Sizes
from eventstudy.show.numbers import p_is, pvalue, share, true_minus

NOMINAL, LEAST = 0.05, 1e-4
ROW, HEAD, FOOT = 25.0, 24.0, 44.0


def agreement_height(view: Agreement, width: float) -> float:
    return HEAD + ROW * max(2, len(view.tests)) + FOOT


def draw_agreement(view: Agreement, canvas: Canvas) -> Panel:
    """Draw the p-value of every test; the primary one is shaded, the 5% line is dashed."""
    longest = max(text_width(canvas, t, 11, bold=True) for t in view.tests)
    left = min(24 + longest, 0.56 * canvas.width)
    panel = canvas.panel(left, HEAD, canvas.width - 62, canvas.room - FOOT)
    panel.ax.set_xlim(np.log10(LEAST) - 0.25, 0.15)
    panel.ax.set_ylim(len(view.tests) - 0.4, -0.6)
    panel.ax.set_yticks([])
    wide = panel.right - panel.left > 220
    marks = (LEAST, 0.001, 0.01, 0.1, 1.0) if wide else (0.001, 0.1, 1.0)
    names = ["<0.0001" if mark == LEAST else f"{mark:g}" for mark in marks]
    panel.ax.set_xticks(np.log10(marks), names, parse_math=False)
    for mark in marks:
        panel.ax.axvline(np.log10(mark), color=canvas.look.grid, linewidth=1, zorder=0.5)
    line = np.log10(1 - view.level)
    panel.ax.axvline(line, color=canvas.look.two, linewidth=1.4, linestyle=(0, (4, 3)), zorder=2)
    canvas.text((panel.x(line), HEAD - 8), f"{(1 - view.level) * 100:g}%", "two", ha="center", fontweight="bold")
    letters = max(8, int((left - 18) / text_width(canvas, "x", 11, bold=True)))
    for row, (name, p) in enumerate(zip(view.tests, view.p, strict=True)):
        y, primary = panel.y(float(row)), row == view.primary
        if primary:
            panel.ax.axhspan(row - 0.45, row + 0.45, color=canvas.look.band, zorder=0.3, linewidth=0)
        clear = bool(p <= 1 - view.level)
        fill = canvas.look.one if clear else canvas.look.paper
        look: dict[str, Any] = {"markeredgecolor": canvas.look.one if clear else canvas.look.edge, "markersize": 6.5}
        place = np.log10(max(float(p), LEAST))
        panel.ax.plot([place], [row], marker="s" if clear else "o", markerfacecolor=fill, zorder=4, **look)
        lines = wrapped(canvas, true_minus(name), left - 18, bold=True)[:2]  # a row has room for two
        for number, words in enumerate(lines):
            at = (12, y + 4 + 12 * (number - (len(lines) - 1) / 2))
            canvas.text(at, for_figure(words, letters), fontweight="bold" if primary else "normal")
        canvas.text((canvas.width - 8, y + 4), pvalue(p), "ink" if primary else "soft", ha="right")
    canvas.text(((panel.left + panel.right) / 2, canvas.room - 8), "p-value, log scale", "soft", ha="center")
    return panel


def say_agreement(view: Agreement) -> Said:
    clear = int((view.p <= 1 - view.level).sum())
    line = f"{(1 - view.level) * 100:g}%"
    title = "Do the tests agree?"
    where = f"{view.window[:1].upper()}{view.window[1:]}: " if view.window else ""
    note = f"{where}{clear} of {len(view.p)} tests {'is' if clear == 1 else 'are'} at or below {line}"
    if view.primary >= 0:
        note += f"; shaded: the primary test, {view.tests[view.primary]}"
    alt = "; ".join(f"{name} {p_is(float(p))}" for name, p in zip(view.tests, view.p, strict=True))
    return Said(title, true_minus(note), true_minus(alt), view.simulated)


def sizes_height(view: Sizes, width: float) -> float:
    return HEAD + 3 * 15.0 * max(2, len(view.names)) + FOOT


def draw_sizes(view: Sizes, canvas: Canvas) -> Panel:
    """Draw one row per test and nominal size: its rejection rate over the range of a correctly sized test."""
    longest = max(text_width(canvas, n, 11, bold=True) for n in view.names)
    left = min(24 + longest, 0.4 * canvas.width)
    panel = canvas.panel(left, HEAD, canvas.width - 118, canvas.room - FOOT)
    panel.ax.set_xlim(0, 1.08 * float(max(view.share.max(), view.high.max())))
    panel.ax.set_ylim(len(view.names) - 0.5, -0.5)
    panel.ax.set_yticks([])
    _percent(panel, canvas)
    levels = len(view.levels)
    letters = max(8, int((left - 18) / text_width(canvas, "x", 11, bold=True)))
    for row, name in enumerate(view.names):
        canvas.text((12, panel.y(float(row)) + 4), for_figure(name, letters), fontweight="bold")
        for column, level in enumerate(view.levels):
            at = row + 0.27 * (column - (levels - 1) / 2)
            low, high, found = (float(v[row, column]) for v in (view.low, view.high, view.share))
            panel.ax.hlines([at], low, high, color=canvas.look.hole, linewidth=6, zorder=2)
            right = low <= found <= high
            look: dict[str, Any] = {"markerfacecolor": canvas.look.paper if right else canvas.look.two}
            look["markeredgecolor"] = canvas.look.ink if right else canvas.look.two
            panel.ax.plot([found], [at], marker="o" if right else "s", markersize=5.5, zorder=4, **look)
            words = f"{found * 100:.1f}% of {share(float(level))}"
            canvas.text(
                (canvas.width - 8, panel.y(at) + 4), words, "soft" if right else "two", ha="right", fontsize=10.5
            )
    canvas.text(
        ((panel.left + panel.right) / 2, canvas.room - 8), "rejection rate without an effect", "soft", ha="center"
    )
    return panel


def _percent(panel: Panel, canvas: Canvas) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = panel.ax.get_xlim()
    count = max(2, int((panel.right - panel.left) / 60))
    found = [v for v in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= v <= high]
    panel.ax.set_xticks(found, [f"{v * 100:g}%" for v in found])
    for v in found:
        panel.ax.axvline(v, color=canvas.look.grid, linewidth=1, zorder=0.5)


def verdict(view: Sizes) -> str:
    """Return how many tests are correctly sized at 5%, and the worst of the others."""
    at = int(np.argmin(np.abs(view.levels - NOMINAL)))
    found, low, high = view.share[:, at], view.low[:, at], view.high[:, at]
    correct = int(((found >= low) & (found <= high)).sum())
    count = f"{correct} of {len(found)} tests are correctly sized at {share(float(view.levels[at]))}"
    if correct == len(found):
        return count
    worst = int(np.argmax(np.where((found < low) | (found > high), np.abs(found - view.levels[at]), -1.0)))
    return f"{count}; {view.names[worst]} rejects\u00a0{found[worst] * 100:.0f}%"


def say_sizes(view: Sizes) -> Said:
    fewest, most = int(view.draws.min()), int(view.draws.max())
    count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    note = (
        f"{view.title}: rejection rate at each nominal size; bar: 95% range of a correctly sized test, {count} p-values"
    )
    numbers = "; ".join(
        f"{name} " + ", ".join(f"{s * 100:.1f}% of {share(float(v))}" for s, v in zip(row, view.levels, strict=True))
        for name, row in zip(view.names, view.share, strict=True)
    )
    return Said(verdict(view), note, numbers, view.simulated)


def placebo_size_height(view: PlaceboSize, width: float) -> float:
    return 16 + 220.0 + FOOT


def draw_placebo_size(view: PlaceboSize, canvas: Canvas) -> Panel:
    """Draw the rejection rate on days without an event against the nominal size."""
    panel = canvas.panel(48, 16, canvas.width - (14 if canvas.narrow else 150), canvas.room - FOOT)
    top = float(view.nominal[-1])
    panel.ax.set_xlim(0, top)
    panel.ax.set_ylim(0, 1.08 * float(max(view.high.max(), view.observed.max(), top)))
    _percent(panel, canvas)
    marks = [v for v in panel.ax.get_yticks() if v <= panel.ax.get_ylim()[1]]
    panel.ax.set_yticks(marks, [f"{v * 100:g}%" for v in marks])
    panel.ax.fill_between(view.nominal, view.low, view.high, color=canvas.look.band, linewidth=0, zorder=0.3)
    panel.ax.plot([0, top], [0, top], color=canvas.look.edge, linestyle=(0, (4, 3)), linewidth=1.2)
    panel.ax.plot(view.nominal, view.observed, color=canvas.look.one, marker="o", markersize=3.5, linewidth=2)
    if not canvas.narrow:
        canvas.text(
            (panel.right + 8, panel.y(float(view.observed[-1])) + 4), "rejection rate", "one", fontweight="bold"
        )
        canvas.text((panel.right + 8, panel.y(top) + 18), "nominal size", "soft")
    canvas.text(((panel.left + panel.right) / 2, canvas.room - 8), "nominal size", "soft", ha="center")
    return panel


def say_placebo_size(view: PlaceboSize) -> Said:
    at = int(np.argmin(abs(view.nominal - NOMINAL)))
    found = f"{view.observed[at] * 100:.1f}% rejected at a nominal {view.nominal[at] * 100:g}%"
    band = f"{view.low[at] * 100:.1f}% to {view.high[at] * 100:.1f}%"
    note = f"{view.title}: rejection rate of the time-series t test without an effect; shaded: {view.words}"
    return Said(found, note, f"{found}; {view.words}: {band}.", view.simulated)
