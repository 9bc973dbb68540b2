"""Many tests at once: p-values adjusted so that the chance of a false finding stays what the study says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from eventstudy import references as refs
from eventstudy.abnormal.seeds import generator
from eventstudy.arrays import Alternative, FloatArray, IntArray, look_up
from eventstudy.errors import UsageError
from eventstudy.inference.findings import Findings, Significances
from eventstudy.references import Reference, doi_of, text_of


class FamilyDraws(NamedTuple):
    """Statistics of a family of tests, shape (K,), and their draws under the null, shape (D, K)."""

    statistics: FloatArray
    draws: FloatArray


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """One adjustment: from the p-values of a family, or from draws of its statistics under the null."""

    function: Callable[[FloatArray], FloatArray]
    words: str
    controls: str
    references: tuple[Reference, ...]
    needs_draws: bool = False

    def __repr__(self) -> str:
        return f"<AdjustmentRow: {self.controls}>"

    @property
    def source(self) -> str:
        return text_of(self.references)

    @property
    def doi(self) -> str:
        return doi_of(self.references)


def holm(p: FloatArray) -> FloatArray:
    """Step-down Bonferroni: the chance of any false rejection, under any dependence."""
    # Not by statsmodels, the only library that has it: each call there collects the garbage of the entire process.
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Step-up: the expected share of false rejections, for independent or positively dependent tests."""
    return _by_scipy(p, "bh")


def benjamini_yekutieli(p: FloatArray) -> FloatArray:
    """Step-up: the expected share of false rejections, under any dependence."""
    return _by_scipy(p, "by")


def _by_scipy(p: FloatArray, method: Literal["bh", "by"]) -> FloatArray:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p, method=method), dtype=np.float64)


def romano_wolf(statistics: FloatArray, draws: FloatArray) -> FloatArray:
    """Return step-down adjusted p-values of Romano and Wolf (2005, 2016).

    Parameters
    ----------
    statistics : FloatArray, shape (m,)
        Larger is further from the null; absolute values for two-sided tests, turned about for the alternative "less".
    draws : FloatArray, shape (B, m)
        The same statistics under the null, all m from one resample of the unit (an event, or a placebo day), so that
        their dependence is kept.

    Notes
    -----
    ``p_(j) = (1 + #{b: max_{k >= j} T*_(k) >= T_(j)}) / (B + 1)`` with hypotheses in falling order of T, made monotone.
    """
    order = np.argsort(-statistics, kind="stable")
    tail = np.maximum.accumulate(draws[:, order][:, ::-1], axis=1)[:, ::-1]
    p = (1 + (tail >= statistics[order]).sum(axis=0)) / (len(draws) + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


def max_t(statistics: FloatArray, draws: FloatArray) -> FloatArray:
    """Return single-step adjusted p-values: each statistic against the largest of every draw (Westfall and Young)."""
    top = draws.max(axis=1)
    return np.asarray((1 + (top[:, None] >= statistics).sum(axis=0)) / (len(draws) + 1), dtype=np.float64)


def _from_draws(p: FloatArray) -> FloatArray:
    raise UsageError("This adjustment needs draws, not p-values.", remedy="Use it in a study with placebo windows.")


ADJUSTMENTS: Mapping[str, AdjustmentRow] = {
    "holm": AdjustmentRow(holm, "Holm", "family-wise error, any dependence", (refs.HOLM_1979,)),
    "benjamini_hochberg": AdjustmentRow(
        benjamini_hochberg,
        "Benjamini-Hochberg",
        "false discovery rate, positive dependence",
        (refs.BENJAMINI_HOCHBERG_1995,),
    ),
    "benjamini_yekutieli": AdjustmentRow(
        benjamini_yekutieli,
        "Benjamini-Yekutieli",
        "false discovery rate, any dependence",
        (refs.BENJAMINI_YEKUTIELI_2001,),
    ),
    "romano_wolf": AdjustmentRow(
        _from_draws,
        "Romano-Wolf step-down",
        "family-wise error, dependence kept by resampling placebo days or events",
        (refs.ROMANO_WOLF_2005,),
        needs_draws=True,
    ),
    "max_t": AdjustmentRow(
        _from_draws,
        "max-t",
        "family-wise error, dependence kept by resampling placebo days or events",
        (refs.WESTFALL_YOUNG_1993,),
        needs_draws=True,
    ),
}
STEPS: Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]] = {"romano_wolf": romano_wolf, "max_t": max_t}


def adjust(found: Significances, name: str, draws: Mapping[str, FamilyDraws]) -> Significances:
    """Adjust the p-values of each test over all its events and windows; rows without a number stay out.

    ``draws`` gives, by test, the statistics of its family (windows first, events within) and their draws under the
    null; adjustments that resample leave tests without draws unadjusted.
    """
    row = look_up("adjustment", ADJUSTMENTS, name)
    if row.needs_draws and not draws:
        raise UsageError(
            f"The adjustment {name!r} resamples, and no test of the study has draws.",
            remedy="Add the test 'placebo' (unit: days) or 'cross_sectional_t' (unit: events), or choose 'holm'.",
        )
    adjusted: dict[int, Findings] = {}
    for test in dict.fromkeys(f.test for f in found.findings):
        family = [i for i, f in enumerate(found.findings) if f.test == test]
        members = [found.findings[i] for i in family]
        p = np.concatenate([f.pvalue for f in members])
        stepped = np.full(len(p), np.nan)
        finite = np.isfinite(p)
        if row.needs_draws and test in draws:
            of_family = draws[test]
            stepped[finite] = STEPS[name](of_family.statistics[finite], of_family.draws[:, finite])
        elif not row.needs_draws and finite.any():
            stepped[finite] = row.function(p[finite])
        ends = np.cumsum([len(f) for f in members])[:-1]
        for i, values in zip(family, np.split(stepped, ends), strict=True):
            adjusted[i] = replace(found.findings[i], adjusted=values)
    return Significances(tuple(adjusted[i] for i in range(len(found.findings))))


Side = Callable[[FloatArray], FloatArray]
SIDES: Mapping[Alternative, Side] = {"two-sided": np.abs, "greater": np.positive, "less": np.negative}


def family_draws(
    cars: Sequence[FloatArray], paths: Sequence[FloatArray], days: Sequence[IntArray], alternative: Alternative
) -> FamilyDraws:
    """Return each CAR over the standard deviation of its placebo days, and the same on every placebo day common to all.

    The event is scaled by days that it is not one of, so each placebo day is scaled by the others as well: divided by
    a standard deviation that holds it, a day could never exceed ``(D - 1) / sqrt(D)``: few days would over-reject.

    Parameters
    ----------
    cars : sequence of FloatArray, each (N,)
        CARs of N events, one array per window.
    paths : sequence of FloatArray, each (D_i, W)
        Placebo CARs of each event, by window.
    days : sequence of IntArray, each (D_i,)
        Trading day of each placebo CAR.
    alternative : {"two-sided", "greater", "less"}

    Returns
    -------
    statistics : FloatArray, shape (W N,)
        Windows first, events within; larger is further from the null on the side of the alternative.
    draws : FloatArray, shape (days in common, W N)
    """
    common = sorted(set.intersection(*(set(map(int, day)) for day in days))) if days else []
    resampled = np.empty((len(common), len(cars), len(paths)))
    sd = np.empty((len(cars), len(paths)))
    with np.errstate(invalid="ignore", divide="ignore"):
        for i, (path, day) in enumerate(zip(paths, days, strict=True)):
            at = {int(d): row for row, d in enumerate(day)}
            scaled = path / without_each(path)
            resampled[:, :, i] = scaled[[at[d] for d in common]] if common else 0.0
            sd[:, i] = path.std(axis=0, ddof=1) if len(path) > 2 else np.nan
        far = SIDES[alternative]
        return FamilyDraws(far(np.stack(cars) / sd).ravel(), far(resampled).reshape(len(common), -1))


def without_each(x: FloatArray) -> FloatArray:
    """Return, for each row of (D, W), the standard deviation of the other rows; NaN for fewer than three rows.

    >>> without_each(np.array([[1.0], [2.0], [4.0]])).round(3).tolist()
    [[1.414], [2.121], [0.707]]
    """
    D = len(x)
    if D < 3:
        return np.full(x.shape, np.nan)
    centered = x - x.mean(axis=0)
    others = -centered / (D - 1)  # the mean of the other rows
    squares = np.square(centered).sum(axis=0) - np.square(centered) - (D - 1) * np.square(others)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0) / (D - 2)), dtype=np.float64)


def event_draws(cars: Sequence[FloatArray], seed: int, alternative: Alternative, draws: int = 999) -> FamilyDraws:
    """Return t of the mean CAR per window, and the same in resamples of whole events about the null."""
    matrix = np.stack(cars, axis=1)
    matrix = matrix[np.isfinite(matrix).all(axis=1)]
    matrix = matrix[np.lexsort(np.abs(matrix).T)]  # whatever the order of the events and the sign of returns
    n, rng, far = len(matrix), generator(seed, "event_draws"), SIDES[alternative]
    if n < 2:
        return FamilyDraws(np.full(len(cars), np.nan), np.empty((0, len(cars))))
    centered = matrix - matrix.mean(axis=0)
    resampled = np.stack([far(_t(centered[rng.integers(0, n, n)])) for _ in range(draws)])
    return FamilyDraws(far(_t(matrix)), resampled)


def _t(matrix: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(len(matrix)) * matrix.mean(axis=0) / matrix.std(axis=0, ddof=1))
