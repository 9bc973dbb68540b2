"""One number, one value: in title, large figures, table, plot, its description, JSON, Markdown and the mail."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from functools import cache
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import eventstudy as es
from eventstudy.report.build import Report, build
from eventstudy.report.headline import headline
from eventstudy.report.html import render_page
from eventstudy.report.latex import render_latex
from eventstudy.report.mail import plain_text, render_mail
from eventstudy.report.markdown import render_markdown
from eventstudy.report.spreadsheet import workbook
from eventstudy.show.numbers import pvalue
from tests.report.made import made_bars, made_cluster, made_event, made_result

SIX = ("A", "B", "C", "D", "E", "F")
# Studies of simple returns, of volume, of changes, and of weekly bars.
OTHERS = (
    "simple",
    "simple of several",
    "volume",
    "volume of several",
    "yields",
    "yields of several",
    "weeks",
    "weekly yields",
    "held simple",
    "news within the day",
)


def weekly(*, returns: str = "log", move: float = 0.03) -> Any:
    """Weekly bars of twelve series with one event each, five of them in one week."""
    rng = np.random.default_rng(8)
    weeks = pd.date_range("2018-01-05", periods=180, freq="W-FRI")
    names = [f"W{i:02d}" for i in range(12)]
    moves = rng.normal(0, 0.02, (len(weeks), 12))
    rows = []
    for i, name in enumerate(names):
        at = 150 if i < 5 else 140 + i
        moves[at, i] += move
        rows.append({"instrument": name, "time": weeks[at].tz_localize("UTC") - pd.Timedelta("30h"), "id": f"e{i}"})
    frame = pd.DataFrame(moves, weeks, names)
    spec = es.StudySpec(
        name="weekly",
        returns=returns,
        model="constant_mean",
        estimation=(-100, -5),
        event=(-2, 2),
        windows=((0, 0), (0, 2)),
        tests=("cross_sectional_t", "bmp"),
    )
    return es.run_study(spec, pd.DataFrame(rows), frame, closes_at="16:00 America/New_York")


def held() -> Any:
    """Buy-and-hold returns over half a year and a year after twelve events, one month apart."""
    rng, months = np.random.default_rng(5), pd.date_range("2004-01-31", periods=140, freq="ME")
    names = [f"IPO{i:02d}" for i in range(12)]
    frame = pd.DataFrame(rng.normal(0.03, 0.05, (140, 12)), months, names)
    rows = [{"id": f"e{i}", "instrument": n, "time": months[60 + i].tz_localize("UTC")} for i, n in enumerate(names)]
    windows = ((0, 11), (0, 5))
    spec = es.StudySpec(model="zero", event=(0, 11), windows=windows, measure="bhar", returns="simple")
    return es.run_study(spec, pd.DataFrame(rows), frame, closes_at="16:00 America/New_York")


def news_within_the_day() -> Any:
    """Four news on ten-minute bars of two instruments."""
    bars = [made_bars("SBER"), made_bars("VTBR", seed=2)]
    days = bars[0].frame.index.tz_convert("Europe/Moscow").strftime("%Y-%m-%d").unique()[-4:]
    news = [made_event(day, f"call{place}") for place, day in enumerate(days)]
    spec = es.StudySpec(event=(0, 0), windows=((0, 0),), tests=("cross_sectional_t", "placebo"))
    return es.run_study(spec, news, bars)


def of_volume(codes: tuple[str, ...]) -> Any:
    return made_result(variable="log_volume", codes=codes)


def of_yields(codes: tuple[str, ...]) -> Any:
    return made_result(returns="difference", codes=codes)


@cache
def case(name: str) -> tuple[Any, Report]:
    made: dict[str, Callable[[], Any]] = {
        "one": made_result,
        "several": lambda: made_result(codes=SIX),
        "many": made_cluster,
        "simple": lambda: made_result(returns="simple", codes=("SBER",)),
        "simple of several": lambda: made_result(returns="simple", codes=SIX),
        "volume": lambda: of_volume(("SBER",)),
        "volume of several": lambda: of_volume(SIX),
        "yields": lambda: of_yields(("SBER",)),
        "yields of several": lambda: of_yields(SIX),
        "weeks": weekly,
        "weekly yields": lambda: weekly(returns="difference"),
        "held simple": held,
        "news within the day": news_within_the_day,
    }
    result = made[name]()
    return result, build(result)


def shown(value: float, name: str = "") -> str:
    """The number as every page shows a move: basis points with one decimal, log volume with two, yields with three."""
    if "yields" in name:
        return f"{value:+,.3f}"
    return f"{value:+,.2f}" if "volume" in name else f"{value * 1e4:+,.1f}"


def text_of(html: str) -> str:
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u2212", "-")
    return shown.replace("Kolari\u2013Pynn\u00f6nen", "Kolari-Pynnonen")


def expected(name: str, result: Any) -> float:
    study = result.to_dict()
    window = study["primary"]["window"]
    if name in {"many", "held simple", "news within the day"} or "week" in name:
        shared = next(a for a in study["aggregates"] if a["window"] == window)
        return float(shared["abhar"] if name.startswith("held") else shared["caar"])
    cars = [r["car"] for r in study["responses"] if r["window"] == window]
    return float(sum(cars) / len(cars)) if "several" in name else float(cars[0])


@pytest.mark.parametrize("name", ["one", "several", "many", *OTHERS])
def test_the_move_is_the_same_number_everywhere(name: str) -> None:
    result, report = case(name)
    move = expected(name, result)
    front, number = report.page.front, shown(move, name)
    assert front.four[0].number == number
    assert front.table is not None
    assert number in front.table.shown()[0]
    hero = report.shown[0]
    assert number in hero.picture.alt.replace("\u2212", "-")
    assert number in text_of(hero.markup)
    sentence = report.page.front.stand or report.page.finding
    assert number in " ".join(sentence)
    page = text_of(render_page(report.page, report.pictures))
    assert page.count(number) >= 5
    if re.match("volume|yields|weekly yields", name):
        assert number in front.title
        assert " bp" not in page
        return
    # The title gives the move in percent of the price.
    percent = abs(move if "simple" in name else math.expm1(move)) * 100
    assert f"{percent:.1f}%" in front.title or f"{percent:.2f}%" in front.title


@pytest.mark.parametrize("name", ["one", "several", "many", *OTHERS])
def test_page_terminal_and_notebook_show_one_headline(name: str) -> None:
    result, report = case(name)
    said = headline(result)
    # How fast it moved and what stayed are known of prices only; these studies have one window.
    assert len(said.figures) == {"volume": 2, "yields": 2, "news within the day": 3}.get(name, 4)
    assert (report.page.front.title, report.page.front.four) == (said.title, said.figures)
    page = text_of(render_page(report.page, report.pictures))
    terminal = re.sub(r"\s+", " ", result.summary(width=120))
    notebook = text_of(result._repr_html_())
    for shown in (page, terminal, notebook):
        clean = re.sub(r"\s+", " ", unescape(shown).replace("\u00a0", " "))
        assert said.title in clean
        for figure in said.figures:
            for part in (figure.label, figure.number, figure.unit, figure.words):
                assert part.replace("\u00a0", " ") in clean


@pytest.mark.parametrize("name", ["one", "many", "volume", "yields", "weeks", "weekly yields"])
def test_the_rows_of_page_and_terminal_are_the_same_cells(name: str) -> None:
    result, report = case(name)
    assert report.page.front.table is not None
    front, names = report.page.front.table, [c.name for c in report.page.front.table.columns]
    wide = result.summary(width=200)
    for row in front.shown():
        line = [line for line in wide.splitlines() if line.startswith(f"  {row[0]}  ")][-1]
        shown = [cell for cell, column in zip(row, names, strict=True) if column != "window" or cell == row[0]]
        assert re.findall(r"\S+", line.rstrip("|# ")) == " ".join(shown).split()


def test_no_table_of_a_page_names_a_window_in_brackets() -> None:
    for name in ("one", "several", "many", *OTHERS):
        page = case(name)[1].page
        tables = [table for section in page.sections for table in section.tables if table.name != "provenance"]
        cells = [cell for table in tables for row in table.shown() for cell in row]
        texts = [*cells, *page.finding, *(t for s in page.sections for t in (*s.paragraphs, *s.points, *s.notes))]
        assert [text for text in texts if re.search(r"\[[-+]?\d+, [-+]?\d+\]|\btau\b", text)] == []


@pytest.mark.parametrize("name", ["one", "many", *OTHERS])
def test_the_finding_of_markdown_and_mail_has_the_same_number(name: str) -> None:
    result, report = case(name)
    number = shown(expected(name, result), name)
    assert number in plain_text(report.page)
    assert number in re.sub(r"\\(.)", r"\1", render_markdown(report.page, {}))


def cells_of(report: Report) -> list[str]:
    """Every cell with a number in every table of the page but digests and versions."""
    tables = [t for section in report.page.sections for t in section.tables if t.name != "provenance"]
    cells = [cell for table in tables for row in table.shown() for cell in row]
    return sorted({cell for cell in cells if re.search(r"\d", cell)})


@pytest.mark.parametrize("name", ["one", "several", "many", *OTHERS])
def test_every_cell_of_the_page_stands_in_markdown_latex_and_mail(name: str) -> None:
    report = case(name)[1]
    markdown = re.sub(r"\\(.)", r"\1", render_markdown(report.page, {}))
    mail = message_from_bytes(render_mail(report.page, {}), policy=policy.default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    latex = render_latex(report.page, name="study").replace("$-$", "-").replace(r"\textless{}", "<")
    documents = {
        "page": unescape(text_of(render_page(report.page, report.pictures))),
        "markdown": markdown,
        "mail": unescape(text_of(html.get_content())),
        "plain mail": re.sub(r"\s+", " ", text.get_content()),
        "LaTeX": re.sub(r"\\textgreater\{\}", ">", latex).replace("{[}", "[").replace(r"\_", "_").replace(r"\%", "%"),
    }
    cells = cells_of(report)
    assert len(cells) > (7 if name == "volume" else 10)  # one move, its interval and two tests
    for where, document in documents.items():
        flat = re.sub(r"[\s~]+", " ", document)
        assert [cell for cell in cells if re.sub(r"\s+", " ", cell[:50]) not in flat] == [], where


@pytest.mark.parametrize("name", ["one", "several", "many", *OTHERS])
def test_excel_holds_the_numbers_of_the_page(name: str) -> None:
    result, report = case(name)
    book = load_workbook(io.BytesIO(workbook(result)))
    sheets = {}
    for sheet in ("car", "tests"):
        head, *body = ([cell.value for cell in row] for row in book[sheet])
        sheets[sheet] = [dict(zip(head, row, strict=True)) for row in body]
    tables = {table.name: table for section in report.page.sections for table in section.tables}
    responses = tables["responses"]
    names = [column.name for column in responses.columns]
    move, head = ("bhar", "Buy-and-hold abnormal return") if "bhar" in names else ("car", "CAR")
    assert len(responses.rows) == len(sheets["car"])
    for row, cells in zip(responses.rows, responses.shown(), strict=True):
        wanted = {"Instrument": row[0]} | ({"Event": row[names.index("event")]} if "event" in names else {})
        # The page gives each event its clock; the workbook, whose rows are sorted and filtered, one name for all.
        window = "Event interval" if name == "news within the day" else cells[names.index("window")]
        same = [r for r in sheets["car"] if all(r[k] == v for k, v in wanted.items()) and r["Window"] == window]
        (found,) = same
        assert shown(found[head], name) == cells[names.index(move)]
        p = {c.title: cell for c, cell in zip(responses.columns, cells, strict=True) if c.name.startswith("p_")}
        single = [t for t in sheets["tests"] if all(t.get(k) == v for k, v in wanted.items()) and t["Window"] == window]
        known = {pvalue(t["p"]) for t in single if t["p"] is not None}
        assert {cell for cell in p.values() if cell != "n/a"} <= known
    if "aggregates" in tables:
        table = tables["aggregates"]
        at = {column.name: i for i, column in enumerate(table.columns)}
        means = [
            (t["Window"], shown(t["Estimate"], name), pvalue(t["p"]))
            for t in sheets["tests"]
            if t["Estimate"] is not None
        ]
        for cells in table.shown():
            mean = cells[at["abhar" if "abhar" in at else "caar"]]
            assert (cells[at["window"]], mean, cells[at["pvalue"]]) in means


@pytest.mark.parametrize("by", ["groups", "surprise"])
def test_the_number_of_a_slope_or_a_group_is_the_same_everywhere(by: str) -> None:
    from tests.reactions.test_group_headline import grouped
    from tests.reactions.test_surprise_headline import one_slope

    if by == "groups":
        result, means = grouped({"good": 0.02, "bad": -0.02}, 12)
        wanted = [shown(mean) for mean in means.values()]
    else:
        result, slope = one_slope()
        wanted = [f"{slope:+.1f}"]
    report, mail = build(result), render_mail(build(result).page, {})
    letter = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert letter is not None
    cells = [str(cell.value) for sheet in load_workbook(io.BytesIO(workbook(result))) for row in sheet for cell in row]
    documents = {
        "key figures": " ".join(figure.number for figure in report.page.front.four),
        "alt text": report.shown[0].picture.alt.replace("\u2212", "-"),
        "figure": text_of(report.shown[0].markup),
        "sentence": report.page.front.lead,
        "tables": " ".join(c for s in report.page.sections for t in s.tables for row in t.shown() for c in row),
        "page": text_of(render_page(report.page, report.pictures)),
        "terminal": result.summary(width=120),
        "notebook": text_of(result._repr_html_()),
        "markdown": re.sub(r"\\(.)", r"\1", render_markdown(report.page, {})),
        "LaTeX": render_latex(report.page, name="study").replace("$-$", "-"),
        "mail": letter.get_content(),
        "Excel": " ".join(shown(float(c)) for c in cells if re.fullmatch(r"-?0\.\d+(e-\d+)?", c)),
    }
    for where, document in documents.items():
        assert [number for number in wanted if number not in document] == [], where


def test_the_count_of_comparable_days_and_p_are_those_of_the_test() -> None:
    result, report = case("one")
    test = next(r for r in result.to_dict()["responses"])["tests"]["placebo"]
    as_large = round(test["pvalue"] * (test["n"] + 1)) - 1
    unusual = report.page.front.four[1]
    assert unusual.number == f"{as_large} of {test['n']}"
    assert f"p\u00a0=\u00a0{test['pvalue']:.3f}" in unusual.words
    placebo = next(s for s in report.shown if s.picture.name == "placebo")
    assert f"of {test['n']} comparable days" in placebo.picture.title
    assert f"p = {test['pvalue']:.3f}" in placebo.picture.alt


def test_the_interval_of_the_mean_is_that_of_the_primary_test() -> None:
    result, report = case("many")
    study = result.to_dict()
    shared = next(a for a in study["aggregates"] if a["window"] == study["primary"]["window"])
    test = shared["tests"][study["primary"]["test"]]
    ends = f"{shown(test['low'])} to {shown(test['high'])}"
    assert ends in report.page.front.four[0].words
    assert report.page.front.table is not None
    assert ends in report.page.front.table.shown()[0]
    assert ends in report.shown[0].picture.alt.replace("\u2212", "-")


def test_the_interval_of_one_event_is_that_of_its_primary_test_and_of_the_terminal() -> None:
    from eventstudy.report.summary import summary

    market = es.demo_market()  # its window test asks for every bar and has other comparable days than its response
    options = {"placebo": {"missing": "refuse"}}
    spec = es.StudySpec(model="zero", event=(0, 60), windows=[(0, 0), (0, 60)], tests=["placebo"], test_options=options)
    result = es.run_study(spec, [market.event], [market.bars[0]])
    report, study = build(result), result.to_dict()
    tests = next(r for r in study["responses"] if r["window"] == [0, 0])["tests"]
    test = tests[study["primary"]["test"]]
    ends = f"{shown(test['low'])} to {shown(test['high'])}"
    assert test["n"] != study["intraday"][0]["placebo_days"]
    assert ends in report.page.front.four[0].words.replace("\u2212", "-")
    assert report.page.front.table is not None
    assert ends in report.page.front.table.shown()[0]
    assert ends in re.sub(r"\s+", " ", summary(result))
    note = " ".join(report.page.front.notes)
    assert f"{test['n']} comparable days" in note
    assert f"has up to {study['intraday'][0]['placebo_days']} days" in note
    assert "Every p compares with the same hours of" in note


def test_other_days_are_noted_for_the_instrument_that_has_them() -> None:

    market = es.demo_market()  # the index has every bar, and so as many days as its response; the others have fewer
    options = {"placebo": {"missing": "refuse"}}
    spec = es.StudySpec(model="zero", event=(0, 60), windows=[(0, 0)], tests=["placebo"], test_options=options)
    result = es.run_study(spec, [market.event], market.bars)
    tested = {r["instrument"]: r["tests"]["placebo"]["n"] for r in result.to_dict()["responses"]}
    responses = {r["instrument"]: r["placebo_days"] for r in result.to_dict()["intraday"]}
    assert [tested[code] == responses[code] for code in ("IMOEX2", "SBER")] == [True, False]
    assert "has up to 60 days" in " ".join(build(result).page.front.notes)


def test_a_daily_page_does_not_speak_of_hours_nor_count_days_for_a_t_test() -> None:
    from eventstudy.study.load import load_study
    from eventstudy.study.run import run_study

    study = load_study("data/studies/biden-putin-fixing.toml")
    report = build(run_study(study.spec, study.events, study.data, study.market, study.factors))
    notes = " ".join(report.page.front.notes)
    assert notes.startswith("Days as large are counted among 250 windows of other days.")
    assert "Before" not in notes
    assert "hours" not in notes + report.shown[0].picture.title + report.shown[0].picture.caption


def test_a_title_names_what_is_studied_where_it_is_not_the_price() -> None:
    report = build(made_result(variable="absolute_return", codes=("SBER",)))
    assert report.page.front.title.startswith("SBER had an abnormal absolute return of ")
    assert "%" not in report.page.front.title
    assert not report.page.front.four[0].words.startswith("+1")
    volume = build(made_result(variable="log_volume", codes=("SBER",)))
    assert volume.page.front.title.startswith("SBER had an abnormal log volume of ")
    assert " bp" not in volume.page.front.title
    assert volume.page.front.four[0].unit == ""
    assert "bp" not in text_of(volume.shown[0].markup)


def test_a_yield_that_crosses_zero_has_a_table_of_its_levels() -> None:
    bars = made_bars("YIELD", seed=3)
    frame = bars.frame.assign(close=bars.frame["close"] - float(bars.frame["close"].iloc[-1]) + 0.25)  # ends at +0.25
    last = frame.index[-1].tz_convert("Europe/Moscow").strftime("%Y-%m-%d")
    spec = es.StudySpec(name="yield", returns="difference", event=(0, 0), tests=("placebo",))
    report = build(es.run_study(spec, [made_event(last)], replace(bars, frame=frame)))
    (table,) = (t for section in report.page.sections for t in section.tables if t.name == "prices")
    (row,) = table.rows
    assert row[1] < 0 < row[3] == 0.25
    assert [column.name for column in table.columns][-1] == "response"
    assert row[-1] == 0.25 - row[2]
    assert not [column.title for column in table.columns if "bp" in column.title]


def shares_of_one_day(*tests: str, shares: int = 40, move: float = 0.0) -> Any:
    """Shares that move together, on one day of daily returns; ``move`` is added to all of them on it."""
    rng = np.random.default_rng(12)
    days = pd.bdate_range("2020-01-01", periods=300)
    names = [f"S{i:02d}" for i in range(shares)]
    frame = pd.DataFrame(rng.normal(0, 0.01, (300, 1)) + rng.normal(0, 0.01, (300, shares)), days, names)
    frame.iloc[280] += move
    rows = [
        {"instrument": name, "time": days[280].tz_localize("UTC") + pd.Timedelta("9h"), "id": "e"} for name in names
    ]
    spec = es.StudySpec(model="constant_mean", estimation=(-250, -11), event=(-5, 5), windows=((0, 0),), tests=tests)
    return es.run_study(spec, pd.DataFrame(rows), frame, closes_at="18:50 Europe/Moscow")


def test_the_mean_of_one_day_has_the_test_that_allows_for_the_day_or_says_which_would() -> None:
    result = shares_of_one_day("time_series_t", "bmp", "kp_bmp")
    test = result.to_dict()["aggregates"][0]["tests"]["kp_bmp"]
    front = build(result).page.front
    assert front.four[1].number == f"p\u00a0=\u00a0{test['pvalue']:.3f}"
    assert front.four[1].words == "Kolari-Pynnonen BMP test"
    assert f"{shown(test['low'])} to {shown(test['high'])}" in front.four[0].words
    assert f"p\u00a0=\u00a0{test['pvalue']:.3f}, Kolari-Pynnonen BMP test" in " ".join(front.stand)
    # The study need not name it: the tests of independent events reject too often on one day.
    unnamed = build(shares_of_one_day("time_series_t", "bmp")).page.front
    assert unnamed.four[:2] == front.four[:2]
    assert unnamed.table is not None
    assert unnamed.table.rows[0][2:4] == (f"{shown(test['low'])} to {shown(test['high'])}", test["pvalue"])
    # Few shares say too little about their correlation: their mean is not tested unless the study asks for it.
    few = build(shares_of_one_day("time_series_t", shares=9)).page.front
    assert few.four[1].number == "not tested"
    assert "add kp_bmp to the tests" in few.four[1].words


def test_the_title_of_a_mean_that_is_not_distinguishable_from_zero_claims_no_move() -> None:
    size = 100 * math.expm1(expected("several", flat := shares_of_one_day("time_series_t")))
    start = f"No detectable mean move of 40 instruments on the event day: {size:+.2f}% net of their mean return"
    assert headline(flat).title == f"{start}; none of them stands out"
    assert headline(shares_of_one_day("time_series_t", move=0.05)).title.startswith("40 instruments rose ")
    quiet = weekly(move=0.0)
    tests = next(a["tests"] for a in quiet.to_dict()["aggregates"] if a["window"] == [0, 0])
    assert tests[quiet.primary.test]["pvalue"] > 0.05
    size = 100 * math.expm1(expected("weekly", quiet))
    assert headline(quiet).title == (
        f"No detectable mean move in the event week: {size:+.2f}% net of their mean return, across 12 events"
    )
