"""The workbook, read back by another library: numbers are numbers, text is never a formula, nothing tells the hour."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from openpyxl import load_workbook

from eventstudy.report.excel_columns import heading
from eventstudy.report.spreadsheet import SHEETS, workbook
from tests.report.made import made_result

HOSTILE = '=HYPERLINK("http://x","y")'


def rows(content: bytes, sheet: str) -> list[tuple[object, ...]]:
    return [tuple(cell.value for cell in row) for row in load_workbook(io.BytesIO(content))[sheet]]


def test_every_sheet_holds_its_table() -> None:
    result = made_result()
    content = workbook(result)
    for name in SHEETS:
        head, *body = rows(content, name)
        frame = result.to_frame(name)
        # Every table with windows says them in words, too.
        assert [word for word in head if word != "Window"] == [heading(column).words for column in frame.columns]
        assert ("Window" in head) == ("start" in frame.columns)
        assert len(body) == len(frame)
    head, *body = rows(content, "car")
    car = [row[head.index("CAR")] for row in body]
    assert [row[head.index("Window")] for row in body] == ["18:00 to 18:40"] * 2
    # The format writes 16 significant digits.
    assert np.allclose(np.array(car, dtype=float), result.to_frame("car")["car"].to_numpy(), rtol=1e-15, atol=0)


def test_columns_have_words_formats_and_a_frozen_filtered_header() -> None:
    book = load_workbook(io.BytesIO(workbook(made_result())))
    sheet = book["tests"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref is not None
    by_words = {cell.value: cell.column for cell in sheet[1]}
    assert not [words for words in by_words if "_" in str(words)]
    formats = {words: sheet.cell(2, column).number_format for words, column in by_words.items()}
    assert formats["Estimate"] == "+0.00%;-0.00%;0.00%"
    assert formats["p"] == '[<0.001]"<0.001";0.000'
    fits = book["fits"]
    first = fits.cell(2, [cell.value for cell in fits[1]].index("First return (UTC)") + 1)
    assert first.is_date or first.value is None
    assert [cell.value for cell in book["car"][1]][2:7] == ["Window", "Window from", "Window to", "Bars", "CAR"]


def test_a_volume_study_has_no_percent() -> None:
    result = made_result(variable="log_volume", tests=("placebo",))
    sheet = load_workbook(io.BytesIO(workbook(result)))["car"]
    column = [cell.value for cell in sheet[1]].index("CAR") + 1
    assert sheet.cell(2, column).number_format == "0.0000"


def test_text_is_never_a_formula() -> None:
    content = workbook(made_result(codes=(HOSTILE, "@SUM(1)", "+7", "a\x1b[31m")))
    for sheet in load_workbook(io.BytesIO(content)):
        assert all(cell.data_type != "f" for row in sheet for cell in row)
        assert all("\x1b" not in str(cell.value) for row in sheet for cell in row)
    assert any(HOSTILE in row for row in rows(content, "car"))


def test_the_same_result_gives_the_same_bytes_at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = workbook(made_result())
    monkeypatch.setattr(time, "time", lambda: 4e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(4e9))
    assert workbook(made_result()) == first


def test_drawn_data_says_so_in_every_row() -> None:
    content = workbook(made_result(simulated=True))
    for name in SHEETS:
        head, *body = rows(content, name)
        assert all(row[head.index("Data")] == "SIMULATED" for row in body)
