"""What a row of ``MODELS`` consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.gather import Block
from eventstudy.arrays import FloatArray, IntArray, value
from eventstudy.references import Reference, doi_of, text_of


@value
class Fit:
    """N expected-return models, estimated on the estimation window.

    Attributes
    ----------
    coef : FloatArray, shape (N, p)
        Intercept first, then one loading per regressor.
    xtx_inv_sqrt : FloatArray, shape (N, p, q)
        S with ``S S' = (X'X)^-1``, so that the variance of a prediction is a sum of squares and cannot turn negative.
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
    r2 : FloatArray, shape (N,)
        ``1 - SSR / Syy``, the fraction of the variance of the returns that the model explains; NaN if no coefficient
        is estimated or the returns do not vary.
    residuals : FloatArray, shape (N, L1)
        NaN where a bar is not usable; width 0 once the block is done with (a million events would need 2 GB).
    variance_params : FloatArray or None, shape (N, q)
        Parameters of a variance that changes from bar to bar, for models that have one.
    """

    coef: FloatArray
    xtx_inv_sqrt: FloatArray
    sigma2: FloatArray
    df: FloatArray
    n: IntArray
    condition: FloatArray
    status: NDArray[np.uint8]
    rank: IntArray
    r2: FloatArray
    residuals: FloatArray
    variance_params: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.coef)

    @property
    def xtx_inv(self) -> FloatArray:
        """``(X'X)^-1``, shape (N, p, p): the covariance of the coefficients over ``sigma2``."""
        xtx_inv: FloatArray = np.einsum("nij,nkj->nik", self.xtx_inv_sqrt, self.xtx_inv_sqrt)
        return xtx_inv

    def leverage(self, d: Sequence[FloatArray]) -> FloatArray:
        """Return ``d' (X'X)^-1 d`` for sums of the intercept and the regressors, each of shape (N,) or (N, L2)."""
        if self.xtx_inv_sqrt.shape[1] > MANY_REGRESSORS:
            parts = np.einsum("nij,in...->nj...", self.xtx_inv_sqrt[:, : len(d)], np.stack(d))
            return np.asarray(np.square(parts).sum(axis=1))
        total = np.zeros_like(d[0])
        S = self.xtx_inv_sqrt.reshape(*self.xtx_inv_sqrt.shape, *(1,) * (total.ndim - 1))
        for j in range(S.shape[2]):
            part = sum(S[:, i, j] * d[i] for i in range(min(S.shape[1], len(d))))
            total += np.square(part)
        return total

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of the coefficients, shape (N, p)."""
        scale = np.einsum("nij,nij->ni", self.xtx_inv_sqrt, self.xtx_inv_sqrt)
        errors: FloatArray = np.sqrt(self.sigma2[:, None] * scale)
        return errors


# A residual standard deviation below this part of the returns is rounding: the model explains the series exactly.
EXACT_FIT = 1e-12
# With more, looping over pairs of them costs more than gathering them in one array.
MANY_REGRESSORS = 32
Options = Mapping[str, Any]
Needs = Literal["nothing", "estimation", "market", "factors", "same_clock_days"]
NO_OPTIONS: Options = {}


def as_it_is(block: Block, options: Options) -> Block:
    """Leave the block alone."""
    return block


def all_factors(k: int) -> int:
    return k


def no_lags(options: Options) -> int:
    return 0


def all_coefficients(p: int) -> int:
    return p


def never(options: Options) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One expected-return model.

    Attributes
    ----------
    function : (y, X, options) -> Fit
        Returns (B, L1) and regressors (k, B, L1), NaN where missing; the fit's coefficients are the intercept and one
        loading per regressor of the event window.
    needs : str
        What must be given: nothing, an estimation window, a market, factors, or same-clock days.
    summary, formula : str
    references : tuple of Reference
    fails_when : str
    expectation : str
        What the model expects, to follow "net of" in a sentence.
    label : str
        How a sentence names the model: ``market model``.
    by_clock : bool
        Whether the model can be estimated on the same clock window of other days.
    options : mapping
        Names and defaults; an unknown option is an error.
    prepare : (block, options) -> Block
        Turns the raw block into what is regressed and studied.
    regressors : int -> int
        Number of event-window regressors left when k factors are given.
    lags : options -> int
        Leads and lags of every factor that the model wants to see.
    streams : options -> bool
        Whether the function reads rows of estimation windows as it goes; otherwise they are cut beforehand.
    line : Moments -> Line, or None
        The model as a line of the moments of a window with at most one regressor, if it is one.
    parameters : int -> int
        Fewest parameters that a fit with p coefficients estimates: an estimation window needs one return more.
    estimated : bool
        Whether coefficients are estimated, so that there must be an estimation window.
    noise : (variance_params, before, last) -> FloatArray, shape (N, L2), or None
        Variance of the noise of every event cell, from the fit's ``variance_params`` and the bars after the estimation
        window that the cell holds (``before + 1`` to ``last``); None where every bar has ``sigma2``.
    """

    function: Callable[[Any, Any, Options], Fit]
    needs: Needs
    summary: str
    formula: str
    references: tuple[Reference, ...]
    fails_when: str
    expectation: str
    label: str
    by_clock: bool = True
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    prepare: Callable[[Block, Options], Block] = as_it_is
    regressors: Callable[[int], int] = all_factors
    lags: Callable[[Options], int] = no_lags
    streams: Callable[[Options], bool] = never
    line: Callable[[Any], Any] | None = None
    parameters: Callable[[int], int] = all_coefficients
    estimated: bool = True
    noise: Callable[[FloatArray, IntArray, IntArray], FloatArray] | None = None

    def __repr__(self) -> str:
        return f"<ModelRow: {self.summary}>"

    @property
    def source(self) -> str:
        return text_of(self.references)

    @property
    def doi(self) -> str:
        return doi_of(self.references)

    @property
    def has_estimation_window(self) -> bool:
        """Whether the model is estimated on bars before the event."""
        return self.needs in ("estimation", "market", "factors")
