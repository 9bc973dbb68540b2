"""Thin trading in daily data: a price that stands still while the market moves hides a part of beta."""

from __future__ import annotations

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Positions
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.errors import Notice
from eventstudy.study.fit_notices import names
from eventstudy.study.prepare import Study

# Of beta: where the market moves 1% on the event day, a tenth of beta is 10 bp of an abnormal return.
HIDDEN_BETA = 0.1
MOST_LAGS = 10
CELLS_AT_ONCE = 1 << 16
MOST_READ = 100  # observations whose names are read


def thin_trading_notices(study: Study, abnormal: AbnormalReturns) -> tuple[Notice, ...]:
    """Warn about daily observations whose beta is measured in part only, because their prices often stand still."""
    estimation, series, model = study.plan.windows.estimation, study.data.series, study.plan.model
    regression = model.estimated and len(series.factors) > 0 and study.spec.variable == "return"
    if estimation is None or not (regression and series.is_daily and len(abnormal)):
        return ()
    positions, lags = study.data.positions, model.lags(study.plan.options)
    if len(positions) > len(abnormal):
        positions = positions[np.flatnonzero(np.isin(positions.row, abnormal.row))]
    hidden = hidden_beta(series, positions, estimation, lags)
    thin = np.flatnonzero(hidden > HIDDEN_BETA)
    if not len(thin):
        return ()
    first = thin[np.argsort(-hidden[thin], kind="stable")][:MOST_READ]
    table = study.ledger.table
    which = names(f"{table.id_of(positions.row[i])} on {series.codes[positions.series[i]]}" for i in first.tolist())
    returns = f"returns up to {lags} {'day' if lags == 1 else 'days'} later" if lags else "returns of the same day"
    verb = "trades" if len(thin) == 1 else "trade"
    message = (
        f"{len(thin):,} of {len(abnormal):,} observations {verb} thinly ({which}): the price often stands still on "
        f"days when the market moves. At worst {returns} show {100 * (1 - hidden[first[0]]):.0f}% of the market's "
        f"moves, and beta is too small by the rest. {_cure(series, positions[first[:1]], estimation, lags)}"
    )
    return (Notice("ES-THIN-TRADING", message),)


def _cure(series: SeriesSet, worst: Positions, estimation: Window, lags: int) -> str:
    """Return the model that measures the beta of the worst observation."""
    more = range(lags + 1, MOST_LAGS + 1)
    enough = next((k for k in more if hidden_beta(series, worst, estimation, k)[0] <= HIDDEN_BETA), None)
    if enough is None:
        return f"Not even {MOST_LAGS} leads and lags show them all: leave such instruments out."
    other = ' (or `name = "scholes_williams"`)' if enough == 1 else ""
    return f'Set `[model] name = "dimson"` with `options = {{ lags = {enough} }}`{other}.'


def hidden_beta(series: SeriesSet, positions: Positions, estimation: Window, lags: int) -> FloatArray:
    """Return the fraction of the market's moves that no return within ``lags`` bars can show, shape (N,).

    A move of the market enters the price with the next trade. A regression on the market of the same bar and of
    ``lags`` bars before misses it where the price stands still on its bar and on the ``lags`` bars that follow. If
    there is no trade on a bar with probability p, that is p^(lags + 1) (Scholes and Williams 1977; Lo and MacKinlay
    1990).

    Parameters
    ----------
    series : SeriesSet
        With at least one factor, the market.
    positions : Positions
        N observations.
    estimation : Window
    lags : int
    """
    found = np.zeros(len(positions))
    for s in _often_unchanged(series, positions, HIDDEN_BETA * len(estimation)):
        bars = _is_unchanged(series, s)
        hidden = bars.copy()
        for k in range(1, lags + 1):
            hidden[:-k] &= bars[k:]
            hidden[-k:] = False
        total = np.concatenate([[0], np.cumsum(hidden)])
        rows = np.flatnonzero(positions.series == s)
        low, high = (
            np.clip(positions.reference[rows] + end, 0, len(bars))
            for end in (estimation.start + 1, estimation.stop + 2)
        )
        found[rows] = (total[high] - total[low]) / np.maximum(high - low, 1)
    return found


def _often_unchanged(series: SeriesSet, positions: Positions, least: float) -> list[int]:
    """Return the series of observations that have more returns of zero than ``least``."""
    zeros = _zeros(series.values)
    low, high = np.searchsorted(zeros, series.offset), np.searchsorted(zeros, series.offset + series.length)
    often = np.flatnonzero(high - low > least).tolist()
    return [s for s in often if (positions.series == s).any()]


def _zeros(values: FloatArray) -> IntArray:
    """Return the places of values of zero, looked for in pieces that stay in a core's cache: most have none."""
    found: list[IntArray] = []
    is_zero = np.empty(min(CELLS_AT_ONCE, len(values)), dtype=np.bool_)
    for low in range(0, len(values), CELLS_AT_ONCE):
        piece = values[low : low + CELLS_AT_ONCE]
        if np.count_nonzero(np.equal(piece, 0.0, out=is_zero[: len(piece)])):
            found.append(low + np.flatnonzero(is_zero[: len(piece)]))
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _is_unchanged(series: SeriesSet, s: int) -> BoolArray:
    """Return on which bars of a series the price does not change while the market moves."""
    cells = slice(int(series.offset[s]), int(series.offset[s] + series.length[s]))
    times = slice(int(series.time_offset[s]), int(series.time_offset[s] + series.length[s]))
    still: BoolArray = (series.values[cells] == 0) & (series.factors[0, times] != 0)
    return still
