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
from eventstudy.news.time_evidence import Dating

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


def test_most_texts_that_state_a_full_time_are_dated_and_most_traps_are_named() -> None:
    datings = [(case, run(case)) for _, case in CASES]
    right = sum(d.event_time is not None for c, d in datings if "expect" in c)
    named = sum(bool({x.kind for x in d.conflicts} & set(c["refuse"])) for c, d in datings if c.get("refuse"))
    # Floors below what is measured (scripts/bench news prints it), so that recall is not lost unnoticed.
    assert right >= 95
    assert named >= 110
