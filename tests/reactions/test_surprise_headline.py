"""The headline of a study of surprises states the slope, and its page shows the slopes first."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

import eventstudy as es
from eventstudy.report.build import build
from eventstudy.report.headline import headline
from eventstudy.report.html import layout, render_page
from eventstudy.report.markdown import render_markdown
from tests.reactions.made import listed, market_of, study
from tests.study.made import daily_frame, intraday


def plain_words(text: str) -> str:
    return " ".join(text.split())


def one_slope(**surprise: object) -> tuple[es.StudyResult, float]:
    """30 events worth 2 % per standard deviation of the surprise, and the slope of numpy's least squares in bp."""
    frame, pairs = market_of(30)
    x = np.random.default_rng(4).normal(0, 1, 30)
    for (code, row), s in zip(pairs, x, strict=True):
        frame.loc[frame.index[row], code] += 0.02 * s
    given = {"column": "x", "weights": "equal", **surprise}
    result = study(frame, listed(frame, pairs, x=x), surprise=given, windows=[(0, 0)])
    return result, float(np.polyfit(x / np.std(x, ddof=1), result.abnormal.ar[:, 2], 1)[0] * 1e4)


def test_title_and_key_figures_state_the_slope_and_the_page_shows_it_first() -> None:
    result, slope = one_slope()
    said = headline(result)
    assert plain_words(said.title) == (
        f"A surprise of one standard deviation moved prices by {slope:+.1f} bp on the event day, across 30 events"
    )
    assert [figure.label for figure in said.figures] == ["Slope, event day", "How unusual", "R2", "Mean, event day"]
    assert said.figures[0].number == f"{slope:+.1f}"
    report = build(result)
    assert report.shown[0].picture.name == "surprise"
    assert plain_words(report.page.finding[0]).startswith(plain_words(said.title).partition(", across")[0])
    assert re.match(
        r"Across 30 events the mean abnormal return on the event day was [-+]", plain_words(report.page.stand[0])
    )
    assert len(report.page.stand) == 1
    markup = report.pictures["surprise"]
    assert markup.count("<svg") == 3  # for a desk, a phone and paper
    assert plain_words(report.shown[0].picture.title).startswith("Slope on the surprise, event day:")
    assert "surprise of one standard deviation" in render_markdown(report.page, {})


def test_signs_instruments_and_a_missing_sign_are_named_in_the_title() -> None:
    both, _ = one_slope(signs=True)
    assert re.match(
        r"A positive surprise of one standard deviation moved prices by \+[\d.]+ bp and a negative one by -[\d.]+ bp "
        r"on the event day$",
        plain_words(headline(both).title),
    )
    frame, pairs = market_of(30)
    x = np.random.default_rng(4).uniform(0.1, 2, 30)
    for (code, row), s in zip(pairs, x, strict=True):
        frame.loc[frame.index[row], code] += 0.02 * s
    events = listed(frame, pairs, x=x)
    one = study(frame, events, surprise={"column": "x", "signs": True}, windows=[(0, 0)])
    assert headline(one).title.startswith("A positive surprise of one standard deviation moved prices by ")
    frame = daily_frame(700, 4, seed=2)
    frame.columns = ["A", "B", "C", "D"]
    rows = np.arange(150, 690, 12)
    actual = np.random.default_rng(4).normal(5, 1, len(rows))
    pairs = [(code, int(row)) for row in rows for code in frame.columns]
    events = listed(frame, pairs, actual=np.repeat(actual, 4))
    several = study(frame, events, surprise={"column": "actual", "standardize": False}, windows=[(0, 0)])
    move = r"[-+][\d.]+ bp"
    expected = rf"A surprise of one unit of actual moved A by {move}, B by {move} and C by {move} \(1 more below\)"
    assert re.match(expected, plain_words(headline(several).title))
    assert build(several).shown[0].picture.name == "average"


def test_a_study_without_a_slope_states_its_mean() -> None:
    frame, pairs = market_of(20)
    for code, row in pairs:
        frame.loc[frame.index[row], code] += 0.02
    result = study(frame, listed(frame, pairs, x=1.0), surprise={"column": "x"}, windows=[(0, 0)])
    assert headline(result).title.startswith("Prices ")
    assert build(result).shown[0].picture.name == "average"


def test_the_horizon_is_said_in_minutes_where_all_events_have_the_same() -> None:
    """Ten-minute bars: the window [0, 2] ends 30 minutes after the last price before the event."""
    rng = np.random.default_rng(1)
    values = {day: list(rng.normal(0, 0.001, 40)) for day in range(60)}
    x = rng.normal(0, 1, 20)
    for day, s in zip(range(20, 60, 2), x, strict=True):
        values[day][20] += 0.002 * s
    at = [pd.Timestamp(day, unit="D", tz="UTC") + pd.Timedelta(minutes=790) for day in range(20, 60, 2)]
    events = pd.DataFrame({"id": [f"e{i}" for i in range(20)], "instrument": "FX", "time": at, "x": x})
    spec = es.StudySpec(
        model="zero", event=(-1, 2), windows=[(0, 2)], tests=["cross_sectional_t"], response="off",
        surprise={"column": "x"},
    )  # fmt: skip
    title = headline(es.run_study(spec, events, [intraday("FX", values)])).title
    assert title.endswith("within 30 minutes, across 20 events")
    at[3] += pd.Timedelta(minutes=4)  # inside a bar, whose event interval is as long
    assert headline(es.run_study(spec, events.assign(time=at), [intraday("FX", values)])).title == title


def test_a_long_table_of_specifications_is_folded_and_its_figure_stands_with_the_sentences() -> None:
    frame, pairs = market_of(16, instruments=6)
    grid = {"windows": [(0, 0), (0, 1), (-1, 1)], "models": ["constant_mean", "zero"], "draws": 19}
    result = study(frame, listed(frame, pairs), tests=["bmp", "cross_sectional_t", "corrado_rank"], specifications=grid)
    report = build(result)
    found = layout(report.page)
    (opened,) = [part for part in found["opened"] if part.name == "specifications"]
    assert not opened.tables
    assert [picture.name for picture in opened.pictures] == ["specifications"]
    assert not found["wide"]
    (folded,) = [part for part in found["folded"] if part.section.name.startswith("specifications")]
    assert folded.count == f"{len(folded.section.tables[0].rows)} rows"
    assert len(folded.section.tables[0].rows) > 12
    assert render_page(report.page, report.pictures).count('id="f-specifications"') == 1
