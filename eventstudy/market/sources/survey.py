"""Look into a price file before anything is stated about it: what it seems to be, and everything wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from time import time_ns
from typing import Any, NamedTuple

import pandas as pd

from eventstudy.arrays import LabelSide, look_up
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.instruments import INSTRUMENTS, Instrument, instrument
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.fit import ZONES, LabelEvidence, clock_evidence, label_evidence
from eventstudy.market.quality.problems import DailyCloses, Inspection, Subject, coverage
from eventstudy.market.quality.releases import zones_of_releases
from eventstudy.market.sessions import TradingCalendar
from eventstudy.market.sources import moex
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.price_files import described
from eventstudy.market.sources.price_table import PriceTable, code_of
from eventstudy.market.sources.several_tables import read_table
from eventstudy.market.sources.source_series import Origin, guess_step, raw_bars, raw_of, subject_of
from eventstudy.market.store import bar_store
from eventstudy.market.store.stored_series import read_pointer


def survey_bars(bars: Bars, accept: tuple[str, ...] = ()) -> Survey:
    """Inspect bars whose closing instants are known; rows are counted from 1."""
    raw = raw_bars(bars)
    covering, unchecked = coverage(calendar_named(bars.instrument.calendar), raw)
    subject = Subject(raw, covering, time_ns() // 1000, "", unchecked)
    spec = DataSpec(instrument=bars.instrument.code, timezone=raw.zone, label="right", accept=accept)
    evidence, clock = label_evidence(raw, covering), clock_evidence(raw, covering)
    return Survey(spec, bars.instrument, bars.step, (), evidence, clock, inspect(subject, accept), len(raw), "bars")


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


CONTRACT = re.compile(r"(Si|Eu)[FGHJKMNQUVXZ]\d{1,2}")


@dataclass(frozen=True, eq=False)
class Survey:
    """One series of a file: how it was read, what of that was assumed, and what was found.

    Attributes
    ----------
    spec : DataSpec
        With the assumptions filled in.
    instrument : Instrument
    step : pandas.Timedelta
    assumed : tuple of str
        Each assumption with its reason; empty where everything was stated.
    evidence : LabelEvidence
    clock : str
        What the data say about the zone of the timestamps.
    inspection : Inspection
    n_rows : int
        Rows of the series in the file.
    layout : str
        How the file was recognized.
    """

    spec: DataSpec
    instrument: Instrument
    step: pd.Timedelta
    assumed: tuple[str, ...]
    evidence: LabelEvidence
    clock: str
    inspection: Inspection
    n_rows: int
    layout: str = ""


def survey(
    path: str | Path, *, calendar: str = "", against: DailyCloses | None = None, **description: Any
) -> tuple[Survey, ...]:
    """Inspect every series of a file; what is not stated is assumed, and each assumption is named.

    Only an inspection may assume: ``read_bars`` needs zone, label and closing time stated. Daily closes are compared
    with those of ``against``.
    """
    if Path(path).is_dir():
        raise DataError(f"{path} is a folder.", remedy="Give one file, or a pattern in quotes.")
    spec = described(path=str(path), **description)
    look_up("file layout", LAYOUTS, spec.preset)
    table = read_table(Path(path), spec)
    return tuple(look(PricesOf(table, code), spec, calendar, against) for code in table.series)


class PricesOf(NamedTuple):
    """A table, and which of its instruments is meant."""

    table: PriceTable
    code: str


def look(prices: PricesOf, stated: DataSpec, calendar: str, against: DailyCloses | None) -> Survey:
    """Fill in what was not stated about one series, and inspect it."""
    table, code = prices
    rows = table.series[code]
    spec, traded, step, assumed = fill_in(table, code, stated, calendar)
    origin = Origin(table.path.name, step, against, table.adjusted)
    subject = subject_of(raw_of(rows, traded, spec, origin), traded, origin)
    evidence = label_evidence(subject.raw, subject.calendar, subject.vendor)
    if stated.label is None and not subject.raw.daily:
        side: LabelSide = evidence.side or "left"
        why = "by the evidence" if evidence.side else "nothing decides"
        assumed += (f"label={side!r} ({why})",)
        spec = spec.model_copy(update={"label": side})
        subject = replace(subject, raw=replace(subject.raw, label=side))
    clock = clock_evidence(subject.raw, subject.calendar)
    inspection = inspect(subject, spec.accept)
    return Survey(spec, traded, step, assumed, evidence, clock, inspection, len(subject.raw), table.layout)


def fill_in(
    table: PriceTable, code: str, stated: DataSpec, calendar: str
) -> tuple[DataSpec, Instrument, pd.Timedelta, tuple[str, ...]]:
    """Return the description with zone, label and closing time, the instrument, the step, and each assumption."""
    rows, assumed = table.series[code], []
    traded = guess_instrument(code, code_of(table.path))
    if calendar:
        traded = replace(traded, calendar=calendar)
    if traded.code != code:
        assumed.append(f"instrument={traded.code!r} (from {code!r} and the file name)")
    venue = calendar_named(traded.calendar)
    step = stated.length() or guess_step(rows.wall)
    if not stated.step:
        assumed.append("the step is the most frequent distance between two rows")
    settled: dict[str, Any] = {"label": stated.label or "left"}
    daily = step >= pd.Timedelta(days=1)
    if not stated.timezone and (daily or not rows.has_offset):
        settled["timezone"], why = guess_zone(table, rows, venue, step)
        assumed.append(f"timezone={settled['timezone']!r} ({why})")
    if daily and not stated.closes_at:
        settled["closes_at"] = "24:00"
        end = "the end of the date" if venue.always else f"the last session of {venue.name} on the date"
        assumed.append(f"closes_at='24:00' (a day closes with {end})")
    return stated.model_copy(update=settled), traded, step, tuple(assumed)


def guess_zone(table: PriceTable, rows: Rows, venue: TradingCalendar, step: pd.Timedelta) -> tuple[str, str]:
    """Return the zone a file seems to be written in, and why: its name, scheduled releases, the calendar's zone."""
    if "utc" in table.path.stem.casefold():
        return "UTC", "the file name says so"
    if venue.always and step < pd.Timedelta(days=1):
        spec = DataSpec(timezone="UTC", label="left")
        raw = raw_of(rows, Instrument("series"), spec, Origin(table.path.name, step))
        if zones := zones_of_releases(raw, dict.fromkeys((venue.zone, *ZONES))):
            return zones[0], "the widest bars open with scheduled releases on that clock"
    return venue.zone, f"that of {venue.name}"


def guess_instrument(code: str, stem: str) -> Instrument:
    """Return the known instrument named by a ticker or a file name; a plain one where none is known."""
    if code in INSTRUMENTS:
        return INSTRUMENTS[code]
    for word in (*re.split(r"[._\s:-]+", code), *re.split(r"[._\s:-]+", stem)):
        chain = CONTRACT.fullmatch(word)
        if found := INSTRUMENTS.get(chain[1] if chain else word):
            return found
    return Instrument(code)
