"""Names that changed: every old spelling of a public name with the new one, by the kind of the name.

A row is added when a name changes, and CHANGELOG.md lists it under "Names changed". Whoever meets an unknown name asks
``new_name`` first, so that the message gives the new spelling instead of the nearest one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from eventstudy.errors import did_you_mean

Kind = Literal["key", "setting", "option", "value", "flag", "column", "table", "figure", "name"]

# kind -> old spelling -> new spelling.
#   key      of a study file, with its table: "window.report"
#   setting  of StudySpec
#   option   of a model, a test or the intraday response
#   value    of a setting: the name of a model, test, variable ...
#   flag     of the command line
#   column   of a table that a result returns
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
    "value": {},
    "flag": {"--first-report": "--policy first_report"},
    "column": {"ahar": "abhar", "ahar_se": "abhar_se", "ahar_t": "abhar_t"},
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
