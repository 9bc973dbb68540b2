"""Each model against another program or hand arithmetic, through the whole study call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

import eventstudy as es
from eventstudy.abnormal import events as ledger
from eventstudy.abnormal.models.garch import garch, garch_path
from eventstudy.abnormal.models.synthetic import synthetic_control
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.errors import UnknownNameError, UsageError
from tests.study.made import daily_frame, events_at

ROW, FIRST, LAST = 350, -250, -11


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    made = daily_frame(400, 1, seed=21)
    rng = np.random.default_rng(22)
    made["M"] = rng.normal(0, 0.01, 400)
    made["rf"] = 1e-4 + rng.normal(0, 1e-5, 400)
    made["oil"] = rng.normal(0, 0.02, 400)
    made["A0"] += 0.8 * made["M"] + 0.3 * made["M"].shift(1).fillna(0.0) - 0.2 * made["oil"]
    return made


def fitted(frame: pd.DataFrame, model: str, options: dict[str, object] | None = None) -> es.StudyResult:
    needs = MODELS[model].needs
    given: dict[str, object] = {"market": "M"} if needs == "market" else {}
    if needs == "factors":
        given = {"market": "M", "factors": "rf" if model == "capm" else "oil"}
    spec = es.StudySpec(model=model, estimation=(FIRST, LAST), event=(-2, 2), model_options=options or {})
    return es.run_study(spec, events_at(frame, [("A0", ROW)]), frame[["A0", *frame.columns[1:]]], **given)  # type: ignore[arg-type]


def learn(frame: pd.DataFrame, name: str, shift: int = 0) -> np.ndarray:
    return frame[name].shift(-shift).iloc[ROW + FIRST : ROW + LAST + 1].to_numpy()


def study(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].iloc[ROW - 2 : ROW + 3].to_numpy()


@pytest.mark.parametrize(("model", "columns"), [("market", ["M"]), ("factor", ["M", "oil"])])
def test_regressions_meet_statsmodels(frame: pd.DataFrame, model: str, columns: list[str]) -> None:
    abnormal = fitted(frame, model).abnormal
    X = sm.add_constant(np.column_stack([learn(frame, c) for c in columns]))
    other = sm.OLS(learn(frame, "A0"), X).fit()
    assert np.abs(abnormal.fit.coef[0] - other.params).max() < 1e-14
    assert np.abs(abnormal.fit.standard_errors[0] - other.bse).max() < 1e-15
    Z = np.column_stack([np.ones(5), *(study(frame, c) for c in columns)])
    assert np.abs(abnormal.ar[0] - (study(frame, "A0") - Z @ other.params)).max() < 1e-15
    V = other.scale * np.eye(5) + Z @ other.cov_params() @ Z.T
    assert abs(abnormal.window_variance(Window(-2, 2))[0] - V.sum()) < 1e-17


def test_capm_regresses_excess_returns(frame: pd.DataFrame) -> None:
    abnormal = fitted(frame, "capm").abnormal
    y, x = (learn(frame, c) - learn(frame, "rf") for c in ("A0", "M"))
    other = sm.OLS(y, sm.add_constant(x)).fit()
    # R = rf + a + b (Rm - rf) = a + b Rm + (1 - b) rf, the rate's loading without an error of its own.
    assert np.abs(abnormal.fit.coef[0] - [*other.params, 1 - other.params[1]]).max() < 1e-14
    assert np.abs(abnormal.fit.standard_errors[0] - [*other.bse, other.bse[1]]).max() < 1e-15
    V = other.scale * 5 + (Z := np.array([5.0, study(frame, "M").sum() - study(frame, "rf").sum()])) @ (
        other.cov_params() @ Z
    )
    assert abs(abnormal.window_variance(Window(-2, 2))[0] - V) < 1e-17
    excess = [study(frame, c) - study(frame, "rf") for c in ("A0", "M")]
    assert np.abs(abnormal.ar[0] - (excess[0] - other.params @ [np.ones(5), excess[1]])).max() < 1e-15


def test_market_adjusted_takes_the_market_as_it_is(frame: pd.DataFrame) -> None:
    abnormal = fitted(frame, "market_adjusted").abnormal
    assert np.abs(abnormal.ar[0] - (study(frame, "A0") - study(frame, "M"))).max() < 1e-17
    gap = learn(frame, "A0") - learn(frame, "M")
    assert abs(abnormal.fit.sigma2[0] - (gap**2).mean()) < 1e-18
    assert abnormal.fit.df[0] == 240


def test_the_comparison_period_is_the_last_of_the_estimation_window(frame: pd.DataFrame) -> None:
    abnormal = fitted(frame, "comparison_period_mean", {"bars": 40}).abnormal
    last = learn(frame, "A0")[-40:]
    assert abs(abnormal.fit.coef[0, 0] - last.mean()) < 1e-17
    assert abs(abnormal.fit.sigma2[0] - last.var(ddof=1)) < 1e-18
    assert abs(abnormal.window_variance(Window(-2, 2))[0] - last.var(ddof=1) * (5 + 25 / 40)) < 1e-17


def test_scholes_williams_by_three_simple_regressions(frame: pd.DataFrame) -> None:
    fit = fitted(frame, "scholes_williams").abnormal.fit
    y, x = learn(frame, "A0"), learn(frame, "M")
    slopes = [np.polyfit(learn(frame, "M", shift), y, 1)[0] for shift in (-1, 0, 1)]
    rho = np.corrcoef(x, learn(frame, "M", -1))[0, 1]
    beta = sum(slopes) / (1 + 2 * rho)
    assert abs(fit.coef[0, 1] - beta) < 1e-12
    assert abs(fit.coef[0, 0] - (y.mean() - beta * x.mean())) < 1e-15
    # The planted response to the market of the day before is found; plain least squares does not see it.
    assert abs(fit.coef[0, 1] - 1.1) < 0.25
    assert fitted(frame, "market").abnormal.fit.coef[0, 1] < 0.95


def test_synthetic_control_by_hand() -> None:
    # Two donors: w minimizes |R - w D1 - (1 - w) D2|^2, so w = (R - D2)'(D1 - D2) / |D1 - D2|^2, cut to [0, 1].
    # D1 - D2 = (2, 0, 2, 0, 0), R - D2 = (1, 1, 0, 0, -1): w = 2 / 8 = 1/4. Residuals R - D2 - w (D1 - D2) =
    # (1/2, 1, -1/2, 0, -1), sum of squares 5/2; df = 5 - (2 - 1) = 4, sigma2 = 5/8; se(w)^2 = sigma2 / 8.
    D1, D2 = np.array([3.0, 1.0, 2.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    R = D2 + np.array([1.0, 1.0, 0.0, 0.0, -1.0])
    fit = synthetic_control(R[None], np.stack([D1, D2])[:, None], {})
    assert np.abs(fit.coef[0] - [0, 0.25, 0.75]).max() < 1e-15
    assert abs(fit.sigma2[0] - 0.625) < 1e-15
    assert fit.df[0] == 4
    assert np.abs(fit.standard_errors[0, 1:] - np.sqrt(0.625 / 8)).max() < 1e-15
    beyond = synthetic_control((D2 - 2 * (D1 - D2))[None], np.stack([D1, D2])[:, None], {})
    assert beyond.coef[0].tolist() == [0, 0, 1]


def test_synthetic_control_meets_a_general_optimizer() -> None:
    rng = np.random.default_rng(25)
    D = rng.normal(0, 0.01, (6, 1, 120))
    y = 0.6 * D[0] + 0.5 * D[1] - 0.1 * D[2] + rng.normal(0, 0.004, (1, 120))
    fit = synthetic_control(y, D, {})
    other = minimize(
        lambda w: 1e4 * ((y[0] - w @ D[:, 0]) ** 2).sum(),
        np.full(6, 1 / 6),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert np.abs(fit.coef[0, 1:] - other.x).max() < 1e-6
    assert fit.coef[0, 0] == 0


@pytest.mark.parametrize("seed", range(20))
def test_no_weights_track_better_than_those_of_the_synthetic_control(seed: int) -> None:
    """At the optimum no donor lies nearer to the instrument, seen along the gap: g_j'g >= g'g (Karush-Kuhn-Tucker)."""
    rng = np.random.default_rng(seed)
    k, M = int(rng.integers(1, 12)), int(rng.integers(13, 60))
    scale = 10.0 ** rng.integers(-6, 4)
    D, y = rng.normal(0, scale, (k, 1, M)), rng.normal(0, scale, (1, M))
    weights = synthetic_control(y, D, {}).coef[0, 1:]
    assert abs(weights.sum() - 1) < 1e-12
    assert weights.min() >= 0
    gap = weights @ D[:, 0] - y[0]
    assert ((D[:, 0] - y[0]) @ gap >= gap @ gap * (1 - 1e-9)).all()


@pytest.mark.parametrize("donors", [119, 120, 121, 400])
def test_there_may_be_more_donors_than_returns(donors: int) -> None:
    """Three factors, 120 returns: a whole study with as many donors as bars and more, checked by its optimality."""
    rng = np.random.default_rng(donors)
    T, loadings = 130, rng.uniform(0, 1, (3, donors + 1))
    returns = 0.01 * rng.standard_normal((T, 3)) @ loadings + 0.015 * rng.standard_normal((T, donors + 1))
    index = (pd.bdate_range("2020-01-01", periods=T) + pd.Timedelta(hours=16)).tz_localize("UTC")
    frame = pd.DataFrame(returns, index, ["Y", *(f"D{j}" for j in range(donors))])
    spec = es.StudySpec(model="synthetic_control", estimation=(-120, -1), event=(0, 4), min_observations=60)
    result = es.run_study(spec, events_at(frame, [("Y", 122)]), frame, factors=list(frame.columns[1:]))
    fit, y, D = result.abnormal.fit, returns[2:122, 0], returns[2:122, 1:]
    weights = fit.coef[0, 1:]
    assert abs(weights.sum() - 1) < 1e-12
    assert weights.min() >= 0
    gap = D @ weights - y
    assert ((D - y[:, None]).T @ gap >= gap @ gap * (1 - 1e-9)).all()
    # The variance is that of least squares on the donors with weight, under sum w = 1.
    held = np.flatnonzero(weights)
    last, others = held[-1], held[:-1]
    other = sm.OLS(y - D[:, last], D[:, others] - D[:, [last]]).fit()
    assert np.abs(weights[others] - other.params).max() < 1e-9
    assert fit.df[0] == other.df_resid
    ahead = (returns[122:127, 1:][:, others] - returns[122:127, 1:][:, [last]]).sum(axis=0)
    variance = other.scale * 5 + ahead @ other.cov_params() @ ahead
    assert abs(result.abnormal.window_variance((0, 4))[0] / variance - 1) < 1e-9


def test_two_donors_alike_do_not_settle_the_weights() -> None:
    rng = np.random.default_rng(26)
    donor = rng.normal(0, 0.01, 60)
    other = rng.normal(0, 0.01, 60)
    y = (0.6 * donor + 0.4 * other + rng.normal(0, 0.001, 60))[None]
    assert synthetic_control(y, np.stack([donor, other, donor])[:, None], {}).status[0] == ledger.COLLINEAR
    # A copy of a donor that carries no weight leaves the weights of the others alone.
    apart = synthetic_control(y, np.stack([donor, other, -donor, -donor])[:, None], {})
    assert apart.status[0] == 0
    assert np.abs(apart.coef[0, 1:3] - [0.6, 0.4]).max() < 0.05


@pytest.mark.parametrize("lags", [1, 2])
def test_dimson_sums_the_loadings_of_one_regression(frame: pd.DataFrame, lags: int) -> None:
    fit = fitted(frame, "dimson", {"lags": lags}).abnormal.fit
    X = sm.add_constant(np.column_stack([learn(frame, "M", shift) for shift in range(-lags, lags + 1)]))
    other = sm.OLS(learn(frame, "A0"), X).fit()
    assert abs(fit.coef[0, 1] - other.params[1:].sum()) < 1e-12
    assert abs(fit.coef[0, 0] - other.params[0]) < 1e-12  # the intercept of that regression, not that of the line
    e = learn(frame, "A0") - other.params[0] - other.params[1:].sum() * learn(frame, "M")
    assert abs(fit.sigma2[0] - (e**2).sum() / (len(e) - 2)) < 1e-15


def test_huber_and_newey_west_meet_statsmodels(frame: pd.DataFrame) -> None:
    wild = frame.copy()
    wild.iloc[200, 0] += 0.5
    y, X = learn(wild, "A0"), sm.add_constant(learn(wild, "M"))
    huber = fitted(wild, "market", {"fit": "huber"}).abnormal.fit
    other = sm.RLM(y, X, M=sm.robust.norms.HuberT()).fit(cov="H1", tol=1e-13, maxiter=500, scale_est="mad")
    assert np.abs(huber.coef[0] - other.params).max() < 1e-5
    assert abs(huber.coef[0, 1] - fitted(frame, "market").abnormal.fit.coef[0, 1]) < 0.05
    hac = fitted(frame, "market", {"covariance": "hac", "hac_lags": 4}).abnormal.fit
    plain = sm.OLS(learn(frame, "A0"), sm.add_constant(learn(frame, "M")))
    other = plain.fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": False})
    assert np.abs(hac.standard_errors[0] - other.bse).max() < 1e-14


def test_rolling_judges_each_bar_by_the_bars_before_it(frame: pd.DataFrame) -> None:
    fit = fitted(frame, "rolling", {"bars": 60}).abnormal.fit
    y, x = learn(frame, "A0"), learn(frame, "M")
    # Recursive residuals: each one-step error over sqrt(1 + x' (X'X)^-1 x) of the sixty bars before it.
    errors = []
    for t in range(60, 240):
        other = sm.OLS(y[t - 60 : t], sm.add_constant(x[t - 60 : t])).fit()
        ahead = np.array([1.0, x[t]])
        errors.append((y[t] - ahead @ other.params) / np.sqrt(1 + ahead @ other.normalized_cov_params @ ahead))
    assert abs(fit.sigma2[0] - np.mean(np.square(errors))) < 1e-14
    assert np.abs(fit.coef[0] - np.polyfit(x[-60:], y[-60:], 1)[::-1]).max() < 1e-12
    with pytest.raises(UsageError, match="rolling"):
        fitted(frame, "rolling", {"bars": 240})


@pytest.fixture(scope="module")
def clustered() -> pd.DataFrame:
    rng = np.random.default_rng(23)
    made = daily_frame(400, 1, seed=24)
    made["M"] = rng.normal(0, 0.01, 400)
    h, e = 1e-4, np.zeros(400)
    for t in range(1, 400):
        h = 1e-5 + 0.3 * e[t - 1] ** 2 + 0.6 * h
        e[t] = np.sqrt(h) * rng.normal()
    made["A0"] = 0.5 * made["M"] + e
    return made


def by_arch(made: pd.DataFrame):  # type: ignore[no-untyped-def]
    arch = pytest.importorskip("arch.univariate")
    model = arch.LS(learn(made, "A0") * 100, learn(made, "M")[:, None] * 100, constant=True)
    model.volatility = arch.GARCH(1, 0, 1)
    return model.fit(disp="off", show_warning=False, tol=1e-10, options={"maxiter": 1000})


def test_garch_meets_the_package_arch_and_its_forecast_path(clustered: pd.DataFrame) -> None:
    other = by_arch(clustered)
    abnormal = fitted(clustered, "garch").abnormal
    assert abs(abnormal.fit.coef[0, 1] - other.params.to_numpy()[1]) < 2e-3
    assert abs(abnormal.fit.sigma2[0] * 1e4 - float((other.conditional_volatility**2).mean())) < 0.05
    # The window [-2, 2] stands 9 to 13 bars after the estimation window's last: arch's own analytic forecasts there.
    forecast = other.forecast(horizon=13, x=np.zeros((1, 1, 13)), reindex=False).variance.to_numpy()[0]
    assert np.abs(abnormal.noise[0] * 1e4 / forecast[8:] - 1).max() < 0.01
    assert abs(abnormal.noise_variance(Window(-2, 2))[0] * 1e4 / forecast[8:].sum() - 1) < 0.01
    x = learn(clustered, "M")
    away = study(clustered, "M").sum() - 5 * x.mean()
    leverage = 25 / 240 + away**2 / ((x - x.mean()) ** 2).sum()
    V = abnormal.noise[0].sum() + abnormal.fit.sigma2[0] * leverage
    assert abs(abnormal.window_variance(Window(-2, 2))[0] / V - 1) < 1e-12


def test_forecast_paths_by_hand() -> None:
    # GARCH: 2, then 1 + 0.5 * 2 = 2, then with a start of 4: 4, 3, 2.5.
    law = np.array([[1.0, 0.5, 2.0], [1.0, 0.5, 4.0]])
    assert garch_path(law, 3).tolist() == [[2.0, 2.0, 2.0], [4.0, 3.0, 2.5]]


def test_merged_bars_take_the_sum_of_their_forecasts(clustered: pd.DataFrame) -> None:
    # The same news dated to one close or to three: tau = 0 holds the forecasts of one bar or of three.
    spec = es.StudySpec(model="garch", estimation=(FIRST, LAST), event=(0, 1))
    close = clustered.index[ROW]
    ends = pd.DataFrame({"instrument": ["A0"], "earliest": [close - pd.Timedelta(hours=1)]})
    one = es.run_study(spec, ends.assign(latest=ends["earliest"]), clustered[["A0", "M"]], market="M").abnormal
    wide = ends.assign(latest=clustered.index[ROW + 2] - pd.Timedelta(hours=1))
    three = es.run_study(spec, wide, clustered[["A0", "M"]], market="M").abnormal
    path = garch_path(one.fit.variance_params, 14)[0]
    assert np.abs(one.noise[0] - path[10:12]).max() < 1e-18
    assert np.abs(three.noise[0] - [path[10:13].sum(), path[13]]).max() < 1e-18


def test_changing_variance_keeps_its_scale_where_nothing_clusters_and_turns_with_the_returns() -> None:
    pytest.importorskip("arch.univariate")
    rng = np.random.default_rng(5)
    for _ in range(10):
        x = rng.normal(0, 0.01, (1, 1, 120))
        y = 0.8 * x[0] + rng.normal(0, 0.02, (1, 120))
        fit, turned = garch(y, x, {}), garch(-y, x, {})
        assert np.array_equal(turned.coef, -fit.coef)
        assert np.array_equal(turned.sigma2, fit.sigma2, equal_nan=True)
        assert np.array_equal(turned.variance_params, fit.variance_params)
        assert 0.5 < fit.sigma2[0] / 0.02**2 < 2.0
        assert 0.1 < garch_path(fit.variance_params, 30)[0].mean() / 0.02**2 < 5.0


def test_an_unknown_option_lists_the_known_ones(frame: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="lags"):
        fitted(frame, "dimson", {"lag": 2})


def test_a_window_with_collinear_factors_is_an_outcome_that_names_the_rank(frame: pd.DataFrame) -> None:
    twice = frame.assign(oil=frame["M"] * 2)
    result = fitted(twice, "factor")
    assert result.ledger[0].outcome == "degenerate_window"
    assert "rank 2 of 3" in result.ledger[0].reason


def test_a_constant_price_is_an_outcome_not_an_infinite_t(frame: pd.DataFrame) -> None:
    still = frame.assign(A0=0.0)
    result = fitted(still, "market")
    assert result.ledger[0].outcome == "degenerate_window"


def test_volume_and_range_are_studied_like_returns() -> None:
    from eventstudy.market.bars import Bars
    from eventstudy.market.instruments import Instrument

    index = (pd.bdate_range("2021-01-01", periods=120, tz="UTC") + pd.Timedelta(hours=16)).as_unit("us")
    rng = np.random.default_rng(25)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 120)))
    volume = rng.lognormal(10, 0.3, 120)
    volume[100] *= 5
    columns = {"high": close * 1.01, "low": close * 0.99, "close": close, "volume": volume}
    bars = Bars(Instrument("X"), pd.Timedelta(days=1), "right", pd.DataFrame(columns, index=index))
    events = pd.DataFrame({"instrument": ["X"], "time": [index[100] - pd.Timedelta(hours=1)]})
    spec = es.StudySpec(model="constant_mean", estimation=(-60, -2), variable="log_volume", response="off")
    result = es.run_study(spec, events, bars)
    # A page that says bp must not be read as a move of the price.
    told = next(n.message for n in result.notices if n.code == "ES-VARIABLE")
    assert told.startswith("The outcome variable is the logarithm of each bar's volume, not returns")
    found = result.abnormal
    expected = np.log(volume[100]) - np.log(volume[40:99]).mean()
    assert abs(found.ar[0, 0] - expected) < 1e-13
    ranged = es.run_study(spec.model_copy(update={"variable": "log_range", "model": "zero"}), events, bars).abnormal
    assert abs(ranged.ar[0, 0] - np.log(1.01 / 0.99) ** 2 / (4 * np.log(2))) < 1e-15
