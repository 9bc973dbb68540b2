"""Matched long-horizon returns by hand, clustered means against statsmodels."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

import eventstudy as es
from eventstudy.errors import DataError, UnknownNameError, UsageError

FIRM, CONTROL = [0.03, -0.01, 0.04, 0.02], [0.01, 0.01, 0.00, 0.02]


def test_matched_returns_by_hand() -> None:
    # r - c = 2, -2, 4, 0: mean 1, squares 1 + 9 + 9 + 1 over 3. r: mean 2, squares 1 + 9 + 4 over 3; c: mean 1, 2 / 3.
    difference = np.array([2, -2, 4, 0.0])
    assert np.allclose(es.matched_returns(FIRM, CONTROL, "ccar"), difference / 100, atol=1e-16)
    assert np.allclose(es.matched_returns(FIRM, CONTROL, "sar"), difference / sqrt(20 / 3), atol=1e-14)
    asr = np.array([3, -1, 4, 2]) / sqrt(14 / 3) - np.array([1, 1, 0, 2]) / sqrt(2 / 3)
    assert np.allclose(es.matched_returns(FIRM, CONTROL), asr, atol=1e-14)


def test_simple_returns_become_log_returns_and_missing_periods_have_no_number() -> None:
    found = es.matched_returns([0.1, np.nan, -0.5], [0.0, 0.2, 0.25], "ccar", returns="simple")
    assert found[0] == pytest.approx(log(1.1))
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(log(0.5 / 1.25))


def test_what_cannot_be_standardized_is_refused_with_a_reason() -> None:
    with pytest.raises(DataError, match="standard deviation is zero"):
        es.matched_returns([0.01, 0.02, 0.03], [0.01, 0.02, 0.03], "sar")
    with pytest.raises(DataError, match="equal length"):
        es.matched_returns([0.01, 0.02], [0.01])
    with pytest.raises(DataError, match="1 periods have both returns"):
        es.matched_returns([0.01, np.nan], [0.01, 0.02])
    with pytest.raises(UsageError, match="`control` is str that does not hold numbers"):
        es.matched_returns(FIRM, "x")
    with pytest.raises(DataError, match="must match"):
        es.clustered_mean([1.0, 2.0], None)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="asr"):
        es.matched_returns(FIRM, CONTROL, "ars")


@pytest.mark.parametrize("seed", range(3))
def test_clustered_means_are_those_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    month, firm = rng.integers(0, 15, 300), rng.integers(0, 40, 300)
    x = rng.normal(0.1, 1, 300) + rng.normal(0, 0.5, 15)[month]
    x[:5] = np.nan
    there = np.isfinite(x)
    for groups in (month, np.stack([month, firm], axis=1)):
        other = sm.OLS(x[there], np.ones(int(there.sum()))).fit(
            cov_type="cluster", cov_kwds={"groups": groups[there], "df_correction": False}, use_t=True
        )
        kinds = groups.reshape(len(x), -1).T
        found = es.clustered_mean(x, *(kind.tolist() for kind in kinds))
        assert found.mean == pytest.approx(other.params[0], rel=1e-12)
        assert found.n == 295
        if len(kinds) == 1:
            assert found.se == pytest.approx(other.bse[0], rel=1e-10)
    assert found.clusters == (15, 40)
    assert found.pvalue == pytest.approx(2 * stats.t.sf(abs(found.t), 14), rel=1e-12)


def test_two_kinds_of_clusters_by_hand() -> None:
    # Mean 2, e = -2, 0, 1, 1. By month (a a b b): sums -2, 2: 2 * 8/16 = 1. By firm (p q p q): -1, 1: 2 * 2/16 = 1/4.
    # By both: four clusters of one: 4/3 * 6/16 = 1/2. Variance 1 + 1/4 - 1/2.
    found = es.clustered_mean([0, 2, 3, 3], list("aabb"), list("pqpq"))
    assert found.se == pytest.approx(sqrt(0.75))
    assert found.df == 1
    with pytest.raises(DataError, match="1 clusters"):
        es.clustered_mean([1.0, 2.0], ["a", "a"])
    with pytest.raises(DataError, match="one or two"):
        es.clustered_mean([1.0, 2.0])
