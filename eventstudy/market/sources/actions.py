"""Splits and dividends from a table, applied to raw prices: earlier prices are brought to the level of later ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from eventstudy.arrays import DAY_US, FloatArray, IntArray, value
from eventstudy.errors import BarsError, DataError, Notice
from eventstudy.market.sessions import as_date
from eventstudy.market.sources.grid import Grid, numbers_of
from eventstudy.market.sources.layouts import LAYOUTS, plain
from eventstudy.market.sources.time_columns import timestamps

DATE = ("date", "ex date", "exdate", "ex-date", "effective date", "day")
RATIO = ("ratio", "split ratio", "split", "stock splits", "splits", "split factor")
DIVIDEND = ("dividend", "dividends", "cash", "amount", "cash amount")
# 4:1, 3 for 2, 1-for-30: new shares for old ones.
NEW_FOR_OLD = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?::|/|-?for-?)\s*(\d+(?:\.\d+)?)\s*", re.IGNORECASE)
SCALED = ("open", "high", "low", "close", "bid", "ask")


@value
class Actions:
    """Corporate actions of one instrument, in order of time.

    Attributes
    ----------
    day : IntArray, shape (A,)
        First trading day at the new level (ex-date), days since 1970-01-01.
    ratio : FloatArray, shape (A,)
        New shares for each old one; 1 for none.
    dividend : FloatArray, shape (A,)
        Cash per share, in the units of the prices and shares of the ex-date; 0 for none.
    """

    day: IntArray
    ratio: FloatArray
    dividend: FloatArray


def actions_of(grid: Grid) -> dict[str, Actions]:
    """Return the actions of every instrument of a table; those of a table without a column of instruments as "".

    Raises
    ------
    DataError
        If the table has no date, or neither a ratio nor a dividend, or a ratio is not a positive number.
    """
    names = [plain(name) for name in grid.names]
    date, ratio, dividend = (first_of(names, options) for options in (DATE, RATIO, DIVIDEND))
    ticker = first_of(names, LAYOUTS["generic"].ticker)
    if date < 0 or (ratio < 0 and dividend < 0):
        raise DataError(
            f"{grid.path}: a table of corporate actions needs the columns date and ratio or dividend; it has "
            f"{', '.join(grid.names)}.",
            remedy="Rename the columns.",
        )
    kinds: dict[int, Any] = {date: "time"}
    kinds |= {n: "text" for n in (ticker, ratio) if n >= 0} | ({dividend: "number"} if dividend >= 0 else {})
    read = grid.fetch(kinds)
    day = timestamps(read[date], grid.names[date], grid.lines)[0] // DAY_US
    ratios = ratios_of(grid, read[ratio]) if ratio >= 0 else np.ones(len(day))
    cash = np.nan_to_num(numbers_of(grid, read[dividend], dividend)) if dividend >= 0 else np.zeros(len(day))
    codes = texts_of(read[ticker]) if ticker >= 0 else [""] * len(day)
    order = np.argsort(day, kind="stable")
    found = {}
    for code in dict.fromkeys(codes):
        rows = order[[codes[row] == code for row in order]]
        found[code] = Actions(day[rows], ratios[rows], cash[rows])
    return found


def first_of(names: Sequence[str], options: Sequence[str]) -> int:
    """Return the number of the first column with one of the names; -1 where there is none."""
    return next((names.index(option) for option in options if option in names), -1)


def texts_of(column: Any) -> list[str]:
    return ["" if text is None else str(text).strip() for text in column.cast(pa.string()).to_pylist()]


def ratios_of(grid: Grid, column: Any) -> FloatArray:
    """Return new shares for each old one; an empty cell and 0 mean that there was no split."""
    ratios = np.ones(len(column))
    for row, text in enumerate(texts_of(column)):
        found = NEW_FOR_OLD.fullmatch(text)
        try:
            number = float(found[1]) / float(found[2]) if found else float(text or 0)
        except (ValueError, ZeroDivisionError):
            number = np.nan
        if not 0 <= number < np.inf:
            raise DataError(
                f"{grid.path}, line {grid.lines.at(row)}: {text!r} is not a split ratio.",
                remedy="Write new shares for old ones: 4:1, 3:2, 1:30, or a number such as 4.",
            )
        ratios[row] = number or 1.0
    return ratios


def adjusted(
    columns: Mapping[str, FloatArray], day: IntArray, actions: Actions, name: str
) -> tuple[dict[str, FloatArray], tuple[Notice, ...]]:
    """Return prices with the rows before every action brought to the level after it.

    A split by ``r`` divides earlier prices by ``r`` and multiplies earlier volumes by it. A dividend ``D`` multiplies
    earlier prices by ``1 - D / P``, with ``P`` the last close before the ex-date on the shares of the ex-date, so that
    returns are total returns. Actions before the second row and after the last one have no effect.

    Raises
    ------
    BarsError
        If a dividend is not below the price before it.
    """
    factor, shares = np.ones(len(day)), np.ones(len(day))
    splits = dividends = 0
    for at, ratio, cash in zip(actions.day, actions.ratio, actions.dividend, strict=True):
        before = np.flatnonzero((day < at) & np.isfinite(columns["close"]))
        if not len(before) or not (day >= at).any():
            continue
        last = columns["close"][before[np.argmax(day[before])]] / ratio
        if cash >= last:
            raise BarsError(
                f"The dividend {cash:g} of {name} on {as_date(at)} is not below the price before it, {last:g}.",
                remedy="Give dividends in the units of the prices.",
            )
        factor[day < at] *= (1 - cash / last) / ratio
        shares[day < at] *= ratio
        splits, dividends = splits + (ratio != 1), dividends + (cash != 0)
    adjusted = {key: values * factor if key in SCALED else values for key, values in columns.items()}
    if "volume" in adjusted:
        adjusted["volume"] = adjusted["volume"] * shares
    message = f"{splits} split(s) and {dividends} dividend(s) were applied; returns are total returns."
    return adjusted, (Notice("ES-ACTIONS", message),) if splits or dividends else ()


def actions_for(actions: Mapping[str, Actions], code: str, path: Path, *, alone: bool) -> Actions | None:
    """Return the actions of an instrument; those of a table without instruments where the series is the only one."""
    if "" in actions and len(actions) == 1:
        if not alone:
            raise DataError(
                f"{path} does not say which instrument an action is of.", remedy="Add a column ticker to it."
            )
        return actions[""]
    return actions.get(code)
