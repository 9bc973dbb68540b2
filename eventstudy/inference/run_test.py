"""One row of ``TESTS`` on one window, dressed with its null, its distribution and its p-values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eventstudy.arrays import look_up
from eventstudy.errors import UnknownNameError
from eventstudy.inference.distributions import pvalue
from eventstudy.inference.findings import Findings
from eventstudy.inference.sample import Options, Sample
from eventstudy.inference.table import COMPAT, TESTS

COMPAT_KEY = "compat"
UNDEFINED = "the statistic is not a finite number for this sample"


def options_for(name: str, given: Mapping[str, object]) -> Options:
    """Return a test's options: defaults, then the profile ``compat``, then the user's own for this test."""
    row = look_up("test", TESTS, name)
    profile = given.get(COMPAT_KEY)
    chosen = dict(row.options)
    if profile:
        chosen |= look_up("compatibility profile", COMPAT, str(profile)).get(name, {})
    own = given.get(name, {})
    if not isinstance(own, Mapping):
        raise UnknownNameError("test with options", name, TESTS)
    for key, value in own.items():
        if key not in row.options:
            raise UnknownNameError(f"option of {name}", str(key), row.options)
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
    wanted: set[str] = set()
    for name in tests:
        wanted |= look_up("test", TESTS, name).needs
        if options_for(name, given).get("moments") == "full":
            wanted.add("market_moments")
    if "corrado_zivney" in tests:
        unused = "ranks_raw" if options_for("corrado_zivney", given)["restandardize"] else "ranks_standardised"
        others = [t for t in tests if t != "corrado_zivney" and unused in TESTS[t].needs]
        wanted -= set() if others else {unused}
    return frozenset(wanted)


def run_test(name: str, sample: Sample) -> Findings:
    """Run one row of ``TESTS`` on one window."""
    row = look_up("test", TESTS, name)
    found = row.function(sample)
    n = len(found.statistic)
    nan = np.full(n, np.nan)
    df = nan if found.df is None else np.broadcast_to(found.df, (n,)).astype(np.float64)
    p = found.pvalue
    if p is None:
        p = pvalue(found.statistic, df, row.distribution, sample.alternative)
    single = row.scope == "event"
    reasons, reason = found.reasons, found.reason
    silent = np.isnan(p) & (True if reason is None else reason == 0)
    if silent.any():
        reasons = (*reasons, UNDEFINED)
        reason = np.where(silent, len(reasons), 0 if reason is None else reason)
    blank = np.full(n, "", dtype=object)
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
        pvalue=p,
        n=np.full(n, found.n_events, dtype=np.int64) if found.n is None else found.n,
        n_events=1 if single else found.n_events,
        events=sample.abnormal.events if single else blank,
        instruments=sample.abnormal.instruments if single else blank,
        reasons=reasons,
        reason=reason,
    )
