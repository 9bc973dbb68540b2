"""Ctrl-C and SIGTERM at random moments of a command."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.commands import World, begin, complaint, finish, mended

ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143}


@dataclass
class Tally:
    """What became of the moments of one command."""

    moments: int = 0
    stopped: int = 0
    wrong: list[str] = field(default_factory=list)
    longest_s: float = 0.0


def interrupt(made: World, name: str, moments: int, seed: int = 1) -> Tally:
    """Stop a command at random moments, and return what became of them."""
    return deque(interrupted(made, name, moments, seed), 1).pop()


def interrupted(made: World, name: str, moments: int, seed: int = 1) -> Iterator[Tally]:
    """Stop a command at random moments; every one must be complete, in one sentence, and mended by the next run.

    What became of them so far comes after each.
    """
    draw, tally = random.Random(f"{name} {seed}"), Tally()
    for moment in range(moments):
        made.clear(name)
        number = draw.choice(list(ENDINGS))
        running = begin(made, name)
        time.sleep(draw.uniform(0, made.seconds[name]))
        began = time.monotonic()
        os.kill(running.number, number)
        done = finish(running)
        tally.moments += 1
        tally.stopped += done.code == ENDINGS[number]
        tally.longest_s = max(tally.longest_s, time.monotonic() - began)
        wrong = _sentence(done.code, done.said, number) or complaint(made, name)
        if not wrong and moment % 5 == 0:
            wrong = mended(made, name)
        if wrong:
            tally.wrong.append(f"{name}, moment {moment} of seed {seed}, {number.name}: {wrong}")
        yield tally


def _sentence(code: int, said: str, number: signal.Signals) -> str:
    if code not in {0, 1, ENDINGS[number]}:
        return f"it ends with {code}: {said[-4000:]}"
    count = said.count("interrupted")
    if "Traceback" in said or count != (code == ENDINGS[number]):
        return f"it says, with code {code}: {said[-4000:]}"
    return ""
