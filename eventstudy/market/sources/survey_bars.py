"""Look into bars that are bars already: those of a file of our own, or of the local store."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, wall_us
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.instruments import instrument
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.findings import Subject, coverage
from eventstudy.market.quality.fit import clock_evidence, label_evidence
from eventstudy.market.raw import RawBars
from eventstudy.market.sources import moex
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.survey import Survey
from eventstudy.market.store import bar_store
from eventstudy.market.store.series import read_pointer


def survey_bars(bars: Bars, accept: tuple[str, ...] = ()) -> Survey:
    """Inspect bars whose closing instants are known; rows are counted from 1."""
    venue = calendar_named(bars.instrument.calendar)
    daily = bars.step >= pd.Timedelta(days=1)
    zone = venue.zone if daily else "UTC"
    wall = wall_us(bars.closes_us, zone)
    raw = RawBars(
        line=np.arange(1, len(bars) + 1, dtype=np.int64),
        wall=wall,
        zone=zone,
        columns={str(name): bars.frame[name].to_numpy(np.float64) for name in bars.frame.columns},
        step_us=bars.step // pd.Timedelta(microseconds=1),
        label="right",
        closes_at_us=int(wall[-1] % DAY_US) if daily and len(wall) else 0,
    )
    covering, unchecked = coverage(venue, raw)
    subject = Subject(raw, covering, time_ns() // 1000, "", unchecked)
    request = BarRequest(bars.instrument, bars.step, preset="bars", timezone=zone, label="right", accept=accept)
    evidence, clock = label_evidence(raw, covering), clock_evidence(raw, covering)
    return Survey(request, (), evidence, clock, inspect(subject, accept), len(raw))


def stored_bars(symbol: str) -> tuple[Bars, ...]:
    """Return every series of a symbol in the local store.

    Raises
    ------
    DataError
        If it holds none.
    """
    store, found = bar_store.open_store(), []
    for folder in bar_store.every_series(store):
        pointer = read_pointer(folder)
        if pointer is None or pointer.key.code != symbol:
            continue
        key = pointer.key
        traded = replace(instrument(key.code), board=key.board)
        if traded.calendar == "24/7" and key.board in moex.BOARD_CALENDARS:
            traded = replace(traded, calendar=moex.BOARD_CALENDARS[key.board])
        frame = bar_store.to_frame(bar_store.read(store, key))
        found.append(Bars(traded, key.step, "left", frame.dropna(axis="columns", how="all"), source=key.label))
    if not found:
        raise DataError(
            f"There is no file {symbol}, and the local store holds no series of that name.",
            remedy="Check the path, or see what is stored: eventstudy data ls.",
        )
    return tuple(found)
