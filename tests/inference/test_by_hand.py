"""Tests whose numbers have no published oracle: 3 events by 5 bars worked by hand, and exact small distributions."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from eventstudy.abnormal.seeds import generator
from eventstudy.inference.bootstrap import WEIGHTS, wild_t
from eventstudy.inference.multiple import (
    benjamini_hochberg,
    benjamini_yekutieli,
    holm,
    max_t,
    romano_wolf,
)
from eventstudy.inference.parametric import _leave_one_out, hall, jackknife, johnson
from eventstudy.inference.rank_pass import grank_sums
from eventstudy.inference.ranking import inserted_sums, rank_sums, row_ranks
from eventstudy.inference.sign import exact_tails, normal_tails


def test_ranks_of_three_events_by_five_bars_by_hand() -> None:
    # Event 1: 3 1 4 1 5 -> ties share 1.5: ranks 3 1.5 4 1.5 5, median 3, signs 0 - + - +.
    # Event 2: 2 7 1 8 missing -> ranks 2 3 1 4 of n = 4, median 4.5, signs - + - +.
    # Event 3: 0 0 0 0 1 -> ranks 2.5 2.5 2.5 2.5 5, median 0, signs 0 0 0 0 +.
    values = np.array([[3, 1, 4, 1, 5], [2, 7, 1, 8, np.nan], [0, 0, 0, 0, 1]], dtype=float)
    ranks = row_ranks(values)
    assert np.array_equal(
        ranks.rank,
        [[3, 1.5, 4, 1.5, 5], [2, 3, 1, 4, np.nan], [2.5, 2.5, 2.5, 2.5, 5]],
        equal_nan=True,
    )
    assert ranks.n.tolist() == [5, 4, 5]
    assert ranks.median.tolist() == [3, 4.5, 0]
    sums = rank_sums(values)
    # Centerd on (n + 1)/2 = 3, 2.5, 3: columns 0 - 0.5 - 0.5, ...
    assert sums.centered.tolist() == [-1.0, -1.5, -1.0, -0.5, 4.0]
    # Divided by n + 1 = 6, 5, 6: -0.5/5 - 0.5/6 = -0.18333..., and so on.
    expected = [-0.1 - 0.5 / 6, -1.5 / 6 + 0.5 / 5 - 0.5 / 6, 1 / 6 - 0.3 - 0.5 / 6, -1.5 / 6 + 0.3 - 0.5 / 6, 4 / 6]
    assert np.abs(sums.scaled - expected).max() < 1e-15
    assert sums.signs.tolist() == [-1, 0, 0, 0, 2]
    assert sums.count.tolist() == [3, 3, 3, 3, 2]


def test_ranks_of_ties_are_those_of_scipy() -> None:
    from scipy.stats import rankdata

    values = np.random.default_rng(2).integers(0, 6, (40, 30)).astype(float)
    assert np.array_equal(row_ranks(values).rank, rankdata(values, axis=1))


def test_grank_of_three_events_by_hand() -> None:
    # Residuals of length 4 and one extra value each; the extra joins the ranking as bar 5, n + 1 = 6.
    # 1: 1 2 3 4 | 2.5 -> ranks 1 2 4 5 | 3.  2: 4 3 2 1 | 9 -> 4 3 2 1 | 5.  3: 1 1 2 3 | 1 -> ties 2 2 4 5 | 2.
    values = np.array([[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 2, 3]], dtype=float)
    extra = np.array([2.5, 9.0, 1.0])
    sums = grank_sums(values, row_ranks(values), extra)
    assert np.abs(sums.centered - np.array([1 + 4 + 2, 2 + 3 + 2, 4 + 2 + 4, 5 + 1 + 5, 3 + 5 + 2]) + 9).max() < 1e-15
    # The same by ranking the five values together, one sort more: two ways to one number.
    together = rank_sums(np.concatenate([values, extra[:, None]], axis=1))
    assert np.abs(sums.scaled - together.scaled).max() < 1e-15
    # GRANK-T by hand: U = (K - 3)/6 summed and over 3 events.
    mean = sums.scaled / 3
    assert np.abs(mean * 18 - [-2, -2, 1, 2, 1]).max() < 1e-14
    # S^2 = mean of squares = (4 + 4 + 1 + 4 + 1)/18^2/5, Z = (1/18)/S = 1/sqrt(14/5), T = 5,
    # t = Z sqrt(3/(4 - Z^2)).
    Z = mean[-1] / np.sqrt((mean**2).mean())
    assert abs(Z - 1 / np.sqrt(2.8)) < 1e-14
    assert abs(Z * np.sqrt(3 / (4 - Z**2)) - 1 / np.sqrt(2.8) * np.sqrt(3 / (4 - 1 / 2.8))) < 1e-14


def test_skewness_adjusted_statistics_by_hand() -> None:
    # CARs 0, 0, 3: mean 1, s^2 = (1 + 1 + 4)/2 = 3, S = 1/sqrt 3; g = ((-1)^3 + (-1)^3 + 2^3)/(3 s^3) = 2/(3 sqrt 3).
    S, g = 1 / np.sqrt(3), 2 / (3 * np.sqrt(3))
    # g S^2/3 = 2/(27 sqrt 3); g/(6N) = 1/(27 sqrt 3); g^2 S^3/27 = (4/27)/(3 sqrt 3)/27 = 4/(2187 sqrt 3).
    # sqrt 3 cancels: Johnson = 1 + 2/27 + 1/27 = 30/27; Hall adds 4/2187.
    assert abs(johnson(S, g, 3) - 30 / 27) < 1e-15
    assert abs(hall(S, g, 3) - (30 / 27 + 4 / 2187)) < 1e-15


def test_jackknife_by_hand_and_by_leaving_out_in_a_loop() -> None:
    # 1, 2, 6: without 1 mean 4, sd sqrt 8; without 2 mean 4 - 0.5 = 3.5, sd sqrt 12.5; without 6 mean 1.5, sd sqrt 0.5.
    x = np.array([1.0, 2.0, 6.0])
    left_out = [4 / np.sqrt(8), 3.5 / np.sqrt(12.5), 1.5 / np.sqrt(0.5)]
    assert np.abs(_leave_one_out(x) - left_out).max() < 1e-14
    # theta = 3 / sqrt 7 (squares 4 + 1 + 9 = 14 over 2); pseudo-values 3 theta - 2 theta_(i):
    # 3.40168 - 2.82843 = 0.57325, 3.40168 - 1.97990 = 1.42178, 3.40168 - 4.24264 = -0.84096; mean 0.38469;
    # deviations 0.18856, 1.03709, -1.22565, squares 0.03556 + 1.07556 + 1.50222 = 2.61333, sd 1.14310;
    # t = 0.38469 / (1.14310 / sqrt 3) = 0.58289.
    assert abs(jackknife(x) - 0.58289) < 1e-5
    rng = np.random.default_rng(3)
    for n in (3, 10, 50):
        x = rng.normal(0.2, 1, n)
        theta = [np.delete(x, i).mean() / np.delete(x, i).std(ddof=1) for i in range(n)]
        pseudo = n * x.mean() / x.std(ddof=1) - (n - 1) * np.array(theta)
        assert abs(jackknife(x) - pseudo.mean() / (pseudo.std(ddof=1) / np.sqrt(n))) < 1e-11


def test_wilcoxon_against_all_sign_patterns_and_scipy() -> None:
    from scipy.stats import PermutationMethod, wilcoxon

    # n = 4: 16 sign patterns; W+ >= 9 for {4,3,2} and {4,3,2,1}: 2/16.
    assert exact_tails(9, np.arange(1.0, 5.0)) == (1 - 1 / 16, 2 / 16)
    for ranks in (np.arange(1.0, 6.0), np.arange(1.0, 9.0), np.array([1, 2.5, 2.5, 5, 5, 5, 7])):
        sums = [ranks[list(map(bool, p))].sum() for p in itertools.product((0, 1), repeat=len(ranks))]
        for w in (0, 3, 5, len(ranks)):
            assert exact_tails(w, ranks) == (np.mean([s <= w for s in sums]), np.mean([s >= w for s in sums]))
    x = np.array([1.0, -2.0, 3.0, 4.0, -4.0, 5.0, 6.0, 7.5, 2.0])
    ranks = np.array([1, 2.5, 4, 5.5, 5.5, 7, 8, 9, 2.5])
    w = float(ranks[x > 0].sum())
    other = wilcoxon(x, correction=False, method="asymptotic")
    assert abs(normal_tails(w, ranks).pvalue("two-sided") - other.pvalue) < 1e-12
    every_pattern = wilcoxon(x, method=PermutationMethod(n_resamples=np.inf))
    assert abs(exact_tails(w, ranks).pvalue("two-sided") - every_pattern.pvalue) < 1e-12


def test_romano_wolf_by_hand() -> None:
    # T = 3, 1, 2; draws (0, 4, 1), (1, 0, 0), (2.5, 0, 2.2). Falling: T1 = 3, T3 = 2, T2 = 1.
    # max over all: 4, 1, 2.5 -> >= 3 once: (1 + 1)/4. Over {3, 2}: 4, 0, 2.2 -> >= 2 twice: 3/4.
    # Over {2}: 4, 0, 0 -> >= 1 once: 2/4, raised to 3/4 by the step before.
    statistics = np.array([3.0, 1.0, 2.0])
    draws = np.array([[0.0, 4.0, 1.0], [1.0, 0.0, 0.0], [2.5, 0.0, 2.2]])
    assert romano_wolf(statistics, draws).tolist() == [0.5, 0.75, 0.75]
    # Single step: max 4, 1, 2.5 against each: 3 -> 1, 1 -> 3, 2 -> 2.
    assert max_t(statistics, draws).tolist() == [0.5, 1.0, 0.75]


def test_romano_wolf_keeps_the_family_wise_error() -> None:
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(400):
        common = rng.normal(size=(200, 1))
        all_draws = np.abs(0.7 * common + 0.7 * rng.normal(size=(200, 5)))
        false += romano_wolf(all_draws[0], all_draws[1:]).min() <= 0.05
    # Binomial, 400 draws at 5 %: three standard errors are 3.3 points.
    assert abs(false / 400 - 0.05) < 0.033


# Benjamini and Hochberg (1995), section 4.1: fifteen p-values, of which the step-up procedure rejects the first four at
# 5 % and Bonferroni's three.
PUBLISHED = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)


def test_the_published_family_of_fifteen_is_adjusted_as_published() -> None:
    p = np.array(PUBLISHED)
    assert int((benjamini_hochberg(p) <= 0.05).sum()) == 4
    assert int((holm(p) <= 0.05).sum()) == 3
    # By hand: the fourth is 0.0095 * 15/4 = 0.035625, the fifth 0.0201 * 15/5 = 0.0603; Holm's fourth 0.0095 * 12.
    assert np.abs(benjamini_hochberg(p)[3:5] - [0.035625, 0.0603]).max() < 1e-15
    assert np.abs(holm(p)[:4] - [0.0015, 0.0056, 0.0247, 0.1140]).max() < 1e-15
    harmonic = sum(1 / k for k in range(1, 16))
    assert np.abs(benjamini_yekutieli(p)[:4] - np.minimum(benjamini_hochberg(p)[:4] * harmonic, 1)).max() < 1e-15


@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_adjusted_p_values_are_what_the_definitions_say(p: list[float]) -> None:
    # min over the larger ones of p_(k) m / k (step-up), max over the smaller ones of p_(k) (m - k + 1) (step-down).
    values, m = np.sort(p), len(p)
    up = [min(1.0, min(values[k] * m / (k + 1) for k in range(i, m))) for i in range(m)]
    down = [min(1.0, max(values[k] * (m - k) for k in range(i + 1))) for i in range(m)]
    order = np.random.default_rng(m).permutation(m)
    assert np.abs(benjamini_hochberg(values[order]) - np.array(up)[order]).max() < 1e-12
    assert np.abs(holm(values[order]) - np.array(down)[order]).max() < 1e-12


def test_adjusted_p_values_are_those_of_statsmodels() -> None:
    p = np.random.default_rng(5).permutation(np.array([*PUBLISHED, 0.0019, 0.0459]))
    for adjust, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh"), (benjamini_yekutieli, "fdr_by")):
        assert np.abs(adjust(p) - multipletests(p, method=name)[1]).max() < 1e-15


def test_adjusting_collects_no_garbage() -> None:
    # statsmodels collects that of the entire process in every call: a third of a second where much is in memory.
    begun: list[str] = []

    def note(phase: str, info: dict[str, Any]) -> None:
        begun.append(phase)

    benjamini_hochberg(np.array(PUBLISHED))  # imports scipy.stats
    gc.disable()
    gc.callbacks.append(note)
    try:
        for adjust in (holm, benjamini_hochberg, benjamini_yekutieli):
            adjust(np.array(PUBLISHED))
    finally:
        gc.callbacks.remove(note)
        gc.enable()
    assert begun == []


@pytest.mark.parametrize("name", WEIGHTS)
def test_wild_weights_have_mean_zero_and_variance_one(name: str) -> None:
    w = WEIGHTS[name]([generator(1, name, str(event)) for event in range(200)], 1_001)
    assert w.shape == (200, 1_001)
    assert abs(w.mean()) < 4 / np.sqrt(w.size)
    assert abs(w.var() - 1) < 0.02
    third = {"rademacher": 0.0, "mammen": 1.0, "webb": 0.0}[name]
    assert abs((w**3).mean() - third) < 0.03


def test_draws_depend_on_the_key_alone() -> None:
    assert generator(1, "a").random() == generator(1, "a").random()
    assert generator(1, "a").random() != generator(1, "b").random()
    assert generator(1, "a").random() != generator(2, "a").random()


def test_wild_draws_are_those_of_all_sign_patterns() -> None:
    # Six events have 64 patterns of signs; the share of |t*| at least as far out, counted, against 20,000 draws.
    car = np.array([0.9, -0.2, 0.5, 1.4, -0.1, 0.7])
    patterns = np.array(list(itertools.product((-1.0, 1.0), repeat=6))) * car
    exact = np.sqrt(6) * patterns.mean(axis=1) / patterns.std(axis=1, ddof=1)
    names = [(f"e{i}", "X") for i in range(6)]
    drawn = wild_t(car, names, "rademacher", seed=7, draws=20_000)
    for level in (0.5, 1.0, 2.0, float(np.abs(exact).max())):
        share = (np.abs(exact) >= level - 1e-12).mean()
        found = (np.abs(drawn) >= level - 1e-12).mean()
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 20_000) + 1e-12
    # Every pattern is drawn: a weight is the event's own.
    assert len(np.unique(np.round(drawn, 9))) == len(np.unique(np.round(exact, 9)))


@pytest.mark.parametrize("kind", WEIGHTS)
def test_a_weight_belongs_to_its_event(kind: str) -> None:
    car = np.random.default_rng(5).normal(0.01, 0.02, 700)
    names = [(f"e{i}", "X") for i in range(700)]
    order = np.random.default_rng(6).permutation(700)
    plain = wild_t(car, names, kind, seed=3, draws=101)
    moved = wild_t(car[order], [names[i] for i in order], kind, seed=3, draws=101)
    assert np.abs(plain - moved).max() < 1e-12
    assert np.abs(plain - wild_t(car[order], names, kind, seed=3, draws=101)).max() > 0.1


@given(
    rows=st.integers(1, 4),
    columns=st.tuples(st.integers(2, 12), st.integers(1, 5)),
    levels=st.sampled_from([3, 40, 10**6]),
    seed=st.integers(0, 2**32 - 1),
)
def test_values_put_among_ranked_ones_are_ranked_as_all_together(
    rows: int, columns: tuple[int, int], levels: int, seed: int
) -> None:
    from scipy.stats import rankdata

    # Few levels make ties among the values, among the extra ones and across; scipy ranks them all together.
    rng = np.random.default_rng(seed)
    values, extra = (rng.integers(-levels, levels, (rows, width)) / 4 for width in columns)
    values[rng.random(values.shape) < 0.1] = np.nan
    extra[rng.random(extra.shape) < 0.2] = np.nan
    both = np.concatenate([values, extra], axis=1)
    rank, n = rankdata(both, axis=1, nan_policy="omit"), np.isfinite(both).sum(axis=1)
    centered = np.where(np.isfinite(both), rank - (n[:, None] + 1) / 2, 0.0)
    sums = inserted_sums(row_ranks(values), values, extra)
    assert np.abs(sums.centered - centered.sum(axis=0)).max() < 1e-9
    assert np.abs(sums.scaled - (centered / (n[:, None] + 1)).sum(axis=0)).max() < 1e-9
    assert sums.count.tolist() == np.isfinite(both).sum(axis=0).tolist()
    middle = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in both]
    signs = np.sign(both - np.array(middle)[:, None])
    assert np.abs(sums.signs - np.nansum(signs, axis=0)).max() < 1e-9
