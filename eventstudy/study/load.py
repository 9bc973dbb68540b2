"""From a study file to loaded values: the one place in a study that reads; ``run_study`` itself never does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple

from eventstudy.errors import DataError, Notice, takes
from eventstudy.files import read_regular
from eventstudy.market.sources.dataset_value import Dataset, shown
from eventstudy.market.sources.on_disk import (
    WORKER_MEMORY,
    bytes_of,
    check_columns,
    dataset_digest,
    physical_memory,
    refuse_small_memory,
)
from eventstudy.market.sources.reading import Reading
from eventstudy.market.universe import Universe
from eventstudy.news.decode import MAX_LIST_BYTES
from eventstudy.renamed import named_arguments
from eventstudy.study.digests import Digests, Series
from eventstudy.study.fit_notices import unnamed_notices
from eventstudy.study.needs import around_events, around_series
from eventstudy.study.own_calendars import read_calendar_files, using_calendars
from eventstudy.study.read_tables import ReadFrom, beside, placed_path, read_rows, regressor
from eventstudy.study.spec import StudySpec
from eventstudy.study.spec_rules import refers_to_data

if TYPE_CHECKING:
    from eventstudy.news.items import Event


class StudyFolders(NamedTuple):
    """Where paths of a study file begin: those of events and regressors, and those of the data."""

    study: Path
    data: Path


@dataclass(frozen=True)
class LoadedStudy:
    """A study with everything it needs in memory.

    Attributes
    ----------
    spec : StudySpec
    events : tuple of Event
    known : tuple of Event
        Events of the list that ``[events] only`` leaves out: not studied, and still releases of other days.
    data : tuple of Bars or Returns
        The series to study: those that the events name, or all where some event names none.
    market : Bars or Returns or None
    factors : tuple of Bars or Returns
    digests : mapping of str to str
        SHA-256 of every input by its name, for the manifest; that of a series is computed when it is read.
    recognized : tuple of str
        One line for each price file: what it was recognized as.
    notices : tuple of Notice
        Instruments that were left out, with the reason.
    left_out : tuple of str
        Codes of these instruments.
    dataset : Dataset or None
        The data where they stay on disk; ``data`` is then empty, and a market among them is its code.
    """

    spec: StudySpec
    events: tuple[Event, ...]
    data: tuple[Series, ...]
    market: Series | str | None
    factors: tuple[Series | str, ...]
    digests: Mapping[str, str]
    recognized: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    left_out: tuple[str, ...] = ()
    dataset: Dataset | None = None
    known: tuple[Event, ...] = ()

    def __repr__(self) -> str:
        held = f"{len(self.data)} series" if self.dataset is None else repr(self.dataset)
        return f"<LoadedStudy {self.spec.name!r}: {len(self.events)} events, {held}>"


@named_arguments
@takes(path=(str, Path), data_folder=(str, Path, NoneType), offline=bool, accept_proposals=bool)
def load_study(
    path: str | Path,
    *,
    data_folder: str | Path | None = None,
    offline: bool = False,
    accept_proposals: bool = False,
) -> LoadedStudy:
    """Read a study file, its events and its series.

    Parameters
    ----------
    path : str or Path
        Study file; relative paths in it start at its directory.
    data_folder : str or Path, optional
        Where relative paths of price files start instead.
    offline : bool
        Whether sources must not use the network.
    accept_proposals : bool
        Whether an event file with ``status = "proposal"``, which has not been reviewed, is used.

    Returns
    -------
    LoadedStudy
        ``run_study(study.spec, study.events, study.data, study.market, study.factors, known=study.known)`` runs it.

    Raises
    ------
    SpecError
        With every problem of the study file and its position.
    DataError
        If an event file or a series is missing or invalid.

    Examples
    --------
    >>> load_study("data/studies/biden-putin-fixing.toml")
    <LoadedStudy 'biden-putin-fixing': 1 events, 1 series>
    """
    path = Path(path)
    folders = StudyFolders(path.parent, Path(data_folder or path.parent))
    return load_reviewed(StudySpec.from_toml(path), folders, offline=offline, accept_proposals=accept_proposals)


def load_reviewed(
    spec: StudySpec,
    folders: StudyFolders,
    *,
    offline: bool = False,
    accept_proposals: bool = False,
    on_disk: bool = False,
) -> LoadedStudy:
    """Load what a spec names; events that have not been reviewed are refused unless they are accepted.

    With ``on_disk`` a dataset is opened and not read: workers read from it.
    """
    proposed = bool(spec.events_file) and is_proposal(beside(folders[0], spec.events_file))
    if proposed and not accept_proposals:
        raise DataError(
            f'{spec.events_file} has status = "proposal": its events have not been reviewed.',
            remedy='Review it and set status = "reviewed", or accept it as it is: --accept-proposals '
            "(Python: accept_proposals=True).",
        )
    loaded = load_spec(spec, *folders, offline=offline, on_disk=on_disk)
    if not proposed:
        return loaded
    said = Notice("ES-PROPOSAL", f"The events of {spec.events_file} are proposals that have not been reviewed.")
    return replace(loaded, notices=(said, *loaded.notices))


def is_proposal(path: Path) -> bool:
    """Return whether an events file says of itself that it is a proposal."""
    from eventstudy.news.events.event_files import status_of

    return status_of(path) == "proposal"


def load_spec(
    spec: StudySpec, folder: Path, data_folder: Path, *, offline: bool = False, on_disk: bool = False
) -> LoadedStudy:
    """Load what a spec names: events relative to ``folder``, series relative to ``data_folder``."""
    spec = spec.model_copy(update={"calendars": read_calendar_files(spec.calendars, folder)})
    events, known = _events(spec, folder)
    folders = StudyFolders(folder, data_folder)
    with using_calendars(spec.calendars):
        read = open_study if on_disk and stays_on_disk(spec, events) else load_series
        return replace(read(spec, events, folders, offline=offline), known=known)


def stays_on_disk(spec: StudySpec, events: tuple[Event, ...]) -> bool:
    """Return whether the data of a study are one dataset whose instruments the events name."""
    return [row.source for row in spec.data] == ["dataset"] and bool(events) and all(e.instruments for e in events)


def open_study(spec: StudySpec, events: tuple[Event, ...], folders: StudyFolders, *, offline: bool) -> LoadedStudy:
    """Open the dataset of a study; a market or factor of other files is read, one of the dataset is its code."""
    folder, data_folder = folders
    (row,) = spec.data
    placed = row.model_copy(update={"path": placed_path(data_folder, row.path)})
    dataset = Dataset(placed, offline, spec.returns == "difference", bytes_of(spec.memory or WORKER_MEMORY))
    lines = [check_columns(dataset)]
    rows = (*((spec.market,) if spec.market else ()), *spec.factors)
    reading = Reading(offline=offline, any_sign=spec.returns == "difference")
    found: list[list[Series | str]] = []
    for one in rows:
        if refers_to_data(one.model_dump()):
            found.append([one.instrument])
            continue
        universe = regressor(one, spec, Universe(()), ReadFrom(data_folder, reading))
        lines += universe.recognized
        found.append(list(universe))
    market = found[0][0] if spec.market else None
    factors = tuple(one for part in found[bool(spec.market) :] for one in part)
    codes = {code for event in events for code in event.instruments}
    codes |= {one for part in found for one in part if isinstance(one, str)}
    digests = {f"{shown(row.path)} (footers)": dataset_digest(dataset, codes)}
    given = [one for part in found for one in part if not isinstance(one, str)]
    digests |= Digests(given, digest_of_events(spec, folder))
    return LoadedStudy(spec, events, (), market, factors, digests, tuple(lines), dataset=dataset)


def digest_of_events(spec: StudySpec, folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the events file by its name."""
    if not spec.events_file:
        return {}
    content = read_regular(beside(folder, spec.events_file), MAX_LIST_BYTES)
    return {spec.events_file: hashlib.sha256(content).hexdigest()}


def load_series(spec: StudySpec, events: tuple[Event, ...], folders: StudyFolders, *, offline: bool) -> LoadedStudy:
    """Load the series that the events name, the market and the factors, each file once."""
    folder, data_folder = folders
    named = {code for event in events for code in event.instruments}
    regressors = (*((spec.market,) if spec.market else ()), *spec.factors)
    references = {row.instrument for row in regressors if refers_to_data(row.model_dump())}
    everything = not events or any(not event.instruments for event in events)
    around = around_events(spec, events) if any(row.source == "dataset" for row in (*spec.data, *regressors)) else None
    wanted = None if everything else named | (references if around is None else set())
    refuse_large_datasets(spec, data_folder, wanted, offline=offline)
    reading = Reading(wanted=wanted, offline=offline, any_sign=spec.returns == "difference", around=around)
    universe = read_rows(spec.data, data_folder, reading)
    known = {*universe.codes, *(out.instrument for out in universe.left_out)}
    if not everything and not known & named:  # the ledger then says of every event what it lacks
        universe = read_rows(spec.data, data_folder, replace(reading, wanted=None, around=None))
    studied = [one for one in universe if one.instrument.code in named or one.instrument.code not in references]
    if spec.data and not studied:
        raise nothing_to_study(universe)
    over = replace(reading, around=None if around is None else around_series(universe))
    found = [regressor(row, spec, universe, ReadFrom(data_folder, over)) for row in regressors]
    market = found[0].series[0] if spec.market else None
    factors = tuple(one for part in found[bool(spec.market) :] for one in part)
    series = (*studied, *((market,) if market else ()), *factors)
    digests = Digests(series, digest_of_events(spec, folder))
    recognized = (*universe.recognized, *(line for part in found for line in part.recognized))
    notices = unnamed_notices(spec.events_file, events, [one.instrument.code for one in studied])
    notices += tuple(
        Notice("ES-INSTRUMENT-LEFT-OUT", f"{out.instrument} was left out. {out.reason}") for out in universe.left_out
    )
    lines = tuple(dict.fromkeys(recognized))
    left_out = tuple(out.instrument for out in universe.left_out)
    return LoadedStudy(spec, events, tuple(studied), market, factors, digests, lines, notices, left_out)


def refuse_large_datasets(spec: StudySpec, folder: Path, wanted: set[str] | None, *, offline: bool) -> None:
    """Refuse datasets that are read at once, as a choice among all days needs, and do not fit the memory.

    Raises
    ------
    DataError
        If they take more than ``[compute] memory``; where that is not stated, more than this machine has.
    """
    memory = bytes_of(spec.memory) if spec.memory else physical_memory()
    for row in spec.data:
        if row.source == "dataset":
            placed = row.model_copy(update={"path": placed_path(folder, row.path)})
            refuse_small_memory(Dataset(placed, offline, memory=memory), wanted)


def nothing_to_study(universe: Universe) -> DataError:
    """Return why no series is left: every one was refused, or the data hold the market alone."""
    if universe.left_out:
        reasons = " ".join(out.reason for out in universe.left_out)
        return DataError(f"No series can be used. {reasons}")
    return DataError(
        f"The data hold {', '.join(universe.codes)} only, which is the market or a factor, and no event names it.",
        remedy="Add the series to study, or name it in an event.",
    )


def _events(spec: StudySpec, folder: Path) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """Return the events that are studied, and those of the list that are not."""
    from eventstudy.news.events.event_files import read_events

    if not spec.events_file:
        raise DataError("The study names no events.", remedy='Add [events] with file = "events.toml".')
    events = tuple(read_events(beside(folder, spec.events_file), timezone=spec.event_timezone))
    missing = sorted(set(spec.events) - {event.id for event in events})
    if missing:
        known = ", ".join(sorted(event.id for event in events)[:10])
        raise DataError(f"{spec.events_file} has no event named {', '.join(missing)}; it has {known}.")
    studied = tuple(event for event in events if not spec.events or event.id in spec.events)
    return studied, tuple(event for event in events if spec.events and event.id not in spec.events)
