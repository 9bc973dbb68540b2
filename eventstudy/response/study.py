"""Every event on every instrument of a study: one failing pair is data, the others go on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from eventstudy.arrays import DAY_US
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event
from eventstudy.response.claims import claims_beside
from eventstudy.response.pairs import Pair, pairs_of
from eventstudy.response.respond import respond
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.several import with_joint_pvalues
from eventstudy.response.table import ResponseSet
from eventstudy.response.tape import Tape, tape_of
from eventstudy.response.values import Response

DEFAULT = ResponseSettings()


def respond_all(
    bars: Sequence[Bars],
    events: Sequence[Event],
    settings: ResponseSettings = DEFAULT,
    known: Sequence[Event] = (),
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
    workers : int
        Processes to share the events among; the result does not depend on it.

    Returns
    -------
    ResponseSet
        Pairs that could not be answered are in ``skipped`` with the reason.
    """
    tapes = {b.instrument.code: tape_of(b) for b in bars if b.step.value // 1000 < DAY_US and len(b)}
    everything = (*events, *known)
    if workers < 2 or len(events) < 2 * workers:
        return _answer(tapes, tuple(events), settings, everything)
    edges = [len(events) * part // workers for part in range(workers + 1)]
    shares = [tuple(events[a:b]) for a, b in itertools.pairwise(edges)]
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(_answer, tapes, share, settings, everything) for share in shares]
        parts = [job.result() for job in jobs]
    return ResponseSet(
        tuple(r for part in parts for r in part.responses),
        tuple(p for part in parts for p in part.pairs),
        tuple(s for part in parts for s in part.skipped),
    )


def _answer(
    tapes: Mapping[str, Tape], events: tuple[Event, ...], settings: ResponseSettings, known: tuple[Event, ...]
) -> ResponseSet:
    found: list[Response] = []
    pairs: list[Pair] = []
    skipped: list[tuple[str, str, str]] = []
    for event in events:
        named = [code for code in tapes if code in (event.instruments or tapes)]
        answers = [_one(tapes[code], event, settings, known) for code in named]
        skipped += [(event.id, code, a) for code, a in zip(named, answers, strict=True) if isinstance(a, str)]
        answered = with_joint_pvalues([a for a in answers if not isinstance(a, str)])
        found += answered
        pairs += pairs_of(answered)
    return ResponseSet(tuple(found), tuple(pairs), tuple(skipped))


def _one(tape: Tape, event: Event, settings: ResponseSettings, known: tuple[Event, ...]) -> Response | str:
    try:
        return with_claims(respond(tape, event, settings, known), tape, event)
    except DataError as error:
        return str(error)


def with_claims(response: Response, tape: Tape, event: Event) -> Response:
    """Return the response with the news' own claims beside it; a claim that cannot be checked is a notice."""
    try:
        return replace(response, claims=claims_beside(event, tape, response))
    except DataError as error:
        unchecked = Notice("ES-CLAIM-UNCHECKED", f"a price claim of the news cannot be checked: {error}")
        return replace(response, notices=(*response.notices, unchecked))
