"""Answers of the Moscow Exchange, asked for again where they are cut, empty or impossible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from eventstudy.errors import Notice
from eventstudy.market.sources import moex
from eventstudy.market.sources.completeness import doubtful_days
from eventstudy.market.sources.download import Garbled
from eventstudy.market.sources.empty_answers import open_days
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.transport import Client, MisfitError
from eventstudy.market.store import answers, bar_store
from eventstudy.market.store.stored_series import Days, SeriesKey

T = TypeVar("T")
BORDERS_KEEP = timedelta(hours=12)
# The same incomplete answer, this much later, is what the exchange has.
CONFIRMED_AFTER = timedelta(hours=12)
AGAIN = "Run the same command again; nothing of this period was stored."


@dataclass(frozen=True)
class MoexJob:
    """One request, resolved: which candles, which series of the store, which Moscow days."""

    request: BarRequest
    where: moex.Listing
    key: SeriesKey
    store: bar_store.BarStore
    wanted: Days
    now: datetime
    refresh: bool
    tell: Callable[[str], None]
    notices: list[Notice]
    reused: list[str]


@dataclass
class _Pass:
    """One time of asking for all pages of some days: which were used, and since when each has been as it is."""

    job: MoexJob
    client: Client
    shelf: answers.Shelf
    refresh: bool
    used: list[str] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)


def believed(job: MoexJob, client: Client, shelf: answers.Shelf, days: Days) -> tuple[pd.DataFrame, dict[date, str]]:
    """Return the candles of days, and which of the days are not complete although they were asked for twice.

    A day that is not complete is asked for again at once. It is complete if the second answer is, or if an answer that
    was kept for half a day is repeated.

    Raises
    ------
    MisfitError
        If the candles of days without a fault differ between the two answers.
    """
    name = job.request.instrument.calendar
    first, second = (_Pass(job, client, shelf, refresh) for refresh in (job.refresh, True))
    frame = _joined(first, days)
    doubtful = doubtful_days(frame, name, days, job.key.step)
    if not doubtful:
        return frame, {}
    again = _joined(second, days)
    still = doubtful_days(again, name, days, job.key.step)
    changed = _changed_days(frame, again) - doubtful.keys() - still.keys()
    if changed:
        answers.forget(shelf, [*first.used, *second.used])
        raise MisfitError(
            f"The candles of {job.request.instrument.code} on {min(changed)} changed between two answers.", remedy=AGAIN
        )
    if still and frame.equals(again) and job.now - max(second.since) >= CONFIRMED_AFTER:
        return again, {}
    return again, still


def _changed_days(one: pd.DataFrame, other: pd.DataFrame) -> set[date]:
    """Return the Moscow days on which two answers differ."""
    index = one.index.union(other.index)
    left, right = one.reindex(index), other.reindex(index)
    same = ((left == right) | (left.isna() & right.isna())).all(axis=1).to_numpy(np.bool_)
    local = (pd.DatetimeIndex(index[~same]) - pd.Timedelta(1, "us")).tz_convert(moex.MOSCOW)
    return set(local.date.tolist())


def _joined(passing: _Pass, days: Days) -> pd.DataFrame:
    """Ask for days, and once more from the start where the pages contradict each other: one of them came wrong."""
    job, ask = passing.job, partial(_asked, passing)
    try:
        return moex.candles(ask, job.where, days, job.tell)
    except MisfitError:
        answers.forget(passing.shelf, passing.used)
        passing.refresh = True
    try:
        return moex.candles(ask, job.where, days, job.tell)
    except MisfitError:
        answers.forget(passing.shelf, passing.used)
        raise


def _asked(passing: _Pass, url: str, read: Callable[[bytes], T]) -> T:
    """Read a kept answer, or ask and keep: after a crash nothing that arrived is asked for again."""
    passing.used.append(url)
    found = answers.kept(passing.shelf, url)
    if found is not None and not passing.refresh:
        try:
            content = read(found.body)
        except Garbled as fault:
            raise MisfitError(f"A kept answer does not fit the others: {fault.reason}.") from None
        passing.since.append(found.fetched_at)
        passing.job.reused.append(url)
        return content
    answer = passing.client.get(url, read)
    same = found is not None and found.body == answer.body
    if not same:
        answers.keep(passing.shelf, url, answer.body, answer.fetched_at)
    passing.since.append(found.fetched_at if found is not None and same else answer.fetched_at)
    return answer.content


def borders(job: MoexJob, client: Client, shelf: answers.Shelf) -> Days | None:
    """Return the first and last day the exchange has candles for; None where it has none.

    A kept answer serves while it is young and covers the days wanted. An answer that does not cover them is asked for
    again, and only kept if both agree.
    """
    url = job.where.url("candleborders", {})
    found = answers.kept(shelf, url)
    known = _readable(job, found) if found is not None else None
    if found is not None and not job.refresh and _covers(job, known, found.fetched_at):
        job.reused.append(url)
        return known
    answer = client.get(url, moex.read_borders)
    days = answer.content.get(job.where.interval)
    if not _covers(job, days, job.now) and days != known:
        again = client.get(url, moex.read_borders)
        if again.content.get(job.where.interval) != days:
            raise MisfitError(
                f"Two answers about the days with candles of {job.request.instrument.code} differ.", remedy=AGAIN
            )
    answers.keep(shelf, url, answer.body, answer.fetched_at)
    return days


def _readable(job: MoexJob, found: answers.Kept) -> Days | None:
    try:
        return moex.read_borders(found.body).get(job.where.interval)
    except Garbled:
        return None


def _covers(job: MoexJob, known: Days | None, fetched_at: datetime) -> bool:
    """Return whether borders hold the days wanted, or are young and end with the last trading day that is over."""
    if known is None or known[0] > job.wanted[0]:
        return False
    if known[1] >= job.wanted[1]:
        return True
    over = min(job.wanted[1], job.now.date() - timedelta(days=1))
    missing = open_days(job.request.instrument.calendar, (known[1] + timedelta(days=1), over))
    ends_now = known[1] >= over or (missing is not None and not len(missing))
    return ends_now and job.now - fetched_at < BORDERS_KEEP
