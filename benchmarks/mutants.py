"""Mutants of the statistics: one arithmetic operator, comparison or constant changed (package cosmic-ray).

Only functions that a study with every test, all models and a response run through are changed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ARITHMETIC = {"Add": "Sub Mul", "Sub": "Add", "Mul": "Div Add", "Div": "Mul Sub", "Pow": "Mul"}
COMPARISONS = {"Lt": "LtE Gt", "LtE": "Lt GtE", "Gt": "GtE Lt", "GtE": "Gt LtE", "Eq": "NotEq", "NotEq": "Eq"}
OPERATORS = (
    *(f"core/ReplaceBinaryOperator_{a}_{b}" for a, others in ARITHMETIC.items() for b in others.split()),
    *(f"core/ReplaceComparisonOperator_{a}_{b}" for a, others in COMPARISONS.items() for b in others.split()),
    "core/NumberReplacer",
)
MUTATED = (
    "eventstudy/abnormal/models/",
    "eventstudy/abnormal/abnormal_returns.py",
    "eventstudy/inference/",
    "eventstudy/response/",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """The ``occurrence``-th change by ``operator`` in ``path``, at ``line``."""

    path: str
    operator: str
    occurrence: int
    line: int


def reached(clone: Path) -> dict[str, set[int]]:
    """Return the lines of the functions that a battery of studies runs through, by file."""
    found: dict[str, set[int]] = {}

    def note(frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        is_function = bool(code.co_flags & inspect.CO_OPTIMIZED)  # not the body of a module or a class
        if event == "call" and is_function and code.co_filename.startswith(f"{clone}/eventstudy"):
            path = Path(code.co_filename).relative_to(clone).as_posix()
            if path.startswith(MUTATED):
                lines = [line for *_, line in code.co_lines() if line is not None]
                found.setdefault(path, set()).update(range(code.co_firstlineno + 1, max(lines) + 1))

    sys.setprofile(note)
    try:
        battery()
    finally:
        sys.setprofile(None)
    return found


def battery() -> None:
    """Run every model, every test, every adjustment, and one response."""
    import eventstudy as es
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.multiple import ADJUSTMENTS
    from eventstudy.inference.table import TESTS
    from tests.study.made import daily_frame, events_at

    frame = daily_frame(400, 6, seed=1)
    events = events_at(frame, [(f"A{i}", 300) for i in range(4)])
    for name, row in MODELS.items():
        given = {"market": "A4", "factors": "A5"} if row.needs in ("market", "factors") else {}
        tests = tuple(TESTS) if name == "market" else ("time_series_t",)
        estimation = None if row.needs == "same_clock_days" else (-250, -11)
        spec = es.StudySpec(model=name, estimation=estimation, event=(-2, 2), tests=tests, adjust="holm")
        es.run_study(spec, events, frame, **given)
    for name in ADJUSTMENTS:
        spec = es.StudySpec(
            model="constant_mean",
            estimation=(-250, -11),
            event=(-2, 2),
            windows=((0, 0), (0, 1)),
            tests=("cross_sectional_t", "placebo"),
            adjust=name,
        )
        es.run_study(spec, events, frame)
    market = es.demo_market(1)
    es.respond(market.bars[0], market.event)


def mutants(clone: Path, lines: dict[str, set[int]]) -> list[Mutant]:
    """Return every mutant on the lines that are reached, in a fixed order."""
    return [mutant for path in sorted(lines) for mutant in _of_file(clone, path) if mutant.line in lines[path]]


def _of_file(clone: Path, path: str) -> Iterator[Mutant]:
    import parso
    from cosmic_ray.ast import ast_nodes
    from cosmic_ray.plugins import get_operator

    tree = parso.parse((clone / path).read_text("utf-8"))
    for name in OPERATORS:
        operator, count = get_operator(name)(), 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                yield Mutant(path, name, count, start[0])
                count += 1


def mutated(mutant: Mutant, code: str) -> str | None:
    """Return the code with the one change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    found: str | None = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    return found
