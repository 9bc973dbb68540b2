"""All specifications of a study at once: their estimates in order, how many agree, and one p-value for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventstudy.arrays import Alternative, FloatArray, value
from eventstudy.inference.bootstrap import empirical
from eventstudy.show.json_text import json_value

if TYPE_CHECKING:
    import pandas as pd

CHOICES = ("model", "anchor", "estimation", "window", "test")
NUMBERS = ("n", "estimate", "low", "high", "pvalue", "refit_pvalue", "adjusted_pvalue")


@value
class Specification:
    """One combination of choices and its answer.

    Attributes
    ----------
    model, anchor, test : str
    estimation : (int, int) or None
    window : (int, int)
        In the unit of the study.
    n : int
        Observations.
    estimate, low, high, pvalue : float
        Mean CAR (decimal) with the interval and p-value of the test, as a study of this specification alone gives them.
    refit_pvalue : float
        Rank of the mean among those of the specification on other dates.
    adjusted_pvalue : float
        Rank of the scaled mean among the largest of all specifications on other dates.
    from_study_file : bool
        Whether it is the specification of the study file with its primary test and window.
    reason : str
        Why there is no p-value, or empty.
    """

    model: str
    anchor: str
    estimation: tuple[int, int] | None
    window: tuple[int, int]
    test: str
    n: int
    estimate: float
    low: float
    high: float
    pvalue: float
    refit_pvalue: float
    adjusted_pvalue: float
    from_study_file: bool
    reason: str = ""


@value
class SpecificationCurve:
    """Every specification of a study, in the order of their estimates.

    Attributes
    ----------
    name : str
        Of the study.
    specifications : tuple of Specification
    joint_pvalue : float
        Of all specifications together: the largest scaled mean CAR among the largest of each set of other dates, the
        same dates for every specification.
    draws : int
        Sets of other dates.
    same_sign, same_finding : float
        Fraction of specifications with the sign of the median estimate, and of those that are significant, too, at the
        level of the study.
    left_out : tuple of str
        Combinations that cannot be computed, with the reason.
    level : float
    simulated : bool
    bar_noun : str
        What a bar is called: ``day``, ``week``, ``month``, ``quarter``, or ``bar`` where it is shorter.
    """

    name: str
    specifications: tuple[Specification, ...]
    joint_pvalue: float
    draws: int
    same_sign: float
    same_finding: float
    left_out: tuple[str, ...] = ()
    level: float = 0.95
    simulated: bool = False
    bar_noun: str = "bar"

    def __repr__(self) -> str:
        mark = "SIMULATED, " if self.simulated else ""
        n = len(self.specifications)
        return f"<SpecificationCurve {self.name!r}: {mark}{n:,} specifications, joint p = {self.joint_pvalue:.3f}>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per specification: rank, the choices, the numbers, own, reason."""
        import pandas as pd

        names = [*CHOICES, *NUMBERS, "from_study_file", "reason"]
        rows = [{"rank": rank, **{n: getattr(s, n) for n in names}} for rank, s in enumerate(self.specifications, 1)]
        return pd.DataFrame(rows, columns=["rank", *names])

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as JSON values."""
        head = ("joint_pvalue", "draws", "same_sign", "same_finding", "level", "simulated")
        return {
            **{name: json_value(getattr(self, name)) for name in head},
            "left_out": list(self.left_out),
            "specifications": [_entry(one) for one in self.specifications],
        }


def _entry(one: Specification) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("model", "anchor", "test", "from_study_file")},
        "estimation": list(one.estimation) if one.estimation else None,
        "window": list(one.window),
        **{name: json_value(getattr(one, name)) for name in NUMBERS},
        "reason": one.reason or None,
    }


class JointTest(NamedTuple):
    """p-values of S specifications, alone and adjusted for all of them, shape (S,); that of the largest; the draws."""

    alone: FloatArray
    adjusted: FloatArray
    joint: float
    draws: int


def joint_test(observed: FloatArray, draws: FloatArray, alternative: Alternative) -> JointTest:
    """Compare S mean CARs with those of the same specifications on D sets of other dates.

    Every mean is divided by its root mean square over all D + 1 sets, the events' included, so that the sets stay
    exchangeable; the largest over the specifications is compared with that of each set (Romano and Wolf 2005,
    doi:10.1198/016214504000000539). For one specification this is its ``placebo_refit``.

    Parameters
    ----------
    observed : FloatArray, shape (S,)
    draws : FloatArray, shape (S, D)
    alternative : {"two-sided", "greater", "less"}
    """
    pairs = zip(observed.tolist(), draws, strict=True)
    alone = np.array([empirical(m, row[np.isfinite(row)], alternative) for m, row in pairs])
    used = np.isfinite(observed) & np.isfinite(draws).any(axis=1) if draws.size else np.zeros(len(observed), np.bool_)
    common = np.isfinite(draws[used]).all(axis=0) if used.any() else np.zeros(0, np.bool_)
    adjusted = np.full(len(observed), np.nan)
    if not common.any():
        return JointTest(alone, adjusted, float("nan"), 0)
    everything = np.concatenate([observed[used, None], draws[used][:, common]], axis=1)
    everything = everything / np.sqrt(np.square(everything).mean(axis=1, keepdims=True))
    signed = {"two-sided": np.abs(everything), "greater": everything, "less": -everything}[alternative]
    largest = signed[:, 1:].max(axis=0)
    adjusted[used] = [empirical(float(one), largest, "greater") for one in signed[:, 0]]
    return JointTest(alone, adjusted, float(np.nanmin(adjusted)), int(common.sum()))


class About(NamedTuple):
    """What a curve says of its study."""

    level: float
    simulated: bool
    left_out: tuple[str, ...]
    bar_noun: str = "bar"


def curve_of(name: str, found: Sequence[Specification], joint: JointTest, *, about: About) -> SpecificationCurve:
    """Return the specifications in the order of their estimates, and how many of them agree."""
    ordered = tuple(sorted(found, key=lambda one: (not np.isfinite(one.estimate), one.estimate)))
    estimates = np.array([one.estimate for one in ordered if np.isfinite(one.estimate)])
    sign = float(np.sign(np.median(estimates))) if len(estimates) else float("nan")
    same = [one for one in ordered if np.sign(one.estimate) == sign]
    n = len(estimates) or float("nan")
    agree = sum(one.pvalue <= 1 - about.level for one in same)
    fractions = len(same) / n, agree / n
    known = (name, ordered, joint.joint, joint.draws, *fractions)
    return SpecificationCurve(*known, about.left_out, about.level, about.simulated, about.bar_noun)
