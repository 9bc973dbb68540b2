"""The report as one HTML file: no script, nothing loaded from outside, light, dark and paper."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eventstudy.report.content import Page, outcome_table, response_table, unit_of
from eventstudy.report.finding import finding
from eventstudy.report.tables import Table
from eventstudy.show.card import templates
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from jinja2 import Environment

    from eventstudy.study.result import StudyResult

TEMPLATES = Path(__file__).parent / "templates"
MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class FigureVariant:
    """One variant of a figure and the media query it is for."""

    media: str
    data: str


@dataclass(frozen=True, slots=True)
class RenderedFigure:
    """A figure inside a page: the variant for everybody, and those for the dark, for phones and for paper."""

    data: str
    width: int
    height: int
    sources: tuple[FigureVariant, ...] = ()


@cache
def environment() -> Environment:
    """Return the templates of the pages."""
    return templates(TEMPLATES)


@cache
def stylesheet() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


def data_uri(content: bytes, kind: str = "image/svg+xml") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def render_page(page: Page, pictures: Mapping[str, RenderedFigure]) -> str:
    """Return the page as HTML; ``pictures`` maps the names of its figures to what was drawn."""
    from markupsafe import Markup

    # Only the package's own stylesheet is marked safe; every other value is escaped by the template.
    css = Markup(stylesheet())  # noqa: S704
    return environment().get_template("page.html").render(page=page, pictures=pictures, css=css)


def fragment(result: StudyResult) -> str:
    """Return a short card for a notebook: the finding, the numbers, what was left out."""
    from eventstudy.report.about import moved
    from eventstudy.report.figure_data import name_of

    study = result.to_dict()
    unit, drawn = unit_of(result.spec), result.simulated
    tables = [response_table(study, unit, simulated=drawn)] if study["responses"] else []
    left_out = outcome_table(study, simulated=result.simulated, used=False)
    tables += [left_out] if left_out.rows else []
    cards = [(shortened(table), max(0, len(table.rows) - MOST_ROWS)) for table in tables]
    return (
        environment()
        .get_template("fragment.html")
        .render(
            title=name_of(result),
            simulated=result.simulated,
            finding=finding(study, float(result.spec.level), moved(result)),
            cards=cards,
            notices=[(notice.code, plain(notice.message, 400)) for notice in result.notices],
        )
    )


def shortened(table: Table) -> Table:
    return Table(table.name, table.caption, table.columns, table.rows[:MOST_ROWS], table.simulated)
