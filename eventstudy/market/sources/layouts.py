"""LAYOUTS: how files name their columns, one row for each layout; and what columns of files without a header hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PRICES = {
    "open": ("open", "opening price", "open price", "px open", "prcod"),
    "high": ("high", "max", "highest price", "high price", "px high", "prchd"),
    "low": ("low", "min", "lowest price", "low price", "px low", "prcld"),
    "close": (
        *("close", "last", "price", "closing price", "close price", "last price", "close/last", "settle"),
        *("px last", "prccd", "prc", "dlyprc"),
    ),
    "volume": ("volume", "vol", "vol.", "tickvol", "tick volume", "px volume", "cshtrd"),
    "bid": ("bid", "best bid", "close bid", "bid price", "px bid"),
    "ask": ("ask", "offer", "best ask", "close ask", "ask price", "px ask"),
}
# What stands in a file of prices or returns besides the columns of bars.
OTHER_ROLES = {
    "adjusted": (
        *("adj close", "adjusted close", "adjclose", "adj. close", "close adj", "closeadj", "adjusted", "adj"),
        *("close adjusted", "adjusted price", "adj price", "adj prc", "adj last", "adjusted last"),
    ),
    "return": ("ret", "return", "returns", "simple return", "log return", "logret", "dlyret"),
    "delisting": ("dlret",),
    # What a raw price is divided by and multiplied with to be comparable over time.
    "divisor": ("ajexdi", "cfacpr", "dlyfacprc"),
    "multiplier": ("trfd", "adj factor", "adjustment factor"),
}
# Prices of CRSP: a minus sign marks the average of bid and ask on a day without a trade.
SIGNED_PRICES = ("prc", "dlyprc")
PLACES = ("time", "date", "clock", "ticker")
ROLES = (*PLACES, *PRICES, *OTHER_ROLES)
ROLE_ALIASES = {"adj_close": "adjusted", "instrument": "ticker", "symbol": "ticker"}
# Names of one letter are tickers as often as roles: they count only where a complete bar is named so.
SHORT_NAMES = {"t": "time", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
COMPLETE_BAR = {"o", "h", "l", "c"}


@dataclass(frozen=True)
class FileLayout:
    """One layout.

    Attributes
    ----------
    time : tuple of str
        Names a single column of date and time may have, best first.
    date, clock : tuple of str
        Names of separate columns of date and time of day; used where both exist.
    prices : mapping of str to tuple of str
        Names each of open, high, low, close, volume, bid, ask may have. Compared without case, ``<>``, a number
        before them, underscores, and spaces at the ends.
    ticker : tuple of str
        Names of a column that holds the instrument of each row.
    """

    time: tuple[str, ...] = (
        *("datetime", "time", "timestamp", "date", "begin", "open time", "gmt time", "local time", "caldt"),
        *("datadate", "observation date", "date time", "dt", "dlycaldt", "trade date", "trading date"),
        *("week", "month", "quarter", "period"),
    )
    date: tuple[str, ...] = ("date",)
    clock: tuple[str, ...] = ("time",)
    prices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PRICES)
    ticker: tuple[str, ...] = (
        *("ticker", "secid", "symbol", "instrument", "permno", "isin", "tic", "ric", "gvkey", "cusip", "name", "code"),
    )


LAYOUTS: dict[str, FileLayout] = {
    "generic": FileLayout(),
    "finam": FileLayout(time=(), prices=PRICES | {"volume": ("vol",)}, ticker=("ticker",)),
    "quik": FileLayout(time=("datetime",), date=("date", "дата"), clock=("time", "время")),
    "moex-iss-csv": FileLayout(time=("begin",), date=(), clock=(), ticker=("secid",)),
    "metatrader": FileLayout(time=(), prices=PRICES | {"volume": ("tickvol", "vol", "volume")}),
    "yahoo-csv": FileLayout(time=("datetime", "date"), date=(), clock=(), ticker=()),
    "stooq": FileLayout(time=("date",), prices=PRICES | {"volume": ("vol", "volume")}),
}

BAR = ("open", "high", "low", "close", "volume")
# How files without a header begin: the number of columns (None for any), the first cells, what the columns hold.
HEADERLESS: tuple[tuple[int | None, tuple[str, ...], tuple[str, ...]], ...] = (
    (None, (r"\d{4}\.\d\d\.\d\d", r"\d\d:\d\d(:\d\d)?"), ("date", "clock", *BAR)),
    (None, (r"\d{8} \d{6}",), ("time", *BAR)),
    (12, (r"\d{13}|\d{16}",), ("time", *BAR, "close time", "quote volume", "trades")),
)

TO_REMOVE = re.compile(r"[<>*_]|[^\S\n]")  # without any of these `plain` changes capital letters only


def plain(name: str) -> str:
    """Return a column name as layouts compare it.

    ``"<CLOSE>"``, ``"4. close"``, ``"Close*"``, ``"Close (USD)"`` and ``"Close"`` are ``"close"``.
    """
    bare = name.strip().strip("<>").rstrip("*").strip().casefold().replace("_", " ")
    return re.sub(r"^\d+[.)]\s+|(?<!\s)\s++\([a-z]{3}\)$", "", bare)


def all_plain(names: Sequence[str]) -> list[str]:
    """Return every name as :func:`plain` does; thousands of codes without anything to remove are read as one text.

    >>> all_plain(["AAA", "BBB"]), all_plain(["4. close", "<OPEN>"])
    (['aaa', 'bbb'], ['close', 'open'])
    """
    text = "\n".join(names)
    spelled = [] if TO_REMOVE.search(text) else text.casefold().split("\n")
    return spelled if len(spelled) == len(names) else [plain(name) for name in names]


def headerless(sample: Sequence[str]) -> tuple[str, ...]:
    """Return what the columns of a file without a header hold, by its first row; () where no row of HEADERLESS fits."""
    for width, cells, names in HEADERLESS:
        fits = len(sample) >= len(cells) and all(map(re.fullmatch, cells, (cell.strip() for cell in sample)))
        if fits and width in (None, len(sample)):
            return names
    return ()
