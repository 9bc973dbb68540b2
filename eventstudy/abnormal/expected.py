"""Expected returns: the table of models. A model turns an estimation window into a :class:`Fit`, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.least_squares import mean_only, no_parameters, one_regressor
from eventstudy.arrays import FloatArray

Options = Mapping[str, Any]
Needs = Literal["nothing", "estimation", "market", "factors", "same_clock_days"]
NO_OPTIONS: Options = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One expected-return model.

    ``function(y, X, options)`` takes returns (B, L1) and regressors (k, B, L1), NaN where missing, and returns a
    :class:`Fit` whose coefficients are the intercept and one loading per regressor.
    """

    function: Callable[[FloatArray, FloatArray, Options], Fit]
    needs: Needs
    summary: str
    formula: str
    source: str
    doi: str = ""
    options: Options = field(default_factory=lambda: NO_OPTIONS)


def zero(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect nothing: the return itself is abnormal. Right for short windows, where a drift is far below the noise."""
    return no_parameters(y, 1)


def constant_mean(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect the instrument's own mean return."""
    return mean_only(y)


def market(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect ``alpha + beta * market``, by least squares."""
    return one_regressor(y, X[0])


MODELS: Mapping[str, ModelRow] = {
    "zero": ModelRow(
        zero,
        "nothing",
        "no expected return: every move counts",
        "AR_t = R_t;  V(CAR) = s2 L,  s2 = sum_est R_t^2 / M,  df = M",
        "Brown and Warner 1985",
        "10.1016/0304-405X(85)90042-X",
    ),
    "constant_mean": ModelRow(
        constant_mean,
        "estimation",
        "the instrument's mean return in the estimation window",
        "AR_t = R_t - mean_est(R);  V(CAR) = s2 (L + L^2/M),  df = M - 1",
        "Brown and Warner 1985",
        "10.1016/0304-405X(85)90042-X",
    ),
    "market": ModelRow(
        market,
        "market",
        "alpha + beta times the market return, least squares",
        "AR_t = R_t - a - b Rm_t;  V(CAR) = s2 (L + L^2/M + (sum_win x_t)^2/SSx),  x = Rm - mean_est(Rm),  df = M - 2",
        "Campbell, Lo and MacKinlay 1997, ch. 4; MacKinlay 1997",
        "10.1515/9781400830213",
    ),
    "same_clock_mean": ModelRow(
        zero,
        "same_clock_days",
        "the mean return of the same clock window on other trading days",
        "AR_t = R_t - mean_d(R_dt);  V(CAR) = s2 (1 + 1/D),  s2 = var_d(sum_win R_dt),  df = D - 1",
        "Rinaudo and Saha 2014",
        "",
    ),
}
