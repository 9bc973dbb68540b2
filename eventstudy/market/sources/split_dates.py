"""Dates in several columns, as Year, Month, Day, and times of day as Hour, Minute, read as one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.grid import Grid, Kind, date_like
from eventstudy.market.sources.layouts import PRICES, plain

PARTS = {
    "year": ("year", "yyyy"),
    "month": ("month",),
    "day": ("day", "dd"),
    "hour": ("hour", "hh"),
    "minute": ("minute",),
    "second": ("second", "ss"),
}
NUMBERS = {name for names in PRICES.values() for name in names}


def with_whole_dates(grid: Grid, spec: DataSpec) -> Grid:
    """Return a grid whose first column is the date of its columns Year and Month, and Day where there is one.

    Other grids come back as they are: with a column of dates, with a year that is not written in full, or with one of
    these columns stated to be something else.
    """
    parts = parts_of_date(grid)
    stated = set(spec.columns.values()) if isinstance(spec.columns, Mapping) else set()
    if not parts or stated & {grid.names[n] for n in parts.values()}:
        return grid
    others = [n for n in range(len(grid.header)) if n not in parts.values()]
    row = {part: pa.array([grid.sample[n]]) for part, n in parts.items()}

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        wanted: dict[int, Kind] = {others[n - 1]: kind for n, kind in kinds.items() if n}
        if 0 in kinds:
            wanted |= dict.fromkeys(parts.values(), "text")
        read = grid.fetch(wanted)
        found = {n: read[others[n - 1]] for n in kinds if n}
        return found | ({0: joined({part: read[n] for part, n in parts.items()})} if 0 in kinds else {})

    header = (("date time" if "hour" in parts else "date",), *(grid.header[n] for n in others))
    sample = (joined(row)[0].as_py(), *(grid.sample[n] if n < len(grid.sample) else "" for n in others))
    return replace(grid, header=header, sample=sample, fetch=fetch)


def parts_of_date(grid: Grid) -> dict[str, int]:
    """Return the columns of the parts of dates; none where they do not make dates, or a column has whole ones."""
    if any(len(levels) != 1 for levels in grid.header):
        return {}
    names = [plain(name) for name in grid.names[: len(grid.sample)]]
    cells = zip(names, grid.sample, strict=False)
    if any(date_like(cell) for name, cell in cells if name not in NUMBERS):  # a volume may look like 20210413
        return {}
    found = {part: names.index(name) for part, options in PARTS.items() for name in options if name in names}
    written = {part: grid.sample[n] for part, n in found.items()}
    if not {"year", "month"} <= found.keys() or not (written["year"].isdigit() and len(written["year"]) == 4):
        return {}
    if "hour" in found and not all(written.get(part, "0").isdigit() for part in ("day", "hour", "minute", "second")):
        return {}
    return found


def joined(read: Mapping[str, Any]) -> Any:
    """Return columns of parts as one column of dates, or of dates and times of day, in text."""
    text = {part: pc.utf8_trim_whitespace(column.cast(pa.string())) for part, column in read.items()}
    two = {part: pc.utf8_lpad(column, 2, "0") for part, column in text.items()}
    if any(map(str.isalpha, pc.unique(text["month"]).drop_null().to_pylist()[:1])):  # 3 Jan 2023
        date = [*([text["day"], " "] if "day" in text else []), text["month"], " ", text["year"]]
    else:
        date = [text["year"], "-", two["month"], *(["-", two["day"]] if "day" in text else [])]
    clock = [" ", two["hour"], ":", two.get("minute", "00"), ":", two.get("second", "00")] if "hour" in text else []
    return pc.binary_join_element_wise(*date, *clock, "")
