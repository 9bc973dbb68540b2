"""Precision and recall of accepted event times on the labeled corpus, and items dated per second without bars."""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path

from eventstudy.news.context import Context
from eventstudy.news.dating import date_items
from eventstudy.news.events.copies import group_items
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import read_news
from tests.news.test_corpus import CASES, interval, run
from tests.news.unseen import dated, read_cases, tally, verdict

SHARED = Path(__file__).parents[2] / "shared" / "news"
ITEMS = 10_000


def accuracy() -> None:
    """Print how many accepted times are right, and how many of the datable texts are dated."""
    accepted = right = datable = found = named = traps = 0
    for _, case in CASES:
        dating = run(case)
        allowed = [interval(case[key]) for key in ("expect", "or_expect") if key in case]
        ok = dating.event_time is not None and (dating.event_time.earliest, dating.event_time.latest) in allowed
        accepted += dating.event_time is not None
        right += ok
        datable += "expect" in case
        found += "expect" in case and ok
        traps += bool(case.get("refuse"))
        named += bool(case.get("refuse")) and bool({c.kind for c in dating.conflicts} & set(case["refuse"]))
    print(f"corpus: {len(CASES)} texts, {datable} datable, {traps} traps")
    print(f"precision of accepted times: {right}/{accepted} = {right / accepted:.4f}")
    print(f"recall: {found}/{datable} = {found / datable:.4f}; traps named: {named}/{traps}")


def unseen() -> None:
    """Print the figures on the corpora of other hands; one-sided labels are never accepted, only named."""
    for name in ("corpus_blind", "corpus_review", "corpus_second"):
        count, cases = tally(name), read_cases(name)
        accepted = count["right"] + count["wide"] + count["wrong"]
        datable = sum(c["expect"] == "time" and None not in (c["earliest"], c["latest"]) for c in cases)
        right = sum(c["expect"] == "time" and verdict(c, dated(c)) in ("right", "wide") for c in cases)
        print(f"{name}: {len(cases)} texts, precision {accepted - count['wrong']}/{accepted}, recall {right}/{datable}")


def speed() -> None:
    """Print the processor time for ten thousand short items, made from the texts of the corpus."""
    texts = islice(cycle(case["text"] for _, case in CASES if case["text"]), ITEMS)
    stamps = (("published", "2021-04-13T18:37+03:00"),)
    items = [NewsItem(f"n{i}", "bench", "", text, stamps=stamps) for i, text in enumerate(texts)]
    context = Context(zone="Europe/Moscow")
    start = time.process_time()
    count = sum(1 for _ in date_items(items, context))
    took = time.process_time() - start
    print(f"speed: {count} short items in {took:.2f} s of processor time ({count / took:.0f} a second)")


def tables() -> None:
    """Print how many rows of the real tables become a stamp in UTC, and how fast."""
    for name in ("gazpromneft.csv", "news_filtered.csv"):
        if not (SHARED / name).exists():
            print(f"{name}: absent")
            continue
        start = time.process_time()
        items = read_news(SHARED / name)
        datings = list(date_items(items, Context(zone="Europe/Moscow")))
        took = time.process_time() - start
        stamped = sum(any(e.kind == "publication" and e.latest for e in d.evidence) for d in datings)
        sure = sum(d.status == "dated" for d in datings)
        print(
            f"{name}: {len(items)} rows in {len(group_items(items))} groups of copies, {took:.2f} s of processor time"
        )
        print(f"  {stamped} stamps in UTC, {sure} dated without review")


if __name__ == "__main__":
    accuracy()
    unseen()
    speed()
    tables()
    sys.exit(0)
