"""The command ``eventstudy``: one file per command group, mounted from one literal table."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from eventstudy.errors import EventStudyError

# Command -> "module:attribute"; a function is one command, a Typer instance a group of them.
# The modules import heavy libraries only inside their functions, so that --help stays quick.
COMMANDS: dict[str, str] = {}


def build() -> typer.Typer:
    """Return the application with every row of ``COMMANDS`` mounted."""
    app = typer.Typer(
        name="eventstudy",
        help="Market-reaction event studies: when the market could have known, what the price did, how sure we are.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)
    for name, place in COMMANDS.items():
        module, attribute = place.split(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Run the command line; a user's mistake is one sentence on standard error and an exit code."""
    try:
        build()()
    except EventStudyError as error:
        sys.stderr.write(f"eventstudy: {error}\n")
        sys.exit(error.exit_code)
