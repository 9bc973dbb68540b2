"""Events whose windows are not complete yet: they wait for their bars instead of failing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import instant_from_us
from eventstudy.batch.entry import LedgerEntry
from eventstudy.market.bars import Bars

if TYPE_CHECKING:
    from eventstudy.study.load import LoadedStudy
    from eventstudy.study.result import StudyResult

# Bars are waited for so long after they should have been there: sources are late, and exchanges have holidays.
GRACE = timedelta(days=10)
# A week has five trading days; bars shorter than a day have nights as well.
CALENDAR_PER_TRADING = 1.6


def waiting_pairs(loaded: LoadedStudy, result: StudyResult) -> list[datetime]:
    """Return, for each unused pair that lacks only bars after the last one there is, until when it may wait."""
    series = {one.instrument.code: one for one in loaded.data}
    table, spec = result.ledger.table, result.spec
    after = _bars_after(result)
    found = []
    for row in np.flatnonzero(~result.ledger.used):
        one = series.get(str(table.instruments[row]))
        if one is None or result.ledger[int(row)].outcome not in ("outside_data", "window_incomplete"):
            continue
        closes = one.closes_us if isinstance(one, Bars) else one.closes
        if not len(closes):
            continue
        later = len(closes) - int(np.searchsorted(closes, table.latest[row], side="left"))
        before = int(np.searchsorted(closes, table.earliest[row], side="right"))
        if later >= after + 1 or before < 1 + max(-spec.event[0], 0):
            continue
        spacing = int(np.median(np.diff(closes[-60:]))) if len(closes) > 1 else 0
        end = max(int(closes[-1]), int(table.latest[row])) + (after + 1 - later) * spacing * CALENDAR_PER_TRADING
        found.append(instant_from_us(int(end)) + GRACE)
    return found


def _bars_after(result: StudyResult) -> int:
    """Return how many bars an event window needs after tau = 0."""
    tau = result.abnormal.tau
    return max(int(tau[-1]), 0) if len(tau) else max(result.spec.event[1], 0)


def with_waiting(entry: LedgerEntry, loaded: LoadedStudy, result: StudyResult) -> LedgerEntry:
    """Return an entry that says how many pairs wait and until when; a study whose other pairs are used is done."""
    until = waiting_pairs(loaded, result)
    if not until:
        return entry
    unused = int((~result.ledger.used).sum())
    exit_code = 0 if unused == len(until) else entry.exit_code
    return replace(
        entry, exit_code=exit_code, waiting=len(until), waiting_until=max(until).isoformat(timespec="seconds")
    )


def standing_now(entry: LedgerEntry, now: datetime) -> LedgerEntry:
    """Return an entry as it stands: waiting while its bars can still come, to be reviewed afterwards."""
    if not entry.waiting or entry.state not in ("written", "unchanged"):
        return entry
    pairs = f"{entry.waiting} event{'' if entry.waiting == 1 else 's'}"
    if now.astimezone(UTC) <= datetime.fromisoformat(entry.waiting_until):
        return replace(entry, state="waiting", message=f"{pairs} waiting for bars after the end of the data")
    said = f"the bars that {pairs} waited for have not come by {entry.waiting_until[:10]}"
    return replace(entry, exit_code=1, message=said)
