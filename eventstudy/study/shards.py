"""A study of a dataset by shards: a worker reads the bars of some instruments and answers all of their events.

Shards depend on the study, the dataset and the memory of a worker, never on how many workers there are. A worker
returns the bars that windows need, and the intraday responses; series never travel to it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from platform import node
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy import __version__
from eventstudy.abnormal.series import series_of
from eventstudy.arrays import value
from eventstudy.errors import DataError, NetworkError, Notice, UsageError, WorkerError
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns
from eventstudy.market.sources.dataset import NoRowsError, parquet_dataset, read_dataset, read_part
from eventstudy.market.sources.dataset_value import Dataset
from eventstudy.market.sources.on_disk import (
    LEAST_BYTES,
    ROW_BYTES,
    dataset_digest,
    refuse_small_memory,
    rows_by_instrument,
)
from eventstudy.market.sources.reach import Around
from eventstudy.market.sources.reading import Reading
from eventstudy.market.universe import LeftOut, Universe
from eventstudy.news.items import Event
from eventstudy.study.event_table import dated_events, dated_table, refuse_strange_events
from eventstudy.study.frame_events import events_of_frame
from eventstudy.study.inputs import as_returns, releases_of
from eventstudy.study.interchange import as_pandas
from eventstudy.study.kept import digest_of, keep, kept
from eventstudy.study.needs import all_before, around_responses, around_series, around_windows, is_intraday
from eventstudy.study.responses import response_of, response_settings
from eventstudy.study.sharding import each
from eventstudy.study.thinning import thinned

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.response.built_responses import UnbuiltResponse
    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.response.values import Response
    from eventstudy.study.spec import StudySpec

# So many responses keep the paths of their placebo days, which only figures read.
PATHS_KEPT = 200


@value
class Shard:
    """Instruments that are read together, and all events on them; ``first`` of these keep the paths of placebo days."""

    codes: tuple[str, ...]
    events: tuple[Event, ...]
    first: frozenset[str] = frozenset()


@value
class ShardAnswer:
    """What a worker found: bars that windows need, responses, and rows that it read."""

    universe: Universe
    response: ResponseSet | None
    rows: int


@value
class Held:
    """What the shards of a study gave: the series, the responses, and what was left out with the reason."""

    series: tuple[Bars | Returns, ...]
    response: ResponseSet | None
    left_out: tuple[LeftOut, ...]

    def read_regressors(self, given: Sequence[Any], dataset: Dataset) -> list[Any] | None:
        """Return regressors of which those named by their code are read for the time of the series; None for none."""
        return [read_regressor(one, dataset, self.series) if isinstance(one, str) else one for one in given] or None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """One warning for every instrument that was left out."""
        return tuple(
            Notice("ES-INSTRUMENT-LEFT-OUT", f"{out.instrument} was left out. {out.reason}") for out in self.left_out
        )


@dataclass(frozen=True, eq=False)
class ShardTask:
    """What every shard of a study is answered with; called with a shard by a worker."""

    dataset: Dataset
    spec: StudySpec
    around: Around
    known: tuple[Event, ...]
    regressors: tuple[object, ...]
    client: tuple[str, int] = field(default_factory=lambda: (node(), os.getpid()))

    def __call__(self, shard: Shard) -> ShardAnswer:
        self._check_access()
        around = around_responses(self.spec, self.around)
        answer = self._answer(shard, around)
        asked = response_settings(self.spec).placebo.days
        short = answer.response is not None and asked and any(r.placebo_days < asked for r in answer.response.rows)
        if short:  # some days could not serve: there may be others before
            answer = self._answer(shard, replace(around, reach=all_before(around.reach)))
        return answer

    def _check_access(self) -> None:
        """Refuse a worker that does not see the dataset, which the process that runs the study does."""
        if self.client == (node(), os.getpid()):
            return
        try:
            parquet_dataset(self.dataset.spec.path, offline=self.dataset.offline)
        except (DataError, NetworkError) as error:
            raise WorkerError(
                f"A worker on {node()} cannot read the data: {error.message}",
                remedy="Name a path or an address, s3://BUCKET/..., under which every worker sees the dataset.",
            ) from None

    def _answer(self, shard: Shard, around: Around) -> ShardAnswer:
        reading = Reading(shard.codes, offline=self.dataset.offline, any_sign=self.dataset.any_sign, around=around)
        try:
            universe, _ = read_part(self.dataset.spec, reading)
        except NoRowsError:
            return ShardAnswer(Universe(()), None, 0)
        rows = sum(map(len, universe))
        refuse_small_memory(self.dataset, shard.codes, rows)
        bars = [one for one in universe if isinstance(one, Bars)]
        beside = [self._regressor(one, universe) for one in self.regressors]
        here = {event.id for event in shard.events}
        known = tuple(event for event in self.known if event.id not in here)
        events = self._dated(shard.events, bars)
        response = response_of(self.spec, events, bars, beside, known=known) if bars else None
        kept = thinned(universe, shard.events, self.around, small=len(self.known) <= PATHS_KEPT)
        return ShardAnswer(kept, None if response is None else with_paths_of(response, shard.first), rows)

    def _dated(self, events: Sequence[Event], bars: Sequence[Bars]) -> Sequence[Event]:
        """Return the events with dates without a time aligned with the bars."""
        if not bars or all(event.time.day is None for event in events):
            return events
        series = series_of([as_returns(one, self.spec.returns) for one in bars])
        return dated_events(events, dated_table(list(events), series, self.spec.event_dates))

    def _regressor(self, given: object, universe: Universe) -> object:
        return read_regressor(given, self.dataset, universe) if isinstance(given, str) else given


def with_paths_of(response: ResponseSet, first: frozenset[str]) -> ResponseSet:
    """Return responses of which only those to some events keep the paths of their placebo days."""
    return response.with_rows(row if row.event in first else without_paths(row) for row in response.rows)


def without_paths(response: UnbuiltResponse | Response) -> UnbuiltResponse | Response:
    """Return a response without the paths of its placebo days; one that is not built yet has none."""
    from eventstudy.response.built_responses import UnbuiltResponse

    if isinstance(response, UnbuiltResponse):
        return response
    path, none = response.path, np.empty((0, len(response.path.closes)))
    return replace(response, path=replace(path, placebo=none, raw_placebo=none, tested_placebo=none))


def read_regressor(code: str, dataset: Dataset, over: Sequence[Bars | Returns] | Universe) -> Bars | Returns:
    """Return a market or factor among the instruments of a dataset, for the time of the series."""
    reading = Reading({code}, offline=dataset.offline, any_sign=dataset.any_sign, around=around_series(over))
    return read_dataset(dataset.spec, reading)[code]


def answer_shards(
    spec: StudySpec,
    events: Sequence[Event] | pd.DataFrame,
    dataset: Dataset,
    regressors: Sequence[object],
    executor: Executor | None,
    known: Sequence[Event] = (),
) -> Held:
    """Return what the events of a study need of a dataset, read and answered shard by shard.

    Raises
    ------
    UsageError
        If an event names no instrument.
    DataError
        If nothing can be read, or one shard needs more memory than a worker may use.
    """
    spec = spec.model_copy(update={"data": (dataset.spec,)})  # what is read depends on the length of a bar
    asked = _events_asked(spec, events)
    around = around_windows(spec, asked)
    if around is None:
        named = next((event.id for event in asked if not event.instruments), "")
        raise UsageError(
            f"The event {named} names no instrument." if named else "There is no event.",
            remedy="Name the instruments of every event: a dataset is read for these only.",
        )
    shards = shards_of(asked, dataset)
    needed = _regressors_of_responses(spec, regressors)
    task = ShardTask(dataset, spec, around, (*asked, *releases_of(spec, known)), needed)
    answers = _answers(task, shards, executor)
    series = tuple(one for answer in answers for one in answer.universe)
    left_out = tuple(out for answer in answers for out in answer.universe.left_out)
    if not series and not left_out:
        raise NoRowsError(dataset.spec.path, [code for shard in shards for code in shard.codes])
    if not series:
        raise DataError("No series can be used. " + " ".join(out.reason for out in left_out))
    return Held(series, _in_order([answer.response for answer in answers], asked), left_out)


def _events_asked(spec: StudySpec, events: Sequence[Event] | pd.DataFrame) -> Sequence[Event]:
    given = as_pandas(events)
    if not isinstance(given, Sequence):
        return events_of_frame(given, daily=not is_intraday(spec))
    refuse_strange_events(given)
    return given


def _answers(task: ShardTask, shards: Sequence[Shard], executor: Executor | None) -> list[ShardAnswer]:
    """Return the answers to all shards; those of an ended run are taken up, and each new one is kept at once."""
    folder, calendars = task.dataset.keep, task.spec.calendars
    if not folder:
        return list(each(executor, calendars, task, shards))
    names = [_name_of(task, shard) for shard in shards]
    found: dict[str, ShardAnswer] = {name: one for name in names if isinstance(one := kept(folder, name), ShardAnswer)}
    left = [(name, shard) for name, shard in zip(names, shards, strict=True) if name not in found]

    def done(number: int, answer: ShardAnswer) -> None:
        found[left[number][0]] = answer
        keep(folder, left[number][0], answer)

    for _ in each(executor, calendars, task, [shard for _, shard in left], done=done):
        pass
    return [found[name] for name in names]


def _name_of(task: ShardTask, shard: Shard) -> str:
    """Return the name of a shard's answer: a digest of all that it depends on, the files that it reads included."""
    data = task.dataset
    named = {*shard.codes, *(one for one in task.regressors if isinstance(one, str))}
    about = (__version__, task.spec.digest(), data.spec.model_dump_json(), data.any_sign, dataset_digest(data, named))
    return digest_of((about, shard, task.known, task.regressors))


def _regressors_of_responses(spec: StudySpec, regressors: Sequence[object]) -> tuple[object, ...]:
    """Return the regressors that responses need: they travel, or are read, with every shard."""
    if spec.response == "off" or not regressors:
        return ()
    expected = response_settings(spec, factors=len(regressors)).expected
    return tuple(regressors) if expected not in ("zero", "same_clock_mean") else ()


def shards_of(events: Sequence[Event], dataset: Dataset) -> tuple[Shard, ...]:
    """Return the shards of a study: instruments in their order, those that share an event together.

    A shard holds as many rows as a worker has memory for.
    """
    groups = _connected(events)
    codes = sorted({code for group in groups for code in group})
    rows = rows_by_instrument(dataset, codes)
    most = max(0, dataset.memory - LEAST_BYTES) // ROW_BYTES
    packs: list[list[str]] = []
    size = 0
    for group in groups:
        held = sum(rows.get(code, 0) for code in group)
        if not packs or size + held > most:
            packs.append([])
            size = 0
        packs[-1] += group
        size += held
    place = {code: number for number, pack in enumerate(packs) for code in pack}
    of_pack: list[list[Event]] = [[] for _ in packs]
    for event in events:
        of_pack[place[event.instruments[0]]].append(event)
    first = frozenset(event.id for event in events[: -(-PATHS_KEPT // max(1, len(codes)))])
    return tuple(Shard(tuple(pack), tuple(held), first) for pack, held in zip(packs, of_pack, strict=True))


def _connected(events: Sequence[Event]) -> list[list[str]]:
    """Return the instruments in groups, so that every event is within one: responses are tested jointly by event."""
    parent: dict[str, str] = {}

    def root(code: str) -> str:
        while parent[code] != code:
            parent[code] = parent[parent[code]]
            code = parent[code]
        return code

    for event in events:
        for code in event.instruments:
            parent.setdefault(code, code)
            parent[root(code)] = root(event.instruments[0])
    groups: dict[str, list[str]] = {}
    for code in sorted(parent):
        groups.setdefault(root(code), []).append(code)
    return list(groups.values())


def _in_order(found: Sequence[ResponseSet | None], events: Sequence[Event]) -> ResponseSet | None:
    """Return the responses of all shards in the order of the events; None where the study asks for none."""
    sets = [one for one in found if one is not None]
    if not sets:
        return None
    place = {event.id: number for number, event in reversed(list(enumerate(events)))}
    together = replace(
        sets[0],
        pairs=tuple(sorted((p for one in sets for p in one.pairs), key=lambda p: place[p.event])),
        skipped=tuple(sorted((s for one in sets for s in one.skipped), key=lambda s: place[s[0]])),
    )
    return together.with_rows(sorted((r for one in sets for r in one.rows), key=lambda r: place[r.event]))
