"""The row ``moex`` of ``BAR_SOURCES``: from a request to checked bars, through the exchange's service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from eventstudy.errors import SourceError
from eventstudy.market.bars import Bars
from eventstudy.market.sources import moex
from eventstudy.market.sources.request import BarRequest

ZONE = ZoneInfo(moex.MOSCOW)
# Free answers lag by 15 minutes: until then the newest candle is still growing.
DELAY = timedelta(minutes=16)


def read_moex(request: BarRequest) -> Bars:
    """Read candles of the Moscow Exchange.

    Raises
    ------
    SourceError
        If the exchange has no such symbol, board, step or period.
    NetworkError
        If it cannot be reached, or what came through is not whole.
    """
    where = moex.listing(request.instrument, request.step)
    with moex.open_door(offline=request.offline) as door:
        ask = moex.asking(door)
        days = _asked_days(request, moex.borders(ask, where))
        frame = pd.concat([moex.candles(ask, where, chunk) for chunk in moex.chunks(days, where.interval)])
    return to_bars(frame, request)


def to_bars(frame: pd.DataFrame, request: BarRequest, now: datetime | None = None) -> Bars:
    """Cut a frame of finished candles to the period asked for."""
    until = min((now or datetime.now(UTC)) - DELAY, request.last or datetime.max.replace(tzinfo=UTC))
    kept = frame[frame.index <= pd.Timestamp(until)]
    if request.first:
        kept = kept[kept.index >= pd.Timestamp(request.first)]
    if kept.empty:
        raise SourceError(
            f"The Moscow Exchange has no bar of {request.instrument.code} in the period asked for.",
            remedy="It may be a holiday; check the period against the calendar.",
        )
    return Bars(request.instrument, request.step, "left", kept, "Moscow Exchange, ISS")


def _asked_days(request: BarRequest, covered: moex.Days | None) -> moex.Days:
    code, board = request.instrument.code, request.instrument.board
    if covered is None:
        raise SourceError(f"The Moscow Exchange has no candles of {code} on the board {board}.", remedy="Check both.")
    first = request.first.astimezone(ZONE).date() if request.first else covered[0]
    last = request.last.astimezone(ZONE).date() if request.last else covered[1]
    if last < covered[0] or first > covered[1]:
        raise SourceError(
            f"The Moscow Exchange has these candles of {code} from {covered[0]} to {covered[1]}, not in the period "
            f"from {first} to {last}.",
            remedy="Ask for days inside these bounds.",
        )
    return max(first, covered[0]), min(last, covered[1])
