"""Seconds that `eventstudy --help` takes from a cold start: least and median of 21 runs; the goal is 0.150."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def main() -> None:
    times = []
    for _ in range(21):
        before = time.perf_counter()
        subprocess.run([sys.executable, "-m", "eventstudy", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - before)
    print(f"least {min(times):.3f} s, median {statistics.median(times):.3f} s")


if __name__ == "__main__":
    main()
