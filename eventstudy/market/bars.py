"""Bars: one price series, indexed by the instant each bar closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np
import pandas as pd

from eventstudy.arrays import FloatArray, IntArray, LabelSide, check_choice, from_epoch_us, value
from eventstudy.errors import BarsError, Notice, expect
from eventstudy.market.instruments import Instrument
from eventstudy.market.lazy_frame import FrameColumns, LazyFrame
from eventstudy.renamed import named_fields
from eventstudy.show.card import MOST, card
from eventstudy.show.numbers import both_clocks, length

COLUMNS = ("open", "high", "low", "close", "volume", "bid", "ask")


@value
class DoubtfulRows:
    """Rows that a quality check left out, or kept with a doubt.

    Attributes
    ----------
    kind : str
        The check, a name of ``CHECKS``.
    left_out : bool
    closes : IntArray, shape (n,)
        Closing instants, microseconds since the epoch.
    columns : mapping of str to FloatArray
        The prices of these rows, and ``previous``, the close of the row before each.
    """

    kind: str
    left_out: bool
    closes: IntArray
    columns: Mapping[str, FloatArray]


@named_fields
@value
class Bars:
    """One instrument's prices on its own closing instants.

    Attributes
    ----------
    instrument : Instrument
    step : pandas.Timedelta
        Length of one bar; one day for daily bars and fixings.
    label : {"left", "right"}
        Which end of the bar the labels of the input marked. The index here is always the closing instant.
    frame : pandas.DataFrame
        Index: closing instants, UTC, microseconds, unique, increasing. Columns: a subset of ``open high low
        close volume bid ask``, float64; ``close`` always. A minute without trades has no row; ``bid`` and ``ask`` are
        the best quotes at the close.
    source : str
        Where it came from, in words fit for a report.
    simulated : bool
        True for drawn data; every table, axis and file made from it says SIMULATED.
    notices : tuple of Notice
        What was found and repaired on the way in.
    zone : str
        Time zone on whose clock the dates of daily bars stand, and the times of day of a series without a calendar;
        that of the calendar where empty.
    doubtful : tuple of DoubtfulRows
        Rows that a study looks at again where they lie inside an event window.

    Raises
    ------
    BarsError
        If an invariant does not hold: the message names the first offending row.

    Examples
    --------
    >>> from eventstudy.market.instruments import Instrument
    >>> closes = pd.date_range("2021-04-13 07:10", periods=2, freq="10min", tz="UTC", unit="us")
    >>> Bars(Instrument("SBER"), pd.Timedelta("10min"), "right", pd.DataFrame({"close": [281.0, 281.5]}, closes))
    <Bars SBER: 2 bars of 0 days 00:10:00, 2021-04-13 07:10 to 2021-04-13 07:20 UTC>
    """

    instrument: Instrument
    step: pd.Timedelta
    label: LabelSide
    frame: pd.DataFrame = LazyFrame()  # type: ignore[assignment]  # read as a frame, built when it is asked for
    source: str = ""
    simulated: bool = False
    notices: tuple[Notice, ...] = field(default=())
    zone: str = ""
    doubtful: tuple[DoubtfulRows, ...] = ()

    def __post_init__(self) -> None:
        expect("Bars.instrument", self.instrument, Instrument, "Pass Instrument('SBER').")
        expect("Bars.step", self.step, pd.Timedelta, "Pass the length of a bar: pandas.Timedelta('10min').")
        check_choice("label side", self.label, LabelSide)
        held = self.unbuilt
        if not isinstance(held, FrameColumns):
            expect("Bars.frame", held, pd.DataFrame, "Pass a frame of prices indexed by closing times in UTC.")
            self._check_index(held.index)
        closes = self.closes_us
        if not (closes[1:] > closes[:-1]).all():
            bad = int((closes[1:] <= closes[:-1]).argmax()) + 1
            at = from_epoch_us(closes[bad : bad + 1])[0]
            raise BarsError(f"The bars of {self.instrument.code} are not strictly increasing at row {bad} ({at}).")
        names = self.names
        if "close" not in names or any(name not in COLUMNS for name in names):
            raise BarsError(f"Bars hold the columns {', '.join(COLUMNS)}, with 'close' always; found {names}.")
        if self.step <= pd.Timedelta(0):
            raise BarsError(f"The step of {self.instrument.code} is {self.step}; it must be positive.")

    def _check_index(self, index: pd.Index) -> None:
        if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
            raise BarsError(
                f"The bars of {self.instrument.code} are not indexed by instants with a zone.",
                remedy="Read them with read_bars(..., timezone=..., label=...).",
            )
        if str(index.tz) != "UTC" or index.unit != "us":
            raise BarsError(f"The bars of {self.instrument.code} are in {index.tz}/{index.unit}, not UTC/us.")

    @property
    def unbuilt(self) -> pd.DataFrame | FrameColumns:
        """The frame, or its columns while nothing has asked for it."""
        return self._frame  # type: ignore[attr-defined,no-any-return]  # set by LazyFrame

    def __len__(self) -> int:
        held = self.unbuilt
        return len(held.closes) if isinstance(held, FrameColumns) else len(held)

    def __repr__(self) -> str:
        mark = "SIMULATED, " if self.simulated else ""
        index = self.frame.index
        closes = f", {index[0]:%Y-%m-%d %H:%M} to {index[-1]:%Y-%m-%d %H:%M} UTC" if len(self) else ""
        return f"<Bars {self.instrument.code}: {mark}{len(self):,} bars of {self.step}{closes}>"

    def _repr_html_(self) -> str:
        index = self.frame.index
        closes = f"{both_clocks(index[0], 'UTC')} to {both_clocks(index[-1], 'UTC')}" if len(self) else "empty"
        rows = [
            ("bars", f"{len(self):,} of {length(round(self.step.total_seconds()) * 1_000_000)}"),
            ("closes", closes),
            ("columns", ", ".join(map(str, self.frame.columns))),
            ("quote", self.instrument.quote),
            ("calendar", self.instrument.calendar),
            ("source", self.source),
            *[(notice.code, notice.message) for notice in self.notices[:MOST]],
        ]
        more = max(0, len(self.notices) - MOST)
        return card(self.instrument.code, rows, simulated=self.simulated, more=more)

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        held = self.unbuilt
        return list(held.names if isinstance(held, FrameColumns) else held.columns)

    def column(self, name: str) -> FloatArray:
        """Return one column, shape (T,), without building the frame."""
        held = self.unbuilt
        column: FloatArray = (
            held.block[held.names.index(name)] if isinstance(held, FrameColumns) else held[name].to_numpy(np.float64)
        )
        return column

    @property
    def closes_us(self) -> IntArray:
        """Closing instants in microseconds since the epoch, shape (T,)."""
        held = self.unbuilt
        if isinstance(held, FrameColumns):
            return held.closes
        return np.asarray(held.index.asi8)  # type: ignore[attr-defined]  # UTC and us: see above
