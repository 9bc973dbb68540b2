"""The responses of many events in a few numbers: how often, how far, how fast, and one joint test for each group."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, value
from eventstudy.response.placebo import TIE, placebo_pvalue
from eventstudy.response.values import Response

DRAWS = 999
ALL = "all"


@value(slots=True)
class AcrossEvents:
    """The responses of one instrument, or of all, to several events.

    Attributes
    ----------
    group : str
        The instrument, or "all".
    responses, events : int
        Number of (event, instrument) pairs, and of different events.
    moved : float
        Fraction of the responses with a detectable move (``Response.pattern``).
    significant : float
        Fraction whose move at the last horizon has p <= 1 - level.
    median_move, median_size : float
        Median of the moves at the last horizon, with and without their signs; decimal log.
    median_half_life : float
        Median of t50 over the responses that have one; minutes.
    median_absorbed : float
        Median of the fraction of the move that came within the first ``absorbed_minutes``, where it is defined.
    with_half_life : int
        Number of responses with a t50.
    statistic, pvalue : float
        See :func:`joint_test`.
    """

    group: str
    responses: int
    events: int
    moved: float
    significant: float
    median_move: float
    median_size: float
    median_half_life: float
    median_absorbed: float
    with_half_life: int
    statistic: float
    pvalue: float


def across_events(responses: Sequence[Response], seed: int = 0) -> tuple[AcrossEvents, ...]:
    """Summarize responses to several events: all of them first, then each instrument's where there are several.

    Parameters
    ----------
    responses : sequence of Response
    seed : int
        Of the draws of the joint test.

    Returns
    -------
    tuple of AcrossEvents
        Empty without responses.
    """
    by_group: dict[str, list[Response]] = {ALL: list(responses)} if responses else {}
    for response in responses:
        by_group.setdefault(response.instrument, []).append(response)
    if len(by_group) == 2:  # one instrument: the same responses twice
        del by_group[next(reversed(by_group))]
    return tuple(_summary(group, found, seed) for group, found in by_group.items())


def _summary(group: str, found: Sequence[Response], seed: int) -> AcrossEvents:
    last = [response.horizon for response in found]
    moves = np.array([one.move for one in last])
    half, absorbed = (_numbers(found, name) for name in ("t50", "absorbed_share"))
    statistic, pvalue = joint_test(found, seed)
    pvalues = [float(placebo_pvalue(np.array(one.move), one.placebo, one.weight)) for one in last]
    return AcrossEvents(
        group=group,
        responses=len(found),
        events=len({response.event for response in found}),
        moved=float(np.mean([r.pattern not in ("no detectable move", "not classified") for r in found])),
        significant=float(np.mean([p <= 1 - r.level for p, r in zip(pvalues, found, strict=True)])),
        median_move=_median(moves),
        median_size=_median(np.abs(moves)),
        median_half_life=_median(half),
        median_absorbed=_median(absorbed),
        with_half_life=int(np.isfinite(half).sum()),
        statistic=statistic,
        pvalue=pvalue,
    )


def _numbers(found: Sequence[Response], name: str) -> FloatArray:
    return np.array([response.number(name).value for response in found])


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan


def joint_test(responses: Sequence[Response], seed: int = 0, draws: int = DRAWS) -> tuple[float, float]:
    """Test whether the events of a group moved prices at all, whatever the signs of the moves.

    Null: every event day is exchangeable with its placebo days. The statistic is the mean over responses of
    |x_0| / s, with x_0 the move at the last horizon and s the root mean square of x over the event day and its D
    placebo days. Each draw takes one of these D + 1 days for every event; the instruments of an event take the same
    draw, so what ties them together is kept. p = (1 + #{draws with a mean at least as large}) / (draws + 1), valid at
    any number of days because the event day is one of those that are drawn.

    Parameters
    ----------
    responses : sequence of Response
    seed : int
    draws : int

    Returns
    -------
    statistic, pvalue : float
        NaN where no response has both a move and placebo days.
    """
    events = list(dict.fromkeys(response.event for response in responses))
    place = {event: row for row, event in enumerate(events)}
    rng = np.random.default_rng(np.random.SeedSequence([20210413, seed]))
    at = rng.random((len(events), draws))
    observed, placebo, used = 0.0, np.zeros(draws), 0
    for response in responses:
        one = response.horizon
        present: BoolArray = np.isfinite(one.placebo)
        if not math.isfinite(one.move) or not present.any():
            continue
        pool = np.abs(np.concatenate([[one.move], one.placebo[present]]))
        each = np.concatenate([[1.0], one.weight[present]])
        scale = math.sqrt(float((each * pool**2).sum() / each.sum()))
        if scale > 0:
            ends = np.cumsum(each) / each.sum()
            days: IntArray = np.minimum(np.searchsorted(ends, at[place[response.event]], side="right"), len(pool) - 1)
            observed, placebo, used = observed + float(pool[0]) / scale, placebo + pool[days] / scale, used + 1
    if not used:
        return math.nan, math.nan
    return observed / used, float((1 + (placebo >= observed * TIE).sum()) / (draws + 1))
