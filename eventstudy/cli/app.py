"""The command ``eventstudy``: one file per command group, mounted from one literal table, imported on first use."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from eventstudy.cli import console, exits
from eventstudy.cli.lazy import LazyGroup, Row

# "group command" -> Row("module:function", summary). A row is imported only if its command is called or its help is
# requested, so `eventstudy --help` reads this table alone.
COMMANDS: dict[str, Row] = {
    "demo": Row("eventstudy.cli.demo:demo", "Run the example study offline on SIMULATED minutes and ECB daily rates."),
    "run": Row("eventstudy.cli.run:run", "Run a study and report its results."),
    "batch": Row("eventstudy.cli.batch:batch", "Run many studies, recomputing only those that changed."),
    "date": Row("eventstudy.cli.date:date", "Extract the publication time of news, with evidence."),
    "events check": Row(
        "eventstudy.cli.events:check", "Check an event file for duplicates, overlaps and closed markets."
    ),
    "calendar": Row("eventstudy.cli.calendar:calendar", "Show trading sessions or schedule changes."),
    "data check": Row("eventstudy.cli.check:check", "Report data-quality problems in a price file, by row."),
    "init": Row("eventstudy.cli.init:init", "Create a study from a template."),
    "schema": Row("eventstudy.cli.schema:schema", "Print the reference of the study file, as text or JSON Schema."),
    "validate": Row("eventstudy.cli.validate:validate", "Validate study files; report errors as file:line:column."),
    "models": Row("eventstudy.cli.models:models", "List expected-return models, or describe one."),
    "tests": Row("eventstudy.cli.models:significance_tests", "List significance tests, or describe one."),
    "calibrate": Row(
        "eventstudy.cli.calibrate:calibrate", "Estimate size and power of the study's tests on non-event dates."
    ),
    "specifications": Row(
        "eventstudy.cli.specifications:specifications",
        "Compute every specification of a study, with one joint p-value.",
    ),
    "explain": Row("eventstudy.cli.explain:explain", "Show how a reported number was computed."),
    "reproduce": Row("eventstudy.cli.reproduce:reproduce", "Recompute a result from its manifest and compare."),
    "selfcheck": Row("eventstudy.cli.selfcheck:selfcheck", "Compare known results with published references."),
    "cite": Row("eventstudy.cli.cite:cite", "Print BibTeX entries for the methods used."),
    "doctor": Row("eventstudy.cli.doctor:doctor", "Diagnose the installation."),
    "fetch": Row("eventstudy.cli.fetch:fetch", "Download bars into the local store."),
    "data ls": Row("eventstudy.cli.store:ls", "List stored series."),
    "data stat": Row("eventstudy.cli.store:stat", "Show the location and size of the store."),
    "data verify": Row("eventstudy.cli.store:verify", "Verify the checksums of the store."),
    "data gc": Row("eventstudy.cli.store:gc", "Remove orphaned and corrupt files from the store."),
    "data export": Row("eventstudy.cli.store:export", "Export stored series to one file."),
    "data import": Row("eventstudy.cli.store:import_", "Import series from an exported file."),
}

# The first word of the rows with two words.
GROUPS: dict[str, str] = {
    "data": "Check price files and manage the local bar store.",
    "events": "Work with event files.",
}

PROGRAM = "eventstudy"
OFFLINE = "EVENTSTUDY_OFFLINE"


def _version(value: bool) -> None:
    if value:
        from eventstudy import __version__

        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


_flag = partial(typer.Option, callback=console.note, expose_value=False)


def _everywhere(
    quiet: Annotated[bool, _flag("--quiet", help="Show only warnings and errors.")] = False,
    json_log: Annotated[bool, _flag("--json-log", help="Write messages to stderr as JSON Lines.")] = False,
    offline: Annotated[
        bool,
        _flag("--offline", help="Do not use the network; fail if data are missing.", envvar=OFFLINE),
    ] = False,
    strict: Annotated[bool, _flag("--strict", help="Treat warnings as errors (exit code 4).")] = False,
    debug: Annotated[bool, _flag("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True, expose_value=False),
    ] = False,
) -> None:
    """Options that every command understands, before or after its name."""


def build() -> LazyGroup:
    """Return the command tree; no command's module is imported yet."""
    app = typer.Typer(
        name=PROGRAM,
        cls=LazyGroup,
        help="Event studies of market reactions: event time, abnormal returns, inference.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_everywhere)
    group = typer.main.get_command(app)
    if not isinstance(group, LazyGroup):
        raise TypeError("the command tree must be a LazyGroup")
    return group.fill(COMMANDS, GROUPS)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; a mistake of the user never ends in a traceback."""
    with console.fresh_manners():
        return exits.guard(lambda: _dispatch(list(arguments)))


def _dispatch(arguments: list[str]) -> int:
    group = build()
    variable = f"_{PROGRAM.upper()}_COMPLETE"
    if instruction := os.environ.get(variable):
        from typer.completion import shell_complete

        return shell_complete(group, {}, PROGRAM, variable, instruction)
    with group.make_context(PROGRAM, arguments) as context:
        code = group.invoke(context)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run this process's command line and exit."""
    # A shell may close a stream (`>&-`); Python then has none at all, and every print would be a defect.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  it lives as long as the process
    with exits.stopping():
        code = run(sys.argv[1:])
    sys.exit(code)
