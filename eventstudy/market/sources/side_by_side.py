"""Tables side by side on one sheet, each with dates of its own: Date, AAA, Date, BBB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow.compute as pc

from eventstudy.market.sources.grid import Grid, Kind, date_like
from eventstudy.market.sources.layouts import LAYOUTS, plain

TIMES = set(LAYOUTS["generic"].time)


def parts_of(grid: Grid) -> list[tuple[str, Grid]]:
    """Return the tables of a grid, each with the name that stands above it or ""; the grid alone where it is one."""
    dated = {n for n, cell in enumerate(grid.sample) if date_like(cell)}
    starts = [n for n, levels in enumerate(grid.header) if n in dated and plain(levels[-1]) in TIMES]
    names = {plain(grid.header[n][-1]) for n in starts}
    ends = [*starts[1:], len(grid.header)]
    if len(starts) < 2 or len(names) > 1 or any(end - start < 2 for start, end in zip(starts, ends, strict=True)):
        return [("", grid)]
    return [part_of(grid, range(start, end)) for start, end in zip(starts, ends, strict=True)]


def part_of(grid: Grid, columns: Sequence[int]) -> tuple[str, Grid]:
    """Return some columns of a grid as a grid, without the rows below the end of their dates."""
    levels = [grid.header[n] for n in columns]
    above = next((name for upper in levels for name in upper[:-1] if name), "")
    header = tuple((one[-1],) for one in levels)
    sample = tuple(grid.sample[n] if n < len(grid.sample) else "" for n in columns)

    def fetch(kinds: Mapping[int, Kind]) -> dict[int, Any]:
        wanted: dict[int, Kind] = {columns[0]: "time"}
        wanted |= {columns[0] + n: kind for n, kind in kinds.items()}
        read = grid.fetch(wanted)
        dated = pc.is_valid(read[columns[0]])
        return {n: read[columns[0] + n].filter(dated) for n in kinds}

    return above, replace(grid, header=header, sample=sample, fetch=fetch)
