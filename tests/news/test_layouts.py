"""Pages in the layouts of many publishing systems and languages, written before the rules were tried on them.

``layouts.jsonl`` holds one page a line with its labeled day or instant: WordPress, Drupal, Arc, Ghost, Substack, AEM,
investor relations, regulators, central banks, wires and others, twelve languages. Invented texts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.readers import read_news_bytes

MINUTE = timedelta(seconds=60)
LAYOUTS = [json.loads(line) for line in Path(__file__).with_name("layouts.jsonl").read_text("utf-8").splitlines()]


def test_pages_of_many_systems_are_dated_or_refused_and_never_wrong() -> None:
    days = accepted = 0
    for page in LAYOUTS:
        (item,) = read_news_bytes(page["html"].encode(), f"{page['name']}.html")
        dating = date_item(item, DatingContext(policy=read_policy("first_report")))
        day = "" if dating.published is None else str(dating.published.day)
        days += day == page["published"][:10]
        if dating.event_time is None:
            continue
        accepted += 1
        assert day == page["published"][:10], page["name"]
        if len(page["published"]) > 10:
            at = datetime.fromisoformat(page["published"])
            assert dating.event_time.earliest - MINUTE <= at <= dating.event_time.latest + MINUTE, page["name"]
    assert len(LAYOUTS) == 44
    # Floors of what is measured: 39 days and 19 accepted; 37 and 19 on the first try.
    assert days >= 39
    assert accepted >= 19


HOSTILE = [json.loads(line) for line in Path(__file__).with_name("hostile_pages.jsonl").read_text("utf-8").splitlines()]
SENTENCE = "The company said that revenue rose on higher volumes in all regions, and that it kept its outlook. "
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_pages_with_the_dates_of_other_things_are_never_wrong() -> None:
    """Linked data of teasers, websites and products, only updates, prose, placeholders, two readings, embargoes.

    Written before the rules were tried on them; a page whose label is empty does not say when it was published.
    """
    accepted = 0
    for page in HOSTILE:
        html = page["html"].replace("TEXT", SENTENCE * 4)
        (item,) = read_news_bytes(html.encode(), page["url"] or f"{page['name']}.html", "html")
        dating = date_item(item, DatingContext(policy=read_policy("first_report"), fetched_at=NOW))
        if dating.published is not None and page["published"]:
            assert str(dating.published.day) == page["published"][:10], page["name"]
        if dating.event_time is None:
            continue
        accepted += 1
        assert page["published"], page["name"]
        if len(page["published"]) > 10:
            at = datetime.fromisoformat(page["published"])
            assert dating.event_time.earliest <= at <= dating.event_time.latest, page["name"]
    assert len(HOSTILE) == 82
    assert (
        accepted >= 27
    )  # of the 48 with a label; on the first try 9 pages were accepted wrongly and one was a traceback
