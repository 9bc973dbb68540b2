"""Names that changed: every old spelling of a public name with the new one, by the kind of the name.

A row is added when a name changes, and CHANGELOG.md lists it under "Names changed". Whoever meets an unknown name asks
``new_name`` first, so that the message gives the new spelling instead of the nearest one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Literal, TypeVar

from eventstudy.errors import UsageError, did_you_mean

Kind = Literal["key", "setting", "option", "argument", "value", "flag", "column", "table", "figure", "name"]

# kind -> old spelling -> new spelling.
#   key      of a study file, with its table: "window.report"
#   setting  of StudySpec
#   option   of a model, a test or the intraday response
#   argument of the Python interface, with its function or class: "respond_all.workers"
#   value    of a setting: the name of a model, test, variable ...
#   flag     of the command line
#   column   of a table that a result returns, and keys of batch.json
#   table    of StudyResult.to_frame
#   figure   row of FIGURES
#   name     of the Python interface
RENAMED: Mapping[Kind, Mapping[str, str]] = {
    "key": {
        "inference.placebo_days": "[inference.placebo] days",
        "inference.placebo_after": "[inference.placebo] after",
    },
    "setting": {
        "placebo_days": 'placebo={"days": ...}',
        "placebo_after": 'placebo={"after": ...}',
    },
    "option": {
        "standardise": "standardize",
        "settle": "initial_minutes",
        "absorbed": "absorbed_minutes",
        "leak": "pre_event_minutes",
        "placebo_days": "[inference.placebo] days",
        "placebo_after": "[inference.placebo] after",
        "known_events": "[inference.placebo] known_events",
        "known_weight": "[inference.placebo] known_events",
    },
    "argument": {
        "ResponseSettings.standardise": "standardize=",
        "ResponseSettings.settle": "initial_minutes=",
        "ResponseSettings.absorbed": "absorbed_minutes=",
        "ResponseSettings.leak": "pre_event_minutes=",
        "ResponseSettings.placebo_days": 'placebo={"days": ...}',
        "ResponseSettings.placebo_after": 'placebo={"after": ...}',
        "ResponseSettings.known_events": 'placebo={"known_events": ...}',
        "ResponseSettings.known_weight": 'placebo={"known_events": 0.5}',
        "respond_all.workers": "run=",
        "IntradayDesign.day_spread": "day_sd=",
        "IntradayDesign.night": "overnight=",
        "read_news.told": "encoding=, columns=, main_text=",
    },
    "value": {},
    "flag": {"--first-report": "--policy first_report"},
    "column": {
        "ahar": "abhar",
        "ahar_se": "abhar_se",
        "ahar_t": "abhar_t",
        "own": "from_study_file",
        "disarmed": "escaped",
        "made_at": "written_at",
    },
    "table": {},
    "figure": {"forest": "dots"},
    "name": {},
}


def new_name(kind: Kind, old: str) -> str:
    """Return the new spelling of a name that changed, or an empty string."""
    return RENAMED[kind].get(old, "")


def hint(kind: Kind, given: str, known: Mapping[str, object] | list[str] | tuple[str, ...]) -> str:
    """Return the sentence that leads from an unknown name to the one that is meant, or an empty string.

    >>> hint("column", "ahar", ["aar", "abhar"])
    "It is now called 'abhar'."
    >>> hint("value", "patel", ["patell", "bmp"])
    "Did you mean 'patell'?"
    """
    new = new_name(kind, given)
    return f"It is now called {new!r}." if new else did_you_mean(given, known)


Callee = TypeVar("Callee", bound=Callable[..., Any])
Class = TypeVar("Class", bound=type)


def named_arguments(function: Callee) -> Callee:
    """Refuse keyword arguments that a function does not have, with the new name of one that changed.

    A call with the right names costs one more frame; names are looked at only after Python has refused the call.

    >>> @named_arguments
    ... def read(path, zone=""): return path
    >>> read("x", zon="UTC")
    Traceback (most recent call last):
    eventstudy.errors.UsageError: read() has no argument `zon`. Did you mean 'zone'? Arguments are path, zone.
    """
    name = function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def checked(*args: Any, **given: Any) -> Any:
        try:
            return function(*args, **given)
        except TypeError:
            _refuse_unknown(name, function, given)
            raise

    return checked  # type: ignore[return-value]


def named_fields(cls: Class) -> Class:
    """Refuse keyword arguments that a class does not take, as :func:`named_arguments` does."""
    cls.__init__ = named_arguments(cls.__init__)  # type: ignore[misc]
    return cls


def _refuse_unknown(name: str, function: Callable[..., Any], given: Mapping[str, object]) -> None:
    parameters = signature(function).parameters
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values()):
        return
    known = [one for one in parameters if one != "self"]
    for unknown in (one for one in given if one not in parameters):
        new = new_name("argument", f"{name}.{unknown}")
        advice = f"It is now `{new}`." if new else did_you_mean(unknown, known)
        listed = f"Arguments are {', '.join(known)}."
        raise UsageError(f"{name}() has no argument `{unknown}`.", remedy=f"{advice} {listed}".strip()) from None
