"""The library behind a batch: load a study, run it, write its report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.jobs import Job
from eventstudy.batch.ledger import read_ledger
from eventstudy.batch.redact import redact
from eventstudy.batch.waiting import standing_now, with_waiting
from eventstudy.batch.work import Prepared, bring_up_to_date

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from eventstudy.news.items import Event
    from eventstudy.study.load import LoadedStudy
    from eventstudy.study.result import StudyResult

SPARK_POINTS = 60


def run_one(job: Job) -> LedgerEntry:
    """Bring one study up to date."""
    return standing_now(bring_up_to_date(job, prepare), datetime.now(UTC))


def prepare(job: Job) -> Prepared | None:
    """Load a study; None when all its events ended before ``job.since`` and none of them waits for bars."""
    from eventstudy.study.load import StudyFolders, load_reviewed
    from eventstudy.study.spec import StudySpec

    due = job.since is None or (last := last_event(job.path)) is None or last >= job.since
    if not due and not _is_waiting(job):
        return None
    folders = StudyFolders(job.path.parent, Path(job.data_folder or job.path.parent))
    how = {"offline": job.offline, "accept_proposals": job.accept_proposals}
    loaded = load_reviewed(StudySpec.from_toml(job.path), folders, on_disk=True, **how)
    return Prepared(loaded.spec.digest(), combined(loaded.digests), lambda folder: _write(loaded, folder))


def _is_waiting(job: Job) -> bool:
    """Return whether the last batch left events of the study waiting for their bars."""
    known = read_ledger(job.out).get(job.study)
    return known is not None and known.entry.waiting > 0


def last_event(path: Path) -> datetime | None:
    """Return the latest instant of a study's events; its series are not read."""
    from eventstudy.news.events.event_files import read_events
    from eventstudy.study.spec import StudySpec

    spec = StudySpec.from_toml(path)
    if not spec.events_file:
        return None
    events = read_events(path.parent / spec.events_file, timezone=spec.event_timezone)
    return max((event.time.latest for event in events if not spec.events or event.id in spec.events), default=None)


def combined(digests: Mapping[str, str]) -> str:
    """Return one SHA-256 of all inputs' digests, independent of their order."""
    text = json.dumps(dict(digests), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def answer(loaded: LoadedStudy, executor: Executor | None = None) -> StudyResult:
    """Return the result of a loaded study; the executor, if any, computes its blocks."""
    from eventstudy.study.run import run_study

    regressors = loaded.market, loaded.factors
    data = loaded.data if loaded.dataset is None else loaded.dataset
    result = run_study(loaded.spec, loaded.events, data, *regressors, executor=executor, known=loaded.known)
    ledger = result.ledger.naming_left_out(loaded.left_out)
    return replace(result, ledger=ledger, notices=(*loaded.notices, *result.notices))


def write_report(
    loaded: LoadedStudy,
    result: StudyResult,
    folder: Path,
    also: tuple[str, ...] = (),
    *,
    beside: Mapping[str, bytes] | None = None,
) -> tuple[Path, ...]:
    """Write a result's files; the one way for ``run``, ``batch`` and ``reproduce``, so that their bytes agree.

    Addresses of sources lose passwords and keys, whatever the machine: a report may be passed on.
    """
    from eventstudy.report.write import save

    events = tuple(map(_without_secrets, loaded.events))
    return save(result, folder, digests=loaded.digests, events=events, also=also, beside=beside)


def _without_secrets(event: Event) -> Event:
    time = replace(event.time, evidence=tuple(redact(text, {}) for text in event.time.evidence))
    return replace(event, time=time, sources=tuple(redact(text, {}) for text in event.sources))


def _write(loaded: LoadedStudy, folder: Path) -> LedgerEntry:
    from eventstudy.report.clock_words import moved, with_words
    from eventstudy.report.finding import finding
    from eventstudy.report.key_numbers import key_numbers
    from eventstudy.report.shown_units import unit_of

    result = answer(loaded)
    write_report(loaded, result, folder)
    study = with_words(result, result.to_dict())
    said, numbers, unit = finding(study, loaded.spec.level, moved(result)), key_numbers(study), unit_of(result.spec)
    spark, mark = _spark(result, study, numbers.move)
    entry = LedgerEntry(
        study="",
        path="",
        state="written",
        exit_code=0 if result.complete else 1,
        title=_title(loaded.spec.title or loaded.spec.name, simulated=result.simulated),
        finding=("SIMULATED. " if result.simulated else "") + " ".join(said),
        move=numbers.move,
        low=numbers.low,
        high=numbers.high,
        pvalue=numbers.pvalue,
        spark=spark,
        mark=mark,
        unit=unit.name,
        scale=unit.scale,
        decimals=unit.decimals,
    )
    return with_waiting(entry, loaded, result)


def _title(title: str, *, simulated: bool) -> str:
    return f"SIMULATED: {title}" if simulated and "SIMULATED" not in title else title


def _spark(result: StudyResult, study: Mapping[str, Any], move: float | None) -> tuple[tuple[float, ...], int]:
    """Return the path that the move is read from, at most ``SPARK_POINTS`` of its points, and the place of the move."""
    import warnings

    import numpy as np

    from eventstudy.report.figure_data import first_window, since
    from eventstudy.report.finding import average_of
    from eventstudy.report.key_numbers import primary_rows

    abnormal = result.abnormal
    if not abnormal.ar.size:
        return (), -1
    window, first = first_window(result), int(abnormal.tau[0])
    paths = since(abnormal.ar, min(max(window.start - first, 0), len(abnormal.tau)))
    if average_of(study) is None and (rows := primary_rows(study)):
        pair = rows[0]["event"], rows[0]["instrument"]
        of = zip(abnormal.events.tolist(), abnormal.instruments.tolist(), strict=True)
        paths = paths[[place for place, one in enumerate(of) if one == pair][:1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a day without any return has no mean
        path = np.nan_to_num(np.nanmean(paths, axis=0))
    end = min(max(window.stop + 1 - first, 0), len(path) - 1)
    # A buy-and-hold return, or a mean over other events than have a path, is not a point of the path.
    on_path = move is not None and abs(float(path[end]) - move) < 1e-9
    chosen = np.linspace(0, len(path) - 1, min(SPARK_POINTS, len(path))).round().astype(int)
    chosen = np.unique([*chosen, end]) if on_path else np.unique(chosen)
    mark = int(np.searchsorted(chosen, end)) if on_path else -1
    return tuple(round(float(value), 7) for value in path[chosen]), mark
