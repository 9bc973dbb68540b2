"""How likely it is that a time the text names is the time of its news: a logistic regression on named features."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

# Fitted by scripts/bench scorer on labeled pages, leads and texts; one row a feature, in log odds.
COEFFICIENTS: Mapping[str, float] = {
    "intercept": -0.83,
    "same_day": 1.08,
    "day_before": 0.53,
    "older": -0.82,
    "far": -0.76,
    "no_reference": -0.04,
    "tied": 0.39,
    "tied_past": 0.21,
    "said": 0.38,
    "price": -0.04,
    "later": -0.44,
    "title": -0.19,
    "scheduled": -0.79,
    "doubtful": -0.08,
    "quoted": 0.00,
    "clock": -0.10,
    "explicit": -0.23,
    "checked": 0.19,
    "bounds": -0.61,
    "past": 0.65,
    "stated": 0.19,
    "other_days": -0.35,
}
THRESHOLD = 0.6
# What each feature says; every one is 0 or 1, but `other_days`, a number of days.
FEATURES: Mapping[str, str] = {
    "same_day": "the day of the publication",
    "day_before": "the day before the publication",
    "older": "two to six days before the publication",
    "far": "further from the publication",
    "no_reference": "the day of the publication is not known",
    "tied": "a verb of saying or deciding beside it",
    "tied_past": "another verb in the past beside it",
    "said": "a verb of saying or deciding in its clause",
    "price": "a move of prices in its clause",
    "later": "after the second sentence",
    "title": "in the title",
    "scheduled": "words for what is to come in its clause",
    "doubtful": "a negation or a supposition in its clause",
    "quoted": "inside a quotation",
    "clock": "with a time of day",
    "explicit": "with its year",
    "checked": "with a weekday that agrees",
    "bounds": "by, before, after, since or about",
    "past": "a verb in the past in its clause",
    "stated": "a full date and time beside a verb of saying or deciding, without doubt",
    "other_days": "other days named in the same text",
}


def probability(features: Mapping[str, float]) -> float:
    """Return the probability that a time is that of the news.

    Parameters
    ----------
    features : mapping of str to float
        Values of ``FEATURES``; a missing one is 0.

    Returns
    -------
    float
        1 / (1 + exp(-(intercept + sum of coefficient times value))).
    """
    odds = COEFFICIENTS["intercept"] + sum(COEFFICIENTS.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + exp(-max(-50.0, min(50.0, odds))))


def reasons(features: Mapping[str, float]) -> tuple[str, ...]:
    """Return the features of a time in words."""
    return tuple(words for name, words in FEATURES.items() if features.get(name))
