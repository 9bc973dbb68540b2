"""What a report is made of and from: figures, sections, the page, and the material behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventstudy.report.front import Front
from eventstudy.report.method_references import Citation
from eventstudy.report.response_shape import ShapeParts
from eventstudy.report.tables import Table

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure on the page: which one, what it shows for those who cannot see it, and its caption."""

    name: str
    alt: str
    caption: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a page is made from.

    ``study`` is the result as JSON values, ``facts`` its manifest, ``moved`` a first sentence on the clock (or
    empty), ``event`` and ``prices`` what is known of the event and its prices, ``shape`` the intraday response,
    ``step_us`` the length of a bar where all series share it, ``reactions`` the sections on what reactions go with,
    ``estimation`` that on the estimated models.
    """

    study: Json
    spec: Any
    facts: Json
    pictures: tuple[Picture, ...] = ()
    simulated: bool = False
    moved: str = ""
    event: Section | None = None
    prices: tuple[Table, ...] = ()
    shape: ShapeParts = field(default_factory=ShapeParts)
    step_us: int = 0
    reactions: tuple[Section, ...] = ()
    estimation: tuple[Section, ...] = ()
    front: Front = field(default_factory=Front)
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A report: ``front`` is its top, ``foot`` its last line.

    ``finding`` is complete for a text without key figures; ``stand`` is what it adds to the title and the key figures.
    """

    title: str
    finding: tuple[str, ...]
    sections: tuple[Section, ...]
    stand: tuple[str, ...] = ()
    simulated: bool = False
    front: Front = field(default_factory=Front)
    foot: str = ""
