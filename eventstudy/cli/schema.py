"""``eventstudy schema``: every key of a study file, for readers and for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from eventstudy.cli import console

Text = Annotated[bool, typer.Option("--text", help="Print every key with its type, default, meaning and example.")]


def schema(text: Text = False) -> None:
    """Print the reference of the study file: as JSON Schema for editors, or as text.

    An editor with TOML support checks and completes a study file whose first line is `#:schema study.schema.json`;
    `init` writes both.

    Examples:

      eventstudy schema --text
      eventstudy schema
    """
    from eventstudy.study.schema import json_schema, schema_text

    if text:
        console.data(schema_text())
    else:
        console.json_data(json_schema())
