"""``eventstudy models`` and ``eventstudy tests``: formula, assumptions and limitations of each method."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from eventstudy.cli import console

Name = Annotated[str | None, typer.Argument(help="Name of a row. Default: list all.", metavar="[NAME]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def models(name: Name = None, as_json: AsJson = False) -> None:
    """List expected-return models, or describe one.

    Examples:

      eventstudy models
      eventstudy models market
    """
    from eventstudy.abnormal.models.table import MODELS

    fields = ("summary", "needs", "formula", "fails_when", "options", "source", "doi")
    _show("model", MODELS, name, ("summary", "needs"), fields, as_json)


def significance_tests(name: Name = None, as_json: AsJson = False) -> None:
    """List significance tests, or describe one.

    Examples:

      eventstudy tests
      eventstudy tests kp_bmp
    """
    from eventstudy.inference.table import TESTS

    fields = ("null", "formula", "assumptions", "fails_when", "scope", "distribution", "options", "source", "doi")
    _show("test", TESTS, name, ("scope", "null"), fields, as_json)


def _show(
    kind: str, rows: Any, name: str | None, short: tuple[str, ...], fields: tuple[str, ...], as_json: bool
) -> None:
    from eventstudy.arrays import look_up
    from eventstudy.show.method_docs import facts

    chosen = rows if name is None else {name: look_up(kind, rows, name)}
    if as_json:
        listed = {key: {field: _plain(getattr(row, field)) for field in fields} for key, row in chosen.items()}
        console.json_data(listed)
    elif name is None:
        console.table((kind, *short), ((key, *(getattr(row, f) for f in short)) for key, row in rows.items()))
    else:
        row = chosen[name]
        lines = [f"{name}: {(row.function.__doc__ or '').strip().splitlines()[0].replace('``', '')}"]
        lines += [f"  {title}: {text}" for title, text in facts(row).items()]
        console.data("\n".join(lines))


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else value
