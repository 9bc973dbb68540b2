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
