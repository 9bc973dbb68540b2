"""How likely it is that a time the text names is the time of its news: a logistic regression on named features."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

# One row a feature: its coefficient in log odds, fitted by scripts/bench scorer on labeled pages, leads and texts, and
# what it says. Every feature is 0 or 1, but `other_days`, a number of days.
INTERCEPT = -0.04
FEATURES: Mapping[str, tuple[float, str]] = {
    "same_day": (0.90, "the day of the publication"),
    "day_before": (0.41, "the day before the publication"),
    "older": (-0.52, "two to six days before the publication"),
    "far": (-0.50, "further from the publication"),
    "no_reference": (-0.29, "the day of the publication is not known"),
    "said": (0.22, "in the clause of a verb of saying or deciding in the past"),
    "happened": (0.21, "in the clause of another verb in the past"),
    "outside": (-0.84, "outside the clause of an act that is news"),
    "price": (-0.02, "a move of prices in its clause"),
    "later": (-0.20, "after a sentence that states an act"),
    "title": (-0.12, "in the title"),
    "clock": (-0.33, "with a time of day"),
    "explicit": (-0.39, "with its year"),
    "checked": (0.59, "with a weekday that agrees"),
    "bounds": (-0.36, "by, before, after, since or about"),
    "other_days": (-0.17, "other days named in the same text"),
}
COEFFICIENTS: Mapping[str, float] = {"intercept": INTERCEPT, **{name: row[0] for name, row in FEATURES.items()}}
# A time at least as likely as not; scripts/bench scorer prints what other thresholds give.
THRESHOLD = 0.5


def probability(features: Mapping[str, float], coefficients: Mapping[str, float] = COEFFICIENTS) -> float:
    """Return the probability that a time is that of the news, 1 / (1 + exp(-odds)); a missing feature is 0.

    ``coefficients`` are in log odds; those of other fits are compared by ``scripts/bench scorer``.
    """
    odds = coefficients["intercept"] + sum(coefficients.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + exp(-max(-50.0, min(50.0, odds))))


def reasons(features: Mapping[str, float]) -> tuple[str, ...]:
    """Return the features of a time in words."""
    return tuple(words for name, (_, words) in FEATURES.items() if features.get(name))
