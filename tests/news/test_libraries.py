"""Kept libraries on request: an article without its menu, a broken feed with its raw stamps, dates as suggestions."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eventstudy.cli.app import run
from eventstudy.errors import NewsError, UsageError
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.libraries import main_text, suggestions
from eventstudy.news.readers import ReadOptions, read_news_bytes

PAGE = (
    '<html><head><title>T</title></head><body><div class="menu">Home | World | Sport, 12 April 2021 at 9:00 UTC</div>'
    '<div class="content"><h1>Bank fails</h1><p>The bank said at 10:00 UTC on 13 April 2021 that it had failed. '
    "Its depositors will be paid by the fund, the regulator said in a statement on its site.</p><p>More text follows "
    "here, long enough to be the body of an article about a bank which failed on that day.</p></div>"
    '<div class="footer">Contact: +1 555 0142</div></body></html>'
)
# A bare ampersand and an unclosed <b>: no XML, as many feeds are.
BROKEN = (
    b"<rss version='2.0'><channel><title>A & B</title><item><guid>one</guid><title>A & B <b>fail</title>"
    b"<pubDate>Tue, 13 Apr 2021 17:32:00 MSK</pubDate><description>Text & more</description></item></channel></rss>"
)


def test_the_article_of_a_page_without_marks_is_found_without_its_menu() -> None:
    pytest.importorskip("trafilatura")
    (plain,) = read_news_bytes(PAGE.encode(), "page.html")
    (found,) = read_news_bytes(PAGE.encode(), "page.html", options=ReadOptions(main_text=True))
    assert "12 April 2021" in plain.text
    assert "12 April 2021" not in found.text
    assert "555" not in found.text
    # Beside a publication the sentence of the article dates the item.
    assert date_item(replace(found, stamps=(("published", "2021-04-13T10:20:00Z"),))).status == "dated"
    with pytest.raises(NewsError, match="no article"):
        main_text("<html></html>", "x")


def test_a_broken_feed_is_refused_as_xml_and_read_on_request_with_its_raw_stamp() -> None:
    pytest.importorskip("feedparser")
    with pytest.raises(NewsError, match="not well-formed"):
        read_news_bytes(BROKEN, "feed.xml")
    (item,) = read_news_bytes(BROKEN, "feed.xml", "loose-feed")
    assert (item.id, item.text) == ("one", "Text & more")
    assert item.stamps == (("published", "Tue, 13 Apr 2021 17:32:00 MSK"),)
    # 17:32 in Moscow is 14:32 UTC; the library's own reading is 17:32 UTC.
    latest = date_item(item).candidates[0].latest
    assert latest is not None
    assert latest.isoformat() == "2021-04-13T14:32:00.999999+00:00"


@pytest.mark.parametrize(
    "text",
    ["<!DOCTYPE x><rss/>", "<! doctype x><rss/>", "<rss><!ENTITY a 'b'></rss>", "nothing", "https://example.org"],
)
def test_a_loose_feed_with_a_dtd_or_without_entries_is_refused(text: str) -> None:
    pytest.importorskip("feedparser")
    with pytest.raises(NewsError):
        read_news_bytes(text.encode(), "feed.xml", "loose-feed")


def test_a_loose_feed_with_entries_and_a_dtd_is_refused_for_its_dtd() -> None:
    pytest.importorskip("feedparser")
    whole = b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + BROKEN
    assert read_news_bytes(BROKEN, "feed.xml", "loose-feed")
    with pytest.raises(NewsError, match="DTD"):
        read_news_bytes(whole, "feed.xml", "loose-feed")


def test_suggestions_are_shown_and_decide_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("dateparser")
    text = "They spoke of 13 April 2021, they say, in the evening."
    rows = suggestions(NewsItem("x", "s", "", text))
    assert rows
    assert all(r.kind == "suggestion" and r.earliest is None and r.latest is None for r in rows)
    assert all(text[r.start : r.end] == r.text for r in rows)
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    answers = []
    for more in ([], ["--suggest"]):
        assert run(["date", str(path), "--json", *more]) == 1
        answers.append(json.loads(capsys.readouterr().out))
    assert any(e["kind"] == "suggestion" for e in answers[1]["evidence"])
    for answer in answers:
        answer["evidence"] = [e for e in answer["evidence"] if e["kind"] != "suggestion"]
    assert answers[0] == answers[1]


def test_a_library_that_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trafilatura", "dateparser.search", "feedparser"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"market-eventstudy\[text\]"):
        main_text(PAGE, "x")
    with pytest.raises(UsageError, match="dateparser"):
        suggestions(NewsItem("x", "s", "", "13 April 2021"))
    with pytest.raises(UsageError, match="feedparser"):
        read_news_bytes(BROKEN, "feed.xml", "loose-feed")
