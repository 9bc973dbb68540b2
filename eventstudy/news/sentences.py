"""Sentences and quotations of a text, English and Russian."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

Span = tuple[int, int]
_END = re.compile(r"(?<=[.!?…])[\"”»')\]]*\s+(?=[\"“«(\[]?[A-ZА-ЯЁ0-9])|\n\s*|;\s+")
# A line this long that ends without a stop was wrapped by a mailer; its sentence goes on.
_WRAPPED = 50
_ABBREVIATION = re.compile(
    r"(?:\b(?:[ap]\.\s?m|U\.S|U\.K|Mr|Mrs|Dr|St|No|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|"
    r"Thurs?|Fri|Sat|Sun|тыс|млн|млрд|руб|коп|им|ул|стр|г|гг|[A-ZА-Я])\.)$",
    re.IGNORECASE,
)
# After "2 p.m." a zone or a date goes on with the sentence.
_GOES_ON = re.compile(
    r"[A-Z.]{1,5}T\b|GMT|UTC|[A-Z]\w+ [Tt]ime\b|Eastern|Central|on |\d|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
)
_QUOTES = re.compile(r"“[^“”\n]*”|«[^»\n]*»|\"[^\"\n]{1,2000}\"")


@lru_cache(maxsize=4)
def sentences(text: str) -> tuple[Span, ...]:
    """Return the character spans of the sentences; abbreviations and "p.m." end none."""
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        lead = text[max(0, match.start() - 12) : match.start()]
        if match[0].count("\n") == 1 and _is_wrapped(text, match.start()):
            continue
        if "\n" not in match[0] and _ABBREVIATION.search(lead):
            half_day = re.search(r"[ap]\.\s?m\.$", lead, re.IGNORECASE)
            if not half_day or _GOES_ON.match(text, match.end()):
                continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return tuple(span for span in spans if text[span[0] : span[1]].strip())


def _is_wrapped(text: str, end: int) -> bool:
    line = text[text.rfind("\n", 0, end) + 1 : end].rstrip()
    return len(line) >= _WRAPPED and line[-1] not in ".:!?…|"


def sentence_number(spans: tuple[Span, ...], position: int) -> int:
    """Return the number of the sentence a position stands in."""
    return max(0, bisect_right(spans, (position, 10**12)) - 1)


def quoted_spans(text: str) -> tuple[Span, ...]:
    """Return the spans inside quotation marks, marks included; a lone mark quotes nothing."""
    return tuple(match.span() for match in _QUOTES.finditer(text) if len(match[0].split()) > 3)
