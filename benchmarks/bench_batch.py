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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        studies = Path(folder) / "studies"
        make_studies(studies, count)
        one, cpu_one = timed(studies, Path(folder) / "one", 1)
        two, cpu_two = timed(studies, Path(folder) / "two", 2)
        again, _ = timed(studies, Path(folder) / "two", 2)
        for report in sorted((Path(folder) / "one").glob("study*/*/result.json")):
            other = Path(folder) / "two" / report.relative_to(Path(folder) / "one")
            assert other.read_bytes() == report.read_bytes()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{count} studies on {os.cpu_count()} cores, ratio {one / two:.2f}")
    print(f"1 worker: {one:.1f} s, CPU {cpu_one:.1f} s; 2 workers: {two:.1f} s, CPU {cpu_two:.1f} s")
    print(f"nothing to do: {again:.1f} s; largest process {peak:.0f} MB")


if __name__ == "__main__":
    main()
