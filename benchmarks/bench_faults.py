"""Print how eventstudy ends under faults: hostile input, interrupts, kills, failing system calls, growth, leaks.

Run ``scripts/bench faults [COUNT] [NAME] [SEED]`` for the fuzzers: 20,000 hostile inputs of every reader and public
function by default; NAME begins the names of targets ("call", "news", "prices"). Run
``scripts/bench faults PART [COUNT]`` for one of the parts in ``PARTS``.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from tests.faults.commands import NAMES, world
from tests.faults.fuzz import SEED, fuzz, targets
from tests.faults.interrupts import interrupt


def fuzzers(count: int = 20_000, name: str = "", number: int = SEED) -> None:
    warnings.simplefilter("ignore")
    for title, target in targets().items():
        if not title.startswith(name):
            continue
        began = time.perf_counter()
        found = fuzz(target, count, number)
        print(
            f"{title:<24} {found.inputs:>7,} inputs, {found.refused:>7,} refused, {len(found.untyped)} kinds of other "
            f"errors, slowest {found.slowest:.2f} s, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        for kind, example in found.untyped.items():
            print(f"    {kind}: {example}", flush=True)


def interrupts(count: int = 200) -> None:
    """Ctrl-C and SIGTERM at COUNT moments of each command."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as made:
        for name in NAMES:
            tally = interrupt(made, name, count)
            print(
                f"{name:<8} {tally.moments} moments, {tally.stopped} stopped, {len(tally.wrong)} wrong, "
                f"ended within {tally.longest_s:.2f} s",
                flush=True,
            )
            for wrong in tally.wrong:
                print(f"    {wrong}", flush=True)


def growth(count: int = 4) -> None:
    """Every reader of text on every repeated piece at the first COUNT of four sizes."""
    from tests.faults.growth import PIECES, READERS, SIZES, every_growth

    slow = 0
    for one in every_growth(SIZES[:count]):
        slow += one.bad
        if one.bad or one.seconds[-1] > 5:
            times = ", ".join(f"{seconds:.2f}" for seconds in one.seconds)
            print(f"{'STEEP' if one.bad else 'slow '} {one.reader:<16} {one.piece:<28} {times} s", flush=True)
    print(f"{len(READERS)} readers x {len(PIECES)} pieces x sizes {SIZES[:count]}: {slow} steeper than n log n")


def leaks(count: int = 500) -> None:
    """What COUNT small studies in one process hold after each."""
    from tests.faults.leaks import after_studies

    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = str(Path(folder) / "temp")
        Path(tempfile.tempdir).mkdir()
        for number, held in enumerate(after_studies(Path(folder), count), 1):
            if number in {1, 5, 20, count} or number % 100 == 0:
                print(
                    f"after {number:>4} studies: {held.megabytes:.1f} MB, {held.descriptors} descriptors, "
                    f"{held.threads} threads, {held.temporary} temporary files",
                    flush=True,
                )


def calls(count: int = 60) -> None:
    """COUNT failing calls of the disk under each command."""
    from tests.faults.failing_calls import fail_calls

    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as made:
        for name in NAMES:
            tally = fail_calls(made, name, count)
            print(
                f"{name:<8} {tally.failed} failing calls of {tally.calls}, {tally.refused} refused, "
                f"{len(tally.wrong)} wrong",
                flush=True,
            )
            for wrong in tally.wrong:
                print(f"    {wrong}", flush=True)


PARTS: dict[str, Callable[[int], None]] = {"interrupts": interrupts, "growth": growth, "leaks": leaks, "calls": calls}


def main(asked: list[str]) -> None:
    if asked and asked[0] in PARTS:
        PARTS[asked[0]](*(int(word) for word in asked[1:2]))
    else:
        fuzzers(*(int(word) for word in asked[:1]), *asked[1:2], *(int(word) for word in asked[2:3]))


if __name__ == "__main__":
    main(sys.argv[1:])
