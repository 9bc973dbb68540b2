"""What a figure needs, and nothing else: small frozen views cut from a result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, values_equal


@dataclass(frozen=True, eq=False, slots=True)
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

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False, slots=True)
class CarPath:
    """The cumulated abnormal return of one event, and how far it would wander without one.

    Attributes
    ----------
    tau : IntArray, shape (L2,)
    base_at : int
        Close before the first cell, where the path starts at zero; microseconds since the epoch.
    closes : IntArray, shape (L2,)
    car : FloatArray, shape (L2,)
        Decimal log return.
    placebo : FloatArray, shape (D, L2)
        Cumulated returns of the same clock window on D other days; complete rows only.
    se : FloatArray, shape (L2,) or (0,)
        Standard error of ``car`` under the null, where the model estimates one.
    joint : FloatArray, shape (L2,) or (0,)
        Half-width of the joint band, where one was computed.
    level : float
    model : str
    """

    tau: IntArray
    base_at: int
    closes: IntArray
    car: FloatArray
    placebo: FloatArray
    se: FloatArray = field(default_factory=lambda: np.zeros(0))
    joint: FloatArray = field(default_factory=lambda: np.zeros(0))
    level: float = 0.95
    model: str = "zero"

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False, slots=True)
class ResponseView:
    """One event on one instrument, ready to be drawn."""

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
    simulated: bool = False

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Band:
    """A half-width at each tau and the words that say what it means."""

    half: tuple[float, ...]
    words: str


def pointwise_band(path: CarPath) -> Band | None:
    """Return the band that ``path.car`` leaves exactly where its own two-sided test rejects at ``1 - level``.

    With D placebo days the test is ``p = (1 + #{|placebo| >= |car|}) / (D + 1)``, so the half-width is the
    ``floor((1 - level) (D + 1))``-th largest ``|placebo|``; with too few days for that p there is no band.
    Without placebo days it is the normal quantile times the standard error.
    """
    days = path.placebo.shape[0]
    if days:
        rank = int(np.floor((1 - path.level) * (days + 1) + 1e-9))
        if rank < 1:
            return None
        half = np.sort(np.abs(path.placebo), axis=0)[days - rank]
        return Band(tuple(map(float, half)), f"placebo band of {days} days (pointwise, {path.level * 100:g} %)")
    if path.se.size:
        from scipy.stats import norm

        half = norm.isf((1 - path.level) / 2) * path.se
        return Band(tuple(map(float, half)), f"no-event band (pointwise, {path.level * 100:g} %, normal)")
    return None
