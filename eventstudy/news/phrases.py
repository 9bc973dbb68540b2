"""The words for time in a text as values: what is written and where, not yet what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventstudy.news.words import MEANINGS, Meaning

DASH = r"[-\u2010-\u2015]"


@dataclass(frozen=True, slots=True)
class DateWords:
    """A day as written; what is not said is None.

    ``numeric`` holds the two numbers of "12/04/2021" while their order is open; ``until`` is the second day of a
    range; ``offset`` counts days from the day of the text; ``qualifier`` is last, this or next; ``part`` the words
    for a part of the day.
    """

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    until: int | None = None
    numeric: tuple[int, int] | None = None
    dotted: bool = False
    relative: str = ""
    qualifier: str = ""
    part: str = ""
    meaning: Meaning = "at"


@dataclass(frozen=True, slots=True)
class TimeWords:
    """A time of day as written. ``half`` is "am", "pm" or empty; ``word`` is noon or midnight; ``zone`` as written."""

    start: int
    end: int
    text: str
    hour: int
    minute: int | None = None
    second: int | None = None
    half: str = ""
    word: str = ""
    zone: str = ""
    padded: bool = False
    russian: bool = False
    meaning: Meaning = "at"
    until: tuple[int, int] | None = None
    twin: TimeWords | None = None


_MEANING = re.compile(
    r"(?:^|(?<=[\s(,;:\u2014\u00ab\"“]))(?:"
    + "|".join(f"(?P<m{i}>{pattern})" for i, (pattern, _) in enumerate(MEANINGS))
    + r")(?:\s+the)?\s*$",
    re.IGNORECASE,
)
# "an hour after", "the day before", "через час после": a time counted from another.
_OFFSET = re.compile(
    r"\b(?:(?:hours?|minutes?|days?|weeks?|months?|half an hour|eve)\s+(?:after|before|past|from|of|to|until)|"
    r"(?:через|за|спустя)\s+[\w\s]{1,20}(?:после|до))(?:\s+the)?\s*$",
    re.IGNORECASE,
)


def meaning_before(lead: str) -> Meaning:
    """Return what the words just before a time say about it; nothing said is "at"."""
    if _OFFSET.search(lead):
        return "about"
    found = _MEANING.search(lead)
    if found is None or found.lastgroup is None:
        return "at"
    return MEANINGS[int(found.lastgroup[1:])][1]
