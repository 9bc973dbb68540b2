"""Any text ends in a dating or a typed error, quickly; and an accepted time always lies within all that is certain."""

from __future__ import annotations

import resource
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstudy.errors import EventStudyError
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import NEWS_READERS, ReadOptions
from eventstudy.news.time_evidence import Dating

WORDS = [
    *(
        "at",
        "on",
        "by",
        "after",
        "before",
        "as of",
        "until",
        "about",
        "between",
        "and",
        "from",
        "to",
        "not",
        "will",
        "said",
    ),
    *(
        "announced",
        "fell",
        "the bank",
        "Embargoed",
        "Updated",
        "Published",
        "“",
        "”",
        '"',
        "(",
        ")",
        ".",
        ",",
        "\n",
        "\n\n",
    ),
    *("10:00", "18:53", "24:00", "25:61", "2:30 a.m.", "12 p.m.", "noon", "midnight", "0903 GMT", "9:30-10:15", "7"),
    *(
        "13 April 2021",
        "April 12",
        "Tuesday",
        "last Tuesday",
        "29 February 2023",
        "12/04/21",
        "2021-04-13T18:37Z",
        "31.12.1999",
    ),
    *("UTC", "ET", "EST", "CST", "MSK", "+03:00", "Moscow time", "local time", "МСК+2", "Moscow Exchange"),
    *("в", "к", "на", "до", "после", "около", "сообщил", "будет", "не", "вчера", "накануне", "в ночь на вторник"),
    *(
        "13 апреля 2021 года",
        "во вторник",
        "в 18:37 мск",
        "7 часов вечера",
        "The dollar",
        "by 1.2 rubles",
        "to 76.16",
        "1,2 %",
    ),
    *(
        "\x00",
        "\u202e",
        "\ud800",
        "𝟙𝟠:𝟝𝟛",
        "１８：５３",
        "٣",
        "İ",
        "ﬁ",
        "May",
        "may",
        "Sun",
        "сб",
        "Z",
        "yesterday",
        "today",
    ),
]
texts = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=25).map(" ".join)
stamps = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(
        ["2021-04-13T18:37+03:00", "Tue, 13 Apr 2021 15:37:00 GMT", "13.04.2021 18:37", "2021-04-13", "04/05/2021"]
    ),
)
zones = st.sampled_from(["", "Europe/Moscow", "America/New_York", "+05:30", "Pacific/Apia"])


def dated(text: str, stamp: str | None, zone: str, *, first: bool) -> Dating:
    found = () if stamp is None else (("published", stamp),)
    context = DatingContext(
        zone=zone,
        policy=read_policy("first_report" if first else "reviewed"),
        fetched_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return date_item(NewsItem("fuzz", "fuzz", text[:50], text, stamps=found), context)


def timed(text: str, stamp: str | None, zone: str, *, first: bool) -> tuple[Dating, float]:
    start = time.process_time()
    return dated(text, stamp, zone, first=first), time.process_time() - start


def peak_mb() -> float:
    """Return the largest memory the process has held so far; one input may not raise it by 200 MB."""
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def check(text: str, stamp: str | None, zone: str, *, first: bool) -> None:
    before = peak_mb()
    dating, took = timed(text, stamp, zone, first=first)
    assert peak_mb() - before < 200
    # A second run tells a slow text from a pause of the garbage collector.
    assert took < 1.0 or timed(text, stamp, zone, first=first)[1] < 1.0
    for evidence in dating.evidence:
        whole = {"text": text, "title": text[:50]}.get(evidence.field, stamp or "")
        assert whole[evidence.start : evidence.end] == evidence.text
    if dating.event_time is None:
        return
    found = dating.event_time
    assert found.latest - found.earliest <= timedelta(hours=50)
    assert found.earliest <= datetime(2026, 11, 23, tzinfo=UTC)
    for evidence in dating.evidence:
        if evidence.kind == "publication" and evidence.latest is not None:
            assert found.latest <= evidence.latest + timedelta(days=1)


@given(texts, stamps, zones, st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_dated_or_refused_and_never_beyond_its_evidence(
    text: str, stamp: str | None, zone: str, first: bool
) -> None:
    check(text, stamp, zone, first=first)


@pytest.mark.slow
@given(texts, stamps, zones, st.booleans())
@settings(max_examples=200_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_two_hundred_thousand_texts(text: str, stamp: str | None, zone: str, first: bool) -> None:
    check(text, stamp, zone, first=first)


@given(
    st.sampled_from(sorted(NEWS_READERS)),
    st.one_of(st.binary(max_size=300), texts.map(lambda t: t.encode("utf-8", "replace"))),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_news_or_a_typed_error(kind: str, content: bytes) -> None:
    try:
        items = NEWS_READERS[kind](content, "fuzz", ReadOptions())
    except EventStudyError:
        return
    assert all(isinstance(item, NewsItem) for item in items)
    for item in items:
        date_item(item)
