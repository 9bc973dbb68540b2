"""``eventstudy run``: a study file in, the answer as a table, the figure and the report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eventstudy.study.load import LoadedStudy
    from eventstudy.study.result import StudyResult

WRITTEN = ("result.json", "car.csv", "figure.png", "figure.svg", "report.html", "manifest.json")
Study = Annotated[Path, typer.Argument(help="The study file (TOML).", metavar="STUDY.toml")]
Out = Annotated[Path | None, typer.Option(help="Folder for the files; default: none.", metavar="DIR")]
Data = Annotated[Path | None, typer.Option(help="Folder of price files; default: the study's.", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Print result.json on standard output and nothing else there.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be read, fetched and written; do none of it.")]


def run(study: Study, out: Out = None, data: Data = None, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """Run a study: abnormal returns, tests, figure, report.

    Examples:

      eventstudy run study.toml --out result

      eventstudy run study.toml --json
    """
    from eventstudy.cli import console

    if dry_run:
        console.data(plan(study, out, data))
        return
    from eventstudy.study.load import load_study

    loaded = load_study(study, data_folder=data)
    result, written = answer(loaded, out)
    if as_json:
        console.json_data(result.to_dict())
    else:
        console.data(result.summary())
        console.talk("\n".join(f"wrote {path}" for path in written))
    raise typer.Exit(0 if result.complete else 1)


def answer(loaded: LoadedStudy, out: Path | None) -> tuple[StudyResult, list[Path]]:
    """Return the result of a loaded study and the files written for it."""
    from eventstudy.study.run import run_study

    result = run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market, factors=loaded.factors)
    if out is None:
        return result, []
    folder = result.save(out)
    return result, [folder / name for name in WRITTEN]


def plan(study: Path, out: Path | None, data: Path | None) -> str:
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
    lines += [f"write  {out / name}" for name in WRITTEN] if out else ["write  nothing (no --out)"]
    return "\n".join(lines)
