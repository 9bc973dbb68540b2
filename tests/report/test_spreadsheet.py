"""The workbook, read back by another library: numbers are numbers, text is never a formula, nothing tells the hour."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from openpyxl import load_workbook

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
        assert list(head) == list(frame.columns)
        assert len(body) == len(frame)
    car = [row[list(result.to_frame("car").columns).index("car")] for row in rows(content, "car")[1:]]
    # The format writes 16 significant digits.
    assert np.allclose(np.array(car, dtype=float), result.to_frame("car")["car"].to_numpy(), rtol=1e-15, atol=0)


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
        assert all(row[head.index("data")] == "SIMULATED" for row in body)
