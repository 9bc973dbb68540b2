"""Public functions attacked: the arguments of a right call, one or two of them replaced or left out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import eventstudy as es
from tests.faults.fuzz import Target
from tests.faults.fuzz_readers import DAILY, EVENTS_CSV, LONG, NEWS, STUDY, WIDE, place

DAYS = pd.bdate_range("2020-01-01", periods=80)
LATE = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))
EARLY = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))


@cache
def returns() -> pd.DataFrame:
    """Return SIMULATED daily returns of two shares and an index."""
    draws = np.random.default_rng(0).normal(0, 0.01, (80, 3))
    return pd.DataFrame(draws, DAYS, ["AAA", "BBB", "IDX"])


@cache
def event_table() -> pd.DataFrame:
    at = pd.DatetimeIndex(["2020-04-01 12:00", "2020-04-08 12:00"], tz="UTC")
    return pd.DataFrame({"id": ["a", "b"], "instrument": ["AAA", "BBB"], "time": at})


@cache
def market() -> Any:
    return es.demo_market()


# What is made of a right frame; only the one that is drawn is made.
FRAMES: list[Callable[[pd.DataFrame], Any]] = [
    lambda f: pd.DataFrame(),
    lambda f: pd.DataFrame(index=DAYS),
    lambda f: f.iloc[:0],
    lambda f: f.iloc[:1],
    lambda f: f.iloc[::-1],
    lambda f: f.astype(object),
    lambda f: f.astype(str),
    lambda f: f + 1j,
    lambda f: f.astype("float16"),
    lambda f: f.where(f > 9),
    lambda f: f.replace(f.iloc[0, 0], np.inf),
    lambda f: f.reset_index(),
    lambda f: f.reset_index(drop=True),
    lambda f: f.set_axis(["A", "A", "A"], axis=1),
    lambda f: f.set_axis([None, ("a", 1), 3.5], axis=1),
    lambda f: f.set_axis(["\x00", "", "x" * 5000], axis=1),
    lambda f: f.set_axis(DAYS.where(DAYS[3] < DAYS)),
    lambda f: f.set_axis([DAYS[0]] * len(DAYS)),
    lambda f: f.tz_localize("UTC"),
    lambda f: f.T,
    lambda f: pd.concat([f, f]),
    lambda f: f.stack().to_frame("x"),
    lambda f: f.set_axis(range(20_230_103, 20_230_183)),
    lambda f: f.set_axis([1.6e18 + 1e14 * row for row in range(80)]),
    lambda f: pd.DataFrame({"id": [1, None], "instrument": [np.nan, "AAA"], "time": [EARLY, LATE]}),
    lambda f: pd.DataFrame({"id": ["a"], "instrument": ["AAA"], "date": ["2021-02-30"]}),
    lambda f: pd.DataFrame(
        {"event": ["a"] * 3, "ticker": ["AAA"] * 3, "date": DAYS[50:53], "surprise": ["x", None, math.inf]}
    ),
]


def device() -> Path:
    """Return a link to a device: a writer that replaces what it should not harms the link alone."""
    path = place() / "device"
    with suppress(FileExistsError):
        path.symlink_to(os.devnull)
    return path


HOSTILE: list[Callable[[], Any]] = [
    *(
        lambda value=value: value
        for value in (
            None,
            True,
            0,
            -1,
            1,
            2,
            3.5,
            10**30,
            -(10**30),
            math.nan,
            math.inf,
            -math.inf,
            1e-320,
            "",
            " ",
            "a",
            "\x00",
            "\ud800",
            "x" * 5000,
            "../../etc/passwd",
            "2021-02-30",
            "0001-01-01T00:00+14:00",
            "24:00",
            "Europe/Moscow",
            "Not/AZone",
            "XNYS",
            "16:00 America/New_York",
            "9" * 5000,
            b"bytes",
            b"\xff",
            (),
            (1,),
            (1, 2),
            (2, 1),
            (0, 0),
            (-1, 1),
            (-(10**9), 10**9),
            (1.5, 2.5),
            ("a", "b"),
            (None, None),
            [],
            [1],
            ["a"],
            [None],
            {},
            {"a": 1},
            {1: 2},
            set(),
            object(),
            int,
            print,
            EARLY,
            LATE,
            datetime(2021, 4, 13),  # noqa: DTZ001
            date(2021, 4, 13),
            timedelta(0),
            pd.NaT,
            pd.NA,
            pd.Timestamp.max,
            pd.Timedelta(0),
            Path(),
            Path("/proc/self/mem"),
            1j,
        )
    ),
    lambda: device(),
    lambda: np.array([]),
    lambda: np.array(1.0),
    lambda: np.array(["a", "b"]),
    lambda: np.full((3, 3, 3), np.nan),
    lambda: np.array([object()]),
    lambda: pd.Series(dtype=float),
    lambda: pd.Series(["a"]),
    lambda: returns()["IDX"],
    lambda: returns()["IDX"].iloc[::-1],
    lambda: returns()["IDX"].astype(str),
    lambda: pd.Series([1.0], DAYS[:1]),
    lambda: pd.Series(DAYS, DAYS),
    lambda: returns()["IDX"] * 1j,
    lambda: returns().stack(),
    lambda: iter([1]),
    lambda: (x for x in "ab"),
    lambda: market().event,
    lambda: market().bars[0],
    lambda: list(market().bars),
    lambda: [market().event],
    lambda: event_table(),
    *(lambda change=change: change(returns()) for change in FRAMES),
]


def attacked(right: Callable[[], Mapping[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the right arguments with up to two of them replaced, or left out."""
    index = st.integers(0, len(HOSTILE))

    @st.composite
    def draw(get: st.DrawFn) -> dict[str, Any]:
        arguments = dict(right())
        for name in get(st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2, unique=True)):
            number = get(index)
            if number == len(HOSTILE):
                del arguments[name]
            else:
                arguments[name] = HOSTILE[number]()
        return arguments

    return draw()


REQUIRED = {
    "run_study": ("spec", "events", "data"),
    "calibrate": ("spec", "events", "data"),
    "event_study": ("events",),
    "respond": ("bars", "event"),
    "read_bars": ("path",),
    "read_universe": ("path",),
    "read_events": ("path",),
    "read_news": ("path",),
    "load_study": ("path",),
    "write_bars": ("bars", "path"),
    "date_item": ("item",),
    "date_news": ("items",),
    "log_returns": ("bars",),
    "EventTime": ("earliest", "latest"),
    "Event": ("id", "time"),
    "NewsItem": ("id", "source", "title", "text"),
    "Instrument": ("code",),
    "Window": ("start", "stop"),
    "Bars": ("instrument", "step", "label", "frame"),
}


def calling(name: str) -> Callable[[Mapping[str, Any]], object]:
    """Return a call of a public name; a required argument that is left out is None, as forgetful code passes it."""

    def call(arguments: Mapping[str, Any]) -> object:
        os.chdir(place())  # a hostile path may be a name of a file to write
        return getattr(es, name)(**{**dict.fromkeys(REQUIRED.get(name, ())), **arguments})

    return call


def file(name: str, content: bytes) -> Path:
    path = place() / name
    path.write_bytes(content)
    return path


def study() -> dict[str, Any]:
    spec = es.StudySpec(
        model="market", estimation=(-40, -5), event=(-1, 1), windows=[(0, 0)], tests=["bmp", "corrado_rank"]
    )
    prices = returns()[["AAA", "BBB"]]
    return {
        "spec": spec,
        "events": event_table(),
        "data": prices,
        "market": returns()["IDX"],
        "closes_at": "16:00 America/New_York",
    }


def spec() -> dict[str, Any]:
    return {
        "name": "a",
        "title": "A",
        "model": "market",
        "model_options": {},
        "estimation": (-40, -5),
        "event": (-1, 1),
        "windows": [(0, 0)],
        "primary_window": (0, 0),
        "tests": ["bmp"],
        "test_options": {},
        "primary": "auto",
        "returns": "log",
        "measure": "car",
        "level": 0.95,
        "seed": 1,
        "min_observations": 10,
        "placebo": {"days": 20, "after": False, "known_events": "drop", "match": {"weekday": False}},
        "response": "auto",
        "response_options": {"horizons": [5]},
        "overlaps": "auto",
    }


def one_item() -> Any:
    return es.NewsItem("a", "wire", "A call", "Putin called Biden on 13 April 2021 at 18:37 Moscow time.")


RIGHT: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "run_study": study,
    "event_study": lambda: {
        "events": event_table(),
        "returns": returns()[["AAA", "BBB"]],
        "market": returns()["IDX"],
        "closes_at": "16:00 America/New_York",
    },
    "calibrate": lambda: {**study(), "draws": 3},
    "StudySpec": spec,
    "respond": lambda: {
        "bars": market().bars[0],
        "event": market().event,
        "settings": es.ResponseSettings(),
        "known": (),
        "factors": (),
    },
    "ResponseSettings": lambda: {
        "horizons": (5, 20),
        "initial_minutes": 20,
        "days_later": 5,
        "level": 0.95,
        "price": "last",
        "expected": "zero",
        "expected_options": {},
        "standardize": True,
        "seasonality": "wsd",
        "volatility": "medrv",
        "placebo": {"days": 20, "match": {"volatility": [0.7, 1.4]}},
        "pauses": "cross",
    },
    "read_bars": lambda: {
        "path": file("right.csv", DAILY),
        "instrument": "A",
        "step": "1D",
        "timezone": "UTC",
        "label": "right",
        "calendar": "",
        "closes_at": "16:00",
    },
    "read_universe": lambda: {
        "path": file("long.csv", LONG),
        "instruments": "*",
        "step": "1D",
        "timezone": "UTC",
        "closes_at": "16:00",
    },
    "read_events": lambda: {"path": file("events.csv", EVENTS_CSV[0]), "timezone": "UTC"},
    "read_news": lambda: {"path": file("news.jsonl", NEWS["jsonl"][0]), "kind": ""},
    "load_study": lambda: {"path": study_file(), "data_folder": None, "offline": True},
    "write_bars": lambda: {"bars": market().bars[0], "path": place() / "written.parquet"},
    "log_returns": lambda: {"bars": market().bars[0], "calendar": None},
    "date_item": lambda: {"item": one_item(), "context": None, "bars": ()},
    "date_news": lambda: {"items": [one_item()], "policy": "reviewed", "zone": "", "order": "", "fetched_at": None},
    "NewsItem": lambda: {
        "id": "a",
        "source": "b",
        "title": "c",
        "text": "d",
        "url": "",
        "stamps": (),
        "fetched_at": datetime(2021, 4, 13, tzinfo=UTC),
        "language": "",
    },
    "EventTime": lambda: {
        "earliest": datetime(2021, 4, 13, tzinfo=UTC),
        "latest": datetime(2021, 4, 14, tzinfo=UTC),
        "basis": "stamp",
        "evidence": (),
    },
    "Event": lambda: {
        "id": "a",
        "time": market().event.time,
        "instruments": ("A",),
        "label": "",
        "expected_sign": 1,
        "items": (),
        "sources": (),
    },
    "Instrument": lambda: {
        "code": "A",
        "board": "",
        "calendar": "24/7",
        "quote": "",
        "sign": 1,
        "valid_from": None,
        "valid_to": None,
    },
    "Window": lambda: {"start": 0, "stop": 1},
    "Bars": lambda: {
        "instrument": market().bars[0].instrument,
        "step": pd.Timedelta("1min"),
        "label": "right",
        "frame": market().bars[0].frame,
        "source": "",
        "simulated": True,
    },
    "demo_market": lambda: {"seed": 1},
}


def study_file() -> Path:
    file("events.csv", EVENTS_CSV[0])
    file("wide.csv", WIDE)
    return file("right.toml", STUDY[0])


# The draws of a calibration are asked for, by default 200.
TIMES = {"calibrate": 5.0}
CALLS: Mapping[str, Target] = {
    f"call {name}": Target(attacked(right), calling(name), TIMES.get(name, 1.0)) for name, right in RIGHT.items()
}
