"""The wheel and its list of components, in a clean environment: nothing it needs was left in the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.test_supply_chain import base_section, canonical, pins

ROOT = Path(__file__).parents[1]


def run(call: list[str], where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    return subprocess.run(call, cwd=where, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_wheel_runs_demo_and_selfcheck_in_a_clean_environment(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    if run([*pip, "--version"], tmp_path).returncode:
        pytest.skip("pip is not installed here")
    built = run([sys.executable, str(ROOT / "scripts" / "wheel"), str(tmp_path)], tmp_path)
    if built.returncode:
        pytest.skip(f"the wheel cannot be built without an index: {built.stderr[-200:]}")
    wheel, bill = next(tmp_path.glob("*.whl")), json.loads(next(tmp_path.glob("*.cdx.json")).read_text("utf-8"))
    names = {canonical(part["name"]) for part in bill["components"]}
    base = {name for name, _, _ in pins(base_section())}
    assert names < base
    assert {"numpy", "pandas", "scipy", "httpcore2"} < names
    assert "hatchling" not in names
    assert all(part["licenses"] and part["purl"] for part in bill["components"])
    venv.create(tmp_path / "clean", with_pip=True)
    python = str(tmp_path / "clean" / "bin" / "python")
    (tmp_path / "base.txt").write_text(base_section(), "utf-8")
    installed = run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", "base.txt"], tmp_path)
    if installed.returncode:
        pytest.skip(f"the dependencies cannot be installed without an index: {installed.stderr[-200:]}")
    assert run([python, "-m", "pip", "install", "-q", "--no-deps", str(wheel)], tmp_path).returncode == 0
    found = run([python, "-c", "import eventstudy; print(eventstudy.__file__)"], tmp_path).stdout
    assert str(ROOT) not in found
    for words in (["demo", "--out", "demo"], ["selfcheck"]):
        done = run([python, "-m", "eventstudy", *words], tmp_path, HOME=str(tmp_path))
        assert done.returncode == 0, done.stdout + done.stderr
    reports = sorted(path.parent.name for path in (tmp_path / "demo").rglob("report.html"))
    assert len(reports) == 2
    facts = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "demo").rglob("manifest.json")]
    assert {fact["simulated"] for fact in facts} == {True, False}
