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
    results[0].save(folder / "saved" / "result")
    began = time.monotonic()
    results[1].save(folder / "saved" / "result")
    longest_s = 1.1 * (time.monotonic() - began)
    return kill(folder / "saved" / "result", (results[0].save, results[1].save), count, longest_s)


def kill(target: Path, writes: tuple[Write, Write], count: int, longest_s: float) -> Counter[str]:
    """Kill a writer ``count`` times at random moments; count what it left, and what the next writer did not mend."""
    trees = [written(write, target) for write in writes]
    draw, seen = random.Random(5), Counter[str]()
    for number in range(count):
        child = os.fork()
        if child == 0:
            try:
                while True:
                    for write in writes:
                        write(target)
            finally:
                os._exit(1)
        time.sleep(draw.uniform(0, longest_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        seen[state(target, trees[1], trees[0])] += 1
        if longest_s < 0.1 or number % 10 == 0:  # a complete report takes long; the next process mends as well
            seen["not mended"] += written(writes[number % 2], target) != trees[number % 2]
            seen["left beside"] += os.listdir(target.parent) != [target.name]
    return seen


def written(write: Write, target: Path) -> dict[str, bytes]:
    write(target)
    return tree(target)
