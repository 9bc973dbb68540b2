"""The top of a page about one event on one or a few instruments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.windows import Window
from eventstudy.report.figure_data import first_window, placebo_days, window_words
from eventstudy.report.finding import finite, primary_test, words
from eventstudy.report.large import (
    Large,
    adjusted,
    daily,
    interval,
    kept,
    with_interval,
)
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, local, p_is, share

if TYPE_CHECKING:
    from eventstudy.response.values import Move, Response
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
# Tests whose p-value is a count of comparable days.
COUNTED = {"placebo", "standardized_placebo"}


def _responses(result: StudyResult) -> dict[tuple[str, str], Response]:
    return {(r.event, r.instrument): r for r in result.response or ()}


def _rows(result: StudyResult) -> list[Json]:
    window = first_window(result)
    return [r for r in result.tables()["responses"] if r["window"] == [window.start, window.stop]]


def single(result: StudyResult) -> tuple[tuple[Large, ...], Table, tuple[str, ...]]:
    rows, found = _rows(result), _responses(result)
    first = rows[0]
    response = found.get((first["event"], first["instrument"]))
    return _four_single(result, first, response), *_instrument_table(result, rows, found)


def _ends(result: StudyResult, row: Json, response: Response | None) -> tuple[Any, Any]:
    """Return the interval of a move: that of the test whose p-value stands beside it, else that of the response."""
    chosen = primary_test(result.tables(0), row["tests"])
    test: Json = chosen[1] if chosen else {}
    if not finite(test.get("low")) and response is not None and first_window(result) == Window(0, 0):
        return response.first.low, response.first.high
    return test.get("low"), test.get("high")


def _four_single(result: StudyResult, row: Json, response: Response | None) -> tuple[Large, ...]:
    unit, window = unit_of(result.spec), first_window(result)
    value = float(row.get("bhar", row["car"]) or math.nan)
    several = len(result.abnormal) > 1
    name = f"{plain(row['instrument'], 30)}, " if several else ""
    move = Large(
        f"{name}{window_words(result, window, 0)}" if several else f"Move, {window_words(result, window, 0)}",
        unit.show(value),
        unit.name,
        with_interval(result, value, *_ends(result, row, response)),
    )
    return (move, _unusual(result, row), *_after(result, row, response))


def _unusual(result: StudyResult, row: Json) -> Large:
    """Return on how many comparable days the move was as large, or the p-value where there are none."""
    study = result.tables(0)
    chosen, raw = primary_test(study, row["tests"]), row["tests"].get("placebo", {})
    if finite(raw.get("pvalue")):
        n = int(raw["n"])
        as_large = round(float(raw["pvalue"]) * (n + 1)) - 1
        said = f"comparable days moved at least as much; {p_is(raw['pvalue'])}"
        if chosen is not None and chosen[0] != "placebo":
            said += f"; {p_is(chosen[1]['pvalue'])} with the {words(chosen[0])} test, which is primary"
        return Large("How unusual", f"{as_large} of {n}", "", said)
    if chosen is None:
        return Large("How unusual", "n/a", "", "no test has a p-value")
    name, test = chosen
    return Large("How unusual", p_is(test["pvalue"]), "", f"{words(name)} test{adjusted(study, test)}")


def _after(result: StudyResult, row: Json, response: Response | None) -> tuple[Large, ...]:
    """Return when half of the move was there and what remained; of a study without a response its other windows."""
    if response is None:
        return _windows(result, row)
    return _half(response), _remained(result, response)


def _half(response: Response) -> Large:
    estimate = response.number("t50")
    if not estimate.defined:
        return Large(
            "Half of the move", "n/a", "", plain(estimate.reason or "not defined for a move of this size", 160)
        )
    from eventstudy.response.response_rows import minutes_after_news

    low, high = minutes_after_news(response, "t50") or (estimate.value, estimate.value)
    said = "after the last price before the news"
    if high - low > 1e-9:
        said += f"; the news itself may have come up to {high - low:.0f} min later"
    if finite(estimate.low) and finite(estimate.high):
        said += f". {share(response.level)} interval {estimate.low:.0f} to {estimate.high:.0f} min"
    return Large("Half of the move", f"{estimate.value:.0f}", "min", said)


def _remained(result: StudyResult, response: Response) -> Large:
    from eventstudy.response.response_rows import last_horizon

    unit, last = unit_of(result.spec), last_horizon(response)
    if last.at is None or last is response.first:
        return Large("Still there later", "n/a", "", "no later horizon was reached")
    when = local(last.at, response.zone, "%H:%M")
    first = response.first.value
    kept = f"{100 * last.value / first:.0f}% of the first move. " if first and last.value / first > 0 else ""
    said = f"{kept}{share(response.level)} interval {interval(unit, last.low, last.high)}"
    return Large(f"Since then, at {when}", unit.show(last.value), unit.name, said)


def _windows(result: StudyResult, row: Json) -> tuple[Large, ...]:
    """Return two further windows of one response, or what its model says."""
    pair, unit = (row["event"], row["instrument"]), unit_of(result.spec)
    others = [
        r
        for r in result.tables()["responses"]
        if (r["event"], r["instrument"]) == pair and r["window"] != row["window"] and finite(r["car"])
    ]
    made = []
    for other in others[:2]:
        chosen = primary_test(result.tables(0), other["tests"])
        said = f"{p_is(chosen[1]['pvalue'])}" if chosen else ""
        label = window_words(result, Window(*other["window"]), 0)
        value = other.get("bhar", other["car"])
        made.append(Large(label[:1].upper() + label[1:], unit.show(value), unit.name, said))
    if len(made) < 2 and finite(row.get("se")) and row["se"] > 0:
        times = abs(row["car"]) / row["se"]
        said = f"standard deviations of such a window ({unit.of(row['se'], signed=False)} each)"
        made.append(Large("Size of the move", f"{times:.1f}", "", said))
    return tuple(made)


def _instrument_table(
    result: StudyResult, rows: Sequence[Json], found: Mapping[tuple[str, str], Response]
) -> tuple[Table, tuple[str, ...]]:
    """Return one row per instrument: move, interval, p from one set of days, and what came later."""
    unit, study = unit_of(result.spec), result.tables(0)
    responses = [found.get((r["event"], r["instrument"])) for r in rows]
    labels = list(dict.fromkeys(m.label for r in responses if r for m in r.moves))[-2:]
    days = placebo_days(result, first_window(result))
    name = f", {unit.name}" if unit.name else ""
    columns = [
        Column("instrument", "Instrument"),
        Column("window", "Window"),
        Column("move", f"Move{name}", "words"),
        Column("interval", f"{share(result.spec.level)} interval", "words"),
        Column("days", "Days as large", "words"),
        Column("p", f"p, {_test_name(result, rows)}", "pvalue"),
        Column("adjusted", "p, adjusted", "pvalue"),
        Column("before", f"Before{name}", "words"),
        *(Column(f"later_{i}", f"{label[:1].upper()}{label[1:]}{name}", "words") for i, label in enumerate(labels)),
        Column("volume", "Volume, × usual", "words"),
    ]
    cells = []
    for place, (row, response) in enumerate(zip(rows, responses, strict=True)):
        chosen = primary_test(study, row["tests"])
        raw = row["tests"].get("placebo", {})
        count = ""
        if finite(raw.get("pvalue")) and days:
            count = f"{round(raw['pvalue'] * (raw['n'] + 1)) - 1} of {raw['n']}"
        moves = {m.label: m for m in response.moves} if response else {}
        volume = (
            next((a.window.value for a in response.activity if a.name == "volume"), math.nan) if response else math.nan
        )
        drift = response.number("pre_event_drift").value if response else math.nan
        adjusted: Any = response.first.joint_pvalue if response and first_window(result) == Window(0, 0) else math.nan
        if chosen is not None and not math.isfinite(adjusted):
            adjusted = chosen[1].get("adjusted_pvalue")
        cells.append(
            (
                plain(row["instrument"], 60),
                window_words(result, first_window(result), place),
                unit.show(row.get("bhar", row["car"])),
                interval(unit, *_ends(result, row, response)),
                count,
                chosen[1]["pvalue"] if chosen else None,
                adjusted if finite(adjusted) else None,
                unit.show(drift) if math.isfinite(drift) else "",
                *(_shown(unit, moves.get(label)) for label in labels),
                f"{volume:.1f}" if math.isfinite(volume) else "",
            )
        )
    caption = f"Abnormal {variable_name(result.spec)} in {unit.words}" + (" (100 bp = 1%)" if unit.name == "bp" else "")
    table = Table("front", caption, *kept(tuple(columns), tuple(cells)), result.simulated)
    return table, _table_notes(result, rows, days)


def _test_name(result: StudyResult, rows: Sequence[Json]) -> str:
    chosen = primary_test(result.tables(0), rows[0]["tests"])
    return words(chosen[0]) if chosen else "no test"


def _shown(unit: Unit, move: Move | None) -> str:
    return unit.show(move.value) if move is not None and math.isfinite(move.value) else "n/a"


def _table_notes(result: StudyResult, rows: Sequence[Json], days: Sequence[Any]) -> tuple[str, ...]:
    """Return what the columns are counted among, and when the earlier and later moves are read."""
    if not (days and len(days[0])):
        return ()
    counts = sorted({len(d) for d in days})
    n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    others = f"{n} windows of other days" if daily(result) else f"the same hours of {n} comparable days"
    chosen = primary_test(result.tables(0), rows[0]["tests"])
    counted = chosen is not None and chosen[0] in COUNTED
    notes = [f"Every p compares with {others}." if counted else f"Days as large are counted among {others}."]
    if result.response:
        notes[0] += " Before: drift up to the last price before."
    return (*notes, *_other_days(result, rows, days))


def _other_days(result: StudyResult, rows: Sequence[Json], days: Sequence[Any]) -> tuple[str, ...]:
    """Return why the response by the minute has other comparable days than the test of the window, if it has."""
    found = _responses(result)
    pairs = [((row["event"], row["instrument"]), len(own)) for row, own in zip(rows, days, strict=True)]
    differing = [found[pair].placebo_days for pair, n in pairs if pair in found and found[pair].placebo_days != n]
    if not differing:
        return ()
    return (
        "The test of the window takes the days that have a close at both ends of it. The response by the minute reads "
        f"the last trade before each minute instead and so has up to {max(differing)} days; its p-values and intervals "
        "differ a little for this reason.",
    )
