"""A result's folder as plain data: what ``explain`` prints and a shell completes."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventstudy.errors import DataError, FileError
from eventstudy.files import read_json
from eventstudy.show.work_steps import step

Json = Mapping[str, Any]


def read_result(path: Path) -> tuple[Json, Json]:
    """Return ``result.json`` and ``manifest.json`` of a folder.

    Raises
    ------
    DataError
        If one of them is missing or is not what ``eventstudy run`` writes.
    """
    folder = path.parent if path.name == "result.json" else path
    found = []
    for name in ("result.json", "manifest.json"):
        try:
            value = read_json(folder / name)
        except FileError as error:
            raise DataError(error.message, remedy="Give a folder that `eventstudy run` wrote.") from None
        if not isinstance(value, dict) or ("outcomes" if name == "result.json" else "spec") not in value:
            raise DataError(f"{str(folder / name)!r} was not written by this program.")
        found.append(value)
    return found[0], found[1]


def figures_of(study: Json) -> Iterator[tuple[str, Json]]:
    """Return every figure of a result by its id."""
    for row in study["aggregates"]:
        if row["n_events"] > 1:
            yield f"mean/{row['window'][0]}:{row['window'][1]}", row
    for row in study["responses"]:
        yield f"{row['event']}/{row['instrument']}/{row['window'][0]}:{row['window'][1]}", row


def read_bars(path: Path) -> list[dict[str, Any]]:
    """Return the bars of a result, one per row of its ``ar.csv``; none where a large result was written without."""
    file = (path.parent if path.name == "result.json" else path) / "ar.csv"
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [_bar(row) for row in _counted(csv.DictReader(lines), file)]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{str(file)!r} cannot be read: {error}.", remedy="Run the study again.") from None


def _counted(rows: Iterable[dict[str, str]], file: Path) -> Iterator[dict[str, str]]:
    """Return the rows of a table and report how many of its lines were read, a thousand at a time."""
    with file.open("rb") as lines:
        total = max(sum(1 for _ in lines) - 1, 0)
    for place, row in enumerate(rows, 1):
        yield row
        if place % 1000 == 0:
            step(f"rows of {file.name}", place, total)


def _bar(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "event": row["event"],
        "instrument": row["instrument"],
        "tau": int(row["tau"]),
        "close": row.get("close", ""),
        "price": _number(row.get("price", "")),
        "n_bars": int(row["n_bars"]),
        "ar": _number(row["ar"]),
        "se": _number(row["se"]),
    }


def read_fits(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the estimated models of a result by event and instrument, from its ``fits.csv``; none without the file."""
    file = (path.parent if path.name == "result.json" else path) / "fits.csv"
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return {(row["event"], row["instrument"]): _fit(row) for row in csv.DictReader(lines)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{str(file)!r} cannot be read: {error}.", remedy="Run the study again.") from None


def _fit(row: Mapping[str, str]) -> dict[str, Any]:
    named = ("event", "instrument", "first", "last", "data", "disarmed", "escaped")
    return {
        "first": row["first"] or None,
        "last": row["last"] or None,
        **{name: _number(cell) for name, cell in row.items() if name not in named},
    }


def _number(text: str) -> float | None:
    value = float(text) if text else math.nan
    return value if math.isfinite(value) else None
