"""Two instruments and one event: who moved first, and how much of the one's move the other usually explains."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, values_equal
from eventstudy.response.several import hayashi_yoshida, lead_lag, lead_lag_betas
from eventstudy.response.values import Path, Response

LAGS = 5  # bars to either side


@dataclass(frozen=True, eq=False, slots=True)
class Pair:
    """Two responses to one event.

    Attributes
    ----------
    event, first, second : str
    lag_minutes : float
        By how much ``first`` leads ``second`` on the event day after the news (negative: follows), from the shifted
        Hayashi-Yoshida covariation; one bar is the finest that can be seen, 0 means inside the same bar.
    lead_ratio : float
        Above 1 ``first`` leads; NaN where it cannot be told.
    correlation : float
        Hayashi-Yoshida correlation at lag 0 on the event day; with staleness it may leave [-1, 1].
    beta : float
        Sum of the betas of ``second`` on ``first`` over five leads and lags, in the same clock window of the placebo
        days: what usually goes along with a move of ``first``.
    explained : float
        beta times the move of ``first`` at the horizon, decimal log: the part of the move of ``second`` that an
        ordinary day would have shown with it.
    """

    event: str
    first: str
    second: str
    lag_minutes: float
    lead_ratio: float
    correlation: float
    beta: float
    explained: float

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]


def pairs_of(responses: Sequence[Response]) -> tuple[Pair, ...]:
    """Return every pair of responses to one event that share a clock window."""
    return tuple(found for a, b in itertools.combinations(responses, 2) if (found := pair_of(a, b)) is not None)


def pair_of(a: Response, b: Response) -> Pair | None:
    """Return one pair, or None where the two windows have fewer than ten moments in common."""
    common, rows_a, rows_b = np.intersect1d(_moments(a.path), _moments(b.path), return_indices=True)
    if len(common) < 10:
        return None
    (times_a, prices_a), (times_b, prices_b) = _trades(a.path), _trades(b.path)
    times, prices = (times_a, times_b), (prices_a, prices_b)
    step = int(np.diff(common).min())
    lags = np.arange(-LAGS, LAGS + 1, dtype=np.int64) * step
    found = lead_lag(times, prices, lags)
    beta = _beta(a.path, b.path, rows_a, rows_b)
    last = next(move for move in reversed(a.moves) if math.isfinite(move.minutes))
    return Pair(
        event=a.event,
        first=a.instrument,
        second=b.instrument,
        lag_minutes=found.lag_us / 60e6,
        lead_ratio=found.ratio,
        correlation=_correlation(times, prices),
        beta=beta,
        explained=beta * last.value,
    )


def _moments(path: Path) -> IntArray:
    return path.closes[path.open]


def _trades(path: Path) -> tuple[IntArray, FloatArray]:
    """Return instants and log prices from the last clean close on, only where somebody traded."""
    traded = path.open & (np.isfinite(path.volume) | ~np.isfinite(path.volume).any())
    traded &= np.isfinite(path.car) & (np.arange(len(path.car)) >= path.zero)
    return path.closes[traded], path.car[traded]


def _correlation(times: tuple[IntArray, IntArray], prices: tuple[FloatArray, FloatArray]) -> float:
    size = math.sqrt(float((np.diff(prices[0]) ** 2).sum() * (np.diff(prices[1]) ** 2).sum()))
    return hayashi_yoshida(times, prices) / size if size > 0 else math.nan


def _beta(a: Path, b: Path, rows_a: IntArray, rows_b: IntArray) -> float:
    _, days_a, days_b = np.intersect1d(a.placebo_day, b.placebo_day, return_indices=True)
    if len(days_a) < 5:
        return math.nan
    x = np.diff(a.placebo[:, a.open][days_a][:, rows_a], axis=1)
    y = np.diff(b.placebo[:, b.open][days_b][:, rows_b], axis=1)
    return float(lead_lag_betas(y, x, min(LAGS, (x.shape[1] - 1) // 4)).sum())
