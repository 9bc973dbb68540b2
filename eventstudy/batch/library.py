"""The library behind a batch: load a study, run it, write its report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eventstudy.batch.entry import Entry
from eventstudy.batch.jobs import Job
from eventstudy.batch.work import Prepared, bring_up_to_date

if TYPE_CHECKING:
    from eventstudy.arrays import FloatArray
    from eventstudy.study.load import LoadedStudy

SPARK_POINTS = 60


def run_one(job: Job) -> Entry:
    """Bring one study up to date."""
    return bring_up_to_date(job, prepare)


def prepare(job: Job) -> Prepared | None:
    """Load a study; None when all its events ended before ``job.since``."""
    from eventstudy.study.load import load_study

    if job.since is not None and (last := last_event(job.path)) is not None and last < job.since:
        return None
    loaded = load_study(job.path, data_folder=job.data_folder, offline=job.offline)
    return Prepared(loaded.spec.digest(), combined(loaded.digests), lambda folder: _write(loaded, folder))


def last_event(path: Path) -> datetime | None:
    """Return the latest instant of a study's events; its series are not read."""
    from eventstudy.news.event_files import read_events
    from eventstudy.study.spec import StudySpec

    spec = StudySpec.from_toml(path)
    if not spec.events_file:
        return None
    events = read_events(path.parent / spec.events_file)
    return max((event.time.latest for event in events if not spec.events or event.id in spec.events), default=None)


def combined(digests: Mapping[str, str]) -> str:
    """Return one SHA-256 of all inputs' digests, independent of their order."""
    text = json.dumps(dict(digests), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _write(loaded: LoadedStudy, folder: Path) -> Entry:
    from eventstudy.report.content import finding
    from eventstudy.report.write import save
    from eventstudy.study.run import run_study

    result = run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market, factors=loaded.factors)
    save(result, folder, digests=loaded.digests)
    return Entry(
        study="",
        path="",
        state="made",
        exit_code=0 if result.complete else 1,
        title=loaded.spec.title or loaded.spec.name,
        finding=" ".join(finding(result.to_dict(), loaded.spec.level)),
        spark=_spark(result.abnormal.ar),
    )


def _spark(ar: FloatArray) -> tuple[float, ...]:
    """Return the mean cumulated abnormal return over the events, at most ``SPARK_POINTS`` of its points."""
    import numpy as np

    if not ar.size:
        return ()
    path = np.nan_to_num(np.cumsum(np.nan_to_num(ar), axis=1).mean(axis=0))
    chosen = np.unique(np.linspace(0, len(path) - 1, min(SPARK_POINTS, len(path))).round().astype(int))
    return tuple(round(float(value), 7) for value in path[chosen])
