"""Commands in forked processes that can be stopped or made to fail, and whether what they leave is complete."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest.mock import patch

from eventstudy.batch import pool
from eventstudy.cli import exits, stops
from eventstudy.cli.app import run as command
from eventstudy.report.manifest import digest
from tests.market.iss_server import Exchange, made_minutes, serving

FIRST, LAST = date(2021, 4, 12), date(2021, 4, 16)
TEXT = "Washington, 15 April 2021, 09:30 EDT. The Treasury announced new sanctions on Russian sovereign debt.\n"
Guard = Callable[[], AbstractContextManager[object]]
STUDY = """name = "tiny"
title = "{title}"
[events]
file = "events.toml"
[data]
path = "prices.csv"
timezone = "UTC"
closes_at = "16:00"
[window]
estimation = [-40, -6]
event = [-1, 1]
report = [[0, 0]]
min_observations = 20
[model]
name = "constant_mean"
[inference]
tests = ["time_series_t"]
"""
EVENTS = """[[event]]
id = "a"
label = "One"
instruments = ["AAA"]
earliest = 2021-04-01T12:00:00Z
latest = 2021-04-01T12:00:00Z
basis = "stamp"
"""
# What is never part of a result: locks stay by design.
LOCKS = {".batch.lock", "lock"}


@dataclass
class World:
    """A folder with studies, a news item, an exported store, and what each command writes when nothing disturbs it."""

    folder: Path
    exchange: str  # the address of the service of an exchange
    calm: dict[str, dict[str, bytes]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def arguments(self, name: str) -> list[str]:
        store = str(self.folder / "work" / "store")
        days = ["--from", str(FIRST), "--till", str(LAST), "--step", "1min"]
        return {
            "run": ["run", str(self.folder / "one" / "study.toml"), "--out", str(self.folder / "work" / "result")],
            "batch": ["batch", str(self.folder / "studies"), "--out", str(self.folder / "work" / "reports")],
            "fetch": ["fetch", "moex", "USD000UTSTOM", *days, "--store", store],
            "date": ["date", str(self.folder / "item.txt"), "--out", str(self.folder / "work" / "events.toml")],
            "import": ["data", "import", str(self.folder / "series.zip"), "--store", store],
        }[name]

    def clear(self, name: str = "") -> None:
        """Empty the working folder; the earlier result of a run, or the earlier store of a fetch, is put there."""
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        (self.folder / "work").mkdir()
        earlier = self.folder / f"earlier-{name}"
        if earlier.exists():
            shutil.copytree(earlier, self.folder / "work", dirs_exist_ok=True)

    def tree(self) -> dict[str, bytes]:
        """Return every file below the working folder, without locks."""
        work = self.folder / "work"
        paths = (path for path in sorted(work.rglob("*")) if path.is_file() and path.name not in LOCKS)
        return {str(path.relative_to(work)): path.read_bytes() for path in paths}


NAMES = ("run", "batch", "fetch", "date", "import")


@contextmanager
def world(folder: Path, names: Sequence[str] = NAMES) -> Iterator[World]:
    """Make a world, run each command once undisturbed, and import what they imported, so that forks begin at once."""
    folder.mkdir(exist_ok=True)
    with exchange_service() as address:
        made = World(folder, address)
        _fill(made, names)
        for name in names:
            for _ in range(2):  # the second time without the time that imports take
                made.clear(name)
                began = time.monotonic()
                done = finish(begin(made, name, modules=folder / "modules.json"))
                made.seconds[name] = time.monotonic() - began
                load_modules(folder / "modules.json")
            if done.code not in ({0} if name == "batch" else {0, 1}):  # 1: a study of the batch failed
                raise AssertionError(f"{name} ends with {done.code} undisturbed: {done.said}")
            made.calm[name] = made.tree()
            if name == "run":  # what the workers of a batch import, too
                start_worker_server(folder / "modules.json")
        yield made


def start_worker_server(listing: Path) -> None:
    """Start the process that the workers of a batch are forked from: they begin with everything imported."""
    multiprocessing.set_forkserver_preload(json.loads(listing.read_text()))
    forkserver.ensure_running()


@contextmanager
def warm_workers(log: Path) -> Iterator[None]:
    """Let the pool fork its workers from that server; a worker gets no other descriptors and signals than spawned."""
    if forkserver._forkserver._forkserver_address is None:  # type: ignore[attr-defined]
        yield
        return
    context = multiprocessing.get_context("forkserver")
    with (
        patch.object(forkserver._forkserver, "ensure_running", lambda: None),  # type: ignore[attr-defined]
        patch.object(pool.multiprocessing, "get_context", lambda _: context),  # type: ignore[attr-defined]
        patch.object(pool, "_serve", partial(serve_into, str(log))),
    ):
        yield


def serve_into(log: str, *words: Any) -> None:
    """Serve as a worker whose output goes where that of its command goes."""
    target = os.open(log, os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(target, descriptor)
    pool._serve(*words)


@contextmanager
def exchange_service() -> Iterator[str]:
    """Serve an exchange from a process of its own, so that this one has one thread and can fork; yield its address."""
    ours, theirs = os.pipe()
    number = os.fork()
    if number == 0:
        exchange = Exchange()
        exchange.list_minutes("CETS", "USD000UTSTOM", made_minutes(FIRST, LAST))
        with serving(exchange):
            os.write(theirs, exchange.address.encode())
            signal.pause()
        os._exit(0)
    address = os.read(ours, 1000).decode()
    os.close(ours)
    os.close(theirs)
    try:
        yield address
    finally:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


def _fill(made: World, names: Sequence[str]) -> None:
    folder = made.folder
    write_study(folder / "one", "One event")
    (folder / "item.txt").write_text(TEXT)
    for name in ("left", "right"):
        write_study(folder / "studies" / name, name)
    made.clear()
    if "run" in names:  # an earlier result of another study stands where the result goes
        write_study(folder / "one", "Earlier")
        _once(made, "run")
        write_study(folder / "one", "One event")
    if "import" in names:
        export = ["data", "export", str(folder / "series.zip"), "--store", str(folder / "work" / "store")]
        _once(made, "fetch")
        if _child(lambda: command(export), folder / "log") != 0:
            raise AssertionError((folder / "log").read_text())
        shutil.rmtree(folder / "earlier-fetch")


def write_study(folder: Path, title: str) -> None:
    """Write a study of one event on ninety days of simulated prices: little to compute, every kind of file."""
    folder.mkdir(parents=True, exist_ok=True)
    draw, price, days = random.Random(1), 100.0, [FIRST + timedelta(days=number) for number in range(-125, 0)]
    rows = [f"{day},{(price := price * (1 + draw.gauss(0, 0.01))):.4f}" for day in days if day.weekday() < 5]
    (folder / "prices.csv").write_text("\n".join(["date,AAA", *rows]) + "\n")
    (folder / "study.toml").write_text(STUDY.format(title=title))
    (folder / "events.toml").write_text(EVENTS)


def _once(made: World, name: str) -> None:
    done = finish(begin(made, name))
    if done.code not in {0, 1}:
        raise AssertionError(done.said)
    shutil.copytree(made.folder / "work", made.folder / f"earlier-{name}")


def load_modules(listing: Path) -> None:
    """Import the modules whose names a file lists."""
    for name in json.loads(listing.read_text()):
        with suppress(Exception):
            importlib.import_module(name)


@dataclass
class Running:
    """A command that was begun in a forked process."""

    number: int
    log: Path


@dataclass
class Done:
    """How a command ended."""

    code: int
    said: str


def begin(made: World, name: str, inside: Guard = nullcontext, modules: Path | None = None) -> Running:
    """Begin a command in a forked process; return when its handlers of signals are in place."""
    log = made.folder / "log"
    log.touch()
    ours, theirs = os.pipe()

    def whole() -> int:
        os.close(ours)
        os.environ["EVENTSTUDY_MOEX_URL"] = made.exchange
        with exits.stopping():
            os.close(theirs)
            with warm_workers(log), inside():
                code = command(made.arguments(name))
            if modules is not None:
                modules.write_text(json.dumps(sorted(sys.modules)))
            return code

    number = begin_forked(whole, log)
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    return Running(number, log)


def finish(running: Running, patience_s: float = 120.0) -> Done:
    """Wait for a command; one that hangs is killed and has the code -9."""
    limit = time.monotonic() + patience_s
    while True:
        found, status = os.waitpid(running.number, os.WNOHANG)
        if found:
            break
        if time.monotonic() > limit:
            os.kill(running.number, signal.SIGKILL)
            _, status = os.waitpid(running.number, 0)
            break
        time.sleep(0.002)
    return Done(os.waitstatus_to_exitcode(status), running.log.read_text("utf-8", "replace"))


def _child(work: Callable[[], int], log: Path) -> int:
    return finish(Running(begin_forked(work, log), log)).code


def begin_forked(work: Callable[[], int], log: Path) -> int:
    """Begin a function in a forked process whose output goes into a file; return the number of the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.fork()
    if number:
        return number
    try:  # the child: its output goes into the log, and it ends here
        for stop in stops.STOPS:
            signal.signal(stop, stops.leave)
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(target, descriptor)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
        code = 99
    os._exit(code)


def complaint(made: World, name: str) -> str:
    """Return what is wrong with what a stopped command left; nothing if all of it is complete."""
    work, found = made.folder / "work", made.tree()
    if beside := [path for path in found if path.endswith(".tmp") or ".aside" in path or ".tmp/" in path]:
        return f"left aside: {beside[:3]}"
    if name == "date":
        whole = made.calm["date"]["events.toml"]  # a second one does not replace the first
        half = [path for path in found if path not in {"events.toml", "events.proposed.toml"} or found[path] != whole]
        return f"half a file: {half}" if half else ""
    if name in {"fetch", "import"}:
        return _store_complaint(work / "store")
    for manifest in work.rglob("manifest.json"):
        listed = json.loads(manifest.read_bytes())["files"]
        others = {path.name for path in manifest.parent.iterdir()} - {"manifest.json", "entry.json"}
        if others != set(listed) or any(digest((manifest.parent / n).read_bytes()) != listed[n] for n in listed):
            return f"{manifest.parent.name} is not what its manifest lists"
    alone = {str(Path(path).parent) for path in found if path.endswith("result.json")}
    if missing := [folder for folder in alone if f"{folder}/manifest.json" not in found]:
        return f"without a manifest: {missing}"
    if name == "run" and not alone:
        return "the earlier result is gone"
    return ""


def _store_complaint(store: Path) -> str:
    from eventstudy.market.store import bar_store
    from eventstudy.market.store.stored_series import POINTER, POINTER_COPY
    from eventstudy.market.store.upkeep import verify

    if not store.exists():
        return ""
    found = [p for p in verify(bar_store.open_store(store)) if p.kind != "orphaned"]
    copies = all(p.kind == "missing" and p.path.name in {POINTER, POINTER_COPY} for p in found) and len(found) < 2
    return "" if copies else "; ".join(p.message for p in found)  # one of the two pointers is enough


def mended(made: World, name: str) -> str:
    """Run the command again, undisturbed; return what is still wrong."""
    done = finish(begin(made, name))
    if done.code not in {0, 1}:
        return f"the next run ends with {done.code}: {done.said[-300:]}"
    if wrong := complaint(made, name):
        return f"after the next run: {wrong}"
    calm, found = made.calm[name], made.tree()
    if name in {"run", "batch"} and set(found) != set(calm):
        return f"the next run leaves other files: {sorted(set(found) ^ set(calm))[:5]}"
    different = [path for path in calm if name == "run" and found[path] != calm[path]]
    return f"the next run leaves other bytes: {different}" if different else ""
