"""Long-horizon abnormal returns against a matched control, and their mean with clustered standard errors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, ReturnKind, check_choice, look_up, value
from eventstudy.errors import DataError, UsageError
from eventstudy.renamed import named_arguments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Of log returns of the event firm and of its control over the months (or days) of the horizon, shape (T,).
MATCHED: Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "ccar": lambda event, control: event - control,
    "sar": lambda event, control: (event - control) / _sd(event - control),
    "asr": lambda event, control: event / _sd(event) - control / _sd(control),
}


@named_arguments
def matched_returns(
    event: ArrayLike, control: ArrayLike, measure: str = "asr", *, returns: ReturnKind = "log"
) -> FloatArray:
    """Return the abnormal returns of one event firm against its matched control over a long horizon.

    Parameters
    ----------
    event, control : array_like, shape (T,)
        Decimal returns of the firm and of its control firm or control portfolio in the same T periods. A period in
        which one of them is missing has no abnormal return.
    measure : {"asr", "sar", "ccar"}
        ``asr``, abnormal standardized return: ``r / sd(r) - c / sd(c)``; ``sar``, standardized abnormal return:
        ``(r - c) / sd(r - c)``; ``ccar``, continuously compounded abnormal return: ``r - c``. ``r`` and ``c`` are log
        returns, standard deviations divide by T - 1.
    returns : {"log", "simple"}
        Kind of the given returns; simple ones are turned into ``log(1 + R)``.

    Returns
    -------
    numpy.ndarray, shape (T,)
        In standard deviations for ``asr`` and ``sar``, in decimal log returns for ``ccar``.

    Raises
    ------
    DataError, UsageError
        If lengths differ, values are not numbers, fewer than two periods are complete, or a standard deviation is zero.
    UnknownNameError
        If the measure or the kind of returns is none of those named.

    References
    ----------
    Dutta, Knif, Kolari and Pynnonen 2018, https://doi.org/10.1016/j.jempfin.2018.02.004.

    Examples
    --------
    >>> import eventstudy as es
    >>> es.matched_returns([0.02, -0.01, 0.03, 0.00], [0.01, 0.00, 0.01, 0.02], "ccar").round(3)
    array([ 0.01, -0.01,  0.02, -0.02])
    """
    check_choice("kind of returns", returns, ReturnKind)
    formula = look_up("measure", MATCHED, measure)
    firm, matched = _numbers("event", event), _numbers("control", control)
    if firm.ndim != 1 or firm.shape != matched.shape:
        raise DataError(
            f"`event` has shape {firm.shape} and `control` {matched.shape}; both must be one series of equal length."
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        if returns == "simple":
            firm, matched = np.log1p(firm), np.log1p(matched)
    complete = np.isfinite(firm) & np.isfinite(matched)
    if complete.sum() < 2:
        raise DataError(f"{int(complete.sum())} periods have both returns; a standard deviation needs 2.")
    found = np.full(len(firm), np.nan)
    found[complete] = formula(firm[complete], matched[complete])
    return found


def _numbers(name: str, given: ArrayLike) -> FloatArray:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"`{name}` is {type(given).__name__} that does not hold numbers; pass a series of numbers."
        ) from None


def _sd(values: FloatArray) -> float:
    sd = float(values.std(ddof=1))
    if not sd > 1e-12 * float(np.abs(values).max()):
        raise DataError("All returns are equal; their standard deviation is zero.")
    return sd


@value
class ClusteredMean:
    """A mean with clustered standard error.

    Attributes
    ----------
    mean, se, t, pvalue : float
        ``pvalue`` is two-sided, of t with ``df`` degrees of freedom.
    df : float
        The smallest number of clusters less one.
    n : int
        Values that entered.
    clusters : tuple of int
        Number of clusters of each kind.
    """

    mean: float
    se: float
    t: float
    pvalue: float
    df: float
    n: int
    clusters: tuple[int, ...]


@named_arguments
def clustered_mean(values: ArrayLike, *clusters: Sequence[object]) -> ClusteredMean:
    """Test that a mean is zero when values of one cluster (a month, a firm) may move together.

    The null is that the mean is zero. The variance of one kind of clusters is
    ``G / (G - 1) sum_g (sum_i e_ig)^2 / n^2`` with ``e = x - mean(x)``; of two kinds it is the sum of both less that of
    their intersections.

    Parameters
    ----------
    values : array_like, shape (N,)
        For example :func:`matched_returns` of all firms below one another, or CARs; NaN is left out.
    *clusters : sequence, length N
        One or two groupings of the values: the date, the firm.

    Returns
    -------
    ClusteredMean
        Mean, standard error, t and p-value; NaN where the variance is not positive.

    Raises
    ------
    DataError, UsageError
        If values are not numbers, there are no clusters or more than two kinds, lengths differ, or a kind has fewer
        than two clusters.

    Notes
    -----
    crseEventStudy (R) gives the same mean, variance and t; its p-values have G, not G - 1, degrees of freedom.

    References
    ----------
    Dutta, Knif, Kolari and Pynnonen 2018, https://doi.org/10.1016/j.jempfin.2018.02.004; Cameron, Gelbach and Miller
    2011, https://doi.org/10.1198/jbes.2010.07136.

    Examples
    --------
    >>> import eventstudy as es
    >>> found = es.clustered_mean([0.03, 0.01, 0.02, -0.01, 0.02, 0.04], ["jan", "jan", "feb", "feb", "mar", "mar"])
    >>> f"{found.mean:.4f} {found.se:.4f} {found.t:.2f} {found.df:.0f}"
    '0.0183 0.0073 2.52 2'
    """
    from scipy.special import stdtr

    x = _numbers("values", values)
    if not 1 <= len(clusters) <= 2:
        raise DataError(f"{len(clusters)} kinds of clusters were given; one or two are possible.")
    kinds = [np.asarray(kind, dtype=object) for kind in clusters]
    if any(kind.shape != x.shape or x.ndim != 1 for kind in kinds):
        raise DataError(f"There are {x.size} values and {[kind.size for kind in kinds]} clusters; they must match.")
    finite = np.isfinite(x)
    codes = [np.unique(kind[finite].astype(str), return_inverse=True)[1] for kind in kinds]
    counts = tuple(int(code.max(initial=-1)) + 1 for code in codes)
    if min(counts) < 2:
        raise DataError(f"There are {min(counts)} clusters with a value; 2 or more are needed.")
    x = x[finite]
    variance = float(np.sum([_variance(x, code) for code in codes]))
    for left, right in itertools.combinations(codes, 2):
        variance -= _variance(x, np.unique(left * len(x) + right, return_inverse=True)[1])
    mean, df = float(x.mean()), float(min(counts) - 1)
    se = float(np.sqrt(variance)) if variance > 0 else float("nan")
    t = mean / se
    return ClusteredMean(mean, se, t, float(2 * stdtr(df, -abs(t))), df, len(x), counts)


def _variance(x: FloatArray, code: IntArray) -> float:
    """Return the variance of the mean of ``x`` with clusters ``code``."""
    sums = np.bincount(code, x - x.mean())
    return float(len(sums) / (len(sums) - 1) * (sums**2).sum() / len(x) ** 2)
