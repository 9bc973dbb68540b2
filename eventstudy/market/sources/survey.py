"""Look into a price file before anything is stated about it: what it seems to be, and everything wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import time_ns

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, MINUTE_US, IntArray, LabelSide, look_up, wall_us
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.gaps import MONTHS, QUARTERS, YEARS
from eventstudy.market.instruments import INSTRUMENTS, Instrument, instrument
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.findings import DailyCloses, Inspection, Subject, coverage
from eventstudy.market.quality.fit import ZONES, LabelEvidence, clock_evidence, label_evidence
from eventstudy.market.quality.releases import zones_of_releases
from eventstudy.market.raw import RawBars
from eventstudy.market.sessions import TradingCalendar
from eventstudy.market.sources import moex
from eventstudy.market.sources.csv_table import read_csv_table, tickers_in
from eventstudy.market.sources.files import read_raw, subject_of
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.parquet_file import read_parquet_table
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.steps import step_of
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


CONTRACT = re.compile(r"(Si|Eu)[FGHJKMNQUVXZ]\d{1,2}")
# How the first line of a file tells its layout; the first that fits.
SIGNATURES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("finam", re.compile(r"<TICKER>[,;\t]<PER>", re.IGNORECASE)),
    ("moex-iss-csv", re.compile(r"candles$")),
    ("metatrader", re.compile(r"\d{4}\.\d\d\.\d\d,|<DATE>\t(<TIME>\t)?<OPEN>", re.IGNORECASE)),
    ("yahoo-csv", re.compile(r"Date(time)?,Open.*(Adj Close|Dividends)", re.IGNORECASE)),
    ("quik", re.compile(r"datetime\tOpen\tHigh", re.IGNORECASE)),
)


@dataclass(frozen=True, eq=False)
class Survey:
    """One series of a file: how it was read, what of that was assumed, and what was found.

    Attributes
    ----------
    request : BarRequest
        With the assumptions filled in.
    assumed : tuple of str
        Each assumption with its reason; empty where all was stated.
    evidence : LabelEvidence
    clock : str
        What the data say of the clock the labels are written on.
    inspection : Inspection
    n_rows : int
        Rows of the series in the file.
    """

    request: BarRequest
    assumed: tuple[str, ...]
    evidence: LabelEvidence
    clock: str
    inspection: Inspection
    n_rows: int


def survey(
    path: str | Path,
    *,
    instrument: str = "",
    preset: str = "",
    timezone: str = "",
    label: LabelSide | None = None,
    step: str = "",
    calendar: str = "",
    closes_at: str = "",
    columns: Mapping[str, str] | None = None,
    accept: tuple[str, ...] = (),
    against: DailyCloses | None = None,
) -> tuple[Survey, ...]:
    """Inspect every series of a file; what is not stated is assumed, and each assumption is named.

    Only an inspection may assume: ``read_bars`` wants zone, label side and closing time stated. Daily closes are held
    against those of ``against``.
    """
    if Path(path).is_dir():
        raise DataError(f"{path} is a folder.", remedy="Give one file; a study reads folders with source = 'folder'.")
    asked = BarRequest(
        Instrument(instrument or "?"),
        step_of(step) if step else pd.Timedelta(0),
        path=str(path),
        preset=preset,
        columns=columns or {},
        timezone=timezone,
        label=label,
        closes_at=closes_at,
        accept=accept,
        against=against,
    )
    preset = preset or guess_preset(Path(path))
    layout = look_up("file layout", LAYOUTS, preset)
    named = (instrument,) if instrument else () if is_parquet(path) else tickers_in(Path(path), layout, columns or {})
    return tuple(look(replace(asked, preset=preset, instrument=Instrument(code)), calendar) for code in named or ("?",))


def look(asked: BarRequest, calendar: str) -> Survey:
    """Fill in what was not stated about one series, and inspect it."""
    request, assumed = fill_in(asked, calendar)
    subject = subject_of(request, now_us=time_ns() // 1000)
    evidence = label_evidence(subject.raw, subject.calendar, subject.vendor)
    if asked.label is None and not subject.raw.daily:
        side: LabelSide = evidence.side or "left"
        why = "by the evidence" if evidence.side else "nothing decides"
        assumed += (f"label={side!r} ({why})",)
        request = replace(request, label=side)
        subject = replace(subject, raw=replace(subject.raw, label=side))
    clock = clock_evidence(subject.raw, subject.calendar)
    return Survey(request, assumed, evidence, clock, inspect(subject, request.accept), len(subject.raw))


def fill_in(asked: BarRequest, calendar: str) -> tuple[BarRequest, tuple[str, ...]]:
    """Return the request with instrument, calendar, step, zone and closing time, and the words for each assumption."""
    path, assumed = Path(asked.path), []
    traded = guess_instrument(asked.instrument.code, path.stem)
    if calendar:
        traded = replace(traded, calendar=calendar)
    if traded.code != asked.instrument.code:
        assumed.append(f"instrument={traded.code!r} (from {asked.instrument.code!r} and the file name)")
    venue = calendar_named(traded.calendar)
    step = asked.step or guess_step(wall_of(asked, path))
    if not asked.step:
        assumed.append("the step is the most frequent distance of two rows")
    timezone = asked.timezone
    if not timezone:
        timezone, why = guess_zone(replace(asked, step=step), venue)
        assumed.append(f"timezone={timezone!r} ({why})")
    closes_at = asked.closes_at
    if step >= pd.Timedelta(days=1) and not closes_at:
        closes_at = "24:00"
        end = "the end of the date" if venue.always else f"the last session of {venue.name} on the date"
        assumed.append(f"closes_at='24:00' (a day closes with {end})")
    label: LabelSide = asked.label or "left"
    return replace(asked, instrument=traded, step=step, timezone=timezone, closes_at=closes_at, label=label), tuple(
        assumed
    )


def guess_zone(asked: BarRequest, venue: TradingCalendar) -> tuple[str, str]:
    """Return the zone a file seems to be written in, and why: its name, scheduled releases, the venue's own."""
    if "utc" in Path(asked.path).stem.casefold():
        return "UTC", "the file name says so"
    if venue.always and asked.step < pd.Timedelta(days=1):
        raw = read_raw(replace(asked, timezone="UTC", label="left"))
        if zones := zones_of_releases(raw, dict.fromkeys((venue.zone, *ZONES))):
            return zones[0], "the widest bars open with scheduled releases on that clock"
    return venue.zone, f"that of {venue.name}"


def guess_preset(path: Path) -> str:
    """Return the layout whose signature the first line of a file bears; generic where none does."""
    if is_parquet(path) or not path.is_file():
        return "generic"
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(1000).strip()
    return next((name for name, signature in SIGNATURES if signature.match(first)), "generic")


def guess_instrument(code: str, stem: str) -> Instrument:
    """Return the known instrument a ticker or a file name speaks of; a plain one where none is known."""
    if code in INSTRUMENTS:
        return INSTRUMENTS[code]
    for word in (*re.split(r"[._\s:-]+", code), *re.split(r"[._\s:-]+", stem)):
        chain = CONTRACT.fullmatch(word)
        if found := INSTRUMENTS.get(chain[1] if chain else word):
            return found
    return Instrument(stem if code == "?" else code)


def guess_step(wall: IntArray) -> pd.Timedelta:
    """Return the most frequent distance between two rows; whole days become one day."""
    steps = np.diff(wall)
    steps = steps[steps > 0]
    if not len(steps):
        return pd.Timedelta(days=1) if not (wall % DAY_US).any() else pd.Timedelta(minutes=1)
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if step >= PERIOD_US:
        return step_of("1W" if step < MONTHS else "1M" if step < QUARTERS else "1Q" if step < YEARS else "1Y")
    return pd.Timedelta(days=1) if step >= DAY_US else pd.Timedelta(max(step, MINUTE_US // 60), unit="us")


def wall_of(asked: BarRequest, path: Path) -> IntArray:
    """Return what the labels of a series read."""
    read = read_parquet_table if is_parquet(path) else read_csv_table
    return read(path, LAYOUTS[asked.preset], asked.columns, asked.instrument.code).wall


def is_parquet(path: str | Path) -> bool:
    return Path(path).suffix == ".parquet"
