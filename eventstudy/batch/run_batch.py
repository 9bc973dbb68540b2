"""One night: take the lock, sweep what a crash left, bring every study up to date, write the index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from eventstudy.batch.entry import Entry
from eventstudy.batch.index import write_index
from eventstudy.batch.jobs import Job
from eventstudy.batch.ledger import Ledger, after_night, read_ledger, repair_ledger, write_ledger
from eventstudy.batch.work import ASIDE
from eventstudy.errors import LockHeldError, Notice
from eventstudy.files import left_aside

LOCK = ".batch.lock"


@dataclass(frozen=True)
class Night:
    """What a night did.

    Attributes
    ----------
    entries : tuple of Entry
        One per study that was asked for, in the order of their names.
    ledger : mapping of str to Standing
        Every study the batch knows, as it stands now.
    notices : tuple of Notice
        That ``batch.json`` was damaged, and what was done about it.
    """

    entries: tuple[Entry, ...]
    ledger: Ledger
    notices: tuple[Notice, ...] = ()

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
        return f"{len(states)} studies: {', '.join(parts)}."


_COUNTED = {
    "made": "made",
    "unchanged": "already there",
    "waiting": "waiting for bars",
    "failed": "failed",
    "not due": "not due",
}
Pool = Callable[[Iterable[Job]], Iterator[Entry]]


def run_night(
    jobs: Sequence[Job],
    out: Path,
    *,
    pool: Pool,
    now: Callable[[], datetime],
    wait: bool = False,
    tell: Callable[[Entry], None] = lambda _: None,
) -> Night:
    """Bring every study of ``jobs`` up to date in ``out``.

    Parameters
    ----------
    jobs : sequence of Job
    out : Path
        Folder of the batch; made if absent.
    pool : callable
        Does the jobs and yields their entries in any order.
    now : callable
        The clock; asked once, at the end.
    wait : bool
        Wait for another batch in the same folder instead of refusing.
    tell : callable
        Hears of every entry as it comes.

    Raises
    ------
    LockHeldError
        If another batch is at work in ``out`` and ``wait`` is false.
    """
    out.mkdir(parents=True, exist_ok=True)
    with hold(out, wait=wait):
        _sweep(out)
        said = repair_ledger(out, now)
        entries: list[Entry] = []
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
        ledger = after_night(read_ledger(out), entries, out, at)
        write_ledger(out, ledger, at)
        write_index(out, ledger, at)
    return Night(tuple(sorted(entries, key=lambda entry: entry.study)), ledger, said)


def _sweep(out: Path) -> None:
    """Remove what a killed batch left aside; the lock is held, so nobody is writing it."""
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
