"""Every row of FIGURES, on every result that has what it shows."""

from __future__ import annotations

import inspect
import io
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from eventstudy.abnormal.windows import Window
from eventstudy.errors import UnknownNameError, UsageError
from eventstudy.news.items import Event, EventTime
from eventstudy.report.build import chosen
from eventstudy.report.canvas import figure_of, png, svg
from eventstudy.report.figure_data import placebo_view, response_view
from eventstudy.report.figures import FIGURES, figure, shape_of
from eventstudy.report.grid_data import heat_view
from eventstudy.report.many_data import dots_view, mean_placebo_view
from eventstudy.report.plots.figure_row import Pick
from eventstudy.report.plots.sizes import verdict
from eventstudy.report.reaction_data import groups_view, surprise_view
from eventstudy.report.sizes import placebo_size_view, sizes_view
from eventstudy.report.style import STYLES
from eventstudy.report.views import CarPath, joint_band, pointwise_band
from eventstudy.study.load import load_study
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec
from tests.reactions.made import listed, market_of, study
from tests.report.made import made_bars, made_calibration, made_cluster, made_market, made_result, moscow

ROOT = Path(__file__).parents[2]
HAS = {
    "response_panel": "event",
    "average": "cluster",
    "dots": "cluster",
    "instruments": "event",
    "placebo": "event",
    "placebo_mean": "event",
    "horizons": "early",
    "distribution": "cluster",
    "agreement": "cluster",
    "heatmap": "cluster",
    "groups": "reactions",
    "surprise": "reactions",
    "specifications": "reactions",
    "aar": "cluster",
    "car_bands": "variance",
    "fit": "market",
    "volume_path": "event",
    "assumed_times": "event",
    "car_by_time": "event",
    "calendar": "cluster",
    "calibration": "calibrated",
    "placebo_size": "variance",
}
LOOKS = [name for name in STYLES if name != "page"]


@cache
def result(kind: str, *, simulated: bool = False) -> Any:
    if kind == "cluster":
        return replace(made_cluster(), simulated=simulated)
    if kind == "reactions":
        frame, pairs = market_of(24)
        surprise = np.random.default_rng(3).normal(0, 2, len(pairs))
        for (code, row), size in zip(pairs, surprise, strict=True):
            frame.iloc[row, list(frame).index(code)] += 0.01 * size
        events = listed(frame, pairs, news=["good", "bad"] * 12, surprise=surprise)
        asked = {"groups": {"by": ["news"]}, "surprise": {"column": "surprise", "standardize": False}}
        asked |= {"specifications": {"windows": [(0, 0), (-1, 1)], "tests": ["bmp", "cross_sectional_t"], "draws": 99}}
        return replace(study(frame, events, **asked), simulated=simulated)
    if kind == "early":
        bars = [made_bars(code, seed=row + 1, simulated=simulated) for row, code in enumerate(("SBER", "VTBR"))]
        day = bars[0].frame.index[-1].strftime("%Y-%m-%d")
        event = Event("call", EventTime(moscow(f"{day}T14:05"), moscow(f"{day}T14:27")))
        return run_study(StudySpec(name="early", tests=("placebo",), event=(0, 0)), [event], bars)
    if kind == "one":
        return made_result(codes=("SBER",), simulated=simulated)
    if kind == "market":
        return replace(made_market(), simulated=simulated)
    if kind == "calibrated":
        return made_calibration(simulated=simulated)
    more = {} if kind == "event" else {"event": (-2, 0), "model": "constant_mean", "estimation": (-200, -11)}
    return made_result(simulated=simulated, **more)


def test_every_figure_has_a_result_here() -> None:
    assert set(HAS) == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_bytes_twice_and_touches_nothing_global(name: str) -> None:
    before = dict(mpl.rcParams)
    made = [figure_of(FIGURES[name](result(HAS[name]))) for _ in range(2)]
    assert png(made[0]) == png(made[1])
    assert svg(made[0]) == svg(made[1])
    assert dict(mpl.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_a_row_of_the_heat_map_names_an_instrument_once() -> None:
    result = made_cluster(events=3)
    pairs, code = result.abnormal.pairs, result.abnormal.instruments
    table = replace(pairs.table, given=np.array([f"{one}-28.02.2022" for one in pairs.table.instruments]))
    named = replace(result, abnormal=replace(result.abnormal, pairs=replace(pairs, table=table)))
    assert set(heat_view(named).rows) == {f"{one}-28.02.2022" for one in code}
    assert set(heat_view(result).rows) == {"S00 e0", "S01 e1", "S02 e2"}


def test_a_long_instrument_name_fits_above_its_panel_on_a_phone() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    long = made_result(codes=("USD000UTSTOM", "EUR_RUB__TOM"), simulated=True)
    drawn = figure_of(FIGURES["instruments"](long, width="narrow"))
    box = drawn.get_tightbbox(FigureCanvasAgg(drawn).get_renderer())
    assert box.x1 <= drawn.get_size_inches()[0]


def test_a_notebook_shows_a_figure_as_a_picture() -> None:
    drawn = figure_of(result("event").plot())
    assert drawn._repr_png_() == png(drawn)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("style", LOOKS)
def test_every_style_and_width_keeps_its_text_inside(name: str, style: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for width in ("wide", "side", "narrow", "print") if style == "light" else ("wide",):
        for simulated in (False, True):
            drawn = figure_of(FIGURES[name](result(HAS[name], simulated=simulated), style=style, width=width))
            box = drawn.get_tightbbox(FigureCanvasAgg(drawn).get_renderer())
            wide, tall = drawn.get_size_inches()
            outside = max(-box.x0, -box.y0, box.x1 - wide, box.y1 - tall)
            assert outside < 0.02, f"{name} {style} {width} {simulated}: {outside:.2f} inches outside"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_in_a_subplot_covers_nothing_of_its_neighbors(name: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(16, 12))
    left, right = drawn.subplots(1, 2)
    ax = FIGURES[name](result(HAS[name]), left)
    assert figure_of(ax) is drawn
    assert inspect.signature(FIGURES[name]).parameters["ax"].default is None
    drawn.draw_without_rendering()
    own = right.get_tightbbox(FigureCanvasAgg(drawn).get_renderer())
    inside = left.get_tightbbox(FigureCanvasAgg(drawn).get_renderer())
    assert inside.x1 <= own.x0 + 40, f"{name} ends at {inside.x1:.0f}, its neighbor begins at {own.x0:.0f}"


@pytest.mark.parametrize("name", HAS)
def test_simulated_data_says_so_once_above_and_once_across(name: str) -> None:
    from matplotlib.text import Text

    drawn = figure_of(FIGURES[name](result(HAS[name], simulated=True)))
    texts = [t.get_text() for t in drawn.findobj(Text)]
    assert texts.count("SIMULATED") == 2
    assert not any("SIMULATED" in text for text in texts if text != "SIMULATED")
    real = figure_of(FIGURES[name](result(HAS[name])))
    assert not any("SIMULATED" in t.get_text() for t in real.findobj(Text))


@pytest.mark.parametrize("name", HAS)
def test_a_title_may_be_chosen_or_left_out(name: str) -> None:
    from matplotlib.text import Text

    def texts(title: str | None) -> list[str]:
        drawn = figure_of(FIGURES[name](result(HAS[name]), title=title))
        return [t.get_text() for t in drawn.findobj(Text)]

    assert "My words" in texts("My words")
    row = FIGURES[name]
    said = row.say(row.cut(result(HAS[name]), Pick()))
    words = said.title.split()[0]
    assert any(text.startswith(words) for text in texts(None))
    assert len(texts("")) < len(texts(None))


def test_a_study_plots_the_figure_of_its_shape() -> None:
    assert shape_of(result("event")) == "response_panel"
    assert shape_of(result("cluster")) == "average"
    assert shape_of(made_result(codes=("A", "B", "C", "D", "E", "F"))) == "dots"
    kinds = {kind: figure_of(result("cluster").plot(kind=kind)) for kind in ("", "average", "distribution")}
    assert png(kinds[""]) == png(kinds["average"]) != png(kinds["distribution"])
    with pytest.raises(UnknownNameError, match="distribution"):
        result("cluster").plot(kind="distributions")


def test_a_figure_for_a_notebook_is_transparent() -> None:
    from PIL import Image

    with Image.open(io.BytesIO(png(figure_of(result("cluster").plot(style="notebook"))))) as picture:
        assert picture.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_an_unknown_figure_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="now called 'dots'"):
        figure("forest")
    with pytest.raises(UnknownNameError, match="response_panel"):
        figure("response_pannel")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("placebo", "cluster"),
        ("car_by_time", "cluster"),
        ("placebo_size", "event"),
        ("calibration", "event"),
        ("fit", "cluster"),
        ("groups", "cluster"),
        ("surprise", "cluster"),
        ("horizons", "cluster"),
        ("volume_path", "cluster"),
        ("average", "one"),
        ("distribution", "one"),
    ],
)
def test_a_figure_without_its_data_says_what_is_missing(name: str, kind: str) -> None:
    with pytest.raises(UsageError, match=r"\w+"):
        FIGURES[name](result(kind))


def test_an_unknown_response_lists_the_known() -> None:
    with pytest.raises(UsageError, match="call SBER"):
        response_view(result("event"), "call", "GAZP")


def test_the_view_starts_at_the_reference_close_and_ends_at_the_car() -> None:
    view = response_view(result("event"), "call", "VTBR")
    assert view.prices is not None
    prices = dict(zip(view.prices.closes.tolist(), view.prices.price.tolist(), strict=True))
    # tau = 0 runs from the last close before the news to the first close after it.
    path = dict(zip(view.path.at.tolist(), view.path.car.tolist(), strict=True))
    assert path[view.reference_at] == 0
    expected = np.log(prices[view.first_at] / prices[view.reference_at])
    assert abs(path[view.first_at] - expected) < 1e-12
    assert view.reported_at == view.first_at
    assert view.zone == "Europe/Moscow"


def test_a_window_before_the_news_starts_one_close_earlier() -> None:
    view = response_view(result("variance"), clock=False)
    assert view.prices is not None
    rows = view.prices.closes.tolist()
    assert view.path.tau.tolist() == [-3, -2, -1, 0]
    assert rows.index(int(view.path.at[0])) == rows.index(view.reference_at) - 2
    assert view.path.car[view.path.tau == -1] == 0


def test_the_placebo_figure_counts_as_the_test_does() -> None:
    shown = placebo_view(result("event"))
    p = (1 + int((np.abs(shown.cars) >= abs(shown.car)).sum())) / (len(shown.cars) + 1)
    tested = next(r for r in result("event").to_dict()["responses"] if r["instrument"] == shown.instrument)
    assert abs(tested["tests"]["placebo"]["pvalue"] - p) < 1e-12


def test_the_placebo_figure_has_the_days_of_the_test_where_minutes_are_missing() -> None:
    whole = made_bars("SBER")
    after = whole.frame.index.tz_convert("Europe/Moscow").strftime("%H:%M") == "18:40"
    holes = after & (np.arange(len(after)) < len(after) - 1) & (np.cumsum(after) % 2 == 0)
    bars = replace(whole, frame=whole.frame[~holes])
    last = f"{bars.frame.index[-1]:%Y-%m-%d}"
    spec = StudySpec(name="holes", tests=("placebo",), event=(-3, 1), windows=((0, 0),))
    event = Event("call", EventTime(moscow(f"{last}T18:05"), moscow(f"{last}T18:27")))
    study = run_study(spec, [event], bars)
    shown = placebo_view(study)
    assert study.placebo is not None
    assert len(study.placebo.ar[0]) < 25 < len(shown.cars)  # every other day lacks the last bar of the event window
    tested = study.to_dict()["responses"][0]["tests"]["placebo"]
    assert tested["n"] == len(shown.cars)


def test_figures_show_the_very_days_that_the_test_counts() -> None:
    loaded = load_study(ROOT / "data/studies/biden-putin-fixing.toml")
    found = run_study(loaded.spec, loaded.events, loaded.data)
    tested = found.to_dict()["responses"][0]["tests"]["placebo"]
    shown = placebo_view(found)
    assert found.placebo is not None
    assert len(shown.cars) == tested["n"] > len(found.placebo.ar[0]), "more days have the window than the whole path"
    assert tested["pvalue"] == (1 + (np.abs(shown.cars) >= abs(shown.car)).sum()) / (tested["n"] + 1)
    view = response_view(found, clock=False)
    band, at = pointwise_band(view.path), int(np.flatnonzero(view.path.tau == 0)[0])
    assert band is not None
    assert (abs(view.path.car[at]) > band.half[at]) == (tested["pvalue"] <= 0.05)


def test_the_dots_hold_every_response_and_the_mean_that_is_tested() -> None:
    view, study = dots_view(result("cluster")), result("cluster").to_dict()
    assert len(view.names) == 30
    assert np.isfinite(view.low).all()
    shared = next(a for a in study["aggregates"] if a["window"] == [0, 0])
    assert view.mean is not None
    assert view.mean.move == shared["caar"]
    assert view.mean.p == shared["tests"][study["primary"]["test"]]["pvalue"]
    # Each interval is the estimate and t quantiles of its own variance, as the single-event test has it.
    single = [r for r in study["responses"] if r["window"] == [0, 0]]
    for row, low, high in zip(single, view.low, view.high, strict=True):
        test = row["tests"]["time_series_t"]
        np.testing.assert_allclose([low, high], [test["low"], test["high"]], rtol=1e-9)


def test_the_mean_over_instruments_is_ranked_among_the_means_of_shared_days() -> None:
    study = result("event")
    view = mean_placebo_view(study)
    assert view.car == pytest.approx(np.mean([r["car"] for r in study.to_dict()["responses"]]))
    days = [
        dict(zip(r.path.placebo_day.tolist(), r.path.raw_placebo[:, r.path.first], strict=True)) for r in study.response
    ]
    shared = sorted(set(days[0]) & set(days[1]))
    expected = [(days[0][d] + days[1][d]) / 2 for d in shared]
    np.testing.assert_allclose(np.sort(view.cars), np.sort([v for v in expected if np.isfinite(v)]))


def test_groups_and_slopes_are_those_of_the_tables() -> None:
    found = result("reactions")
    view, rows = groups_view(found), found.to_frame("groups").query("start == 0 and stop == 0")
    np.testing.assert_array_equal(view.move, rows["mean"])
    np.testing.assert_array_equal(view.high, rows["high"])
    slopes, table = surprise_view(found), found.to_frame("surprise")
    np.testing.assert_array_equal(slopes.mean, table["slope"])
    # The returns were built with 100 bp per unit of the surprise, at tau = 0 and for good.
    assert slopes.low[slopes.tau == 0] < 0.01 < slopes.high[slopes.tau == 0]
    assert {s.picture.name for s in chosen(found)} >= {"groups", "surprise"}


def test_the_calibration_figure_shows_what_calibrate_found() -> None:
    view = sizes_view(result("calibrated"))
    # 120 of 1,000 where 50 are promised, and a correctly sized test at 5% gives 37 to 64 of 1,000 (binomial, 95 %).
    assert view.names == ("Patell", "placebo")
    assert view.share[:, 1].tolist() == [0.12, 0.048]
    assert verdict(view) == "1 of 2 tests are correctly sized at 5%; Patell rejects\u00a012%"
    several = [*result("calibrated"), replace(result("calibrated")[0], window=Window(0, 5))]
    assert sizes_view(several).names == ("Patell [0, 0]", "placebo [0, 0]", "Patell [0, +5]")


def test_calibration_counts_rejections_on_placebo_days() -> None:
    view = placebo_size_view(result("variance"))
    assert ((view.observed >= 0) & (view.observed <= 1)).all()
    assert (np.diff(view.observed) >= 0).all()
    assert ((view.low <= view.nominal) & (view.nominal <= view.high)).all()


def test_the_joint_band_holds_its_share_of_whole_paths() -> None:
    rng = np.random.default_rng(3)
    placebo = np.cumsum(rng.normal(0, 0.01, (399, 12)), axis=1)
    path = CarPath(np.arange(12), np.arange(1, 13), placebo[0], placebo, level=0.95)
    joint, pointwise = joint_band(path), pointwise_band(path)
    assert joint is not None
    assert pointwise is not None
    outside = (np.abs(placebo) > np.array(joint.half) + 1e-15).any(axis=1)
    # floor(0.05 * 400) = 20: the band is the 20th largest path's, so 19 of 399 leave it.
    assert outside.sum() == 19
    assert all(j > p for j, p in zip(joint.half, pointwise.half, strict=True))
