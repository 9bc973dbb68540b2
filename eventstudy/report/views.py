"""What a figure needs, and nothing else: small frozen views cut from a result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from eventstudy.arrays import Alternative, BoolArray, FloatArray, IntArray, value
from eventstudy.report.counted_days import counted_days
from eventstudy.show.numbers import BP, Unit, share

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
    usual : FloatArray, shape (T,) or (0,)
        Median volume of comparable days in the same bar; NaN where there is none, empty without comparable days.
    """

    closes: IntArray
    price: FloatArray
    volume: FloatArray
    step_us: int
    quote: str = ""
    usual: FloatArray = field(default_factory=lambda: np.zeros(0))


@value(slots=True)
class Pause:
    """A stretch inside a window in which the market does not trade, microseconds; ``name`` is empty where unknown."""

    start: int
    stop: int
    name: str = ""


@value(slots=True)
class CarPath:
    """The cumulative abnormal return of one event, and how far it would wander without one.

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
    """One event on one instrument, ready to be drawn; ``reported_at`` is the instant whose CAR the finding states."""

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
    reported_at: int = 0
    simulated: bool = False
    unit: Unit = BP
    pauses: tuple[Pause, ...] = ()
    what: str = "return"


@dataclass(frozen=True, eq=False, slots=True)
class PlaceboView:
    """One move and those of its comparable days, shape (D,); ``half`` bounds what its test does not reject."""

    event: str
    instrument: str
    window: str
    car: float
    cars: FloatArray
    simulated: bool = False
    unit: Unit = BP
    half: float = float("nan")
    name: str = "the event"
    level: float = 0.95
    alternative: Alternative = "two-sided"

    @property
    def counted(self) -> BoolArray:
        """Which days the p-value counts, shape (D,)."""
        return counted_days(self.cars, self.car, self.alternative)


@dataclass(frozen=True, eq=False, slots=True)
class InstrumentPath:
    """The path of one instrument, (P,), with the half-width of its band, and the value its title gives."""

    name: str
    at: IntArray
    car: FloatArray
    joint: FloatArray
    value: float
    at_words: str
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Instruments:
    """Every instrument of one event."""

    paths: tuple[InstrumentPath, ...]
    earliest: datetime
    latest: datetime
    zone: str
    level: float = 0.95
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class AssumedMoves:
    """The move by the assumed time of the news, shapes (A,); the bands are NaN where there are none."""

    instrument: str
    at: IntArray
    move: FloatArray
    pointwise: FloatArray
    joint: FloatArray
    step_us: int
    label: str
    earliest: datetime
    latest: datetime
    zone: str
    pvalue: float = float("nan")
    stepped: bool = False
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Horizons:
    """The move since the last price before the news at several times, with intervals; shapes (H,)."""

    instrument: str
    labels: tuple[str, ...]
    move: FloatArray
    low: FloatArray
    high: FloatArray
    since: str
    level: float = 0.95
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class EventDots:
    """When the events were, and which were used; shapes (N,)."""

    events: tuple[str, ...]
    earliest: IntArray
    latest: IntArray
    used: BoolArray
    zone: str = "UTC"
    title: str = ""
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Sizes:
    """Rejection rate of each test at each nominal size, and the range of a correctly sized test; shapes (K, S).

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
    """Rejection rate of a test on comparable days, against its nominal size; shapes (K,)."""

    nominal: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    words: str
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
        return Band(tuple(half), f"{share(path.level)} of {count} comparable days, at each time")
    if path.se.size:
        from scipy.stats import norm

        half_se = norm.isf((1 - path.level) / 2) * path.se
        return Band(tuple(map(float, half_se)), f"{share(path.level)} without an event, at each time")
    return None


def _half(draws: FloatArray, level: float) -> float:
    """Return the band's half-width at one point: NaN with too few days, zero at the zero point, which has none."""
    rank = band_rank(len(draws), level)
    if not len(draws):
        return 0.0
    return float(np.sort(np.abs(draws))[len(draws) - rank]) if rank >= 1 else float("nan")


def joint_band(path: CarPath) -> Band | None:
    """Return the simultaneous band: an entire path without an event stays inside with probability ``level``.

    Each placebo path is scaled by the standard deviation of all of them at each tau; the :func:`band_rank`-th largest
    of the paths' greatest ``|scaled|`` value, times that standard deviation, is the half-width. A path of
    one step has no simultaneous band.
    """
    days, steps = path.placebo.shape
    rank = band_rank(days, path.level)
    if days < FEWEST_DAYS or rank < 1 or steps < FEWEST_STEPS:
        return None
    sd = np.sqrt(np.square(path.placebo).mean(axis=0))
    moves = sd > 0
    if moves.sum() < FEWEST_STEPS:
        return None
    greatest = np.sort(np.abs(path.placebo[:, moves] / sd[moves]).max(axis=1))[days - rank]
    return Band(tuple(map(float, greatest * sd)), f"{share(path.level)} of {days} comparable days, entire path")
