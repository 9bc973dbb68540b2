"""The event day beside its placebo days on a page: how many days each rule leaves out, and how alike the days are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventstudy.report.finding import finite
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import number

Json = Mapping[str, Any]
COMPARED = {"tests": "tests", "response": "intraday response"}
MEASURES = ("volatility", "volume", "spread")


def balance_sentences(study: Json) -> tuple[str, ...]:
    """Return how many days are compared, and how alike they are: of each observation, or of many in the median."""
    found: Sequence[Json] = study.get("placebo_balance", ())
    said: list[str] = []
    for kind in COMPARED:
        of_kind = [one for one in found if one["compared"] == kind]
        said += map(_said, of_kind) if len(of_kind) < 2 else [_summed_up(of_kind)]
    return tuple(said)


def _summed_up(found: Sequence[Json]) -> str:
    """Return the fewest, median and most placebo days of many observations, and the median of their ratios."""
    days = sorted(one["days"] for one in found)
    out: dict[str, int] = {}
    for one in found:
        for rule in one["left_out"]:
            out[rule["reason"]] = out.get(rule["reason"], 0) + rule["days"]
    middle = days[(len(days) - 1) // 2]
    counted = f"{middle:,}" if days[0] == days[-1] else f"{days[0]:,} to {days[-1]:,} (median {middle:,})"
    kind = COMPARED[found[0]["compared"]]
    said = f"Each of {len(found):,} observations is compared with {counted} placebo days ({kind})."
    rules = ", ".join(f"{count / len(found):,.0f} ({plain(reason)})" for reason, count in out.items())
    said += f" Days left out per observation: {rules}." if out else ""
    ratios = {name: _ratios(found, name) for name in MEASURES}
    words = [f"{name} {number(values[(len(values) - 1) // 2], 2)}" for name, values in ratios.items() if values]
    if words:
        said += f" {BEFORE}: {', '.join(words)} in the median of the observations."
    return said


BEFORE = "Before the news, the event day had, as multiples of the median placebo day"


def _ratios(found: Sequence[Json], measure: str) -> list[float]:
    rows = [row["ratio"] for one in found for row in one["measures"] if row["measure"] == measure]
    return sorted(ratio for ratio in rows if finite(ratio))


def _said(one: Json) -> str:
    days, of, where = one["days"], one["candidates"], COMPARED[one["compared"]]
    said = f"{plain(one['event'], 60)} on {plain(one['instrument'], 40)} ({where}): "
    said += f"{days:,} of {of:,} days are placebo days"
    out = ", ".join(f"{rule['days']:,} ({plain(rule['reason'])})" for rule in one["left_out"])
    said += f"; left out: {out}." if out else "."
    ratios = [f"{row['measure']} {number(row['ratio'], 2)}" for row in _measures(one) if finite(row["ratio"]) and days]
    if ratios:
        said += f" {BEFORE}: {', '.join(ratios)}."
    if finite(one["breakdown"]):
        said += (
            " The move is significant unless the event day was at least "
            f"{number(one['breakdown'], 2)} times as volatile as the placebo days."
        )
    return said


def _measures(one: Json) -> list[Json]:
    return [row for row in one["measures"] if row["measure"] in MEASURES]


def balance_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one row per observation: its days, and the event day as a multiple of their median."""
    found: Sequence[Json] = study.get("placebo_balance", ())
    if not found:
        return ()
    present = {row["measure"] for one in found for row in _measures(one)}
    shown = [name for name in MEASURES if name in present]
    columns = (
        Column("event", "Event"),
        Column("instrument", "Instrument"),
        Column("compared", "Compared"),
        Column("days", "Placebo days", "count"),
        Column("left_out", "Left out", "count"),
        Column("weekday", "Weekday"),
        Column("same_weekday", "Of them that weekday"),
        *(Column(name, f"{HEADS[name]}, ratio", "number") for name in shown),
        Column("breakdown", "Breakdown volatility", "number"),
    )
    rows = [_row(one, shown) for one in found]
    caption = "The event day before the news as a multiple of the median of its placebo days"
    return (Table("placebo_balance", caption, columns, tuple(rows), simulated),)


HEADS = {"volatility": "Volatility", "volume": "Volume", "spread": "Bid-ask spread"}


def _row(one: Json, shown: Sequence[str]) -> tuple[Cell, ...]:
    by_name = {row["measure"]: row for row in one["measures"]}
    day = by_name.get("weekday")
    same = "" if day is None or not finite(day["median"]) else f"{day['median'] * 100:.0f}%"
    return (
        plain(one["event"], 60),
        plain(one["instrument"], 40),
        COMPARED[one["compared"]],
        one["days"],
        one["candidates"] - one["days"],
        day["label"] if day else "",
        same,
        *(by_name[name]["ratio"] if name in by_name else None for name in shown),
        one["breakdown"],
    )
