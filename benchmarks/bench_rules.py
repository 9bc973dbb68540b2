"""What each pattern of the text rules buys: verdicts on leads and corpora that change without it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from benchmarks.bench_scorer import corpora, verdict
from benchmarks.news_pages import FIELD, leads
from eventstudy.news import phrases, sentences
from eventstudy.news.clauses import states_act
from eventstudy.news.dating import date_item

MODULES = ("clauses", "moments", "phrases", "sentences", "clocks", "claims", "provenance")
NEVER = re.compile(r"(?!)")


def verdicts() -> Counter[str]:
    """Return how often the texts are dated right, wrong, refused and missed, leads apart from the corpora."""
    for cached in (states_act, phrases.find_dates, phrases.find_clocks, sentences.sentences):
        cached.cache_clear()
    rows = [("leads", lead.item, lead.context, lead.interval) for lead in (leads() if FIELD.exists() else [])]
    rows += [("corpora", item, context, label) for _, item, context, label in corpora()]
    found: Counter[str] = Counter()
    for kind, item, context, label in rows:
        time = date_item(item, context).event_time
        ends = None if time is None else (time.earliest, time.latest)
        found[f"{kind} {verdict(ends, label, press=kind == 'leads')}"] += 1
    return found


def patterns() -> Iterator[tuple[ModuleType, str]]:
    """Yield every module and the name of a compiled pattern in it."""
    for module in (import_module(f"eventstudy.news.{name}") for name in MODULES):
        yield from ((module, name) for name, found in vars(module).items() if isinstance(found, re.Pattern))


def main() -> None:
    base = verdicts()
    print("all rules:", dict(sorted(base.items())))
    for module, name in patterns():
        kept = getattr(module, name)
        setattr(module, name, NEVER)
        try:
            without = verdicts()
            change = {key: without[key] - base[key] for key in sorted({*base, *without}) if without[key] != base[key]}
        except (AssertionError, IndexError, KeyError, TypeError, ValueError) as error:
            change = {f"fails ({type(error).__name__})": 1}
        finally:
            setattr(module, name, kept)
        print(f"{module.__name__.rpartition('.')[2]}.{name} ({len(kept.pattern)} characters): {change or 'no change'}")


if __name__ == "__main__":
    main()
    sys.exit(0)
