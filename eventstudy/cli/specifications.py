"""``eventstudy specifications``: a study under every combination of windows, models, anchors and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from eventstudy.cli import console, exits
from eventstudy.cli.compute import Scheduler, Workers

Study = Annotated[Path, typer.Argument(help="The study file (TOML).", metavar="STUDY.toml")]
Data = Annotated[
    Path | None, typer.Option(help="Directory of price files. Default: paths in the study file.", metavar="DIR")
]
Out = Annotated[
    Path | None, typer.Option(help="Write the table to this CSV file. Default: print only.", metavar="FILE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Accept = Annotated[bool, typer.Option("--accept-proposals", help="Use events that have not been reviewed.")]
MOST_ROWS = 60


def specifications(
    study: Study,
    data: Data = None,
    out: Out = None,
    as_json: AsJson = False,
    workers: Workers = 1,
    scheduler: Scheduler = "",
    accept_proposals: Accept = False,
) -> int:
    """Compute every specification of a study, with one joint p-value.

    The combinations are those of [specifications]; without it the reported windows, the simple models that the data
    allow, and all alignment rules where events are intervals.

    Examples:

      eventstudy specifications study.toml
      eventstudy specifications study.toml --json
      eventstudy specifications study.toml --out curve.csv
      eventstudy specifications study.toml --workers 4
    """
    from eventstudy.files import write_file
    from eventstudy.report.result_tables import cut_short
    from eventstudy.report.shown_units import unit_of
    from eventstudy.report.specification_tables import specification_sentences, specification_tables
    from eventstudy.report.table_files import marked
    from eventstudy.report.tables import text_table
    from eventstudy.study.executors import executor_for
    from eventstudy.study.load import load_study
    from eventstudy.study.specifications import specifications as compute

    offline = console.manners().offline
    with console.working("reading events and prices"):
        loaded = load_study(study, data_folder=data, offline=offline, accept_proposals=accept_proposals)
    factors = list(loaded.factors) or None
    with executor_for(workers, scheduler) as executor, console.working("computing specifications"):
        given = (loaded.spec, loaded.events, list(loaded.data), loaded.market, factors)
        found = compute(*given, executor=executor, known=loaded.known)
    if out is not None:
        table = marked(found.to_frame(), simulated=found.simulated)
        console.talk(f"wrote {write_file(out, table.to_csv(index=False).encode())}")
    document: dict[str, Any] = {"specifications": found.to_dict()}
    if as_json:
        console.json_data({"study": loaded.spec.name, **document})
        return exits.OK
    if found.simulated:
        console.data("SIMULATED data: computed from random numbers, not observed in a market.")
    document |= {"shown_unit": unit_of(loaded.spec), "primary": {"bar_noun": found.bar_noun}}
    for sentence in specification_sentences(document):
        console.data(sentence)
    for one in specification_tables(document, simulated=found.simulated):
        console.data("")
        console.data(text_table(cut_short(one)))
    return exits.OK
