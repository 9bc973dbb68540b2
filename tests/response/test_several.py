"""Several instruments: joint p-values, who moved first, asynchronous covariation, betas over leads and lags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.arrays import instant_us
from eventstudy.response.lead_lag import (
    betas_of_complete_days,
    hayashi_yoshida,
    lead_lag,
    lead_lag_betas,
    lead_lags,
    refresh_times,
)
from eventstudy.response.respond_all import respond_all
from eventstudy.response.several import joint_pvalues
from eventstudy.simulate import demo_market


def test_joint_pvalues_by_hand() -> None:
    # studentized by the other three days; statistics 9/sqrt(7/4) = 6.8 and 1.5/sqrt(10/4) = 0.949.
    # first: no day's maximum reaches 6.8: 1/5. second alone: 2/sqrt(6/3) = 1.41 twice, 1/sqrt(9/3) = 0.58 twice: 3/5
    placebo = np.array([[1.0, -2.0], [2.0, 1.0], [-1.0, 1.0], [1.0, 2.0]])
    assert joint_pvalues(np.array([9.0, 1.5]), placebo).tolist() == [0.2, 0.6]


@given(seed=st.integers(0, 5000))
def test_the_joint_pvalue_is_never_below_the_studentized_single_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    placebo, event = rng.standard_normal((39, 4)), 2 * rng.standard_normal(4)
    joint = joint_pvalues(event, placebo)
    single = [float(joint_pvalues(event[[k]], placebo[:, [k]])[0]) for k in range(4)]
    assert (joint >= np.array(single) - 1e-12).all()
    order = np.argsort(-np.abs(event) / np.sqrt((placebo**2).mean(axis=0)))
    assert (np.diff(joint[order]) >= 0).all()


def test_the_family_keeps_its_size_however_tied_the_instruments_are() -> None:
    rng = np.random.default_rng(13)
    for tie in (0.0, 0.9):
        any_rejected = []
        for _ in range(600):
            common, own = rng.standard_normal((60, 1)), rng.standard_normal((60, 5))
            moves = np.sqrt(tie) * common + np.sqrt(1 - tie) * own
            any_rejected.append((joint_pvalues(moves[0], moves[1:]) <= 0.05 + 1e-12).any())
        assert abs(np.mean(any_rejected) - 0.05) < 0.03  # standard error 0.9 %


def test_an_instrument_without_days_gives_no_number() -> None:
    assert np.isnan(joint_pvalues(np.array([1.0, np.nan]), np.ones((9, 2)))).all()


@given(seed=st.integers(0, 1000))
def test_hayashi_yoshida_equals_the_double_sum_over_overlapping_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (np.sort(rng.choice(200, n, replace=False)).astype(np.int64) for n in (25, 40))
    x, y = rng.standard_normal(25).cumsum(), rng.standard_normal(40).cumsum()
    total = 0.0
    for i in range(24):
        for j in range(39):
            if max(first[i], second[j]) < min(first[i + 1], second[j + 1]):
                total += (x[i + 1] - x[i]) * (y[j + 1] - y[j])
    assert abs(hayashi_yoshida((first, second), (x, y)) - total) < 1e-9


def test_hayashi_yoshida_is_not_pulled_to_zero_by_asynchronous_trades() -> None:
    rng = np.random.default_rng(14)
    steps = rng.standard_normal((200_000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    x, y = steps.cumsum(axis=0).T
    first, second = (np.sort(rng.choice(200_000, 30_000, replace=False)).astype(np.int64) for _ in range(2))
    found = hayashi_yoshida((first, second), (x[first], y[second])) / 200_000
    assert abs(found - 0.8) < 0.03
    assert hayashi_yoshida((first, first), (x[first], x[first])) > 0  # its own realized variance


def test_lead_lag_finds_the_planted_lag_and_its_sign() -> None:
    rng = np.random.default_rng(15)
    path = rng.standard_normal(20_000).cumsum()
    leader, follower = np.arange(20_000, dtype=np.int64), np.arange(20_000, dtype=np.int64) + 7
    lags = np.arange(-20, 21, dtype=np.int64)
    keep = [np.sort(rng.choice(20_000, 12_000, replace=False)) for _ in range(2)]
    times, prices = (leader[keep[0]], follower[keep[1]]), (path[keep[0]], path[keep[1]])
    found = lead_lag(times, prices, lags)
    assert abs(found.lag_us - 7) <= 1
    assert found.ratio > 1
    turned = lead_lag(times[::-1], prices[::-1], lags)  # type: ignore[arg-type]
    assert abs(turned.lag_us + 7) <= 1
    assert turned.ratio < 1


@given(seed=st.integers(0, 1000))
def test_who_moves_first_on_one_grid_is_what_the_overlapping_intervals_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at, lags = np.arange(40, dtype=np.int64) * 60, np.arange(-5, 6, dtype=np.int64) * 60
    prices = np.where(rng.random((3, 40)) < 0.7, rng.standard_normal((3, 40)).cumsum(axis=1), np.nan)
    prices[2, : rng.integers(0, 41)] = np.nan
    pairs = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 0])
    for first, second, found in zip(*pairs, lead_lags(prices, pairs, lags), strict=True):
        traded = [np.isfinite(prices[row]) for row in (first, second)]
        if min(map(np.sum, traded)) < 2:
            assert np.isnan(found.correlation).all()
            assert found.lag_us == 0
            continue
        each = [(at[mask], prices[row, mask]) for mask, row in zip(traded, (first, second), strict=True)]
        expected = lead_lag((each[0][0], each[1][0]), (each[0][1], each[1][1]), lags)
        np.testing.assert_allclose(found.correlation, expected.correlation, rtol=1e-12, atol=1e-12)
        assert found.lag_us == expected.lag_us
        np.testing.assert_allclose(found.ratio, expected.ratio, rtol=1e-9)


def test_refresh_times_by_hand() -> None:
    times = [np.array([1, 2, 3, 10]), np.array([2, 5, 6, 7, 11]), np.array([4, 8, 12])]
    # all have traded by 4; anew by max(10, 5, 8) = 10; after 10 the first has no further trade
    assert refresh_times(times).tolist() == [4, 10]


def test_betas_over_leads_and_lags_find_a_late_reaction_inside_each_day() -> None:
    rng = np.random.default_rng(16)
    x = rng.standard_normal((60, 120))
    y = 0.1 * rng.standard_normal((60, 120))
    y += 0.7 * x
    y[:, 1:] += 0.4 * x[:, :-1]
    y[:, ::9] = np.where(rng.random((60, 14)) < 0.3, np.nan, y[:, ::9])
    beta = lead_lag_betas(y, x, 2)
    assert np.allclose(beta, [0, 0, 0.7, 0.4, 0], atol=0.01)
    assert abs(beta.sum() - 1.1) < 0.02  # Dimson's beta


@pytest.mark.parametrize("seed", [20210413, 2, 3])
def test_the_demo_moves_together_and_says_so(seed: int) -> None:
    market = demo_market(seed)
    found = list(respond_all(market.bars, [market.event]))
    assert [r.instrument for r in found] == ["USD000UTSTOM", "IMOEX2", "SBER"]
    for response in found:
        assert response.simulated
        assert 1 / 61 <= response.moves[0].joint_pvalue <= 1
        # the planted jump of 18:24:30 is in the first minute that closes after it; noise may leave the band earlier
        first = response.number("first_significant")
        assert first.value == 25.0 or first.low <= first.value < 25.0 <= first.high
    assert found[0].moves[0].joint_pvalue == 1 / 61
    # the first price after the news is one more horizon: the column of the path that closes there
    columns = [int(np.flatnonzero(r.path.closes == instant_us(r.first.at))[0]) for r in found]
    event = np.array([r.path.car[c] for r, c in zip(found, columns, strict=True)])
    days = np.stack([r.path.placebo[:, c] for r, c in zip(found, columns, strict=True)], axis=1)
    expected = joint_pvalues(event, days, found[0].path.weight)
    assert [r.first.joint_pvalue for r in found] == pytest.approx(expected.tolist())
    assert np.isnan(next(iter(respond_all(market.bars[:1], [market.event]))).first.joint_pvalue)


def test_sessions_of_each_instrument_are_respected() -> None:
    market = demo_market()
    rub, _, share = respond_all(market.bars, [market.event])
    at = [move.at.strftime("%H:%M") for move in share.moves[:3] if move.at is not None]
    # 5 trading minutes after 18:37 Moscow: 18:38-18:40, the auction print at 18:50, and 19:06; the rouble: 18:42
    assert at[0] == "16:06"
    assert rub.moves[0].at is not None
    assert rub.moves[0].at.strftime("%H:%M") == "15:42"
    assert "closing auction of shares" in {c.label for c in share.confounders}
    assert "closing auction of shares" not in {c.label for c in rub.confounders}


def test_an_index_that_ends_at_18_50_is_answered_until_then() -> None:
    market = demo_market()
    index = market.bars[1]
    local = index.frame.index.tz_convert("Europe/Moscow")
    short = replace(index, frame=index.frame[local.hour * 60 + local.minute <= 18 * 60 + 50])
    (response,) = respond_all([short], [market.event])
    assert response.moves[2].reason == "trading ended at 18:50"
    assert "ES-WINDOW-CUT" in {notice.code for notice in response.notices}


def test_pairs_of_the_demo_know_the_planted_loadings() -> None:
    market = demo_market()
    found = respond_all(market.bars, [market.event])
    assert {(p.first, p.second) for p in found.pairs} == {
        ("USD000UTSTOM", "IMOEX2"),
        ("USD000UTSTOM", "SBER"),
        ("IMOEX2", "SBER"),
    }
    by_name = {(p.first, p.second): p for p in found.pairs}
    stocks, rouble = by_name["IMOEX2", "SBER"], by_name["USD000UTSTOM", "IMOEX2"]
    # planted: loadings -0.6, 0.8, 0.7 on one factor, sigma 0.65, 0.9, 1.3 % a day:
    # beta of SBER on IMOEX2 is 0.8 * 0.7 * 1.3 / 0.9 = 0.81, of IMOEX2 on USD/RUB -0.6 * 0.8 * 0.9 / 0.65 = -0.66
    assert abs(stocks.beta - 0.81) < 0.15
    assert abs(rouble.beta + 0.66) < 0.15
    assert stocks.lag_minutes == rouble.lag_minutes == 0.0  # all three jump in the same second
    assert rouble.correlation < 0 < stocks.correlation
    assert abs(rouble.explained - rouble.beta * found.responses[0].moves[2].value) < 1e-15


def least_squares(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the slopes of a regression on x_{t + 2}, ..., x_{t - 2}, row by row without what is missing."""
    n = x.shape[1]
    rows = [(1.0, *x[d, t - 2 : t + 3][::-1], y[d, t]) for d in range(len(x)) for t in range(2, n - 2)]
    table = np.array([row for row in rows if np.isfinite(row).all()])
    coef, *_ = np.linalg.lstsq(table[:, :-1], table[:, -1], rcond=None)
    return coef[1:]


def test_betas_are_those_of_a_least_squares_over_the_whole_design() -> None:
    x, y = np.random.default_rng(8).normal(size=(2, 30, 25)) * 1e-3
    x[3, 7] = y[5, 12] = np.nan
    np.testing.assert_allclose(lead_lag_betas(y, x, 2), least_squares(y, x), rtol=1e-9)


def test_betas_of_several_pairs_are_those_of_each() -> None:
    x, y = np.random.default_rng(8).normal(size=(2, 3, 30, 25)) * 1e-3
    days = np.array([30, 17, 1])
    each = np.arange(3)
    found = betas_of_complete_days(
        *([bars[pair, :count] for pair, count in enumerate(days)] for bars in (y, x)), (each, each), 2
    )
    for pair, count in enumerate(days):
        np.testing.assert_allclose(found[pair], least_squares(y[pair, :count], x[pair, :count]), rtol=1e-9)


def test_a_series_that_never_moves_has_no_beta() -> None:
    y = np.random.default_rng(8).normal(size=(1, 30, 25))
    one = np.array([0])
    assert betas_of_complete_days(y, np.zeros_like(y), (one, one), 2).tolist() == [[0.0] * 5]
