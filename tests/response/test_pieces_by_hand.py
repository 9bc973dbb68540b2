"""Pieces of a response, called one by one with numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.arrays import DAY_US, MINUTE_US
from eventstudy.market.instruments import Instrument
from eventstudy.response.build_response import out_of_reach
from eventstudy.response.closed_markets import bracket_rows, closures, instants_of
from eventstudy.response.early_moves import _relative_squares, _without_clock, early_moves
from eventstudy.response.intraday_prices import (
    HOUR_US,
    IntradayPrices,
    bars_at,
    bars_on_days,
    read_at,
    read_days,
    trades_around_the_clock,
)
from eventstudy.response.jumps import absolute_moment, bns_ratio, jump_share, lee_mykland_threshold, tripower_quarticity
from eventstudy.response.matching import _grids, paths_of
from eventstudy.response.measured_events import MeasuredEvents
from eventstudy.response.placebo import (
    _edge,
    _ratio,
    bands,
    crossing_interval,
    order_bound,
    peak_interval,
    ratio_interval,
    selection_adjusted_level,
    smallest_pvalue,
)
from eventstudy.response.placebo_pool import WindowChoice, as_date, trading_moments
from eventstudy.response.price_rules import median_rules
from eventstudy.response.row_shapes import Parts, row_shapes
from eventstudy.response.seasonality import daily_level, periodicity_wsd, time_of_day_mean, unit_mean_square
from eventstudy.response.shape import ShapeColumns, first_exit, interval, reflected, shape_numbers
from eventstudy.response.shape_estimates import AfterNews, jump_variances
from eventstudy.response.window import BarReturns, ResponseWindows, regime_ratio

NAN = float("nan")


def prices_at(closes: list[int], step_us: int = MINUTE_US, **changes: object) -> IntradayPrices:
    """Bars with the closes, microseconds on the clock of UTC, and the prices 1, 2, 3, ..."""
    wall, nothing = np.array(closes, dtype=np.int64), np.zeros(len(closes))
    found = IntradayPrices(
        Instrument("X"), "UTC", step_us, wall, wall, np.log(np.arange(1.0, len(closes) + 1)), nothing, nothing
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_the_share_of_the_move_at_its_first_minutes() -> None:
    # 5, 9 and 10 of 10: a half after the first minute, nine tenths after the second.
    found = shape_numbers(np.array([[5.0, 9, 10, 3]]), np.array([1.0, 2, 4, 8]), ShapeColumns(1, 2, 0))
    assert {name: float(v[0]) for name, v in found.items()} == {
        "t50": 1,
        "t90": 2,
        "peak": 10,
        "peak_minutes": 4,
        "overshoot": 0,
        "retracement": 0,
        "reversal": pytest.approx(1 - 10 / 9),
        "absorbed_share": 0.5,
    }


def test_a_path_must_stay_outside_for_all_the_bars_asked() -> None:
    paths = np.array([[3.0, 3, 0, 3, 3, 3, 0], [0, 0, 0, 0, 0, 0, 3], [1, 1, 1, 1, 1, 1, 1.0]])
    assert first_exit(paths, np.ones(7), 3).tolist() == [3, 6, -1]
    assert first_exit(paths, np.ones(7), 2).tolist() == [0, 6, -1]
    assert first_exit(paths, np.ones(7), 1).tolist() == [0, 6, -1]


def test_central_intervals_count_from_both_ends_alike() -> None:
    # Of 20 draws a twentieth is one: half of it is left out at neither end; a tenth leaves out one at each.
    draws = np.arange(20.0)
    assert interval(draws, 0.95) == (0, 19)
    assert interval(draws, 0.90) == (1, 18)
    assert interval(draws, 0.50) == (5, 14)
    assert np.isnan(interval(draws[1:], 0.5)).all()
    assert reflected(5.0, (2.0, 9.0)) == (1, 8)


def test_jumps_of_a_day_by_hand() -> None:
    # Triples of 1, 1, 8, 1: both 8, and 8^(4/3) = 16. n mu^-3 n/(n - 2) = 4 * 2 mu^-3.
    r = np.array([1.0, -1, 8, 1])
    mu = absolute_moment(4 / 3)
    assert float(tripower_quarticity(r)) == pytest.approx(4 * 2 * 32 / mu**3)
    # RV 67, BV = pi/2 4/3 (1 + 8 + 8).
    bv = math.pi / 2 * 4 / 3 * 17
    assert float(jump_share(r)) == pytest.approx(1 - bv / 67)
    constant = (math.pi / 2) ** 2 + math.pi - 5
    assert 8 * 32 / mu**3 < bv**2  # so that their ratio counts as 1
    assert float(bns_ratio(r)) == pytest.approx((67 - bv) / 67 / math.sqrt(constant / 4))
    # Two wild bars in ten: TQ / BV^2 is above 1 and counts.
    r = np.array([9.0, 9, 9, *[1.0] * 7])
    tq = 10 * 10 / 8 * (9**4 + 81 ** (4 / 3) + 9 ** (4 / 3) + 5) / mu**3
    bv = math.pi / 2 * 10 / 9 * (81 + 81 + 9 + 6)
    assert tq > bv**2
    rv = 3 * 81 + 7
    assert float(bns_ratio(r)) == pytest.approx((rv - bv) / rv / math.sqrt(constant / 10 * tq / bv**2))
    # Lee and Mykland's constants for n = 100 at 1 %, with c = sqrt(2/pi).
    c, root = math.sqrt(2 / math.pi), math.sqrt(2 * math.log(100))
    center = root / c - (math.log(math.pi) + math.log(math.log(100))) / (2 * c * root)
    assert lee_mykland_threshold(100, 0.01) == pytest.approx(center + 4.60014922677658 / (c * root))


def test_few_bars_have_no_jump_variance() -> None:
    found = jump_variances(np.ones((2, 9)), np.ones((30, 2, 9)))
    assert [one.reason[:6] for one in found] == ["9 bars"] * 2


def test_ranks_and_bounds_of_few_days() -> None:
    assert smallest_pvalue(19.0) == 0.05
    # One day at level 1/2: ceil(0.5 * 2) = 1, the day itself; at 0.51 two would be needed.
    assert float(order_bound(np.array([3.0]), 0.5)) == 3
    assert np.isnan(order_bound(np.array([3.0]), 0.51))
    assert order_bound(np.array([[3.0, NAN], [1.0, 5.0], [2.0, NAN]]), 0.5).tolist() == [2, 5]
    # Of three days at 0.51 the ceil(0.51 * 4) = third; of one, the second.
    found = order_bound(np.array([[3.0, NAN], [1.0, 5.0], [2.0, NAN]]), 0.51)
    assert found[0] == 3
    assert np.isnan(found[1])
    assert _ratio(np.array([0.0, 1, 0.5]), np.array([0.0, 0, 0.25])).tolist() == [0, np.inf, 2]
    assert _ratio(np.array([1.0, 0.5]), np.array([0.5, 0.25])).tolist() == [2, 2]
    few = np.zeros((5, 2))
    assert crossing_interval(np.array([0.5, 1.0]), few, 0.5, 0.95) == (-1, -1)
    assert peak_interval(np.array([0.5, 1.0]), few, 1.0, 0.95) == (-1, -1)


def test_a_moment_that_may_just_have_been_reached_refutes_no_later_one() -> None:
    # Without noise half of 1 is reached at the first moment exactly: not beyond the bound of 0, so both may be it.
    assert crossing_interval(np.array([0.5, 1.0]), np.zeros((39, 2)), 0.5, 0.95) == (0, 1)
    assert crossing_interval(np.array([0.6, 1.0]), np.zeros((39, 2)), 0.5, 0.95) == (0, 0)
    # Noise that ends at +-1 moves Z by half of that: a path of -0.6 to -1 is reached within 0.5 at any moment.
    noise = np.where(np.arange(39)[:, None] % 2, 1.0, -1.0) * np.array([0.0, 1.0])
    assert crossing_interval(np.array([-0.1, -0.9, -1.0]), noise[:, [0, 0, 1]], 0.5, 0.95) == (0, 2)


def test_the_level_is_adjusted_for_how_often_a_number_is_reported() -> None:
    # Of 1 - (-1, 0, 3) and 1 + (-1, 0, 3), that is 2, 1, -2, 0, 1, 4, three are beyond 1.5 in size: one half. One is
    # beyond 3.5, which counts as a half; five are beyond 0.5. Weights 1, 1, 0 leave 2, 1, 0, 1 of four.
    noise = np.array([-1.0, 0, 3])
    assert selection_adjusted_level(1.0, noise, 1.5, 0.9) == pytest.approx(0.95)
    assert selection_adjusted_level(1.0, noise, 3.5, 0.9) == pytest.approx(0.95)
    assert selection_adjusted_level(1.0, noise, 0.5, 0.9) == pytest.approx(1 - 0.1 * 5 / 6)
    assert selection_adjusted_level(1.0, noise, 0.5, 0.9, np.array([1.0, 1, 0])) == pytest.approx(1 - 0.1 * 3 / 4)


def test_where_a_run_of_ratios_ends_between_two_angles() -> None:
    # 1 at the angle 0.1 and -1 at 0.2: zero at 0.15. Never below zero: no end. Below zero at once: the angle itself.
    angles = np.array([0.0, 0.1, 0.2])
    assert _edge(np.array([2.0, 1, -1]), angles, 0, 1) == pytest.approx(math.tan(0.15))
    assert _edge(np.array([-1.0, 1, 2]), -angles[::-1], 2, -1) == pytest.approx(math.tan(-0.15))
    assert _edge(np.array([-1.0, 3, 2]), -angles[::-1], 2, -1) == pytest.approx(math.tan(-0.175))
    assert _edge(np.array([2.0, 1, 1]), angles, 0, 1) == math.inf
    assert _edge(np.array([2.0, 1, 1]), angles, 2, -1) == -math.inf
    assert _edge(np.array([2.0, -1, -1]), angles, 1, 1) == pytest.approx(math.tan(0.1))


def test_a_ratio_far_from_its_center_is_found_among_all_angles() -> None:
    # The bottom 1 may be off by 0.9, the top 0.1 is sure: 0.1/1.9 to 0.1/0.1, that is 3 to 45 degrees.
    days = np.linspace(-0.9, 0.9, 39)
    low, high = ratio_interval((0.1, 1.0), (0 * days, days), 0.95)
    assert (low, high) == (pytest.approx(0.1 / 1.9, abs=2e-4), pytest.approx(1.0, abs=0.06))
    low, high = ratio_interval((-0.1, -1.0), (0 * days, days), 0.95)
    assert (low, high) == (pytest.approx(0.1 / 1.9, abs=2e-4), pytest.approx(1.0, abs=0.06))


def test_means_and_factors_of_the_time_of_day() -> None:
    assert time_of_day_mean(np.array([[1.0, NAN, 2], [3.0, NAN, NAN]]))[[0, 2]].tolist() == [2, 2]
    assert np.isnan(time_of_day_mean(np.array([[1.0, NAN], [3.0, NAN]]))[1])
    # Squares 9 and 16: their mean is 12.5. Factors that are all zero stay so.
    found = unit_mean_square(np.array([[3.0, 4.0, NAN], [0.0, 0.0, NAN]]))
    assert found[0, :2] == pytest.approx(np.array([3, 4]) / math.sqrt(12.5))
    assert found[1, :2].tolist() == [0, 0]
    # Realized variance per bar of two days of four bars: 1 and 4; with a bar missing, of three.
    returns = np.array([[1.0, -1, 1, -1, 1], [2.0, 2, -2, -2, 2], [3.0, NAN, -3, 3, 3]])
    assert daily_level(returns, "rv").tolist() == [1, 2, 3]
    # The shortest halves of bar A (4 of 7) and B are 3 and 1.5 wide, so their factors are as 2 to 1: 1.265 and 0.632.
    # Within 2.576 of these lie -2 to 3 of A, whose squares add up to 19 over 6, and all of B: 7 over 7.
    A, B = [-10.0, -2, -1, 0, 1, 2, 3], [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]
    expected = np.sqrt([19 / 6, 1]) / math.sqrt((19 / 6 + 1) / 2)
    assert periodicity_wsd(np.stack([A, B], axis=1)) == pytest.approx(expected)


def test_bars_before_the_news_over_the_usual_size_of_their_time() -> None:
    # Squares 1 and 9 over their mean 5; a day without a move has none.
    assert _relative_squares(np.array([[1.0, -3.0], [0.0, 0.0]])).tolist() == [[0.2, 1.8], [0, 0]]
    # 80 over 20 days is 4: the time of day moves by 2; where no day ever moved, the bar counts for nothing.
    bars, squares = np.array([[2.0, 5.0]] * 2), np.array([[80.0, 0.0]] * 2)
    assert _without_clock(bars, squares, np.array([20, 18])).tolist() == [[1, 0], [2, 5]]


def test_with_few_bars_before_the_news_no_bar_is_an_early_move() -> None:
    layout = SimpleNamespace(open=np.ones(9, dtype=bool), zero=5, start=0)
    windows = SimpleNamespace(layout=layout, asked=[None, None])
    returns = SimpleNamespace(event=np.full((2, 8), 0.1), placebo=np.full((30, 2, 8), 0.1), after_from=5)
    assert [len(found[0]) for found in early_moves(windows, returns)] == [0, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize(("quiet", "found"), [(0, 1), (10, 1), (14, 0)])
def test_a_jump_before_the_news_is_one_where_enough_bars_trade(quiet: int, found: int) -> None:
    # Forty bars of +-1, of which one in the leak window moved by 50; 20 placebo days have none. Where 14 of the bars
    # are without a trade, more than three tenths, an ordinary bar is unknown.
    bars = np.resize([1.0, -1.0], 40)
    bars[:quiet], bars[34] = 0.0, 50.0
    layout = SimpleNamespace(open=np.ones(41, dtype=bool), zero=40, start=30)
    asked = [SimpleNamespace(matched=SimpleNamespace(moments=np.arange(41)))]
    windows = SimpleNamespace(layout=layout, asked=asked, days=np.ones((120, 1), dtype=bool), weight=None)
    placebo = np.resize([1.0, -1.0], (120, 1, 40))
    returns = SimpleNamespace(event=bars[None], placebo=placebo, after_from=40)
    (times, moves), *others = early_moves(windows, returns)  # type: ignore[arg-type]
    assert not others
    assert (times.tolist(), moves.tolist()) == ([35] * found, [50.0] * found)


def test_paths_through_zero_at_the_last_clean_price() -> None:
    found = paths_of(np.array([[1.0, 2.0, 4.0]]), np.array([1, 2, 4, 5]), 2, 7)
    assert np.isnan(found[0, 0])
    assert found[0, 1:].tolist() == [-1, 0, 0, 2, 6, 6]
    together = paths_of(np.array([[1.0, 2.0, 4.0]]), np.array([1, 2, 3, 4]), 2, 6)
    assert together[0, 1:].tolist() == [-1, 0, 2, 6, 6]


def test_news_that_may_be_of_the_next_day_belongs_to_the_day_of_its_earliest_time() -> None:
    # Bars of every hour of days 0 to 2; the news of 22:30 of day 1 may be as late as 00:30. Its last clean price is
    # that of 22:00, ``latest`` is 01:00, three bars later, and the price after a further bar, 02:00, is the first.
    prices = prices_at([h * HOUR_US for h in range(1, 73)], HOUR_US, around_the_clock=True)
    news = np.array([[DAY_US + 22 * HOUR_US + HOUR_US // 2, 2 * DAY_US + HOUR_US // 2]])
    found = _grids(prices, news, np.array([0]), WindowChoice(before=120, after=120))
    assert found.event_day.tolist() == [1]
    start, zero, latest, first, _ = found.columns[0].tolist()
    assert found.begins[0] + zero * HOUR_US == DAY_US + 22 * HOUR_US
    assert (zero - start, latest - zero, first - zero) == (2, 3, 3)


def test_a_window_ends_with_the_last_bar_of_its_day() -> None:
    # Bars at 10:00 to 18:00 of three days. News of 15:30 of the last: last clean price 15:00, the first price 16:00,
    # the ten hours asked end at 18:00, the fourth price from 15:00 on. Of 17:30: 17:00 and 18:00, and nothing after.
    prices = prices_at([(24 * d + h) * HOUR_US for d in range(3) for h in range(10, 19)], HOUR_US)
    news = np.array([[2 * DAY_US + h * HOUR_US + HOUR_US // 2] * 2 for h in (15, 17)])
    choice = WindowChoice(before=120, after=600)
    for rows in ([0], [1], [0, 1]):
        found = _grids(prices, news[rows], np.zeros(len(rows), dtype=int), choice)
        lengths = (found.columns[:, 4] - found.columns[:, 1]).tolist()
        assert lengths == [[4, 2][row] for row in rows]
    # Asked for an hour, the window ends after two bars: 16:00, and the first one after it.
    short = _grids(prices, news[:1], np.array([0]), WindowChoice(before=120, after=60))
    assert short.columns[0, 4] - short.columns[0, 1] == 3


def test_the_table_of_the_clock_covers_two_days_before_and_after_the_bars() -> None:
    # One day of 2024 in steps of an hour: five days of 24. Before the first bar there is none (row 0), and prices of
    # 1960 have a table as well.
    for day in (20_000, -3_500):
        table = prices_at([day * DAY_US + h * HOUR_US for h in (10, 11, 12)], HOUR_US).clock_table
        assert table is not None
        assert table.first == (day - 2) * DAY_US
        assert table.bars.row.tolist() == [0] * (48 + 11) + [1] + [2] * (120 - 60)
        assert np.flatnonzero(table.bars.traded).tolist() == [58, 59, 60]


def test_a_response_of_one_bar_has_its_shares() -> None:
    # 2 % after one bar, 1 % at the next close: a half is permanent. Before the news there was 1 % more: a third of the
    # whole. One of the forty days does not serve.
    days = np.append(np.linspace(-0.001, 0.001, 39), NAN)[:, None]
    path, placebo, at = np.array([[0.02]]), days[..., None], ShapeColumns(0, 0, 0)
    after = AfterNews(path, placebo, np.array([1.0]), bands(placebo, 0.95), at, 0.95)
    later = days * np.resize([1.0, -1.0], (40, 1))
    moves = SimpleNamespace(value=np.array([0.01]), days=later, raw=later)
    close = SimpleNamespace(moves=moves, usable=np.array([True]))
    returns = BarReturns(np.full((1, 3), 0.01), np.full((40, 1, 3), 0.001), 2)
    windows = SimpleNamespace(rows=[slice(0, 39)])
    parts = Parts(after, returns, np.array([0.01]), np.array([0.025]), later, close)  # type: ignore[arg-type]
    (shape,) = row_shapes(parts, windows).values()  # type: ignore[arg-type]
    assert shape.permanent_share.value == pytest.approx(0.5)
    assert shape.permanent_share.low < 0.5 < shape.permanent_share.high
    assert shape.pre_event_share.value == pytest.approx(1 / 3)
    assert "bars before the news" in shape.jump_share.reason


def test_when_a_market_trades_is_seen_from_more_than_one_day_in_fifty() -> None:
    traded = np.zeros((50, 3), dtype=bool)
    traded[0, 1], traded[:2, 2] = True, True
    assert trading_moments(traded, np.zeros(3, dtype=bool)).tolist() == [False, False, True]
    assert trading_moments(traded, np.array([True, False, False])).tolist() == [True, False, True]
    assert trading_moments(traded[:0], np.array([True, False, False])).tolist() == [True, False, False]
    assert (as_date(0), as_date(31)) == (date(1970, 1, 1), date(1970, 2, 1))


def test_the_share_of_bars_without_a_trade_before_the_news() -> None:
    # Columns 1 to 4, of which 2 is never open: of the three others the event has traded at two.
    traded = np.array([[True, True, True, False, True, False]])
    layout = SimpleNamespace(start=1, zero=4, open=np.array([True, True, False, True, True, True]))
    windows = SimpleNamespace(layout=layout, event=SimpleNamespace(traded=traded))
    assert ResponseWindows.stale.func(windows).tolist() == pytest.approx([1 / 3])  # type: ignore[arg-type]


def test_the_median_rule_takes_more_prices_where_there_are_few() -> None:
    # Minutes -14, -12, -9 before and 16, 20, 30 after: at least three on either side, the last from beyond 25 minutes;
    # with the third a day and more away, there is none.
    minutes = np.array([-14, -12, -9, 0, 16, 20, 30])
    logs = np.log([90.0, 100, 110, 7, 200, 220, 210])
    zero = np.array([0])
    found = median_rules(minutes * MINUTE_US, logs, zero, zero)
    assert found.tolist() == pytest.approx([math.log(2.1)])
    # Two before the news within 15 minutes: the third is that before them.
    before = np.array([-40, -12, -9, 0, 16, 20, 30])
    assert median_rules(before * MINUTE_US, logs, zero, zero).tolist() == pytest.approx([math.log(2.1)])
    for place, away in ((0, -1441), (6, 1441)):
        far = minutes.copy()
        far[place] = away
        assert np.isnan(median_rules(far * MINUTE_US, logs, zero, zero)).all()
    assert np.isnan(median_rules(minutes[1:] * MINUTE_US, logs[1:], zero, zero)).all()
    assert median_rules(minutes * MINUTE_US, logs, zero[:0], zero[:0]).tolist() == []


def test_a_horizon_of_one_bar_is_within_reach() -> None:
    found: Any = SimpleNamespace(measured=SimpleNamespace(layout=SimpleNamespace(step_minutes=5.0)))
    assert [out_of_reach(found, 0, m, reached=True) for m in (0, 5, 6)] == [""] * 3
    assert out_of_reach(found, 0, 4, reached=True) == "a bar lasts 5 minutes"


def test_how_much_calmer_the_placebo_days_would_have_to_be() -> None:
    def found(move: float, bound: float) -> SimpleNamespace:
        moves = SimpleNamespace(value=np.array([[move]]), bound=np.array([[bound]]))
        return SimpleNamespace(measured=SimpleNamespace(moves=moves))

    assert MeasuredEvents.breakdown(found(-0.06, 0.02), 0) == pytest.approx(3)  # type: ignore[arg-type]
    assert math.isnan(MeasuredEvents.breakdown(found(0.01, 0.02), 0))  # type: ignore[arg-type]
    assert math.isnan(MeasuredEvents.breakdown(found(0.01, 0.0), 0))  # type: ignore[arg-type]


def test_the_volatility_of_the_event_day_over_that_of_its_placebo_days() -> None:
    # Days of two events: levels 1, 2, 4 (median 2) and 2, unknown, 0; the second knows one of three, too few.
    levels = np.array([[1.0, 2.0], [2.0, NAN], [4.0, 0.0]])
    days = np.ones((3, 2), dtype=bool)
    assert regime_ratio(levels, np.array([6.0, 6.0]), days)[0] == 3
    assert np.isnan(regime_ratio(levels, np.array([6.0, 6.0]), days)[1])
    assert np.isnan(regime_ratio(levels, np.array([0.0, NAN]), days)).all()
    # Of two days one is one half.
    assert regime_ratio(levels[:2], np.array([6.0, 6.0]), days[:2]).tolist() == [4, 3]
    assert np.isnan(regime_ratio(levels, np.array([6.0, 6.0]), ~days)).all()


def test_a_bar_stands_until_the_end_of_its_day_or_for_twelve_hours() -> None:
    # Bars at 23:58 and 24:00 of day 0 and 00:02 of day 1: midnight belongs to the day that ends.
    minutes = [1438, 1440, 1442]
    prices = prices_at([m * MINUTE_US for m in minutes])
    found = bars_at(prices, np.array([1437, 1438, 1439, 1440, 1441, 1442]) * MINUTE_US)
    assert found.row.tolist() == [0, 0, 0, 1, 1, 2]
    assert found.on_time.tolist() == [False, True, True, True, False, True]
    assert found.traded.tolist() == [False, True, False, True, False, True]
    # The table of the clock says the same, at and beyond its ends.
    for first in (-3 * 1440, 1430, 6 * 1440):
        offsets = np.arange(first, first + 20) * MINUTE_US
        at, by_table = bars_at(prices, offsets), bars_on_days(prices, np.array([0]), offsets)
        assert np.array_equal(np.broadcast_to(at.on_time, by_table.on_time.shape), by_table.on_time)
        assert np.array_equal(np.broadcast_to(at.traded, by_table.traded.shape), by_table.traded)
    # Around the clock a price stands for less than twelve hours.
    always = prices_at([0, MINUTE_US], around_the_clock=True)
    found = bars_at(always, np.array([MINUTE_US + 12 * HOUR_US - 1, MINUTE_US + 12 * HOUR_US]))
    assert found.on_time.tolist() == [True, False]
    # Over the night prices are kept from the first bar on.
    sample = read_at(prices, np.array([1437, 1438, 5000]) * MINUTE_US, carry=True)
    assert sample.present.tolist() == [False, True, True]
    carried = read_days(prices, np.array([0, 1]), np.array([1437, 1439]) * MINUTE_US, carry=True)
    assert carried.present.tolist() == [[False, True], [True, True]]


def test_markets_around_the_clock_are_known_by_their_hours() -> None:
    # 20 of 24 hours on three days are more than eight tenths, 19 are less; two days are too few.
    def hours(count: int, days: int) -> np.ndarray:
        return np.array([(24 * d + h + 1) * HOUR_US for d in range(days) for h in range(count)])

    assert trades_around_the_clock(hours(20, 3))
    assert not trades_around_the_clock(hours(19, 3))
    assert not trades_around_the_clock(hours(24, 2))


def test_a_market_that_closes_on_weekends_closes_whatever_days_the_bars_begin_and_end_with() -> None:
    # Day 0 is a Thursday; eight days with bars from Thursday to the Monday after next, without the weekend.
    weekdays = [0, 1, 4, 5, 6, 7, 8, 11]
    for days, never in ((weekdays, False), (range(12), True)):
        closes = [(24 * d + h) * HOUR_US for d in days for h in range(1, 25)]
        assert prices_at(closes, HOUR_US, around_the_clock=True).never_closes is never


def test_nights_between_the_bars_around_the_news() -> None:
    # Bars at 10:00 and 18:00 of days 0, 1 and 4.
    closes = [d * DAY_US + h * HOUR_US for d in (0, 1, 4) for h in (10, 18)]
    prices = prices_at(closes)
    instants = np.array([[c + HOUR_US] * 2 for c in closes[:-1]])
    found = closures(prices, instants)
    assert found.nights.tolist() == [0, 1, 0, 2, 0]
    assert found.before.tolist() == [0, 1, 2, 3, 4]
    assert found.after.tolist() == [1, 2, 3, 4, 5]
    at = pd.Timestamp(0, unit="us", tz="UTC").to_pydatetime()
    for outside in (9, 24 * 4 + 19):
        time = es.EventTime(at + pd.Timedelta(hours=outside), at + pd.Timedelta(hours=outside))
        with pytest.raises(es.EventStudyError, match="outside the bars"):
            bracket_rows(prices, time)
    inside = es.EventTime(at + pd.Timedelta(hours=10), at + pd.Timedelta(hours=10))
    assert bracket_rows(prices, inside) == (0, 1)
    assert instants_of([inside]).tolist() == [[closes[0], closes[0]]]
