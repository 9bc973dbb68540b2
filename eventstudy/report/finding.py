"""The finding in two sentences: what moved by how much, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eventstudy.inference.table import TESTS
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp, p_is, pvalue, share, span

Json = Mapping[str, Any]
MOST_NAMED = 3


def words(name: str) -> str:
    """Return the name of a test, a model or an outcome in a sentence."""
    row = TESTS.get(name)
    return name.replace("_", " ") if row is None else row.words


def finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def decisive(tests: Json) -> tuple[str, Json] | None:
    """Return the test a finding rests on: placebo days where there are some, else the first with a p-value."""
    usable = [(name, test) for name, test in tests.items() if finite(test.get("pvalue"))]
    placebo = [pair for pair in usable if "placebo" in pair[0]]
    return next(iter(placebo or usable), None)


def verdict(test: Json, name: str, level: float) -> str:
    """Return a clause on how sure: the p-value, its days, the smallest p that could be reached."""
    p, n = test["pvalue"], int(test.get("n") or 0)
    judged = f"chance is an unlikely explanation at the {share(level)} level"
    judged = judged if p <= 1 - level else f"it may well be chance at the {share(level)} level"
    if "placebo" in name:
        as_large = round(p * (n + 1)) - 1
        least = f"; {pvalue(1 / (n + 1))} is the least possible" if as_large else ", the least so many days can give"
        moved = "the price moved as much" if as_large else "did the price move as much"
        return (
            f"on {as_large or 'none'} of {n} comparable days without the event {moved} ({_p_is(p)}{least}), so {judged}"
        )
    return f"the {words(name)} test gives {_p_is(p)}, so {judged}"


def _p_is(value: float | None) -> str:
    return p_is(value).replace(" ", "\u00a0")  # a line of text never breaks inside it


def sure(tests: Json, level: float) -> str:
    """Return one sentence on how sure one response or one average is."""
    chosen = decisive(tests)
    if chosen is None:
        reasons = [str(t.get("reason")) for t in tests.values() if t.get("reason")]
        return "How sure this is cannot be said: " + (plain(reasons[0]) if reasons else "no test applied.")
    said = verdict(chosen[1], chosen[0], level)
    return f"{said[:1].upper()}{said[1:]}."


def finding(study: Json, level: float, moved: str = "") -> tuple[str, ...]:
    """Return the finding: first what a check doubts inside an event window, then what moved by how much, and how sure.

    ``moved`` is the first sentence of the move where the clock is known; otherwise it speaks of event time.
    """
    doubts = (plain(n["message"], 400) for n in study.get("warnings", ()) if n["code"] == "ES-PRICE-IN-DOUBT")
    return (*doubts, *move_and_certainty(study, level, moved))


def move_and_certainty(study: Json, level: float, moved: str) -> tuple[str, ...]:
    """Return two sentences: what moved by how much, and how sure."""
    responses = study["responses"]
    if not responses:
        unused = len(study["outcomes"])
        lost = f"No event could be studied: {unused} of {unused} were left out."
        return lost, "The table below gives the reason for each."
    shared = average_of(study)
    if shared is not None:
        mean = f"{bp(shared['caar'])}\u00a0bp"
        count = f"{shared['n_events']} event responses"
        first = f"Over {count} the mean cumulated abnormal return in {span(shared['window'])} was {mean}."
        return first, sure(shared["tests"], level)
    rows = [r for r in responses if r["window"] == responses[0]["window"] and finite(r["car"])]
    if not rows:
        return "No response could be computed.", "The table below gives the reason for each event."
    named = [f"{plain(r['instrument'], 40)} {bp(r['car'])}\u00a0bp" for r in rows[:MOST_NAMED]]
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    first = moved or f"Abnormal return in {span(rows[0]['window'])}: {', '.join(named)}{more}."
    return first, _how_sure(rows, level)


def average_of(study: Json) -> Json | None:
    """Return the first window's average, where several events stand behind it."""
    several = len({r["event"] for r in study["responses"]}) > 1
    return next((a for a in study["aggregates"] if several and finite(a["caar"]) and a["n_events"] > 1), None)


def _how_sure(rows: Sequence[Json], level: float) -> str:
    """Return how sure the first response is, and the p-values of the next under the same test."""
    if len(rows) == 1:
        return sure(rows[0]["tests"], level)
    name = (decisive(rows[0]["tests"]) or ("",))[0]
    others = [(r["instrument"], r["tests"].get(name, {}).get("pvalue")) for r in rows[1:MOST_NAMED]]
    told = [f"{plain(code, 40)} {_p_is(p)}" for code, p in others if finite(p)]
    first = sure(rows[0]["tests"], level)
    return f"{plain(rows[0]['instrument'], 40)}: {first[:-1]}{'; ' if told else ''}{', '.join(told)}."
