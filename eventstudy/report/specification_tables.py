"""All specifications of a study on a page: how many agree, the joint p-value, and the estimates in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.report.finding import finite, label_of, words
from eventstudy.report.key_figures import capital
from eventstudy.report.result_tables import with_one_end
from eventstudy.report.shown_units import unit_in
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import count_of, p_is

Json = Mapping[str, Any]
MOST_NAMED = 3
ALIGNMENTS = {"bracket": "entire interval"}  # of the event interval to bars, as a page names it
CHOICES = ("model", "anchor", "estimation", "window", "test")


def specification_sentences(study: Json) -> tuple[str, ...]:
    """Return the range of the estimates, how many agree in sign and significance, and the joint p-value."""
    given = study.get("specifications")
    if not given:
        return ()
    estimates = sorted(one["estimate"] for one in given["specifications"] if finite(one["estimate"]))
    n = len(estimates)
    if not n:
        return ("No specification has an estimate.",)
    unit = unit_in(study)
    middle = (estimates[(n - 1) // 2] + estimates[n // 2]) / 2
    span = f"from {unit.show(estimates[0])} to {unit.of(estimates[-1])}, median {unit.of(middle)}"
    said = [f"{count_of(n, 'specification')}, with estimates {span}. {agreement(given, n)}."]
    if finite(given["joint_pvalue"]):
        draws = int(given["draws"])
        as_large = round(given["joint_pvalue"] * (draws + 1)) - 1
        said.append(
            f"Joint test of all specifications: {p_is(given['joint_pvalue'])}. The largest of their scaled means was "
            f"at least as large on {as_large or 'none'} of {draws:,} random sets of other dates, the same for every "
            "specification. The test assumes that events do not change the variance of returns."
        )
    said += [f"Left out: {plain(one, 200)}." for one in given["left_out"][:MOST_NAMED]]
    more = len(given["left_out"]) - MOST_NAMED
    said += [f"{count_of(more, 'other combination')} left out."] if more > 0 else []
    return tuple(said)


def agreement(given: Json, n: int) -> str:
    """Return how many of n estimates have the sign of the median, and how many of those are significant."""
    same, significant = round(given["same_sign"] * n), round(given["same_finding"] * n)
    at = f"significant at the {(1 - given['level']) * 100:g}% level"
    if n == 1:
        return f"It is {at}" if significant else f"It is not {at}"
    signs = f"All {n:,} have the same sign" if same == n else f"{same:,} of {n:,} have the sign of the median"
    if significant == same:
        return f"{signs} and are {at}"
    count = f"{significant:,}" if significant else "none"
    of = "" if same == n else " of these"
    return f"{signs}; {count}{of} {'is' if significant < 2 else 'are'} {at}"


def specification_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one row per specification, in the order of the estimates."""
    given = study.get("specifications")
    if not given:
        return ()
    columns: tuple[Column, ...] = (
        Column("model", "Model"),
        Column("anchor", "Alignment"),
        Column("estimation", "Estimation"),
        Column("window", "Window"),
        Column("test", "Test"),
        Column("estimate", "Mean, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("pvalue", "p", "pvalue"),
        Column("refit_pvalue", "p, other dates", "pvalue"),
        Column("adjusted_pvalue", "p, adjusted", "pvalue"),
        Column("n", "N", "count"),
        Column("from_study_file", "Study file"),
    )
    rows = tuple(
        (
            words(one["model"]),
            ALIGNMENTS.get(one["anchor"], one["anchor"]),
            label_of(study, one["estimation"]) if one["estimation"] else "",
            capital(label_of(study, one["window"])),
            words(one["test"]),
            *(one[name] for name in ("estimate", "low", "high", "pvalue", "refit_pvalue", "adjusted_pvalue", "n")),
            "yes" if one["from_study_file"] else "",
        )
        for one in given["specifications"]
    )
    columns, rows = with_one_end(columns, rows)
    # What all specifications share is in the caption.
    shared = [i for i, c in enumerate(columns) if c.name in CHOICES and len({row[i] for row in rows}) == 1]
    said = "; ".join(f"{columns[i].title.lower()} {rows[0][i]}" for i in shared if rows[0][i])
    caption = f"Specifications in the order of their estimates{f' ({said})' if said else ''}"
    kept = [i for i in range(len(columns)) if i not in shared]
    cells = tuple(tuple(row[i] for i in kept) for row in rows)
    table = Table("specifications", caption, tuple(columns[i] for i in kept), cells, simulated)
    return (table.in_unit(unit_in(study)),)
