"""``eventstudy validate``: everything that is wrong with a study file, each with the place to jump to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from eventstudy.cli import console, exits
from eventstudy.errors import DataError, Problem, SpecError, did_you_mean

Studies = Annotated[list[Path], typer.Argument(help="Study files (TOML).", metavar="STUDY.toml...")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def validate(studies: Studies, as_json: AsJson = False) -> int:
    """Validate study files; report errors as file:line:column.

    Besides the file's own rules this checks that every model, test, source and calendar it names exists, that the
    events can be read, and that the files of events and prices exist. Nothing is fetched. Exit 3 if anything is
    wrong.

    Examples:

      eventstudy validate study.toml
      eventstudy validate study.toml --json
    """
    problems = [problem for path in studies for problem in problems_of(path)]
    if as_json:
        rows = [
            {"path": p.path, "line": p.line, "column": p.column, "key": p.key, "message": p.message} for p in problems
        ]
        console.json_data({"valid": not problems, "files": [str(path) for path in studies], "problems": rows})
    else:
        for problem in problems:
            console.data(problem)
        console.talk(f"{len(studies)} file(s), {len(problems) or 'no'} problem(s).")
    return exits.SPEC if problems else exits.OK


def problems_of(path: Path) -> list[Problem]:
    """Return every problem of one study file, in the order of its lines."""
    from eventstudy.study.spec import StudySpec
    from eventstudy.study.spec_toml import read_study_text
    from eventstudy.toml_places import read_toml

    try:
        StudySpec.from_toml(path)
        found: list[Problem] = []
    except SpecError as error:
        found = list(error.problems)
    text = read_study_text(path)
    try:
        raw = read_toml(text)
    except tomllib.TOMLDecodeError:
        return found
    # What the file points to is looked at even where the file breaks its own rules: all errors at once.
    known = {(problem.line, problem.key) for problem in found}
    for key, message in (*_event_problems(raw, path.parent), *_series_problems(raw, path.parent)):
        problem = _placed(path, text, key, message)
        if (problem.line, problem.key) not in known:
            found.append(problem)
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def _placed(path: Path, text: str, key: str, message: str) -> Problem:
    from eventstudy.toml_places import key_positions

    places, written = key_positions(text), key
    while written and written not in places:
        written = written[: max(written.rfind("."), written.rfind("["), 0)]
    return Problem(str(path), *places.get(written, (1, 1)), key, message)


def _event_problems(raw: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    from eventstudy.news.events.event_files import read_events

    asked = raw.get("events")
    file = asked.get("file", "") if isinstance(asked, dict) else ""
    if not file or not isinstance(file, str):
        yield "events.file", "missing; name the list of events, relative to the study file."
        return
    zone = asked.get("timezone", "") if isinstance(asked, dict) else ""
    try:
        known = {event.id for event in read_events(folder / file, timezone=zone if isinstance(zone, str) else "")}
    except DataError as error:
        yield "events.file", str(error)
        return
    only = asked.get("only", ()) if isinstance(asked, dict) else ()
    for name in only if isinstance(only, list) else ():
        if name not in known:
            shown = ", ".join(sorted(known)[:20])
            yield "events.only", f"{file} has no event {name!r}. {did_you_mean(str(name), known)} It has {shown}."


def _series_problems(raw: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    """Ask the source of every series what keeps it from being read; nothing is fetched."""
    from pydantic import ValidationError

    from eventstudy.market.calendars import calendar_names
    from eventstudy.market.sources.description import DataSpec
    from eventstudy.study.bar_sources import bar_sources
    from eventstudy.study.own_calendars import plain
    from eventstudy.study.read_tables import with_clock_of

    known = (*calendar_names(), *(plain(raw.get("calendars", {})) if isinstance(raw.get("calendars"), dict) else ()))
    read: list[DataSpec] = []
    for place, row in _series(raw):
        calendar, path = row.get("calendar"), row.get("path")
        if isinstance(calendar, str) and calendar and calendar not in known:
            shown = ", ".join(known[:12])
            nearest = did_you_mean(calendar, known)
            yield f"{place}.calendar", f"{calendar!r} is not a calendar. {nearest} Some are {shown}."
            continue
        try:
            given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
            spec = DataSpec(**given)
        except (ValidationError, TypeError):
            continue  # the file's own rules say what is wrong with it
        if place.startswith("data"):
            read.append(spec)
        spec = with_clock_of(spec, read)
        source = bar_sources().get(spec.source)
        if source is not None and isinstance(path, str) and path:
            placed = spec.model_copy(update={"path": str(folder / path)})
            yield from ((f"{place}.{key}", message) for key, message in source.problems(placed))


def _series(raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("data", "factors"):
        rows = raw.get(kind)
        if isinstance(rows, dict):
            yield kind, rows
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield f"{kind}[{number}]", row
    if isinstance(raw.get("market"), dict):
        yield "market", raw["market"]
