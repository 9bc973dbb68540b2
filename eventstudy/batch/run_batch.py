"""One batch run: take the lock, remove what a crash left, update every study, write the index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.index import write_index
from eventstudy.batch.jobs import Job
from eventstudy.batch.ledger import Ledger, Standing, after_run, read_ledger, repair_ledger, write_ledger
from eventstudy.batch.work import ASIDE
from eventstudy.errors import LockHeldError, Notice
from eventstudy.files import explained, left_aside
from eventstudy.show.numbers import pvalue

LOCK = ".batch.lock"


@dataclass(frozen=True)
class BatchRun:
    """What a batch run did.

    Attributes
    ----------
    entries : tuple of LedgerEntry
        One per study that was asked for, in the order of their names.
    ledger : mapping of str to Standing
        Every study the batch knows, as it stands now.
    notices : tuple of Notice
        That ``batch.json`` was damaged, and what was done about it.
    changes : mapping of str to str
        What changed in the finding of each study since the last batch: ``"same"``, ``"new"``, ``"p was 0.038"``; empty
        where the study has no finding now.
    """

    entries: tuple[LedgerEntry, ...]
    ledger: Ledger
    notices: tuple[Notice, ...] = ()
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 when every study asked for is done and complete, 1 otherwise."""
        return int(any(entry.state == "failed" or entry.exit_code for entry in self.entries))

    def summary(self) -> str:
        """Return one line for the log."""
        states = [entry.state for entry in self.entries]
        if set(states) == {"unchanged"}:
            return f"Nothing to do: {len(states)} of {len(states)} reports are there already."
        parts = [f"{states.count(state)} {word}" for state, word in _COUNTED.items() if state in states]
        parts += [f"{len(self.changed)} changed since the last run"] if self.changed else []
        return f"{len(states)} studies: {', '.join(parts)}."

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the studies whose finding is not that of the last batch."""
        return tuple(study for study, change in self.changes.items() if change not in {"", "same", "new"})


_COUNTED = {
    "written": "written",
    "unchanged": "already there",
    "waiting": "waiting for bars",
    "failed": "failed",
    "not due": "not due",
}
Pool = Callable[[Iterable[Job]], Iterator[LedgerEntry]]


def run_batch(
    jobs: Sequence[Job],
    out: Path,
    *,
    pool: Pool,
    now: Callable[[], datetime],
    wait: bool = False,
    tell: Callable[[LedgerEntry], None] = lambda _: None,
) -> BatchRun:
    """Bring every study of ``jobs`` up to date in ``out``.

    Parameters
    ----------
    jobs : sequence of Job
    out : Path
        Folder of the batch; created if absent.
    pool : callable
        Does the jobs and yields their entries in any order.
    now : callable
        The clock; asked once, at the end.
    wait : bool
        Wait for another batch in the same folder instead of refusing.
    tell : callable
        Called with every entry as it comes.

    Raises
    ------
    LockHeldError
        If another batch is running in ``out`` and ``wait`` is false.
    FileError
        If the folder cannot be made: path, reason and remedy.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise explained(out, fault) from None
    with hold(out, wait=wait):
        _sweep(out)
        said = repair_ledger(out, now)
        before = read_ledger(out)
        entries: list[LedgerEntry] = []
        done = pool(jobs)
        try:
            for entry in done:
                entries.append(entry)
                tell(entry)
        finally:  # also on Ctrl-C: first the workers end, then what they left aside goes
            if isinstance(done, Generator):
                done.close()
            shutil.rmtree(out / ASIDE, ignore_errors=True)
        at = now()
        ledger = after_run(read_ledger(out), entries, out, at)
        write_ledger(out, ledger, at)
        write_index(out, ledger, at)
    shown = tuple(sorted(entries, key=lambda entry: entry.study))
    return BatchRun(shown, ledger, said, {e.study: change_of(before.get(e.study), e) for e in shown})


def change_of(before: Standing | None, entry: LedgerEntry) -> str:
    """Return how the finding of a study differs from the last batch, by the digits that are shown.

    >>> from dataclasses import replace
    >>> old = LedgerEntry("a", "a.toml", "written", folder="a/1", move=0.0042, pvalue=0.038)
    >>> before = Standing(old, "a/1")
    >>> change_of(before, replace(old, pvalue=0.071)), change_of(before, replace(old, pvalue=0.0381))
    ('p was 0.038', 'same')
    """
    if not entry.folder:
        return ""
    if before is None or not before.current:
        return "new"
    old, parts = before.entry, []
    if old.move is None and old.pvalue is None and old.finding == entry.finding:
        return "same"  # a batch of a version that did not keep the numbers
    move = old.shown_unit.show(old.move)
    if move != entry.shown_unit.show(entry.move):
        parts.append(f"move was {move}")
    if pvalue(old.pvalue) != pvalue(entry.pvalue):
        parts.append(f"p was {pvalue(old.pvalue)}")
    return ", ".join(parts) or "same"


def _sweep(out: Path) -> None:
    """Remove what a killed batch left aside; the lock is held, so it is not being written."""
    shutil.rmtree(out / ASIDE, ignore_errors=True)
    for left in left_aside(out):
        left.unlink(missing_ok=True)


@contextmanager
def hold(out: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock of a batch folder; the system gives it back when this process ends in any way."""
    from filelock import FileLock, Timeout

    lock = FileLock(out / LOCK)
    try:
        lock.acquire(timeout=-1 if wait else 0, poll_interval=0.2)
    except Timeout as error:
        raise LockHeldError(
            f"Another batch is at work in {str(out)!r}.", remedy="Wait for it with --wait, or choose another --out."
        ) from error
    try:
        yield
    finally:
        lock.release()
