"""Inputs that a long run of ``scripts/bench faults`` found: each a small one of its kind."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import eventstudy as es
from eventstudy.batch.redact import HIDDEN, redact
from eventstudy.errors import BarsError, DataError, NewsError
from eventstudy.market.sources.header_names import in_parts
from eventstudy.market.sources.stamp_columns import read_stamps
from eventstudy.news.readers import read_news_bytes
from tests.faults import fuzz_calls
from tests.faults.growth import timed

STATED = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}
DAILY = {**STATED, "instrument": "A"}
LONG = 100_000


@pytest.mark.parametrize("control", ["\x04", "\x0b", "\x7f", "&#4;", "&#xd800;", "&#xfffe;"])
def test_a_page_with_control_characters_keeps_its_text(control: str) -> None:
    page = f"<html><body><p>{control}The bank raised</p>{control}its rate.<br>{control}Yes</body></html>"
    (item,) = read_news_bytes(page.encode(), "page.html")
    lines = ["".join(filter(str.isprintable, line)).strip("\ufffd ") for line in item.text.splitlines()]
    assert lines == ["The bank raised", "its rate.", "Yes"]


def test_a_loose_feed_with_half_a_character_is_refused_in_one_sentence() -> None:
    feed = b"<rss><channel><item><title>a</title><guid>b</guid><description>x &#xd800; <a</description></item>"
    with pytest.raises(NewsError, match=r"feed\.xml is not a feed that can be read"):
        read_news_bytes(feed, "feed.xml", "loose-feed")


def test_a_file_of_a_header_and_empty_lines_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Open" + "\n" * 4_000 + "2021-04-13,1\n")
    with pytest.raises(DataError, match="has a header and no rows"):
        es.read_bars(path, **DAILY)


def test_an_integer_that_no_float_holds_is_no_price(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps([{"date": f"2021-04-{day}", "close": 10**400} for day in (13, 14, 15)]))
    with pytest.raises(es.EventStudyError):
        es.read_bars(path, **DAILY)


def test_a_mark_of_utf_8_before_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\xef\xbb\xbfDate,Close\n2021-04-13,\xbe1\n")
    with pytest.raises(DataError, match="is not utf-8 text"):
        es.read_bars(path, **DAILY)


def test_a_first_row_wider_than_its_table_is_refused_by_its_line(tmp_path: Path) -> None:
    rows = ["SBER;1;20210413;100200;1;2;0.5;1.2earliest = ;1;20210413;100300;1;2;0.5;1.3;10"]
    rows += [f"SBER;1;20210413;10{minute:02}00;1;2;0.5;1.{minute};10" for minute in range(4, 20)]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>", *rows]))
    with pytest.raises(DataError):
        es.read_bars(path, instrument="A", step="1min", timezone="UTC", label="left")


@pytest.mark.parametrize("key", ["a.b", "name<?xml version='1.0'?>", "x[0].y"])
def test_an_unknown_key_with_dots_is_refused_by_name(key: str) -> None:
    with pytest.raises(es.EventStudyError, match="unknown key"):
        es.StudySpec(**{key: 1})
    with pytest.raises(es.EventStudyError, match="unknown key"):
        es.StudySpec(placebo={key: 1})


def test_settings_with_half_a_character_have_a_digest() -> None:
    specs = [es.StudySpec(name=name, model="market", estimation=(-40, -5)) for name in ("a\ud800", "a\udfff")]
    assert specs[0].digest() != specs[1].digest()


READ_TIMES: dict[str, Callable[[Path], object]] = {
    "bars": lambda path: es.read_bars(path, **DAILY),
    "universe": lambda path: es.read_universe(path, instruments="*", **STATED),
    "dataset": lambda path: es.open_dataset(path, **STATED),
    "events": es.read_events,
    "news": es.read_news,
}


@pytest.mark.parametrize("reader", READ_TIMES)
@pytest.mark.parametrize(
    "values",
    [
        pa.array([5.0, 1e31, 7.0]),
        pa.array([5, 10**12 + 1, 2**62]),
        pa.array([2**30] * 3, pa.date32()),
        pa.array([10**15] * 3, pa.timestamp("s")),
        pa.array([-(10**15)] * 3, pa.timestamp("s", "UTC")),
        pa.array([2**62] * 3, pa.timestamp("us", "UTC")),
        pa.array([1_618_300_000] * 3, pa.timestamp("s", "Not/AZone")),
    ],
    ids=("floats", "counts", "date32", "seconds", "before", "microseconds", "no zone"),
)
def test_times_that_no_calendar_holds_end_in_a_sentence(tmp_path: Path, reader: str, values: pa.Array) -> None:
    path = tmp_path / "prices.parquet"
    columns = {"id": ["a", "b", "c"], "title": ["x"] * 3, "ticker": ["A"] * 3, "date": values, "close": [1.0, 2.0, 3.0]}
    parquet.write_table(pa.table(columns), path)
    if reader in {"bars", "universe", "events"}:
        with pytest.raises(es.EventStudyError):
            READ_TIMES[reader](path)
        return
    with suppress(es.EventStudyError):  # a dataset reads its times later; a stamp of news is read when it is dated
        found = READ_TIMES[reader](path)
        if reader == "news":
            assert len(es.date_news(found).events) == 0


def refused(call: Callable[[], object]) -> Callable[[bytes], object]:
    def run(_: bytes) -> None:
        with pytest.raises(BarsError):
            call()

    return run


@pytest.mark.parametrize(
    "stamp",
    [
        f"2021-04x{' ' * LONG}-13 10:00:00",
        f"2021-04-13 10:00{' ' * LONG}!",
        f"2021-04-13 10:00 UTC{' ' * LONG}!",
        f"2021-04-13{' T' * LONG}",
        "sun" * LONG,
    ],
)
def test_a_stamp_of_many_blanks_is_refused_at_once(stamp: str) -> None:
    assert timed(refused(lambda: read_stamps([stamp])), b"") < 1


@pytest.mark.parametrize("mark", [" ", ".", "-", "_", "/", ":", "|"])
def test_a_name_of_many_marks_is_no_two_parts_at_once(mark: str) -> None:
    name = f"AAA{mark * LONG}close!"
    assert timed(lambda _: in_parts(name), b"") < 1
    assert in_parts(name) is None
    assert in_parts(f"AAA{mark * 3}close") == ("AAA", "close")


@pytest.mark.parametrize("piece", ["1-", "a.", "secret", "a:", "token=", "//a:", "?key"])
def test_a_long_text_is_redacted_at_once(piece: str) -> None:
    text = piece * (LONG // len(piece))
    assert timed(lambda _: redact(text, {}), b"") < 1
    assert timed(lambda _: redact(f"//{text}", {}), b"") < 1
    assert redact(f"{'a.' * 50}token=abcdefgh", {}).endswith(f"token={HIDDEN}")


def pairs(frame: pd.DataFrame) -> pd.Series:
    return frame.stack()  # type: ignore[return-value]


def dated(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(frame.index, frame.index)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: {"market": pairs(f)}, "The rows have 2 levels, not one of dates"),
        (lambda f: {"market": pairs(f).to_frame("x")}, "The rows have 2 levels, not one of dates"),
        (lambda f: {"market": f["IDX"] + 1j}, "`market` or `factors` column 'IDX' holds complex numbers"),
        (lambda f: {"market": dated(f)}, "`market` or `factors` column 'market' holds dates"),
        (lambda f: {"market": dated(f) - f.index[0]}, "`market` or `factors` column 'market' holds durations"),
        (lambda f: {"data": f.assign(AAA=dated(f), BBB=dated(f), IDX=dated(f))}, "`data` column 'AAA' holds dates"),
        (lambda f: {"data": f.set_axis(range(20_230_103, 20_230_183))}, "'20230103', not dates"),
        (lambda f: {"data": f.set_axis([1.6e18 + 1e14 * n for n in range(80)])}, "no column holds their dates"),
    ],
    ids=("pairs", "column of pairs", "complex", "dates", "durations", "frame of dates", "no date", "nanoseconds"),
)
def test_a_market_or_a_frame_of_other_things_ends_in_a_sentence(
    change: Callable[[pd.DataFrame], dict[str, Any]], said: str
) -> None:
    arguments = {**fuzz_calls.study(), **change(fuzz_calls.returns())}
    with pytest.raises(es.EventStudyError) as refusal:
        es.run_study(**arguments)
    assert said in str(refusal.value)


def test_numbered_dates_are_days_as_whole_numbers_and_as_floats() -> None:
    given = fuzz_calls.study()
    days = given["data"].index.strftime("%Y%m%d")
    moves = []
    for index in (given["data"].index, days.astype("int64"), days.astype("float64")):
        found = es.run_study(**{**given, "data": given["data"].set_axis(index)})
        moves.append(found.to_frame("car")["car"].tolist())
    assert moves[0] == moves[1] == moves[2]


@pytest.mark.parametrize("items", [np.array(1.0), np.array("a"), np.array(object())])
def test_an_array_of_no_dimensions_is_no_list_of_news(items: Any) -> None:
    with pytest.raises(es.EventStudyError, match=r"`items` is an? "):
        es.date_news(items)


@pytest.mark.parametrize("event", [None, math.nan, ""])
def test_nothing_among_the_events_is_refused_by_its_kind(event: Any) -> None:
    with pytest.raises(es.EventStudyError, match=f"`events` contains a {type(event).__name__}"):
        es.run_study(**{**fuzz_calls.study(), "events": [event]})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "folder/\ud800/x", "pipe", "link", "text"])
def test_what_is_no_file_or_folder_to_write_is_refused_and_stays(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "text").write_text("mine")
    before = {path: path.lstat().st_ino for path in tmp_path.iterdir()}
    with pytest.raises(es.EventStudyError, match=r"is not (a folder|the name of a folder)"):
        es.run_study(**fuzz_calls.study()).save(tmp_path / name)
    if name != "text":  # a file takes the place of a file
        with pytest.raises(es.EventStudyError, match=r"is not (a regular file|the name of a file)"):
            es.write_bars(fuzz_calls.market().bars[0], tmp_path / name)
    assert {path: path.lstat().st_ino for path in tmp_path.iterdir()} == before
    assert (tmp_path / "text").read_text() == "mine"


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([fuzz_calls.EARLY, fuzz_calls.LATE], "Row 0 of `events`, 0001-01-01 00:00:00+14:00, is outside the years"),
        ([datetime(2021, 4, 13, 18, tzinfo=UTC), None], "Row 1 of `events` has no time"),
        ([datetime(2021, 4, 13, 18, tzinfo=UTC), "soon"], "Row 1 of `events` has no time"),
        (pd.array([2**40, 2**41], "datetime64[s]").tz_localize("UTC"), "is outside the years 1 to 9999"),  # type: ignore[attr-defined]
    ],
    ids=("year 1", "none", "text", "year 36812"),
)
def test_times_of_a_frame_of_events_that_are_none_or_outside_all_years_are_refused(times: Any, said: str) -> None:
    at = pd.Series(times, dtype=object) if isinstance(times, list) else pd.Series(times)
    events = pd.DataFrame({"instrument": ["USD000UTSTOM", "SBER"], "time": at})
    with pytest.raises(es.EventStudyError) as refusal:
        es.event_study(events, returns=list(fuzz_calls.market().bars))
    assert said in str(refusal.value)
