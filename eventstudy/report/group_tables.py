"""Groups of events on a page: one sentence per comparison, a table of means, a table of differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.report.finding import finite, label_of, noun_in, when, words
from eventstudy.report.key_figures import capital
from eventstudy.report.result_tables import with_one_end
from eventstudy.report.shown_units import unit_in, variable_in
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import date_label, number, p_is

Json = Mapping[str, Any]
CONTRASTS = {"difference": "difference", "equal means": "all means equal", "trend": "trend per quantile"}
MOST_NAMED = 3


def group_sentences(study: Json) -> tuple[str, ...]:
    """Return what the groups say on the primary window: two means and their difference, or whether several differ."""
    return tuple(sentence for one in study.get("groups", ()) for sentence in _sentences(study, one))


def _sentences(study: Json, one: Json) -> Iterator[str]:
    window, level = primary_window(study, one), (study.get("primary") or {}).get("level", 0.95)
    means = [m for m in one["means"] if m["window"] == window and finite(m["mean"])]
    compared = [c for c in one["comparisons"] if c["window"] == window]
    by, where, unit = plain(", ".join(one["by"]), 80), when(study, window), unit_in(study)
    if not means:
        return
    listed = [f"{_name(one, m)} {unit.of(m['mean'])} ({count_of_events(m['n'])})" for m in means]
    shown = listed if len(listed) <= MOST_NAMED + 1 else [*listed[:MOST_NAMED], f"{len(listed) - MOST_NAMED} more"]
    yield f"By {by}, the mean {_measure(study)} {where} was {', '.join(shown)}."
    for c in compared:
        if c["reason"]:
            yield f"The groups were not compared: {plain(c['reason'])}."
        elif c["contrast"] == "equal means":
            yield f"Test of equal means of the {len(c['groups'])} groups: {group_statistic(c)}, {p_is(c['pvalue'])}."
        else:
            interval = f"{level * 100:g}% interval {unit.show(c['low'])} to {unit.of(c['high'])}"
            yield f"{_what(one, c)} is {unit.of(c['estimate'])} ({interval}, {p_is(c['pvalue'])})."


def group_statistic(comparison: Json) -> str:
    """Return the statistic with its degrees of freedom: ``F(2, 59.9) = 28.13``, ``t(59.9) = 0.34``."""
    degrees = [comparison[name] for name in ("df", "df2") if finite(comparison[name])]
    letter = "F" if comparison["contrast"] == "equal means" else "t"
    shown = ", ".join(f"{round(df, 1):g}" for df in degrees)
    return f"{letter}({shown}) = {number(comparison['statistic'])}" if finite(comparison["statistic"]) else "n/a"


def count_of_events(n: int) -> str:
    return f"{n:,} event{'' if n == 1 else 's'}"


def _what(one: Json, comparison: Json) -> str:
    first, last = (plain(comparison["groups"][place], 40) for place in (0, -1))
    if comparison["contrast"] == "difference":
        return f"The difference between {'quantiles ' if one['quantiles'] else ''}{last} and {first}"
    order = "monotonic" if comparison["monotonic"] else "not monotonic"
    return f"The trend per quantile ({order})"


def _measure(study: Json) -> str:
    if any("abhar" in a for a in study.get("aggregates", ())):
        return "buy-and-hold abnormal return"
    what = variable_in(study)
    return "CAR" if what == "return" else f"abnormal {what}"


def _name(one: Json, mean: Json) -> str:
    label = ", ".join(plain(str(value), 40) for value in mean["group"].values())
    return f"quantile {label}" if one["quantiles"] else label


def primary_window(study: Json, one: Json) -> Sequence[int]:
    """Return the primary window of the study, or the first of the grouping."""
    windows: list[Sequence[int]] = [m["window"] for m in one["means"]]
    asked = list((study.get("primary") or {}).get("window", ()))
    return next((w for w in windows if list(w) == asked), windows[0] if windows else (0, 0))


def group_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one table of means and one of comparisons per grouping."""
    tables = (
        make(study, one, place, simulated=simulated)
        for place, one in enumerate(study.get("groups", ()))
        for make in (_means_table, _comparisons_table)
    )
    return tuple(table.in_unit(unit_in(study)) for table in tables if table.rows)


def _means_table(study: Json, one: Json, place: int, *, simulated: bool) -> Table:
    columns = (
        Column("window", "Window"),
        Column("group", plain(", ".join(one["by"]), 60) + (" quantile" if one["quantiles"] else "")),
        Column("mean", "Mean, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("pvalue", "p", "pvalue"),
        Column("n", "N", "count"),
        Column("dates", f"Distinct {date_label(noun_in(study))}", "count"),
        Column("test", "Test"),
        Column("reason", "Reason not computed"),
    )
    rows = tuple(
        (
            capital(label_of(study, m["window"])),
            ", ".join(plain(str(value), 40) for value in m["group"].values()),
            *(m[name] for name in ("mean", "low", "high", "pvalue", "n", "dates")),
            "weighted t" if m["test"] == "weighted_t" else words(m["test"] or ""),
            plain(m["reason"] or ""),
        )
        for m in one["means"]
    )
    weights = "" if one["weights"] == "equal" else f", weighted by {plain(one['weights'], 40)}"
    caption = f"Means by {plain(', '.join(one['by']), 80)}{weights}"
    return Table(f"groups_{place + 1}", caption, *_without_reasons(*with_one_end(columns, rows)), simulated)


def _without_reasons(columns: tuple[Column, ...], rows: tuple[Any, ...]) -> tuple[tuple[Column, ...], tuple[Any, ...]]:
    """Return the table without its last column, the reasons, where no row has one."""
    return (columns, rows) if any(row[-1] for row in rows) else (columns[:-1], tuple(row[:-1] for row in rows))


def _comparisons_table(study: Json, one: Json, place: int, *, simulated: bool) -> Table:
    columns: tuple[Column, ...] = (
        Column("window", "Window"),
        Column("contrast", "Comparison"),
        Column("estimate", "Estimate, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("statistic", "Statistic", "words"),
        Column("pvalue", "p", "pvalue"),
        Column("reason", "Reason not computed"),
    )
    rows: tuple[tuple[Any, ...], ...] = tuple(
        (
            capital(label_of(study, c["window"])),
            CONTRASTS[c["contrast"]] + _between(c),
            *(c[name] for name in ("estimate", "low", "high")),
            group_statistic(c),
            c["pvalue"],
            plain(c["reason"] or ""),
        )
        for c in one["comparisons"]
    )
    if not any(finite(c["estimate"]) for c in one["comparisons"]):  # a test of equal means has no estimate
        columns, rows = (*columns[:2], *columns[5:]), tuple((*row[:2], *row[5:]) for row in rows)
    caption = f"Comparison of groups by {plain(', '.join(one['by']), 80)}: t test of a difference, F of a Wald test"
    return Table(f"group_comparisons_{place + 1}", caption, *_without_reasons(columns, rows), simulated)


def _between(comparison: Json) -> str:
    if comparison["contrast"] != "difference":
        return ""
    return f" {plain(comparison['groups'][-1], 40)} less {plain(comparison['groups'][0], 40)}"
