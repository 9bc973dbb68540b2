"""Pages and leads with known dates, beside htmldate in the same run; items dated per second."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

from statsmodels.stats.proportion import proportion_confint

from benchmarks.news_pages import FIELD, GoldPage, gold_pages, leads, page_leads
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item, date_items
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import read_news_bytes
from eventstudy.news.time_evidence import Dating
from eventstudy.news.zones import city_zone
from tests.news.test_corpus import CASES
from tests.news.unseen import tally

MINUTE = timedelta(seconds=60)
ITEMS = 10_000
FIRST = DatingContext(policy=read_policy("first_report"))
LABELS = Path(__file__).parent / "lead_labels.csv"


@dataclass(frozen=True)
class Result:
    """One page as dated, beside htmldate, with the processor time of both."""

    page: GoldPage
    dating: Dating
    htmldate: str
    seconds: float
    htmldate_seconds: float

    @property
    def day(self) -> str:
        """The day of publication found; empty if none."""
        return "" if self.dating.published is None else str(self.dating.published.day)

    @property
    def held(self) -> bool:
        """Whether the accepted interval contains the labeled instant, within a minute."""
        time, gold = self.dating.event_time, self.page.instant
        return time is not None and gold is not None and time.earliest - MINUTE <= gold <= time.latest + MINUTE

    @property
    def to_the_minute(self) -> bool:
        """Whether both ends of the accepted interval lie within a minute of the labeled instant."""
        time, gold = self.dating.event_time, self.page.instant
        return self.held and max(abs(time.earliest - gold), abs(time.latest - gold)) <= MINUTE  # type: ignore[union-attr, operator]


def results() -> Iterator[Result]:
    """Yield every page as `eventstudy date page.html --policy first_report` reads it, and as htmldate does."""
    from htmldate import find_date
    from htmldate.extractors import external_date_parser

    # What either program loads once per process (languages, names of zones) is not a cost of a page.
    external_date_parser("no date 99", "%Y")
    city_zone("Rome")
    gc.collect()
    gc.freeze()  # nor is the search through all that the process holds
    for page in gold_pages():
        start = time.process_time()
        (item,) = read_news_bytes(page.content, f"{page.name}.html")
        dating = date_item(item, FIRST)
        middle = time.process_time()
        found = find_date(page.content, url=page.url or None, extensive_search=True, original_date=True) or ""
        yield Result(page, dating, found, middle - start, time.process_time() - middle)


def share(count: int, of: int) -> str:
    """Return a proportion in percent with its Wilson interval."""
    if not of:
        return "0/0"
    low, high = proportion_confint(count, of, method="wilson")
    return f"{count}/{of} = {count / of:.1%} ({low:.1%} to {high:.1%})"


def report(name: str, rows: list[Result]) -> None:
    """Print the figures of one set of pages."""
    n = len(rows)
    for who, days in (("eventstudy", [r.day for r in rows]), ("htmldate", [r.htmldate for r in rows])):
        right = sum(day == r.page.day for day, r in zip(days, rows, strict=True))
        none = sum(not day for day in days)
        print(f"{name}: day of publication, {who}: right {share(right, n)}, wrong {n - right - none}, none {none}")
    accepted = [r for r in rows if r.dating.status == "dated"]
    timed = [r for r in accepted if r.page.instant is not None]
    print(f"{name}: accepted by first_report: {share(len(accepted), n)}")
    print(f"{name}:   right day {share(sum(r.day == r.page.day for r in accepted), len(accepted))}")
    print(f"{name}:   contains a labeled instant {share(sum(r.held for r in timed), len(timed))}")
    print(f"{name}:   both ends within 60 s of it {share(sum(r.to_the_minute for r in timed), len(timed))}")


def pages() -> None:
    """Print the figures of all pages by kind and by what the scorer was fitted on, and list the wrong ones."""
    found = list(results())
    fitted = {lead.publisher for lead in page_leads(LABELS)}
    parts: dict[str, list[Result]] = defaultdict(list)
    for r in found:
        parts["all"].append(r)
        parts[r.page.kind].append(r)
        parts["publishers the scorer saw" if r.page.publisher in fitted else "publishers it did not see"].append(r)
    for name, rows in parts.items():
        report(name, rows)
    ours, theirs = sum(r.seconds for r in found), sum(r.htmldate_seconds for r in found)
    n = len(found)
    print(
        f"processor time a page: {1e3 * ours / n:.1f} ms, htmldate {1e3 * theirs / n:.1f} ms, ratio {ours / theirs:.2f}"
    )
    reasons = Counter(c.kind for r in found for c in r.dating.conflicts)
    print(f"why not accepted: {dict(reasons)}")
    print("wrong, with the label:")
    for r in found:
        wrong_time = r.page.instant is not None and r.dating.status == "dated" and not r.held
        if (r.day and r.day != r.page.day) or wrong_time:
            sources = ", ".join(r.dating.published.sources) if r.dating.published else ""
            print(f"  {r.page.url or r.page.name}: {r.day} ({sources}; {r.dating.status}), label {r.page.gold}")


def press() -> None:
    """Print how many leads the text alone dates."""
    rows = [(lead, date_item(lead.item, lead.context)) for lead in leads()]
    datable = sum(lead.interval is not None for lead, _ in rows)
    right = wrong = 0
    for lead, dating in rows:
        time, label = dating.event_time, lead.interval
        if time is None:
            continue
        inside = label is not None and label[0] <= time.latest and time.earliest <= label[1]
        right += inside
        wrong += not inside
        if not inside:
            print(f"  wrong: {lead.item.id}: {time}, label {lead.label}")
    print(f"leads: right {share(right, datable)}, wrong {wrong} of {right + wrong} accepted; {len(rows)} leads")


def corpora() -> None:
    """Print the verdicts on the corpora of other hands."""
    for name in ("corpus_blind", "corpus_review", "corpus_second"):
        print(f"{name}: {json.dumps(tally(name))}")


def speed() -> None:
    """Print the processor time for ten thousand short items, made from the texts of the corpus."""
    texts = islice(cycle(case["text"] for _, case in CASES if case["text"]), ITEMS)
    stamps = (("published", "2021-04-13T18:37+03:00"),)
    items = [NewsItem(f"n{i}", "bench", "", text, stamps=stamps) for i, text in enumerate(texts)]
    start = time.process_time()
    count = sum(1 for _ in date_items(items, DatingContext(zone="Europe/Moscow")))
    took = time.process_time() - start
    print(f"speed: {count} short items in {took:.2f} s of processor time ({count / took:.0f} a second)")


if __name__ == "__main__":
    if FIELD.exists():
        pages()
        press()
    else:
        print(f"{FIELD} is absent: no pages and leads.")
    corpora()
    speed()
    sys.exit(0)
