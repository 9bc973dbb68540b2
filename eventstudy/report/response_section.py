"""The intraday response for a reader: one table to act on, and each number in a sentence that needs no statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp, p_is

Json = Mapping[str, Any]

PATTERNS = {
    "no detectable move": "The move is not larger than those of comparable days.",
    "sustained": "The move was sustained to the end of the window.",
    "partly retraced": "Part of the move was retraced by the end of the window.",
    "overshoot": "The price overshot: at least half of its largest move was gone at the end of the window.",
    "continuing": "The price was still moving the same way at the end of the window.",
    "not classified": "There are too few comparable days to classify the move.",
}
MISSING = {
    "first_significant": "No first exit from the band",
    "t50": "No time to 50%",
    "reversal": "No reversal",
    "pre_event_drift": "No pre-event drift",
}


def response_table(rows: Sequence[Json], *, simulated: bool) -> Table:
    """Return one row per event and instrument, from the rows of ``eventstudy.response.response_rows``."""
    labels = list(dict.fromkeys(label for row in rows for label in row["moves"]))
    several = len({row["event"] for row in rows}) > 1
    joint = any(row["joint_pvalue"] is not None for row in rows)
    columns = [
        *([Column("event", "Event")] if several else []),
        Column("instrument", "Instrument"),
        *(Column(label, label, "bp") for label in labels),
        Column("pvalue", f"p, {rows[0]['horizon'] if rows else labels[0]}", "pvalue"),
        Column("path_pvalue", "p, entire path", "pvalue"),
        *([Column("joint_pvalue", "p, adjusted (instruments)", "pvalue")] if joint else []),
        Column("t50", "Time to 50%, min", "count"),
        Column("reversal", "Reversal, %", "count"),
        Column("pre_event_drift", "Pre-event drift, bp", "bp"),
        Column("volume", "Volume ratio", "number"),
        Column("pattern", "Pattern"),
    ]
    turned = ", ".join(dict.fromkeys(plain(row["instrument"], 40) for row in rows if row["sign"] < 0))
    caption = "The response to the news: moves since the last price before it, in basis points of log return"
    caption += f"; turned about, so that signs compare: {turned}" if turned else ""
    return Table("response", caption, tuple(columns), tuple(_cells(row, columns) for row in rows), simulated)


def _cells(row: Json, columns: Sequence[Column]) -> tuple[Any, ...]:
    reversal = row["reversal"]
    moves = {label: None if move is None else row["sign"] * move for label, move in row["moves"].items()}
    shown = {**row, **moves, "reversal": None if reversal is None else round(100 * reversal)}
    words = {name: plain(shown[name], 64) for name in ("event", "instrument", "pattern")}
    return tuple({**shown, **words}[column.name] if column.name in shown else None for column in columns)


def row_sentences(row: Json) -> str:
    """Return what one row says, one plain sentence per number, with the caveats that apply to it and no others."""
    return f"{plain(row['instrument'], 60)}: " + " ".join(filter(None, _sentences(row)))


def _sentences(row: Json) -> Iterator[str]:
    yield PATTERNS.get(row["pattern"], "")
    first = row["moves"].get("first")
    if first is not None:
        yield f"The first price after the news was {bp(first)} bp from the last one before it.{_late(row)}"
    move = row["moves"].get(row["horizon"])
    if move is not None and row["horizon"] != "first":
        yield f"{_horizon(row['horizon'])} it was {bp(move)} bp{_how_rare(row)}."
    yield _two_verdicts(row)
    yield _time_matters(row)
    if row["t50"] is not None:
        yield _half(row)
    if row["reversal"] is not None:
        share, ends = 100 * row["reversal"], _between(row)
        back = f"{share:.0f}% of the initial response was reversed by the end of the window{ends}."
        yield back if share >= 0 else f"The initial response grew by {-share:.0f}% until the end of the window{ends}."
    if row["pre_event_drift"] is not None:
        yield _before(row)
    if row["volume"] is not None:
        yield f"Volume in the window was {row['volume']:.1f} times the median of comparable days."
    if row["pattern"] == "no detectable move":
        yield "Speed and persistence are not reported for a move of this size."
    else:
        yield from (f"{MISSING.get(name, name)}: {reason}." for name, reason in row["reasons"].items())
    yield from (f"Note: {plain(note, 300)}." for note in row["notes"])


def _half(row: Json) -> str:
    """Return when half of the move was reached, counted from both ends of the event interval."""
    low, high = row["times"]["t50"]
    start = f"Half of the move {_horizon(row['horizon']).replace('After', 'after')} was reached"
    if high - low < 1e-9:
        return f"{start} {high:.0f} min after the last price before it{_ends(row)}."
    return f"{start} between {low:.0f} and {high:.0f} min after the news; the range reflects the uncertain time."


def _horizon(label: str) -> str:
    """Return a horizon as a sentence begins with it: ``+60 min`` is 60 minutes after the news, others are names."""
    return f"{label[1:]} after the news" if label.startswith("+") else f"At the {label}"


def _how_rare(row: Json) -> str:
    """Return the raw count of comparable days with its p-value, and the primary one where it is another."""
    p, joint, raw = row["pvalue"], row["joint_pvalue"], row["placebo"]
    if p is None or not raw["days"]:
        return ""
    several = "" if joint is None else f"; {p_is(joint)}, adjusted for several instruments"
    count = raw["as_large"] or "none"
    moved = f"; on {count} of {raw['days']} comparable days the price moved as much"
    if row["regime"] is None:
        return f"{moved} ({p_is(p)}{several})"
    return f"{moved} ({p_is(raw['pvalue'])}); scaled by volatility before the news {p_is(p)}{several}"


def _ends(row: Json) -> str:
    low, high = row["intervals"]["t50"]
    known = low is not None and high is not None and f"{low:.0f}" != f"{high:.0f}"
    return f" ({low:.0f} to {high:.0f})" if known else ""


def _late(row: Json) -> str:
    if row["merged_minutes"] is None:
        return ""
    return f" Between the two lie {row['merged_minutes']:.0f} minutes: the news came at some moment of them."


def _between(row: Json) -> str:
    """Return the interval of the reversal as the end of a sentence."""
    low, high = row["intervals"]["reversal"]
    if low is None or high is None:
        return ""
    return f" (95% interval {100 * low:.0f} to {100 * high:.0f}%)"


def _before(row: Json) -> str:
    """Return what the price did before the news, with its own sign."""
    drift, p = row["pre_event_drift"], row["pre_event_pvalue"]
    rare = "" if p is None else f" ({p_is(p)})"
    early = p is not None and p <= 0.05
    possible = " Earlier publication is possible." if early else ""
    return f"Before the news the price moved {bp(drift)} bp{rare}.{possible}"


def _two_verdicts(row: Json) -> str:
    """Return that the standardized test and the raw count differ at the 5% level, where they do."""
    p, raw = row["pvalue"], row["placebo"]["pvalue"]
    if p is None or raw is None or row["regime"] is None or (p <= 0.05) == (raw <= 0.05):
        return ""
    why = f"volatility before the news was {row['regime']:.1f} times that of the comparable days"
    return f"Without scaling by volatility {p_is(raw)}; the standardized test is primary, because {why}."


def _time_matters(row: Json) -> str:
    """Return how the move depends on when the news came, where the latest time would change what is found."""
    moves = row["anchors"]
    if set(moves) != {"bracket", "earliest", "latest"} or any(move is None for move, _ in moves.values()):
        return ""
    (entire, p), (earliest, _), (latest, p_latest) = (moves[name] for name in ("bracket", "earliest", "latest"))
    differs = None not in (p, p_latest) and p <= 0.05 < p_latest
    if not (differs or abs(latest) < abs(entire) / 2) or (p is not None and p > 0.05):
        return ""
    rare = "" if p_latest is None else f" ({p_is(p_latest)})"
    return (
        f"{_horizon(row['horizon'])} the move was {bp(entire)} bp over the entire event interval, {bp(earliest)} bp if "
        f"the news came at its start and {bp(latest)} bp{rare} if it came at its end: the result depends on the "
        "assumed time."
    )


def response_text(rows: Sequence[Json], *, simulated: bool, most: int = 40) -> str:
    """Return the table and its notes for a terminal; nothing for an empty response."""
    from eventstudy.report.tables import text_table

    if not rows:
        return ""
    notes: dict[str, list[str]] = {}
    for row in rows[:most]:
        for note in row["notes"]:
            notes.setdefault(plain(note, 300), []).append(plain(row["instrument"], 60))
    shown = (f"note {', '.join(dict.fromkeys(codes))}: {note}" for note, codes in notes.items())
    return "\n".join([text_table(response_table(rows[:most], simulated=simulated)), *shown])
