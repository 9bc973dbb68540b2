"""Small studies whose statistics are worked out by hand: every row of TESTS, called as a user calls it.

Three instruments A, B, C, an event on each on the same day, and a mean estimated on four bars. In percent:

        estimation bars     event bars (tau = 0, 1)
    A     1  -1   1  -1       2   1
    B     1   1  -1  -1       1   2
    C     2  -2   2  -2       6  -3

Every estimation mean is 0, so abnormal returns are returns. Residual variances over M - 1 = 3: 4/3, 4/3, 16/3. The
variance of a CAR over L bars is s^2 (L + L^2/4), so 5/3, 5/3, 20/3 on [0, 0], and SCAR = sqrt(0.6) (2, 1, 3).
Residuals of A and C correlate with 1, those of B with neither: the mean over pairs is 1/3.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import eventstudy as es
from eventstudy.inference.evidence import _tails

ROWS = {
    "A": [1, -1, 1, -1, 2, 1],
    "B": [1, 1, -1, -1, 1, 2],
    "C": [2, -2, 2, -2, 6, -3],
}
DAY = (0, 0)
TWO = (0, 1)


def frame_of(rows: dict[str, list[float]]) -> pd.DataFrame:
    """Returns in percent as decimals, on consecutive business days."""
    index = pd.bdate_range("2020-01-01", periods=len(next(iter(rows.values())))).tz_localize("UTC")
    return pd.DataFrame({name: np.array(row) / 100 for name, row in rows.items()}, index=index + pd.Timedelta(hours=16))


def study(tests: tuple[str, ...], rows: dict[str, list[float]] | None = None, **settings: object) -> es.StudyResult:
    frame = frame_of(rows or ROWS)
    names = [name for name in frame.columns if name != "M"]
    time = frame.index[4] - pd.Timedelta(hours=1)
    events = pd.DataFrame({"id": names, "instrument": names, "time": [time] * len(names)})
    asked: dict[str, object] = {
        "model": "constant_mean",
        "estimation": (-4, -1),
        "event": (0, 1),
        "windows": (DAY, TWO),
        "min_observations": 2,
        "tests": tests,
    }
    spec = es.StudySpec(**(asked | settings))  # type: ignore[arg-type]
    return es.run_study(spec, events, frame, market="M" if "M" in frame else None)


def value(test: str, window: tuple[int, int] = DAY, **settings: object) -> float:
    result = study((test,), **settings)
    return float(next(f for f in result.findings(test) if (f.window.start, f.window.stop) == window).statistic[0])


def finding(test: str, **settings: object):  # type: ignore[no-untyped-def]
    return study((test,), **settings).findings(test)[0]


def test_time_series_t_of_each_event() -> None:
    found = finding("time_series_t")
    assert np.abs(found.statistic - sqrt(0.6) * np.array([2, 1, 3])).max() < 1e-12
    assert found.df.tolist() == [3, 3, 3]
    assert np.abs(found.se - np.sqrt([5 / 3, 5 / 3, 20 / 3]) / 100).max() < 1e-14
    assert np.abs(found.pvalue - 2 * stats.t.sf(found.statistic, 3)).max() < 1e-14
    # Without the error of the estimated mean the variances are 4/3, 4/3, 16/3.
    bare = finding("time_series_t", test_options={"time_series_t": {"forecast_error": False}})
    assert np.abs(bare.statistic - np.array([2, 1, 3]) / sqrt(4 / 3)).max() < 1e-12


# test -> (window, statistic, degrees of freedom or None)
BY_HAND: dict[str, tuple[tuple[int, int], float, float | None]] = {
    # CARs 2, 1, 6: mean 3, squares 1 + 4 + 9 = 14 over 2: sd sqrt 7.
    "cross_sectional_t": (DAY, 3 * sqrt(3) / sqrt(7), 2),
    # sum of s^2 L = 8: 3 / (sqrt 8 / 3).
    "brown_warner_1980": (DAY, 9 / sqrt(8), 3),
    # Mean residuals (4, -2, 2, -4)/3: squares 40/9 over 3.
    "brown_warner_1985": (TWO, 3 / sqrt(40 / 27 * 2), 3),
    # sum SCAR = 6 sqrt 0.6; df/(df - 2) = 3 for each.
    "patell": (DAY, 2 * sqrt(0.6), None),
    # ... over sqrt(1 + 2/3).
    "kp_patell": (DAY, 1.2, None),
    # SCARs in the ratio 2 : 1 : 3 have mean 2 and sd 1.
    "bmp": (DAY, 2 * sqrt(3), 2),
    "kp_bmp": (DAY, 2 * sqrt(3) * sqrt((2 / 3) / (5 / 3)), 2),
    # No instrument has two events, so no estimation returns are shared.
    "overlap_bmp": (DAY, 2 * sqrt(3) * sqrt((2 / 3) / (5 / 3)), 2),
    # The cross-sectional t with the same correction.
    "overlap_t": (DAY, 3 * sqrt(3) / sqrt(7) * sqrt((2 / 3) / (5 / 3)), 2),
    # Pseudo-values of theta = 2 with theta_(i) = sqrt 2, 5/sqrt 2, 3/sqrt 2: 3.17157, -1.07107, 1.75736.
    "jackknife_t": (DAY, 1.285955 / (2.160247 / sqrt(3)), 2),
    # Ranks less 3.5, summed: 2, -2.5, -0.5, -5 | 5.5, 0.5; squares 66: Z = 6 / (sqrt 2 sqrt(66/6)).
    "corrado_rank": (TWO, 6 / sqrt(22), None),
    # The same divided by n + 1 = 7 throughout.
    "campbell_wasley": (DAY, 5.5 / sqrt(11), None),
    # Signs about the medians 1, 1, 0: 1, -2, 0, -3 | 2, 0; squares 18.
    "corrado_sign": (TWO, 2 / (sqrt(2) * sqrt(3)), None),
    # SARs over their sd across events: tau 0 (2, 1, 3), tau 1 (0.55, 1.11, -0.83); residuals +-0.87. Ranks less 3.5,
    # summed: 2, -4, 0, -6 | 6.5, 1.5; squares 100.5.
    "corrado_zivney": (TWO, 8 / (sqrt(2) * sqrt(100.5 / 6)), None),
    # The CAR ranked with four residuals, less 3, summed: 1.5, -2.5, -0.5, -4.5 | 6; squares 65. Z = 6/sqrt 13, T = 5.
    "grank_t": (DAY, 1.5 * sqrt(3), 3),
    # U = 6/(6 * 3) = 1/3: (1/3) sqrt(12 * 3 * 6/4).
    "grank_z": (DAY, sqrt(6), None),
    # S = 3/sqrt 7, g = 6/7^1.5: sqrt 3 (S + g S^2/3 + g/18), and g^2 S^3/27 more.
    "johnson_t": (DAY, sqrt(3) * (3 / sqrt(7) + 6 / 7**1.5 * 9 / 7 / 3 + 6 / 7**1.5 / 18), None),
    "hall_t": (
        DAY,
        sqrt(3) * (3 / sqrt(7) + 6 / 7**1.5 * 9 / 21 + 6 / 7**1.5 / 18 + 36 / 343 * 27 / 7**1.5 / 27),
        None,
    ),
}


@pytest.mark.parametrize("test", BY_HAND)
def test_a_statistic_across_events_by_hand(test: str) -> None:
    window, expected, df = BY_HAND[test]
    result = study((test,))
    found = next(f for f in result.findings(test) if (f.window.start, f.window.stop) == window)
    assert abs(found.statistic[0] - expected) < 2e-6
    if df is None:
        assert found.distribution == "normal"
        assert abs(found.pvalue[0] - 2 * stats.norm.sf(expected)) < 1e-6
    else:
        assert found.df[0] == df
        assert abs(found.pvalue[0] - 2 * stats.t.sf(expected, df)) < 1e-6
    assert found.n_events == 3


def test_a_jackknife_that_leaves_equal_values_has_a_reason_and_no_warning() -> None:
    # On [0, 1] the SCARs are in the ratio 2 : 2 : 1; without the last the others are equal, and their t is infinite.
    found = study(("jackknife_t",)).findings("jackknife_t")[1]
    assert np.isnan(found.statistic[0])
    assert found.reasons[found.reason[0] - 1] == "the statistic is not a finite number for this sample"


def test_residuals_that_are_all_the_same_leave_no_test_across_events() -> None:
    rows = {name: [1, -1, 1, -1, at_event, 0] for name, at_event in {"A": 2.0, "B": 1.0, "C": 3.0}.items()}
    found = finding("kp_bmp", rows=rows)
    assert found[0].reason == "the residuals of all events are the same up to scale: their CARs count as one"
    assert np.isnan(found.pvalue[0])


def test_the_standard_error_reported_is_that_of_the_statistic() -> None:
    for test in ("cross_sectional_t", "brown_warner_1980", "brown_warner_1985"):
        found = finding(test)
        assert abs(found.estimate[0] / found.se[0] - found.statistic[0]) < 1e-12
        assert abs(found.estimate[0] - 0.03) < 1e-15


def test_brown_and_warner_with_the_forecast_error() -> None:
    # Variances 5/3 + 5/3 + 20/3 = 10.
    options = {"brown_warner_1980": {"forecast_error": True}}
    assert abs(value("brown_warner_1980", test_options=options) - 9 / sqrt(10)) < 1e-12


def test_campbell_and_wasley_where_an_event_misses_a_bar() -> None:
    # A without its first bar: ranks 1.5, 3.5, 1.5 | 5, 3.5 of 5, less 3, over 6; B and C as before over 7.
    rows = ROWS | {"A": [float("nan"), *ROWS["A"][1:]]}
    a = [Fraction(v, 12) for v in (-3, 1, -3, 4, 1)]
    b = [Fraction(v, 14) for v in (1, 1, -4, -4, 1, 5)]
    c = [Fraction(v, 14) for v in (2, -2, 2, -2, 5, -5)]
    total = [b[0] + c[0], *(a[t - 1] + b[t] + c[t] for t in range(1, 6))]
    mean = [float(s) / n for s, n in zip(total, (2, 3, 3, 3, 3, 3), strict=True)]
    S = sqrt(sum(u**2 for u in mean) / 6)
    assert abs(value("campbell_wasley", rows=rows) - mean[4] / S) < 1e-12
    # Corrado and Zivney's power of N_t is one half: the sign test divides by sqrt 2 on the bar that two events have.
    # Signs: A without its first bar has the median 1: -, 0, - | +, 0; so sums 1, -2, 0, -3 | 2, 0 as with it.
    u = [1 / sqrt(2), *(s / sqrt(3) for s in (-2, 0, -3, 2, 0))]
    S = sqrt(sum(x**2 for x in u) / 6)
    assert abs(value("corrado_sign", rows=rows) - u[4] / S) < 1e-12


def test_corrado_and_zivney_where_an_event_misses_a_bar() -> None:
    # A without its first bar: mean 0, s^2 = 1 on three bars, so a cell has the variance 4/3; B and C as before. Bars
    # with two values are divided by sqrt 2, the others by sqrt 3.
    rows = ROWS | {"A": [float("nan"), -1, 0, 1, 2, 1]}
    residuals = [[-1, 0, 1], np.array([1, 1, -1, -1]) / sqrt(4 / 3), np.array([2, -2, 2, -2]) / sqrt(16 / 3)]
    sar = np.array([[2, 1], [1, 2], [6, -3]]) / np.sqrt([[4 / 3], [5 / 3], [20 / 3]])
    sar /= sar.std(axis=0, ddof=1)
    total = np.zeros(6)
    for e, events in zip(residuals, sar, strict=True):
        values = [*e, *events]
        total[6 - len(values) :] += stats.rankdata(values) / (len(values) + 1) - 0.5
    u = total / np.sqrt([2, 3, 3, 3, 3, 3])
    assert abs(value("corrado_zivney", rows=rows) - u[4] / sqrt(np.mean(u**2))) < 1e-12


def test_a_bar_that_no_event_has_is_not_counted_by_the_generalized_rank_tests() -> None:
    # Three residuals and the largest CAR of each, ranked and less 2.5: -1, 0.5, -1 | 1.5 for A and C, 0.5, -1, -1 | 1.5
    # for B. Means -0.5, 0, -1 | 1.5 on T = 4 bars, not 5: S^2 = 3.5/4, Z^2 = 2.25/0.875, t = Z sqrt(2 / (3 - Z^2)).
    gap = float("nan")
    rows = {"A": [gap, -1, 1, -1, 2, 1], "B": [gap, 1, -1, -1, 2, 2], "C": [gap, -2, 2, -2, 6, -3]}
    assert abs(value("grank_t", rows=rows, missing="return") - 2 * sqrt(3)) < 1e-12
    # Mean rank 1.5/5 of three events: 0.3 sqrt(12 * 3 * 5/3).
    assert abs(value("grank_z", rows=rows, missing="return") - 0.3 * sqrt(60)) < 1e-12


def test_the_generalized_sign_counts_against_each_events_own_fraction() -> None:
    # Residuals of the zero model: A two of four positive, B three, C one: p = 1/2 on average; with B's 3/4 twice 2/3.
    rows = {"A": [1, -1, 2, -2, 1, 0], "B": [1, 2, 3, -1, 1, 0], "C": [4, 2, 1, -3, -1, 0]}
    p = (2 / 4 + 3 / 4 + 3 / 4) / 3
    expected = (2 - 3 * p) / sqrt(3 * p * (1 - p))
    assert abs(value("generalized_sign", rows=rows, model="zero") - expected) < 1e-12
    # The sign test against one half: (2 - 1.5) / sqrt 0.75.
    assert abs(value("sign", rows=rows, model="zero") - 0.5 / sqrt(0.75)) < 1e-12


def test_the_sign_of_three_positive_cars() -> None:
    # Z = (3 - 1.5)/sqrt(3/4); of eight sign patterns one has three positive ones: 1/8 in the upper tail.
    found = finding("sign")
    assert abs(found.statistic[0] - sqrt(3)) < 1e-12
    assert (found.pvalue[0], found.note) == (0.25, "exact binomial distribution, N = 3")
    assert finding("sign", alternative="greater").pvalue[0] == 0.125
    assert finding("sign", alternative="less").pvalue[0] == 1.0


def of_returns(test: str, returns: list[float]):  # type: ignore[no-untyped-def]
    """The test of events whose CARs are the returns, in percent."""
    rows = {f"E{i:03d}": [1.0, -1.0, 1.0, -1.0, r, 0.0] for i, r in enumerate(returns)}
    return study((test,), rows=rows, model="zero").findings(test)[0]


def test_published_data_of_few_events_have_exact_p_values() -> None:
    # Darwin's maize (Fisher 1935): 13 of 15 differences positive, 2 P(W >= 13) = 2 (105 + 15 + 1)/2^15; V = 96.
    maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert abs(of_returns("sign", maize).pvalue[0] - 2 * 121 / 2**15) < 1e-15
    found = of_returns("wilcoxon", maize)
    assert (found.statistic[0], round(found.pvalue[0], 5)) == (96, 0.04126)
    assert found.note == "exact distribution, N = 15"
    # Student's sleep data: one zero, two ties, nine positive: only one of 2^9 sign patterns is as large.
    sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    found = of_returns("wilcoxon", sleep)
    assert found.pvalue[0] == 2 / 512
    assert found.note == "exact distribution given the tied ranks, N = 9"
    assert of_returns("sign", sleep).pvalue[0] == 2 * 11 / 2**10  # nine of ten: a zero is not positive


def test_many_events_have_normal_p_values_and_the_note_says_so() -> None:
    returns = np.random.default_rng(5).normal(0.3, 1, 60)
    returns[1] = returns[0]
    found = of_returns("wilcoxon", returns.tolist())
    other = stats.wilcoxon(returns, correction=False, method="asymptotic")
    assert abs(found.pvalue[0] - other.pvalue) < 1e-9
    assert found.note == "normal approximation with tie correction, N = 60"
    found, w = of_returns("sign", returns.tolist()), int((returns > 0).sum())
    assert abs(found.pvalue[0] - 2 * stats.norm.sf(abs(w - 30) / sqrt(15))) < 1e-12
    assert found.note == "normal approximation, N = 60"
    assert found.to_frame()["note"][0] == found[0].note == found.note


def test_wilcoxon_of_three_positive_cars() -> None:
    # W+ = 6 of eight sign patterns: 1/8 in the upper tail.
    found = finding("wilcoxon")
    assert (found.statistic[0], found.pvalue[0]) == (6, 0.25)
    assert finding("wilcoxon", alternative="greater").pvalue[0] == 0.125
    assert finding("wilcoxon", alternative="less").pvalue[0] == 1.0


def test_lamb_has_the_forecast_error_of_the_market_model() -> None:
    # Market -1, 1, -1, 1 | 2, 0: mean 0, SSx = 4. A = M + (1, 1, -1, -1), B = -M + (1, -1, -1, 1)... residuals that the
    # market does not see. Variance over s^2 on [0, 0]: 1 + 1/4 + 2^2/4 = 2.25.
    market = np.array([-1, 1, -1, 1, 2, 0.0])
    ea, eb = np.array([1, 1, -1, -1, 3, 1.0]), np.array([2, -2, -2, 2, 1, 1.0])
    rows = {"A": (market + ea).tolist(), "B": (2 * market + eb).tolist(), "M": market.tolist()}
    # Mean residuals (3, -1, -3, 1)/2: squares 5, over 3. CARs are 3 and 1.
    S = sqrt(5 / 3)
    settings = {"rows": rows, "model": "market", "min_observations": 3}
    assert abs(value("lamb", **settings) - 2 / (S * sqrt(2.25))) < 1e-12
    # [0, 1]: L = 2, sum x = 2: 2 + 4/4 + 4/4 = 4; CARs 4 and 2.
    assert abs(value("lamb", TWO, **settings) - 3 / (S * 2)) < 1e-12
    # One event alone: beta 1, s^2 = 4/2 with M - 2 = 2: t = 3/sqrt(2 * 2.25) ~ t(2).
    found = finding("time_series_t", **settings)
    assert abs(found.statistic[0] - 3 / sqrt(2 * 2.25)) < 1e-12
    assert found.df[0] == 2


@pytest.mark.parametrize("standardize", [False, True])
def test_calendar_time_by_hand(standardize: bool) -> None:
    # A has its event on bar 4, B on bar 5; windows [0, 1]. The portfolio holds A on bar 4, both on 5, B on 6: returns
    # 2, (4 + 1)/2, 5. Cell variances are 1.25 s^2 with s^2 = 4/3 and 16/3; on bar 5 a quarter of their sum.
    rows = {"A": [1, -1, 1, -1, 2, 4, 0], "B": [0, 2, -2, 2, -2, 1, 5]}
    frame = frame_of(rows)
    times = [frame.index[bar] - pd.Timedelta(hours=1) for bar in (4, 5)]
    events = pd.DataFrame({"id": ["a", "b"], "instrument": ["A", "B"], "time": times})
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-4, -1),
        event=(0, 1),
        windows=(TWO,),
        min_observations=2,
        tests=("calendar_time",),
        test_options={"calendar_time": {"standardize": standardize}},
    )
    found = es.run_study(spec, events, frame).findings("calendar_time")[0]
    portfolio = np.array([2, 2.5, 5])
    if standardize:
        portfolio = portfolio / np.sqrt([5 / 3, (5 / 3 + 20 / 3) / 4, 20 / 3])
    assert abs(found.statistic[0] - portfolio.mean() / (portfolio.std(ddof=1) / sqrt(3))) < 1e-12
    assert found.df[0] == 2


def strong(n: int = 24) -> es.StudyResult:
    """Events whose CARs are all near one percent: no resample comes near the sample's t."""
    rng = np.random.default_rng(3)
    index = pd.bdate_range("2020-01-01", periods=60).tz_localize("UTC") + pd.Timedelta(hours=16)
    frame = pd.DataFrame(rng.normal(0, 0.002, (60, n)), index, [f"S{i:02d}" for i in range(n)])
    frame.iloc[50] = 0.01 + rng.normal(0, 0.0005, n)
    time = frame.index[50] - pd.Timedelta(hours=1)
    events = pd.DataFrame({"id": list(frame.columns), "instrument": list(frame.columns), "time": [time] * n})
    spec = es.StudySpec(
        model="zero",
        estimation=(-30, -1),
        event=(0, 0),
        tests=("wild_bootstrap", "bootstrap_t", "placebo_refit", "sample_quantile", "placebo"),
        test_options={
            "wild_bootstrap": {"draws": 99},
            "bootstrap_t": {"draws": 99},
            "placebo_refit": {"draws": 99},
        },
    )
    return es.run_study(spec, events, frame)


def test_no_resampled_p_value_is_zero() -> None:
    # Phipson and Smyth (2010): (1 + 0)/(1 + 99), of which a two-sided bootstrap t takes twice its smaller tail.
    result = strong()
    assert result.findings("wild_bootstrap")[0].pvalue[0] == 0.01
    assert result.findings("bootstrap_t")[0].pvalue[0] == 0.02
    # A study of one day takes each other date once: last closes 31 to 58 less the five around the event.
    assert result.findings("placebo_refit")[0].n[0] == 23
    assert result.findings("placebo_refit")[0].pvalue[0] == 1 / 24
    # Of 30 residuals none is as large: 1/31; of the 49 earlier returns none: 1/50.
    assert np.abs(result.findings("sample_quantile")[0].pvalue - 1 / 31).max() < 1e-15
    assert np.abs(result.findings("placebo")[0].pvalue - 1 / 50).max() < 1e-15


def test_the_generalized_sign_gives_every_event_one_fraction_whatever_its_bars() -> None:
    # A misses a bar: 1 of 3 residuals positive, B and C 3 of 4 each. The mean fraction is 11/18, the pooled one 7/11.
    rows = {"A": [float("nan"), -1, 2, -2, 1, 0], "B": [1, 2, 3, -1, 1, 0], "C": [4, 2, 1, -3, -1, 0]}
    p = 11 / 18
    expected = (2 - 3 * p) / sqrt(3 * p * (1 - p))
    assert abs(value("generalized_sign", rows=rows, model="zero", missing="return") - expected) < 1e-12


def test_sums_as_large_as_the_car_count_on_their_side() -> None:
    # Of 1, -2, 2, -1 two are at least 2 in size, one is at least 2, all four are at most 2; of sums of two (-1, 0, 1)
    # two are at least 1 in size, one is at least 1, three are at most 1.
    e = np.array([[1.0, -2, 2, -1]])
    assert _tails(e, np.array([2.0]), 1).tolist() == [[4, 2, 1, 4]]
    assert _tails(e, np.array([1.0]), 2).tolist() == [[3, 2, 1, 3]]


def test_the_pre_trend_has_the_forecast_error_of_the_mean() -> None:
    # Eight estimation returns of +-1: mean 0, s^2 = 8/7. Two bars before the event of 2 and 1: variance s^2 (2 + 4/8).
    # Lagged products add up to 7, 6, 5, 4, 3 with changing sign: r_k = (8 - k)/8, Q = 8 * 10 * sum (8 - k)/64 = 31.25.
    rows = {name: [1, -1] * 4 + [2, 1, 5, 0] for name in ("A", "B")}
    frame = frame_of(rows)
    time = frame.index[10] - pd.Timedelta(hours=1)
    events = pd.DataFrame({"id": ["a", "b"], "instrument": ["A", "B"], "time": [time] * 2})
    spec = es.StudySpec(
        model="constant_mean", estimation=(-10, -3), event=(-2, 1), min_observations=2, diagnostics="on"
    )
    found = es.run_study(spec, events, frame).to_frame("diagnostics").iloc[0]
    assert abs(found["pre_trend_t"] - 3 / sqrt(8 / 7 * 2.5)) < 1e-12
    assert abs(found["autocorrelation"] + 7 / 8) < 1e-12
    assert abs(found["autocorrelation_p"] - stats.chi2.sf(31.25, 5)) < 1e-12
    # Two equally likely values: skewness 0, kurtosis 1, so Jarque and Bera's 8 (-2)^2/24 = 4/3.
    assert abs(found["normality_p"] - stats.chi2.sf(4 / 3, 2)) < 1e-12
