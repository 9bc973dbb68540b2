"""Rows of news by role: which column is the title, the text, the time, the instruments; the others are attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from itertools import chain
from typing import Any

from eventstudy.errors import NewsError
from eventstudy.market.instruments import INSTRUMENT_COLUMNS
from eventstudy.news.dumps import Shape, shape_of
from eventstudy.news.raw_rows import RawRow

# Role -> the names a column may have, best first, as patterns of a name without case, spaces, hyphens and underscores;
# "a + b" joins two columns.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "uuid", "guid", "newsid", "storyid", "idstr", "accessionnumber"),
    "title": (
        *("title", "headline", "articletitle", "webtitle", r"headline\.main", r"title\.rendered", "previewtext"),
        *("subject", "event", "заголовок"),
    ),
    "text": (
        *("text", "fulltext", "body", "content", r"content\.rendered", "articletext", "contenttext", "contenthtml"),
        *("article", "selftext", "description", "summary", "abstract", "текст"),
    ),
    "url": ("url", "link", "href", "(external|article|web|news|story|source)url"),
    "source": (r"publisher\.name", r"source\.name", "source", "publisher", "agency", "domain"),
    "company": ("company", "companyname"),
    "instruments": (
        *("tickers", "symbols", "instruments", "ticker", "symbol", "instrument", "stocks", "stock", "tickersentiment"),
        *("entities", "related", *INSTRUMENT_COLUMNS, r"\w*(ticker|symbol)s?"),
    ),
    "session": ("session",),
    "language": ("language", "lang"),
}
_PUBLISHED = r"(\w*pub(lish(ed)?|lication)?(date|time|datetime|at|on)?|(date|time|datetime)published)"
_UPDATED = r"(\w*(updated|modified)(date|time|at|on)?|date(updated|modified)|edited(date|time|at|on))"
STAMPS: dict[str, tuple[str, ...]] = {
    "published": (
        *("articledate + articletime", f"{_PUBLISHED}(utc|gmt)", _PUBLISHED, "(created|timestamp|date|time)(utc|gmt)"),
        *("createdat", "created", "dateunixtime", "date + time", "datetime", "timestamp", "articledate"),
        *("(earnings|release)date", "date", "time", "дата + время", "дата"),
    ),
    "updated": (f"{_UPDATED}(utc|gmt)", _UPDATED),
    "fetched": (r"\w*(fetch|crawl)(ed)?(date|time|at|on)?", "seendate"),
}
MAX_ATTRIBUTES = 60
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table of news, by role; ``line`` is where it began."""

    values: Mapping[str, str]
    stamps: tuple[tuple[str, str], ...]
    line: int
    instruments: tuple[str, ...] = ()
    attributes: Mapping[str, float | str] = field(default_factory=dict)
    calendar: str = ""


def choose(
    names: Iterable[str], columns_given: Mapping[str, str], source: str, shape: Shape | None = None
) -> dict[str, tuple[str, ...]]:
    """Return role -> column names: as given, as the shape of the dump says, or as the names say."""
    known = {plain_name(str(n)): str(n) for n in reversed(list(names)) if n}
    given = {} if shape is None else dict(shape.columns)
    chosen: dict[str, tuple[str, ...]] = {}
    for role, options in {**COLUMNS, **STAMPS}.items():
        literal = columns_given.get(role, given.get(role))
        for option in options if literal is None else (literal,):
            parts = [
                [name for name in known if (re.fullmatch(p, name) if literal is None else plain_name(p) == name)]
                for p in option.split(" + ")
            ]
            if all(parts):
                chosen[role] = tuple(known[names[0]] for names in parts)
                break
            if role in columns_given:
                raise NewsError(f"{source} has no column {option!r}; it has {', '.join(known.values())}.")
    return chosen


def plain_name(column: str) -> str:
    """Return a column's name without case and the marks between its words.

    >>> plain_name("Published_At") == plain_name("publishedAt") == plain_name(" published at")
    True
    """
    return re.sub(r"[\s_@-]+", "", column).casefold()


def read_records(rows: Iterable[RawRow], source: str, columns_given: Mapping[str, str]) -> Iterator[Record]:
    """Yield the rows of a table or dump of news; without a known title, text or time they are refused."""
    found = iter(rows)
    first = next(found, None)
    if first is None:
        raise NewsError(f"{source} has no rows.", remedy="Check what was downloaded.")
    shape = shape_of(first.cells)
    rows = chain([first], found)
    if shape is not None and shape.repair is not None:
        rows = shape.repair(rows)
    known: dict[tuple[str, ...], tuple[dict[str, tuple[str, ...]], Shape | None]] = {}
    for row in rows:
        cells = flat(row.cells)
        columns = tuple(cells)
        if columns not in known:  # rows of several vendors may stand in one list
            shape = shape_of(columns)
            chosen = choose(columns, columns_given, source, shape)
            if not {"title", "text", "published", "fetched"} & chosen.keys():
                raise NewsError(
                    f"{source}:{row.line}: no known column of titles, texts or times; the columns are "
                    f"{', '.join(columns)}.",
                    remedy="Name them, for example --column text=BODY --column published=WHEN.",
                )
            known[columns] = chosen, shape
        if not all(value in ("", None) for value in cells.values()):
            yield record(cells, *known[columns], row.line)


def flat(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without nesting: the keys of an inner object are joined by dots."""
    if not any(isinstance(value, dict) for value in cells.values()):
        return dict(cells)
    result: dict[str, Any] = {}
    for key, value in cells.items():
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
            result[key] = next(iter(value.values()))  # how MongoDB writes a value of a type: {"$date": "..."}
        elif isinstance(value, dict):
            result |= {f"{key}.{inner}": cell for inner, cell in flat(value).items()}
        else:
            result[key] = value
    return result


def record(cells: Mapping[str, Any], chosen: Mapping[str, tuple[str, ...]], shape: Shape | None, line: int) -> Record:
    """Return one row by role; what has no role is an attribute."""
    used = {name for names in chosen.values() for name in names}
    text = {role: " ".join(cell_text(cells[c]) for c in names).strip() for role, names in chosen.items()}
    zone = "" if shape is None else shape.zone
    stamps = tuple((role, with_zone(text[role], zone or clock_in(chosen[role]))) for role in STAMPS if text.get(role))
    further = {str(k): v for k, v in cells.items() if k not in used}
    attributes = {k: attribute(v) for k, v in list(further.items())[:MAX_ATTRIBUTES] if not is_empty(v)}
    named = [name for column in chosen.get("instruments", ()) for name in tickers(cells[column])]
    values = {role: value for role, value in text.items() if role not in STAMPS and role != "instruments"}
    return Record(values, stamps, line, tuple(dict.fromkeys(named)), attributes, shape.calendar if shape else "")


_ZONED = re.compile(r"(?:[Zz]|[+\u2212-]\d\d:?\d\d|[A-Za-z][A-Za-z/_]+)$|^\d{9,13}(?:\.\d+)?$|^\d{16}$")


def clock_in(columns: Iterable[str]) -> str:
    """Return the clock that the name of a column states: ``date_gmt``, ``published_utc``."""
    return "UTC" if all(plain_name(name).endswith(("utc", "gmt")) for name in columns) else ""


def with_zone(stamp: str, zone: str) -> str:
    """Return a stamp with the documented clock of its vendor, unless it names one or counts seconds."""
    return stamp if not zone or _ZONED.search(stamp) else f"{stamp} {zone}"


def is_empty(cell: Any) -> bool:
    """Return whether a cell holds nothing: no text, None, NaN or NaT."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (not isinstance(cell, list | tuple | dict) and bool(cell != cell))


def cell_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without a decimal point, dates and times in ISO 8601.

    Parts of a message (Telegram) are joined, other lists are separated by semicolons.
    """
    if is_empty(cell):
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    if isinstance(cell, list):
        parts = [part.get("text", json.dumps(part)) if isinstance(part, dict) else cell_text(part) for part in cell]
        message = any(isinstance(p, dict) and "text" in p for p in cell)
        return ("" if message else "; ").join(map(str, parts))
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict) else str(cell)


def attribute(cell: Any) -> float | str:
    """Return a further cell as a number or a word; codes with leading zeros or too many digits stay text.

    >>> [attribute(cell) for cell in ("0.5", "00320193", 7, "1640000000000000001", "Acme")]
    [0.5, '00320193', 7.0, '1640000000000000001', 'Acme']
    """
    if isinstance(cell, int | float) and abs(cell) < EXACT:
        return float(cell)
    text = cell_text(cell).strip()
    return float(text) if _NUMBER.fullmatch(text) and abs(float(text)) < EXACT else text


EXACT = 2**53  # whole numbers below are exact as floats
_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")


def tickers(cell: Any) -> list[str]:
    """Return the instruments of a cell: a list of codes or of objects with one, or codes separated by commas.

    Quotation marks and brackets are those of a list that was saved as text.

    >>> tickers("['AAPL', 'MSFT']"), tickers("AAPL US Equity; BRK/B US Equity"), tickers(14593.0)
    (['AAPL', 'MSFT'], ['AAPL US Equity', 'BRK/B US Equity'], ['14593'])
    """
    if isinstance(cell, list | tuple):
        names = [p.get("ticker") or p.get("symbol") or p.get("name") if isinstance(p, dict) else p for p in cell]
    else:
        names = re.split(r"[,;|]", cell_text(cell))
    return [name for name in (cell_text(n).strip(" \t\r\n[]'\"") for n in names if n) if name]


def one_line(text: str) -> str:
    """Return the text with its white space folded."""
    return _SPACE.sub(" ", text).strip()
