"""The labeled corpus of dates, clocks, zones and stamps: an accepted time is never wrong; labels are by hand."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.time_evidence import Candidate, Dating

CORPUS = Path(__file__).parent / "corpus"
TICK = timedelta(microseconds=1)


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
    context = DatingContext(
        zone=case.get("zone", ""),
        day_first={"dmy": True, "mdy": False}.get(case.get("order", "")),
        fetched_at=datetime.fromisoformat(case["fetched_at"]) if "fetched_at" in case else None,
        policy=read_policy("first_report" if case.get("first_report") else "reviewed"),
        years=tuple(case.get("years", (2000, 2030))),
    )
    return date_item(item, context)


def interval(written: str) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(part) for part in written.split("/"))
    return start.astimezone(UTC), end.astimezone(UTC) - TICK


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_no_accepted_time_is_wrong(name: str, case: dict[str, Any]) -> None:
    dating = run(case)
    if dating.event_time is not None:
        found = (dating.event_time.earliest, dating.event_time.latest)
        allowed = [interval(case[key]) for key in ("expect", "or_expect") if key in case]
        held = any(found[0] <= start and end <= found[1] for start, end in allowed)
        assert held, f"{case['text']!r} -> {found}"


def test_a_text_that_alone_says_when_is_never_accepted_and_its_time_is_offered_for_review() -> None:
    bare = [(case, run(case)) for _, case in CASES if "expect" in case and "published" not in case]
    assert all(d.event_time is None for _, d in bare)
    offered = [d for case, d in bare if d.candidates and _holds(d.candidates[0], interval(case["expect"]))]
    # A floor below what is measured, so that what the words say is not lost unnoticed.
    assert len(bare) > 80
    assert len(offered) >= 0.8 * len(bare)


def test_most_texts_that_state_a_full_time_beside_a_publication_are_dated_and_most_traps_are_named() -> None:
    datings = [(case, run(case)) for _, case in CASES if "published" in case]
    right = sum(d.event_time is not None for c, d in datings if "expect" in c)
    assert right >= 42
    assert right >= 0.7 * sum("expect" in c for c, _ in datings)


def _holds(candidate: Candidate, label: tuple[datetime, datetime]) -> bool:
    if candidate.earliest is None or not label[0] - timedelta(days=1) <= candidate.earliest <= label[0]:
        return False
    return candidate.latest is None or label[1] <= candidate.latest
