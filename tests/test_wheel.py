"""The wheel, in a clean environment outside the repository: nothing it needs was left behind in the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(call: list[str], where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    return subprocess.run(call, cwd=where, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_wheel_runs_demo_and_selfcheck_in_a_clean_environment(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    if run([*pip, "--version"], tmp_path).returncode:
        pytest.skip("pip is not installed here")
    built = run([*pip, "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)], tmp_path)
    if built.returncode:
        pytest.skip(f"the wheel cannot be built without an index: {built.stderr[-200:]}")
    wheel = next(tmp_path.glob("*.whl"))
    venv.create(tmp_path / "clean", with_pip=True)
    python = str(tmp_path / "clean" / "bin" / "python")
    constraints = str(ROOT / "constraints.txt")
    installed = run([python, "-m", "pip", "install", "-q", "-c", constraints, str(wheel)], tmp_path)
    if installed.returncode:
        pytest.skip(f"the dependencies cannot be installed without an index: {installed.stderr[-200:]}")
    found = run([python, "-c", "import eventstudy; print(eventstudy.__file__)"], tmp_path).stdout
    assert str(ROOT) not in found
    for words in (["demo", "--out", "demo"], ["selfcheck"]):
        done = run([python, "-m", "eventstudy", *words], tmp_path, HOME=str(tmp_path))
        assert done.returncode == 0, done.stdout + done.stderr
    reports = sorted(path.parent.name for path in (tmp_path / "demo").rglob("report.html"))
    assert len(reports) == 2
    facts = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "demo").rglob("manifest.json")]
    assert {fact["simulated"] for fact in facts} == {True, False}
