"""What is installed: every file by its hash, every version stated, and the list of components beside the wheel."""

from __future__ import annotations

import hashlib
import os
import re
import runpy
import shutil
import subprocess
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
REST = "# ... then"
# A build backend of thirty lines, so that an installation needs no package index.
BACKEND = """
import zipfile

def wheel(folder):
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return name

def build_wheel(folder, settings=None, metadata=None):
    return wheel(folder)

build_editable = build_wheel
"""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def base_section() -> str:
    return (ROOT / "constraints.txt").read_text("utf-8").partition(REST)[0]


def pins(text: str) -> list[tuple[str, str, list[str]]]:
    """Return name, version and hashes of every package that is installed on this system."""
    found = []
    for block in re.split(r"\n(?=\S)", text):
        line, _, rest = block.partition("\\")
        wanted = "" if line.startswith("#") else line.strip()
        if wanted and ("; " not in wanted or Marker(wanted.partition("; ")[2]).evaluate()):
            name, pinned = wanted.partition(";")[0].strip().split("==")
            found.append((canonical(name), pinned, re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)))
    return found


def test_every_package_has_one_version_and_hashes() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    heads = [line for line in lines if not line.startswith(" ")]
    assert len(heads) > 200
    assert all(re.fullmatch(r"[\w.-]+==\S+( ; .+)? \\", line) for line in heads)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines if line not in heads)
    assert len({line.partition("==")[0] for line in heads}) == len(heads)
    # Hashes of all files of a version, not of the one file that this system installs.
    assert {name: len(hashes) for name, _, hashes in pins("\n".join(lines))}["numpy"] > 20


def test_the_pins_are_what_the_project_asks_for_and_what_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    base = {name: pinned for name, pinned, _ in pins(base_section())}
    every = {name: pinned for name, pinned, _ in pins((ROOT / "constraints.txt").read_text("utf-8"))}
    extras = [Requirement(line) for lines in project["optional-dependencies"].values() for line in lines]
    for wanted in map(Requirement, project["dependencies"]):
        assert wanted.specifier.contains(base[canonical(wanted.name)]), f"{wanted}: run scripts/pin"
    for wanted in extras:
        if canonical(wanted.name) != canonical(project["name"]):
            assert wanted.specifier.contains(every[canonical(wanted.name)]), f"{wanted}: run scripts/pin"
    other = {}
    for name, pinned in every.items():
        try:
            if version(name) != pinned:
                other[name] = (pinned, version(name))
        except PackageNotFoundError:
            continue  # an extra that was not asked for
    assert not other


@pytest.mark.skipif(os.name == "nt", reason="scripts/setup is a bash script")
@pytest.mark.parametrize("what", ["base", "dev"])
def test_setup_installs_no_file_with_another_hash(tmp_path: Path, what: str) -> None:
    files = tmp_path / "files"
    files.mkdir()
    wheel = files / "needed-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        about = "needed-1.0.dist-info"
        archive.writestr("needed.py", "")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: needed\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", project / "scripts" / "setup")
    (project / "backend.py").write_text(BACKEND)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "tiny"\nversion = "1.0"\n'
    )
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(files), "PIP_CONFIG_FILE": os.devnull}

    def setup(digest: str) -> subprocess.CompletedProcess[str]:
        lines = f"needed==1.0 \\\n    --hash=sha256:{digest}\n# ... then\n"
        (project / "constraints.txt").write_text(lines)
        call = ["bash", str(project / "scripts" / "setup"), what]
        return subprocess.run(call, capture_output=True, text=True, env=os.environ | offline, check=False)

    refused = setup("0" * 64)
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not list((project / ".venv").glob("installed*"))
    assert not list((project / ".venv").rglob("needed.py"))
    done = setup(right)
    assert done.returncode == 0, done.stderr
    assert list((project / ".venv").rglob("needed.py"))
    assert list((project / ".venv").rglob("tiny-1.0.dist-info"))


def test_the_list_of_components_leaves_out_what_the_wheel_does_not_require() -> None:
    bill = {
        "metadata": {"component": {"bom-ref": "root", "name": "tiny"}},
        "components": [{"bom-ref": f"{name}==1", "name": name} for name in ("Asked_for", "below", "builder", "tool")],
        "dependencies": [
            {"ref": "root", "dependsOn": ["Asked_for==1", "builder==1"]},
            {"ref": "Asked_for==1", "dependsOn": ["below==1"]},
            {"ref": "below==1"},
            {"ref": "builder==1", "dependsOn": ["tool==1"]},
            {"ref": "tool==1"},
        ],
    }
    kept = runpy.run_path(str(ROOT / "scripts" / "wheel"))["required_only"](bill, ["asked-for"])
    assert [part["name"] for part in kept["components"]] == ["Asked_for", "below"]
    assert {row["ref"]: row["dependsOn"] for row in kept["dependencies"]} == {
        "root": ["Asked_for==1"],
        "Asked_for==1": ["below==1"],
        "below==1": [],
    }
