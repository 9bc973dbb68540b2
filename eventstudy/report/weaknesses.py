"""What could weaken a finding, the most harmful first: warnings, violated assumptions, events that were left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.report.finding import words
from eventstudy.report.page_parts import Material, Section
from eventstudy.report.result_tables import cut_short, outcome_table
from eventstudy.show.escape import plain

Json = Mapping[str, Any]
CALM = "Every event was used, and no warning was raised."


# What a warning casts doubt on, the most harmful first: whether the event is where it is said to be, its prices, what
# the move is compared with. Weaknesses without a code (another event in the window) stand with the third kind.
HARM: tuple[tuple[str, ...], ...] = (
    (
        *("ES-EVENT-ALL-INSTRUMENTS", "ES-MOVE-BEFORE", "ES-TIME-CIRCULAR", "ES-PROPOSAL", "ES-DATES-ONE-DAY-EARLY"),
        *("ES-WRONG-ZONE", "ES-LABEL-SIDE", "ES-STALE-CLOSE", "ES-CUT-CLOSE", "ES-REPEATED-OPEN", "ES-SUNDAY-DATES"),
    ),
    (
        *("ES-PRICE-IN-DOUBT", "ES-PERCENT", "ES-MISSING-CODE", "ES-ACTIONS", "ES-SPLIT-LIKE-JUMP"),
        *("ES-UNIT-JUMP", "ES-STALE"),
    ),
    (
        *("ES-TIME-ASSUMED", "ES-EVENT-BARS", "ES-CLUSTERED", "ES-DENSE", "ES-CONTAMINATED", "ES-REGIME"),
        *("ES-PLACEBO-FEW", "ES-BHAR-EXPECTED"),
    ),
)


def harm(point: str) -> int:
    """Return the place of a weakness by the code of its warning, 0 for the most harmful."""
    code = "ES-TIME-ASSUMED" if "minute that is assumed" in point else point.rpartition("[")[2].rstrip("].")
    known = [code for codes in HARM for code in codes]
    return known.index(code) if code in known else len(known) + ("[ES-" in point)


def spoilers_section(given: Material) -> Section:
    """Return what could weaken the finding: warnings, violated assumptions, events that are not simply used."""
    points = [
        plain(w["message"] if isinstance(w, Mapping) else w, 600)
        + (f" [{plain(w['code'], 60)}]" if isinstance(w, Mapping) and w.get("code") else "")
        for w in given.study["warnings"]
    ]
    points += unsuited_tests(given.study)
    if given.front.stand:
        n = len({row["instrument"] for row in given.study["responses"]})
        points.append(
            f"The instruments share one event. {n:,} moves at one time are not {n:,} independent observations."
        )
    left_out = outcome_table(given.study, simulated=given.simulated, used=False)
    calm = () if points or left_out.rows or given.shape.dangers else (CALM,)
    tables = (cut_short(left_out),) if left_out.rows else ()
    every = tuple(sorted(dict.fromkeys((*points, *given.shape.dangers)), key=harm))
    return Section("spoilers", "Threats to validity", calm, every, tables)


def unsuited_tests(study: Json) -> list[str]:
    """Return one line per violated assumption, with the tests that make it."""
    found: dict[str, list[str]] = {}
    for name, why in ((study.get("primary") or {}).get("unsuited") or {}).items():
        found.setdefault(why, []).append(words(name))
    return [
        f"Not valid here: {', '.join(names)}. {'It' if len(names) == 1 else 'Each'} {why}."
        for why, names in found.items()
    ]
