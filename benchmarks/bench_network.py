"""Print how fetching ends under every network fault: wrong rows believed, deadline, memory, endings.

Run as ``python -m benchmarks.bench_network [SEEDS]`` (40 by default; some twenty minutes).
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from eventstudy.errors import NetworkError
from tests.market.fault_server import FAULTS, LIMITS, session


def peak_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    # Long enough that a tenth of it is more than a busy machine takes to switch between two threads.
    limits = replace(LIMITS, deadline_s=1.5)
    session(next(iter(FAULTS)), 0)
    before = peak_megabytes()
    wrong, untyped, overruns = 0, 0, []
    print(f"{'fault':<34} {'whole':>5} {'error':>5} {'wrong':>5}  longest / deadline, peak memory")
    for kind in FAULTS:
        ended = [session(kind, seed, limits) for seed in range(seeds)]
        endings = Counter("error" if e.error else "whole" for e in ended)
        wrong += sum(e.wrong_rows for e in ended)
        untyped += sum(not isinstance(e.error, NetworkError) for e in ended if e.error)
        overruns += [e.overrun for e in ended]
        bad = sum(e.wrong_rows for e in ended)
        longest = 1 + max(e.overrun for e in ended)
        counts = f"{endings['whole']:>5} {endings['error']:>5} {bad:>5}"
        print(f"{kind:<34} {counts}  {longest:.2f} {peak_megabytes():,.0f} MB", flush=True)
    late = sum(o > 0.1 for o in overruns)
    print(
        f"{len(FAULTS)} kinds x {seeds} seeds = {len(overruns)} sessions: {wrong} with a wrong row, {untyped} untyped "
        f"errors, {late} more than 10 % past the deadline of {limits.deadline_s} s (longest {1 + max(overruns):.2f}); "
        f"memory grew by {peak_megabytes() - before:.1f} MB, the cap of one answer is "
        f"{LIMITS.max_unpacked / 2**20:.1f} MB"
    )


if __name__ == "__main__":
    main()
