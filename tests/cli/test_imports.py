"""No command of the command line imports another that imports it back, not even when it is called."""

from __future__ import annotations

import ast
from pathlib import Path

import eventstudy.cli

ROOT = Path(eventstudy.cli.__file__).parent


def imported(path: Path) -> set[str]:
    """Return the modules of the command line that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "eventstudy.cli":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("eventstudy.cli."):
            names.add((node.module or "").split(".")[2])
    return names


def test_the_modules_of_the_command_line_form_no_circle() -> None:
    left = {path.stem: imported(path) - {path.stem} for path in ROOT.glob("*.py")}
    while left:
        done = {name for name, needs in left.items() if not needs & left.keys()}
        assert done, f"these import each other: {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in done}
