"""Speed of the whole ``run_study`` call, paired in one process with what a user would write and with np.take.

Run ``python -m benchmarks.bench_engine [--million] [--cpu]``; ``--cpu`` counts CPU seconds instead of wall time. Input:
1,000 assets, 2,520 days, market model, estimation 250, gap 10, window [-10, +10]; and one-minute bars, 5 series of
125,000, estimation 5,000, window [-60, +120]. Medians over rounds in which the runs take turns; only ratios carry over
between machines.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

import eventstudy as es
from benchmarks import fresh_process
from eventstudy.inference.bootstrap import wild_t
from eventstudy.inference.table import TESTS

S, T, L1, GAP, HALF = 1_000, 2_520, 250, 10, 10
BASIC = ("time_series_t", "cross_sectional_t")
RANKS = ("corrado_rank", "corrado_zivney", "campbell_wasley", "corrado_sign", "grank_t", "grank_z")
DRAWN = (
    "wild_bootstrap",
    "bootstrap_t",
    "placebo",
    "standardized_placebo",
    "placebo_refit",
    "sample_quantile",
    "calendar_time",
)
PARAMETRIC = tuple(t for t in TESTS if t not in (*RANKS, *DRAWN))
TEST_SETS = {"basic": BASIC, "parametric": PARAMETRIC, "all": (*PARAMETRIC, *RANKS, "calendar_time")}


# On a busy machine only the CPU seconds of a single thread mean something.
clock = time.process_time if "--cpu" in sys.argv else time.perf_counter


def daily() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(1)
    market = rng.normal(0, 0.01, T)
    values = market[:, None] * rng.uniform(0.5, 1.5, S) + rng.normal(0, 0.02, (T, S))
    values[rng.random((T, S)) < 0.0005] = np.nan
    index = pd.bdate_range("2012-01-02", periods=T).tz_localize("UTC") + pd.Timedelta(hours=16)
    frame = pd.DataFrame(values, index=index, columns=[f"A{i:04d}" for i in range(S)])
    return frame, pd.Series(market, index=index, name="market")


def events(
    frame: pd.DataFrame, n: int, first: int, last: int, seed: int = 2
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    row, column = rng.integers(first, last, n), rng.integers(0, frame.shape[1], n)
    table = {
        "id": np.array([f"e{i}" for i in range(n)], dtype=object),
        "instrument": np.array(frame.columns, dtype=object)[column],
        "time": frame.index[row] - pd.Timedelta(seconds=30),
    }
    return pd.DataFrame(table), row, column


def spec(tests: tuple[str, ...], estimation: tuple[int, int], event: tuple[int, int]) -> es.StudySpec:
    return es.StudySpec(
        model="market",
        estimation=estimation,
        event=event,
        tests=tests,
        primary=tests[0],
        overlaps="keep",
        missing="return",
        response="off",
    )


def daily_spec(tests: tuple[str, ...]) -> es.StudySpec:
    return spec(tests, (-L1 - GAP, -GAP - 1), (-HALF, HALF))


def statsmodels_loop(frame: pd.DataFrame, market: pd.Series, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """What a user writes: one sm.OLS per event on pandas slices."""
    made = np.empty((len(row), 2 * HALF + 1))
    for i, (r, c) in enumerate(zip(row, column, strict=True)):
        learn = slice(r - HALF - GAP - L1 + 10, r - HALF - GAP + 10)
        y = frame.iloc[learn, c]
        fit = sm.OLS(y, sm.add_constant(market.iloc[learn]), missing="drop").fit()
        study = slice(r - HALF, r + HALF + 1)
        made[i] = frame.iloc[study, c] - fit.predict(sm.add_constant(market.iloc[study]))
    return made


def lstsq_loop(values: np.ndarray, market: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The bare loop on arrays: numpy.linalg.lstsq per event, nothing else."""
    made = np.empty((len(row), 2 * HALF + 1))
    X = np.column_stack([np.ones(T), market])
    for i, (r, c) in enumerate(zip(row, column, strict=True)):
        learn, study = slice(r - HALF - GAP - L1 + 10, r - HALF - GAP + 10), slice(r - HALF, r + HALF + 1)
        coef = np.linalg.lstsq(X[learn], values[learn, c], rcond=None)[0]
        made[i] = values[study, c] - X[study] @ coef
    return made


def gather(flat: np.ndarray, market: np.ndarray, start: np.ndarray, time_start: np.ndarray, width: int) -> float:
    """np.take of the same windows of return and market, in blocks: what numpy can do at best."""
    total, offsets = 0.0, np.arange(width)
    for low in range(0, len(start), 512):
        y = np.take(flat, start[low : low + 512, None] + offsets)
        x = np.take(market, time_start[low : low + 512, None] + offsets)
        total += float(y[0, 0] + x[0, 0])
    return total


def rounds_of(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of each run in every round; the runs take turns so that all meet the same machine, after one warm-up."""
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return {name: np.array(values) for name, values in seconds.items()}


def paired(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each run."""
    return {name: float(np.median(seconds)) for name, seconds in rounds_of(runs, rounds).items()}


def over(seconds: np.ndarray, others: np.ndarray) -> float:
    """Median over rounds of one run's time over another's: a shared machine changes its speed from round to round."""
    return float(np.median(seconds / others))


def ratios(frame: pd.DataFrame, market: pd.Series, n: int = 10_000) -> None:
    table, row, column = events(frame, n, L1 + 2 * GAP + 1, T - HALF - 1)
    flat, m = np.ascontiguousarray(frame.to_numpy().T).ravel(), market.to_numpy()
    width = L1 + 2 * HALF + 1
    time_start = row - HALF - L1
    start = column * T + time_start
    cells = flat[start[:, None] + np.arange(width)]

    def study(tests: tuple[str, ...]) -> Callable[[], Any]:
        return partial(es.run_study, daily_spec(tests), table, frame, market=market)

    take = partial(gather, flat, m, start, time_start, width)
    found = rounds_of({"gather": take, "study": study(BASIC)}, 25)
    line("whole call, AR CAR AAR CAAR with t, 10,000 events, seconds", float(np.median(found["study"])))
    line("  times the gather by np.take (asked: at most 2)", over(found["study"], found["gather"]))
    reading(study(BASIC))
    few, some = 200, 2_000
    loops: dict[str, Callable[[], object]] = {
        "study": study(BASIC),
        "lstsq": lambda: lstsq_loop(np.nan_to_num(frame.to_numpy()), m, row[:some], column[:some]),
        "statsmodels": lambda: statsmodels_loop(frame, market, row[:few], column[:few]),
    }
    found = rounds_of(loops, 5)
    line("  times faster than the statsmodels loop (asked: 300)", over(found["statsmodels"] * n / few, found["study"]))
    line("  times faster than the bare lstsq loop (asked: 5)", over(found["lstsq"] * n / some, found["study"]))
    found = rounds_of({"gather": take, "parametric": study(PARAMETRIC)}, 11)
    line(
        "all parametric and sign tests, times the gather (asked: at most 7)", over(found["parametric"], found["gather"])
    )
    ranks: dict[str, Callable[[], object]] = {
        "gather": take,
        "ranks": study(PARAMETRIC + RANKS),
        "argsort": lambda: np.argsort(cells, axis=1),
    }
    found, rankings = rounds_of(ranks, 7), 3
    allowed = 7 * found["gather"] + rankings * 1.5 * found["argsort"]
    line(
        "all rank tests too, over 7 gathers + 1.5 argsorts for each of 3 rankings (asked: 1)",
        over(found["ranks"], allowed),
    )


def reading(study: Callable[[], Any], rounds: int = 11) -> None:
    """What is made only when somebody reads it: names of events and instruments, p-values."""
    seconds: list[tuple[float, float]] = []
    for _ in range(rounds):
        result = study()
        gc.collect()
        start = clock()
        read = len(result.abnormal.events) + len(result.abnormal.instruments)
        middle = clock()
        read += len(result.findings("time_series_t")[0].pvalue)
        seconds.append((middle - start, clock() - middle))
        assert read
    names, pvalues = np.median(seconds, axis=0)
    line("  reading the names of its events afterwards, seconds", float(names))
    line("  reading the p-values of its events afterwards, seconds", float(pvalues))


def minutes() -> None:
    rng = np.random.default_rng(3)
    n, length, learn = 1_000, 125_000, 5_000
    index = pd.date_range("2021-01-01", periods=length, freq="min", tz="UTC")
    market = pd.Series(rng.normal(0, 1e-4, length), index=index, name="market")
    frame = pd.DataFrame(
        rng.normal(0, 2e-4, (length, 5)) + market.to_numpy()[:, None], index=index, columns=list("ABCDE")
    )
    table, row, column = events(frame, n, learn + 200, length - 200)
    flat, m = np.ascontiguousarray(frame.to_numpy().T).ravel(), market.to_numpy()
    width = learn + 181
    one = spec(BASIC, (-learn - 61, -62), (-60, 120))
    take = partial(gather, flat, m, column * length + row - learn - 61, row - learn - 61, width)
    found = rounds_of({"gather": take, "study": partial(es.run_study, one, table, frame, market)}, 9)
    line("minute bars, 1,000 events, seconds", float(np.median(found["study"])))
    line("  times the gather (asked: at most 3)", over(found["study"], found["gather"]))


def growth(frame: pd.DataFrame, market: pd.Series, sizes: list[int]) -> None:
    tables = {n: events(frame, n, L1 + 2 * GAP + 1, T - HALF - 1)[0] for n in sizes}
    runs = {str(n): partial(es.run_study, daily_spec(PARAMETRIC), table, frame, market) for n, table in tables.items()}
    found = paired({n: run for n, run in runs.items() if int(n) <= 100_000}, 5)
    found |= paired({n: run for n, run in runs.items() if int(n) > 100_000}, 1)
    for n, seconds in found.items():
        line(f"{int(n):,} events, parametric and sign tests: seconds", seconds)
        line("  microseconds an event", seconds / int(n) * 1e6)
    line("largest over 10,000 events, an event (asked: at most 1.2)", seconds / int(n) * 10_000 / found["10000"])


def everything(frame: pd.DataFrame, market: pd.Series) -> None:
    table, _, _ = events(frame, 1_000_000, L1 + 2 * GAP + 1, T - HALF - 1)
    found = paired({"all": partial(es.run_study, daily_spec(TEST_SETS["all"]), table, frame, market)}, 1)
    line("1,000,000 events, everything except bootstraps, seconds (asked: 60)", found["all"])


def fresh(sizes: list[tuple[str, str]]) -> None:
    for n, which in sizes:
        text = f"peak memory beyond input and output, {int(n):,} events, {which} tests, MB (asked: 200)"
        line(text, fresh_process.child("memory", n, which)[0])
    first, second = fresh_process.child("seconds")
    line("first study of a process, 1,000 events, seconds", first)
    line("  its second study", second)
    whole, read = fresh_process.whole_process()
    line("process from Parquet to result.json, 1,000 events, seconds (asked: 0.8)", float(np.median(whole)))
    line("  the fastest of them", min(whole))
    line("  a process that only reads the same files", float(np.median(read)))
    line("  the fastest of them", min(read))


def draws() -> None:
    car = np.random.default_rng(4).normal(0.001, 0.02, 1_000)
    names = [(f"e{i}", "A") for i in range(1_000)]
    found = paired({"wild": lambda: wild_t(car, names, "rademacher", seed=1, draws=1_000)}, 7)
    line("wild bootstrap 1,000 x 1,000, seconds (asked: at most 0.05)", found["wild"])


def refits(frame: pd.DataFrame, market: pd.Series) -> None:
    table, _, _ = events(frame, 1_000, L1 + 2 * GAP + 1, T - HALF - 1, seed=5)
    plain = spec(("cross_sectional_t",), (-L1 - GAP, -GAP - 1), (-HALF, HALF))
    ways = {
        path: plain.model_copy(update={"tests": ("placebo_refit",), "test_options": {"placebo_refit": {"path": path}}})
        for path in ("prefix", "two_pass")
    }
    runs = {name: partial(es.run_study, one, table, frame, market=market) for name, one in ways.items()}
    found = paired(runs | {"without": lambda: es.run_study(plain, table, frame, market=market)}, 3)
    line("a million placebo refits, prefix sums, seconds (asked: 0.5)", found["prefix"] - found["without"])
    line("  the same in two passes, the default and the referee", found["two_pass"] - found["without"])


def long_input(frame: pd.DataFrame, market: pd.Series) -> None:
    from eventstudy.study.long_frame import wide_frame

    values = frame.iloc[:2_500]
    instrument = pd.Categorical.from_codes(np.tile(np.arange(S), 2_500), categories=list(frame.columns))
    long = pd.DataFrame(
        {"instrument": instrument, "time": np.repeat(values.index, S), "return": values.to_numpy().ravel()}
    )

    def read() -> float:
        total = float(long["return"].to_numpy().sum())
        return total + long["time"].array.asi8.sum() + instrument.codes.sum()

    holed = long.drop(index=np.arange(0, len(long), 101))
    found = rounds_of({"read": read, "complete": lambda: wide_frame(long), "holed": lambda: wide_frame(holed)}, 25)
    line(
        "long input, 2.5 million rows: laid out over reading the columns (asked: 3)",
        over(found["complete"], found["read"]),
    )
    line("  the same with one row in 101 missing", over(found["holed"], found["read"]))


def line(text: str, value: float) -> None:
    print(f"{value:12.4g}  {text}", flush=True)


def main() -> None:
    frame, market = daily()
    ratios(frame, market)
    minutes()
    draws()
    refits(frame, market)
    long_input(frame, market)
    million = "--million" in sys.argv
    growth(frame, market, [100, 1_000, 10_000, 100_000] + ([1_000_000] if million else []))
    if million:
        everything(frame, market)
    fresh([("100000", "parametric")] + ([("1000000", "parametric"), ("1000000", "all")] if million else []))


if __name__ == "__main__":
    main()
