"""The news says "down 1.2 roubles": from what? The claimed move beside the measured ones."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, instant_us
from eventstudy.errors import DataError
from eventstudy.news.claims import PriceClaim, find_claims
from eventstudy.news.items import Event
from eventstudy.news.price_evidence import speaks_for
from eventstudy.response.tape import Tape
from eventstudy.response.values import ClaimBeside, Response

TOLERANCE = 0.001  # log; a claim is rounded to kopecks and minutes


def claims_beside(event: Event, tape: Tape, response: Response) -> tuple[ClaimBeside, ...]:
    """Return every claim of the event's news that speaks of this instrument, beside the measured moves."""
    found = (claim for sentence in event.claims for claim in find_claims(sentence, ((0, len(sentence)),)))
    return tuple(claim_beside(c, tape, response) for c in found if speaks_for(tape.instrument.code, c.subject))


def claim_beside(claim: PriceClaim, tape: Tape, response: Response) -> ClaimBeside:
    """Return a claim beside the measured moves of the instrument it speaks of.

    Parameters
    ----------
    claim : PriceClaim
        Its clock time is read on the market's clock, on the local day of the news.
    tape : Tape
    response : Response
        Of the same instrument.

    Raises
    ------
    DataError
        If the tape has no bar of the day before, or none by the time of the claim.
    """
    at = _instant(claim, response)
    row = int(np.searchsorted(tape.closes, instant_us(at), side="right")) - 1
    day = tape.day
    today = np.flatnonzero(day == day[max(row, 0)])
    if row < 0 or not today[0]:
        raise DataError(
            f"The bars of {tape.instrument.code} do not hold the close before {at.isoformat()}.",
            remedy="Get bars that begin at least one trading day earlier.",
        )
    clean = math.log(response.reference_price)
    references = {
        "previous close": float(tape.price[today[0] - 1]),
        "open": float(tape.price[today[0]]),
        "last price before the news": clean,
    }
    measured = float(tape.price[row])
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
