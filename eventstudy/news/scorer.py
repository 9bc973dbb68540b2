"""How likely it is that a time the text names is the time of its news: a logistic regression on named features."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

# Fitted by scripts/bench scorer on labeled pages, leads and texts; one row a feature, in log odds.
COEFFICIENTS: Mapping[str, float] = {
    "intercept": -0.04,
    "same_day": 0.90,
    "day_before": 0.41,
    "older": -0.52,
    "far": -0.50,
    "no_reference": -0.29,
    "said": 0.22,
    "happened": 0.21,
    "outside": -0.84,
    "price": -0.02,
    "later": -0.20,
    "title": -0.12,
    "quoted": 0.00,
    "clock": -0.33,
    "explicit": -0.39,
    "checked": 0.59,
    "bounds": -0.36,
    "other_days": -0.17,
}
# A time at least as likely as not; scripts/bench scorer prints what other thresholds give.
THRESHOLD = 0.5
# What each feature says; every one is 0 or 1, but `other_days`, a number of days.
FEATURES: Mapping[str, str] = {
    "same_day": "the day of the publication",
    "day_before": "the day before the publication",
    "older": "two to six days before the publication",
    "far": "further from the publication",
    "no_reference": "the day of the publication is not known",
    "said": "in the clause of a verb of saying or deciding in the past",
    "happened": "in the clause of another verb in the past",
    "outside": "outside the clause of an act that is news",
    "price": "a move of prices in its clause",
    "later": "after a sentence that states an act",
    "title": "in the title",
    "quoted": "inside a quotation",
    "clock": "with a time of day",
    "explicit": "with its year",
    "checked": "with a weekday that agrees",
    "bounds": "by, before, after, since or about",
    "other_days": "other days named in the same text",
}


def probability(features: Mapping[str, float], coefficients: Mapping[str, float] = COEFFICIENTS) -> float:
    """Return the probability that a time is that of the news, 1 / (1 + exp(-odds)); a missing feature is 0.

    ``coefficients`` are in log odds; those of other fits are compared by ``scripts/bench scorer``.
    """
    odds = coefficients["intercept"] + sum(coefficients.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + exp(-max(-50.0, min(50.0, odds))))


def reasons(features: Mapping[str, float]) -> tuple[str, ...]:
    """Return the features of a time in words."""
    return tuple(words for name, words in FEATURES.items() if features.get(name))
