"""One table for terminals and plain text, from rich: columns align where letters are two cells wide, too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

WIDEST = 4096  # redirected output is never folded


def terminal_table(titles: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> Table:
    """Return a table for a ``rich.console.Console``; its texts are shown as they are, without markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title, number in zip(titles, numeric, strict=True):
        table.add_column(Text(title), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> list[str]:
    """Return the lines of a plain-text table with a rule below its titles.

    >>> table_lines(["Code", "N"], [["中国", "1"], ["SBER", "10"]], [False, True])
    ['Code   N', '----  --', '中国   1', 'SBER  10']
    """
    from rich.cells import cell_len
    from rich.console import Console

    widths = [max(map(cell_len, column)) for column in zip(titles, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    out = io.StringIO()
    console = Console(file=out, width=WIDEST, force_terminal=False, highlight=False, markup=False, emoji=False)
    console.print(terminal_table(titles, [rule, *rows], numeric))
    return [line.rstrip() for line in out.getvalue().splitlines()]
