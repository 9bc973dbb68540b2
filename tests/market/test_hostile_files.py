"""Hostile price files: whatever the bytes, the answer is bars or one clear sentence, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import EventStudyError
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.survey import survey

from .test_files import LAYOUT_FILES, write

SCRAPS = st.sampled_from(
    [
        *["", ",", ";", "\t", '"', "\n", "\r\n", "\x00", "\ufeff", "NaN", "inf", "-inf", "1e400", "-1", "0", "1,5"],
        *["99999999", "20210413", "2021-02-30", "0001-01-01 00:00", "9999-12-31 23:59", "24:00", "25:00", "-0"],
        *["2014-10-26 01:30:00", "2011-03-27 02:30:00", "<CLOSE>", "close", "время", "💥", "a" * 300, "1618326000"],
        *[
            "1970-01-01",
            "2262-04-12 00:00:00",
            "2021-04-13T18:10:00+99:99",
            "2021-04-13 18:10:00Z",
            "00:00",
            "01.01.01",
        ],
    ]
)
LAXLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(path: Path, preset: str, step: str) -> None:
    asked = {"instrument": "ABC", "step": step, "timezone": "Europe/Moscow", "closes_at": "18:50", "preset": preset}
    for attempt in (
        lambda: es.read_bars(path, label="left", **asked),
        lambda: survey(path),
    ):
        refused = ""
        try:
            attempt()
        except EventStudyError as refusal:
            refused = refusal.message
        assert len(refused) < 5_000


@LAXLY
@given(
    preset=st.sampled_from(sorted(LAYOUTS)),
    edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20), SCRAPS), min_size=1, max_size=5),
    copies=st.integers(1, 4),
    step=st.sampled_from(["1min", "1D"]),
)
def test_a_good_file_with_bad_places(
    tmp_path: Path, preset: str, edits: list[tuple[int, int, str]], copies: int, step: str
) -> None:
    text = LAYOUT_FILES[preset] + (LAYOUT_FILES[preset].splitlines()[-1] + "\n") * (copies - 1)
    for place, cut, scrap in edits:
        place %= len(text) + 1
        text = text[:place] + scrap + text[place + cut :]
    read_or_refuse(write(tmp_path, text), preset, step)


@LAXLY
@given(content=st.binary(max_size=300), preset=st.sampled_from(sorted(LAYOUTS)))
def test_any_bytes(tmp_path: Path, content: bytes, preset: str) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(content)
    read_or_refuse(path, preset, "1min")
    parquet = tmp_path / "bytes.parquet"
    parquet.write_bytes(b"PAR1" + content + b"PAR1")
    read_or_refuse(parquet, "generic", "1min")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path: Path, end: str, mark: str) -> None:
    path = tmp_path / "a.csv"
    text = f"{mark}time,close\n2021-04-13 10:00,1\n\n2021-04-13 10:01,2\n".replace("\n", end)
    path.write_bytes(text.encode())
    made = es.read_bars(path, instrument="A", step="1min", label="left", timezone="Europe/Moscow")
    assert made.frame["close"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("time;close\n2021-04-13 10:00;76,37\n2021-04-13 10:01;76\n", [76.37, 76.0]),
        ("time\tclose\n2021-04-13 10:00\t76\n2021-04-13 10:01\t-0,5\n", [76.0, -0.5]),
    ],
)
def test_a_decimal_comma_is_read_where_it_parts_no_columns(tmp_path: Path, text: str, closes: list[float]) -> None:
    asked = {"instrument": "A", "step": "1min", "label": "left", "timezone": "Europe/Moscow"}
    made = es.read_bars(write(tmp_path, text), **asked, accept=("negative price",))
    assert made.frame["close"].tolist() == closes


def test_the_end_of_the_day_is_24_00(tmp_path: Path) -> None:
    path = write(tmp_path, "time,close\n2021-04-13 23:59,1\n2021-04-13 24:00,2\n2021-04-14 00:01,3\n")
    made = es.read_bars(path, instrument="A", step="1min", label="right", timezone="UTC")
    assert [str(t)[:16] for t in made.frame.index] == ["2021-04-13 23:59", "2021-04-14 00:00", "2021-04-14 00:01"]


GOOD = "time,close\n2021-04-13 10:00,1\n"
SENTENCES: dict[str, tuple[bytes, str]] = {
    "another code page, no rows": ("время,close\n".encode("cp1251"), "has a header and no rows"),
    "a web page": (b"<!DOCTYPE html><html></html>\n", "is a web page"),
    "JSON": (b'{"candles": {}}\n', "is JSON without a table of prices; it holds candles"),
    "half JSON": (b'{"candles": [1, ', "is not valid JSON"),
    "deep JSON": (b"[" * 100_000, "is nested too deeply|is not valid JSON"),
    "half a zip": (b"PK\x03\x04" + bytes(100), "is not a readable zip archive"),
    "half a gzip": (b"\x1f\x8b\x08" + bytes(100), "is not a complete gzip file"),
    "half a zstd": (b"\x28\xb5\x2f\xfd" + bytes(100), "is not a complete zstd file"),
    "half a bz2": (b"BZh9" + bytes(100), "is not a complete bz2 file"),
    "half a Parquet": (b"PAR1" + bytes(100), "is not a valid Parquet file"),
    "half an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "is not a readable workbook"),
    "zeros": (bytes(100), "is not text"),
    "one huge line": (b"x" * 2_000_000, "more than 100,000 characters"),
    "a huge row": (GOOD.encode() + b"2021-04-13 10:01,1\n" * 9 + b"9" * 3_000_000, "more than|is longer than"),
    "two closes": (b"time,close,close\n2021-04-13 10:00,1,2\n", "2 columns named 'close'"),
    "a value too many": (GOOD.encode() + b"2021-04-13 10:01,1,2\n", "line 3: the row has 3 values, the header has 2"),
    "a value too few": (GOOD.encode() + b"2021-04-13 10:01\n", "line 3: the row has 1 values, the header has 2"),
    "a formula": (GOOD.encode() + b"2021-04-13 10:01,=1+1\n", "line 3, column 'close': '=1.1' is not a number"),
    "an open quote": (b'time,close\n"2021-04-13 10:00,1\n2021-04-13 10:01,2\n', "the row has|is not|and no rows"),
    "a thousand or a decimal": (
        GOOD.encode() + b'2021-04-13 10:01,"1,076"\n',
        "line 3, column 'close': '1,076' may",
    ),
    "half an offset": (
        b"time,close\n2021-04-13T10:00:00+03:00,1\n2021-04-13T10:01:00,2\n",
        "line 3: timestamps with and without a UTC offset",
    ),
    "names of no months": (b"date,close\n13 Foo 2021,1\n", "is not the name of a month in English"),
    "13 in the afternoon": (b"time,close\n04/13/2021 13:05 PM,1\n", "is not a time of day"),
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_what_is_no_price_file_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    content, words = SENTENCES[kind]
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert run(["data", "check", str(path)]) == 4
    said = capsys.readouterr()
    assert re.search(words, said.err)
    assert said.err.count("\n") == 1
    assert len(said.err) < 600 + len(str(path))
    with pytest.raises(EventStudyError, match=words):
        es.read_bars(path, instrument="A", step="1min", label="left", timezone="UTC")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(EventStudyError, match="holds no file of prices"):
        es.read_bars(tmp_path, instrument="A", step="1min", label="left", timezone="UTC")
