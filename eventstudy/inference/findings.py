"""The outcome of one test on one window for any number of events, as columns; one Significance per row on request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.events import Pairs
from eventstudy.abnormal.windows import Window, WindowLike, as_window
from eventstudy.arrays import Alternative, FloatArray, IntArray, StrArray, value
from eventstudy.inference import distributions
from eventstudy.inference.intervals import Interval, symmetric
from eventstudy.inference.significance import Distribution, Significance

if TYPE_CHECKING:
    import pandas as pd


@value
class Findings:
    """One test on one window: a row per event (scope ``event``), or a single row (scope ``average``).

    Attributes
    ----------
    test, null : str
    alternative : {"two-sided", "greater", "less"}
    window : Window
    distribution : {"normal", "t", "empirical", "none"}
    estimate, se, statistic, df : FloatArray, shape (n,)
    n : IntArray, shape (n,)
        Draws, days or observations behind each statistic.
    n_events : int
        Events that entered each row: 1 for scope ``event``.
    pairs : Pairs or None
        Event and instrument of each row; None for a test across events, whose ``events`` and ``instruments`` are empty.
    given_pvalue : FloatArray or None, shape (n,)
        p-values of a test that has a reference distribution of its own.
    reasons : tuple of str
        Reasons there is no number; ``reason[i]`` points here.
    reason : IntArray, shape (n,)
        0 where the test applies, else 1 + index into ``reasons``.
    adjusted : FloatArray or None, shape (n,)
        p-values adjusted for the number of tests.
    level : float
        Confidence level of ``interval``.
    test_interval : Interval or None
        Interval of a test for which it is not the estimate plus or minus standard errors.
    note : str
        Which of the test's approximations was used: ``exact binomial distribution, N = 15``.
    """

    test: str
    null: str
    alternative: Alternative
    window: Window
    distribution: Distribution
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: FloatArray
    n: IntArray
    n_events: int
    pairs: Pairs | None = None
    given_pvalue: FloatArray | None = None
    reasons: tuple[str, ...] = ()
    reason: IntArray | None = None
    adjusted: FloatArray | None = None
    level: float = 0.95
    test_interval: Interval | None = None
    note: str = ""

    def __repr__(self) -> str:
        if len(self) == 1:
            return f"<Findings: {self.test} on {self.window}: {self[0].numbers()}>"
        return f"<Findings: {self.test} on {self.window}, {len(self):,} events>"

    def __len__(self) -> int:
        return len(self.statistic)

    @cached_property
    def pvalue(self) -> FloatArray:
        """p-values, shape (n,), computed when first read; NaN where there is no statistic."""
        if self.given_pvalue is not None:
            return self.given_pvalue
        return distributions.pvalue(self.statistic, self.df, self.distribution, self.alternative)

    @cached_property
    def interval(self) -> Interval:
        """Effects that the test does not reject at ``1 - level``, in the unit of the estimate.

        That of a one-sided test has one end, and is infinite on the other side.
        """
        if self.test_interval is not None:
            return self.test_interval
        df = np.full(len(self), np.inf) if self.distribution == "normal" else self.df
        se = np.where(np.isfinite(self.statistic), self.se, np.nan)
        return symmetric(self.estimate, se, df, self.level, alternative=self.alternative)

    @property
    def events(self) -> StrArray:
        return np.full(len(self), "", dtype=object) if self.pairs is None else self.pairs.events

    @property
    def instruments(self) -> StrArray:
        return np.full(len(self), "", dtype=object) if self.pairs is None else self.pairs.instruments

    def __getitem__(self, row: int) -> Significance:
        why = 0 if self.reason is None else int(self.reason[row])
        return Significance(
            test=self.test,
            null=self.null,
            alternative=self.alternative,
            window=self.window,
            estimate=float(self.estimate[row]),
            statistic=float(self.statistic[row]),
            pvalue=float(self.pvalue[row]),
            se=float(self.se[row]),
            distribution=self.distribution,
            df=float(self.df[row]),
            n_events=self.n_events,
            event=str(self.events[row]),
            instrument=str(self.instruments[row]),
            n=int(self.n[row]),
            reason=self.reasons[why - 1] if why else "",
            note=self.note,
        )

    def __iter__(self) -> Iterator[Significance]:
        return (self[row] for row in range(len(self)))

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame, one column per field of :class:`Significance`."""
        import pandas as pd

        n = len(self)
        texts = np.array(["", *self.reasons], dtype=object)
        return pd.DataFrame(
            {
                "test": np.full(n, self.test, dtype=object),
                "event": self.events,
                "instrument": self.instruments,
                "start": np.full(n, self.window.start),
                "stop": np.full(n, self.window.stop),
                "estimate": self.estimate,
                "se": self.se,
                "statistic": self.statistic,
                "df": self.df,
                "low": self.interval.low,
                "high": self.interval.high,
                "pvalue": self.pvalue,
                "adjusted_pvalue": np.full(n, math.nan) if self.adjusted is None else self.adjusted,
                "n": self.n,
                "n_events": np.full(n, self.n_events),
                "distribution": np.full(n, self.distribution, dtype=object),
                "alternative": np.full(n, self.alternative, dtype=object),
                "reason": texts[np.zeros(n, np.int64) if self.reason is None else self.reason],
                "note": np.full(n, self.note, dtype=object),
            }
        )


@value
class Significances(Sequence[Significance]):
    """All findings of a study, readable one by one."""

    findings: tuple[Findings, ...] = ()

    def __repr__(self) -> str:
        tests = ", ".join(dict.fromkeys(finding.test for finding in self.findings))
        windows = ", ".join(dict.fromkeys(str(finding.window) for finding in self.findings))
        return f"<Significances: {tests} on {windows}>" if self.findings else "<Significances: none>"

    def __len__(self) -> int:
        return sum(map(len, self.findings))

    def __iter__(self) -> Iterator[Significance]:
        return (significance for finding in self.findings for significance in finding)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return list(self)[place]

    def of(self, test: str, window: WindowLike | None = None) -> tuple[Findings, ...]:
        """Return the findings of one test, on one window or on all."""
        wanted = None if window is None else as_window(window)
        return tuple(f for f in self.findings if f.test == test and wanted in (None, f.window))

    def to_frame(self) -> pd.DataFrame:
        """Return all findings below one another."""
        import pandas as pd

        frames = [f.to_frame() for f in self.findings]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
