"""What a test sees: one window's abnormal returns with all that was learned before the event, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import Alternative, FloatArray, IntArray
from eventstudy.inference.evidence import Evidence
from eventstudy.inference.intervals import Interval
from eventstudy.inference.significance import Distribution
from eventstudy.references import Reference, doi_of, text_of

Options = Mapping[str, Any]
Scope = Literal["event", "average"]
Assumption = Literal["independence", "separate estimation", "variance", "symmetry", "many events"]
NO_OPTIONS: Options = {}


@dataclass(frozen=True, eq=False)
class Sample:
    """One window of a study.

    Attributes
    ----------
    abnormal : AbnormalReturns
    window : Window
    car, variance : FloatArray, shape (N,)
        CAR and the variance of its prediction error; NaN where a cell is missing.
    df : FloatArray, shape (N,)
    alternative : {"two-sided", "greater", "less"}
    options : mapping
        The user's, over the defaults of the test.
    evidence : Evidence
    seed : int
    level : float
        Confidence level of intervals.
    """

    abnormal: AbnormalReturns
    window: Window
    car: FloatArray
    variance: FloatArray
    df: FloatArray
    alternative: Alternative
    options: Options
    evidence: Evidence
    seed: int = 0
    level: float = 0.95

    def __len__(self) -> int:
        return len(self.car)

    @property
    def bars(self) -> IntArray:
        """Bars of the window, merged ones counted, shape (N,)."""
        return self.abnormal.bars(self.window)

    @property
    def observations(self) -> IntArray:
        """Estimation bars, or same-clock days, behind each event's variance, shape (N,)."""
        same_clock = self.abnormal.same_clock
        return self.abnormal.fit.n if same_clock is None else same_clock.days


@dataclass(frozen=True, eq=False)
class Statistic:
    """What a test returns: columns of n rows (n = N for scope ``event``, 1 for ``average``).

    ``pvalue`` is only set by tests with a reference distribution of their own, ``interval`` by tests whose interval is
    not the estimate plus or minus standard errors; ``reason`` says why there is no number, ``note`` which of a test's
    approximations was used.
    """

    estimate: FloatArray
    statistic: FloatArray
    se: FloatArray | None = None
    df: FloatArray | None = None
    n: IntArray | None = None
    n_events: int = 1
    pvalue: FloatArray | None = None
    reasons: tuple[str, ...] = ()
    reason: IntArray | None = None
    interval: Interval | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test.

    ``words`` is its name in a sentence, to come before "test"; ``needs`` names the evidence that is accumulated for it;
    ``buy_and_hold`` says that it looks at one number per event and nothing else, so that it can be about buy-and-hold
    returns as well as sums; ``assumes`` names what must hold of the data for the test to keep its size.
    """

    __test__ = False

    function: Callable[[Sample], Statistic]
    words: str
    scope: Scope
    distribution: Distribution
    null: str
    formula: str
    assumptions: str
    fails_when: str
    references: tuple[Reference, ...]
    needs: frozenset[str] = frozenset()
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    buy_and_hold: bool = False
    assumes: frozenset[Assumption] = frozenset()

    def __repr__(self) -> str:
        return f"<TestRow: H0: {self.null}>"

    @property
    def source(self) -> str:
        return text_of(self.references)

    @property
    def doi(self) -> str:
        return doi_of(self.references)


def one(estimate: float, statistic: float, *, se: float = np.nan, df: float = np.nan, n_events: int) -> Statistic:
    """Return the single row of a test across events."""
    count = np.array([n_events], dtype=np.int64)
    columns = [np.array([value], dtype=np.float64) for value in (estimate, statistic, se, df)]
    return Statistic(columns[0], columns[1], columns[2], columns[3], n=count, n_events=n_events)


def not_applicable(reason: str, *, estimate: float = np.nan, n_events: int = 0) -> Statistic:
    """Return the row of a test that does not apply, with the reason."""
    row = one(estimate, np.nan, n_events=n_events)
    return Statistic(row.estimate, row.statistic, row.se, row.df, row.n, n_events, None, (reason,), np.array([1]))
