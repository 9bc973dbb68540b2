"""Every event on every instrument of a study: one failing pair is data, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from eventstudy.arrays import DAY_US, FloatArray, collector_paused, keep_freed_memory
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event
from eventstudy.renamed import named_arguments
from eventstudy.response.build_response import day_paths, response_at
from eventstudy.response.built_responses import Responses, UnbuiltResponse
from eventstudy.response.confounders import claims_beside
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import Known, known_events
from eventstudy.response.measured_events import MeasuredPair
from eventstudy.response.respond import answers
from eventstudy.response.response_rows import ResponseSet
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.several import joint_of, pairs_of
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
        Responses(tuple(row for part in parts for row in part.rows)),
        tuple(p for part in parts for p in part.pairs),
        tuple(s for part in parts for s in part.skipped),
    )


def _answer_together(task: ResponseTask, events: tuple[Event, ...], paths_of: int) -> ResponseSet:
    found = {code: _on_one(task, code, events) for code in task.all_prices}
    answered: list[list[MeasuredPair]] = [[] for _ in events]
    skipped: list[tuple[str, str, str]] = []
    for row, event in enumerate(events):
        for code in task.all_prices:
            one = found[code].get(row)
            if isinstance(one, DataError):
                skipped.append((event.id, code, str(one)))
            elif one is not None:
                answered[row].append(one)
    rows = [
        _row(task, answer, pvalues, keep_days=row < paths_of)
        for row, (answers, joint) in enumerate(zip(answered, joint_of(answered), strict=True))
        for answer, pvalues in zip(answers, joint, strict=True)
    ]
    pairs = tuple(pair for of_event in pairs_of(answered) for pair in of_event)
    return ResponseSet(Responses(tuple(rows)), pairs, tuple(skipped))


def _row(task: ResponseTask, answer: MeasuredPair, joint: FloatArray, *, keep_days: bool) -> UnbuiltResponse | Response:
    """Return one response to be built; one that keeps the paths of its days, or has claims beside it, at once."""
    event = answer.found.events[answer.row]
    if not keep_days and not event.claims:
        return UnbuiltResponse(answer.found, answer.row, joint)
    response = response_at(answer.found, answer.row, day_paths(answer) if keep_days else None, joint)
    return with_claims(response, task.all_prices[response.instrument], event)


def _on_one(task: ResponseTask, code: str, events: tuple[Event, ...]) -> dict[int, MeasuredPair | DataError]:
    """Return the numbers of one instrument for the events that are on it, by their places."""
    rows = [k for k, event in enumerate(events) if code in (event.instruments or task.all_prices)]
    on_it = [events[row] for row in rows]
    return dict(zip(rows, answers(task.all_prices[code], on_it, task.settings, task.known, task.factors), strict=True))


def with_claims(response: Response, prices: IntradayPrices, event: Event) -> Response:
    """Return the response with the news' own claims beside it; a claim that cannot be checked is a notice."""
    if not event.claims:
        return response
    try:
        return replace(response, claims=claims_beside(event, prices, response))
    except DataError as error:
        unchecked = Notice("ES-CLAIM-UNCHECKED", f"a price claim of the news cannot be checked: {error}")
        return replace(response, notices=(*response.notices, unchecked))
