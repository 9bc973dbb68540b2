"""From a table of prices to one series per instrument, each checked by itself, corporate actions applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from eventstudy.errors import DataError, EventStudyError, Notice, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from eventstudy.market.sources.actions import Actions, actions_for, actions_of, adjusted
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.instrument_rows import Rows
from eventstudy.market.sources.price_table import PriceTable
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.several_tables import open_grid
from eventstudy.market.sources.source_series import (
    Origin,
    as_log_returns,
    dates_of,
    guess_step,
    series_from,
)


def refusal(failed: Sequence[Failed]) -> EventStudyError:
    """Return the error for a description of which no series can be used: the first reason, with its place."""
    first = failed[0]
    more = f" {len(failed) - 1} other series cannot be used either." if len(failed) > 1 else ""
    kind = type(first.error) if isinstance(first.error, DataError) else DataError
    return kind(f"{first.place}: {first.error.message}{more}", remedy=first.error.remedy)


def step_words(spec: DataSpec, table: PriceTable) -> str:
    """Return the step in words: as stated, or as inferred from the timestamps."""
    step = spec.length()
    if step is not None:
        return spec.step
    guessed = step_of(table)
    days = guessed // pd.Timedelta(days=1)
    text = (f"{days} day" + "s" * (days > 1)) if days else str(guessed).removeprefix("0 days ")
    return f"{text} (inferred)"


def step_of(table: PriceTable) -> pd.Timedelta:
    """Return the step of a table: that of its longest series."""
    longest = list(table.series)[int(np.argmax(table.sizes))]
    return guess_step(table.series[longest].wall)


@dataclass(frozen=True)
class Failed:
    """A series that cannot be used: its instrument, its place, and the reason."""

    instrument: str
    place: str
    error: EventStudyError


def series_of_table(
    table: PriceTable, spec: DataSpec, reading: Reading, failed: list[Failed]
) -> Iterator[Bars | Returns]:
    """Return the series of a table, each checked on its own; those that cannot be used join ``failed``."""
    known = actions_of(open_grid(Path(spec.actions), DataSpec())) if spec.actions else {}
    origin = Origin(table.path.name, spec.length() or step_of(table), reading.against, table.adjusted)
    wanted = [code for code in table.series if reading.wanted is None or code in reading.wanted]
    for code in wanted:
        traded = reading.given if reading.given is not None else spec.traded(code)
        if spec.calendar and traded.calendar != spec.calendar:
            traded = replace(traded, calendar=spec.calendar)
        try:
            yield marked(one_series(table, code, traded, TableReading(spec, origin, known)), table)
        except UsageError:
            raise  # a missing setting concerns every instrument of the table
        except EventStudyError as error:
            place = table.path.name if table.path.stem == code else f"{table.path.name}, {code}"
            failed.append(Failed(code, place, error))


class TableReading(NamedTuple):
    """How the series of a table are read: what is stated about it, where it is from, its corporate actions by code."""

    spec: DataSpec
    origin: Origin
    actions: Mapping[str, Actions]


def one_series(table: PriceTable, code: str, traded: Instrument, reading: TableReading) -> Bars | Returns:
    """Return the series of one instrument of a table, corporate actions applied."""
    rows, (spec, origin, known) = table.series[code], reading
    if spec.holds != "prices":
        values, notices = as_log_returns(rows, spec)
        held = series_from(replace(rows, columns={"close": values}), traded, spec, origin)
        return replace(held, notices=notices, source=table.path.name) if isinstance(held, Returns) else held
    if table.signed:
        rows, notices = without_signs(rows)
        bars = one_series(replace(table, series={code: rows}, signed=False), code, traded, reading)
        return replace(bars, notices=(*bars.notices, *notices))
    actions = actions_for(known, code, Path(spec.actions), alone=len(table.series) == 1) if known else None
    if actions is None:
        return series_from(rows, traded, spec, origin)
    columns, notices = adjusted(rows.columns, dates_of(rows, traded, spec), actions, code)
    bars = series_from(replace(rows, columns=columns), traded, spec, origin)
    return replace(bars, notices=(*bars.notices, *notices))


def without_signs(rows: Rows) -> tuple[Rows, tuple[Notice, ...]]:
    """Return rows with their prices positive, and a notice that counts the averages of bid and ask among them."""
    averages = int((rows.columns["close"] < 0).sum())
    if not averages:
        return rows, ()
    columns = dict(rows.columns) | {"close": np.abs(rows.columns["close"])}
    message = (
        f"{averages} of {len(rows)} prices are averages of bid and ask on days without a trade (negative in CRSP)."
    )
    return replace(rows, columns=columns), (Notice("ES-BID-ASK-AVERAGE", message),)


def marked(one: Bars | Returns, table: PriceTable) -> Bars | Returns:
    """Return a series with what concerns the complete file: SIMULATED in its name, columns that could not be read."""
    notices = []
    if table.unread:
        shown = ", ".join(table.unread)
        message = f"{table.path.name}: the columns {shown} hold no numbers and were not read."
        notices.append(Notice("ES-COLUMN-UNREAD", message))
    if table.mid:
        message = f"{table.path.name} has bid and ask and no other price: the studied price is their mean."
        notices.append(Notice("ES-MID-PRICE", message))
    if table.nameless:
        message = f"{table.path.name}: {table.nameless:,} rows name no instrument and were not read."
        notices.append(Notice("ES-ROWS-WITHOUT-INSTRUMENT", message))
    if one.instrument.code in table.unfinished:
        message = f"{table.path.name}: the last bar was still forming (its end is off the grid) and was left out."
        notices.append(Notice("ES-UNFINISHED", message))
    simulated = one.simulated or "SIMULATED" in table.path.name
    if not notices and simulated == one.simulated:
        return one
    changes: dict[str, Any] = {"notices": (*one.notices, *notices), "simulated": simulated}
    if isinstance(one, Bars):
        changes["frame"] = one.unbuilt
    return replace(one, **changes)
