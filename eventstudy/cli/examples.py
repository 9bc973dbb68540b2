"""The examples of a command: the lines after ``Examples:`` in its docstring; the tests run every one of them."""

from __future__ import annotations


def split(help_text: str) -> tuple[str, tuple[str, ...]]:
    """Return a command's help without its examples, and the examples."""
    text, _, tail = help_text.partition("Examples:")
    lines = (line.strip() for line in tail.splitlines())
    return text.strip(), tuple(line for line in lines if line.startswith("eventstudy "))


def epilog(examples: tuple[str, ...]) -> str | None:
    """Return the examples as the last paragraph of a help page, one a line, never wrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples) if examples else None
