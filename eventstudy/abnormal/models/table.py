"""Expected returns: the table of models. A model turns an estimation window into a Fit, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from eventstudy import references as refs
from eventstudy.abnormal.models import garch, ols, regressions, simple, synthetic
from eventstudy.abnormal.models.row import ModelRow, Options
from eventstudy.errors import UnknownNameError
from eventstudy.show.method_docs import document

REGRESSION = {"fit": "ols", "covariance": "classical", "huber_c": 1.345, "hac_lags": 0}


def _one(k: int) -> int:
    return min(k, 1)


def _always(options: Options) -> bool:
    return True


MODELS: Mapping[str, ModelRow] = {
    "zero": ModelRow(
        simple.zero,
        "nothing",
        "no expected return: every move counts",
        "AR_t = R_t;  V(CAR) = s2 L,  s2 = sum_est R_t^2 / M,  df = M",
        (refs.BROWN_WARNER_1985,),
        "windows so long that the drift or the market return matters",
        "nothing",
        "no model (raw returns)",
    ),
    "constant_mean": ModelRow(
        simple.constant_mean,
        "estimation",
        "the instrument's mean return in the estimation window",
        "AR_t = R_t - mean_est(R);  V(CAR) = s2 (L + L^2/M),  df = M - 1",
        (refs.BROWN_WARNER_1985,),
        "events on days when the market as a whole moves",
        "its mean return",
        "constant-mean model",
        streams=_always,
        line=ols.mean_line,
    ),
    "comparison_period_mean": ModelRow(
        simple.comparison_period_mean,
        "estimation",
        "the mean return of a shorter comparison period next to the event",
        "AR_t = R_t - mean_comp(R);  V(CAR) = s2 (L + L^2/M),  M = usable bars of the comparison period,  df = M - 1",
        (refs.MASULIS_1980,),
        "events on days when the market as a whole moves; drift that leads up to the event",
        "its mean return of the comparison period",
        "comparison-period mean",
        by_clock=False,
        options={"bars": 60},
    ),
    "market_adjusted": ModelRow(
        simple.market_adjusted,
        "market",
        "the market's return: alpha 0, beta 1",
        "AR_t = R_t - Rm_t;  V(CAR) = s2 L,  s2 = sum_est (R - Rm)^2 / M,  df = M",
        (refs.BROWN_WARNER_1985,),
        "instruments whose beta is far from 1 on days when the market moves",
        "the market return",
        "market-adjusted model",
        prepare=regressions.first_only,
        regressors=_one,
        estimated=False,
    ),
    "market": ModelRow(
        regressions.regression,
        "market",
        "alpha + beta times the market return, least squares (options: Huber fit, Newey-West covariance)",
        "AR_t = R_t - a - b Rm_t;  V(CAR) = s2 (L + L^2/M + (sum_win x_t)^2/SSx),  x = Rm - mean_est(Rm),  df = M - 2",
        (refs.CAMPBELL_LO_MACKINLAY_1997,),
        "a market that trades at other hours; a beta that the event changes",
        "what its market explains",
        "market model",
        options=REGRESSION,
        prepare=regressions.first_only,
        regressors=_one,
        streams=regressions.plain,
        line=ols.ols_line,
    ),
    "scholes_williams": ModelRow(
        regressions.scholes_williams,
        "market",
        "market model with beta corrected for prices that trade at different moments",
        "b = (b_-1 + b_0 + b_+1) / (1 + 2 rho_m);  a = mean(R) - b mean(Rm);  V as for market, with the residuals of b",
        (refs.SCHOLES_WILLIAMS_1977,),
        "noise so strong that the plain estimator wins (Griffin and Oomen 2011)",
        "what its market explains",
        "Scholes-Williams model",
        prepare=regressions.lagged,
        regressors=_one,
        lags=regressions.one_lag,
    ),
    "dimson": ModelRow(
        regressions.dimson,
        "market",
        "market model with beta summed over leads and lags of the market",
        "R_t = a + sum_{j=-k..k} b_j Rm_{t+j} + e;  b = sum b_j;  AR_t = R_t - a - b Rm_t;  V as for market, with the "
        "residuals of (a, b)",
        (refs.DIMSON_1979,),
        "many leads and lags in short windows: each adds noise to beta; lags shorter than the usual gap between trades "
        "count only part of beta",
        "what its market explains",
        "Dimson model",
        options={"lags": 1},
        prepare=regressions.lagged,
        regressors=_one,
        lags=regressions.lags_option,
    ),
    "factor": ModelRow(
        regressions.factor_model,
        "factors",
        "alpha plus a loading on every factor given (FF3, FF5, Carhart, Brent and the dollar index ...); "
        "returns are in excess of a factor named RF; constant = false leaves alpha out",
        "AR_t = R_t - a - b'F_t;  V(CAR) = s2 (L + d'(X'X)^-1 d),  d = sum_win (1, F_t),  df = M - 1 - k",
        (refs.FAMA_FRENCH_1993,),
        "factors that contain the event itself",
        "what the factors explain",
        "factor model",
        options=REGRESSION | {"constant": True},
    ),
    "capm": ModelRow(
        regressions.capm,
        "factors",
        "excess return explained by the market's excess return; the risk-free rate is the last factor",
        "AR_t = R_t - rf_t - a - b (Rm_t - rf_t);  V as for market, with Rm - rf for Rm",
        (
            refs.SHARPE_1964,
            refs.JENSEN_1968,
        ),
        "as market",
        "what the CAPM explains",
        "CAPM",
        options=REGRESSION,
    ),
    "garch": ModelRow(
        garch.garch,
        "market",
        "market model whose errors follow GARCH(1,1), by quasi maximum likelihood (package arch)",
        "s_t^2 = omega + a e_{t-1}^2 + b s_{t-1}^2;  V = sum of s_h^2 forecast for the window's bars"
        " + s2 (L^2/M + (sum_win x)^2/SSx),  s2 = mean_est(s_t^2)",
        (refs.BOLLERSLEV_1986,),
        "short windows: the likelihood needs some hundred bars",
        "what its market explains",
        "market model with GARCH(1,1) errors",
        by_clock=False,
        prepare=regressions.first_only,
        regressors=_one,
        noise=garch.garch_noise,
    ),
    "rolling": ModelRow(
        simple.rolling,
        "market",
        "market model on the last bars before each bar; variance from one-step prediction errors",
        "AR_t = R_t - a - b Rm_t with (a, b) of the last W bars;  s2 = mean of e_t^2/(1 + h_t) over one-step errors,"
        "  df = M - W",
        (refs.FAMA_MACBETH_1973,),
        "windows so short that beta is mostly noise",
        "what its market explains",
        "rolling market model",
        by_clock=False,
        options={"bars": 60},
        prepare=regressions.first_only,
        regressors=_one,
    ),
    "synthetic_control": ModelRow(
        synthetic.synthetic_control,
        "factors",
        "a weighted mean of donor instruments (the factors), weights not negative and summing to one",
        "AR_t = R_t - sum_j w_j D_jt,  w = argmin sum_est (R_t - sum_j w_j D_jt)^2, w >= 0, sum w = 1;  "
        "V as for factor, under sum w = 1 on the donors with weight",
        (refs.ABADIE_DIAMOND_HAINMUELLER_2010,),
        "donors that the event moves as well; an instrument outside the range of its donors",
        "the move of its donors",
        "synthetic control",
        parameters=_one,
    ),
    "same_clock_mean": ModelRow(
        simple.zero,
        "same_clock_days",
        "the mean return of the same clock window on other trading days",
        "AR_t = R_t - mean_d(R_dt);  V(CAR) = s2 (1 + 1/D),  s2 = var_d(sum_win R_dt),  df = D - 1",
        (refs.RINAUDO_SAHA_2014,),
        "an event day whose volatility regime differs from that of the other days",
        "its usual move at that hour",
        "same-clock mean",
    ),
}

document("MODELS", MODELS)

# Models that can be estimated on the same clock window of other days.
MODELS_BY_CLOCK: Mapping[str, ModelRow] = {name: row for name, row in MODELS.items() if row.by_clock}


def options_of(kind: str, defaults: Options, given: Options) -> dict[str, object]:
    """Return the defaults with the user's choices; an unknown option lists the known ones."""
    for name in given:
        if name not in defaults:
            raise UnknownNameError(f"option of {kind}", name, defaults)
    return {**defaults, **given}
