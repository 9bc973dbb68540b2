"""Rows of tables as they stand in the file: CSV, TSV, Excel, Parquet and JSON, plain or compressed with gzip."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventstudy.errors import EventStudyError, NewsError

MAX_BYTES = 500_000_000
MAX_CELL = 10_000_000
GZIP = b"\x1f\x8b"
# Ending of a file -> the kind of its rows.
KINDS: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    **dict.fromkeys([".json", ".js"], "json"),
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    **dict.fromkeys([".xlsx", ".xls", ".xlsb", ".ods"], "excel"),
}
# How files of a kind begin, where the ending does not say it.
MAGIC: Mapping[bytes, str] = {b"PAR1": "parquet", b"PK\x03\x04": "excel", b"\xd0\xcf\x11\xe0": "excel"}


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row: where it begins in the file, and its cells by column, of whatever type the file gave them."""

    line: int
    cells: Mapping[str, Any]


def kind_by_name(source: str) -> str:
    """Return the kind of rows that a file's ending names, ``.gz`` aside; empty where it names none."""
    return KINDS.get(Path(source.casefold().removesuffix(".gz")).suffix, "")


def kind_by_content(content: bytes) -> str:
    """Return the kind of rows that the first bytes show, or an empty string."""
    named = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")
    head = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    return named or ("json" if head[:1] in (b"{", b"[") and head[1:2] != b"" else "")


def unpacked(content: bytes, source: str) -> bytes:
    """Return the bytes of a gzip file, at most ``MAX_BYTES`` of them; other bytes as they are."""
    if not content.startswith(GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as reader:
            found = reader.read(MAX_BYTES + 1)
    except EOFError:
        raise NewsError(f"{source} is a truncated gzip file.", remedy="Download it again.") from None
    except (OSError, zlib.error) as error:
        raise NewsError(f"{source} is not a valid gzip file: {error}.") from None
    _check_size(len(found), source)
    return found


def _check_size(size: int, source: str) -> None:
    if size > MAX_BYTES:
        raise NewsError(f"{source} unpacks to more than {MAX_BYTES // 1_000_000} MB.", remedy="Split it.")


def csv_rows(text: str, source: str, *, delimiter: str, header: Sequence[str] = ()) -> Iterator[RawRow]:
    """Yield the rows of a delimited text; ``header`` names the columns of a text that has no header."""
    csv.field_size_limit(MAX_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = list(header)
    try:
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            if not names:
                names = unique_names(cells)
                continue
            if len(cells) != len(names):
                raise NewsError(
                    f"{source}:{lines.line_num}: {len(cells)} cells in this row, but {len(names)} columns.",
                    remedy=f"Quote cells that contain {delimiter!r}.",
                )
            yield RawRow(lines.line_num, dict(zip(names, cells, strict=True)))
    except csv.Error as error:
        raise NewsError(f"{source}:{lines.line_num}: not readable as CSV: {error}.") from None


def delimiter_of(text: str) -> str:
    """Return the delimiter of a table: the mark that is most frequent in its first line."""
    return max(",;\t|", key=text.split("\n", 1)[0].count)


def unique_names(cells: Iterable[Any]) -> list[str]:
    """Return the names of a header; a column without one is numbered."""
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    return [name or f"column {number}" for number, name in enumerate(names, start=1)]


def excel_rows(content: bytes, source: str) -> Iterator[RawRow]:
    """Yield the rows of the first sheet of a workbook that holds a table; dates and times come as such."""
    import python_calamine

    check_workbook_size(content, source)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except Exception as error:  # the library raises errors of several trees, and panics
        raise NewsError(f"{source} cannot be read as a workbook: {str(error)[:200]}.") from None
    tables = {name: found for name, rows in sheets.items() if (found := list(_sheet_rows(rows)))}
    first = next(iter(tables.values()), [])
    same = [name for name, rows in tables.items() if tuple(rows[0].cells) == tuple(first[0].cells)]
    if len(same) > 1:
        raise NewsError(
            f"{source}: the sheets {', '.join(same)} have the same columns.", remedy="Join them in one sheet."
        )
    yield from first


def check_workbook_size(content: bytes, source: str) -> None:
    """Refuse a workbook, which is a zip archive, whose members unpack to more than ``MAX_BYTES``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # an old workbook, or a damaged one, which its reader refuses
    _check_size(size, source)


def _sheet_rows(rows: Sequence[Sequence[Any]]) -> Iterator[RawRow]:
    names: list[str] = []
    for line, cells in enumerate(rows, start=1):
        filled = [cell for cell in cells if cell != ""]
        if not filled:
            continue
        if names:
            yield RawRow(line, dict(zip(names, cells, strict=False)))
        elif len(filled) > 1:
            names = unique_names(cells)


def parquet_rows(content: bytes, source: str) -> Iterator[RawRow]:
    """Yield the rows of a Parquet file, batch by batch; a text that stands in every row is in memory once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from eventstudy.market.sources.parquet_file import decoded_bytes, text_columns

    try:
        number = size = 0
        texts = text_columns(pq.read_schema(io.BytesIO(content)))
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        _check_size(decoded_bytes(file.metadata), source)
        for batch in file.iter_batches(batch_size=2_000):
            size += sum(map(_decoded_size, batch.columns))
            _check_size(size, source)
            columns = dict(zip(batch.schema.names, map(_cells, batch.columns), strict=True))
            for cells in zip(*columns.values(), strict=True):
                number += 1
                yield RawRow(number, dict(zip(columns, cells, strict=True)))
    except EventStudyError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise NewsError(f"{source} cannot be read as Parquet: {' '.join(str(error).split())[:200]}.") from None


def _decoded_size(column: Any) -> int:
    """Return the bytes of a column of pyarrow with each text counted as often as it stands there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    try:
        lengths = pc.binary_length(column.dictionary)
    except pa.ArrowNotImplementedError:  # a dictionary of numbers
        return int(column.nbytes)
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)


def _cells(column: Any) -> list[Any]:
    """Return the values of a column of pyarrow; each text of a dictionary is one object."""
    import pyarrow as pa

    from eventstudy.market.sources.grid import values_of

    if not pa.types.is_dictionary(column.type):
        return values_of(column)
    values = values_of(column.dictionary)
    return [None if place is None else values[place] for place in column.indices.to_pylist()]


# How the archives of X begin: "window.YTD.tweets.part0 = [".
_ASSIGNED = re.compile(r"\s*[A-Za-z_$][\w.$]*\s*=\s*(?=[\[{])")


def json_value(text: str, source: str) -> Any:
    """Return the value of a JSON text; numbers that no market has (NaN) are missing."""
    if begun := _ASSIGNED.match(text):
        text = text[begun.end() :]
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise NewsError(f"{source} is not JSON: {str(error)[:200]}.") from None


def json_lines(text: str, source: str) -> Iterator[RawRow]:
    """Yield one row per line of JSON; each is an object."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            found = json_value(line, f"{source}:{number}")
            if not isinstance(found, dict):
                raise NewsError(f"{source}:{number}: this line is not a JSON object.")
            yield RawRow(number, found)
