"""What a page may cost: one parse where its stamps suffice, and little beside the parse."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from lxml import etree, html

from eventstudy.news import pages, readers
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.readers import read_news_bytes

FIRST = DatingContext(policy=read_policy("first_report"))
BOX = '<div class="box item-{0}"><a href="/{0}" class="link">Story {0}</a><span class="label">Politics</span></div>'
PAGE = (
    '<html><head><title>Bank fails</title><meta property="article:published_time" content="2021-04-13T12:30:00Z">'
    + "<script>var state = {};</script>" * 20
    + f"</head><body><nav>{''.join(BOX.format(n) for n in range(150))}</nav><article><h1>Bank fails</h1>"
    + "<p>The bank said on Tuesday that it had failed, and that its depositors are paid by the fund.</p>"
    + "<p>More text follows here, long enough to be the body of an article about a bank and its owners.</p>" * 40
    + f"</article><div>{''.join(BOX.format(n) for n in range(150))}</div></body></html>"
).encode()


def dated() -> None:
    (item,) = read_news_bytes(PAGE, "page.html")
    assert date_item(item, FIRST).status == "dated"


def seconds(of: Callable[[], object]) -> float:
    start = time.process_time()
    of()
    return time.process_time() - start


def test_a_page_whose_stamps_suffice_is_parsed_once_and_htmldate_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(etree, name)

        def fromstring(self, *given: object) -> object:
            parsed.append(1)
            return etree.fromstring(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pages, "etree", Counting())
    monkeypatch.setattr(readers, "page_day", lambda text, url: pytest.fail("htmldate was asked"))
    dated()
    assert len(parsed) == 1


def test_a_page_costs_a_few_times_what_its_parse_costs() -> None:
    dated()
    # By turns, so that other processes of a busy machine slow both.
    pairs = [(seconds(lambda: html.document_fromstring(PAGE)), seconds(dated)) for _ in range(15)]
    parse, page = map(min, zip(*pairs, strict=True))
    assert page < 3.4 * parse  # 2.5 when written; with every pattern tried at every letter it was 3.5


def test_a_page_costs_at_most_a_few_times_what_htmldate_takes() -> None:
    find_date = pytest.importorskip("htmldate").find_date
    dated()
    pairs = [(seconds(lambda: find_date(PAGE, extensive_search=True)), seconds(dated)) for _ in range(15)]
    other, page = map(min, zip(*pairs, strict=True))
    assert page < 3.3 * other  # 2.5 when written, 3.4 before
