"""One row of ``TESTS`` on one window, dressed with its null, its distribution and its p-values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import numpy as np

from eventstudy.abnormal.placebo.refits import Path
from eventstudy.abnormal.placebo.same_clock import Missing
from eventstudy.arrays import BoolArray, FloatArray, look_up
from eventstudy.errors import UnknownNameError
from eventstudy.inference.bootstrap import WEIGHTS
from eventstudy.inference.compat import COMPAT
from eventstudy.inference.findings import Findings
from eventstudy.inference.sample import Options, Sample, Statistic, TestRow
from eventstudy.inference.table import TESTS

SUMS_ONLY = "the test is for sums of abnormal returns; buy-and-hold returns are products, skewed to the right"
COMPAT_KEY = "compat"
UNDEFINED = "the statistic is not a finite number for this sample"


def row_of(name: str, given: Mapping[str, object]) -> TestRow:
    """Return the row of a test, or that of the profile ``compat`` where the profile has its own."""
    row, profile = look_up("test", TESTS, name), given.get(COMPAT_KEY)
    return look_up("compatibility profile", COMPAT, str(profile)).get(name, row) if profile else row


def options_for(name: str, given: Mapping[str, object]) -> Options:
    """Return a test's options: defaults, then the user's for this test."""
    row = row_of(name, given)
    chosen = dict(row.options)
    options = given.get(name, {})
    if not isinstance(options, Mapping):
        raise UnknownNameError("test with options", name, TESTS)
    for key, value in options.items():
        if key not in row.options:
            raise UnknownNameError(f"option of {name}", str(key), row.options)
        _check_value(name, key, value)
        chosen[key] = value
    return chosen


def check_options(tests: tuple[str, ...], given: Mapping[str, object]) -> None:
    """Refuse options of tests that do not exist or are not asked for, and options a test does not have."""
    for name in given:
        if name != COMPAT_KEY:
            look_up("test", TESTS, name)
    for name in tests:
        options_for(name, given)


def needs_of(tests: tuple[str, ...], given: Mapping[str, object]) -> frozenset[str]:
    """Return the evidence that the tests of a study need."""
    return frozenset[str]().union(*(row_of(name, given).needs for name in tests))


# Allowed values of options: any other word would be taken for the default.
ALLOWED: Mapping[str, tuple[object, ...]] = {
    "missing": get_args(Missing),
    "zeros": ("keep", "drop"),
    "adjustment": ("johnson", "hall"),
    "weights": tuple(WEIGHTS),
    "path": get_args(Path),
}


def _check_value(name: str, key: str, value: object) -> None:
    if key in ALLOWED and value not in ALLOWED[key]:
        raise UnknownNameError(f"{key} of {name}", str(value), map(str, ALLOWED[key]))


def run_test(name: str, row: TestRow, sample: Sample, measure: str = "car") -> Findings:
    """Run one row of ``TESTS`` on one window; a test of sums has no number, but a reason, for buy-and-hold returns."""
    if not len(sample):
        found = _without(row, sample, "no event was used; the ledger says why")
    elif measure == "car" or row.buy_and_hold:
        found = row.function(sample)
    else:
        able = ", ".join(name for name, other in TESTS.items() if other.buy_and_hold)
        able_words = f"for measure = 'bhar' there are {able}" if len(sample) > 1 else "a single one has no test here"
        found = _without(row, sample, f"{SUMS_ONLY}; {able_words}")
    found = _only_numbers(found)
    n = len(found.statistic)
    nan = np.full(n, np.nan)
    df = nan if found.df is None else np.broadcast_to(found.df, (n,)).astype(np.float64)
    single = row.scope == "event"
    reasons, reason = found.reasons, found.reason
    silent = _without_pvalue(found, df, row) & (True if reason is None else reason == 0)
    if silent.any():
        reasons = (*reasons, UNDEFINED)
        reason = np.where(silent, len(reasons), 0 if reason is None else reason)
    return Findings(
        test=name,
        null=row.null,
        alternative=sample.alternative,
        window=sample.window,
        distribution=row.distribution,
        estimate=found.estimate,
        se=nan if found.se is None else found.se,
        statistic=found.statistic,
        df=df,
        n=np.full(n, found.n_events, dtype=np.int64) if found.n is None else found.n,
        n_events=1 if single else found.n_events,
        pairs=sample.abnormal.pairs if single else None,
        given_pvalue=found.pvalue,
        reasons=reasons,
        reason=reason,
        level=sample.level,
        test_interval=found.interval,
        note=found.note,
    )


def _only_numbers(found: Statistic) -> Statistic:
    """Return the rows with NaN for a statistic that is not finite, and no p-value where there is a reason."""
    statistic = np.where(np.isfinite(found.statistic), found.statistic, np.nan)
    if found.reason is None:
        return replace(found, statistic=statistic)
    applies = found.reason == 0
    pvalue = None if found.pvalue is None else np.where(applies, found.pvalue, np.nan)
    return replace(found, statistic=np.where(applies, statistic, np.nan), pvalue=pvalue)


def _without_pvalue(found: Statistic, df: FloatArray, row: TestRow) -> BoolArray:
    """Return which rows have no p-value."""
    if found.pvalue is not None:
        return np.isnan(found.pvalue)
    return np.isnan(found.statistic) if row.distribution == "normal" else np.isnan(found.statistic) | ~(df > 0)


def _without(row: TestRow, sample: Sample, reason: str) -> Statistic:
    """Return the rows of a test that has no number, each with the reason."""
    N = len(sample) if row.scope == "event" else 1
    nothing = np.full(N, np.nan)
    return Statistic(nothing, nothing, n_events=len(sample), reasons=(reason,), reason=np.ones(N, dtype=np.int64))
