"""Every test of a study on every window, and the adjustment of its p-values for their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray
from eventstudy.inference.designs import VarianceRatio, variance_ratio
from eventstudy.inference.evidence import Evidence
from eventstudy.inference.findings import Findings, Significances
from eventstudy.inference.multiple import adjust, event_draws, family_draws
from eventstudy.inference.placebo_test import count_placebo
from eventstudy.inference.run_test import options_for, row_of, run_test
from eventstudy.inference.sample import Sample
from eventstudy.inference.table import TESTS
from eventstudy.study.estimate import Estimates

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

# Of the squared CAR: a standard error below 1e-12 of the CAR is rounding.
LEAST_VARIANCE = 1e-24


class Tested(NamedTuple):
    """The tests of a study, and whether its events changed the variance in the primary window.

    The variance is None where no test assumes that it stays as it was.
    """

    significances: Significances
    variance: VarianceRatio | None


def primary_window(spec: StudySpec, windows: tuple[Window, ...]) -> Window:
    """Return ``[window] primary`` in bars; by default the first reported window that contains tau = 0."""
    asked = list(map(tuple, spec.windows)) if spec.windows else [tuple(spec.event)]
    if spec.primary_window is not None:
        return windows[asked.index(tuple(spec.primary_window))]
    return next((window for window in windows if window.start <= 0 <= window.stop), windows[0])


def run_tests(spec: StudySpec, estimates: Estimates, tests: tuple[str, ...]) -> Tested:
    """Run the tests on every window, and adjust the p-values if the study asks for it."""
    abnormal, evidence, _ = estimates
    findings: list[Findings] = []
    primary, ratio = primary_window(spec, evidence.windows), None
    for window in evidence.windows:
        car, variance = tested_statistic(spec, abnormal, window), abnormal.window_variance(window)
        if window == primary and any("variance" in TESTS[name].assumes for name in tests):
            ratio = variance_ratio(car if spec.measure == "car" else abnormal.car(window), variance, abnormal.df())
        if spec.measure == "bhar":  # a product has no closed-form variance: only tests across events have a number
            variance = np.full(len(abnormal), np.nan)
        rounding = ~(variance > LEAST_VARIANCE * np.square(car))
        variance = np.where(rounding, np.nan, variance) if rounding.any() else variance
        counts, scaled = (
            {window: count_placebo(car, draws[window], spec.level, spec.alternative)} if draws else {}
            for draws in (evidence.draws, evidence.standardized_draws)
        )
        for name in tests:
            sample = Sample(
                abnormal,
                window,
                car,
                variance,
                abnormal.df(),
                spec.alternative,
                options_for(name, spec.test_options),
                replace(evidence, placebo=counts, standardized_placebo=scaled),
                spec.seed,
                spec.level,
            )
            findings.append(run_test(name, row_of(name, spec.test_options), sample, spec.measure))
    return Tested(_adjusted(spec, Significances(tuple(findings)), abnormal, evidence), ratio)


def tested_statistic(spec: StudySpec, abnormal: AbnormalReturns, window: Window) -> FloatArray:
    """Return what the tests are about: summed abnormal returns, or buy-and-hold ones; shape (N,)."""
    return abnormal.bhar(window, spec.returns) if spec.measure == "bhar" else abnormal.car(window)


def _adjusted(spec: StudySpec, found: Significances, abnormal: AbnormalReturns, evidence: Evidence) -> Significances:
    if not spec.adjust or not len(abnormal):
        return found
    cars = [tested_statistic(spec, abnormal, window) for window in evidence.windows]
    draws = {}
    if evidence.paths is not None and spec.measure == "car":
        columns = [abnormal.columns(window) for window in evidence.windows]
        paths = [np.stack([ar[:, c].sum(axis=1) for c in columns], axis=1) for ar in evidence.paths.ar]
        draws["placebo"] = family_draws(cars, paths, evidence.paths.day, spec.alternative)
    if any(f.test == "cross_sectional_t" for f in found.findings):
        draws["cross_sectional_t"] = event_draws(cars, spec.seed, spec.alternative)
    return adjust(found, spec.adjust, draws)
