"""Stamps of pages: which source speaks, what agrees, what contradicts; the pages imitate publishing systems."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import NewsError, UsageError
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import read_news_bytes
from eventstudy.news.time_evidence import Dating

FIRST = DatingContext(policy=read_policy("first_report"))
LD = '<script type="application/ld+json">{}</script>'


def page(head: str = "", body: str = "", title: str = "Acme to cut 500 jobs") -> NewsItem:
    text = f"<html><head><title>{title} | News</title>{head}</head><body><h1>{title}</h1>{body}"
    text += "<p>Acme said so.</p></body></html>"
    (item,) = read_news_bytes(text.encode(), "page.html")
    return item


def article(published: str, headline: str = "Acme to cut 500 jobs", **more: object) -> str:
    return LD.format(json.dumps({"@type": "NewsArticle", "headline": headline, "datePublished": published, **more}))


def published(dating: Dating) -> tuple[str, str]:
    assert dating.published is not None
    return dating.published.earliest.isoformat(), dating.published.latest.isoformat()


@pytest.mark.parametrize(
    ("head", "body", "start"),
    [
        (article("2021-04-13T12:30:00Z"), "", "2021-04-13T12:30:00+00:00"),
        (LD.format('{"@graph": [{"@type": "WebPage", "mainEntity": {"@type": "Report", '
                   '"headline": "Acme to cut 500 jobs", '
                   '"datePublished": "2021-04-13T12:30:00Z"}}]}'), "", "2021-04-13T12:30:00+00:00"),
        (LD.format('//<![CDATA[\n{"@type": "BlogPosting", "datePublished": "2021-04-13T12:30:00Z"}\n//]]>'),
         "", "2021-04-13T12:30:00+00:00"),
        (LD.format('{"@type": "NewsArticle", "datePublished": "2021-04-13T12:30:00Z", "x": "unquoted" here}'),
         "", "2021-04-13T12:30:00+00:00"),
        ('<meta name="parsely-pub-date" content="2021-04-13T12:30:00Z">', "", "2021-04-13T12:30:00+00:00"),
        ('<meta itemprop="datePublished" content="1618317000000">', "", "2021-04-13T12:30:00+00:00"),
    ],
)  # fmt: skip
def test_one_stamp_of_the_first_two_ranks_suffices(head: str, body: str, start: str) -> None:
    dating = date_item(page(head, body), FIRST)
    assert dating.status == "dated"
    assert dating.event_time is not None
    assert dating.event_time.earliest.isoformat() == start


def test_linked_data_of_other_articles_is_not_this_articles() -> None:
    others = article("2019-01-01T00:00:00Z", "Another story of last year") + article("2018-01-01T00:00:00Z", "A third")
    dating = date_item(page(others + article("2021-04-13T12:30:00Z")), FIRST)
    assert published(dating)[0] == "2021-04-13T12:30:00+00:00"
    # Two strangers and nothing of this article: no linked data is read at all.
    stamps = page(others).stamps
    assert not any(field.startswith("json-ld") for field, _ in stamps)


def test_microdata_is_read_only_where_no_better_stamp_gives_a_day() -> None:
    marked = '<span itemprop="datePublished" content="2021-04-13T12:30:00Z"></span>'
    assert ("itemprop published", "2021-04-13T12:30:00Z") in page(article("soon"), marked).stamps
    assert not any(field.startswith("itemprop") for field, _ in page(article("2021-04-13T12:30:00Z"), marked).stamps)


def test_a_lone_time_element_needs_a_second_source() -> None:
    body = '<div class="teaser"><time datetime="2016-05-01T10:00:00Z">old box</time></div>'
    alone = date_item(page("", body), FIRST)
    assert alone.status == "needs_review"
    assert {c.kind for c in alone.conflicts} & {"weak_publication", "no_publication"}
    confirmed = '<time datetime="2021-04-13T12:30:00Z">x</time><span class="date">April 13, 2021</span>'
    found = date_item(page("", confirmed), FIRST)
    assert found.event_time is not None
    assert found.event_time.earliest.isoformat() == "2021-04-13T12:30:00+00:00"


def test_one_wall_clock_under_two_offsets_becomes_its_hull() -> None:
    head = (
        article("2021-04-13T15:59:30+02:00")
        + '<meta property="article:published_time" content="2021-04-13T15:59:00+00:00">'
    )
    assert published(date_item(page(head))) == ("2021-04-13T13:59:30+00:00", "2021-04-13T15:59:00.999999+00:00")


def test_stamps_a_week_apart_contradict_each_other() -> None:
    head = article("2021-04-13T12:30:00Z") + '<meta property="article:published_time" content="2021-04-20T12:30:00Z">'
    dating = date_item(page(head), FIRST)
    assert dating.published is None
    assert [c.kind for c in dating.conflicts] == ["publication_disagrees"]


def test_an_update_never_counts() -> None:
    head = article("2021-04-13T12:30:00Z", dateModified="2021-04-15T09:00:00Z")
    head += '<meta property="article:modified_time" content="2021-04-15T09:00:00Z">'
    # Some systems write the update into the field of the publication as well.
    head += '<meta property="article:published_time" content="2021-04-15T09:00:00Z">'
    assert published(date_item(page(head)))[0] == "2021-04-13T12:30:00+00:00"


def test_a_stamp_without_a_zone_is_its_day_in_every_zone_unless_a_zone_is_declared() -> None:
    item = page(article("2021-04-13 12:30:00"))
    # UTC+14 begins the day at 10:00 UTC of the day before, UTC-12 ends it at 12:00 UTC of the day after.
    assert published(date_item(item)) == ("2021-04-12T10:00:00+00:00", "2021-04-14T11:59:59.999999+00:00")
    declared = date_item(item, DatingContext(zone="Europe/Moscow"))
    assert published(declared)[0] == "2021-04-13T09:30:00+00:00"


def test_a_machine_stamp_in_utc_takes_the_civil_day_the_page_shows() -> None:
    item = page(article("2021-04-13T23:01:00Z"), '<span class="date">14 April 2021</span>')
    dating = date_item(item)
    assert dating.published is not None
    assert str(dating.published.day) == "2021-04-14"


def test_the_text_narrows_or_contradicts_and_never_vetoes() -> None:
    stamp = (("published", "2021-04-13T12:30:00Z"),)
    # Words of the kind that vetoed before: a founding date, a date to come, a denial, a supposition.
    text = "Acme said it will cut 500 jobs. It was founded on May 1, 1923, may report on April 29 and did not comment."
    assert date_item(NewsItem("a", "s", "", text, stamps=stamp), FIRST).status == "dated"
    narrowed = NewsItem(
        "b",
        "s",
        "",
        "Acme announced at 14:05 Moscow time on Tuesday that it cuts jobs.",
        stamps=(("published", "2021-04-13"),),
    )
    found = date_item(narrowed, DatingContext(zone="Europe/Moscow", policy=read_policy("first_report"))).event_time
    assert found is not None
    assert (found.earliest.isoformat(), found.latest.isoformat()) == (
        "2021-04-13T11:05:00+00:00",
        "2021-04-13T11:05:59.999999+00:00",
    )
    old = NewsItem("c", "s", "", "Acme said on Friday, April 2, 2021 that it will cut 500 jobs.", stamps=stamp)
    assert [c.kind for c in date_item(old, FIRST).conflicts] == ["old_news"]
    embargo = NewsItem("d", "s", "", "x", stamps=(*stamp, ("embargo", "2021-04-14T06:00:00Z")))
    assert [c.kind for c in date_item(embargo, FIRST).conflicts] == ["embargo_later"]
    early = DatingContext(fetched_at=datetime(2021, 4, 13, 10, tzinfo=UTC), policy=read_policy("first_report"))
    assert [c.kind for c in date_item(NewsItem("e", "s", "", "x", stamps=stamp), early).conflicts] == [
        "future_of_fetch"
    ]


def test_beside_a_stamp_only_the_lead_of_a_text_is_read() -> None:
    text = "The bank is large. " * 200 + "It said so on 12 April 2021."
    for stamps, found in (((("url", "2021-04-13"),), False), ((), True)):
        evidence = date_item(NewsItem("a", "s", "", text, stamps=stamps)).evidence
        assert any(e.text == "12 April 2021" for e in evidence) is found


def test_a_denied_event_gives_no_time() -> None:
    text = "Конец света утром в 06.00 по московскому времени 21 мая 2011 года так и не наступил, сообщил проповедник."
    assert date_item(NewsItem("a", "s", "", text)).event_time is None


def test_the_policies() -> None:
    item = NewsItem("a", "s", "", "x", stamps=(("published", "2021-04-13T12:30:00Z"),))
    plain = date_item(item)
    assert plain.status == "needs_review"
    assert published(plain)[0] == "2021-04-13T12:30:00+00:00"
    assert "first_report" in plain.conflicts[0].message
    lagged = date_item(item, DatingContext(policy=read_policy("lag <= 2h"))).event_time
    assert lagged is not None
    assert lagged.earliest.isoformat() == "2021-04-13T10:30:00+00:00"
    assert lagged.latest.isoformat() == "2021-04-13T12:30:00.999999+00:00"
    for wrong in ("lag <= 0h", "lag <= 2", "always", "lag < 2h", "lag <= 9w"):
        with pytest.raises(UsageError, match="not known"):
            read_policy(wrong)


def test_the_old_flag_is_refused_with_the_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n.txt").write_text("x", encoding="utf-8")
    assert run(["date", str(tmp_path / "n.txt"), "--first-report"]) == 2
    assert "--policy first_report" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("<html>" + "<a " * 1_600_000, "more than 200000 tags"),
        ("<html>" + "<a " * 190_000, "longer than 64 kB"),
        ("<html><p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x</p></html>", "longer than 64 kB"),
        ("<html>" + "<div>" * 5_000 + "x", "nested too deep to be a page: 256 levels"),
        ("<html>" + "</x><y&z;>" * 5_000 + "<b>" * 3_000 + "</b>" * 3_000, "nested too deep"),
        ("<html>" + "<p>x" * 250_000, "more than 200000 tags"),
    ],
)
def test_hostile_pages_are_refused_by_name_and_at_once(content: str, named: str) -> None:
    start = time.process_time()
    with pytest.raises(NewsError, match=named):
        read_news_bytes(content.encode(), "page.html")
    assert time.process_time() - start < 2.0  # one second on an idle machine


def test_a_long_quoted_value_is_harmless() -> None:
    state = '<input type="hidden" name="__VIEWSTATE" value="' + "A" * 120_000 + '">'
    assert page(article("2021-04-13T12:30:00Z"), state).stamps


JUDGED = NewsItem("a", "wire", "", "The deal was agreed on Tuesday in Geneva.", stamps=(("published", "2021-04-16"),))


def test_a_judge_may_choose_a_candidate_or_none_and_its_answer_is_kept() -> None:
    seen = []

    def first(question: object) -> int:
        seen.append(question)
        return 0

    chosen = es.date_news(JUDGED, zone="Europe/Moscow", judge=first)
    assert seen[0]["candidates"][0]["index"] == 0  # type: ignore[index]
    (event,) = chosen.events
    assert event.time.basis == "assumed"
    assert [e.kind for e in chosen.datings[0].evidence][-1] == "judge"
    none = es.date_news(JUDGED, zone="Europe/Moscow", judge=lambda question: None)
    assert not none.events
    assert none.datings[0].evidence[-1].note == "chose none"
    with pytest.raises(UsageError, match="judge answered 99"):
        es.date_news(JUDGED, zone="Europe/Moscow", judge=lambda question: 99)


def test_a_judge_is_a_command_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "judge.py").write_text("import json, sys\njson.load(sys.stdin)\nprint(0)\n", encoding="utf-8")
    (tmp_path / "n.csv").write_text(
        "date,title\n2021-04-16,The deal was agreed on Tuesday in Geneva\n", encoding="utf-8"
    )
    command = f"python {tmp_path / 'judge.py'}"
    assert run(["date", str(tmp_path / "n.csv"), "--zone", "Europe/Moscow", "--judge", command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["event_time"]["basis"] == "assumed"
    assert run(["date", str(tmp_path / "n.csv"), "--zone", "Europe/Moscow", "--judge", "/no/such/judge"]) == 2
    assert "judge" in capsys.readouterr().err


def test_news_in_python_is_a_frame_events_and_a_card(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text(
        "id,published,title\na,2021-04-13T12:30:00Z,Acme cuts jobs & more\nb,soon,Another story altogether here\n",
        encoding="utf-8",
    )
    dated = es.date_news(es.read_news(tmp_path / "n.csv"), policy="first_report")
    frame = dated.to_frame()
    assert list(frame["status"]) == ["dated", "needs_review"]
    assert frame["earliest"][0].isoformat() == "2021-04-13T12:30:00+00:00"
    assert "not_a_stamp" in frame["reason"][1]
    assert [e.id for e in dated.events] == ["a"]
    assert [d.item for d in dated.review] == ["b"]
    card = dated._repr_html_()
    assert "Acme cuts jobs &amp; more" in card
    assert "the row" in card
    assert repr(dated) == "<DatedNews: 2 items, 1 event, 1 to review>"
