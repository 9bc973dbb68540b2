"""Steps of long work, reported to whoever shows progress; without one nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, TypeAlias, TypeVar

Item = TypeVar("Item")
# What is counted, how many are done, of how many.
Reporter: TypeAlias = Callable[[str, int, int], None]
_REPORT: ContextVar[Reporter | None] = ContextVar("report", default=None)


@contextmanager
def reported_to(report: Reporter) -> Iterator[None]:
    """Report the steps of this context; of work in other processes the tasks that are done (:func:`watch`)."""
    token = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(token)


@contextmanager
def unreported() -> Iterator[None]:
    """Report no steps of this context: those of a part whose parts are counted by its caller."""
    token = _REPORT.set(None)
    try:
        yield
    finally:
        _REPORT.reset(token)


def watch(futures: Sequence[Future[Any]], what: str = "parts done by workers") -> None:
    """Report each future of an executor as it is done, in whatever order that is."""
    report, lock, done = _REPORT.get(), Lock(), 0
    if report is None:
        return

    def finished(_: Future[Any]) -> None:
        nonlocal done
        with lock:
            done += 1
            report(what, done, len(futures))

    for future in futures:
        future.add_done_callback(finished)


def step(what: str, done: int, total: int) -> None:
    """Report that so many of a total are done."""
    if (report := _REPORT.get()) is not None:
        report(what, done, total)


def counted(items: Collection[Item], what: str) -> Iterator[Item]:
    """Return the items one by one and report each that is done.

    >>> seen = []
    >>> with reported_to(lambda *one: seen.append(one)):
    ...     letters = list(counted("ab", "letters"))
    >>> letters, seen
    (['a', 'b'], [('letters', 1, 2), ('letters', 2, 2)])
    """
    for place, item in enumerate(items, 1):
        yield item
        step(what, place, len(items))
