"""What the report says of the figures on record, and of a study in which nothing worked."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from eventstudy.report.content import make_page
from eventstudy.report.finding import finding
from eventstudy.report.html import render_page
from eventstudy.report.method_text import method_section
from eventstudy.report.page_parts import Material, Picture
from eventstudy.report.result_tables import response_table
from eventstudy.report.shown_units import unit_of
from eventstudy.report.tables import text_table
from eventstudy.study.notices import STUDIED
from eventstudy.study.spec import StudySpec
from tests.report.made import made_facts, made_study

PICTURE = Picture("panel", "SBER around the event", "Price, CAR, volume")


def page_of(study: dict, *, simulated: bool = False, title: str = "The call of 13 April 2021") -> str:
    spec = StudySpec(name="founding", title=title, tests=("time_series_t",))
    page = make_page(Material(study, spec, made_facts(), (PICTURE,), simulated))
    return render_page(page, {"panel": "<svg></svg>"})


class Outline(HTMLParser):
    """Tags, attributes and heading levels of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    return parser


def test_the_finding_is_two_sentences_on_the_figures_on_record() -> None:
    first, second = finding(made_study(), 0.95)
    assert first == "Abnormal return over the event interval: SBER +113.5\u00a0bp, VTBR +84.0\u00a0bp."
    # p = 2/70: one of the 69 days moved as much.
    assert second.startswith("SBER: on 1 of 69 comparable days the price moved at least as much")
    assert "p\u00a0=\u00a00.029" in second
    assert "chance" not in second
    assert second.endswith("VTBR p\u00a0=\u00a00.057.")


def test_no_sentence_says_what_chance_is() -> None:
    # P(data | no effect) is no statement about chance: the count speaks, and the smallest p so many days can give.
    study = made_study()
    study["responses"] = study["responses"][1:]
    assert (
        finding(study, 0.95)[1] == "On 3 of 69 comparable days the price moved at least as much (p\u00a0=\u00a00.057)."
    )
    study["responses"][0]["tests"]["placebo"] |= {"pvalue": 1 / 70}
    assert "On none of 69 comparable days did the price move as much" in finding(study, 0.95)[1]
    assert "the smallest value 69 days can give" in finding(study, 0.95)[1]


def test_a_study_without_responses_says_why() -> None:
    study = made_study(responses=[], outcomes=made_study()["outcomes"][2:])
    assert finding(study, 0.95)[0] == "The event could not be studied: it was left out."
    assert "RUB ends on 2022-03-01" in page_of(study)


def test_the_table_shows_units_and_hides_columns_without_numbers() -> None:
    table = response_table(made_study(), simulated=False)
    assert [c.title for c in table.columns] == ["Instrument", "Window", "CAR, bp", "p, placebo"]
    assert table.shown()[0] == ["SBER", "Event interval", "+113.5", "0.029"]


def test_a_text_table_is_aligned() -> None:
    lines = text_table(response_table(made_study(), simulated=True)).splitlines()
    assert lines[0].startswith("SIMULATED: ")
    assert lines[3].split() == ["SBER", "Event", "interval", "+113.5", "0.029"]
    assert len({len(line) for line in lines[1:]}) == 1


def test_the_page_is_in_order_and_loads_nothing() -> None:
    html = page_of(made_study())
    tags = outline(html).tags
    levels = [int(tag[1]) for tag, _ in tags if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert not {"script", "iframe", "object", "embed", "link", "base", "form"} & {tag for tag, _ in tags}
    assert all(attrs.get("aria-labelledby") for tag, attrs in tags if tag == "svg" and attrs.get("role") == "img")
    assert all(not name.startswith("on") for _, attrs in tags for name in attrs)
    assert not [v for _, attrs in tags for k, v in attrs.items() if k in {"src", "srcset"}]
    assert "<svg></svg>" in html
    links = [str(attrs["href"]) for _, attrs in tags if "href" in attrs]
    ids = {attrs["id"] for _, attrs in tags if "id" in attrs}
    assert all(link.startswith("https://doi.org/10.") or link.removeprefix("#") in ids for link in links)
    csp = next(attrs["content"] for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(csp)


def test_every_warning_and_every_lost_event_is_on_the_page() -> None:
    html = page_of(made_study())
    assert "The earliest time is assumed." in html
    assert "ES012" in html
    assert "outside data" in html


def test_simulated_pages_say_so_in_title_heading_and_every_table() -> None:
    html = page_of(made_study(), simulated=True)
    assert "<title>SIMULATED: " in html
    assert '<span class="badge">SIMULATED</span>' in html.split("<h1>")[0]
    captions = html.split("<caption>")[1:]
    assert captions
    assert all(caption.startswith("SIMULATED: ") for caption in captions)
    assert "SIMULATED" not in page_of(made_study())


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "</style>"]
)
def test_hostile_titles_are_text(payload: str) -> None:
    html = page_of(made_study(), title=payload)
    tags = {tag for tag, _ in outline(html).tags}
    assert "script" not in tags
    assert "img" not in tags
    assert "49" not in html.split("<h1>")[1].split("</h1>")[0]


def test_a_title_that_says_simulated_itself_keeps_its_word_and_says_it_once() -> None:
    assert "<h1><bdi>SIMULATED: my own data</bdi>" in page_of(made_study(), title="SIMULATED: my own data")
    drawn = page_of(made_study(), title="SIMULATED: my own data", simulated=True)
    assert "<h1><bdi>My own data</bdi>" in drawn
    assert "<title>SIMULATED: My own data</title>" in drawn


@pytest.mark.parametrize("variable", get_args(StudySpec.model_fields["variable"].annotation))
def test_the_method_names_what_is_studied_where_it_is_not_returns(variable: str) -> None:
    text = " ".join(method_section(made_study(), StudySpec(variable=variable)).paragraphs)
    assert ("Studied is" in text) == (variable != "return")
    assert (variable in STUDIED) == (variable != "return")


def test_the_method_counts_the_hypotheses_unless_p_values_are_adjusted() -> None:
    # Four p-values, of which one has no number: three tests, 3 x 0.05 = 0.15 expected, the smallest 2/70 = 0.029.
    study = made_study(primary={"test": "bmp", "windows": 2, "adjust": ""})
    mean = {"window": [0, 0], "caar": 0.01, "n_events": 2, "tests": {"bmp": {"pvalue": 0.4}, "sign": {"pvalue": None}}}
    study["aggregates"] = [mean]
    text = " ".join(method_section(study, StudySpec()).paragraphs)
    assert "3 hypotheses were tested and no p-value was adjusted" in text
    assert "about 0.15 would be at or below 0.05; the smallest is 0.029." in text
    assert "hypotheses" not in " ".join(method_section(made_study(responses=[]), StudySpec()).paragraphs)
    study["primary"]["adjust"] = "holm"
    adjusted = " ".join(method_section(study, StudySpec(adjust="holm")).paragraphs)
    assert "hypotheses" not in adjusted
    assert "p-values are adjusted by Holm, 2 windows" in adjusted


def test_the_method_names_the_distribution_of_a_p_value_that_has_several() -> None:
    tests = {"sign": {"pvalue": 0.25, "note": "exact binomial distribution, N = 3"}, "bmp": {"pvalue": 0.4}}
    study = made_study(aggregates=[{"window": [0, 0], "caar": 0.01, "n_events": 3, "tests": tests}])
    text = " ".join(method_section(study, StudySpec()).paragraphs)
    assert "Reference distributions of the p-values: sign: exact binomial distribution, N = 3." in text


def test_the_unit_of_a_table_is_that_of_the_study() -> None:
    study = made_study()
    assert "of log return" in response_table(study, simulated=False).caption
    for spec, words in (
        (StudySpec(returns="simple"), "basis points of simple return"),
        (StudySpec(variable="log_volume"), "log volume (0.69 is twice the expected volume)"),
    ):
        table = response_table({**study, "shown_unit": unit_of(spec)}, simulated=False)
        assert words in table.caption
    assert [c.title for c in table.columns] == ["Instrument", "Window", "CAR", "p, placebo"]
    assert table.shown()[0] == ["SBER", "Event interval", "+0.01", "0.029"]


def test_a_page_of_squared_returns_says_bp_of_what() -> None:
    spec = StudySpec(variable="squared_return")
    page = make_page(Material(made_study() | {"shown_unit": unit_of(spec)}, spec, made_facts()))
    notes = " ".join(note for section in page.sections for note in section.notes)
    assert "Moves are in squared return, times 10,000, not in returns." in notes
    assert "100 bp = 1 %" not in notes
    plain = make_page(Material(made_study(), StudySpec(returns="simple"), made_facts()))
    assert "in simple returns" in " ".join(note for section in plain.sections for note in section.notes)


def test_weaknesses_stand_in_the_order_of_their_harm() -> None:
    from eventstudy.report.weaknesses import HARM, harm

    points = [
        "Minutes are missing. [ES-NO-BARS-WHEN-OPEN]",
        "Another event: a fixing.",
        "Days [ES-CLUSTERED]",
        "A leak. [ES-MOVE-BEFORE]",
    ]
    assert sorted(points, key=harm) == [points[3], points[2], points[1], points[0]]
    documented = (Path(__file__).parents[2] / "docs" / "warnings.md").read_text(encoding="utf-8")
    assert [code for codes in HARM for code in codes if f"## {code}\n" not in documented] == []


def test_the_method_says_which_p_values_are_adjusted_although_the_study_asks_for_none() -> None:
    study = made_study()
    study["aggregates"] = [{"window": [0, 0], "caar": 0.01, "n_events": 2, "tests": {"bmp": {"pvalue": 0.4}}}]
    study["intraday"] = [{"joint_pvalue": 0.1}, {"joint_pvalue": 0.2}]
    said = "no p-value was adjusted, except those of the intraday response for its instruments (step-down max-t)"
    assert said in " ".join(method_section(study, StudySpec()).paragraphs)
    study["intraday"] = [{"joint_pvalue": None}]
    assert "no p-value was adjusted: if" in " ".join(method_section(study, StudySpec()).paragraphs)
