"""The series of the tables of a study file: its data, its market and its factors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from eventstudy.arrays import look_up
from eventstudy.errors import BarsError, CalendarError, DataError
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.factor_table import as_returns_where_they_are
from eventstudy.market.sources.reading import Reading
from eventstudy.market.universe import LeftOut, Universe
from eventstudy.show.work_steps import counted
from eventstudy.study.bar_sources import bar_sources
from eventstudy.study.spec import StudySpec
from eventstudy.study.spec_rules import refers_to_data

if TYPE_CHECKING:
    from eventstudy.market.sources.table import BarSource

# Checks that presume prices above zero; a study of differences leaves such rows as they are.
PRICES_ABOVE_ZERO = ("negative price", "zero price", "impossible range", "unit jump", "split-like jump", "large jump")


class ReadFrom(NamedTuple):
    """The folder that tables are read from, and how much of them."""

    folder: Path
    reading: Reading


def read_rows(rows: Sequence[DataSpec], folder: Path, reading: Reading) -> Universe:
    """Return the series of all tables; where others can be used, a table whose rows are refused is left out.

    Raises
    ------
    BarsError, CalendarError
        If no table can be used.
    """
    parts, refused = [], []
    for row in counted(rows, "price tables read") if len(rows) > 1 else rows:
        try:
            parts.append(read_row(row, folder, reading))
        except (BarsError, CalendarError) as error:
            refused.append(error)
            parts.append(Universe((), (LeftOut(", ".join(row.codes()) or Path(row.path).stem, str(error)),)))
    if len(refused) == len(rows) and refused:
        raise refused[0]
    return together(parts)


def read_row(row: DataSpec, folder: Path, reading: Reading) -> Universe:
    """Return the series of one table of a study file."""
    if reading.any_sign:
        row = row.model_copy(update={"accept": (*row.accept, *PRICES_ABOVE_ZERO)})
    paths = {name: placed_path(folder, getattr(row, name)) for name in ("path", "actions") if getattr(row, name)}
    placed = row.model_copy(update=paths)
    universe = read_source(placed, reading, bar_sources())
    if "SIMULATED" in Path(row.path).name:
        return replace(universe, series=tuple(replace(one, simulated=True) for one in universe))
    return universe


def together(parts: list[Universe]) -> Universe:
    """Return several universes as one."""
    return Universe(
        tuple(one for part in parts for one in part.series),
        tuple(one for part in parts for one in part.left_out),
        tuple(line for part in parts for line in part.recognized),
    )


def regressor(row: DataSpec, spec: StudySpec, universe: Universe, where: ReadFrom) -> Universe:
    """Return the series of a market or of factors: an instrument of the data, or a table of its own.

    A table whose daily rows close at a time that is not stated takes zone, calendar and closing time of the data.

    Raises
    ------
    DataError
        If the data do not hold the instrument, or its series cannot be used.
    """
    if spec.data and refers_to_data(row.model_dump()):
        key = "market" if row == spec.market else "factors"
        return in_universe(row.instrument, universe, spec, where, setting=f'[{key}] instrument = "{row.instrument}"')
    folder, reading = where
    unfiltered = replace(reading, wanted=None)
    row = with_clock_of(row, spec.data)
    if row.source == "file" and row.holds == "prices":
        placed = as_returns_where_they_are(row.model_copy(update={"path": str(beside(folder, row.path))}))
        row = row.model_copy(update={"holds": placed.holds, "unit": placed.unit})
    found = read_row(row, folder, unfiltered)
    if not found.series:
        raise DataError(" ".join(out.reason for out in found.left_out) or f"{row.path} holds no series.")
    return found


def in_universe(code: str, universe: Universe, spec: StudySpec, where: ReadFrom, *, setting: str) -> Universe:
    """Return one instrument of the data; where it is missing, all of them are read to say which name is meant."""
    folder, reading = where
    try:
        if reading.around is not None:  # the series of the events may be shorter than the market that they need
            universe = read_rows(spec.data, folder, replace(reading, wanted={code}))
        if code not in {*universe.codes, *(out.instrument for out in universe.left_out)}:
            universe = read_rows(spec.data, folder, replace(reading, wanted=None, around=None))
        return Universe((universe[code],))
    except DataError as error:
        raise DataError(f"{setting}: {error.message}", remedy=error.remedy) from None


def beside(folder: Path, name: str) -> Path:
    """Return a path of a study file; ``..`` is resolved by name, so that the folder need not exist yet."""
    return Path(os.path.normpath(folder / name))


def placed_path(folder: Path, name: str) -> str:
    """Return a path of a study file as text; an address, ``s3://BUCKET/...``, stays as it is."""
    return name if "://" in name else str(beside(folder, name))


def with_clock_of(row: DataSpec, data: Sequence[DataSpec]) -> DataSpec:
    """Return a market or factor table that states neither zone, calendar nor close with those of the data."""
    clock = ("timezone", "calendar", "closes_at")
    if not data or row.source != "file" or any(getattr(row, name) for name in clock):
        return row
    return row.model_copy(update={name: getattr(data[0], name) for name in clock})


def read_source(spec: DataSpec, reading: Reading, sources: Mapping[str, BarSource]) -> Universe:
    """Return the series of a description."""
    return look_up("bar source", sources, spec.source).read(spec, reading)
