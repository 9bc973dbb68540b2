"""The response panel: byte-identical, no global state, stamped where simulated, never raising on text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.report.canvas import png, svg
from eventstudy.report.plots.sheet import draw_response
from eventstudy.report.style import STYLES
from eventstudy.report.variants import compact, figure_of
from eventstudy.report.views import CarPath, pointwise_band
from tests.report.made import made_view


def words_of(ax: object) -> list[str]:
    from matplotlib.text import Text

    figure = figure_of(ax)  # type: ignore[arg-type]
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


@pytest.mark.parametrize("style", sorted(STYLES))
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


def test_simulated_data_says_so_in_title_and_on_every_axis() -> None:
    ax = draw_response(made_view(simulated=True))
    figure = figure_of(ax)
    assert any("SIMULATED, not market data" in text for text in words_of(ax))
    drawn = [axes for axes in figure.axes if axes.axison and axes.get_ylabel()]
    assert len(drawn) == 3
    assert all("SIMULATED" in axes.get_ylabel() for axes in drawn)
    assert "SIMULATED" in drawn[-1].get_xlabel()
    assert not any("SIMULATED" in text for text in words_of(draw_response(made_view())))


def test_both_clocks_are_on_the_axis() -> None:
    texts = " ".join(words_of(draw_response(made_view())))
    assert "Moscow time (UTC+3), UTC in gray, 2021" in texts
    assert "18:00" in texts
    assert "15:00" in texts


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_text_leaves_the_figure_and_no_tick_label_covers_another(style: str, width: str) -> None:
    view = made_view(title="Washington prepares sanctions on sovereign debt: a report of the call", simulated=True)
    ax = draw_response(view, style=style, width=width)
    figure = figure_of(ax)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())
    wide, tall = figure.get_size_inches()
    assert max(-box.x0, -box.y0, box.x1 - wide, box.y1 - tall) < 0.02
    for axes in figure.axes:
        shown = [t for t in axes.get_xticklabels() if t.get_text().strip() and axes.axison]
        boxes = [t.get_window_extent(canvas.get_renderer()) for t in shown]
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_axes_given_are_drawn_into_and_nothing_else() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8))
    left, right = figure.subplots(1, 2)
    right.plot([0, 1], [0, 1])
    ax = draw_response(made_view(), left)
    assert ax.figure is figure
    assert ax.get_position().x1 < right.get_position().x0
    assert right.axison


def test_the_path_is_zero_at_the_last_clean_close_and_the_legend_tells_its_value() -> None:
    view = made_view()
    ax = draw_response(view)
    line = next(line for line in ax.lines if str(line.get_label()).startswith("CAR, "))
    np.testing.assert_allclose(np.asarray(line.get_ydata()), view.path.car * 1e4, atol=1e-9)
    assert np.asarray(line.get_ydata())[view.path.at == view.reference_at] == 0
    # The made price jumps by 1.14 % at 18:40 on top of noise; the legend tells the close of 18:40.
    assert line.get_label() == f"CAR, {view.path.car[1] * 1e4:+.1f} bp at 18:40"


@pytest.mark.parametrize(
    "text", ["$\\frac{1}{$", "$x^$", "a\x00b\x1b[31m", "\ud800", "‮gnp.exe", "x" * 10_000, "", "路透社 😀 עברית عربي"]
)
def test_hostile_text_is_drawn_as_text(text: str) -> None:
    ax = draw_response(made_view(title=text, instrument=text or "?"))
    drawn = svg(figure_of(ax))
    ET.fromstring(drawn)  # noqa: S314  made two lines above
    ET.fromstring(compact(drawn))  # noqa: S314
    assert b"<script" not in drawn


def test_a_panel_without_prices_has_its_header() -> None:
    ax = draw_response(replace(made_view(title="Only returns"), prices=None))
    assert "Only returns" in words_of(ax)


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
