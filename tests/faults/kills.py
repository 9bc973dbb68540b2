"""Writers of a result killed with ``kill -9``: the old result stands, the new one, or the old one beside its place."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

from eventstudy.report import placing
from eventstudy.report.manifest import digest
from eventstudy.report.placing import beside, put_result

Files = Mapping[str, bytes]
Write = Callable[[Path], object]


def contents(word: str, names: tuple[str, ...] = ("result.json", "car.csv", "report.html")) -> dict[str, bytes]:
    """Return a small result: files that say one word, and a manifest that lists them."""
    files = {name: f"{word} {name}".encode() * 50 for name in names}
    listed = {"files": {name: digest(content) for name, content in files.items()}}
    return {**files, "manifest.json": json.dumps(listed).encode()}


OLD, NEW = contents("old", ("result.json", "car.csv", "ar.csv")), contents("new")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def state(folder: Path, old: Files, new: Files) -> str:
    """Return what a killed writer left: the old or the new result, or one of them beside the place."""
    for place in (folder, beside(folder)[1]):
        if place.exists() and (found := tree(place)) in (old, new):
            return ("old" if found == old else "new") + ("" if place == folder else " beside")
    return "lost"


def kill_placing(folder: Path, count: int) -> Counter[str]:
    """Kill a process that places two small results in turn, as fast as it can."""
    writes = (lambda path: put_result(path, NEW), lambda path: put_result(path, OLD))
    return kill(folder / "placed" / "result", writes, count, 0.03)


def kill_saving(folder: Path, count: int) -> Counter[str]:
    """Kill a process inside ``StudyResult.save``: figures, tables, documents and manifest of a small study."""
    from eventstudy.batch.library import answer
    from eventstudy.study.load import load_study
    from tests.faults.commands import write_study

    results = []
    for word in ("new", "old"):
        write_study(folder / word, word)
        results.append(answer(load_study(folder / word / "study.toml")))
    return kill(folder / "saved" / "result", (results[0].save, results[1].save), count)


def kill(target: Path, writes: tuple[Write, Write], count: int, longest_s: float = 0.0) -> Counter[str]:
    """Kill a writer ``count`` times; count what it left, and what the next writer did not mend.

    The writer begins with the result that is not in the place. Without ``longest_s`` every other one is killed at any
    moment of its first result, the others from the moment on at which it begins to place it.
    """
    trees = [written(write, target) for write in writes]
    whole_s, placing_s = (longest_s, 0.0) if longest_s else seconds_of(writes[0], target)
    draw, seen, now = random.Random(5), Counter[str](), 0 if longest_s == 0 else 1
    for number in range(count):
        aimed = bool(placing_s) and number % 2 == 1
        child, begun = writing(target, (writes[1 - now], writes[now]))
        if aimed:
            os.read(begun, 1)
        time.sleep(draw.uniform(0, 1.2 * (placing_s if aimed else whole_s)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(begun)
        left = state(target, trees[1], trees[0])
        seen[left] += 1
        seen["replaced" if left.split()[0] != ("new", "old")[now] else "not replaced"] += 1
        now = 0 if left.startswith("new") else 1
        if longest_s or number % 10 == 0:  # a complete report takes long; the next process mends as well
            now = number % 2
            seen["not mended"] += written(writes[now], target) != trees[now]
            seen["left beside"] += os.listdir(target.parent) != [target.name]
    return seen


def seconds_of(write: Write, target: Path) -> tuple[float, float]:
    """Return how long a result takes, and how long its placing of it."""
    began: list[float] = []
    fill = placing.fill
    with patch.object(placing, "fill", lambda *words: (began.append(time.monotonic()), fill(*words))):
        start = time.monotonic()
        write(target)
    end = time.monotonic()
    return end - start, end - began[0]


def writing(target: Path, writes: tuple[Write, Write]) -> tuple[int, int]:
    """Begin a process that writes two results in turn; return its number, and what it writes to when it places one."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(theirs)
        return child, ours
    fill = placing.fill

    def announced(new: Path, files: Files, mode: int | None) -> None:
        os.write(theirs, b".")
        fill(new, files, mode)

    try:
        placing.fill = announced
        while True:
            for write in writes:
                write(target)
    finally:
        os._exit(1)


def written(write: Write, target: Path) -> dict[str, bytes]:
    write(target)
    return tree(target)
