"""Whether numbers can be the decimal returns they are taken for; and the notices of many series as one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.errors import DataError, Notice
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns

SAMPLE = 2_000
ENOUGH = 30
# A typical bar that moves by a tenth of the price: no market does, percent returns do.
TYPICAL_MOVE = 0.1
# A regressor whose typical value is this many times that of the returns is in percent beside decimals.
TIMES_THE_RETURNS = 30
# Numbers that stand for a missing value in return files, and are not possible returns.
MISSING_CODES = (-66.0, -77.0, -88.0, -99.0, -99.99, -999.0)
SHOWN = 10


def unit_notices(values: FloatArray) -> tuple[Notice, ...]:
    """Look at some thousand values spread over all; refuse prices, and warn about numbers that look like percent.

    Raises
    ------
    DataError
        If no value is negative and their median is far from zero: returns go both ways.
    """
    some = sample(values)
    if len(some) < ENOUGH:
        return ()
    middle = float(np.median(np.abs(some)))
    if (some > 0).all() and middle > TYPICAL_MOVE:
        raise DataError(
            f"The returns look like prices: all values are positive, with median {middle:.4g}.",
            remedy="Pass them as prices= of event_study, or numpy.log(prices).diff() as returns.",
        )
    return (percent_notice("Half of the returns", middle),) if middle > TYPICAL_MOVE else ()


def sample(values: FloatArray) -> FloatArray:
    """Return some thousand values, spread over all, that are neither missing nor zero."""
    some = values[:: max(1, len(values) // SAMPLE)]
    return np.asarray(some[np.isfinite(some) & (some != 0)], dtype=np.float64)


def percent_notice(what: str, middle: float) -> Notice:
    return Notice(
        "ES-PERCENT",
        f"{what} exceed {middle:.2g} ({middle * 100:.0f}%) in absolute value. Returns must be decimals (0.01 = 1%); "
        "divide percent returns by 100.",
    )


def checked_regressors(factors: Sequence[Returns], studied: FloatArray) -> tuple[list[Returns], tuple[Notice, ...]]:
    """Return market and factor returns without codes of missing values, and what is odd about them."""
    checked, notices = [], []
    values = sample(studied)
    typical = float(np.median(np.abs(values))) if len(values) >= ENOUGH else 0.0
    for factor in factors:
        name, values = factor.instrument.code, factor.values
        with np.errstate(invalid="ignore"):
            coded = np.isin(values, MISSING_CODES)
        if coded.any():
            found = ", ".join(f"{code:g}" for code in np.unique(values[coded]))
            message = f"{int(coded.sum())} values of {name} are codes of a missing return ({found}): set missing."
            notices.append(Notice("ES-MISSING-CODE", message))
            factor = replace(factor, values=np.where(coded, np.nan, values))
        some = sample(factor.values)
        middle = float(np.median(np.abs(some))) if len(some) >= ENOUGH else 0.0
        if middle > TYPICAL_MOVE or (typical > 0 and middle > TIMES_THE_RETURNS * typical):
            notices.append(percent_notice(f"Half of the values of {name}", middle))
        checked.append(factor)
    return checked, tuple(notices)


def notices_of(series: Sequence[Bars | Returns]) -> tuple[Notice, ...]:
    """Return the notices of many series: one cause in many instruments is one notice with their names."""
    by_code: dict[str, list[tuple[str, Notice]]] = {}
    for one in series:
        for notice in one.notices:
            by_code.setdefault(notice.code, []).append((one.instrument.code, notice))
    return tuple(as_one(found) for found in by_code.values())


def as_one(found: list[tuple[str, Notice]]) -> Notice:
    """Return the notices of one code as one: the first in full, with the names of the other instruments."""
    code, notice = found[0]
    names = list(dict.fromkeys(name for name, _ in found))
    text = notice.message.removeprefix(code) if notice.message.startswith(code) else f": {notice.message}"
    if len(names) == 1:
        return Notice(notice.code, code + text + "".join(f" {other.message}" for _, other in found[1:]))
    shown = ", ".join(names[1:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    return Notice(notice.code, f"{code} (likewise {shown}){text}")
