"""The response panel: byte-identical, no global state, stamped where simulated, never raising on text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.report.canvas import figure_of, png, svg
from eventstudy.report.figures import FIGURES
from eventstudy.report.inline_svg import inline_svg
from eventstudy.report.plots.figure_row import draw_bare, paint
from eventstudy.report.style import STYLES
from eventstudy.report.views import CarPath, ResponseView, pointwise_band
from tests.report.made import made_view

LOOKS = sorted(set(STYLES) - {"page"})
PANEL = FIGURES["response_panel"]


def draw_response(view: ResponseView, ax: Any = None, *, style: str = "", width: str = "wide") -> Any:
    return paint(PANEL, view, ax, style=style, width=width)


def words_of(ax: object) -> list[str]:
    from matplotlib.text import Text

    figure = figure_of(ax)  # type: ignore[arg-type]
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


@pytest.mark.parametrize("style", LOOKS)
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_the_same_view_gives_the_same_bytes(style: str, width: str) -> None:
    pictures = [figure_of(draw_response(made_view(), style=style, width=width)) for _ in range(2)]
    assert png(pictures[0]) == png(pictures[1])
    assert svg(pictures[0]) == svg(pictures[1])
    assert png(pictures[0]).startswith(b"\x89PNG")


def test_nothing_global_is_touched() -> None:
    import sys

    before = dict(mpl.rcParams)
    png(figure_of(draw_response(made_view())))
    assert dict(mpl.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_both_clocks_are_below_the_panel() -> None:
    texts = words_of(draw_response(made_view()))
    assert "Moscow time" in texts
    assert "UTC" in texts
    assert "18:00" in texts
    assert "15:00" in texts


@pytest.mark.parametrize("style", LOOKS)
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_text_leaves_the_figure_and_no_tick_label_covers_another(style: str, width: str) -> None:
    view = made_view(title="Washington prepares sanctions on sovereign debt: a report of the call", simulated=True)
    ax = draw_response(view, style=style, width=width)
    figure = figure_of(ax)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())
    wide, tall = figure.get_size_inches()
    assert max(-box.x0, -box.y0, box.x1 - wide, box.y1 - tall) < 0.02
    clocks = [t for t in figure.findobj(Text) if len(t.get_text()) == 5 and t.get_text()[2] == ":"]
    rows: dict[int, list[Any]] = {}
    for clock in clocks:
        extent = clock.get_window_extent(canvas.get_renderer())
        rows.setdefault(round(extent.y0), []).append(extent)
    assert len(clocks) >= 6
    for boxes in rows.values():
        ordered = sorted(boxes, key=lambda one: one.x0)
        assert all(left.x1 < right.x0 for left, right in pairwise(ordered))


def test_axes_given_are_drawn_into_and_nothing_else() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8))
    left, right = figure.subplots(1, 2)
    right.plot([0, 1], [0, 1])
    ax = draw_response(made_view(), left)
    assert figure_of(ax) is figure
    assert ax.get_window_extent().x1 < right.get_window_extent().x0
    assert right.axison


def test_the_path_is_zero_at_the_last_price_before_and_its_reported_value_is_written() -> None:
    view = made_view()
    ax = draw_response(view)
    car = view.path.car * 1e4
    line = max(ax.lines, key=lambda one: one.get_linewidth() * np.size(one.get_ydata()))
    drawn = np.asarray(line.get_ydata())
    np.testing.assert_allclose(drawn[np.isfinite(drawn)], car, atol=1e-9)
    assert car[view.path.at == view.reference_at] == 0
    # The made price jumps by 1.14% at 18:40 on top of noise; the square and its label are at that close.
    assert f"{car[1]:+.1f} bp" in words_of(ax)
    assert f"{view.path.car[1] * 1e4:+.1f}\u00a0bp at 18:40" in PANEL.say(view).alt


@pytest.mark.parametrize(
    "text", ["$\\frac{1}{$", "$x^$", "a\x00b\x1b[31m", "\ud800", "‮gnp.exe", "x" * 10_000, "", "路透社 😀 עברית عربي"]
)
def test_hostile_text_is_drawn_as_text(text: str) -> None:
    ax = draw_response(made_view(title=text, instrument=text or "?"))
    drawn = svg(figure_of(ax))
    ET.fromstring(drawn)  # noqa: S314  made two lines above
    page = inline_svg(draw_bare(PANEL, made_view(title=text, instrument=text or "?"), "wide"), "a", (text, text))
    ET.fromstring(page)  # noqa: S314
    assert b"<script" not in drawn
    assert "<script" not in page


def test_a_panel_without_prices_has_its_header() -> None:
    ax = draw_response(replace(made_view(instrument="RTS"), prices=None))
    assert "Cumulative abnormal return of RTS" in words_of(ax)


@given(
    st.integers(5, 200),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    st.floats(-0.05, 0.05),
    st.integers(0, 2**32 - 1),
)
def test_a_path_leaves_the_placebo_band_exactly_where_its_test_rejects(
    days: int, level: float, car: float, seed: int
) -> None:
    placebo = np.random.default_rng(seed).normal(0, 0.01, (days, 1))
    band = pointwise_band(CarPath(np.array([0]), np.array([1]), np.array([car]), placebo, level=level))
    p = (1 + int((abs(placebo[:, 0]) >= abs(car)).sum())) / (days + 1)
    rejects = p <= 1 - level + 1e-12
    assert (band is not None and abs(car) > band.half[0]) == rejects
