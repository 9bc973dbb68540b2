"""Tables as values: raw cells with a kind each, so that one table is text, HTML, Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from eventstudy.show.numbers import BP, Unit, number, pvalue

Cell: TypeAlias = str | float | int | None
Kind = Literal["text", "words", "bp", "width", "number", "coefficient", "price", "change", "pvalue", "count"]


def _count(value: Any) -> str:
    return "n/a" if value is None or not math.isfinite(value) else f"{int(value):,}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _price(value: Any) -> str:
    return "n/a" if value is None or not math.isfinite(value) else f"{value:,.6g}"


def _coefficient(value: Any) -> str:
    return "n/a" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _change(value: Any) -> str:
    return "n/a" if value is None or not math.isfinite(value) else f"{value:+,.4g}" if value else "0"


# Moves, and widths of moves, which have no sign: shown in the unit of their table.
MOVES: dict[Kind, bool] = {"bp": True, "width": False}
SHOWN: dict[Kind, Callable[[Any], str]] = {
    "text": _text,
    "words": _text,  # text that is aligned as numbers are
    "price": _price,
    "change": _change,
    "number": number,
    "coefficient": _coefficient,
    "pvalue": pvalue,
    "count": _count,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files, its title with the unit for readers, and how its cells are shown."""

    name: str
    title: str
    kind: Kind = "text"

    @property
    def numeric(self) -> bool:
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of raw cells under named columns; a caption says what they are.

    A table of simulated data carries the word in its caption and in a column of its files. Moves (columns of kind
    ``bp`` and ``width``) are decimals, shown in ``unit``.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    simulated: bool = False
    unit: Unit = BP

    @property
    def heading(self) -> str:
        return f"SIMULATED: {self.caption}" if self.simulated else self.caption

    def shown(self) -> list[list[str]]:
        """Return the cells as readers see them."""
        return [
            [self._shown(column.kind, cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def _shown(self, kind: Kind, cell: Any) -> str:
        return self.unit.show(cell, signed=MOVES[kind]) if kind in MOVES else SHOWN[kind](cell)

    def in_unit(self, unit: Unit) -> Table:
        """Return the table with its moves in another unit, which the titles of their columns then name."""
        columns = tuple(
            replace(column, title=_titled(column.title, unit.name)) if column.kind in MOVES else column
            for column in self.columns
        )
        return replace(self, columns=columns, unit=unit)


def _titled(title: str, unit: str) -> str:
    """Return a title with another unit in the place of basis points.

    >>> _titled("CAR, bp", "%"), _titled("Alpha (bp)", ""), _titled("CAR, bp", "")
    ('CAR, %', 'Alpha', 'CAR')
    """
    return re.sub(r"\bbp\b", unit, title) if unit else re.sub(r",? \(?bp\)?", "", title)


def text_table(table: Table) -> str:
    """Return the table for a terminal or a plain-text mail: aligned columns, nothing but visible characters."""
    from eventstudy.show.escape import for_terminal
    from eventstudy.show.terminal_table import table_lines

    titles = [for_terminal(column.title, 40) for column in table.columns]
    body = [[for_terminal(cell, 60) for cell in row] for row in table.shown()]
    lines = table_lines(titles, body, [column.numeric for column in table.columns])
    return "\n".join([for_terminal(table.heading), *lines]) + "\n"
