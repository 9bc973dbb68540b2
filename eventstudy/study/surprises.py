"""The response of a study to the surprise in its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.events import EventTable
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.errors import Notice
from eventstudy.reactions import attributes
from eventstudy.reactions.settings import SurpriseSettings
from eventstudy.reactions.surprise import (
    FEWEST_DRAWS,
    NO_VARIATION,
    SurprisePath,
    SurpriseResponse,
    SurpriseSample,
    path_of_cars,
    surprise_paths,
    without_path,
)
from eventstudy.show.numbers import count_of
from eventstudy.study.estimate import Estimates
from eventstudy.study.prepare import Study
from eventstudy.study.quiet_days import quiet_paths

WHERE = "[surprise]"
# The variance of an observation needs so many placebo days.
FEWEST_DAYS = 10
# Events have several instruments each if so many of the pairs of an event and an instrument are there.
BALANCED = 0.75


class SurprisesFound(NamedTuple):
    """The surprise response, and the warnings about it."""

    response: SurpriseResponse | None
    notices: tuple[Notice, ...]


def surprise_of(study: Study, estimates: Estimates) -> SurprisesFound:
    """Return the slopes that ``[surprise]`` asks for; none without it or without events."""
    settings = study.spec.surprise
    if settings is None or not len(estimates.abnormal):
        return SurprisesFound(None, ())
    columns = _Columns.of(settings, study.ledger.table, estimates.abnormal.row)
    placebo = path_of_cars(quiet_paths(study, estimates), estimates.abnormal.tau)
    weights, kind = _weights(study, estimates, placebo)
    layout = _Layout(study, estimates, settings, columns, placebo if len(placebo) else None, weights)
    paths = tuple(path for rows in layout.samples() for path in layout.paths(*rows))
    response = SurpriseResponse(
        measure=settings.column or f"{settings.actual} - {settings.expected}",
        standardized=settings.standardize,
        weights=kind,
        covariance="cluster" if layout.shared_days else "HC1",
        by=settings.by,
        controls=settings.controls,
        paths=paths,
    )
    weightless = int((np.isfinite(estimates.abnormal.ar).any(axis=1) & ~(weights > 0).any(axis=1)).sum())
    notices = list(_notices(settings, columns, paths, weightless))
    if 0 < len(placebo) < FEWEST_DRAWS:
        text = f"there are {len(placebo)}, and {FEWEST_DRAWS} are needed"
        notices.append(Notice("ES-SURPRISE", f"the surprise is not compared with placebo days: {text}."))
    return SurprisesFound(response, tuple(notices))


class _Columns(NamedTuple):
    """Surprise (N,), controls (N, k) and label of each used observation; its event and the event's time."""

    surprise: FloatArray
    controls: FloatArray
    labels: attributes.Labels
    events: IntArray
    moments: IntArray

    @classmethod
    def of(cls, settings: SurpriseSettings, table: EventTable, row: IntArray) -> _Columns:
        def numbers(name: str, key: str) -> FloatArray:
            where = f"{WHERE} {key}"
            return attributes.numbers(attributes.column(table, name, where)[row], name, where)

        if settings.column:
            surprise = numbers(settings.column, "column")
        else:
            surprise = numbers(settings.actual, "actual") - numbers(settings.expected, "expected")
        controls = [numbers(name, "controls") for name in settings.controls]
        labels = attributes.Labels(("",), np.zeros(len(row), np.int64))
        if settings.by:
            labels = attributes.labels(attributes.column(table, settings.by, f"{WHERE} by")[row], settings.by, WHERE)
        moments = np.stack([table.earliest[row], table.latest[row]])
        moment = np.unique(moments, axis=1, return_inverse=True)[1]
        values = np.unique(np.nan_to_num(surprise, nan=np.inf), return_inverse=True)[1]
        events = np.unique(np.stack([moment, values]), axis=1, return_inverse=True)[1]
        return cls(surprise, np.array(controls).reshape(len(controls), len(row)).T, labels, events, moment)

    def sd(self, rows: IntArray) -> float:
        """Return the standard deviation of the surprise over the distinct events of ``rows``."""
        first = np.unique(self.events[rows], return_index=True)[1]
        values = self.surprise[rows][first]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class _Layout:
    study: Study
    estimates: Estimates
    settings: SurpriseSettings
    columns: _Columns
    placebo: FloatArray | None
    weights: FloatArray

    @property
    def each(self) -> bool:
        """Whether every instrument has a regression of its own."""
        abnormal = self.estimates.abnormal
        instruments, moments = len(set(abnormal.instruments.tolist())), len(np.unique(self.columns.moments))
        enough = moments >= self.columns.controls.shape[1] + 4  # of each instrument, for a regression of its own
        balanced = instruments > 1 and enough and len(abnormal) >= BALANCED * instruments * moments
        return self.settings.instruments == "each" or (self.settings.instruments == "auto" and balanced)

    @property
    def shared_days(self) -> bool:
        """Whether observations of one regression share a day."""
        return any(self._clusters(rows) is not None for _, _, rows in self.samples())

    def samples(self) -> Iterator[tuple[str, str, IntArray]]:
        """Yield instrument, label and observations of every regression."""
        instruments = self.estimates.abnormal.instruments.astype(str)
        only = str(instruments[0]) if len(set(instruments.tolist())) == 1 else ""
        chosen: list[tuple[str, BoolArray]] = [(only, np.ones(len(instruments), np.bool_))]
        if self.each:
            chosen = [(str(name), instruments == name) for name in dict.fromkeys(instruments)]
        for name, member in chosen:
            for place, label in enumerate(self.columns.labels.names):
                usable = np.isfinite(self.columns.surprise) & np.isfinite(self.columns.controls).all(axis=1)
                yield name, label, np.flatnonzero(member & (self.columns.labels.place == place) & usable)

    def paths(self, instrument: str, label: str, rows: IntArray) -> tuple[SurprisePath, ...]:
        abnormal, settings, spec = self.estimates.abnormal, self.settings, self.study.spec
        members = np.flatnonzero(self.columns.labels.place == self.columns.labels.names.index(label))
        sd = self.columns.sd(members[np.isfinite(self.columns.surprise[members])])
        scale = sd if settings.standardize else 1.0
        sample = SurpriseSample(
            instrument=instrument,
            label=label,
            tau=abnormal.tau,
            cars=path_of_cars(abnormal.ar[rows], abnormal.tau),
            placebo=None if self.placebo is None else self.placebo[:, rows],
            surprise=self.columns.surprise[rows] / (scale if scale > 0 else 1.0),
            events=self.columns.events[rows],
            controls=self.columns.controls[rows],
            weights=self.weights[rows],
            clusters=self._clusters(rows),
            sd=sd,
        )
        if not sd > 0:
            return (without_path(sample, NO_VARIATION),)
        return surprise_paths(sample, signs=settings.signs, level=spec.level, draws=settings.draws, seed=spec.seed)

    def _clusters(self, rows: IntArray) -> IntArray | None:
        """Return the event date of each observation, where some share one."""
        at = int(np.argmin(np.abs(self.estimates.abnormal.tau)))
        days = np.unique(self.estimates.abnormal.closes[rows][:, at], return_inverse=True)[1]
        return days if len(days) and int(days.max()) + 1 < len(days) else None


def _weights(study: Study, estimates: Estimates, placebo: FloatArray) -> tuple[FloatArray, str]:
    """Return the inverse variances of the CARs, shape (N, H), and what they are."""
    abnormal, settings = estimates.abnormal, study.spec.surprise
    equal = np.ones(abnormal.ar.shape)
    if settings is None or settings.weights == "equal":
        return equal, "equal"
    if not study.data.series.is_daily and len(placebo) >= FEWEST_DAYS:
        known = np.isfinite(placebo).sum(axis=0)
        filled = np.where(np.isfinite(placebo), placebo, np.nan)
        mean = np.nansum(filled, axis=0) / np.maximum(known, 1)
        variance = np.nansum(np.square(filled - mean), axis=0) / np.maximum(known - 1, 1)
        variance = np.where(known >= FEWEST_DAYS, variance, np.nan)
    elif study.spec.estimation is not None or study.uses_other_days:
        variance = path_of_cars(abnormal.variance(), abnormal.tau)
    else:
        return equal, "equal"
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = np.where(variance > 0, 1 / variance, 0.0)
    return weights, "volatility"


def _notices(
    settings: SurpriseSettings, columns: _Columns, paths: tuple[SurprisePath, ...], weightless: int
) -> Iterator[Notice]:
    """Yield what limits the regressions: missing entries, and regressions that cannot be computed."""
    complete = np.isfinite(columns.surprise) & np.isfinite(columns.controls).all(axis=1) & (columns.labels.place >= 0)
    missing = int((~complete).sum())
    if missing:
        names = [settings.column or f"{settings.actual}, {settings.expected}", *settings.controls, settings.by]
        out, listed = count_of(missing, "observation"), ", ".join(filter(None, names))
        yield Notice("ES-SURPRISE", f"{out} left out of the regression: {listed} is empty or not finite.")
    if weightless:
        message = f"fewer than {FEWEST_DAYS} placebo days show the variance of their time of day"
        cure = 'Use `weights = "equal"` to include them.'
        yield Notice("ES-SURPRISE", f"{count_of(weightless, 'observation')} without a weight: {message}. {cure}")
    for path in paths:
        name = " ".join(filter(None, (path.instrument, path.label)))
        if not path.reason and not np.isfinite(path.se).any():
            message = f"no standard error of the slope{f' of {name}' if name else ''}"
            yield Notice("ES-SURPRISE", f"{message}: the observations of one date determine it.")
        if path.reason:
            kind = "surprise" if path.sign == "both" else f"{path.sign} surprise"
            yield Notice("ES-SURPRISE", f"no slope on the {kind}{f' of {name}' if name else ''}: {path.reason}.")
