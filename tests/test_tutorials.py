"""The tutorials: every command of a console block runs in order in one folder and prints what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from eventstudy.batch import pool
from eventstudy.batch.work import attempt
from eventstudy.cli import app

DOCS = Path(__file__).parents[1] / "docs"
TUTORIALS = ("tutorial-command-line", "tutorial-notebook", "tutorial-batch")


def here(jobs: Any, work: Any, workers: int, time_limit: float) -> Any:
    """Do the jobs of a batch in this process."""
    return (attempt(work, job) for job in jobs)


def session(page: str) -> list[tuple[str, list[str]]]:
    """Return every command of a page with the lines that it should print."""
    said: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", (DOCS / f"{page}.md").read_text("utf-8"), re.S | re.M):
        for line in block.splitlines():
            if line.startswith("$ "):
                said.append((line[2:], []))
            else:
                said[-1][1].append(line.rstrip())
    return said


@pytest.mark.parametrize(("page", "least"), [("tutorial-command-line", 6), ("tutorial-batch", 4)])
def test_the_commands_of_a_tutorial_print_what_it_says(
    page: str, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENTSTUDY_OFFLINE", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(pool, "in_processes", here)
    commands = session(page)
    assert len(commands) >= least
    for command, lines in commands:
        assert app.run(shlex.split(command)[1:]) == 0, command
        shown = capfd.readouterr()
        # Lines may break elsewhere: the width is that of the terminal.
        printed = " ".join((shown.out + "\n" + shown.err).split())
        wanted = [" ".join(line.split()) for line in lines if line not in {"", "..."}]
        assert wanted, command
        assert [line for line in wanted if line not in printed] == [], command


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_has_a_picture_and_its_links_lead_somewhere(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    pictures = re.findall(r"!\[(.+)\]\((.+)\)", text)
    assert pictures
    for words, path in pictures:
        assert "SIMULATED" in words
        assert (DOCS / path).stat().st_size < 300_000
    for target in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (DOCS / target).is_file()
    assert page in (DOCS / "index.md").read_text("utf-8").split("toctree")[1]
