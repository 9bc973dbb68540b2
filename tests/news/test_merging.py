"""Several reports of one event on the command line: one event, in order, never more certain than its reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.news.events.event_files import read_events

WHITE_HOUSE = "Published: 2021-04-13T18:37+03:00\n\nReadout of the call.\n\nThe presidents spoke of a summit."
KREMLIN = "Published: 2021-04-13T20:10+03:00\n\nTelephone conversation.\n\nThe talk was businesslike."


def saved(folder: Path, **texts: str) -> list[str]:
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_two_read_outs_of_one_call_are_two_stamps_of_one_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, out = saved(tmp_path, kremlin=KREMLIN, house=WHITE_HOUSE), tmp_path / "events.toml"
    assert (
        run(["date", *paths, "--event", "call", "--policy", "first_report", "--out", str(out), "--accept", "--json"])
        == 0
    )
    found = json.loads(printed(capsys))
    # The first read-out made it public; the second, 93 minutes later, contradicts nothing.
    assert found["event_time"]["earliest"] == "2021-04-13T15:37:00+00:00"
    assert found["event_time"]["latest"] == "2021-04-13T15:37:59.999999+00:00"
    assert [line.split(":")[0] for line in found["order"]] == ["house", "kremlin"]
    (event,) = read_events(out)
    assert (event.id, event.items) == ("call", ("house", "kremlin"))


def test_publications_alone_leave_the_beginning_to_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths, out = saved(tmp_path, kremlin=KREMLIN, house=WHITE_HOUSE), tmp_path / "events.toml"
    assert run(["date", *paths, "--event", "call", "--out", str(out)]) == 1
    text = out.read_text(encoding="utf-8")
    assert "# decide: half_open: None of the reports of call says since when it was public." in text
    assert "public by 2021-04-13T15:37:59.999999+00:00" in text
    assert "needs review of 2 reports" in printed(capsys)


def test_a_happening_bounds_the_beginning_and_the_first_report_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happened = "Published: 2021-04-13T19:30+03:00\n\nThey spoke by telephone at 17:10 Moscow time on 13 April 2021."
    paths, out = saved(tmp_path, happened=happened, house=WHITE_HOUSE), tmp_path / "events.toml"
    assert run(["date", *paths, "--event", "call", "--out", str(out), "--accept"]) == 0
    (event,) = read_events(out)
    assert event.time.earliest.isoformat() == "2021-04-13T14:10:00+00:00"
    assert event.time.latest.isoformat() == "2021-04-13T15:37:59.999999+00:00"
    printed(capsys)


def test_reports_that_exclude_one_another_are_not_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = "Published: 2021-04-13T21:30+03:00\n\nThey spoke by telephone at 19:10 Moscow time on 13 April 2021."
    paths, out = saved(tmp_path, late=late, house=WHITE_HOUSE), tmp_path / "events.toml"
    assert run(["date", *paths, "--event", "call", "--out", str(out), "--accept"]) == 1
    with pytest.raises(Exception, match="one \\[\\[event\\]\\]"):
        read_events(out)
    assert "reports_disagree" in printed(capsys)


COPY = "The bank of the republic said at 10:00 UTC on 13 April 2021 that it had cut its key rate by a quarter point."


def test_copies_of_one_text_are_one_event_and_another_story_is_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "The ministry of trade said at 12:00 UTC on 13 April 2021 that exports of grain had fallen by a tenth."
    paths = saved(tmp_path, a=COPY, b=f"{COPY} (Reporting by N.N.)", c=other)
    out = tmp_path / "events.toml"
    published = ["--published", "2021-04-13T12:30Z"]
    assert run(["date", *paths, *published, "--out", str(out), "--accept"]) == 0
    one, two = read_events(out)
    assert one.items == ("a", "b")
    assert one.time.earliest.isoformat() == "2021-04-13T10:00:00+00:00"
    assert two.items == ("c",)
    printed(capsys)


def test_an_update_is_kept_in_order_and_bounds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = "<meta property='og:url' content='https://example.org/story'/>"
    page = f"<html><head><title>{{t}}</title>{link}{{m}}</head><body><p>{{p}}</p></body></html>"
    stamp = '<meta property="article:{0}_time" content="{1}"/>'
    first = page.format(t="Call", m=stamp.format("published", "2021-04-13T18:37+03:00"), p="They spoke today.")
    second = page.format(
        t="Call: more",
        m=stamp.format("published", "2021-04-13T18:37+03:00") + stamp.format("modified", "2021-04-13T19:05+03:00"),
        p="They spoke today, of many other things too, and at length.",
    )
    (tmp_path / "1.html").write_text(first, encoding="utf-8")
    (tmp_path / "2.html").write_text(second, encoding="utf-8")
    out = tmp_path / "events.toml"
    # One address is one story: two versions, one event.
    assert (
        run(["date", str(tmp_path / "1.html"), str(tmp_path / "2.html"), "--policy", "first_report", "--out", str(out)])
        == 0
    )
    (event,) = read_events(out)
    assert len(event.items) == 2
    assert event.time.latest.isoformat() == "2021-04-13T15:37:59.999999+00:00"
    assert any("update: 2021-04-13T19:05+03:00" in line for line in event.time.evidence)
    printed(capsys)


def test_the_command_maps_the_columns_of_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("WHEN\tXX\n13.04.2021 18:37\tThe talks ended.\n", encoding="utf-8")
    told_columns = ["--column", "text=XX", "--column", "published=WHEN", "--zone", "Europe/Moscow"]
    assert run(["date", str(table), *told_columns, "--policy", "first_report", "--json"]) == 0
    assert json.loads(printed(capsys))["event_time"]["earliest"] == "2021-04-13T15:37:00+00:00"
    assert run(["date", str(table)]) == 4
    printed(capsys)


def events_of(tmp_path: Path, table: str) -> list[tuple[str, tuple[str, ...], dict[str, float | str]]]:
    (tmp_path / "rows.csv").write_text(table, encoding="utf-8")
    found = es.date_news(es.read_news(tmp_path / "rows.csv"), policy="first_report").events
    return [(str(e.time.day and e.time.day.session), e.instruments, dict(e.attributes)) for e in found]


def test_rows_about_other_firms_sessions_or_values_are_other_events(tmp_path: Path) -> None:
    # Two firms that report on neighboring days: in every time zone their days meet, and neither row has a headline.
    calendar = "symbol,hour,date,epsEstimate\nJPM,amc,2021-04-13,1\nGS,bmo,2021-04-14,2\nGS,amc,2021-04-14,2\n"
    assert events_of(tmp_path, calendar) == [
        ("amc", ("JPM",), {"epsEstimate": 1.0}),
        ("bmo", ("GS",), {"epsEstimate": 2.0}),
        ("amc", ("GS",), {"epsEstimate": 2.0}),
    ]
    firms = "date,ticker,title,surprise\n2021-04-13,IBM,Earnings release,1\n2021-04-13,MSFT,Earnings release,2\n"
    assert [(i, a["surprise"]) for _, i, a in events_of(tmp_path, firms)] == [(("IBM",), 1.0), (("MSFT",), 2.0)]
    countries = "date,title,currency\n2021-04-13T08:30Z,CPI m/m,USD\n2021-04-13T08:30Z,CPI m/m,EUR\n"
    assert [a["currency"] for _, _, a in events_of(tmp_path, countries)] == ["USD", "EUR"]
    # Copies of one text, with overlapping lists of instruments or none, stay one event.
    text = "The bank said that it will close 50 of its branches by the end of the year."
    stamp = "2021-04-13T08:30Z"
    copies = f"date,ticker,text\n{stamp},IBM,{text}\n{stamp},IBM;MSFT,{text}\n{stamp},,{text}\n"
    assert [i for _, i, _ in events_of(tmp_path, copies)] == [("IBM", "MSFT")]
