"""A simulated market as values: bars that say SIMULATED, the event, and the truth that was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from eventstudy.arrays import MINUTE_US, FloatArray, IntArray, from_epoch_us, value
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event


@dataclass(frozen=True)
class PlantedTruth:
    """The planted truth, with which results are compared.

    Attributes
    ----------
    jump_at : datetime.datetime
        The instant of the jump, UTC.
    jumps : mapping of str to float
        Immediate move per instrument, decimal log.
    faded_share : mapping of str to float
        Share of the jump that is given back in the end; 0 for a permanent move.
    fade_half_life : float
        Minutes in which half of that share is given back.
    volume_multiple : float
        Expected volume in the first minute after the jump over the ordinary one.
    anchors : tuple of (datetime.datetime, float)
        Prices on record that the first instrument passes through exactly.
    seed : int
    """

    jump_at: datetime
    jumps: Mapping[str, float]
    faded_share: Mapping[str, float]
    fade_half_life: float
    volume_multiple: float
    anchors: tuple[tuple[datetime, float], ...]
    seed: int


@value
class SimulatedMarket:
    """Drawn bars, the event they answer to, and the truth."""

    bars: tuple[Bars, ...]
    event: Event
    truth: PlantedTruth

    def __repr__(self) -> str:
        codes = ", ".join(bars.instrument.code for bars in self.bars)
        return f"<SimulatedMarket: SIMULATED bars of {codes}; event {self.event.id!r}>"


def minute_bars(instrument: Instrument, closes: IntArray, columns: Mapping[str, FloatArray], source: str) -> Bars:
    """Return one-minute ``Bars`` marked simulated; rows without a close (no trade) are left out.

    Parameters
    ----------
    instrument : Instrument
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch, increasing.
    columns : mapping of str to FloatArray, shape (T,)
        ``open high low close volume``.
    source : str
        Words for the report; must begin with SIMULATED.
    """
    traded = np.isfinite(columns["close"])
    frame = pd.DataFrame(
        {name: values[traded] for name, values in columns.items()}, index=from_epoch_us(closes[traded])
    )
    step = pd.Timedelta(MINUTE_US, unit="us")
    return Bars(instrument, step, "left", frame, source=source, simulated=True)
