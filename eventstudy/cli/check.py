"""``eventstudy data check``: what is wrong with a price file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from eventstudy.cli import complete, console, exits
from eventstudy.cli.check_lines import lines_of
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    from eventstudy.market.quality.problems import DailyCloses
    from eventstudy.market.sources.survey import Survey

SHOWN_LINES = 1_000


Side = Annotated[
    Literal["left", "right"] | None,
    typer.Option(help="Whether labels mark the start (left) or the end (right) of a bar."),
]
Other = Annotated[Path | None, typer.Option(help="Another daily file of the same instrument, to compare closes.")]
OtherColumns = Annotated[list[str] | None, typer.Option(help="ROLE=NAME for the other file.")]
Columns = Annotated[list[str] | None, typer.Option(help="Map a column: ROLE=NAME, e.g. close=USDRUB_TOM. Repeatable.")]
Accept = Annotated[list[str] | None, typer.Option(help="A kind of defect to accept unchanged. Repeatable.")]
Force = Annotated[bool, typer.Option("--force-label", help="Use --label even if the data contradict it.")]


def check(
    file: Annotated[
        Path | None, typer.Argument(help="A CSV or Parquet file of prices, or a symbol of the local store.")
    ] = None,
    instrument: Annotated[
        str,
        typer.Option(help="Instrument code; selects one of several in a file.", autocompletion=complete.instruments),
    ] = "",
    preset: Annotated[str, typer.Option(help="Layout: finam, quik, moex-iss-csv, metatrader, yahoo-csv, ...")] = "",
    timezone: Annotated[str, typer.Option(help="Time zone of the labels, e.g. Europe/Moscow.")] = "",
    label: Side = None,
    step: Annotated[str, typer.Option(help="Length of a bar: 1min, 10min, 1D.")] = "",
    calendar: Annotated[str, typer.Option(help="Trading calendar: MOEX-SHARES, 24/5, XNYS, ...")] = "",
    closes_at: Annotated[str, typer.Option(help="Local time of the close of daily bars: 18:50.")] = "",
    column: Columns = None,
    against: Other = None,
    against_column: OtherColumns = None,
    accept: Accept = None,
    force_label: Force = False,
    rules: Annotated[bool, typer.Option("--rules", help="List the checks and how each defect is treated.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> int:
    """Report data-quality problems in a price file, by row.

    What is not stated is assumed and named so. Exit code 0: nothing found; 1: repaired or kept; 4: refused.

    Examples:
        eventstudy data check SBER_M10_2021.csv
        eventstudy data check usdrub.csv --against tom.csv --against-column close=USDRUB_TOM
        eventstudy data check --rules
    """
    from eventstudy.market.sources.survey import survey

    if rules:
        return print_rules(as_json)
    if file is None:
        raise UsageError("Nothing to check was named.", remedy="Give a price file, or --rules for what is looked for.")
    accepted = (*(accept or ()), *(("label side",) if force_label else ()))
    with console.working(f"reading {file.name}"):
        surveys = known_bars(file, accepted) or survey(
            file,
            instrument=instrument,
            preset=preset or "generic",
            timezone=timezone,
            label=label,
            step=step,
            calendar=calendar,
            closes_at=closes_at,
            columns=roles(column or ()),
            accept=accepted,
            against=closes_of(against, roles(against_column or ())) if against else None,
        )
    return report(file, surveys, as_json)


def report(file: Path, surveys: tuple[Survey, ...], as_json: bool) -> int:
    """Print what was found, and return the exit code it means."""
    if as_json:
        series = [as_record(s) for s in surveys]
        console.json_data({"file": str(file), "series": series, "checks": policies()})
    else:
        console.data("\n".join(lines_of(surveys)))
    actions = {finding.action for s in surveys for finding in s.inspection.findings}
    return exits.DATA if "refused" in actions else exits.PARTLY if actions else exits.OK


def print_rules(as_json: bool) -> int:
    """List every kind of defect with its policy."""
    if as_json:
        console.json_data({"checks": policies()})
    else:
        console.data("\n".join(f"{row['kind']}: {row['action']}: {row['rule']}" for row in policies()))
    return exits.OK


def policies() -> list[dict[str, str]]:
    """Return what is looked for and what is done about it, as JSON values."""
    from eventstudy.market.quality.checks import CHECKS

    return [{"kind": kind, "action": check.action, "rule": check.rule} for kind, check in CHECKS.items()]


def closes_of(file: Path, columns: dict[str, str]) -> DailyCloses:
    """Return the closes of another daily file."""
    from eventstudy.market.quality.daily import daily_closes
    from eventstudy.market.sources.survey import survey

    return daily_closes(survey(file, columns=columns)[0].inspection.subject.raw, file.name)


def known_bars(file: Path, accept: tuple[str, ...]) -> tuple[Survey, ...]:
    """Return surveys of bars that say everything about themselves: a file of our own, or a symbol of the store."""
    from eventstudy.market.sources.parquet_file import read_written
    from eventstudy.market.sources.survey import stored_bars, survey_bars

    if not file.exists():
        return tuple(survey_bars(bars, accept) for bars in stored_bars(str(file)))
    bars = read_written(file) if file.suffix == ".parquet" else None
    return (survey_bars(bars, accept),) if bars is not None else ()


def roles(pairs: Iterable[str]) -> dict[str, str]:
    """Read ROLE=NAME."""
    found = {}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not equals:
            raise UsageError(f"--column {pair!r} has no '='.", remedy="Write ROLE=NAME, for example close=USDRUB_TOM.")
        found[role] = name
    return found


def as_record(found: Survey) -> dict[str, Any]:
    """Return a survey as JSON values."""
    from eventstudy.market.store.stored_series import step_name

    return {
        "instrument": found.instrument.code,
        "rows": found.n_rows,
        "step": step_name(found.step),
        "timezone": found.spec.timezone or "UTC",
        "calendar": found.instrument.calendar,
        "layout": found.layout,
        "assumed": list(found.assumed),
        "label": {
            "used": found.spec.label,
            "evidence": found.evidence.side,
            "reasons": found.evidence.reasons,
        },
        "clock": found.clock,
        "findings": [
            {
                "kind": finding.kind,
                "action": finding.action,
                "rule": finding.rule,
                "message": finding.message,
                "n_rows": len(finding.lines),
                "lines": finding.lines[:SHOWN_LINES].tolist(),
            }
            for finding in found.inspection.findings
        ],
    }
