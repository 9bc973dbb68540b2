"""What other programs of this kind get wrong, each as a test that would fail here if we did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.windows import Window
from eventstudy.errors import DataError, UsageError
from eventstudy.inference.compat import COMPAT
from eventstudy.inference.table import TESTS
from tests.study.made import daily_frame, events_at, intraday

MEAN = {"model": "constant_mean", "estimation": (-60, -6), "event": (-2, 2)}


def test_one_asset_with_three_events_gives_three() -> None:
    # sipemu/eventstudy#7: a join by asset instead of event inflates n.
    frame = daily_frame(400, 1)
    spec = es.StudySpec(**MEAN, tests=("cross_sectional_t", "patell"))
    result = es.run_study(spec, events_at(frame, [("A0", 100), ("A0", 200), ("A0", 300)]), frame)
    assert {f.test: f.n_events for f in result.significances.findings} == {
        "cross_sectional_t": 3,
        "patell": 3,
        "bmp": 3,
    }


def test_two_events_on_one_asset_are_two_regressions() -> None:
    # event-study-toolkit pools both windows into one regression.
    frame = daily_frame(400, 1)
    spec = es.StudySpec(**MEAN)
    fit = es.run_study(spec, events_at(frame, [("A0", 100), ("A0", 300)]), frame).abnormal.fit
    means = [frame["A0"].iloc[row - 60 : row - 5].mean() for row in (100, 300)]
    assert np.abs(fit.coef[:, 0] - means).max() < 1e-17
    assert fit.n.tolist() == [55, 55]


def test_the_variance_of_a_window_holds_the_error_of_its_common_mean() -> None:
    # Vibe-Trading#1466: summing daily variances gives s2 (L + L/M) where s2 (L + L^2/M) is right.
    frame = daily_frame(400, 1)
    abnormal = es.run_study(es.StudySpec(**MEAN), events_at(frame, [("A0", 200)]), frame).abnormal
    s2 = abnormal.fit.sigma2[0]
    assert abs(abnormal.window_variance(Window(-2, 2))[0] - s2 * (5 + 25 / 55)) < 1e-18
    assert abs(abnormal.variance()[0].sum() - s2 * (5 + 5 / 55)) < 1e-18


def test_car_over_its_standard_error_has_variance_one() -> None:
    # The same defect, seen from outside: n = 120, L = 11, Var(z) in [0.95, 1.05]; the wrong variance gives 1.11.
    frame = daily_frame(140, 6_000, seed=8)
    spec = es.StudySpec(model="constant_mean", estimation=(-120, -1), event=(0, 10), tests=("time_series_t",))
    events = events_at(frame, [(column, 125) for column in frame.columns])
    z = es.run_study(spec, events, frame).findings("time_series_t")[0].statistic
    # t(119) has variance 119/117.
    assert 0.95 <= z.var() * 117 / 119 <= 1.05


def test_residual_variance_never_sees_the_event_window() -> None:
    # LemaireJB/eventstudy#20.
    frame = daily_frame(400, 1)
    events = events_at(frame, [("A0", 200)])
    plain = es.run_study(es.StudySpec(**MEAN), events, frame).abnormal.fit
    frame.iloc[198:203] += 5.0
    assert es.run_study(es.StudySpec(**MEAN), events, frame).abnormal.fit == plain


def test_a_missing_return_is_never_zero_and_sums_are_never_rescaled() -> None:
    frame = daily_frame(400, 2)
    frame.iloc[201, 0] = np.nan
    spec = es.StudySpec(**MEAN, windows=((-2, 2), (-2, -1)), tests=("cross_sectional_t",), missing="return")
    result = es.run_study(spec, events_at(frame, [("A0", 200), ("A1", 200)]), frame)
    car = result.to_frame("car")
    assert car["car"].isna().tolist() == [True, False, False, False]
    assert result.ledger[0].outcome == "used"
    assert "1 return of the event window missing" in result.ledger[0].reason
    assert result.to_frame("aar")["n_events"].tolist() == [2, 2, 2, 1, 2]


def test_a_zero_last_return_is_kept() -> None:
    # ffjr trims trailing zeros and shifts the market against the share.
    frame = daily_frame(120, 1, seed=3)
    frame["M"] = frame["A0"].shift(0) * 0.5 + daily_frame(120, 1, seed=4)["A0"]
    events = events_at(frame, [("A0", 100)])
    spec = es.StudySpec(model="market", estimation=(-60, -1), event=(0, 0))
    moved = frame.copy()
    moved.iloc[99, 0] = 0.0
    fit = es.run_study(spec, events, moved, market="M").abnormal.fit
    y, x = moved["A0"].iloc[40:100], moved["M"].iloc[40:100]
    assert fit.n[0] == 60
    assert abs(fit.coef[0, 1] - np.cov(y, x)[0, 1] / x.var()) < 1e-12


def test_windows_count_observations_never_calendar_days() -> None:
    frame = daily_frame(400, 1)
    assert (frame.index[60] - frame.index[0]).days > 80
    assert es.run_study(es.StudySpec(**MEAN), events_at(frame, [("A0", 200)]), frame).abnormal.fit.n[0] == 55


def test_an_event_on_a_closed_day_takes_the_next_close_and_its_windows_move_with_it() -> None:
    # Friday's close is the last price before, Monday's the first after; tau = -1 ends on Friday.
    frame = daily_frame(60, 1)
    friday = next(i for i in range(30, 60) if frame.index[i].weekday() == 4)
    saturday = frame.index[friday] + pd.Timedelta(days=1)
    events = pd.DataFrame({"instrument": ["A0"], "time": [saturday]})
    abnormal = es.run_study(es.StudySpec(event=(-1, 0)), events, frame).abnormal
    assert np.array_equal(abnormal.ar[0], frame["A0"].iloc[[friday, friday + 1]].to_numpy())


def test_rank_tests_give_each_day_its_own_value_and_means_are_cumulated_once() -> None:
    # sipemu returns the first day's value for all; the wrds port cumulates twice.
    frame = daily_frame(200, 20, seed=9)
    frame.iloc[152] += 0.03
    spec = es.StudySpec(**MEAN, windows=tuple((t, t) for t in range(-2, 3)), tests=("corrado_rank",))
    result = es.run_study(spec, events_at(frame, [(c, 150) for c in frame.columns]), frame)
    z = [f.statistic[0] for f in result.findings("corrado_rank")]
    assert len(set(z)) == 5
    assert z[4] == max(z)
    assert z[4] > 3
    aar = result.to_frame("aar")
    assert np.abs(np.cumsum(aar["aar"]) - aar["caar"]).max() < 1e-16


def test_the_mean_correlation_stands_on_calendar_time() -> None:
    # Two series, the same but for sign, events 5 bars apart: aligned on calendar time they correlate at -1; by relative
    # index they would look unrelated. Event windows of ten bars share five of them, which weighs the pair by one half.
    frame = daily_frame(200, 1, seed=10)
    frame["B"] = -frame["A0"]
    spec = es.StudySpec(model="zero", estimation=(-50, -1), event=(0, 9), tests=("kp_patell",))
    same = es.run_study(spec, events_at(frame, [("A0", 100), ("B", 100)]), frame).findings("kp_patell")[0]
    assert "below -1/(N - 1)" in same.reasons[0]
    apart = es.run_study(spec, events_at(frame, [("A0", 100), ("B", 105)]), frame).findings("kp_patell")[0]
    plain = es.run_study(
        spec.model_copy(update={"tests": ("patell",)}), events_at(frame, [("A0", 100), ("B", 105)]), frame
    )
    r = (plain.findings("patell")[0].statistic[0] / apart.statistic[0]) ** 2 - 1
    assert -0.53 < r < -0.47


def test_buy_and_hold_compounds_simple_returns() -> None:
    # Logs of +10 % and -5 %: held 1.1 * 0.95 - 1 = 4.5 %, nothing expected.
    series = intraday("X", {100: [0.0, 0.0, np.log(1.1), np.log(0.95), 0.0]})
    time = pd.Timestamp(100, unit="D", tz="UTC") + pd.Timedelta(minutes=615)
    events = pd.DataFrame({"instrument": ["X"], "time": [time]})
    spec = es.StudySpec(event=(0, 1), measure="bhar", tests=("cross_sectional_t",))
    result = es.run_study(spec, events, series)
    assert abs(result.to_frame("car")["bhar"][0] - 0.045) < 1e-15
    simple = es.run_study(spec.model_copy(update={"returns": "simple"}), events, series)
    assert abs(simple.to_frame("car")["bhar"][0] - 0.045) < 1e-15
    assert abs(simple.to_frame("car")["car"][0] - 0.05) < 1e-15


@pytest.mark.parametrize("model", ["market_adjusted", "capm", "market", "constant_mean", "zero"])
@pytest.mark.parametrize("kind", ["log", "simple"])
def test_buy_and_hold_compares_with_holding_what_the_model_expects(model: str, kind: str) -> None:
    # The benchmark is held too: prod(1 + R) - prod(1 + E[R]), with E[R] = Rm for the market-adjusted model and
    # rf + a + b (Rm - rf) for the CAPM; compounding R - Rm as if it were a return is another number.
    frame = daily_frame(200, 1, seed=31).assign(M=daily_frame(200, 1, seed=32)["A0"], rf=1e-3)
    needs = {"market_adjusted": {"market": "M"}, "market": {"market": "M"}, "capm": {"market": "M", "factors": "rf"}}
    spec = es.StudySpec(model=model, estimation=(-100, -5), event=(0, 3), returns=kind)  # type: ignore[arg-type]
    result = es.run_study(spec, events_at(frame, [("A0", 150)]), frame, **needs.get(model, {}))  # type: ignore[arg-type]
    y, x = (frame[c].iloc[150:154].to_numpy() for c in ("A0", "M"))
    learn_y, learn_x = (frame[c].iloc[50:146].to_numpy() for c in ("A0", "M"))
    slope, intercept = np.polyfit(learn_x, learn_y, 1)
    free_slope, free_intercept = np.polyfit(learn_x - 1e-3, learn_y - 1e-3, 1)
    expected = {
        "market_adjusted": x,
        "market": intercept + slope * x,
        "capm": 1e-3 + free_intercept + free_slope * (x - 1e-3),
        "constant_mean": np.full(4, learn_y.mean()),
        "zero": np.zeros(4),
    }[model]
    held = [np.expm1(r.sum()) if kind == "log" else np.prod(1 + r) - 1 for r in (y, expected)]
    assert abs(result.to_frame("car")["bhar"][0] - (held[0] - held[1])) < 1e-14
    abhar = result.to_frame("aar")["abhar"]
    assert abs(abhar.iloc[-1] - (held[0] - held[1])) < 1e-14
    assert (
        abs(abhar.iloc[0] - (np.expm1(y[0]) - np.expm1(expected[0]) if kind == "log" else y[0] - expected[0])) < 1e-14
    )


def test_buy_and_hold_returns_reach_only_tests_that_can_judge_them() -> None:
    frame = daily_frame(200, 6, seed=33)
    tests = tuple(TESTS)
    spec = es.StudySpec(
        **MEAN, measure="bhar", returns="log", tests=tests, test_options={"placebo_refit": {"draws": 20}}
    )
    result = es.run_study(spec, events_at(frame, [(c, 150) for c in frame.columns]), frame)
    for name in tests:
        found = result.findings(name)[0]
        assert np.isfinite(found.pvalue).all() == TESTS[name].buy_and_hold, name
        assert TESTS[name].buy_and_hold or "cross_sectional_t" in found[0].reason


def test_a_market_adjusted_placebo_day_has_the_market_taken_out() -> None:
    # A share that is the market to the last digit: nothing abnormal on the event day and nothing on any other.
    frame = daily_frame(200, 1, seed=34).assign(M=lambda f: f["A0"])
    frame["A0"] += 1e-6 * daily_frame(200, 1, seed=35)["A0"]
    spec = es.StudySpec(model="market_adjusted", estimation=(-100, -5), event=(0, 3), tests=("placebo",))
    found = es.run_study(spec, events_at(frame, [("A0", 150)]), frame, market="M").findings("placebo")[0]
    assert found.se[0] < 1e-7


def test_overlapping_windows_are_told_and_treated_as_stated() -> None:
    frame = daily_frame(300, 1)
    events = events_at(frame, [("A0", 200), ("A0", 203), ("A0", 250)])
    used = {}
    for choice in ("keep", "drop_later", "merge", "exclude_from_estimation"):
        result = es.run_study(es.StudySpec(**MEAN, overlaps=choice), events, frame)  # type: ignore[arg-type]
        used[choice] = result
        assert any(n.code == "ES-OVERLAP" for n in result.notices)
    assert [len(r.abnormal) for r in used.values()] == [3, 2, 2, 3]
    assert used["drop_later"].ledger[1].outcome == "overlap"
    assert used["merge"].abnormal.n_bars[0].tolist() == [1, 1, 4, 1, 1]
    # The third event learns from rows 190 to 244; rows 198 to 205 belong to the windows of the first two.
    assert used["keep"].abnormal.fit.n.tolist() == [55, 55, 55]
    assert used["exclude_from_estimation"].abnormal.fit.n.tolist() == [55, 55, 47]


def test_windows_may_be_given_in_minutes_and_must_be_whole_bars() -> None:
    series = intraday("X", {d: [0.01 * i for i in range(12)] for d in range(100, 130)})
    time = pd.Timestamp(120, unit="D", tz="UTC") + pd.Timedelta(minutes=655)
    events = pd.DataFrame({"instrument": ["X"], "time": [time]})
    spec = es.StudySpec(event=(-20, 30), windows=((0, 30),), clock="minutes")
    result = es.run_study(spec, events, series)
    assert result.abnormal.tau.tolist() == [-2, -1, 0, 1, 2, 3]
    assert result.to_frame("car")["stop"].tolist() == [3]
    with pytest.raises(UsageError, match="multiple of the bar length"):
        es.run_study(es.StudySpec(event=(-15, 30), clock="minutes"), events, series)


def test_a_long_frame_is_the_wide_frame() -> None:
    frame = daily_frame(120, 3)
    frame.iloc[50, 1] = np.nan
    long = frame.rename_axis("time").reset_index().melt(id_vars="time", var_name="instrument", value_name="return")
    events = events_at(frame, [("A0", 100), ("A2", 90)])
    spec = es.StudySpec(**MEAN)
    shuffled = long.sample(frac=1, random_state=1)
    assert es.run_study(spec, events, shuffled) == es.run_study(spec, events, frame)
    with pytest.raises(DataError, match="again"):
        es.run_study(spec, events, pd.concat([long, long.iloc[:1]]))
    with pytest.raises(DataError, match="no time"):
        es.run_study(spec, events, long.assign(time=long["time"].where(long.index != 7)))
    ordered = long.sort_values("time").astype({"instrument": "category"})
    assert es.run_study(spec, events, ordered) == es.run_study(spec, events, frame)


def test_diagnostics_find_what_was_planted() -> None:
    rng = np.random.default_rng(13)
    frame = daily_frame(400, 3, seed=13)
    frame["A1"] = rng.standard_t(3, 400) * 0.01
    ar = np.zeros(400)
    for t in range(1, 400):
        ar[t] = 0.5 * ar[t - 1] + rng.normal(0, 0.01)
    frame["A2"] = ar
    spec = es.StudySpec(model="constant_mean", estimation=(-300, -6), event=(-2, 2))
    table = es.run_study(spec, events_at(frame, [(f"A{i}", 350) for i in range(3)]), frame).to_frame("diagnostics")
    assert table["normality_p"][0] > 0.01
    assert table["normality_p"][1] < 1e-6
    assert table["autocorrelation_p"][2] < 1e-6
    assert abs(table["autocorrelation"][2] - 0.5) < 0.15


def test_diagnostics_agree_with_statsmodels() -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera

    frame = daily_frame(200, 1, seed=14)
    spec = es.StudySpec(model="constant_mean", estimation=(-100, -6), event=(0, 0))
    table = es.run_study(spec, events_at(frame, [("A0", 150)]), frame).to_frame("diagnostics")
    e = frame["A0"].iloc[50:145]
    assert abs(table["normality_p"][0] - jarque_bera(e)[1]) < 1e-12
    other = acorr_ljungbox(e - e.mean(), lags=[5])["lb_pvalue"].iloc[0]
    assert abs(table["autocorrelation_p"][0] - other) < 1e-12


def test_the_cross_section_finds_the_attribute_that_moves_cars() -> None:
    frame = daily_frame(200, 40, seed=15)
    size = np.linspace(-1, 1, 40)
    frame.iloc[150] += 0.02 * size
    events = events_at(frame, [(c, 150) for c in frame.columns]).assign(id=[f"e{i}" for i in range(40)])
    result = es.run_study(es.StudySpec(event=(0, 0)), events, frame)
    found = result.cross_section(pd.DataFrame({"size": size}, index=events["id"]))
    assert found.names == ("intercept", "size")
    assert abs(found.coef[1] - 0.02) < 3 * found.se[1]
    assert found.pvalue[1] < 1e-4
    with pytest.raises(DataError, match="attributes"):
        result.cross_section(pd.DataFrame({"size": [1.0]}, index=["e0"]))


@pytest.mark.parametrize("covariance", ["nonrobust", "HC0", "HC1", "HC2", "HC3", "clustered"])
def test_the_cross_section_has_the_errors_of_the_textbook(covariance: str) -> None:
    # White 1980, MacKinnon and White 1985, and Liang and Zeger's clusters, written out; not through statsmodels.
    frame = daily_frame(200, 30, seed=36)
    events = events_at(frame, [(c, 150) for c in frame.columns]).assign(id=[f"e{i}" for i in range(30)])
    result = es.run_study(es.StudySpec(event=(0, 0)), events, frame)
    size = np.random.default_rng(37).normal(0, 1, 30)
    group = np.repeat(np.arange(6), 5)
    how = {"clusters": group.tolist()} if covariance == "clustered" else {"covariance": covariance}
    found = result.cross_section(pd.DataFrame({"size": size}, index=events["id"]), **how)  # type: ignore[arg-type]
    X, y = np.column_stack([np.ones(30), size]), frame.iloc[150].to_numpy()
    bread = np.linalg.inv(X.T @ X)
    coef = bread @ X.T @ y
    e, h = y - X @ coef, np.einsum("ij,jk,ik->i", X, bread, X)
    weights = {
        "nonrobust": np.full(30, e @ e / 28), "HC0": e**2, "HC1": e**2 * 30 / 28, "HC2": e**2 / (1 - h),
        "HC3": e**2 / (1 - h) ** 2,
    }  # fmt: skip
    if covariance == "clustered":
        scores = np.stack([X[group == g].T @ e[group == g] for g in range(6)])
        meat = scores.T @ scores * 6 / 5 * 29 / 28
    else:
        meat = X.T @ (weights[covariance][:, None] * X)
    assert np.abs(found.coef - coef).max() < 1e-15
    assert np.abs(found.se - np.sqrt(np.diag(bread @ meat @ bread))).max() < 1e-15


def test_attributes_that_cannot_be_regressed_on_are_refused_in_a_sentence() -> None:
    frame = daily_frame(200, 8, seed=38)
    events = events_at(frame, [(c, 150) for c in frame.columns]).assign(id=[f"e{i}" for i in range(8)])
    result = es.run_study(es.StudySpec(event=(0, 0)), events, frame)
    size = np.arange(8.0)

    def on(**columns: object) -> None:
        result.cross_section(pd.DataFrame(columns, index=events["id"]))

    with pytest.raises(DataError, match="combination"):
        on(size=size, twice=2 * size)
    with pytest.raises(DataError, match="combination"):
        on(size=size, one=np.ones(8))
    with pytest.raises(DataError, match="words"):
        on(kind=list("abababab"))
    with pytest.raises(DataError, match="twice"):
        result.cross_section(pd.DataFrame({"size": size[[0, 0]]}, index=["e0", "e0"]))
    with pytest.raises(UsageError, match="HC0"):
        result.cross_section(pd.DataFrame({"size": size}, index=events["id"]), covariance="HC9")


def test_diagnostics_of_a_large_study_are_refused_not_empty_and_made_when_asked_for() -> None:
    frame = daily_frame(1_200, 100, seed=39)
    spec = es.StudySpec(model="constant_mean", estimation=(-1_050, -6), event=(0, 0))
    events = events_at(frame, [(c, 1_100) for c in frame.columns])
    with pytest.raises(UsageError, match="diagnostics = 'on'"):
        es.run_study(spec, events, frame).to_frame("diagnostics")
    asked, spared = (spec.model_copy(update={"diagnostics": choice}) for choice in ("on", "off"))
    found = es.run_study(asked, events, frame).to_frame("diagnostics")
    assert len(found) == 100
    # What one event alone has of its own accord, it has among a hundred.
    alone = es.run_study(spec, events.iloc[[70]], frame).to_frame("diagnostics")
    columns = ["skewness", "normality_p", "autocorrelation", "arch_p"]
    assert np.abs(found[columns].iloc[70] - alone[columns].iloc[0]).max() < 1e-12
    with pytest.raises(UsageError, match="diagnostics = 'on'"):
        es.run_study(spared, events.iloc[:2], frame).to_frame("diagnostics")


def test_the_time_series_t_of_other_programs_is_an_option() -> None:
    # Without the error of the estimated mean: CAR / (s sqrt L), as several packages have it.
    frame = daily_frame(400, 1, seed=40).assign(M=daily_frame(400, 1, seed=41)["A0"])
    events = events_at(frame, [("A0", 200)])
    found = {}
    for options in ({}, {"forecast_error": False}):
        spec = es.StudySpec(**(MEAN | {"model": "market"}), test_options={"time_series_t": options})
        result = es.run_study(spec, events, frame, market="M")
        found[tuple(options)] = result.findings("time_series_t")[0].statistic[0]
    fit, car = result.abnormal.fit, result.abnormal.car(Window(-2, 2))[0]
    s = np.sqrt(fit.sigma2[0])
    assert abs(found["forecast_error",] - car / (s * np.sqrt(5))) < 1e-13
    assert abs(found[()]) < abs(found["forecast_error",])


def test_an_option_that_means_nothing_is_refused_not_taken_for_the_default() -> None:
    frame = daily_frame(400, 1)
    events = events_at(frame, [("A0", 200)])
    for test, option, value in (
        ("placebo", "missing", "rescale"),
        ("generalized_sign", "zeros", "omit"),
        ("wild_bootstrap", "weights", "normal"),
        ("bootstrap_t", "adjustment", "johnsen"),
        ("placebo_refit", "path", "three_pass"),
    ):
        spec = es.StudySpec(**MEAN, tests=(test,), test_options={test: {option: value}})
        with pytest.raises(UsageError, match=option):
            es.run_study(spec, events, frame)


def test_zeros_left_out_of_the_count_are_left_out_of_the_share() -> None:
    # Residuals of the zero model: of 40 bars 10 up, 20 unmoved, 10 down. With zeros dropped p is one half: three of
    # three events up give (3 - 1.5) / sqrt(0.75) = sqrt 3. With zeros kept p = 1/4: (3 - 0.75) / sqrt(9/16) = 3.
    frame = daily_frame(60, 3)
    frame.iloc[:] = 0.01
    frame.iloc[5:45] = np.tile([0.01, 0.0, -0.01, 0.0], 10)[:, None]
    events = events_at(frame, [(c, 45) for c in frame.columns])
    for zeros, expected in (("drop", np.sqrt(3)), ("keep", 3.0)):
        spec = es.StudySpec(
            model="zero",
            estimation=(-40, -1),
            tests=("generalized_sign",),
            test_options={"generalized_sign": {"zeros": zeros}},
        )
        z = es.run_study(spec, events, frame).findings("generalized_sign")[0].statistic[0]
        assert abs(z - expected) < 1e-12


@pytest.mark.parametrize("model", ["constant_mean", "market_adjusted", "market"])
def test_the_profile_of_another_program_works_with_every_model(model: str) -> None:
    frame = daily_frame(400, 4).assign(M=daily_frame(400, 1, seed=2)["A0"])
    profiled = tuple(COMPAT["estudy2"])
    spec = es.StudySpec(**(MEAN | {"model": model}), tests=profiled, test_options={"compat": "estudy2"})
    given = {} if model == "constant_mean" else {"market": "M"}
    result = es.run_study(spec, events_at(frame, [(f"A{i}", 200) for i in range(4)]), frame, **given)  # type: ignore[arg-type]
    assert all(np.isfinite(f.pvalue).all() or f.reasons for f in result.significances.findings)


@pytest.mark.parametrize("side", ["greater", "less"])
def test_a_one_sided_family_is_adjusted_on_its_side(side: str) -> None:
    # A clear rise: for "greater" the adjusted p-value stays small, for "less" it is large.
    frame = daily_frame(400, 12, seed=42)
    frame.iloc[198:203] += 0.01
    spec = es.StudySpec(
        **MEAN,
        windows=((-2, 2), (0, 0)),
        tests=("cross_sectional_t", "placebo"),
        adjust="romano_wolf",
        alternative=side,
    )
    result = es.run_study(spec, events_at(frame, [(c, 200) for c in frame.columns]), frame)
    adjusted = np.concatenate([f.adjusted for f in result.findings("cross_sectional_t")])
    assert (adjusted < 0.05).all() if side == "greater" else (adjusted > 0.9).all()
    placebo = result.findings("placebo")[0]
    assert (placebo.adjusted >= placebo.pvalue - 1e-12).all()


def test_a_result_cites_its_methods() -> None:
    frame = daily_frame(100, 1)
    result = es.run_study(es.StudySpec(**MEAN, tests=("patell",)), events_at(frame, [("A0", 80)]), frame)
    assert "10.2307/2490543" in result.cite()


@pytest.mark.parametrize("holes", [0.0, 0.1])
def test_the_mean_correlation_is_that_of_all_pairs(holes: float) -> None:
    # Forty-five correlations of the residuals of ten events on one day, each on the bars both have, by numpy.
    frame = daily_frame(200, 10, seed=50) + daily_frame(200, 1, seed=51).to_numpy() * 0.5
    rng = np.random.default_rng(52)
    frame = frame.mask(rng.random(frame.shape) < np.where(np.arange(200) < 140, holes, 0.0)[:, None])
    spec = es.StudySpec(**MEAN, tests=("patell", "kp_patell"), missing="return")
    result = es.run_study(spec, events_at(frame, [(c, 150) for c in frame.columns]), frame)
    plain, adjusted = (result.findings(name)[0].statistic[0] for name in ("patell", "kp_patell"))
    pairs = frame.iloc[90:145].corr(min_periods=3).to_numpy()[np.triu_indices(10, 1)]
    assert abs((plain / adjusted) ** 2 - (1 + 9 * pairs.mean())) < 1e-10


@pytest.mark.parametrize(("model", "options"), [("market", {}), ("rolling", {"bars": 40}), ("capm", {})])
def test_car_over_its_standard_error_has_variance_one_for_regressions_too(
    model: str, options: dict[str, object]
) -> None:
    # n = 120, L = 11; t(df) has variance df / (df - 2). Leaving out L^2/M, or the leverage, gives 1.10 and more.
    frame = daily_frame(140, 5_000, seed=53)
    market = daily_frame(140, 1, seed=54)["A0"].rename("M")
    frame = frame.add(market, axis=0)
    rate = pd.Series(1e-4, index=frame.index, name="rf")
    given = {"market": market, "factors": rate} if model == "capm" else {"market": market}
    spec = es.StudySpec(
        model=model, estimation=(-120, -1), event=(0, 10), tests=("time_series_t",), model_options=options
    )
    found = es.run_study(spec, events_at(frame, [(c, 125) for c in frame.columns]), frame, **given).findings(  # type: ignore[arg-type]
        "time_series_t"
    )[0]
    df = found.df[0]
    assert 0.93 <= found.statistic.var() * (df - 2) / df <= 1.07


def test_estimation_windows_may_be_given_in_days_on_daily_and_intraday_bars() -> None:
    frame = daily_frame(200, 1)
    spec = es.StudySpec(model="constant_mean", estimation=(-60, -6), event=(-2, 2), clock="days")
    daily = es.run_study(spec, events_at(frame, [("A0", 150)]), frame).abnormal
    assert daily.fit.n.tolist() == [55]
    # Twelve bars a day: from 20 days to 2 days before are 216 + 1 bars, the first of each day left out as a gap.
    series = intraday("X", {d: (0.001 * np.sin(np.arange(12) + d)).tolist() for d in range(100, 130)})
    time = pd.Timestamp(125, unit="D", tz="UTC") + pd.Timedelta(minutes=655)
    events = pd.DataFrame({"instrument": ["X"], "time": [time]})
    spec = es.StudySpec(model="constant_mean", estimation=(-20, -2), event=(0, 0), clock="days")
    fit = es.run_study(spec, events, series).abnormal.fit
    assert fit.n.tolist() == [217 - 18]
    # Days may teach what is studied by the minute: the event window is one bar of ten minutes on either side.
    apart = spec.model_copy(update={"event": (-10, 10), "clock": "minutes", "estimation_clock": "days"})
    found = es.run_study(apart, events, series).abnormal
    assert (found.tau.tolist(), found.fit.n.tolist()) == ([-1, 0, 1], [217 - 18])
    # The same beside another series: what a model learns does not depend on the company it is in.
    other = intraday("Y", {d: [0.001] * 12 for d in range(100, 130)})
    assert es.run_study(spec, events, [series, other]).abnormal.fit == fit
