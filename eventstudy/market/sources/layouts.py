"""LAYOUTS: the named file layouts, one row each: which columns hold what, under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PRICES = {
    "open": ("open",),
    "high": ("high", "max"),
    "low": ("low", "min"),
    "close": ("close", "last", "price", "adj close"),
    "volume": ("volume", "vol", "tickvol"),
    "bid": ("bid", "best bid", "close_bid"),
    "ask": ("ask", "offer", "best ask", "close_ask"),
}


@dataclass(frozen=True)
class Layout:
    """One layout.

    Attributes
    ----------
    time : tuple of str
        Names a single column of date and time may have, best first.
    date, clock : tuple of str
        Names of separate columns of date and time of day; used where both exist.
    prices : mapping of str to tuple of str
        Names each of open, high, low, close, volume, bid, ask may have. Compared without case, ``<>`` and spaces at the
        ends.
    ticker : tuple of str
        Names of a column that tells several instruments of one file apart.
    header : tuple of str
        Column names of a layout whose files carry none.
    skip : str
        First line of files that put a title and an empty line before the header.
    """

    time: tuple[str, ...] = ("datetime", "time", "timestamp", "date", "begin")
    date: tuple[str, ...] = ("date",)
    clock: tuple[str, ...] = ("time",)
    prices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PRICES)
    ticker: tuple[str, ...] = ("ticker", "secid", "symbol")
    header: tuple[str, ...] = ()
    skip: str = ""


LAYOUTS: dict[str, Layout] = {
    "generic": Layout(),
    "finam": Layout(time=(), prices=PRICES | {"volume": ("vol",)}, ticker=("ticker",)),
    "quik": Layout(time=("datetime",), date=("date", "дата"), clock=("time", "время")),
    "moex-iss-csv": Layout(time=("begin",), date=(), clock=(), ticker=("secid",), skip="candles"),
    "metatrader": Layout(
        time=(),
        prices=PRICES | {"volume": ("tickvol", "vol", "volume")},
        header=("date", "time", "open", "high", "low", "close", "volume"),
    ),
    "yahoo-csv": Layout(time=("datetime", "date"), date=(), clock=(), prices=PRICES | {"close": ("close",)}, ticker=()),
    "stooq": Layout(time=("date",), prices=PRICES | {"volume": ("vol", "volume")}),
}


def plain(name: str) -> str:
    """Return a column name as layouts compare it: ``"<CLOSE>"`` is ``"close"``."""
    return name.strip().strip("<>").strip().casefold()
