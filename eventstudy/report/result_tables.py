"""Every number of a result as tables: responses, means, tests, outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventstudy.report.finding import adjustment_words, finite, label_of, words
from eventstudy.report.key_figures import capital
from eventstudy.report.shown_units import unit_in, variable_in
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain

Json = Mapping[str, Any]
MOST_ROWS = 200


def response_table(study: Json, *, simulated: bool) -> Table:
    """Return one row per event, instrument and window, with every test's p-value."""
    tests = list(dict.fromkeys(name for r in study["responses"] for name in r["tests"]))
    adjusted, bhar = adjusted_title(study, each=True), any("bhar" in r for r in study["responses"])
    shown = tests if adjusted else []
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("bhar", "BHAR, bp", "bp") if bhar else Column("car", "CAR, bp", "bp"),
        *([] if bhar else [Column("se", "SE, bp", "width")]),
        *[Column(f"p_{name}", f"p, {words(name)}", "pvalue") for name in tests],
        *[Column(f"adjusted_{name}", f"{adjusted} of {words(name)}", "pvalue") for name in shown],
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            window_of(study, r),
            *([r["bhar"]] if bhar else [r["car"], r["se"]]),
            *[r["tests"].get(name, {}).get("pvalue") for name in tests],
            *[r["tests"].get(name, {}).get("adjusted_pvalue") for name in shown],
        )
        for r in by_instrument(study["responses"])
    )
    kept, kept_rows = without_empty(*without_repeats(columns, rows))
    unit = unit_in(study)
    if bhar:
        what = "Buy-and-hold abnormal returns (BHAR), simple returns in bp"
    else:
        what = f"Cumulative abnormal {variable_in(study)} (CAR) in {unit.words}"
    return Table("responses", f"{what}, and p-values", kept, kept_rows, simulated).in_unit(unit)


def window_of(study: Json, row: Json) -> str:
    """Return the window of a row in words: on the clock where ``with_words`` put them there, else in event time."""
    return capital(str(row.get("words") or label_of(study, row["window"])))


def adjusted_title(study: Json, *, each: bool = False) -> str:
    """Return the head of a column of adjusted p-values, or an empty string where the study does not adjust."""
    return f"p, adjusted ({adjustment_words(study, each=each)})" if (study.get("primary") or {}).get("adjust") else ""


def role(study: Json, test: str) -> str:
    """Return whether a test is the primary one, or one whose assumptions the data violate."""
    primary = study.get("primary") or {}
    return "primary" if test == primary.get("test") else "not valid here" * (test in primary.get("unsuited", {}))


def without_repeats(
    columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the table without the column of events where there is only one, which the title names already."""
    keep = [i for i, column in enumerate(columns) if column.name != "event" or len({row[i] for row in rows}) > 1]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)


def without_empty(
    columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the table without columns that say nothing in any row; a page has no room for them."""
    keep = [i for i in range(len(columns)) if not rows or any(_says(row[i]) for row in rows)]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)


def with_one_end(
    columns: tuple[Column, ...], rows: tuple[tuple[Any, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Any, ...], ...]]:
    """Return the table with the one end that intervals of one-sided tests have, under its name."""
    filled = {c.name: any(finite(row[i]) for row in rows) for i, c in enumerate(columns) if c.name in ENDS}
    if len(filled) < len(ENDS) or all(filled.values()) or not any(filled.values()):
        return columns, rows
    kept = [i for i, c in enumerate(columns) if filled.get(c.name, True)]
    named = [replace(c, title=c.title.replace(*ENDS[c.name])) if c.name in ENDS else c for c in columns]
    return tuple(named[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows)


ENDS = {"low": ("Low", "At least"), "high": ("High", "At most")}


def _says(cell: Cell) -> bool:
    return bool(cell) if isinstance(cell, str) else finite(cell)


def by_instrument(responses: Sequence[Json]) -> list[Json]:
    """Return responses with those of one event and instrument side by side, each in the order it first came."""
    pairs = {pair: place for place, pair in enumerate(dict.fromkeys((r["event"], r["instrument"]) for r in responses))}
    return sorted(responses, key=lambda r: pairs[r["event"], r["instrument"]])


def aggregate_table(study: Json, *, simulated: bool) -> Table:
    """Return one row per window and test across events."""
    bhar = any("abhar" in a for a in study["aggregates"])
    columns = (
        Column("window", "Window"),
        Column("test", "Test"),
        Column("abhar", "Mean BHAR, bp", "bp") if bhar else Column("caar", "CAAR, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("adjusted_pvalue", adjusted_title(study) or "p, adjusted", "pvalue"),
        Column("n_events", "N", "count"),
        Column("role", "Role"),
        Column("reason", "Reason not computed"),
    )
    rows = tuple(
        (
            window_of(study, a),
            words(name),
            a.get("abhar", a["caar"]),
            t.get("low"),
            t.get("high"),
            t.get("statistic"),
            t.get("pvalue"),
            t.get("adjusted_pvalue"),
            a["n_events"],
            role(study, name),
            plain(t.get("reason") or ""),
        )
        for a in study["aggregates"]
        for name, t in (a["tests"] or {"": {}}).items()
    )
    caption = "Mean buy-and-hold abnormal return (BHAR)" if bhar else "Mean CAR across events (CAAR)"
    caption += " with the intervals of each test"
    return Table("aggregates", caption, *without_empty(*with_one_end(columns, rows)), simulated).in_unit(unit_in(study))


def test_table(study: Json, *, simulated: bool) -> Table:
    """Return every single-event test with its statistic, its number of days or bars, and its reason."""
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("test", "Test"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("adjusted_pvalue", adjusted_title(study, each=True) or "p, adjusted", "pvalue"),
        Column("n", "Observations", "count"),
        Column("reason", "Reason not computed"),
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            window_of(study, r),
            words(name),
            t.get("statistic"),
            t.get("pvalue"),
            t.get("adjusted_pvalue"),
            t.get("n"),
            plain(t.get("reason") or ""),
        )
        for r in by_instrument(study["responses"])
        for name, t in r["tests"].items()
    )
    return Table("tests", "Tests of each response", *without_empty(*without_repeats(columns, rows)), simulated)


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


def cut_short(table: Table) -> Table:
    """Return a table a page can hold; the rest is in the files beside it, and the caption says so."""
    if len(table.rows) <= MOST_ROWS:
        return table
    caption = f"{table.caption} (the first {MOST_ROWS} of {len(table.rows):,}; all are in result.json)"
    return replace(table, caption=caption, rows=table.rows[:MOST_ROWS])
