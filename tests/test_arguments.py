"""Wrong arguments at the public interface are one sentence, never a bare TypeError; values print as one short line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from inspect import isfunction, signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.renamed import RENAMED, named_arguments
from eventstudy.response.respond_all import respond_all
from eventstudy.simulate import IntradayDesign
from tests.study.test_event_study import CLOSE, draws, events

WRONG: tuple[object, ...] = (
    *(None, 5, 1.5, True, "x", b"x", (), [1], ["x"], [{}], {}, {"a": 1}, object(), pd.NaT, dt.date(2020, 1, 1)),
    *(np.zeros(3), pd.Series([1.0, 2.0]), pd.DataFrame({"a": [1.0]})),
)
Call = Callable[[object], object]


@cache
def result() -> es.StudyResult:
    return es.event_study(events("AAA", "BBB", "CCC"), returns=draws(), market="SPY", closes_at=CLOSE)


@cache
def market() -> object:
    return es.demo_market()


def study(**changed: object) -> object:
    spec = es.StudySpec(model="market", estimation=(-250, -11))
    given = {"spec": spec, "events": events("AAA"), "data": draws(), "market": draws()["SPY"], "closes_at": CLOSE}
    return es.run_study(**{**given, **changed})


def short(**changed: object) -> object:
    given = {"events": events("AAA"), "returns": draws(), "closes_at": CLOSE}
    return es.event_study(**{**given, **changed})


def placebo_studies(**changed: object) -> object:
    spec = es.StudySpec(model="market", estimation=(-50, -11))
    given = {"spec": spec, "events": events("AAA"), "data": draws(), "market": draws()["SPY"], "closes_at": CLOSE}
    return es.calibrate(**{**given, "draws": 1, **changed})


CALLS: Mapping[str, Call] = {
    **{f"run_study {name}": lambda wrong, name=name: study(**{name: wrong}) for name in ("spec", "events", "data")},
    **{f"run_study {name}": lambda wrong, name=name: study(**{name: wrong}) for name in ("market", "closes_at")},
    "run_study factors": lambda wrong: study(factors=wrong),
    **{
        f"event_study {name}": lambda wrong, name=name: short(**{name: wrong})
        for name in ("events", "returns", "market", "model", "estimation", "event", "windows", "tests", "closes_at")
    },
    "event_study prices": lambda wrong: short(returns=None, prices=wrong),
    "event_study calendar": lambda wrong: short(closes_at="", calendar=wrong),
    "Event id": lambda wrong: es.Event(wrong, market().event.time),
    "Event time": lambda wrong: es.Event("x", wrong),
    "Event instruments": lambda wrong: es.Event("x", market().event.time, wrong),
    "EventTime": lambda wrong: es.EventTime(wrong, wrong),
    "Window": lambda wrong: es.Window(wrong, wrong),
    "Bars": lambda wrong: es.Bars(market().bars[0].instrument, market().bars[0].step, "right", wrong),
    "Bars instrument": lambda wrong: es.Bars(wrong, market().bars[0].step, "right", market().bars[0].frame),
    "Bars step": lambda wrong: es.Bars(market().bars[0].instrument, wrong, "right", market().bars[0].frame),
    "Instrument": es.Instrument,
    **{
        f"StudySpec {name}": lambda wrong, name=name: es.StudySpec(**{name: wrong})
        for name in es.StudySpec.model_fields
    },
    "StudySpec.from_toml": es.StudySpec.from_toml,
    "load_study": es.load_study,
    "read_bars": lambda wrong: es.read_bars(wrong, instrument="x", timezone="UTC", label="right", step="1D"),
    "read_events": es.read_events,
    "log_returns": es.log_returns,
    "respond bars": lambda wrong: es.respond(wrong, market().event),
    "respond event": lambda wrong: es.respond(market().bars[0], wrong),
    "calibrate spec": lambda wrong: placebo_studies(spec=wrong),
    "calibrate draws": lambda wrong: placebo_studies(draws=wrong),
    "to_frame": lambda wrong: result().to_frame(wrong),
    "findings": lambda wrong: result().findings(wrong),
    "cross_section": lambda wrong: result().cross_section(wrong),
    "cross_section window": lambda wrong: result().cross_section(pd.DataFrame({"a": [1.0]}, ["AAA"]), wrong),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_refused_in_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = 0
    for wrong in WRONG:
        try:
            CALLS[name](wrong)
        except es.EventStudyError:
            refused += 1
    assert refused >= 2, "nothing was refused"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: es.Event("x", dt.date(2020, 1, 1)), "`Event.time` is a date. Pass EventTime(earliest, latest)."),
        (
            lambda: es.EventTime("2016-02-25", "2016-02-25"),
            "`EventTime.earliest` is the text '2016-02-25'. Pass a date",
        ),
        (lambda: study(spec={"model": "market"}), "`spec` is a dict. Pass StudySpec"),
        (lambda: study(events="events.csv"), "`events` is the text 'events.csv'. Pass Event values (read_events)"),
        (lambda: study(data=None), "`data` is None. Pass Bars, Returns"),
    ],
)
def test_the_sentence_names_the_argument_and_what_to_pass(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(es.UsageError) as refused:
        call()
    assert str(refused.value).startswith(sentence)


# What those need that take any further setting; tables, errors and warnings are not called by a user.
FIRST: Mapping[str, Mapping[str, object]] = {
    "event_study": {"events": [], "returns": pd.DataFrame()},
    "open_dataset": {"path": "prices"},
    "read_universe": {"path": "prices"},
}
NOT_CALLED = (es.EventStudyError, Warning, es.Notice)
CALLED = [n for n in es.PUBLIC if isinstance(f := getattr(es, n), type) and not issubclass(f, NOT_CALLED)]
CALLED += [n for n in es.PUBLIC if isfunction(getattr(es, n))]


@pytest.mark.parametrize("name", sorted(CALLED))
def test_every_public_name_refuses_an_argument_that_it_does_not_have(name: str) -> None:
    with pytest.raises(es.EventStudyError, match="no_such_argument"):
        getattr(es, name)(**FIRST.get(name, {}), no_such_argument=1)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: es.ResponseSettings(placebo_days=60), '() has no argument `placebo_days`. It is now `placebo={"days"'),
        (
            lambda: es.ResponseSettings(settle=5),
            "() has no argument `settle`. It is now `initial_minutes=`. Arguments ",
        ),
        (lambda: study(maket=1), "run_study() has no argument `maket`. Did you mean 'market'? Arguments are spec, ev"),
        (lambda: es.read_news("x.html", told=1), "It is now `encoding=, columns=, main_text=`. Arguments are path,"),
        (lambda: respond_all([], [], workers=2), "respond_all() has no argument `workers`. It is now `run=`."),
    ],
)
def test_an_argument_that_changed_is_refused_with_the_new_one(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(es.UsageError) as refused:
        call()
    assert sentence in str(refused.value)


def test_every_argument_that_changed_belongs_to_what_has_the_new_one() -> None:
    """A row of the table names a callable, the old name is none of its arguments, and the new one is."""
    further = {"respond_all": respond_all, "IntradayDesign": IntradayDesign}
    homes = {name: getattr(es, name) for name in es.PUBLIC} | further
    for old, new in RENAMED["argument"].items():
        home, _, name = old.partition(".")
        known = signature(homes[home]).parameters
        assert name not in known
        assert {one.partition("=")[0] for one in new.split(", ")} <= set(known)


def test_a_type_error_from_inside_stays_one() -> None:
    @named_arguments
    def add(a: int, b: int = 0) -> int:
        return a + b

    with pytest.raises(TypeError, match="unsupported operand"):
        add(1, b="x")
    with pytest.raises(TypeError, match="missing 1 required"):
        add()


def test_one_instrument_may_be_given_as_text() -> None:
    assert es.Event("x", market().event.time, "SBER").instruments == ("SBER",)


def test_every_public_value_prints_as_one_short_line() -> None:
    answer, drawn = result(), market()
    bars, abnormal = drawn.bars[0], answer.abnormal
    values = (
        *(answer, answer.spec, answer.ledger, abnormal, abnormal.fit, abnormal.pairs, abnormal.windows, answer.notices),
        *(answer.significances, answer.significances.of("bmp")[0], answer.significances.of("time_series_t")[0][0]),
        *(drawn, drawn.event, drawn.event.time, bars, bars.instrument, es.log_returns(bars), es.Window(0, 1)),
        *(es.respond(bars, drawn.event), es.MODELS["market"], es.TESTS["bmp"], es.ADJUSTMENTS["holm"]),
        es.NewsItem("a", "wire", "", "words " * 1000),
    )
    for value in values:
        text = repr(value)
        assert len(text) <= 300, text
        assert "\n" not in text
        assert "array(" not in text
    assert repr(answer.significances.of("bmp")[0]).startswith("<Findings: bmp on [+0, +1]: t(2) = ")
    assert repr(abnormal) == "<AbnormalReturns: 3 events, tau -5 to +5>"
