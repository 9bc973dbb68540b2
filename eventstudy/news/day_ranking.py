"""Candidate days for a text that cannot be accepted as it stands: ranked by the likelihood of all evidence together.

The score of a day d is a log-likelihood, the sum over independent pieces of evidence:

    score(d) = sum_i log P(words_i | d) + sum_j log p(claim_j | d)

Words: an author writes the right weekday and date with probability 0.90, a date one day off under the right weekday
with 0.015 on either side, the right date under a wrong weekday with 0.02 (shared by six), another date of the month
under the right weekday with 0.001, and two mistakes at once with 5e-5. These figures are agreed, not estimated: they
rank, and the margin is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import log
from typing import TYPE_CHECKING

from eventstudy.errors import StampError
from eventstudy.news.claims import PriceClaim
from eventstudy.news.context import DatingContext
from eventstudy.news.days import DAYS, possible_days
from eventstudy.news.moments import Moment
from eventstudy.news.phrases import DateWords
from eventstudy.news.price_evidence import (
    DailySeries,
    claim_instant,
    fit_claim,
    pooled_series,
    series_conflicts,
)
from eventstudy.news.stamps import civil_day, day_anywhere
from eventstudy.news.time_evidence import Candidate, Conflict
from eventstudy.news.zones import VENUES

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

EXACT, NEAR, WRONG_WEEKDAY, WRONG_DATE, TWO_MISTAKES, NOTHING = 0.90, 0.015, 0.02 / 6, 0.001, 5e-5, 1e-6
SHOWN = 12


@dataclass(frozen=True)
class Ranked:
    """Candidates with what was found wrong with the series they were ranked by."""

    candidates: tuple[Candidate, ...]
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()


def day_words(moments: Sequence[Moment]) -> list[DateWords]:
    """Return the days the text names for the event, once each."""
    found = {
        (m.date.month, m.date.day, m.date.weekday, m.date.year): m.date
        for m in moments
        if m.role == "event" and m.date and m.date.day
    }
    return list(found.values())


def words_score(words: DateWords, day: date) -> tuple[float, str]:
    """Return log P(words | day) and the reason in words."""
    same_day = (day.month, day.day) == (words.month, words.day)
    if words.year is not None and words.year != day.year:
        return log(NOTHING), f"{words.text!r} names another year"
    if same_day and words.weekday in (None, day.weekday()):
        return log(EXACT), f"agrees with {words.text!r}"
    name = DAYS[day.weekday()]
    if words.weekday == day.weekday() and _one_day_off(words, day):
        return log(NEAR), f"is a {name} as written, one day from the date in {words.text!r}"
    if same_day:
        return log(WRONG_WEEKDAY), f"is a {name}, against {words.text!r}"
    if day.month == words.month:
        mistakes = WRONG_DATE if words.weekday == day.weekday() else TWO_MISTAKES
        return log(mistakes), f"only the month agrees with {words.text!r} (it is {name} {day.day})"
    return log(NOTHING), f"neither day nor month agrees with {words.text!r} (it is {name}, {day.day} {day:%B})"


def _one_day_off(words: DateWords, day: date) -> bool:
    return any(
        ((day + timedelta(days=s)).month, (day + timedelta(days=s)).day) == (words.month, words.day) for s in (-1, 1)
    )


def calendar_candidates(moments: Sequence[Moment], context: DatingContext) -> list[Candidate]:
    """Return the days that the words alone leave possible, for the times of a text that give no interval."""
    open_ = [m for m in moments if m.covers is None and m.date is not None]
    scored: dict[date, tuple[float, tuple[str, ...]]] = {}
    for words in day_words(open_):
        for day in _calendar_days(words, context):
            score, reason = words_score(words, day)
            if day not in scored or scored[day][0] < score:
                scored[day] = (score, (reason,))
    for moment in open_:
        if moment.date is not None and not moment.date.day:
            for day in moment.reading.readings:
                scored.setdefault(day, (log(0.5), (f"one reading of {moment.evidence.text!r}",)))
    return [_candidate(day, score, why, context.zone) for day, (score, why) in scored.items()]


def _calendar_days(words: DateWords, context: DatingContext) -> list[date]:
    """Return the days that agree, and the near misses whose weekday agrees a day beside the date."""
    if words.month is None or words.day is None:
        return []
    years = [words.year] if words.year else list(range(context.years[0], context.last_year + 1))
    found = [d for d in possible_days(words, context) if d.year in years]
    for year in years:
        for shift in (-1, 1):
            try:
                day = date(year, words.month, words.day) + timedelta(days=shift)
            except (ValueError, OverflowError):
                continue
            if words.weekday == day.weekday():
                found.append(day)
    return found


def _candidate(day: date, score: float, reasons: Sequence[str], zone: str) -> Candidate:
    """Return the full day on the clock it is counted by; where it is unknown, in every time zone."""
    name = f"{day} is a {DAYS[day.weekday()]}"
    try:
        stamp = civil_day(day, zone)
    except StampError:
        stamp = day_anywhere(day)
    if stamp.zone == "":
        reasons = (*reasons, "no zone is declared: the day in every zone")
    return Candidate(stamp.start, stamp.end, round(score, 3), (name, *reasons))


@dataclass(frozen=True, slots=True)
class _Scored:
    """One day with what the words and the prices say of it: log-likelihoods and their reasons."""

    day: date
    price: float
    total: float
    said: tuple[str, ...]
    prices: tuple[str, ...]


def _scored(day: date, words: Sequence[DateWords], used: Sequence[tuple[PriceClaim, DailySeries]]) -> _Scored:
    said = [words_score(one, day) for one in words]
    fits = [fit_claim(claim, series, day) for claim, series in used]
    price = sum(fit.score for fit in fits)
    reasons = tuple(reason for fit in fits for reason in fit.reasons)
    return _Scored(day, price, sum(score for score, _ in said) + price, tuple(reason for _, reason in said), reasons)


def price_candidates(
    moments: Sequence[Moment], claims: Sequence[PriceClaim], bars: Sequence[Bars], context: DatingContext
) -> Ranked | None:
    """Return days ranked by words and prices together; None where no series matches any claim."""
    zone = next((VENUES[c.venue.casefold()] for c in claims if c.venue.casefold() in VENUES), context.zone or "UTC")
    used = [(claim, series) for claim in claims for series in pooled_series(bars, claim, zone)]
    if not used:
        return None
    conflicts = tuple(c for series in dict.fromkeys(s for _, s in used) for c in series_conflicts(series))
    trusted = [] if conflicts else used
    words = day_words(moments)
    named = {d for w in words for d in _calendar_days(w, context)}
    days = sorted({d for _, series in used for d in series.days} | named)
    if context.fetched_at is not None:
        days = [d for d in days if d <= context.fetched_at.date()]
    scored = [_scored(day, words, trusted) for day in days]
    scored.sort(key=lambda one: (-one.total, one.day))
    # Up to three other days whose prices fit about as well as those of the best day.
    others = [one for one in scored[1:] if trusted and one.price >= scored[0].price - 3.0]
    rivals = sorted(others, key=lambda one: (-one.price, one.day))[:3]
    kept = [one for i, one in enumerate(scored) if i < SHOWN or one in rivals or one.day in named]
    notes = [
        f"On the prices alone {one.day} fits about as well ({'; '.join(one.prices)}); "
        f"but {'; '.join(one.said) or 'the text names no day'}."
        for one in rivals
    ]
    return Ranked(tuple(_priced(one, zone, claims) for one in kept), conflicts, tuple(notes))


def _priced(one: _Scored, zone: str, claims: Sequence[PriceClaim]) -> Candidate:
    """Return a day as a candidate; the price had moved by the time the claim names, which bounds the end."""
    candidate = _candidate(one.day, one.total, (*one.said, *one.prices), zone)
    named = [at for c in claims if c.at and (at := claim_instant(c, one.day, zone)) is not None]
    if named and candidate.earliest is not None and min(named) >= candidate.earliest:
        moved = f"the price had moved by {min(named).isoformat()}"
        return replace(candidate, latest=min(named), reasons=(*candidate.reasons, moved))
    return candidate
