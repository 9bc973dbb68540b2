"""Blocks of events through an executor: who computes a block never changes its bits, nor the order of adding up.

A worker gets a part of a task: neighboring blocks, and of the data only the instruments of their events. Other
functions of a block are sent as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from eventstudy.errors import WorkerError
from eventstudy.show.work_steps import counted, watch
from eventstudy.study.executors import results_of, worker_count
from eventstudy.study.own_calendars import using_calendars

Blocks: TypeAlias = Callable[[slice], Any]
BlockMap: TypeAlias = Callable[[Blocks, list[slice]], Iterable[Any]]
Piece = TypeVar("Piece")
Answer = TypeVar("Answer")
TASKS_PER_WORKER = 2
NO_CALENDARS: Mapping[str, Any] = {}


@contextmanager
def runner(executor: Executor | None, calendars: Mapping[str, Any] = NO_CALENDARS) -> Iterator[BlockMap]:
    """Yield a map over blocks: the built-in one, or the executor's with several blocks to a task.

    Workers use the ``calendars`` that the study states, as this process does.
    """
    yield map if executor is None else partial(_through, executor, calendars)


def _through(executor: Executor, calendars: Mapping[str, Any], work: Blocks, pieces: list[slice]) -> Iterator[Any]:
    size = max(1, -(-len(pieces) // (TASKS_PER_WORKER * worker_count(executor))))
    groups = [pieces[low : low + size] for low in range(0, len(pieces), size)]
    shards = [_shard(work, group) for group in groups]
    futures = [executor.submit(_several, calendars, shard.work, shard.pieces) for shard in shards]
    watch(futures)
    for parts in results_of(futures):
        yield from parts


def each(
    executor: Executor | None,
    calendars: Mapping[str, Any],
    work: Callable[[Piece], Answer],
    pieces: Sequence[Piece],
    *,
    done: Callable[[int, Answer], None] = lambda number, answer: None,
) -> Iterator[Answer]:
    """Yield the answers to pieces in their order; with an executor every piece is a task.

    ``done`` is called with the number and the answer of a piece, also of those that were answered before workers were
    lost.
    """
    if executor is None:
        for number, piece in enumerate(counted(pieces, "parts")):
            answer = work(piece)
            done(number, answer)
            yield answer
        return
    futures = [executor.submit(_one, calendars, work, piece) for piece in pieces]
    watch(futures)
    number = -1
    try:
        for number, answer in enumerate(results_of(futures)):
            done(number, answer)
            yield answer
    except WorkerError:
        for later, future in enumerate(futures[number + 1 :], number + 1):
            if future.done() and not future.cancelled() and future.exception() is None:
                done(later, future.result())
        raise


def _one(calendars: Mapping[str, Any], work: Callable[[Piece], Answer], piece: Piece) -> Answer:
    with using_calendars(calendars):
        return work(piece)


class BlockShard(NamedTuple):
    """A task on a part of the data, and its blocks, counted from the part's first event."""

    work: Blocks
    pieces: list[slice]


def _shard(work: Blocks, pieces: list[slice]) -> BlockShard:
    if not hasattr(work, "part"):
        return BlockShard(work, pieces)
    low = pieces[0].start
    inside = [slice(piece.start - low, piece.stop - low) for piece in pieces]
    return BlockShard(work.part(slice(low, pieces[-1].stop)), inside)


def _several(calendars: Mapping[str, Any], work: Blocks, pieces: list[slice]) -> list[Any]:
    with using_calendars(calendars):
        return [work(piece) for piece in pieces]
