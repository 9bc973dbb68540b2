"""Every event on every instrument of a study: one failing pair is data, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from eventstudy.arrays import DAY_US, collector_paused, keep_freed_memory
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event
from eventstudy.renamed import named_arguments
from eventstudy.response.confounders import claims_beside
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, known_events
from eventstudy.response.respond import responses
from eventstudy.response.response_rows import ResponseSet
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.several import pairs_of, with_joint_pvalues
from eventstudy.response.values import Response
from eventstudy.show.work_steps import counted

DEFAULT = ResponseSettings()
BLOCK = 64  # events that are answered by one call
PAIRS_AT_ONCE = 400  # of them hold the paths of their placebo days until instruments are compared: 0.3 MB each
ResponseMap: TypeAlias = "Callable[[ResponseTask, list[slice]], Iterable[ResponseSet]]"
# So many responses keep the path of every placebo day, which only figures read: 0.3 MB each.
PATHS_KEPT = 200


@named_arguments
def respond_all(
    bars: Sequence[Bars],
    events: Sequence[Event],
    settings: ResponseSettings = DEFAULT,
    known: Sequence[Event] = (),
    factors: Sequence[Bars] = (),
    *,
    run: ResponseMap = map,
) -> ResponseSet:
    """Return the response of every event on every instrument it names (all, where it names none).

    Parameters
    ----------
    bars : sequence of Bars
        Intraday series; daily ones are passed over.
    events : sequence of Event
    settings : ResponseSettings
    known : sequence of Event
        Further known events, for confounders and for days that must not serve as placebo days; the events themselves
        always count.
    factors : sequence of Bars
        The market first; what ``settings.expected`` is estimated on.
    run : callable
        Maps the task over blocks of events: the built-in ``map``, or one through an executor; the result does not
        depend on it.

    Returns
    -------
    ResponseSet
        Pairs that could not be answered are in ``skipped`` with the reason.
    """
    all_prices = {
        b.instrument.code: intraday_prices(b, settings.price) for b in bars if b.step.value // 1000 < DAY_US and len(b)
    }
    regressors = tuple(intraday_prices(b, settings.price) for b in factors)
    paths_of = -(-PATHS_KEPT // max(1, len(all_prices)))
    task = ResponseTask(all_prices, regressors, settings, known_events((*events, *known)), tuple(events), paths_of)
    parts = list(run(task, [slice(low, low + BLOCK) for low in range(0, len(events), BLOCK)]))
    return merged(parts)


@dataclass(frozen=True, slots=True)
class ResponseTask:
    """What the events of a study are answered from; called with a block of them.

    The first ``paths_of`` events keep the paths of their placebo days.
    """

    all_prices: Mapping[str, IntradayPrices]
    factors: tuple[IntradayPrices, ...]
    settings: ResponseSettings
    known: Known
    events: tuple[Event, ...]
    paths_of: int

    def __call__(self, rows: slice) -> ResponseSet:
        return _answer(self, self.events[rows], self.paths_of - rows.start)

    def part(self, rows: slice) -> ResponseTask:
        """Return the same task with the events ``rows`` alone, and the instruments that they are on."""
        events, paths_of = self.events[rows], self.paths_of - rows.start
        named = {code for event in events for code in event.instruments or self.all_prices}
        all_prices = {code: prices for code, prices in self.all_prices.items() if code in named}
        return replace(self, all_prices=all_prices, events=events, paths_of=paths_of)


def _answer(task: ResponseTask, events: tuple[Event, ...], paths_of: int) -> ResponseSet:
    """Return the responses to some events, of which the first ``paths_of`` keep the paths of their placebo days."""
    keep_freed_memory()
    most = max(1, PAIRS_AT_ONCE // max(1, len(task.all_prices)))
    starts = counted(range(0, len(events), most), f"responses of {most} events" if most > 1 else "responses")
    with collector_paused():
        parts = [_answer_together(task, events[k : k + most], paths_of - k) for k in starts]
    return merged(parts)


def merged(parts: Sequence[ResponseSet]) -> ResponseSet:
    """Return the responses of consecutive events as one set."""
    return ResponseSet(
        tuple(r for part in parts for r in part.responses),
        tuple(p for part in parts for p in part.pairs),
        tuple(s for part in parts for s in part.skipped),
    )


def _answer_together(task: ResponseTask, events: tuple[Event, ...], paths_of: int) -> ResponseSet:
    answers = {code: _on_one(task, code, events) for code in task.all_prices}
    answered: list[list[Response]] = [[] for _ in events]
    skipped: list[tuple[str, str, str]] = []
    for row, event in enumerate(events):
        for code in task.all_prices:
            found = answers[code].get(row)
            if isinstance(found, DataError):
                skipped.append((event.id, code, str(found)))
            elif found is not None:
                answered[row].append(found)
    joint = with_joint_pvalues(answered)
    pairs = [pair for found in pairs_of(joint) for pair in found]
    kept = [_with_copied_paths if row < paths_of else _without_placebo_paths for row in range(len(events))]
    every = [keep(response) for keep, responses in zip(kept, joint, strict=True) for response in responses]
    return ResponseSet(tuple(every), tuple(pairs), tuple(skipped))


def _on_one(task: ResponseTask, code: str, events: tuple[Event, ...]) -> dict[int, Response | DataError]:
    """Return the responses of one instrument to the events that are on it, by their places."""
    prices, rows = (
        task.all_prices[code],
        [k for k, event in enumerate(events) if code in (event.instruments or task.all_prices)],
    )
    found = responses(prices, [events[row] for row in rows], task.settings, task.known, task.factors)
    return {
        row: one if isinstance(one, DataError) else with_claims(one, prices, events[row])
        for row, one in zip(rows, found, strict=True)
    }


def _without_placebo_paths(response: Response) -> Response:
    path, none = response.path, np.empty((0, len(response.path.closes)))
    return replace(response, path=replace(path, placebo=none, raw_placebo=none, tested_placebo=none))


def _with_copied_paths(response: Response) -> Response:
    """Return the response with copies of its paths, so that those of the events beside it are not kept with them."""
    path = response.path
    copies = {name: getattr(path, name).copy() for name in ("placebo", "raw_placebo", "tested_placebo")}
    return replace(response, path=replace(path, **copies))


def with_claims(response: Response, prices: IntradayPrices, event: Event) -> Response:
    """Return the response with the news' own claims beside it; a claim that cannot be checked is a notice."""
    if not event.claims:
        return response
    try:
        return replace(response, claims=claims_beside(event, prices, response))
    except DataError as error:
        unchecked = Notice("ES-CLAIM-UNCHECKED", f"a price claim of the news cannot be checked: {error}")
        return replace(response, notices=(*response.notices, unchecked))
