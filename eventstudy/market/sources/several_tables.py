"""A file as one table: alone, or several tables side by side, or on several sheets of a workbook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from eventstudy.errors import DataError
from eventstudy.market.sources.csv_table import csv_grid
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.grid import Grid
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.json_table import json_grid, looks_like_json
from eventstudy.market.sources.parquet_file import parquet_grid
from eventstudy.market.sources.price_table import PriceTable, table_of_grid, value_words
from eventstudy.market.sources.recognize import recognize
from eventstudy.market.sources.side_by_side import parts_of
from eventstudy.market.sources.split_dates import with_whole_dates
from eventstudy.market.sources.unpack import open_stored
from eventstudy.market.sources.workbook import workbook_grids

YEAR = re.compile(r"(?:19|20)\d\d")


def read_table(path: Path, spec: DataSpec) -> PriceTable:
    """Read a file: find its format, recognize its columns, and return the rows of every instrument.

    Raises
    ------
    DataError, BarsError
        Naming the file, and the line and column of what cannot be read.
    """
    grids = open_grids(path, spec)
    if len(grids) > 1:
        return of_sheets(path, grids, spec)
    ((sheet, whole),) = grids
    parts = parts_of(whole)
    if len(parts) > 1:
        table = joined(path, [(name, grid) for name, grid in parts], spec)
    else:
        ((_, grid),) = parts
        table = table_of_grid(path, grid, recognize(grid, spec), spec)
    return replace(table, layout=f"sheet {sheet!r}, {table.layout}") if sheet else table


def of_sheets(path: Path, grids: Sequence[tuple[str, Grid]], spec: DataSpec) -> PriceTable:
    """Return the sheets of a workbook as one table: an instrument each, or the same instruments in other periods.

    Raises
    ------
    DataError
        If the sheets are neither, as one of prices and one of volumes.
    """
    found = [(name, grid, recognize(grid, spec)) for name, grid in grids]
    names = [name for name, _ in grids]
    if all(one.shape == "one" for _, _, one in found) and not all(map(YEAR.search, names)):
        alone = [spec.model_copy(update={"instrument": name, "instruments": "*"}) for name in names]
        tables = [table_of_grid(path, grid, one, sheet) for (_, grid, one), sheet in zip(found, alone, strict=True)]
        series = {code: rows for table in tables for code, rows in table.series.items()}
        kept = {code: rows for code, rows in series.items() if code in spec.codes()} or series
        layout = f"{len(tables)} sheets, one instrument each, {value_words(grids[0][1], found[0][2], spec)}"
        return replace(tables[0], series=kept, layout=layout)
    tables = [table_of_grid(path, grid, one, spec) for _, grid, one in found]
    if not are_periods(tables):
        raise DataError(
            f"{path} has {len(names)} sheets with rows: {', '.join(names)}.", remedy=f'Name one: sheet = "{names[0]}".'
        )
    series = {code: joined_rows([table.series[code] for table in tables]) for code in tables[0].series}
    return replace(tables[0], series=series, layout=f"{len(tables)} sheets one after another, {tables[0].layout}")


def are_periods(tables: Sequence[PriceTable]) -> bool:
    """Return whether tables hold the same instruments, and no two of them cover the same time."""
    if any(table.series.keys() != tables[0].series.keys() for table in tables):
        return False
    walls = [np.concatenate([rows.wall for rows in table.series.values()]) for table in tables]
    spans = sorted((int(wall.min()), int(wall.max())) for wall in walls)
    return all(before[1] < after[0] for before, after in pairwise(spans))


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several tables in the order of their first times, with the columns that all of them have."""
    parts = sorted((part for part in parts if len(part)), key=lambda part: int(part.wall.min())) or list(parts)
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    return Rows(
        np.concatenate([part.line for part in parts]),
        np.concatenate([part.wall for part in parts]),
        parts[0].has_offset,
        {name: np.concatenate([part.columns[name] for part in parts]) for name in names},
    )


def joined(path: Path, parts: list[tuple[str, Grid]], spec: DataSpec) -> PriceTable:
    """Return tables side by side as one; each is the instrument whose name stands above it, or that its price has.

    Raises
    ------
    DataError
        If two of them have no name, or one name.
    """
    series: dict[str, Rows] = {}
    tables = []
    for above, grid in parts:
        alone = spec.model_copy(update={"instrument": above, "instruments": "*"}) if above else spec
        table = table_of_grid(path, grid, recognize(grid, alone), alone)
        tables.append(table)
        again = next((code for code in table.series if code in series), "")
        if again:
            raise DataError(
                f"{path} has tables side by side, each with its dates, and two of them are {again!r}.",
                remedy="Write the instrument above each table, or as the name of its prices.",
            )
        series |= table.series
    wanted = spec.codes()
    kept = {code: rows for code, rows in series.items() if not wanted or code in wanted}
    layout = f"{len(parts)} tables side by side, {tables[0].layout}"
    unread = tuple(name for table in tables for name in table.unread)
    return replace(tables[0], series=kept or series, layout=layout, unread=unread)


def open_grid(path: Path, spec: DataSpec) -> Grid:
    """Return the columns of a file of any format that holds one table."""
    grids = open_grids(path, spec)
    if len(grids) > 1:
        names = [name for name, _ in grids]
        raise DataError(
            f"{path} has {len(names)} sheets with rows: {', '.join(names)}.", remedy="Keep the one that is meant."
        )
    return grids[0][1]


def open_grids(path: Path, spec: DataSpec) -> list[tuple[str, Grid]]:
    """Return the columns of a file of any format; those of every sheet of a workbook, with its name."""
    return [(sheet, with_whole_dates(grid, spec)) for sheet, grid in grids_as_written(path, spec)]


def grids_as_written(path: Path, spec: DataSpec) -> list[tuple[str, Grid]]:
    """Return the columns of a file as they stand in it."""
    stored = open_stored(path)
    names = spec.columns if isinstance(spec.columns, tuple) else ()
    if stored.kind == "parquet":
        return [("", parquet_grid(stored))]
    if stored.kind == "workbook":
        return workbook_grids(stored, spec.sheet, names)
    return [("", json_grid(stored, names) if looks_like_json(stored.head) else csv_grid(stored, names))]
