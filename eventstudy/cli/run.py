"""``eventstudy run``: a study file in, the answer as a table, the figure and the report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import console, exits
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    from eventstudy.study.load import LoadedStudy
    from eventstudy.study.result import StudyResult

WRITTEN = ("result.json", "car.csv", "fits.csv", "ar.csv", "figure.png", "figure.svg", "report.html", "manifest.json")
Study = Annotated[Path, typer.Argument(help="The study file (TOML).", metavar="STUDY.toml")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help='Output directory; "-" prints result.json. Default: print only.', metavar="DIR"),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        help="Additional output: report.md, tables.tex, report.pdf, car.parquet or tables.xlsx. Repeatable. "
        "Default: none.",
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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be read, downloaded and written, then exit.")]


def run(
    study: Study,
    out: Out = None,
    data: Data = None,
    also: Also = None,
    email: Email = False,
    as_json: AsJson = False,
    dry_run: DryRun = False,
    accept_proposals: AcceptProposals = False,
) -> int:
    """Run a study and report its results.

    Examples:

      eventstudy run study.toml --out result
      eventstudy run study.toml --json
    """
    if out is not None and str(out) == "-":
        out, as_json = None, True
    extras = (*(also or ()), *(("report.eml",) if email else ()))
    check_output(out, extras)
    if dry_run:
        console.data(plan(study, out, data, extras))
        return exits.OK
    from eventstudy.study.load import load_study

    offline = console.manners().offline
    loaded = load_study(study, data_folder=data, offline=offline, accept_proposals=accept_proposals)
    result, written = answer(loaded, out, extras)
    if as_json:
        console.json_data(result.to_dict())
    else:
        console.data(result.summary())
    for path in written:
        console.talk(f"wrote {path}")
    return exits.OK if result.complete else exits.PARTLY


def check_output(out: Path | None, extras: tuple[str, ...]) -> None:
    """Refuse, before anything is computed, files that could not be written.

    Raises
    ------
    UsageError, UnknownNameError
        If further files are asked for without a folder, one of them is unknown, or the folder's place is taken.
    """
    from eventstudy.arrays import look_up
    from eventstudy.report.write import EXTRAS

    for name in extras:
        look_up("report file", EXTRAS, name)
    if extras and out is None:
        raise UsageError(f"{extras[0]} needs a folder to be written into.", remedy="Add --out DIR.")
    if out is not None and (taken := next((p for p in (out, *out.parents) if p.exists()), out)).is_file():
        raise UsageError(f"{str(taken)!r} is a file, not a folder.", remedy="Choose another --out.")


def answer(loaded: LoadedStudy, out: Path | None, extras: tuple[str, ...] = ()) -> tuple[StudyResult, tuple[Path, ...]]:
    """Return the result of a loaded study and the files written for it; ``--strict`` refuses one with warnings."""
    from eventstudy.batch import library

    result = library.answer(loaded)
    if console.manners().strict:
        shapes = result.response or ()
        console.notices((*result.notices, *(notice for shape in shapes for notice in shape.notices)))
    return result, () if out is None else library.write_report(loaded, result, out, extras)


def plan(study: Path, out: Path | None, data: Path | None, extras: tuple[str, ...] = ()) -> str:
    """Return what a run would read, fetch and write, one line each."""
    from eventstudy.study.spec import StudySpec

    spec = StudySpec.from_toml(study)
    lines = [f"read   {study}"]
    lines += [f"read   {study.parent / spec.events_file}"] if spec.events_file else []
    series = (*spec.data, *((spec.market,) if spec.market else ()), *spec.factors)
    for row in series:
        place = (
            (data or study.parent) / row.path if row.path else f"{row.source} {row.instrument} {row.first} {row.last}"
        )
        verb = "fetch " if row.source in {"moex", "yahoo"} else "read  "
        lines.append(f"{verb} {place}".rstrip())
    lines += [f"write  {out / name}" for name in (*WRITTEN, *extras)] if out else ["write  nothing (no --out)"]
    return "\n".join(lines)
