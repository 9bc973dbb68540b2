"""Response to the surprise on a page: one sentence per regression and a table of slopes at the reported bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.arrays import value
from eventstudy.report.finding import finite, label_of, when
from eventstudy.report.key_figures import capital
from eventstudy.report.shown_units import unit_in
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import count_of, number, p_is

Json = Mapping[str, Any]
SIGNS = {"both": "", "positive": "positive ", "negative": "negative "}
MOST_PATHS = 6
NO_ERROR = "the observations of one date determine it"


@value(slots=True)
class Slope:
    """The slope on the surprise up to the end of the primary window, for a sentence.

    ``slope``, ``low`` and ``high`` are the move after a surprise of the ``sign``; after a negative one it is minus one
    times the slope per unit. ``who`` names the instrument and the value of ``by``, ``within`` says when,
    ``count`` how many events, ``path`` is the regression.
    """

    who: str
    sign: str
    slope: float
    low: float
    high: float
    pvalue: float
    r2: float
    window: tuple[int, int]
    within: str
    count: str
    path: Json


def slopes_of(study: Json) -> Iterator[Slope]:
    """Yield the slope of every regression that has one."""
    for path in study["surprise"]["paths"]:
        place = None if path["reason"] else _place(study, path)
        if place is None or not finite(path["slope"][place]):
            continue
        slope, low, high = (path[name][place] for name in ("slope", "low", "high"))
        if path["sign"] == "negative":
            slope, low, high = (-one if finite(one) else one for one in (slope, high, low))
        window, who = _window(path["tau"][place]), _who(path)
        count = count_of(path["n"][place], "event")
        numbers = (slope, low, high, path["pvalue"][place], path["r2"][place])
        yield Slope(who, path["sign"], *numbers, window, within(study, window), count, path)


def within(study: Json, window: tuple[int, int]) -> str:
    """Return when a move was: ``within 5 minutes`` where the clock of all events tells, else ``over bars 0 to +4``."""
    clock = study.get("horizons", {}).get(window[1]) if window[0] == 0 else ""
    return f"within {clock}" if clock else when(study, window)


def named(one: Slope) -> str:
    """Return what a surprise moved: ``EURUSD``, ``EURUSD on CPI``, ``prices on CPI``, ``prices``."""
    return one.who if one.path["instrument"] else f"prices on {one.who}" if one.who else "prices"


def together(path: Json) -> tuple[str, ...]:
    """Return the p-values of all bars after the event together."""
    tests = []
    if finite(path["path_pvalue"]):
        tests.append(f"{p_is(path['path_pvalue'])} by random orders of the surprises")
    if finite(path["path_placebo_pvalue"]):
        tests.append(f"{p_is(path['path_placebo_pvalue'])} against {path['placebo_days']} placebo days")
    return (f"all bars after the event together: {', '.join(tests)}",) if tests else ()


def surprise_sentences(study: Json) -> tuple[str, ...]:
    """Return what one unit of the surprise moves up to the end of the primary window, with interval, R2 and n."""
    given = study.get("surprise")
    if not given:
        return ()
    paths: Sequence[Json] = given["paths"]
    found = {id(one.path): one for one in slopes_of(study)}
    said = [sentence for path in paths[:MOST_PATHS] for sentence in _sentences(study, path, found.get(id(path)))]
    return (*said, f"The table has {len(paths) - MOST_PATHS} more.") if len(paths) > MOST_PATHS else tuple(said)


def _sentences(study: Json, path: Json, one: Slope | None) -> Iterator[str]:
    if path["reason"]:
        who = _who(path)
        kind = f"{SIGNS[path['sign']]}surprise"
        yield f"No slope on the {kind}{f' for {who}' if who else ''}: {plain(path['reason'])}."
    if one is None:
        return
    level = float((study.get("primary") or {}).get("level", 0.95))
    unit = unit_in(study)
    numbers = [f"{level * 100:g}% interval {unit.show(one.low)} to {unit.of(one.high)}", p_is(one.pvalue)]
    if not finite(one.low):
        numbers = [f"no standard error, {NO_ERROR}"]
    numbers += [f"R2 = {number(one.r2)}", one.count]
    verb = f"moved {named(one)} by {unit.of(one.slope)} {one.within}"
    yield f"A {SIGNS[one.sign]}surprise of {unit_words(study['surprise'])} {verb} ({', '.join(numbers)})."
    yield from (f"{capital(tests)}." for tests in together(path))


def _who(path: Json) -> str:
    return " on ".join(plain(str(path[name]), 40) for name in ("instrument", "label") if path[name])


def unit_words(given: Json) -> str:
    """Return what one unit of the surprise is."""
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
    caption = f"Slope of the CAR on the surprise, per {unit_words(given)}; {weights}, {given['covariance']}"
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
