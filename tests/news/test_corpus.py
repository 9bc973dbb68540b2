"""The labelled corpus: an accepted time is never wrong, a trap is always named; labels come from the rules, by hand."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eventstudy.news.context import Context
from eventstudy.news.dating import date_item
from eventstudy.news.evidence import Dating
from eventstudy.news.items import NewsItem

CORPUS = Path(__file__).parent / "corpus"
TICK = timedelta(microseconds=1)
# Cases the rules would date and the reader does not yet: recall, never precision. Shown, not hidden.
MISSED: frozenset[str] = frozenset()


def cases() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in sorted(CORPUS.glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["cases"], start=1):
            found.append((f"{path.stem}-{number}", case))
    return found


CASES = cases()


def run(case: dict[str, Any]) -> Dating:
    stamps = [(name, case[name]) for name in ("published", "updated") if name in case]
    item = NewsItem("case", "corpus", case.get("title", ""), case["text"], stamps=tuple(stamps))
    context = Context(
        zone=case.get("zone", ""),
        day_first={"dmy": True, "mdy": False}.get(case.get("order", "")),
        fetched_at=datetime.fromisoformat(case["fetched_at"]) if "fetched_at" in case else None,
        first_report=case.get("first_report", False),
        years=tuple(case.get("years", (2000, 2030))),
    )
    return date_item(item, context)


def interval(written: str) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(part) for part in written.split("/"))
    return start.astimezone(UTC), end.astimezone(UTC) - TICK


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_every_label_holds(name: str, case: dict[str, Any]) -> None:
    dating = run(case)
    kinds = {c.kind for c in dating.conflicts}
    allowed = [interval(case[key]) for key in ("expect", "or_expect") if key in case]
    if dating.event_time is not None:
        found = (dating.event_time.earliest, dating.event_time.latest)
        assert found in allowed, f"WRONG TIME ACCEPTED: {case['text']!r} -> {found}"
        return
    if "expect" in case:
        assert name in MISSED, f"not dated: {case['text']!r}: {dating.conflicts}"
    if case.get("refuse"):
        assert kinds & set(case["refuse"]), f"{case['text']!r}: {dating.conflicts or 'no conflict'}"


def test_the_corpus_is_large_and_half_of_it_are_traps() -> None:
    traps = [case for _, case in CASES if "expect" not in case]
    assert len(CASES) >= 300
    assert 0.4 <= len(traps) / len(CASES) <= 0.65
    texts = [(c["text"], c.get("published"), c.get("zone"), c.get("order"), c.get("fetched_at")) for _, c in CASES]
    assert len({(*t, str(sorted(c.items()))) for t, (_, c) in zip(texts, CASES, strict=True)}) == len(CASES)
