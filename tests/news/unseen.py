"""The corpora that other hands wrote, and how an answer is judged on them (``corpus_blind/README.md``)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from eventstudy.news.context import DatingContext
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.time_evidence import Dating

FOLDER = Path(__file__).parent
Verdict = Literal["right", "wide", "wrong", "missed", "refused", "side"]
ONE_SIDED = {"only_publication", "only_upper_bound", "only_lower_bound"}


def read_cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of one corpus."""
    text = (FOLDER / name / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def hostile_texts() -> list[tuple[tuple[tuple[str, str], ...], str]]:
    """Return the sentences of which none is the time of public news, with the stamps of their items."""
    lines = (FOLDER / "corpus_hostile" / "refused.txt").read_text(encoding="utf-8").splitlines()
    stamps = {"P": (("published", "2021-04-13T18:37+03:00"),), "-": ()}
    return [(stamps[line[0]], line[2:].replace("\\n", "\n")) for line in lines if line[:2] in ("P ", "- ")]


def dated(case: dict[str, Any]) -> Dating:
    """Return the dating of a case with what its user declares."""
    declared = case["declared"]
    context = DatingContext(
        zone=declared["publisher_zone"] or "",
        day_first={"dmy": True, "mdy": False}.get(declared["day_month_order"]),
        fetched_at=_instant(declared["fetched_at"]),
    )
    return date_item(NewsItem(case["id"], "corpus", "", case["text"]), context)


def verdict(case: dict[str, Any], dating: Dating) -> Verdict:
    """Judge an answer: the label holds seconds, so both are compared to the second.

    An interval with one side open is no accepted time; where the label is one-sided, "side" tells that the refusal
    names just that side.
    """
    label = _instant(case["earliest"]), _instant(case["latest"])
    time = dating.event_time
    if time is not None:
        found = time.earliest.replace(microsecond=0), time.latest.replace(microsecond=0)
        if case["expect"] == "refuse" or label[0] is None or label[1] is None:
            return "wrong"
        if found == label:
            return "right"
        return "wide" if found[0] <= label[0] and found[1] >= label[1] else "wrong"
    if case["expect"] == "refuse":
        return "refused"
    if (label[0] is None) != (label[1] is None):
        best = dating.candidates[0] if dating.candidates else None
        sides = (_second(best.earliest), _second(best.latest)) if best else (None, None)
        if sides == label and {c.kind for c in dating.conflicts} <= ONE_SIDED:
            return "side"
    return "missed" if case["expect"] == "time" else "refused"


def tally(name: str) -> Counter[Verdict]:
    """Return how often each verdict falls on a corpus."""
    return Counter(verdict(case, dated(case)) for case in read_cases(name))


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written.replace("Z", "+00:00"))


def _second(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(microsecond=0)
