"""The answer as plain text, for a terminal or a notebook cell: finding, tables, what was left out, what to know."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from eventstudy.report import content
from eventstudy.report.about import claim_table, moved
from eventstudy.report.finding import finding
from eventstudy.report.reaction_sections import reaction_tables, reaction_texts
from eventstudy.report.response_section import response_text
from eventstudy.report.tables import text_table
from eventstudy.response.rows import table
from eventstudy.show.escape import for_terminal
from eventstudy.study.reaction_frames import document

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

# More rows than this are a file's work, not a terminal's: the files and ``to_frame`` have all of them.
MOST_ROWS = 40
# What changes the meaning of every number stands above them.
FIRST = ("ES-EVENT-BARS",)


def summary(result: StudyResult) -> str:
    """Return what a person reads first: the finding in two sentences, then the tables behind it."""
    return "\n".join(_parts(result)).rstrip() + "\n"


def _parts(result: StudyResult) -> Iterator[str]:
    spec, study, drawn = result.spec, _beginning(result), result.simulated
    yield for_terminal(spec.title or spec.name, 200)
    if drawn:
        yield "SIMULATED data: drawn from a seed, not traded."
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in result.ledger.counts().items())
    yield f"Event responses: {counts}; model {spec.model}, anchor {spec.anchor}."
    yield from (for_terminal(n.message, 400) for n in result.notices if n.code in FIRST)
    yield ""
    yield from (for_terminal(sentence, 400) for sentence in finding(study, spec.level, moved(result)))
    yield from (for_terminal(sentence, 400) for sentence in reaction_texts(study))
    yield ""
    if result.response is not None and len(result.response):
        yield response_text(table(result.response), simulated=drawn, most=MOST_ROWS) + "\n"
    if (claims := claim_table(result)) is not None:
        yield text_table(claims)
    if len({row["event"] for row in study["responses"]}) > 1:
        yield text_table(content.aggregate_table(study, simulated=drawn))
    if study["responses"]:
        yield text_table(content.response_table(study, content.unit_of(result.spec), simulated=drawn))
    yield from (text_table(content.cut_short(one)) for one in reaction_tables(study, simulated=drawn))
    if len(result.abnormal) > MOST_ROWS:
        yield f"These are {MOST_ROWS} of {len(result.abnormal):,}; car.csv and to_frame('car') have all."
    yield from (
        for_terminal(f"not used: {o['event']} {o['instrument']}: {o['reason']}", 300) for o in study["outcomes"]
    )
    yield from (for_terminal(f"note {n.code}: {n.message}", 400) for n in result.notices if n.code not in FIRST)


def _beginning(result: StudyResult) -> dict[str, Any]:
    """Return the result as the report's JSON values, with no more rows than a terminal shows; outcomes: the unused."""
    unused = islice((o for o in result.ledger if o.outcome != "used"), MOST_ROWS)
    return {
        "outcomes": [{"event": o.event, "instrument": o.instrument, "reason": o.reason} for o in unused],
        **result.tables(MOST_ROWS),
        **document(result.reactions),
    }
