"""What the figures of many events need, and nothing else: means, moves with intervals, p-values, tables of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.report.views import Band
from eventstudy.show.numbers import BP, Unit


@dataclass(frozen=True, eq=False, slots=True)
class MeanSteps:
    """The mean of each day or bar with its interval, shapes (L2,).

    ``clear`` marks those that differ from zero after adjusting for their number, or as ``filled`` says; ``joint`` is
    that limit.
    """

    tau: IntArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    clear: BoolArray
    joint: FloatArray
    window: tuple[int, int]
    level: float
    bar_noun: str
    count: str
    unit: Unit = BP
    simulated: bool = False
    filled: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class MeanPath:
    """The mean cumulative abnormal return with its band and the events' 10% and 90% quantiles, shapes (L2 + 1,).

    ``value`` and ``ends`` are the mean of the reported window and the interval of the primary test. ``held``: the paths
    are buy-and-hold abnormal returns from the start of that window, NaN before it.
    """

    steps: MeanSteps
    car: FloatArray
    low: FloatArray
    high: FloatArray
    fan_low: FloatArray
    fan_high: FloatArray
    value: float
    ends: FloatArray
    test: str
    measure: str
    where: str
    against: str
    reported_on_path: bool
    held: bool

    @property
    def tau(self) -> IntArray:
        return self.steps.tau

    @property
    def unit(self) -> Unit:
        return self.steps.unit

    @property
    def count(self) -> str:
        return self.steps.count


@dataclass(frozen=True, eq=False, slots=True)
class EventBands:
    """One event's CAR in event time with both bands, shapes (P,)."""

    title: str
    tau: IntArray
    car: FloatArray
    pointwise: Band | None
    joint: Band | None
    bar_noun: str
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean row of :class:`Dots`; ``test`` is what its p-value is of where that is not a count of days."""

    name: str
    move: float
    low: float
    high: float
    p: float
    test: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Dots:
    """Moves with intervals, shapes (N,); ``clear`` marks those that stand out, ``filled`` says what that means."""

    title: str
    names: tuple[str, ...]
    move: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    clear: BoolArray
    window: str
    level: float
    interval: str
    filled: str
    p_words: str = "p"
    mean: Mean | None = None
    sort: bool = True
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """The moves of events or instruments (``noun``) over one window, shape (N,)."""

    cars: FloatArray
    mean: float
    median: float
    window: str
    noun: str = "event"
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Agreement:
    """The p-value of every test of one window, (K,); ``primary`` is the row of the primary test, or -1."""

    tests: tuple[str, ...]
    p: FloatArray
    primary: int
    window: str
    level: float = 0.95
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class HeatMap:
    """Numbers in rows and columns, in the unit that is shown; ``reach`` is where the colors end."""

    title: str
    note: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: FloatArray
    reach: float
    marked: tuple[int, int] | None = None
    marked_words: str = ""
    unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """Points (N,) and a line through them; ``marked`` points are pointed out."""

    title: str
    note: str
    alt: str
    x: FloatArray
    y: FloatArray
    slope: float
    intercept: float
    x_words: str
    y_words: str
    marked: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    marked_words: str = ""
    unit: Unit = BP
    x_unit: Unit = BP
    simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class ChoiceRows:
    """One choice behind specifications: the names of its V values, and which specifications take each, (V, S)."""

    name: str
    labels: tuple[str, ...]
    taken: BoolArray


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """The estimates of S specifications in order, with intervals; ``clear`` are significant."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    clear: BoolArray
    from_study_file: BoolArray
    choices: tuple[ChoiceRows, ...]
    about: str
    level: float
    simulated: bool = False
    unit: Unit = BP
