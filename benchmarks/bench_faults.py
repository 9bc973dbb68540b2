"""Print how eventstudy ends under faults: failing calls, interrupts, kills, flips, growth, leaks, network, fuzzers.

Run ``scripts/bench faults PART [COUNT] [NAME]``; without PART it lists the parts with their usual COUNT. NAME begins
the names of the rows to run ("fetch", "news"). Results carry the git revision, so that two runs have equal bytes only
while it stands still: run the parts from a separate clone. It ends with 1 where anything is wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.faults.commands import NAMES, World, world

# A fetch with seed=, root= and tls=, and how it ended.
Session = Callable[..., Any]
SHOWN_EVERY = 50
# No input of a fuzzer takes longer, in seconds of the processor.
MOST_S = 1.0
# Seconds that a guided fuzzer may take beyond its runs: imports on a busy machine, one run of 20 s, its end.
EXIT_S = 90


@dataclass(frozen=True)
class Part:
    """One kind of fault: how often it is tried, and the function that prints its rows and returns what was wrong."""

    count: int
    summary: str
    run: Callable[[int, str], int]


def say(line: str, wrong: list[str]) -> int:
    """Print one row, and what is wrong below it."""
    print(line, *(f"    {one}" for one in wrong), sep="\n", flush=True)
    return len(wrong)


def calls(count: int, name: str) -> int:
    from tests.faults.failing_calls import Tally, failing_calls

    def row(one: str, tally: Tally) -> str:
        return f"{one:<8} {tally.failed} failing calls of {tally.calls}, {tally.refused} refused"

    return commands(lambda disturbed, one: failing_calls(disturbed, one, count), row, name)


def interrupts(count: int, name: str) -> int:
    from tests.faults.interrupts import Tally, interrupted

    def row(one: str, tally: Tally) -> str:
        return f"{one:<8} {tally.moments} moments, {tally.stopped} stopped, ended within {tally.longest_s:.2f} s"

    return commands(lambda disturbed, one: interrupted(disturbed, one, count), row, name)


def commands(trials: Callable[[World, str], Iterator[Any]], row: Callable[[str, Any], str], name: str) -> int:
    """Disturb the commands whose name begins so; what is wrong is printed at once, and a row now and then."""
    total = 0
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as disturbed:
        for one in (one for one in NAMES if one.startswith(name)):
            shown, tally = 0, None
            for number, tally in enumerate(trials(disturbed, one), 1):
                if len(tally.wrong) > shown or not number % SHOWN_EVERY:
                    say(f"  {row(one, tally)}", tally.wrong[shown:])
                    shown = len(tally.wrong)
            total += shown
            print(f"{row(one, tally)}, {shown} wrong", flush=True)
    return total


def kills(count: int, name: str) -> int:
    from tests.faults.kills import kill_placing, kill_saving

    total = 0
    for title, kill in {"placing": kill_placing, "save": kill_saving}.items():
        if title.startswith(name):
            with tempfile.TemporaryDirectory() as folder:
                seen = kill(Path(folder), count)
            wrong = sum(seen[word] for word in ("lost", "not mended", "left beside"))
            counts = ", ".join(f"{number} {word}" for word, number in sorted(seen.items()))
            total += wrong
            print(f"{title:<8} {count} kills: {counts}; {wrong} wrong", flush=True)
    return total


def flips(count: int, name: str) -> int:
    from tests.faults.flips import FLIPS

    total = 0
    for title, flip in FLIPS.items():
        if title.startswith(name):
            with tempfile.TemporaryDirectory() as folder:
                unnoticed = flip(Path(folder), count)
            total += unnoticed
            print(f"{title:<12} {count} flipped bits, {unnoticed} unnoticed", flush=True)
    return total


def growth(count: int, name: str) -> int:
    from tests.faults.growth import PIECES, READERS, SIZES, every_growth

    steep = 0
    for one in every_growth(SIZES[:count], name):
        steep += one.bad
        if one.bad or one.seconds[-1] > 5:
            times = ", ".join(f"{seconds:.2f}" for seconds in one.seconds)
            print(f"{'STEEP' if one.bad else 'slow '} {one.reader:<16} {one.piece:<28} {times} s", flush=True)
    readers = [reader for reader in READERS if reader.startswith(name)]
    print(f"{len(readers)} readers x {len(PIECES)} pieces x sizes {SIZES[:count]}: {steep} steeper than n log n")
    return steep


def leaks(count: int, _: str) -> int:
    from tests.faults.leaks import after_studies

    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = str(Path(folder) / "temp")
        Path(tempfile.tempdir).mkdir()
        seen = []
        for number, held in enumerate(after_studies(Path(folder), count), 1):
            seen.append(held)
            if number in {1, 5, 20, count} or number % 100 == 0:
                print(
                    f"after {number:>4} studies: {held.megabytes:.1f} MB, {held.descriptors} descriptors, "
                    f"{held.threads} threads, {held.temporary} temporary files",
                    flush=True,
                )
        tempfile.tempdir = None
    first, last = seen[min(4, count - 1)], seen[-1]
    return int(last.descriptors > first.descriptors or last.threads > first.threads or last.temporary > 0)


def network(seeds: int, name: str) -> int:
    """Whole fetches through the store; every other seed speaks TLS. The ECB's rates come from a file: see flips."""
    from tests.market import fault_kinds, fault_server, yahoo_faults

    # Long enough that a tenth of it is more than a busy machine takes to switch between two threads.
    deadline_s, total, slowest = 1.5, Counter[str](), 0.0
    limits = replace(fault_server.LIMITS, deadline_s=deadline_s)
    rows: dict[str, Session] = {
        **{f"moex {k}": partial(fault_kinds.stored_session, k, limits=limits) for k in fault_kinds.KINDS},
        **{f"yahoo {k}": partial(yahoo_faults.yahoo_session, k, deadline_s=deadline_s) for k in yahoo_faults.KINDS},
    }
    print(f"{'fault':<48} {'whole':>5} {'error':>5} {'wrong':>5}  longest / deadline, peak memory")
    for kind, session in rows.items():
        if kind.startswith(name):
            found, longest = sessions(session, seeds, deadline_s)
            total += found
            slowest = max(slowest, longest)
            counts = f"{found['fetches'] - found['errors']:>5} {found['errors']:>5} {found['wrong']:>5}"
            print(f"{kind:<48} {counts}  {longest:.2f} {peak_megabytes():,.0f} MB", flush=True)
    print(
        f"{total['fetches']} fetches: {total['wrong']} left a wrong row or a false day, {total['untyped']} untyped "
        f"errors, {total['not healed']} not healed by the next fetch, {total['late']} answers more than 10 % past the "
        f"deadline of {deadline_s} s (longest {slowest:.2f} deadlines)"
    )
    return total["wrong"] + total["untyped"] + total["not healed"] + total["late"]


def sessions(session: Session, seeds: int, deadline_s: float) -> tuple[Counter[str], float]:
    """Return how the fetches of one kind of fault ended, and the longest answer in deadlines."""
    from eventstudy.errors import NetworkError, SourceError

    found, longest = Counter[str](), 0.0
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            one = session(seed=seed, root=Path(folder) / "store", tls=seed % 2 == 1)
        found["fetches"] += 1
        found["errors"] += one.error is not None
        found["wrong"] += bool(one.wrong_rows or one.false_days)
        found["untyped"] += one.error is not None and not isinstance(one.error, NetworkError | SourceError)
        found["not healed"] += not one.healed
        found["late"] += one.slowest > 1.1 * deadline_s
        longest = max(longest, one.slowest / deadline_s)
    return found, longest


def peak_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def disks(count: int, name: str) -> int:
    from tests.faults.disks import DISKS, may_mount

    total = 0
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as disturbed:
        for title, trial in DISKS.items():
            if title == "full" and not may_mount(Path(folder) / "mount"):
                print("full       not tried: this user may not mount a file system in memory", flush=True)
                continue
            for one in (one for one in NAMES if f"{title} {one}".startswith(name)):
                tally = trial(disturbed, one, count)
                counts = f"{tally.trials} trials, {tally.refused} refused, {len(tally.wrong)} wrong"
                total += say(f"{title:<10} {one:<8} {counts}", tally.wrong)
    return total


def guided(seconds: int, name: str) -> int:
    """Fuzz each reader for some seconds, guided by coverage; atheris is installed by hand: ``pip install atheris``."""
    from tests.faults.fuzz_readers import READERS

    if find_spec("atheris") is None:
        sys.exit("atheris is not installed; install it by hand: .venv/bin/pip install atheris")
    failed = 0
    for reader in (reader for reader in READERS if reader.startswith(name)):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "tests.faults.guided", reader, str(seconds), folder]
            code, lines = ended(command, seconds + EXIT_S)
            kept = [path.read_bytes()[:200] for path in Path(folder).iterdir() if path.is_file()]
        runs = next((line for line in reversed(lines) if line.startswith("Done")), "")
        why = next((line.strip() for line in lines if "Error" in line), "")
        hung = code is None and runs  # Arrow's threads may keep a process whose runs are done from its end
        wrong = [f"{why} {kept}"] if code != 0 and not hung else []
        failed += say(f"{reader:<20} {'hung at its exit' if hung else f'exit code {code}'} {runs}", wrong)
    return failed


def ended(command: list[str], limit_s: float) -> tuple[int | None, list[str]]:
    """Run a command; return its exit code, none if it was killed after the limit, and the lines of its errors."""
    with tempfile.TemporaryFile() as errors:
        try:
            run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=errors, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired:
            code = None
        else:
            code = run.returncode
        errors.seek(0)
        return code, errors.read().decode(errors="replace").splitlines()


def universe(count: int, name: str) -> int:
    """Read COUNT instruments of 40 SIMULATED days from one file in a new process; compare its memory with the table."""
    import numpy as np
    import pandas as pd
    from pyarrow import csv

    days = [f"{day:%Y-%m-%d}" for day in pd.bdate_range("2020-01-01", periods=40)]
    closes = 100 * np.exp(np.random.default_rng(1).normal(0, 0.01, (count, 40)).cumsum(axis=1))
    orders = {
        "by instrument": [(number, day) for number in range(count) for day in range(40)],
        "by day": [(number, day) for day in range(40) for number in range(count)],
    }
    wrong = 0
    for title, order in orders.items():
        if not title.startswith(name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "prices.csv"
            with path.open("w") as stream:
                stream.write("Date,Ticker,Close\n")
                stream.writelines(f"{days[day]},T{number:06},{closes[number, day]:.4f}\n" for number, day in order)
            table = csv.read_csv(path).nbytes / 1e6
            words = [sys.executable, "-c", READ_UNIVERSE, str(path)]
            read, grown, took = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
        wrong += grown > 3 * table or read != count
        print(
            f"{read:,} instruments x 40 days, rows {title}: {took:.1f} s, memory grew by {grown:.0f} MB, "
            f"{grown / table:.2f} x the {table:.0f} MB of the table",
            flush=True,
        )
    return wrong


# What the first read of any file imports is in memory before.
READ_UNIVERSE = """
import json, sys, tempfile, time
from pathlib import Path
import eventstudy as es
from benchmarks.bench_faults import peak_megabytes
stated = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}
with tempfile.TemporaryDirectory() as folder:
    small = Path(folder) / "prices.csv"
    small.write_text("Date,Ticker,Close\\n2024-01-02,A,1\\n2024-01-03,A,2\\n2024-01-02,B,1\\n2024-01-03,B,2\\n")
    es.read_universe(small, **stated)
before, began = peak_megabytes(), time.perf_counter()
read = es.read_universe(sys.argv[1], **stated)
took = time.perf_counter() - began
print(json.dumps([len(read), (peak_megabytes() - before) * 1.048576, took]))
"""


def doors(_: int, name: str) -> int:
    from tests.faults.doors import DOORS, INPUTS, every

    wrong = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        for one in every(Path(folder).resolve(), name):
            tried += 1
            if one.wrong:
                wrong += say(f"{one.door}, {one.kind}", [f"{one.wrong}: {one.said.strip()[:300]}"])
    print(f"{len(DOORS)} interfaces x {len(INPUTS)} hostile files: {tried} tried, {wrong} wrong")
    return wrong


def fuzzers(count: int, name: str) -> int:
    from tests.faults.fuzz import fuzz, targets

    warnings.simplefilter("ignore")
    total = 0
    for title, target in targets().items():
        if title.startswith(name):
            began = time.perf_counter()
            found = fuzz(target, count, most_s=MOST_S)
            tried = f"{found.inputs:>7,} inputs, {found.refused:>7,} refused, slowest {found.slowest:.2f} s"
            wrong = [f"{kind}: {example}" for kind, example in found.untyped.items()]
            took = f"{time.perf_counter() - began:.0f} s"
            total += say(f"{title:<24} {tried}, {len(wrong)} kinds of other errors, {took}", wrong)
    return total


PARTS: dict[str, Part] = {
    "calls": Part(300, "one open, write, fsync, rename, stat ... of each command fails", calls),
    "interrupts": Part(200, "Ctrl-C and SIGTERM at moments of each command", interrupts),
    "kills": Part(1_000, "kill -9 of the placing of a result, and inside save()", kills),
    "flips": Part(3_000, "flipped bits of batch.json, entry.json, any file of a sealed report, the ECB's file", flips),
    "doors": Part(1, "hostile files at every command, key of a study file and function that reads a file", doors),
    "disks": Part(20, "full, vanished and read-only folders, clocks that jump, under each command", disks),
    "growth": Part(4, "every reader of text on repeated pieces at COUNT of four sizes", growth),
    "leaks": Part(500, "studies in one process: memory, descriptors, threads, temporary files", leaks),
    "universe": Part(100_000, "instruments in one universe, within 3 times the memory of its table", universe),
    "network": Part(
        200, "fetches from the Moscow Exchange and Yahoo through each fault of a server, COUNT seeds each", network
    ),
    "fuzz": Part(20_000, "hostile inputs of every reader and public function", fuzzers),
    "guided": Part(100, "atheris on every reader, COUNT seconds each", guided),
}


def main(asked: list[str]) -> None:
    if not asked or asked[0] not in PARTS:
        print("usage: scripts/bench faults PART [COUNT] [NAME]; parts:")
        for name, part in PARTS.items():
            print(f"  {name:<10} {part.count:>6,}  {part.summary}")
        sys.exit(0 if not asked else 2)
    part = PARTS[asked[0]]
    count = int(asked[1]) if len(asked) > 1 else part.count
    sys.exit(int(part.run(count, asked[2] if len(asked) > 2 else "") > 0))


if __name__ == "__main__":
    main(sys.argv[1:])
