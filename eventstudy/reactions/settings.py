"""Settings of the tables of a study file that ask what reactions go with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from eventstudy.arrays import AnchorName
from eventstudy.market.sources.description import Settings

Quantiles = Annotated[int, Field(ge=2, le=20)]


class GroupSettings(Settings):
    """Groups of events that are studied separately and compared.

    Attributes
    ----------
    by : tuple of str
        Columns of the events; every combination of their values that occurs is a group. Besides the columns of the
        event list there are ``instrument``, ``session`` and ``year``.
    quantiles : dict of str to int
        Numeric columns whose quantiles are groups, with the number of quantiles, 2 to 20.
    weights : str
        Weights of the means: "equal", "instrument" (every instrument counts once, whatever the number of its events),
        or a numeric column of the events, such as the market capitalization.
    """

    by: tuple[str, ...] = ()
    quantiles: dict[str, Quantiles] = Field(default_factory=dict)
    weights: str = "equal"


class SurpriseSettings(Settings):
    """Regression of the CAR up to every bar of the event window on the surprise in the news.

    Attributes
    ----------
    column : str
        Column of the events that holds the surprise; or give ``actual`` and ``expected``.
    actual, expected : str
        Columns whose difference is the surprise.
    standardize : bool
        Divide surprises by their standard deviation over the events used (within each value of ``by``).
    by : str
        Column whose values are studied apart, such as the name of the release; empty for none.
    signs : bool
        Estimate the slopes of positive and negative surprises apart.
    controls : tuple of str
        Numeric columns that enter beside the surprise.
    weights : {"volatility", "equal"}
        Inverse variance of each observation's CAR: on placebo days at the same time of day for intraday bars, that of
        the forecast for daily ones; or equal weights. Without a variance weights are equal.
    instruments : {"auto", "each", "pooled"}
        One regression for each instrument, or one for all; "auto": for each, where events have several instruments and
        are enough for that.
    draws : int
        Random orders of the surprises for the p-values and bands by permutation.
    """

    column: str = ""
    actual: str = ""
    expected: str = ""
    standardize: bool = True
    by: str = ""
    signs: bool = False
    controls: tuple[str, ...] = ()
    weights: Literal["volatility", "equal"] = "volatility"
    instruments: Literal["auto", "each", "pooled"] = "auto"
    draws: Annotated[int, Field(ge=99, le=99_999)] = 999


class RegressionSettings(Settings):
    """A regression of the CAR on columns of the events.

    Attributes
    ----------
    formula : str
        ``car ~`` and columns of the events, with + - * : / ** and C, I, center, scale, log, log1p, exp, sqrt, abs;
        a constant is added.
    window : (int, int) or None
        Window of the CAR, in the unit of the event window; None for the primary window.
    covariance : {"HC1", "HC0", "HC2", "HC3", "nonrobust", "cluster", "two-way"}
        Covariance of the coefficients.
    cluster : tuple of str
        One column for "cluster", two for "two-way": ``date``, ``instrument`` or a column of the events.
    placebo : bool
        Run the regression on placebo days, too.
    """

    formula: str
    window: tuple[int, int] | None = None
    covariance: Literal["HC1", "HC0", "HC2", "HC3", "nonrobust", "cluster", "two-way"] = "HC1"
    cluster: tuple[str, ...] = ()
    placebo: bool = True


class SpecificationSettings(Settings):
    """Lists of choices, of which every combination is computed; an empty list has the study's choice alone.

    Attributes
    ----------
    windows : tuple of (int, int)
        Windows inside the event window; empty for the reported windows.
    models : tuple of str
        Expected-return models.
    anchors : tuple of str
        Alignment rules: "bracket", "earliest", "latest".
    estimation : tuple of (int, int)
        Estimation windows.
    tests : tuple of str
        Tests across events, or of one event where there is one; empty for those of the study and the primary one.
    draws : int or None
        Sets of other dates for the joint p-value; None for the number of the test ``placebo_refit``.
    """

    windows: tuple[tuple[int, int], ...] = ()
    models: tuple[str, ...] = ()
    anchors: tuple[AnchorName, ...] = ()
    estimation: tuple[tuple[int, int], ...] = ()
    tests: tuple[str, ...] = ()
    draws: Annotated[int, Field(ge=19, le=99_999)] | None = None
