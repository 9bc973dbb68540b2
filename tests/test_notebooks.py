"""The notebooks run from top to bottom, show what is committed, hold no numerics, and each is the pair of its text."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = ("founding_case", "ten_lines", "hundred_earnings", "fx_surprises", "is_my_test_right")
RUNNER = "execute"
jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed (extra 'notebook')")


def test_there_are_the_five_and_no_others() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == {*NAMES, RUNNER}
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_text_and_notebook_are_a_pair(name: str) -> None:
    text, notebook = (jupytext.read(NOTEBOOKS / f"{name}{ending}") for ending in (".py", ".ipynb"))
    assert [(c.cell_type, c.source) for c in text.cells] == [(c.cell_type, c.source) for c in notebook.cells]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_has_no_numerics_of_its_own(name: str) -> None:
    tree = ast.parse((NOTEBOOKS / f"{name}.py").read_text("utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {module.split(".")[0] for module in modules}
    assert roots <= {"eventstudy", "pandas", "pathlib", "datetime", "tempfile"}
    assert not any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree))


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def frames_of(notebook: Any) -> list[str]:
    """Return the tables that are shown, as plain text."""
    shown = [output.get("data", {}) for output in outputs_of(notebook)]
    return [data["text/plain"] for data in shown if "dataframe" in data.get("text/html", "")]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_with_outputs(name: str) -> None:
    path = NOTEBOOKS / f"{name}.ipynb"
    assert path.stat().st_size < 1_000_000
    notebook = jupytext.read(path)
    kinds = {kind for output in outputs_of(notebook) for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    assert not [output for output in outputs_of(notebook) if output.output_type == "error"]
    text = path.read_text("utf-8")
    assert "SIMULATED" in str(outputs_of(notebook))
    assert gettempdir() not in text, "a path of the machine that ran it"
    assert not [cell for cell in notebook.cells if "execution" in cell.metadata], "times would differ with every run"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_shows_the_numbers_that_are_committed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed (extra 'notebook')")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed (extra 'notebook')")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOKS.parent))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = jupytext.read(NOTEBOOKS / f"{name}.py")
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}}
    )
    client.execute()
    outputs = outputs_of(notebook)
    committed = jupytext.read(NOTEBOOKS / f"{name}.ipynb")
    assert frames_of(notebook)
    assert frames_of(notebook) == frames_of(committed), f"run scripts/notebooks {name}"
    assert not [output for output in outputs if output.output_type == "error"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "text/html" in kinds
    assert "SIMULATED" in str(outputs)
    drawn = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.endswith(".figure")]
    shown = [{kind for output in cell.outputs for kind in output.get("data", {})} for cell in drawn]
    assert drawn
    assert all("image/png" in kinds for kinds in shown), "a figure is seen, not named"


def test_the_slopes_on_surprises_are_those_of_statsmodels_on_the_prices() -> None:
    shown = runpy.run_path(str(NOTEBOOKS / "fx_surprises.py"))
    price = np.log(shown["minutes"]["close"])
    last = price.index.searchsorted(shown["releases"], side="right") - 1  # the last close at or before each release
    surprise = shown["events"]["actual"] - shown["events"]["consensus"]
    design = sm.add_constant((surprise / surprise.std()).to_numpy())
    slopes = shown["result"].to_frame("surprise").set_index("tau")
    for tau in range(16):
        move = price.to_numpy()[last + 1 + tau] - price.to_numpy()[last]
        fit = sm.OLS(move, design).fit(cov_type="HC1")
        assert slopes.loc[tau, "slope"] == pytest.approx(fit.params[1], rel=1e-9)
        assert slopes.loc[tau, "se"] == pytest.approx(fit.bse[1], rel=1e-9)
        assert slopes.loc[tau, "r2"] == pytest.approx(fit.rsquared, rel=1e-9)
