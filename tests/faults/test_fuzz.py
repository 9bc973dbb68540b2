"""Hostile bytes and arguments end in errors of the project, in bounded time; ``scripts/bench faults`` has more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.fuzz import fuzz, targets

ROOT = Path(__file__).parents[2]
FEW, MANY = 25, 2000


@pytest.mark.parametrize("name", targets())
def test_hostile_input_ends_in_an_error_of_the_project(name: str) -> None:
    found = fuzz(targets()[name], FEW)
    assert not found.untyped
    assert found.inputs >= FEW
    assert found.slowest < 10


@pytest.mark.slow
@pytest.mark.parametrize("name", targets())
def test_thousands_of_hostile_inputs(name: str) -> None:
    assert not fuzz(targets()[name], MANY).untyped


def test_the_fuzzer_sees_an_error_that_is_not_the_projects() -> None:
    from hypothesis import strategies as st

    from tests.faults.fuzz import Target

    found = fuzz(Target(st.integers(0, 9), lambda number: 1 / (number - 3)), 50)
    assert list(found.untyped) == ["ZeroDivisionError in the call itself"]


def test_the_fuzzer_sees_an_input_that_takes_too_long() -> None:
    from hypothesis import strategies as st

    from tests.faults.fuzz import Target

    found = fuzz(Target(st.just(300_000), lambda number: sum(range(number))), 1, most_s=1e-4)
    assert list(found.untyped) == ["longer than 0.0001 s"]


PRETENDED = """
import contextlib, pathlib, sys, types
def loaded():
    return {name for name in sys.modules if name.startswith("eventstudy")}
@contextlib.contextmanager
def instrument_imports(include):
    yield
    seen.update(loaded())
seen, kept = set(), []
sys.modules["atheris"] = types.SimpleNamespace(
    instrument_imports=instrument_imports, Setup=lambda words, one: kept.append(one), Fuzz=lambda: None
)
from tests.faults import guided
guided.main("prices csv", 1, pathlib.Path(sys.argv[1]))
from tests.faults.growth import SEEDS
kept[0](SEEDS["prices csv"])
print(sorted(loaded() - seen))
"""


def test_the_guided_fuzzer_sees_what_a_reader_imports_when_it_is_called(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PRETENDED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
