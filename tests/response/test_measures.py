"""Realized measures, jump tests and the time of day, against published numbers, exact arithmetic and known truth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.errors import UsageError
from eventstudy.response.jumps import (
    BNS_CONSTANT,
    LEVELS,
    bipower_variation,
    bns_ratio,
    gumbel_quantile,
    jump_share,
    lee_mykland,
    lee_mykland_threshold,
    med_rv,
    min_rv,
    tripower_quarticity,
)
from eventstudy.response.seasonality import (
    PERIODICITIES,
    daily_level,
    periodicity,
    periodicity_wsd,
    shortest_half,
    time_of_day_mean,
)
from eventstudy.simulate.draws import u_shape
from tests.shared import shared

FIVE_MINUTES = {"STOCK": (0.003387052289, 0.003344205602), "MARKET": (0.001451676499, 0.001438168861)}


def sample_days() -> list[pd.DataFrame]:
    frame = pd.read_csv(shared("oracles/highfrequency/sampleOneMinuteData.csv"), parse_dates=["DT"]).set_index("DT")
    return [day for _, day in frame.groupby(frame.index.date)]


@pytest.mark.reference
@pytest.mark.parametrize("asset", ["STOCK", "MARKET"])
def test_medrv_and_minrv_equal_the_published_sums_of_highfrequency(asset: str) -> None:
    # its five-minute returns have a zero before the first, n = 79
    days = [np.concatenate([[0.0], np.diff(np.log(day[asset].to_numpy()[::5]))]) for day in sample_days()]
    returns = np.array(days)
    assert returns.shape == (22, 79)
    assert abs(med_rv(returns).sum() - FIVE_MINUTES[asset][0]) < 1e-12
    assert abs(min_rv(returns).sum() - FIVE_MINUTES[asset][1]) < 1e-12


def test_measures_by_hand() -> None:
    r = np.array([0.01, -0.02, 0.03, 0.01])
    # BV: pi/2 * 4/3 * (2 + 6 + 3) 1e-4; MinRV: pi/(pi-2) * 4/3 * (1 + 4 + 1) 1e-4; medians 0.02, 0.02
    assert abs(bipower_variation(r) - math.pi / 2 * 4 / 3 * 11e-4) < 1e-18
    assert abs(min_rv(r) - math.pi / (math.pi - 2) * 4 / 3 * 6e-4) < 1e-18
    assert abs(med_rv(r) - math.pi / (6 - 4 * math.sqrt(3) + math.pi) * 2 * 8e-4) < 1e-18


@pytest.mark.parametrize("name", sorted(LEVELS))
def test_every_level_is_unbiased_for_constant_volatility(name: str) -> None:
    r = 0.002 * np.random.default_rng(5).standard_normal((4000, 60))
    ratio = LEVELS[name](r) / (60 * 0.002**2)
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / math.sqrt(4000)


@pytest.mark.parametrize("name", ["bipower", "medrv", "minrv"])
def test_robust_levels_hardly_see_one_jump(name: str) -> None:
    r = 0.002 * np.random.default_rng(6).standard_normal((500, 500))
    jumped = r.copy()
    jumped[:, 250] += 0.03
    assert np.median(LEVELS["rv"](jumped) / LEVELS["rv"](r)) > 1.3
    assert np.median(LEVELS[name](jumped) / LEVELS[name](r)) < 1.1


@given(scale=st.floats(1e-4, 1e4), seed=st.integers(0, 999))
def test_measures_scale_with_the_square_of_the_returns(scale: float, seed: int) -> None:
    r = np.random.default_rng(seed).standard_normal(30)
    for measure in LEVELS.values():
        assert np.isclose(measure(scale * r), scale**2 * measure(r), rtol=1e-10)
    assert np.isclose(tripower_quarticity(scale * r), scale**4 * tripower_quarticity(r), rtol=1e-9)
    assert np.isclose(bns_ratio(scale * r), bns_ratio(r), rtol=1e-8, atol=1e-9)


def test_constants_of_the_jump_tests() -> None:
    # methods B1.7 and C2
    assert round(BNS_CONSTANT, 4) == 0.6090
    assert (round(gumbel_quantile(0.01), 4), round(gumbel_quantile(0.05), 4)) == (4.6001, 2.9702)
    # n = 1000: sqrt(2 ln n) = 3.716922, c = 0.797885, C_n = 4.658470 - (1.144730 + 1.932645) / 5.931353 = 4.139638
    assert abs(lee_mykland_threshold(1000, 0.05) - (4.139638 + 2.970195 / 2.965676)) < 2e-5


def test_bns_has_its_size_and_finds_a_jump() -> None:
    r = np.random.default_rng(7).standard_normal((4000, 400))
    calm = bns_ratio(r) > 1.6449
    assert abs(calm.mean() - 0.05) < 0.02  # Huang-Tauchen report a slight over-rejection at n = 400
    r[:, 200] += 12
    assert (bns_ratio(r) > 1.6449).mean() > 0.95
    assert 0.2 < np.median(jump_share(r)) < 0.3  # 144 / (144 + 400) = 0.265


def test_lee_mykland_keeps_the_size_for_the_whole_day_and_never_looks_ahead() -> None:
    rng = np.random.default_rng(8)
    r = rng.standard_normal((2000, 659))  # 390 bars can be judged
    assert 0.02 < lee_mykland(r, 270).is_jump.any(axis=1).mean() < 0.09
    later = r.copy()
    later[:, 300:] *= 50
    before = slice(None), slice(None, 300)
    assert np.array_equal(
        lee_mykland(r, 270).statistic[before], lee_mykland(later, 270).statistic[before], equal_nan=True
    )


def test_lee_mykland_wants_a_window_that_fits() -> None:
    with pytest.raises(UsageError, match="between 4 and 9"):
        lee_mykland(np.ones(10), 30)


@pytest.mark.parametrize("kind", sorted(PERIODICITIES))
def test_every_periodicity_finds_the_planted_u_shape(kind: str) -> None:
    rng = np.random.default_rng(9)
    truth = u_shape(102)
    level = np.exp(0.5 * rng.standard_normal(400))
    found = periodicity(rng.standard_normal((400, 102)) * level[:, None] * truth, kind)
    error = found / truth - 1
    assert abs(error.mean()) < 0.02
    assert error.std() < 0.08  # one bar has 400 draws: 1/sqrt(800) = 3.5 % for the standard deviation, 6 % for WSD
    assert abs(np.mean(found**2) - 1) < 1e-12


def test_wsd_is_not_owned_by_one_jump_and_sd_is() -> None:
    rng = np.random.default_rng(10)
    r = rng.standard_normal((60, 50))
    r[3, 20] = 40.0
    assert PERIODICITIES["sd"](r)[20] > 3
    assert periodicity_wsd(r)[20] < 1.5


def test_the_shortest_half_by_hand() -> None:
    # 7 values, h = 4: the closest four are 1.0, 1.1, 1.3, 1.4
    column = np.array([[9.0], [1.0], [1.1], [1.3], [-8.0], [1.4], [4.0]])
    assert abs(shortest_half(column)[0] - 0.741 * 0.4) < 1e-15


def test_missing_bars_are_left_out_not_filled() -> None:
    r = np.array([[0.01, np.nan, 0.03], [0.03, np.nan, np.nan]])
    assert np.array_equal(time_of_day_mean(r), np.array([0.02, np.nan, 0.03]), equal_nan=True)
    five = np.array([[0.01, 0.01, np.nan, 0.01, 0.01], [np.nan] * 5])
    # 4 equal returns: MedRV = 1.4193 * 4/2 * 2 * 1e-4 = 4 * 1.4193e-4, per bar 1.4193e-4
    assert abs(daily_level(five)[0] - math.sqrt(math.pi / (6 - 4 * math.sqrt(3) + math.pi)) * 0.01) < 1e-12
    assert math.isnan(daily_level(five)[1])


def test_tripower_quarticity_of_equal_returns_by_hand() -> None:
    # n - 2 = 4 products of 0.01^4, times n^2 / (n - 2) = 9, over (E|Z|^(4/3))^3; E|Z|^(4/3) summed numerically.
    z = np.linspace(-12, 12, 2_400_001)
    moment = float((np.abs(z) ** (4 / 3) * np.exp(-(z**2) / 2)).sum() * 1e-5 / math.sqrt(2 * math.pi))
    expected = 36 * 0.01**4 / moment**3
    assert abs(float(tripower_quarticity(np.full(6, 0.01))) / expected - 1) < 1e-6
