"""Numbers of the response worked out by hand where one bar, one minute or one end would change them."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from eventstudy.response.jumps import lee_mykland
from eventstudy.response.price_rules import median_rule
from eventstudy.response.shape_estimates import shape_estimates
from tests.response.test_shape import after

MINUTE = 60_000_000


def test_lee_and_mykland_take_the_pairs_before_the_bar_that_is_tested() -> None:
    # |r| = 1, 2, 3, 4, 10, 5: products of neighbors 2, 6, 12, 40, 50. K = 5: three products before each bar.
    found = lee_mykland(np.array([1.0, -2.0, 3.0, 4.0, -10.0, 5.0]), 5).statistic
    assert np.isnan(found[:4]).all()
    assert abs(found[4] - 10 / sqrt((2 + 6 + 12) / 3)) < 1e-12
    assert abs(found[5] - 5 / sqrt((6 + 12 + 40) / 3)) < 1e-12


def test_the_median_rule_takes_five_to_fifteen_minutes_before_and_fifteen_to_twenty_five_after() -> None:
    minutes = np.array([-15, -10, -8, -6, -5, -4, 0, 14, 15, 16, 18, 20, 22, 24, 25])
    prices = np.array([1.0, 100, 101, 102, 103, 500, 500, 500, 109, 110, 111, 112, 113, 114, 1])
    # Before: 100 to 103, median 101.5; after: 109 to 114, median 111.5.
    assert abs(median_rule(minutes * MINUTE, prices, 0) - log(111.5 / 101.5)) < 1e-12


def test_the_ends_of_a_reversal_stand_in_order_about_it() -> None:
    # From 12 at minute 3 to 8 at minute 6: a third of the first move is lost.
    shape = after([0.001, 0.006, 0.012, 0.011, 0.009, 0.008], noise=0.0002)
    found = next(e for e in shape_estimates(shape) if e.name == "reversal")
    assert abs(found.value - 1 / 3) < 1e-12
    assert found.low < found.value < found.high
    assert found.low > 0
    assert found.high < 1
