"""The cross-section of abnormal returns: what the size of a reaction goes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eventstudy.arrays import FloatArray, check_choice, value
from eventstudy.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Covariance = Literal["nonrobust", "HC0", "HC1", "HC2", "HC3"]


@value
class CrossSection:
    """A regression of CARs on attributes of the events.

    Attributes
    ----------
    names : tuple of str
        Intercept first.
    coef, se, t, pvalue : FloatArray, shape (1 + k,)
    n : int
        Events with a CAR and all attributes.
    r2 : float
    covariance : str
        How the standard errors were made.
    """

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    t: FloatArray
    pvalue: FloatArray
    n: int
    r2: float
    covariance: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient."""
        import pandas as pd

        columns = {"coef": self.coef, "se": self.se, "t": self.t, "pvalue": self.pvalue}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="name"))


def cross_section(
    car: FloatArray,
    attributes: pd.DataFrame,
    *,
    covariance: str = "HC1",
    clusters: Sequence[object] | None = None,
) -> CrossSection:
    """Regress CARs on numeric attributes by least squares (statsmodels).

    Parameters
    ----------
    car : FloatArray, shape (N,)
    attributes : pandas.DataFrame, N rows
        In the order of the CARs; rows with a missing value do not enter.
    covariance : str
        ``"nonrobust"``, ``"HC0"`` .. ``"HC3"``; ignored when clusters are given.
    clusters : sequence, length N, optional
        Group of each event (its date, its instrument): standard errors are clustered by it.

    Raises
    ------
    DataError
        If the rows do not match, an attribute is not a number or a combination of others, or too few events are left.
    UnknownNameError
        If the covariance is none of those named.
    """
    import statsmodels.api as sm

    check_choice("covariance", covariance, Covariance)
    if len(attributes) != len(car):
        raise DataError(f"There are {len(car)} CARs and {len(attributes)} rows of attributes; they must match.")
    X = _numbers(attributes)
    usable = np.isfinite(car) & np.isfinite(X).all(axis=1)
    if usable.sum() <= X.shape[1] + 1:
        raise DataError(f"{int(usable.sum())} events have all attributes; {X.shape[1] + 2} or more are needed.")
    design = np.column_stack([np.ones(int(usable.sum())), X[usable]])
    if np.linalg.matrix_rank(design / np.abs(design).max(axis=0).clip(np.finfo(float).tiny)) < design.shape[1]:
        raise DataError(
            f"The attributes {', '.join(map(str, attributes.columns))} do not vary by themselves: one is constant or a "
            "combination of the others.",
            remedy="Leave one of them out.",
        )
    how: dict[str, Any] = {"cov_type": covariance}
    if clusters is not None:
        if len(clusters) != len(car):
            raise DataError(f"There are {len(car)} CARs and {len(clusters)} clusters; they must match.")
        groups = np.unique(np.asarray(clusters, dtype=object)[usable].astype(str), return_inverse=True)[1]
        how = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    fit = sm.OLS(car[usable], design, missing="raise").fit(use_t=True, **how)
    names = ("intercept", *map(str, attributes.columns))
    coef, se, t, p = (np.asarray(v, dtype=np.float64) for v in (fit.params, fit.bse, fit.tvalues, fit.pvalues))
    errors = "clustered" if clusters is not None else covariance
    return CrossSection(names, coef, se, t, p, int(usable.sum()), float(fit.rsquared), errors)


def _numbers(attributes: pd.DataFrame) -> FloatArray:
    try:
        return attributes.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        words = [str(c) for c in attributes.columns if attributes[c].dtype.kind not in "bifu"]
        raise DataError(
            f"The attributes {', '.join(words)} hold words, not numbers.",
            remedy="Turn them into numbers first, for example with pandas.get_dummies.",
        ) from None
