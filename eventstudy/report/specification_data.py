"""The view of all specifications of a study: estimates in order, and the choices behind each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import UsageError
from eventstudy.report.finding import words
from eventstudy.report.many_views import ChoiceRows, Curve
from eventstudy.report.shown_units import unit_of
from eventstudy.report.specification_tables import ALIGNMENTS, agreement
from eventstudy.show.numbers import BP, p_is, true_minus

if TYPE_CHECKING:
    from eventstudy.reactions.specification_curve import Specification, SpecificationCurve
    from eventstudy.study.result import StudyResult


def range_words(window: tuple[int, int]) -> str:
    """Return the ends of a window, one where they are the same: ``-5 to +5``, ``0``."""
    start, stop = (f"{at:+d}" if at else "0" for at in window)
    return true_minus(start if start == stop else f"{start} to {stop}")


# What varies between specifications, and how one value of it is named.
CHOICES: dict[str, Callable[[Specification], str]] = {
    "Window": lambda one: range_words(one.window),
    "Model": lambda one: words(one.model),
    "Estimation": lambda one: range_words(one.estimation) if one.estimation else "none",
    "Alignment": lambda one: ALIGNMENTS.get(one.anchor, one.anchor),
    "Test": lambda one: words(one.test),
}


def curve_view(given: StudyResult | SpecificationCurve) -> Curve:
    """Return the estimates of all specifications in order, with the choices that differ between them."""
    from eventstudy.reactions.specification_curve import SpecificationCurve

    found = given if isinstance(given, SpecificationCurve) else given.reactions.specifications
    shown = [one for one in found.specifications if np.isfinite(one.estimate)] if found is not None else []
    if found is None or not shown:
        raise UsageError(
            "The study has no specifications.", remedy="Set [specifications] in the study, or call es.specifications."
        )
    shown.sort(key=lambda one: one.estimate)
    choices = [_choice(name, [label(one) for one in shown]) for name, label in CHOICES.items()]
    columns = ("estimate", "low", "high", "pvalue")
    estimate, low, high, p = (np.array([getattr(one, name) for one in shown]) for name in columns)
    about = agreement(found.to_dict(), len(shown))
    about += f"; joint {p_is(found.joint_pvalue)}" if np.isfinite(found.joint_pvalue) else ""
    return Curve(
        estimate,
        low,
        high,
        p <= 1 - found.level,
        np.array([one.from_study_file for one in shown]),
        tuple(choice for choice in choices if len(choice.labels) > 1),
        about,
        found.level,
        given.simulated,
        BP if isinstance(given, SpecificationCurve) else unit_of(given.spec),
    )


def _choice(name: str, taken: list[str]) -> ChoiceRows:
    labels = tuple(dict.fromkeys(sorted(taken)))
    return ChoiceRows(name, labels, np.array([[one == label for one in taken] for label in labels]))
