"""Look into a price file before anything is stated about it: what it seems to be, and everything wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import time_ns

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, MINUTE_US, IntArray, LabelSide, from_epoch_us, frozen, look_up
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.instruments import INSTRUMENTS, Instrument
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.daily import late_moves
from eventstudy.market.quality.findings import Finding, Inspection
from eventstudy.market.quality.fit import LabelEvidence, label_evidence
from eventstudy.market.returns import Returns, log_returns
from eventstudy.market.sessions import as_day
from eventstudy.market.sources.csv_table import read_csv_table, tickers_in
from eventstudy.market.sources.files import subject_of
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.parquet_file import read_parquet_table
from eventstudy.market.sources.request import BarRequest

CONTRACT = re.compile(r"(Si|Eu)[FGHJKMNQUVXZ]\d{1,2}")
# How the first line of a file tells its layout; the first that fits.
SIGNATURES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("finam", re.compile(r"<TICKER>[,;\t]<PER>", re.IGNORECASE)),
    ("moex-iss-csv", re.compile(r"candles$")),
    ("metatrader", re.compile(r"\d{4}\.\d\d\.\d\d,|<DATE>\t<TIME>\t<OPEN>", re.IGNORECASE)),
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
    inspection : Inspection
    n_rows : int
        Rows of the series in the file.
    """

    request: BarRequest
    assumed: tuple[str, ...]
    evidence: LabelEvidence
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
) -> tuple[Survey, ...]:
    """Inspect every series of a file; what is not stated is assumed, and each assumption is named.

    Only an inspection may assume: ``read_bars`` wants zone, label side and closing time stated.
    """
    asked = BarRequest(
        Instrument(instrument or "?"),
        pd.Timedelta(step) if step else pd.Timedelta(0),
        path=str(path),
        preset=preset,
        columns=columns or {},
        timezone=timezone,
        label=label,
        closes_at=closes_at,
        accept=accept,
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
    return Survey(request, assumed, evidence, inspect(subject, request.accept), len(subject.raw))


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
        said = "utc" in path.stem.casefold()
        timezone = "UTC" if said else venue.zone
        assumed.append(f"timezone={timezone!r} ({'the file name says so' if said else f'that of {venue.name}'})")
    closes_at = asked.closes_at
    if step >= pd.Timedelta(days=1) and not closes_at:
        closes_at = "23:59"
        assumed.append("closes_at='23:59' (nobody said when a day closes)")
    label: LabelSide = asked.label or "left"
    return replace(asked, instrument=traded, step=step, timezone=timezone, closes_at=closes_at, label=label), tuple(
        assumed
    )


def guess_preset(path: Path) -> str:
    """Return the layout whose signature the first line of a file bears; generic where none does."""
    if is_parquet(path) or not path.is_file():
        return "generic"
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline().strip()
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
    return pd.Timedelta(days=1) if step >= DAY_US else pd.Timedelta(max(step, MINUTE_US // 60), unit="us")


def wall_of(asked: BarRequest, path: Path) -> IntArray:
    """Return what the labels of a series read."""
    read = read_parquet_table if is_parquet(path) else read_csv_table
    return read(path, LAYOUTS[asked.preset], asked.columns, asked.instrument.code).wall


def is_parquet(path: str | Path) -> bool:
    return Path(path).suffix == ".parquet"


def cut_closes(own: Survey, other: Survey) -> Finding | None:
    """Return the days on which daily closes were taken before a move that another series shows on that day."""
    moves = late_moves(daily_returns(own), daily_returns(other))
    if not moves:
        return None
    days = np.array([as_day(move.day) for move in moves], dtype=np.int64)
    raw = own.inspection.subject.raw
    lines = frozen(raw.line[np.isin(raw.wall // DAY_US, days)], np.int64)
    rule = "the bars stay; news of such a day lands on the next one, so take the other series or a later close"
    return Finding(
        "cut close", "kept", lines, f"compared with {Path(other.request.path).name}: {'; '.join(map(str, moves))}", rule
    )


def daily_returns(found: Survey) -> Returns:
    """Return the returns of a surveyed daily series."""
    subject = found.inspection.subject
    frame = pd.DataFrame({"close": subject.raw.close}, index=from_epoch_us(subject.closes))
    bars = Bars(found.request.instrument, found.request.step, subject.raw.label, frame)
    return log_returns(bars, "24/7")
