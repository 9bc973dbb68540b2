"""Yahoo through the local store: complete days are kept, incomplete ones are asked for again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, instant_us, wall_us
from eventstudy.errors import NetworkError, Notice, SourceError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar
from eventstudy.market.sessions import as_date
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.completeness import doubtful_days, stretches
from eventstudy.market.sources.moex_store import Fetched
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.store import answers, bar_store
from eventstudy.market.store.stored_series import Days, SeriesKey, day_bounds, missing_days

DAY, US = timedelta(days=1), timedelta(microseconds=1)
# A bar is final only some time after its close.
DELAY = timedelta(minutes=16)
ABOUT = "about"
AGAIN = "Wait a while and try again; nothing of this period was stored."


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
    """Complete the store for a request and return its bars.

    Adjusted prices of one series always come from one answer: each new dividend changes all earlier ones.
    """
    now = now or datetime.now(UTC)
    store = bar_store.open_store(request.store)
    adjusted = request.step >= pd.Timedelta(days=1) and request.prices != "close"
    key = SeriesKey("yahoo", request.instrument.code, "adjusted" if adjusted else "", request.step)
    pointer, wanted = bar_store.state(store, key), _touched_days(request, now)
    if wanted is not None and not refresh and not missing_days(pointer, wanted):
        return Fetched(_from_store(store, key, request), key, pointer.version, reused=1)
    asked = _with_days(request, pointer.days) if adjusted and pointer.days else request
    first = yahoo.read_yahoo(asked, history=history, now=now, tell=tell)
    requests, (bars, doubtful) = 1, (first, _doubtful(first, asked, now))
    if doubtful:
        requests, bars = 2, yahoo.read_yahoo(asked, history=history, now=now)
        doubtful = _doubtful(bars, asked, now)
        _check_unchanged(first, bars)
    whole = _whole_days(asked, now)
    if whole is not None:
        with bar_store.writing(store, key) as writer:
            for days in stretches(whole, doubtful):
                low, high = key.bounds_us(days)
                inside = (bars.closes_us >= low) & (bars.closes_us <= high)
                pointer = bar_store.append(writer, bars.frame[inside], days)
            about = {"calendar": bars.instrument.calendar, "source": bars.source}
            answers.keep(answers.open_shelf(writer.folder), ABOUT, json.dumps(about).encode(), now)
    return Fetched(_cut(bars, request, doubtful), key, pointer.version, requests=requests)


def _with_days(request: BarRequest, days: tuple[Days, ...]) -> BarRequest:
    """Return a request for the days stored as well."""
    if request.first is None:
        return request
    last = max(request.last, day_bounds(days[-1][1], "UTC")[1]) if request.last else None
    return replace(request, first=min(request.first, day_bounds(days[0][0], "UTC")[0]), last=last)


def _doubtful(bars: Bars, request: BarRequest, now: datetime) -> dict[date, str]:
    """Return the UTC days that are not complete; a day is judged where all its sessions lie in the period."""
    name, days = bars.instrument.calendar, _whole_days(request, now)
    venue = calendar(name)
    if days is None or venue.always:
        return {}
    low, high = instant_us(day_bounds(days[0], "UTC")[0]), instant_us(day_bounds(days[1], "UTC")[1])
    if not len(bars) or not len(venue.table):
        return {}
    low = max(low, int(bars.closes_us[0]) // DAY_US * DAY_US)
    inside = (venue.table.opens >= low) & (venue.table.closes <= high)
    if not inside.any():
        return {}
    local = wall_us(venue.table.opens[inside][[0, -1]], venue.zone) // DAY_US
    judged = (as_date(int(local[0])), as_date(int(local[1])))
    return doubtful_days(bars.frame, name, judged, request.step)


def _check_unchanged(first: Bars, second: Bars) -> None:
    """Refuse two answers that give different bars for one instant."""
    both = first.frame.index.intersection(second.frame.index)
    same = np.isclose(
        first.frame.loc[both, "close"].to_numpy(), second.frame.loc[both, "close"].to_numpy(), rtol=1e-6, atol=0
    )
    if not same.all():
        at = both[int((~same).argmax())]
        raise NetworkError(
            f"The bar of {first.instrument.code} at {at:%Y-%m-%d %H:%M} UTC changed between two answers of Yahoo.",
            remedy=AGAIN,
        )


def _cut(bars: Bars, request: BarRequest, doubtful: dict[date, str]) -> Bars:
    """Return the bars inside the period asked for, with a notice for what came incomplete."""
    keep = np.ones(len(bars), dtype=np.bool_)
    keep &= bars.closes_us >= instant_us(request.first) if request.first else True
    keep &= bars.closes_us <= instant_us(request.last) if request.last else True
    if not keep.any():
        raise SourceError(f"Yahoo had no bar of {request.instrument.code} in this period; it may be a holiday.")
    notices = bars.notices
    if doubtful:
        day = min(doubtful)
        more = f" and {len(doubtful) - 1} more day(s)" if len(doubtful) > 1 else ""
        said = f"{bars.instrument.code}: {day}{more} came incomplete twice ({doubtful[day]})"
        rule = "What came is used and not stored; the next fetch asks again."
        notices = (*notices, Notice("ES-UNCONFIRMED", f"{said}. {rule}"))
    return replace(bars, frame=bars.frame[keep], notices=notices)


def _from_store(store: bar_store.BarStore, key: SeriesKey, request: BarRequest) -> Bars:
    first = instant_us(request.first) if request.first else -bar_store.EVER_US
    last = instant_us(request.last) if request.last else bar_store.EVER_US
    frame = bar_store.to_frame(bar_store.read(store, key, first, last))
    if frame.empty:
        raise SourceError(f"Yahoo had no bar of {request.instrument.code} in this period; it may be a holiday.")
    found = answers.kept(answers.Shelf(store.folder(key) / "raw"), ABOUT)
    about = json.loads(found.body) if found else {}
    one = request.instrument
    if one.calendar == "24/7" and about.get("calendar"):
        one = replace(one, calendar=str(about["calendar"]))
    return Bars(one, request.step, "left", frame, str(about.get("source", "Yahoo (indicative prices)")))


def _touched_days(request: BarRequest, now: datetime) -> Days | None:
    """Return every UTC day the period touches; None where it has no start."""
    if request.first is None:
        return None
    last = min(request.last or now, now)
    return request.first.astimezone(UTC).date(), (last - US).astimezone(UTC).date()


def _whole_days(request: BarRequest, now: datetime) -> Days | None:
    """Return the UTC days that lie entirely inside the period and are over; None where there is none."""
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
