"""The intraday response for a reader: one table to act on, and each number in a sentence that needs no statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp, p_is

Json = Mapping[str, Any]

PATTERNS = {
    "none": "No move that an ordinary day at this hour would not make.",
    "held": "The move came and stayed.",
    "partly given back": "The move came, and part of it was given back.",
    "overshoot": "The price overshot: at least half of its largest move was gone at the end of the window.",
    "still moving": "The price was still moving the same way at the end of the window.",
    "unknown": "Too few comparable days to tell this move from an ordinary one.",
}
MISSING = {
    "first_significant": "There is no first significant moment",
    "half_life": "There is no half-life",
    "reversal": "There is no reversal to speak of",
    "leak": "The time before the news cannot be judged",
}


def response_table(rows: Sequence[Json], *, simulated: bool) -> Table:
    """Return one row per event and instrument, from the rows of ``eventstudy.response.rows``."""
    labels = list(dict.fromkeys(label for row in rows for label in row["moves"]))
    several = len({row["event"] for row in rows}) > 1
    joint = any(row["joint_pvalue"] is not None for row in rows)
    columns = [
        *([Column("event", "Event")] if several else []),
        Column("instrument", "Instrument"),
        *(Column(label, label, "bp") for label in labels),
        Column("pvalue", f"p {labels[-2]}", "pvalue"),
        Column("path_pvalue", "p path", "pvalue"),
        *([Column("joint_pvalue", "p joint", "pvalue")] if joint else []),
        Column("half_life", "Half-life, min", "count"),
        Column("reversal", "Reversal, %", "count"),
        Column("leak", "Leak, bp", "bp"),
        Column("volume", "Volume, x", "number"),
        Column("pattern", "Shape"),
    ]
    turned = ", ".join(dict.fromkeys(plain(row["instrument"], 40) for row in rows if row["sign"] < 0))
    caption = "The response to the news: moves since the last price before it, in basis points of log return"
    caption += f"; turned about, so that signs compare: {turned}" if turned else ""
    return Table("response", caption, tuple(columns), tuple(_cells(row, columns) for row in rows), simulated)


def _cells(row: Json, columns: Sequence[Column]) -> tuple[Any, ...]:
    reversal = row["reversal"]
    moves = {label: None if move is None else row["sign"] * move for label, move in row["moves"].items()}
    told = {**row, **moves, "reversal": None if reversal is None else round(100 * reversal)}
    words = {name: plain(told[name], 64) for name in ("event", "instrument", "pattern")}
    return tuple({**told, **words}[column.name] if column.name in told else None for column in columns)


def told(row: Json) -> str:
    """Return what one row says, one plain sentence per number, with the caveats that apply to it and no others."""
    return f"{plain(row['instrument'], 60)}: " + " ".join(filter(None, _sentences(row)))


def _sentences(row: Json) -> Iterator[str]:
    yield PATTERNS.get(row["pattern"], "")
    first = row["moves"].get("first")
    if first is not None:
        yield f"The first price after the news was {bp(first)} bp from the last one before it.{_late(row)}"
    for label, value in row["moves"].items():
        if value is not None and label == list(row["moves"])[-2]:
            yield f"{_horizon(label)} it was {bp(value)} bp{_how_rare(row)}."
    if row["half_life"] is not None:
        yield f"Half of the move was made {_minutes(row)} trading minutes after the last price before the news."
    if row["reversal"] is not None:
        share, ends = 100 * row["reversal"], _between(row)
        back = f"{share:.0f} % of the first answer was given back by the end of the window{ends}."
        yield back if share >= 0 else f"The first answer grew by {-share:.0f} % until the end of the window{ends}."
    if row["leak"] is not None:
        yield _before(row)
    if row["volume"] is not None:
        yield f"Volume in the window was {row['volume']:.1f} times that of a usual day."
    if row["pattern"] == "none":
        yield "How fast it was and how much of it stayed is not told of a move like this."
    else:
        yield from (f"{MISSING.get(name, name)}: {reason}." for name, reason in row["reasons"].items())
    yield from (f"Note: {plain(note, 300)}." for note in row["notes"])


def _horizon(label: str) -> str:
    """Return a horizon as a sentence begins with it: ``+60 min`` is 60 minutes after the news, others are names."""
    return f"{label[1:]} after the news" if label.startswith("+") else f"At the {label}"


def _how_rare(row: Json) -> str:
    days, p, joint = row["placebo_days"], row["pvalue"], row["joint_pvalue"]
    if p is None or not days:
        return ""
    several = "" if joint is None else f"; {p_is(joint)} corrected for looking at several instruments"
    if abs(row["smallest_pvalue"] * (days + 1) - 1) > 1e-9:
        return f", {p_is(p)} among {days} comparable days, some of which count less{several}"
    count = round(p * (days + 1)) - 1
    return f", and on {count or 'none'} of {days} comparable days as much ({p_is(p)}{several})"


def _minutes(row: Json) -> str:
    low, high = row["intervals"]["half_life"]
    spread = f" ({low:.0f} to {high:.0f})" if low is not None and high is not None else ""
    return f"{row['half_life']:.0f}{spread}"


def _late(row: Json) -> str:
    if row["merged_minutes"] is None:
        return ""
    return f" Between the two lie {row['merged_minutes']:.0f} minutes: the news came at some moment of them."


def _between(row: Json) -> str:
    """Return the interval of the reversal as the end of a sentence."""
    low, high = row["intervals"]["reversal"]
    if low is None or high is None:
        return ""
    return f" (it could be anything from {100 * low:.0f} to {100 * high:.0f} %)"


def _before(row: Json) -> str:
    """Return what the price did before the news, already signed by what it did after it."""
    early = row["leak_pvalue"] is not None and row["leak_pvalue"] < 0.05
    verdict = "more than ordinary, so a leak or a late timestamp" if early else "nothing out of the ordinary"
    size = bp(abs(row["leak"]), signed=False)
    way = "" if size == "0.0" else " the way it went afterwards" if row["leak"] > 0 else " against the way it then went"
    return f"Before the news the price moved {size} bp{way}: {verdict}."


def response_text(rows: Sequence[Json], *, simulated: bool, most: int = 40) -> str:
    """Return the table and its notes for a terminal; nothing for an empty response."""
    from eventstudy.report.tables import text_table

    if not rows:
        return ""
    notes: dict[str, list[str]] = {}
    for row in rows[:most]:
        for note in row["notes"]:
            notes.setdefault(plain(note, 300), []).append(plain(row["instrument"], 60))
    told = (f"note {', '.join(dict.fromkeys(codes))}: {note}" for note, codes in notes.items())
    return "\n".join([text_table(response_table(rows[:most], simulated=simulated)), *told])
