"""What a report says, before it is a page, a Markdown file or a mail: the finding first, provenance last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventstudy.report.escape import plain
from eventstudy.report.numbers import bp, pvalue, share, span, unstamped
from eventstudy.report.references import reference
from eventstudy.report.tables import Column, Table

Json = Mapping[str, Any]
MOST_NAMED = 3
TEST_WORDS = {
    "time_series_t": "time-series t",
    "cross_sectional_t": "cross-sectional t",
    "patell": "Patell",
    "bmp": "BMP",
    "corrado_rank": "Corrado rank",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure on the page: which one, what it shows for those who cannot see it, and its caption."""

    name: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    finding: tuple[str, ...]
    sections: tuple[Section, ...]
    simulated: bool = False


def words(name: str) -> str:
    """Return a test's or model's name as a reader says it."""
    return TEST_WORDS.get(name, name.replace("_", " "))


def finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def decisive(tests: Json) -> tuple[str, Json] | None:
    """Return the test a finding rests on: placebo days where there are some, else the first with a p-value."""
    usable = [(name, test) for name, test in tests.items() if finite(test.get("pvalue"))]
    placebo = [pair for pair in usable if "placebo" in pair[0]]
    return next(iter(placebo or usable), None)


def verdict(test: Json, name: str, level: float) -> str:
    """Return one sentence on how sure: the p-value, its days, the smallest p that could be reached."""
    p, n = test["pvalue"], int(test.get("n") or 0)
    enough = "is unlikely to be chance" if p <= 1 - level else "may well be chance"
    if "placebo" in name:
        as_large = round(p * (n + 1)) - 1
        return (
            f"On {as_large} of {n} days without the event the same clock window moved as much: "
            f"p\u00a0=\u00a0{pvalue(p)} (these days could give {pvalue(1 / (n + 1))} at the least), "
            f"so at {share(level)} the move {enough}."
        )
    return f"The {words(name)} test gives p\u00a0=\u00a0{pvalue(p)}, so at {share(level)} the move {enough}."


def finding(study: Json, level: float) -> tuple[str, ...]:
    """Return the finding in two sentences: what moved by how much, and how sure."""
    responses, aggregates = study["responses"], study["aggregates"]
    if not responses:
        unused = len(study["outcomes"])
        return (
            f"No event could be studied: {unused} of {unused} were left out.",
            "The table below gives the reason for each.",
        )
    shared = next((a for a in aggregates if finite(a["caar"]) and a["n_events"] > 1), None)
    if shared is not None and len({r["event"] for r in responses}) > 1:
        count = f"{shared['n_events']} event responses"
        mean = f"{bp(shared['caar'])}\u00a0bp"
        first = f"Over {count} the mean cumulated abnormal return in {span(shared['window'])} was {mean}."
        return first, _sure(shared["tests"], level)
    window = responses[0]["window"]
    rows = [r for r in responses if r["window"] == window and finite(r["car"])]
    if not rows:
        return "No response could be computed.", "The table below gives the reason for each event."
    rows.sort(key=lambda r: -abs(r["car"]))
    named = [f"{plain(r['instrument'], 40)} {bp(r['car'])}\u00a0bp" for r in rows[:MOST_NAMED]]
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    moved = f"Abnormal return in {span(window)}: {', '.join(named)}{more}."
    lead = plain(rows[0]["instrument"], 40)
    return moved, (f"{lead}: " if len(rows) > 1 else "") + _sure(rows[0]["tests"], level)


def _sure(tests: Json, level: float) -> str:
    chosen = decisive(tests)
    if chosen is None:
        reasons = [str(t.get("reason")) for t in tests.values() if t.get("reason")]
        return "How sure this is cannot be said: " + (plain(reasons[0]) if reasons else "no test applied.")
    return verdict(chosen[1], chosen[0], level)


def response_table(study: Json, *, simulated: bool) -> Table:
    """Return one row per event, instrument and window, with every test's p-value."""
    tests = list(dict.fromkeys(name for r in study["responses"] for name in r["tests"]))
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("car", "CAR, bp", "bp"),
        Column("se", "s.e., bp", "bp"),
        *[Column(f"p_{name}", f"p, {words(name)}", "pvalue") for name in tests],
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            span(r["window"]),
            r["car"],
            r["se"],
            *[r["tests"].get(name, {}).get("pvalue") for name in tests],
        )
        for r in study["responses"]
    )
    kept, kept_rows = without_empty(columns, rows)
    caption = "Cumulated abnormal returns (CAR) in basis points of log return, and p-values"
    return Table("responses", caption, kept, kept_rows, simulated)


def without_empty(columns: tuple[Column, ...], rows: tuple[Any, ...]) -> tuple[tuple[Column, ...], tuple[Any, ...]]:
    """Return the table without numeric columns that hold no number at all; a page has no room for them."""
    keep = [
        i for i, column in enumerate(columns) if not column.numeric or any(finite(row[i]) for row in rows) or not rows
    ]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)


def aggregate_table(study: Json, *, simulated: bool) -> Table:
    """Return one row per window and test across events."""
    columns = (
        Column("window", "Window"),
        Column("test", "Test"),
        Column("caar", "CAAR, bp", "bp"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("n_events", "Events", "count"),
        Column("reason", "Why there is no number"),
    )
    rows = tuple(
        (
            span(a["window"]),
            words(name),
            a["caar"],
            t.get("statistic"),
            t.get("pvalue"),
            a["n_events"],
            plain(t.get("reason") or ""),
        )
        for a in study["aggregates"]
        for name, t in (a["tests"] or {"": {}}).items()
    )
    caption = "Mean cumulated abnormal return across events (CAAR)"
    return Table("aggregates", caption, columns, rows, simulated)


def test_table(study: Json, *, simulated: bool) -> Table:
    """Return every single-event test with its statistic, its number of days or bars, and its reason."""
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("test", "Test"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("n", "Days or bars", "count"),
        Column("reason", "Why there is no number"),
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            span(r["window"]),
            words(name),
            t.get("statistic"),
            t.get("pvalue"),
            t.get("n"),
            plain(t.get("reason") or ""),
        )
        for r in study["responses"]
        for name, t in r["tests"].items()
    )
    return Table("tests", "Tests of each response", columns, rows, simulated)


def outcome_table(study: Json, *, simulated: bool, used: bool) -> Table:
    """Return what became of the events, either those used or those not."""
    columns = (Column("event", "Event"), Column("instrument", "Instrument"), Column("outcome", "Outcome"))
    rows = tuple(
        (plain(o["event"], 64), plain(o["instrument"], 60), words(o["outcome"]), plain(o["reason"]))
        for o in study["outcomes"]
        if (o["outcome"] == "used") == used
    )
    caption = "Events used" if used else "Events that were left out or need review"
    return Table("outcomes", caption, (*columns, Column("reason", "Reason")), rows, simulated)


def numbers_section(study: Json, *, simulated: bool) -> Section:
    tables = [response_table(study, simulated=simulated)] if study["responses"] else []
    several = len({r["event"] for r in study["responses"]}) > 1
    if study["aggregates"] and several:
        tables.insert(0, aggregate_table(study, simulated=simulated))
    note = "100 bp = 1 % of log return. Positive is up in the instrument's own quote. n/a: the test does not apply."
    return Section("numbers", "The numbers", tables=tuple(tables), notes=(note,))


def certainty_section(study: Json, spec: Any, *, simulated: bool) -> Section:
    points = [
        f"{plain(r['instrument'], 40)}, {plain(r['event'], 64)}, {span(r['window'])}: "
        + _sure(r["tests"], float(spec.level))
        for r in study["responses"][: 2 * MOST_NAMED]
    ]
    tables = (test_table(study, simulated=simulated),) if study["responses"] else ()
    return Section("certainty", "How sure, and why", points=tuple(points), tables=tables)


def spoilers_section(study: Json, *, simulated: bool) -> Section:
    """Return what could spoil the finding: warnings, and every event that is not simply used."""
    points = tuple(
        plain(w["message"] if isinstance(w, Mapping) else w, 600)
        + (f" [{plain(w['code'], 20)}]" if isinstance(w, Mapping) and w.get("code") else "")
        for w in study["warnings"]
    )
    left_out = outcome_table(study, simulated=simulated, used=False)
    calm = () if points or left_out.rows else ("No warning was raised and every event was used.",)
    return Section("spoilers", "What could spoil it", calm, points, (left_out,) if left_out.rows else ())


def method_section(spec: Any) -> Section:
    estimation = span(spec.estimation) if spec.estimation else "none (the model has no parameters)"
    kind = "log" if spec.returns == "log" else "simple"
    anchors = {
        "bracket": "from the last close that cannot hold the news to the first close after it was surely public",
        "earliest": "as if the news came at the earliest moment it could have",
        "latest": "as if the news came at the latest moment it could have",
    }
    paragraphs = (
        f"Returns are {kind} returns between closing instants. The event interval is laid on the bars with the "
        f"anchor '{spec.anchor}': {anchors[spec.anchor]}; that merged move is tau = 0.",
        f"Expected return: model '{spec.model}'; estimation window {estimation}; event window {span(spec.event)}, "
        f"in {spec.clock}. Tests are {spec.alternative}.",
    )
    cited = [f"{words(name)}: {reference(name)}" for name in (spec.model, *spec.tests) if reference(name)]
    return Section("method", "Method and references", paragraphs, tuple(cited))


def provenance_section(facts: Json, *, simulated: bool) -> Section:
    """Return where the numbers come from, from the manifest."""
    rows = [("study", facts["study"]), ("spec digest (SHA-256)", facts["spec_digest"]), ("seed", str(facts["seed"]))]
    rows += [(f"data: {plain(row['name'], 80)}", f"SHA-256 {row['digest']}") for row in facts["data"]]
    rows += [(name, str(version)) for name, version in facts["versions"].items()]
    rows.append(("time zone data", str(facts["tzdata"])))
    columns = (Column("fact", "What"), Column("value", "Value"))
    shown = tuple((plain(name, 90), plain(value)) for name, value in rows)
    table = Table("provenance", "What the numbers were computed from and with", columns, shown, simulated)
    again = "The same bytes come again from: eventstudy reproduce manifest.json"
    return Section("provenance", "Provenance", (again,), tables=(table,))


def make_page(study: Json, spec: Any, facts: Json, pictures: Sequence[Picture], *, simulated: bool) -> Page:
    """Return the report in the order a person asks: what, how much, how sure, what else, how, from what."""
    title = unstamped(plain(spec.title or spec.name, 160))
    drawn = (Section("figures", "The picture", pictures=tuple(pictures)),) if pictures else ()
    sections = (
        numbers_section(study, simulated=simulated),
        *drawn,
        certainty_section(study, spec, simulated=simulated),
        spoilers_section(study, simulated=simulated),
        method_section(spec),
        provenance_section(facts, simulated=simulated),
    )
    return Page(title, finding(study, float(spec.level)), sections, simulated)
