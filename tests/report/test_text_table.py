"""Tables for terminals: one function, columns that align where letters are two cells wide."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from eventstudy.cli import console
from eventstudy.report.tables import Column, Table, text_table
from eventstudy.show.terminal_table import table_lines


def test_columns_align_beside_wide_letters() -> None:
    # The letters of the first name are two cells wide each: four of them fill eight cells.
    columns = (Column("instrument", "Instrument"), Column("car", "CAR (bp)", "bp"))
    table = Table("responses", "CARs", columns, (("\u4e2d\u56fd\u94f6\u884c", 0.0113), ("SBER", -0.0091)))
    heading, titles, rule, first, second = text_table(table).splitlines()
    assert heading == "CARs"
    assert titles == "Instrument  CAR (bp)"
    assert rule == "----------  --------"
    assert first == "\u4e2d\u56fd\u94f6\u884c      +113.0"
    assert second == "SBER           -91.0"
    assert {cell_len(line) for line in (titles, rule, first, second)} == {20}


def test_markup_is_text() -> None:
    assert table_lines(["[bold]A"], [["[red]x[/red]"]], [False])[2] == "[red]x[/red]"


def test_the_table_of_a_command_aligns_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(("code", "n"), [("\u4e2d\u56fd", 1), ("SBER", 10)])
    lines = capsys.readouterr().out.splitlines()
    assert [cell_len(line) for line in lines] == [8, 8, 8]
