"""A name that changed is refused with the new name, in every place that knows names."""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType

import pandas as pd
import pytest

import eventstudy as es
from eventstudy import StudySpec, renamed
from eventstudy.batch.ledger import Version
from eventstudy.cli.app import run
from eventstudy.errors import SpecError, UnknownNameError, did_you_mean
from eventstudy.report.table_files import escaped
from eventstudy.study.spec_toml import parse_spec
from tests.study.made import daily_frame, events_at


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that one name of each kind was called otherwise before."""
    old = {
        "key": {"window.tested": "window.report"},
        "setting": {"tested": "windows"},
        "option": {"drift": "leak"},
        "value": {"acme": "bmp", "skip": "drop"},
        "flag": {"--target": "--out DIRECTORY"},
        "column": {},
        "table": {"returns": "ar"},
        "name": {"Timing": "EventTime"},
    }
    monkeypatch.setattr(renamed, "RENAMED", MappingProxyType(old))


def small_study() -> es.StudyResult:
    frame = daily_frame(60, 3)
    return es.run_study(es.StudySpec(), events_at(frame, [("A0", 30), ("A1", 31), ("A2", 40)]), frame)


def problems(text: str) -> str:
    with pytest.raises(SpecError) as refused:
        parse_spec(text, "study.toml", StudySpec)
    return str(refused.value)


@pytest.mark.usefixtures("changed")
def test_an_old_name_is_refused_with_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert "study.toml:2:1: window.tested: unknown key. It is now called 'window.report'." in problems(
        "[window]\ntested = [[0, 1]]"
    )
    assert "It is now called 'bmp'." in problems('[inference]\ntests = ["acme"]')
    assert "allowed are 'own' or 'drop'; it is now called 'drop'." in problems('[model]\nspan = "skip"')
    with pytest.raises(SpecError, match="It is now called 'windows'"):
        es.StudySpec(tested=[(0, 1)])
    with pytest.raises(SpecError, match="It is now called 'leak'"):
        es.StudySpec(response_options={"drift": 30})
    with pytest.raises(AttributeError, match="It is now called 'EventTime'"):
        _ = es.Timing
    with pytest.raises(UnknownNameError, match="It is now called 'ar'"):
        small_study().to_frame("returns")
    assert run(["run", "study.toml", "--target", "out"]) == 2
    assert "No such option: --target. It is now --out DIRECTORY." in capsys.readouterr().err


def test_old_keys_of_placebo_days_are_refused_with_the_table_that_has_them_now() -> None:
    for key in ("days", "after"):
        assert f"It is now called '[inference.placebo] {key}'." in problems(f"[inference]\nplacebo_{key} = 60")
    for key in ("placebo_days", "known_events", "known_weight"):
        now = "days" if key == "placebo_days" else "known_events"
        assert f"It is now called '[inference.placebo] {now}'." in problems(f"[response]\noptions = {{ {key} = 1 }}")
    with pytest.raises(SpecError, match=r"It is now called 'placebo=\{\"days\": \.\.\.\}'"):
        es.StudySpec(placebo_days=60)
    assert "inference.placebo.match.volatility" in problems("[inference.placebo.match]\nvolatility = [1.4, 0.7]")
    assert "Known are weekday, releases, volatility." in problems("[inference.placebo.match]\nweekdays = true")
    assert 'write "drop", "keep", or the weight' in problems("[inference.placebo]\nknown_events = 2")
    assert "found 3; write a table" in problems("[inference.placebo]\nmatch = 3")


def test_placebo_settings_survive_being_written() -> None:
    text = "[inference.placebo]\ndays = 60\n\n[inference.placebo.match]\nvolatility = [0.7, 2]\n"
    spec = parse_spec(text, "study.toml", StudySpec)
    assert spec.placebo.match.volatility == (0.7, 2.0)
    assert parse_spec(spec.to_toml(), "study.toml", StudySpec) == spec
    empty = parse_spec("[inference.placebo]\nmatch = {}", "study.toml", StudySpec)
    assert empty.placebo.match is not None
    assert parse_spec(empty.to_toml(), "study.toml", StudySpec) == empty


def test_the_new_names_of_the_table_are_names_of_today() -> None:
    result = small_study()
    tables = ("ar", "car", "aar", "tests", "outcomes", "specifications")
    columns = {column for table in tables for column in result.to_frame(table)}
    columns |= {field.name for field in fields(Version)} | set(escaped(pd.DataFrame({"event": ["=1+1"]})))
    assert set(renamed.RENAMED["column"].values()) <= columns
    assert not set(renamed.RENAMED["column"]) & columns
    assert set(renamed.RENAMED["name"].values()) <= set(es.__all__)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("market_model", "market"),
        ("constant_mean_return", "constant_mean"),
        ("market_adjusted_model", "market_adjusted"),
        ("patell_test", "patell"),
        ("pattel", "patell"),
        ("kp-bmp", "kp_bmp"),
    ],
)
def test_the_nearest_name_is_the_one_whose_words_were_given(given: str, meant: str) -> None:
    known = ["market", "market_adjusted", "constant_mean", "zero", "patell", "bmp", "kp_bmp", "kp_patell"]
    assert did_you_mean(given, known) == f"Did you mean {meant!r}?"
