"""``eventstudy run``: a study file in, the answer as a table, the figure and the report out."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from eventstudy.cli import console, exits
from eventstudy.cli.compute import Scheduler, Workers
from eventstudy.errors import EventStudyError, UsageError
from eventstudy.show.numbers import count_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from eventstudy.study.from_files import Files
    from eventstudy.study.load import LoadedStudy, StudyFolders
    from eventstudy.study.result import StudyResult
    from eventstudy.study.spec import StudySpec

WRITTEN = ("result.json", "car.csv", "fits.csv", "ar.csv", "figure.png", "figure.svg", "report.html", "manifest.json")
STUDY = "study.toml"
Study = Annotated[
    Path | None,
    typer.Argument(help="The study file (TOML), or --prices and --events.", metavar="STUDY.toml"),
]
Prices = Annotated[
    Path | None, typer.Option(help="Prices of one or many instruments: a file, a pattern or a folder.", metavar="FILE")
]
Events = Annotated[Path | None, typer.Option(help="List of events, for a study of --prices.", metavar="FILE")]
Market = Annotated[str, typer.Option(help="Instrument of --prices that is the benchmark.", metavar="CODE")]
Timezone = Annotated[
    str, typer.Option(help="Time zone of timestamps without an offset, prices and events.", metavar="ZONE")
]
ClosesAt = Annotated[str, typer.Option(help="Local time at which daily data close: 16:00.", metavar="HH:MM")]
Calendar = Annotated[str, typer.Option(help="Exchange calendar that says when days close: XNYS.", metavar="NAME")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A further setting of --prices, as in the [data] table of a study file: 'label = \"left\"', "
        "'holds = \"simple returns\"', 'columns = { close = \"NAME\" }'. Repeatable.",
        metavar="'KEY = VALUE'",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help='Output directory; "-" prints result.json. Default: print only.', metavar="DIR"),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        help="Additional output: report.md, tables.tex, report.pdf, car.parquet or tables.xlsx; LaTeX in percent and "
        "with stars: tables.tex:percent,stars. Repeatable. Default: none.",
        metavar="NAME",
    ),
]
Email = Annotated[bool, typer.Option("--email", help="Also write report.eml.")]
Data = Annotated[
    Path | None, typer.Option(help="Directory of price files. Default: paths in the study file.", metavar="DIR")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print results as JSON to stdout.")]
AcceptProposals = Annotated[
    bool, typer.Option("--accept-proposals", help='Run events files with status = "proposal" as they are.')
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also print every table and every warning.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be read, downloaded and written, then exit.")]


def run(
    study: Study = None,
    out: Out = None,
    prices: Prices = None,
    events: Events = None,
    market: Market = "",
    timezone: Timezone = "",
    closes_at: ClosesAt = "",
    calendar: Calendar = "",
    settings: Settings = None,
    data: Data = None,
    also: Also = None,
    email: Email = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
    accept_proposals: AcceptProposals = False,
    workers: Workers = 1,
    scheduler: Scheduler = "",
) -> int:
    """Run a study and report its results.

    Without a study file, --prices and --events run the commonest study (market model, or constant mean without
    --market) and write the study.toml it stands for into the result.

    Examples:

      eventstudy run study.toml --out result
      eventstudy run --prices prices.csv --events events.csv --market SPY --closes-at 16:00 --timezone America/New_York
      eventstudy run study.toml --json
    """
    if out is not None and str(out) == "-":
        out, as_json = None, True
    extras = (*(also or ()), *(("report.eml",) if email else ()))
    from eventstudy.study.executors import executor_for

    check_output(out, extras, study)
    asked = given_files(prices, events, MarketOptions(market, timezone, closes_at, calendar), settings or ())
    check_one_study(study, asked, data)
    from eventstudy.study.load import StudyFolders, load_reviewed
    from eventstudy.study.spec import StudySpec

    if asked is not None:
        from eventstudy.study.from_files import study_of_files

        folder = out or Path()
        with in_flags(True):
            spec = study_of_files(asked, folder)
    else:
        folder = study.parent if study else Path()
        spec = StudySpec.from_toml(study or Path())
    if dry_run:
        console.data("\n".join(plan(spec, study, StudyFolders(folder, data or folder), out, extras=extras)))
        return exits.OK
    folders = StudyFolders(folder, data or folder)
    with in_flags(asked is not None), console.working("reading events and prices"):
        offline = console.manners().offline
        loaded = load_reviewed(spec, folders, offline=offline, accept_proposals=accept_proposals, on_disk=True)
    for line in loaded.recognized:
        console.talk(line)
    beside = {} if asked is None else {STUDY: spec.to_toml().encode()}
    with executor_for(workers, scheduler or ("" if workers > 1 else spec.scheduler)) as executor:
        loaded = keeping_shards(loaded, out)
        result, written = answer(loaded, (out, extras, beside), executor)
    if loaded.dataset is not None and loaded.dataset.keep:
        shutil.rmtree(loaded.dataset.keep, ignore_errors=True)
    if as_json:
        console.json_data(result.to_dict())
    else:
        show(result, verbose=verbose)
    for path in written:
        console.talk(f"wrote {path}")
    return exits.OK if result.complete else exits.PARTLY


def keeping_shards(loaded: LoadedStudy, out: Path | None) -> LoadedStudy:
    """Return a study whose finished shards are kept beside its result until that is written."""
    if loaded.dataset is None or out is None:
        return loaded
    return replace(loaded, dataset=replace(loaded.dataset, keep=f"{os.path.normpath(out)}.shards"))


def show(result: StudyResult, *, verbose: bool = False) -> None:
    """Print the answer as wide as the terminal, and how to see the rest."""
    from eventstudy.report.summary import answer

    console.lines(answer(result, verbose=verbose, width=console.width()))
    if not verbose:
        console.talk("\nAll tables and warnings: --verbose")


class MarketOptions(NamedTuple):
    """Options that say more of the files of ``--prices``."""

    market: str
    timezone: str
    closes_at: str
    calendar: str


def given_files(
    prices: Path | None, events: Path | None, more: MarketOptions, settings: Sequence[str] = ()
) -> Files | None:
    """Return the files of a study without a study file; None where none are given.

    Raises
    ------
    UsageError
        If only one of prices and events is given, or an option that belongs to them.
    """
    if prices is None and events is None:
        names = ("--market", "--timezone", "--closes-at", "--calendar", "--set")
        lone = next((name for name, text in zip(names, (*more, "".join(settings)), strict=True) if text), "")
        if lone:
            raise UsageError(f"{lone} belongs to --prices.", remedy="Set it in the study file, or give --prices.")
        return None
    if prices is None or events is None:
        missing = "--prices" if prices is None else "--events"
        raise UsageError(f"{missing} is missing.", remedy="Give --prices and --events, or a study file.")
    from eventstudy.study.from_files import Files

    return Files(prices, events, *more, settings=dict(map(setting, settings)))


def setting(line: str) -> tuple[str, object]:
    """Return the key and the value of a line of a study file; a value that is not TOML is a text, so ``label=left``.

    Raises
    ------
    UsageError
        If it is not a line ``KEY = VALUE``, or has a flag of its own.
    """
    key, mark, text = (part.strip() for part in line.partition("="))
    if not (key and mark and text):
        raise UsageError(f"--set: {line!r} is not KEY = VALUE.", remedy="Write, for example, --set 'label = \"left\"'.")
    flag = "prices" if key == "path" else key.replace("_", "-")
    if flag in {"timezone", "calendar", "closes-at"} or key == "path":
        raise UsageError(f"--set: {key} has a flag.", remedy=f"Give --{flag}.")
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key, text


# What a refusal of prices and events calls the settings that flags of this command give.
SETTING = re.compile(
    r"(?:\b(Set) )?\b(accept|columns|holds|instruments?|label|prices|sheet|unit) = "
    r"(\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"|'[^']*')"
)
FLAGS = (
    (re.compile(r"\b(?:data\[0\]|events)\.(timezone|calendar)\b"), r"--\1"),
    (re.compile(r"\bdata\[0\]\."), ""),
    (re.compile(r'\bset timezone = "([^"]*)"', re.IGNORECASE), r"Set --timezone \1"),
    (re.compile(r'\bset closes_at = "([^"]*)"', re.IGNORECASE), r"Set --closes-at \1"),
    (re.compile(r'\bcalendar = "([^"]*)"'), r"--calendar \1"),
    (re.compile(r'`?\[events\] timezone(?: = "[^"]*")?`?(?: in the study file)?'), "--timezone"),
    (re.compile(r'\[market\] instrument = "([^"]*)"'), r"--market \1"),
    (re.compile(r"\bcloses_at\b"), "--closes-at"),
    (SETTING, lambda found: f"{'Add ' if found[1] else ''}--set '{found[2]} = {found[3].replace(chr(39), chr(34))}'"),
)


@contextmanager
def in_flags(active: bool) -> Iterator[None]:
    """Word refusals of a study without a study file in the flags that were given."""
    try:
        yield
    except EventStudyError as error:
        if not active:
            raise
        for pattern, flag in FLAGS:
            error.message, error.remedy = pattern.sub(flag, error.message), pattern.sub(flag, error.remedy)
        error.args = (f"{error.message} {error.remedy}".strip(),)
        raise


def check_one_study(study: Path | None, asked: Files | None, data: Path | None) -> None:
    """Refuse no study, and two."""
    if study is None and asked is None:
        raise UsageError(
            "No study was given.", remedy="Give a study file, or --prices FILE and --events FILE; see eventstudy init."
        )
    if study is not None and asked is not None:
        raise UsageError("--prices and a study file were both given.", remedy="Give one of them.")
    if asked is not None and data is not None:
        raise UsageError("--data belongs to a study file.", remedy="Give the path of the prices with --prices.")


def check_output(out: Path | None, extras: tuple[str, ...], study: Path | None) -> None:
    """Refuse, before anything is computed, files that could not be written.

    Raises
    ------
    UsageError, UnknownNameError, FileError
        If further files are asked for without a folder, one of them is unknown, or the folder's place is taken.
    """
    from eventstudy.report.placing import check_replaceable
    from eventstudy.report.write import extra

    for name in extras:
        extra(name)
    if extras and out is None:
        raise UsageError(f"{extras[0]} needs a folder to be written into.", remedy="Add --out DIR.")
    if out is not None and (taken := next((p for p in (out, *out.parents) if p.exists()), out)).is_file():
        raise UsageError(f"{str(taken)!r} is a file, not a folder.", remedy="Choose another --out.")
    if out is None:
        return
    if study is not None and os.path.realpath(study.parent) == os.path.realpath(out):
        raise UsageError(
            f"{str(out)!r} is the folder of the study file; a result takes the place of its folder.",
            remedy=f"Choose another --out, for example {str(out / 'result')!r}.",
        )
    check_replaceable(out)


Output = tuple[Path | None, tuple[str, ...], Mapping[str, bytes]]


def answer(
    loaded: LoadedStudy, output: Output, executor: Executor | None = None
) -> tuple[StudyResult, tuple[Path, ...]]:
    """Return the result of a loaded study and the files written for it; ``--strict`` refuses one with warnings.

    ``output`` is the folder, further files by name, and files to lay beside them.
    """
    from eventstudy.batch import library

    out, extras, beside = output
    held = f"{len(loaded.data):,} series" if loaded.dataset is None else "a dataset"
    with console.working(f"running the study: {count_of(len(loaded.events), 'event')}, {held}"):
        result = library.answer(loaded, executor)
    if console.manners().strict:
        shapes = result.response or ()
        console.notices((*result.notices, *(notice for shape in shapes for notice in shape.notices)))
    exits.check_interrupt()
    if out is None:
        return result, ()
    with console.working(f"writing the report: {count_of(len(result.abnormal), 'observation')}"):
        return result, library.write_report(loaded, result, out, extras, beside=beside)


def plan(
    spec: StudySpec, study: Path | None, folders: StudyFolders, out: Path | None, *, extras: tuple[str, ...] = ()
) -> Iterator[str]:
    """Return what a run would read, fetch and write, one line each."""
    from eventstudy.study.bar_sources import bar_sources
    from eventstudy.study.read_tables import beside
    from eventstudy.study.spec_rules import refers_to_data

    folder, data = folders
    if study is not None:
        yield f"read   {study}"
    if spec.events_file:
        yield f"read   {beside(folder, spec.events_file)}"
    for row in (*spec.data, *((spec.market,) if spec.market else ()), *spec.factors):
        if refers_to_data(row.model_dump()):
            continue
        named = ", ".join(row.codes()) or "every instrument"
        place = f"{beside(data, row.path)}" if row.path else f"{row.source} {named} {row.first} {row.last}".rstrip()
        yield f"{'fetch ' if bar_sources()[row.source].network else 'read  '} {place}"
    if out is None:
        yield "write  nothing (no --out)"
    names = (*WRITTEN, *(name.partition(":")[0] for name in extras), *(() if study else (STUDY,)))
    yield from (f"write  {out / name}" for name in names if out is not None)
