"""``eventstudy batch``: many studies, each alone, each once; for a nightly job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli.compute import Scheduler

if TYPE_CHECKING:
    from datetime import datetime

    from eventstudy.batch.entry import LedgerEntry
    from eventstudy.batch.run_batch import BatchRun

Paths = Annotated[list[Path], typer.Argument(help="Study files, or directories searched for them.", metavar="PATH...")]
Out = Annotated[Path, typer.Option(help="Directory for reports and index.html.", metavar="DIR")]
Data = Annotated[
    Path | None, typer.Option(help="Directory of price files. Default: paths in the study file.", metavar="DIR")
]
Workers = Annotated[int, typer.Option(help="Number of parallel processes.", min=1, max=64)]
TimeLimit = Annotated[
    float,
    typer.Option(
        help="Stop a study after this many seconds; it is reported as failed. Default: no limit.",
        metavar="SECONDS",
        min=0,
    ),
]
Since = Annotated[
    str,
    typer.Option(
        help="Run only studies with an event since this date or age (2026-11-01, 30d, 12h). Default: all.",
        metavar="WHEN",
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for a running batch to finish instead of exiting with code 6.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print results as JSON to stdout.")]
ExitOnChange = Annotated[
    bool,
    typer.Option(
        "--exit-on-change", help="Exit with code 7 if a finding differs from the last run and no study failed."
    ),
]
AcceptProposals = Annotated[
    bool, typer.Option("--accept-proposals", help='Run events files with status = "proposal" as they are.')
]
Log = Annotated[
    Path | None,
    typer.Option(help="Append one JSON line per study; rotated at 1 MB, 5 files. Default: none.", metavar="FILE"),
]


def batch(
    paths: Paths,
    out: Out,
    workers: Workers = 1,
    time_limit: TimeLimit = 0.0,
    since: Since = "",
    wait: Wait = False,
    data: Data = None,
    log: Log = None,
    exit_on_change: ExitOnChange = False,
    as_json: AsJson = False,
    accept_proposals: AcceptProposals = False,
    scheduler: Scheduler = "",
) -> int:
    """Run many studies, recomputing only those that changed.

    A report of the same study file and data is left alone.

    A study that fails is reported and the others are done (exit 1). Restated data make a new version beside the
    old one. A second batch in the same folder exits 6, or waits with --wait.

    Examples:

      eventstudy batch studies --out reports
      eventstudy batch studies/fixing.toml --out reports --workers 2 --json
    """
    import math
    from dataclasses import replace
    from datetime import UTC, datetime
    from functools import partial

    from eventstudy.batch.jobs import plan
    from eventstudy.batch.library import run_one
    from eventstudy.batch.pool import in_processes, on_executor
    from eventstudy.batch.run_batch import Pool, run_batch
    from eventstudy.cli import console, exits
    from eventstudy.errors import UsageError
    from eventstudy.study.executors import executor_for

    def now() -> datetime:
        return datetime.now(UTC)

    if scheduler and (workers > 1 or time_limit):
        raise UsageError("--scheduler cannot be combined with --workers or --time-limit.", remedy="Give one of them.")
    jobs = plan(paths, out, since=_instant(since, now()), data_folder=data, offline=console.manners().offline)
    jobs = tuple(replace(job, accept_proposals=accept_proposals) for job in jobs)
    pool: Pool = partial(in_processes, work=run_one, workers=workers, time_limit=time_limit or math.inf)
    with executor_for(1, scheduler) as cluster, _logging(log) as note, console.progress(len(jobs), "studies") as done:
        if cluster is not None:
            pool = partial(on_executor, work=run_one, executor=cluster)

        def tell(entry: LedgerEntry) -> None:
            done(entry.study)
            note(entry)
            if entry.state == "failed":
                console.error(f"{entry.study}: {entry.message}", "study failed")

        run = run_batch(jobs, out, pool=pool, now=now, wait=wait, tell=tell)
    for notice in run.notices:
        console.warn(notice.code, notice.message)
    _show(run, out, now(), as_json=as_json)
    return exits.CHANGED if exit_on_change and run.changed and not run.exit_code else run.exit_code


def _show(run: BatchRun, out: Path, at: datetime, *, as_json: bool) -> None:
    from eventstudy.batch.ledger import as_data
    from eventstudy.cli import console

    if as_json:
        this_run = [
            {
                "study": e.study,
                "state": e.state,
                "exit_code": e.exit_code,
                "message": e.message,
                "folder": e.folder,
                "change": run.changes.get(e.study, ""),
            }
            for e in run.entries
        ]
        console.json_data({"this_run": this_run, **as_data(run.ledger, at)})
    else:
        _lines(run)
        console.talk(f"{run.summary()} Index: {out / 'index.html'}")


STATES = {"written": "done", "unchanged": "same", "waiting": "waiting", "failed": "failed", "not due": "not due"}
TITLES = ("", "Study", "Move", "95% interval", "p", "Since last run")


def _lines(run: BatchRun) -> None:
    """Print a line per study: state, name, move with its interval, p-value and what changed since the last run."""
    from rich.cells import cell_len
    from rich.text import Text

    from eventstudy.cli import console
    from eventstudy.show.numbers import BP
    from eventstudy.show.terminal_text import kept_columns, pad

    width = console.width()
    one = all(entry.unit == BP.name for entry in run.entries if entry.folder)
    titles = (*TITLES[:2], "Move, bp" if one else "Move", *TITLES[3:])
    rows = [_cells(entry, run.changes.get(entry.study, ""), with_unit=not one) for entry in run.entries]
    full = [row for row, entry in zip(rows, run.entries, strict=True) if entry.folder]
    widths = [max(cell_len(row[i]) for row in [titles, *(full if i > 1 else rows)]) for i in range(len(TITLES))]
    widths[1] = min(widths[1], 40)
    kept = kept_columns(widths, (0, 0, 0, 2, 0, 1), width)
    widths[1] = max(8, widths[1] - max(0, sum(widths[i] + 2 for i in kept) - 2 - width))
    lines = [Text("  ".join(pad(titles[i], widths[i], right=i in (2, 3, 4)) for i in kept).rstrip(), "dim")]
    for row, entry in zip(rows, run.entries, strict=True):
        cells = [pad(row[i], widths[i], right=i in (2, 3, 4)) for i in kept]
        if not entry.folder:
            cells = [*cells[:2], _sentence(entry.message)]
        lines.append(Text("  ".join(cells).rstrip(), "bold" if entry.study in run.changed else ""))
        if entry.folder and entry.message:
            lines.append(Text(" " * (widths[0] + 2) + _sentence(entry.message)))
    console.lines(lines)


def _cells(entry: LedgerEntry, change: str, *, with_unit: bool) -> tuple[str, ...]:
    from eventstudy.show.escape import for_terminal
    from eventstudy.show.numbers import pvalue

    name = for_terminal(entry.study, 60) + " SIMULATED" * entry.finding.startswith("SIMULATED")
    unit = entry.shown_unit
    interval = "" if entry.low is None or entry.high is None else f"{unit.show(entry.low)} to {unit.show(entry.high)}"
    move = unit.of(entry.move) if with_unit and entry.move is not None else unit.show(entry.move)
    return STATES[entry.state], name, move, interval, pvalue(entry.pvalue), change


def _sentence(message: str) -> str:
    return f"{message.rstrip('.')}." if message else ""


def _instant(text: str, now: datetime) -> datetime | None:
    """Return the instant that ``--since`` names: a date (UTC), a time with its offset, or an age like 30d or 12h."""
    import re
    from datetime import UTC, datetime, timedelta

    from eventstudy.errors import UsageError

    if not text:
        return None
    if match := re.fullmatch(r"(\d{1,5})([dhw])", text):
        return (
            now - int(match[1]) * {"d": timedelta(days=1), "h": timedelta(hours=1), "w": timedelta(weeks=1)}[match[2]]
        )
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is not None and (at.tzinfo or len(text) == len("2026-11-01")):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    raise UsageError(
        f"--since {text!r} is not an instant.",
        remedy="Write a date (2026-11-01, UTC), a time with its offset (2026-11-01T18:00+03:00), or an age (30d, 12h).",
    )


@contextmanager
def _logging(path: Path | None) -> Iterator[Callable[[LedgerEntry], None]]:
    """Yield a function that adds one JSON line per study to a log that rotates by itself."""
    if path is None:
        yield lambda _: None
        return
    import json
    import logging.handlers
    from datetime import UTC, datetime

    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=4, encoding="utf-8")

    def note(entry: LedgerEntry) -> None:
        shown = {"study": entry.study, "state": entry.state, "message": entry.message, "folder": entry.folder}
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **shown}, ensure_ascii=False)
        handler.emit(logging.LogRecord("batch", logging.INFO, "", 0, line, None, None))

    try:
        yield note
    finally:
        handler.close()
