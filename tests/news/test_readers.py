"""News readers: raw stamps stay raw, encodings are certain or refused, hostile input is text or a typed error."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pytest

from eventstudy.errors import NewsError
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item, date_items
from eventstudy.news.decode import decode
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import NEWS_READERS, ReadOptions, read_news, read_news_bytes
from tests.shared import SHARED, needs_shared

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Site - Bank cuts</title>
<meta property="article:published_time" content="2021-04-13T18:37:22+03:00">
<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2021-04-13T18:37+03:00",
"dateModified": "2021-04-13T19:05+03:00"}</script></head><body><nav>menu 1 January 2020</nav>
<article><h1>Bank cuts &amp; runs</h1><time datetime="2021-04-13T18:37:22+03:00">13 April</time>
<p>The bank said at 18:30 Moscow time on Tuesday, 13 April 2021, that it had cut its rate.</p></article>
<script>alert("10:00 UTC on 1 May 2021")</script><footer>1 June 2022</footer></body></html>"""
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Feed</title><language>ru</language>
<item><title>One &lt;script&gt;x&lt;/script&gt;</title><guid>a-1</guid><pubDate>Tue, 13 Apr 2021 17:32:00 MSK</pubDate>
<description>&lt;p&gt;Text&lt;/p&gt;</description></item>
<item><title>Two</title><dc:date>2021-04-13T15:00:00Z</dc:date></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x:1</id><title>T</title>
<link rel="alternate" href="https://example.org/1"/><published>2021-04-13T18:37:00+03:00</published>
<updated>2021-04-13T19:05:00+03:00</updated><summary>S</summary></entry></feed>"""
MAIL = (
    b"From: Wire <wire@example.org>\r\nSubject: =?utf-8?b?0JHQsNC90Lo=?= report\r\n"
    b"Date: Tue, 13 Apr 2021 17:32:00 +0300\r\n"
    b"Message-ID: <1@example.org>\r\nContent-Type: text/plain; charset=koi8-r\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n"
) + "Банк сообщил об отзыве лицензии.".encode("koi8-r")


def one(content: str | bytes, name: str) -> NewsItem:
    (item,) = read_news_bytes(content.encode() if isinstance(content, str) else content, name)
    return item


def test_entries_with_markup_and_pictures() -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title><id>i</id><content type='xhtml'>"
        "<div xmlns='http://www.w3.org/1999/xhtml'>Hello <b>bold</b> tail</div></content></entry></feed>"
    )
    rss = (
        "<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item><media:title>A picture</media:title>"
        "<title>Acme cuts</title></item></channel></rss>"
    )
    (entry,) = read_news_bytes(atom.encode(), "f.xml", "feed")
    (item,) = read_news_bytes(rss.encode(), "f.xml", "feed")
    assert (entry.text, item.title) == ("Hello bold tail", "Acme cuts")


def test_a_page_gives_its_article_and_every_stamp_by_field() -> None:
    item = one(PAGE, "page.html")
    assert item.title == "Bank cuts & runs"
    assert "18:30 Moscow time" in item.text
    assert "alert" not in item.text
    assert "menu" not in item.text
    assert ("json-ld published", "2021-04-13T18:37+03:00") in item.stamps
    assert ("json-ld updated", "2021-04-13T19:05+03:00") in item.stamps
    assert ("meta published", "2021-04-13T18:37:22+03:00") in item.stamps
    dating = date_item(item, DatingContext(policy=read_policy("first_report")))
    assert dating.event_time is not None
    # The second of the meta element lies in the minute of the linked data.
    assert dating.event_time.earliest.isoformat() == "2021-04-13T15:37:22+00:00"
    assert dating.event_time.latest.isoformat() == "2021-04-13T15:37:22.999999+00:00"


def test_an_update_bounds_nothing() -> None:
    (item,) = read_news_bytes(ATOM.encode(), "feed.atom")
    assert item.stamps == (("published", "2021-04-13T18:37:00+03:00"), ("updated", "2021-04-13T19:05:00+03:00"))
    assert item.url == "https://example.org/1"
    found = date_item(item, DatingContext(policy=read_policy("first_report"))).event_time
    assert found is not None
    assert found.latest.isoformat() == "2021-04-13T15:37:00.999999+00:00"
    assert found.earliest.isoformat() == "2021-04-13T15:37:00+00:00"


def test_the_raw_strings_of_a_feed_are_read_with_their_zone() -> None:
    first, second = read_news_bytes(RSS.encode(), "feed.xml")
    assert first.stamps == (("pubDate", "Tue, 13 Apr 2021 17:32:00 MSK"),)
    assert (first.id, first.title, first.text, first.language) == ("a-1", "One", "Text", "ru")
    # 17:32 in Moscow is 14:32 UTC; a well-known reader of feeds makes it 17:32 UTC.
    assert date_item(first).candidates[0].latest is not None
    assert date_item(first).candidates[0].latest.isoformat() == "2021-04-13T14:32:00.999999+00:00"  # type: ignore[union-attr]
    assert second.stamps == (("dc:date", "2021-04-13T15:00:00Z"),)


def test_mail_is_decoded_by_its_own_charset_and_keeps_its_raw_date() -> None:
    item = one(MAIL, "mail.eml")
    assert item.title == "Банк report"
    assert item.text == "Банк сообщил об отзыве лицензии."
    assert item.stamps == (("date", "Tue, 13 Apr 2021 17:32:00 +0300"),)


def test_tables_find_their_columns_or_are_told() -> None:
    text = "article_time,article_date,article_text,headline\n18:37,13.04.2021,Text,Title\n"
    item = one(text, "t.csv")
    assert item.stamps == (("published", "13.04.2021 18:37"),)
    assert (item.title, item.text) == ("Title", "Text")
    (given,) = read_news_bytes(
        b"x\ty\nBody\t2021-04-13\n", "t.tsv", options=ReadOptions(columns={"text": "x", "published": "y"})
    )
    assert (given.text, given.stamps) == ("Body", (("published", "2021-04-13"),))
    with pytest.raises(NewsError, match="no column 'z'"):
        read_news_bytes(b"x,y\nBody,2\n", "t.csv", options=ReadOptions(columns={"text": "z"}))
    with pytest.raises(NewsError, match="no known column of titles, texts or times"):
        read_news_bytes(b"a,b\n1,2\n", "t.csv")


def test_json_lines_and_json_feeds() -> None:
    lines = '{"title": "A", "text": "x", "published_at": "2021-04-13T18:37+03:00"}\n\n{"title": "B"}\n'
    first, second = read_news_bytes(lines.encode(), "n.jsonl")
    assert first.stamps == (("published", "2021-04-13T18:37+03:00"),)
    assert second.title == "B"
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "content_html": "<b>Hi</b>",
            "date_published": "2021-04-13T18:37:00+03:00"}]}  # fmt: skip
    item = one(json.dumps(feed), "feed.json")
    assert (item.id, item.text) == ("1", "Hi")
    with pytest.raises(NewsError, match=r"n\.jsonl:1"):
        read_news_bytes(b"{", "n.jsonl")


def test_a_folder_is_all_its_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Two", encoding="utf-8")
    (tmp_path / "a.xml").write_text(ATOM, encoding="utf-8")
    (tmp_path / "ignored.bin").write_bytes(b"\x00")
    assert [i.text for i in read_news(tmp_path)] == ["S", "Two"]


RUSSIAN = "Банк России сообщил во вторник, что снизил ключевую ставку на двадцать пять базисных пунктов."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "cp866"])
def test_russian_text_is_read_in_any_of_its_encodings(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding), "x").text == RUSSIAN


def test_a_declared_or_told_encoding_is_taken_at_its_word_or_refused() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Ставка выросла</body></html>'
    assert decode(page.encode("cp1251"), "x").text == page
    assert decode("Ставка".encode("koi8-r"), "x", given="koi8-r").text == "Ставка"
    for content, given in (
        (b"\xff\xfe\xfd", ""),
        (RUSSIAN.encode("cp1251"), "utf-8"),
        (b"a", "no-such"),
        (b"a", "hex"),
    ):
        with pytest.raises(NewsError):
            decode(content, "x", given=given)


def test_mojibake_is_refused_not_passed_on() -> None:
    with pytest.raises(NewsError, match="decoded wrongly"):
        decode(RUSSIAN.encode("utf-8").decode("cp1251", "replace").replace("\ufffd", "").encode("utf-8"), "x")
    with pytest.raises(NewsError, match="decoded wrongly"):
        decode(RUSSIAN.encode("utf-8").decode("latin-1").encode("utf-8"), "x")


def test_a_detected_encoding_is_said() -> None:
    item = one(RUSSIAN.encode("cp1251"), "a.txt")
    assert any("cp1251, detected" in note for note in date_item(item).notes)


BOMB = '<!DOCTYPE z [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss><item><title>&b;</title></item></rss>'
HOSTILE: list[tuple[str, str]] = [
    ("feed.xml", BOMB),
    ("feed.xml", "<rss>" + "<a>" * 5_000 + "</a>" * 5_000 + "</rss>"),
    ("feed.xml", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><rss/>'),
    ("feed.xml", "<rss"),
    ("page.html", "<div>" * 300_000),
    ("page.html", "<script type='application/ld+json'>" + "[" * 100_000 + "</script>"),
    ("page.html", "<" * 200_000),
    ("page.html", "&" * 200_000),
    ("data.json", "[" * 100_000),
    ("data.jsonl", '{"text": ' + '"x' * 10),
    ("data.csv", 'text\n"unclosed'),
    ("data.csv", "text\n" + "x" * 1_000_000),
    ("a.txt", "x" * 1_000_000),
    ("a.txt", "1:" * 400_000),
    ("a.txt", "13 апреля " * 50_000),
    ("a.txt", "12 " * 300_000),
    ("a.txt", "at 10:00 UTC on 13 April 2021 " * 20_000),
    ("a.txt", "(" * 200_000 + "10:00"),
    ("a.txt", "with data " * 60_000),
    ("a.txt", "\x1b]0;title\x07 \u202e 10:00 \x00 UTC on 13 April 2021"),
    ("a.txt", '"' * 100_000),
    ("a.txt", "«" * 100_000 + "10:00 мск"),
    ("a.txt", " " * 500_000 + "10:00"),
    ("a.txt", "\n" * 500_000),
    ("a.txt", "10:00" + " " * 59_000 + "x"),
    ("a.txt", ("1" + " " * 50) * 2_000),
    ("a.txt", "The dollar fell by " + "1 " * 900 + "rubles"),
    ("a.txt", "The dollar fell " * 3_000 + "by 1.2 rubles"),
    ("a.txt", "between " * 9_000 + "10:00 and 11:00 UTC on 13 April 2021"),
    ("a.txt", "not " * 20_000 + "at 10:00 UTC on 13 April 2021"),
    ("a.eml", "Date: " + "x" * 100_000 + "\n\nbody"),
    ("a.eml", "Content-Type: multipart/mixed; boundary=a\n\n" + "--a\n\n" * 10_000),
]


@pytest.mark.parametrize(("name", "content"), HOSTILE, ids=[f"{n}-{i}" for i, (n, _) in enumerate(HOSTILE)])
def test_hostile_input_is_a_dating_or_a_typed_error_in_a_second(name: str, content: str) -> None:
    start = time.process_time()
    try:
        items = read_news_bytes(content.encode(), name)
    except NewsError:
        items = []
    for dating in date_items(items, DatingContext(zone="Europe/Moscow")):
        assert dating.status in ("dated", "needs_review", "undated")
    assert time.process_time() - start < 3.0  # one second on an idle machine; three under a crowded test run


@pytest.mark.parametrize("number", [5, 11, 12, 16])
def test_hostile_input_needs_little_memory(number: int) -> None:
    name, content = HOSTILE[number]
    tracemalloc.start()
    try:
        list(date_items(read_news_bytes(content.encode(), name), DatingContext(zone="Europe/Moscow")))
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "title",
    [
        "<img src=x onerror=alert(1)>",
        "\x1b[31mred\x1b[0m",
        "\u202eevil",
        "$\\frac{1}{$",
        "[/foo] 10:00",
        "a\x00b",
        "=cmd()",
    ],
)
def test_hostile_titles_pass_through_as_text(title: str) -> None:
    item = NewsItem("x", "s", title, "The bank said at 10:00 UTC on 13 April 2021 that it had failed.")
    dating = date_item(item)
    assert item.title == title
    assert dating.event_time is not None or any(dating.conflicts)


@pytest.mark.parametrize("name", sorted(NEWS_READERS))
def test_every_reader_answers_empty_input_with_items_or_a_typed_error(name: str) -> None:
    try:
        items = NEWS_READERS[name](b"", f"empty.{name}", ReadOptions())
    except NewsError:
        items = []
    assert all(isinstance(item, NewsItem) for item in items)


@needs_shared
@pytest.mark.reference
@pytest.mark.parametrize(("name", "rows"), [("gazpromneft.csv", 1235), ("news_filtered.csv", 50)])
def test_every_row_of_the_real_tables_is_a_stamp_in_utc(name: str, rows: int) -> None:
    items = read_news(SHARED / "news" / name)
    datings = list(date_items(items, DatingContext(zone="Europe/Moscow")))
    assert len(items) == len(datings) == rows
    for item, dating in zip(items, datings, strict=True):
        stamp = next(e for e in dating.evidence if e.kind == "publication" and e.field == "published")
        day, clock = item.stamps[0][1].split()
        d, m, y = (int(p) for p in day.split("."))
        hour, minute = (int(p) for p in clock.split(":"))
        # Moscow kept UTC+4 all year until 26 October 2014 and UTC+3 since (before 27 March 2011: +4 in summer).
        summer = (y, m, d) < (2011, 3, 27) and (3, 28) <= (m, d) <= (10, 24)
        four = (2011, 3, 27) <= (y, m, d) < (2014, 10, 26) or summer
        assert stamp.latest is not None
        shown = stamp.latest.hour * 60 + stamp.latest.minute
        assert (shown + (240 if four else 180)) % 1440 == hour * 60 + minute


def test_a_text_that_says_nothing_of_time_says_so() -> None:
    dating = date_item(NewsItem("x", "a", "", ""))
    assert dating.status == "undated"
    assert any("nothing in it says when" in note for note in dating.notes)
