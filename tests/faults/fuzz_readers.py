"""Readers and the inputs they are attacked with: files that are right, with bytes cut, repeated and put in."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import eventstudy as es
from tests.faults.fuzz import Target

SCRAPS: Sequence[bytes] = (
    *(b"", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\r\n", b'"', b"'", b",", b";", b"\t", b"=", b":"),
    *(b"[", b"]" * 9, b"{", b"}", b"[" * 300, b'{"a":' * 300, b"<", b">", b"<a " * 200, b"</", b"<!--", b"<![CDATA["),
    *(b"&amp;", b"&#0;", b"&#xd800;", b"&x;", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<?xml version='1.0'?>", b"]]>"),
    *(b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e400", b"9" * 30, b"9" * 5000, b"0x" + b"f" * 99, b"1_0", b"+1"),
    *(b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xae", "𝟙".encode(), "２０２１".encode(), "İ".encode()),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"2021-02-30", b"24:00", b"25:61", b"2021-04-13"),
    *(b"2021-04-13T18:37:60Z", b"+99:99", b"Europe/Moscow", b"Not/AZone", b"../../etc/passwd", b"Z", b"18:37", b"dmh"),
    *(b"=?utf-8?b?abcde?=", b"=?x?q?=ff?=", b"Content-Type: message/rfc822\n\n", b"boundary=", b"charset=zip"),
    *(b"Content-Transfer-Encoding: base64\n", b"BEGIN:VEVENT\n", b"END:VEVENT\n", b"TZID=", b"RRULE:FREQ=DAILY\n"),
    *(b"[[event]]\n", b"[data]\n", b"[a.b.c]\n", b'"""', b"'''", b"#", b"earliest = ", b"inf", b"nan", b"x" * 3000),
    *(b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0", b"\x80\x04\x95"),
)
edits = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 40), st.sampled_from(SCRAPS), st.booleans()),
    max_size=4,
)


def changed(content: bytes, made: list[tuple[int, int, bytes, bool]]) -> bytes:
    """Return content with pieces cut out, put in, or repeated."""
    for place, cut, scrap, repeat in made:
        place %= len(content) + 1
        piece = content[place : place + 10 * cut] if repeat else scrap
        content = content[:place] + piece + content[place + (0 if repeat else cut) :]
    return content


def near(*seeds: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy of files near the given ones, and of any bytes."""
    return st.one_of(st.builds(changed, st.sampled_from(seeds), edits), st.binary(max_size=300))


@cache
def place() -> Path:
    """Return a folder of this process for the files that readers are given."""
    return Path(tempfile.mkdtemp(prefix="fuzz"))


def from_file(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Return a call that writes the bytes to a file and reads it."""

    def call(content: bytes) -> object:
        path = place() / f"input{suffix}"
        path.write_bytes(content)
        return read(path)

    return call


TEXT = (
    b"Putin called Biden on Tuesday, 13 April 2021 at 18:37 Moscow time. The dollar fell by 1.2 rubles to 76.16.",
    "Путин позвонил Байдену 13 апреля 2021 года в 18:37 мск.".encode("cp1251"),
)
HTML = (
    b'<html><head><title>A call</title><meta property="article:published_time" content="2021-04-13T18:37:00+03:00">'
    b'<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2021-04-13T18:37:00+03:00"}</script>'
    b'</head><body><article><time datetime="2021-04-13T15:37Z">13 April</time><p>Putin called.</p></article></body>',
)
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><title>Call</title><guid>a</guid>'
    b"<pubDate>Tue, 13 Apr 2021 18:37:00 +0300</pubDate><description>&lt;p&gt;Putin&lt;/p&gt;</description></item>"
    b"</channel></rss>",
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>Call</title><updated>2021-04-13T15:37:00Z'
    b"</updated><summary>x</summary></entry></feed>",
)
JSON = (
    b'[{"title": "Call", "text": "Putin called Biden", "published": "2021-04-13T18:37:00+03:00", "tickers": ["SBER"]}]',
    b'{"articles": [{"headline": "Call", "body": "x", "created_at": 1618328220, "source": {"name": "wire"}}]}',
)
JSONL = (b'{"title": "a", "published": "2021-04-13T18:37Z"}\n{"title": "b", "published": "2021-04-14T18:37Z"}\n',)
CSV = (
    b"title,text,published,ticker\nCall,Putin called,2021-04-13T18:37+03:00,SBER\n"
    b"Other,x,2021-04-14T18:37+03:00,VTBR\n",
)
MAIL = (
    b"Subject: =?utf-8?q?Call?=\nFrom: a@b.c\nDate: Tue, 13 Apr 2021 18:37:00 +0300\nMessage-ID: <1@x>\n"
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset="utf-8"\n\nPutin called.\n'
    b"--b\nContent-Type: text/html\n\n<p>Putin</p>\n--b--\n",
)
NEWS = {
    "text": TEXT,
    "html": HTML,
    "feed": FEED,
    "loose-feed": FEED,
    "json": JSON,
    "jsonl": JSONL,
    "csv": CSV,
    "tsv": (CSV[0].replace(b",", b"\t"),),
    "mail": MAIL,
}
EVENTS_TOML = (
    b'timezone = "Europe/Moscow"\n[[event]]\nid = "call"\nlabel = "A call"\nearliest = 2021-04-13T18:00:00+03:00\n'
    b'latest = 2021-04-13T18:37:59+03:00\nbasis = "stamp"\ninstruments = ["SBER"]\nevidence = ["a"]\n'
    b'[[event]]\nid = "b"\ntime = "2021-04-14T18:37"\nattributes = {size = 1.5}\n',
)
EVENTS_CSV = (b"id,ticker,date,session,surprise\na,AAA,2021-04-13,bmo,0.5\nb,BBB,2021-04-14,amc,-1\n",)
EVENTS_ICS = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Moscow:20210413T183700\nSUMMARY:Call\n folded\n"
    b"END:VEVENT\nEND:VCALENDAR\n",
)
DAILY = b"Date,Open,High,Low,Close,Volume\n" + b"".join(
    b"2021-04-%02d,1,2,0.5,1.%d,100\n" % (day, day) for day in range(1, 29)
)
LONG = b"Date,Ticker,Close\n" + b"".join(
    b"2021-04-%02d,%s,1.%d\n" % (day, code, day) for code in (b"AAA", b"BBB") for day in range(1, 20)
)
WIDE = b"Date,AAA,BBB\n" + b"".join(b"2021-04-%02d,1.%d,2.%d\n" % (day, day, day) for day in range(1, 20))
MINUTES = b"<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>\n" + b"".join(
    b"SBER;1;20210413;10%02d00;1;2;0.5;1.%d;10\n" % (minute, minute) for minute in range(20)
)
CANDLES = json.dumps(
    {
        "candles": {
            "columns": ["open", "close", "high", "low", "value", "volume", "begin", "end"],
            "data": [
                [1, 1.5, 2, 0.5, 9, 3, f"2021-04-13 10:{m:02d}:00", f"2021-04-13 10:{m:02d}:59"] for m in range(9)
            ],
        }
    }
).encode()
STUDY = (
    b'name = "a"\ntitle = "A"\nseed = 1\n[events]\nfile = "events.csv"\ntimezone = "UTC"\n[data]\npath = "wide.csv"\n'
    b'timezone = "UTC"\ncloses_at = "16:00"\n[market]\ninstrument = "BBB"\n[window]\nestimation = [-9, -3]\n'
    b'event = [-1, 1]\nreport = [[0, 0], [0, 1]]\n[model]\nname = "market"\n[inference]\ntests = ["bmp", "patell"]\n'
    b"level = 0.95\n",
)


def zipped(content: bytes, name: str = "prices.csv") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def parquet(content: bytes) -> bytes:
    made = io.BytesIO()
    pd.read_csv(io.BytesIO(content)).to_parquet(made)
    return made.getvalue()


def workbook(content: bytes) -> bytes:
    made = io.BytesIO()
    pd.read_csv(io.BytesIO(content)).to_excel(made, index=False)
    return made.getvalue()


@cache
def bars_file() -> bytes:
    table = place() / "table.csv"
    table.write_bytes(DAILY)
    path = place() / "own.parquet"
    es.write_bars(prices(table), path)
    return path.read_bytes()


def prices(path: Path) -> object:
    return es.read_bars(path, instrument="A", step="1D", timezone="UTC", closes_at="16:00", label="right")


def minutes(path: Path) -> object:
    return es.read_bars(path, instrument="A", step="1min", timezone="UTC", label="left")


def universe(path: Path) -> object:
    return es.read_universe(path, step="1D", timezone="UTC", closes_at="16:00")


def study(path: Path) -> object:
    files = {"events.csv": EVENTS_CSV[0], "wide.csv": WIDE, "daily.csv": DAILY}
    for name, content in files.items():
        if not (path.parent / name).exists():
            (path.parent / name).write_bytes(content)
    return es.load_study(path, offline=True)


def news(kind: str) -> Callable[[bytes], object]:
    def call(content: bytes) -> object:
        from eventstudy.news.readers import read_news_bytes

        found = read_news_bytes(content, "fuzz", kind)
        return [es.date_item(item) for item in found[:5]]

    return call


def any_news(content: bytes) -> object:
    from eventstudy.news.readers import read_news_bytes

    return read_news_bytes(content, "fuzz.gz")


def archive(path: Path) -> object:
    import shutil

    from eventstudy.market.store.archive import import_archive
    from eventstudy.market.store.bar_store import open_store

    root = path.parent / "imported"
    shutil.rmtree(root, ignore_errors=True)
    return import_archive(open_store(root), path)


@cache
def archive_bytes() -> bytes:
    from eventstudy.market.store.archive import export_archive
    from eventstudy.market.store.bar_store import commit, open_store
    from tests.market.store_bench import KEY, day_of_bars

    store = open_store(place() / "store")
    commit(store, KEY, *day_of_bars(1))
    export_archive(store, place() / "store.zip")
    return (place() / "store.zip").read_bytes()


def pointer(content: bytes) -> object:
    from eventstudy.market.store.stored_series import pointer_from

    return pointer_from(Path("pointer.json"), content)


def segment(content: bytes) -> object:
    from eventstudy.market.store.stored_series import decode

    return decode(content)


@cache
def store_files() -> tuple[bytes, bytes]:
    archive_bytes()
    (one,) = (place() / "store").rglob("series.json")
    part = next((place() / "store").rglob("segments/*"))
    return one.read_bytes(), part.read_bytes()


def ledger(path: Path) -> object:
    from eventstudy.batch.ledger import read_ledger

    path.replace(path.parent / "batch.json")
    return read_ledger(path.parent)


def manifest(path: Path) -> object:
    from eventstudy.cli.reproduce import load, read_manifest

    return load(read_manifest(path), path, place(), None)


def service(content: bytes) -> object:
    from eventstudy.market.sources.download import Garbled, parse_json
    from eventstudy.market.sources.moex import read_block, read_borders

    try:
        read_borders(content)
        return read_block(parse_json(content), "candles", ("open", "close", "begin"))
    except Garbled as fault:  # the download turns it into an error of the project
        raise es.NetworkError(str(fault)) from None


BORDERS = json.dumps(
    {"borders": {"columns": ["begin", "end", "interval"], "data": [["2015-01-01 00:00:00", "2026-01-01 00:00:00", 1]]}}
).encode()


def lazily(make: Callable[[], Any]) -> st.SearchStrategy[bytes]:
    return st.deferred(lambda: near(*make()))


def spec(content: bytes) -> object:
    return es.StudySpec.from_toml(from_file(".toml", Path)(content))  # type: ignore[arg-type]


READERS: dict[str, Target] = {
    **{f"news {kind}": Target(near(*seeds), news(kind)) for kind, seeds in NEWS.items()},
    "news gzip": Target(lazily(lambda: [gzip.compress(CSV[0], mtime=0), CSV[0]]), any_news),
    "events toml": Target(near(*EVENTS_TOML), from_file(".toml", es.read_events)),
    "events csv": Target(near(*EVENTS_CSV), from_file(".csv", es.read_events)),
    "events ics": Target(near(*EVENTS_ICS), from_file(".ics", es.read_events)),
    "events json": Target(
        near(b'[{"id": "a", "date": "2021-04-13", "ticker": "AAA"}]'), from_file(".json", es.read_events)
    ),
    "events parquet": Target(lazily(lambda: [parquet(EVENTS_CSV[0])]), from_file(".parquet", es.read_events)),
    "events workbook": Target(lazily(lambda: [workbook(EVENTS_CSV[0])]), from_file(".xlsx", es.read_events)),
    "prices csv": Target(near(DAILY), from_file(".csv", prices)),
    "prices minutes": Target(near(MINUTES), from_file(".csv", minutes)),
    "prices json": Target(near(CANDLES), from_file(".json", minutes)),
    "prices zip": Target(lazily(lambda: [zipped(DAILY), gzip.compress(DAILY, mtime=0)]), from_file(".zip", prices)),
    "prices parquet": Target(lazily(lambda: [parquet(DAILY), bars_file()]), from_file(".parquet", prices)),
    "prices workbook": Target(lazily(lambda: [workbook(DAILY)]), from_file(".xlsx", prices)),
    "universe long": Target(near(LONG), from_file(".csv", universe)),
    "universe wide": Target(near(WIDE), from_file(".csv", universe)),
    "study toml": Target(near(*STUDY), spec),
    "study load": Target(near(*STUDY), from_file(".toml", study)),
    "store archive": Target(lazily(lambda: [archive_bytes()]), from_file(".zip", archive)),
    "store pointer": Target(lazily(lambda: store_files()[:1]), pointer),
    "store segment": Target(lazily(lambda: store_files()[1:]), segment),
    "batch ledger": Target(near(b'{"as_of": "2021-04-13", "studies": [], "digest": "00"}'), from_file(".json", ledger)),
    "manifest": Target(
        near(b'{"spec": {"name": "a"}, "files": {"a": "b"}, "spec_digest": "c", "data": []}'),
        from_file(".json", manifest),
    ),
    "service answer": Target(near(CANDLES, BORDERS), service),
}
