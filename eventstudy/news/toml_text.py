"""The small part of TOML that tomllib leaves out: where a key stands, and how a value is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

_MULTILINE = re.compile(r'"""|\'\'\'')
_UNWRITABLE = re.compile("[\x7f-\x9f\ud800-\udfff]")


def _code_lines(text: str) -> list[tuple[int, str]]:
    """Return (number, line) of the lines that do not begin inside a multi-line string."""
    lines: list[tuple[int, str]] = []
    opened = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not opened:
            lines.append((number, line))
        for mark in _MULTILINE.findall(line):
            opened = "" if opened == mark else (opened or mark)
    return lines


def block_lines(text: str, name: str) -> list[int]:
    """Return the line of every ``[[name]]`` header, in order."""
    header = re.compile(rf"\s*\[\[\s*[\"']?{re.escape(name)}[\"']?\s*\]\]")
    return [number for number, line in _code_lines(text) if header.match(line)]


def key_line(text: str, key: str, block: tuple[int, int | None]) -> tuple[int, int]:
    """Return (line, column) of a key between two lines; the first line of the block where it is not found."""
    start, stop = block
    pattern = re.compile(rf"\s*(?=[\"']?{re.escape(key)}[\"']?\s*[=.\]])|\s*\[+\s*[\w.]*(?={re.escape(key)}\s*\])")
    for number, line in _code_lines(text):
        if start <= number and (stop is None or number < stop):
            found = pattern.match(line)
            if found:
                return number, found.end() + 1
    return start, 1


def toml_string(value: str) -> str:
    """Return a basic TOML string: JSON's escapes are TOML's, all but DEL, C1 and lone surrogates."""
    return _UNWRITABLE.sub(lambda m: _escape(m[0]), json.dumps(value, ensure_ascii=False))


def _escape(character: str) -> str:
    code = ord(character)
    return "\\uFFFD" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04X}"


def toml_array(values: Iterable[str]) -> str:
    """Return an array of strings: on one line while short, else one element a line, so that diffs stay small."""
    written = [toml_string(v) for v in values]
    line = f"[{', '.join(written)}]"
    return line if len(line) <= 100 else "[\n" + "".join(f"  {w},\n" for w in written) + "]"


def toml_table(values: Mapping[str, float | str]) -> str:
    """Return an inline table of numbers and words."""
    return f"{{ {', '.join(f'{toml_string(k)} = {_value(v)}' for k, v in values.items())} }}"


def _value(value: float | str) -> str:
    return toml_string(value) if isinstance(value, str) else repr(value)


def toml_time(at: datetime) -> str:
    """Return an instant as a TOML date-time in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
