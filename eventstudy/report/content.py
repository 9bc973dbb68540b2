"""What a report says, before it is a page, a Markdown file or a mail: the finding first, provenance last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.inference.table import TESTS
from eventstudy.report.finding import average_of, certainty, doubts, finite, move_and_certainty, noun_in, words
from eventstudy.report.method_text import method_section, provenance_section
from eventstudy.report.page_parts import Material, Page, Section
from eventstudy.report.result_tables import (
    aggregate_table,
    cut_short,
    response_table,
    test_table,
    window_of,
)
from eventstudy.report.shown_units import unit_in
from eventstudy.report.tables import Table
from eventstudy.report.weaknesses import spoilers_section
from eventstudy.show.escape import plain
from eventstudy.show.numbers import event_label, length, unstamped
from eventstudy.study.notices import STUDIED

MOST_NAMED = 6


def numbers_section(given: Material) -> Section:
    study, simulated = given.study, given.simulated
    tables: list[Table] = []
    if average_of(study) is not None:
        tables.append(aggregate_table(study, simulated=simulated))
    elif study["responses"]:
        tables.append(response_table(study, simulated=simulated))
    tables += given.prices
    bars = f"; a bar is {length(given.step_us)}" if given.step_us else ""
    unit = noun_in(study)
    notes = (
        f"{_scale(given)} n/a: the test does not apply.",
        *_interval_notes(study),
        f"The {event_label(unit)} is the move from the last close before the news could be "
        f"public to the first close after it surely was; {unit} +1 is the one after that, {unit} -1 the one "
        f"before{bars}.",
    )
    return Section("numbers", "The numbers", tables=tuple(tables), notes=notes)


def _interval_notes(study: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why the intervals of tests of standardized CARs are not centered on the mean CAR."""
    tests = {
        name: t
        for row in study["aggregates"]
        for name, t in row["tests"].items()
        if finite(t.get("low")) or finite(t.get("high"))
    }
    weighted = [words(name) for name in tests if name in TESTS and "standardized" in TESTS[name].null]
    if not weighted or average_of(study) is None:
        return ()
    return (
        f"Tests of standardized CARs ({', '.join(weighted)}): the interval holds the moves that the test does not "
        "reject. Precise events count more in it, so the mean, in which all count the same, is not at its center.",
    )


def _scale(given: Material) -> str:
    unit, spec = unit_in(given.study), given.spec
    if spec.variable in STUDIED:
        return f"Moves are in {unit.words}, not in returns."
    if unit.name != "bp":
        return f"Moves are in {unit.words}. Positive is up in the instrument's quote."
    returns = "simple" if spec.measure == "bhar" else spec.returns
    return f"100 bp = 1%, in {returns} returns. Positive is up in the instrument's quote."


def speed_section(given: Material) -> tuple[Section, ...]:
    """Return how fast the price answered and what stayed, where an intraday response was computed."""
    if not given.shape.numbers:
        return ()
    return (Section("speed", "Speed and persistence", points=given.shape.sentences, tables=given.shape.numbers),)


def certainty_section(given: Material) -> Section:
    """Return how sure the finding is: one sentence per response or window, anchors compared, every test."""
    study, simulated = given.study, given.simulated
    shared = average_of(study)
    if shared is not None:
        points = [f"{window_of(study, a)}: {certainty(study, a['tests'])}" for a in study["aggregates"] if a["tests"]]
    else:
        rows = [r for r in study["responses"] if r["window"] == study["responses"][0]["window"]]
        points = [f"{plain(r['instrument'], 40)}: {certainty(study, r['tests'])}" for r in rows[:MOST_NAMED]]
    tables = [*given.shape.certainty]
    tables += [cut_short(test_table(study, simulated=simulated))] if study["responses"] and shared is None else []
    heading = "Statistical evidence"
    return Section("certainty", heading, points=(*points, *given.shape.points), tables=tuple(tables))


def details_section(given: Material) -> tuple[Section, ...]:
    """Return every response of a study of many events, below what they say together."""
    if average_of(given.study) is None:
        return ()
    tables = (
        cut_short(response_table(given.study, simulated=given.simulated)),
        cut_short(test_table(given.study, simulated=given.simulated)),
    )
    return (Section("details", "Every event", tables=tuple(t for t in tables if t.rows)),)


def make_page(given: Material) -> Page:
    """Return the report in the order a person asks: what, how much, how sure, what else, how, from what."""
    title = plain(given.spec.title or given.spec.name, 160)
    title = unstamped(title) if given.simulated else title
    figures = (Section("figures", "The picture", pictures=given.pictures),) if given.pictures else ()
    sections = (
        numbers_section(given),
        *figures,
        *speed_section(given),
        *given.reactions,
        certainty_section(given),
        spoilers_section(given),
        *((given.event,) if given.event is not None else ()),
        *details_section(given),
        *given.estimation,
        method_section(given.study, given.spec),
        provenance_section(given.facts, simulated=given.simulated),
    )
    doubted = doubts(given.study)
    moved = given.front.stand or move_and_certainty(given.study, float(given.spec.level), given.moved)
    moved = (given.front.lead, *moved) if given.front.lead else moved
    # The title and the key figures have the first move already.
    stand = moved[1:2] if given.front.stand or given.front.lead else moved[1:] if given.front.title else moved
    said = (*doubted, *moved)
    return Page(title, said, sections, (*doubted, *stand), given.simulated, given.front, given.foot)
