"""A command group whose rows are imported only when they are called: the whole help comes from a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperGroup

from eventstudy.cli import examples
from eventstudy.errors import did_you_mean

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter, Parameter
    from typer._click.shell_completion import CompletionItem


class Row(NamedTuple):
    """Module and function of a command, and its summary, which is also the first line of its help."""

    place: str
    sentence: str


class LazyGroup(TyperGroup):
    """A group that knows its commands as rows; ``data check`` in the table is ``check`` in the group ``data``."""

    rows: Mapping[str, Row]
    groups: Mapping[str, str]
    path: str
    everywhere: tuple[Parameter, ...]

    def fill(
        self,
        rows: Mapping[str, Row],
        groups: Mapping[str, str],
        path: str = "",
        everywhere: tuple[Parameter, ...] = (),
    ) -> LazyGroup:
        """Give the group its rows; ``everywhere`` are the options that every command takes besides its own."""
        self.rows, self.groups, self.path = rows, groups, path
        self.everywhere = everywhere or tuple(p for p in self.params if p.name in _EVERYWHERE)
        return self

    def list_commands(self, ctx: Context) -> list[str]:
        return list(self._sentences())

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name not in self._sentences():
            return None
        full = f"{self.path} {cmd_name}".strip()
        if full not in self.rows:
            return _subgroup(self, cmd_name)
        command = _load(cmd_name, self.rows[full])
        taken = {option for parameter in command.params for option in parameter.opts}
        command.params.extend(p for p in self.everywhere if not taken & set(p.opts))
        for parameter in command.params:
            _say_default(parameter)
        text, lines = examples.split(command.help or "")
        _, _, details = text.partition("\n\n")
        command.help = f"{self.rows[full].sentence}\n\n{details}".strip()
        command.epilog = command.epilog or examples.epilog(lines)
        return command

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        known = self._sentences()
        if args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            remedy = did_you_mean(args[0], known) or f"Commands are {', '.join(known)}."
            ctx.fail(f"{args[0]!r} is not a command of {ctx.command_path}. {remedy}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        if rows := list(self._sentences().items()):
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        from typer._click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            options = [(name, p) for p in self.get_params(ctx) for name in p.opts if name.startswith(incomplete)]
            return [CompletionItem(name, help=getattr(p, "help", None)) for name, p in options]
        rows = self._sentences().items()
        return [CompletionItem(name, help=sentence) for name, sentence in rows if name.startswith(incomplete)]

    def _sentences(self) -> dict[str, str]:
        """Commands of this level with their sentence, in the order of the table."""
        found: dict[str, str] = {}
        for full, row in self.rows.items():
            prefix, _, name = full.rpartition(" ")
            if prefix == self.path:
                found[name] = row.sentence
            elif not self.path and prefix:
                found.setdefault(prefix, self.groups[prefix])
        return found


def _say_default(parameter: Parameter) -> None:
    """Let the help of an optional parameter say what holds without it; typer itself shows every default but none."""
    sentence = getattr(parameter, "help", None)
    silent = not parameter.required and parameter.default in (None, "", ()) and not getattr(parameter, "is_flag", False)
    if sentence and silent and not re.search(r"(?i)default|without it", sentence):
        stem = sentence if sentence.endswith("...") else sentence.removesuffix(".")
        parameter.help = f"{stem}; default: none."  # type: ignore[attr-defined]


_EVERYWHERE = frozenset({"quiet", "json_log", "offline", "strict", "debug"})


def _subgroup(parent: LazyGroup, name: str) -> LazyGroup:
    group = LazyGroup(name=name, help=parent.groups[name], no_args_is_help=True, rich_markup_mode=None)
    group.params.extend(parent.everywhere)
    return group.fill(parent.rows, parent.groups, name, parent.everywhere)


def _load(name: str, row: Row) -> Command:
    module, attribute = row.place.split(":")
    command: Any = getattr(import_module(module), attribute)
    if isinstance(command, typer.Typer):
        return typer.main.get_group(command)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(name)(command)
    return typer.main.get_command(alone)
