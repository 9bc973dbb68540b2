"""Groups of events: an average study of each, on the abnormal returns of the entire study, and their comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import EventTable
from eventstudy.abnormal.windows import EventBars, Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import Notice, UsageError
from eventstudy.inference.designs import count_distinct, sharing
from eventstudy.reactions import attributes
from eventstudy.reactions.groups import (
    Comparison,
    Grouping,
    GroupMean,
    GroupPath,
    Means,
    clustered,
    contrast_t,
    correlated,
    equal_means,
    group_path,
    trend_contrast,
    weighted_means,
)
from eventstudy.reactions.settings import GroupSettings
from eventstudy.show.numbers import count_of
from eventstudy.study.estimate import Estimates
from eventstudy.study.group_studies import GroupStudy, group_correlations
from eventstudy.study.prepare import Study
from eventstudy.study.primary import calendar_bars
from eventstudy.study.sharding import BlockMap
from eventstudy.study.significance_tests import tested_statistic

BY, QUANTILES, WEIGHTS = "[groups] by", "[groups] quantiles", "[groups] weights"
ONE_EVENT = "the group has one event; a test of a mean needs two"
WEIGHTED = "weighted_t"
MOST_NAMED = 5


class Members(NamedTuple):
    """Which used observation is in which group: labels of G groups, and the place of each observation, -1 for none."""

    by: tuple[str, ...]
    quantiles: int
    bounds: tuple[float, ...]
    names: list[tuple[str, ...]]
    place: IntArray


class WindowValues(NamedTuple):
    """A window, and the tested value of each observation on it, shape (N,)."""

    window: Window
    values: FloatArray


class Answered(NamedTuple):
    """The groupings of a study, and the warnings about them."""

    groupings: tuple[Grouping, ...]
    notices: tuple[Notice, ...]


def groups_of(study: Study, estimates: Estimates, run: BlockMap) -> Answered:
    """Return every grouping that ``[groups]`` asks for; none without it or without events.

    Abnormal returns are those of the study: the windows of all its events, of other groups too, stay out of estimation
    windows. Each group is then averaged and tested as a study of its events alone.
    """
    settings, row = study.spec.groups, estimates.abnormal.row
    if settings is None or not len(row):
        return Answered((), ())
    found = members_of(settings, study.ledger.table, row)
    answers = tuple(_Layout.of(study, estimates, settings, members).answer(run) for members in found)
    return Answered(answers, tuple(notice for one in answers for notice in _notices(one)))


def members_of(settings: GroupSettings, table: EventTable, row: IntArray) -> list[Members]:
    """Return the groupings of the used observations: one by all columns of ``by``, one for each of ``quantiles``."""
    found, by = [], tuple(dict.fromkeys(settings.by))
    if by:
        columns = [attributes.labels(attributes.column(table, name, BY)[row], name, BY) for name in by]
        found.append(Members(by, 0, (), *attributes.crossed(columns)))
    for name, count in settings.quantiles.items():
        values = attributes.numbers(attributes.column(table, name, QUANTILES)[row], name, QUANTILES)
        cut = attributes.quantiles(values, count)
        bounds = tuple(float(values[cut.place == q].max()) for q in range(len(cut.names)))
        found.append(Members((name,), count, bounds, [(label,) for label in cut.names], cut.place))
    return found


def weights_of(settings: GroupSettings, table: EventTable, row: IntArray, group: IntArray) -> FloatArray:
    """Return the weight of each used observation, shape (N,); NaN where its column is empty."""
    if settings.weights == "equal":
        return np.ones(len(row))
    if settings.weights == "instrument":
        pairs = np.stack([group, table.places[1][row]])
        _, which, count = np.unique(pairs, axis=1, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / count[which], dtype=np.float64)
    weights = attributes.numbers(attributes.column(table, settings.weights, WEIGHTS)[row], settings.weights, WEIGHTS)
    if (weights < 0).any():
        worst = int(np.nanargmin(weights))
        raise UsageError(
            f"{WEIGHTS}: {settings.weights!r} of event {table.ids[row[worst]]!s} is {weights[worst]:g}.",
            remedy="Weights are zero or more; leave out events with a negative one.",
        )
    return weights


@dataclass(frozen=True, eq=False)
class _Layout:
    """One grouping of the N used observations: groups, weights, bars in calendar time, places among the aligned."""

    study: Study
    abnormal: AbnormalReturns
    members: Members
    weighting: str
    weights: FloatArray
    bars: EventBars
    places: IntArray

    @classmethod
    def of(cls, study: Study, estimates: Estimates, settings: GroupSettings, members: Members) -> _Layout:
        abnormal, row = estimates.abnormal, study.data.positions.row
        order = np.argsort(row, kind="stable")
        places = order[np.searchsorted(row[order], abnormal.row)]
        weights = weights_of(settings, study.ledger.table, abnormal.row, members.place)
        bars = EventBars(*(side[places] for side in calendar_bars(study)))
        return cls(study, abnormal, members, settings.weights, weights, bars, places)

    def rows(self, g: int) -> IntArray:
        return np.flatnonzero(self.members.place == g)

    def answer(self, run: BlockMap) -> Grouping:
        """Return the means, paths and comparisons of the groups."""
        members, G = self.members, len(self.members.names)
        parts = [GroupStudy.of(self.study, self.places[self.rows(g)], run) for g in range(G)]
        means: list[GroupMean] = []
        compared: list[Comparison] = []
        for window in parts[0].findings if parts else ():
            x = tested_statistic(self.study.spec, self.abnormal, window)
            joint = self.joint(parts, x, window)
            means += [self.mean(g, parts[g], WindowValues(window, x), joint) for g in range(G)]
            compared += _compare(members, joint, window, self.study.spec.level)
        return Grouping(
            by=members.by,
            quantiles=members.quantiles,
            weights=self.weighting,
            bounds=members.bounds,
            missing=int((members.place < 0).sum()),
            without_weight=int(((members.place >= 0) & ~(self.weights > 0)).sum()),
            means=tuple(means),
            paths=tuple(self.path(g) for g in range(G)),
            comparisons=tuple(compared),
        )

    def joint(self, parts: list[GroupStudy], x: FloatArray, window: Window) -> Means:
        """Return the means with their covariance, by the dependence of the design of all groups together."""
        place = self.members.place
        grouped = np.flatnonzero(place >= 0)
        alone = weighted_means(x, place, self.weights, len(parts))
        reference, first = (side[grouped] for side in self.bars)
        if sharing(reference, first, (window,))[0] == "none":
            return Means(alone.mean, np.diag(alone.variance), alone.df)
        if self.study.spec.estimation is None:
            return clustered(alone, x, place, self.weights, self.bars.first)
        return correlated(alone, group_correlations(parts, window))

    def mean(self, g: int, part: GroupStudy, tested: WindowValues, joint: Means) -> GroupMean:
        """Return the mean of one group with its test: the primary test, or with weights the t of the weighted mean."""
        window, x = tested
        rows = self.rows(g)
        rows = rows[np.isfinite(x[rows]) & (self.weights[rows] > 0)]
        counts = len(rows), count_distinct(self.bars.first[rows]), len(set(self.abnormal.instruments[rows].tolist()))
        head = (self.members.names[g], window, *counts, float(joint.mean[g]))
        nan = float("nan")
        if len(rows) < 2:
            return GroupMean(*head, nan, nan, "", nan, nan, nan, ONE_EVENT if len(rows) else "no event has a CAR")
        if self.weighting != "equal":
            t = contrast_t("difference", window, joint.part(np.array([g])), np.ones(1), (), self.study.spec.level)
            return GroupMean(*head, t.low, t.high, WEIGHTED, t.statistic, t.df, t.pvalue, t.reason)
        found = part.findings[window]
        one, low, high = found[0], float(found.interval.low[0]), float(found.interval.high[0])
        return GroupMean(*head, low, high, part.test, one.statistic, one.df, one.pvalue, one.reason)

    def path(self, g: int) -> GroupPath:
        rows = self.rows(g)
        return group_path(self.members.names[g], self.abnormal.tau, self.abnormal.ar[rows], self.weights[rows])


def _compare(members: Members, joint: Means, window: Window, level: float) -> Iterator[Comparison]:
    """Yield the tests of groups of two observations or more: two differ, several are equal, quantiles have a trend."""
    usable = np.flatnonzero(np.isfinite(np.diag(joint.covariance)))
    names, means, G = tuple(", ".join(members.names[g]) for g in usable), joint.part(usable), len(usable)
    if G < 2:
        return
    if G > 2:
        yield equal_means(window, means, names)
    if G == 2 or members.quantiles:
        ends = np.zeros(G)
        ends[[0, -1]] = -1, 1
        yield contrast_t("difference", window, means, ends, (names[0], names[-1]), level)
    if G > 2 and members.quantiles:
        steps = np.diff(means.mean)
        monotonic = bool((steps > 0).all() or (steps < 0).all())
        yield replace(contrast_t("trend", window, means, trend_contrast(G), names, level), monotonic=monotonic)


def _notices(grouping: Grouping) -> Iterator[Notice]:
    """Yield what limits a grouping: empty entries, one group only, groups of one event, ties in quantiles."""
    by, names = ", ".join(grouping.by), list(dict.fromkeys(mean.group for mean in grouping.means))
    if grouping.missing:
        yield Notice("ES-GROUPS", f"{count_of(grouping.missing, 'observation')} without a group: {by} is empty.")
    if grouping.without_weight:
        out = count_of(grouping.without_weight, "observation")
        reason = f"the weight {grouping.weights} is empty, zero or not finite"
        yield Notice("ES-GROUPS", f"{out} left out of the groups of {by}: {reason}.")
    if len(names) == 1:
        yield Notice("ES-GROUPS", f"All observations have one value of {by}; there is nothing to compare.")
    elif len(names) < grouping.quantiles:
        yield Notice(
            "ES-GROUPS",
            f"{grouping.quantiles} quantiles of {by} were asked for; {_distinct(grouping, len(names))}.",
        )
    single = list(dict.fromkeys(", ".join(mean.group) for mean in grouping.means if mean.reason == ONE_EVENT))
    if single:
        listed = ", ".join(single[:MOST_NAMED]) + (", ..." if len(single) > MOST_NAMED else "")
        number = "one group" if len(single) == 1 else f"{len(single)} groups"
        yield Notice(
            "ES-GROUPS", f"{number} of {by} with one event ({listed}): not tested, and not compared with others."
        )


def _distinct(grouping: Grouping, groups: int) -> str:
    """Return why there are fewer quantiles than asked for."""
    window = grouping.means[0].window
    n = grouping.without_weight + sum(mean.n for mean in grouping.means if mean.window == window)
    if n < grouping.quantiles:
        return f"{count_of(n, 'observation')} make {count_of(groups, 'group')}"
    return f"equal values leave {count_of(groups, 'group')}"
