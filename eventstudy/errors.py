"""Every error and warning of the package, drawn as one tree.

EventStudyError              one clear sentence, what to do, and the exit code of the command line
 ├─ UsageError               2  a call or option that cannot be meant
 │   └─ UnknownNameError     2  a name that is in none of the tables; lists the known ones
 ├─ SpecError                3  the study file breaks its rules; carries every problem with its place
 ├─ DataError                4  input that is missing or invalid
 │   ├─ BarsError               a bar series that breaks an invariant
 │   ├─ CalendarError           a date outside a calendar's validity, a local time that does not exist
 │   ├─ EventTimeError          a naive, reversed or impossible event time
 │   │   └─ StampError             a written time that cannot be one instant; knows which rule and its readings
 │   ├─ NewsError               a text, feed or table of news that cannot be read
 │   ├─ EventFileError          a list of events that cannot be read or must not be overwritten
 │   ├─ SourceError             a source that does not have what is asked
 │   ├─ StoreError              the local bar store cannot be written or fails verification
 │   └─ FileError               a file or folder that the disk refuses to read or write
 ├─ NetworkError             5  the network, or what came through it
 └─ LockHeldError            6  another process is at work on the same thing
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST_NAMES = 60


class EventStudyError(Exception):
    """Root of the tree: ``message`` says what was given and which rule it broke, ``remedy`` what to do."""

    exit_code = 4

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class UsageError(EventStudyError):
    exit_code = 2


class UnknownNameError(UsageError, ValueError):
    """A name that is in none of the rows of a table."""

    def __init__(self, kind: str, given: str, known: Iterable[str], *, nearest: str = "") -> None:
        self.kind, self.given, self.known = kind, given, tuple(sorted(known))
        few = len(self.known) <= MOST_NAMES
        listed = ", ".join(self.known) if few else f"{len(self.known)} others"
        super().__init__(
            f"{given!r} is not a known {kind}; known are {listed}.", remedy=nearest or did_you_mean(given, self.known)
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule of a study, with the place a person can jump to; line 0 where it was not written in a file."""

    path: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}: " if self.line else ""
        return f"{place}{self.key}: {self.message}"


class SpecError(EventStudyError, ValueError):
    """Every problem of a study file at once."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DataError(EventStudyError, ValueError):
    exit_code = 4


class BarsError(DataError):
    pass


class CalendarError(DataError):
    pass


class EventTimeError(DataError):
    pass


class StampError(EventTimeError):
    """A written time that is not one instant: ``kind`` names the broken rule, ``readings`` what it could mean."""

    def __init__(self, kind: str, message: str, *, readings: Iterable[str] = (), remedy: str = "") -> None:
        self.kind, self.readings = kind, tuple(readings)
        super().__init__(message, remedy=remedy)


class NewsError(DataError):
    pass


class EventFileError(DataError):
    pass


class SourceError(DataError):
    pass


class StoreError(DataError):
    pass


class FileError(DataError):
    pass


class NetworkError(EventStudyError):
    exit_code = 5


class LockHeldError(EventStudyError):
    exit_code = 6


class EventStudyWarning(UserWarning):
    """Something a careful reader must know; ``code`` has a page in the documentation."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code} {message}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning as data: it travels inside values and results and is shown in every report."""

    code: str
    message: str


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"`` for the nearest known name, or an empty string.

    A name whose words are all in what was given comes before one that merely looks alike: ``market_model`` is
    ``market``, not ``market_adjusted``.

    >>> did_you_mean("market_model", ["market_adjusted", "market"])
    "Did you mean 'market'?"
    >>> did_you_mean("pattel", ["patell", "bmp"])
    "Did you mean 'patell'?"
    """
    folded = {name.casefold(): name for name in known}
    words = set(_words(given))
    contained = [name for name in folded if len(name) > 2 and set(_words(name)) <= words]
    near = [max(contained, key=len)] if contained else get_close_matches(given.casefold(), folded, n=1, cutoff=0.6)
    return f"Did you mean {folded[near[0]]!r}?" if near else ""


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.casefold()) if word]
