"""Event lists as people have them: sessions, dates, clock times, further columns, and one message per mistake."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, time
from pathlib import Path

import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import EventFileError, StampError
from eventstudy.news.events.event_files import read_events
from eventstudy.news.events.event_rows import clock_words
from eventstudy.news.events.event_sessions import time_of_day
from eventstudy.news.events.merging import Proposal
from eventstudy.news.events.writing import csv_lines, proposal_blocks, write_new
from eventstudy.news.items import EventDay
from eventstudy.news.session_words import session_of


def saved(tmp_path: Path, text: str, name: str = "e.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def interval(event: es.Event) -> tuple[str, str]:
    return event.time.earliest.isoformat()[:16], event.time.latest.isoformat()[:16]


@pytest.mark.parametrize(
    ("words", "session"),
    [
        *[(w, "bmo") for w in ("bmo", "BMO", "pre-market", "Before Market Open", "before the market opens", "BTO")],
        *[(w, "amc") for w in ("amc", "time-after-hours", "After Market Close", "post market", "after the bell")],
        *[(w, "dmh") for w in ("dmh", "during market hours", "During Trading", "intraday")],
        *[(w, "") for w in ("", "--", "time-not-supplied", "TNS")],
        *[(w, None) for w in ("16:05", "before close", "noon", "before and after", "market", "after 5")],
    ],
)
def test_sessions_in_words(words: str, session: str | None) -> None:
    assert session_of(words) == session


# The hours of the New York Stock Exchange: 9:30 to 16:00; closed on Good Friday, 14 April 2017.
@pytest.mark.parametrize(
    ("day", "session", "expected"),
    [
        ("2017-04-18", "bmo", ("2017-04-17T20:00", "2017-04-18T13:30")),
        ("2017-04-18", "dmh", ("2017-04-18T13:30", "2017-04-18T20:00")),
        ("2017-04-13", "amc", ("2017-04-13T20:00", "2017-04-17T13:30")),
        ("2017-04-14", "bmo", ("2017-04-13T20:00", "2017-04-17T13:30")),
        ("2017-04-14", "amc", ("2017-04-13T20:00", "2017-04-17T13:30")),
        ("2017-11-24", "amc", ("2017-11-24T18:00", "2017-11-27T14:30")),  # the short day after Thanksgiving
        ("2017-04-18", "", ("2017-04-18T04:00", "2017-04-19T03:59")),
    ],
)
def test_sessions_on_the_exchange_of_the_instrument(
    tmp_path: Path, day: str, session: str, expected: tuple[str, str]
) -> None:
    path = saved(tmp_path, f"ticker,date,session,calendar\nIBM,{day},{session},XNYS\n")
    (event,) = read_events(path)
    assert interval(event) == expected
    assert event.time.day == EventDay(date.fromisoformat(day), session, event.time.day.zone)  # type: ignore[arg-type, union-attr]


def test_market_hours_on_a_holiday_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "ticker,date,session,calendar\nIBM,2017-04-14,dmh,XNYS\n")
    with pytest.raises(EventFileError, match=r"e\.csv:2:1: session: XNYS does not trade on 2017-04-14"):
        read_events(path)


def test_a_date_without_a_zone_is_that_day_on_every_clock(tmp_path: Path) -> None:
    (event,) = read_events(saved(tmp_path, "ticker,date\nIBM,2017-04-18\n"))
    assert interval(event) == ("2017-04-17T10:00", "2017-04-19T11:59")
    (moscow,) = read_events(saved(tmp_path, "ticker,date\nSBER,2021-04-13\n"))  # its exchange is known
    assert interval(moscow) == ("2021-04-12T21:00", "2021-04-13T20:59")
    (zoned,) = read_events(saved(tmp_path, "ticker,date\nIBM,2017-04-18\n"), timezone="America/New_York")
    assert interval(zoned) == ("2017-04-18T04:00", "2017-04-19T03:59")


@pytest.mark.parametrize(
    ("cells", "earliest"),
    [
        ("2017-04-18,4:06 PM", "2017-04-18T20:06"),
        ("20170418,1606", "2017-04-18T20:06"),
        ("20170418,93000", "2017-04-18T13:30"),
        ("18/04/2017,16:06", "2017-04-18T20:06"),
        ("2017-04-18,16:06 Europe/London", "2017-04-18T15:06"),
        ("2017-04-18,16:06+03:00", "2017-04-18T13:06"),
        ("2017-04-18,16:06:30Z", "2017-04-18T16:06"),
        ("2017-04-18,12:00 AM", "2017-04-18T04:00"),
    ],
)
def test_dates_and_times_apart(tmp_path: Path, cells: str, earliest: str) -> None:
    (event,) = read_events(saved(tmp_path, f"symbol,date,time\nIBM,{cells}\n"), timezone="America/New_York")
    assert event.time.earliest.isoformat()[:16] == earliest
    assert event.time.day is None


@pytest.mark.parametrize("cell", ["noonish", "25", "13:00 PM", "4:06 PM ish today", "9:5", "1"])
def test_a_time_cell_with_other_words_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(EventFileError, match="time:"):
        read_events(saved(tmp_path, f"symbol,date,time\nIBM,2017-04-18,{cell}\n"), timezone="America/New_York")
    assert clock_words(time(9, 30)) == "09:30:00"


def test_a_session_in_the_time_column_is_one(tmp_path: Path) -> None:
    one, two = read_events(saved(tmp_path, "ticker,date,time\nIBM,2017-04-18,amc\nGE,2017-04-21,--\n"))
    assert one.time.day == EventDay(date(2017, 4, 18), "amc")
    assert two.time.day == EventDay(date(2017, 4, 21))


def test_the_order_of_numeric_dates_is_proved_by_other_rows(tmp_path: Path) -> None:
    path = saved(tmp_path, "ticker,date\nIBM,04/05/2019\nGE,31/10/2019\n")
    assert [e.time.day.date for e in read_events(path)] == [date(2019, 5, 4), date(2019, 10, 31)]  # type: ignore[union-attr]
    path = saved(tmp_path, "ticker,date\nIBM,04/05/2019\nGE,10/31/2019\n")
    assert [e.time.day.date for e in read_events(path)] == [date(2019, 4, 5), date(2019, 10, 31)]  # type: ignore[union-attr]
    for cells in ("IBM,04/05/2019\n", "IBM,04/05/2019\nGE,31/10/2019\nBA,10/31/2019\n"):
        with pytest.raises(EventFileError, match="no other row proves the order"):
            read_events(saved(tmp_path, f"ticker,date\n{cells}"))


def test_dates_with_a_blank_after_each_dot_are_dates(tmp_path: Path) -> None:
    path = saved(tmp_path, "ticker,date\nCEZ,5. 4. 2019\nKB,31. 10. 2019\n")
    assert [e.time.day.date for e in read_events(path)] == [date(2019, 4, 5), date(2019, 10, 31)]  # type: ignore[union-attr]
    with pytest.raises(EventFileError, match=r"has no 2019-02-30"):
        read_events(saved(tmp_path, "ticker,date\nCEZ,30. 02. 2019\n"))


def test_further_columns_are_attributes_and_numbers_are_numbers(tmp_path: Path) -> None:
    text = "permno,date,surprise,cik,note,empty\n10107,2017-04-18,1.5,0000320193,a b,\n"
    (event,) = read_events(saved(tmp_path, text))
    assert event.instruments == ("10107",)
    assert dict(event.attributes) == {"surprise": 1.5, "cik": "0000320193", "note": "a b"}


def test_two_firms_in_one_minute_have_two_ids_and_equal_rows_one(tmp_path: Path) -> None:
    text = "ticker,time\nMA,2017-01-31T13:00Z\nXOM,2017-01-31T13:00Z\nXOM,2017-01-31T13:00Z\n"
    events = read_events(saved(tmp_path, text))
    assert len({e.id for e in events}) == 2
    assert events[1] == events[2]
    text = "ticker,date,kind\nMA,2017-01-31,split\nMA,2017-01-31,dividend\n"
    assert len({e.id for e in read_events(saved(tmp_path, text))}) == 2


def test_one_mistake_in_many_rows_is_one_message(tmp_path: Path) -> None:
    rows = "".join(f"S{n},2017-01-{n % 28 + 1:02},{n % 12 + 1}:05 PM\n" for n in range(84))
    with pytest.raises(EventFileError) as caught:
        read_events(saved(tmp_path, f"ticker,date,time\n{rows}"))
    (line,) = str(caught.value).splitlines()
    assert "84 rows: lines 2, 3, 4, 5, 6, ..." in line
    assert "has no time zone" in line
    assert '[events] timezone = "America/New_York"' in line


def test_excel_parquet_and_gzip_read_like_csv(tmp_path: Path) -> None:
    text = "ticker,date,time,session,surprise\nIBM,2017-04-18,16:06,amc,1.5\nGE,2017-04-21,06:30,bmo,\n"
    plain = read_events(saved(tmp_path, text), timezone="America/New_York")
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(text.encode()))
    frame = pd.DataFrame(
        {
            "ticker": ["IBM", "GE"],
            "date": pd.to_datetime(["2017-04-18", "2017-04-21"]),
            "time": [time(16, 6), time(6, 30)],
            "session": ["amc", "bmo"],
            "surprise": [1.5, None],
        }
    )
    frame.to_excel(tmp_path / "e.xlsx", index=False)
    frame.astype({"time": str}).to_parquet(tmp_path / "e.parquet")
    for name in ("e.csv.gz", "e.xlsx", "e.parquet"):
        found = read_events(tmp_path / name, timezone="America/New_York")
        assert [e.time.earliest for e in found] == [e.time.earliest for e in plain], name
        assert [e.instruments for e in found] == [("IBM",), ("GE",)]
        assert [e.attributes.get("surprise") for e in found] == [1.5, None]


def test_midnights_in_every_row_are_dates(tmp_path: Path) -> None:
    rows = "IBM,2017-04-18 00:00:00\nGE,2017-04-21 00:00:00\n"
    assert all(e.time.day for e in read_events(saved(tmp_path, f"ticker,date\n{rows}")))
    with pytest.raises(EventFileError, match="no time zone"):
        read_events(saved(tmp_path, f"ticker,date\n{rows}BA,2017-04-21 08:00:00\n"))


def test_dates_sessions_and_attributes_survive_writing(tmp_path: Path) -> None:
    text = "ticker,date,session,surprise,calendar\nIBM,2017-04-18,amc,1.5,XNYS\nGE,2017-04-21,,=1+1,\n"
    events = read_events(saved(tmp_path, text))
    toml = write_new(tmp_path / "e.toml", proposal_blocks(map(Proposal, events), accept=True))
    assert read_events(toml) == events
    again = read_events(saved(tmp_path, "".join(csv_lines(events)), "again.csv"))
    assert [e.time for e in again] == [e.time for e in events]
    # A cell that a spreadsheet would run as a formula is written as text.
    assert again[1].attributes["surprise"] == "'=1+1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("ticker,surprise\nIBM,1\n", "no column holds a date or a time; found ticker, surprise"),
        ("ticker,date,session\nIBM,2017-04-18,sometime\n", "'sometime' is not a session"),
        ("ticker,date\nIBM,2017-02-30\n", "2017-02-30"),
        ("ticker,date,time\nIBM,2017-04-18T10:00Z,10:00\n", "already holds a time of day"),
        ("ticker,session\nIBM,bmo\n", "no column holds a date or a time"),
    ],
)
def test_a_list_that_breaks_a_rule_says_how(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EventFileError, match=said):
        read_events(saved(tmp_path, text))


def test_a_day_outside_the_calendar_is_refused() -> None:
    with pytest.raises(StampError, match="outside the calendar"):
        time_of_day(EventDay(date(1800, 1, 2), "bmo"), "MOEX-SHARES")
    assert time_of_day(EventDay(date(2021, 4, 13)), "MOEX-SHARES").earliest == datetime(2021, 4, 12, 21, tzinfo=UTC)


def test_the_check_says_once_that_events_have_only_a_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"S{n},2017-01-{n % 28 + 1:02},{'amc' if n < 4 else ''}\n" for n in range(84))
    assert run(["events", "check", str(saved(tmp_path, f"ticker,date,session\n{rows}"))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "date_only: 80 of 84 events have only a date" in lines[1]


def test_the_calendars_of_vendors_are_event_lists(tmp_path: Path) -> None:
    finnhub = '{"earningsCalendar":[{"date":"2020-01-28","epsEstimate":4.5,"hour":"amc","symbol":"AAPL"}]}'
    nasdaq = (
        '{"data":{"asOf":"Thu, May 2, 2024","rows":[{"lastYearRptDt":"5/04/2023","time":"time-after-hours",'
        '"symbol":"AAPL","epsForecast":"$1.51"}]}}'
    )
    (one,) = read_events(saved(tmp_path, finnhub, "f.json"))
    assert interval(one) == ("2020-01-28T21:00", "2020-01-29T14:30")
    (two,) = read_events(saved(tmp_path, nasdaq, "n.json"))
    assert interval(two) == ("2024-05-02T20:00", "2024-05-03T13:30")
    assert (two.instruments, two.attributes["epsForecast"]) == (("AAPL",), "$1.51")


@pytest.mark.parametrize("where", ["argument", "column"])
def test_a_misspelled_zone_is_named(tmp_path: Path, where: str) -> None:
    text = "ticker,date,timezone\nIBM,2017-04-18,Mars/X\n" if where == "column" else "ticker,date\nIBM,2017-04-18\n"
    with pytest.raises((EventFileError, StampError), match="Mars/X"):
        read_events(saved(tmp_path, text), timezone="Mars/X" if where == "argument" else "")


def test_ids_made_for_rows_can_be_read(tmp_path: Path) -> None:
    events = read_events(saved(tmp_path, "ticker,date,session\nIBM,27/02/2017,amc\nGE,28/02/2017,\n"))
    assert [e.id for e in events] == ["IBM-27-02-2017-amc", "GE-28-02-2017"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("0001-01-01,", "outside the years"),
        ("9999-12-31,", "9999"),
        ("2017-04-18,XXX", "calendar: Unknown calendar 'XXX'"),
    ],
)
def test_impossible_days_and_calendars_have_their_line(tmp_path: Path, cells: str, said: str) -> None:
    with pytest.raises(EventFileError, match=rf"e\.csv:2:1: .*{said}"):
        read_events(saved(tmp_path, f"ticker,date,calendar\nIBM,{cells}\n"))


def test_the_check_counts_repeated_rows_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "ticker,date,session\n" + "IBM,2017-04-18,amc\n" * 500)
    assert run(["events", "check", str(path)]) == 1
    assert "repeated: 499 rows repeat another row" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "meant"),
    [("tickr", "ticker"), ("Instrment", "instrument"), ("Symbols", "symbol"), ("sesion", "session")],
)
def test_a_misspelled_column_is_no_attribute_that_moves_events_to_every_instrument(
    tmp_path: Path, column: str, meant: str
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(f"date,{column}\n2024-02-26,S01\n")
    with pytest.raises(EventFileError, match=f"column '{column}' looks like `{meant}`.* Rename it"):
        read_events(path)


def test_a_column_like_that_of_another_role_is_an_attribute_where_the_role_is_given(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("date,ticker,tickr,instrument_type,permco,hours\n2024-02-26,S01,old,share,7,8\n")
    (event,) = read_events(path)
    assert event.instruments == ("S01",)
    assert dict(event.attributes) == {"tickr": "old", "instrument_type": "share", "permco": 7.0, "hours": 8.0}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("date,time|2023-05-04 (est.),", "'est' is not read"),
        ("date,time|2023-01-04 est,", "'est' is not read"),
        ("date,time|2023-05-04 EST,", "not in force on 2023-05-04"),
        ("date,time|45050,", "day number of a spreadsheet"),
        ("date,time|2023-05-04,34200", "3:42:00, or 9:30:00 as seconds since midnight"),
        ("expected,time|2023-05-04,After Market Close", "is a session, and the row has no `date`"),
    ],
)
def test_what_only_looks_like_a_time_is_refused(tmp_path: Path, row: str, said: str) -> None:
    header, cells = row.split("|")
    with pytest.raises(EventFileError, match=said):
        read_events(saved(tmp_path, f"symbol,{header}\nIBM,{cells}\n"), timezone="America/New_York")


@pytest.mark.parametrize(
    ("cells", "earliest", "latest"),
    [
        ("2023-05-04,4pm", "20:00:00", "20:59:59"),  # a time is an interval of its precision, as in every stamp
        ("2023-05-04,4 PMEDT", "20:00:00", "20:59:59"),  # as Yahoo writes it
        ("2023-05-04,16.05", "20:05:00", "20:05:59"),
        ("2023-05-04,07:00 UK time", "06:00:00", "06:00:59"),
    ],
)
def test_times_of_day_are_read_as_stamps_are(tmp_path: Path, cells: str, earliest: str, latest: str) -> None:
    (event,) = read_events(saved(tmp_path, f"symbol,date,time\nIBM,{cells}\n"), timezone="America/New_York")
    assert (f"{event.time.earliest:%H:%M:%S}", f"{event.time.latest:%H:%M:%S}") == (earliest, latest)


def test_a_column_of_midnights_is_a_missing_time(tmp_path: Path) -> None:
    text = "symbol,reportDate,time\nIBM,2023-05-04,00:00\nGE,2023-05-05,{}\n"
    dates = read_events(saved(tmp_path, text.format("0:00:00")), timezone="America/New_York")
    assert [e.time.day is not None and e.time.day.date.day for e in dates] == [4, 5]
    times = read_events(saved(tmp_path, text.format("16:05")), timezone="America/New_York")
    assert [e.time.day for e in times] == [None, None]


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("\"['AAPL', 'MSFT']\"", ("AAPL", "MSFT")),  # a list that pandas saved
        ("AAPL US Equity; BRK/B US Equity", ("AAPL US Equity", "BRK/B US Equity")),
        ("US0378331005", ("US0378331005",)),
    ],
)
def test_codes_of_one_cell(tmp_path: Path, cell: str, codes: tuple[str, ...]) -> None:
    (event,) = read_events(saved(tmp_path, f"isin,date\n{cell},2023-05-04\n"))
    assert event.instruments == codes


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    rows = pd.DataFrame({"ticker": ["AAPL"], "date": ["2023-05-04"]})
    with pd.ExcelWriter(tmp_path / "e.xlsx") as book:
        pd.DataFrame({"about": ["read me"]}).to_excel(book, sheet_name="Notes", index=False)
        rows.to_excel(book, sheet_name="2023", index=False)
    assert [e.instruments for e in read_events(tmp_path / "e.xlsx")] == [("AAPL",)]
    with pd.ExcelWriter(tmp_path / "two.xlsx") as book:
        rows.to_excel(book, sheet_name="2022", index=False)
        rows.to_excel(book, sheet_name="2023", index=False)
    with pytest.raises(EventFileError, match="sheets 2022, 2023 have the same columns"):
        read_events(tmp_path / "two.xlsx")


# A list whose column of sessions has a name of its writer: the cells say what they are.
@pytest.mark.parametrize("column", ["Timing", "When", "Call slot"])
def test_a_column_of_sessions_counts_under_any_name(tmp_path: Path, column: str) -> None:
    named, other = (
        saved(tmp_path, f"ticker,date,{head}\nA,2017-04-18,bmo\nB,2017-04-13,After Market Close\nC,2017-04-19,\n", file)
        for head, file in (("session", "named.csv"), (column, "other.csv"))
    )
    days = [event.time.day for event in read_events(other)]
    assert [day.session for day in days if day] == ["bmo", "amc", ""]
    assert days == [event.time.day for event in read_events(named)]
    assert read_events(other)[0].attributes[column] == "bmo"


@pytest.mark.parametrize("cells", [("pre", "post"), ("bmo", "10:30"), ("TNS", "--"), ("bmo", "first")])
def test_a_column_that_may_be_something_else_is_an_attribute(tmp_path: Path, cells: tuple[str, str]) -> None:
    path = saved(tmp_path, f"ticker,date,regime\nA,2017-04-18,{cells[0]}\nB,2017-04-13,{cells[1]}\n")
    assert [event.time.day.session for event in read_events(path) if event.time.day] == ["", ""]


def test_two_columns_of_sessions_without_the_name_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "ticker,date,this,last\nA,2017-04-18,bmo,amc\n")
    with pytest.raises(EventFileError, match="'this' and 'last' hold trading sessions"):
        read_events(path)


@pytest.mark.parametrize("column", ["Uhrzeit", "At", "Release clock"])
def test_a_column_of_times_of_day_beside_a_date_counts_under_any_name(tmp_path: Path, column: str) -> None:
    path = saved(tmp_path, f"ticker,date,{column}\nA,2017-04-18,16:06\nB,2017-04-13,4:06 PM\nC,2017-04-19,\n")
    events = read_events(path, timezone="America/New_York")
    # 16:06 in New York in April is 20:06 UTC; a row without a time is its day.
    assert [interval(event)[0] for event in events[:2]] == ["2017-04-18T20:06", "2017-04-13T20:06"]
    assert [event.time.day is not None for event in events] == [False, False, True]
    assert events[0].attributes[column] == "16:06"
    with pytest.raises(EventFileError, match="has no time zone"):
        read_events(path)


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        *[("ratio", "16:9"), ("split", "10:01"), ("duration", "01:30"), ("spread", "1.30"), ("clock", "00:00")],
        *[("opens (attribute)", "9:30 AM"), ("when", "16:06 or so 3"), ("score", "45:20 pm"), ("lasts", "16:06 hours")],
    ],
)
def test_a_column_that_is_no_time_or_is_declared_as_an_attribute_dates_nothing(
    tmp_path: Path, head: str, cells: str
) -> None:
    (event,) = read_events(saved(tmp_path, f"ticker,date,{head}\nA,2017-04-18,{cells}\n"), timezone="UTC")
    assert event.time.day is not None
    assert head in event.attributes


def test_a_date_that_holds_its_time_takes_no_other_column(tmp_path: Path) -> None:
    (event,) = read_events(saved(tmp_path, "ticker,date,call\nA,2017-04-18T20:06Z,5:00 PM ET\n"))
    assert interval(event)[0] == "2017-04-18T20:06"


def test_two_columns_of_times_without_the_name_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "ticker,date,released,call\nA,2017-04-18,4:06 PM,5:00 PM\n")
    with pytest.raises(EventFileError, match="'released' and 'call' hold times of day, and none is named `time`"):
        read_events(path)


def test_an_id_does_not_repeat_the_ticker_that_begins_the_label(tmp_path: Path) -> None:
    events = read_events(saved(tmp_path, "ticker,label,date\nIBM,IBM results,2017-02-27\nGE,Results,2017-02-28\n"))
    assert [e.id for e in events] == ["IBM-results-2017-02-27", "GE-Results-2017-02-28"]
