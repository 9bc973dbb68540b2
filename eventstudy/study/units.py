"""Whether a frame of numbers can be the decimal returns it is taken for: prices and percents are the usual slips."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import FloatArray
from eventstudy.errors import DataError, Notice

LOOKED_AT = 2_000
ENOUGH = 30
# A typical bar that moves by a tenth of the price: no market does, percents do.
TYPICAL_MOVE = 0.1


def unit_notices(values: FloatArray) -> tuple[Notice, ...]:
    """Look at some thousand values spread over all; refuse prices, and tell of numbers that look like percent.

    Raises
    ------
    DataError
        If no value is negative and their middle is far from zero: returns go both ways.
    """
    some = values[:: max(1, len(values) // LOOKED_AT)]
    some = some[np.isfinite(some) & (some != 0)]
    if len(some) < ENOUGH:
        return ()
    middle = float(np.median(np.abs(some)))
    if (some > 0).all() and middle > TYPICAL_MOVE:
        raise DataError(
            f"The frame stands in the place of returns, but all of it is positive, around {middle:.4g}, as prices are.",
            remedy="Pass Bars, or returns: numpy.log(prices).diff().",
        )
    if middle <= TYPICAL_MOVE:
        return ()
    told = (
        f"Half of all returns exceed {middle:.2g}, which is {middle * 100:.0f} %: they look like percent, not decimals."
    )
    return (Notice("ES-PERCENT", told),)
