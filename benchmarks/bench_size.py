"""Size and power of every test across the cases of the literature: share of rejections at 5 %, two-sided.

Run ``python -m benchmarks.bench_size [REPETITIONS] [CASE ...]``, or ``[REPETITIONS] designs [DESIGN ...]`` for every
test in every design of the table that chooses the primary test. Each repetition is a whole ``run_study`` on drawn
returns: ``R = beta Rm + sigma_i e``, ``sigma_i ~ U(1 %, 3 %)``, ``beta ~ U(0.5, 1.5)``, ``Rm ~ N(0, 1 %)``, 239
estimation bars, 50 events on one date. The reference column is the independent simulation of the project's notes
(4,000 repetitions); shares differ by more than three standard errors of both where a star stands.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

import eventstudy as es

M = 239
TESTS = (
    *("cross_sectional_t", "hall_t", "brown_warner_1985", "patell", "bmp", "kp_patell", "kp_bmp"),
    *("corrado_zivney", "corrado_rank", "grank_t", "grank_z", "generalized_sign"),
)
MORE = ("brown_warner_1980", "johnson_t", "jackknife_t", "sign", "wilcoxon", "corrado_sign", "campbell_wasley", "lamb")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: N events, L bars, shock in bar 1 in units of sigma, and how errors are drawn."""

    N: int = 50
    L: int = 1
    shock: float = 0.0
    variance: float = 1.0
    correlation: float = 0.0
    errors: str = "normal"


CASES = {
    "L=1 normal": Case(),
    "L=5": Case(L=5),
    "L=11": Case(L=11),
    "event var x2": Case(variance=2.0),
    "clustered r=.1": Case(correlation=0.1),
    "r=.1 and var x2": Case(correlation=0.1, variance=2.0),
    "t(4) errors": Case(errors="t4"),
    "lognormal(.8)": Case(errors="lognormal"),
    "N=10": Case(N=10),
    "power mu=.25": Case(shock=0.25),
    "power mu=.5": Case(shock=0.5),
    "power mu=.5, L=5": Case(shock=0.5, L=5),
}

# The project's notes on methods, C3: percent rejected at a nominal 5 %, 4,000 repetitions, in the order of TESTS.
REFERENCE = {
    "L=1 normal": (4.4, 5.2, 4.8, 4.6, 4.7, 4.6, 4.6, 5.2, 4.8, 5.2, 5.2, 5.5),
    "L=5": (4.9, 5.9, 5.2, 5.1, 4.8, 5.2, 5.0, 5.2, 5.0, 5.6, 5.4, 5.4),
    "L=11": (5.5, 6.4, 6.5, 5.3, 5.6, 5.7, 5.4, 5.6, 5.3, 5.7, 6.0, 5.7),
    "event var x2": (5.7, 6.6, 17.2, 17.1, 5.6, 17.6, 5.7, 5.5, 10.4, 5.5, 5.6, 6.1),
    "clustered r=.1": (41.7, 42.9, 4.8, 41.5, 43.0, 5.0, 5.1, 6.0, 4.8, 6.1, 43.1, 35.9),
    "r=.1 and var x2": (41.6, 43.3, 17.0, 56.0, 43.0, 17.0, 5.8, 6.3, 9.8, 6.4, 43.4, 36.8),
    "t(4) errors": (5.3, 8.1, 5.6, 5.6, 5.2, 5.8, 5.4, 5.8, 5.2, 5.8, 5.9, 5.3),
    "lognormal(.8)": (8.1, 7.6, 5.1, 6.1, 7.8, 6.0, 8.0, 28.7, 4.8, 28.8, 29.0, 5.0),
    "N=10": (5.0, 8.8, 5.0, 5.1, 5.4, 5.2, 5.7, 7.6, 5.5, 7.6, 7.8, 3.0),
    "power mu=.25": (38.6, 40.6, 39.8, 41.8, 40.6, 42.1, 40.6, 40.8, 40.4, 40.9, 41.2, 29.9),
    "power mu=.5": (91.4, 92.0, 92.2, 93.6, 93.1, 93.5, 93.1, 92.4, 92.5, 92.4, 92.4, 80.4),
    "power mu=.5, L=5": (31.4, 33.9, 32.8, 34.8, 33.8, 34.8, 34.1, 30.5, 30.0, 32.8, 33.5, 24.6),
}
REFERENCE_REPETITIONS = 4_000


def draw_errors(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> np.ndarray:
    """Return errors of mean 0 and variance 1."""
    if kind == "t4":
        return rng.standard_t(4, shape) / np.sqrt(2)
    if kind == "lognormal":
        s2 = 0.8**2
        return (rng.lognormal(0, 0.8, shape) - np.exp(s2 / 2)) / np.sqrt((np.exp(s2) - 1) * np.exp(s2))
    return rng.standard_normal(shape)


def draw(rng: np.random.Generator, case: Case) -> tuple[pd.DataFrame, pd.Series]:
    """Return one panel of returns and its market, event window last."""
    T = M + case.L
    market = rng.normal(0, 0.01, T)
    e = draw_errors(rng, case.errors, (T, case.N))
    if case.correlation:
        common = rng.standard_normal((T, 1))
        e = np.sqrt(case.correlation) * common + np.sqrt(1 - case.correlation) * e
    e[M:] *= np.sqrt(case.variance)
    e[M] += case.shock
    returns = market[:, None] * rng.uniform(0.5, 1.5, case.N) + rng.uniform(0.01, 0.03, case.N) * e
    index = pd.bdate_range("2019-01-01", periods=T).tz_localize("UTC") + pd.Timedelta(hours=16)
    frame = pd.DataFrame(returns, index=index, columns=[f"A{i}" for i in range(case.N)])
    return frame, pd.Series(market, index=index, name="market")


def rejections(case: Case, repetitions: int, seed: int, tests: tuple[str, ...] = TESTS) -> dict[str, np.ndarray]:
    """Return the p-values of each test over the repetitions."""
    spec = es.StudySpec(
        model="market", estimation=(-M, -1), event=(0, case.L - 1), tests=tests, primary=tests[0], response="off"
    )
    found: dict[str, list[float]] = {test: [] for test in tests}
    children = np.random.SeedSequence(seed).spawn(repetitions)
    for child in children:
        frame, market = draw(np.random.default_rng(child), case)
        when = [frame.index[M] - pd.Timedelta(hours=1)] * case.N
        events = pd.DataFrame({"instrument": frame.columns, "time": when})
        result = es.run_study(spec, events, frame, market=market)
        for test in tests:
            found[test].append(float(result.findings(test)[0].pvalue[0]))
    return {test: np.array(p) for test, p in found.items()}


@dataclass(frozen=True, slots=True)
class Design:
    """One row of ``DESIGNS``: event dates, instruments, and how they are drawn.

    ``own`` gives every date an instrument of its own; otherwise each date has an event on every instrument.
    ``variance`` multiplies that of the event window, ``shock`` is an effect in standard deviations of the window.
    """

    dates: int
    instruments: int
    own: bool = False
    gap: int = 5
    L: int = 1
    correlation: float = 0.0
    variance: float = 1.0
    shock: float = 0.0
    errors: str = "normal"
    measure: str = "car"
    estimation: bool = True


DESIGN_CASES = {
    "one event, daily": Design(1, 1),
    "few events": Design(4, 1, own=True, gap=20),
    "separate dates": Design(50, 1, own=True),
    "dense, one instrument": Design(50, 1, gap=2),
    "shared dates": Design(10, 20, correlation=0.3),
    "few shared dates": Design(4, 20, correlation=0.3),
    "one date": Design(1, 50, correlation=0.1),
    "skewed returns": Design(50, 1, own=True, errors="lognormal"),
    "buy-and-hold returns": Design(50, 1, own=True, L=60, gap=2, measure="bhar"),
    "few buy-and-hold returns": Design(4, 1, own=True, L=60, gap=20, measure="bhar"),
    "no variance": Design(50, 1, own=True, estimation=False),
    "no variance, shared dates": Design(10, 20, correlation=0.3, estimation=False),
}
SINGLE = ("time_series_t", "sample_quantile", "placebo")
AVERAGE = (*TESTS, *MORE, "bootstrap_t", "wild_bootstrap", "calendar_time")
VARIANTS = {
    "size": {},
    "size, var x2": {"variance": 2.0},
    "size, var x4": {"variance": 4.0},
    "power .5": {"shock": 0.5},
    "power 1": {"shock": 1.0},
}


def draw_design(rng: np.random.Generator, case: Design) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return one panel of returns, its market and its events."""
    T, N = M + case.gap * (case.dates - 1) + case.L, case.dates if case.own else case.instruments
    market, e = rng.normal(0, 0.01, T), draw_errors(rng, case.errors, (T, N))
    if case.correlation:
        e = np.sqrt(case.correlation) * rng.standard_normal((T, 1)) + np.sqrt(1 - case.correlation) * e
    pairs = [(d if case.own else i, M + case.gap * d) for d in range(case.dates) for i in range(1 if case.own else N)]
    for i, row in pairs:
        e[row : row + case.L, i] *= np.sqrt(case.variance)
        e[row, i] += case.shock * np.sqrt(case.L)
    returns = market[:, None] * rng.uniform(0.5, 1.5, N) + rng.uniform(0.01, 0.03, N) * e
    index = pd.bdate_range("2001-01-01", periods=T).tz_localize("UTC") + pd.Timedelta(hours=16)
    frame = pd.DataFrame(returns, index=index, columns=[f"A{i}" for i in range(N)])
    times = [index[row] - pd.Timedelta(hours=1) for _, row in pairs]
    events = pd.DataFrame({"instrument": [frame.columns[i] for i, _ in pairs], "time": times})
    events["id"] = [f"e{k}" for k in range(len(pairs))]
    return frame, pd.Series(market, index=index, name="market"), events


def rejected(case: Design, repetitions: int, tests: tuple[str, ...], seed: int = 20210413) -> dict[str, np.ndarray]:
    """Return the p-values of each test over the repetitions, and under "primary" those of the test that decides."""
    spec = es.StudySpec(
        model="market" if case.estimation else "zero",
        estimation=(-M, -1) if case.estimation else None,
        event=(0, case.L - 1),
        tests=tests,
        returns="log",
        measure=case.measure,
        response="off",
        diagnostics="on" if case.errors != "normal" else "off",
    )
    found: dict[str, list[float]] = {name: [] for name in (*tests, "primary")}
    for child in np.random.SeedSequence(seed).spawn(repetitions):
        frame, market, events = draw_design(np.random.default_rng(child), case)
        result = es.run_study(spec, events, frame, market=market if case.estimation else None)
        for name in found:
            test = result.primary.test if name == "primary" and result.primary else name
            found[name].append(float(result.findings(test)[0].pvalue[0]))
    return {name: np.array(p) for name, p in found.items()}


def designs(repetitions: int, names: list[str]) -> None:
    """Print size and power of every test in every design as markdown, percent; n/a: the test does not apply."""
    for name in names:
        case = DESIGN_CASES[name]
        tests = SINGLE if case.dates * case.instruments == 1 and not case.own else AVERAGE
        columns = [rejected(replace(case, **variant), repetitions, tests) for variant in VARIANTS.values()]
        print(f"\n### {name}\n\n| test | {' | '.join(VARIANTS)} |\n{'|---' * (1 + len(VARIANTS))}|")
        for test in ("primary", *tests):
            shares = [f"{(p[test] <= 0.05).mean() * 100:.1f}" if np.isfinite(p[test]).any() else "n/a" for p in columns]
            print(f"| `{test}` | {' | '.join(shares)} |", flush=True)


def standard_error(share: float, n: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1e-6) / n))


def table(repetitions: int, names: list[str], tests: tuple[str, ...], seed: int = 20210413) -> list[str]:
    """Return the markdown rows: our share, and a star where it leaves the reference by three standard errors."""
    rows = [f"| case | {' | '.join(tests)} |", "|---" * (1 + len(tests)) + "|"]
    for name in names:
        p = rejections(CASES[name], repetitions, seed, tests)
        cells = []
        for test in tests:
            share = float((p[test] <= 0.05).mean())
            star = ""
            if test in TESTS:
                known = REFERENCE[name][TESTS.index(test)] / 100
                error = np.hypot(standard_error(known, repetitions), standard_error(known, REFERENCE_REPETITIONS))
                star = "*" if abs(share - known) > 3 * error else ""
            cells.append(f"{share * 100:.1f}{star}")
        rows.append(f"| {name} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    if sys.argv[2:3] == ["designs"]:
        designs(repetitions, sys.argv[3:] or list(DESIGN_CASES))
        return
    names = sys.argv[2:] or list(CASES)
    print(f"{repetitions} repetitions, seed 20210413; standard error at 5 %: {standard_error(0.05, repetitions):.4f}")
    print(table(0, [], (*TESTS, *MORE))[0])
    table(repetitions, names, (*TESTS, *MORE))


if __name__ == "__main__":
    main()
