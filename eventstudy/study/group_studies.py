"""Part of the events of a study, averaged and tested as a study of its own on the same abnormal returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eventstudy.abnormal.events import OpenLedger
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.inference.clustering import mean_correlations
from eventstudy.inference.findings import Findings
from eventstudy.inference.run_test import needs_of
from eventstudy.reactions.groups import WithinGroup, between
from eventstudy.study.estimate import Estimates, estimate
from eventstudy.study.prepare import Study
from eventstudy.study.primary import aligned_design, average_test, used_design
from eventstudy.study.sharding import BlockMap
from eventstudy.study.significance_tests import run_tests

# Its evidence, residuals on common dates, is what correlations between groups are computed from.
CORRELATED = "kp_bmp"


@dataclass(frozen=True, eq=False)
class GroupStudy:
    """The study of one group.

    Attributes
    ----------
    estimates : Estimates
    test : str
        Primary test of the group's design.
    findings : mapping of Window to Findings
    bars : int
        L1, bars of the estimation window.
    """

    estimates: Estimates
    test: str
    findings: Mapping[Window, Findings]
    bars: int

    def __len__(self) -> int:
        return len(self.estimates.abnormal)

    @classmethod
    def of(cls, study: Study, places: IntArray, run: BlockMap) -> GroupStudy:
        """Return the study of the events at ``places`` of the aligned events."""
        spec, ledger = study.spec.model_copy(update={"adjust": ""}), study.ledger
        copied = OpenLedger(ledger.table, ledger.code.copy(), ledger.a.copy(), ledger.b.copy())
        data = replace(study.data, positions=study.data.positions[places])
        part = replace(study, spec=spec, data=data, ledger=copied)
        test = average_test(spec, aligned_design(part))
        part = replace(part, tests=(test,) if spec.estimation is None else (test, CORRELATED))
        estimates = estimate(part, run)
        design = used_design(part, estimates)
        wanted = test if design is None else average_test(spec, design)
        if needs_of((wanted,), spec.test_options) <= needs_of(part.tests, spec.test_options):
            test = wanted
        found = run_tests(spec, estimates, (test,)).significances.findings
        return cls(estimates, test, {f.window: f for f in found}, study.plan.estimation_bars)


def group_correlations(parts: Sequence[GroupStudy], window: Window) -> FloatArray:
    """Return the mean correlation of abnormal returns over pairs of observations of two groups, shape (G, G).

    On the diagonal over the pairs within a group, zero for a group of one. They are those of the Kolari-Pynnonen tests,
    weighted by common bars of the event windows.
    """
    G = len(parts)
    r = np.diag([_correlation([part], window) if len(part) > 1 else 0.0 for part in parts])
    for g in range(G):
        for h in range(g):
            both = _correlation([parts[g], parts[h]], window)
            within = (WithinGroup(len(parts[k]), r[k, k]) for k in (g, h))
            r[g, h] = r[h, g] = between(both, *within)
    return r


def _correlation(parts: Sequence[GroupStudy], window: Window) -> float:
    evidence = [part.estimates.evidence for part in parts]
    dates, *others = [one.common_dates for one in evidence if one.common_dates is not None]
    for other in others:
        dates = dates + other
    kept = [one.residuals for one in evidence if one.residuals is not None]
    exact = np.concatenate(kept) if len(kept) == len(parts) else None
    return mean_correlations(dates, [window], parts[0].bars, exact)[0]
