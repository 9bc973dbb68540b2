"""One instrument in several files: a folder for each year, or a file for each year or month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote

import numpy as np
import pandas as pd

from eventstudy.errors import DataError
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.layouts import LAYOUTS, plain
from eventstudy.market.sources.price_table import PriceTable, code_of
from eventstudy.market.sources.several_tables import joined_rows
from eventstudy.market.sources.source_series import guess_step

FEWEST_ROWS = 10
TICKERS = set(LAYOUTS["generic"].ticker)

# AAA_2022, AAA-2023-01, AAA 2023Q1: a name and the period that the file covers.
PERIOD_NAME = re.compile(r"(.+?)[ _.-]*(?:19|20)\d\d(?:[-_]?(?:0[1-9]|1[0-2]|Q[1-4]))?", re.IGNORECASE)


def continued(tables: Sequence[PriceTable]) -> list[PriceTable]:
    """Return tables in which every instrument of several files is one series, in the table of its first file.

    An instrument that a file is named after loses the year in its name where other files share the rest of it and no
    two of them cover the same time.

    Raises
    ------
    DataError
        If two files of an instrument are not parts of one series.
    """
    tables = without_periods(tables)
    places: dict[str, list[int]] = {}
    for number, table in enumerate(tables):
        for code in table.series:
            places.setdefault(code, []).append(number)
    several = {code: numbers for code, numbers in places.items() if len(numbers) > 1}
    if not several:
        return list(tables)
    series = [dict(table.series) for table in tables]
    for code, numbers in several.items():
        refuse_mixed_files(code, [tables[n] for n in numbers])
        rows = joined_rows([series[n].pop(code) for n in numbers])
        series[numbers[0]][code] = rows
    names = [{code for code in several if several[code][0] == n} for n in range(len(tables))]
    return [
        replace(table, series=kept, layout=table.layout + (", continued in other files" if joined else ""))
        for table, kept, joined in zip(tables, series, names, strict=True)
        if kept
    ]


def named_by_folder(table: PriceTable) -> PriceTable:
    """Return a table of one instrument named after its folder, where that says so: ``ticker=AAA/part-0.parquet``."""
    pairs = [part.partition("=") for part in reversed(table.path.parent.parts)]
    code = next((value for key, _, value in pairs if value and plain(key) in TICKERS), "")
    if not code or list(table.series) != [code_of(table.path)]:
        return table
    return replace(table, series={unquote(code): only_rows(table)})


def apart(tables: Sequence[PriceTable]) -> bool:
    """Return whether no two tables of one series each cover the same time."""
    spans = sorted((int(rows.wall.min()), int(rows.wall.max())) for rows in map(only_rows, tables))
    return all(before[1] < after[0] for before, after in pairwise(spans))


def without_periods(tables: Sequence[PriceTable]) -> list[PriceTable]:
    """Return tables of one instrument each, named after their file, without the period in its name."""
    parts: dict[str, list[int]] = {}
    for number, table in enumerate(tables):
        found = PERIOD_NAME.fullmatch(code_of(table.path))
        if found and list(table.series) == [code_of(table.path)]:
            parts.setdefault(found[1], []).append(number)
    renamed = list(tables)
    for code, numbers in parts.items():
        if len(numbers) > 1 and apart([tables[n] for n in numbers]):
            for n in numbers:
                renamed[n] = replace(tables[n], series={code: only_rows(tables[n])})
    return renamed


def only_rows(table: PriceTable) -> Rows:
    (rows,) = table.series.values()
    return rows


def refuse_mixed_files(code: str, tables: Sequence[PriceTable]) -> None:
    """Refuse files of one instrument that are not parts of one series: other prices, clocks or lengths of bars."""
    first = tables[0]
    for other in tables[1:]:
        one, two = first.series[code], other.series[code]
        kinds = (
            (first.adjusted != other.adjusted or first.signed != other.signed, "adjusted prices"),
            (one.has_offset != two.has_offset, "timestamps with an offset"),
            (len({step_of_rows(one), step_of_rows(two)} - {None}) > 1, "bars of another length"),
        )
        what = next((words for differs, words in kinds if differs), "")
        if what:
            raise DataError(
                f"{first.path} and {other.path} both hold {code}, and one of them has {what}.",
                remedy="Give them as two tables, with another name for one of the instruments.",
            )
        common, differ = times_in_both(one, two)
        if 2 * differ > common:
            raise DataError(
                f"{first.path} and {other.path} are both read as {code}, and at {differ:,} of {common:,} times two "
                "rows give different values for one time.",
                remedy="If they are two instruments, name the files after them, or their folders: ticker=NAME.",
            )


def times_in_both(one: Rows, two: Rows) -> tuple[int, int]:
    """Return how many times two files have in common, and at how many of them their prices differ."""
    if not len(one) or not len(two) or one.wall.max() < two.wall.min() or two.wall.max() < one.wall.min():
        return 0, 0
    common, at_one, at_two = np.intersect1d(one.wall, two.wall, return_indices=True)
    prices = np.stack([one.columns["close"][at_one], two.columns["close"][at_two]])
    return len(common), int((np.isfinite(prices).all(axis=0) & (prices[0] != prices[1])).sum())


def step_of_rows(rows: Rows) -> pd.Timedelta | None:
    """Return the length of the bars of some rows; None for too few to say."""
    return guess_step(rows.wall) if len(rows) >= FEWEST_ROWS else None
