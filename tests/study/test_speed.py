"""Guards of the engine's speed and memory: paired CPU seconds of one thread, with room for a busy machine.

The figures themselves are printed by ``scripts/bench engine``; docs/speed.md says what they were and where.
"""

from __future__ import annotations

import gc
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
from benchmarks import bench_response as response_bench
from benchmarks import bench_universe as universe_bench
from benchmarks.fresh_process import READ, WHOLE, held
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.several_tables import read_table
from eventstudy.response.respond_all import PATHS_KEPT, respond_all
from eventstudy.study.long_frame import wide_frame


@pytest.fixture(scope="module")
def market_data() -> tuple[pd.DataFrame, pd.Series]:
    return bench.daily()


def events(frame: pd.DataFrame, n: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    return bench.events(frame, n, bench.L1 + 2 * bench.GAP + 1, bench.T - bench.HALF - 1)


# A machine that others use may be slow for one run and not for the other; code that is slow is so every time.
ATTEMPTS = 3


def cpu(
    runs: dict[str, Callable[[], object]], repeats: int = 5, *, clock: Callable[[], float] = time.thread_time
) -> dict[str, float]:
    """Least CPU seconds of this thread, or of all by another clock, interleaved."""
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = clock()
            run()
            spent[name].append(clock() - start)
    return {name: min(seconds) for name, seconds in spent.items()}


def test_a_study_costs_a_few_times_the_gathering_of_its_windows(market_data: tuple[pd.DataFrame, pd.Series]) -> None:
    # Measured 2.08 to 2.14, 6.8, 0.13 and 1.03 to 1.2 beside other jobs; the goals are 2, 7, 0.2 and 1. Room is left
    # for a busy machine: ratios of memory-bound work depend on what others do to the cache.
    frame, market = market_data
    table, row, column = events(frame, 10_000)
    flat, start = np.ascontiguousarray(frame.to_numpy().T).ravel(), row - bench.HALF - bench.L1
    width, values, m = bench.L1 + 2 * bench.HALF + 1, np.nan_to_num(frame.to_numpy()), market.to_numpy()
    runs: dict[str, Callable[[], object]] = {
        "gather": lambda: bench.gather(flat, m, column * bench.T + start, start, width),
        "lstsq": lambda: bench.lstsq_loop(values, m, row[:500], column[:500]),
    }
    runs["study"] = partial(es.run_study, bench.daily_spec(bench.BASIC), table, frame, market)
    runs["parametric"] = partial(es.run_study, bench.daily_spec(bench.PARAMETRIC), table, frame, market)
    runs["ranks"] = partial(es.run_study, bench.daily_spec(bench.PARAMETRIC + bench.RANKS), table, frame, market)
    cells = flat[column[:, None] * bench.T + start[:, None] + np.arange(width)]
    runs["argsort"] = lambda: np.argsort(cells, axis=1)
    limits = {"study": 2.4, "parametric": 7.4, "study over lstsq": 0.16, "ranks over allowance": 1.2}
    least = dict.fromkeys(limits, np.inf)
    for _ in range(ATTEMPTS):
        found = cpu(runs)
        found["study over lstsq"] = found["study"] / (20 * found["lstsq"]) * found["gather"]
        found["ranks over allowance"] = found["ranks"] / (7 + 4.5 * found["argsort"] / found["gather"])
        least = {name: min(ratio, found[name] / found["gather"]) for name, ratio in least.items()}
        if all(ratio < limits[name] for name, ratio in least.items()):
            return
    raise AssertionError(f"ratios to the gather of the windows: {least}; allowed: {limits}")


def test_the_cost_of_an_event_does_not_grow_with_their_number(market_data: tuple[pd.DataFrame, pd.Series]) -> None:
    # 4,000 events keep their residuals for exact clustering, 40,000 do not: neither may cost an event much more.
    frame, market = market_data
    runs = {
        str(n): partial(es.run_study, bench.daily_spec(bench.PARAMETRIC), events(frame, n)[0], frame, market)
        for n in (4_000, 40_000)
    }
    found = cpu(runs, 3)
    assert found["40000"] / 40_000 < 1.5 * found["4000"] / 4_000
    assert found["4000"] / 4_000 < 8 * found["40000"] / 40_000  # measured 4 to 5


@pytest.mark.parametrize("which", ["parametric", "all"])
def test_memory_beyond_input_and_output_stays_small(which: str, market_data: tuple[pd.DataFrame, pd.Series]) -> None:
    # At 20,000 events the blocks are as large as they ever get; measured 29 MB; all residuals at once would be 40.
    frame, market = market_data
    table, _, _ = events(frame, 20_000)
    spec = bench.daily_spec(bench.TEST_SETS[which])
    es.run_study(spec, table.iloc[:200], frame, market)
    tracemalloc.start()
    try:
        result = es.run_study(spec, table, frame, market)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - sum(held(result, {}).values()) < 50 * 2**20


def test_a_study_of_a_universe_costs_little_more_than_reading_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A quarter of the shares of the bench and all its events: measured 1.8 times the reading (1.2 for all shares), and
    # at least 2.4 when every share had its own time axis and every input a digest. CPU of all threads of the process.
    monkeypatch.setattr(universe_bench, "SHARES", 118)
    universe_bench.write(tmp_path)
    (tmp_path / "study.toml").write_text(universe_bench.STUDY.replace("S469", "S117"))
    path = tmp_path / "prices.csv"
    runs: dict[str, Callable[[], object]] = {
        "reading": lambda: read_table(path, DataSpec(path=str(path))),
        "study": lambda: universe_bench.whole(tmp_path),
    }
    runs["study"]()
    least = np.inf
    for _ in range(ATTEMPTS):
        found = cpu(runs, 7, clock=time.process_time)
        least = min(least, found["study"] / found["reading"])
        if least < 2.2:
            return
    raise AssertionError(f"a study costs {least:.2f} times the reading of its table")


def test_a_long_frame_with_holes_costs_a_few_readings() -> None:
    # Measured 2.8 times; factorising and scattering took 13.
    rows = 500
    instrument = pd.Categorical.from_codes(np.tile(np.arange(1_000), rows), categories=[f"A{i}" for i in range(1_000)])
    times = pd.date_range("2020-01-01 16:00", periods=rows, tz="UTC").repeat(1_000)
    long = pd.DataFrame({"instrument": instrument, "time": times, "return": np.ones(rows * 1_000)})
    holed = long.drop(index=np.arange(0, len(long), 101))
    codes = instrument.codes

    def read() -> float:
        return float(long["return"].to_numpy().sum() + long["time"].array.asi8.sum() + codes.sum())

    found = cpu({"read": read, "holed": lambda: wide_frame(holed)}, 9)
    assert found["holed"] < 9 * found["read"]


def test_a_process_spends_its_time_on_reading_not_on_imports(
    tmp_path: Path, market_data: tuple[pd.DataFrame, pd.Series]
) -> None:
    frame, market = market_data
    for name, data in (("returns", frame), ("market", market.to_frame()), ("events", events(frame, 1_000)[0])):
        data.to_parquet(tmp_path / f"{name}.parquet")
    told = "\nimport sys, time; print(time.process_time(), *sys.modules, flush=True)"
    spent: dict[str, list[float]] = {WHOLE: [], READ: []}
    for attempt in range(6):
        # Measured 2.5 times alone; beside other tests the least of three was 3.05 once.
        if attempt >= 2 and min(spent[WHOLE]) < 3 * min(spent[READ]):
            break
        for code, seconds in spent.items():
            command = [sys.executable, "-c", code + told]
            checked = code is WHOLE  # see READ
            out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=checked).stdout.split()
            seconds.append(float(out[0]))
            heavy = {
                "scipy.stats",
                "statsmodels",
                "matplotlib",
                "eventstudy.news",
                "eventstudy.response.respond_all",
            }
            assert not heavy & set(out)
    assert (tmp_path / "result.json").stat().st_size > 100_000
    assert min(spent[WHOLE]) < 3 * min(spent[READ])


def test_the_collector_of_cycles_rests_during_a_study_and_its_imports(
    market_data: tuple[pd.DataFrame, pd.Series],
) -> None:
    # Of 270 collections of a process from Parquet to result.json, one of them a full one of 50 ms, 100 were in here.
    frame, market = market_data
    run = partial(es.run_study, bench.daily_spec(bench.BASIC), events(frame, 100)[0], frame, market)
    run()
    started: list[int] = []
    gc.callbacks.append(hook := lambda phase, info: started.append(info["generation"]) if phase == "start" else None)
    usual = gc.get_threshold()
    try:
        gc.set_threshold(10)
        run()
        assert gc.isenabled()
        assert len(started) < 10  # 34 without the pause; what is left is before and after it
        gc.disable()
        run()
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.set_threshold(*usual)
        gc.callbacks.remove(hook)
    code = (
        "import gc, eventstudy as es; found = []; gc.set_threshold(50)\n"
        "gc.callbacks.append(lambda phase, info: found.append(phase)); gc.collect()\n"
        "before = len(found); es.run_study; print(len(found) - before, gc.isenabled())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert int(out[0]) < 50
    assert out[1] == "True"


def test_a_response_costs_less_than_it_did_event_by_event_and_no_more_among_many() -> None:
    # Measured 13.5 to 14.1 times gathering, cumulating and sorting its cells on a busy machine. Known events in a crowd
    # of placebo days used to cost more the more there were.
    bars, events = response_bench.market_of(100)
    settings = response_bench.SPREAD
    runs: dict[str, Callable[[], object]] = {
        "floor": response_bench.floor_of(100),
        "few": lambda: respond_all(bars, events[:25], settings),
        "many": lambda: respond_all(bars, events, settings),
    }
    for _ in range(ATTEMPTS):
        found = cpu(runs, 2)
        ratio, growth = found["many"] / 500 / (found["floor"] / 100), found["many"] / 4 / found["few"]
        if ratio < 16 and growth < 1.25:
            return
    raise AssertionError(f"a response costs {ratio:.0f} times its floor, among many {growth:.2f} times that")


def test_many_responses_need_little_memory_and_keep_less() -> None:
    # Measured 111 MB, and 152 for 640 to 2,560 pairs; the goal is 300. After the first ones a response keeps its own
    # paths only, measured 22 kB; it kept those of all its placebo days with them, 215 kB.
    bars, events = response_bench.market_of(72)
    respond_all(bars[:1], events[:1], response_bench.SPREAD)
    tracemalloc.start()
    try:
        found = respond_all(bars, events, response_bench.SPREAD)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 360
    assert peak - kept < 220 * 2**20
    later = found.responses[PATHS_KEPT:]
    assert sum(held(later, {}).values()) < 30_000 * len(later)
