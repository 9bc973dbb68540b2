"""What kept libraries do where the extra ``text`` is installed: asked for by name, so no answer depends on an install.

trafilatura finds the article on a page that marks none, feedparser reads feeds that are not well-formed, dateparser
adds what it makes of the text as one more suggestion. None of them judges a time: they drop zones ("17:32 MSK" as
17:32), and give a naive answer where the rules give a conflict.
"""

from __future__ import annotations

import io
import re
from importlib import import_module
from typing import Any
from warnings import catch_warnings

from eventstudy.errors import NewsError, UsageError
from eventstudy.news.feeds import MAX_TEXT
from eventstudy.news.items import NewsItem
from eventstudy.news.time_evidence import TimeEvidence

MAX_SUGGESTIONS = 10
LOOKED_AT = 2_000
_DECLARES = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def _needed(name: str, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = name.split(".", 1)[0]
        raise UsageError(
            f"{what} needs {package}, which is not installed.", remedy="Run: pip install 'market-eventstudy[text]'."
        ) from None


def main_text(page: str, source: str) -> str:
    """Return the article of an HTML page as trafilatura finds it, without menus, comments and tables."""
    trafilatura = _needed("trafilatura", "The main text of a page")
    found = trafilatura.extract(page, include_comments=False, include_tables=False, favor_precision=True)
    if not found:
        raise NewsError(f"{source}: trafilatura finds no article on this page.", remedy="Leave --main-text away.")
    return str(found)


def page_day(page: str, url: str) -> str:
    """Return the day of publication that htmldate finds on a page, YYYY-MM-DD; empty if none or not installed.

    It reads the same stamps as the loader, and more heuristics; so it is asked only where they give no day.
    """
    try:
        with catch_warnings(action="ignore"):
            find_date = import_module("htmldate").find_date
            return find_date(page, url=url or None, extensive_search=True, original_date=True) or ""
    except (ImportError, ValueError, TypeError, RecursionError):
        return ""


def loose_entries(text: str, source: str) -> list[NewsItem]:
    """Return the entries of a feed that is not well-formed, by feedparser; every stamp stays the raw string it was."""
    if _DECLARES.search(text):
        raise NewsError(f"{source} carries a DTD, which no feed needs and attacks use; refused.")
    if len(text) > MAX_TEXT:
        raise NewsError(f"{source} is a feed of more than {MAX_TEXT // 1_000_000} MB.")
    feedparser = _needed("feedparser", "A feed that is not well-formed")
    # As a stream: a bare string would be taken for an address and fetched.
    try:
        feed = feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:  # such as &#xd800;
        raise NewsError(f"{source} is not a feed that can be read: {error}.", remedy="Save it again.") from None
    if not feed.entries:
        raise NewsError(f"{source} holds no entry of a feed.")
    language = str(feed.feed.get("language", ""))
    return [_entry(e, language) for e in feed.entries]


def _entry(entry: Any, language: str) -> NewsItem:
    contents = [str(c.get("value", "")) for c in entry.get("content", [])]
    text = next((c for c in contents if c), str(entry.get("summary", "")))
    # The parsed times beside these are in the wrong zone where the name of one is written; only the strings are read,
    # and past the library's look-up, which passes a publication off as an update.
    stamps = tuple((f, str(dict.get(entry, f))) for f in ("published", "updated") if dict.get(entry, f))
    name, url = str(entry.get("id", "")), str(entry.get("link", ""))
    return NewsItem(name or url, "", str(entry.get("title", "")), text, url, stamps, language=language)


def suggestions(item: NewsItem) -> tuple[TimeEvidence, ...]:
    """Return what dateparser makes of the beginning of a text: to look at, never a bound."""
    search = _needed("dateparser.search", "A suggestion of dates")
    text = item.text[:LOOKED_AT]
    found = search.search_dates(text, languages=["en", "ru"], settings={"RETURN_AS_TIMEZONE_AWARE": False}) or []
    rows, at = [], 0
    for words, guess in found[:MAX_SUGGESTIONS]:
        if (start := text.find(words, at)) >= 0:
            at = start + len(words)
            note = f"dateparser reads {guess.isoformat(sep=' ', timespec='minutes')}, on no known clock; bounds nothing"
            rows.append(TimeEvidence("suggestion", words, start, at, clock="reader", note=note))
    return tuple(rows)
