"""Every event on every instrument of a study: one failing pair is data, the others go on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from eventstudy.arrays import DAY_US, keep_freed_memory
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event
from eventstudy.response.confounders import claims_beside
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, known_events
from eventstudy.response.respond import respond
from eventstudy.response.response_rows import ResponseSet
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.several import Pair, pairs_of, with_joint_pvalues
from eventstudy.response.values import Response

DEFAULT = ResponseSettings()
# So many responses keep the path of every placebo day, which only figures read: 0.3 MB each.
PATHS_KEPT = 200


def respond_all(
    bars: Sequence[Bars],
    events: Sequence[Event],
    settings: ResponseSettings = DEFAULT,
    known: Sequence[Event] = (),
    factors: Sequence[Bars] = (),
    *,
    workers: int = 1,
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
        The market first; what ``settings.expected`` learns from.
    workers : int
        Processes to share the events among; the result does not depend on it.

    Returns
    -------
    ResponseSet
        Pairs that could not be answered are in ``skipped`` with the reason.
    """
    task = Task(
        {
            b.instrument.code: intraday_prices(b, settings.price)
            for b in bars
            if b.step.value // 1000 < DAY_US and len(b)
        },
        tuple(intraday_prices(b, settings.price) for b in factors),
        settings,
        known_events((*events, *known)),
    )
    if workers < 2 or len(events) < 2 * workers:
        return _answer(task, tuple(events))
    edges = [len(events) * part // workers for part in range(workers + 1)]
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(_answer, task, tuple(events[a:b]), a) for a, b in itertools.pairwise(edges)]
        parts = [job.result() for job in jobs]
    return ResponseSet(
        tuple(r for part in parts for r in part.responses),
        tuple(p for part in parts for p in part.pairs),
        tuple(s for part in parts for s in part.skipped),
    )


@dataclass(frozen=True, slots=True)
class Task:
    """What every event of a study is answered from."""

    tapes: Mapping[str, IntradayPrices]
    factors: tuple[IntradayPrices, ...]
    settings: ResponseSettings
    known: Known


def _answer(task: Task, events: tuple[Event, ...], first: int = 0) -> ResponseSet:
    """Return the responses to some events, of which ``first`` come before them in the study."""
    keep_freed_memory()
    found: list[Response] = []
    pairs: list[Pair] = []
    skipped: list[tuple[str, str, str]] = []
    for row, event in enumerate(events, first):
        named = [code for code in task.tapes if code in (event.instruments or task.tapes)]
        answers = [_one(task, code, event) for code in named]
        skipped += [(event.id, code, a) for code, a in zip(named, answers, strict=True) if isinstance(a, str)]
        answered = with_joint_pvalues([a for a in answers if not isinstance(a, str)])
        pairs += pairs_of(answered)
        found += answered if row * len(task.tapes) < PATHS_KEPT else map(_without_placebo_paths, answered)
    return ResponseSet(tuple(found), tuple(pairs), tuple(skipped))


def _without_placebo_paths(response: Response) -> Response:
    path, none = response.path, np.empty((0, len(response.path.closes)))
    return replace(response, path=replace(path, placebo=none, raw_placebo=none, tested_placebo=none))


def _one(task: Task, code: str, event: Event) -> Response | str:
    tape = task.tapes[code]
    try:
        return with_claims(respond(tape, event, task.settings, task.known, task.factors), tape, event)
    except DataError as error:
        return str(error)


def with_claims(response: Response, tape: IntradayPrices, event: Event) -> Response:
    """Return the response with the news' own claims beside it; a claim that cannot be checked is a notice."""
    try:
        return replace(response, claims=claims_beside(event, tape, response))
    except DataError as error:
        unchecked = Notice("ES-CLAIM-UNCHECKED", f"a price claim of the news cannot be checked: {error}")
        return replace(response, notices=(*response.notices, unchecked))
