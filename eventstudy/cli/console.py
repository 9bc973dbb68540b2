"""How the command line speaks: data on standard output, talk and progress on standard error.

Text that came from outside (headlines, names, paths) is shown as text: control characters, terminal escapes and marks
that reorder a line are taken out, and nothing is read as markup.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from eventstudy.errors import DataError, EventStudyWarning, Notice
from eventstudy.show.escape import printable as clean
from eventstudy.show.json_text import json_text
from eventstudy.show.terminal_table import terminal_table
from eventstudy.show.terminal_text import wrap
from eventstudy.show.work_steps import reported_to

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Manners:
    """What the user asked of every command."""

    quiet: bool = False
    json_log: bool = False
    offline: bool = False
    strict: bool = False
    debug: bool = False


_POLITE = Manners()
_MANNERS: ContextVar[Manners] = ContextVar("manners", default=_POLITE)


def manners() -> Manners:
    """Return what the user asked of this run."""
    return _MANNERS.get()


def note(param: typer.CallbackParam, value: bool) -> bool:
    """Remember an option that every command understands (a callback of the option)."""
    if value and param.name:
        _MANNERS.set(replace(_MANNERS.get(), **{param.name: True}))
    return value


@contextmanager
def fresh_manners() -> Iterator[None]:
    """Start a run with nothing asked; what it sets ends with it."""
    token = _MANNERS.set(Manners())
    try:
        yield
    finally:
        _MANNERS.reset(token)


def data(text: object) -> None:
    """Write one piece of data on standard output, as text."""
    sys.stdout.write(clean(text) + "\n")


def width() -> int:
    """Return the most cells of a line: what a terminal has less a margin of two, 78 in redirected output."""
    import shutil

    return max(40, shutil.get_terminal_size((80, 24)).columns - 2) if sys.stdout.isatty() else 78


def lines(texts: Iterable[Text]) -> None:
    """Write styled lines on standard output; without color in redirected output, and where NO_COLOR is set."""
    from rich.console import Console

    if not sys.stdout.isatty():
        sys.stdout.write("".join(f"{clean(text.plain.rstrip())}\n" for text in texts))
        return
    shown = Console(file=sys.stdout, width=4096, highlight=False, markup=False, emoji=False)
    for text in texts:
        text.rstrip()
        shown.print(text, soft_wrap=True)


def json_data(value: object) -> None:
    """Write strict JSON on standard output."""
    sys.stdout.write(json_text(value) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Write a table on standard output: fitted to a terminal, never cut in redirected output."""
    from rich.console import Console

    body = [[_cell(entry) for entry in row] for row in rows]
    numeric = [
        any(row[place] for row in body) and all(_NUMBER.fullmatch(row[place]) for row in body)
        for place in range(len(columns))
    ]
    shown = terminal_table(list(map(clean, columns)), body, numeric)
    if title:
        shown.title, shown.title_justify = clean(title), "left"
    width = None if sys.stdout.isatty() else 4096
    text = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    with text.capture() as lines:
        text.print(shown)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in lines.get().splitlines()))


_NUMBER = re.compile(r"[-+−]?[\d,.]+(?:e[-+]?\d+)?\s?%?|", re.IGNORECASE)


def _cell(entry: object) -> str:
    return "" if entry is None else clean(entry).replace("\n", " ").replace("\t", " ")


def talk(text: object) -> None:
    """Say something to the person on standard error; silent under ``--quiet``."""
    if not manners().quiet:
        _say("info", clean(text))


def warn(code: str, message: object) -> None:
    """Say a warning with its code on standard error, also under ``--quiet``."""
    _say("warning", clean(message), code)


def error(message: object, code: str = "") -> None:
    """Say what went wrong on standard error."""
    _say("error", clean(message), code)


def notices(found: Iterable[Notice]) -> None:
    """Say every warning a result carries; under ``--strict`` they are an error together."""
    every = list(found)
    for notice in every:
        warn(notice.code, notice.message)
    if every and manners().strict:
        codes = ", ".join(sorted({notice.code for notice in every}))
        raise DataError(f"--strict makes warnings errors, and there are {len(every)} ({codes}).")


def _say(level: str, message: str, code: str = "") -> None:
    from eventstudy.batch.redact import redact

    message = redact(message)
    if manners().json_log:
        from datetime import UTC, datetime

        line = {"at": datetime.now(UTC).isoformat(), "level": level, "code": code or None, "message": message}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    prefix = {"info": "", "warning": f"warning {code}: ".replace(" :", ":"), "error": "eventstudy: "}[level]
    sys.stderr.write("".join(f"{line}\n" for line in _fitted(f"{prefix}{message}")))


def _fitted(message: str) -> list[str]:
    """Return a message in lines that fit a terminal, broken between words; as it is in redirected output."""
    if not sys.stderr.isatty():
        return [message]
    import shutil

    columns = max(40, shutil.get_terminal_size((80, 24)).columns - 2)
    wrapped = (wrap(line, columns, chop=False) for line in message.split("\n"))
    return [("  " if row else "") + line for lines in wrapped for row, line in enumerate(lines)]


@contextmanager
def warnings_as_talk() -> Iterator[None]:
    """Show this package's warnings as one line each, hide those of libraries unless ``--debug`` was given."""

    def show(message: Warning | str, category: type[Warning], *place: object) -> None:
        if isinstance(message, EventStudyWarning):
            if manners().strict:
                raise message
            warn(message.code, message.message)
        elif manners().debug:
            warn(category.__name__, message)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = show  # type: ignore[assignment]
        yield


# Seconds between two pictures of the progress.
SHORTEST_LOOK = 0.1


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show what is being done, how much of it and for how long, on a terminal's standard error; elsewhere nothing."""
    if not _shows_progress():
        yield
        return
    import time

    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr, highlight=False), transient=True) as shown:
        task, last = shown.add_task(clean(what), total=None), 0.0

        def report(counted: str, done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if done == total or now - last > SHORTEST_LOOK:
                last = now
                shown.update(task, description=f"{clean(what)}: {done:,} of {total:,} {clean(counted)}", refresh=True)

        with reported_to(report):
            yield


def _shows_progress() -> bool:
    quiet = manners().quiet or manners().json_log
    return not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[str], None]]:
    """Show a bar with the time left on a terminal's standard error; elsewhere show nothing at all.

    Yields a function to be called with the name of each piece as it is done.
    """
    if not _shows_progress():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr, highlight=False), transient=True) as shown:
        task = shown.add_task(clean(label), total=total)
        yield lambda name: shown.update(task, advance=1, description=f"{clean(label)} {clean(name)}")
