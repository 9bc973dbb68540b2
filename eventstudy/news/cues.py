"""Words around a time that change what it says, English and Russian."""

from __future__ import annotations

import re

# "New York time", "local time in Honolulu" after a day.
ITS_CLOCK = re.compile(r"(?:,? (?:morning|afternoon|evening|night))?,? (?:local time|[A-Z]\w+(?: [A-Z]\w+)? time)\b")
# A name inside a sentence: a capital that is not of a day, a month or the first word.
NAME = re.compile(
    r"\b(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[A-ZА-ЯЁ]\w+"
)
# Words after a day that make it another one: "April 12 last year", "on Monday a week ago".
QUALIFIED = re.compile(
    r"\s*,?\s*(?:last (?:year|month|week)|a (?:week|month|year) (?:ago|earlier)|of last (?:week|month|year)|"
    r"next (?:week|month)|"
    r"\((?:19|20)[0-9]{2}\)|['’][0-9]{2}\b|прошлого (?:года|месяца)|(?:неделю|месяц|год) назад|на прошлой неделе|"
    r"or \b|или\b)",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"\b(?:did|does|has|have|had|was|were) (?:not|never)\b|\b(?:did|does|has|was|were)n['’]t\b|"
    r"\bnever (?:came|happened|took)|"
    r"\b(?:так и )?не (?:[а-яё]+(?:л|ла|ло|ли|лся|лась|лось|лись))\b|\bfalse\b",
    re.IGNORECASE,
)
