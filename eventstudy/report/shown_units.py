"""What the numbers of a study count, by the variable and the kind of return that it studies."""

from __future__ import annotations

from typing import Any

from eventstudy.show.numbers import BP, Unit

# A variable that is not a return in basis points: its unit, and its name in a sentence.
UNITS: dict[str, Unit] = {
    "log_volume": Unit("", "log volume (0.69 is twice the expected volume)", 1.0, 2),
    "log_range": Unit("", "range variance, times 10,000", 1e4, 2),
    "squared_return": Unit("", "squared return, times 10,000", 1e4, 2),
    "absolute_return": Unit("bp", "basis points of absolute return", 1e4, 1),
    "standardized_return": Unit("sd", "usual standard deviations of the time of day", 1.0, 2),
}
DIFFERENCE = Unit("", "units of the series", 1.0, 3)
NAMES = {
    "log_volume": "log volume",
    "log_range": "range variance",
    "squared_return": "squared return",
    "absolute_return": "absolute return",
    "standardized_return": "standardized return",
}


def unit_of(spec: Any) -> Unit:
    """Return the unit of every move of a study."""
    if spec.variable in UNITS:
        return UNITS[spec.variable]
    if spec.returns == "difference":
        return DIFFERENCE
    return BP if spec.returns == "log" else Unit("bp", "basis points of simple return", BP.scale, BP.decimals)


def moves_in(spec: Any) -> str:
    """Return what the moves over windows are counted in: buy-and-hold returns are simple returns."""
    unit = unit_of(spec)
    return "basis points of simple return" if spec.measure == "bhar" and unit.name == "bp" else unit.words


def unit_in(study: Any) -> Unit:
    """Return the unit of the moves in a result given as JSON values to which ``with_words`` added it."""
    found: Unit = study.get("shown_unit", BP)
    return found


def variable_in(study: Any) -> str:
    """Return what is studied in such a result: ``return`` unless ``with_words`` added another name."""
    return str(study.get("variable", "return"))


def variable_name(spec: Any) -> str:
    """Return what is studied, as a sentence names it: ``return``, ``log volume``, ``change``."""
    return NAMES.get(spec.variable, "change" if spec.returns == "difference" else "return")
