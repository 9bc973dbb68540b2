"""Tables of news: CSV, TSV, JSON lines and JSON feeds, columns found by their names or told."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventstudy.errors import NewsError
from eventstudy.news.pages import text_of_html

MAX_FIELD = 10_000_000
# Role -> the names a column may have, best first; "a + b" joins two columns.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "guid", "news_id"),
    "title": ("title", "headline", "preview_text", "subject", "заголовок"),
    "text": (
        "text",
        "body",
        "content",
        "article_text",
        "content_text",
        "content_html",
        "description",
        "summary",
        "текст",
    ),
    "url": ("url", "link", "href", "external_url"),
    "source": ("source", "publisher", "agency"),
    "company": ("company", "ticker", "instrument"),
    "language": ("language", "lang"),
}
STAMPS: dict[str, tuple[str, ...]] = {
    "published": (
        *("article_date + article_time", "date + time", "published", "published_at", "date_published", "datepublished"),
        *("pubdate", "datetime", "timestamp", "article_date", "date", "time", "дата + время", "дата"),
    ),
    "updated": ("updated", "updated_at", "date_modified", "datemodified", "modified"),
    "fetched": ("fetched", "fetched_at", "crawled", "crawled_at", "seendate"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table of news, by role; ``line`` is where it began."""

    values: Mapping[str, str]
    stamps: tuple[tuple[str, str], ...]
    line: int


def choose(names: Iterable[str], told: Mapping[str, str], source: str) -> dict[str, tuple[str, ...]]:
    """Return role -> column names, as told or as the names say.

    Raises
    ------
    NewsError
        If a told column is not there.
    """
    known = {n.strip().casefold(): n for n in names if n}
    chosen: dict[str, tuple[str, ...]] = {}
    for role, options in {**COLUMNS, **STAMPS}.items():
        for option in (told[role],) if role in told else options:
            parts = [p.strip().casefold() for p in option.split("+")]
            if all(p in known for p in parts):
                chosen[role] = tuple(known[p] for p in parts)
                break
            if role in told:
                raise NewsError(f"{source} has no column {option!r}; it has {', '.join(known.values())}.")
    return chosen


def read_csv_records(text: str, source: str, told: Mapping[str, str], delimiter: str = "") -> Iterator[Record]:
    """Yield the rows of a CSV or TSV.

    Raises
    ------
    NewsError
        If it has no header that names a text, a title or a time, or a row breaks the rules of CSV.
    """
    csv.field_size_limit(MAX_FIELD)
    mark = delimiter or _delimiter(text.split("\n", 1)[0])
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        chosen = choose(reader.fieldnames or (), told, source)
        if not {"title", "text"} & chosen.keys():
            names = ", ".join(reader.fieldnames or ()) or "no header"
            raise NewsError(
                f"{source} has no column of texts or titles; it has {names}.",
                remedy="Tell which, for example --column text=BODY.",
            )
        for row in reader:
            yield _record(row, chosen, reader.line_num)
    except csv.Error as error:
        raise NewsError(f"{source}:{reader.line_num}: not readable as CSV: {error}.") from None


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _record(row: Mapping[str, Any], chosen: Mapping[str, tuple[str, ...]], line: int) -> Record:
    cells = {role: " ".join(_cell(row.get(c)) for c in names).strip() for role, names in chosen.items()}
    stamps = tuple((role, cells[role]) for role in STAMPS if cells.get(role))
    return Record({k: v for k, v in cells.items() if k not in STAMPS}, stamps, line)


def _cell(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def read_json_records(text: str, source: str, told: Mapping[str, str]) -> Iterator[Record]:
    """Yield the entries of a JSON feed, of a JSON list of objects, or of one object."""
    found = _loads(text, source)
    rows = found.get("items", [found]) if isinstance(found, dict) else found
    yield from _json_rows(enumerate(rows if isinstance(rows, list) else [], start=1), source, told)


def read_json_lines(text: str, source: str, told: Mapping[str, str]) -> Iterator[Record]:
    """Yield one record per line of JSON."""
    lines = ((n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip())
    yield from _json_rows(((n, _loads(line, f"{source}:{n}")) for n, line in lines), source, told)


def _json_rows(rows: Iterable[tuple[int, Any]], source: str, told: Mapping[str, str]) -> Iterator[Record]:
    for number, row in rows:
        if not isinstance(row, dict):
            raise NewsError(f"{source}: entry {number} is no object.")
        record = _record(row, choose(row, told, source), number)
        if "content_html" in row and "content_text" not in row:
            record = Record(
                {**record.values, "text": text_of_html(record.values.get("text", ""))}, record.stamps, number
            )
        yield record


def _loads(text: str, source: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise NewsError(f"{source} is not JSON: {str(error)[:200]}.") from None


_SPACE = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return the text with its white space folded."""
    return _SPACE.sub(" ", text).strip()
