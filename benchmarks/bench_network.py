"""Print how whole fetches end under every network fault: wrong rows stored, untyped errors, deadline, memory, healing.

Run as ``python -m benchmarks.bench_network [SEEDS]`` (20 by default; about a minute each). Every other seed speaks TLS.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from eventstudy.errors import NetworkError, SourceError
from tests.market.fault_kinds import KINDS, Stored, stored_session
from tests.market.fault_server import LIMITS


def peak_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def ended(kind: str, seed: int, deadline_s: float) -> Stored:
    with tempfile.TemporaryDirectory() as folder:
        limits = replace(LIMITS, deadline_s=deadline_s)
        return stored_session(kind, seed, Path(folder) / "store", limits, tls=seed % 2 == 1)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    # Long enough that a tenth of it is more than a busy machine takes to switch between two threads.
    deadline_s = 1.5
    ended(next(iter(KINDS)), 0, deadline_s)
    before, total = peak_megabytes(), Counter[str]()
    slowest = 0.0
    print(f"{'fault':<42} {'whole':>5} {'error':>5} {'wrong':>5}  longest / deadline, peak memory")
    for kind in KINDS:
        sessions = [ended(kind, seed, deadline_s) for seed in range(seeds)]
        errors = [s.error for s in sessions if s.error is not None]
        bad = sum(bool(s.wrong_rows or s.false_days) for s in sessions)
        total["sessions"] += len(sessions)
        total["wrong"] += bad
        total["untyped"] += sum(not isinstance(e, NetworkError | SourceError) for e in errors)
        total["not healed"] += sum(not s.healed for s in sessions)
        total["late"] += sum(s.slowest > 1.1 * deadline_s for s in sessions)
        longest = max(s.slowest for s in sessions) / deadline_s
        slowest = max(slowest, longest)
        counts = f"{len(sessions) - len(errors):>5} {len(errors):>5} {bad:>5}"
        print(f"{kind:<42} {counts}  {longest:.2f} {peak_megabytes():,.0f} MB", flush=True)
    print(
        f"{len(KINDS)} kinds x {seeds} seeds = {total['sessions']} fetches: {total['wrong']} left a wrong row or a "
        f"false day, {total['untyped']} untyped errors, {total['not healed']} not healed by the next fetch, "
        f"{total['late']} answers more than 10 % past the deadline of {deadline_s} s (longest {slowest:.2f}); "
        f"memory grew by {peak_megabytes() - before:.1f} MB"
    )


if __name__ == "__main__":
    main()
