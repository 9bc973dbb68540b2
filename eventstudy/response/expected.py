"""What the factors say an ordinary reaction would have been: a row of ``MODELS`` in the event's own clock window.

Betas move over the day, so the model is estimated on the same clock window of the placebo days. The event day is
predicted from all of them, each placebo day from the other ones: that leaves the days as exchangeable as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eventstudy.abnormal.gather import Block
from eventstudy.abnormal.models.row import ModelRow, Options
from eventstudy.abnormal.models.table import MODELS, options_of
from eventstudy.arrays import DAY_US, FloatArray, wall_us
from eventstudy.errors import DataError, UsageError
from eventstudy.market.local_time import instants_from_wall
from eventstudy.response.intraday_prices import IntradayPrices, read_at
from eventstudy.response.matching import Matched, bars_of, paths_of, trading_columns

DAYS_AT_ONCE = 16


def less_expected(
    prices: IntradayPrices,
    matched: Matched,
    factors: Sequence[IntradayPrices],
    model: str,
    given: Mapping[str, Any],
    *,
    carry: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Return the event's and the placebo days' paths less what a model expects of each bar, (T,) and (D, T).

    Parameters
    ----------
    prices : IntradayPrices
    matched : Matched
    factors : sequence of IntradayPrices
        Regressors, the market first; read as their last price at each moment.
    model : str
        Row of ``MODELS``.
    given : mapping
        Its options.
    carry : bool
        Keep the factors' last prices over the night, as those of ``prices``.

    Raises
    ------
    UsageError
        If the model needs a factor and there is none.
    DataError
        If a factor has no price around the event, or the days are too few to estimate the model.
    """
    row = MODELS[model]
    options = options_of(f"model {model}", row.options, given)
    if row.needs in ("market", "factors") and not factors:
        raise UsageError(
            f"The expected move {model!r} needs a market or a factor with bars shorter than a day.",
            remedy="Give the study a market, or set expected = 'zero'.",
        )
    columns = trading_columns(matched)
    y = bars_of(np.vstack([matched.path, matched.placebo_path]), columns)
    wanted = {"market": factors[:1], "factors": factors}.get(row.needs, ())
    read = [bars_of(prices_at(factor, prices, matched, carry=carry), columns) for factor in wanted]
    X = np.stack(read) if read else np.empty((0, *y.shape))
    if not np.isfinite(X[:, 0]).all():
        raise DataError(f"A factor of the model {model!r} has no price around the event.", remedy="Give longer bars.")
    abnormal = abnormal_bars(y, with_leads(X, row.lags(options)), row, options)
    paths = paths_of(abnormal, columns, matched.zero, len(matched.open))
    return paths[0], paths[1:]


def prices_at(factor: IntradayPrices, prices: IntradayPrices, matched: Matched, *, carry: bool = False) -> FloatArray:
    """Return the log price of a factor at the moments of the event day and the placebo days, shape (D + 1, T)."""
    days = np.concatenate([[matched.event_day], matched.day])
    wall = days[:, None] * DAY_US + matched.wall
    if factor.zone != prices.zone:
        wall = wall_us(instants_from_wall(wall.reshape(-1), prices.zone), factor.zone).reshape(wall.shape)
    return read_at(factor, wall, carry=carry).price


def with_leads(X: FloatArray, lags: int) -> FloatArray:
    """Return regressors (k, D, n) with their neighbors: themselves, then each j bars before and j bars after."""
    shifted = [X]
    for shift in [s for j in range(1, lags + 1) for s in (-j, j)]:
        moved = np.full(X.shape, np.nan)
        if shift < 0:
            moved[..., -shift:] = X[..., :shift]
        else:
            moved[..., :-shift] = X[..., shift:]
        shifted.append(moved)
    return np.concatenate(shifted)


def abnormal_bars(y: FloatArray, X: FloatArray, row: ModelRow, options: Options) -> FloatArray:
    """Return the bars of each day less the model's expectation, estimated on the other placebo days; shape (D + 1, n).

    Row 0 is the event day, on which nothing is estimated.
    """
    days, n = y.shape
    deviations = np.empty_like(y)
    sample = y[1:].reshape(-1)
    regressors = X[:, 1:].reshape(len(X), sample.size)
    for first in range(0, days, DAYS_AT_ONCE):
        rows = np.arange(first, min(first + DAYS_AT_ONCE, days))
        on_event_day = (np.repeat(np.arange(1, days), n) == rows[:, None]) & (rows[:, None] > 0)
        none = np.zeros(len(rows), dtype=np.int64)
        block = Block(
            y=np.where(on_event_day, np.nan, sample),
            X=np.broadcast_to(regressors[:, None], (len(X), len(rows), sample.size)),
            event_y=y[rows],
            event_X=X[:, rows],
            n_bars=np.ones((len(rows), n), dtype=np.int64),
            start=none,
            reference=none,
            first=none,
        )
        deviations[rows] = _less_fit(row.prepare(block, options), row, options)
    return deviations


def _less_fit(block: Block, row: ModelRow, options: Options) -> FloatArray:
    fit = row.function(block.y, block.X, options)
    if (fit.status != 0).any():
        raise DataError("The placebo days are too few to estimate the expected move.", remedy="Use expected = 'zero'.")
    loadings = fit.coef[:, 1:]  # as many as the model uses of the factors given
    expected = fit.coef[:, :1] + np.einsum("bk,kbt->bt", loadings, block.event_X[: loadings.shape[1]])
    return np.asarray(block.event_y - expected)
