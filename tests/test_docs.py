"""The documentation builds without a warning, and its examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eventstudy.cli.init import simulated_earnings
from tests.report.browser import browser, missing
from tests.report.made import made_bars

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("*.md"))
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
# Pages whose examples name files, stores or a network that no test machine has; each with its reason.
NEEDS: dict[str, str] = {}


def test_there_is_a_page_for_everything_the_reader_asks() -> None:
    wanted = {"index", "first-study", "how-an-event-time-is-found", "choosing", "data-and-sessions", "commands"}
    assert wanted | {"api", "extending", "warnings", "methods", "report-and-figures"} <= set(PAGES)


def test_the_documentation_builds_without_a_warning_and_fits_a_phone(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="sphinx is not installed (extra 'docs')")
    pytest.importorskip("myst_parser", reason="myst-parser is not installed (extra 'docs')")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    menu = re.findall(r'<li class="toctree-l1"><a class="reference internal" href="([^"#]+)"', _menu(tmp_path))
    assert sorted(menu) == sorted(set(menu))
    assert len(menu) == len(PAGES) - 2  # all but the index and the page itself
    _check_contents(tmp_path)
    _check_phone(tmp_path)


def _menu(built: Path) -> str:
    """The menu as a page beside the first one shows it."""
    return (built / "warnings.html").read_text("utf-8")


def _check_phone(built: Path) -> None:
    """Assert that no page is wider than a phone; without a browser nothing is asserted."""
    if missing():
        pytest.skip(f"the widths of the pages were not looked at: {missing()}")
    with browser(built / "profile") as session:
        session.size(390, 844)
        wide = {}
        for page in sorted(built.glob("*.html")):
            session.open(page)
            wide[page.name] = session.script("return document.documentElement.scrollWidth")
    assert len(wide) > len(PAGES)
    assert {name: width for name, width in wide.items() if width > 390} == {}


def _check_contents(tmp_path: Path) -> None:
    commands = (tmp_path / "commands.html").read_text("utf-8")
    assert "eventstudy run" in commands
    assert "--out" in commands
    assert "Patell" in (tmp_path / "methods.html").read_text("utf-8")


def examples(page: str) -> str:
    return "\n".join(EXAMPLE.findall((DOCS / f"{page}.md").read_text("utf-8")))


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)])
def test_the_examples_of_a_page_run(page: str, tmp_path: Path) -> None:
    if page in NEEDS:
        pytest.skip(NEEDS[page])
    made = made_bars(days=3).frame.tz_convert("Europe/Moscow").tz_localize(None)
    made.to_csv(tmp_path / "SBER_M10_2021.csv", index_label="datetime")
    for name, text in simulated_earnings().items():
        (tmp_path / name.replace(".SIMULATED", "")).write_text(text.replace("INDEX", "SPY"))
    (tmp_path / "example.py").write_text(examples(page), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    call = [sys.executable, "-W", "error", "example.py"]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
