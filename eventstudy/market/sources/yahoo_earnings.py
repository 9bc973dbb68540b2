"""Earnings dates of Yahoo as a list of events: one row per ticker and date, with the session in place of a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from eventstudy.errors import NetworkError, SourceError
from eventstudy.market.sources.yahoo import yahoos_errors
from eventstudy.show.escape import plain

MOST = 100
# Dates(ticker) -> frame indexed by the announced hour in some zone, with what was expected and reported.
Dates = Callable[[str], pd.DataFrame | None]
COLUMNS = ("id", "ticker", "date", "session", "eps_estimate", "eps_reported", "surprise_percent")
NEW_YORK = "America/New_York"
OPENS, CLOSES = 9, 16


@dataclass(frozen=True, slots=True)
class Earnings:
    """One announcement: the date in New York, and "bmo", "dmh", "amc" or "" where the hour does not say."""

    ticker: str
    day: date
    session: str
    estimate: float
    reported: float
    surprise: float

    @property
    def id(self) -> str:
        return f"{self.ticker}-{self.day}"


def read_earnings(tickers: Iterable[str], now: datetime, dates: Dates | None = None) -> tuple[list[Earnings], int]:
    """Return past announcements of several companies, oldest first, and how many announced dates lie ahead.

    Yahoo states whole hours: before 9 is before the market opens, from 16 on after it closes, 10 to 15 during market
    hours. The hour of the open (9:00 to 9:59) could be either side of 9:30, so it is the whole date.

    Raises
    ------
    SourceError
        If Yahoo has no earnings dates of a ticker.
    NetworkError
        If Yahoo cannot be reached, or its table cannot be read.
    """
    found, ahead = [], 0
    for ticker in tickers:
        frame = (dates or yahoo_dates)(ticker)
        if frame is None or not len(frame):
            raise SourceError(f"Yahoo has no earnings dates of {plain(ticker)!r}.", remedy="Check the symbol.")
        rows = _rows(ticker, frame)
        past = [row for at, row in rows if at <= pd.Timestamp(now)]
        ahead += len(rows) - len(past)
        found += past
    return sorted(set(found), key=lambda row: (row.day, row.ticker)), ahead


def _rows(ticker: str, frame: pd.DataFrame) -> list[tuple[pd.Timestamp, Earnings]]:
    named = {str(name).lower().split("(")[0].strip(): name for name in frame.columns}
    numbers = {
        key: pd.to_numeric(frame[named[key]], errors="coerce") if key in named else pd.Series(index=frame.index)
        for key in ("eps estimate", "reported eps", "surprise")
    }
    index = pd.DatetimeIndex(frame.index)
    if index.tz is None or index.isna().any():
        raise NetworkError(f"Yahoo's earnings dates of {plain(ticker)!r} have no time zone.", remedy="Update yfinance.")
    local = index.tz_convert(NEW_YORK)
    values = zip(*(numbers[key].tolist() for key in numbers), strict=True)
    return [(at, Earnings(ticker, at.date(), session_of(at.hour), *row)) for at, row in zip(local, values, strict=True)]


def session_of(hour: int) -> str:
    """Return the session of an announced hour in New York."""
    if hour < OPENS:
        return "bmo" if hour else ""  # midnight stands for an hour that is not stated
    if hour >= CLOSES:
        return "amc"
    return "" if hour == OPENS else "dmh"


def as_csv(rows: Iterable[Earnings]) -> str:
    """Return announcements as the text of an event list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        numbers = [f"{v:g}" if v == v else "" for v in (row.estimate, row.reported, row.surprise)]
        writer.writerow([row.id, row.ticker, row.day.isoformat(), row.session, *numbers])
    return text.getvalue()


def yahoo_dates(ticker: str) -> pd.DataFrame | None:
    """Ask Yahoo through yfinance for the latest announcements of a company."""
    with yahoos_errors(ticker) as yfinance:
        found = yfinance.Ticker(ticker).get_earnings_dates(limit=MOST)
        return None if found is None else pd.DataFrame(found)
