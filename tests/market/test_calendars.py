"""Trading calendars: the dated rows of Moscow, halts, the closure, weekends; bounds are refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import eventstudy as es
from eventstudy.arrays import DAY_US, MINUTE_US, instant_us
from eventstudy.errors import CalendarError, UnknownNameError
from eventstudy.market.calendars import CALENDARS, calendar, calendar_names, is_open, next_open, sessions, trading_day
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.schedule_text import schedule_changes
from eventstudy.market.sessions import as_day, session_rows, standings

MOSCOW = ZoneInfo("Europe/Moscow")
MORNING, EVENING = ["06:50-07:00", "07:00-09:50"], ["19:00-19:05", "19:05-23:50"]


def hours(name: str, day: str) -> list[str]:
    on = date.fromisoformat(day)
    zone = ZoneInfo(calendar(name).zone)
    return [f"{s.opens_at.astimezone(zone):%H:%M}-{s.closes_at.astimezone(zone):%H:%M}" for s in sessions_of(name, on)]


def sessions_of(name: str, on: date):
    return sessions(calendar(name), on, on)


# Hours as the exchange's notices give them (the sources stand in the table of sessions, row by row).
@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("MOEX-FX", "2021-02-26", ["10:00-23:50"]),
        ("MOEX-FX", "2021-03-01", ["07:00-23:50"]),
        ("MOEX-FX", "2021-04-13", ["07:00-23:50"]),
        ("MOEX-FX", "2022-02-28", ["10:00-19:00"]),
        ("MOEX-FX", "2022-09-12", ["06:50-07:00", "07:00-19:00"]),
        ("MOEX-FX", "2024-06-12", []),
        ("MOEX-FX", "2024-06-13", ["09:50-10:00", "10:00-19:00"]),
        ("MOEX-SHARES", "2020-06-19", ["09:50-10:00", "10:00-18:40", "18:40-18:50"]),
        ("MOEX-SHARES", "2021-04-13", ["09:50-10:00", "10:00-18:40", "18:40-18:50", "19:00-19:05", "19:05-23:50"]),
        ("MOEX-SHARES", "2022-02-25", ["09:50-10:00", "10:00-18:40", "18:40-18:50"]),
        ("MOEX-SHARES", "2022-02-28", []),
        ("MOEX-SHARES", "2022-03-23", []),
        ("MOEX-SHARES", "2022-03-24", ["09:50-10:00", "10:00-13:40", "13:40-13:50"]),
        ("MOEX-SHARES", "2025-03-01", ["14:00-14:10", "14:10-19:00"]),
        ("MOEX-SHARES", "2025-03-02", ["09:50-10:00", "10:00-19:00"]),
        ("MOEX-SHARES", "2025-03-22", []),
        ("MOEX-SHARES", "2026-02-23", ["09:50-10:00", "10:00-19:00"]),
        ("MOEX-SHARES", "2022-02-21", [*MORNING, "09:50-18:40", "18:40-18:50", *EVENING]),
        ("MOEX-SHARES", "2026-03-23", [*MORNING, "09:50-18:55", "18:55-19:00", *EVENING]),
        ("MOEX-FX", "2022-03-09", ["10:00-18:45"]),
        ("MOEX-FUTURES", "2026-03-20", ["08:50-14:00", "14:05-18:50"]),
        ("MOEX-FUTURES", "2021-04-13", ["07:00-14:00", "14:05-18:45", "19:00-23:50"]),
        ("MOEX-FUTURES", "2022-09-12", ["09:00-14:00", "14:05-18:50", "19:05-23:50"]),
        ("MOEX-FUTURES", "2026-03-23", ["08:50-23:50"]),
        ("MOEX-INDEX", "2021-04-13", ["10:00-18:50"]),
        ("MOEX-INDEX2", "2021-04-13", ["10:00-18:50", "19:00-23:50"]),
        ("ECB-FIXING", "2021-04-13", ["14:10-14:15"]),
        ("ECB-FIXING", "2021-04-02", []),  # Good Friday
        ("24/7", "2021-04-11", ["00:00-00:00"]),
        ("XNYS", "2021-04-13", ["09:30-16:00"]),
        ("XTKS", "2021-04-13", ["09:00-11:30", "12:30-15:00"]),
    ],
)
def test_the_hours_of_a_day(name: str, day: str, expected: list[str]) -> None:
    assert hours(name, day) == expected


@pytest.mark.parametrize("day", ["2016-02-20", "2018-12-29", "2021-02-20", "2024-04-27", "2025-11-01"])
def test_working_saturdays_trade_their_own_day(day: str) -> None:
    held = sessions_of("MOEX-SHARES", date.fromisoformat(day))
    assert {s.trading_day for s in held} == {date.fromisoformat(day)}


@pytest.mark.parametrize(
    ("name", "traded"), [("MOEX-FX", True), ("MOEX-FUTURES", True), ("MOEX-SHARES", False), ("MOEX-INDEX", False)]
)
def test_holidays_are_per_market(name: str, traded: bool) -> None:
    # MOEX, 2021-10-08: on 4 November 2022 currency and derivatives trade, Russian shares do not.
    assert bool(sessions_of(name, date(2022, 11, 4))) is traded


def test_weekend_sessions_belong_to_the_next_trading_day() -> None:
    held = sessions(calendar("MOEX-SHARES"), date(2025, 3, 8), date(2025, 3, 9))
    assert {s.name for s in held} == {"weekend"}
    assert {s.trading_day for s in held} == {date(2025, 3, 10)}


def test_the_evening_of_futures_belongs_to_the_next_day_until_march_2026() -> None:
    evening = sessions_of("MOEX-FUTURES", date(2021, 4, 16))[-1]
    assert (evening.name, evening.trading_day) == ("evening", date(2021, 4, 19))
    assert sessions_of("MOEX-FUTURES", date(2026, 3, 23))[-1].trading_day == date(2026, 3, 23)


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("MOEX-SHARES", "2022-02-24T07:51:59", True),
        ("MOEX-SHARES", "2022-02-24T07:52:00", False),
        ("MOEX-SHARES", "2022-02-24T10:00:00", True),
        ("MOEX-SHARES", "2024-02-13T15:00:00", False),
        ("MOEX-FUTURES", "2024-02-13T15:00:00", True),
        ("MOEX-SHARES", "2025-02-13T20:40:00", False),
        ("MOEX-FUTURES", "2015-08-12T11:30:00", False),
        ("MOEX-FUTURES", "2021-04-13T14:02:00", False),
        ("MOEX-SHARES", "2021-04-13T18:55:00", False),
        ("24/7", "2021-04-11T03:00:00", True),
    ],
)
def test_halts_and_breaks_are_closed(name: str, at: str, expected: bool) -> None:
    assert is_open(calendar(name), datetime.fromisoformat(at).replace(tzinfo=MOSCOW)) is expected


def test_the_next_open_after_the_last_session_of_february_2022() -> None:
    after = datetime(2022, 2, 25, 19, 0, tzinfo=MOSCOW)
    assert next_open(calendar("MOEX-SHARES"), after) == datetime(2022, 3, 24, 9, 50, tzinfo=MOSCOW)
    inside = datetime(2021, 4, 13, 18, 37, tzinfo=MOSCOW)
    assert next_open(calendar("MOEX-SHARES"), inside) == inside


def test_moscow_was_four_hours_ahead_from_2011_to_2014() -> None:
    assert sessions_of("MOEX-SHARES", date(2014, 10, 24))[1].opens_at == datetime(2014, 10, 24, 6, 0, tzinfo=UTC)
    assert sessions_of("MOEX-SHARES", date(2014, 10, 27))[1].opens_at == datetime(2014, 10, 27, 7, 0, tzinfo=UTC)


def test_a_date_outside_the_table_names_the_bounds() -> None:
    with pytest.raises(CalendarError, match=r"2003-01-17 .* valid from 2014-10-01 to 2099-12-31"):
        sessions_of("MOEX-FX", date(2003, 1, 17))


def test_moscow_of_exchange_calendars_is_refused_with_the_reason() -> None:
    with pytest.raises(CalendarError, match=r"closure of 2022 as open.*MOEX-SHARES"):
        calendar("XMOS")


@pytest.mark.parametrize(
    ("name", "weekend", "weekday", "holiday"),
    [
        ("XBOM", "2024-01-20", "2024-01-19", "2024-01-22"),  # a working Saturday before the Monday of Ayodhya
        ("XTAE", "2025-06-08", "2025-06-05", "2025-06-06"),  # Sunday to Thursday until the end of 2025
        ("ASEX", None, "2015-08-03", "2015-07-15"),  # closed from 29 June to 31 July 2015
        ("ASEX", None, "2024-05-07", "2024-05-06"),  # Monday of the Orthodox Easter
        ("XBSE", None, "2024-05-07", "2024-05-06"),
    ],
)
def test_a_venue_has_the_sessions_its_exchange_published(
    name: str, weekend: str | None, weekday: str, holiday: str
) -> None:
    for day in filter(None, (weekend, weekday)):
        assert sessions_of(name, date.fromisoformat(day)), day
    assert not sessions_of(name, date.fromisoformat(holiday))


def test_weekends_of_a_venue_with_working_ones_are_assumed() -> None:
    assert "2024-01-15..2024-01-21, " in calendar("XBOM").rows[1].assumed


@pytest.mark.slow
def test_every_venue_of_the_library_can_be_built() -> None:
    for name in calendar_names():
        assert calendar(name).zone


def test_an_unknown_calendar_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'MOEX-FX'"):
        calendar("MOEX-FXX")


@pytest.mark.parametrize("name", CALENDARS)
def test_every_table_is_ordered_sourced_and_books_no_trade_backwards(name: str) -> None:
    made = calendar(name)
    table = made.table
    assert (table.opens[1:] >= table.closes[:-1]).all()
    assert (np.diff(table.trading_day) >= 0).all()
    assert all(row.source for row in made.rows)
    assert all(halt.source for halt in made.halts)


@pytest.mark.parametrize("name", [name for name in CALENDARS if name.startswith("MOEX")])
def test_the_rows_of_moscow_leave_no_day_unspoken_for(name: str) -> None:
    made = calendar(name)
    days = np.arange(as_day(made.valid_from), as_day(made.documented_to) + 1)
    weekdays = days[(days + 3) % 7 < 5]
    assert not (standings(made, weekdays) == "projected").any()


def test_a_bar_that_begins_where_a_session_ends_lies_outside_it() -> None:
    venue = calendar("MOEX-FX")
    # 13 April 2021: 07:00-23:50 in Moscow, 04:00-20:50 UTC.
    midnight = as_day(date(2021, 4, 13)) * DAY_US
    closes = midnight + np.array([4 * 60, 4 * 60 + 1, 20 * 60 + 50, 20 * 60 + 51]) * MINUTE_US
    for order in ([0, 1, 2, 3], [3, 1, 2, 0]):  # in order and not: two ways to look, one answer
        inside = session_rows(venue, closes[order], MINUTE_US) >= 0
        assert inside.tolist() == [[False, True, True, False][row] for row in order]


def test_trading_days_of_instants_at_once() -> None:
    at = [datetime(2025, 3, 8, 12, tzinfo=MOSCOW), datetime(2025, 3, 10, 12, tzinfo=MOSCOW)]
    found = trading_day(calendar("MOEX-SHARES"), np.array([instant_us(i) for i in at]))
    assert found.tolist() == [as_day(date(2025, 3, 10))] * 2


def test_a_range_shows_the_changes() -> None:
    changes = schedule_changes(calendar("MOEX-SHARES"), date(2022, 2, 21), date(2022, 4, 1))
    assert [str(day) for day, _ in changes] == [
        *["2022-02-21", "2022-02-23", "2022-02-24", "2022-02-25", "2022-02-28", "2022-03-24", "2022-03-30"]
    ]


@pytest.mark.parametrize(
    ("reading", "verb", "readings"),
    [
        ("2014-10-26T01:30", "happened twice", ("2014-10-25 21:30", "2014-10-25 22:30")),
        ("2011-03-27T02:30", "never happened", ("2011-03-26 23:30", "2011-03-26 22:30")),
    ],
)
def test_a_local_time_that_is_no_instant_shows_both_readings(
    reading: str, verb: str, readings: tuple[str, str]
) -> None:
    wall = np.array([reading], dtype="datetime64[us]").astype(np.int64)
    with pytest.raises(CalendarError, match=verb) as caught:
        instants_from_wall(wall, "Europe/Moscow")
    assert all(shown in str(caught.value) for shown in readings)


# Closes published by the exchanges (UTC); the sources stand in market/tables/venues.toml.
PUBLISHED_CLOSES = [
    ("BVMF", "2017-03-13", "20:00"),
    ("BVMF", "2017-10-13", "20:00"),  # 17:00 three hours behind UTC
    ("BVMF", "2017-10-16", "20:00"),  # 18:00 two hours behind UTC: Reuters, 25 September 2017
    ("BVMF", "2018-02-19", "21:00"),  # Brazil's summer time ended on 17 February
    ("BVMF", "2018-03-09", "21:00"),
    ("BVMF", "2018-03-12", "20:00"),  # Valor, March 2018
    ("BVMF", "2024-03-08", "21:00"),
    ("BVMF", "2024-03-11", "20:00"),  # New York's summer time begins on 10 March
    ("BVMF", "2024-11-01", "20:00"),
    ("BVMF", "2024-11-04", "21:00"),
    ("XKRX", "2019-11-14", "07:30"),
    ("XKRX", "2023-11-15", "06:30"),
    ("XKRX", "2023-11-16", "07:30"),  # the entrance exam: 16:30 in Seoul
    ("XBOM", "2023-11-10", "10:00"),
    ("XBOM", "2023-11-12", "13:45"),  # Muhurat trading on a Sunday, to 19:15 in Mumbai
    ("XBOM", "2025-10-21", "09:15"),
    ("XBOM", "2024-05-18", "07:00"),
    ("XTKS", "2024-11-01", "06:00"),
    ("XTKS", "2024-11-05", "06:30"),  # half an hour longer from this day on
    ("XASX", "2024-12-24", "03:10"),
    ("XHKG", "2024-12-24", "04:00"),
    ("XPAR", "2024-12-24", "13:05"),
    ("XOSL", "2024-03-27", "12:00"),
    ("XIST", "2023-02-15", "15:00"),
]


@pytest.mark.parametrize(("code", "day", "close"), PUBLISHED_CLOSES)
def test_closes_that_the_exchanges_published(code: str, day: str, close: str) -> None:
    table = calendar(code).table
    closes = table.closes[table.trading_day == as_day(date.fromisoformat(day))]
    assert datetime.fromtimestamp(closes.max() / 1e6, UTC).isoformat() == f"{day}T{close}:00+00:00"


def test_a_holiday_of_the_library_stays_one_within_corrected_hours() -> None:
    assert not (calendar("BVMF").table.trading_day == as_day(date(2024, 5, 1))).any()
    closed = [date(2023, 2, day) for day in range(9, 15)]  # Istanbul after the earthquake
    assert not np.isin(calendar("XIST").table.trading_day, [as_day(day) for day in closed]).any()


def test_a_traded_hour_on_a_holiday_is_a_bar(tmp_path: Path) -> None:
    rows = [("2023-11-09", 100), ("2023-11-10", 101), ("2023-11-12", 102), ("2023-11-13", 103), ("2023-11-15", 104)]
    path = tmp_path / "AAA.csv"
    path.write_text("Date,Close\n" + "".join(f"{day},{close}\n" for day, close in rows))
    (one,) = es.read_universe(path, calendar="XBOM")
    assert one.frame["close"].tolist() == [100, 101, 102, 103, 104]
