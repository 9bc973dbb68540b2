"""The ready-made units of docs/units: each calls the same command, and that command is one the program understands."""

from __future__ import annotations

import configparser
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from eventstudy.cli import app

UNITS = Path(__file__).parents[2] / "docs" / "units"
COMMAND = "eventstudy --quiet --json-log batch studies --out reports --workers 2 --wait"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNITS / name)
    return parser


def test_the_systemd_service_calls_the_command() -> None:
    service = unit("eventstudy-batch.service")["Service"]
    assert service["ExecStart"] == f"/usr/bin/env {COMMAND}"
    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"] == "1"
    assert service["EnvironmentFile"].startswith("-")
    timer = unit("eventstudy-batch.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_systemd_itself_finds_no_fault() -> None:
    try:
        found = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(UNITS / "eventstudy-batch.timer")],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed here")
    assert "eventstudy-batch" not in found.stderr


def test_the_crontab_line_calls_the_command_and_survives_the_shell(tmp_path: Path) -> None:
    (line,) = [x for x in (UNITS / "crontab").read_text().splitlines() if x and not x.startswith("#")]
    fields = line.split(None, 5)
    assert fields[:5] == ["30", "23", "*", "*", "1-5"]
    assert "%" not in line, "cron reads a percent sign as a line end"
    home = tmp_path / "home"
    (home / "eventstudies").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/eventstudy"
    fake.write_text('#!/bin/sh\npwd > called\necho "$@" >> called\n')
    fake.chmod(0o755)
    environment = {"HOME": str(home), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-c", fields[5]], env=environment, check=True)
    folder, arguments = (home / "eventstudies/called").read_text().splitlines()
    assert folder == str(home / "eventstudies")
    assert f"eventstudy {arguments}" == f"{COMMAND} --log reports/night.log"


def test_the_github_workflow_calls_the_command() -> None:
    yaml = pytest.importorskip("yaml")
    found = yaml.safe_load((UNITS / "github-workflow.yml").read_text())
    (job,) = found["jobs"].values()
    script = next(
        step["run"] for step in job["steps"] if "eventstudy" in step.get("run", "") and "batch" in step["run"]
    )
    assert f"{COMMAND} || code=$?" in script
    assert found["permissions"] == {"contents": "read"}
    for code, ends in ((0, 0), (1, 0), (4, 1), (6, 1)):
        shell = f"eventstudy() {{ return {code}; }}\n{script}"
        assert subprocess.run(["/bin/bash", "-e", "-c", shell], check=False).returncode == ends


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """Stand-ins for the schedulers, which are no dependency: their decorators hand the functions through."""
    made: list[tuple[list[str], str]] = []

    def through(*given: Any, **_: Any) -> Any:
        return given[0] if given and callable(given[0]) else lambda function: function

    def module(name: str, **members: Any) -> None:
        found = ModuleType(name)
        found.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, found)

    module("airflow")
    module("airflow.sdk", dag=through, task=through)
    module("prefect", flow=through, task=through)
    module("pendulum", datetime=lambda *_, **__: None)

    def run(command: list[str], cwd: str, check: bool) -> SimpleNamespace:
        made.append((command, cwd))
        return SimpleNamespace(returncode=codes.pop(0))

    codes = [0, 1, 4]
    monkeypatch.setattr(subprocess, "run", run)
    return made


@pytest.mark.parametrize(("name", "entry"), [("airflow_dag.py", None), ("prefect_flow.py", "event_studies")])
def test_airflow_and_prefect_tasks_call_the_command(
    calls: list[tuple[list[str], str]], name: str, entry: str | None
) -> None:
    def once() -> None:
        found = runpy.run_path(str(UNITS / name))
        if entry:
            found[entry]()

    once()
    once()
    with pytest.raises(RuntimeError, match="exit code 4"):
        once()
    assert calls == [(COMMAND.split(), "eventstudies")] * 3


def test_the_command_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(shlex.split(COMMAND)[1:]) == 4
    assert "'studies' does not exist" in capfd.readouterr().err
