"""Dated rows of trading hours that a study states: ``[calendars.NAME]`` with ``rows``, or a ``file`` that has them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.errors import CalendarError, EventStudyError, FileError, Notice
from eventstudy.files import read_regular
from eventstudy.study.spec_toml import MOST_BYTES
from eventstudy.toml_places import read_toml

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.market.given_rows import GivenCalendar


def plain(content: Any) -> Any:
    """Return TOML values with dates as text, so that a study is equal to what its file is read back as."""
    if isinstance(content, Mapping):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return tuple(map(plain, content))
    return content.isoformat() if isinstance(content, date) else content


def problems(calendars: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the calendars of a study, as key and message."""
    from eventstudy.market.given_rows import given_calendar

    for name, content in calendars.items():
        key = f"calendars.{name}"
        if not isinstance(content, Mapping):
            yield key, 'write a table with rows = [{ dates = [2024-05-18], sessions = ["09:15-12:30"] }].'
        elif "file" in content and set(content) != {"file"}:
            yield key, "has a file and other keys; give either the file or the rows."
        elif "file" in content and not isinstance(content["file"], str):
            yield key, f"file is {content['file']!r}; write the path of a TOML file with [[rows]]."
        elif "file" not in content:
            try:
                given_calendar(content, f"[calendars.{name}]")
            except EventStudyError as error:
                yield key, str(error)


def read_calendar_files(calendars: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the calendars of a study with the rows of files in their place; files are relative to ``folder``."""
    return {name: _read(folder / c["file"]) if "file" in c else c for name, c in calendars.items()}


def _read(path: Path) -> Any:
    try:
        return plain(read_toml(read_regular(path, MOST_BYTES).decode("utf-8-sig")))
    except FileError as error:
        raise CalendarError(error.message, remedy=error.remedy) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CalendarError(f"{path} is not a TOML file: {error}.", remedy="Write [[rows]] tables.") from None


def using_calendars(calendars: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Return a context in which the study's rows override and extend the calendars of their names."""
    if not calendars:
        return nullcontext()
    from eventstudy.market.calendars import using_rows

    return using_rows(given_calendars(calendars))


def given_calendars(calendars: Mapping[str, Any]) -> dict[str, GivenCalendar]:
    """Return the rows of a study by the name of their calendar."""
    from eventstudy.market.given_rows import given_calendar

    for name, content in calendars.items():
        if "file" in content:
            raise CalendarError(
                f"The rows of the calendar {name} are in the file {content['file']}, which has not been read.",
                remedy="Use load_study, or give the rows themselves.",
            )
    return {name: given_calendar(content, f"[calendars.{name}]") for name, content in calendars.items()}


def calendar_notices(series: Iterable[Bars]) -> tuple[Notice, ...]:
    """Return one notice per calendar of which some bars lie after the last documented day."""
    from eventstudy.market.calendars import calendar
    from eventstudy.market.projection import projection_notices

    found: dict[str, tuple[Notice, ...]] = {}
    for bars in series:
        name = bars.instrument.calendar
        if not found.get(name) and len(bars):
            found[name] = projection_notices(calendar(name), bars.closes_us)
    return tuple(notice for notices in found.values() for notice in notices)
