"""What a model learns from the estimation window, and only from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventstudy.arrays import FloatArray, IntArray, values_equal


@dataclass(frozen=True, eq=False)
class Fit:
    """N expected-return models, estimated on the estimation window.

    Attributes
    ----------
    coef : FloatArray, shape (N, p)
        Intercept first, then one loading per regressor.
    root : FloatArray, shape (N, p, p)
        A matrix root of the bread: ``bread = root @ root.T``, so the variance of a prediction is a sum of squares
        and cannot turn negative.
    sigma2 : FloatArray, shape (N,)
        Residual variance per bar, divided by ``df``.
    df : FloatArray, shape (N,)
        Degrees of freedom: usable estimation bars less the parameters of this model.
    n : IntArray, shape (N,)
        Usable estimation bars M.
    condition : FloatArray, shape (N,)
        Condition number of the column-scaled regressors; NaN where there is nothing to invert.
    status : NDArray of uint8, shape (N,)
        Ledger code: 0, or why there is no fit.
    rank : IntArray, shape (N,)
        Rank of the regressors, the intercept counted.
    residuals : FloatArray, shape (N, L1)
        NaN where a bar is not usable; width 0 once the block is done with (a million events would need 2 GB).
    law : FloatArray or None, shape (N, q)
        Parameters of a variance that changes from bar to bar, for models that have one.
    """

    coef: FloatArray
    root: FloatArray
    sigma2: FloatArray
    df: FloatArray
    n: IntArray
    condition: FloatArray
    status: NDArray[np.uint8]
    rank: IntArray
    residuals: FloatArray
    law: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.coef)

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def bread(self) -> FloatArray:
        """``(X'X)^-1``, shape (N, p, p): the covariance of the coefficients over ``sigma2``."""
        bread: FloatArray = np.einsum("nij,nkj->nik", self.root, self.root)
        return bread

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of the coefficients, shape (N, p)."""
        spread: FloatArray = np.sqrt(self.sigma2[:, None] * np.einsum("nij,nij->ni", self.root, self.root))
        return spread
