"""Regressions of a study's CARs on columns of its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import Notice
from eventstudy.reactions import attributes
from eventstudy.reactions.formulas import RESPONSE, matrix_of, names_in
from eventstudy.reactions.regression import FEWEST_DAYS, Observations, Regression, fit, terms_of, unusable
from eventstudy.reactions.settings import RegressionSettings
from eventstudy.show.numbers import count_of
from eventstudy.study.estimate import Estimates
from eventstudy.study.prepare import Study
from eventstudy.study.quiet_days import quiet_paths
from eventstudy.study.significance_tests import primary_window

WHERE = "[[regression]] formula"
MOST_NAMED = 5
# Clustered errors are too small with few clusters (Cameron, Gelbach and Miller 2008, doi:10.1162/rest.90.3.414).
FEW_CLUSTERS = 10


class RegressionsFound(NamedTuple):
    """The regressions of a study, and the warnings about them."""

    regressions: tuple[Regression, ...]
    notices: tuple[Notice, ...]


class PlaceboWindow(NamedTuple):
    """A window, and the CARs of the observations on days without events, shape (D, N), if they are wanted."""

    window: Window
    days: FloatArray | None


def regressions_of(study: Study, estimates: Estimates) -> RegressionsFound:
    """Return every ``[[regression]]``; none without one or without events."""
    if not study.spec.regressions or not len(estimates.abnormal):
        return RegressionsFound((), ())
    days: dict[Window, FloatArray] = {}
    found, notices = [], []
    for place, settings in enumerate(study.spec.regressions):
        window = _window(study, settings)
        if settings.placebo and window not in days:
            days[window] = quiet_paths(study, estimates, window).sum(axis=2)
        one = _answer(study, estimates.abnormal, settings, PlaceboWindow(window, days.get(window)))
        found.append(one)
        notices += [Notice("ES-REGRESSION", f"regression {place + 1} {message}.") for message in _limits(one)]
    return RegressionsFound(tuple(found), tuple(notices))


def _limits(one: Regression) -> Iterator[str]:
    """Yield what limits a regression, to follow its number."""
    if one.reason:
        yield f"({one.formula:.80}): {one.reason}"
    if one.dropped:
        yield f"leaves out {count_of(one.dropped, 'observation')} in which a column is empty or not finite"
    for reason in dict.fromkeys(term.reason for term in one.terms if term.reason):
        names = [term.label for term in one.terms if term.reason == reason]
        listed = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
        yield f"has no standard error of {listed}: {reason}"
    if 0 < one.placebo_days < FEWEST_DAYS:
        yield f"is not compared with placebo days: there are {one.placebo_days}, and {FEWEST_DAYS} are needed"
    few = [f"{name} has {count}" for name, count in zip(one.cluster, one.clusters, strict=True) if count < FEW_CLUSTERS]
    if few:
        yield f"clusters its errors in few clusters ({', '.join(few)}), which makes them too small"


def _window(study: Study, settings: RegressionSettings) -> Window:
    spec, windows = study.spec, study.plan.tests_on
    if settings.window is None:
        return primary_window(spec, windows)
    asked = list(map(tuple, spec.windows)) if spec.windows else [tuple(spec.event)]
    return windows[asked.index(tuple(settings.window))]


def _answer(study: Study, abnormal: AbnormalReturns, settings: RegressionSettings, tested: PlaceboWindow) -> Regression:
    import pandas as pd

    window, days = tested
    y = abnormal.car(window)
    columns = event_columns(study, abnormal)
    names = names_in(settings.formula, WHERE)
    frame = _frame(study, abnormal, names, columns)
    complete = [not any(map(attributes.is_missing, row)) for row in zip(*frame.values(), strict=True)]
    present = np.isfinite(y) & np.array(complete)
    place = np.flatnonzero(present)
    matrix = matrix_of(settings.formula, pd.DataFrame({name: c[place] for name, c in frame.items()}), WHERE)
    rows = place[matrix.rows]
    texts = [name for name, values in frame.items() if values.dtype == object]
    clusters = [_codes(column(study, abnormal, name, columns)[rows]) for name in settings.cluster]
    sample = Observations(
        y[rows],
        matrix.values,
        matrix.names,
        matrix.labels,
        np.array(clusters, dtype=np.int64).reshape(len(clusters), len(rows)).T,
        np.empty((0, len(rows))) if days is None else days[:, rows],
    )
    reason, dropped = unusable(sample), int(np.isfinite(y).sum()) - len(rows)
    if reason and texts:
        reason += f" ({_categories(texts, frame)})"
    counts = tuple(len(np.unique(codes)) for codes in clusters)
    head = (settings.formula, window, settings.covariance, settings.cluster, counts, len(rows), dropped)
    if reason:
        return Regression(*head, float("nan"), float("nan"), 0, 0, (), reason)
    found = fit(sample, settings.covariance, study.spec.level)
    terms, used, components = terms_of(sample, found)
    return Regression(*head, found.r2, found.adjusted_r2, used, components, terms)


def _categories(names: list[str], frame: Mapping[str, Any]) -> str:
    """Return which columns are text, so that each of their values is a category of its own."""
    parts = []
    for name in names:
        values = list(dict.fromkeys(v for v in frame[name].tolist() if not attributes.is_missing(v)))
        example = f" such as {values[0]!r:.40}" if values else ""
        parts.append(f"{name} is text{example} and enters as {count_of(len(values), 'category', 'categories')}")
    return "; ".join(parts)


def event_columns(study: Study, abnormal: AbnormalReturns) -> Mapping[str, Any]:
    """Return the columns that every used observation has: date and instrument, shape (N,)."""
    table = study.ledger.table
    at = int(np.argmin(np.abs(abnormal.tau)))
    dates = abnormal.closes[:, at].astype("datetime64[us]").astype("datetime64[D]")
    return {"date": np.datetime_as_string(dates).astype(object), "instrument": table.instruments[abnormal.row]}


def column(study: Study, abnormal: AbnormalReturns, name: str, known: Mapping[str, Any]) -> Any:
    """Return a column of the used observations, shape (N,)."""
    table = study.ledger.table
    if name in known and name not in table.attributes:
        return known[name]
    return attributes.column(table, name, WHERE)[abnormal.row]


def _frame(study: Study, abnormal: AbnormalReturns, names: tuple[str, ...], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a formula: numbers where all entries are, texts elsewhere."""
    found = {name: _typed(column(study, abnormal, name, known)) for name in names}
    return found or {RESPONSE: np.zeros(len(abnormal))}


def _typed(values: Any) -> Any:
    entries = np.asarray(values, dtype=object)
    present = [v for v in entries if not attributes.is_missing(v)]
    if all(isinstance(v, int | float | np.number | np.bool_) or str(v).lstrip("+-").lower() == "inf" for v in present):
        return np.array([np.nan if attributes.is_missing(v) else float(v) for v in entries])
    return entries


def _codes(values: Any) -> IntArray:
    codes: IntArray = np.unique(np.asarray(values).astype(str), return_inverse=True)[1]
    return codes
