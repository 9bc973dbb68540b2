"""From a matched window to the numbers of the shape, each with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.placebo import Bands, placebo_pvalue
from eventstudy.response.seasonality import periodicity
from eventstudy.response.shape import ShapeColumns, first_exit, interval, noise_draws, reflected, shape_numbers
from eventstudy.response.values import Estimate, Pattern, Unit

UNITS: dict[str, Unit] = {
    "half_life": "minutes",
    "ninety": "minutes",
    "peak": "log",
    "peak_minutes": "minutes",
    "overshoot": "share",
    "given_back": "share",
    "reversal": "share",
    "absorbed": "share",
}
# What each number is a share or a time of: without that move the number means nothing.
NEEDS = {"peak": "path", "peak_minutes": "path", "given_back": "path", "reversal": "settle"}

# Numbers that hang on a maximum, which noise can only raise. The two shares cannot be negative and take the wider of
# both intervals: their noise is one-sided only where the truth is near 0.
REFLECTED = ("peak", "overshoot", "given_back")


@dataclass(frozen=True, slots=True)
class AfterNews:
    """The columns after the last clean price at which the market trades, ready for the numbers of the shape.

    ``path`` (n,), ``placebo`` (D, n), ``minutes`` (n,) of trading since the clean price, ``bands`` on the columns.
    """

    path: FloatArray
    placebo: FloatArray
    minutes: FloatArray
    bands: Bands
    at: ShapeColumns
    level: float

    @property
    def moved(self) -> bool:
        """Whether there is a move: the first close is outside its own band, or the path leaves the joint one."""
        left = (np.abs(self.path) > self.bands.joint)[: self.at.horizon + 1].any()
        return bool(left or abs(self.path[self.at.first]) > self.bands.pointwise[self.at.first])

    def undefined(self, name: str) -> str:
        """Return why a number of the shape has no meaning here, or an empty string."""
        need = NEEDS.get(name, "horizon")
        if not np.isfinite(self.bands.joint).any():
            return "too few placebo days to tell the move from an ordinary one"
        if need == "path":
            return "" if self.moved else "the path stays among those of ordinary days, so it has no peak to speak of"
        column = self.at.settle if need == "settle" else self.at.horizon
        if abs(self.path[column]) > self.bands.pointwise[column]:
            return ""
        return f"the move after {self.minutes[column]:.0f} trading minutes is inside the range of ordinary days"


def shape_estimates(after: AfterNews) -> tuple[Estimate, ...]:
    """Return the numbers of ``shape_numbers`` with intervals, and the time of the first significant move."""
    values = shape_numbers(after.path[None, :], after.minutes, after.at)
    draws = noise_draws(after.path, after.placebo)
    drawn = shape_numbers(draws, after.minutes, after.at)
    found = [_first_significant(after, draws)]
    for name, unit in UNITS.items():
        reason = after.undefined(name) or _no_peak(name, values, drawn, after)
        if reason:
            found.append(Estimate(name, math.nan, unit=unit, reason=reason))
        else:
            found.append(Estimate(name, *_with_interval(name, float(values[name][0]), drawn[name], after), unit=unit))
    return tuple(found)


def _no_peak(name: str, values: dict[str, FloatArray], drawn: dict[str, FloatArray], after: AfterNews) -> str:
    """Return why the time of the peak is not told: on a path that only rises, the highest minute is an accident."""
    if name != "peak_minutes":
        return ""
    lowest, _ = reflected(float(values["given_back"][0]), drawn["given_back"], after.level)
    return "" if lowest > 0 else "no peak stands out from the course of the path after it"


def _with_interval(name: str, value: float, draws: FloatArray, after: AfterNews) -> tuple[float, float, float]:
    low, high = interval(draws, after.level)
    if name not in REFLECTED:
        return value, low, high
    turned = reflected(value, draws, after.level)
    if name == "peak":
        return value, *turned
    return value, max(min(low, turned[0]), 0.0), max(high, turned[1], 0.0)


def _first_significant(after: AfterNews, draws: FloatArray, stays: int = 3) -> Estimate:
    exit_at = int(first_exit(after.path[None, :], after.bands.joint, stays)[0])
    if exit_at < 0:
        reason = f"the path never leaves its joint band for {stays} bars in a row"
        return Estimate("first_significant", math.nan, unit="minutes", reason=reason)
    exits = first_exit(draws, after.bands.joint, stays)
    minutes = np.where(exits >= 0, after.minutes[exits], np.nan)
    return Estimate("first_significant", float(after.minutes[exit_at]), *interval(minutes, after.level), unit="minutes")


def pattern_of(after: AfterNews) -> Pattern:
    """Return one word for the shape of the path up to the horizon.

    none: the first close is inside its pointwise band and the path inside the joint one. overshoot: at least half of
    the peak is gone at the horizon. partly given back: at least a fifth. still moving: at least a third of the move at
    the horizon came after ``settle``. held: everything else.
    """
    if not np.isfinite(after.bands.joint).any():
        return "unknown"
    numbers = {k: float(v[0]) for k, v in shape_numbers(after.path[None, :], after.minutes, after.at).items()}
    if after.undefined("peak"):
        return "none"
    if numbers["given_back"] >= 0.5:
        return "overshoot"
    if numbers["given_back"] >= 0.2:
        return "partly given back"
    return "still moving" if abs(after.path[after.at.settle] / after.path[after.at.horizon]) <= 2 / 3 else "held"


def leak_estimates(before: float, placebo_before: FloatArray, after: AfterNews) -> tuple[Estimate, Estimate]:
    """Return the move before the news, signed by the move after it, and its share of both together.

    The p-value is two-sided against the same window on placebo days. With an uncertain time a leak and a late
    timestamp cannot be told apart.
    """
    final, finals = after.path[after.at.horizon], after.placebo[:, after.at.horizon]
    direction = 1.0 if final >= 0 else -1.0
    pvalue = float(placebo_pvalue(np.array(before), placebo_before))
    draws = noise_draws(np.array([before, final]), np.column_stack([placebo_before, finals]))
    leak = Estimate("leak", direction * before, *interval(direction * draws[:, 0], after.level), pvalue=pvalue)
    reason = after.undefined("half_life")
    if reason:
        return leak, Estimate("leak_share", math.nan, unit="share", reason=reason)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = draws[:, 0] / draws.sum(axis=1)
    share = before / (before + final) if before + final else math.nan
    return leak, Estimate("leak_share", share, *interval(shares, after.level), unit="share", pvalue=pvalue)


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
    reason = after.undefined("half_life")
    window = min(after_from, 270)
    if not reason and (window < 16 or len(placebo) < 10):
        reason = f"{after_from} bars before the news on {len(placebo)} days are too few to know an ordinary bar"
    if reason:
        return Estimate("jump_share", math.nan, unit="share", reason=reason)
    factor = periodicity(placebo, "sd", "rv")
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(np.isfinite(returns) & (factor > 0), returns / factor, 0.0)
    judged = scaled[: after_from + after.at.horizon + 1]
    flagged = lee_mykland(judged, window, 1 - after.level).is_jump[after_from:]
    jumped = float(np.nansum(np.where(flagged, returns[after_from : len(judged)], 0.0)))
    final = after.path[after.at.horizon]
    draws = noise_draws(np.array([final]), after.placebo[:, [after.at.horizon]])[:, 0]
    return Estimate("jump_share", jumped / final, *interval(jumped / draws, after.level), unit="share")
