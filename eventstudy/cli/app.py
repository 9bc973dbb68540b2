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

# "group command" -> Row("module:function", one sentence). A row is imported only when its command is called or its own
# help is asked, so `eventstudy --help` answers from this table alone.
COMMANDS: dict[str, Row] = {
    "demo": Row("eventstudy.cli.demo:demo", "Run the founding case offline: SIMULATED minutes, the real daily fixing."),
    "run": Row("eventstudy.cli.run:run", "Run a study: abnormal returns, tests, figure, report."),
    "batch": Row("eventstudy.cli.batch:batch", "Bring many studies up to date, each alone, each once: a nightly job."),
    "date": Row("eventstudy.cli.date:date", "Read from a text when its news became public: evidence, never a guess."),
    "events check": Row("eventstudy.cli.events:check", "Say what is odd about a list of events."),
    "calendar": Row(
        "eventstudy.cli.calendar:calendar", "Print when a market trades, a day or the changes over a range."
    ),
    "data check": Row("eventstudy.cli.check:check", "Say what is wrong with a price file, with row numbers."),
    "init": Row("eventstudy.cli.init:init", "Write a commented study to start from, which runs offline as it stands."),
    "schema": Row("eventstudy.cli.schema:schema", "Print the reference of the study file, as text or JSON Schema."),
    "validate": Row(
        "eventstudy.cli.validate:validate", "Say everything that is wrong with study files, with the place."
    ),
    "models": Row("eventstudy.cli.models:models", "List the expected-return models, or say all about one."),
    "tests": Row("eventstudy.cli.models:significance_tests", "List the significance tests, or say all about one."),
    "calibrate": Row("eventstudy.cli.calibrate:calibrate", "Measure the size of a study's tests on its quiet times."),
    "explain": Row("eventstudy.cli.explain:explain", "Say what is behind one figure of a result."),
    "reproduce": Row("eventstudy.cli.reproduce:reproduce", "Compute a result again and name the first difference."),
    "selfcheck": Row("eventstudy.cli.selfcheck:selfcheck", "Compute known answers, each beside its reference."),
    "cite": Row("eventstudy.cli.cite:cite", "Print BibTeX for this package and the methods a study uses."),
    "doctor": Row("eventstudy.cli.doctor:doctor", "Look at this installation and say what is wrong."),
    "fetch": Row("eventstudy.cli.fetch:fetch", "Fetch bars from a service into the local store."),
    "data ls": Row("eventstudy.cli.store:ls", "List the stored series."),
    "data stat": Row("eventstudy.cli.store:stat", "Print how much the store holds, and where it is."),
    "data verify": Row("eventstudy.cli.store:verify", "Check every bit of the store."),
    "data gc": Row("eventstudy.cli.store:gc", "Clear leftovers and damage from the store."),
    "data export": Row("eventstudy.cli.store:export", "Write stored series to one file."),
    "data import": Row("eventstudy.cli.store:import_", "Bring series from another machine into the store."),
}

# The first word of the rows with two words.
GROUPS: dict[str, str] = {
    "data": "Look after the price series: check them, and keep the local bar store.",
    "events": "Look after the reviewed lists of events.",
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
    quiet: Annotated[bool, _flag("--quiet", help="No talk and no progress; warnings and errors stay.")] = False,
    json_log: Annotated[bool, _flag("--json-log", help="Talk on standard error as one JSON object a line.")] = False,
    offline: Annotated[
        bool,
        _flag("--offline", help="Never open a network connection; what is missing is an error.", envvar=OFFLINE),
    ] = False,
    strict: Annotated[bool, _flag("--strict", help="Treat every warning as an error (exit code 4).")] = False,
    debug: Annotated[bool, _flag("--debug", help="Show the traceback behind an error.")] = False,
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
        help="Market-reaction event studies: when the market could have known, what the price did, how sure we are.",
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
    """Run one command line and return its exit code; nothing a user does wrong ends in a traceback."""
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
    """Entry point of the installed command."""
    # A shell may close a stream (`>&-`); Python then has none at all, and every print would be a defect.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  it lives as long as the process
    sys.exit(run(sys.argv[1:]))
