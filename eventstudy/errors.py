"""Every error and warning of the package, as one tree. All errors are public: ``es.DataError``.

::

    EventStudyError           what was given, the rule, the remedy, and the exit code of the command line
     ├─ UsageError               2  an invalid call, argument or option
     │   └─ UnknownNameError     2  an unknown model, test, table ...; lists the known names
     ├─ SpecError                3  an invalid study; carries every problem with its position
     ├─ DataError                4  input that is missing or invalid
     │   ├─ BarsError               invalid prices
     │   ├─ CalendarError           a date outside a calendar, a local time that does not exist
     │   ├─ EventTimeError          an event time without a zone, or one that ends before it starts
     │   │   └─ StampError             a timestamp that cannot be read as one instant; lists its interpretations
     │   ├─ NewsError               a text, feed or table of news that cannot be read
     │   ├─ EventFileError          an event file that cannot be read or must not be overwritten
     │   ├─ SourceError             a price source that lacks what was requested
     │   ├─ StoreError              the local bar store cannot be written or fails verification
     │   └─ FileError               a file or folder that cannot be read or written
     ├─ NetworkError             5  no connection, or an invalid response
     └─ LockHeldError            6  another process holds the lock
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeAlias, TypeVar

MOST_NAMES, FIRST_NAMES = 60, 12  # a longer list is cut: no name beside one that is near, else the first
Kinds: TypeAlias = type | tuple[type, ...]


class EventStudyError(Exception):
    """Root of all errors: ``message`` says what was given and which rule it broke, ``remedy`` what to do."""

    exit_code = 4

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = printable(message)
        self.remedy = printable(remedy)
        super().__init__(f"{self.message} {self.remedy}".strip())


def printable(text: str) -> str:
    r"""Return text that every file and terminal takes: a byte of a name that is not UTF-8 is written as an escape.

    >>> printable("a\udcff.toml")
    'a\\udcff.toml'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class UsageError(EventStudyError):
    """An invalid call, argument or option."""

    exit_code = 2


class UnknownNameError(UsageError, ValueError):
    """A name that is not a row of its table; ``known`` lists the names that are."""

    def __init__(self, kind: str, given: str, known: Iterable[str], *, nearest: str = "") -> None:
        self.kind, self.given, self.known = kind, given, tuple(sorted(known))
        advice = nearest or did_you_mean(given, self.known)
        count = len(self.known)
        shown = self.known if count <= MOST_NAMES else () if advice else self.known[:FIRST_NAMES]
        more = f" and {count - len(shown)} more" if shown else f"{count} others"
        listed = ", ".join(shown) + (more if len(shown) < count else "")
        super().__init__(f"Unknown {kind} {given!r}.", remedy=f"{advice} Known: {listed}.".strip())


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a study with its position in the file; line 0 if it was not read from a file."""

    path: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}: " if self.line else ""
        return f"{place}{self.key}: {self.message}"


class SpecError(EventStudyError, ValueError):
    """An invalid study; ``problems`` lists all of them."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DataError(EventStudyError, ValueError):
    """Missing or invalid input."""

    exit_code = 4


class BarsError(DataError):
    """Invalid prices."""


class CalendarError(DataError):
    """A date outside a calendar, or a local time that does not exist."""


class EventTimeError(DataError):
    """An event time without a zone, or one that ends before it starts."""


class StampError(EventTimeError):
    """A timestamp that is not one instant: ``kind`` names the rule it broke, ``readings`` its interpretations."""

    def __init__(self, kind: str, message: str, *, readings: Iterable[str] = (), remedy: str = "") -> None:
        self.kind, self.readings = kind, tuple(readings)
        super().__init__(message, remedy=remedy)


class NewsError(DataError):
    """A text, feed or table of news that cannot be read."""


class EventFileError(DataError):
    """An event file that cannot be read or must not be overwritten."""


class SourceError(DataError):
    """A price source that lacks what was requested."""


class StoreError(DataError):
    """The local bar store cannot be written, or its files are damaged."""


class FileError(DataError):
    """A file or folder that cannot be read or written."""


class NetworkError(EventStudyError):
    """No connection, or an invalid response."""

    exit_code = 5


class WorkerError(EventStudyError):
    """Workers that died, or a cluster that went away."""


class LockHeldError(EventStudyError):
    """Another process holds the lock."""

    exit_code = 6


class EventStudyWarning(UserWarning):
    """A warning whose ``code`` is explained in the documentation."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code} {message}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning as data: part of values and results, and shown in every report.

    Attributes
    ----------
    code : str
        Documented in docs/warnings.md.
    message : str

    Examples
    --------
    >>> Notice("ES-THIN", "3 of 40 events have fewer than 60 estimation returns.").code
    'ES-THIN'
    """

    code: str
    message: str


def expect(name: str, given: object, kinds: Kinds, remedy: str) -> None:
    """Refuse an argument of another type; ``name`` is the argument's, as it is written in a call.

    >>> expect("spec", {}, str, "Pass text.")
    Traceback (most recent call last):
    eventstudy.errors.UsageError: `spec` is a dict. Pass text.
    """
    if isinstance(given, kinds) and (not isinstance(given, bool) or bool in as_tuple(kinds)):
        return
    kind = type(given).__name__
    article = "an" if kind[0] in "aeiouAEIOU" else "a"
    shown = {str: f"the text {given!r:.40}", type(None): "None"}.get(type(given), f"{article} {kind}")
    raise UsageError(f"`{name}` is {shown}.", remedy=remedy)


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def as_tuple(kinds: Kinds) -> tuple[type, ...]:
    return kinds if isinstance(kinds, tuple) else (kinds,)


def takes(
    **kinds: Kinds,
) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
    """Refuse arguments of other types at the call of a function, in the language of the call.

    >>> @takes(name=(str, bytes))
    ... def read(name): return name
    >>> read(name=3)
    Traceback (most recent call last):
    eventstudy.errors.UsageError: `name` is an int. Pass str or bytes.
    """

    def decorate(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        asked = signature(function)

        @wraps(function)
        def checked(*args: Parameters.args, **named: Parameters.kwargs) -> Answer:
            for name, given in asked.bind(*args, **named).arguments.items():
                if name in kinds:
                    words = " or ".join(kind.__name__.replace("NoneType", "None") for kind in as_tuple(kinds[name]))
                    expect(name, given, kinds[name], f"Pass {words}.")
            return function(*args, **named)

        return checked

    return decorate


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
