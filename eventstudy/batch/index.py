"""The index page of a batch: every study with its finding, status, age and a small picture; no script, no link out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eventstudy.batch.ledger import Ledger, Standing, settled, write_if_new

if TYPE_CHECKING:
    from jinja2 import Template

    from eventstudy.batch.entry import LedgerEntry

INDEX = "index.html"
WIDTH, HEIGHT, MARGIN = 120, 28, 2


def write_index(out: Path, ledger: Ledger, now: datetime) -> None:
    """Write the index page, unless it says the same already."""
    write_if_new(out / INDEX, render(ledger, now).encode())


def render(ledger: Ledger, now: datetime) -> str:
    """Return the page; every text in it is escaped and stays text."""
    rows = [_row(standing, now) for standing in ledger.values()]
    order = {"failed": 0, "review": 1, "waiting": 2, "current": 3, "not due": 4}
    rows.sort(key=lambda row: (order[row["kind"]], row["study"]))
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in order}
    return _template().render(rows=rows, counts=counts, as_of=now.astimezone(UTC).date().isoformat()) + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("eventstudy.batch", "templates")
    return Environment(autoescape=True, loader=loader, undefined=StrictUndefined, trim_blocks=True).get_template(
        "index.html.j2"
    )


def _row(standing: Standing, now: datetime) -> Mapping[str, Any]:
    from eventstudy.show.escape import plain
    from eventstudy.show.numbers import true_minus

    entry = standing.entry
    state = settled(entry.state)
    versions = [v for v in standing.versions if v.folder != standing.current]
    return {
        "study": entry.study,
        "title": plain(entry.title or entry.study),
        "finding": true_minus(plain(entry.finding)),
        "message": plain(entry.message),
        "kind": "review" if state == "current" and entry.exit_code == 1 else state,
        "word": _WORDS["review" if state == "current" and entry.exit_code == 1 else state],
        "failing_since": standing.failing_since[:10],
        "report": _link(standing.current),
        "written": standing.written_at[:10],
        "age": age(standing.written_at, now),
        "older": [{"link": _link(v.folder), "written": v.written_at[:10]} for v in reversed(versions)],
        "points": spark_points(entry.spark),
        "zero": _y(0.0, entry.spark),
        "dot": _dot(entry),
        "move": true_minus(entry.shown_unit.of(entry.move)) if entry.move is not None else "",
        "certainty": true_minus("; ".join(filter(None, (_ends(entry), _p(entry))))),
    }


def _ends(entry: LedgerEntry) -> str:
    from eventstudy.report.key_figures import interval

    return interval(entry.shown_unit, entry.low, entry.high)


def _p(entry: LedgerEntry) -> str:
    from eventstudy.show.numbers import p_is

    return "" if entry.pvalue is None else p_is(entry.pvalue).replace(" ", "\u00a0")


def _dot(entry: LedgerEntry) -> tuple[float, float] | None:
    """Return where the reported move is on the picture, in pixels."""
    if not 0 <= entry.mark < len(entry.spark) or len(entry.spark) < 2:
        return None
    step = (WIDTH - 2 * MARGIN) / (len(entry.spark) - 1)
    return MARGIN + step * entry.mark, _y(entry.spark[entry.mark], entry.spark)


_WORDS = {state: state for state in ("failed", "waiting", "current", "not due")} | {"review": "needs review"}


def _link(folder: str) -> str:
    return quote(f"{folder}/report.html") if folder else ""


def age(written_at: str, now: datetime) -> str:
    """Return how old a report is, in whole days."""
    if not written_at:
        return ""
    days = (now.astimezone(UTC).date() - datetime.fromisoformat(written_at).astimezone(UTC).date()).days
    return {0: "today", 1: "1 day"}.get(days, f"{days} days")


def spark_points(values: Sequence[float]) -> str:
    """Return a path of values as the points of an SVG line, zero always inside the picture."""
    if len(values) < 2:
        return ""
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    return " ".join(f"{MARGIN + step * i:.1f},{_y(value, values):.1f}" for i, value in enumerate(values))


def _y(value: float, values: Sequence[float]) -> float:
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * ((value - low) / (high - low) if high > low else 0.5)
