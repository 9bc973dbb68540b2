"""Lists of events from elsewhere, what is odd about them, several reports of one event, and copies of one text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import EventFileError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.events.copies import group_items
from eventstudy.news.events.event_checks import check_events
from eventstudy.news.events.event_files import read_events
from eventstudy.news.events.merging import merge_reports, propose, rests_on_price_of
from eventstudy.news.events.writing import proposal_blocks
from eventstudy.news.items import Event, EventTime, NewsItem
from eventstudy.news.readers import read_news
from tests.shared import SHARED, needs_shared

ICS = """BEGIN:VCALENDAR
X-WR-TIMEZONE:America/New_York
BEGIN:VEVENT
UID:fomc-2021-06@example.org
SUMMARY:FOMC\\, statement
 and projections
DTSTART;TZID=America/New_York:20210616T140000
END:VEVENT
BEGIN:VEVENT
UID:ecb-1
SUMMARY:ECB
DTSTART:20210610T114500Z
END:VEVENT
BEGIN:VEVENT
UID:day
DTSTART;VALUE=DATE:20210611
END:VEVENT
END:VCALENDAR
"""


def saved(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def event(name: str, start: str, end: str = "", **more: object) -> Event:
    times = [datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (start, end or start)]
    return Event(name, EventTime(times[0], times[1], str(more.pop("basis", "stamp"))), **more)  # type: ignore[arg-type]


def test_a_calendar_file_gives_events_to_the_minute(tmp_path: Path) -> None:
    fomc, ecb, day = read_events(saved(tmp_path, "macro.ics", ICS))
    assert fomc.label == "FOMC, statementand projections"
    assert fomc.time.earliest.isoformat() == "2021-06-16T18:00:00+00:00"
    assert fomc.time.latest.isoformat() == "2021-06-16T18:00:59.999999+00:00"
    assert fomc.time.basis == "calendar"
    assert ecb.time.earliest.isoformat() == "2021-06-10T11:45:00+00:00"
    # A day without a zone of its own is a day on the clock the calendar declares.
    assert day.time.earliest.isoformat() == "2021-06-11T04:00:00+00:00"
    assert day.time.latest.isoformat() == "2021-06-12T03:59:59.999999+00:00"


def test_a_floating_or_recurring_event_is_a_problem_with_its_line(tmp_path: Path) -> None:
    text = "BEGIN:VEVENT\nUID:a\nDTSTART:20210616T140000\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
    with pytest.raises(EventFileError, match=r"f\.ics:1:1: RRULE(.|\n)*no time zone"):
        read_events(saved(tmp_path, "f.ics", text))


def test_a_table_of_events(tmp_path: Path) -> None:
    text = "date;time;name;instruments;zone;surprise\n2021-04-23;13:30;CBR;SBER;Europe/Moscow;0.25\n"
    text += "2021-06-11;13:30;CBR;SBER, VTBR;Europe/Moscow;high\n"
    one, two = read_events(saved(tmp_path, "cbr.csv", text))
    assert one.time.earliest.isoformat() == "2021-04-23T10:30:00+00:00"
    assert (one.label, one.instruments, dict(one.attributes)) == ("CBR", ("SBER",), {"surprise": 0.25})
    assert dict(two.attributes) == {"surprise": "high"}
    assert one.id != two.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,label\na,b\n", "no column holds a date or a time"),
        ("id,time\na,2021-04-13 18:37\n", r"e\.csv:2:1: time: .*no time zone"),
        ("id,time\na,12/04/21\n", "day 12 month 4"),
        ("id,time\na\n", "1 cells in this row, but 2 columns"),
        ("id,time\na,2021-04-13T18:37Z\na,2021-04-14T18:37Z\n", "used twice"),
    ],
)
def test_a_table_that_breaks_a_rule_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EventFileError, match=said):
        read_events(saved(tmp_path, "e.csv", text))


def test_a_zone_can_be_told_for_the_whole_list(tmp_path: Path) -> None:
    path = saved(tmp_path, "e.csv", "id,time\na,2021-04-13 18:37\n")
    (found,) = read_events(path, timezone="Europe/Moscow")
    assert found.time.earliest.isoformat() == "2021-04-13T15:37:00+00:00"


def test_checks_name_copies_overlaps_closed_markets_and_confounders() -> None:
    # 2021-04-13 19:00 UTC is 22:00 in Moscow; 2021-04-17 is a Saturday; the shares open again on Monday.
    events = [
        event("a", "2021-04-13T10:00", instruments=("SBER",)),
        event("b", "2021-04-13T10:00", instruments=("SBER",)),
        event("c", "2021-04-13T09:59", "2021-04-13T10:01", instruments=("SBER",)),
        event("d", "2021-04-17T10:00", instruments=("SBER",)),
        event("e", "2021-04-13T10:00", instruments=("AAPL",)),
        event("f", "2021-04-20T10:00", basis="price"),
    ]
    cpi = event("cpi", "2021-04-13T12:30", label="US CPI")
    found = {(r.kind, r.events) for r in check_events(events, known=[cpi])}
    assert ("duplicate", ("a", "b")) in found or ("duplicate", ("b", "a")) in found
    assert ("overlap", ("c", "a")) in found
    assert ("outside_session", ("d",)) in found
    assert ("confounder", ("a", "cpi")) in found
    assert ("circular_time", ("f",)) in found
    assert not any("e" in names and kind in ("duplicate", "overlap") for kind, names in found)
    closed = next(r for r in check_events(events) if r.kind == "outside_session")
    assert "2021-04-19" in closed.message


WHITE_HOUSE = NewsItem("wh", "wh", "", "Readout.", stamps=(("published", "2021-04-13T18:37+03:00"),))


def test_several_reports_make_one_event() -> None:
    # Two read-outs of one call: the first bounds the end, an embargo bounds the beginning.
    kremlin = NewsItem("kr", "kr", "", "Readout.", stamps=(("published", "2021-04-13T20:10+03:00"),))
    embargo = NewsItem("em", "em", "", "x", stamps=(("embargo", "2021-04-13T18:00+03:00"),))
    merged = merge_reports("call", [date_item(i) for i in (kremlin, WHITE_HOUSE, embargo)])
    assert merged.event is not None
    assert merged.event.time.earliest.isoformat() == "2021-04-13T15:00:00+00:00"
    assert merged.event.time.latest.isoformat() == "2021-04-13T15:37:59.999999+00:00"
    assert merged.event.items == ("wh", "kr", "em")  # as they came out; the embargo says nothing of that


def test_reports_that_exclude_one_another_make_none() -> None:
    late = NewsItem("em", "em", "", "x", stamps=(("embargo", "2021-04-13T19:00+03:00"),))
    assert merge_reports("x", [date_item(WHITE_HOUSE), date_item(late)]).conflicts[0].kind == "reports_disagree"
    assert merge_reports("x", [date_item(WHITE_HOUSE)]).conflicts[0].kind == "half_open"


def test_an_update_is_kept_and_bounds_nothing() -> None:
    stamps = (("published", "2021-04-13T18:37+03:00"), ("updated", "2021-04-13T19:05+03:00"))
    first = date_item(NewsItem("a", "s", "", "x", stamps=stamps), DatingContext(policy=read_policy("first_report")))
    merged = merge_reports("x", [first])
    assert merged.event is not None
    assert merged.event.time.latest.isoformat() == "2021-04-13T15:37:59.999999+00:00"
    assert merged.updates == ("2021-04-13T19:05+03:00 (a)",)


def test_copies_are_grouped_and_other_reports_are_not() -> None:
    text = (
        "The bank cut its key rate by a quarter of a point to nine percent on Friday, as the market had expected it to."
    )
    copy = NewsItem("b", "s", "", text + " (Reporting by N.N.)")
    other = NewsItem(
        "c", "s", "", "Shares of the lender rose after the decision of the board, which came as no surprise at all."
    )
    groups = group_items([NewsItem("a", "s", "", text), other, copy])
    assert [[i.id for i in g] for g in groups] == [["a", "b"], ["c"]]


@needs_shared
@pytest.mark.reference
def test_grouping_finds_the_same_text_under_several_companies() -> None:
    items = read_news(SHARED / "news" / "news_filtered.csv")
    equal = {}
    for item in items:
        equal.setdefault(" ".join(item.text.split()), []).append(item.id)
    groups = [{i.id for i in g} for g in group_items(items)]
    for names in equal.values():
        assert any(set(names) <= group for group in groups)
    assert len(groups) < len(items)


def test_a_time_from_prices_is_marked_and_refused_for_the_same_price() -> None:
    made = Event("a", EventTime(datetime(2021, 4, 13, tzinfo=UTC), datetime(2021, 4, 13, 1, tzinfo=UTC), "price"),
                 attributes={"price_series": "USD/RUB"})  # fmt: skip
    assert rests_on_price_of(made, "USDRUB")
    assert not rests_on_price_of(made, "SBER")
    assert not rests_on_price_of(replace(made, attributes={"circular_time": "accepted"}), "USDRUB")
    assert not rests_on_price_of(event("b", "2021-04-13T10:00"), "USDRUB")


def test_proposals_with_conflicts_are_comments_until_a_person_decides(tmp_path: Path) -> None:
    stamps = (("published", "2021-04-13T10:20Z"),)
    good = NewsItem(
        "good", "s", "Good", "The bank said at 10:00 UTC on 13 April 2021 that it had failed.", stamps=stamps
    )
    bad = NewsItem(
        "bad", "s", "Bad\n[[event]]\nid = 'x'", "The bank said on Friday, 13 April 2021, that it had failed."
    )
    proposals = [propose(i, date_item(i, DatingContext(zone="Europe/Moscow"))) for i in (good, bad)]
    path = saved(tmp_path, "p.toml", "".join(proposal_blocks(proposals, accept=False)))
    assert [e.id for e in read_events(path)] == ["good"]
    assert "# decide: weekday_vs_day" in path.read_text(encoding="utf-8")
    accepted = saved(tmp_path, "a.toml", "".join(proposal_blocks(proposals, accept=True)))
    assert "decide" not in accepted.read_text(encoding="utf-8")


def test_the_command_never_overwrites_a_reviewed_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "The bank said at 10:00 UTC on 13 April 2021 that it had failed."
    article = saved(tmp_path, "n.txt", text)
    out = tmp_path / "events.toml"
    published = ["--published", "2021-04-13T10:20Z"]
    assert run(["date", str(article), *published, "--out", str(out), "--accept"]) == 0
    reviewed = out.read_text(encoding="utf-8") + "# reviewed by hand\n"
    out.write_text(reviewed, encoding="utf-8")
    assert run(["date", str(article), *published, "--out", str(out)]) == 0
    assert run(["date", str(article), *published, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == reviewed
    assert [e.id for e in read_events(tmp_path / "events.proposed.toml")] == ["n"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["events.proposed.toml", "events.toml", "n.txt"]
    assert run(["date", str(article), "--accept"]) == 2
    capsys.readouterr()


def test_the_command_checks_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "e.csv", "id,time,instruments\na,2021-04-17T10:00Z,SBER\n")
    assert run(["events", "check", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["remarks"][0]["kind"] == "outside_session"
    assert run(["events", "check", str(path), "--after", "soon"]) == 2


def test_a_study_refuses_a_time_that_rests_on_the_price_it_would_test() -> None:
    times = pd.date_range("2021-04-01 09:10", periods=400, freq="10min", tz="UTC").as_unit("us")
    bars = [
        Bars(Instrument(code), pd.Timedelta(minutes=10), "right", pd.DataFrame({"close": prices}, index=times))
        for code, prices in (("USD/RUB", np.linspace(77, 76, 400)), ("SBER", np.linspace(280, 290, 400)))
    ]
    at = times[200].to_pydatetime()
    made = Event("a", EventTime(at, at, "price"), attributes={"price_series": "USD/RUB"})
    spec = es.StudySpec(event=(0, 0), estimation=(-60, -1), model="constant_mean", tests=("time_series_t",))
    outcomes = es.run_study(spec, [made], bars).to_frame("outcomes").set_index("instrument")["outcome"]
    assert outcomes["USD/RUB"] == "circular_time"
    assert outcomes["SBER"] == "used"
