"""What else was going on: known events and the exchange's own seams inside the windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, instant_from_us, instant_us
from eventstudy.errors import DataError
from eventstudy.market.instruments import Instrument
from eventstudy.news.claims import PriceClaim, find_claims
from eventstudy.news.items import Event
from eventstudy.news.price_evidence import speaks_for
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.known_nearby import NearWindow
from eventstudy.response.placebo_pool import as_date
from eventstudy.response.values import ClaimBeside, Confounder, Response

TOLERANCE = 0.001  # log; a claim is rounded to kopecks and minutes


def claims_beside(event: Event, prices: IntradayPrices, response: Response) -> tuple[ClaimBeside, ...]:
    """Return every claim of the event's news that speaks of this instrument, beside the measured moves."""
    found = (claim for sentence in event.claims for claim in find_claims(sentence, ((0, len(sentence)),)))
    return tuple(claim_beside(c, prices, response) for c in found if speaks_for(prices.instrument.code, c.subject))


def claim_beside(claim: PriceClaim, prices: IntradayPrices, response: Response) -> ClaimBeside:
    """Return a claim beside the measured moves of the instrument it speaks of.

    Parameters
    ----------
    claim : PriceClaim
        Its clock time is read on the market's clock, on the local day of the news.
    prices : IntradayPrices
    response : Response
        Of the same instrument.

    Raises
    ------
    DataError
        If the prices have no bar of the day before, or none by the time of the claim.
    """
    at = _instant(claim, response)
    row = int(np.searchsorted(prices.closes, instant_us(at), side="right")) - 1
    day = prices.day
    today = np.flatnonzero(day == day[max(row, 0)])
    if row < 0 or not today[0]:
        raise DataError(
            f"The bars of {prices.instrument.code} do not hold the close before {at.isoformat()}.",
            remedy="Get bars that begin at least one trading day earlier.",
        )
    clean = math.log(response.reference_price)
    references = {
        "previous close": float(prices.price[today[0] - 1]),
        "open": float(prices.price[today[0]]),
        "last price before the news": clean,
    }
    measured = float(prices.price[row])
    level = math.log(claim.level) if claim.level else math.nan
    claimed = _claimed(claim, measured if math.isnan(level) else level)
    misses = {name: abs((measured if math.isnan(level) else level) - ref - claimed) for name, ref in references.items()}
    best = min(misses, key=lambda name: misses[name]) if math.isfinite(claimed) else "none of them"
    return ClaimBeside(
        text=claim.text,
        at=at,
        claimed=claimed,
        level=claim.level if claim.level else math.nan,
        measured_level=math.exp(measured),
        on_previous_close=measured - references["previous close"],
        since_open=measured - references["open"],
        since_news=measured - clean,
        abnormal=_abnormal(response, instant_us(at)),
        against=best if misses.get(best, math.inf) <= TOLERANCE else "none of them",
    )


def _instant(claim: PriceClaim, response: Response) -> datetime:
    """Return the instant of the claim; where the text names no clock time, the first close after the news."""
    local = response.first_at.astimezone(ZoneInfo(response.zone))
    if not claim.at:
        return response.first_at
    hour, minute = (int(part) for part in claim.at.split(":")[:2])
    return local.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _claimed(claim: PriceClaim, level: float) -> float:
    """Return the claimed change as a log move up to ``level`` (log price)."""
    if claim.change is None:
        return math.nan
    if claim.unit == "percent":
        return math.log1p(claim.change / 100)
    change = claim.price_change
    before = math.exp(level) - change if change is not None else math.nan
    return level - math.log(before) if before > 0 else math.nan


def _abnormal(response: Response, at: int) -> float:
    closes = response.path.closes
    column = int(np.searchsorted(closes, at, side="right")) - 1
    inside = 0 <= column < len(closes) and at - int(closes[-1]) < DAY_US // 24
    return float(response.path.car[column]) if inside and at >= int(closes[0]) else math.nan


@dataclass(frozen=True, slots=True)
class Seam:
    """Something that happens at the same clock time every day and moves prices or volume by itself.

    ``calendars`` names the markets it belongs to, ``codes`` the instruments (empty for all of the market).
    """

    clock: int
    length: int
    label: str
    calendars: tuple[str, ...]
    codes: tuple[str, ...] = ()
    since: date = date.min
    until: date = date.max


# Minutes since Moscow midnight. Sources: methods A1 (moex.com/s866, n9107, n51152; the MOEX notice of 13 June 2024).
SEAMS = (
    Seam(9 * 60 + 50, 10, "opening auction of shares", ("MOEX-SHARES",)),
    Seam(18 * 60 + 40, 10, "closing auction of shares", ("MOEX-SHARES", "MOEX-INDEX", "MOEX-INDEX2")),
    Seam(14 * 60, 5, "midday clearing of futures", ("MOEX-FUTURES",), until=date(2026, 3, 22)),
    Seam(18 * 60 + 45, 15, "evening clearing of futures", ("MOEX-FUTURES",), until=date(2022, 9, 11)),
    Seam(18 * 60 + 50, 15, "evening clearing of futures", ("MOEX-FUTURES",), (), date(2022, 9, 12), date(2026, 3, 22)),
    Seam(11 * 60 + 30, 1, "rouble fixing 11:30", ("MOEX-FX",)),
    Seam(15 * 60 + 30, 1, "rouble fixing 15:30", ("MOEX-FX",)),
    Seam(
        *(17 * 60, 60, "RTSI takes over the central bank's rate: a step that is not news", ("MOEX-INDEX",)),
        codes=("RTSI",),
        since=date(2024, 6, 13),
    ),
)


def market_events(instrument: Instrument, window: NearWindow) -> list[Confounder]:
    """Return what happens at the same clock time every day inside an event's window."""
    start, zero, end = (window.clock(at) for at in (window.start, window.zero, window.end))
    day = as_date(window.event_day)
    found = []
    for seam in SEAMS:
        if (
            instrument.calendar not in seam.calendars
            or (seam.codes and instrument.code not in seam.codes)
            or not seam.since <= day <= seam.until
        ):
            continue
        starts, ends = seam.clock * MINUTE_US, (seam.clock + seam.length) * MINUTE_US
        if start < ends and starts < end:
            at = window.start + starts - start
            where = "before" if ends <= zero else "event"
            found.append(Confounder(instant_from_us(at), seam.label, where, "kept: the placebo days have it as well"))
    return found
