"""Trading sessions in words: before the open, during market hours, after the close."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from eventstudy.news.items import SessionName

# A session in words is a side word, with or without words for the market and for that side's end of trading.
SIDES: Mapping[str, SessionName] = {
    **dict.fromkeys(["bmo", "bto", "before", "pre", "premarket", "preopen"], "bmo"),
    **dict.fromkeys(["dmh", "dmt", "during", "intraday"], "dmh"),
    **dict.fromkeys(["amc", "atc", "after", "post", "postmarket", "afterhours"], "amc"),
}
ENDS: Mapping[str, frozenset[SessionName]] = {
    **dict.fromkeys(["open", "opens", "opening"], frozenset({"bmo"})),
    **dict.fromkeys(["close", "closes", "closing"], frozenset({"amc"})),
}
FILLERS = frozenset({"the", "time", "market", "markets", "hours", "hour", "session", "trading", "bell"})
NOT_GIVEN = frozenset({"", "-", "--", "n/a", "na", "none", "nan", "tns", "tas", "unspecified", "time-not-supplied"})
# Alone these may describe anything, such as a regulation's period; a column of them has to be named `session`.
AMBIGUOUS = frozenset({"before", "pre", "during", "intraday", "after", "post"})
_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=256)
def session_of(text: str) -> SessionName | None:
    """Return the session that a cell names, ``""`` where it says that none was given, None for other words.

    >>> session_of("time-after-hours"), session_of("Before the market opens"), session_of("16:05")
    ('amc', 'bmo', None)
    """
    written = text.strip().casefold()
    if written in NOT_GIVEN:
        return ""
    words = set(_WORD.findall(written)) - FILLERS
    sides = {SIDES[word] for word in words if word in SIDES}
    ends = [ENDS[word] for word in words if word in ENDS]
    if len(sides) != 1 or len(words) != 1 + len(ends) or re.search(r"\d", written):
        return None
    (side,) = sides
    return side if all(side in end for end in ends) else None


def holds_sessions(filled: Iterable[Any]) -> bool:
    """Return whether the filled cells of a column all name a trading session, and can be nothing else.

    >>> holds_sessions(["bmo", "After Market Close"]), holds_sessions(["pre", "post"]), holds_sessions(["TNS"])
    (True, False, False)
    """
    known: set[str] = set()
    for cell in filled:
        if not isinstance(cell, str):
            return False
        if cell not in known and (cell.strip().casefold() in AMBIGUOUS or session_of(cell) is None):
            return False
        known.add(cell)
    return any(session_of(cell) for cell in known)
