"""The report as one HTML file: no script, nothing loaded from outside, light, dark and paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from eventstudy.report.page_parts import Page, Picture, Section
from eventstudy.report.paper import Drawn, opened_height, paper, printed_height
from eventstudy.report.style import variables
from eventstudy.show.card import templates
from eventstudy.show.numbers import true_minus

if TYPE_CHECKING:
    from jinja2 import Environment


TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Return the templates of the pages; the filter ``minus`` writes true minus signs."""
    found = templates(TEMPLATES)
    found.filters["minus"] = lambda value: true_minus(str(value))
    return found


@cache
def stylesheet() -> str:
    text = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    return text.replace("/*light*/", variables("light")).replace("/*dark*/", variables("dark"))


# Where each figure goes: beside the hero, in the third rank, or in full width below the table; others are folded.
BESIDE = {"placebo", "horizons", "placebo_mean", "distribution", "groups", "surprise"}
THIRD = {"agreement", "heatmap", "fit", "calendar"}
FULL = {"instruments", "specifications"}
# A first figure that is low, and the one that stands below it on a screen, beside the same figures.
UNDER = {("groups", "average")}
MOST_BESIDE, MOST_THIRD = 2, 3
# Sections that a study asks for stand open below the table; the others are folded.
OPEN = {"groups", "surprise", "specifications", "across"}
# A longer table of such a section is folded; its figure stands in the section.
MOST_OPEN = 12
# What a phone leaves out of the table on top, and every later move but the last, which makes room for an adjusted
# p-value; the interval stands below the move.
MINOR = {"window", "interval", "days", "before", "volume", "median", "dates", "quartiles", "n"}


@dataclass(frozen=True, slots=True)
class IntervalColumn:
    """The column of the intervals and the one it stands below on a phone; -1 where there is none."""

    column: int
    after: int


def render_page(page: Page, pictures: Mapping[str, str]) -> str:
    """Return the page as HTML; ``pictures`` maps the names of its figures to their SVG elements."""
    from markupsafe import Markup

    # The stylesheet of the package and the SVG that it built from escaped text are marked safe; the template escapes
    # every other value.
    css = Markup(stylesheet())  # noqa: S704
    plotted = {name: Markup(text) for name, text in pictures.items()}  # noqa: S704
    return (
        environment().get_template("page.html").render(page=page, pictures=plotted, css=css, **layout(page, pictures))
    )


def layout(page: Page, pictures: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Return the parts of a page by where they stand; the heights of its figures decide what paper has room for."""
    shown = [picture for section in page.sections for picture in section.pictures]
    hero, rest = (shown[0], shown[1:]) if shown else (None, [])
    under = [picture for picture in rest if hero is not None and (hero.name, picture.name) in UNDER]
    rest = [picture for picture in rest if picture not in under]
    ranks = {
        name: [picture for picture in rest if picture.name in names]
        for name, names in (("beside", BESIDE), ("third", THIRD), ("wide", FULL))
    }
    # A third figure beside the hero would leave an empty place below it.
    ranks["third"] = [*ranks["beside"][MOST_BESIDE:], *ranks["third"]][:MOST_THIRD]
    ranks["beside"] = ranks["beside"][:MOST_BESIDE]
    # On a screen a hero is taller than one figure beside it; on paper those that fill the place are left out.
    printed = len(ranks["beside"])
    fill = max(0, MOST_BESIDE - printed)
    ranks["beside"], ranks["third"] = [*ranks["beside"], *ranks["third"][:fill]], ranks["third"][fill:]
    placed = {picture.name for group in ranks.values() for picture in group}
    others = tuple(picture for picture in rest if picture.name not in placed)
    opened = [open_part(section, ranks["wide"]) for section in page.sections if section.name in OPEN]
    if hero is None:  # nothing was studied: the reasons are the answer
        opened += [left_out(section) for section in page.sections if section.name == "spoilers" and section.tables]
    inside = {picture.name for section in opened for picture in section.pictures}
    ranks["wide"] = [picture for picture in ranks["wide"] if picture.name not in inside]
    few = len(ranks["third"]) + len(ranks["wide"]) <= (2 if ranks["wide"] else 1)
    threats = next((s for s in page.sections if s.name == "spoilers" and (s.points or s.paragraphs)), None)
    full = [printed_height(pictures, picture.name) for picture in [*([hero] if hero else []), *under]]
    more = bool(printed) and [picture.name for picture in ranks["beside"][printed:]][:1] == ["agreement"]
    drawn = Drawn(sum(full[:1]), sum(full[1:]), opened_height(opened, pictures), printed, more=more)
    sheet = paper(page, threats.points if threats else (), drawn)
    names = [column.name for column in page.front.table.columns] if page.front.table is not None else []
    later = [name for name in names if name.startswith("later_")]
    at = names.index("interval") if "interval" in names else -1
    return {
        "hero": hero,
        "under": under,
        **ranks,
        "threats": threats,
        "few": few,
        "printed": sheet.beside,
        "opened": opened,
        "paper": sheet,
        "causes": [cause_and_effect(point) for point in threats.points] if threats else [],
        "folded": [
            part
            for section in page.sections
            if hero is not None or (section.name != "spoilers" and _has_content(section))
            for part in folded_parts(section, others)
        ],
        "minor": MINOR | set(later if "adjusted" in names else later[:-1]),
        "interval": IntervalColumn(at, at - 1 if at > 1 else -1),
    }


def cause_and_effect(point: str) -> tuple[str, str]:
    """Return the first sentence of a weakness, which is its cause, and the others."""
    found = re.match(r"(.{3,140}?[.:])\s+(?=\S)", point)
    return (point[: found.end()].rstrip(), point[found.end() :]) if found else (point, "")


def open_part(section: Section, pictures: list[Picture]) -> Section:
    """Return a section that stands open: its figure of full width, and its tables but for the long ones."""
    tables = tuple(table for table in section.tables if len(table.rows) <= MOST_OPEN)
    return replace(section, tables=tables, pictures=tuple(p for p in pictures if p.name == section.name))


def folded_parts(section: Section, more: tuple[Picture, ...]) -> list[Folded]:
    """Return what of a section is closed: all of it, or the long tables of one that stands open."""
    if section.name not in OPEN:
        part = folded(section, more)
        return [] if part is None else [part]
    long = [table for table in section.tables if len(table.rows) > MOST_OPEN]
    return [
        Folded(Section(f"{section.name}-{place}", f"{section.heading}: table", tables=(table,)), _rows(len(table.rows)))
        for place, table in enumerate(long, 1)
    ]


def folded(section: Section, more: tuple[Picture, ...]) -> Folded | None:
    """Return a section that is closed until a reader opens it; None for one that stands on the page."""
    if section.name == "figures":
        return (
            Folded(
                replace(section, heading="More figures", pictures=more),
                f"{len(more)} {'figure' if len(more) == 1 else 'figures'}",
            )
            if more
            else None
        )
    if section.name == "spoilers":
        left = left_out(section)
        return Folded(left, _rows(len(left.tables[0].rows))) if left.tables else None
    rows = sum(len(table.rows) for table in section.tables)
    return Folded(section, _rows(rows) if rows else "")


def left_out(section: Section) -> Section:
    """Return the table of the events that were not used, out of the section of threats."""
    return replace(section, name="left-out", heading="Events that were not used", paragraphs=(), points=())


def _has_content(section: Section) -> bool:
    """Return whether a section says more than its notes."""
    return bool(section.paragraphs or section.points or section.tables or section.pictures or section.citations)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


@dataclass(frozen=True, slots=True)
class Folded:
    """A section and what its closed line says of its size."""

    section: Section
    count: str
