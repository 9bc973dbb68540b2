"""A time read off a price does not explain that price: the study refuses it unless it is accepted, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import eventstudy as es
from eventstudy.news.items import Event, EventTime
from eventstudy.report.about import event_section
from tests.study.made import intraday

AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=100, minutes=615)
READ = Event("e", EventTime(AT, AT, "price"), ("X",), attributes={"price_series": "X"})


def outcome(event: Event) -> str:
    series = intraday("X", {100: [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]})
    return str(es.run_study(es.StudySpec(tests=()), [event], series).to_frame("outcomes")["outcome"][0])


def test_a_study_of_the_same_price_refuses_a_time_that_was_read_from_it() -> None:
    assert outcome(READ) == "circular_time"


def test_another_series_or_a_word_from_the_user_lets_it_in() -> None:
    assert outcome(replace(READ, attributes={"price_series": "USD/RUB"})) == "used"
    assert outcome(replace(READ, attributes={**READ.attributes, "circular_time": "accepted"})) == "used"


def test_the_report_says_that_the_time_was_read_from_a_price() -> None:
    section = event_section([READ], "UTC")
    assert section is not None
    assert any("basis: price" in point for point in section.points)
    assert any("read from the price of X" in point and "circular" in point for point in section.points)
