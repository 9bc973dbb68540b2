"""How many small changes of a statistic the tests notice: a seeded sample of mutants, killed or not, in a clone.

Run ``python -m benchmarks.bench_mutants [--number 300] [--seed 1] [--only TEXT] [--minutes M]``. A mutant changes one
arithmetic operator, comparison or constant (package cosmic-ray) in a function that a study with every test, all models
and a response run through. Each is written into a clone of the last commit without the shared data and tested by the
tests of its room, the hand studies first. Survivors are printed with their line; those that change no result stand in
``EQUIVALENT`` with the proof.
"""

from __future__ import annotations

import argparse
import inspect
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

REPOSITORY = Path(__file__).parents[1]
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
HAND = [
    "tests/inference/test_hand_studies.py",
    "tests/inference/test_by_hand.py",
    "tests/abnormal/test_edges_by_hand.py",
]
ROOMS = {
    "eventstudy/abnormal": [*HAND, "tests/abnormal", "tests/study/test_peers_defects.py", "tests/test_contracts.py"],
    "eventstudy/inference": [*HAND, "tests/inference", "tests/study/test_peers_defects.py", "tests/test_contracts.py"],
    "eventstudy/response": ["tests/response"],
}
# Mutants that change no result, as "file: line of code -> mutated line" with the proof.
EQUIVALENT: dict[str, str] = {
    "eventstudy/inference/clustering.py: low, base = pairs.min(initial=0), np.int64(pairs.max(initial=0) - "
    "pairs.min(initial=0) + 1) -> low, base = pairs.min(initial=0), np.int64(pairs.max(initial=0) - "
    "pairs.min(initial= -1) + 1)": "any base above the largest difference keeps pairs and order",
    "eventstudy/abnormal/models/row.py: if self.xtx_inv_sqrt.shape[1] > MANY_REGRESSORS: -> "
    "if self.xtx_inv_sqrt.shape[1] < MANY_REGRESSORS:": "both branches are the same sum, by a loop and by one product",
}
# A mutant may take so many times the CPU seconds of the tests without it: a busy machine does not shorten them. One
# that waits for something that never comes is stopped after an hour.
PATIENCE = 5
LONGEST = 3_600


@dataclass(frozen=True, slots=True)
class Mutant:
    """The ``occurrence``-th change by ``operator`` in ``path``, at ``line``."""

    path: str
    operator: str
    occurrence: int
    line: int


def reached() -> dict[str, set[int]]:
    """Return the lines of the functions that a battery of studies runs through, by file."""
    found: dict[str, set[int]] = {}

    def note(frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        is_function = bool(code.co_flags & inspect.CO_OPTIMIZED)  # not the body of a module or a class
        if event == "call" and is_function and str(REPOSITORY / "eventstudy") in code.co_filename:
            path = Path(code.co_filename).relative_to(REPOSITORY).as_posix()
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


def mutants(lines: dict[str, set[int]]) -> list[Mutant]:
    """Return every mutant on the lines that are reached, in a fixed order."""
    return [mutant for path in sorted(lines) for mutant in _of_file(path) if mutant.line in lines[path]]


def _of_file(path: str) -> Iterator[Mutant]:
    import parso
    from cosmic_ray.ast import ast_nodes
    from cosmic_ray.plugins import get_operator

    tree = parso.parse((REPOSITORY / path).read_text("utf-8"))
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


@dataclass(frozen=True, slots=True)
class TestRun:
    """Whether the tests passed, and the CPU seconds that they took."""

    passed: bool
    seconds: float


def run_tests(clone: Path, tests: list[str], cpu_limit: float | None = None) -> TestRun:
    """Run tests in a child that has the heavy imports of its parent; beyond the limit of CPU seconds they fail."""
    child = os.fork()
    if not child:
        if cpu_limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_limit) + 1, int(cpu_limit) + 5))
        _run_tests(clone, tests)
    deadline = time.monotonic() + LONGEST
    while cpu_limit is None or time.monotonic() < deadline:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            return TestRun(status == 0, used.ru_utime + used.ru_stime)
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TestRun(False, 0.0)


def _run_tests(clone: Path, tests: list[str]) -> None:
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.chdir(clone)
    os.environ["PYTHONPATH"] = str(clone)
    sys.path.insert(0, str(clone))
    for name in [name for name in sys.modules if name.split(".")[0] in ("eventstudy", "tests", "benchmarks")]:
        del sys.modules[name]
    code = 1
    try:
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(0 if code == 0 else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a path")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="report what was tested until then")
    chosen = parser.parse_args()
    stop = time.monotonic() + 60 * chosen.minutes
    everything = mutants(reached())
    some = [mutant for mutant in everything if chosen.only in mutant.path]
    sample = random.Random(chosen.seed).sample(some, min(chosen.number, len(some)))  # noqa: S311
    print(f"{len(everything)} mutants on reached lines; sample of {len(sample)}, seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        os.environ |= {
            "EVENTSTUDY_SHARED": str(clone / "missing"),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        limits = {room: clean_seconds(clone, room) for room in ROOMS if any(m.path.startswith(room) for m in sample)}
        verdicts = []
        for number, mutant in enumerate(sample, 1):  # in random order: the first of them are a sample as well
            if time.monotonic() > stop:
                break
            verdicts.append((mutant, verdict(clone, mutant, limits)))
            if number % 10 == 0:
                print(f"... {number} of {len(sample)}", file=sys.stderr, flush=True)
        report(verdicts)


def clean_seconds(clone: Path, room: str) -> float:
    """Return the CPU seconds that the tests of a room take without a mutant."""
    found = run_tests(clone, ROOMS[room])
    if not found.passed:
        sys.exit(f"The tests of {room} fail without any mutant; nothing can be counted.")
    print(f"the tests of {room} without a mutant: {found.seconds:.0f} CPU seconds", file=sys.stderr, flush=True)
    return found.seconds


def verdict(clone: Path, mutant: Mutant, limits: dict[str, float]) -> str:
    """Write one mutant into the clone, test it, and put the code back: "killed", "survived" or "equivalent"."""
    file = clone / mutant.path
    code = file.read_text("utf-8")
    changed = mutated(mutant, code)
    if changed is None:
        return "no change"
    before, after = (text.splitlines()[mutant.line - 1].strip() for text in (code, changed))
    name = f"{mutant.path}: {before} -> {after}"
    if name in EQUIVALENT:
        return "equivalent"
    file.write_text(changed, "utf-8")
    try:
        room = next(room for room in ROOMS if mutant.path.startswith(room))
        passed = run_tests(clone, ROOMS[room], PATIENCE * limits[room]).passed
    finally:
        file.write_text(code, "utf-8")
    if not passed:
        return "killed"
    print(f"SURVIVED {mutant.path}:{mutant.line}\n  {before}\n  {after}", flush=True)
    return "survived"


def report(verdicts: list[tuple[Mutant, str]]) -> None:
    counted = {name: sum(found == name for _, found in verdicts) for name in ("killed", "survived", "equivalent")}
    tested = counted["killed"] + counted["survived"]
    print(f"{counted['killed']} of {tested} killed ({100 * counted['killed'] / max(tested, 1):.1f} %; asked: 95)")
    print(f"{counted['equivalent']} equivalent, with the proof in EQUIVALENT")


if __name__ == "__main__":
    main()
