"""A small client of the Moscow Exchange's ISS service: candles of one board, page by page, none believed unchecked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import pandas as pd

from eventstudy.arrays import look_up
from eventstudy.errors import BarsError, NetworkError, SourceError, UsageError
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.download import Garbled, parse_json
from eventstudy.market.sources.transport import Client, Limits, MisfitError, NotFoundError, origin_of
from eventstudy.market.store.stored_series import step_name
from eventstudy.show.escape import plain

T = TypeVar("T")
SERVICE = "https://iss.moex.com/iss"
MOSCOW = "Europe/Moscow"
MINUTE = pd.Timedelta(minutes=1)
LIMITS = Limits()

# Board -> engine, market, and the board's own id in the service (futures are commonly called by their market).
BOARDS: dict[str, tuple[str, str, str]] = {
    "CETS": ("currency", "selt", "CETS"),
    "TQBR": ("stock", "shares", "TQBR"),
    "TQTF": ("stock", "shares", "TQTF"),
    "SNDX": ("stock", "index", "SNDX"),
    "RTSI": ("stock", "index", "RTSI"),
    "RFUD": ("futures", "forts", "RFUD"),
    "FORTS": ("futures", "forts", "RFUD"),
}
BOARD_CALENDARS = {
    "CETS": "MOEX-FX",
    "TQBR": "MOEX-SHARES",
    "TQTF": "MOEX-SHARES",
    "SNDX": "MOEX-INDEX",
    "RTSI": "MOEX-INDEX",
    "RFUD": "MOEX-FUTURES",
    "FORTS": "MOEX-FUTURES",
}
# Bar length -> the service's name of the interval; every other step is built from one minute.
INTERVALS = {MINUTE: 1, pd.Timedelta(minutes=10): 10, pd.Timedelta(hours=1): 60, pd.Timedelta(days=1): 24}
# Days asked for at once, so that no answer can reach the 10,000 rows at which some services fall silent.
CHUNK_DAYS = {1: 6, 10: 60, 60: 360, 24: 3600}
ROWS_A_DAY = {1: 1440, 10: 144, 60: 24, 24: 1}
COLUMNS = ("open", "close", "high", "low", "volume", "begin")
SYMBOL = re.compile(r"[A-Za-z0-9@._-]{1,36}")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
# Even pages of a hundred rows need no more requests than this, and a few to spare.
LEAST_PAGE, SPARE_PAGES = 100, 128
Days = tuple[date, date]
Row = tuple[str, float, float, float, float, float]


class Ask(Protocol):
    """Gets one answer and reads it: from the network, or from what was kept of it."""

    def __call__(self, url: str, read: Callable[[bytes], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """One security on one board, and the interval of its candles: what every address below is made from."""

    instrument: Instrument
    interval: int
    service: str = SERVICE

    def url(self, page: str, query: dict[str, Any]) -> str:
        engine, market, board = look_up("board of the Moscow Exchange", BOARDS, self.instrument.board)
        path = f"engines/{engine}/markets/{market}/boards/{board}/securities/{quote(self.instrument.code, safe='')}"
        return f"{self.service}/{path}/{page}.json?{urlencode({'iss.meta': 'off', **query})}"


def service_address() -> str:
    """Return the address of the service: ``EVENTSTUDY_MOEX_URL``, or the exchange's own."""
    given = os.environ.get("EVENTSTUDY_MOEX_URL", "").strip()
    if not given:
        return SERVICE
    try:
        origin_of(given)
    except NetworkError as error:
        raise UsageError(f"EVENTSTUDY_MOEX_URL cannot be used: {error.message}", remedy=error.remedy) from None
    parts = urlsplit(given)
    if parts.query or parts.fragment:
        raise UsageError(
            "EVENTSTUDY_MOEX_URL carries a query or a fragment.",
            remedy="Give only scheme, host and path, for example https://apim.moex.com/iss; the token goes into "
            "EVENTSTUDY_MOEX_TOKEN.",
        )
    return given.rstrip("/") if parts.path.strip("/") else f"{given.rstrip('/')}/iss"


def open_client(*, offline: bool = False) -> Client:
    """Return the way to the service, with the token of ``EVENTSTUDY_MOEX_TOKEN``."""
    token = os.environ.get("EVENTSTUDY_MOEX_TOKEN", "").strip()
    return Client((service_address(),), token=token, offline=offline, limits=LIMITS)


def asking(client: Client) -> Ask:
    """Return the plainest ``Ask``: every answer from the network."""

    def ask(url: str, read: Callable[[bytes], T]) -> T:
        return client.get(url, read).content

    return ask


def listing(instrument: Instrument, step: pd.Timedelta) -> Listing:
    """Return where the candles live that a step is made of: its own interval, or one minute."""
    if step not in INTERVALS and (step % MINUTE != pd.Timedelta(0) or step >= pd.Timedelta(days=1)):
        raise SourceError(
            f"The Moscow Exchange has no bars of {step_name(step)}.",
            remedy="Ask for 1 minute, any multiple of it below one day, or 1 day.",
        )
    return Listing(instrument, INTERVALS.get(step, 1), service_address())


def borders(ask: Ask, where: Listing) -> Days | None:
    """Return the first and last day the service has candles of this interval for; None where it has none at all."""
    found: dict[int, Days] = ask(where.url("candleborders", {}), read_borders)
    return found.get(where.interval)


def main_board(ask: Ask, code: str) -> str | None:
    """Return the board that makes the price of a symbol, as the exchange describes it; None for an unknown symbol."""
    if not SYMBOL.fullmatch(code):
        return None
    query = urlencode({"iss.meta": "off", "iss.only": "boards"})
    url = f"{service_address()}/securities/{quote(code, safe='')}.json?{query}"
    try:
        names, firsts = ask(url, lambda body: read_block(parse_json(body), "boards", ("boardid", "is_primary")))
    except NotFoundError:
        return None
    return next((name for name, is_main in zip(names, firsts, strict=True) if is_main == 1 and name in BOARDS), None)


def candles(
    ask: Ask, where: Listing, days: Days, tell: Callable[[str], None] = lambda _: None, *, growing: bool = False
) -> pd.DataFrame:
    """Return the candles of the days, both included, indexed by closing instant (UTC).

    The service promises no page size, so each page is asked for from the last row received and must begin with that
    very row: a page that repeats or skips rows, and a candle that changes between two pages, are found. With
    ``growing``, the last candle of a day that still runs may change.

    Raises
    ------
    MisfitError
        If pages repeat, skip, disorder, change or invent rows, and keep doing so, or are more than the rows can need.
    """
    rows: list[Row] = []
    left = _most_pages(where, days)
    while left > 0:
        left -= 1
        page = ask(_page_url(where, days, max(len(rows) - 1, 0)), partial(_read_next, where, days, rows, growing))
        if rows and growing and page:
            rows[-1] = page[0]
        more = page[1:] if rows else page
        if rows and not more:  # the end, or a service that gives one row a page
            left -= 1
            more = ask(_page_url(where, days, len(rows)), partial(read_page, where=where, days=days, known=rows[-1:]))
        if not more:
            return _frame(rows, where)
        rows += more
        tell(more[-1][0])
    raise MisfitError(
        f"The candles of {where.instrument.code} from {days[0]} to {days[1]} do not end: {_most_pages(where, days)} "
        f"pages gave {len(rows):,} rows.",
        remedy="The service is misconfigured; try again later. Nothing of this period was stored.",
    )


def _read_next(where: Listing, days: Days, rows: list[Row], growing: bool, body: bytes) -> list[Row]:
    """Read a page that must begin with the last row received."""
    page = read_page(body, where=where, days=days, known=rows[-2:-1])
    if not rows or page[:1] == rows[-1:] or (growing and page and page[0][0] == rows[-1][0]):
        return page
    changed = bool(page) and page[0][0] == rows[-1][0]
    said = "changed between two pages" if changed else "is not where the next page begins"
    raise Garbled(f"the candle of {rows[-1][0]} {said}", tries=2, misfit=True)


def _most_pages(where: Listing, days: Days) -> int:
    rows = ((days[1] - days[0]).days + 1) * ROWS_A_DAY[where.interval]
    return SPARE_PAGES + rows // LEAST_PAGE


def chunks(days: Days, interval: int) -> Iterator[Days]:
    """Cut a period at fixed days, the same for every request, so that resumed and overlapping fetches ask alike."""
    size = CHUNK_DAYS[interval]
    first, last = days
    while first <= last:
        end = date.fromordinal(first.toordinal() - first.toordinal() % size + size - 1)
        yield first, min(end, last)
        first = end + timedelta(days=1)


def read_page(body: bytes, *, where: Listing, days: Days, known: list[Row]) -> list[Row]:
    """Read one page of candles: columns by name, every row typed, inside the period, after the rows known so far."""
    rows = [_row(*values) for values in zip(*read_block(parse_json(body), "candles", COLUMNS), strict=True)]
    bounds = (days[0].isoformat(), (days[1] + timedelta(days=1)).isoformat())
    last = known[-1][0] if known else ""
    for begin, *_ in rows:
        if not bounds[0] <= begin < bounds[1]:
            raise Garbled(f"a candle of {begin} came, outside the period asked for")
        if begin <= last:
            raise Garbled(f"the candle of {begin} came again or out of order", tries=2, misfit=True)
        if where.interval != 24 and _seconds_between(days[0].isoformat(), begin) % (where.interval * 60):
            raise Garbled(f"the candle of {begin} does not begin on a mark of {where.interval} minutes")
        last = begin
    return rows


def read_borders(body: bytes) -> dict[int, Days]:
    """Read which days each interval covers."""
    begins, ends, intervals = read_block(parse_json(body), "borders", ("begin", "end", "interval"))
    found: dict[int, Days] = {}
    for begin, end, interval in zip(begins, ends, intervals, strict=True):
        if not (type(interval) is int and STAMP.fullmatch(str(begin)) and STAMP.fullmatch(str(end))):
            raise Garbled("the borders of the candles are not written as dates")
        try:
            covered = (datetime.fromisoformat(begin).date(), datetime.fromisoformat(end).date())
        except ValueError:
            raise Garbled("the borders of the candles are not written as dates") from None
        if covered[0] > covered[1]:
            raise Garbled(f"the candles begin on {covered[0]} and end on {covered[1]}, before they begin")
        found[interval] = covered
    return found


def read_block(content: Any, name: str, columns: tuple[str, ...]) -> list[list[Any]]:
    """Return the named columns of one block of an answer, whatever their order in it."""
    block = content.get(name) if isinstance(content, dict) else None
    if not isinstance(block, dict) or not all(isinstance(block.get(k), list) for k in ("columns", "data")):
        raise Garbled(f"the answer holds no block {name!r} with columns and data")
    missing = [c for c in columns if c not in block["columns"]]
    if missing:
        raise Garbled(f"the block {name!r} lacks the columns {', '.join(missing)}")
    width = len(block["columns"])
    if any(not isinstance(row, list) or len(row) != width for row in block["data"]):
        raise Garbled(f"a row of the block {name!r} does not have {width} values")
    places = [block["columns"].index(c) for c in columns]
    return [[row[i] for row in block["data"]] for i in places]


def _row(*values: Any) -> Row:
    *prices, volume, begin = values
    numbers = [*prices, 0.0 if volume is None else volume]
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not abs(v) < 1e300 for v in numbers):
        raise Garbled(f"the candle of {plain(str(begin))} holds a price or volume that is not a number")
    try:
        datetime.fromisoformat(begin if STAMP.fullmatch(begin) else "")
    except (TypeError, ValueError):
        raise Garbled(f"{plain(repr(begin))} is not the begin of a candle") from None
    first, close, high, low = map(float, prices)
    return begin, first, high, low, close, float("nan") if volume is None else float(volume)


def _seconds_between(earlier: str, later: str) -> int:
    return int((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())


def _page_url(where: Listing, days: Days, start: int) -> str:
    query = {"from": days[0].isoformat(), "till": days[1].isoformat(), "interval": where.interval, "start": start}
    return where.url("candles", query)


def _frame(rows: list[Row], where: Listing) -> pd.DataFrame:
    """Candles are labeled by their begin on Moscow's wall clock; the index is the instant each one closes."""
    frame = pd.DataFrame([r[1:] for r in rows], columns=["open", "high", "low", "close", "volume"], dtype="float64")
    begins = pd.DatetimeIndex(pd.to_datetime([r[0] for r in rows], format="%Y-%m-%d %H:%M:%S")).as_unit("us")
    step = next(length for length, interval in INTERVALS.items() if interval == where.interval)
    try:
        # A day ends at the next local midnight, an hour of the clock may be 0 or 2 hours of time away from the last.
        if where.interval == 24:
            closes = (begins + step).tz_localize(MOSCOW).tz_convert("UTC")
        else:
            closes = begins.tz_localize(MOSCOW).tz_convert("UTC") + step
    except ValueError as error:
        raise BarsError(
            f"A candle of {where.instrument.code} begins when Moscow had no such local time or had it twice: {error}."
        ) from None
    return frame.set_index(closes.as_unit("us").rename(None))
