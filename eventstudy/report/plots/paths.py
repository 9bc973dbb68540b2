"""Paths in event time: one event with pointwise and joint bands, and the average of many over their faint lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.plots.parts import Blank, blank
from eventstudy.report.style import for_figure
from eventstudy.report.views import AveragePath, Band, CarPath, ResponseView, joint_band, pointwise_band
from eventstudy.show.numbers import bp

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_EVENTS = 300
NEWS = "the step that holds the news"


def tau_axis(on: Blank, tau: np.ndarray) -> None:
    """Put whole numbers of bars below the axes."""
    from matplotlib.ticker import MaxNLocator

    on.ax.xaxis.set_major_locator(MaxNLocator(nbins=max(3, int(on.inches * 1.6)), integer=True, min_n_ticks=1))
    span = max(1, int(tau[-1]) - int(tau[0]))
    on.ax.set_xlim(int(tau[0]) - 0.03 * span, int(tau[-1]) + 0.06 * span)


def draw_car_bands(view: ResponseView, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw one event's CAR from zero, the pointwise and the joint band, both named with their days."""
    path = view.path
    with blank(ax, style, size, simulated=view.simulated) as on:
        on.ax.axhline(0, color=on.style.muted, linewidth=0.8)
        look: dict[str, Any] = {"color": on.style.main, "marker": "o", "markersize": 4, "linewidth": 1.9, "zorder": 4}
        drawn: list[Any] = on.ax.plot(path.tau, path.car * 1e4, **look)
        drawn[0].set_label("cumulated abnormal return")
        drawn += band_handles(on, path)
        drawn.append(on.ax.axvspan(-1, 0, alpha=0.2, linewidth=0, color=on.style.event, label=NEWS, zorder=0))
        on.head(f"{for_figure(view.instrument, 40)}: {view.title or view.event}", drawn)
        on.axes("Event time tau, bars (tau = 0 holds the news)", "CAR, bp")
        tau_axis(on, path.tau)
        return on.ax


def band_handles(on: Blank, path: CarPath) -> list[Any]:
    """Draw both bands and return what the legend shows: a fill for one, dashes for the other."""
    made: list[Any] = []
    pointwise, joint = pointwise_band(path), joint_band(path)
    if pointwise is not None:
        made.append(fill(on, path.tau, pointwise))
    if joint is not None:
        half = np.array(joint.half) * 1e4
        dashes: dict[str, Any] = {"color": on.style.down, "linewidth": 1.2, "linestyle": "--", "zorder": 2}
        made += on.ax.plot(path.tau, half, label=joint.words, **dashes)
        on.ax.plot(path.tau, -half, **dashes)
    return made


def fill(on: Blank, at: np.ndarray, band: Band) -> Any:
    half = np.array(band.half) * 1e4
    made = on.ax.fill_between(at, -half, half, color=on.style.band, alpha=0.25, linewidth=0, label=band.words)
    on.ax.plot(at, half, color=on.style.band, linestyle=":", linewidth=0.9)
    on.ax.plot(at, -half, color=on.style.band, linestyle=":", linewidth=0.9)
    return made


def draw_average(path: AveragePath, ax: Axes | None, style: str, size: tuple[float, float]) -> Axes:
    """Draw every event's CAR faintly, the mean (CAAR) with its band over them, the mean of each bar (AAR) as bars."""
    with blank(ax, style, size, simulated=path.simulated) as on:
        at = np.concatenate([[path.tau[0] - 1], path.tau])
        shown = path.cars[:MOST_EVENTS]
        lines = np.hstack([np.zeros((len(shown), 1)), shown]) * 1e4
        faint: dict[str, Any] = {
            "color": on.style.band,
            "linewidth": 0.6,
            "alpha": max(0.08, min(0.5, 15 / len(shown))),
        }
        events: list[Any] = on.ax.plot(at, lines.T, zorder=1, **faint)
        more = f" (first {MOST_EVENTS} drawn)" if len(path.cars) > MOST_EVENTS else ""
        events[0].set_label(f"{len(path.cars)} events{more}")
        bars = on.ax.bar(path.tau, path.aar * 1e4, width=0.55, color=on.style.event, alpha=0.55, hatch="//", zorder=2)
        bars.set_label("AAR, mean of each bar")
        caar = np.concatenate([[0.0], path.caar]) * 1e4
        half = np.concatenate([[0.0], path.half]) * 1e4
        on.ax.axhline(0, color=on.style.muted, linewidth=0.8)
        mean: list[Any] = on.ax.plot(at, caar, color=on.style.main, marker="o", markersize=4, linewidth=2.1, zorder=5)
        mean[0].set_label("CAAR, mean cumulated")
        cloud = on.ax.fill_between(
            at, caar - half, caar + half, color=on.style.main, alpha=0.18, linewidth=0, label=path.words, zorder=3
        )
        focus(on, lines, caar, half)
        on.head(
            f"{path.title}: CAAR {bp(float(path.caar[-1]))} bp at tau = {int(path.tau[-1])}",
            [
                *mean,
                cloud,
                bars,
                events[0],
            ],
        )
        on.axes("Event time tau, bars (tau = 0 holds the news)", "bp")
        tau_axis(on, at)
        return on.ax


def focus(on: Blank, lines: np.ndarray, caar: np.ndarray, half: np.ndarray) -> None:
    """Let the mean fill the figure: single events may leave it, as they would otherwise flatten what matters."""
    wide = float(np.nanquantile(np.abs(lines), 0.9)) if lines.size else 0.0
    reach = 1.15 * max(wide, float(np.nanmax(np.abs(caar) + half, initial=0.0)), 1.0)
    on.ax.set_ylim(-reach, reach)
