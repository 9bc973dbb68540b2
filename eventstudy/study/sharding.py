"""Blocks of events through an executor: who computes a block never changes its bits, nor the order of adding up.

A worker gets a part of a ``BlockTask``: neighboring blocks, and of the data only the instruments of their events. Other
functions of a block are sent as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from eventstudy.abnormal.event_data import BlockTask

Blocks: TypeAlias = Callable[[slice], Any]
BlockMap: TypeAlias = Callable[[Blocks, list[slice]], Iterable[Any]]
TASKS_PER_WORKER = 2


@contextmanager
def runner(executor: Executor | None) -> Iterator[BlockMap]:
    """Yield a map over blocks: the built-in one, or the executor's with several blocks to a task."""
    yield map if executor is None else partial(_through, executor)


def _through(executor: Executor, work: Blocks, pieces: list[slice]) -> Iterator[Any]:
    workers = int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)
    size = max(1, -(-len(pieces) // (TASKS_PER_WORKER * workers)))
    groups = [pieces[low : low + size] for low in range(0, len(pieces), size)]
    shards = [_shard(work, group) for group in groups]
    futures = [executor.submit(_several, shard.work, shard.pieces) for shard in shards]
    for future in futures:
        yield from future.result()


class Shard(NamedTuple):
    """A task on a part of the data, and its blocks, counted from the part's first event."""

    work: Blocks
    pieces: list[slice]


def _shard(work: Blocks, pieces: list[slice]) -> Shard:
    if not isinstance(work, BlockTask):
        return Shard(work, pieces)
    low = pieces[0].start
    counted = [slice(piece.start - low, piece.stop - low) for piece in pieces]
    return Shard(work.part(slice(low, pieces[-1].stop)), counted)


def _several(work: Blocks, pieces: list[slice]) -> list[Any]:
    return [work(piece) for piece in pieces]
