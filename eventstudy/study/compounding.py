"""Buy-and-hold returns under an estimated mean: how far compounding its error shifts the mean BHAR."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import Alternative, FloatArray, ReturnKind
from eventstudy.errors import Notice
from eventstudy.inference.table import TESTS
from eventstudy.show.numbers import over, window_label
from eventstudy.study.prepare import Study
from eventstudy.study.primary import Primary
from eventstudy.study.significance_tests import Tested

# The nominal size times this: beyond it the rejection rate is no longer that of the test.
MOST_OVERSIZED = 1.2


class Shift(NamedTuple):
    """What compounding adds to each BHAR where there is no effect, as decimal returns of shape (N,)."""

    error: FloatArray
    variance: FloatArray


def compounding_shift(abnormal: AbnormalReturns, window: Window, kind: ReturnKind) -> Shift:
    """Return by how much a BHAR differs from zero on average without an event.

    The expected return of a window of L bars is compounded from a mean that M returns estimate. Its error has mean zero
    and variance V; the compounded return is convex in it, so that its expectation is too large by a factor of
    ``exp(V / 2)``, and the mean BHAR too small; V grows with L^2 / M (Blume 1974, Journal of the American Statistical
    Association; Jacquier, Kane and Marcus 2003, Financial Analysts Journal). A mean of log returns, compounded, is in
    turn below the expected simple return by a factor of ``exp(L s^2 / 2)``.

    Parameters
    ----------
    abnormal : AbnormalReturns
        Of N events.
    window : Window
    kind : {"log", "simple", "difference"}
    """
    gross = np.exp(abnormal.expected(window))
    noise = abnormal.noise_variance(window)
    error = -gross * np.expm1((abnormal.window_variance(window) - noise) / 2)
    variance = gross * np.expm1(noise / 2) if kind == "log" else np.zeros(len(abnormal))
    return Shift(error, variance)


def rejection_rate(shift: float, level: float, alternative: Alternative = "two-sided") -> float:
    """Return how often a test rejects whose statistic is normal with mean ``shift`` and variance 1.

    >>> round(rejection_rate(0.0, 0.95), 3), round(rejection_rate(0.83, 0.95), 3)
    (0.05, 0.132)
    """
    from scipy.special import ndtr, ndtri

    if alternative != "two-sided":
        return float(ndtr(-ndtri(level) + (shift if alternative == "greater" else -shift)))
    z = ndtri((1 + level) / 2)
    return float(ndtr(-z - shift) + ndtr(-z + shift))


def compounding_notices(
    study: Study, abnormal: AbnormalReturns, primary: Primary | None, tested: Tested
) -> tuple[Notice, ...]:
    """Warn about a mean BHAR that the error of estimated expected returns shifts by much of its standard error."""
    spec = study.spec
    if primary is None or spec.measure != "bhar" or not study.plan.model.estimated:
        return ()
    found = [f for f in tested.significances.findings if f.test == primary.test and f.window == primary.window]
    se = float(found[0].se[0]) if found and found[0].pairs is None else np.nan
    shift = compounding_shift(abnormal, primary.window, spec.returns)
    finite = np.isfinite(shift.error)
    if not se > 0 or not (shift.error[finite] < 0).any():  # a model without an estimated mean has no error
        return ()
    error, variance = (float(part[finite].mean()) for part in shift)
    size = rejection_rate((error + variance) / se, spec.level, spec.alternative)
    if size <= MOST_OVERSIZED * (1 - spec.level):
        return ()
    where = over(window_label((primary.window.start, primary.window.stop), primary.design.bar_noun))
    added = f", and the variance of log returns shifts it by {100 * variance:+.1f}%" if variance else ""
    message = (
        f"Without an effect the mean BHAR {where} would be {100 * (error + variance):+.1f}%, "
        f"{abs(error + variance) / se:.1f} standard errors from zero, so that {TESTS[primary.test].words}, the primary "
        f"test, rejects about {100 * size:.0f}% at the {100 * (1 - spec.level):g}% level: the error of the estimated "
        f"mean, compounded, shifts it by {100 * error:+.1f}%{added}. {_cure(study, error / se)}"
    )
    return (Notice("ES-BHAR-EXPECTED", message),)


def _cure(study: Study, error: float) -> str:
    """Return the setting that removes the shift; ``error``: its part that simple returns have as well."""
    spec = study.spec
    oversized = rejection_rate(error, spec.level, spec.alternative) > MOST_OVERSIZED * (1 - spec.level)
    if spec.returns == "log" and not oversized:
        return 'Set `[model] returns = "simple"`.'
    if len(study.data.series.factors):
        return 'Set `[model] name = "market_adjusted"`, which estimates no mean.'
    return (
        'Subtract the return of a market or a matched portfolio instead (`[model] name = "market_adjusted"`, with a '
        "`[market]`), which estimates no mean."
    )
