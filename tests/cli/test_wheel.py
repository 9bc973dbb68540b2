"""The wheel, built and installed into a clean environment outside the repository: the command works from there."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, unpack it into a new environment; dependencies come from this one, the package does not."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel and is not installed here")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith("market_eventstudy-")
    venv.create(folder / "clean", with_pip=False)
    python = folder / "clean/bin/python"
    asked = [str(python), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    # A plain path line brings the dependencies and processes no .pth file of the other side: no editable install.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (entry,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "eventstudy = eventstudy.cli.app:main" in (site / entry).read_text()
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks", "data"))]
    return python


def run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = "import eventstudy, sys; from eventstudy.cli.app import run; sys.exit(run(sys.argv[1:]))"
    command = [str(python), "-I", "-c", start, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_installed_wheel_demonstrates_and_checks_itself(installed: Path, tmp_path: Path) -> None:
    where = [str(installed), "-I", "-c", "import eventstudy; print(eventstudy.__file__)"]
    place = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert str(installed.parents[1]) in place, "the installed package is used, not the repository's"
    checked = run(installed, tmp_path, "selfcheck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    shown = run(installed, tmp_path, "--offline", "demo", "--out", "first-look")
    assert shown.returncode in (0, 1), shown.stderr
    assert "SIMULATED" in shown.stdout
    assert list((tmp_path / "first-look").rglob("report.html"))
    for template in ("fx-intraday", "equity-daily", "batch"):
        assert run(installed, tmp_path, "init", template).returncode == 0
