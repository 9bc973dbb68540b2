"""Pieces every generator is made of: seeded streams, the daily U-shape, clustered volatility, trades and their bars."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.errors import UsageError

Generator = np.random.Generator

# One stream per purpose: a new instrument or a new kind of draw leaves every other draw as it was.
STREAMS = ("path", "volatility", "bounce", "trades", "volume", "gap", "common")


def stream(seed: int, purpose: str, member: int = 0) -> Generator:
    """Return the generator of one purpose (a name of ``STREAMS``) for one member, from the root seed."""
    if seed < 0:
        raise UsageError(f"The seed is {seed}.", remedy="Pass a whole number, 0 or more.")
    return np.random.default_rng(np.random.SeedSequence([seed, STREAMS.index(purpose), member]))


def u_shape(n: int, depth: float = 0.6) -> FloatArray:
    """Return n volatility factors, high at both ends of the day, with mean square 1.

    Parameters
    ----------
    n : int
        Bars of the session.
    depth : float
        0 is flat; the factor before scaling is ``1 + 3 depth ((2 i + 1) / n - 1)^2``.

    Examples
    --------
    >>> float((u_shape(510) ** 2).mean().round(12))
    1.0
    """
    position = (2 * np.arange(n) + 1) / n - 1
    shape = 1 + 3 * depth * position**2
    return np.asarray(shape / np.sqrt(np.mean(shape**2)))


def clustered(rng: Generator, shape: tuple[int, int], persistence: float, sd: float) -> FloatArray:
    """Return volatility factors exp(h), h an AR(1) over the second axis, scaled so that E[factor^2] = 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (int, int)
        Days by bars; each day starts in the stationary distribution.
    persistence : float
        AR coefficient in [0, 1).
    sd : float
        Stationary standard deviation of h; 0 gives ones.
    """
    shocks = rng.standard_normal(shape) * sd * np.sqrt(1 - persistence**2)
    shocks[:, 0] /= np.sqrt(1 - persistence**2)
    h = np.empty(shape)
    h[:, 0] = shocks[:, 0]
    for i in range(1, shape[1]):
        h[:, i] = persistence * h[:, i - 1] + shocks[:, i]
    return np.asarray(np.exp(h - sd**2))


def first_finite(values: FloatArray) -> FloatArray:
    """Return the first number along the last axis that is not NaN; NaN where there is none."""
    present = np.isfinite(values)
    at = present.argmax(axis=-1)[..., None]
    return np.asarray(np.take_along_axis(values, at, axis=-1)[..., 0])


def last_finite(values: FloatArray) -> FloatArray:
    """Return the last number along the last axis that is not NaN; NaN where there is none."""
    return first_finite(values[..., ::-1])


def to_tick(prices: FloatArray, tick: float) -> FloatArray:
    """Return prices rounded to multiples of the tick, written with the tick's own number of decimals."""
    decimals = -int(Decimal(repr(tick)).as_tuple().exponent)
    return np.asarray(np.round(np.round(prices / tick) * tick, decimals))


def trades(rng: Generator, prices: FloatArray, half_spread: float, chance: FloatArray) -> FloatArray:
    """Return traded prices: ``prices`` bounced by plus or minus the half-spread, NaN where nothing traded.

    Parameters
    ----------
    rng : numpy.random.Generator
    prices : FloatArray, shape (..., K)
        Efficient price at the K moments of each bar.
    half_spread : float
        As a share of the price.
    chance : FloatArray, broadcast over the leading axes
        Probability of a trade at each moment.
    """
    side = np.where(rng.random(prices.shape) < 0.5, -1.0, 1.0)
    traded: BoolArray = rng.random(prices.shape) < np.asarray(chance)[..., None]
    return np.where(traded, prices * (1 + half_spread * side), np.nan)


def bar_columns(prints: FloatArray, volume: FloatArray) -> dict[str, FloatArray]:
    """Return flat columns ``open high low close volume`` from trades (days, minutes, K); NaN where nothing traded."""
    present = np.isfinite(prints)
    traded = present.any(axis=-1)
    low, high = np.where(present, prints, np.inf).min(axis=-1), np.where(present, prints, -np.inf).max(axis=-1)
    columns = {"open": first_finite(prints), "high": high, "low": low, "close": last_finite(prints), "volume": volume}
    return {name: np.where(traded, values, np.nan).reshape(-1) for name, values in columns.items()}


def day_number(iso: str) -> int:
    """Return days since 1970-01-01 of an ISO date."""
    return int(np.datetime64(iso, "D").astype(np.int64))


def weekdays_before(last: str, n: int, closed: tuple[str, ...] = ()) -> IntArray:
    """Return the n weekdays that end the day before ``last``, without the ``closed`` ones, as days since 1970."""
    days: list[int] = []
    day = day_number(last) - 1
    shut = {day_number(iso) for iso in closed}
    while len(days) < n:
        if (day + 3) % 7 < 5 and day not in shut:
            days.append(day)
        day -= 1
    return np.array(days[::-1], dtype=np.int64)
