"""BAR_SOURCES: every place series come from, by name, and the one function that reads from any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from eventstudy.arrays import look_up
from eventstudy.errors import DataError, NetworkError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.sources.dataset import read_dataset
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.ecb import read_ecb
from eventstudy.market.sources.folder import read_folder
from eventstudy.market.sources.moex_store import Fetched, fetch_moex, read_moex
from eventstudy.market.sources.price_files import problems_of_files, read_files
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.source_series import checked_bars
from eventstudy.market.sources.yahoo_store import fetch_yahoo, read_stored_yahoo
from eventstudy.market.universe import LeftOut, Universe

Problems = Iterator[tuple[str, str]]


def no_problems(spec: DataSpec) -> Problems:
    """A service is not asked before the study runs."""
    yield from ()


@dataclass(frozen=True, slots=True)
class BarSource:
    """One place series come from.

    Attributes
    ----------
    read : callable
        (DataSpec, Reading) -> Universe.
    needs : mapping of str to str
        Settings of a description that this source cannot do without, and what to write.
    problems : callable
        DataSpec -> pairs of setting and sentence: what keeps it from being read, without the network.
    network : bool
        Whether it may open a network connection.
    one : callable or None
        BarRequest -> Bars, for a source that gives one series at a time.
    """

    read: Callable[[DataSpec, Reading], Universe]
    needs: Mapping[str, str]
    problems: Callable[[DataSpec], Problems] = no_problems
    network: bool = False
    one: Callable[[BarRequest], Bars] | None = None

    def __call__(self, request: BarRequest) -> Bars:
        """Return one series of a service."""
        if self.one is None:
            raise UsageError("Files are read with read_bars or read_universe.")
        return self.one(request)


def one_by_one(one: Callable[[BarRequest], Bars], spec: DataSpec, reading: Reading) -> Universe:
    """Return the series of the instruments named, each from one request, after the checks that files pass."""
    codes = spec.codes()
    if not codes:
        raise UsageError(f"source = {spec.source!r} needs instruments.", remedy='Set instruments = ["CODE", ...].')
    step, (first, last) = spec.length() or pd.Timedelta(days=1), spec.period()
    series, left_out = [], []
    for code in codes:
        if reading.wanted is not None and code not in reading.wanted:
            continue
        stated = (spec.timezone, spec.closes_at, spec.accept, spec.prices)
        request = BarRequest(spec.traded(code), step, first, last, *stated, offline=reading.offline)
        try:
            series.append(checked_bars(one(request), spec.accept))
        except NetworkError:
            raise
        except DataError as error:
            if len(codes) == 1:
                raise
            left_out.append(LeftOut(code, str(error)))
    return Universe(tuple(series), tuple(left_out))


def service(one: Callable[[BarRequest], Bars], *, network: bool = True) -> BarSource:
    """Return the row of a service."""
    return BarSource(partial(one_by_one, one), {"instrument": INSTRUMENTS_WORDS}, network=network, one=one)


def read_folders(spec: DataSpec, reading: Reading) -> Universe:
    """Return the series of the instruments named from a folder of Parquet files, after the checks that files pass."""
    codes = spec.codes()
    if not codes:
        raise UsageError("source = 'folder' needs instruments.", remedy='Set instruments = ["CODE", ...].')
    return Universe(tuple(checked_bars(read_folder(spec, code), spec.accept) for code in codes))


INSTRUMENTS_WORDS = 'missing; name one (instrument = "CODE") or several (instruments = ["A", "B"]).'
PATH_WORDS = "missing; name a file, a pattern or a folder, relative to the study file."

BAR_SOURCES: dict[str, BarSource] = {
    "dataset": BarSource(
        read_dataset,
        {"path": "missing; name a folder of Parquet files, relative to the study file, or s3://BUCKET/..."},
    ),
    "ecb": service(read_ecb, network=False),
    "file": BarSource(read_files, {"path": PATH_WORDS}, problems_of_files),
    "folder": BarSource(
        read_folders,
        {
            "path": "missing; name a folder of Parquet files, relative to the study file.",
            "instrument": INSTRUMENTS_WORDS,
            "step": "missing; set the length of a bar, such as '10min' or '1D'.",
        },
    ),
    "moex": service(read_moex),
    "yahoo": service(read_stored_yahoo),
}


def read_source(spec: DataSpec, reading: Reading, sources: Mapping[str, BarSource] = BAR_SOURCES) -> Universe:
    """Return the series that a description names, from whatever source it names."""
    return look_up("bar source", sources, spec.source).read(spec, reading)


# The services whose bars go through the local store: how to complete it, and the zone whose days it counts in.
FETCHERS: dict[str, tuple[Callable[..., Fetched], str]] = {
    "moex": (fetch_moex, "Europe/Moscow"),
    "yahoo": (fetch_yahoo, "UTC"),
}
