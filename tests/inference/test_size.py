"""Rejection shares under no effect: exact where the literature has a formula, in its band where it was simulated."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import eventstudy as es
from benchmarks.bench_size import (
    CASES,
    DESIGN_CASES,
    REFERENCE,
    REFERENCE_REPETITIONS,
    TEMPLATE,
    TEMPLATE_SETTINGS,
    TESTS,
    applicable_tests,
    headline_shares,
    holding_their_size,
    standard_error,
)
from benchmarks.designs import Design, draw, frames, of_draw, prepared, rejected, spec_of
from eventstudy.inference.designs import DESIGNS, design_name
from eventstudy.study.primary import FEWEST_OF_ONE_DAY
from eventstudy.study.run import solve

SMALL = 120


def outside(case: str, repetitions: int, errors: float) -> list[str]:
    """Return the tests whose share leaves the reference by more than ``errors`` standard errors of both."""
    found = rejected(CASES[case], repetitions, TESTS, primary=TESTS[0])
    far = []
    for test, known in zip(TESTS, REFERENCE[case], strict=True):
        share, known = float((found[test] <= 0.05).mean()), known / 100
        band = errors * np.hypot(standard_error(known, repetitions), standard_error(known, REFERENCE_REPETITIONS))
        if abs(share - known) > band + 1 / repetitions:
            far.append(f"{test}: {share:.3f} for {known:.3f} +- {band:.3f}")
    return far


@pytest.mark.parametrize("case", ["clustered r=.1", "lognormal(.8)"])
def test_size_and_failure_are_those_of_the_reference(case: str) -> None:
    # Twelve tests at four standard errors of a small run: a false alarm once in a thousand runs.
    assert outside(case, SMALL, 4.0) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_size_and_power_are_those_of_the_reference_at_length(case: str) -> None:
    assert outside(case, 4_000, 3.5) == []


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_the_mean_of_the_fewest_instruments_of_one_day_that_is_tested_keeps_its_size(correlation: float) -> None:
    # Their mean is tested unasked, so that it must hold 5 % whether or not the instruments move together.
    case = Design(1, FEWEST_OF_ONE_DAY, correlation=correlation)
    share = float((rejected(case, 1_000, ("kp_bmp",), primary="kp_bmp")["kp_bmp"] <= 0.05).mean())
    assert abs(share - 0.05) < 3 * standard_error(0.05, 1_000)


@pytest.mark.parametrize(("k", "expected"), [(2.0, 0.166), (4.0, 0.327)])
def test_patell_under_event_induced_variance_rejects_as_the_formula_says(k: float, expected: float) -> None:
    # 2 Phi(-1.96 / sqrt k): methods C2. One pass with many events split into samples of 25.
    from tests.study.made import daily_frame, events_at

    N, samples = 25, 240
    frame = daily_frame(130, N * samples, seed=int(k))
    frame.iloc[120] *= np.sqrt(k)
    spec = es.StudySpec(model="constant_mean", estimation=(-110, -1), event=(0, 0), tests=("time_series_t",))
    events = events_at(frame, [(column, 120) for column in frame.columns])
    t = es.run_study(spec, events, frame).findings("time_series_t")[0].statistic.reshape(samples, N)
    z = t.sum(axis=1) / np.sqrt(N * 109 / 107)
    assert abs((np.abs(z) > 1.959964).mean() - expected) < 3 * np.sqrt(expected * (1 - expected) / samples)


@pytest.mark.parametrize("name", DESIGN_CASES)
def test_a_simulated_study_is_the_study_of_its_frame(name: str) -> None:
    case = DESIGN_CASES[name]
    tests = tuple(test for test in applicable_tests(case) if test != "wild_bootstrap")
    spec, drawn = spec_of(case, tests), draw(np.random.default_rng(8), case)
    fast = solve(spec, of_draw(prepared(case, spec), drawn))
    frame, market, events = frames(case, drawn)
    slow = es.run_study(spec, events, frame, market=market if case.estimation else None)
    assert fast.primary == slow.primary
    assert fast.primary is not None
    assert np.array_equal(fast.abnormal.ar, slow.abnormal.ar, equal_nan=True)
    for test in dict.fromkeys((fast.primary.test, *tests)):
        assert np.array_equal(fast.findings(test)[0].pvalue, slow.findings(test)[0].pvalue, equal_nan=True), test


def test_every_daily_design_is_simulated() -> None:
    # Intraday placebo days and a single event without an estimation window are measured in tests of their own.
    chosen = {spec_design(name) for name in DESIGN_CASES}
    assert chosen == DESIGNS.keys() - {"one event, intraday", "one event, no estimation window"}


def spec_design(name: str) -> str:
    """Return the row of ``DESIGNS`` that a simulated study of the design falls into."""
    case = DESIGN_CASES[name]
    spec = spec_of(case, ("cross_sectional_t",))
    result = solve(spec, of_draw(prepared(case, spec), draw(np.random.default_rng(8), case)))
    assert result.primary is not None
    return design_name(result.primary.design)


def test_the_finding_of_the_template_reports_no_effect_of_a_changed_variance() -> None:
    # Four events of four times the usual variance: Patell's test rejects 32.7 % (2 Phi(-1.96/2)), the primary 5 %.
    p = rejected(replace(TEMPLATE, variance=4.0), 150, ("patell",), **TEMPLATE_SETTINGS)
    assert (p["primary"] <= 0.05).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 150)
    assert (p["patell"] <= 0.05).mean() > 0.327 - 4 * np.sqrt(0.327 * 0.673 / 150)


def test_the_finding_of_few_skewed_events_holds_its_size() -> None:
    # Nine events, lognormal: BMP rejects some 12 %, the primary test 4 to 5 %.
    p = rejected(Design(9, 1, own=True, errors="lognormal"), 200, ("bmp",))
    assert (p["primary"] <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert (p["bmp"] <= 0.05).mean() > (p["primary"] <= 0.05).mean()


@pytest.mark.slow
def test_the_finding_of_the_template_holds_its_size_and_has_the_power_of_the_best_test() -> None:
    found = headline_shares(4_000)
    sized = holding_their_size(found, 4_000)
    assert sized
    for name, shares in found.items():
        if "variance" in name:
            assert shares["primary"] <= 0.05 + 2 * standard_error(0.05, 4_000), name
        else:
            assert shares["primary"] >= 0.9 * max(shares[test] for test in sized), name


def printed(name: str) -> dict[str, list[tuple[float, float]]]:
    """Return the rows of a design in docs/size-and-power.md: percent and standard error of each column."""
    page = (Path(__file__).parents[2] / "docs" / "size-and-power.md").read_text(encoding="utf-8")
    section = page.split(f"## {name[0].upper()}{name[1:]}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M)
    return {
        test: [(float(share), float(error)) for share, error in re.findall(r"([\d.]+) \(([\d.]+)\)", cells)]
        for test, cells in rows
    }


@pytest.mark.parametrize("name", [name for name in DESIGN_CASES if name != "one event, daily"])
def test_the_primary_test_of_every_design_holds_its_size_in_the_printed_table(name: str) -> None:
    # One event: no test can tell a raised variance from an effect, as the page says.
    sizes = printed(name)["primary"][:3]
    assert sizes
    assert all(share <= 5 + 3 * max(error, 0.7) for share, error in sizes), sizes


@pytest.mark.parametrize("name", DESIGN_CASES)
def test_the_printed_table_has_every_test_of_a_design(name: str) -> None:
    case = DESIGN_CASES[name]
    without = {"calendar_time"} if case.dates == 1 else set()  # it needs several dates
    assert printed(name).keys() >= set(applicable_tests(case)) - without


@pytest.mark.parametrize("name", [name for name in DESIGN_CASES if name != "one event, daily"])
def test_the_primary_test_has_nine_tenths_of_the_best_power_in_the_printed_table(name: str) -> None:
    # Of the tests whose printed sizes are within two standard errors of 5 % or below it at all three variances.
    rows = printed(name)
    primary = rows.pop("primary")
    sized = [row for row in rows.values() if all(share <= 5 + 2 * max(error, 0.34) for share, error in row[:3])]
    assert sized
    for place in (3, 4, 5):
        assert primary[place][0] >= 0.9 * max(row[place][0] for row in sized), place
