"""Two runnable examples for every command; the tests run each of them offline in a folder of prepared files."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {}


def epilog(command: str) -> str | None:
    """Return the examples as the last paragraph of a command's help, one a line."""
    lines = EXAMPLES.get(command, ())
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) if lines else None
