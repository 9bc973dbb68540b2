"""The public interface documents itself: numpydoc sections, examples that run, and methods described by their rows."""

from __future__ import annotations

import doctest
import inspect
from itertools import pairwise
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.show.method_docs import facts

ROOT = Path(__file__).parents[1]
PUBLIC = {name: getattr(es, name) for name in es.PUBLIC}
ERRORS = {name for name, value in PUBLIC.items() if inspect.isclass(value) and issubclass(value, BaseException)}
FUNCTIONS = [name for name, value in PUBLIC.items() if inspect.isfunction(value)]
CLASSES = [name for name, value in PUBLIC.items() if inspect.isclass(value) and name not in ERRORS]
TABLES = {"MODELS": es.MODELS, "TESTS": es.TESTS}
ROWS = [(table, name) for table, rows in TABLES.items() for name in rows]


def sections(value: object) -> set[str]:
    lines = (inspect.getdoc(value) or "").splitlines()
    return {title for title, rule in pairwise(lines) if rule and set(rule) == {"-"}}


def documented(value: object) -> set[str]:
    """Return the names that stand before a colon, or alone in a line of several, in a docstring's sections."""
    lines = (inspect.getdoc(value) or "").splitlines()
    heads = [line.partition(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return {name.lstrip("*") for head in heads for name in head.split(", ")}


def run_examples(value: object, name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(ROOT)
    module = inspect.getmodule(value)
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in finder.find(value, name, module=False, globs=dict(vars(module)) if module else {}):
        runner.run(test)
    assert not runner.failures, f"an example of {name} fails"
    return runner.tries


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_gives_and_raises(name: str) -> None:
    takes = {"Parameters"} if inspect.signature(PUBLIC[name]).parameters else set()
    assert takes | {"Returns", "Examples"} <= sections(PUBLIC[name])
    assert all(taken in documented(PUBLIC[name]) for taken in inspect.signature(PUBLIC[name]).parameters)


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_value_lists_its_fields_and_has_an_example(name: str) -> None:
    found = sections(PUBLIC[name])
    assert found & {"Parameters", "Attributes"}
    assert "Examples" in found
    assert all(taken in documented(PUBLIC[name]) for taken in inspect.signature(PUBLIC[name]).parameters)


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_the_examples_of_a_public_name_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_examples(PUBLIC[name], name, monkeypatch) > 0


METHODS = [
    (name, value) for name, value in vars(es.StudyResult).items() if inspect.isfunction(value) and name[0] != "_"
]


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_a_method_of_the_result_says_what_it_takes_and_gives(name: str, method: object) -> None:
    takes = {"Parameters"} if len(inspect.signature(method).parameters) > 1 else set()
    assert takes | {"Returns"} <= sections(method)


@pytest.mark.parametrize(("table", "name"), ROWS)
def test_help_of_a_method_says_what_its_row_says(
    table: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = TABLES[table][name]
    text = inspect.getdoc(row.function) or ""
    assert run([table.lower(), name]) == 0
    printed = capsys.readouterr().out
    found = facts(row)
    assert {"Formula", "Limitations", "Source"} <= set(found)
    assert {"Parameters", "Returns", "Examples"} <= sections(row.function)
    assert ("Raises" in sections(row.function)) == (table == "MODELS" and bool(row.options))
    for taken in inspect.signature(row.function).parameters:
        assert f"\n{taken} : " in text, taken
    for title, fact in found.items():
        assert f"{title}: {fact}" in text
        assert f"{title}: {fact}" in printed
    assert "Examples" in sections(row.function)
    assert run_examples(row.function, name, monkeypatch) > 0
