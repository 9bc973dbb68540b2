"""Regressions on a page: coefficients by column with their standard errors below, as journals print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventstudy.report.finding import finite, when
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp, number, p_is

Json = Mapping[str, Any]
INTERCEPT = "Intercept"
MOST_NAMED = 4


def regression_sentences(study: Json) -> tuple[str, ...]:
    """Return the coefficients of every regression with interval and p-values, those of placebo days first."""
    said: list[str] = []
    for place, one in enumerate(study.get("regressions", ()), 1):
        right = plain(one["formula"].partition("~")[2], 80).strip()
        head = f"Regression {place}, CAR {when(study, one['window'])} on {right}"
        if one["reason"]:
            said.append(f"{head}: {plain(one['reason'])}.")
            continue
        shown = [term for term in one["terms"] if term["name"] != INTERCEPT] or one["terms"]
        said.append(f"{head}: {'; '.join(_said(study, one, term) for term in shown[:MOST_NAMED])}.")
    return tuple(said)


def _said(study: Json, one: Json, term: Json) -> str:
    level = float((study.get("primary") or {}).get("level", 0.95))
    said = f"{plain(term['name'], 60)} {bp(term['coef'])} bp ("
    if term["reason"]:
        said += f"no standard error, {plain(term['reason'])}"
    else:
        said += f"{level * 100:g}% interval {bp(term['low'])} to {bp(term['high'])} bp, {p_is(term['pvalue'])}"
    if finite(term["placebo_pvalue"]):
        said += f"; {p_is(term['placebo_pvalue'])} against {one['placebo_days']} placebo days"
    return f"{said})"


def regression_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one table of all regressions, and one of their coefficients beside those of placebo days."""
    regressions: Sequence[Json] = [one for one in study.get("regressions", ()) if not one["reason"]]
    if not regressions:
        return ()
    return _journal(study, regressions, simulated=simulated), *_placebo(regressions, simulated=simulated)


def _journal(study: Json, regressions: Sequence[Json], *, simulated: bool) -> Table:
    names = list(dict.fromkeys(term["name"] for one in regressions for term in one["terms"]))
    names.sort(key=lambda name: name == INTERCEPT)
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        found = [next((t for t in one["terms"] if t["name"] == name), None) for one in regressions]
        rows.append((plain(name, 60), *("" if t is None else bp(t["coef"]) for t in found)))
        rows.append(("", *("" if t is None else f"({bp(t['se'], signed=False)})" for t in found)))
    rows += [
        ("N", *(f"{one['n']:,}" for one in regressions)),
        ("R2", *(number(one["r2"], 3) for one in regressions)),
        ("Standard errors", *(", ".join((one["covariance"], *one["cluster"])) for one in regressions)),
        ("Window", *(str(one["window"]) for one in regressions)),
    ]
    columns = Column("term", ""), *(Column(f"r{i}", f"({i})") for i in range(1, len(regressions) + 1))
    caption = "Regressions of the CAR, bp per unit; standard errors in parentheses"
    return Table("regressions", caption, columns, tuple(rows), simulated)


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
        (f"({place})", plain(term["name"], 60), *(term[column.name] for column in columns[2:]))
        for place, one in enumerate(regressions, 1)
        for term in one["terms"]
        if finite(term["placebo_pvalue"])
    )
    caption = "Coefficients beside those of the same regression on placebo days"
    return (Table("regressions_placebo", caption, columns, rows, simulated),) if rows else ()
