"""Responses of many events are built when they are looked at, and are the same values then."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from eventstudy.arrays import values_equal
from eventstudy.news.items import Event, EventTime
from eventstudy.response import built_responses, respond_all
from eventstudy.response.built_responses import Responses
from eventstudy.response.response_rows import ResponseSet, document
from eventstudy.response.values import Response
from eventstudy.simulate import demo_market

MARKET = demo_market()


def events() -> list[Event]:
    """The demo's event, quiet hours and nights before it; some with a claim, which is checked at once."""
    at = MARKET.event.time.latest
    shifts = [timedelta(days=d, hours=h) for d, h in ((0, 0), (1, 0), (2, 3), (3, 9), (5, 0), (7, 1), (40, 0))]
    quiet = [Event(f"e{k}", EventTime(at - shift, at - shift)) for k, shift in enumerate(shifts)]
    return [replace(MARKET.event, instruments=()), *quiet, replace(quiet[0], id="claims", claims=MARKET.event.claims)]


def found() -> ResponseSet:
    return respond_all.respond_all(MARKET.bars, events())


def without_days(response: Response) -> Response:
    none = np.empty((0, len(response.path.closes)))
    return replace(response, path=replace(response.path, placebo=none, raw_placebo=none, tested_placebo=none))


def test_a_response_built_when_looked_at_is_the_one_built_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = found()
    assert all(isinstance(row, Response) for row in at_once.rows)
    monkeypatch.setattr(respond_all, "PATHS_KEPT", 0)
    later = found()
    waiting = [row for row in later.rows if not isinstance(row, Response)]
    assert len(waiting) >= 20
    assert {(row.event, row.placebo_days) for row in waiting} <= {(r.event, r.placebo_days) for r in at_once}
    for one, other in zip(later, at_once, strict=True):
        assert values_equal(one, without_days(other)), (one.event, one.instrument)
    assert any(np.isfinite(move.joint_pvalue) for one in later for move in one.moves)
    assert later.pairs == at_once.pairs
    assert later.skipped == at_once.skipped
    expected = replace(at_once, responses=tuple(map(without_days, at_once)))
    assert later == expected
    assert document(later) == document(expected)


def test_responses_are_built_once_and_travel_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    response_at = built_responses.response_at
    monkeypatch.setattr(
        built_responses, "response_at", lambda *rows, **joint: built.append(rows) or response_at(*rows, **joint)
    )
    monkeypatch.setattr(respond_all, "PATHS_KEPT", 0)
    later = found()
    assert not built
    assert len(later) == len(later.rows)
    assert later.responses[3] is later.responses[3]
    assert later.responses[2:5][1] is later.responses[3]
    assert len(built) == 3
    back = copy.deepcopy(later)
    assert len(built) == 3
    assert back == later
    assert isinstance(back.responses, Responses)
