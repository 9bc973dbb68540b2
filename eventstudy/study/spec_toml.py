"""Study files: TOML in, with the place of every problem; TOML out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from eventstudy.errors import DataError, FileError, Problem, SpecError, did_you_mean
from eventstudy.files import read_regular
from eventstudy.renamed import new_name
from eventstudy.toml_places import Position, key_positions, nearest_place, read_toml

if TYPE_CHECKING:
    from pydantic import BaseModel

Spec = TypeVar("Spec")
# Where each setting stands in a study file; the only place that knows both spellings.
PLACES: dict[str, str] = {
    "name": "name",
    "title": "title",
    "seed": "seed",
    "events.file": "events_file",
    "events.only": "events",
    "events.dates": "event_dates",
    "events.timezone": "event_timezone",
    "data": "data",
    "market": "market",
    "factors": "factors",
    "calendars": "calendars",
    "window.anchor": "anchor",
    "window.estimation": "estimation",
    "window.event": "event",
    "window.report": "windows",
    "window.primary": "primary_window",
    "window.clock": "clock",
    "window.estimation_clock": "estimation_clock",
    "window.min_observations": "min_observations",
    "model.name": "model",
    "model.options": "model_options",
    "model.returns": "returns",
    "model.span": "span",
    "model.missing": "missing",
    "model.variable": "variable",
    "inference.tests": "tests",
    "inference.primary": "primary",
    "inference.options": "test_options",
    "inference.adjust": "adjust",
    "inference.level": "level",
    "inference.alternative": "alternative",
    "inference.placebo": "placebo",
    "inference.overlaps": "overlaps",
    "inference.measure": "measure",
    "inference.diagnostics": "diagnostics",
    "groups": "groups",
    "surprise": "surprise",
    "regression": "regressions",
    "specifications": "specifications",
    "response.compute": "response",
    "response.options": "response_options",
    "compute.memory": "memory",
    "compute.scheduler": "scheduler",
}
# Lists of tables; a single table may be written without the second pair of brackets.
LISTS = {"data", "factors", "regression"}
# A study file lists settings; instruments and events are in files of their own.
MOST_BYTES = 5_000_000
SECTIONS = {place.partition(".")[0] for place in PLACES if "." in place}


def read_spec(path: Path, build: Callable[..., Spec]) -> Spec:
    """Return the study of a file; raise ``SpecError`` with every problem as ``file:line:column: key: message``."""
    return parse_spec(read_study_text(path), str(path), build)


def read_study_text(path: Path) -> str:
    """Return the text of a study file.

    Raises
    ------
    DataError
        If it is not a regular file of at most ``MOST_BYTES``, or not UTF-8.
    """
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except FileError as error:
        raise DataError(f"The study file cannot be read: {error.message}", remedy=error.remedy) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"The study file {path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}.",
            remedy="Save it as UTF-8.",
        ) from None


def parse_spec(text: str, name: str, build: Callable[..., Spec]) -> Spec:
    """Return the study written in ``text``; ``name`` stands for the file in messages,
    ``build`` makes the study of its settings."""
    try:
        raw = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        line, column = _syntax_position(str(error), text)
        raise SpecError([Problem(name, line, column, "TOML", str(error))]) from error
    places = key_positions(text)
    settings, unknown = _flatten(raw)
    found = [(key, message) for key, message in unknown]
    try:
        spec = build(**settings)
    except SpecError as refused:
        found += [(_toml_key(problem.key), problem.message) for problem in refused.problems]
    if found:
        found = [(_as_single_table(key, raw), message) for key, message in found]
        located = (Problem(name, *nearest_place(key, places), key, message) for key, message in found)
        raise SpecError(sorted(located, key=lambda problem: (problem.line, problem.column)))
    return spec


def write_spec(spec: BaseModel) -> str:
    """Return the study file of a spec: only what differs from the defaults, in the order of ``PLACES``."""
    import tomlkit

    document: dict[str, Any] = {}
    written = spec.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    for place, field in PLACES.items():
        if field in written:
            section, _, key = place.rpartition(".")
            (document.setdefault(section, {}) if section else document)[key] = written[field]
    return tomlkit.dumps(document)


def _flatten(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    settings: dict[str, Any] = {}
    unknown: list[tuple[str, str]] = []
    for key, value in raw.items():
        nested = key in SECTIONS and isinstance(value, dict)
        for place, item in ({f"{key}.{k}": v for k, v in value.items()} if nested else {key: value}).items():
            if place in PLACES:
                settings[PLACES[place]] = [item] if place in LISTS and isinstance(item, dict) else item
            else:
                section = key if nested else ""
                unknown.append((place, _unknown_key(place, section)))
    return settings, unknown


def _as_single_table(key: str, raw: Mapping[str, Any]) -> str:
    """Return a key as it is written where the file has one table, [data], in place of a list of them."""
    section = key.partition("[")[0]
    return key.replace("[0]", "", 1) if section in LISTS and isinstance(raw.get(section), dict) else key


def _unknown_key(place: str, section: str) -> str:
    known = [name for name in PLACES if name.rpartition(".")[0] == section]
    known += [] if section else sorted(SECTIONS)
    shown = [name.rpartition(".")[2] for name in known]
    where = f"[{section}]" if section else "the top of the file"
    new = new_name("key", place)
    nearest = did_you_mean(place.rpartition(".")[2], shown) or did_you_mean(place, PLACES)
    return " ".join(
        filter(
            None,
            [
                "unknown key.",
                f"It is now called {new!r}." if new else nearest,
                f"Known in {where} are {', '.join(shown)}.",
            ],
        )
    )


def _toml_key(field: str) -> str:
    """Return the spelling of a field in a study file: ``windows[1]`` is ``window.report[1]`` there."""
    stem, bracket, rest = field.partition("[")
    head, dot, tail = stem.partition(".")
    back = {name: place for place, name in PLACES.items()}
    return back.get(head, head) + dot + tail + bracket + rest


def _syntax_position(message: str, text: str) -> Position:
    found = re.search(r"at line (\d+), column (\d+)", message)
    return (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 1)
