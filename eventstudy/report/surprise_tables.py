"""Response to the surprise on a page: one sentence per regression and a table of slopes at the reported bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.report.finding import finite, label_of, when
from eventstudy.report.key_figures import capital
from eventstudy.report.shown_units import unit_in
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import number, p_is

Json = Mapping[str, Any]
SIGNS = {"both": "", "positive": "positive ", "negative": "negative "}
MOST_PATHS = 6
NO_ERROR = "the observations of one date determine it"


def surprise_sentences(study: Json) -> tuple[str, ...]:
    """Return what one unit of the surprise moves up to the end of the primary window, with interval, R2 and n."""
    given = study.get("surprise")
    if not given:
        return ()
    paths: Sequence[Json] = given["paths"]
    said = [sentence for path in paths[:MOST_PATHS] for sentence in _sentences(study, given, path)]
    return (*said, f"The table has {len(paths) - MOST_PATHS} more.") if len(paths) > MOST_PATHS else tuple(said)


def _sentences(study: Json, given: Json, path: Json) -> Iterator[str]:
    level = float((study.get("primary") or {}).get("level", 0.95))
    who, unit, moves = _who(path), _unit(given), unit_in(study)
    if path["reason"]:
        kind = f"{SIGNS[path['sign']]}surprise"
        yield f"No slope on the {kind}{f' for {who}' if who else ''}: {plain(path['reason'])}."
        return
    place = _place(study, path)
    window = _window(path["tau"][place])
    slope, low, high = (path[name][place] for name in ("slope", "low", "high"))
    if not finite(slope):
        return
    if path["sign"] == "negative":  # the slope is per unit, and a negative surprise is minus one of it
        slope, low, high = -slope, -high, -low
    subject = who if path["instrument"] or not who else f"prices on {who}"
    verb = f"moved {subject or 'prices'} by {moves.of(slope)}"
    numbers = [f"{level * 100:g}% interval {moves.show(low)} to {moves.of(high)}", p_is(path["pvalue"][place])]
    if not finite(low):
        numbers = [f"no standard error, {NO_ERROR}"]
    numbers += [f"R2 = {number(path['r2'][place])}", f"{path['n'][place]:,} {'releases' if who else 'events'}"]
    yield f"A {SIGNS[path['sign']]}surprise of {unit} {verb} {when(study, window)} ({', '.join(numbers)})."
    tests = []
    if finite(path["path_pvalue"]):
        tests.append(f"{p_is(path['path_pvalue'])} by random orders of the surprises")
    if finite(path["path_placebo_pvalue"]):
        tests.append(f"{p_is(path['path_placebo_pvalue'])} against {path['placebo_days']} placebo days")
    if tests:
        yield f"All bars after the event together: {'; '.join(tests)}."


def _who(path: Json) -> str:
    return " on ".join(plain(str(path[name]), 40) for name in ("instrument", "label") if path[name])


def _unit(given: Json) -> str:
    return "one standard deviation" if given["standardized"] else f"one unit of {plain(given['measure'], 60)}"


def _window(tau: int) -> tuple[int, int]:
    return (0, tau) if tau >= 0 else (tau, -1)


def _place(study: Json, path: Json) -> int:
    """Return the place of the last bar of the primary window, or of the last bar."""
    tau = list(path["tau"])
    stop = (study.get("primary") or {}).get("window", (0, tau[-1]))[1]
    return tau.index(stop) if stop in tau else len(tau) - 1


def surprise_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return the slopes at the ends of the reported windows, one row per regression and bar."""
    given = study.get("surprise")
    if not given:
        return ()
    columns = (
        *((Column("instrument", "Instrument"),) if any(p["instrument"] for p in given["paths"]) else ()),
        *((Column("label", plain(given["by"], 40)),) if given["by"] else ()),
        *((Column("sign", "Sign"),) if any(p["sign"] != "both" for p in given["paths"]) else ()),
        Column("window", "Window"),
        Column("slope", "Slope, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("joint_low", "Joint low, bp", "bp"),
        Column("joint_high", "Joint high, bp", "bp"),
        Column("pvalue", "p", "pvalue"),
        Column("permutation_pvalue", "p, permutation", "pvalue"),
        Column("placebo_pvalue", "p, placebo days", "pvalue"),
        Column("r2", "R2", "number"),
        Column("n", "N", "count"),
    )
    named = [column.name for column in columns]
    rows = [tuple(row[name] for name in named) for path in given["paths"] for row in _rows(study, path)]
    kept = [i for i, name in enumerate(named) if "placebo" not in name or any(finite(row[i]) for row in rows)]
    weights = "weighted by inverse variance" if given["weights"] == "volatility" else "equal weights"
    caption = f"Slope of the CAR on the surprise, per {_unit(given)}; {weights}, {given['covariance']}"
    shown = tuple(tuple(row[i] for i in kept) for row in rows)
    table = Table("surprise", caption, tuple(columns[i] for i in kept), shown, simulated)
    return (table.in_unit(unit_in(study)),) if rows else ()


def _rows(study: Json, path: Json) -> Iterator[dict[str, Any]]:
    if path["reason"]:
        return
    tau = list(path["tau"])
    windows = [*(row["window"] for row in study.get("responses", ())), *(a["window"] for a in study["aggregates"])]
    stops = sorted({w[1] for w in windows if w[1] in tau} | {tau[-1]})
    numbers = ("slope", "low", "high", "joint_low", "joint_high", "pvalue", "permutation_pvalue", "placebo_pvalue")
    for stop in stops:
        at = tau.index(stop)
        yield {
            **{name: plain(str(path[name] or ""), 40) for name in ("instrument", "label", "sign")},
            "window": capital(label_of(study, _window(stop))),
            **{name: path[name][at] for name in (*numbers, "r2", "n")},
        }
