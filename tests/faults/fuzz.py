"""Hypothesis fuzzers: hostile bytes for every reader, hostile arguments for every public function.

``TARGETS`` has one row per reader or function: a strategy, and a call that may end in nothing but an error of the
project's tree. ``scripts/bench faults`` runs all with many inputs.
"""

from __future__ import annotations

import math
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import eventstudy as es

# The inputs of the tests and of the bench follow from this seed alone.
SEED = 20261128


@dataclass(frozen=True)
class Target:
    """What is called, and with what; a call that simulates may take several times as long as a reader."""

    inputs: st.SearchStrategy[Any]
    call: Callable[[Any], object]
    times: float = 1.0


@dataclass(frozen=True)
class Found:
    """How many inputs ended in an error that is not the project's, one input and place for each kind of it."""

    inputs: int
    refused: int
    untyped: Mapping[str, str]
    slowest: float


def fuzz(target: Target, count: int, number: int = SEED, most_s: float = math.inf) -> Found:
    """Call a target with ``count`` inputs that follow from a seed; an input that takes longer is found as well."""
    seen = Counter[str]()
    untyped: dict[str, str] = {}
    slowest, most_s = 0.0, most_s * target.times

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def run(value: Any) -> None:
        nonlocal slowest
        seen["inputs"] += 1
        took = once(target, value, seen, untyped)
        if took > most_s:  # the first call of a reader imports what it needs
            took = min(took, once(target, value, Counter(), untyped))
        if took > most_s:
            untyped.setdefault(f"longer than {most_s:g} s", f"{took:.1f} s | {value!r:.4000}")
        slowest = max(slowest, took)

    run()
    return Found(seen["inputs"], seen["refused"], untyped, slowest)


def once(target: Target, value: Any, seen: Counter[str], untyped: dict[str, str]) -> float:
    """Call a target with one input; return the seconds of the processor."""
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.call(value)
    except es.EventStudyError:
        seen["refused"] += 1
    except Exception as error:
        untyped.setdefault(f"{type(error).__name__} in {place_of(error)}", f"{error!s:.120} | {value!r:.4000}")
    return time.process_time() - began


def place_of(error: BaseException) -> str:
    """Return the innermost line of the package that an error passed through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/eventstudy/" in f.filename]
    return f"{frames[-1].filename.rpartition('/eventstudy/')[2]}:{frames[-1].lineno}" if frames else "the call itself"


def targets() -> Mapping[str, Target]:
    """Return all targets by name."""
    from tests.faults.fuzz_calls import CALLS
    from tests.faults.fuzz_readers import READERS

    return {**READERS, **CALLS}
