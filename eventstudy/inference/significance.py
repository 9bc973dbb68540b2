"""A test outcome is a value: statistic, null in words, reference distribution, p-value, or the reason there is none."""

from __future__ import annotations

import math
from typing import Literal

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import Alternative, value

Distribution = Literal["normal", "t", "empirical", "none"]


@value(slots=True)
class Significance:
    """The outcome of one test on one window, for one event or for the average of many.

    A test that does not apply has NaN numbers and a ``reason``; tables never break and nothing vanishes.

    Attributes
    ----------
    test : str
        Row of ``TESTS``.
    null : str
        The null hypothesis in words.
    alternative : {"two-sided", "greater", "less"}
    window : Window
    estimate : float
        What is tested, in decimal log return (CAR or CAAR) unless ``null`` says otherwise.
    se : float
        Its standard error under the null; NaN for rank and sign tests.
    statistic, pvalue : float
    distribution : {"normal", "t", "empirical", "none"}
    df : float
        Degrees of freedom; NaN where the distribution has none.
    n_events : int
        Events that entered (1 for a single-event test).
    event, instrument : str
        Which event and instrument; empty for a test across events.
    n : int
        Draws, days or observations behind the statistic (placebo days D, estimation bars M, events N).
    reason : str
        Why there is no number, or empty.
    note : str
        Which of the test's approximations was used, or empty.
    """

    test: str
    null: str
    alternative: Alternative
    window: Window
    estimate: float
    statistic: float
    pvalue: float
    se: float = math.nan
    distribution: Distribution = "normal"
    df: float = math.nan
    n_events: int = 1
    event: str = ""
    instrument: str = ""
    n: int = 0
    reason: str = ""
    note: str = ""

    def __repr__(self) -> str:
        of = f" of {self.event}/{self.instrument}" if self.event else ""
        return f"<Significance: {self.test} on {self.window}{of}: {self.numbers()}>"

    def numbers(self) -> str:
        """Return statistic and p-value, or the reason why there are none.

        >>> Significance("bmp", "", "two-sided", Window(0, 1), 0.01, 3.2, 0.085, distribution="t", df=2.0).numbers()
        't(2) = 3.20, p = 0.085'
        """
        if self.reason:
            return self.reason
        df = f"({self.df:.4g})" if math.isfinite(self.df) else ""
        name = {"t": "t", "normal": "z"}.get(self.distribution, "statistic")
        p = "p < 0.001" if self.pvalue < 0.001 else f"p = {self.pvalue:.3f}"
        return f"{name}{df} = {self.statistic:.2f}, {p}"
