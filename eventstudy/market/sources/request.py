"""What is asked of a source: which instrument, which period, and all that a file does not say about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from eventstudy.arrays import LabelSide
from eventstudy.market.instruments import Instrument
from eventstudy.market.quality.findings import DailyCloses


@dataclass(frozen=True)
class BarRequest:
    """One series, as every row of ``BAR_SOURCES`` understands it.

    Attributes
    ----------
    instrument : Instrument
    step : pandas.Timedelta
        Length of a bar; one day for daily series.
    first, last : datetime.datetime or None
        UTC bounds of the period, both included; None for all there is.
    path, preset, columns, timezone, label, closes_at
        For files: where, which layout, which column holds what, whose clock the labels show, which end of the bar
        they mark, and for daily files the local time of the close ("18:50").
    force_label, accept
        For files: insist on the stated label side against the evidence; kinds of defect to leave as they are.
    against
        For daily files: the closes of another series of the same thing, to find closes that were cut.
    store, offline
        For services: the folder of the local store (empty for ``EVENTSTUDY_STORE`` or the user's cache folder), and
        whether the network is out of bounds.
    """

    instrument: Instrument
    step: pd.Timedelta
    first: datetime | None = None
    last: datetime | None = None
    path: str = ""
    preset: str = "generic"
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    label: LabelSide | None = None
    closes_at: str = ""
    store: str = ""
    offline: bool = False
    force_label: bool = False
    accept: tuple[str, ...] = ()
    against: DailyCloses | None = None
