"""Directives that read the program itself, so that the documentation cannot fall behind it.

``commands`` prints every command's own help; ``rows MODELS`` prints a table of methods from its rows;
``settings`` prints every key of a study file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = Path(__file__).parents[2]
TABLES = {
    "MODELS": ("eventstudy.abnormal.models.table", "MODELS"),
    "TESTS": ("eventstudy.inference.table", "TESTS"),
    "FIGURES": ("eventstudy.report.figures", "FIGURES"),
}


class Commands(Directive):
    """Every command with its own help text."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        from eventstudy.cli.app import COMMANDS

        made: list[nodes.Node] = []
        for words in COMMANDS:
            section = nodes.section(ids=[nodes.make_id(words)], names=[words])
            section += nodes.title(text=f"eventstudy {words}")
            section += nodes.literal_block(text=help_of(words), language="text")
            made.append(section)
        return made


def help_of(words: str) -> str:
    """Return what a command says of itself, at a fixed width."""
    call = [sys.executable, "-m", "eventstudy", *words.split(), "--help"]
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(call, capture_output=True, text=True, check=True, env=env, cwd=ROOT).stdout.strip()  # noqa: S603


class Rows(Directive):
    """The rows of one table of methods: name, what it says, formula, source, when it misleads."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        module, name = TABLES[self.arguments[0]]
        table = getattr(import_module(module), name)
        listed = nodes.definition_list()
        for key, row in table.items():
            item = nodes.definition_list_item()
            item += nodes.term("", "", nodes.literal(text=key))
            told = nodes.definition()
            for line in lines_of(row):
                told += nodes.paragraph(text=line)
            item += told
            listed += item
        return [listed]


def lines_of(row: Any) -> list[str]:
    """Return what a row says of itself, one line per fact."""
    if hasattr(row, "shows"):
        return [row.shows]
    if callable(row):
        return [(row.__doc__ or "").strip().splitlines()[0]]
    facts = [("", getattr(row, "summary", "") or getattr(row, "null", "")), ("Formula: ", row.formula)]
    facts += [("Source: ", f"{row.source}, doi:{row.doi}" if row.doi else row.source)]
    facts += [("Misleads under: ", row.fails_when)]
    return [lead + text for lead, text in facts if text]


class Settings(Directive):
    """Every key of a study file: type, default, meaning, example."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        from eventstudy.study.schema import SECTION_NOTES, reference

        sections: dict[str, nodes.section] = {}
        for setting in reference():
            table, _, name = setting.key.rpartition(".")
            if table not in sections:
                title = f"[{table}]" if table else "Top of the file"
                sections[table] = nodes.section(ids=[nodes.make_id(f"key-{table or 'top'}")])
                sections[table] += nodes.title(text=title)
                if note := SECTION_NOTES.get(table, "").removeprefix(", "):
                    sections[table] += nodes.paragraph(text=f"{note[0].upper()}{note[1:]}.")
                sections[table] += nodes.definition_list()
            default = f"; default {setting.default}" if setting.default else ""
            item = nodes.definition_list_item()
            item += nodes.term("", "", nodes.literal(text=name), nodes.Text(f": {setting.kind}{default}"))
            example = nodes.literal_block(text=f"{name} = {setting.example}", language="toml")
            item += nodes.definition("", nodes.paragraph(text=setting.meaning), example)
            sections[table].children[-1] += item
        return list(sections.values())


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    app.add_directive("rows", Rows)
    app.add_directive("settings", Settings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
