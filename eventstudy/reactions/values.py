"""Everything that a study found its reactions to go with; each part is there only if the study asks for it."""

from __future__ import annotations

from eventstudy.arrays import value
from eventstudy.reactions.groups import Grouping


@value
class Reactions:
    """What reactions go with.

    Attributes
    ----------
    groups : tuple of Grouping
        Means by group and their comparison, ``[groups]``.
    """

    groups: tuple[Grouping, ...] = ()
