"""The response panel: byte-identical, no global state, stamped where simulated, never raising on text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

from eventstudy.report.canvas import figure_of, png, svg
from eventstudy.report.figures import FIGURES
from eventstudy.report.inline_svg import FigureText, inline_svg
from eventstudy.report.plots.figure_row import draw_bare, paint
from eventstudy.report.style import STYLES
from eventstudy.report.views import CarPath, Pause, ResponseView, pointwise_band
from eventstudy.show.numbers import Unit
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
    page = inline_svg(
        draw_bare(PANEL, made_view(title=text, instrument=text or "?"), "wide"), "a", FigureText(text, text)
    )
    ET.fromstring(page)  # noqa: S314
    assert b"<script" not in drawn
    assert "<script" not in page


def test_a_panel_without_prices_has_its_header() -> None:
    ax = draw_response(replace(made_view(instrument="RTS"), prices=None))
    assert any(words.startswith("RTS rose ") for words in words_of(ax))


def test_the_title_states_the_finding_and_where_the_path_ends() -> None:
    """By hand: a path that falls to -1.2% at 18:40 and stands at -0.5% an hour later."""
    view = made_view(instrument="Si")
    car = view.path.car.copy()
    car[1], car[-1] = -0.012, -0.005
    view = replace(view, path=replace(view.path, car=car))
    end = f"{datetime.fromtimestamp(view.path.at[-1] / 1e6, ZoneInfo('Europe/Moscow')):%H:%M}"
    said = PANEL.say(view)
    assert said.title == f"Si fell 120.0\u00a0bp by 18:40 and stood at \u221250.0\u00a0bp at {end}"
    assert f"\u221250.0\u00a0bp at {end}" in said.alt
    other = replace(view, unit=Unit("", "log volume", 1.0, 2))
    assert PANEL.say(other).title.startswith("Si: \u22120.01 by 18:40, ")


def test_days_without_prices_are_dates_in_the_title() -> None:
    """Daily returns have no prices: the closing time of every day would be the same clock twice."""
    view = made_view(instrument="IBM")
    at = view.reference_at + 86_400_000_000 * np.arange(len(view.path.at), dtype=np.int64)
    daily = replace(view, prices=None, path=replace(view.path, at=at), reported_at=int(at[1]))
    said = PANEL.say(daily)
    assert "by 14 Apr and stood at" in said.title
    assert ":" not in said.title
    assert "on 14 Apr" in said.alt


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_a_pause_is_named_with_its_times(width: str) -> None:
    view = made_view()
    start, stop = (int(datetime(2021, 4, 13, 15, at, tzinfo=UTC).timestamp() * 1e6) for at in (40, 55))
    paused = replace(view, pauses=(Pause(start, stop, "closing auction"),))
    named = " ".join(words_of(draw_response(paused, width=width)))
    assert ("closing auction, 18:40 to 18:55" if width == "wide" else "closing auction") in named
    assert "closing auction, 18:40 to 18:55." in PANEL.say(paused).alt
    start, stop = (int(at) for at in view.path.at[1:3])  # no bar from 18:40 to the first one after 19:00
    unnamed = " ".join(words_of(draw_response(replace(view, pauses=(Pause(start, stop),)), width=width)))
    assert ("no trading, 18:40 to 19:" if width == "wide" else "no trading") in unnamed


def test_volume_stands_beside_its_median_on_comparable_days() -> None:
    view = made_view()
    assert view.prices is not None
    assert "comparable days" not in words_of(draw_response(view))
    usual = np.full(len(view.prices.closes), 250_000.0)
    usual[0] = np.nan
    drawn = draw_response(replace(view, prices=replace(view.prices, usual=usual)))
    assert {"line: median of", "comparable days"} <= set(words_of(drawn))
    heights = {
        float(y)
        for part in figure_of(drawn).findobj(LineCollection)
        for segment in part.get_segments()
        for _, y in segment
        if len(segment) == 2 and segment[0][1] == segment[1][1]
    }
    assert 250_000.0 in heights


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
