"""From a study file to loaded values: the one place in a study that reads; ``run_study`` itself never does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import look_up
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument, instrument
from eventstudy.market.sources.request import BarRequest
from eventstudy.study.own_calendars import using_calendars, with_calendar_files
from eventstudy.study.spec import DataSpec, StudySpec

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.simulate import SimulatedMarket

Source = Callable[[BarRequest], Bars]
DEMO_SEED = 20210413


@dataclass(frozen=True)
class LoadedStudy:
    """A study with everything it needs in memory.

    Attributes
    ----------
    spec : StudySpec
    events : tuple of Event
    data : tuple of Bars
    market : Bars or None
    factors : tuple of Bars
    digests : mapping of str to str
        SHA-256 of every input by its name, for the manifest.
    """

    spec: StudySpec
    events: tuple[Event, ...]
    data: tuple[Bars, ...]
    market: Bars | None
    factors: tuple[Bars, ...]
    digests: Mapping[str, str]


def load_study(path: str | Path, *, data_folder: str | Path | None = None, offline: bool = False) -> LoadedStudy:
    """Read a study file, its events and its series.

    Relative paths start at the study file; those of price files start at ``data_folder`` where one is given.
    ``offline`` keeps every source from the network.

    Raises
    ------
    SpecError
        Every problem of the study file, with its place.
    DataError
        If an event file or a series is missing or invalid.
    """
    path = Path(path)
    return load_spec(StudySpec.from_toml(path), path.parent, Path(data_folder or path.parent), offline=offline)


def load_spec(spec: StudySpec, folder: Path, data_folder: Path, *, offline: bool = False) -> LoadedStudy:
    """Load what a spec names: events relative to ``folder``, series relative to ``data_folder``."""
    spec = with_calendar_files(spec, folder)
    events = _events(spec, folder)
    load = partial(load_bars, folder=data_folder, offline=offline)
    with using_calendars(spec):
        data = tuple(map(load, spec.data))
        market = load(spec.market) if spec.market else None
        factors = tuple(map(load, spec.factors))
    series = (*data, *((market,) if market else ()), *factors)
    digests = {f"{bars.instrument.code} ({bars.source})": bars_digest(bars) for bars in series}
    if spec.events_file:
        digests[spec.events_file] = hashlib.sha256((folder / spec.events_file).read_bytes()).hexdigest()
    return LoadedStudy(spec, events, data, market, factors, digests)


def load_bars(row: DataSpec, folder: Path, *, offline: bool = False) -> Bars:
    """Return one series of a study; a file that says SIMULATED in its name is marked so everywhere."""
    bars = look_up("bar source", bar_sources(), row.source)(replace(bar_request(row, folder), offline=offline))
    return replace(bars, simulated=True) if "SIMULATED" in Path(row.path).name else bars


def bar_sources() -> dict[str, Source]:
    """Return every source a study file may name: the market's, and the simulated days of the demo."""
    from eventstudy.market.sources.table import BAR_SOURCES

    return {**BAR_SOURCES, "simulated": simulated_bars}


def simulated_bars(request: BarRequest) -> Bars:
    """Return one series of the demo's market: drawn from a seed, always the same, marked SIMULATED."""
    drawn = {bars.instrument.code: bars for bars in _demo_market().bars}
    return look_up("simulated instrument", drawn, request.instrument.code)


@cache
def _demo_market() -> SimulatedMarket:
    from eventstudy.simulate import demo_market

    return demo_market(DEMO_SEED)


def bar_request(row: DataSpec, folder: Path) -> BarRequest:
    """Return a row of a study file as the question that every source understands."""
    from eventstudy.market.steps import step_of

    traded = _instrument(row)
    zone = ZoneInfo(row.timezone or "UTC")
    return BarRequest(
        instrument=traded,
        step=step_of(row.step or "1D"),
        first=_instant(row.first, zone, time.min),
        last=_instant(row.last, zone, time.max),
        path=str(folder / row.path) if row.path else "",
        preset=row.preset,
        columns=row.columns,
        timezone=row.timezone,
        label=row.label,
        closes_at=row.closes_at,
        force_label=row.force_label,
        accept=row.accept,
    )


def bars_digest(bars: Bars) -> str:
    """Return the SHA-256 of the instants and prices of a series, independent of how they were stored."""
    digest = hashlib.sha256(bars.instrument.code.encode())
    digest.update(bars.closes_us.astype("<i8").tobytes())
    for name in sorted(bars.frame.columns):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(bars.frame[name].to_numpy(), dtype="<f8").tobytes())
    return digest.hexdigest()


def _instrument(row: DataSpec) -> Instrument:
    known = instrument(row.instrument)
    given = {name: getattr(row, name) for name in ("board", "calendar", "quote") if getattr(row, name)}
    return replace(known, **given, sign=row.sign if row.sign != 1 else known.sign)


def _instant(text: str, zone: ZoneInfo, end_of_day: time) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2021-04-13"):
            return datetime.combine(date.fromisoformat(text), end_of_day, zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{text!r} is not a date; write it as 2021-04-13 or 2021-04-13T18:37+03:00.") from error
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _events(spec: StudySpec, folder: Path) -> tuple[Event, ...]:
    from eventstudy.news.events.files import read_events

    if not spec.events_file:
        raise DataError("The study names no events.", remedy='Add [events] with file = "events.toml".')
    events = tuple(read_events(folder / spec.events_file, timezone=spec.event_timezone))
    missing = sorted(set(spec.events) - {event.id for event in events})
    if missing:
        known = ", ".join(sorted(event.id for event in events)[:10])
        raise DataError(f"{spec.events_file} has no event named {', '.join(missing)}; it has {known}.")
    return tuple(event for event in events if not spec.events or event.id in spec.events)
