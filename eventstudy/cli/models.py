"""``eventstudy models`` and ``eventstudy tests``: what each method assumes, computes, and when it fails."""

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

    told = ("summary", "needs", "formula", "fails_when", "options", "source", "doi")
    _show("model", MODELS, name, ("summary", "needs"), told, as_json)


def significance_tests(name: Name = None, as_json: AsJson = False) -> None:
    """List significance tests, or describe one.

    Examples:

      eventstudy tests
      eventstudy tests kp_bmp
    """
    from eventstudy.inference.table import TESTS

    told = ("null", "formula", "assumptions", "fails_when", "scope", "distribution", "options", "source", "doi")
    _show("test", TESTS, name, ("scope", "null"), told, as_json)


def _show(kind: str, rows: Any, name: str | None, short: tuple[str, ...], told: tuple[str, ...], as_json: bool) -> None:
    from eventstudy.arrays import look_up

    chosen = rows if name is None else {name: look_up(kind, rows, name)}
    if as_json:
        listed = {key: {field: _plain(getattr(row, field)) for field in told} for key, row in chosen.items()}
        console.json_data(listed)
    elif name is None:
        console.table((kind, *short), ((key, *(getattr(row, f) for f in short)) for key, row in rows.items()))
    else:
        lines = [f"{name}: {(look_up(kind, rows, name).function.__doc__ or '').strip().splitlines()[0]}"]
        lines += [f"  {field.replace('_', ' '):12} {_text(getattr(chosen[name], field))}" for field in told]
        console.data("\n".join(lines))


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else value


def _text(value: Any) -> str:
    if hasattr(value, "items"):
        return ", ".join(f"{key} = {chosen}" for key, chosen in value.items()) or "none"
    return str(value) or "none"
