"""What a figure needs, and nothing else: small frozen views cut from a result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, value

FEWEST_DAYS, FEWEST_STEPS = 5, 2


@value(slots=True)
class PriceWindow:
    """Raw prices and volume around an event.

    Attributes
    ----------
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch.
    price : FloatArray, shape (T,)
    volume : FloatArray, shape (T,) or (0,)
        Empty where the source has none.
    step_us : int
    quote : str
        What a higher price means, for example ``"RUB per USD"``.
    """

    closes: IntArray
    price: FloatArray
    volume: FloatArray
    step_us: int
    quote: str = ""


@value(slots=True)
class CarPath:
    """The cumulated abnormal return of one event, and how far it would wander without one.

    The path is zero at the last close that cannot hold the news; before it, it shows what led up to that price.

    Attributes
    ----------
    tau : IntArray, shape (P,)
        Event time of each point, one more than cells: the first point is the close before the first cell.
    at : IntArray, shape (P,)
        Closing instants, microseconds since the epoch.
    car : FloatArray, shape (P,)
        Decimal log return since the point where the path is zero.
    placebo : FloatArray, shape (D, P)
        The same clock window on D other days; complete rows only.
    draws : tuple of FloatArray, one (D_p,) per point, or empty
        The move from the zero point to that point on the days that serve for it alone: more than have the whole path.
    se : FloatArray, shape (P,) or (0,)
        Standard error of ``car`` under the null, where the model estimates one and there are no placebo days.
    level : float
    model : str
    """

    tau: IntArray
    at: IntArray
    car: FloatArray
    placebo: FloatArray
    se: FloatArray = field(default_factory=lambda: np.zeros(0))
    level: float = 0.95
    model: str = "zero"
    draws: tuple[FloatArray, ...] = ()


@value(slots=True)
class ResponseView:
    """One event on one instrument, ready to be drawn; ``told_at`` is the instant whose CAR the legend gives."""

    event: str
    title: str
    instrument: str
    earliest: datetime
    latest: datetime
    path: CarPath
    prices: PriceWindow | None = None
    zone: str = "UTC"
    reference_at: int = 0
    first_at: int = 0
    told_at: int = 0
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class AveragePath:
    """Many events' cumulated abnormal returns and their mean with its band, shape (N, L2) and (L2,)."""

    tau: IntArray
    cars: FloatArray
    aar: FloatArray
    caar: FloatArray
    half: FloatArray
    words: str
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class PlaceboView:
    """One event's CAR and those of its placebo days, shape (D,)."""

    event: str
    instrument: str
    window: str
    car: float
    cars: FloatArray
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Forest:
    """Each event's CAR and the half-width of its interval (NaN where there is none), shape (N,)."""

    names: tuple[str, ...]
    car: FloatArray
    half: FloatArray
    window: str
    level: float
    words: str
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Sizes:
    """Share of placebo studies in which each test rejects at each level, and where an honest share lies; (K, S).

    ``names`` are the K tests, with their window where there are several; ``draws`` the p-values behind each row.
    """

    names: tuple[str, ...]
    levels: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    draws: IntArray
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class PlaceboSize:
    """Share of no-event days on which a test rejects, against the size it promises; shapes (K,)."""

    nominal: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    words: str
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class EventDots:
    """When the events were, and which were used; shapes (N,)."""

    earliest: IntArray
    latest: IntArray
    used: BoolArray
    zone: str = "UTC"
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A half-width at each tau and the words that say what it means."""

    half: tuple[float, ...]
    words: str


def band_rank(days: int, level: float) -> int:
    """Return which of the largest placebo values bounds the band of a two-sided test; 0 where D is too small.

    The test is ``p = (1 + #{|placebo| >= |car|}) / (D + 1)``; it rejects at ``1 - level`` exactly for a value beyond
    the ``floor((1 - level) (D + 1))``-th largest.
    """
    return int(np.floor((1 - level) * (days + 1) + 1e-9))


def pointwise_band(path: CarPath) -> Band | None:
    """Return the band that ``path.car`` leaves exactly where its own two-sided test rejects at ``1 - level``.

    With placebo days it is their :func:`band_rank`-th largest ``|placebo|`` (none with too few days), else the normal
    quantile times the standard error.
    """
    draws = path.draws or tuple(path.placebo.T)
    days = [len(d) for d in draws if len(d)] if path.draws or len(path.placebo) else []
    if days:
        half = [_half(d, path.level) for d in draws]
        if not np.isfinite(half).all():
            return None
        count = f"{min(days)}" if min(days) == max(days) else f"{min(days)} to {max(days)}"
        return Band(tuple(half), f"{path.level * 100:g} % of {count} no-event days, each point")
    if path.se.size:
        from scipy.stats import norm

        half_se = norm.isf((1 - path.level) / 2) * path.se
        return Band(tuple(map(float, half_se)), f"{path.level * 100:g} % had nothing happened, each point")
    return None


def _half(draws: FloatArray, level: float) -> float:
    """Return the band's half-width at one point: NaN with too few days, zero at the zero point, which has none."""
    rank = band_rank(len(draws), level)
    if not len(draws):
        return 0.0
    return float(np.sort(np.abs(draws))[len(draws) - rank]) if rank >= 1 else float("nan")


def joint_band(path: CarPath) -> Band | None:
    """Return the band a whole no-event path stays inside with probability ``level``.

    Each placebo path is scaled by the spread of all of them at each tau; the :func:`band_rank`-th largest of the
    paths' greatest ``|scaled|`` value, times that spread, is the half-width. A path of one step has no joint band
    of its own: it is the pointwise one.
    """
    days, steps = path.placebo.shape
    rank = band_rank(days, path.level)
    if days < FEWEST_DAYS or rank < 1 or steps < FEWEST_STEPS:
        return None
    spread = np.sqrt(np.square(path.placebo).mean(axis=0))
    moves = spread > 0
    if moves.sum() < FEWEST_STEPS:
        return None
    greatest = np.sort(np.abs(path.placebo[:, moves] / spread[moves]).max(axis=1))[days - rank]
    return Band(tuple(map(float, greatest * spread)), f"{path.level * 100:g} % of {days} no-event days, whole path")
