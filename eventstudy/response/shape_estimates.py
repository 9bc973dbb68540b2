"""From a matched window to the numbers of the shape, each with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.response.jumps import bns_ratio, jump_share, lee_mykland
from eventstudy.response.placebo import (
    ResponseBands,
    crossing_interval,
    peak_interval,
    ratio_interval,
    selection_adjusted_level,
    upper_pvalue,
)
from eventstudy.response.seasonality import periodicity
from eventstudy.response.shape import ShapeColumns, first_exit, interval, noise_draws, reflected, shape_numbers
from eventstudy.response.values import Estimate, Pattern, Unit

UNITS: dict[str, Unit] = {
    "t50": "minutes",
    "t90": "minutes",
    "peak": "log",
    "peak_minutes": "minutes",
    "overshoot": "share",
    "retracement": "share",
    "reversal": "share",
    "absorbed_share": "share",
}
# What each number is a share or a time of: without that move the number means nothing.
NEEDS = {"peak": "path", "peak_minutes": "path", "retracement": "path", "reversal": "initial"}

# Numbers that hang on a maximum, which noise can only raise. The two shares cannot be negative and take the wider of
# both intervals: their noise is one-sided only where the truth is near 0.
REFLECTED = ("peak", "overshoot", "retracement")
CROSSINGS = {"t50": 0.5, "t90": 0.9}
STAYS = 3  # bars in a row beyond the joint band that count as having left it
FEWEST_BARS = 10  # below that the ratio of bipower to realized variance is hardly a statistic


@dataclass(frozen=True)
class AfterNews:
    """The columns after the last clean price at which the market trades, ready for the numbers of the shape.

    ``path`` (n,), ``placebo`` (D, n), ``minutes`` (n,) of trading since the clean price, ``bands`` on the columns;
    ``weight`` (D,) of the placebo days, None for 1 each. Of P events laid out alike: ``path`` (P, n), ``placebo``
    (D, P, n), NaN for rows that are not a day of an event, and ``weight`` (D, P).
    """

    path: FloatArray
    placebo: FloatArray
    minutes: FloatArray
    bands: ResponseBands
    at: ShapeColumns
    level: float
    weight: FloatArray | None = None

    def of(self, row: int) -> AfterNews:
        """Return one of the events."""
        served = np.isfinite(self.placebo[:, row, 0])
        weight = None if self.weight is None else self.weight[served, row]
        found = self.bands
        bands = ResponseBands(found.pointwise[row], found.joint[row], found.scale[row], found.critical[row])
        days = self.placebo[:, row] if served.all() else self.placebo[served, row]
        counts = weight if weight is not None and (weight < 1).any() else None
        return AfterNews(self.path[row], days, self.minutes, bands, self.at, self.level, counts)

    @cached_property
    def outside(self) -> BoolArray:
        """At which moments the path is beyond the joint band, shape (n,)."""
        return np.asarray(np.abs(self.path) > self.bands.joint)

    @property
    def moved(self) -> bool:
        """Whether there is a move: the first close is outside its own band, or the path leaves the joint one."""
        left = self.outside[: self.at.horizon + 1].any()
        return bool(left or abs(self.path[self.at.first]) > self.bands.pointwise[self.at.first])

    def undefined(self, name: str) -> str:
        """Return why a number of the shape has no meaning here, or an empty string."""
        return self.reasons[NEEDS.get(name, "horizon")]

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Why there is no path, no move at the horizon and no initial move to speak of; empty where there is."""
        if not np.isfinite(self.bands.joint).any():
            few = "too few placebo days to distinguish the move from those of other days"
            return {"path": few, "horizon": few, "initial": few}
        flat = "" if self.moved else "the path is no larger than on placebo days, so that its peak is not meaningful"
        return {"path": flat, "horizon": self._inside(self.at.horizon), "initial": self._inside(self.at.initial)}

    def _inside(self, column: int) -> str:
        if abs(self.path[column]) > self.bands.pointwise[column]:
            return ""
        return f"the move after {self.minutes[column]:.0f} trading minutes is inside the range of placebo days"

    def selection_adjusted_level(self, column: int) -> float:
        """Return the level of an interval that is reported only where the move at ``column`` is significant."""
        if column not in self._levels:
            bound, value = float(self.bands.pointwise[column]), float(self.path[column])
            noise = self.placebo[:, column]
            self._levels[column] = selection_adjusted_level(value, noise, bound, self.level, self.weight)
        return self._levels[column]

    @cached_property
    def _levels(self) -> dict[int, float]:
        return {}

    def ratio(self, top: float, noise: FloatArray, bottom: int) -> tuple[float, float]:
        """Return the interval of a part over the move at column ``bottom``; ``noise`` (D,) is that of the part."""
        below = float(self.path[bottom]), self.placebo[:, bottom]
        return ratio_interval((top, below[0]), (noise, below[1]), self.selection_adjusted_level(bottom), self.weight)


def shape_estimates(after: AfterNews) -> tuple[Estimate, ...]:
    """Return the numbers of ``shape_numbers`` with intervals, and the time of the first significant move."""
    reasons = {name: after.undefined(name) for name in UNITS}
    nothing = {name: _no_number(name, why) for name, why in reasons.items() if why}
    exit_at = int(first_exit(after.path[None, :], after.bands.joint, STAYS)[0]) if after.outside.any() else -1
    if exit_at < 0 and len(nothing) == len(UNITS):
        return (_first_significant(after, exit_at), *nothing.values())
    values = shape_numbers(after.path[None, :], after.minutes, after.at)
    draws = noise_draws(after.path, after.placebo)
    simulated = shape_numbers(draws, after.minutes, after.at)
    found = (
        nothing.get(name) or _judged(name, float(values[name][0]), _ends(name, values, simulated, after), after)
        for name in UNITS
    )
    return (_first_significant(after, exit_at, draws), *found)


@lru_cache(maxsize=256)
def _no_number(name: str, reason: str) -> Estimate:
    """Return a number that is not defined; most responses share the reason."""
    return Estimate(name, math.nan, unit=UNITS[name], reason=reason)


def _judged(name: str, value: float, ends: tuple[float, float], after: AfterNews) -> Estimate:
    """Return a number with its interval; where nearly every value fits, the number itself says nothing."""
    low, high = ends
    if UNITS[name] == "share":
        return share_estimate(name, value, ends)
    if name == "peak_minutes" and not high < after.minutes[after.at.horizon]:
        return Estimate(name, math.nan, unit="minutes", reason="no peak exceeds the variation of the path after it")
    if name in CROSSINGS and low <= after.minutes[0] and high >= after.minutes[after.at.horizon]:
        reason = f"any minute from {low:.0f} to {high:.0f} would agree with the placebo days"
        return Estimate(name, math.nan, unit=UNITS[name], reason=reason)
    return Estimate(name, value, low, high, unit=UNITS[name])


def _ends(
    name: str, values: dict[str, FloatArray], simulated: dict[str, FloatArray], after: AfterNews
) -> tuple[float, float]:
    """Return the interval of a number: times and shares by test inversion, what hangs on a maximum by its draws."""
    at, path, placebo = after.at, after.path, after.placebo
    if UNITS[name] == "minutes":
        return _times(name, float(values["peak"][0]), after)
    if name == "absorbed_share":
        return after.ratio(float(path[at.absorbed]), placebo[:, at.absorbed], at.horizon)
    if name == "reversal":
        low, high = after.ratio(float(path[at.horizon]), placebo[:, at.horizon], at.initial)
        return 1 - high, 1 - low
    low, high = interval(simulated[name], after.level, after.weight)
    if name not in REFLECTED:
        return low, high
    turned = reflected(float(values[name][0]), (low, high))
    return turned if name == "peak" else (max(min(low, turned[0]), 0.0), max(high, turned[1], 0.0))


def _times(name: str, peak: float, after: AfterNews) -> tuple[float, float]:
    """Return the interval of a time: of a first crossing, or of the peak."""
    path, placebo = after.path[: after.at.horizon + 1], after.placebo[:, : after.at.horizon + 1]
    if name in CROSSINGS:
        level = after.selection_adjusted_level(after.at.horizon)
        first, last = crossing_interval(path, placebo, CROSSINGS[name], level, after.weight)
    else:
        first, last = peak_interval(path, placebo, math.copysign(1.0, peak), after.level, after.weight)
    return (float(after.minutes[first]), float(after.minutes[last])) if first >= 0 else (math.nan, math.nan)


def _first_significant(after: AfterNews, exit_at: int, draws: FloatArray | None = None) -> Estimate:
    if exit_at < 0 or draws is None:
        reason = f"the path never leaves its joint band for {STAYS} bars in a row"
        return Estimate("first_significant", math.nan, unit="minutes", reason=reason)
    exits = first_exit(draws, after.bands.joint, STAYS)
    minutes = np.where(exits >= 0, after.minutes[exits], np.nan)
    return Estimate(
        "first_significant",
        float(after.minutes[exit_at]),
        *interval(minutes, after.level, after.weight),
        unit="minutes",
    )


def pattern_of(after: AfterNews) -> Pattern:
    """Return one word for the shape of the path up to the horizon.

    no detectable move: the first close is inside its pointwise band and the path inside the joint one. overshoot: at
    least half of the peak is gone at the horizon. partly retraced: at least a fifth. continuing: at least a third of
    the move at the horizon came after ``initial_minutes``. sustained: everything else.
    """
    if not np.isfinite(after.bands.joint).any():
        return "not classified"
    if after.undefined("peak"):
        return "no detectable move"
    numbers = {k: float(v[0]) for k, v in shape_numbers(after.path[None, :], after.minutes, after.at).items()}
    if numbers["retracement"] >= 0.5:
        return "overshoot"
    if numbers["retracement"] >= 0.2:
        return "partly retraced"
    return "continuing" if abs(after.path[after.at.initial] / after.path[after.at.horizon]) <= 2 / 3 else "sustained"


def pre_event_share(drift: Estimate, placebo_before: FloatArray, after: AfterNews) -> Estimate:
    """Return the move before the news as a fraction of the moves before and after.

    With an uncertain time, news that was known earlier and a late timestamp look the same.

    Parameters
    ----------
    drift : Estimate
        The log return over the minutes before ``earliest``.
    placebo_before : FloatArray, shape (D,)
        The same on the placebo days.
    after : AfterNews
    """
    before, column = drift.value, after.at.horizon
    final, finals = float(after.path[column]), after.placebo[:, column]
    reason = after.undefined("t50")
    if not reason and not before + final:
        reason = "the moves before and after the news cancel out"
    if reason:
        return Estimate("pre_event_share", math.nan, unit="share", reason=reason)
    noise = placebo_before, placebo_before + finals
    level = after.selection_adjusted_level(column)
    ends = ratio_interval((before, before + final), noise, level, after.weight)
    return share_estimate("pre_event_share", before / (before + final), ends, drift.pvalue)


def share_estimate(name: str, value: float, ends: tuple[float, float], pvalue: float = math.nan) -> Estimate:
    """Return a share with its interval, or why it says nothing."""
    if math.isinf(ends[0]) and math.isinf(ends[1]):
        reason = "the move is too close to those of comparable days for a fraction of it to be meaningful"
        return Estimate(name, math.nan, unit="share", reason=reason)
    return Estimate(name, value, *ends, unit="share", pvalue=pvalue)


def jump_variances(returns: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> list[Estimate]:
    """Return the share of the window's variance that came as jumps, max(0, 1 - BV / RV), of each of P events.

    The p-value is the rank of Barndorff-Nielsen and Shephard's ratio statistic among the same windows of placebo days:
    in so few bars the normal approximation is poor.

    Parameters
    ----------
    returns : FloatArray, shape (P, m)
        Bars from the news to the horizon.
    placebo : FloatArray, shape (D, P, m)
    weight : FloatArray, shape (D, P), optional
    """
    m = returns.shape[-1]
    if m < FEWEST_BARS:
        return [_no_jump_variance(m)] * len(returns)
    quiet = ~np.isfinite(returns).all(axis=-1) | ~returns.any(axis=-1)
    pvalues = upper_pvalue(bns_ratio(returns), bns_ratio(placebo), weight)
    numbers = zip(np.atleast_1d(quiet), jump_share(returns).tolist(), pvalues.tolist(), strict=True)
    return [
        _no_jump_variance(m) if none else Estimate("jump_variance", share, unit="share", pvalue=p)
        for none, share, p in numbers
    ]


def _no_jump_variance(bars: int) -> Estimate:
    reason = f"{bars} bars after the news are too few or too quiet to separate jumps from diffusion"
    return Estimate("jump_variance", math.nan, unit="share", reason=reason)


def jump_share_estimate(returns: FloatArray, placebo: FloatArray, after_from: int, after: AfterNews) -> Estimate:
    """Return the share of the move at the horizon that came in bars flagged as jumps by Lee and Mykland.

    Parameters
    ----------
    returns : FloatArray, shape (m,)
        Bar returns of the event day at trading moments, the context first; NaN is a missing one.
    placebo : FloatArray, shape (D, m)
        The same bars on placebo days: they give the time-of-day factors the returns are divided by.
    after_from : int
        First bar after the last clean price.
    """
    reason = after.undefined("t50")
    window = min(after_from, 270)
    if not reason and (window < 16 or len(placebo) < 10):
        reason = f"{after_from} bars before the news on {len(placebo)} days are too few to estimate a typical bar"
    if reason:
        return Estimate("jump_share", math.nan, unit="share", reason=reason)
    factor = periodicity(placebo, "sd", "rv")
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(np.isfinite(returns) & (factor > 0), returns / factor, 0.0)
    judged = scaled[: after_from + after.at.horizon + 1]
    flagged = lee_mykland(judged, window, 1 - after.level).is_jump[after_from:]
    jumped = float(np.nansum(np.where(flagged, returns[after_from : len(judged)], 0.0)))
    ends = after.ratio(jumped, np.zeros(len(after.placebo)), after.at.horizon)
    return share_estimate("jump_share", jumped / float(after.path[after.at.horizon]), ends)
