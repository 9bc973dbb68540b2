"""Dumps of vendors: every item with its own clock, its instruments and its columns, or a reason; made by this file."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.cli.app import run
from eventstudy.errors import NewsError, StampError
from eventstudy.news.dated import date_news
from eventstudy.news.events.event_files import read_events
from eventstudy.news.items import NewsItem
from eventstudy.news.raw_rows import json_value
from eventstudy.news.readers import read_news
from eventstudy.news.stamps import read_stamp

NO_NEWS = {  # a service message and a picture without words
    "name": "Channel",
    "messages": [
        {
            "id": 1,
            "type": "service",
            "date_unixtime": "1618327200",
            "action": "create_channel",
            "title": "C",
            "text": "",
        },
        {"id": 2, "type": "message", "date_unixtime": "1618327230", "photo": "p.jpg", "text": ""},
        {"id": 3, "type": "message", "date_unixtime": "1618327260", "text": ["A ", {"text": "call"}]},
    ],
}
TELEGRAM = {
    "name": "Channel",
    "messages": [
        {"id": 7, "date": "2021-04-13T18:21:00", "date_unixtime": "1618327260", "text": ["A ", {"text": "call"}]},
    ],
}
ISS = {"sitenews": {"columns": ["id", "tag", "title", "published_at", "modified_at"],
                    "data": [[1, "site", "T", "2021-04-13 18:21:00", "2021-04-13 19:00:00"]]}}  # fmt: skip
REDDIT = {"kind": "Listing", "data": {"after": None, "children": [
    {"kind": "t3", "data": {"id": "a", "title": "T", "created": 1611896400.0, "created_utc": 1611867600.0}},
]}}  # fmt: skip
NASDAQ = {"data": {"asOf": "Thu, May 2, 2024", "rows": [
    {"lastYearRptDt": "5/04/2023", "time": "time-after-hours", "symbol": "AAPL", "name": "Apple"}]}}  # fmt: skip
EDGAR = {"cik": "1", "tickers": ["X"], "filings": {"recent": {
    "accessionNumber": ["a-1", "a-2"], "form": ["8-K", "8-K"],
    "acceptanceDateTime": ["2025-05-01T16:21:59.000Z", "2025-04-30T07:30:32.000Z"]}, "files": []}}  # fmt: skip

# Vendor -> (file, content, first instant or the rule its time breaks, instruments, session).
DUMPS = {
    "newsapi": ("n.json", {"status": "ok", "articles": [{"source": {"id": "r", "name": "R"}, "title": "T",
        "publishedAt": "2023-04-03T10:15:00Z"}]}, "2023-04-03T10:15:00+00:00", (), ""),
    "polygon": ("n.json", {"count": 1, "results": [{"id": "x", "title": "T", "tickers": ["UBS", "IBM"],
        "published_utc": "2024-06-24T18:33:53Z"}]}, "2024-06-24T18:33:53+00:00", ("UBS", "IBM"), ""),
    "alpaca": ("n.json", {"news": [{"headline": "T", "id": 1, "symbols": ["AAPL"],
        "created_at": "2021-12-31T11:08:42Z", "updated_at": "2021-12-31T12:00:00Z"}], "next_page_token": None},
        "2021-12-31T11:08:42+00:00", ("AAPL",), ""),
    "alpha vantage": ("n.json", {"items": "50", "feed": [{"title": "T", "time_published": "20220410T013000",
        "ticker_sentiment": [{"ticker": "AAPL", "relevance_score": "0.5"}]}]}, "zone_unknown", ("AAPL",), ""),
    "finnhub news": ("n.json", [{"datetime": 1596589501, "headline": "T", "id": 5, "related": "SQ"}],
        "2020-08-05T01:05:01+00:00", ("SQ",), ""),
    "finnhub calendar": ("n.json", {"earningsCalendar": [{"date": "2020-01-28", "epsEstimate": 4.5, "hour": "amc",
        "symbol": "AAPL"}]}, "zone_unknown", ("AAPL",), "amc"),
    "nasdaq calendar": ("n.json", NASDAQ, "zone_unknown", ("AAPL",), "amc"),
    "benzinga": ("n.json", [{"id": 2, "created": "Thu, 07 Apr 2022 15:39:57 -0400", "title": "T",
        "stocks": [{"name": "LPN"}]}], "2022-04-07T19:39:57+00:00", ("LPN",), ""),
    "gdelt doc": ("n.json", {"articles": [{"url": "u", "title": "T", "seendate": "20220615T181500Z",
        "sourcecountry": "US"}]}, "2022-06-15T18:15:00+00:00", (), ""),
    "gdelt gkg": ("n.csv", "20150218230000-0\t20150218230000\t1\tbbc\thttp://b" + "\tx" * 22 + "\n",
        "2015-02-18T23:00:00+00:00", (), ""),
    "gdelt events": ("n.tsv", "1\t20150218" + "\tx" * 57 + "\t20150218230000\thttp://b\n",
        "2015-02-18T23:00:00+00:00", (), ""),
    "ravenpack": ("n.csv", "TIMESTAMP_UTC,RP_STORY_ID,HEADLINE,RELEVANCE\n2019-05-13 12:30:15.123,S,T,100\n",
        "2019-05-13T12:30:15.123000+00:00", (), ""),
    "fnspid": ("n.csv", ",Date,Article_title,Stock_symbol,Url\n0.0,2020-06-05 06:30:54 UTC,T,A,u\n",
        "2020-06-05T06:30:54+00:00", ("A",), ""),
    "x v1": ("n.json", [{"created_at": "Wed Oct 10 20:19:24 +0000 2018", "id": 1, "text": "T"}],
        "2018-10-10T20:19:24+00:00", (), ""),
    "x v2": ("n.json", {"data": [{"id": "1", "created_at": "2019-12-31T19:26:16.000Z", "text": "T"}], "meta": {}},
        "2019-12-31T19:26:16+00:00", (), ""),
    "x archive": ("n.json", [{"id": 1, "text": "T", "date": 1564680391000}], "2019-08-01T17:26:31+00:00", (), ""),
    "reddit": ("n.json", REDDIT, "2021-01-28T21:00:00+00:00", (), ""),
    "telegram": ("n.json", TELEGRAM, "2021-04-13T15:21:00+00:00", (), ""),
    "edgar": ("n.json", EDGAR, "2025-05-01T20:21:59+00:00", ("X",), ""),
    "moex iss": ("n.json", ISS, "2021-04-13T15:21:00+00:00", (), ""),
    "forexfactory": ("n.csv", "Date,Time,Currency,Impact,Event\n2023-06-02,8:30am,USD,High,NFP\n",
        "zone_unknown", (), ""),
    "investing.com": ("n.csv", "id,date,time,zone,currency,importance,event\n1,03/02/2020,15:00,us,USD,high,ISM\n",
        "zone_unknown", (), ""),
    "yfinance": ("n.json", [{"uuid": "1", "title": "T", "providerPublishTime": 1648130400}],
        "2022-03-24T14:00:00+00:00", (), ""),
    # Vendors that no shape names.
    "tiingo": ("n.json", [{"id": 1, "title": "T", "publishedDate": "2017-02-02T22:19:48Z", "tickers": ["aapl"]}],
        "2017-02-02T22:19:48+00:00", ("aapl",), ""),
    "marketaux": ("n.json", {"meta": {"found": 1}, "data": [{"uuid": "u", "title": "T",
        "published_at": "2023-01-02T03:04:05.000000Z", "entities": [{"symbol": "TSLA"}]}]},
        "2023-01-02T03:04:05+00:00", ("TSLA",), ""),
    "guardian": ("n.json", {"response": {"status": "ok", "results": [{"id": "w/1", "webTitle": "T",
        "webPublicationDate": "2022-10-21T14:06:14Z", "webUrl": "u"}]}}, "2022-10-21T14:06:14+00:00", (), ""),
    "nyt": ("n.json", {"status": "OK", "response": {"docs": [{"abstract": "T", "headline": {"main": "H"},
        "pub_date": "2021-01-02T03:04:05+0000"}]}}, "2021-01-02T03:04:05+00:00", (), ""),
    # Wrapped, paged, and named in other ways.
    "other words": ("n.json", [{"headline": "T", "publishDate": "2023-05-04T20:06:07Z"}],
        "2023-05-04T20:06:07+00:00", (), ""),
    "pages": ("n.json", [
        {"news": [{"headline": "T", "created_at": "2023-05-04T20:06:07Z", "symbols": ["A"]}], "next": "q"},
        {"news": [{"headline": "U", "created_at": "2023-05-05T20:06:07Z", "symbols": ["B"]}], "next": None}],
        "2023-05-04T20:06:07+00:00", ("A",), ""),
    "iss, extended": ("n.json", [{"charsetinfo": {"name": "utf-8"}}, {"sitenews": [{"id": 1, "tag": "s", "title": "T",
        "published_at": "2021-04-13 18:21:00", "modified_at": "2021-04-13 19:00:00"}]}, {"cursor": [{"TOTAL": 1}]}],
        "2021-04-13T15:21:00+00:00", (), ""),
    "x v2 with its users": ("n.json", {"data": [{"id": "1", "created_at": "2019-12-31T19:26:16.000Z", "text": "T"}],
        "includes": {"users": [{"id": "2", "created_at": "2009-01-01T00:00:00.000Z", "description": "d"}]}},
        "2019-12-31T19:26:16+00:00", (), ""),
    "x archive of today": ("tweets.js", 'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "T", '
        '"created_at": "Wed Oct 10 20:19:24 +0000 2018"}}]', "2018-10-10T20:19:24+00:00", (), ""),
    "elasticsearch": ("n.json", {"hits": {"hits": [{"_id": "1", "_source": {"title": "T",
        "@timestamp": "2023-05-04T20:06:07Z"}}]}}, "2023-05-04T20:06:07+00:00", (), ""),
    "mongodb": ("n.jsonl", '{"_id": {"$oid": "6"}, "title": "T", "date": {"$date": "2023-05-04T20:06:07Z"}}\n',
        "2023-05-04T20:06:07+00:00", (), ""),
    "wordpress": ("n.json", [{"id": 1, "date": "2023-05-04T16:06:07", "date_gmt": "2023-05-04T20:06:07",
        "title": {"rendered": "T"}, "content": {"rendered": "<p>T</p>"}}], "2023-05-04T20:06:07+00:00", (), ""),
    "yfinance of today": ("n.json", [{"id": "a", "content": {"title": "T", "pubDate": "2023-05-04T20:06:07Z"}}],
        "2023-05-04T20:06:07+00:00", (), ""),
    "related tickers": ("n.csv", "title,providerPublishTime,relatedTickers\nT,1683230767,\"['A', 'B']\"\n",
        "2023-05-04T20:06:07+00:00", ("A", "B"), ""),
    "entities": ("n.json", {"data": [{"title": "T", "published_at": "2023-05-04T20:06:07Z",
        "entities": [{"symbol": "TSLA", "name": "Tesla, Inc."}]}]}, "2023-05-04T20:06:07+00:00", ("TSLA",), ""),
    "a column that names its clock": ("n.csv", "title,timestamp_utc\nT,20230504200607\n",
        "2023-05-04T20:06:07+00:00", (), ""),
    "eodhd": ("n.json", [{"date": "2021-04-13T15:37:00+00:00", "title": "T", "symbols": ["SBER.MCX"]}],
        "2021-04-13T15:37:00+00:00", ("SBER.MCX",), ""),
}  # fmt: skip


def saved(tmp_path: Path, name: str, content: object) -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def time_of(item: NewsItem) -> str:
    try:
        return read_stamp(
            next(text for name, text in item.stamps if name in ("published", "fetched"))
        ).start.isoformat()
    except StampError as error:
        return error.kind


@pytest.mark.parametrize("vendor", DUMPS)
def test_a_dump_is_read_by_its_shape(tmp_path: Path, vendor: str) -> None:
    name, content, when, instruments, session = DUMPS[vendor]
    item = read_news(saved(tmp_path, name, content))[0]
    assert time_of(item)[:19] == when[:19]
    assert (item.instruments, item.session) == (instruments, session)


def test_the_crawler_of_gdelt_is_no_publisher(tmp_path: Path) -> None:
    for vendor in ("gdelt doc", "gdelt gkg", "gdelt events"):
        name, content, *_ = DUMPS[vendor]
        (item,) = read_news(saved(tmp_path, name, content))
        assert [role for role, _ in item.stamps] == ["fetched"]
        assert item.url


@pytest.mark.parametrize(
    ("cik", "times", "expected"),
    [
        # 03:30 and 23:00 in New York are outside EDGAR's hours, so the Z of one company is wrong, of another right.
        ("1", ["2025-05-01T16:21:59.000Z", "2025-04-30T07:30:32.000Z"], ["2025-05-01T20:21", "2025-04-30T11:30"]),
        ("2", ["2025-05-01T16:21:59.000Z", "2025-05-01T23:05:00.000Z"], ["2025-05-01T16:21", "2025-05-01T23:05"]),
        ("3", ["2025-05-01T16:21:59.000Z"], ["zone_ambiguous"]),
        ("", ["2025-05-01T16:21:59.000Z", "2025-04-30T07:30:32.000Z"], ["zone_ambiguous", "2025-04-30T11:30"]),
    ],
)
def test_edgar_times_are_read_where_its_hours_tell_the_clock(
    tmp_path: Path, cik: str, times: list[str], expected: list[str]
) -> None:
    rows = "".join(f"a-{n},{at},8-K{',' + cik if cik else ''}\n" for n, at in enumerate(times))
    header = "accessionNumber,acceptanceDateTime,form" + (",cik" if cik else "")
    items = read_news(saved(tmp_path, "e.csv", f"{header}\n{rows}"))
    assert [time_of(item)[: len(want)] for item, want in zip(items, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"status": "ok", "totalResults": 0, "articles": []}, r"keys are status, totalResults, articles\[\]"),
        ({"a": [{"x": 1}], "b": [{"y": 2}]}, r"2 lists of objects.*a\[\]\.x, b\[\]\.y"),
        ({"a": [{"x": 1, "z": 2}]}, "no known column of titles, texts or times; the columns are x, z"),
        ([], "an empty list"),
        ("{", "not JSON"),
        ({"status": "error", "code": 401}, "keys are status, code"),
        ("[1, 2]", "no list of objects"),
    ],
)
def test_a_dump_without_items_names_its_keys(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(NewsError, match=said):
        read_news(saved(tmp_path, "n.json", content))


def test_columns_travel_with_the_item(tmp_path: Path) -> None:
    text = "id,date,title,ticker,score,cik\n1,2021-04-13T10:00Z,T,IBM,0.5,0001\n"
    (item,) = read_news(saved(tmp_path, "n.csv", text))
    assert dict(item.attributes) == {"score": 0.5, "cik": "0001"}  # as from JSON, and as in an event list
    nested = {"articles": [{"title": "T", "publishedAt": "2021-04-13T10:00Z", "mood": {"score": 0.5, "of": "a"}}]}
    (item,) = read_news(saved(tmp_path, "n.json", nested))
    assert dict(item.attributes) == {"mood.score": 0.5, "mood.of": "a"}


def test_compressed_and_columnar_files_read_like_plain_ones(tmp_path: Path) -> None:
    rows = [{"id": "a", "title": "T", "published_utc": "2024-06-24T18:33:53Z", "tickers": ["UBS"]}]
    plain = read_news(saved(tmp_path, "n.jsonl", "".join(f"{json.dumps(r)}\n" for r in rows)))
    (tmp_path / "n.json.gz").write_bytes(gzip.compress(json.dumps({"results": rows}).encode()))
    pd.DataFrame(rows).to_parquet(tmp_path / "n.parquet")
    pd.DataFrame([{**rows[0], "tickers": "UBS"}]).to_excel(tmp_path / "n.xlsx", index=False)
    pd.DataFrame(rows).to_parquet(tmp_path / "unnamed")
    for name in ("n.json.gz", "n.parquet", "n.xlsx", "unnamed"):
        (found,) = read_news(tmp_path / name)
        assert (found.id, found.title, found.stamps, found.instruments) == (
            plain[0].id, plain[0].title, plain[0].stamps, plain[0].instruments,
        ), name  # fmt: skip
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b"[]" * 1000)[:-5])
    with pytest.raises(NewsError, match="truncated"):
        read_news(tmp_path / "cut.json.gz")


RELEASES = "".join(
    f"{at},Non-Farm Payrolls\n"
    for at in ("2021-01-08T08:30-05:00", "2021-02-05T08:30-05:00", "2021-03-05T08:30-05:00", "2021-04-02T08:30-04:00")
)


def test_recurring_releases_are_events_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = saved(tmp_path, "nfp.csv", f"date,title\n{RELEASES}")
    out = tmp_path / "o.csv"
    assert run(["date", str(table), *POLICY, "--accept", "--out", str(out)]) == 0
    found = [e.time.earliest.isoformat()[:16] for e in read_events(out)]
    assert found == ["2021-01-08T13:30", "2021-02-05T13:30", "2021-03-05T13:30", "2021-04-02T12:30"]
    # Said to be one event, they are not: three dates would be lost.
    one = tmp_path / "one.toml"
    assert run(["date", str(table), *POLICY, "--event", "nfp", "--out", str(one)]) == 1
    assert "dates_dropped" in one.read_text(encoding="utf-8")
    capsys.readouterr()


def test_an_id_given_twice_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "id,date,title\n1,2021-04-13T10:00Z,One\n1,2021-05-13T10:00Z,Two\n"
    out = tmp_path / "o.toml"
    assert run(["date", str(saved(tmp_path, "d.csv", text)), *POLICY, "--accept", "--out", str(out)]) == 4
    assert not out.exists()
    assert "'1' (" in capsys.readouterr().err


def test_the_ticker_of_a_row_stays_with_its_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "headline,published,ticker,score\nIBM falls,2017-04-18T20:06Z,IBM,0.5\nRates,2017-04-19T18:00Z,,\n"
    for name in ("o.toml", "o.csv"):
        out = tmp_path / name
        assert run(["date", str(saved(tmp_path, "n.csv", text)), *POLICY, "--accept", "--out", str(out)]) == 0
        one, two = read_events(out)
        assert (one.instruments, one.attributes["score"]) == (("IBM",), 0.5)
        assert two.instruments == ()
    capsys.readouterr()


def test_what_is_not_accepted_is_listed_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"2021-04-13T10:{n:02}Z,Title {n}\n" for n in range(59))
    table = saved(tmp_path, "d.csv", f"date,title\n{rows}2021-04-13 10:00,No zone\n")
    out = tmp_path / "o.csv"
    assert run(["date", str(table), *POLICY, "--accept", "--out", str(out)]) == 1
    assert len(read_events(out)) == 59
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) < 12
    assert "zone_unknown: 1 item," in shown.out
    assert "zone_unknown" in (tmp_path / "o.review.csv").read_text(encoding="utf-8")


POLICY = ["--policy", "first_report"]


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_less_than_300_mb(tmp_path: Path) -> None:
    begin = datetime(2015, 1, 1, tzinfo=UTC)
    table, out = tmp_path / "big.csv", tmp_path / "big.out.csv"
    with table.open("w", encoding="utf-8") as stream:
        stream.write("id,published,headline,ticker,score\n")
        for n in range(100_000):
            at = begin + timedelta(minutes=37 * n)
            stream.write(
                f"n{n},{at.isoformat()},Item {n} of many about the results of company {n % 500},T{n % 500},{n}\n"
            )
    command = [sys.executable, "-m", "eventstudy", "date", str(table), *POLICY, "--accept", "--out", str(out)]
    peak = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", peak, *command], capture_output=True, text=True, check=True)
    code, kilobytes = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert int(kilobytes) < 300_000
    assert len(done.stdout) < 1_000
    assert sum(1 for _ in out.open(encoding="utf-8")) == 100_001


def test_a_message_without_words_is_no_event(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(NO_NEWS), encoding="utf-8")
    found = date_news(read_news(tmp_path / "export.json"), policy="first_report")
    assert [[c.kind for c in d.conflicts] for d in found.datings] == [["no_words"], ["no_words"], []]
    assert [e.label for e in found.events] == ["A call"]


@pytest.mark.parametrize(
    "text", ['{"status": "ok", "totalResults": 0, "articles": []}', "[]", '{"data": {"rows": []}}']
)
def test_an_empty_list_is_said_to_be_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "n.json").write_text(text, encoding="utf-8")
    with pytest.raises(NewsError, match="an empty list in this JSON"):
        read_news(tmp_path / "n.json")


def test_rows_of_two_vendors_in_one_list(tmp_path: Path) -> None:
    rows = [
        {"id": 7, "date": "2021-04-13T18:21:00", "date_unixtime": "1618327260", "text": "A call"},
        {"id": "a", "title": "T", "created": 1611896400.0, "created_utc": 1611867600.0},
        {"headline": "H", "datetime": 1596589501, "related": "SQ"},
    ]
    found = read_news(saved(tmp_path, "n.json", rows))
    assert [time_of(item)[:16] for item in found] == ["2021-04-13T15:21", "2021-01-28T21:00", "2020-08-05T01:05"]


def test_a_row_without_a_known_stamp_names_its_columns(tmp_path: Path) -> None:
    path = saved(tmp_path, "n.csv", "text,versionCreated\nAcme cuts,2023-05-04T20:06:07Z\n")
    (dating,) = date_news(read_news(path), policy="first_report").datings
    assert "Of the columns versionCreated none" in dating.conflicts[0].message
    (event,) = date_news(read_news(path, columns={"published": "versionCreated"}), policy="first_report").events
    assert event.time.earliest == datetime(2023, 5, 4, 20, 6, 7, tzinfo=UTC)


def test_only_the_beginning_of_a_file_is_read_as_the_assignment_of_an_archive() -> None:
    assert json_value('window.YTD.tweets.part0 = [{"text": "x = [1]"}]', "tweets.js") == [{"text": "x = [1]"}]
    assert json_value('[{"text": "x = [1]"}]', "rows.json") == [{"text": "x = [1]"}]
