"""Every interface that reads a file, given what is not a regular file, is endless, or breaks a parser."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import socket
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import eventstudy as es
from eventstudy.cli.app import run as command
from eventstudy.errors import EventStudyError
from tests.faults.commands import begin_forked, load_modules, write_study

# A refusal may take so long, and so much memory more than the process had before.
MOST_S, MOST_MB = 3.0, 600.0
DAILY = ("--step", "1D", "--timezone", "UTC", "--closes-at", "16:00")
STATED = {"step": "1D", "timezone": "UTC", "closes_at": "16:00"}


@dataclass(frozen=True)
class Door:
    """What reads a file: the suffix it expects, and the call, which returns an exit code."""

    suffix: str
    call: Callable[[Path], int]


def typed(read: Callable[[Path], object]) -> Callable[[Path], int]:
    """Return a call of a Python function whose errors of the project print their sentence and have their exit code."""

    def call(path: Path) -> int:
        try:
            read(path)
        except EventStudyError as error:
            sys.stdout.write(f"{error}\n")
            return error.exit_code
        return 0

    return call


def line(*words: str) -> Callable[[Path], int]:
    """Return a call of the command line with the path in the place of ``FILE``."""
    return lambda path: command([word.replace("FILE", str(path)) for word in words])


def named_in(key: str, old: str) -> Callable[[Path], int]:
    """Return a call of ``run`` on a right study in which one key names the path."""

    def call(path: Path) -> int:
        folder = path.parent / "study"
        write_study(folder, "A study")
        text = (folder / "study.toml").read_text()
        (folder / "study.toml").write_bytes(text.replace(old, f"{key} = {quoted(path)}").encode("utf-8", "replace"))
        return command(["run", str(folder / "study.toml")])

    return call


def quoted(path: Path) -> str:
    return json.dumps(f"../{path.name}", ensure_ascii=path.name.isprintable() or "\0" in path.name)


def calendars(path: Path) -> int:
    folder = path.parent / "study"
    write_study(folder, "A study")
    with (folder / "study.toml").open("ab") as stream:
        stream.write(f"[calendars.MINE]\nfile = {quoted(path)}\n".encode("utf-8", "replace"))
    return command(["run", str(folder / "study.toml")])


DOORS: Mapping[str, Door] = {
    "run": Door(".toml", line("run", "FILE")),
    "run --dry-run": Door(".toml", line("run", "FILE", "--dry-run")),
    "validate": Door(".toml", line("validate", "FILE")),
    "calibrate": Door(".toml", line("calibrate", "FILE", "--draws", "20")),
    "specifications": Door(".toml", line("specifications", "FILE")),
    "cite": Door(".toml", line("cite", "--study", "FILE")),
    "calendar": Door(".toml", line("calendar", "MINE", "2021-04-13", "--study", "FILE")),
    "events check toml": Door(".toml", line("events", "check", "FILE")),
    "events check csv": Door(".csv", line("events", "check", "FILE")),
    "events check ics": Door(".ics", line("events", "check", "FILE")),
    "events check json": Door(".json", line("events", "check", "FILE")),
    "events check parquet": Door(".parquet", line("events", "check", "FILE")),
    "events check xlsx": Door(".xlsx", line("events", "check", "FILE")),
    "date html": Door(".html", line("date", "FILE")),
    "date xml": Door(".xml", line("date", "FILE")),
    "date txt": Door(".txt", line("date", "FILE")),
    "date json": Door(".json", line("date", "FILE")),
    "date csv": Door(".csv", line("date", "FILE")),
    "date eml": Door(".eml", line("date", "FILE")),
    "data check csv": Door(".csv", line("data", "check", "FILE", *DAILY)),
    "data check parquet": Door(".parquet", line("data", "check", "FILE", *DAILY)),
    "data check json": Door(".json", line("data", "check", "FILE", *DAILY)),
    "data check xlsx": Door(".xlsx", line("data", "check", "FILE", *DAILY)),
    "data import": Door(".zip", line("data", "import", "FILE", "--store", "FILE.store")),
    "reproduce": Door(".json", line("reproduce", "FILE")),
    "explain": Door("result.json", line("explain", "FILE")),
    "[events] file": Door(".toml", named_in("file", 'file = "events.toml"')),
    "[data] path csv": Door(".csv", named_in("path", 'path = "prices.csv"')),
    "[data] path parquet": Door(".parquet", named_in("path", 'path = "prices.csv"')),
    "[calendars] file": Door(".toml", calendars),
    "load_study": Door(".toml", typed(lambda path: es.load_study(path, offline=True))),
    "read_events": Door(".csv", typed(es.read_events)),
    "read_news": Door(".html", typed(es.read_news)),
    "read_bars csv": Door(".csv", typed(lambda path: es.read_bars(path, instrument="A", **STATED))),
    "read_bars parquet": Door(".parquet", typed(lambda path: es.read_bars(path, instrument="A", **STATED))),
    "read_universe": Door(".csv", typed(lambda path: es.read_universe(path, **STATED))),
    "open_dataset": Door(".parquet", typed(lambda path: es.open_dataset(path, **STATED))),
}


def written(content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content())
        return path

    return make


def linked(target: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.symlink_to(target)
        return path

    return make


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def folder_of_pipes(path: Path) -> Path:
    path.mkdir()
    for suffix in (".csv", ".parquet", ".toml", ".json"):
        os.mkfifo(path / f"a{suffix}")
    return path


def bound(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))
    return path


def sparse(path: Path) -> Path:
    """Make a file of 3 GB of zeros that takes no place on the disk."""
    with path.open("wb") as stream:
        stream.truncate(3_000_000_000)
    return path


def not_utf8(path: Path) -> Path:
    found = Path(os.fsdecode(os.fsencode(path.parent) + b"/n\xff" + os.fsencode(path.suffix)))
    found.write_bytes(b"a,b\n1,2\n")
    return found


def packed(unit: bytes, name: str, size: int = 2_000_000_000) -> Callable[[Path], Path]:
    """Return what makes an archive of one member that repeats a text up to a size."""

    def make(path: Path) -> Path:
        part = unit * (10_000_000 // len(unit))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open(name, "w", force_zip64=True) as stream:
                for _ in range(size // len(part)):
                    stream.write(part)
            if name.startswith("xl/"):
                archive.writestr("[Content_Types].xml", "")
        return path

    return make


def parquet(count: int, word: str) -> bytes:
    """Return a small Parquet file of many equal rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    same = np.zeros(count, np.int32)
    words = pa.DictionaryArray.from_arrays(pa.array(same), pa.array([word]))
    numbers = {name: pa.array(same + 100.0) for name in ("open", "high", "low", "close")}
    table = pa.table({"time": pa.array(same + 18_000).cast(pa.date32()), "label": words, "ticker": words} | numbers)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", store_schema=False)
    return sink.getvalue()


INPUTS: Mapping[str, Callable[[Path], Path]] = {
    "missing": lambda path: path,
    "a pipe": pipe,
    "a folder": folder,
    "a folder of pipes": folder_of_pipes,
    "a socket": bound,
    "a broken link": linked("nowhere"),
    "a link to itself": lambda path: linked(path.name)(path),
    "/dev/zero": linked("/dev/zero"),
    "/dev/urandom": linked("/dev/urandom"),
    "/dev/tty": linked("/dev/tty"),
    "/proc/self/mem": linked("/proc/self/mem"),
    "3 GB": sparse,
    "a name that is not UTF-8": not_utf8,
    "a name of a null byte": lambda path: path.with_name("a\0b"),
    "a name of 5,000 letters": lambda path: path.with_name("x" * 5_000),
    "empty": written(lambda: b""),
    "a byte order mark": written(lambda: b"\xef\xbb\xbf"),
    "UTF-16": written(lambda: "time,close\n2021-04-13,1\n".encode("utf-16")),
    "null bytes": written(lambda: b"\x00" * 100_000),
    "random bytes": written(lambda: random.Random(1).randbytes(100_000)),
    "brackets": written(lambda: b"a = " + b"[" * 100_000),
    "open objects": written(lambda: b'{"a":' * 100_000),
    "dotted keys": written(lambda: b"a" + b".a" * 50_000 + b" = 1"),
    "5,000 digits": written(lambda: b"a = " + b"9" * 5_000),
    "a JSON number of 5,000 digits": written(lambda: b'[{"title": ' + b"9" * 5_000 + b"}]"),
    "surrogates": written(lambda: b'[{"title": "\\ud800", "text": "\\udfff", "date": "2021-04-13"}]'),
    "open tags": written(lambda: b"<html>" + b"<a " * 1_600_000),
    "nested tags": written(lambda: b"<div>" * 150_000),
    "an entity bomb": written(
        lambda: b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"a" * 1_000 + b'">]><rss>' + b"&a;" * 9 + b"</rss>"
    ),
    "a mail nested without end": written(lambda: b"Content-Type: message/rfc822\n\n" * 1_500),
    "one line of 9 MB": written(lambda: b"time,label\n2021-01-01," + b"x" * 9_000_000),
    "years 1 and 9999": written(lambda: b"id,ticker,time\na,A,0001-01-01T00:00+14:00\nb,A,9999-12-31T23:59-12:00\n"),
    "a zip of 2 GB": packed(b"0", "prices.csv"),
    "a zip of 2 GB in rows": packed(b"2021-04-13,1\n", "prices.csv"),
    "a zip of 2 GB of JSON": packed(b"[[1,2],", "prices.json"),
    "a workbook of 2 GB": packed(b"<c r='A1'><v>1</v></c>", "xl/worksheets/sheet1.xml"),
    "a gzip of 1 GB in rows": written(lambda: gzip.compress(b"2021-04-13,1\n" * 75_000_000, 1)),
    "a gzip of 1 GB": written(lambda: gzip.compress(b"0" * 1_000_000_000, 1)),
    "a Parquet file of 20,000,000 equal rows": written(lambda: parquet(20_000_000, "A")),
    "a Parquet file of one long text": written(lambda: parquet(50_000, "x" * 2_000_000)),
    "half a Parquet file": written(lambda: b"PAR1" + bytes(100) + b"PAR1"),
}


@dataclass(frozen=True)
class Ended:
    """How one interface ended on one input."""

    door: str
    kind: str
    code: int
    said: str
    seconds: float
    megabytes: float

    @property
    def wrong(self) -> str:
        """What is wrong with it; nothing where it is one sentence with an exit code, in time, in bounded memory."""
        if self.code not in {0, 1, 2, 3, 4}:
            return f"it ends with {self.code}"
        if "Traceback" in self.said or "defect" in self.said:
            return "it is not a sentence"
        if self.code and not self.said.strip():
            return "it says nothing"
        lines = self.said.strip().splitlines()
        if self.code > 1 and len(lines) > 1 and not re.search(r"\.\w+:\d+:\d+: ", lines[0]):
            return "it is not one sentence"  # several problems with a place each are one line each
        if self.seconds > MOST_S:
            return f"it takes {self.seconds:.1f} s"
        return f"it takes {self.megabytes:.0f} MB" if self.megabytes > MOST_MB else ""


def every(place: Path, names: str = "", kinds: str = "") -> Iterator[Ended]:
    """Try every interface whose name begins so on every input."""
    place.mkdir(exist_ok=True)
    os.chdir(place)
    _load_what_readers_import(place)
    calm = tried("", "", place)
    for number, (kind, make) in enumerate(INPUTS.items()):
        if not kind.startswith(kinds):
            continue
        made: dict[str, Path] = {}
        for door, one in DOORS.items():
            if door.startswith(names):
                if one.suffix not in made:
                    (place / str(number)).mkdir(exist_ok=True)
                    made[one.suffix] = make(
                        place / str(number) / (f"input{one.suffix}" if one.suffix[0] == "." else one.suffix)
                    )
                ended = tried(door, kind, made[one.suffix])
                yield replace(ended, megabytes=ended.megabytes - calm.megabytes)
        for path in made.values():  # some are large
            if os.path.isfile(path) and not path.is_symlink():
                path.unlink()


def tried(door: str, kind: str, path: Path) -> Ended:
    """Call an interface in a forked process that is stopped after a while; without a name, nothing is called."""
    log = Path("log").absolute()
    began = time.monotonic()
    number = begin_forked((lambda: DOORS[door].call(path)) if door else (lambda: 0), log)
    code, peak = wait_for(number, 20.0)
    return Ended(door, kind, code, log.read_text("utf-8", "replace"), time.monotonic() - began, peak)


@cache
def _load_what_readers_import(_: Path) -> None:
    """Import what the readers import when they are called, so that the forked processes begin at once."""
    with tempfile.TemporaryDirectory() as name:
        write_study(Path(name) / "study", "A study")
        listing = Path(name) / "modules.json"

        def calm() -> int:
            for words in (["run", "study/study.toml"], ["events", "check", "study/events.toml"], ["date", "item.html"]):
                command([word.replace("study/", f"{name}/study/").replace("item", f"{name}/item") for word in words])
            for suffix in (".parquet", ".xlsx", ".ics", ".csv", ".json", ".eml", ".xml"):
                command(["events", "check", f"{name}/x{suffix}"])
                command(["date", f"{name}/x{suffix}"])
                command(["data", "check", f"{name}/x{suffix}", *DAILY])
            listing.write_text(json.dumps(sorted(sys.modules)))
            return 0

        for suffix in (".html", ".parquet", ".xlsx", ".ics", ".csv", ".json", ".eml", ".xml"):
            Path(name, f"x{suffix}").write_bytes(b"a,b\n1,2\n")
        wait_for(begin_forked(calm, Path(name) / "log"), 60.0)
        load_modules(listing)


def wait_for(number: int, patience_s: float) -> tuple[int, float]:
    """Return the exit code of a child and its peak of memory in MB; one that takes too long is killed."""
    limit = time.monotonic() + patience_s
    while time.monotonic() < limit:
        found, status, usage = os.wait4(number, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
        time.sleep(0.002)
    os.kill(number, 9)
    _, status, usage = os.wait4(number, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
