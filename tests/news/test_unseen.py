"""Texts by other hands: few of the accepted times are wrong; the figures are printed by scripts/bench news."""

from __future__ import annotations

from collections import Counter

import pytest

from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from tests.news.unseen import hostile_texts, tally


@pytest.mark.parametrize(
    ("name", "right", "wrong"), [("corpus_blind", 4, 0), ("corpus_second", 42, 0), ("corpus_review", 6, 1)]
)
def test_neither_recall_nor_precision_is_lost_unnoticed(name: str, right: int, wrong: int) -> None:
    # Most of these texts have no publication, and nothing that only the text says is accepted.
    found = tally(name)
    assert found["right"] + found["wide"] >= right
    assert found["wrong"] <= wrong


def test_hardly_any_sentence_that_was_written_to_deceive_is_accepted() -> None:
    found: Counter[bool] = Counter()
    for stamps, text in hostile_texts():
        dating = date_item(NewsItem("h", "corpus", "", text, stamps=stamps))
        found[dating.event_time is not None] += 1
    assert found.total() == 696
    assert found[True] <= 1
