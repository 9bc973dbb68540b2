"""Digests of the inputs of a study, for its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns

Series = Bars | Returns


class Digests(Mapping[str, str]):
    """SHA-256 of the inputs of a study by their names; those of series are computed when they are first read.

    Parameters
    ----------
    series : sequence of Bars or Returns
    files : mapping of str to str
        SHA-256 of other inputs by their names.
    """

    def __init__(self, series: Sequence[Series], files: Mapping[str, str]) -> None:
        named = {f"{one.instrument.code} ({one.source})": one for one in series}
        self._held: dict[str, Series | str] = {**named, **files}

    def __getitem__(self, name: str) -> str:
        held = self._held[name]
        if not isinstance(held, str):
            held = self._held[name] = series_digest(held)
        return held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def series_digest(series: Series) -> str:
    """Return the SHA-256 of the instants and values of a series, independent of how they were stored."""
    digest = hashlib.sha256(series.instrument.code.encode())
    if isinstance(series, Returns):
        columns = {"": series.values}
        digest.update(np.ascontiguousarray(series.closes, dtype="<i8").data)
    else:
        columns = {name: series.column(name) for name in sorted(series.names)}
        digest.update(np.ascontiguousarray(series.closes_us, dtype="<i8").data)
    for name, values in columns.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values, dtype="<f8").data)
    return digest.hexdigest()
