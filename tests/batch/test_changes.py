"""What a batch says of each finding since the last run, on the terminal and by its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventstudy.batch.entry import LedgerEntry
from eventstudy.cli import exits
from eventstudy.cli.batch import batch

EARNINGS = {"finding": "SIMULATED. A", "move": 0.00417, "low": -0.0003, "high": 0.0086, "pvalue": 0.071}


def entry(study: str, state: Any = "written", **changes: Any) -> LedgerEntry:
    known: dict[str, Any] = {"folder": f"{study}/1"} | changes
    return LedgerEntry(study, f"{study}.toml", state, **known)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs a batch whose studies end as given; it returns the exit code."""

    def run(*entries: LedgerEntry) -> int:
        def pool(jobs: object, **options: object) -> Iterator[LedgerEntry]:
            return iter(entries)

        monkeypatch.setattr("eventstudy.batch.pool.in_processes", pool)
        monkeypatch.setattr("eventstudy.batch.jobs.plan", lambda *paths, **options: ())
        return batch([tmp_path], tmp_path / "out", exit_on_change=True)

    return run


def test_a_line_per_study_says_what_changed(runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    old = entry("earnings", **{**EARNINGS, "pvalue": 0.038})
    assert runs(old) == exits.OK  # nothing to compare with is no change
    assert capsys.readouterr().out.splitlines()[1].endswith("0.038  new")
    assert runs(entry("earnings", "unchanged", **{**EARNINGS, "pvalue": 0.0381})) == exits.OK
    assert capsys.readouterr().out.splitlines()[1].endswith("0.038  same")
    failed = entry("rate", "failed", folder="", exit_code=4, message="No prices for 10:00 to 10:30")
    assert runs(entry("earnings", **EARNINGS), failed) == exits.PARTLY
    head, line, lost = capsys.readouterr().out.splitlines()
    assert " ".join(line.split()) == "done earnings SIMULATED +41.7 -3.0 to +86.0 0.071 p was 0.038"
    assert lost.split() == ["failed", "rate", "No", "prices", "for", "10:00", "to", "10:30."]
    assert max(map(len, (head, line, lost))) <= 78


def test_a_changed_finding_ends_the_batch_with_its_own_code(runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    runs(entry("earnings", **EARNINGS))
    assert runs(entry("earnings", **{**EARNINGS, "move": 0.0052})) == exits.CHANGED == 7
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].endswith("move was +41.7")
    assert "1 changed since the last run" in shown.err
    failed = entry("earnings", "failed", folder="", exit_code=4, message="x")
    assert runs(failed) == exits.PARTLY
    # The finding of the last good report is what the next one is compared with.
    assert runs(entry("earnings", **{**EARNINGS, "move": 0.0052})) == exits.OK
