"""The n-th call of the disk that a command makes fails: nothing partial, one sentence, mended by the next run."""

from __future__ import annotations

import builtins
import errno
import io
import os
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from tests.faults.commands import World, begin, complaint, finish, mended

CODES = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EDQUOT)
# Calls whose first argument is a path or a descriptor; builtins.open is io.open, which pathlib and os.fdopen call, too.
CALLS = (
    "open",
    "fsync",
    "rename",
    "replace",
    "stat",
    "lstat",
    "mkdir",
    "unlink",
    "rmdir",
    "scandir",
    "listdir",
    "link",
    "chmod",
)


# Calls that remove what is aside, and commands whose next run removes what could not be removed.
REMOVING = {"unlink", "rmdir", "scandir", "listdir", "lstat", "open"}
MENDS = {"run", "batch", "fetch", "import"}


class Failing:
    """Counts the calls that concern the working folder; the n-th one fails."""

    def __init__(self, work: str, number: int, code: int) -> None:
        self.work, self.number, self.code, self.count = work, number, code, 0
        self.inside: set[int] = set()
        self.failed = ""

    def due(self, what: object, name: str) -> None:
        mine = what in self.inside if isinstance(what, int) else _text(what).startswith(self.work)
        if mine:
            self.count += 1
            if self.count == self.number:
                self.failed = name
                raise OSError(self.code, os.strerror(self.code), None if isinstance(what, int) else _text(what))

    def call(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def replaced(what: Any, *args: Any, **more: Any) -> Any:
            self.due(what, real.__name__)
            made = real(what, *args, **more)
            if real is OPEN and _text(what).startswith(self.work):
                self.inside.add(made)
            return made

        return replaced

    def open(self, what: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
        self.due(what, "open")
        stream = REAL_OPEN(what, mode, *args, **more)
        if not isinstance(what, int) and _text(what).startswith(self.work):
            self.inside.add(stream.fileno())
            if "b" in mode and "r" not in mode:
                return Stream(stream, self)
        return stream


class Stream:
    """A binary stream whose writes and flushes are counted."""

    def __init__(self, stream: Any, failing: Failing) -> None:
        self.stream, self.failing = stream, failing

    def write(self, content: bytes) -> int:
        self.failing.due(self.stream.fileno(), "write")
        return int(self.stream.write(content))

    def flush(self) -> None:
        self.failing.due(self.stream.fileno(), "flush")
        self.stream.flush()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


OPEN, REAL_OPEN = os.open, io.open


def _text(what: object) -> str:
    try:
        return os.path.abspath(os.fsdecode(what))  # type: ignore[arg-type]
    except TypeError:
        return ""


@contextmanager
def failing(made: World, number: int, code: int, kind: type[Failing] = Failing) -> Iterator[Failing]:
    """Let the n-th call fail, and write down how many there were."""
    faults = kind(str(made.folder / "work"), number, code)
    with ExitStack() as stack:
        for name in CALLS:
            stack.enter_context(patch.object(os, name, faults.call(getattr(os, name))))
        for place in (io, builtins):
            stack.enter_context(patch.object(place, "open", faults.open))
        yield faults
    (made.folder / "calls").write_text(f"{faults.count} {faults.failed}")


@dataclass
class Tally:
    """What became of the failing calls of one command."""

    calls: int = 0
    failed: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def fail_calls(made: World, name: str, count: int, seed: int = 1) -> Tally:
    """Let ``count`` of a command's calls fail, and return what became of them."""
    return deque(failing_calls(made, name, count, seed), 1).pop()


def failing_calls(made: World, name: str, count: int, seed: int = 1) -> Iterator[Tally]:
    """Let ``count`` of a command's calls fail, each with one of ``CODES``; all of them where there are fewer.

    What became of them so far comes after each.
    """
    draw, tally = random.Random(f"{name} {seed}"), Tally()
    made.clear(name)
    finish(begin(made, name, lambda: failing(made, 0, 0)))
    tally.calls = int((made.folder / "calls").read_text().split()[0])
    numbers = [draw.randrange(tally.calls) + 1 for _ in range(count)]
    if count >= tally.calls:
        numbers = [*range(1, tally.calls + 1)] * (count // tally.calls)
    for number in numbers:
        made.clear(name)
        code = draw.choice(CODES)
        done = finish(begin(made, name, lambda number=number, code=code: failing(made, number, code)))  # type: ignore[misc]
        tally.failed += 1
        tally.refused += done.code not in {0, 1}
        failed = (made.folder / "calls").read_text().split()[-1]
        left = complaint(made, name)
        if failed in REMOVING and left.startswith("left aside"):
            left = ""  # what the disk does not let a program remove stays aside, whole, until the next run
        wrong = _sentence(done.code, done.said) or left or (mended(made, name) if name in MENDS else "")
        if wrong:
            tally.wrong.append(f"{name}, call {number} of {tally.calls} ({failed}), {errno.errorcode[code]}: {wrong}")
        yield tally


def _sentence(code: int, said: str) -> str:
    if code not in {0, 1, 4, 5, 6} or "Traceback" in said or "defect" in said:
        return f"it ends with {code}: {said[-600:]}"
    return ""
