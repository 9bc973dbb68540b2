"""The estimated models of a study as a table: coefficients, fit and estimation window of each event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray, from_epoch_us

if TYPE_CHECKING:
    import pandas as pd


def fits_frame(abnormal: AbnormalReturns, estimation: Window | None, regressors: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per event: estimation window, observations, coefficients with standard errors, sigma and R2.

    Parameters
    ----------
    abnormal : AbnormalReturns
        N events.
    estimation : Window or None
        Estimation window in bars; None for a model that has none.
    regressors : tuple of str
        Names of the regressors, in the order of the coefficients.

    Returns
    -------
    pandas.DataFrame
        ``event``, ``instrument``, ``first`` and ``last`` (closing times of the first and last bar of the estimation
        window), ``n`` (returns used), ``df``, ``alpha``, ``alpha_se``, ``beta``, ``beta_se`` (one pair
        ``beta_NAME``, ``beta_NAME_se`` per regressor where there are several), ``sigma`` (residual standard deviation
        per bar, decimal) and ``r2`` (fraction of the variance of the returns that the model explains; for ``capm`` of
        the excess returns; NaN for a robust fit). What is set and not estimated has no standard error and no ``r2``.
    """
    import pandas as pd

    fit = abnormal.fit
    estimated = (fit.n > fit.df) if abnormal.same_clock is None else np.zeros(len(fit), dtype=np.bool_)
    first, last = _bounds(abnormal, estimation)
    columns = {
        "event": abnormal.events,
        "instrument": abnormal.instruments,
        "first": first,
        "last": last,
        "n": fit.n if abnormal.same_clock is None else abnormal.same_clock.days,
        "df": abnormal.df(),
        **_coefficients(abnormal, regressors, estimated),
        "sigma": np.sqrt(_variance(abnormal)),
        "r2": np.where(estimated, fit.r2, np.nan),
    }
    return pd.DataFrame(columns, index=range(len(abnormal)))


def _coefficients(
    abnormal: AbnormalReturns, regressors: tuple[str, ...], estimated: BoolArray
) -> dict[str, FloatArray]:
    """Return coefficients and their standard errors by name; those of a model of other days are not coefficients."""
    coef, se = abnormal.fit.coef, abnormal.fit.standard_errors
    if abnormal.same_clock is not None:
        coef = np.full_like(coef, np.nan)
    columns: dict[str, FloatArray] = {}
    for j, name in enumerate(coefficient_names(coef.shape[1], regressors)):
        columns[name] = coef[:, j]
        columns[f"{name}_se"] = np.where(estimated & (se[:, j] > 0), se[:, j], np.nan)
    return columns


def coefficient_names(p: int, regressors: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of p coefficients, the intercept first.

    >>> coefficient_names(2, ("SPY",))
    ('alpha', 'beta')
    >>> coefficient_names(3, ("SPY", "SMB"))
    ('alpha', 'beta_SPY', 'beta_SMB')
    """
    if p <= 2:
        return ("alpha", "beta")[:p]
    names = regressors if len(set(regressors)) >= p - 1 else ()
    return ("alpha", *(f"beta_{names[j] if names else j + 1}" for j in range(p - 1)))


def _variance(abnormal: AbnormalReturns) -> FloatArray:
    """Return the variance of an abnormal return of one bar."""
    if abnormal.same_clock is None:
        return abnormal.fit.sigma2
    return np.full(len(abnormal), np.nan)  # it differs from one time of day to the next


def _bounds(abnormal: AbnormalReturns, estimation: Window | None) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return the closes of the first and last bar of each estimation window, as far as the data reach."""
    import pandas as pd

    if estimation is None or abnormal.same_clock is not None:
        missing = pd.DatetimeIndex([pd.NaT] * len(abnormal)).tz_localize("UTC")
        return missing, missing
    windows = abnormal.windows
    ends: list[IntArray] = [windows.reference + 1 + tau for tau in (estimation.start, estimation.stop)]
    first, last = (windows.axis[np.clip(end, windows.low, windows.high - 1)] for end in ends)
    return from_epoch_us(first), from_epoch_us(last)
