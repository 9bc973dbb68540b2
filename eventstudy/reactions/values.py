"""Everything that a study found its reactions to go with; each part is there only if the study asks for it."""

from __future__ import annotations

from eventstudy.abnormal.placebo.balance import PlaceboBalance
from eventstudy.arrays import value
from eventstudy.reactions.groups import Grouping
from eventstudy.reactions.regression import Regression
from eventstudy.reactions.specification_curve import SpecificationCurve
from eventstudy.reactions.surprise import SurpriseResponse


@value
class Reactions:
    """What reactions go with.

    Attributes
    ----------
    groups : tuple of Grouping
        Means by group and their comparison, ``[groups]``.
    surprise : SurpriseResponse or None
        Slopes on the surprise in the news by bar, ``[surprise]``.
    regressions : tuple of Regression
        CARs on columns of the events, ``[[regression]]``.
    specifications : SpecificationCurve or None
        The study under all combinations of choices, ``[specifications]``.
    placebo_balance : tuple of PlaceboBalance
        Observations beside their placebo days, ``[inference.placebo] match``.
    """

    groups: tuple[Grouping, ...] = ()
    surprise: SurpriseResponse | None = None
    regressions: tuple[Regression, ...] = ()
    specifications: SpecificationCurve | None = None
    placebo_balance: tuple[PlaceboBalance, ...] = ()
