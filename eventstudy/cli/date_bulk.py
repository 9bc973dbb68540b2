"""Many items at once: events without keeping every reading in memory, and a summary in place of every reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstudy.news.events.merging import Proposal
    from eventstudy.news.items import NewsItem
    from eventstudy.news.time_evidence import Dating

# Of more items than this only counts and reasons are printed; --json prints all of them.
IN_DETAIL = 50
EXAMPLES = 3


@dataclass
class Overview:
    """What became of many items: how many are dated, and each reason for review with its first items."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, dating: Dating) -> None:
        self.states[dating.status] += 1
        for kind, message in {c.kind: c.message for c in dating.conflicts}.items():
            self.reasons[kind] += 1
            shown = self.examples.setdefault(kind, [])
            if len(shown) < EXAMPLES:
                shown.append(f"    {dating.item}: {message}")

    def lines(self) -> list[str]:
        counts = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in self.states.items())
        lines = [f"{self.states.total():,} items: {counts}"]
        for kind, count in self.reasons.most_common():
            lines += [f"  {kind}: {count:,} item{'' if count == 1 else 's'}, such as", *self.examples[kind]]
        return lines


def in_bulk(items: list[NewsItem], datings: Iterable[Dating], used: str, zone: str) -> tuple[list[Proposal], Overview]:
    """Return the events of many items, and what became of them; ``items`` is emptied to free its memory."""
    from eventstudy.news.events.merging import propose_story, stories

    seen, reports = Overview(), []
    for item, dating in zip(items, datings, strict=True):
        seen.add(dating)
        reports.append((item, _slim(dating)))
    items.clear()
    groups = stories(reports)[::-1]
    reports.clear()
    found = []
    while groups:
        group = groups.pop()
        priced = used if any(d.claims for _, d in group) else ""
        found.append(propose_story(group, price_series=priced, zone=zone))
    return found, seen


def _slim(dating: Dating) -> Dating:
    """Return a reading without what only a page about it shows."""
    if dating.event_time is None:
        return replace(dating, notes=())
    return replace(dating, event_time=replace(dating.event_time, evidence=()), candidates=(), notes=())
