"""Yahoo through yfinance (extra ``[yahoo]``): indicative prices, adjusted, on the closes of the symbol's exchange."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, IntArray, epoch_us, from_epoch_us, wall_us
from eventstudy.errors import NetworkError, Notice, SourceError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar
from eventstudy.market.daily_close import DailyClose, clipped_to_sessions, close_of_days
from eventstudy.market.instruments import Instrument
from eventstudy.market.local_time import likely_instants
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.stamp_columns import read_clock
from eventstudy.market.sources.yahoo_exchanges import calendar_of
from eventstudy.show.escape import plain

DAY = pd.Timedelta(days=1)
RANGE = ("open", "high", "low", "close")

# Bar length -> Yahoo's interval, how many days back it reaches, how many days one request may span (None: no bound).
REACH: dict[pd.Timedelta, tuple[str, int | None, int | None]] = {
    pd.Timedelta(minutes=1): ("1m", 30, 7),
    **{pd.Timedelta(minutes=m): (f"{m}m", 60, None) for m in (2, 5, 15, 30, 90)},
    pd.Timedelta(hours=1): ("60m", 730, None),
    pd.Timedelta(days=1): ("1d", None, None),
}
# What Yahoo calls an interval in its answers; yfinance asks for quarters of an hour to make half-hours of them.
SAME_LENGTH = {"60m": ("1h",), "1h": ("60m",), "30m": ("15m",)}
MOST_BYTES = 16 * 2**20
ABORT = 0xFFFFFFFF  # what libcurl takes for a write that failed
ELSEWHERE = "The source 'moex' has past minutes of the Moscow Exchange; for other markets give a file (source 'file')."
# History(code, interval, start, end) -> frame indexed by the begin of each bar in the zone of the exchange, whose name
# stands in ``attrs["exchange"]``.
History = Callable[[str, str, datetime, datetime], pd.DataFrame]


def read_yahoo(
    request: BarRequest,
    *,
    history: History | None = None,
    now: datetime | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Bars:
    """Read bars from Yahoo; indicative prices, not an exchange's record.

    Daily prices are adjusted for splits and dividends unless ``request.prices`` is "close". A daily bar closes with the
    last session of its exchange, half days included; where no calendar of the exchange is known, at the end of the
    local day. A period longer than one request can span is asked for in pieces.

    Raises
    ------
    SourceError
        If Yahoo cannot have the period at this step, or has nothing (with Yahoo's reason).
    NetworkError
        If Yahoo cannot be reached, limits the rate, or the request is offline.
    """
    now = now or datetime.now(UTC)
    interval, first, last = check_reach(request, now)
    if request.offline:
        raise NetworkError(
            "Cannot download from Yahoo: --offline is set.", remedy="Run without --offline, or give a file."
        )
    frames = []
    for start, stop in pieces(first, last, REACH[request.step][2]):
        frame = (history or yfinance_history)(request.instrument.code, interval, start, stop + timedelta(seconds=1))
        check_table(frame)
        frames.append(frame)
        tell(f"{stop:%Y-%m-%d}")
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        raise _nothing(request, "an empty table")
    frame = pd.concat(filled) if len(filled) > 1 else filled[0]
    frame.attrs = dict(filled[-1].attrs)
    return tidy(frame, request, now)


def check_reach(request: BarRequest, now: datetime) -> tuple[str, datetime, datetime]:
    """Return Yahoo's interval and the period, or refuse what Yahoo cannot have."""
    if request.step not in REACH:
        known = ", ".join(interval for interval, _, _ in REACH.values())
        raise SourceError(f"Yahoo has no bars of {request.step}; it has {known}.", remedy=ELSEWHERE)
    interval, back, _ = REACH[request.step]
    last = min(request.last or now, now) if request.first is None or request.first <= now else request.last or now
    first = request.first or (now - timedelta(days=back) if back else datetime(1970, 1, 1, tzinfo=UTC))
    if first > last:
        raise SourceError(f"The period ends on {last:%Y-%m-%d %H:%M} before it begins on {first:%Y-%m-%d %H:%M} (UTC).")
    if back is not None and first < now - timedelta(days=back):
        raise SourceError(
            f"Yahoo keeps {interval} bars for {back} days; {first:%Y-%m-%d} is {(now - first).days} days back.",
            remedy=ELSEWHERE,
        )
    return interval, first, last


def pieces(first: datetime, last: datetime, span: int | None) -> Iterator[tuple[datetime, datetime]]:
    """Cut a period into parts that one request can span, oldest first."""
    while span is not None and last - first > timedelta(days=span):
        yield first, first + timedelta(days=span, seconds=-1)
        first += timedelta(days=span)
    yield first, last


def check_table(frame: pd.DataFrame) -> None:
    """Refuse a table that is not one of prices by aware times."""
    index = frame.index
    if len(frame) and (not isinstance(index, pd.DatetimeIndex) or index.tz is None):
        raise SourceError("Yahoo's table has no time zone.", remedy="Update yfinance, or give the data as a file.")
    if len(frame) and "close" not in {str(name).lower() for name in frame.columns}:
        raise SourceError("Yahoo's table has no column Close.", remedy="Update yfinance, or give the data as a file.")


def tidy(frame: pd.DataFrame, request: BarRequest, now: datetime) -> Bars:
    """Yahoo's table to bars: UTC closing instants, only finished bars, no invented volume."""
    named = frame.rename(columns=lambda name: str(name).lower())
    begins = pd.DatetimeIndex(named.index).as_unit("us")
    request = replace(request, instrument=listed(request.instrument, frame, str(begins.tz)))
    kept = named[[c for c in (*RANGE, "adj close", "volume") if c in named]]
    try:
        if any(kind.kind == "c" for kind in kept.dtypes.tolist()):
            raise TypeError
        kept = kept.astype("float64")
    except (TypeError, ValueError):
        raise NetworkError(
            f"Yahoo's table for {plain(request.instrument.code)!r} holds prices that are not numbers.",
            remedy="Wait a while and try again.",
        ) from None
    kept.index = closes_of(begins, request)
    kept, adjusted = _adjusted(kept, request)
    kept, notices = _finished(_in_order(kept), now)
    if request.instrument.code.upper().endswith("=X") and "volume" in kept:
        kept["volume"] = kept["volume"].where(kept["volume"] != 0)
    if kept.empty:
        raise _nothing(request, "no finished bar")
    kind = "indicative prices, adjusted close" if adjusted else "indicative prices"
    return Bars(request.instrument, request.step, "left", kept, f"Yahoo ({kind})", notices=notices)


def listed(one: Instrument, frame: pd.DataFrame, zone: str) -> Instrument:
    """Return the instrument with the calendar of the exchange that the answer names, unless it has one."""
    found = calendar_of(str(frame.attrs.get("exchange", "")), zone)
    return replace(one, calendar=found) if found and one.calendar == "24/7" else one


def _adjusted(kept: pd.DataFrame, request: BarRequest) -> tuple[pd.DataFrame, bool]:
    """Return daily prices brought to the level of the adjusted close, as a file with both columns is read."""
    if request.step < DAY or request.prices == "close" or "adj close" not in kept:
        return kept.drop(columns="adj close", errors="ignore"), False
    ratio = kept["adj close"] / kept["close"]
    for name in RANGE:
        if name in kept:
            kept[name] = kept["adj close"] if name == "close" else kept[name] * ratio
    return kept.drop(columns="adj close"), True


def _in_order(kept: pd.DataFrame) -> pd.DataFrame:
    """Return rows by time, a bar that two pieces share once; two answers for one bar are a fault."""
    kept = kept.sort_index(kind="stable")
    again = kept.index.duplicated(keep="first")
    if again.any():
        first = kept[~again].loc[kept.index[again]]
        if not np.array_equal(first.to_numpy(), kept[again].to_numpy(), equal_nan=True):
            at = kept.index[again][0]
            raise NetworkError(f"Yahoo gave two different bars for {at:%Y-%m-%d %H:%M} UTC.", remedy="Try again.")
    return kept[~again]


def _finished(kept: pd.DataFrame, now: datetime) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    notices: list[Notice] = []
    unfinished = kept.index > pd.Timestamp(now)
    if unfinished.any():
        kept = kept[~unfinished]
        notices.append(Notice("ES-UNFINISHED", f"{int(unfinished.sum())} unfinished bar(s) at the end were dropped."))
    missing = kept["close"].isna()
    if missing.any():
        kept = kept[~missing]
        notices.append(Notice("ES-NOCLOSE", f"{int(missing.sum())} row(s) without a close were dropped."))
    return kept, tuple(notices)


def closes_of(begins: pd.DatetimeIndex, request: BarRequest) -> pd.DatetimeIndex:
    """Return closing instants: of a day its exchange's or the stated close, else the local midnight after it."""
    venue, zone = calendar(request.instrument.calendar), str(begins.tz)
    if request.step < DAY:
        closes = epoch_us(begins) + int(request.step // pd.Timedelta(1, "us"))
        return from_epoch_us(clipped_to_sessions(closes, int(request.step // pd.Timedelta(1, "us")), venue))
    days = wall_us(epoch_us(begins), zone) // DAY_US
    sessions = venue if venue.zone == zone and venue.name not in {"24/5", "24/7"} else None
    stated = read_clock(request.closes_at) if request.closes_at else None
    if stated is not None:
        return from_epoch_us(close_of_days(days, DailyClose(request.timezone or zone, stated, sessions)))
    scheduled = None if sessions is None else _scheduled_closes(days, DailyClose(zone, None, sessions))
    if scheduled is not None:
        return from_epoch_us(scheduled)
    return from_epoch_us(likely_instants((days + 1) * DAY_US, request.timezone or zone))


def _scheduled_closes(days: IntArray, rule: DailyClose) -> IntArray | None:
    """Return the closes of a calendar; None if it books evenings or weekends on other days and a date has no close."""
    try:
        return close_of_days(days, rule)
    except UsageError:
        return None


def yfinance_history(code: str, interval: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Ask Yahoo through yfinance, unadjusted and unrepaired; the exchange of the answer stands in its ``attrs``."""
    with yahoos_errors(code) as yfinance:
        ticker = yfinance.Ticker(code)
        frame = pd.DataFrame(
            ticker.history(interval=interval, start=start, end=end, auto_adjust=False, actions=False, repair=False)
        )
        meta = getattr(ticker, "history_metadata", None)
        meta = meta if isinstance(meta, Mapping) else {}  # of yfinance 1.7 it is not a dict
    check_answers(code, interval, meta)
    frame.attrs["exchange"] = str(meta.get("exchangeName", ""))
    return frame


def check_answers(code: str, interval: str, meta: Mapping[str, Any]) -> None:
    """Refuse an answer that states another symbol or bar length than was asked for, or no name of a time zone."""
    symbol, length = meta.get("symbol", code), meta.get("dataGranularity", interval)
    if str(symbol).casefold() != code.casefold():
        raise NetworkError(
            f"Yahoo was asked for {plain(code)!r} and answered for {plain(str(symbol), 40)!r}.",
            remedy="Use the second symbol if that is the one you mean; otherwise try again later.",
        )
    if str(length) not in {interval, *SAME_LENGTH.get(interval, ())}:
        raise NetworkError(
            f"Yahoo was asked for {interval} bars of {plain(code)!r} and answered with {plain(str(length), 40)} bars.",
            remedy="Ask for a shorter period, or try again later.",
        )
    zone = meta.get("exchangeTimezoneName", "UTC")
    if not isinstance(zone, str):  # pandas takes a number for an offset
        raise NetworkError(
            f"Yahoo's answer for {plain(code)!r} states the time zone {plain(str(zone), 40)!r}.",
            remedy="Wait a while and try again.",
        )


@contextmanager
def yahoos_errors(code: str) -> Iterator[Any]:
    """Give the module yfinance with its log lines turned into errors, and raise those as errors of this package."""
    try:
        import yfinance
    except ImportError:
        raise SourceError(
            "Yahoo needs the package yfinance.", remedy="Install it with: pip install 'market-eventstudy[yahoo]'"
        ) from None
    usebounded_session(yfinance)
    debug, log = yfinance.config.debug, logging.getLogger("yfinance")
    before, debug.hide_exceptions = (debug.hide_exceptions, log.disabled), False
    log.disabled = True
    try:
        yield yfinance
    except Exception as error:
        raise _as_ours(code, error) from None
    finally:
        debug.hide_exceptions, log.disabled = before


def usebounded_session(yfinance: Any) -> None:
    """Let yfinance download at most ``MOST_BYTES`` an answer, unpacked, and ask for each of them anew.

    yfinance keeps answers about past periods in memory: an incomplete one that is asked for again would come again.
    """
    yfinance.data.YfData.cache_get.cache_clear()
    if (session := bounded_session()) is not None:
        yfinance.data.YfData(session=session)


@cache
def bounded_session() -> Any:
    """Return the session of this process; None where yfinance works without curl_cffi."""
    try:
        from curl_cffi import requests
    except ImportError:
        return None
    session: Any = requests.Session(impersonate="chrome")
    session.get, session.post = _bounded(session.get), _bounded(session.post)
    return session


def _bounded(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Let a request end with an error where its unpacked answer is larger than ``MOST_BYTES``."""

    def bounded(*where: str, **more: Any) -> Any:
        body = bytearray()

        def take(chunk: bytes) -> int:
            body.extend(chunk)
            return len(chunk) if len(body) <= MOST_BYTES else ABORT

        answer = ask(*where, content_callback=take, **more)
        answer.content = bytes(body)
        return answer

    return bounded


def _as_ours(code: str, error: Exception) -> NetworkError | SourceError:
    reason = plain(str(error)).rstrip(".")
    if "YFTickerMissingError" in {kind.__name__ for kind in type(error).__mro__}:
        return SourceError(
            f"Yahoo has no prices of {plain(code)!r}: {reason}.", remedy="Check the symbol and the period."
        )
    return NetworkError(f"Yahoo gave no answer for {plain(code)!r}: {reason}.", remedy="Wait a while and try again.")


def _nothing(request: BarRequest, what: str) -> SourceError:
    return SourceError(
        f"Yahoo answered with {what} for {plain(request.instrument.code)!r} in the period asked for.",
        remedy="It may be a holiday, or the symbol may have been delisted; check both.",
    )
