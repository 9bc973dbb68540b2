"""What a shell may offer after a word: events from the lists nearby, instruments, models, templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import typer

from eventstudy.errors import FileError
from eventstudy.files import read_regular

# Only text is looked at, and only so much of it: a shell waits for the answer while its user types.
MOST_FILES, MOST_BYTES = 200, 1_000_000
_EVENT = re.compile(r"^\s*\[\[\s*event\s*\]\]\s*$", re.MULTILINE)
_ID = re.compile(r"^\s*id\s*=\s*[\"']([A-Za-z0-9._-]{1,64})[\"']", re.MULTILINE)


def events(incomplete: str) -> list[str]:
    """Return the ids of events in TOML lists below this folder that begin with what was typed."""
    found: set[str] = set()
    for path in _toml_files():
        try:
            text = read_regular(path, MOST_BYTES).decode("utf-8", "replace")
        except FileError:
            continue
        if _EVENT.search(text):
            found |= set(_ID.findall(text))
    return _starting(found, incomplete)


def instruments(incomplete: str) -> list[str]:
    """Return the known instruments that begin with what was typed."""
    from eventstudy.market.instruments import INSTRUMENTS

    return _starting(INSTRUMENTS, incomplete)


def figures(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the figures of the result named before: event, instrument and window."""
    from eventstudy.cli.results import figures_of, read_result
    from eventstudy.errors import DataError

    try:
        study, _ = read_result(Path(str(ctx.params.get("result", "."))))
    except DataError:
        return []
    return _starting((name for name, _ in figures_of(study)), incomplete)


def methods(incomplete: str) -> list[str]:
    """Return the models and tests that begin with what was typed."""
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.table import TESTS

    return _starting([*MODELS, *TESTS], incomplete)


def calendars(incomplete: str) -> list[str]:
    """Return the calendars of this package that begin with what was typed."""
    from eventstudy.market.calendars import CALENDARS

    return _starting(CALENDARS, incomplete)


def studies(incomplete: str) -> list[str]:
    """Return the TOML files below this folder that begin with what was typed."""
    return _starting((path.as_posix() for path in _toml_files()), incomplete)


def _toml_files() -> list[Path]:
    found: list[Path] = []
    for pattern in ("*.toml", "*/*.toml", "*/*/*.toml"):
        for path in Path().glob(pattern):
            if not any(part.startswith(".") for part in path.parts):
                found.append(path)
            if len(found) >= MOST_FILES:
                return found
    return found


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))
