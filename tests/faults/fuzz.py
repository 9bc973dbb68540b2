"""Hypothesis fuzzers: hostile bytes for every reader, hostile arguments for every public function.

``TARGETS`` has one row per reader or function: a strategy, and a call that may end in nothing but an error of the
project's tree. ``scripts/bench faults`` runs all with many inputs.
"""

from __future__ import annotations

import time
import traceback
import warnings
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
    """What is called, and with what."""

    inputs: st.SearchStrategy[Any]
    call: Callable[[Any], object]


@dataclass(frozen=True)
class Found:
    """How many inputs ended in an error that is not the project's, one input and place for each kind of it."""

    inputs: int
    refused: int
    untyped: Mapping[str, str]
    slowest: float


def fuzz(target: Target, count: int, number: int = SEED) -> Found:
    """Call a target with ``count`` inputs that follow from a seed."""
    seen = {"inputs": 0, "refused": 0}
    untyped: dict[str, str] = {}
    slowest = 0.0

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
        began = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                target.call(value)
        except es.EventStudyError:
            seen["refused"] += 1
        except Exception as error:
            untyped.setdefault(f"{type(error).__name__} in {place_of(error)}", f"{error!s:.120} | {value!r:.400}")
        slowest = max(slowest, time.process_time() - began)

    run()
    return Found(seen["inputs"], seen["refused"], untyped, slowest)


def place_of(error: BaseException) -> str:
    """Return the innermost line of the package that an error passed through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/eventstudy/" in f.filename]
    return f"{frames[-1].filename.rpartition('/eventstudy/')[2]}:{frames[-1].lineno}" if frames else "the call itself"


def targets() -> Mapping[str, Target]:
    """Return all targets by name."""
    from tests.faults.fuzz_calls import CALLS
    from tests.faults.fuzz_readers import READERS

    return {**READERS, **CALLS}
