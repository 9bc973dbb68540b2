"""The row ``yahoo`` of ``BAR_SOURCES``: whole UTC days through the local store, so that none is asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from eventstudy.arrays import instant_us
from eventstudy.errors import SourceError
from eventstudy.market.bars import Bars
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.service import Fetched
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
