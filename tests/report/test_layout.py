"""How a page is laid out: nothing twice at its top, figures beside a tall one, one axis per figure, phones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import Notice
from eventstudy.report.build import build
from eventstudy.report.figure_data import event_dots
from eventstudy.report.figures import FIGURES
from eventstudy.report.html import layout, render_page
from eventstudy.report.markdown import render_markdown
from eventstudy.report.plots.figure_row import Pick, draw_bare
from eventstudy.report.plots.grids import same_hour
from eventstudy.report.plots.parts import shortened, text_width
from eventstudy.report.tables import Column
from tests.report.made import made_cluster, made_result

SIX = ("SBER", "VTBR", "MTLR", "RASP", "TRNFP", "GAZP")


def axes_of(name: str, view: Any) -> list[Any]:
    return list(draw_bare(FIGURES[name], view, "wide").axes[0].child_axes)


def test_the_sentence_below_the_title_does_not_repeat_it() -> None:
    report = build(made_result())
    page, moved = report.page, report.page.finding[0]
    assert "the prices moved: SBER" in moved
    assert page.stand == page.finding[1:]
    assert "the prices moved" not in render_page(page, report.pictures)
    assert "the prices moved" in render_markdown(page, {})


def test_many_instruments_of_one_event_are_no_independent_observations() -> None:
    report = build(made_result(codes=SIX))
    assert report.page.stand[0].startswith(("None of 6", "1 of 6", "2 of 6", "3 of 6", "4 of 6", "5 of 6", "6 of 6"))
    assert "p at most 0.05" in report.page.stand[0]
    spoilers = next(s for s in report.page.sections if s.name == "spoilers")
    assert any("6 moves at one time are not 6 independent observations" in point for point in spoilers.points)
    assert next(s for s in report.shown if s.picture.name == "distribution").picture.caption.startswith(
        "Each dot is one instrument"
    )


@pytest.mark.parametrize(("codes", "beside"), [(("SBER",), 2), (SIX, 2)])
def test_a_tall_figure_has_two_beside_it(codes: tuple[str, ...], beside: int) -> None:
    found = layout(build(made_result(codes=codes)).page)
    assert len(found["beside"]) == beside
    assert not {p.name for p in found["beside"]} & {p.name for p in found["third"]}


def test_a_phone_keeps_the_last_later_move_or_an_adjusted_p_value_in_its_place() -> None:
    page = build(made_result()).page
    table = page.front.table
    assert table is not None

    def minor(*names: str) -> set[str]:
        columns = tuple(Column(name, name, "words") for name in ("pvalue", *names))
        shown = replace(table, columns=columns, rows=(("0.01",) * len(columns),))
        left_out: set[str] = layout(replace(page, front=replace(page.front, table=shown)))["minor"]
        return left_out.intersection(names)

    assert minor("later_0", "later_1", "later_2") == {"later_0", "later_1"}
    assert minor("adjusted", "later_0", "later_1") == {"later_0", "later_1"}


def test_a_day_stands_above_itself_in_both_parts_of_the_average() -> None:
    view = FIGURES["average"].cut(made_cluster(), None)
    upper, lower = axes_of("average", view)[:2]
    assert upper.get_xlim() == lower.get_xlim()
    left = [(a.get_position().x0, a.get_position().x1) for a in (upper, lower)]
    assert left[0] == pytest.approx(left[1])


def test_events_at_one_hour_of_the_day_are_counted_by_day_or_longer() -> None:
    dots = event_dots(made_cluster(events=40))
    day = 86_400_000_000
    at = np.arange(40, dtype=np.int64) * 9 * day + 10 * 3_600_000_000
    used = np.arange(40) % 4 != 0
    daily = replace(dots, events=tuple(map(str, range(40))), earliest=at, latest=at, used=used, zone="UTC")
    assert same_hour(daily)
    assert not same_hour(replace(daily, earliest=at + np.arange(40) * 1_800_000_000 % (6 * 3_600_000_000)))
    panel = axes_of("calendar", daily)[0]
    heights = [patch.get_height() for patch in panel.patches]
    assert sum(heights) == 40
    assert sum(heights[: len(heights) // 2]) == 30
    assert FIGURES["calendar"].say(daily).note == "Orange: not used (10 of 40 observations)"


def test_authors_have_their_letters_on_a_page_and_ascii_elsewhere() -> None:
    result = made_cluster()
    report = build(result)
    page = render_page(report.page, report.pictures)
    assert "Kolari\u2013Pynn\u00f6nen" in page
    assert "Kolari-Pynnonen" not in page
    assert "Kolari\u2013Pynn\u00f6nen" in result._repr_html_()
    assert "Kolari-Pynnonen" not in result._repr_html_()
    assert "Kolari-Pynnonen" in result.summary()
    assert result.summary().replace("\u00a0", " ").isascii()


def test_the_plot_of_a_notebook_ends_where_the_figure_of_the_page_ends() -> None:
    result = made_cluster()
    view = FIGURES["average"].cut(result, None)
    last = f"{float(view.car[-1]) * 1e4:+,.1f}".replace("-", "\u2212")
    assert f"{last}\u00a0bp at the end" in result._repr_html_()
    assert float(view.car[int(np.flatnonzero(view.tau == 0)[0])]) == 0.0


def one_daily(shares: int) -> Any:
    """Return a study of one event on simulated daily returns with a market, and its returns and market."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2020-01-01", periods=300)
    index = pd.Series(rng.normal(0, 0.01, 300), days, name="INDEX")
    names = [f"S{place}" for place in range(shares)]
    returns = pd.DataFrame(1.3 * index.to_numpy()[:, None] + rng.normal(0, 0.01, (300, shares)), days, names)
    at = days[280].tz_localize("America/New_York") + pd.Timedelta("10h")
    events = pd.DataFrame({"id": ["e"] * shares, "instrument": names, "time": [at] * shares})
    closes = "16:00 America/New_York"
    return es.event_study(events, returns=returns, market=index, closes_at=closes), returns, index


def test_the_fit_shows_the_estimation_window() -> None:
    result, returns, index = one_daily(1)
    view = FIGURES["fit"].cut(result, Pick())
    gray = ~view.marked
    # 240 days, from 250 to 11 days before, as they are in the frame; the line goes through them by least squares.
    assert np.allclose(np.sort(view.x[gray]), np.sort(index.iloc[30:270].to_numpy()))
    assert np.allclose(np.sort(view.y[gray]), np.sort(returns["S0"].iloc[30:270].to_numpy()))
    assert np.allclose(np.polyfit(view.x[gray], view.y[gray], 1), [view.slope, view.intercept])
    assert np.allclose(view.y[view.marked], returns["S0"].iloc[280:282])
    assert "estimation" not in str(result.to_dict().keys())
    page = layout(build(result).page)
    assert [picture.name for picture in page["beside"]] == ["fit"]
    assert page["printed"] == 0
    assert {part.count for part in page["folded"]} & {"1 row"}


def test_the_fit_of_many_observations_shows_their_event_window() -> None:
    result, returns, _ = one_daily(6)
    assert result.estimation_returns is None
    view = FIGURES["fit"].cut(result, Pick("e", "S3"))
    assert np.allclose(view.y, returns["S3"].iloc[275:286])


def test_every_code_of_a_warning_is_complete_on_the_page() -> None:
    """It was cut at 20 letters, so that the order of harm did not know it."""
    result = made_result()
    both = (Notice("ES-CLUSTERED", "Days."), Notice("ES-EVENT-ALL-INSTRUMENTS", "No instrument."))
    report = build(replace(result, notices=both))
    points = next(s for s in report.page.sections if s.name == "spoilers").points
    marked = [point for point in points if "[ES-" in point]
    assert marked[:2] == ["No instrument. [ES-EVENT-ALL-INSTRUMENTS]", "Days. [ES-CLUSTERED]"]


@pytest.mark.parametrize("name", ["三菱UFJフィナンシャル・グループ", "Ørsted " * 9, "AAA"])
def test_names_beside_a_figure_are_cut_at_their_end_to_fit(name: str) -> None:
    canvas: Any = None
    words = shortened(canvas, name, 110.0, 10.5)
    assert text_width(canvas, words, 10.5) <= 110
    assert name.startswith(words.removesuffix("…"))
    assert words == name or text_width(canvas, words[:-1] + name[len(words) - 1 :][:2], 10.5) > 110 - 21


def test_a_wide_letter_takes_the_height_of_the_font() -> None:
    canvas: Any = None
    assert text_width(canvas, "三菱", 10.0) == pytest.approx(20)


def test_every_instrument_of_one_event_has_its_panel_and_its_comparable_days() -> None:
    codes = ("SBER", "VTBR", "MTLR")
    report = build(made_result(codes=codes))
    assert len({one.picture.name for one in report.shown}) == len(report.shown)
    for kind in ("response_panel", "placebo"):
        views = [one.view.instrument for one in report.shown if one.picture.name.partition("-")[0] == kind]
        assert views == list(codes)
    page = render_page(report.page, report.pictures)
    (folded,) = (part for part in layout(report.page)["folded"] if part.section.name == "figures")
    names = [picture.name for picture in folded.section.pictures]
    assert {"response_panel-2", "placebo-2", "response_panel-3", "placebo-3"} <= set(names)
    assert all(f'id="f-{name}"' in page for name in names)
    assert [one.again for one in report.shown if "-" in one.picture.name] == [True] * 6
    alone = build(made_result(codes=("SBER",)))
    assert not any(one.again for one in alone.shown)


def long_held() -> es.StudyResult:
    """Twelve months after twelve events, measured from a frame of monthly returns."""
    rng, months = np.random.default_rng(5), pd.date_range("2004-01-31", periods=140, freq="ME")
    names = [f"IPO{i:02d}" for i in range(12)]
    frame = pd.DataFrame(rng.normal(0, 0.1, (140, 12)), months, names)
    rows = [{"id": f"e{i}", "instrument": name, "date": months[60 + 4 * i]} for i, name in enumerate(names)]
    spec = es.StudySpec(model="zero", event=(0, 11), windows=((0, 11),), measure="bhar", returns="simple")
    return es.run_study(spec, pd.DataFrame(rows), frame, closes_at="16:00 America/New_York")


@pytest.mark.parametrize("width", ["wide", "print"])
def test_labels_beside_a_mean_do_not_lie_over_each_other(width: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for result in (long_held(), made_cluster()):
        view = FIGURES["average"].cut(result, Pick())
        drawn = draw_bare(FIGURES["average"], view, width)
        renderer = FigureCanvasAgg(drawn).get_renderer()
        right = max(axes.get_window_extent(renderer).x1 for axes in drawn.axes[0].child_axes)
        boxes = [text.get_window_extent(renderer) for text in drawn.axes[0].texts if text.get_text()]
        beside = sorted((box for box in boxes if box.x0 > right and box.height < 40), key=lambda box: box.y0)
        assert len(beside) > 4
        for lower, upper in pairwise(beside):
            assert upper.y0 - lower.y0 > 0.6 * lower.height, (lower, upper)


def test_the_mean_of_comparable_days_is_a_p_value_of_its_own_in_figure_and_title() -> None:
    result = made_result(codes=SIX)
    view = FIGURES["dots"].cut(result, Pick())
    assert view.p_words == "p, adjusted"
    texts = [text.get_text() for text in draw_bare(FIGURES["dots"], view, "wide").axes[0].texts]
    assert f"p = {view.mean.p:.3f}" in " ".join(texts).replace("\u00a0", " ")  # not one of the adjusted ones
    page = build(result).page
    assert page.front.table is not None
    assert "p" not in [column.name for column in page.front.table.columns]
    # Too few days for any p-value below 5 %: the title states the move, and no interval is spoken of.
    few = build(made_result(codes=SIX, placebo={"days": 12})).page
    assert few.front.title.startswith("6 instruments rose ")
    (dots,) = (p for s in few.sections for p in s.pictures if p.name == "dots")
    assert "too few comparable days for intervals" in dots.caption


def test_groups_have_the_mean_of_all_below_them_in_the_place_of_the_first_figure() -> None:
    from tests.reactions.test_group_headline import grouped

    report = build(grouped({"good": 0.02, "bad": -0.02}, 6)[0])
    found = layout(report.page)
    assert (found["hero"].name, [picture.name for picture in found["under"]]) == ("groups", ["average"])
    html = render_page(report.page, report.pictures)
    assert html.count('id="f-average"') == html.count('id="f-groups"') == 1
    assert html.index('id="f-groups"') < html.index('id="f-average"') < html.index('class="stack')


def test_a_study_without_a_usable_event_is_headed_by_that_and_shows_why() -> None:
    days = pd.bdate_range("2022-01-03", periods=60)
    frame = pd.DataFrame(np.random.default_rng(2).normal(0, 0.01, (60, 2)), days, ["AAA", "BBB"])
    rows = pd.DataFrame({"id": "early", "instrument": ["AAA", "BBB"], "date": days[5]})
    spec = es.StudySpec(title="Too early", model="constant_mean", estimation=(-40, -3), event=(-1, 1))
    page = build(es.run_study(spec, rows, frame, closes_at="16:00 America/New_York")).page
    assert page.front.title == "No event could be studied: 2 of 2 were left out"
    html = render_page(page, {})
    open_part, _, folded = html.partition("<details")
    assert "usable returns; at least" in open_part
    assert "Threats to validity" not in html
    assert "The numbers" not in folded
    assert "Events that were not used" not in folded


def test_paper_shows_whether_the_tests_agree_and_figures_of_their_size_where_it_has_room() -> None:
    """One small figure stood alone beside the threats, and a third of the sheet was empty."""
    report = build(made_cluster())
    found = layout(report.page, report.pictures)
    assert [picture.name for picture in found["beside"]][:2] == ["distribution", "agreement"]
    assert found["printed"] == 2
    assert 136 < found["paper"].side <= 220
    html = render_page(report.page, report.pictures)
    assert 'class="stack c4"' in html
    assert f".stack svg.side{{max-height:{found['paper'].side}px}}" in html
    # Many threats leave no room for it; the figure that is left has the height of its drawing beside them.
    spoilers = next(s for s in report.page.sections if s.name == "spoilers")
    points = tuple(f"Threat {n}. {'Words of it ' * 20}" for n in range(9))
    sections = tuple(replace(s, points=points) if s is spoilers else s for s in report.page.sections)
    crowded = layout(replace(report.page, sections=sections), report.pictures)
    assert (crowded["printed"], crowded["paper"].side) == (1, 220)


def test_groups_are_printed_at_the_height_of_their_words() -> None:
    """Two names lay over each other on paper."""
    from tests.reactions.test_group_headline import grouped

    view = FIGURES["groups"].cut(grouped({"good": 0.02, "bad": -0.02}, 6)[0], Pick())
    drawn = draw_bare(FIGURES["groups"], view, "print")
    high = drawn.get_figheight() * 72
    at = sorted(high * text.get_position()[1] for text in drawn.axes[0].texts if "(6)" in text.get_text())
    assert len(at) == 2
    assert at[1] - at[0] > 13
