"""Response to the surprise in an announcement: one regression for every bar of the event window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from eventstudy.abnormal.seeds import generator
from eventstudy.arrays import BoolArray, FloatArray, IntArray, value
from eventstudy.inference.distributions import critical_value, pvalue
from eventstudy.reactions.slopes import PathDraws, PathTest, SlopeDesign, Slopes, determined, path_test, slopes

Sign = Literal["both", "positive", "negative"]
SIGNS: tuple[Sign, ...] = ("positive", "negative")
# Fewer draws give no p-value of 5%.
FEWEST_DRAWS = 19
NO_VARIATION = "the surprise does not vary beside the other columns"
ONE_ALONE = "one event alone determines it"


@value
class SurprisePath:
    """Slopes of one instrument (or of all together) at every bar h: ``CAR(h) = a + b S + controls``.

    Attributes
    ----------
    instrument : str
        Empty where all instruments are pooled.
    label : str
        Value of the column ``by``, or empty.
    sign : {"both", "positive", "negative"}
        Surprises that the slope belongs to.
    tau, n : IntArray, shape (H,)
        Bars, and observations with a CAR up to each.
    slope, se, low, high, pvalue : FloatArray, shape (H,)
        Decimal return per unit of the surprise, with the interval at the level of the study: HC1 or clustered by date.
    intercept, r2 : FloatArray, shape (H,)
    joint_low, joint_high : FloatArray, shape (H,)
        Simultaneous interval over the bars after the event, and another over those before: permutation of surprises.
    permutation_pvalue : FloatArray, shape (H,)
    placebo_band, placebo_joint_band : FloatArray, shape (H,)
        Half-widths, pointwise and simultaneous, of the slopes of the same regression on placebo days.
    placebo_pvalue : FloatArray, shape (H,)
    path_pvalue, path_placebo_pvalue : float
        Of all bars after the event together.
    events, placebo_days : int
        Distinct events; placebo days that the regression was run on.
    sd : float
        Standard deviation of the surprise in its unit.
    reason : str
        Why there is no slope, or empty.
    """

    instrument: str
    label: str
    sign: Sign
    tau: IntArray
    n: IntArray
    slope: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    pvalue: FloatArray
    intercept: FloatArray
    r2: FloatArray
    joint_low: FloatArray
    joint_high: FloatArray
    permutation_pvalue: FloatArray
    placebo_band: FloatArray
    placebo_joint_band: FloatArray
    placebo_pvalue: FloatArray
    path_pvalue: float
    path_placebo_pvalue: float
    events: int
    placebo_days: int
    sd: float
    reason: str = ""


@value
class SurpriseResponse:
    """All paths of a study.

    Attributes
    ----------
    measure : str
        What the surprise is: a column, or the difference of two.
    standardized : bool
        Whether a unit is one standard deviation.
    weights, covariance : str
    by : str
    controls : tuple of str
    paths : tuple of SurprisePath
    """

    measure: str
    standardized: bool
    weights: str
    covariance: str
    by: str
    controls: tuple[str, ...]
    paths: tuple[SurprisePath, ...]


@dataclass(frozen=True, eq=False)
class SurpriseSample:
    """Observations of one set of paths.

    Attributes
    ----------
    instrument, label : str
    tau : IntArray, shape (H,)
    cars : FloatArray, shape (n, H)
        CAR of [0, h], and of [h, -1] for bars before the event.
    placebo : FloatArray or None, shape (R, n, H)
        The same on placebo days.
    surprise : FloatArray, shape (n,)
    events : IntArray, shape (n,)
        Event of each observation; its surprise is permuted as one.
    controls : FloatArray, shape (n, k)
    weights : FloatArray, shape (n, H)
    clusters : IntArray or None, shape (n,)
    sd : float
    """

    instrument: str
    label: str
    tau: IntArray
    cars: FloatArray
    placebo: FloatArray | None
    surprise: FloatArray
    events: IntArray
    controls: FloatArray
    weights: FloatArray
    clusters: IntArray | None
    sd: float

    def design(self, h: int) -> SlopeDesign:
        constant = np.ones((len(self.surprise), 1))
        return SlopeDesign(np.concatenate([constant, self.controls], axis=1), self.weights[:, h], self.clusters)

    def permuted(self, draws: int, seed: int) -> FloatArray:
        """Return the surprises of the events in ``draws`` random orders, shape (draws, n)."""
        _, first, unit = np.unique(self.events, return_index=True, return_inverse=True)
        rng = generator(seed, "surprise", self.label)
        orders = np.stack([rng.permutation(len(first)) for _ in range(draws)])
        return self.surprise[first][orders][:, unit]


def split(surprise: FloatArray, *, apart: bool) -> FloatArray:
    """Return the studied columns of surprises (B, n): themselves, or the positive and the negative part; (m, B, n)."""
    return np.stack([np.maximum(surprise, 0), np.minimum(surprise, 0)]) if apart else surprise[None]


def path_of_cars(ar: FloatArray, tau: IntArray) -> FloatArray:
    """Return the CAR of [0, h], and of [h, -1] for bars before the event, along the last axis.

    >>> path_of_cars(np.array([1.0, 2.0, 4.0, 8.0]), np.array([-2, -1, 0, 1]))
    array([ 3.,  2.,  4., 12.])
    """
    before, after = ar[..., tau < 0], ar[..., tau >= 0]
    reversed_sums = np.cumsum(before[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([reversed_sums, np.cumsum(after, axis=-1)], axis=-1)


def surprise_paths(
    sample: SurpriseSample, *, signs: bool, level: float, draws: int, seed: int
) -> tuple[SurprisePath, ...]:
    """Return the slopes of one sample with their intervals and bands, one path or one for each sign.

    Permuted surprises keep the CARs, their dependence along the path and across instruments, and break the link to
    the surprise; slopes are compared divided by their standard errors. Placebo days keep the surprises, and break the
    link by their returns.

    Parameters
    ----------
    sample : Sample
    signs : bool
        Positive and negative surprises apart.
    level : float
    draws : int
        Random orders of the surprises.
    seed : int
    """
    occurring: list[Sign] = [sign for sign in SIGNS if (sample.surprise * (1 if sign == "positive" else -1) > 0).any()]
    if signs and len(occurring) < 2:  # the slopes of the only sign are those of all surprises
        found = surprise_paths(sample, signs=False, level=level, draws=draws, seed=seed)
        others = (replace(without_path(sample, f"no surprise is {s}"), sign=s) for s in SIGNS if s not in occurring)
        return (*(replace(found[0], sign=sign) for sign in occurring), *others)
    studied = split(np.concatenate([sample.surprise[None], sample.permuted(draws, seed)]), apart=signs)
    each = [slopes(sample.cars[:, h], studied, sample.design(h)) for h in range(len(sample.tau))]
    alone = [determined(sample.cars[:, h], studied[:, 0], sample.design(h)) for h in range(len(sample.tau))]
    found_at = [BarSlopes(one, bad) for one, bad in zip(each, alone, strict=True)]
    return tuple(_path(sample, found_at, which, signs=signs, level=level) for which in range(len(studied)))


class BarSlopes(NamedTuple):
    """The regressions of one bar, and which of the m slopes one observation or date determines alone, shape (m,)."""

    found: Slopes
    alone: BoolArray


def _path(sample: SurpriseSample, bars: list[BarSlopes], which: int, *, signs: bool, level: float) -> SurprisePath:
    part = split(sample.surprise[None], apart=signs)[which, 0]
    if signs and len(np.unique(sample.events[part != 0])) == 1:
        return replace(without_path(sample, ONE_ALONE), sign=SIGNS[which])
    found, alone = [bar.found for bar in bars], np.array([bar.alone[which] for bar in bars])
    tau, n = sample.tau, np.array([one.n for one in found])
    slope, se = (np.array([getattr(one, name)[which, 0] for one in found]) for name in ("slope", "se"))
    se = np.where(alone, np.nan, se)
    df = np.array([one.df for one in found])
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.stack([one.slope[which] / one.se[which] for one in found], axis=1)
        half = critical_value(level, df) * se
    permuted = _bands(PathDraws(t[0], t[1:]), tau, level)
    placebo = placebo_slopes(sample, which, signs=signs)
    days = 0 if placebo is None else len(placebo)
    band, joint, placebo_p, path_placebo = _placebo_bands(slope, placebo, tau, level)
    return SurprisePath(
        instrument=sample.instrument,
        label=sample.label,
        sign=SIGNS[which] if signs else "both",
        tau=tau,
        n=n,
        slope=slope,
        se=se,
        low=slope - half,
        high=slope + half,
        pvalue=pvalue(t[0], df, "t", "two-sided"),
        intercept=_intercepts(sample, found),
        r2=np.array([one.r2[0] for one in found]),
        joint_low=slope - permuted.critical * se,
        joint_high=slope + permuted.critical * se,
        permutation_pvalue=permuted.pvalue,
        placebo_band=band,
        placebo_joint_band=joint,
        placebo_pvalue=placebo_p,
        path_pvalue=permuted.path,
        path_placebo_pvalue=path_placebo,
        events=len(np.unique(sample.events)),
        placebo_days=days,
        sd=sample.sd,
        reason="" if np.isfinite(slope).any() else _reason(sample),
    )


def _reason(sample: SurpriseSample) -> str:
    needed = sample.controls.shape[1] + 4
    n = int(np.isfinite(sample.cars).any(axis=1).sum())
    if n < needed:
        return f"{n} of {needed} observations needed have a CAR, the surprise and the controls"
    return NO_VARIATION


def _intercepts(sample: SurpriseSample, found: list[Slopes]) -> FloatArray:
    """Return the weighted mean CAR less the slopes times weighted mean surprises; NaN with controls."""
    if sample.controls.shape[1]:
        return np.full(len(found), np.nan)
    m = found[0].slope.shape[0]
    x = split(sample.surprise[None], apart=m == 2)[:, 0]
    means = []
    for h, one in enumerate(found):
        w = np.where(np.isfinite(sample.cars[:, h]) & (sample.weights[:, h] > 0), sample.weights[:, h], 0.0)
        total = w.sum() or np.nan
        y = float(w @ np.nan_to_num(sample.cars[:, h]) / total)
        means.append(y - float(one.slope[:, 0] @ (x @ w) / total))
    return np.array(means)


@dataclass(frozen=True, eq=False)
class Bands:
    """Pointwise p-values (H,), critical values (H,) of each side of the event, and the p-value of the bars after it."""

    pvalue: FloatArray
    critical: FloatArray
    path: float


def _bands(paths: PathDraws, tau: IntArray, level: float) -> Bands:
    """Compare a path with its draws: the bars after the event together, and those before it together."""
    critical, path, p = np.full(len(tau), np.nan), float("nan"), np.full(len(tau), np.nan)
    for side in (tau >= 0, tau < 0):
        part: BoolArray = side & np.isfinite(paths.observed)
        found: PathTest = path_test(paths, level, part)
        critical[side], p = found.critical, found.pvalue
        path = found.path_pvalue if side[-1] else path
    return Bands(p, critical, path)


def placebo_slopes(sample: SurpriseSample, which: int, *, signs: bool) -> FloatArray | None:
    """Return the slopes of the same regressions on R placebo days, shape (R, H); None without enough of them."""
    if sample.placebo is None or len(sample.placebo) < FEWEST_DRAWS:
        return None
    studied = split(sample.surprise[None], apart=signs)
    columns = []
    for h in range(len(sample.tau)):
        design = replace_clusters(sample.design(h))
        columns.append([slopes(day[:, h], studied, design).slope[which, 0] for day in sample.placebo])
    return np.array(columns).T


def replace_clusters(design: SlopeDesign) -> SlopeDesign:
    """Return a design without clusters, which slopes do not depend on."""
    return design._replace(clusters=None)


def _placebo_bands(
    slope: FloatArray, placebo: FloatArray | None, tau: IntArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return half-widths, pointwise and simultaneous, the pointwise p-values and that of the path.

    Slopes are compared less the mean of the placebo slopes at each bar (Cohn, Johnson, Liu and Wardlaw), and for the
    path divided by the standard deviation of all of them, the event's included, so that days are exchangeable.
    """
    nothing = np.full(len(tau), np.nan)
    if placebo is None:
        return nothing, nothing, nothing, float("nan")
    center = placebo.mean(axis=0)
    pointwise = _bands(PathDraws(slope - center, placebo - center), tau, level)
    k = int(np.floor((1 - level) * (len(placebo) + 1) + 1e-9))
    band = np.sort(np.abs(placebo - center), axis=0)[-k] if k else np.full(len(tau), np.inf)
    everything = np.concatenate([slope[None], placebo])
    sd = everything.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = (everything - everything.mean(axis=0)) / sd
    joint = _bands(PathDraws(scaled[0], scaled[1:]), tau, level)
    return band, joint.critical * sd, pointwise.pvalue, joint.path


def without_path(sample: SurpriseSample, reason: str) -> SurprisePath:
    """Return a path without numbers and the reason."""
    nothing = np.full(len(sample.tau), np.nan)
    empty = dict.fromkeys(
        [*("slope", "se", "low", "high", "pvalue", "intercept", "r2", "joint_low", "joint_high", "permutation_pvalue")],
        nothing,
    )
    bands = dict.fromkeys(["placebo_band", "placebo_joint_band", "placebo_pvalue"], nothing)
    n = np.isfinite(sample.cars).sum(axis=0)
    nan = float("nan")
    events = len(np.unique(sample.events))
    return SurprisePath(
        sample.instrument, sample.label, "both", sample.tau, n, **empty, **bands,
        path_pvalue=nan, path_placebo_pvalue=nan, events=events, placebo_days=0, sd=sample.sd, reason=reason,
    )  # fmt: skip
