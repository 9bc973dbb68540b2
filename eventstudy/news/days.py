"""From the words for a day to the day, or to a conflict that shows every reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from eventstudy.errors import StampError
from eventstudy.news.context import DatingContext
from eventstudy.news.phrases import DateWords
from eventstudy.news.stamp_words import calendar_date, day_and_month
from eventstudy.news.time_evidence import Conflict

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A numeric date proves its order where only one reading lies this near before the publication.
ORDER_PROOF = timedelta(days=7)
HALF_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class DayReading:
    """One day, or none with the conflict and the days it could be; ``checked`` if a weekday agrees with it."""

    day: date | None = None
    conflict: Conflict | None = None
    readings: tuple[date, ...] = ()
    note: str = ""
    checked: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceDay:
    """The civil day a text counts from, and the zone of whoever wrote it; None where nothing says."""

    day: date | None = None
    zone: str = ""


def read_day(words: DateWords, context: DatingContext, reference: ReferenceDay) -> DayReading:
    """Return the day the words mean; what is not written is counted from the day of the publication only."""
    try:
        if words.relative is not None:
            published = _known(reference, words)
            return DayReading(published + timedelta(days=words.relative), note=f"counted from {published}")
        if words.numeric is not None:
            return _numeric(words, context, reference)
        if words.day is None:
            return _weekday_alone(words, reference)
        if words.year is None:
            return _without_year(words, context, reference)
        day = calendar_date(words.year, int(words.month or 0), words.day, words.text)
        if not context.years[0] <= day.year <= context.years[1]:
            raise StampError("old_for_news", f"{words.text!r} is outside the years {context.years}.")
        return _checked(words, day, context)
    except StampError as error:
        return DayReading(conflict=Conflict(error.kind, error.message, words.text))


def _known(reference: ReferenceDay, words: DateWords) -> date:
    if reference.day is None:
        raise StampError("reference_unknown", f"{words.text!r} counts from the day of the text, which is not known.")
    return reference.day


def _checked(words: DateWords, day: date, context: DatingContext, note: str = "") -> DayReading:
    if words.weekday is None or day.weekday() == words.weekday:
        return DayReading(day, readings=(day,), note=note, checked=words.weekday is not None)
    years = [d.year for d in possible_days(words, context)]
    near = [day + timedelta(days=d) for d in (-1, 1) if (day + timedelta(days=d)).weekday() == words.weekday]
    parts = [f"{words.text!r}: {day} is a {DAYS[day.weekday()]}, not a {DAYS[words.weekday]}"]
    parts += [f"the two agree in {', '.join(map(str, years))}"] if years else []
    parts += [f"the nearest {DAYS[d.weekday()]} is {d}" for d in near]
    return DayReading(conflict=Conflict("weekday_vs_day", "; ".join(parts) + ".", words.text), readings=(day,))


def possible_days(words: DateWords, context: DatingContext) -> list[date]:
    """Return the days that agree with everything written, over the years in question."""
    found = []
    for year in range(context.years[0], context.last_year + 1):
        try:
            day = date(year, int(words.month or 0), int(words.day or 0))
        except ValueError:
            continue
        if words.weekday in (None, day.weekday()):
            found.append(day)
    return found


def _without_year(words: DateWords, context: DatingContext, reference: ReferenceDay) -> DayReading:
    month, day = int(words.month or 0), int(words.day or 0)
    # 2000 was a leap year, so only a day no year has is refused here.
    calendar_date(2000, month, day, words.text)
    published = reference.day
    if published is None:
        possible = possible_days(words, context)
        named = f" A {DAYS[words.weekday]} it is in" if words.weekday is not None else " Possible are"
        said = f"{words.text!r} has no year.{named} {', '.join(str(d.year) for d in possible) or 'no year'}."
        return DayReading(conflict=Conflict("year_unknown", said, words.text), readings=tuple(possible))
    around = [d for y in (-1, 0, 1) if (d := _in_year(published.year + y, month, day)) is not None]
    near = [d for d in around if abs(d - published) <= HALF_YEAR]
    if not near:
        raise StampError("no_such_date", f"{words.text!r} is on no calendar within half a year of {published}.")
    found = min(near, key=lambda d: abs(d - published))
    return _checked(words, found, context, f"the year is that of the publication on {published}")


def _in_year(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _weekday_alone(words: DateWords, reference: ReferenceDay) -> DayReading:
    weekday = int(words.weekday or 0)
    if words.qualifier in ("every", "each") or words.qualifier.startswith("кажд"):
        return DayReading(conflict=Conflict("recurring", f"{words.text!r} is every week.", words.text))
    published = _known(reference, words)
    day = published - timedelta(days=(published.weekday() - weekday) % 7)
    if words.qualifier:
        ahead = words.qualifier.startswith(("next", "coming", "following", "следующ", "ближайш"))
        other = day + timedelta(days=7 if ahead else -7)
        said = f"{words.text!r} may be {day} or {other} in a text of {published}."
        return DayReading(conflict=Conflict("relative_ambiguous", said, words.text), readings=(day, other))
    return DayReading(day, readings=(day,), note=f"the last {DAYS[weekday]} up to the publication on {published}")


def _numeric(words: DateWords, context: DatingContext, reference: ReferenceDay) -> DayReading:
    first, second = words.numeric or (0, 0)
    order, year = context.day_first, int(words.year or 0)
    if order is None and words.dotted:
        order = True  # 12.04.2021 in Russian text is written day first
    try:
        day, month = day_and_month(first, second, order, words.text)
        return _checked(words, calendar_date(year, month, day, words.text), context)
    except StampError as error:
        if error.kind != "day_month_order":
            raise
        readings = [calendar_date(year, m, d, words.text) for d, m in ((first, second), (second, first))]
        fresh = [d for d in readings if reference.day and timedelta(0) <= reference.day - d <= ORDER_PROOF]
        if len(fresh) == 1:
            return _checked(words, fresh[0], context, "the publication proves which number is the day")
        said = f"{words.text!r} may be {' or '.join(map(str, readings))}: nothing says which number is the day."
        return DayReading(conflict=Conflict(error.kind, said, words.text), readings=tuple(readings))
