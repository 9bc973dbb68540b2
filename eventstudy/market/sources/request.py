"""What is asked of a service: which instrument, which bars, which period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from eventstudy.market.instruments import Instrument


@dataclass(frozen=True)
class BarRequest:
    """One series of a service.

    Attributes
    ----------
    instrument : Instrument
    step : pandas.Timedelta
        Length of a bar; one day for daily series.
    first, last : datetime.datetime or None
        UTC bounds of the period, both included; None for all that is available.
    accept : tuple of str
        Kinds of defect that are reported and left as they are.
    timezone, closes_at
        Of daily series: the zone and the local time of the close ("18:50"), where they are stated.
    prices
        "close" for the prices as they were traded; empty for adjusted ones where the service has them.
    store, offline
        The folder of the local store (empty for ``EVENTSTUDY_STORE`` or the user's cache folder), and whether the
        network must not be used.
    """

    instrument: Instrument
    step: pd.Timedelta
    first: datetime | None = None
    last: datetime | None = None
    timezone: str = ""
    closes_at: str = ""
    accept: tuple[str, ...] = ()
    prices: str = ""
    store: str = ""
    offline: bool = False
