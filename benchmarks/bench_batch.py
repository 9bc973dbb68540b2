"""Seconds for a batch of studies of 5 instruments on 1 and on 2 workers, their ratio (goal 1.7), and peak memory.

On a machine that others use the ratio says nothing; the CPU seconds of both still do.

python -m benchmarks.bench_batch [STUDIES]        # 200 by default
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eventstudy.cli.init import contents

FEW = 4


def make_studies(folder: Path, count: int) -> None:
    """Write studies that differ in their seed only, over four shares and an index of 760 days each."""
    for name, content in contents("equity-daily").items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name != "study.toml":
            target.write_bytes(content)
    text = contents("equity-daily")["study.toml"].decode()
    for number in range(count):
        (folder / f"study{number:03}.toml").write_text(text.replace("seed = 1", f"seed = {number}"))


def timed(studies: Path, out: Path, workers: int) -> tuple[float, float]:
    """Return wall and CPU seconds of one batch."""
    command = [sys.executable, "-m", "eventstudy", "--quiet", "batch", str(studies), "--out", str(out)]
    before, spent = time.perf_counter(), cpu()
    subprocess.run([*command, "--workers", str(workers)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before, cpu() - spent


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """Return the largest memory of any process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_studies(folder / "few", FEW)
        make_studies(folder / "studies", count)
        timed(folder / "few", folder / "warm", 2)
        peak_few = peak()
        one, cpu_one = timed(folder / "studies", folder / "one", 1)
        two, cpu_two = timed(folder / "studies", folder / "two", 2)
        peak_all = peak()
        again, _ = timed(folder / "studies", folder / "two", 2)
        reports = sorted((folder / "one").glob("study*/*/result.json"))
        for report in reports:
            other = folder / "two" / report.relative_to(folder / "one")
            assert other.read_bytes() == report.read_bytes()
    print(f"{len(reports)} studies of 5 instruments on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"1 worker : {one:6.1f} s wall, {cpu_one:6.1f} s CPU")
    print(f"2 workers: {two:6.1f} s wall, {cpu_two:6.1f} s CPU")
    print(f"ratio of the walls {one / two:.2f} (goal 1.70); CPU of 2 workers / 1 worker {cpu_two / cpu_one:.3f}")
    print(f"largest process: {peak_few:.0f} MB after {FEW} studies, {peak_all:.0f} MB after {count}")
    print(f"nothing to do: {again:.1f} s")


if __name__ == "__main__":
    main()
