"""Answers of finished shards on disk: values of this package as JSON and arrays, so that an ended run is taken up."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.arrays import epoch_us, from_epoch_us
from eventstudy.files import write_file

PACKAGE = "eventstudy."
DOCUMENT = "document"


@dataclass
class WrittenParts:
    """What was written so far: arrays, and the number of each value, which is written once (None: wherever it is)."""

    arrays: list[np.ndarray] = field(default_factory=list)
    places: dict[int, int] | None = field(default_factory=dict)


@dataclass
class ReadParts:
    """The stored arrays, and the values that were read so far."""

    stored: Any
    values: list[Any] = field(default_factory=list)


def packed(value: Any) -> bytes:
    """Return a value as the bytes of a zip file: its arrays, and a JSON document of everything else.

    Raises
    ------
    TypeError
        If a part of it is neither plain, an array, a frame of prices nor a dataclass of this package.
    """
    parts = WrittenParts()
    document = json.dumps(_encoded(value, parts)).encode()
    sink = io.BytesIO()
    named = {f"a{number}": array for number, array in enumerate(parts.arrays)}
    np.savez(sink, **named, **{DOCUMENT: np.frombuffer(document, dtype=np.uint8)})  # type: ignore[arg-type]
    return sink.getvalue()


def unpacked(content: bytes) -> Any:
    """Return the value that was packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return _decoded(json.loads(stored[DOCUMENT].tobytes()), ReadParts(stored))


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a value's content, whatever of it is one object."""
    parts = WrittenParts(places=None)
    digest = hashlib.sha256(json.dumps(_encoded(value, parts)).encode())
    for array in parts.arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def keep(folder: str, name: str, value: Any) -> None:
    """Write a value to a folder of kept answers, entirely or not at all."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    write_file(Path(folder) / f"{name}.npz", packed(value))


def kept(folder: str, name: str) -> Any | None:
    """Return a kept value; None if there is none, or it is damaged."""
    try:
        return unpacked((Path(folder) / f"{name}.npz").read_bytes())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ImportError, zipfile.BadZipFile):
        return None


def _encoded(value: Any, parts: WrittenParts) -> Any:
    if value is None or isinstance(value, bool | str | int | float):
        return value
    for kind, name, write, _ in KINDS:
        if isinstance(value, kind):
            return {name: write(value, parts)}
    if not is_dataclass(value) or not type(value).__module__.startswith(PACKAGE):
        raise TypeError(f"{type(value).__name__} cannot be kept")
    places = parts.places
    if places is not None and id(value) in places:
        return {"again": places[id(value)]}
    inside = {f.name: _encoded(getattr(value, f.name), parts) for f in fields(value) if f.init}
    if places is not None:
        places[id(value)] = len(places)
    return {"value": [type(value).__module__, type(value).__name__, inside]}


def _decoded(found: Any, held: ReadParts) -> Any:
    if not isinstance(found, dict):
        return found
    ((name, content),) = found.items()
    if name == "again":
        return held.values[content]
    if name == "value":
        held.values.append(_built(content, held))
        return held.values[-1]
    return next(read for _, known, _, read in KINDS if known == name)(content, held)


def _built(content: Any, held: ReadParts) -> Any:
    module, name, inside = content
    kind = getattr(import_module(module), name) if module.startswith(PACKAGE) else None
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"{module}.{name} is not a value of this package")
    return kind(**{key: _decoded(part, held) for key, part in inside.items()})


def _array(value: np.ndarray, parts: WrittenParts) -> Any:
    if value.dtype == object:
        return [[_encoded(each, parts) for each in value.reshape(-1).tolist()], list(value.shape)]
    parts.arrays.append(value)
    return len(parts.arrays) - 1


def _array_back(content: Any, held: ReadParts) -> np.ndarray:
    if isinstance(content, int):
        return np.asarray(held.stored[f"a{content}"])
    entries, shape = content
    found = np.empty(len(entries), dtype=object)
    found[:] = [_decoded(each, held) for each in entries]
    return found.reshape(shape)


def _frame(value: pd.DataFrame, parts: WrittenParts) -> Any:
    columns = [[str(name), _array(value[name].to_numpy(), parts)] for name in value.columns]
    return [_array(epoch_us(value.index), parts), columns]  # type: ignore[arg-type]


def _frame_back(content: Any, held: ReadParts) -> pd.DataFrame:
    index, columns = content
    values = {name: _array_back(place, held) for name, place in columns}
    return pd.DataFrame(values, index=from_epoch_us(_array_back(index, held)))


def _entries(value: Any, parts: WrittenParts) -> Any:
    return [_encoded(each, parts) for each in value]


def _pairs(value: Any, parts: WrittenParts) -> Any:
    return [[_encoded(key, parts), _encoded(each, parts)] for key, each in value.items()]


Write = Callable[[Any, WrittenParts], Any]
Read = Callable[[Any, ReadParts], Any]
# A type, its name in the document, and how it is written and read; the first that fits decides.
KINDS: tuple[tuple[type, str, Write, Read], ...] = (
    (tuple, "tuple", _entries, lambda found, held: tuple(_decoded(each, held) for each in found)),
    (list, "list", _entries, lambda found, held: [_decoded(each, held) for each in found]),
    (frozenset, "set", lambda v, a: sorted(v), lambda found, held: frozenset(found)),
    (dict, "dict", _pairs, lambda found, held: {_decoded(k, held): _decoded(v, held) for k, v in found}),
    (np.ndarray, "array", _array, _array_back),
    (np.generic, "number", lambda v, a: _encoded(v.item(), a), _decoded),
    (pd.DataFrame, "frame", _frame, _frame_back),
    (pd.Timedelta, "length", lambda v, a: v.value, lambda found, held: pd.Timedelta(found, unit="ns")),
    (datetime, "instant", lambda v, a: v.isoformat(), lambda found, held: datetime.fromisoformat(found)),
    (date, "date", lambda v, a: v.isoformat(), lambda found, held: date.fromisoformat(found)),
)
