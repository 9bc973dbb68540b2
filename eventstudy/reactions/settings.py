"""Settings of the tables of a study file that ask what reactions go with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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
