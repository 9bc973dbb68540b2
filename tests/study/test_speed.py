"""Guards of the engine's speed and memory: paired CPU seconds of one thread, with room for a busy machine.

The figures themselves are printed by ``scripts/bench engine``; docs/speed.md says what they were and where.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from benchmarks import bench_engine as bench
from benchmarks.fresh_process import READ, WHOLE, held
from eventstudy.study.long_frame import wide_frame


@pytest.fixture(scope="module")
def market_data() -> tuple[pd.DataFrame, pd.Series]:
    return bench.daily()


def events(frame: pd.DataFrame, n: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    return bench.events(frame, n, bench.L1 + 2 * bench.GAP + 1, bench.T - bench.HALF - 1)


# A machine that others use may be slow for one run and not for the other; code that is slow is so every time.
ATTEMPTS = 3


def cpu(runs: dict[str, Callable[[], object]], repeats: int = 5) -> dict[str, float]:
    """Least CPU seconds of this thread, interleaved."""
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.thread_time()
            run()
            spent[name].append(time.thread_time() - start)
    return {name: min(seconds) for name, seconds in spent.items()}


def test_a_study_costs_a_few_times_the_gathering_of_its_windows(market_data: tuple[pd.DataFrame, pd.Series]) -> None:
