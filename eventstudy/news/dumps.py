"""Dumps of news vendors: where the list is, which column is what, whose clock it is, and what is known to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from eventstudy.errors import StampError
from eventstudy.news.raw_rows import RawRow
from eventstudy.news.stamps import read_stamp


@dataclass(frozen=True, slots=True)
class Shape:
    """What the column names of a vendor's rows do not say.

    Attributes
    ----------
    name : str
    has : tuple of str
        Columns (in lower case) that together show the shape.
    columns : mapping of str to str
        Role -> column, where the usual names do not say it; an empty column leaves the role out.
    zone : str
        Clock of times without an offset, as the vendor documents it; empty where it does not.
    calendar : str
        Exchange of all instruments, for dates with a session.
    header : tuple of str
        Columns of a file that has no header, by their number.
    beside : tuple of str
        Values beside the list of a JSON dump that belong to each of its rows.
    repair : callable or None
        Known trap: the rows of one file -> the same rows with readable times.
    """

    name: str
    has: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    calendar: str = ""
    header: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    repair: Callable[[Iterable[RawRow]], Iterator[RawRow]] | None = None


NEW_YORK = ZoneInfo("America/New_York")
# EDGAR takes filings from 06:00 to 22:00 New York time on working days (Regulation S-T, rule 12).
EDGAR_OPEN, EDGAR_CLOSE = time(6), time(22)


def edgar_clock(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Yield filings with the clock of ``acceptanceDateTime``: UTC as written, or New York under a wrong ``Z``.

    For some companies EDGAR writes New York time with a ``Z``. Where one reading lies outside EDGAR's hours, the other
    is right, and it is right for all filings of that company; where both are possible, the time names the zone
    ``EDGAR``, which is refused as ambiguous.
    """
    for _, company in groupby(rows, key=lambda row: row.cells.get("cik")):
        filings = list(company)
        readings = [_edgar_reading(str(row.cells.get("acceptanceDateTime", ""))) for row in filings]
        settled = set(filter(None, readings)) if any(row.cells.get("cik") for row in filings) else set()
        for row, reading in zip(filings, readings, strict=True):
            zone = reading or (next(iter(settled)) if len(settled) == 1 else "EDGAR")
            written = str(row.cells.get("acceptanceDateTime", "")).removesuffix("Z")
            yield RawRow(row.line, {**row.cells, "acceptanceDateTime": f"{written} {zone}" if written else ""})


def _edgar_reading(written: str) -> str:
    try:
        at = read_stamp(written, zone="UTC").start
    except StampError:
        return ""
    utc = _edgar_works(at.astimezone(NEW_YORK))
    new_york = _edgar_works(at.replace(tzinfo=NEW_YORK))
    return "" if utc == new_york else "UTC" if utc else "America/New_York"


def _edgar_works(at: datetime) -> bool:
    return at.weekday() < 5 and EDGAR_OPEN <= at.time() < EDGAR_CLOSE


def day_first(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Yield rows whose ``date`` is documented as day/month/year, written as year-month-day."""
    for row in rows:
        parts = str(row.cells.get("date", "")).split("/")
        date = "-".join(reversed(parts)) if len(parts) == 3 else row.cells.get("date", "")
        yield RawRow(row.line, {**row.cells, "date": date})


_GDELT_EVENT = {0: "GLOBALEVENTID", 1: "SQLDATE", 26: "EventCode", 30: "GoldsteinScale", 34: "AvgTone"}
SHAPES: tuple[Shape, ...] = (
    # `seendate`, `DATE` and `DATEADDED` of GDELT are when its crawler saw the page (UTC): an upper bound.
    Shape("GDELT DOC", ("seendate", "sourcecountry"), {"fetched": "seendate"}, "UTC"),
    Shape(
        "GDELT GKG",
        ("gkgrecordid", "date"),
        {"id": "GKGRECORDID", "url": "DocumentIdentifier", "fetched": "DATE", "published": ""},
        "UTC",
        header=(
            *("GKGRECORDID", "DATE", "SourceCollectionIdentifier", "SourceCommonName", "DocumentIdentifier"),
            *(f"column {n}" for n in range(6, 28)),
        ),
    ),
    *(
        Shape(
            name,
            ("globaleventid", "dateadded"),
            {"id": "GLOBALEVENTID", "url": "SOURCEURL", "fetched": "DATEADDED", "published": ""},
            "UTC",
            header=tuple(
                {**_GDELT_EVENT, width - 2: "DATEADDED", width - 1: "SOURCEURL"}.get(n, f"column {n + 1}")
                for n in range(width)
            ),
        )
        for name, width in (("GDELT events 1.0", 58), ("GDELT events 2.0", 61))
    ),
    Shape("RavenPack", ("timestamp_utc", "rp_story_id"), {"id": "RP_STORY_ID", "company": "ENTITY_NAME"}, "UTC"),
    Shape("Finnhub earnings", ("hour", "symbol", "epsestimate"), {"session": "hour"}, calendar="XNYS"),
    Shape(
        "Nasdaq earnings",
        ("lastyearrptdt", "symbol"),
        {"session": "time", "published": "asOf"},
        calendar="XNYS",
        beside=("asOf",),
    ),
    # The time zone of `created` is the server's; `created_utc` is UTC.
    Shape("Reddit", ("created_utc",), {"published": "created_utc", "url": "permalink"}),
    # `date` of a Telegram export is the clock of the computer that made it; `date_unixtime` is UTC. `title` is that of
    # a channel that was created, or of a piece of music.
    Shape("Telegram", ("date_unixtime",), {"published": "date_unixtime", "updated": "edited_unixtime", "title": ""}),
    Shape("MOEX ISS", ("published_at", "modified_at", "tag"), zone="Europe/Moscow"),
    Shape(
        "EDGAR",
        ("acceptancedatetime",),
        {"published": "acceptanceDateTime", "title": "form"},
        beside=("cik", "tickers"),
        repair=edgar_clock,
    ),
    # Times of investing.com are on the clock of the account that downloaded them; `zone` is a country.
    Shape(
        "investing.com",
        ("importance", "zone", "event"),
        {"title": "event", "published": "date + time"},
        repair=day_first,
    ),
    Shape("ForexFactory", ("currency", "impact", "event"), {"title": "event", "published": "date + time"}),
)


def shape_of(columns: Iterable[str]) -> Shape | None:
    """Return the shape that some columns show, or None."""
    names = {str(name).strip().casefold() for name in columns}
    return next((shape for shape in SHAPES if names.issuperset(shape.has)), None)


def header_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a table without a header: its width, an id and a day show the shape."""
    if len(cells) < 2 or len(cells[1]) not in (8, 14) or not cells[1][:8].isdigit():
        return ()
    header = next((shape.header for shape in SHAPES if len(shape.header) == len(cells)), ())
    return header if "GKGRECORDID" not in header or cells[0].startswith(cells[1]) else ()
