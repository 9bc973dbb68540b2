"""What a fresh process costs: peak memory of a study beyond its input and output, and Parquet to ``result.json``.

``python -m benchmarks.fresh_process memory N SET`` prints megabytes; ``... seconds`` prints the seconds of a first and
a second study of 1,000 events. ``bench_engine`` runs both, and hands on ``--cpu``.
"""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import eventstudy as es

WHOLE = """
import json
from pathlib import Path
import pandas as pd
import eventstudy as es
returns, market, events = (pd.read_parquet(f"{name}.parquet") for name in ("returns", "market", "events"))
spec = es.StudySpec(model="market", estimation=(-260, -11), event=(-10, 10), response="off")
result = es.run_study(spec, events, returns, market=market["market"])
Path("result.json").write_text(json.dumps(result.to_dict()))
"""
# A process that ends right after its first reading is at times aborted at its exit, by threads of pyarrow that still
# start (4 of 60 once, 0 of 150 later): what it measured is right, so its exit code is not asked.
READ = """
import pandas as pd
returns, market, events = (pd.read_parquet(f"{name}.parquet") for name in ("returns", "market", "events"))
"""


def status(name: str) -> float:
    """A line of /proc/self/status in MB (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def held(value: object, seen: dict[int, int]) -> dict[int, int]:
    """Bytes of all arrays of a value, each memory once; texts in arrays of objects counted as well."""
    if isinstance(value, np.ndarray):
        base = value
        while isinstance(base.base, np.ndarray):
            base = base.base
        seen[id(base)] = base.nbytes
        if value.dtype == object:
            seen |= {id(text): sys.getsizeof(text) for text in value.tolist()}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            held(getattr(value, field.name), seen)
    elif isinstance(value, tuple | list):
        for item in value:
            held(item, seen)
    return seen


def resident() -> float:
    """Resident memory in MB after what is free was given back; ``status("VmHWM")`` is the peak from here on (Linux)."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def memory(n: int, which: str) -> float:
    """Peak resident memory in MB while a study runs, beyond what was there before and what its result holds."""
    from benchmarks import bench_engine as bench

    frame, market = bench.daily()
    table, _, _ = bench.events(frame, n, bench.L1 + 2 * bench.GAP + 1, bench.T - bench.HALF - 1)
    spec = bench.daily_spec(bench.TEST_SETS[which])
    es.run_study(spec, table.iloc[:200], frame, market=market)
    before = resident()
    result = es.run_study(spec, table, frame, market=market)
    peak = status("VmHWM")
    return peak - before - sum(held(result, {}).values()) / 2**20


def first_call() -> tuple[float, float]:
    """Seconds of the first and of the second study of 1,000 events in a process."""
    from benchmarks import bench_engine as bench

    frame, market = bench.daily()
    table, _, _ = bench.events(frame, 1_000, bench.L1 + 2 * bench.GAP + 1, bench.T - bench.HALF - 1)
    seconds = []
    for _ in range(2):
        start = bench.clock()
        es.run_study(bench.daily_spec(bench.BASIC), table, frame, market=market)
        seconds.append(bench.clock() - start)
    return seconds[0], seconds[1]


def children_clock() -> float:
    """Wall time, or the CPU seconds of all processes started here."""
    if "--cpu" not in sys.argv:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def child(*arguments: str) -> list[float]:
    """Run this file in a process of its own and return the numbers it prints."""
    command = [sys.executable, "-m", "benchmarks.fresh_process", *arguments, *sys.argv[1:]]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(word) for word in out.split()]


def whole_process(repeats: int = 9) -> tuple[list[float], list[float]]:
    """Seconds of processes from Parquet to ``result.json``, 1,000 events, and of ones that only read."""
    from benchmarks import bench_engine as bench

    frame, market = bench.daily()
    table, _, _ = bench.events(frame, 1_000, bench.L1 + 2 * bench.GAP + 1, bench.T - bench.HALF - 1)
    seconds: dict[str, list[float]] = {WHOLE: [], READ: []}
    # An installed package is compiled to bytecode once, not in every process.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as folder:
        for name, data in (("returns", frame), ("market", market.to_frame()), ("events", table)):
            data.to_parquet(Path(folder) / f"{name}.parquet")
        subprocess.run([sys.executable, "-c", WHOLE], check=True, cwd=folder, env=environment)
        for _ in range(repeats):
            for code, spent in seconds.items():
                start = children_clock()
                subprocess.run([sys.executable, "-c", code], check=code is WHOLE, cwd=folder, env=environment)
                spent.append(children_clock() - start)
    return seconds[WHOLE], seconds[READ]


if __name__ == "__main__":
    print(*(first_call() if sys.argv[1] == "seconds" else (memory(int(sys.argv[2]), sys.argv[3]),)))
