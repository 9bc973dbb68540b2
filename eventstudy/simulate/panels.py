"""Daily panels with planted shocks: the design behind size and power tables of the classical tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eventstudy.arrays import FloatArray, check_choice, value

Errors = Literal["normal", "t4", "lognormal"]


@dataclass(frozen=True, slots=True)
class DailyDesign:
    """R = beta Rm + sigma e, one row per event.

    Attributes
    ----------
    N, M, L : int
        Events, estimation bars, event-window bars.
    shock : float
        Added to the first event bar in units of each event's own sigma.
    variance_factor : float
        Event-window error variance over the estimation variance.
    correlation : float
        Correlation of the errors across events on the same day (all events share one calendar); 0 for none.
    errors : {"normal", "t4", "lognormal"}
        Law of the errors, scaled to mean 0 and variance 1; "lognormal" has log standard deviation 0.8.
    """

    N: int = 50
    M: int = 239
    L: int = 1
    shock: float = 0.0
    variance_factor: float = 1.0
    correlation: float = 0.0
    errors: Errors = "normal"

    def __post_init__(self) -> None:
        check_choice("error distribution", self.errors, Errors)


@value
class DailyDraw:
    """One draw: ``y`` (N, M + L), ``F`` (N, M + L, 1), and the truth ``sigma`` (N,), ``beta`` (N,)."""

    design: DailyDesign
    y: FloatArray
    F: FloatArray
    sigma: FloatArray
    beta: FloatArray


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.standard_normal(shape)


def _t4(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return np.asarray(rng.standard_t(4, shape) / np.sqrt(2.0))  # var of t(4) is 2


def _lognormal(rng: np.random.Generator, shape: tuple[int, ...], s: float = 0.8) -> FloatArray:
    mean, variance = np.exp(s**2 / 2), (np.exp(s**2) - 1) * np.exp(s**2)
    return np.asarray((np.exp(s * rng.standard_normal(shape)) - mean) / np.sqrt(variance))


ERROR_DRAWS = {"normal": _normal, "t4": _t4, "lognormal": _lognormal}


def daily_panel(design: DailyDesign, seed: int | np.random.SeedSequence) -> DailyDraw:
    """Draw one daily panel of the design.

    sigma ~ U(1 %, 3 %), beta ~ U(0.5, 1.5), Rm ~ N(0, 1 %). Under ``correlation`` r the error of event i on day t
    is sqrt(r) c_t + sqrt(1 - r) u_it and every event sees the same market return.

    Examples
    --------
    >>> daily_panel(DailyDesign(N=3, M=20), 1).y.shape
    (3, 21)
    """
    rng = np.random.default_rng(seed)
    N, T = design.N, design.M + design.L
    sigma, beta = rng.uniform(0.01, 0.03, N), rng.uniform(0.5, 1.5, N)
    errors, r = ERROR_DRAWS[design.errors], design.correlation
    e = errors(rng, (N, T))
    rm = 0.01 * rng.standard_normal((N, T))
    if r:
        e = np.sqrt(r) * errors(rng, (1, T)) + np.sqrt(1 - r) * e
        rm = np.broadcast_to(rm[:1], (N, T))
    e[:, design.M :] *= np.sqrt(design.variance_factor)
    e[:, design.M] += design.shock
    y = beta[:, None] * rm + sigma[:, None] * e
    return DailyDraw(design, y, np.array(rm)[:, :, None], sigma, beta)
