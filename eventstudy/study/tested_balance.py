"""The observations of a study beside the days that its tests compare them with, if the study matches days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.balance import (
    PlaceboBalance,
    balance_row,
    counts_by_rule,
    merged,
    weekday_row,
)
from eventstudy.abnormal.placebo.clock_index import (
    DAILY_BARS,
    ClockIndex,
    clock_index,
    same_clock_references,
    volatility_levels,
)
from eventstudy.abnormal.placebo.day_rules import event_days
from eventstudy.abnormal.placebo.same_clock import Draws, DrawSettings, draws_of, span_of
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, IntArray
from eventstudy.errors import Notice
from eventstudy.response.placebo import order_bound
from eventstudy.response.price_rules import Prices, prices_of
from eventstudy.study.estimate import Estimates, draw_settings
from eventstudy.study.prepare import Study
from eventstudy.study.significance_tests import primary_window

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

COMPARING = ("placebo", "standardized_placebo")


def balance_of(study: Study, estimates: Estimates, bars: Sequence[Bars]) -> tuple[PlaceboBalance, ...]:
    """Return every used observation beside the placebo days of its primary window; nothing if no days are matched.

    ``bars`` are the series as they were read: volume and spread before the news are theirs.
    """
    named = set(COMPARING) & set(study.tests)
    if study.spec.placebo.match is None or not (named or study.uses_other_days):
        return ()
    abnormal = estimates.abnormal
    window = primary_window(study.spec, study.plan.tests_on)
    how = draw_settings(study, estimates, standardize=named == {"standardized_placebo"})
    if study.uses_other_days:
        window = Window(int(abnormal.tau[0]), int(abnormal.tau[-1]))
        how = how._replace(missing="refuse", shared=())
    quotes = {one.instrument.code: prices_of(one) for one in bars}
    place = {int(row): i for i, row in enumerate(study.data.positions.row)}
    places = [place[int(row)] for row in abnormal.row]
    cars = abnormal.car(window)
    found = zip(draws_of(study.data, abnormal, window, how), places, cars.tolist(), strict=True)
    return tuple(_one(study, how, _Observed(at, window, car), draws, quotes) for draws, at, car in found)


class _Observed(NamedTuple):
    at: int
    window: Window
    car: float


def _one(
    study: Study, how: DrawSettings, observed: _Observed, draws: Draws, quotes: Mapping[str, Prices]
) -> PlaceboBalance:
    positions, series = study.data.positions, study.data.series
    at, s = observed.at, int(positions.series[observed.at])
    index = clock_index(series, s)
    reference = int(positions.reference[at])
    event = span_of(observed.window, reference, int(positions.first[at]))
    others = same_clock_references(index, reference, event.head, draws.head)
    references = np.append(others, reference)
    days = event_days(how.rules, at, index, references)
    levels = volatility_levels(series, index, references)
    measures = {"volatility": levels, **_liquidity(quotes.get(series.codes[s]), series, index, references)}
    rows = [balance_row(name, float(values[-1]), values[:-1]) for name, values in measures.items()]
    table, row = study.ledger.table, int(positions.row[at])
    return PlaceboBalance(
        str(table.ids[row]),
        series.codes[s],
        "tests",
        len(draws.head),
        merged(draws.left_out),
        (weekday_row(int(days[-1]), days[:-1]), *(one for one in rows if one is not None)),
        breakdown(observed.car, draws.total, study.spec.level),
    )


def breakdown(car: float, placebo: FloatArray, level: float) -> float:
    """Return by how much all placebo moves must be multiplied for ``car`` not to be significant; NaN if it is not.

    >>> breakdown(40.0, np.arange(1.0, 20.0), 0.95)  # the 5% bound of 19 moves is the greatest, 19
    2.1052631578947367
    """
    bound = float(order_bound(np.abs(placebo)[:, None], level)[0]) if len(placebo) else np.nan
    ratio = abs(car) / bound if bound > 0 else np.nan
    return ratio if ratio > 1 else np.nan


def _liquidity(prices: Prices | None, series: SeriesSet, index: ClockIndex, references: IntArray) -> dict[str, Any]:
    """Return volume and mean log bid-ask spread up to each reference: of its day so far, or of 20 daily bars."""
    if prices is None:
        return {}
    closes = series.closes[index.start : index.start + len(index)]
    if index.daily:
        first = np.maximum(references - DAILY_BARS + 1, 0)
    else:
        first = np.searchsorted(index.ordinal, index.ordinal[references])
    low = np.searchsorted(prices.closes, closes[first], side="left")
    high = np.searchsorted(prices.closes, closes[references], side="right")
    with np.errstate(invalid="ignore", divide="ignore"):
        bid_ask = np.log(prices.ask) - np.log(prices.bid)
    total, _ = _sums(prices.volume, low, high)
    spreads, count = _sums(bid_ask, low, high)
    return {"volume": total, "spread": spreads / np.maximum(count, 1)}


def _sums(values: FloatArray, low: IntArray, high: IntArray) -> tuple[FloatArray, IntArray]:
    """Return sum and number of the known values of each stretch; NaN where none is known."""
    known = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    count = counts[high] - counts[low]
    return np.where(count > 0, sums[high] - sums[low], np.nan), count


def balance_notices(study: Study, found: Sequence[PlaceboBalance]) -> tuple[Notice, ...]:
    """Warn where the rules leave too few days for the level, and where no test compares with the days they choose."""
    spec = study.spec
    if spec.placebo.match is None:
        return ()
    smallest = [1 / (1 + one.days) for one in found]
    few = [one for one, p in zip(found, smallest, strict=True) if p > 1 - spec.level]
    if not few:
        return ()
    worst = min(few, key=lambda one: one.days)
    message = (
        f"{len(few):,} of {len(found):,} observations have too few placebo days for a p-value of {1 - spec.level:.2g}; "
        f"the fewest, {worst.days}, has {worst.event} on {worst.instrument}"
        f"{counts_by_rule(worst.days, worst.left_out)}. Load longer series, set after = true, or widen match."
    )
    return (Notice("ES-PLACEBO-FEW", message),)
