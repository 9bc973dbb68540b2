"""Calendars that do not end, extended hours, and dated rows of the user's own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from eventstudy.arrays import instant_us
from eventstudy.cli.app import run as cli
from eventstudy.errors import CalendarError, SpecError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import (
    CALENDARS,
    GivenCalendar,
    GivenRow,
    calendar,
    is_open,
    next_open,
    sessions,
    trading_days,
    using_rows,
)
from eventstudy.market.instruments import Instrument
from eventstudy.market.projection import PROJECTED_TO, projection_notices
from eventstudy.market.sessions import as_day, standings
from eventstudy.market.sources.empty_answers import inside_sessions
from eventstudy.news.items import Event, EventTime
from eventstudy.study.load import load_study
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec
from eventstudy.study.spec_toml import parse_spec

NEW_YORK = ZoneInfo("America/New_York")


def hours(name: str, day: str) -> list[str]:
    on, venue = date.fromisoformat(day), calendar(name)
    zone = ZoneInfo(venue.zone)
    held = sessions(venue, on, on)
    return [f"{s.opens_at.astimezone(zone):%H:%M}-{s.closes_at.astimezone(zone):%H:%M}" for s in held]


def standing(name: str, day: str) -> str:
    return str(standings(calendar(name), np.array([as_day(date.fromisoformat(day))]))[0])


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("MOEX-FX", "2027-01-11", ["06:50-07:00", "07:00-19:00"]),
        ("MOEX-FUTURES", "2031-06-03", ["08:50-23:50"]),
        ("MOEX-FX", "2027-01-09", []),  # a Saturday
        ("XNYS", "2033-01-11", ["09:30-16:00"]),  # winter and summer time
        ("XNYS", "2033-07-12", ["09:30-16:00"]),
        ("XTKS", "2040-02-08", ["09:00-11:30", "12:30-15:30"]),
        ("24/7", "2060-01-01", ["00:00-00:00"]),
        ("24/5", "2060-06-03", ["17:00-17:00"]),
    ],
)
def test_the_regular_week_goes_on(name: str, day: str, expected: list[str]) -> None:
    assert hours(name, day) == expected


def test_projected_weekend_sessions_count_to_the_monday() -> None:
    held = sessions(calendar("MOEX-SHARES"), date(2027, 2, 6), date(2027, 2, 7))
    assert {s.trading_day for s in held} == {date(2027, 2, 8)}


@pytest.mark.parametrize("name", [*CALENDARS, "XNYS", "XTKS", "XLON", "CMES"])
def test_no_calendar_ends_and_none_changes_what_is_documented(name: str) -> None:
    venue = calendar(name)
    assert venue.valid_to == PROJECTED_TO
    assert (np.diff(venue.table.trading_day) >= 0).all()
    assert len(trading_days(venue, date(2098, 1, 1), date(2098, 12, 31))) > 240
    if venue.documented_to:
        after = venue.table.trading_day > as_day(venue.documented_to)
        assert (venue.table.trading_day[after] <= as_day(PROJECTED_TO) + 3).all()
        assert after.sum() > 50 * 250


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("MOEX-SHARES", "2023-04-13", "documented"),
        ("MOEX-SHARES", "2022-02-25", "assumed"),
        ("MOEX-SHARES", "2027-01-11", "projected"),
        ("MOEX-SHARES", "2026-02-23", "documented"),  # named by a row
        ("XBOM", "2024-05-17", "documented"),
        ("XBOM", "2020-02-01", "assumed"),  # a Saturday session that the library does not know
        ("24/7", "2060-01-01", "documented"),
    ],
)
def test_what_the_hours_of_a_day_rest_on(name: str, day: str, expected: str) -> None:
    assert standing(name, day) == expected


def frame_at(*closes: str) -> pd.DataFrame:
    index = pd.DatetimeIndex([pd.Timestamp(c, tz="Europe/Moscow") for c in closes]).tz_convert("UTC").as_unit("us")
    return pd.DataFrame({"close": np.linspace(100, 101, len(index))}, index=index)


def test_only_documented_hours_remove_a_bar_that_was_traded() -> None:
    # In a documented break, in an evening nobody documents, and on a projected day.
    frame = frame_at("2023-04-13 18:55", "2022-02-25 19:30", "2027-01-11 18:58")
    kept, notices = inside_sessions(frame, "MOEX-SHARES", pd.Timedelta("1min"))
    assert kept.index.equals(frame.index[1:])
    assert "1 bar(s)" in notices[0].message


def test_a_notice_says_that_hours_are_projected() -> None:
    venue = calendar("MOEX-FX")
    late = np.array([instant_us(datetime(2027, 1, 11, 12, tzinfo=UTC))])
    early = np.array([instant_us(datetime(2026, 12, 30, 12, tzinfo=UTC))])
    (notice,) = projection_notices(venue, np.concatenate((early, late)))
    assert notice.code == "ES-CALENDAR-PROJECTED"
    assert "documented to 2026-12-31" in notice.message
    assert projection_notices(venue, early) == ()


# NYSE: core session 09:30-16:00, pre-opening from 04:00, late trading to 20:00; on days closing at 13:00, to 17:00.
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2021-04-13", ["04:00-09:30", "09:30-16:00", "16:00-20:00"]),
        ("2024-11-29", ["04:00-09:30", "09:30-13:00", "13:00-17:00"]),
        ("2024-11-28", []),
    ],
)
def test_extended_hours_of_new_york(day: str, expected: list[str]) -> None:
    assert hours("XNYS-EXT", day) == expected


def test_an_event_after_the_close_is_answered_in_extended_hours() -> None:
    zone, traded = NEW_YORK, Instrument("AAA", calendar="XNYS-EXT")
    days = [d for d in pd.bdate_range("2024-04-01", "2024-05-02") if d.date() != date(2024, 3, 29)]
    labels = [d.tz_localize(zone) + pd.Timedelta(minutes=m) for d in days for m in range(4 * 60 + 5, 20 * 60 + 1, 5)]
    index = pd.DatetimeIndex(labels).tz_convert("UTC").as_unit("us")
    path = 100 * np.exp(np.random.default_rng(1).normal(0, 1e-4, len(index)).cumsum())
    news = pd.Timestamp("2024-05-02 16:05", tz=zone)
    path[index > news] *= np.exp(0.05)
    bars = Bars(traded, pd.Timedelta("5min"), "right", pd.DataFrame({"close": path}, index=index))
    at = news.to_pydatetime().astimezone(UTC)
    event = Event(id="earnings", time=EventTime(at, at, "stamp"), instruments=("AAA",))
    result = run_study(StudySpec(event=(0, 0), response="off"), [event], bars)
    assert result.to_frame("car")["car"].iloc[0] == pytest.approx(0.05, abs=0.001)


# BSE, 1 February 2020: a Saturday with the regular session, the day of the budget.
SPECIAL = GivenRow(("09:15-15:30",), (date(2020, 2, 1),), source="BSE, the day of the budget")


def test_a_row_adds_the_session_a_library_lacks() -> None:
    assert hours("XBOM", "2020-02-01") == []
    with using_rows({"XBOM": GivenCalendar((SPECIAL,))}):
        assert hours("XBOM", "2020-02-01") == ["09:15-15:30"]
        assert hours("XBOM", "2020-01-31") == ["09:15-15:30"]
        assert standing("XBOM", "2020-02-01") == "documented"
    assert hours("XBOM", "2020-02-01") == []


def test_rows_extend_a_calendar_and_later_rows_override_earlier_ones() -> None:
    year = GivenRow(("09:00-18:00",), first=date(2027, 1, 1), last=date(2027, 12, 31))
    holidays = GivenRow(dates=(date(2027, 1, 7), date(2027, 5, 3)), closed=True)
    with using_rows({"MOEX-FX": GivenCalendar((year, holidays))}):
        assert hours("MOEX-FX", "2027-01-06") == ["09:00-18:00"]
        assert hours("MOEX-FX", "2027-01-07") == []
        assert hours("MOEX-FX", "2026-12-30") == ["06:50-07:00", "07:00-19:00"]
        assert (standing("MOEX-FX", "2027-01-07"), standing("MOEX-FX", "2028-01-11")) == ("documented", "projected")
        # What is projected from there on is the user's week.
        assert hours("MOEX-FX", "2028-01-11") == ["09:00-18:00"]
        assert next_open(calendar("MOEX-FX"), datetime(2027, 1, 6, 18, tzinfo=ZoneInfo("Europe/Moscow"))) == datetime(
            2027, 1, 8, 9, tzinfo=ZoneInfo("Europe/Moscow")
        )


def test_days_before_the_users_rows_stay_projected() -> None:
    row = GivenRow(("09:00-18:00",), first=date(2028, 1, 1), last=date(2028, 12, 31))
    with using_rows({"MOEX-FX": GivenCalendar((row,))}):
        assert (hours("MOEX-FX", "2027-03-02"), standing("MOEX-FX", "2027-03-02")) == (
            ["06:50-07:00", "07:00-19:00"],
            "projected",
        )
        assert (hours("MOEX-FX", "2028-03-02"), standing("MOEX-FX", "2028-03-02")) == (["09:00-18:00"], "documented")


def test_a_range_of_hours_keeps_documented_holidays() -> None:
    row = GivenRow(("09:30-14:00",), first=date(2024, 7, 1), last=date(2024, 7, 5))
    with using_rows({"XNYS": GivenCalendar((row,))}):
        assert hours("XNYS", "2024-07-02") == ["09:30-14:00"]
        assert hours("XNYS", "2024-07-04") == []


def test_a_venue_nobody_knows_is_its_rows() -> None:
    # Sunday to Thursday, overnight session past midnight.
    days = tuple(d.date() for d in pd.date_range("2024-01-01", "2024-03-31") if d.weekday() in (6, 0, 1, 2, 3))
    given = GivenCalendar((GivenRow(("10:00-15:00", "20:00-01:00"), days),), zone="Asia/Jerusalem")
    with using_rows({"TASE": given}):
        assert hours("TASE", "2024-01-07") == ["10:00-15:00", "20:00-01:00"]
        assert is_open(calendar("TASE"), datetime(2024, 1, 8, 0, 30, tzinfo=ZoneInfo("Asia/Jerusalem")))
        assert hours("TASE", "2024-01-05") == []
        assert hours("TASE", "2024-06-02") == ["10:00-15:00", "20:00-01:00"]
    assert calendar("TASE").zone == "Asia/Jerusalem"  # a report made later still shows its clock


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"sessions": ["9 to 5"], "dates": [date(2024, 5, 18)]}, "HH:MM-HH:MM"),
        ({"sessions": ["09:15-25:30"], "dates": [date(2024, 5, 18)]}, "is not a session"),
        ({"sessions": ["09:15-15:30"]}, "has no days"),
        ({"dates": [date(2024, 5, 18)]}, "no sessions"),
        ({"sessions": ["09:15-15:30"], "dates": ["18.05.2024"]}, "2027-01-04"),
        ({"sessions": ["09:15-15:30"], "day": "2024-05-18"}, "unknown key day"),
        ({"sessions": 5, "dates": 5}, "Invalid date 5"),
        ({"sessions": [5], "dates": ["2024-05-18"]}, "is not a session"),
        ({"closed": "yes", "dates": ["2024-05-18"]}, "Write true or false"),
        ({"closed": True, "dates": ["2024-05-18"], "on": 5}, '"every day"'),
        ({"closed": True, "first": "0001-01-01", "last": "9999-12-31"}, "outside 1900-01-01"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(row: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=r"calendars\.XBOM") as caught:
        StudySpec(calendars={"XBOM": {"rows": [row]}})
    assert said in str(caught.value)


def test_sessions_that_overlap_are_refused_by_name() -> None:
    given = GivenCalendar((GivenRow(("09:00-12:00", "11:00-15:00"), (date(2024, 5, 18),)),))
    with pytest.raises(CalendarError, match=r"\[calendars\.XBOM\].*overlap"), using_rows({"XBOM": given}):
        pass


STUDY = """
name = "weekend"
[events]
file = "events.toml"
[[data]]
instrument = "RELIANCE"
path = "prices.csv"
timezone = "Asia/Kolkata"
label = "right"
step = "15min"
calendar = "XBOM"
[window]
event = [0, 0]
[response]
compute = "off"
[calendars.XBOM]
"""
ROWS = 'rows = [{ dates = [2020-02-01], sessions = ["09:15-10:00", "11:30-12:30"], source = "BSE" }]\n'
EVENTS = """
[[event]]
id = "saturday"
earliest = 2020-02-01T09:40:00+05:30
latest = 2020-02-01T09:40:00+05:30
basis = "stamp"
instruments = ["RELIANCE"]
"""


def folder_of(path: Path, study: str) -> Path:
    stamps = [f"2020-01-{d} {h:02}:{m:02}" for d in (30, 31) for h in range(10, 15) for m in (0, 15, 30, 45)]
    stamps += ["2020-02-01 09:30", "2020-02-01 09:45", "2020-02-01 10:00", "2020-02-01 11:45"]
    rows = [f"{t},{100 + 0.01 * (i % 3) + 2 * (t > '2020-02-01 09:40')}" for i, t in enumerate(stamps)]
    (path / "prices.csv").write_text("time,close\n" + "\n".join(rows) + "\n")
    (path / "events.toml").write_text(EVENTS)
    (path / "study.toml").write_text(study)
    return path / "study.toml"


def test_a_study_with_rows_of_its_own_uses_the_saturday(tmp_path: Path) -> None:
    loaded = load_study(folder_of(tmp_path, STUDY + ROWS))
    assert len(loaded.data[0]) == 44
    result = run_study(loaded.spec, loaded.events, loaded.data)
    assert result.to_frame("car")["car"].iloc[0] == pytest.approx(np.log(102.01 / 100), abs=3e-4)
    assert parse_spec(loaded.spec.to_toml(), "again.toml", StudySpec) == loaded.spec


def test_rows_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "hours.toml").write_text(ROWS)
    named = load_study(folder_of(tmp_path, STUDY + 'file = "hours.toml"\n'))
    assert len(named.data[0]) == 44
    assert named.spec == load_study(folder_of(tmp_path, STUDY + ROWS)).spec


def test_a_wrong_row_is_reported_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path, STUDY + ROWS.replace("09:15", "9:15"))
    assert cli(["validate", str(path)]) == 3
    assert f"{path}:16:1: calendars.XBOM" in capsys.readouterr().out


def test_the_calendar_command_marks_what_hours_rest_on(capsys: pytest.CaptureFixture[str]) -> None:
    for day, mark in (("2023-04-13", "documented"), ("2022-02-25", "assumed"), ("2027-01-11", "projected")):
        assert cli(["calendar", "MOEX-SHARES", day]) == 0
        assert mark in capsys.readouterr().out.splitlines()[1]


def test_the_calendar_command_shows_the_rows_of_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path, STUDY + ROWS)
    assert cli(["calendar", "XBOM", "2020-02-01", "--study", str(path)]) == 0
    out = capsys.readouterr().out
    assert "11:30-12:30" in out
    assert "source: BSE" in out
