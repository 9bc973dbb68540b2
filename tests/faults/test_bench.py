"""The parts of ``scripts/bench faults`` that no other test of this folder calls: their rows are printed and counted."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks import bench_faults


def test_the_bench_lists_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench_faults.main([])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(bench_faults.PARTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["flips", "20", "entry"], "entry.json   20 flipped bits, 0 unnoticed"),
        (["growth", "1", "events csv"], "0 steeper than n log n"),
        (["network", "1", "moex gzip cut"], "1 fetches: 0 left a wrong row or a false day, 0 untyped errors"),
        (["fuzz", "5", "events toml"], "0 kinds of other errors"),
    ],
)
def test_a_part_prints_its_rows(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench_faults.main(arguments)
    assert said in capsys.readouterr().out
    assert ended.value.code == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked writers")
def test_kills_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_faults.kills(10, "placing") == 0
    assert "placing  10 kills: " in capsys.readouterr().out


def test_a_fuzzer_that_does_not_end_is_killed_and_its_lines_are_kept() -> None:
    runs = "import sys, time; print('Done 5 runs', file=sys.stderr, flush=True); "
    assert bench_faults.ended([sys.executable, "-S", "-c", runs + "time.sleep(600)"], 4) == (None, ["Done 5 runs"])
    assert bench_faults.ended([sys.executable, "-c", runs + "sys.exit(77)"], 60) == (77, ["Done 5 runs"])
