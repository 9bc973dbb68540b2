"""From the words for a day to the day, or to a conflict that shows every reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from eventstudy.errors import StampError
from eventstudy.news.context import Context, Reference
from eventstudy.news.evidence import Conflict
from eventstudy.news.phrases import DateWords
from eventstudy.news.stamp_words import calendar_date, day_and_month
from eventstudy.news.words import RELATIVE_DAYS

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A numeric date proves its order where only one reading lies this near before the publication.
ORDER_PROOF = timedelta(days=7)
HALF_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class DayReading:
    """One day, or none with the conflict and the days it could be; ``anchored`` if its year was written or proved."""

    day: date | None = None
    conflict: Conflict | None = None
    readings: tuple[date, ...] = ()
    note: str = ""
    checked: bool = False


def read_day(words: DateWords, context: Context, reference: Reference, zone: str, russian: bool) -> DayReading:
    """Return the day the words mean on the clock of ``zone``.

    A written year, a weekday and the calendar must agree; what is not written is counted from the reference only.
    """
    try:
        if words.relative:
            return _relative(words, reference, zone)
        if words.weekday is not None and words.day is None and words.numeric is None:
            return _weekday_alone(words, reference, zone)
        if words.numeric is not None:
            return _numeric(words, context, reference, russian)
        if words.year is not None:
            day = calendar_date(words.year, int(words.month or 0), int(words.day or 0), words.text)
            if not context.years[0] <= day.year <= context.years[1]:
                raise StampError(
                    "old_for_news", f"{words.text!r} is outside the years {context.years[0]} to {context.years[1]}."
                )
            return _checked(words, day, context)
        return _without_year(words, context, reference)
    except StampError as error:
        return DayReading(conflict=Conflict(error.kind, error.message, words.text))


def _checked(words: DateWords, day: date, context: Context, note: str = "") -> DayReading:
    if words.weekday is None or day.weekday() == words.weekday:
        return DayReading(day, readings=(day,), note=note, checked=words.weekday is not None)
    return DayReading(conflict=weekday_conflict(words, day, context), readings=(day,))


def weekday_conflict(words: DateWords, day: date, context: Context) -> Conflict:
    """Return the conflict of a weekday with its date: what that date is, and the years in which both agree."""
    years = agreeing_years(words, context)
    near = [day + timedelta(days=d) for d in (-1, 1) if (day + timedelta(days=d)).weekday() == words.weekday]
    parts = [f"{words.text!r}: {day} is a {DAYS[day.weekday()]}, not a {DAYS[int(words.weekday or 0)]}"]
    parts += [f"the two agree in {', '.join(map(str, years))}"] if years else []
    parts += [f"the nearest {DAYS[d.weekday()]} is {d}" for d in near]
    return Conflict("weekday_vs_day", "; ".join(parts) + ".", words.text)


def agreeing_years(words: DateWords, context: Context) -> list[int]:
    """Return the years in which the written weekday, day and month agree."""
    return [d.year for d in possible_days(words, context)]


def possible_days(words: DateWords, context: Context) -> list[date]:
    """Return the days that agree with everything written, over the years in question."""
    if words.month is None or words.day is None:
        return []
    found = []
    for year in range(context.years[0], context.last_year + 1):
        try:
            day = date(year, words.month, words.day)
        except ValueError:
            continue
        if words.weekday in (None, day.weekday()):
            found.append(day)
    return found


def _without_year(words: DateWords, context: Context, reference: Reference) -> DayReading:
    month, day = int(words.month or 0), int(words.day or 0)
    # 2000 was a leap year, so only a day no year has is refused here.
    calendar_date(2000, month, day, words.text)
    published = reference.day
    if published is None:
        possible = possible_days(words, context)
        named = f" A {DAYS[words.weekday]} it is in" if words.weekday is not None else " Possible are"
        years = ", ".join(str(d.year) for d in possible)
        return DayReading(
            conflict=Conflict("year_unknown", f"{words.text!r} has no year.{named} {years or 'no year'}.", words.text),
            readings=tuple(possible),
        )
    near = [d for d in _around(published.year, month, day) if abs(d - published) <= HALF_YEAR]
    if not near:
        raise StampError("no_such_date", f"{words.text!r} is on no calendar within half a year of {published}.")
    found = min(near, key=lambda d: abs(d - published))
    return _checked(words, found, context, f"the year is that of the publication on {published}")


def _around(year: int, month: int, day: int) -> list[date]:
    found = []
    for y in (year - 1, year, year + 1):
        try:
            found.append(date(y, month, day))
        except ValueError:
            continue
    return found


def _weekday_alone(words: DateWords, reference: Reference, zone: str) -> DayReading:
    weekday = int(words.weekday or 0)
    if words.qualifier in ("every", "each") or words.qualifier.startswith("кажд"):
        return DayReading(conflict=Conflict("recurring", f"{words.text!r} is every week.", words.text))
    published = _agreed_day(reference, zone, words)
    back = (published.weekday() - weekday) % 7
    day = published - timedelta(days=back)
    if words.qualifier in ("last", "past", "this past", "previous") or words.qualifier[:5] in (
        "прошл",
        "минув",
        "преды",
    ):
        other = day - timedelta(days=7)
        return DayReading(
            conflict=Conflict(
                "relative_ambiguous", f"{words.text!r} may be {day} or {other} in a text of {published}.", words.text
            ),
            readings=(day, other),
        )
    if words.qualifier:
        ahead = day + timedelta(days=7)
        return DayReading(
            conflict=Conflict("relative_ambiguous", f"{words.text!r} may be {day} or {ahead}.", words.text),
            readings=(day, ahead),
        )
    return DayReading(day, readings=(day,), note=f"the last {DAYS[weekday]} up to the publication on {published}")


def _relative(words: DateWords, reference: Reference, zone: str) -> DayReading:
    offset = RELATIVE_DAYS[words.relative]
    if offset is None:
        return DayReading(
            conflict=Conflict("relative_ambiguous", f"{words.text!r} does not say of which day.", words.text)
        )
    published = _agreed_day(reference, zone, words)
    return DayReading(published + timedelta(days=offset), note=f"counted from the publication on {published}")


def _agreed_day(reference: Reference, zone: str, words: DateWords) -> date:
    """Return the day to count from: the same on the publisher's clock and on the clock of the time beside it."""
    if reference.stamp is None and reference.written is None:
        raise StampError(
            "reference_unknown",
            f"{words.text!r} counts from the day of the text, which is not known.",
            remedy="Tell when it was published.",
        )
    days = {reference.day_in(z) for z in (reference.zone, zone) if z} or {reference.day}
    if not days or None in days:
        raise StampError("zone_unknown", f"{words.text!r} needs the publisher's clock to count from its day.")
    if len(days) > 1:
        raise StampError(
            "reference_day",
            f"{words.text!r}: when it was published the clock of {zone or 'the text'} showed another day than the "
            f"publisher's ({reference.zone}).",
        )
    return next(d for d in days if d is not None)


def _numeric(words: DateWords, context: Context, reference: Reference, russian: bool) -> DayReading:
    first, second = words.numeric or (0, 0)
    told = context.day_first
    if told is None and words.dotted and russian:
        told = True
    year = int(words.year or 0)
    try:
        day, month = day_and_month(first, second, told, words.text)
        return _checked(words, calendar_date(year, month, day, words.text), context)
    except StampError as error:
        if error.kind != "day_month_order":
            raise
        readings = [calendar_date(year, m, d, words.text) for d, m in ((first, second), (second, first))]
        proved = [d for d in readings if _is_fresh(d, reference)]
        if len(proved) == 1:
            return _checked(words, proved[0], context, "the publication proves which number is the day")
        shown = " or ".join(map(str, readings))
        message = f"{words.text!r} may be {shown}: nothing says which number is the day."
        return DayReading(conflict=Conflict(error.kind, message, words.text), readings=tuple(readings))


def _is_fresh(day: date, reference: Reference) -> bool:
    published = reference.day
    return published is not None and timedelta(0) <= published - day <= ORDER_PROOF
