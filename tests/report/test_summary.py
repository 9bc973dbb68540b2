"""The plain-text answer: the finding first, then tables; hostile text is text; a crowd of events stays readable."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from eventstudy import Event, EventTime, StudySpec, run_study


def market(rows: int = 400, columns: int = 3) -> pd.DataFrame:
    index = pd.date_range("2020-01-01", periods=rows, freq="D", tz="UTC") + pd.Timedelta(hours=16)
    values = np.random.default_rng(1).normal(0.0, 0.01, (rows, columns))
    return pd.DataFrame(values, index=index, columns=[f"A{i}" for i in range(columns)])


def event(name: str, day: int, label: str = "") -> Event:
    at = datetime(2020, 1, 1, 12, tzinfo=UTC) + pd.Timedelta(days=day)
    return Event(id=name, time=EventTime(at, at), label=label)


SPEC = StudySpec(title="A study", event=(-1, 1), windows=[(0, 0)], tests=["cross_sectional_t"])


def test_the_finding_comes_first_and_the_reasons_last() -> None:
    text = run_study(SPEC, [event("one", 100), event("late", 9000)], market(columns=1)).summary()
    lines = text.splitlines()
    assert lines[0] == "A study"
    assert lines[3].startswith("Abnormal return on the event day: A0 ")
    assert lines[-1].startswith("not used: late A0: ")
    assert "bp" in text


def test_one_event_on_several_instruments_has_no_mean() -> None:
    assert "CAAR" not in run_study(SPEC, [event("one", 100)], market()).summary()
    assert "CAAR" in run_study(SPEC, [event("one", 100), event("two", 200)], market()).summary()


def test_a_crowd_of_events_stays_readable() -> None:
    result = run_study(SPEC, [event(f"e{i}", 10 + i) for i in range(300)], market())
    text = result.summary()
    assert "These are 40 of 900" in text
    assert len(text.splitlines()) < 80


def test_hostile_titles_are_text() -> None:
    spec = SPEC.model_copy(update={"title": "\x1b[31mred\x1b[0m \u202egnp.exe"})
    text = run_study(spec, [event("one", 100)], market()).summary()
    assert "\x1b" not in text
    assert "\u202e" not in text
