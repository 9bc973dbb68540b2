"""Size and power of every test across the cases of the literature: share of rejections at 5 %, two-sided.

Run ``python -m benchmarks.bench_size [REPETITIONS] [CASE ...]``, or ``[REPETITIONS] designs [DESIGN ...]`` for every
test in every design of the table that chooses the primary test (``--tests NAME,NAME`` for the primary test and those
only, with the same draws), ``[REPETITIONS] headline [--tests NAME,NAME]`` for the
share of null studies whose finding reports an effect, ``[REPETITIONS] few [CASE ...]`` for sizes by number of events,
``[REPETITIONS] skewed`` for size and power of few strongly skewed events, ``[REPETITIONS] long`` for buy-and-hold
returns of many days, ``[REPETITIONS] shared`` for those of instruments that share dates, by number and distance of the
dates, or ``[REPETITIONS] matched`` for the intraday response on days without news that are more volatile
than their placebo days. Returns are ``R = beta Rm + sigma_i e``,
``sigma_i ~ U(1 %, 3 %)``, ``beta ~ U(0.5, 1.5)``, ``Rm ~ N(0, 1 %)``, 239 estimation bars;
every repetition is solved as ``run_study`` does. The reference column is the independent simulation of the project's
notes (4,000 repetitions); shares differ by more than three standard errors of both where a star stands.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np

from benchmarks import regimes
from benchmarks.designs import Design, draw, of_draw, prepared, rejected, spec_of
from eventstudy.inference.table import TESTS as REGISTERED
from eventstudy.study.run import solve

TESTS = (
    *("cross_sectional_t", "hall_t", "brown_warner_1985", "patell", "bmp", "kp_patell", "kp_bmp"),
    *("corrado_zivney", "corrado_rank", "grank_t", "grank_z", "generalized_sign"),
)
MORE = ("brown_warner_1980", "johnson_t", "jackknife_t", "sign", "wilcoxon", "corrado_sign", "campbell_wasley", "lamb")
ONE_DATE = Design(1, 50)  # 50 instruments with an event on the last day

CASES = {
    "L=1 normal": ONE_DATE,
    "L=5": replace(ONE_DATE, L=5),
    "L=11": replace(ONE_DATE, L=11),
    "event var x2": replace(ONE_DATE, variance=2.0),
    "clustered r=.1": replace(ONE_DATE, correlation=0.1),
    "r=.1 and var x2": replace(ONE_DATE, correlation=0.1, variance=2.0),
    "t(4) errors": replace(ONE_DATE, errors="t4"),
    "lognormal(.8)": replace(ONE_DATE, errors="lognormal"),
    "N=10": replace(ONE_DATE, instruments=10),
    "power mu=.25": replace(ONE_DATE, shock=0.25),
    "power mu=.5": replace(ONE_DATE, shock=0.5),
    "power mu=.5, L=5": replace(ONE_DATE, shock=0.5, L=5),
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

DESIGN_CASES = {
    "one event, daily": Design(1, 1),
    "few events": Design(4, 1, own=True, gap=20),
    "separate dates": Design(50, 1, own=True),
    "dense events": Design(50, 1, gap=2),
    "dense events, overlapping windows": Design(50, 1, gap=2, L=5),
    "shared dates": Design(10, 20, correlation=0.3),
    "few shared dates": Design(4, 20, correlation=0.3),
    "one date": Design(1, 50, correlation=0.1),
    "skewed returns": Design(50, 1, own=True, errors="lognormal"),
    "few events, skewed": Design(4, 1, own=True, gap=20, errors="lognormal"),
    "buy-and-hold returns": Design(50, 1, own=True, L=60, gap=60, measure="bhar"),
    "few buy-and-hold returns": Design(4, 1, own=True, L=60, gap=60, measure="bhar"),
    "buy-and-hold returns, shared days": Design(10, 20, correlation=0.3, L=60, gap=10, measure="bhar"),
    "no variance": Design(50, 1, own=True, estimation=False),
    "no variance, shared dates": Design(10, 20, correlation=0.3, estimation=False),
}
SINGLE = ("time_series_t", "sample_quantile", "placebo")
AVERAGE = (*TESTS, *MORE, "overlap_bmp", "calendar_time")
RESAMPLING = ("bootstrap_t", "wild_bootstrap", "residual_bmp")  # a quarter of the repetitions: each draws 399 times
NO_ESTIMATION = ("cross_sectional_t", "hall_t", "johnson_t", "sign", "wilcoxon", "calendar_time")
COMPOUNDED = ("cross_sectional_t", "johnson_t", "hall_t", "overlap_t")
VARIANTS: dict[str, tuple[float, float]] = {  # variance of the event window, effect in standard deviations of a CAR
    "size": (1.0, 0.0),
    "size, var x2": (2.0, 0.0),
    "size, var x4": (4.0, 0.0),
    "power 0.5": (1.0, 0.5),
    "power 1": (1.0, 1.0),
    "power 2": (1.0, 2.0),
}


def applicable_tests(case: Design) -> tuple[str, ...]:
    """Return the tests that apply to a design, those that resample last."""
    if case.dates * case.instruments == 1:
        return SINGLE
    if case.measure == "bhar" or not case.estimation:  # no residuals of one-bar returns to draw from
        return (*(COMPOUNDED if case.estimation else NO_ESTIMATION), *RESAMPLING[:-1])
    return (*AVERAGE, *RESAMPLING)


def shares(
    case: Design, repetitions: int, seed: int = 20210413, tests: tuple[str, ...] = ()
) -> dict[str, tuple[float, int]]:
    """Return each test's share of rejections at 5 %, of how many studies; also that of the primary test."""
    tests, found = tests or applicable_tests(case), {}
    plain = tuple(name for name in tests if name not in RESAMPLING)
    slow = tuple(name for name in tests if name in RESAMPLING)
    few = max(repetitions // 4, 1)
    primary = few if case.measure == "bhar" and case.dates >= 10 else repetitions
    runs = ((plain, repetitions), (slow, few)) if primary == repetitions else ((tests, few),)
    for names, n in runs:
        for name, p in rejected(case, n, names, seed).items() if names else ():
            if np.isfinite(p).any() and name not in found:
                found[name] = (float((p <= 0.05).mean()), len(p))
    return found


def designs(repetitions: int, names: list[str], only: tuple[str, ...] = ()) -> None:
    """Print size and power of every test, or of some, in every design as markdown, in percent with standard errors."""
    for name in names:
        case = DESIGN_CASES[name]
        tests = tuple(test for test in applicable_tests(case) if test in only or not only)
        print(f"\n### {name}\n\n| test | {' | '.join(VARIANTS)} |\n{'|---' * (1 + len(VARIANTS))}|", flush=True)
        columns = []
        for variance, effect in VARIANTS.values():
            draws = repetitions if effect == 0 else max(repetitions // 4, 1)  # powers need fewer digits than sizes
            columns.append(shares(replace(case, variance=variance, shock=effect * np.sqrt(case.L)), draws, tests=tests))
        for test in ("primary", *tests):
            found = [column.get(test) for column in columns]
            if any(found):
                print(f"| `{test}` | {' | '.join(cell(*part) if part else 'n/a' for part in found)} |", flush=True)


FEW = (4, 6, 8, 10, 12, 15, 20, 25, 30, 40)
# What depends on the number of events: which tests are called unsuited, and which decide under skewness and for BHAR.
FEW_CASES = {
    "normal returns": (
        Design(1, 1, own=True),
        tuple(n for n, row in REGISTERED.items() if "many events" in row.assumes),
    ),
    "lognormal returns": (Design(1, 1, own=True, errors="lognormal"), ("bmp", "generalized_sign", "jackknife_t")),
    "buy-and-hold returns": (
        Design(1, 1, own=True, L=60, gap=60, measure="bhar"),
        ("cross_sectional_t", "bootstrap_t"),
    ),
}


def few_events(repetitions: int, names: list[str]) -> None:
    """Print the size of tests by the number of events on separate dates."""
    for name in names:
        case, tests = FEW_CASES[name]
        print(f"\n### {name}\n\n| events | {' | '.join(tests)} |\n{'|---' * (1 + len(tests))}|", flush=True)
        for events in FEW:
            found = shares(replace(case, dates=events), repetitions, tests=tests)
            print(f"| {events} | {' | '.join(cell(*found[test]) for test in tests)} |", flush=True)


# With few strongly skewed events: the tests that allow the variance to change, against effects of both signs.
SKEWED_VARIANTS = {
    "size": (1.0, 0.0),
    "size, var x4": (4.0, 0.0),
    "power -1": (1.0, -1.0),
    "power 1": (1.0, 1.0),
    "power 2": (1.0, 2.0),
}


def few_skewed(repetitions: int) -> None:
    """Print size and power of the tests of few events on separate dates with lognormal errors."""
    case, tests = FEW_CASES["lognormal returns"]
    print(f"| events | test | {' | '.join(SKEWED_VARIANTS)} |\n{'|---' * (2 + len(SKEWED_VARIANTS))}|", flush=True)
    for events in (4, 7, 12, 19):
        variants = [replace(case, dates=events, variance=v, shock=effect) for v, effect in SKEWED_VARIANTS.values()]
        found = [shares(variant, repetitions, tests=tests) for variant in variants]
        for test in ("primary", *tests):
            print(f"| {events} | `{test}` | {' | '.join(cell(*one[test]) for one in found)} |", flush=True)


# Events of 60 to 250 days under a model that estimates a mean on 239 returns, and under one that does not.
LONG = {
    (model, L): Design(50, 1, own=True, L=L, gap=L, measure="bhar", model=model)
    for model in ("market", "market_adjusted")
    for L in (60, 120, 250)
}


def long_horizons(repetitions: int) -> None:
    """Print the size of the primary test of buy-and-hold returns by horizon, and the rate that the warning states."""
    print("| model | days | size | rate in the warning |\n|---|---|---|---|", flush=True)
    for (model, days), case in LONG.items():
        size = shares(case, 4 * repetitions, tests=("cross_sectional_t",))["primary"]  # a quarter is drawn
        print(f"| `{model}` | {days} | {cell(*size)} | {warned_rate(case, 50)} |", flush=True)


def shared_dates(repetitions: int) -> None:
    """Print the size of the primary test of buy-and-hold returns of 20 instruments that share their dates."""
    print(f"| model | dates | days apart | primary test | size | rate in the warning |\n{'|---' * 6}|", flush=True)
    for model in ("market", "market_adjusted"):
        for dates, gap in ((10, 10), (10, 30), (10, 70), (40, 70)):
            case = replace(DESIGN_CASES["buy-and-hold returns, shared days"], dates=dates, gap=gap, model=model)
            size = shares(case, 4 * repetitions, tests=("overlap_t",))["primary"]  # a quarter is drawn
            warned = warned_rate(case, min(repetitions, 100))
            print(f"| `{model}` | {dates} | {gap} | `{decides(case)}` | {cell(*size)} | {warned} |", flush=True)


def decides(case: Design) -> str:
    """Return the primary test of a study of the design."""
    spec = spec_of(case, ("overlap_t",))
    result = solve(spec, of_draw(prepared(case, spec), draw(np.random.default_rng(1), case)))
    return result.primary.test if result.primary is not None else "none"


def warned_rate(case: Design, repetitions: int) -> str:
    """Return the median rejection rate that ES-BHAR-EXPECTED states, and how many of the studies have the warning."""
    found = []
    for child in np.random.SeedSequence(1).spawn(repetitions):
        spec = spec_of(case, ("cross_sectional_t",))
        result = solve(spec, of_draw(prepared(case, spec), draw(np.random.default_rng(child), case)))
        text = " ".join(notice.message for notice in result.notices if notice.code == "ES-BHAR-EXPECTED")
        found += [float(rate) for rate in re.findall(r"rejects about (\d+)%", text)]
    return f"{np.median(found):.0f} (in {len(found)} of {repetitions} studies)" if found else "no warning"


def cell(share: float, n: int) -> str:
    return f"{share * 100:.1f} ({standard_error(share, n) * 100:.1f})"


# The template equity-daily: four shares, an event each on a date of its own, its windows and its model.
TEMPLATE = Design(4, 1, own=True, gap=30, before=280, after=29)
TEMPLATE_SETTINGS: dict[str, object] = {
    "estimation": (-250, -11),
    "event": (-5, 5),
    "windows": ((0, 0), (0, 1), (-5, -1), (-5, 5)),
    "min_observations": 100,
}


def headline_shares(repetitions: int, tests: tuple[str, ...] = AVERAGE) -> dict[str, dict[str, float]]:
    """Return, for each variant of the template, every test's share of rejections at 5 %; "primary": of findings."""
    variants = {f"event variance x{k:g}": (k, 0.0) for k in (1.0, 2.0, 4.0)}
    variants |= {f"effect of {effect:g} sd": (1.0, effect) for effect in (0.5, 1.0, 2.0)}
    found = {}
    for name, (variance, effect) in variants.items():
        case = replace(TEMPLATE, variance=variance, shock=effect)
        p = rejected(case, repetitions, tests, **TEMPLATE_SETTINGS)
        found[name] = {test: float((values <= 0.05).mean()) for test, values in p.items()}
    return found


def holding_their_size(found: dict[str, dict[str, float]], repetitions: int) -> list[str]:
    """Return the tests whose size is within two standard errors of 5 % or below it at every event variance."""
    limit = 0.05 + 2 * standard_error(0.05, repetitions)
    sizes = [by_test for name, by_test in found.items() if "variance" in name]
    return [test for test in sizes[0] if test != "primary" and all(by_test[test] <= limit for by_test in sizes)]


def headline(repetitions: int, tests: tuple[str, ...] = AVERAGE) -> None:
    """Print how often the finding of the template reports an effect, and the best test that holds its size."""
    found = headline_shares(repetitions, tests)
    sized = holding_their_size(found, repetitions)
    print(f"| study | effect reported | best of the tests that hold their size at x1, x2, x4 |\n{'|---' * 3}|")
    for name, by_test in found.items():
        best = max(sized, key=lambda test: by_test[test], default="")
        beside = "" if "variance" in name or not best else f"{cell(by_test[best], repetitions)} `{best}`"
        print(f"| {name} | {cell(by_test['primary'], repetitions)} | {beside} |")


def standard_error(share: float, n: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 1e-6) / n))


def table(repetitions: int, names: list[str], tests: tuple[str, ...], seed: int = 20210413) -> list[str]:
    """Return the markdown rows: our share, and a star where it leaves the reference by three standard errors."""
    rows = [f"| case | {' | '.join(tests)} |", "|---" * (1 + len(tests)) + "|"]
    for name in names:
        p = rejected(CASES[name], repetitions, tests, seed, primary=tests[0])
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


def parted(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the designs that are named, and the tests after ``--tests``."""
    if "--tests" not in words:
        return words, ()
    at = words.index("--tests")
    tests = tuple(words[at + 1].split(",")) if words[at + 1 :] else ()
    if not tests or (unknown := [test for test in tests if test not in REGISTERED]):
        raise SystemExit(
            f"--tests needs names of tests, separated by commas; unknown: {unknown if tests else 'none given'}"
        )
    return words[:at] + words[at + 2 :], tests


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    if sys.argv[2:3] == ["designs"]:
        names, only = parted(sys.argv[3:])
        designs(repetitions, names or list(DESIGN_CASES), only)
        return
    if sys.argv[2:3] == ["few"]:
        few_events(repetitions, sys.argv[3:] or list(FEW_CASES))
        return
    if sys.argv[2:3] == ["skewed"]:
        few_skewed(repetitions)
        return
    if sys.argv[2:3] == ["headline"]:
        headline(repetitions, parted(sys.argv[3:])[1] or AVERAGE)
        return
    if sys.argv[2:3] == ["long"]:
        long_horizons(repetitions)
        return
    if sys.argv[2:3] == ["shared"]:
        shared_dates(repetitions)
        return
    if sys.argv[2:3] == ["matched"]:
        regimes.table(repetitions)
        return
    names = sys.argv[2:] or list(CASES)
    print(f"{repetitions} repetitions, seed 20210413; standard error at 5 %: {standard_error(0.05, repetitions):.4f}")
    print(table(0, [], (*TESTS, *MORE))[0])
    table(repetitions, names, (*TESTS, *MORE))


if __name__ == "__main__":
    main()
