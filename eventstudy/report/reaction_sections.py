"""What reactions go with, as sections of a report: each only if the study asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.report.balance_tables import balance_sentences, balance_tables
from eventstudy.report.group_tables import group_sentences, group_tables
from eventstudy.report.page_parts import Section
from eventstudy.report.regression_tables import regression_sentences, regression_tables
from eventstudy.report.result_tables import cut_short
from eventstudy.report.specification_tables import specification_sentences, specification_tables
from eventstudy.report.surprise_tables import surprise_sentences, surprise_tables
from eventstudy.report.tables import Table

Json = Mapping[str, Any]


def reaction_sections(study: Json, *, simulated: bool) -> tuple[Section, ...]:
    """Return the sections between the numbers and their certainty."""
    found = []
    if study.get("groups"):
        tables = tuple(cut_short(table) for table in group_tables(study, simulated=simulated))
        found.append(Section("groups", "Groups of events", group_sentences(study), tables=tables))
    if study.get("surprise"):
        tables = surprise_tables(study, simulated=simulated)
        found.append(Section("surprise", "Response to the surprise", surprise_sentences(study), tables=tables))
    if study.get("regressions"):
        tables = regression_tables(study, simulated=simulated)
        found.append(Section("regressions", "Regressions of the CAR", regression_sentences(study), tables=tables))
    if study.get("specifications"):
        tables = tuple(cut_short(table) for table in specification_tables(study, simulated=simulated))
        found.append(Section("specifications", "All specifications", specification_sentences(study), tables=tables))
    if study.get("placebo_balance"):
        tables = tuple(cut_short(table) for table in balance_tables(study, simulated=simulated))
        found.append(Section("placebo-balance", "Placebo days", balance_sentences(study), tables=tables))
    return tuple(found)


def reaction_texts(study: Json) -> tuple[str, ...]:
    """Return the sentences of all sections, for a terminal."""
    return (
        *group_sentences(study),
        *surprise_sentences(study),
        *regression_sentences(study),
        *specification_sentences(study),
        *balance_sentences(study),
    )


def reaction_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return the tables of all sections, for a terminal."""
    builders = (group_tables, surprise_tables, regression_tables, specification_tables, balance_tables)
    return tuple(table for make in builders for table in make(study, simulated=simulated))
