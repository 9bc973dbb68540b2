"""Blocks of events through an executor: who computes a block never changes its bits, nor the order of adding up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

Run: TypeAlias = Callable[[Callable[[slice], Any], list[slice]], Iterable[Any]]
TASKS_PER_WORKER = 2


@contextmanager
def runner(executor: Executor | None) -> Iterator[Run]:
    """Yield a map over blocks: the built-in one, or the executor's with several blocks to a task."""
    yield map if executor is None else partial(_through, executor)


def _through(executor: Executor, work: Callable[[slice], Any], pieces: list[slice]) -> Iterator[Any]:
    workers = int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)
    size = max(1, -(-len(pieces) // (TASKS_PER_WORKER * workers)))
    tasks = [pieces[low : low + size] for low in range(0, len(pieces), size)]
    futures = [executor.submit(_several, work, task) for task in tasks]
    for future in futures:
        yield from future.result()


def _several(work: Callable[[slice], Any], pieces: list[slice]) -> list[Any]:
    return [work(piece) for piece in pieces]
