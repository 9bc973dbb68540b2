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


def document(table: str, rows: Mapping[str, Any]) -> None:
    """Append to the docstring of every row's function what its rows say.

    ``table`` is the public name of the table, for the example. A function that several rows share is described by each.
    """
    functions: dict[int, tuple[Any, list[str]]] = {}
    for name, row in rows.items():
        functions.setdefault(id(row.function), (row.function, []))[1].append(name)
    for function, names in functions.values():
        text = inspect.getdoc(function) or ""
        head, found, rest = _before_sections(text)
        notes = "\n\n".join(_block(name, rows[name]) for name in names)
        examples = "" if "Examples\n--------" in rest else f"\n\n{_example(table, names[0], rows[names[0]])}"
        separator = "\n\n" if found else ""
        function.__doc__ = f"{head.rstrip()}\n\n{notes}{separator}{rest.rstrip()}{examples}\n"


def _before_sections(text: str) -> tuple[str, bool, str]:
    """Return a docstring's text before its first numpydoc section, whether there is one, and the sections."""
    lines = text.splitlines()
    for place, line in enumerate(lines[1:], 1):
        if line and set(line) == {"-"}:
            return "\n".join(lines[: place - 1]), True, "\n".join(lines[place - 1 :])
    return text, False, ""


def _block(name: str, row: Any) -> str:
    return "\n".join([f"{name}", *(f"    {title}: {text}" for title, text in facts(row).items())])


def _example(table: str, name: str, row: Any) -> str:
    field = "formula" if hasattr(row, "formula") else "controls"
    call = f">>> import eventstudy as es\n>>> print(es.{table}[{name!r}].{field})\n{getattr(row, field)}"
    return f"Examples\n--------\n{call}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {chosen!r}" for key, chosen in value.items())
    return "" if isinstance(value, frozenset) else str(value)
