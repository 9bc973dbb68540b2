"""What a batch is asked to do: the study files behind the paths given, each with a name of its own."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from eventstudy.errors import DataError, FileError, printable
from eventstudy.files import read_regular
from eventstudy.show.escape import file_name
from eventstudy.toml_places import read_toml

MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """One study to bring up to date.

    Attributes
    ----------
    study : str
        Name of its folder below ``out``; safe as a path component.
    path : Path
        The study file.
    out : Path
        Folder of the whole batch.
    since : datetime or None
        Leave the study alone when all its events ended before this instant.
    data_folder : Path or None
        Where relative paths of price files start; the study's own folder if None.
    offline : bool
        Keep every source from the network.
    accept_proposals : bool
        Run events files that say of themselves that they are proposals.
    """

    study: str
    path: Path
    out: Path
    since: datetime | None = None
    data_folder: Path | None = None
    offline: bool = False
    accept_proposals: bool = False

    def at_home(self) -> Job:
        """Return the job with complete paths, for a process that works in another folder."""
        folder = None if self.data_folder is None else self.data_folder.absolute()
        return replace(self, path=self.path.absolute(), out=self.out.absolute(), data_folder=folder)

    @property
    def shown_path(self) -> str:
        """The study file's path as text that every file and terminal takes, also where its name is not UTF-8."""
        return printable(str(self.path))


def plan(
    paths: Iterable[Path],
    out: Path,
    *,
    since: datetime | None = None,
    data_folder: Path | None = None,
    offline: bool = False,
) -> tuple[Job, ...]:
    """Return one job per study file, in the order of their names; a folder stands for the study files in it.

    Raises
    ------
    DataError
        If a path does not exist, or no study file is found at all.
    """
    files = study_files(paths)
    named = zip(study_names(files), files, strict=True)
    return tuple(Job(name, path, out, since, data_folder, offline) for name, path in sorted(named))


def study_files(paths: Iterable[Path]) -> list[Path]:
    """Return the study files behind files and folders, each once."""
    found: dict[str, Path] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise DataError(f"{str(path)!r} does not exist.", remedy="Give study files, or folders that hold them.")
        inside = sorted(path.rglob("*.toml")) if path.is_dir() else [path]
        for file in inside:
            if file == path or is_study(file):
                found.setdefault(os.path.realpath(file), file)
    if not found:
        raise DataError("The paths given hold no study file.", remedy="`eventstudy init batch DIR` writes an example.")
    return list(found.values())


def is_study(path: Path) -> bool:
    """Distinguish a study file from the other TOML files of a folder: a list of events, the settings of a tool.

    A file that cannot be read counts as a study, so that it is reported instead of skipped.
    """
    try:
        keys = set(read_toml(read_regular(path, MOST_BYTES).decode("utf-8-sig")))
    except (FileError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return True
    return "event" not in keys and bool(keys & {"data", "events", "window", "model", "inference"})


def study_names(files: Iterable[Path]) -> list[str]:
    """Return a name for each study: the file's; the folder's and the file's where several files share theirs.

    Only where even that is shared, a digest of the whole path tells them apart.
    """
    files = list(files)
    names = [file_name(path.stem) for path in files]
    for longer in (_with_folder, _with_digest):
        again = Counter(name.casefold() for name in names)
        names = [longer(path) if again[name.casefold()] > 1 else name for name, path in zip(names, files, strict=True)]
    return names


def _with_folder(path: Path) -> str:
    return file_name(f"{Path(os.path.realpath(path)).parent.name}-{path.stem}")


def _with_digest(path: Path) -> str:
    return file_name(f"{Path(os.path.realpath(path)).parent}/{path.stem}")
