"""``eventstudy validate``: everything that is wrong with a study file, each with the place to jump to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import console, exits
from eventstudy.errors import DataError, Problem, SpecError, did_you_mean

if TYPE_CHECKING:
    from eventstudy.study.spec import DataSpec, StudySpec

Studies = Annotated[list[Path], typer.Argument(help="Study files (TOML).", metavar="STUDY.toml...")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the problems as JSON on standard output.")]


def validate(studies: Studies, as_json: AsJson = False) -> int:
    """Check study files without running them: every problem at once, as file:line:column: key: what to do.

    Besides the file's own rules this checks that every model, test, source and calendar it names exists, that the
    events can be read and are there, and that the price files are there. Nothing is fetched. Exit 3 if anything is
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

    try:
        spec = StudySpec.from_toml(path)
    except SpecError as error:
        return list(error.problems)
    places = _Places(path)
    found = [places.problem(key, message) for key, message in (*_unknown_names(spec), *_missing_files(spec, path))]
    return sorted(found, key=lambda problem: (problem.line, problem.column))


class _Places:
    """Where the keys of a study file stand."""

    def __init__(self, path: Path) -> None:
        from eventstudy.study.spec_toml import key_positions

        self._path = str(path)
        self._found = key_positions(path.read_text(encoding="utf-8"))

    def problem(self, key: str, message: str) -> Problem:
        written = key
        while written and written not in self._found:
            written = written[: max(written.rfind("."), written.rfind("["), 0)]
        line, column = self._found.get(written, (1, 1))
        return Problem(self._path, line, column, key, message)


def _unknown_names(spec: StudySpec) -> Iterator[tuple[str, str]]:
    from eventstudy.abnormal.expected import MODELS
    from eventstudy.inference.table import TESTS
    from eventstudy.market.calendars import calendar_names
    from eventstudy.study.load import bar_sources

    asked: list[tuple[str, str, str, tuple[str, ...]]] = [("model.name", "model", spec.model, tuple(MODELS))]
    asked += [("inference.tests", "test", name, tuple(TESTS)) for name in spec.tests]
    for place, row in _series(spec):
        asked.append((f"{place}.source", "source of prices", row.source, tuple(bar_sources())))
        if row.calendar:
            asked.append((f"{place}.calendar", "calendar", row.calendar, calendar_names()))
    for key, kind, given, known in asked:
        if given not in known:
            shown = ", ".join(sorted(known)[:20])
            yield key, f"{given!r} is not a known {kind}. {did_you_mean(given, known)} Known are {shown}.".strip()


def _missing_files(spec: StudySpec, path: Path) -> Iterator[tuple[str, str]]:
    if not spec.events_file:
        yield "events.file", "missing; name the list of events, relative to the study file."
    else:
        yield from _event_problems(spec, path.parent / spec.events_file)
    for place, row in _series(spec):
        if row.path and not (path.parent / row.path).is_file():
            yield f"{place}.path", f"there is no file {row.path!r} beside the study file."


def _event_problems(spec: StudySpec, file: Path) -> Iterator[tuple[str, str]]:
    from eventstudy.news.event_files import read_events

    try:
        known = {event.id for event in read_events(file)}
    except DataError as error:
        yield "events.file", str(error)
        return
    for name in spec.events:
        if name not in known:
            shown = ", ".join(sorted(known)[:20])
            yield "events.only", f"{file.name} has no event {name!r}. {did_you_mean(name, known)} It has {shown}."


def _series(spec: StudySpec) -> Iterator[tuple[str, DataSpec]]:
    yield from ((f"data[{number}]", row) for number, row in enumerate(spec.data))
    yield from ((f"factors[{number}]", row) for number, row in enumerate(spec.factors))
    if spec.market is not None:
        yield "market", spec.market
