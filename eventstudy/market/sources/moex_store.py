"""The row ``moex`` of ``BAR_SOURCES``: what is stored is read, only what is missing is asked for, and then stored."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from eventstudy.arrays import DAY_US, epoch_us, instant_us
from eventstudy.errors import Notice, SourceError, did_you_mean
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar
from eventstudy.market.instruments import INSTRUMENTS, Instrument
from eventstudy.market.resampling import resampled
from eventstudy.market.sources import empty_answers, moex
from eventstudy.market.sources.completeness import stretches
from eventstudy.market.sources.moex_answers import MoexJob, believed, borders
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.transport import Client
from eventstudy.market.store import answers, bar_store
from eventstudy.market.store.stored_series import Days, SeriesKey, day_bounds, missing_days
from eventstudy.show.escape import plain

T = TypeVar("T")
ZONE = ZoneInfo(moex.MOSCOW)
# Free answers lag by 15 minutes: until then the newest candle is still growing.
DELAY = timedelta(minutes=16)
BORDERS_KEEP = timedelta(hours=12)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fetched:
    """What a fetch did: the bars, how many requests were sent, how many kept answers served instead."""

    bars: Bars
    key: SeriesKey
    version: int
    requests: int = 0
    reused: int = 0


def read_moex(request: BarRequest) -> Bars:
    """Read candles of the Moscow Exchange through the local store.

    Raises
    ------
    SourceError
        If the exchange has no such symbol, board, step or period, or offline where days are not stored.
    NetworkError
        If it cannot be reached, or what came through is not complete.
    StoreError, LockHeldError
        If the store cannot be written, is damaged, or is held by another process.
    """
    return fetch_moex(request).bars


def fetch_moex(
    request: BarRequest,
    *,
    tell: Callable[[str], None] = lambda _: None,
    refresh: bool = False,
    now: datetime | None = None,
) -> Fetched:
    """Complete the store for a request and return its bars; ``tell`` gets the begin of the last candle of each page.

    ``refresh`` asks again for days that are stored; other bars than before make a new version.
    """
    now = now or datetime.now(UTC)
    offline = request.offline or os.environ.get("EVENTSTUDY_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    store = bar_store.open_store(request.store)
    fresh: list[pd.DataFrame] = []
    with moex.open_client(offline=offline) as client:
        request = replace(request, instrument=listed(request.instrument, client, store))
        where = moex.listing(request.instrument, request.step)
        native = next(length for length, interval in moex.INTERVALS.items() if interval == where.interval)
        key = SeriesKey("moex", request.instrument.code, request.instrument.board, native, moex.MOSCOW)
        wanted, notices = _wanted_days(request, now)
        job = MoexJob(request, where, key, store, wanted, now, refresh, tell, notices, [])
        if offline:
            _check_stored(job)
        elif refresh or missing_days(bar_store.state(store, key), wanted):
            fresh = _complete(job, client)
        return Fetched(_bars(job, fresh), key, bar_store.state(store, key).version, client.requests, len(job.reused))


def listed(instrument: Instrument, client: Client, store: bar_store.BarStore) -> Instrument:
    """Return the instrument with board and calendar: as given, as known, as stored, or as the exchange says."""
    known = INSTRUMENTS.get(instrument.code)
    if not instrument.board and known is not None and known.board in moex.BOARDS:
        instrument = replace(known, sign=instrument.sign)
    if not instrument.board:
        board = bar_store.stored_board(store, "moex", instrument.code)
        if board is None and not client.offline:
            board = moex.main_board(moex.asking(client), instrument.code)
        if board is None:
            raise unknown_symbol(instrument.code)
        instrument = replace(instrument, board=board)
    if instrument.calendar == "24/7" and instrument.board in moex.BOARD_CALENDARS:
        instrument = replace(instrument, calendar=moex.BOARD_CALENDARS[instrument.board])
    return instrument


def unknown_symbol(code: str) -> SourceError:
    """Return the error for an unknown symbol; it names the nearest known one."""
    near = did_you_mean(code, [c for c, i in INSTRUMENTS.items() if i.board in moex.BOARDS])
    return SourceError(
        f"The Moscow Exchange lists no {plain(code)!r}, and no board was given for it.",
        remedy=near or f"Known are {', '.join(c for c, i in INSTRUMENTS.items() if i.board in moex.BOARDS)}.",
    )


def _complete(job: MoexJob, client: Client) -> list[pd.DataFrame]:
    """Ask for the days that are not stored and store those that are complete; return the bars of the others."""
    over = (job.now - timedelta(hours=1)).astimezone(ZONE).date() - DAY
    fresh: list[pd.DataFrame] = []
    with bar_store.writing(job.store, job.key) as writer:
        shelf = answers.open_shelf(writer.folder)
        days = _offered_days(job, borders(job, client, shelf))
        for gap in [days] if job.refresh else missing_days(bar_store.state(job.store, job.key), days):
            for part in moex.chunks((gap[0], min(gap[1], over)), job.where.interval):
                frame, doubtful = believed(job, client, shelf, part)
                for days in stretches(part, doubtful):
                    bar_store.append(writer, _cut(frame, job.key, days), days)
                fresh += [_cut(frame, job.key, (day, day)) for day in doubtful]
                job.notices.extend(_unconfirmed(job, doubtful))
            for part in moex.chunks((max(gap[0], over + DAY), gap[1]), job.where.interval):
                fresh.append(moex.candles(moex.asking(client), job.where, part, job.tell, growing=True))
    return fresh


def _cut(frame: pd.DataFrame, key: SeriesKey, days: Days) -> pd.DataFrame:
    low, high = key.bounds_us(days)
    closes = epoch_us(pd.DatetimeIndex(frame.index))
    return frame[(closes >= low) & (closes <= high)]


def _unconfirmed(job: MoexJob, doubtful: dict[date, str]) -> list[Notice]:
    if not doubtful:
        return []
    day = min(doubtful)
    more = f" and {len(doubtful) - 1} more day(s)" if len(doubtful) > 1 else ""
    said = f"{job.request.instrument.code}: {day}{more} came incomplete twice ({doubtful[day]})"
    return [Notice("ES-UNCONFIRMED", f"{said}. What came is used and not stored; the next fetch asks again.")]


def _wanted_days(request: BarRequest, now: datetime) -> tuple[Days, list[Notice]]:
    """Return the Moscow days whose bars can close in the period, cut to the instrument's life."""
    one = request.instrument
    first = request.first.astimezone(ZONE).date() if request.first else (one.valid_from or date(1990, 1, 1))
    last = (min(request.last or now, now) - timedelta(microseconds=1)).astimezone(ZONE).date()
    if request.first and request.last and request.first > request.last:
        raise SourceError(f"The period ends on {request.last:%Y-%m-%d}, before it begins on {request.first:%Y-%m-%d}.")
    if first > last:
        raise SourceError(f"The period begins on {first}, and today is {last}.", remedy="Ask for days that are over.")
    begins, ends = one.valid_from or first, one.valid_to or last
    if last < begins or first > ends:
        after = f" The price lives on in {', '.join(one.successors)}." if first > ends and one.successors else ""
        raise SourceError(
            f"{one.code} has prices from {one.valid_from or 'its start'} to {one.valid_to or 'today'}; the period from "
            f"{first} to {last} has none.{after}",
            remedy="Ask for days inside these bounds.",
        )
    kept = (max(first, begins), min(last, ends))
    return kept, [] if kept == (first, last) or not request.first else [_clipped(one.code, (first, last), kept)]


def _offered_days(job: MoexJob, covered: Days | None) -> Days:
    """Cut the days wanted to those the exchange has, or say which it has."""
    one, wanted = job.request.instrument, job.wanted
    if covered is None:
        near = did_you_mean(one.code, [c for c in INSTRUMENTS if c != one.code])
        raise SourceError(
            f"The Moscow Exchange has no candles of {plain(one.code)!r} on the board {one.board}.",
            remedy=one.note or near or "Check the symbol and the board.",
        )
    if wanted[1] < covered[0] or wanted[0] > covered[1]:
        raise SourceError(
            f"The Moscow Exchange has these candles of {one.code} from {covered[0]} to {covered[1]}; the period from "
            f"{wanted[0]} to {wanted[1]} has none.",
            remedy="Ask for days inside these bounds.",
        )
    days = (max(wanted[0], covered[0]), min(wanted[1], covered[1]))
    if job.request.first and days[0] > wanted[0]:
        job.notices.append(_clipped(one.code, wanted, days))
    return days


def _clipped(code: str, asked: Days, had: Days) -> Notice:
    return Notice("ES-CLIPPED", f"{code}: asked for {asked[0]} to {asked[1]}, the source has {had[0]} to {had[1]}.")


def _stored(job: MoexJob, fresh: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what the store holds of the period, without the instants that came anew."""
    key, request = job.key, job.request
    first = instant_us(request.first) if request.first else -bar_store.EVER_US
    last = instant_us(request.last) if request.last else bar_store.EVER_US
    # A longer bar needs the minutes before its close; a daily one is stored at its midnight and closes before it.
    if request.step != key.step:
        first -= int(request.step // pd.Timedelta(1, "us"))
    if request.step == pd.Timedelta(days=1):
        last += DAY_US
    frame = bar_store.to_frame(bar_store.read(job.store, key, first, last))
    return frame[~frame.index.isin(fresh[0].index.append([f.index for f in fresh[1:]]))] if fresh else frame


def _bars(job: MoexJob, fresh: list[pd.DataFrame]) -> Bars:
    """Cut to finished bars inside the period; where a longer step is asked for, gather the minutes."""
    request, one = job.request, job.request.instrument
    frame = pd.concat([_stored(job, fresh), *fresh]).sort_index()
    if request.step not in moex.INTERVALS and len(frame):
        frame, left_out = resampled(frame, request.step, calendar(one.calendar))
        job.notices.extend(left_out)
    if request.step == pd.Timedelta(days=1) and len(frame):
        frame = empty_answers.on_session_closes(frame, one.calendar, ZONE)
    frame = frame[frame.index <= pd.Timestamp(min(job.now - DELAY, request.last or job.now))]
    # The bar that closes at the very midnight a period begins belongs to the day before, stored or not.
    begins = day_bounds(job.wanted[0], moex.MOSCOW)[0]
    frame = frame[frame.index >= pd.Timestamp(max(request.first or begins, begins))]
    if "outside sessions" not in request.accept:
        frame, closed = empty_answers.inside_sessions(frame, one.calendar, request.step)
        job.notices.extend(closed)
    if frame.empty:
        raise SourceError(
            f"The Moscow Exchange has no bar of {one.code} from {job.wanted[0]} to {job.wanted[1]}: "
            f"{empty_answers.why_empty(one.calendar, job.wanted)}.",
            remedy="Ask for other days, or with --refresh to ask again.",
        )
    job.notices.extend(empty_answers.days_without_bars(frame, one.calendar, job.wanted, job.now))
    return Bars(one, request.step, "left", frame, f"Moscow Exchange, {one.board}", notices=tuple(job.notices))


def _check_stored(job: MoexJob) -> None:
    """Refuse, offline, days that are neither stored nor outside what the exchange is known to have."""
    found = answers.kept(answers.Shelf(job.store.folder(job.key) / "raw"), job.where.url("candleborders", {}))
    covered = moex.read_borders(found.body).get(job.where.interval) if found else None
    days = job.wanted
    if found and covered and covered[0] <= days[1] and days[0] <= covered[1]:
        days = (max(days[0], covered[0]), min(days[1], covered[1]))
        if days[1] < job.wanted[1] and job.request.last:
            asked_on = f"{found.fetched_at:%Y-%m-%d}"
            job.notices.append(Notice("ES-CLIPPED", f"On {asked_on} the source had nothing after {covered[1]}."))
    gaps = missing_days(bar_store.state(job.store, job.key), days)
    if not gaps:
        return
    shown = ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in gaps[:3]) + (" ..." if len(gaps) > 3 else "")
    raise SourceError(
        f"The store does not hold {job.request.instrument.code} for {shown}, and --offline is set.",
        remedy="Run 'eventstudy fetch' without --offline first, or import the data from another machine.",
    )
