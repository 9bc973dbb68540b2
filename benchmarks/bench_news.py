"""Precision and recall of accepted event times on the labelled corpus, and items dated per second without bars."""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path

from eventstudy.news.context import Context
from eventstudy.news.dating import date_items
from eventstudy.news.items import NewsItem
from eventstudy.news.readers import read_news
from tests.news.test_corpus import CASES, interval, run

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


def speed() -> None:
    """Print the time for ten thousand short items, made from the texts of the corpus."""
    texts = islice(cycle(case["text"] for _, case in CASES if case["text"]), ITEMS)
    stamps = (("published", "2021-04-13T18:37+03:00"),)
    items = [NewsItem(f"n{i}", "bench", "", text, stamps=stamps) for i, text in enumerate(texts)]
    context = Context(zone="Europe/Moscow")
    start = time.perf_counter()
    count = sum(1 for _ in date_items(items, context))
    took = time.perf_counter() - start
    print(f"speed: {count} short items in {took:.2f} s ({count / took:.0f} a second)")


def tables() -> None:
    """Print how many rows of the real tables become a stamp in UTC, and how fast."""
    for name in ("gazpromneft.csv", "news_filtered.csv"):
        if not (SHARED / name).exists():
            print(f"{name}: absent")
            continue
        start = time.perf_counter()
        items = read_news(SHARED / name)
        datings = list(date_items(items, Context(zone="Europe/Moscow")))
        took = time.perf_counter() - start
        stamped = sum(any(e.kind == "publication" and e.latest for e in d.evidence) for d in datings)
        dated = sum(d.status == "dated" for d in datings)
        print(f"{name}: {len(items)} rows, {stamped} stamps in UTC, {dated} dated without review, {took:.2f} s")


if __name__ == "__main__":
    accuracy()
    speed()
    tables()
    sys.exit(0)
