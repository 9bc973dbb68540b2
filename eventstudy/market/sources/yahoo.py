"""Yahoo through yfinance (extra ``[yahoo]``): recent days only; what it cannot have is refused before asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from eventstudy.arrays import instant_us
from eventstudy.errors import NetworkError, Notice, SourceError
from eventstudy.market.bars import Bars
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.download import printable
from eventstudy.market.sources.moex_store import Fetched
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.store import bar_store
from eventstudy.market.store.series import Days, SeriesKey, day_bounds, missing_days

DAY, US = timedelta(days=1), timedelta(microseconds=1)
# A bar is final only some time after its close.
DELAY = timedelta(minutes=16)


def read_stored_yahoo(request: BarRequest) -> Bars:
    """Read bars from Yahoo through the local store; see ``yahoo.read_yahoo`` for what it refuses."""
    return fetch_yahoo(request).bars


def fetch_yahoo(
    request: BarRequest,
    *,
    tell: Callable[[str], None] = lambda _: None,
    refresh: bool = False,
    now: datetime | None = None,
    history: yahoo.History | None = None,
) -> Fetched:
    """Complete the store for a request and return its bars."""
    now = now or datetime.now(UTC)
    store = bar_store.open_store(request.store)
    key = SeriesKey("yahoo", request.instrument.code, "", request.step)
    pointer, wanted = bar_store.state(store, key), _touched_days(request, now)
    if wanted is not None and not refresh and not missing_days(pointer, wanted):
        return Fetched(_from_store(store, key, request), key, pointer.version, reused=1)
    bars = yahoo.read_yahoo(request, history=history, now=now)
    whole = _whole_days(request, now)
    if whole is not None:
        low, high = key.bounds_us(whole)
        inside = (bars.closes_us >= low) & (bars.closes_us <= high)
        pointer = bar_store.commit(store, key, bars.frame[inside], whole)
    tell(f"{bars.frame.index[-1]:%Y-%m-%d}")
    return Fetched(bars, key, pointer.version, requests=1)


def _from_store(store: bar_store.BarStore, key: SeriesKey, request: BarRequest) -> Bars:
    first = instant_us(request.first) if request.first else -bar_store.EVER_US
    last = instant_us(request.last) if request.last else bar_store.EVER_US
    frame = bar_store.to_frame(bar_store.read(store, key, first, last))
    if frame.empty:
        raise SourceError(f"Yahoo had no bar of {request.instrument.code} in this period; it may be a holiday.")
    return Bars(request.instrument, request.step, "left", frame, yahoo.SOURCE)


def _touched_days(request: BarRequest, now: datetime) -> Days | None:
    """Return every UTC day the period touches; None where it has no start."""
    if request.first is None:
        return None
    last = min(request.last or now, now)
    return request.first.astimezone(UTC).date(), (last - US).astimezone(UTC).date()


def _whole_days(request: BarRequest, now: datetime) -> Days | None:
    """Return the UTC days that lie wholly inside the period and are over; None where there is none."""
    touched = _touched_days(request, now)
    if touched is None or request.first is None:
        return None
    first, last = touched
    if day_bounds(first, "UTC")[0] < request.first:
        first += DAY
    # "Up to the last microsecond of the day" is the whole day.
    if day_bounds(last, "UTC")[1] - US > min(request.last or now, now - DELAY):
        last -= DAY
    return (first, last) if first <= last else None


# Bar length -> Yahoo's interval, how many days back it reaches, how many days one request may span (None: no bound).
REACH: dict[pd.Timedelta, tuple[str, int | None, int | None]] = {
    pd.Timedelta(minutes=1): ("1m", 30, 7),
    **{pd.Timedelta(minutes=m): (f"{m}m", 60, None) for m in (2, 5, 15, 30, 90)},
    pd.Timedelta(hours=1): ("60m", 730, None),
    pd.Timedelta(days=1): ("1d", None, None),
}
SOURCE = "Yahoo (indicative prices)"
ELSEWHERE = "The source 'moex' has past minutes of the Moscow Exchange; for other markets give a file (source 'file')."
# History(code, interval, start, end) -> frame indexed by the begin of each bar, in some zone.
History = Callable[[str, str, datetime, datetime], pd.DataFrame]


def read_yahoo(request: BarRequest, *, history: History | None = None, now: datetime | None = None) -> Bars:
    """Read bars from Yahoo; indicative prices, not an exchange's record.

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
        raise NetworkError("Yahoo was not asked: this run is offline.", remedy="Run without --offline, or give a file.")
    frame = (history or yfinance_history)(request.instrument.code, interval, first, last + timedelta(seconds=1))
    if frame.empty:
        raise _nothing(request, "an empty table")
    return tidy(frame, request, now)


def check_reach(request: BarRequest, now: datetime) -> tuple[str, datetime, datetime]:
    """Return Yahoo's interval and the period, or refuse what Yahoo cannot have."""
    if request.step not in REACH:
        known = ", ".join(interval for interval, _, _ in REACH.values())
        raise SourceError(f"Yahoo has no bars of {request.step}; it has {known}.", remedy=ELSEWHERE)
    interval, back, span = REACH[request.step]
    last = request.last or now
    first = request.first or (now - timedelta(days=span or back) if back else datetime(1970, 1, 1, tzinfo=UTC))
    if first > last:
        raise SourceError(f"The period ends on {last:%Y-%m-%d %H:%M} before it begins on {first:%Y-%m-%d %H:%M} (UTC).")
    if back is not None and first < now - timedelta(days=back):
        raise SourceError(
            f"Yahoo keeps {interval} bars for {back} days; {first:%Y-%m-%d} is {(now - first).days} days back.",
            remedy=ELSEWHERE,
        )
    if span is not None and last - first > timedelta(days=span):
        days = -((first - last) // timedelta(days=1))
        raise SourceError(
            f"Yahoo gives {interval} bars for at most {span} days a request; asked were {days} days.",
            remedy=f"Ask in pieces of at most {span} days.",
        )
    return interval, first, last


def tidy(frame: pd.DataFrame, request: BarRequest, now: datetime) -> Bars:
    """Yahoo's table to bars: UTC closing instants, only finished bars, no invented volume."""
    named = frame.rename(columns=str.lower)
    kept = named[[c for c in ("open", "high", "low", "close", "volume") if c in named]].astype("float64")
    begins = pd.DatetimeIndex(frame.index)
    if begins.tz is None:
        raise SourceError("Yahoo's table carries no zone.", remedy="Update yfinance, or give the data as a file.")
    kept.index = closes_of(begins.as_unit("us"), request)
    notices: list[Notice] = []
    unfinished = kept.index > pd.Timestamp(now)
    if unfinished.any():
        kept = kept[~unfinished]
        notices.append(Notice("ES-UNFINISHED", f"{int(unfinished.sum())} unfinished bar(s) at the end were dropped."))
    missing = kept["close"].isna()
    if missing.any():
        kept = kept[~missing]
        notices.append(Notice("ES-NOCLOSE", f"{int(missing.sum())} row(s) without a close were dropped."))
    if request.instrument.code.upper().endswith("=X") and "volume" in kept:
        kept["volume"] = kept["volume"].where(kept["volume"] != 0)
    if kept.empty:
        raise _nothing(request, "no finished bar")
    return Bars(request.instrument, request.step, "left", kept, SOURCE, notices=tuple(notices))


def closes_of(begins: pd.DatetimeIndex, request: BarRequest) -> pd.DatetimeIndex:
    """Return closing instants: begin plus step, or for days the stated local close, else the local midnight after."""
    if request.step < pd.Timedelta(days=1):
        return begins.tz_convert("UTC") + request.step
    wall = begins.tz_localize(None).normalize()
    after = pd.Timedelta(f"{request.closes_at}:00") if request.closes_at else pd.Timedelta(days=1)
    return (wall + after).as_unit("us").tz_localize(request.timezone or begins.tz).tz_convert("UTC")


def yfinance_history(code: str, interval: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Ask Yahoo through yfinance, unadjusted and unrepaired; its reasons become errors instead of log lines."""
    try:
        import yfinance
    except ImportError:
        raise SourceError(
            "Yahoo needs the package yfinance.", remedy="Install it with: pip install 'market-eventstudy[yahoo]'"
        ) from None
    debug = yfinance.config.debug
    before, debug.hide_exceptions = debug.hide_exceptions, False
    try:
        frame: Any = yfinance.Ticker(code).history(
            interval=interval, start=start, end=end, auto_adjust=False, actions=False, repair=False
        )
    except Exception as error:
        raise _as_ours(code, error) from None
    finally:
        debug.hide_exceptions = before
    return pd.DataFrame(frame)


def _as_ours(code: str, error: Exception) -> NetworkError | SourceError:
    reason = printable(str(error))
    if "YFTickerMissingError" in {kind.__name__ for kind in type(error).__mro__}:
        return SourceError(
            f"Yahoo has no prices of {printable(code)!r}: {reason}.", remedy="Check the symbol and the period."
        )
    return NetworkError(
        f"Yahoo gave no answer for {printable(code)!r}: {reason}.", remedy="Wait a while and try again."
    )


def _nothing(request: BarRequest, what: str) -> SourceError:
    return SourceError(
        f"Yahoo answered with {what} for {printable(request.instrument.code)!r} in the period asked for.",
        remedy="It may be a holiday, or the symbol may have been delisted; check both.",
    )
