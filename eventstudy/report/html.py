"""The report as one HTML file: no script, nothing loaded from outside, light, dark and paper."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eventstudy.report.content import Page

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Source:
    """One variant of a figure and the media query it is for."""

    media: str
    data: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure inside a page: the variant for everybody, and those for the dark, for phones and for paper."""

    data: str
    width: int
    height: int
    sources: tuple[Source, ...] = ()


@cache
def environment() -> Environment:
    """Return the templates with escaping on for every file, whatever its name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def stylesheet() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


def data_uri(content: bytes, kind: str = "image/svg+xml") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def render_page(page: Page, pictures: Mapping[str, Drawn]) -> str:
    """Return the page as HTML; ``pictures`` maps the names of its figures to what was drawn."""
    from markupsafe import Markup

    # Only the package's own stylesheet is marked safe; every other value is escaped by the template.
    css = Markup(stylesheet())  # noqa: S704
    return environment().get_template("page.html").render(page=page, pictures=pictures, css=css)
