"""Progress of long work: the parts that workers have done, and nothing of a part's own parts."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli import console
from eventstudy.cli.results import read_bars
from eventstudy.show.work_steps import reported_to

DAYS = pd.bdate_range("2020-01-01", periods=300)


def study() -> tuple[es.StudySpec, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    returns = pd.DataFrame(rng.normal(0, 0.02, (300, 4)), DAYS, list("ABCD"))
    events = pd.DataFrame({"instrument": list("ABCD"), "date": DAYS[[250, 260, 270, 280]]})
    return es.StudySpec(model="constant_mean", estimation=(-100, -11), tests=["time_series_t"]), events, returns


def test_every_part_that_a_worker_has_done_is_reported() -> None:
    seen: list[tuple[str, int, int]] = []
    with ThreadPoolExecutor(2) as workers, reported_to(lambda *one: seen.append(one)):
        es.calibrate(*study(), closes_at="16:00 America/New_York", draws=20, executor=workers)
    counts = [(done, total) for what, done, total in seen if what == "parts done by workers"]
    first = counts[: counts[0][1]]
    assert [done for done, _ in first] == list(range(1, counts[0][1] + 1))
    assert any(what == "placebo studies" and done == total == 20 for what, done, total in seen)


def test_a_placebo_study_does_not_report_its_events() -> None:
    seen: list[tuple[str, int, int]] = []
    with reported_to(lambda *one: seen.append(one)):
        es.calibrate(*study(), closes_at="16:00 America/New_York", draws=20)
    assert [one for one in seen if one[0] == "placebo studies"] == [("placebo studies", n, 20) for n in range(1, 21)]
    assert not any(what == "events estimated" for what, _, _ in seen)
    assert any("with a move of +" in what for what, _, _ in seen)


def test_a_terminal_shows_the_parts_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    seen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", seen)
    with console.working("calibrating"), ThreadPoolExecutor(2) as workers:
        es.calibrate(*study(), closes_at="16:00 America/New_York", draws=20, executor=workers)
    assert "calibrating: 20 of 20 placebo studies" in seen.getvalue()
    assert "parts done by workers" in seen.getvalue()


def test_rows_of_a_large_result_are_counted_while_they_are_read(tmp_path: Path) -> None:
    head = "event,instrument,tau,close,price,n_bars,ar,se"
    (tmp_path / "ar.csv").write_text(
        "\n".join([head, *(f"e,A,{i},,,1,0.01,0.1" for i in range(2_500))]) + "\n", "utf-8"
    )
    seen: list[tuple[str, int, int]] = []
    with reported_to(lambda *one: seen.append(one)):
        assert len(read_bars(tmp_path)) == 2_500
    assert seen == [("rows of ar.csv", 1_000, 2_500), ("rows of ar.csv", 2_000, 2_500)]
