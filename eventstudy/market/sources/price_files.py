"""Series from files of the user: one or many instruments, in one file, a glob or a folder, each file read once."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, LabelSide, instant_us, look_up, wall_us
from eventstudy.errors import DataError, EventStudyError, UsageError, did_you_mean, takes
from eventstudy.files import checked_path
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar as calendar_named
from eventstudy.market.instruments import Instrument
from eventstudy.market.quality.problems import DailyCloses
from eventstudy.market.returns import Returns
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.layouts import LAYOUTS
from eventstudy.market.sources.parquet_file import read_written
from eventstudy.market.sources.price_table import PriceTable
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.several_files import continued, named_by_folder
from eventstudy.market.sources.several_tables import read_table
from eventstudy.market.sources.source_series import (
    missing_statements,
    zone_of,
)
from eventstudy.market.sources.table_series import Failed, refusal, series_of_table, step_of, step_words
from eventstudy.market.universe import LeftOut, Universe
from eventstudy.renamed import named_arguments
from eventstudy.show.work_steps import counted

TABLES = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xlsx", ".xls", ".xlsb", ".ods"}
PACKED = {".gz", ".bz2", ".zip", ".zst"}


@named_arguments
@takes(path=(str, Path), instrument=(str, Instrument), step=(str, pd.Timedelta))
def read_bars(
    path: str | Path,
    *,
    instrument: str | Instrument = "",
    step: str | pd.Timedelta = "",
    timezone: str = "",
    label: LabelSide | None = None,
    calendar: str = "",
    preset: str = "generic",
    columns: Mapping[str, str] | Collection[str] | None = None,
    prices: str = "",
    closes_at: str = "",
    force_label: bool = False,
    accept: tuple[str, ...] = (),
    against: Bars | None = None,
) -> Bars:
    """Read the bars of one instrument from a file.

    Parameters
    ----------
    path : str or Path
        CSV, Excel, JSON or Parquet, plain or compressed (gz, bz2, zip, zst).
    instrument : str or Instrument
        A code is looked up in ``INSTRUMENTS``. Where the file holds several, it names the one to read.
    step : str or pandas.Timedelta
        Length of a bar: ``"1min"``, ``"10min"``, ``"1D"``, ``"1W"``, ``"1M"`` (a month), ``"1Q"``. Default:
        inferred from the timestamps.
    timezone : str
        Time zone of the timestamps, for example ``"Europe/Moscow"``; not needed where they carry an offset.
    label : {"left", "right"}
        Which end of the bar its timestamp marks; not needed for daily bars, and of weeks and longer only where their
        dates are neither first nor last days.
    calendar : str
        A name of ``CALENDARS``; that of the instrument where empty.
    preset : str
        A name of ``LAYOUTS``: generic, finam, quik, moex-iss-csv, metatrader, yahoo-csv, stooq.
    columns : mapping or sequence, optional
        Role to column name where the layout's names do not fit: ``{"time": "stamp", "close": "last"}``; the names of
        all columns for a file without a header.
    prices : str
        ``"adj_close"``, ``"close"`` or a column. Default: the adjusted close where one stands beside the close.
    closes_at : str
        For daily bars: the local time of the close, ``"18:50"``.
    force_label : bool
        Keep the stated label side although the bars contradict it.
    accept : tuple of str
        Kinds of defect (names of ``CHECKS``) that are reported and left as they are.
    against : Bars, optional
        For daily files: another series of the same thing. Closes taken before a move that it shows on their day are
        left out, so that no news lands a day late.

    Returns
    -------
    Bars
        Indexed by closing instants; what was repaired is in ``notices``.

    Raises
    ------
    DataError, BarsError, CalendarError
        With the rows: what is missing, contradictory, or a local time that does not exist or happens twice.
    UsageError
        If zone, label or closing time are not stated.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "AAA.csv"
    >>> _ = path.write_text("Date,Close\\n2024-01-02,100\\n2024-01-03,101\\n")
    >>> read_bars(path, timezone="America/New_York", closes_at="16:00").frame["close"].tolist()
    [100.0, 101.0]
    """
    given = instrument if isinstance(instrument, Instrument) else None
    spec = described(
        path=str(path),
        instrument=given.code if given else instrument,
        step=str(step),
        timezone=timezone,
        label=label,
        calendar=calendar,
        preset=preset,
        columns=columns or {},
        prices=prices,
        closes_at=closes_at,
        force_label=force_label,
        accept=accept,
    )
    universe = read_files(spec, Reading(given=given, against=None if against is None else closes_of(against)))
    (one,) = universe.series if len(universe) == 1 else (only_one(universe, path),)
    if not isinstance(one, Bars):
        raise UsageError(f"{path} holds returns.", remedy="Read it with read_universe.")
    return one


@named_arguments
@takes(path=(str, Path))
def read_universe(path: str | Path, **description: Any) -> Universe:
    """Read the series of many instruments from one long or wide file, a glob or a folder; each file is read once.

    Parameters
    ----------
    path : str or Path
        CSV, Excel, JSON or Parquet, plain or compressed; a pattern such as ``"prices/*.csv"``; or a folder.
    **description
        What the files do not say about themselves, as in a ``[data]`` table of a study file: ``instruments``,
        ``timezone``, ``closes_at``, ``calendar``, ``columns``, ``prices``, ``holds`` ...

    Returns
    -------
    Universe
        An instrument whose series cannot be used is in ``left_out`` with the reason.

    Raises
    ------
    DataError, UsageError
        If a file cannot be read, or no instrument can be used.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "prices.csv"
    >>> _ = path.write_text("Date,AAA,BBB\\n2024-01-02,100,50\\n2024-01-03,101,51\\n")
    >>> read_universe(path, timezone="America/New_York", closes_at="16:00").codes
    ('AAA', 'BBB')
    """
    return read_files(described(path=str(path), **description))


def described(**settings: Any) -> DataSpec:
    """Return a description; a wrong setting is refused with its name."""
    from pydantic import ValidationError

    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    try:
        return DataSpec(**given)
    except ValidationError as refused:
        error = refused.errors(include_url=False)[0]
        name = ".".join(map(str, error["loc"]))
        if error["type"] == "extra_forbidden":
            raise UsageError(
                f"{name!r} is not a setting of prices.", remedy=did_you_mean(name, DataSpec.model_fields)
            ) from None
        raise UsageError(f"{name} = {error['input']!r} cannot be used: {error['msg']}.") from None


def only_one(universe: Universe, path: str | Path) -> Bars | Returns:
    """Refuse a file of several instruments where one is asked for."""
    shown = ", ".join(universe.codes[:20])
    raise DataError(f"{path} holds {len(universe)} instruments: {shown}.", remedy="Name one of them as the instrument.")


def read_files(spec: DataSpec, reading: Reading | None = None) -> Universe:
    """Return the series a description names; the row ``file`` of ``BAR_SOURCES``."""
    reading = reading or Reading()
    if spec.actions and not spec.prices:
        spec = spec.model_copy(update={"prices": "close"})  # actions adjust a raw series
    look_up("file layout", LAYOUTS, spec.preset)
    results: list[Bars | Returns] = []
    failed: list[Failed] = []
    recognized = []
    paths = paths_of(spec)
    tables = []
    for path in counted(paths, "price files read") if len(paths) > 1 else paths:
        if path.suffix == ".parquet" and path.is_file() and (written := read_written(path)) is not None:
            results.append(as_described(written, spec))
            continue
        tables.append(named_by_folder(table_of(path, spec, reading)))
    for table in continued(tables) if len(tables) > 1 else tables:
        recognized.append(f"{table}, step {step_words(spec, table)}")
        results += series_of_table(table, spec, reading, failed)
    if failed and not results:
        raise refusal(failed)
    left_out = tuple(LeftOut(one.instrument, f"{one.place}: {one.error}") for one in failed)
    return Universe(tuple(results), left_out, tuple(recognized))


def paths_of(spec: DataSpec) -> list[Path]:
    """Return the files of a path: itself, those a pattern fits, or those of a folder."""
    path = checked_path(spec.path)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and is_table(p))
        if not found:
            raise DataError(f"The folder {path} holds no file of prices.", remedy="Check the path.")
        return found
    if not path.exists() and any(sign in spec.path for sign in "*?["):
        found = sorted(Path(name) for name in glob.glob(spec.path, recursive=True) if Path(name).is_file())
        if not found:
            raise DataError(f"No file fits {spec.path}.", remedy="Check the pattern.")
        return found
    return [path]


def is_table(path: Path) -> bool:
    """Return whether a name is that of a file of prices, packed or not."""
    name = path
    while name.suffix.casefold() in PACKED:
        name = name.with_suffix("")
    return name.suffix.casefold() in TABLES


def table_of(path: Path, spec: DataSpec, reading: Reading) -> PriceTable:
    """Return a file as a table, read now or before with the same settings."""
    decisive = spec.model_dump(include={"sheet", "preset", "columns", "prices", "holds", "instrument", "instruments"})
    key = (str(path), repr(decisive))
    if key not in reading.tables:
        reading.tables[key] = read_table(path, spec)
    return reading.tables[key]


def problems_of_files(spec: DataSpec) -> Iterator[tuple[str, str]]:
    """Return what keeps files from being read: the key of the description, and the sentence."""
    try:
        tables = [read_table(path, spec) for path in paths_of(spec) if not is_written(path)]
    except EventStudyError as error:
        yield "path", str(error)
        return
    for table in tables:
        code = next(iter(table.series))
        step = spec.length() or step_of(table)
        daily = step >= pd.Timedelta(days=1)
        zone = zone_of(table.series[code], spec.traded(code), spec, daily=daily)
        for key, what, remedy in missing_statements(spec, zone, spec.traded(code), daily=daily):
            yield key, f"{table.path.name}: {what}. {remedy}"


def is_written(path: Path) -> bool:
    """Return whether a file was written by ``write_bars`` and says everything about itself."""
    return path.suffix == ".parquet" and path.is_file() and read_written(path) is not None


def as_described(bars: Bars, spec: DataSpec) -> Bars:
    """Return bars of a file of ``write_bars``, after checking them against the description."""
    stated = {
        "instrument": spec.instrument or bars.instrument.code,
        "step": spec.length() or bars.step,
        "label": spec.label or bars.label,
    }
    held = {"instrument": bars.instrument.code, "step": bars.step, "label": bars.label}
    for name in stated:
        if stated[name] != held[name]:
            raise DataError(
                f"{spec.path} states {name}={str(held[name])!r}, not {str(stated[name])!r}.",
                remedy="State what the file holds, or pass another file.",
            )
    first, last = spec.period()
    keep = np.ones(len(bars), dtype=np.bool_)
    keep &= bars.closes_us >= instant_us(first) if first else True
    keep &= bars.closes_us <= instant_us(last) if last else True
    return bars if keep.all() else replace(bars, frame=bars.frame[keep])


def closes_of(bars: Bars) -> DailyCloses:
    """Return the closes of daily bars by their local day."""
    days = (wall_us(bars.closes_us, calendar_named(bars.instrument.calendar).zone) - 1) // DAY_US
    return DailyCloses(days, bars.frame["close"].to_numpy(np.float64), bars.source or bars.instrument.code)
