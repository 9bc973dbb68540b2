"""How many small changes of a statistic the tests notice: a seeded sample of mutants, killed or not, in a clone.

Run ``python -m benchmarks.bench_mutants [--number N] [--seed S] [--only TEXT] [--tests FILE ...] [--minutes M]``. The
tests of the rooms are collected once in a clone of the last commit without the shared data, and run once to note which
of them run which line. Each mutant is tested in a child of that process by the tests of its room that run its line, the
fastest first: a test that does not run a line cannot notice its change. Survivors are printed with their line; those
that change no result stand in ``EQUIVALENT`` with the proof.

With ``--minutes`` the lines are noted for half of the time at most, of the files in turn; tests not reached by then
judge nothing, so that no more mutants are killed than by all. With ``--tests`` only these files judge.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from benchmarks.mutants import MUTATED, Mutant, mutants, mutated, reached

REPOSITORY = Path(__file__).parents[1]
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
    "eventstudy/abnormal/models/multiple_ols.py: return market_model(y, X[0]) -> return market_model(y, X[ -1])": (
        "there is one regressor"
    ),
    "eventstudy/inference/clustering.py: if rows > MOST_ROWS_A_WINDOW * len(place) or (merged != "
    "merged[0]).any(): -> if rows > MOST_ROWS_A_WINDOW / len(place) or (merged != merged[0]).any():": (
        "pair by pair and by one product it is the same sum"
    ),
    "eventstudy/inference/clustering.py: stacked = np.zeros((rows, width + reach)) -> stacked = np.zeros((rows, "
    "width * reach))": "further columns hold zeros, and shifts take their number from the array",
    "eventstudy/inference/diagnostics.py: if before <= 0: -> if before < 0:": (
        "without a bar before the event the quotient is 0/0, which is NaN as well"
    ),
    "eventstudy/inference/ranking.py: holed = np.flatnonzero(~np.isfinite(ordered[:, :1] + ordered[:, "
    "-1:]).all(axis=1)) -> holed = np.flatnonzero(~np.isfinite(ordered[:, :1] * ordered[:, -1:]).all(axis=1))": (
        "a missing value is sorted last, and makes the product NaN as it makes the sum"
    ),
    "eventstudy/inference/sign.py: usable = counts[:, 0] > 0 -> usable = counts[:, 0] > 1": (
        "M >= 20 L returns hold M - L + 1 >= 20 runs, and fewer are none"
    ),
    "eventstudy/inference/rank_pass.py: cells = (plan.estimation_bars + plan.event_bars) * (RANKED_ARRAYS + "
    "len(data.series.factors)) -> cells = (plan.estimation_bars + plan.event_bars) * (RANKED_ARRAYS * "
    "len(data.series.factors))": "it says how many events are ranked at once; sums over events are added up",
    "eventstudy/response/clock_table.py: if begins.size and (begins.min() < 0 or begins.max() + length > "
    "len(self.bars.row)): -> if begins.size and (begins.min() <= 0 or begins.max() + length > len(self.bars.row)):": (
        "without the table each time is searched for, which finds the same bars (tested with and without)"
    ),
    "eventstudy/response/matching.py: steps = np.arange(min(int(count.max(initial=0)), int(times * wanted) + 1)) -> "
    "steps = np.arange(min(int(count.max(initial=0)), int(times * wanted) + 2))": (
        "the first of the times that is enough stays the first; where none of those looked at is, more are looked at"
    ),
    "eventstudy/response/matching.py: found[further] = _moments_needed(prices, (begins[further], count[further]), "
    "day[further], choice, 2 * times) -> found[further] = _moments_needed(prices, (begins[further], count[further]), "
    "day[further], choice, 2 + times)": "as the number of times looked at first: only how often it looks again changes",
    "eventstudy/response/placebo.py: for rows in (slice(max(0, center - NEAR_ANGLES), center + NEAR_ANGLES + 1), "
    "slice(0, len(ANGLES))): -> for rows in (slice(max(0, center - NEAR_ANGLES), center + NEAR_ANGLES + 0), slice(0, "
    "len(ANGLES))):": "an end within fewer angles is the same end; without one all angles are taken",
    "eventstudy/response/placebo.py: for rows in (slice(max(0, center - NEAR_ANGLES), center + NEAR_ANGLES + 1), "
    "slice(0, len(ANGLES))): -> for rows in (slice(max(0, center - NEAR_ANGLES), center + NEAR_ANGLES + 2), slice(0, "
    "len(ANGLES))):": "an end within more angles is the same end",
    "eventstudy/response/placebo.py: return np.array(ordered[place - 1]) if 1 <= place <= len(values) else "
    "np.full(values.shape[1:], np.nan) -> return np.array(ordered[place - 1]) if 0 <= place <= len(values) else "
    "np.full(values.shape[1:], np.nan)": "a level above zero has a place of 1 or more",
    "eventstudy/response/matching.py: traded = traded_on_days(prices, prices.days[np.maximum(rows, 0)], "
    "after[:, None] - (day * DAY_US)[:, None, None]) -> traded = traded_on_days(prices, "
    "prices.days[np.maximum(rows, -1)], after[:, None] - (day * DAY_US)[:, None, None])": (
        "rows below zero are before the first of the days looked at, and not counted"
    ),
    "eventstudy/abnormal/models/multiple_ols.py: scale = np.ldexp(1.0, -np.clip(exponent, -1_000, 1_000)) -> "
    "scale = np.ldexp( 2.0, -np.clip(exponent, -1_000, 1_000))": "any power of two rounds nothing, and is taken back",
    "eventstudy/response/placebo.py: if (scale > 0).all(): -> if (scale < 0).all():": (
        "a short cut: where every scale is positive the last line is the ratio"
    ),
}
# A mutant may take so many times the CPU seconds of its tests without it: a busy machine does not shorten them. One
# that waits for something that never comes is stopped after an hour.
PATIENCE = 5
LONGEST = 3_600
QUICK = 0.1  # CPU seconds of the tests that are run once more at the end, as a control
NOTING, CONTROL = 0.5, 0.1  # shares of the minutes, the first before and the second after the mutants


def in_child(work: Callable[[], bool], cpu_limit: float | None = None, until: float = math.inf) -> bool | None:
    """Return whether the work succeeded in a silent child of this process; beyond its CPU seconds it has failed.

    None where it had not ended at ``until``, on the clock of ``time.monotonic``.
    """
    child = os.fork()
    if not child:
        if cpu_limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_limit) + 1, int(cpu_limit) + 5))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        succeeded = False
        try:
            succeeded = work()
        finally:
            os._exit(0 if succeeded else 1)
    deadline = time.monotonic() + (LONGEST if cpu_limit is not None else math.inf)
    while time.monotonic() < min(deadline, until):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None if until <= deadline else False


@dataclass(frozen=True, slots=True)
class Test:
    """A collected test: its file, its CPU seconds without a mutant, and the lines of mutated files that it runs."""

    file: str
    seconds: float
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ends:
    """When noting lines, judging mutants, and everything ends, on the clock of ``time.monotonic``."""

    noting: float
    judging: float
    all: float

    @classmethod
    def after(cls, minutes: float) -> Ends:
        start, seconds = time.monotonic(), 60 * minutes
        return cls(start + NOTING * seconds, start + (1 - CONTROL) * seconds, start + seconds)


class Trial:
    """The plugin of pytest that tests mutants in place of running the collected tests.

    ``files`` judge in place of those of the room. ``fault`` says why nothing can be counted.
    """

    def __init__(self, clone: Path, sample: list[Mutant], ends: Ends, files: Sequence[str] = ()) -> None:
        self.clone, self.sample, self.ends, self.files = clone, sample, ends, files
        self.tests: list[Test] = []
        self.collected = 0
        self.fault = ""
        self.verdicts: Counter[str] = Counter()

    def room(self, mutant: Mutant) -> Sequence[str]:
        return self.files or next(files for place, files in ROOMS.items() if mutant.path.startswith(place))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        started, self.collected = time.monotonic(), len(session.items)
        in_turn(session.items)
        self.tests = self.measured(session)
        seconds = time.monotonic() - started
        print(f"{len(self.tests)} tests without a mutant: {seconds:.0f} s", file=sys.stderr, flush=True)
        for number, mutant in enumerate([] if self.fault else self.sample, 1):  # random order: the first are a sample
            verdict = self.verdict(session, mutant)
            if verdict is None:
                break
            self.verdicts[verdict] += 1
            if number % 10 == 0:
                print(f"... {number} of {len(self.sample)}: {dict(self.verdicts)}", file=sys.stderr, flush=True)
        quick = [k for k, test in enumerate(self.tests) if test.seconds < QUICK]
        if in_child(lambda: run(session, quick, self.ends.all), until=self.ends.all) is False:
            self.fault = "Tests fail without a mutant by now, so that they may have failed with any."
        return True

    def measured(self, session: pytest.Session) -> list[Test]:
        """Run the tests once, until the time for it ends, and return what each takes and runs."""
        file = self.clone.parent / "tests.json"
        if not in_child(lambda: _measure(session, self.clone, file, self.ends.noting)):
            self.fault = "Tests fail without any mutant."
            return []
        found = [
            Test(file_name, seconds, frozenset(lines))
            for file_name, seconds, lines in json.loads(file.read_text("utf-8"))
        ]
        for name in {item.location[0] for item in session.items if _has_cache(item)}:
            everything = frozenset().union(*(test.lines for test in found if test.file == name))
            found = [replace(test, lines=everything) if test.file == name else test for test in found]
        return found

    def verdict(self, session: pytest.Session, mutant: Mutant) -> str | None:
        """Return what the tests make of one mutant: "killed", "survived" or "equivalent"; None where time is over."""
        code = (self.clone / mutant.path).read_text("utf-8")
        changed = mutated(mutant, code)
        if changed is None or not compiles(changed):  # an operator of a signature, as ``*`` before keywords
            return "no program"
        before, after = (text.splitlines()[mutant.line - 1].strip() for text in (code, changed))
        if f"{mutant.path}: {before} -> {after}" in EQUIVALENT:
            return "equivalent"
        passed = self.passed(session, mutant, changed)
        if not passed:
            return None if passed is None else "killed"
        print(f"SURVIVED {mutant.path}:{mutant.line}\n  {before}\n  {after}", flush=True)
        return "survived"

    def passed(self, session: pytest.Session, mutant: Mutant, changed: str) -> bool | None:
        """Return whether the tests pass with the changed code; None where time is over."""
        file, choice, until = self.clone / mutant.path, chosen(mutant, self.tests, self.room(mutant)), self.ends.judging
        code = file.read_text("utf-8")
        functions = changed_functions(file, code, changed)
        if functions:
            limit = PATIENCE * (choice.seconds + 1)
            return in_child(lambda: _replace(functions) and run(session, choice.tests), limit, until)
        file.write_text(changed, "utf-8")  # what only an import runs needs another process
        try:
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self.room(mutant)]
            return not subprocess.run(
                command,
                cwd=self.clone,
                capture_output=True,
                check=False,
                timeout=max(0.0, until - time.monotonic()) if math.isfinite(until) else None,
            ).returncode
        except subprocess.TimeoutExpired:
            return None
        finally:
            file.write_text(code, "utf-8")


@dataclass(frozen=True, slots=True)
class Choice:
    """The tests (as positions) for one mutant, in their order, and the CPU seconds of all of them."""

    tests: list[int]
    seconds: float


def in_turn(items: list[pytest.Item]) -> None:
    """Order tests so that the first of every file come first, in place."""
    seen: Counter[str] = Counter()
    place: dict[pytest.Item, int] = {}
    for item in items:
        place[item] = seen[item.location[0]]
        seen[item.location[0]] += 1
    items.sort(key=place.__getitem__)


def chosen(mutant: Mutant, tests: list[Test], files: Sequence[str]) -> Choice:
    """Return the tests of these files that run the line, the fastest first."""
    line = f"{mutant.path}:{mutant.line}"
    some = [k for k, test in enumerate(tests) if test.file.startswith(tuple(files)) and line in test.lines]
    order = sorted(some, key=lambda k: tests[k].seconds)
    return Choice(order, sum(tests[k].seconds for k in order))


def _measure(session: pytest.Session, clone: Path, file: Path, until: float) -> bool:
    found: list[tuple[str, float, list[str]]] = []
    for k, item in enumerate(session.items):
        if time.monotonic() > until:
            break
        lines: set[str] = set()
        started = time.process_time()
        sys.settrace(_noting(clone, lines))
        passed = run(session, [k])
        sys.settrace(None)
        if not passed:
            return False
        found.append((item.location[0], time.process_time() - started, sorted(lines)))
    file.write_text(json.dumps(found), "utf-8")
    return True


def _has_cache(item: pytest.Item) -> bool:
    """Whether the test's file keeps results, so that a line runs for the first of its tests only."""
    return any(hasattr(value, "cache_clear") for value in vars(item.getparent(pytest.Module).obj).values())


def _noting(clone: Path, lines: set[str]) -> Callable[..., Any]:
    """Return a trace function that notes every line of the mutated files that runs."""
    folders = tuple(f"{clone}/{path}" for path in MUTATED)

    def note(frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith(folders):
            return None
        path = name.removeprefix(f"{clone}/")

        def line(frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
            lines.add(f"{path}:{frame.f_lineno}")
            return line

        return line(frame, event, arg)

    return note


def run(session: pytest.Session, tests: list[int], until: float = math.inf) -> bool:
    """Run collected tests, until one fails or the time is over; each sets up its own fixtures."""
    for k in tests:
        if time.monotonic() > until:
            break
        session.items[k].config.hook.pytest_runtest_protocol(item=session.items[k], nextitem=None)
        if session.testsfailed:
            return False
    return True


def compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def changed_functions(file: Path, before: str, after: str) -> list[tuple[FunctionType, CodeType]]:
    """Return the functions of this process that a change of their file changes, with their changed code."""
    old, new = (list(_codes(compile(text, str(file), "exec"))) for text in (before, after))
    changed = {_place(one): other for one, other in zip(old, new, strict=True) if one != other}
    gc.unfreeze()  # the collector does not list what the tests froze
    functions = [each for each in gc.get_objects() if isinstance(each, FunctionType)]
    return [
        (function, changed[_place(function.__code__)])
        for function in functions
        if function.__code__.co_filename == str(file) and _place(function.__code__) in changed
    ]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _place(code: CodeType) -> tuple[str, int, bytes]:
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def _replace(functions: list[tuple[FunctionType, CodeType]]) -> bool:
    for function, code in functions:
        function.__code__ = code
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of PATH:LINE")
    parser.add_argument("--tests", nargs="+", default=[], metavar="FILE", help="in place of the tests of the room")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by then, with what was tested so far")
    given = parser.parse_args()
    ends = Ends.after(given.minutes)
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder).resolve() / "clone"
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        os.environ |= {
            "EVENTSTUDY_SHARED": str(clone / "missing"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(clone),
        }
        sys.path.insert(0, str(clone))  # the project is imported from the clone
        os.chdir(clone)
        everything = mutants(clone, reached(clone))
        some = [mutant for mutant in everything if given.only in f"{mutant.path}:{mutant.line}"]
        sample = random.Random(given.seed).sample(some, min(given.number, len(some)))  # noqa: S311
        print(f"{len(everything)} mutants on reached lines; sample of {len(sample)}, seed {given.seed}", flush=True)
        trial = Trial(clone, sample, ends, given.tests)
        try_all(trial)
        if trial.fault or not trial.tests:
            sys.exit(f"{trial.fault or 'No test was collected.'} Nothing is counted.")
        report(trial)


def try_all(trial: Trial) -> None:
    """Collect the tests of the rooms of the sample in the clone, and let them judge it."""
    files = list(dict.fromkeys(file for mutant in trial.sample for file in trial.room(mutant)))
    silent = ["-s", "-p", "no:terminal", "-p", "no:cacheprovider", "-o", "addopts=", "-m", "not slow"]
    pytest.main([*silent, f"--basetemp={trial.clone.parent / 'files'}", *files], plugins=[trial])


def report(trial: Trial) -> None:
    verdicts = trial.verdicts
    print(f"{verdicts.total()} of {len(trial.sample)} judged by {len(trial.tests)} of {trial.collected} tests")
    tested = verdicts["killed"] + verdicts["survived"]
    print(f"{verdicts['killed']} of {tested} killed ({100 * verdicts['killed'] / max(tested, 1):.1f} %; asked: 95)")
    print(f"{verdicts['equivalent']} equivalent, with the proof in EQUIVALENT")


if __name__ == "__main__":
    main()
