"""Prints how many hostile inputs of every reader and public function end in an error that is not the project's.

Run ``scripts/bench faults [COUNT] [NAME] [SEED]``: 20,000 inputs of every target by default; NAME begins the
names of targets ("call", "news", "prices").
"""

from __future__ import annotations

import sys
import time
import warnings

from tests.faults.fuzz import SEED, fuzz, targets


def main(count: int = 20_000, name: str = "", number: int = SEED) -> None:
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


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(*(int(a) for a in asked[:1]), *asked[1:2], *(int(a) for a in asked[2:3]))
