"""``import eventstudy as es`` is all that notebooks and documentation need."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from tests.study.made import daily_frame, events_at

ROOT = Path(__file__).parents[1]
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def modules(code: str) -> set[str]:
    """Return the modules of this package that a piece of code imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] == "eventstudy"}


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda path: path.name)
def test_examples_import_nothing_deeper_than_the_package(path: Path) -> None:
    text = path.read_text("utf-8")
    code = text if path.suffix == ".py" else "\n".join(EXAMPLE.findall(text))
    assert modules(code) <= {"eventstudy"}


def test_every_error_of_the_package_has_one_root() -> None:
    errors = [getattr(es, name) for name in es.PUBLIC if name.endswith("Error")]
    assert len(errors) > 10
    assert all(issubclass(error, es.EventStudyError) for error in errors)
    import eventstudy.errors as tree

    defined = {name for name, kind in vars(tree).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert defined <= set(es.PUBLIC)


@pytest.fixture(scope="module")
def result() -> es.StudyResult:
    frame = daily_frame(200, 3)
    spec = es.StudySpec(
        model="constant_mean", estimation=(-100, -11), event=es.Window(-5, 5), windows=[es.Window(0, 1), (-1, 1)]
    )
    return es.run_study(spec, events_at(frame, [("A0", 150), ("A1", 151), ("A2", 160)]), frame)


def test_a_window_is_given_as_a_window_or_as_its_bounds(result: es.StudyResult) -> None:
    assert result.spec.event == (-5, 5)
    assert result.spec.windows == ((0, 1), (-1, 1))
    abnormal, window = result.abnormal, es.Window(0, 1)
    for name in ("car", "bhar", "bars", "expected", "window_variance", "noise_variance"):
        of = getattr(abnormal, name)
        np.testing.assert_array_equal(of((0, 1)), of(window))
    sizes = pd.DataFrame({"size": [1.0, 2.0, 4.0]}, index=abnormal.events)
    assert result.cross_section(sizes, window=(-1, 1)) == result.cross_section(sizes, window=es.Window(-1, 1))
    (found,) = result.findings("time_series_t", (0, 1))
    assert found.window == window


@pytest.mark.parametrize("given", ["0:1", (0,), (0, 1, 2), 5, (0.5, 1)])
def test_what_is_not_a_window_is_refused(result: es.StudyResult, given: object) -> None:
    with pytest.raises(es.UsageError, match="is not a window"):
        result.abnormal.car(given)  # type: ignore[arg-type]


def test_a_window_outside_the_event_window_is_refused(result: es.StudyResult) -> None:
    # A slice beyond the array would be cut in silence: the sum of other bars than those asked for.
    for outside in ((-6, 0), (0, 6), (7, 9)):
        with pytest.raises(es.UsageError, match=r"does not lie inside the event window \[-5, \+5\]"):
            result.abnormal.car(outside)
    with pytest.raises(es.UsageError, match=r"ends before it starts. Swap the bounds: \(0, 1\)"):
        result.abnormal.car((1, 0))


def test_a_test_that_was_not_run_is_refused(result: es.StudyResult) -> None:
    with pytest.raises(es.UnknownNameError, match="Add it to the tests of the study"):
        result.findings("bmp")
