"""The table of tests, and the one function that runs a row of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eventstudy.arrays import look_up
from eventstudy.inference import parametric, placebo_test
from eventstudy.inference.distributions import pvalue
from eventstudy.inference.findings import Findings
from eventstudy.inference.sample import Sample, TestRow

TESTS: Mapping[str, TestRow] = {
    "time_series_t": TestRow(
        parametric.time_series_t,
        "event",
        "t",
        "the event's expected CAR is zero",
        "t = CAR / sqrt(s2 [L + L^2/M + (sum_win x)^2/SSx]) ~ t(M - p)",
        "normal, homoskedastic, serially uncorrelated abnormal returns; the event does not change their variance",
        "one event has one draw: no central limit theorem helps, and event-induced variance over-rejects",
        "Campbell, Lo and MacKinlay 1997, sec. 4.4",
        "10.1515/9781400830213",
    ),
    "cross_sectional_t": TestRow(
        parametric.cross_sectional_t,
        "average",
        "t",
        "the mean CAR across events is zero",
        "t = sqrt(N) mean(CAR) / sd(CAR), sd with N - 1 ~ t(N - 1)",
        "independent events",
        "events clustered in time: 42 % rejections at 5 % under an average correlation of 0.1 and 50 events",
        "Brown and Warner 1980",
        "10.1016/0304-405X(80)90002-1",
    ),
    "patell": TestRow(
        parametric.patell,
        "average",
        "normal",
        "the mean standardised CAR is zero",
        "Z = sum_i SCAR_i / sqrt(sum_i df_i/(df_i - 2)), SCAR = CAR/sqrt(V), df = M - p",
        "independent events whose variance the event does not change",
        "event-induced variance (17 % at doubled variance) and clustering (42 % at correlation 0.1)",
        "Patell 1976",
        "10.2307/2490543",
    ),
    "placebo": TestRow(
        placebo_test.placebo,
        "event",
        "empirical",
        "the event day is exchangeable with its placebo days",
        "p = (1 + #{d: |CAR_d| >= |CAR|}) / (D + 1)",
        "days are exchangeable at that clock time; smallest reachable p is 1/(D + 1)",
        "volatility regimes differ between the event day and its placebo days",
        "Phipson and Smyth 2010",
        "10.2202/1544-6115.1585",
        needs=frozenset({"placebo"}),
    ),
}


def run_test(name: str, sample: Sample) -> Findings:
    """Run one row of ``TESTS`` on one window and dress the outcome with its null, distribution and p-values."""
    row = look_up("test", TESTS, name)
    found = row.function(sample)
    n = len(found.statistic)
    nan = np.full(n, np.nan)
    df = nan if found.df is None else np.broadcast_to(found.df, (n,)).astype(np.float64)
    p = found.pvalue
    if p is None:
        p = pvalue(found.statistic, df, row.distribution, sample.alternative)
    single = row.scope == "event"
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
        reasons=found.reasons,
        reason=found.reason,
    )
