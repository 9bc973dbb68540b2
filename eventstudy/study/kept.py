"""Answers of finished shards on disk: values of this package as JSON and arrays, so that an ended run is taken up."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
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


def packed(value: Any) -> bytes:
    """Return a value as the bytes of a zip file: its arrays, and a JSON document of everything else.

    Raises
    ------
    TypeError
        If a part of it is neither plain, an array, a frame of prices nor a dataclass of this package.
    """
    arrays: list[np.ndarray] = []
    document = json.dumps(_encoded(value, arrays)).encode()
    sink = io.BytesIO()
    named = {f"a{number}": array for number, array in enumerate(arrays)}
    np.savez(sink, **named, **{DOCUMENT: np.frombuffer(document, dtype=np.uint8)})  # type: ignore[arg-type]
    return sink.getvalue()


def unpacked(content: bytes) -> Any:
    """Return the value that was packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return _decoded(json.loads(held[DOCUMENT].tobytes()), held)


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a value's content."""
    arrays: list[np.ndarray] = []
    digest = hashlib.sha256(json.dumps(_encoded(value, arrays)).encode())
    for array in arrays:
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, zipfile.BadZipFile):
        return None


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | str | int | float):
        return value
    for kind, name, write, _ in KINDS:
        if isinstance(value, kind):
            return {name: write(value, arrays)}
    if is_dataclass(value) and type(value).__module__.startswith(PACKAGE):
        held = {f.name: _encoded(getattr(value, f.name), arrays) for f in fields(value) if f.init}
        return {"value": [type(value).__module__, type(value).__name__, held]}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _decoded(found: Any, held: Any) -> Any:
    if not isinstance(found, dict):
        return found
    ((name, content),) = found.items()
    if name == "value":
        return _built(content, held)
    return next(read for _, known, _, read in KINDS if known == name)(content, held)


def _built(content: Any, held: Any) -> Any:
    module, name, parts = content
    kind = getattr(import_module(module), name) if module.startswith(PACKAGE) else None
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"{module}.{name} is not a value of this package")
    return kind(**{key: _decoded(part, held) for key, part in parts.items()})


def _array(value: np.ndarray, arrays: list[np.ndarray]) -> Any:
    if value.dtype == object:
        return [[_encoded(each, arrays) for each in value.reshape(-1).tolist()], list(value.shape)]
    arrays.append(value)
    return len(arrays) - 1


def _array_back(content: Any, held: Any) -> np.ndarray:
    if isinstance(content, int):
        return np.asarray(held[f"a{content}"])
    entries, shape = content
    found = np.empty(len(entries), dtype=object)
    found[:] = [_decoded(each, held) for each in entries]
    return found.reshape(shape)


def _frame(value: pd.DataFrame, arrays: list[np.ndarray]) -> Any:
    columns = [[str(name), _array(value[name].to_numpy(), arrays)] for name in value.columns]
    return [_array(epoch_us(value.index), arrays), columns]  # type: ignore[arg-type]


def _frame_back(content: Any, held: Any) -> pd.DataFrame:
    index, columns = content
    values = {name: _array_back(place, held) for name, place in columns}
    return pd.DataFrame(values, index=from_epoch_us(_array_back(index, held)))


def _entries(value: Any, arrays: list[np.ndarray]) -> Any:
    return [_encoded(each, arrays) for each in value]


def _pairs(value: Any, arrays: list[np.ndarray]) -> Any:
    return [[_encoded(key, arrays), _encoded(each, arrays)] for key, each in value.items()]


Write = Callable[[Any, list[np.ndarray]], Any]
Read = Callable[[Any, Any], Any]
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
