"""What is declared beside the text: the publisher's zone, the order of numbers, the fetch, and the dating policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from eventstudy.errors import EventTimeError, UsageError
from eventstudy.news.zones import find_zone

# News is new: a public act further than this before the publication is not its first report.
NEWS_AGE = timedelta(days=2)
FIRST_YEAR, LAST_YEAR = 2000, 2030
_LAG = re.compile(r"lag\s*<=\s*(\d{1,4})\s*(min|h|d|w)", re.IGNORECASE)
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Policy:
    """How the publication of an item bounds its event.

    Attributes
    ----------
    name : str
        ``first_report``: the item is the first public report. ``lag``: the news was public at most ``lag`` before.
        ``reviewed``: the publication alone gives no event; only what the text states does.
    lag : datetime.timedelta
    """

    name: Literal["reviewed", "first_report", "lag"] = "reviewed"
    lag: timedelta = timedelta(0)

    def __str__(self) -> str:
        return self.name if self.name != "lag" else f"lag <= {self.lag / timedelta(hours=1):g}h"


def read_policy(text: str) -> Policy:
    """Return the policy a text declares: ``first_report``, ``lag <= 2h`` or ``reviewed``.

    Raises
    ------
    UsageError
        If it is none of these.

    Examples
    --------
    >>> str(read_policy("lag <= 90min"))
    'lag <= 1.5h'
    """
    plain = text.strip().casefold()
    if plain in ("", "reviewed"):
        return Policy()
    if plain == "first_report":
        return Policy("first_report")
    found = _LAG.fullmatch(plain)
    lag = timedelta(0) if found is None else int(found[1]) * _UNITS[found[2]]
    if not timedelta(0) < lag <= LONGEST:
        raise UsageError(
            f"The policy {text!r} is not known.",
            remedy="Use first_report, reviewed, or a lag of up to 31 days such as 'lag <= 2h' (min, h, d, w).",
        )
    return Policy("lag", lag)


@dataclass(frozen=True, slots=True)
class DatingContext:
    """What the user declares about an item; nothing of it is guessed.

    Attributes
    ----------
    zone : str
        The publisher's zone: an IANA name or a known abbreviation; empty where it is not declared.
    day_first : bool or None
        The order of "04/05/2021"; None where it is not declared.
    fetched_at : datetime.datetime or None
        When the text was retrieved: it cannot have been published later.
    policy : Policy
        How the publication bounds the event.
    not_before : datetime.datetime or None
        An instant at which the news was certainly not yet public.
    years : (int, int)
        The years in which a date without one is looked for.
    """

    zone: str = ""
    day_first: bool | None = None
    fetched_at: datetime | None = None
    policy: Policy = Policy()
    not_before: datetime | None = None
    years: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)

    def __post_init__(self) -> None:
        for name in ("fetched_at", "not_before"):
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise EventTimeError(f"{name} {at.isoformat()} has no time zone.", remedy="Add its offset.")
        if self.zone:
            find_zone(self.zone)

    @property
    def last_year(self) -> int:
        """The last year a date can lie in: that of the fetch where it is known."""
        return self.years[1] if self.fetched_at is None else min(self.years[1], self.fetched_at.year)
