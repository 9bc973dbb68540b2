"""All specifications at once: 1,000 of them against one study, the gain of workers, and the family-wise error.

usage: scripts/bench specifications [DRAWS]; DRAWS studies without an effect for the family-wise error (default 400).
Every specification moves to the same dates; SIMULATED returns.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import eventstudy as es
from eventstudy.arrays import FloatArray
from eventstudy.study.executors import executor_for

BASE: dict[str, Any] = {"model": "constant_mean", "estimation": (-100, -11), "event": (-2, 2), "diagnostics": "off"}
# The family-wise error: twelve specifications of four events, errors t(4).
CHOICES: dict[str, Any] = {
    "windows": [(0, 0), (0, 1), (-1, 1), (-2, 2)],
    "models": ["constant_mean", "zero", "market"],
    "draws": 99,
}
# 5 x 5 windows, 2 models, 5 estimation windows, 4 tests.
THOUSAND: dict[str, Any] = {
    "windows": [(a, b) for a in (-5, -4, -3, -2, -1) for b in (0, 1, 2, 3, 5)],
    "models": ["constant_mean", "market"],
    "estimation": [(-start, -11) for start in (60, 70, 80, 90, 100)],
    "tests": ["cross_sectional_t", "bmp", "sign", "wilcoxon"],
}
CLOSE = "16:00 America/New_York"


class Market(NamedTuple):
    """Returns by instrument, an equally weighted market, and events on separate dates."""

    returns: pd.DataFrame
    market: pd.Series
    events: pd.DataFrame


def market_of(events: int, instruments: int, seed: int = 1) -> Market:
    """Return N(0, 2%) returns, and events nine days apart, each on the next instrument."""
    rng, n = np.random.default_rng(seed), 140 + 9 * events
    days = pd.bdate_range("1990-01-01", periods=n)
    codes = [f"A{i}" for i in range(instruments)]
    returns = pd.DataFrame(rng.normal(0, 0.02, (n, instruments)), days, codes)
    rows = [120 + 9 * i for i in range(events)]
    listed = {"instrument": [codes[i % instruments] for i in range(events)], "date": days[rows]}
    return Market(returns, returns.mean(axis=1).rename("M"), pd.DataFrame(listed))


def null_market(seed: int) -> Market:
    """Return four instruments with t(4) errors, and one event without an effect on each."""
    rng = np.random.default_rng(seed)
    days, codes = pd.bdate_range("1990-01-01", periods=260), list("ABCD")
    returns = pd.DataFrame(rng.standard_t(4, (260, 4)) * 0.01, days, codes)
    rows = [int(rng.integers(125, 250)) for _ in codes]
    events = pd.DataFrame({"instrument": codes, "date": days[rows]})
    return Market(returns, returns.mean(axis=1).rename("M"), events)


def computed(spec: es.StudySpec, market: Market, executor: Any = None) -> Any:
    """Return all specifications of a study of these events."""
    given = (spec, market.events, market.returns, market.market)
    return es.specifications(*given, closes_at=CLOSE, executor=executor)


def rejections(seeds: Iterable[int]) -> FloatArray:
    """Return the fraction of studies without an effect whose smallest p-value, and whose joint one, is at most 5 %."""
    found = []
    for seed in seeds:
        spec = es.StudySpec(**BASE, tests=["cross_sectional_t"], seed=seed, specifications=CHOICES)
        curve = computed(spec, null_market(seed))
        found.append([min(one.pvalue for one in curve.specifications), curve.joint_pvalue])
    return np.asarray((np.array(found) <= 0.05 + 1e-12).mean(axis=0))


def thousand_against_one(draws: int = 99) -> tuple[float, float]:
    """Return the seconds of 1,000 specifications of 100 events, and of one study with the same other dates."""
    market = market_of(100, 20)
    given = {**BASE, "event": (-5, 5), "test_options": {"placebo_refit": {"draws": draws, "path": "prefix"}}}
    one = es.StudySpec(**given, windows=[(0, 0)], tests=["cross_sectional_t", "placebo_refit"])
    single = best(lambda: es.run_study(one, market.events, market.returns, closes_at=CLOSE))
    many = es.StudySpec(**given, tests=["bmp"], specifications={**THOUSAND, "draws": draws})
    start = time.perf_counter()
    assert len(computed(many, market).specifications) == 1000
    return time.perf_counter() - start, single


def best(call: Callable[[], object], times: int = 3) -> float:
    """Return the seconds of the fastest of several calls."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)


def workers(events: int = 600, draws: int = 999) -> tuple[float, float]:
    """Return the seconds of twelve specifications in one process and with two workers that are running already."""
    market = market_of(events, 50)
    spec = es.StudySpec(**BASE, tests=["cross_sectional_t"], specifications={**CHOICES, "draws": draws})
    alone = best(lambda: computed(spec, market), 2)
    with executor_for(2, "") as executor:
        computed(spec, market_of(20, 2), executor)  # workers import the package
        return alone, best(lambda: computed(spec, market, executor), 2)


def main(draws: int) -> None:
    many, one = thousand_against_one()
    print(
        f"1,000 specifications of 100 events, 99 sets of other dates: {many:.2f} s = {many / one:.1f} studies of them"
    )
    alone, two = workers()
    print(f"12 specifications of 600 events, 999 sets: {alone:.2f} s; 2 workers {two:.2f} s, {alone / two:.2f} times")
    smallest, joint = rejections(range(draws)) * 100
    error = 100 * (0.05 * 0.95 / draws) ** 0.5
    print(f"{draws} studies without an effect, 12 specifications, rejected at 5% (standard error {error:.1f}):")
    print(f"  the smallest p-value {smallest:.1f}%, the joint p-value {joint:.1f}%")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
