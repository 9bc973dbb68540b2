"""Every warning code that the program can say has a section of its own in docs/warnings.md, and no section is idle."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import eventstudy
from eventstudy.market.quality.checks import CHECKS

ROOT = Path(eventstudy.__file__).parent
PAGE = ROOT.parent / "docs" / "warnings.md"


def said() -> set[str]:
    """Return the codes written in the source: in a Notice, in a warning, or in a table of the response."""
    codes = {f"ES-{kind.upper().replace(' ', '-')}" for kind in CHECKS}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in {"Notice", "EventStudyWarning"} and node.args:
                codes |= {c.value for c in [node.args[0]] if isinstance(c, ast.Constant) and isinstance(c.value, str)}
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and path.name == "response_warnings.py":
                code = node.elts[0]
                if isinstance(code, ast.Constant) and re.fullmatch(r"ES(-[A-Z]+)+", str(code.value)):
                    codes.add(str(code.value))
    return codes


def test_every_warning_has_its_section_and_every_section_its_warning() -> None:
    sections = re.findall(r"^## (\S+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert set(sections) == said()
    assert len(sections) >= 20


def test_every_section_says_what_to_do() -> None:
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert all("What to do: " in part for part in parts)
