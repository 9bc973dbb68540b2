"""A card: a small HTML table of facts that a notebook shows for a value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eventstudy.show.escape import plain, visible

if TYPE_CHECKING:
    from jinja2 import Environment

MOST = 6
Row = tuple[str, str]


def templates(folder: Path) -> Environment:
    """Return the templates of a folder; every value is escaped, whatever the file is called."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def card(title: str, rows: Sequence[Row], *, simulated: bool = False, more: int = 0) -> str:
    """Return a small table of facts as HTML; rows without a value are left out."""
    shown = [(plain(name, 60), plain(value, 300)) for name, value in rows if value]
    page = _cards().get_template("card.html")
    return page.render(title=plain(title, 160), rows=shown, simulated=simulated, more=more)


@cache
def _cards() -> Environment:
    return templates(Path(__file__).parent / "templates")


def _printable(value: object) -> object:
    """Drop from every text what no page may hold; markup that the package made itself is not a plain str."""
    return visible(value) if type(value) is str else value
