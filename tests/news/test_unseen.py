"""Texts by other hands, and texts written to deceive: no accepted time is wrong, and most that can be dated are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eventstudy.news.context import Context
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from tests.news.unseen import dated, read_cases, tally, verdict

CORPORA = ("corpus_blind", "corpus_review", "corpus_second")
CASES = [(f"{name}-{case['id']}", case) for name in CORPORA for case in read_cases(name)]
HOSTILE = [
    line
    for line in (Path(__file__).parent / "corpus_hostile" / "refused.txt").read_text(encoding="utf-8").splitlines()
    if line[:2] in ("- ", "P ")
]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_no_accepted_time_is_wrong(name: str, case: dict[str, Any]) -> None:
    dating = dated(case)
    assert verdict(case, dating) != "wrong", f"{case['text']!r} -> {dating.event_time}; {case['why']}"


@pytest.mark.parametrize(("name", "least"), [("corpus_blind", 100), ("corpus_review", 22), ("corpus_second", 43)])
def test_most_texts_that_can_be_dated_are(name: str, least: int) -> None:
    # Recall is what precision leaves; this holds it, the figures themselves are printed by scripts/bench news.
    assert tally(name)["right"] >= least


@pytest.mark.parametrize("line", HOSTILE)
def test_sentences_made_to_deceive_are_refused(line: str) -> None:
    published = (("published", "2021-04-13T18:37+03:00"),) if line[0] == "P" else ()
    item = NewsItem("x", "hostile", "", line[2:].replace("\\n", "\n"), stamps=published)
    dating = date_item(item, Context(zone="Europe/Moscow" if published else ""))
    assert dating.event_time is None, f"{line[2:]!r} -> {dating.event_time}"
