"""Events in a frame have the intraday response that Event values have."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import UsageError

MARKET = es.demo_market()  # SIMULATED minutes
CODES = [bars.instrument.code for bars in MARKET.bars]


def study(**more: Any) -> es.StudySpec:
    settings: dict[str, Any] = {"event": (-5, 30), "clock": "minutes", "tests": ("placebo",), **more}
    return es.StudySpec(**settings)


def frame(**more: Any) -> pd.DataFrame:
    time = MARKET.event.time
    columns = {"id": MARKET.event.id, "earliest": time.earliest, "latest": time.latest, **more}
    return pd.DataFrame({"instrument": CODES, **columns})


def test_rows_of_one_event_are_one_event_on_several_instruments() -> None:
    """The same moves, intervals and joint p-values; only what an Event says of its evidence differs."""
    as_event = es.run_study(study(), [MARKET.event], MARKET.bars).response
    as_rows = es.run_study(study(), frame(), MARKET.bars).response
    assert as_event is not None
    assert as_rows is not None
    assert [r.moves for r in as_rows] == [r.moves for r in as_event]
    assert [r.shape for r in as_rows] == [r.shape for r in as_event]
    assert as_rows.pairs == as_event.pairs


def test_rows_without_an_id_are_events_of_their_own() -> None:
    rows = es.run_study(study(), frame().drop(columns="id"), MARKET.bars).response
    assert rows is not None
    assert [r.event for r in rows] == ["event-1", "event-2", "event-3"]


def test_an_id_that_cannot_name_an_event_is_not_passed_over_in_silence() -> None:
    odd = frame(id="two words")
    result = es.run_study(study(), odd, MARKET.bars)
    assert result.response is None
    assert [n.message for n in result.notices if n.code == "ES-RESPONSE-IDS"] == [
        "The intraday response was not computed: the id 'two words' cannot name an event. Use 1 to 64 of the letters "
        "A-Z a-z 0-9 . _ - in ids, or leave the column out: events are then numbered."
    ]
    with pytest.raises(UsageError, match="the id 'two words', which cannot name an event"):
        es.run_study(study(response="on"), odd, MARKET.bars)
    assert es.run_study(study(response="off"), odd, MARKET.bars).response is None
