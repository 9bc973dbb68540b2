"""Regressions on a page: coefficients by column with their standard errors below, as journals print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventstudy.report.finding import finite, label_of
from eventstudy.report.key_figures import capital
from eventstudy.report.shown_units import unit_in
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import number, p_is

Json = Mapping[str, Any]
INTERCEPT = "Intercept"
MOST_NAMED = 4


def regression_sentences(study: Json) -> tuple[str, ...]:
    """Return the coefficients of every regression with interval and p-values, those of placebo days first."""
    said: list[str] = []
    for place, one in enumerate(study.get("regressions", ()), 1):
        head = f"Regression {place}, {plain(one['formula'], 80)}, {label_of(study, one['window'])}"
        if one["reason"]:
            said.append(f"{head}: {plain(one['reason'])}.")
            continue
        shown = [term for term in one["terms"] if term["name"] != INTERCEPT] or one["terms"]
        said.append(f"{head}. {'; '.join(_said(study, one, term) for term in shown[:MOST_NAMED])}.")
    return tuple(said)


def _said(study: Json, one: Json, term: Json) -> str:
    level = float((study.get("primary") or {}).get("level", 0.95))
    unit = unit_in(study)
    said = f"{_label(term)}: {unit.of(term['coef'])} ("
    if term["reason"]:
        said += f"no standard error, {plain(term['reason'])}"
    else:
        said += f"{level * 100:g}% interval {unit.show(term['low'])} to {unit.of(term['high'])}, {p_is(term['pvalue'])}"
    if finite(term["placebo_pvalue"]):
        said += f"; {p_is(term['placebo_pvalue'])} against {one['placebo_days']} placebo days"
    return f"{said})"


def _label(term: Json) -> str:
    """Return what a reader calls a coefficient; results of earlier versions have only its name."""
    return plain(term.get("label") or term["name"], 80)


def regression_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one table of all regressions, and one of their coefficients beside those of placebo days."""
    regressions: Sequence[Json] = [one for one in study.get("regressions", ()) if not one["reason"]]
    if not regressions:
        return ()
    tables = _journal(study, regressions, simulated=simulated), *_placebo(regressions, simulated=simulated)
    return tuple(table.in_unit(unit_in(study)) for table in tables)


def _journal(study: Json, regressions: Sequence[Json], *, simulated: bool) -> Table:
    unit = unit_in(study)
    names = list(dict.fromkeys(_label(term) for one in regressions for term in one["terms"]))
    names.sort(key=lambda name: name == INTERCEPT)
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        found = [next((t for t in one["terms"] if _label(t) == name), None) for one in regressions]
        rows.append((name, *("" if t is None else unit.show(t["coef"]) for t in found)))
        rows.append(("", *("" if t is None else f"({unit.show(t['se'], signed=False)})" for t in found)))
    rows += [
        ("N", *(f"{one['n']:,}" for one in regressions)),
        ("R2", *(number(one["r2"], 3) for one in regressions)),
        ("Standard errors", *(_errors(one) for one in regressions)),
        ("Window", *(capital(label_of(study, one["window"])) for one in regressions)),
    ]
    columns = Column("term", ""), *(Column(f"r{i}", f"({i})", "words") for i in range(1, len(regressions) + 1))
    caption = f"Regressions of the CAR, {unit.name or unit.words} per unit; standard errors in parentheses"
    return Table("regressions", caption, columns, tuple(rows), simulated)


def _errors(one: Json) -> str:
    """Return the standard errors of a regression: ``HC1``, ``by date and instrument``."""
    return f"by {' and '.join(one['cluster'])}" if one["cluster"] else str(one["covariance"])


def _placebo(regressions: Sequence[Json], *, simulated: bool) -> tuple[Table, ...]:
    columns = (
        Column("regression", "Regression"),
        Column("term", "Term"),
        Column("coef", "OLS, bp", "bp"),
        Column("placebo_mean", "Mean on placebo days, bp", "bp"),
        Column("placebo_sd", "SD on placebo days, bp", "width"),
        Column("placebo_pvalue", "p, rank", "pvalue"),
        Column("placebo_t_pvalue", "p, t", "pvalue"),
        Column("gls", "PCA-GLS, bp", "bp"),
        Column("gls_pvalue", "p, PCA-GLS", "pvalue"),
        Column("pvalue", "p, standard errors", "pvalue"),
    )
    rows = tuple(
        (f"({place})", _label(term), *(term[column.name] for column in columns[2:]))
        for place, one in enumerate(regressions, 1)
        for term in one["terms"]
        if finite(term["placebo_pvalue"])
    )
    caption = "Coefficients beside those of the same regression on placebo days"
    return (Table("regressions_placebo", caption, columns, rows, simulated),) if rows else ()
