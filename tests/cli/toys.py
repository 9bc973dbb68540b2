"""Small commands that behave badly in one way each, mounted only by the tests of the command line's manners."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Annotated

import typer

from eventstudy.cli import console
from eventstudy.cli.lazy import Row
from eventstudy.errors import (
    DataError,
    EventStudyWarning,
    LockHeldError,
    NetworkError,
    Notice,
    Problem,
    SpecError,
    UnknownNameError,
)


def greet(name: str, loud: Annotated[bool, typer.Option("--loud", help="In capitals.")] = False) -> None:
    """Greet somebody.

    Examples:

      eventstudy greet Anna
      eventstudy greet Anna --loud
    """
    console.talk("about to greet")
    console.data(name.upper() if loud else name)


def fail(kind: str) -> None:
    """Fail in a known way."""
    faults = {
        "name": UnknownNameError("model", "markte", ["market", "zero"]),
        "spec": SpecError([Problem("study.toml", 3, 5, "model", "unknown")]),
        "data": DataError("the file holds no rows.", remedy="Give another."),
        "network": NetworkError("no answer."),
        "lock": LockHeldError("another process is at work."),
        "os": FileNotFoundError(2, "No such file or directory", "missing.csv"),
        "interrupt": KeyboardInterrupt(),
        "defect": ZeroDivisionError("division by zero"),
    }
    raise faults[kind]


def partly() -> int:
    """Do most of it."""
    return 1


def flood() -> None:
    """Write more than any pipe holds."""
    for number in range(200_000):
        console.data(f"line {number}")


def warn() -> None:
    """Warn in both ways."""
    warnings.warn(EventStudyWarning("ES001", "be careful"), stacklevel=1)
    warnings.warn("a library's own noise", DeprecationWarning, stacklevel=1)
    console.notices([Notice("ES002", "be more careful")])


def slow(target: Path) -> None:
    """Show progress for a while."""
    with console.progress(40, "working") as done:
        for number in range(40):
            time.sleep(0.02)
            done(f"piece {number}")
    console.table(["event", "car"], [["a", "1.5"], ["b", "-2.0"]])
    target.write_text("done")


def wait() -> None:
    """Wait for an interrupt."""
    console.talk("waiting")
    sys.stderr.flush()
    time.sleep(30)


def sub() -> None:
    """Be second."""
    console.data("second level")


PLACE = "tests.cli.toys"
ROWS = {name: Row(f"{PLACE}:{name}", f"Toy {name}.") for name in ("greet", "fail", "partly", "flood", "warn", "slow")}
ROWS |= {"wait": Row(f"{PLACE}:wait", "Toy wait."), "data sub": Row(f"{PLACE}:sub", "Toy sub.")}
