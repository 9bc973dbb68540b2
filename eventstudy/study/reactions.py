"""What the reactions of a study go with, each part only if the study asks for it."""

from __future__ import annotations

from typing import NamedTuple

from eventstudy.errors import Notice
from eventstudy.reactions.values import Reactions
from eventstudy.study.estimate import Estimates
from eventstudy.study.prepare import Study
from eventstudy.study.reaction_groups import groups_of
from eventstudy.study.reaction_regressions import regressions_of
from eventstudy.study.sharding import BlockMap
from eventstudy.study.surprises import surprise_of


class Found(NamedTuple):
    """The reactions of a study, and the warnings about them."""

    reactions: Reactions
    notices: tuple[Notice, ...]


def reactions_of(study: Study, estimates: Estimates, run: BlockMap) -> Found:
    """Return what the reactions of a study go with."""
    groups = groups_of(study, estimates, run)
    surprise = surprise_of(study, estimates)
    fitted = regressions_of(study, estimates)
    reactions = Reactions(groups=groups.groupings, surprise=surprise.response, regressions=fitted.regressions)
    return Found(reactions, (*groups.notices, *surprise.notices, *fitted.notices))
