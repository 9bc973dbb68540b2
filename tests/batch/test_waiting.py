"""An event whose window is not complete waits for its bars, and is answered when they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.jobs import plan
from eventstudy.batch.library import run_one
from eventstudy.batch.run_batch import BatchRun, run_batch
from eventstudy.batch.waiting import standing_now
from tests.batch.toys import in_this_process

STUDY = """
name = "s"
[events]
file = "events.csv"
[[data]]
instrument = "AAA"
path = "prices_SIMULATED.csv"
timezone = "America/New_York"
step = "1D"
label = "left"
closes_at = "16:00"
[window]
estimation = [-40, -6]
event = [-1, 5]
[model]
name = "constant_mean"
[inference]
tests = ["time_series_t"]
"""
DAYS = pd.bdate_range(end=datetime.now(UTC).date() - timedelta(days=1), periods=80)


def write(folder: Path, bars: int, events: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    closes = 100 * np.exp(np.random.default_rng(4).normal(0, 0.01, len(DAYS)).cumsum())
    frame = pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "close": closes})[:bars]
    frame.to_csv(folder / "prices_SIMULATED.csv", index=False)
    rows = "".join(f"AAA,{DAYS[n]:%Y-%m-%d},bmo\n" for n in events)
    (folder / "events.csv").write_text(f"ticker,date,session\n{rows}", encoding="utf-8")
    (folder / "s.toml").write_text(STUDY, encoding="utf-8")


def night(folder: Path, since: datetime | None = None) -> BatchRun:
    jobs = plan([folder / "s.toml"], folder / "reports", since=since)
    pool = partial(in_this_process, work=run_one)
    return run_batch(jobs, folder / "reports", pool=pool, now=lambda: datetime.now(UTC))


def test_an_event_waits_for_its_bars_and_is_answered_when_they_come(tmp_path: Path) -> None:
    write(tmp_path, bars=73, events=[50, 70])
    first = night(tmp_path)
    (entry,) = first.entries
    assert (entry.state, entry.exit_code, entry.waiting) == ("waiting", 0, 1)
    assert first.exit_code == 0
    assert "1 waiting for bars" in first.summary()
    assert "waiting" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert night(tmp_path).entries[0].state == "waiting"
    # --since does not leave it alone before it is answered.
    later = datetime.now(UTC)
    assert night(tmp_path, later).entries[0].state == "waiting"
    write(tmp_path, bars=76, events=[50, 70])
    (answered,) = night(tmp_path, later).entries
    assert (answered.state, answered.exit_code, answered.waiting) == ("written", 0, 0)
    assert night(tmp_path, later).entries[0].state == "not due"


def test_an_event_after_all_bars_waits_too(tmp_path: Path) -> None:
    write(tmp_path, bars=73, events=[75])
    assert [(e.state, e.exit_code) for e in night(tmp_path).entries] == [("waiting", 0)]


@pytest.mark.parametrize(("bars", "events"), [(20, [15]), (76, [0, 50])])
def test_bars_that_cannot_come_any_more_are_not_waited_for(tmp_path: Path, bars: int, events: list[int]) -> None:
    write(tmp_path, bars=bars, events=events)
    (entry,) = night(tmp_path).entries
    assert (entry.state, entry.exit_code) == ("written", 1)


def test_waiting_ends() -> None:
    until = datetime(2026, 1, 10, tzinfo=UTC)
    entry = LedgerEntry("s", "s.toml", "unchanged", waiting=2, waiting_until=until.isoformat())
    assert standing_now(entry, until).state == "waiting"
    late = standing_now(entry, until + timedelta(seconds=1))
    assert (late.state, late.exit_code) == ("unchanged", 1)
    assert "have not come by 2026-01-10" in late.message
    assert standing_now(replace(entry, waiting=0), until).state == "unchanged"
