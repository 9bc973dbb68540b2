"""The values of the response: each number with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal

import numpy as np

from eventstudy.abnormal.placebo.balance import PlaceboBalance
from eventstudy.arrays import BoolArray, FloatArray, IntArray, value
from eventstudy.errors import Notice
from eventstudy.response.placebo import TIE, placebo_pvalue
from eventstudy.response.placebo_pool import RemovedDay

Unit = Literal["log", "minutes", "share", "multiple"]
Pattern = Literal["no detectable move", "sustained", "partly retraced", "overshoot", "continuing", "not classified"]


@value(slots=True)
class Estimate:
    """One number of the response.

    Attributes
    ----------
    name : str
    value, low, high : float
        The number and its interval at the study's level; NaN where it is not defined. An end without a bound is
        infinite: an ordinary day cannot refute any value on that side.
    unit : {"log", "minutes", "share", "multiple"}
        "log" is a decimal log return, "share" a fraction of a move, "minutes" trading minutes since the clean price.
    pvalue : float
        Against the same number on placebo days; NaN where no test belongs to it.
    reason : str
        Why there is no number, or empty.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    unit: Unit = "log"
    pvalue: float = math.nan
    reason: str = ""

    @property
    def defined(self) -> bool:
        return math.isfinite(self.value)


@value(slots=True)
class RawCount:
    """On how many placebo days, as they were, the price moved at least as much, and the p-value of that count."""

    as_large: int = 0
    days: int = 0
    pvalue: float = math.nan

    @classmethod
    def of(cls, move: float, placebo: FloatArray, weight: FloatArray | None = None) -> RawCount:
        """Count the placebo days, shape (D,), whose move is at least as large in absolute value."""
        present = np.isfinite(placebo)
        as_large = int((np.abs(placebo[present]) >= abs(move) * TIE).sum()) if math.isfinite(move) else 0
        return cls(as_large, int(present.sum()), float(placebo_pvalue(np.array(move), placebo, weight)))


@value(slots=True)
class Move:
    """The abnormal move from the last clean price to one moment.

    ``minutes`` counts trading minutes after ``latest``; NaN for a close or the first price after the news. ``pvalue``
    is that of the standardized placebo test, ``joint_pvalue`` the one adjusted for all instruments of the event (NaN
    for a single one), ``placebo`` the raw count.
    """

    label: str
    at: datetime | None
    minutes: float
    value: float
    low: float
    high: float
    pvalue: float
    joint_pvalue: float = math.nan
    reason: str = ""
    placebo: RawCount = field(default_factory=RawCount)

    def adjusted(self, joint_pvalue: float) -> Move:
        """Return the move with its p-value adjusted for all instruments of the event."""
        numbers = self.value, self.low, self.high, self.pvalue
        return Move(self.label, self.at, self.minutes, *numbers, joint_pvalue, self.reason, self.placebo)


@value(slots=True)
class HorizonMoves:
    """The move at the last horizon (at the end of trading where that comes first) and what placebo days did by then.

    Attributes
    ----------
    move : float
        Decimal log.
    placebo : FloatArray, shape (D,)
        The same on the placebo days, brought to the event day's volatility.
    weight : FloatArray, shape (D,)
        How much each day counts, the event day being 1.
    """

    move: float
    placebo: FloatArray
    weight: FloatArray


@value(slots=True)
class AssumedTimes:
    """The move as a function of the instant the news is assumed to have come, over [earliest, latest].

    Attributes
    ----------
    at : IntArray, shape (A,)
        Assumed instants, microseconds since the epoch.
    move : FloatArray, shape (A,)
        Abnormal move over ``minutes`` after each of them.
    pointwise, joint : FloatArray, shape (A,)
        Half-widths of the placebo bands; ``joint`` holds for the whole curve.
    minutes : int
    statistic, pvalue : float
        Sup of the studentized curve, and its rank among the same sups on placebo days: the only p-value that does
        not pick the instant with the largest move.
    """

    at: IntArray
    move: FloatArray
    pointwise: FloatArray
    joint: FloatArray
    minutes: int
    statistic: float
    pvalue: float


@value(slots=True)
class Activity:
    """Volume, range, realized volatility or quoted spread against the same clock on placebo days.

    ``multiple`` (n,) is the event day over the placebo median at each trading moment after the last clean price;
    ``peak`` its largest value with the rank p-value of that bar, ``window`` the sum over the window against the placebo
    sums.
    """

    name: str
    multiple: FloatArray
    peak: Estimate
    window: Estimate


@value(slots=True)
class Confounder:
    """Something else that happened, or always happens, inside a window of the study.

    ``where`` is "event", "before" or "placebo"; ``effect`` says what was done about it.
    """

    at: datetime
    label: str
    where: str
    effect: str


@value(slots=True)
class Path:
    """The event day and its yardstick on the clock, for figures; T moments.

    Attributes
    ----------
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch.
    open : BoolArray, shape (T,)
        Whether the market trades then.
    car : FloatArray, shape (T,)
        Cumulated abnormal log return since the last clean price (negative times: until it).
    pointwise, joint : FloatArray, shape (T,)
        Half-widths of the placebo bands.
    placebo, raw_placebo : FloatArray, shape (D, T)
        The placebo days brought to the event day's volatility before the news, and as they were.
    placebo_day : IntArray, shape (D,)
        Days since 1970-01-01.
    weight : FloatArray, shape (D,)
        How much each placebo day counts, the event day being 1.
    tested, tested_placebo : FloatArray, shapes (T,) and (D, T)
        The same paths as the tests of entire paths see them: returns divided by the volatility of their time of day.
    volume, volume_median : FloatArray, shape (T,)
    start, zero, latest, first : int
        Columns of the window's start, the pre-event price, ``latest`` and the first post-event price.
    """

    closes: IntArray
    open: BoolArray
    car: FloatArray
    pointwise: FloatArray
    joint: FloatArray
    placebo: FloatArray
    raw_placebo: FloatArray
    placebo_day: IntArray
    weight: FloatArray
    tested: FloatArray
    tested_placebo: FloatArray
    volume: FloatArray
    volume_median: FloatArray
    start: int
    zero: int
    latest: int
    first: int


@value(slots=True)
class ClaimBeside:
    """One claim of a news text and what the bars say, all in decimal logs up to the same instant.

    Attributes
    ----------
    text : str
        The words of the claim.
    at : datetime.datetime
        The instant the claim speaks of.
    claimed : float
        The move as claimed; NaN where the text gives a level only.
    level, measured_level : float
        The price named (NaN without one) and the last price in the bars at that instant.
    on_previous_close, since_open, since_news, abnormal : float
        The measured move from the previous day's last price, from the day's first price, from the last price before
        the news, and the last one less what an ordinary day does.
    against : str
        Which of the three references makes the claim true to 0.001: "previous close", "open", "last price before the
        news", or "none of them".
    """

    text: str
    at: datetime
    claimed: float
    level: float
    measured_level: float
    on_previous_close: float
    since_open: float
    since_news: float
    abnormal: float
    against: str


@value
class Response:
    """What one event did to one instrument.

    Attributes
    ----------
    event, instrument, quote, zone : str
    sign : int
        The instrument's own: -1 turns a higher price into the reader's "down".
    level : float
        Confidence level of every interval and band.
    reference_at, first_at : datetime.datetime
        Closing instants of the last clean bar and the first bar after the news, UTC.
    reference_price : float
    first : Move
        At the first close after the news.
    moves : tuple of Move
        At the horizons asked for and at the close.
    horizon : HorizonMoves
        The last of these horizons beside all placebo days.
    shape : tuple of Estimate
        first_significant, t50, t90, peak, peak_minutes, overshoot, retracement, reversal, absorbed_share,
        jump_share, jump_variance, median_move, pre_event_drift, pre_event_share, next_close, days_later,
        permanent_share.
    anchors : tuple of Estimate
        The move at the horizon under bracket, earliest and latest.
    pattern : str
        One word for the shape, for a reader without statistics.
    path_statistic, path_pvalue : float
        Sup test of the whole path after the news.
    placebo_days, smallest_pvalue
        How many days the event day is compared with, and the smallest p-value they can give.
    regime : float
        Volatility before the news over the placebo days' median; NaN where it cannot be measured.
    breakdown : float
        How many times as volatile as measured the event day must have been for the p-value of ``first`` to exceed
        1 - level; NaN where it does already.
    removed : tuple of RemovedDay
    confounders : sequence of Confounder
    gap : Estimate or None
        The opening gap, where the news came while the market was closed.
    notices : tuple of Notice
    simulated : bool
    claims : tuple of ClaimBeside
        What the news said this price did, beside what it did.
    balance : PlaceboBalance or None
        The event day beside its placebo days, if the settings match them.
    """

    event: str
    instrument: str
    quote: str
    zone: str
    sign: int
    level: float
    reference_at: datetime
    first_at: datetime
    reference_price: float
    first: Move
    moves: tuple[Move, ...]
    horizon: HorizonMoves
    shape: tuple[Estimate, ...]
    anchors: tuple[Estimate, ...]
    pattern: Pattern
    path_statistic: float
    path_pvalue: float
    placebo_days: int
    smallest_pvalue: float
    path: Path
    regime: float = math.nan
    breakdown: float = math.nan
    assumed_times: AssumedTimes | None = None
    activity: tuple[Activity, ...] = ()
    removed: tuple[RemovedDay, ...] = ()
    confounders: Sequence[Confounder] = ()
    gap: Estimate | None = None
    notices: tuple[Notice, ...] = field(default=())
    simulated: bool = False
    claims: tuple[ClaimBeside, ...] = ()
    balance: PlaceboBalance | None = None

    def __repr__(self) -> str:
        mark = "SIMULATED, " if self.simulated else ""
        return (
            f"<Response of {self.instrument} to {self.event!r}: {mark}{self.pattern}, {self.placebo_days} placebo days>"
        )

    def number(self, name: str) -> Estimate:
        """Return one number of the shape by its name."""
        return {estimate.name: estimate for estimate in self.shape}[name]
