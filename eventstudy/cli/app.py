"""The command ``eventstudy``: one file per command group, mounted from one literal table."""

from __future__ import annotations

import sys

import typer

from eventstudy.errors import EventStudyError

app = typer.Typer(
    name="eventstudy",
    help="Market-reaction event studies: when the market could have known, what the price did, and how sure we are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def root() -> None:
    pass


def main() -> None:
    """Run the command line; a user's mistake is one sentence on standard error and an exit code."""
    try:
        app()
    except EventStudyError as error:
        sys.stderr.write(f"eventstudy: {error}\n")
        sys.exit(error.exit_code)
