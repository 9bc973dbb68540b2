"""Compressed texts and texts in other encodings are read as streams, within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import eventstudy as es
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.market.sources import text_stream
from eventstudy.market.sources.number_text import read_numbers
from eventstudy.market.sources.text_stream import TextStream

STATED = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}
DAYS = pd.bdate_range("1990-01-01", periods=6_000)
TEXT = "Дата;Цена\n" + "".join(f"{day:%d.%m.%Y};{100 + row % 37 / 4:.2f}\n" for row, day in enumerate(DAYS))


def zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.csv", content)
    return sink.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip of two members": lambda content: gzip.compress(content[:50_001]) + gzip.compress(content[50_001:]),
    "bz2": bz2.compress,
    "zstd": lambda content: bytes(pa.compress(content, codec="zstd", asbytes=True)),
    "zip": zipped,
}


def read(path: Path, content: bytes) -> Bars:
    path.write_bytes(content)
    return es.read_bars(path, instrument="A", **STATED)


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("below", ["", "\nИсточник: биржа\n"])
def test_a_text_reads_the_same_however_it_is_stored(tmp_path: Path, packing: str, encoding: str, below: str) -> None:
    bars = read(tmp_path / "prices.csv", PACKED[packing]((TEXT + below).encode(encoding)))
    assert bars.frame["close"].tolist() == [100 + row % 37 / 4 for row in range(6_000)]
    assert (bars.frame.index.normalize().tz_localize(None) == DAYS).all()


@pytest.mark.parametrize("packing", ["gzip", "bz2", "zip"])
def test_a_damaged_archive_is_a_sentence(tmp_path: Path, packing: str) -> None:
    content = bytearray(PACKED[packing](TEXT.encode()))
    content[len(content) // 2] ^= 255
    with pytest.raises(DataError, match=r"prices.csv is not a (readable zip archive|complete (gzip|bz2) file): "):
        read(tmp_path / "prices.csv", bytes(content))
    if packing != "zip":
        with pytest.raises(DataError, match="is not a complete"):
            read(tmp_path / "prices.csv", PACKED[packing](TEXT.encode())[:-4])


def test_a_byte_that_is_not_of_the_encoding_is_a_sentence(tmp_path: Path) -> None:
    content = bytearray(TEXT.encode("cp1251") * 2)
    content[150_000] = 0x98
    with pytest.raises(DataError, match=r"prices.csv is not cp1251 text: .* in position 150000"):
        read(tmp_path / "prices.csv", bytes(content))


def test_little_of_a_bomb_is_unpacked_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_stream, "SMALL_BYTES", 1_000_000)
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(b"2021-04-13,1\n" * 5_000_000))
    taken, stream = 0, TextStream(path, "gzip")
    with pytest.raises(DataError, match="150 times its size"), stream.open() as opened:  # noqa: PT012
        while part := opened.read(100_000):
            taken += len(part)
    assert taken < text_stream.USUAL_TIMES * path.stat().st_size + 100_000 < 8_000_000


def test_a_small_file_of_real_prices_is_read_although_it_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_stream, "SMALL_BYTES", 1_000)
    monkeypatch.setattr(text_stream, "USUAL_TIMES", 1)
    assert len(read(tmp_path / "prices.csv", gzip.compress(TEXT.encode()))) == 6_000


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_json_beyond_the_limit_of_what_is_read_as_a_whole_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    rows = json.dumps([{"date": f"{day:%Y-%m-%d}", "close": 100.5 + day.day} for day in DAYS]).encode()
    assert len(read(tmp_path / "prices.json", PACKED[packing](rows))) == 6_000
    monkeypatch.setattr(text_stream, "MOST_WHOLE", 100_000)
    with pytest.raises(DataError, match="has more than 100,000 bytes and can only be read at once"):
        read(tmp_path / "prices.json", PACKED[packing](rows))


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_the_line_of_an_error_is_named_in_a_file_too_large_to_be_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    lines = TEXT.splitlines(keepends=True)
    content = "".join([*lines[:5_000], "01.02.2021;x\n", *lines[5_000:]]).encode()
    for limit in (text_stream.MOST_WHOLE, 10_000):
        monkeypatch.setattr(text_stream, "MOST_WHOLE", limit)
        with pytest.raises(DataError, match=r"prices.csv, line 5001, column 'Цена': 'x' is not a number"):
            read(tmp_path / "prices.csv", PACKED[packing](content))


def test_a_cell_of_blanks_takes_no_quadratic_time() -> None:
    cells = ["1" + " " * 200_000 + "x", " " * 200_000 + "2.5", "0." + "0" * 320 + "5", "1" + " " * 200_000 + "EUR"]
    began = time.process_time()
    values, wrong = read_numbers(cells)
    assert time.process_time() - began < 2
    assert wrong == [0, 3]
    assert values[1:3].tolist() == [2.5, 5e-321]
