"""Which test decides: one literal table from the design of a study to its primary test, with the reason.

The design is known before any p-value: how many events there are, which dates they share, whether the model estimates a
variance, how skewed the estimation residuals are. A test whose assumptions the design violates never decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from eventstudy.abnormal.placebo.same_clock import span_of
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray, value
from eventstudy.inference.sample import Assumption, TestRow

Sharing = Literal["none", "some", "all"]
# Events from which on tests by ranks across events and skewness-adjusted tests come near their size. In 2,000 simulated
# studies of events on separate dates (``scripts/bench size 2000 few``) the former reject 7.1 % with 10, 6.6 % with 15
# and 4.8 to 6.5 % with 20 and more, the latter 8.2, 7.4 and 6.0 to 7.0 %; the bootstrap of compounded returns 1.8 to
# 4.0 % with 6 to 15 and 3.2 to 6.2 % with 20 and more.
FEW_EVENTS = 20
# Skewness of the mean SCAR, g / sqrt(N), from which t tests over events reject 6 % and more. In 1,500 simulated studies
# of 12 to 100 events with lognormal returns BMP's test rejects 4.4 to 6.3 % below 0.26, 5.9 to 7.5 % from 0.36 to 0.41
# and 9 to 11 % above 0.5; the jackknife's t 3 to 6 %.
SKEWED = 0.3
# The variance of a mean CAR over that of events estimated on separate returns: beyond 1 -+ this, tests that take the
# events as independent reject less than 4.4 % or more than 5.6 %.
SHARED_ESTIMATION = 0.05
# The variance of the SCARs is compared with 1 at this size before a test that assumes it is called unsuited.
VARIANCE_SIZE = 0.05


@value(slots=True)
class Design:
    """What a study is like, as far as its tests are concerned.

    Attributes
    ----------
    events, dates, instruments : int
        Observations (event-instrument pairs), distinct event dates, and distinct instruments.
    names : int
        Distinct event ids.
    shared : {"none", "some", "all"}
        Whether a tested window shares bars with the same window of another observation; "all": there is one date.
    bar_noun : {"bar", "day", "week", "month", "quarter"}
        What a bar is called; "bar" where it is shorter than a day.
    variance, residuals : bool
        Whether each CAR has a forecast variance, and whether the model has an estimation window.
    skewness : float
        Mean skewness of the estimation residuals; 0 where it was not computed.
    bhar : bool
        Whether buy-and-hold abnormal returns are tested.
    shared_estimation : float
        Variance of the mean CAR over that of events estimated on separate returns; 1 if no two events are on one
        instrument with estimation windows that meet.
    """

    events: int
    dates: int
    instruments: int
    names: int
    shared: Sharing
    bar_noun: str
    variance: bool
    residuals: bool
    skewness: float = 0.0
    bhar: bool = False
    shared_estimation: float = 1.0

    @property
    def single(self) -> bool:
        """Whether there is one event: each of its instruments is tested by itself."""
        return self.names <= 1 or self.events <= 1

    @property
    def daily(self) -> bool:
        """Whether the bars are days or longer."""
        return self.bar_noun != "bar"

    @property
    def few(self) -> bool:
        return self.events < FEW_EVENTS

    @property
    def dense(self) -> bool:
        """Whether events of one instrument are estimated on the same returns so much that their CARs move together."""
        return not self.single and abs(self.shared_estimation - 1) > SHARED_ESTIMATION

    @property
    def skewed(self) -> bool:
        return bool(abs(self.skewness) > SKEWED * np.sqrt(max(self.events, 1)))


@dataclass(frozen=True, slots=True)
class DesignRow:
    """One design: when it applies, its primary test, the design in words, and why the test suits it."""

    applies: Callable[[Design], bool]
    primary: str
    words: str
    reason: str


DESIGNS: Mapping[str, DesignRow] = {
    "one event, intraday": DesignRow(
        lambda d: d.single and not d.daily,
        "standardized_placebo",
        "one event within the day",
        "it compares the move with the same time of day on other days at the same volatility, without assuming a "
        "distribution",
    ),
    "one event, daily": DesignRow(
        lambda d: d.single and d.variance,
        "time_series_t",
        "one event on daily data",
        "it compares the move with the variation of the estimation window",
    ),
    "one event, no estimation window": DesignRow(
        lambda d: d.single,
        "placebo",
        "one event without an estimation window",
        "it compares the move with those of other days",
    ),
    "buy-and-hold returns, shared days": DesignRow(
        lambda d: d.bhar and d.residuals and (d.shared != "none" or d.dense),
        "overlap_t",
        "buy-and-hold returns whose windows share days",
        "it allows for correlation between windows that share days and for a changed variance",
    ),
    "few buy-and-hold returns": DesignRow(
        lambda d: d.bhar and d.few,
        "cross_sectional_t",
        "buy-and-hold returns of few events",
        f"it allows the event to change the variance, and resampling needs {FEW_EVENTS} events or more",
    ),
    "buy-and-hold returns": DesignRow(
        lambda d: d.bhar,
        "cross_sectional_t",
        "buy-and-hold returns of many events",
        "it allows the event to change the variance; skewness-adjusted tests come no closer to their size",
    ),
    "no variance, shared dates": DesignRow(
        lambda d: not d.residuals and d.shared != "none",
        "calendar_time",
        "events that share dates, without an estimation window",
        "it counts every date once, so events of one date may move together",
    ),
    "no variance": DesignRow(
        lambda d: not d.variance,
        "cross_sectional_t",
        "events on separate dates, without an estimation window",
        "it needs no variance but that of the CARs themselves",
    ),
    "dense events": DesignRow(
        lambda d: d.dense,
        "overlap_bmp",
        "events of one instrument that share estimation returns",
        "it allows for estimation error that the events have in common, for shared dates and for a changed variance",
    ),
    "skewed returns": DesignRow(
        lambda d: d.skewed and d.shared == "none" and not d.few,
        "generalized_sign",
        "strongly skewed returns",
        "it keeps its size under strong skewness and a changed variance, and finds large and small effects",
    ),
    "few events, skewed": DesignRow(
        lambda d: d.skewed and d.shared == "none",
        "residual_bmp",
        "few events with strongly skewed returns",
        "it compares the t of BMP with those of equally skewed residuals, and allows the event to change the variance",
    ),
    "few events": DesignRow(
        lambda d: d.few and d.shared == "none",
        "bmp",
        "few events on separate dates",
        "it allows the event to change the variance and keeps its size with few events",
    ),
    "one date": DesignRow(
        lambda d: d.shared == "all",
        "kp_bmp",
        "many events on one date",
        "it allows for correlation between observations on the same day and for a changed variance",
    ),
    "shared dates": DesignRow(
        lambda d: d.shared == "some",
        "kp_bmp",
        "events that share some of their dates",
        "it allows for correlation between observations on the same day and for a changed variance",
    ),
    "separate dates": DesignRow(
        lambda d: True,
        "bmp",
        "many events on separate dates",
        "it allows the event to change the variance",
    ),
}


def size_of_independent(inflation: float, level: float) -> float:
    """Return how often a test of independent events rejects where the variance of their mean is ``inflation`` times.

    ``inflation`` is positive.
    """
    from scipy.special import ndtr, ndtri

    return float(2 * ndtr(ndtri((1 - level) / 2) / np.sqrt(inflation)))


def design_name(design: Design) -> str:
    """Return the first row of ``DESIGNS`` that applies."""
    return next(name for name, row in DESIGNS.items() if row.applies(design))


def count_distinct(values: IntArray) -> int:
    """Return how many distinct values there are; sorting is sooner than hashing them."""
    return len(values) and 1 + int(np.count_nonzero(np.diff(np.sort(values))))


def sharing(reference: IntArray, first: IntArray, windows: Sequence[Window]) -> tuple[Sharing, int]:
    """Return whether one of the ``windows`` shares bars between events, and how many distinct event dates there are.

    CARs of one window are correlated only through bars that the window holds of both events; other bars of the event
    windows do not matter. ``reference`` and ``first`` are places in calendar time, shape (N,).
    """
    if len(reference) < 2:
        return "none", len(reference)
    dates = count_distinct(first)
    if dates == 1:
        return "all", 1
    return ("some" if any(_share_bars(reference, first, window) for window in windows) else "none"), dates


def _share_bars(reference: IntArray, first: IntArray, window: Window) -> bool:
    head, tail = span_of(window, reference, first)
    # Two windows share a bar exactly where one begins before as many have ended as began before it.
    head.sort()
    tail.sort()
    return bool((head[1:] < tail[:-1]).any())


class VarianceRatio(NamedTuple):
    """Variance of the SCARs over that expected without an event, and its upper-tail p-value; NaN if not computed."""

    ratio: float
    pvalue: float


def variance_ratio(car: FloatArray, variance: FloatArray, df: FloatArray) -> VarianceRatio:
    """Compare the variance of N SCARs with that expected without an event.

    The sum of squared deviations of the SCARs is compared with chi-squared(N - 1) times df / (df - 2); ``car``, the
    ``variance`` of its prediction error and ``df`` have shape (N,).
    """
    from scipy.special import chdtrc

    with np.errstate(invalid="ignore", divide="ignore"):
        scar = car / np.sqrt(variance)
    usable = np.isfinite(scar) & (df > 2)
    n = int(usable.sum())
    if n < 2:
        return VarianceRatio(math.nan, math.nan)
    ratio = float(scar[usable].var(ddof=1) / (df[usable] / (df[usable] - 2)).mean())
    return VarianceRatio(ratio, float(chdtrc(n - 1, (n - 1) * ratio)))


def sharing_words(design: Design) -> str:
    """Return what observations share: dates, or on separate dates days of their tested windows."""
    if design.dates == design.events:
        return f"the tested windows of {design.events:,} observations overlap"
    return f"{design.events:,} observations fall on {design.dates:,} {'day' if design.dates == 1 else 'days'}"


def violated(design: Design, variance: VarianceRatio | None) -> Mapping[Assumption, str]:
    """Return the assumptions that the data violate, each with the number that shows it; None: not looked at."""
    found: dict[Assumption, str] = {}
    if not design.single and design.shared != "none":
        found["independence"] = f"assumes independent events, while {sharing_words(design)}"
    if design.dense:
        found["separate estimation"] = (
            "assumes separate estimation errors, while events of one instrument share estimation returns"
            + (f" (variance of the mean CAR times {factor:.2f})" if (factor := design.shared_estimation) > 0 else "")
        )
    if not design.single and variance is not None and variance.pvalue <= VARIANCE_SIZE:
        found["variance"] = (
            f"assumes that events do not change the variance, which was {variance.ratio:.1f} times the usual"
        )
    if not design.single and design.skewed:
        found["symmetry"] = f"assumes symmetric returns, while their skewness is {design.skewness:.1f}"
    if not design.single and design.few:
        found["many events"] = f"needs {FEW_EVENTS} events or more, and there are {design.events}"
    return found


def unsuited(row: TestRow, violations: Mapping[Assumption, str]) -> str:
    """Return why a test is not valid for the data, or an empty string."""
    return next((violations[name] for name in get_args(Assumption) if name in row.assumes & violations.keys()), "")


def mean_skewness(diagnostics: FloatArray | None) -> float:
    """Return the mean skewness of the estimation residuals, 0 where diagnostics were not computed."""
    if diagnostics is None or not len(diagnostics) or not np.isfinite(diagnostics[:, 0]).any():
        return 0.0
    return float(np.nanmean(diagnostics[:, 0]))
