"""What a row of a table of methods says about its method, for ``help()`` and the command line alike."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

# Field of a row -> how it is called for readers. A row has those that it has a field for.
FACTS: Mapping[str, str] = {
    "summary": "Expected return",
    "null": "Null hypothesis",
    "controls": "Controls",
    "formula": "Formula",
    "needs": "Requires",
    "scope": "Scope",
    "distribution": "Distribution",
    "assumptions": "Assumptions",
    "fails_when": "Limitations",
    "options": "Options",
    "source": "Source",
    "doi": "DOI",
}


def facts(row: Any) -> dict[str, str]:
    """Return what a row says, by the names of :data:`FACTS`; empty fields, and evidence of tests, are left out."""
    found = {title: _text(getattr(row, field, "")) for field, title in FACTS.items()}
    return {title: text for title, text in found.items() if text}


# What all functions of a table take, return and raise, where their own docstring does not say it.
INTERFACES: Mapping[str, Mapping[str, str]] = {
    "MODELS": {
        "Parameters": """\
y : FloatArray, shape (B, M)
    Decimal returns (or another outcome in its unit) of B estimation windows of M bars, NaN where missing.
X : FloatArray, shape (k, B, M)
    The market or the factors on the same bars, in the same unit; k = 0 where the model needs none.
options : mapping
    The options above by name.""",
        "Returns": """\
Fit
    Of each window: coefficients (B, p), intercept first; the variance ``sigma2`` of a return in the unit of ``y``
    squared; ``df``; residuals (B, M); where nothing can be estimated NaN, and a ``status`` that says why.""",
        "Raises": """\
UsageError
    If an option has a value that the model cannot use.""",
    },
    "TESTS": {
        "Parameters": """\
sample : Sample
    N observations on one window: decimal CARs and their forecast variances (N,), the options of the test, and what it
    needs of the estimation windows and of other days.""",
        "Returns": """\
Statistic
    Estimate and standard error (decimal), statistic, and p-value or degrees of freedom: a row per observation for a
    test of single events, else one row. Where the test cannot be computed, NaN with the reason; nothing is raised.""",
    },
}
ORDER = ("Parameters", "Returns", "Raises", "Notes", "References", "Examples")


def document(table: str, rows: Mapping[str, Any]) -> None:
    """Append to the docstring of every row's function what its rows say, and the sections of its table.

    ``table`` is the public name of the table. A function that several rows share is described by each.
    """
    functions: dict[int, tuple[Any, list[str]]] = {}
    for name, row in rows.items():
        functions.setdefault(id(row.function), (row.function, []))[1].append(name)
    for function, names in functions.values():
        head, given = _sections(inspect.getdoc(function) or "")
        notes = "\n\n".join(_block(name, rows[name]) for name in names)
        sections = {**INTERFACES[table], "Examples": _example(table, names[0], rows[names[0]]), **given}
        if not any(rows[name].options for name in names):
            sections = {title: text for title, text in sections.items() if title != "Raises" or title in given}
        parts = [f"{title}\n{'-' * len(title)}\n{sections[title]}" for title in ORDER if title in sections]
        function.__doc__ = "\n\n".join([head, notes, *parts]) + "\n"


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """Return a docstring's text before its first numpydoc section, and its sections by title."""
    lines = text.splitlines()
    rules = [n for n, line in enumerate(lines[1:], 1) if line and set(line) == {"-"}]
    if not rules:
        return text.strip(), {}
    ends = [*(n - 1 for n in rules[1:]), len(lines)]
    found = {lines[n - 1]: "\n".join(lines[n + 1 : end]).strip("\n") for n, end in zip(rules, ends, strict=True)}
    return "\n".join(lines[: rules[0] - 1]).strip(), found


def _block(name: str, row: Any) -> str:
    return "\n".join([f"{name}", *(f"    {title}: {text}" for title, text in facts(row).items())])


def _example(table: str, name: str, row: Any) -> str:
    field = "formula" if hasattr(row, "formula") else "controls"
    return f">>> import eventstudy as es\n>>> print(es.{table}[{name!r}].{field})\n{getattr(row, field)}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {chosen!r}" for key, chosen in value.items())
    return "" if isinstance(value, frozenset) else str(value)
