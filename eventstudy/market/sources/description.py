"""DataSpec: the one description of where series are, and of everything that a file does not say about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from eventstudy.arrays import LabelSide, brief
from eventstudy.errors import DataError, UsageError
from eventstudy.market.instruments import Instrument, instrument

if TYPE_CHECKING:
    import pandas as pd


class Settings(BaseModel):
    """Strict, frozen, no unknown keys: the base of every section."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=False)


class DataSpec(Settings):
    """Series of one source: a universe in one table, or a single instrument.

    A table of a study file, the arguments of ``read_bars`` and ``read_universe``, and the options of ``eventstudy run``
    without a study file all become this.

    Attributes
    ----------
    instrument : str
        The code of a single series; of several instruments in one file, the one to read.
    instruments : "*" or tuple of str
        Which instruments of a table, or of a service.
    source : str
        A row of ``BAR_SOURCES``.
    path : str
        A file, a glob, or a folder; of a dataset also an address, ``s3://BUCKET/...``.
    sheet : str
        Of a workbook with several sheets, the one to read.
    preset : str
        A row of ``LAYOUTS``.
    columns : mapping of role to column name, or tuple of str
        Where the layout's names do not fit; the names of all columns for a file without a header.
    prices : str
        "adj_close", "close", or the name of a column. Empty: the adjusted close where one stands beside the close.
    holds : {"prices", "simple returns", "log returns"}
        What the numbers are.
    unit : {"decimal", "percent"}
        Of returns.
    timezone : str
        Time zone of the timestamps; not needed where they carry an offset.
    label : {"left", "right"}
        Which end of a bar its timestamp marks; not needed for daily data.
    step : str
        Length of a bar; inferred from the timestamps where it is empty.
    calendar : str
        A row of ``CALENDARS``.
    closes_at : str
        Local time of the close of daily data, "16:00".
    actions : str
        A table of splits and dividends.
    force_label : bool
        Keep the stated label side although the data contradict it.
    accept : tuple of str
        Kinds of defects that are reported and left as they are.
    board : str
        Trading board of the instrument.
    quote : str
        What a higher price means, e.g. "RUB per USD".
    sign : {-1, 1}
        -1 if a higher price is the move that readers call "down".
    first, last : str
        Bounds of the period, both included: a date, or a time with UTC offset.
    """

    instrument: str = ""
    instruments: Literal["*"] | tuple[str, ...] = "*"
    source: str = "file"
    path: str = ""
    sheet: str = ""
    preset: str = "generic"
    columns: dict[str, str] | tuple[str, ...] = Field(default_factory=dict)
    prices: str = ""
    holds: Literal["prices", "simple returns", "log returns"] = "prices"
    unit: Literal["decimal", "percent"] = "decimal"
    timezone: str = ""
    label: LabelSide | None = None
    step: str = ""
    calendar: str = ""
    closes_at: str = ""
    actions: str = ""
    force_label: bool = False
    accept: tuple[str, ...] = ()
    board: str = ""
    quote: str = ""
    sign: Literal[-1, 1] = 1
    first: str = ""
    last: str = ""

    def codes(self) -> tuple[str, ...]:
        """Return the instruments that are named; () where all of the table are asked for."""
        named = (self.instrument,) if self.instrument else ()
        return named if self.instruments == "*" else (*named, *self.instruments)

    def role(self, role: str) -> str:
        """Return the column stated for a role; empty where none is."""
        return self.columns.get(role, "") if isinstance(self.columns, Mapping) else ""

    def traded(self, code: str) -> Instrument:
        """Return an instrument with what is stated about it."""
        known = instrument(code)
        given = {name: getattr(self, name) for name in ("board", "calendar", "quote") if getattr(self, name)}
        if self.sign != 1:
            given["sign"] = self.sign
        return replace(known, **given) if given else known

    def length(self) -> pd.Timedelta | None:
        """Return the stated length of a bar."""
        from eventstudy.market.steps import step_of

        try:
            return step_of(self.step) if self.step else None
        except (ValueError, OverflowError):
            raise UsageError(
                f"The step {brief(self.step)} is not a length of time.", remedy='Write "1min", "1D" or "1W".'
            ) from None

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return the UTC bounds of the period; a date stands for the complete day in the zone of the series."""
        zone = ZoneInfo(self.timezone or "UTC")
        return instant(self.first, zone, time.min), instant(self.last, zone, time.max)


def instant(text: str, zone: ZoneInfo, at: time) -> datetime | None:
    """Return a bound of a period; a date alone is taken at the time given."""
    if not text:
        return None
    try:
        if len(text) == len("2021-04-13"):
            return datetime.combine(date.fromisoformat(text), at, zone).astimezone(UTC)
        stamp = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{text!r} is not a date; write it as 2021-04-13 or 2021-04-13T18:37+03:00.") from error
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)
