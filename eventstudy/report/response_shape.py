"""The intraday response as tables and sentences: moves, speed, leak, anchors, activity, what came in between."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstudy.report.across_events import across_tables
from eventstudy.report.response_section import row_sentences
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import both_clocks, bp, local, p_is, pvalue

if TYPE_CHECKING:
    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.response.values import Estimate, Response

MOST_RESPONSES, MOST_SUMMARIZED, MOST_LOOKED_AT = 12, 3, 200
MOST_LISTED, FIRST_LISTED = 5, 3
MEASURES = {
    "first_significant": "First exit from the simultaneous band",
    "t50": "Time to 50% of the move",
    "t90": "Time to 90% of the move",
    "peak": "Largest move",
    "peak_minutes": "Time of peak",
    "absorbed_share": "Absorbed in the first minutes",
    "jump_share": "Move in jumps",
    "jump_variance": "Variance due to jumps",
    "median_move": "Move between medians, 5 to 15 min before and 15 to 25 after",
    "overshoot": "Overshoot beyond the final move",
    "retracement": "Retracement from peak",
    "reversal": "Reversal of the initial response",
    "pre_event_drift": "Pre-event drift",
    "pre_event_share": "Pre-event share of the move",
    "next_close": "Move to the next close",
    "days_later": "Move days later",
    "permanent_share": "Remaining at next close",
}
PATTERNS = {
    "no detectable move": "no detectable move",
    "sustained": "a sustained move",
    "partly retraced": "a move that was partly retraced",
    "overshoot": "an overshoot",
    "continuing": "a move still under way at the end",
    "not classified": "a pattern that cannot be classified",
}


# How a value of each kind is written, and the unit behind it.
UNITS: dict[str, tuple[Callable[[float], str], str]] = {
    "log": (bp, "bp"),
    "minutes": (lambda value: f"{value:.0f}", "min"),
    "share": (lambda value: f"{value * 100:.0f}", "%"),
    "multiple": (lambda value: f"{value:.1f}", "x"),
}


@dataclass(frozen=True, slots=True)
class ShapeParts:
    """What the response adds to a report: tables for the numbers, tables for the certainty, points, dangers."""

    numbers: tuple[Table, ...] = ()
    certainty: tuple[Table, ...] = ()
    sentences: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()


def shape_parts(responses: ResponseSet | None, *, simulated: bool) -> ShapeParts:
    """Return everything the page says of the response; nothing where none was computed."""
    from eventstudy.response.response_rows import table as rows_of

    if responses is None or not len(responses):
        return ShapeParts()
    shown = list(responses)[:MOST_RESPONSES]
    tables = (
        *across_tables(responses, simulated=simulated),
        moves_table(shown, simulated=simulated),
        shape_table(shown, simulated=simulated),
    )
    looked_at = list(responses)[:MOST_LOOKED_AT]
    named = [(name_of(response, looked_at), response) for response in looked_at]
    dangers = together((name, danger) for name, response in named for danger in dangers_of(response))
    dangers = [*assumed_minutes(named), *dangers]
    dangers += [f"{plain(e, 64)}, {plain(code, 40)}: {plain(reason)}" for e, code, reason in responses.skipped]
    certainty = (anchors_table(shown, simulated=simulated),)
    lines = tuple(row_sentences({**row, "notes": []}) for row in rows_of(shown[:MOST_SUMMARIZED]))
    if len(responses) > len(shown):
        lines = (*lines, f"The tables have {len(shown)} of {len(responses):,} responses; result.json has all of them.")
    return ShapeParts(tables, certainty, lines, tuple(map(sentence, shown)), tuple(dict.fromkeys(dangers)))


def name_of(response: Response, shown: Sequence[Response]) -> str:
    """Return the instrument, and the event too where there are several."""
    code = plain(response.instrument, 40)
    return code if len({r.event for r in shown}) == 1 else f"{code}, {plain(response.event, 64)}"


def estimate_words(estimate: Estimate) -> str:
    """Return a number with its interval, which may have one end only, or n/a."""
    form, unit = UNITS[estimate.unit]
    if not estimate.defined:
        return "n/a"
    low, high = (form(end) if math.isfinite(end) else "" for end in (estimate.low, estimate.high))
    if low == high == form(estimate.value):  # the interval is that one number
        return f"{low}\u00a0{unit}"
    ends = f" ({low} to\u00a0{high})" if low and high else f" ({low or high} or\u00a0{'more' if low else 'less'})"
    return f"{form(estimate.value)}\u00a0{unit}{ends if low or high else ''}"


def sentence(response: Response) -> str:
    """Return the shape of one response in a sentence."""
    from eventstudy.response.response_rows import minutes_after_news

    half = minutes_after_news(response, "t50")
    speed = f"; half of it was reached {_between(half)}" if half else ""
    p = f", p\u00a0=\u00a0{pvalue(response.path_pvalue)} for the entire path"
    pattern = PATTERNS.get(response.pattern, response.pattern)
    days = f"{response.placebo_days} days without the event"
    return f"{plain(response.instrument, 40)}: {pattern}{p}, against {days}{speed}."


def _between(minutes: Sequence[float]) -> str:
    low, high = minutes
    when = f"between {low:.0f} and {high:.0f} min" if high - low > 1e-9 else f"{high:.0f} min"
    return f"{when} after the news"


def moves_table(shown: Sequence[Response], *, simulated: bool) -> Table:
    """Return the move at every horizon with its interval, the p-value, and the raw count of days as large."""
    level = f"{shown[0].level * 100:g}%"
    columns = (
        Column("instrument", "Instrument"),
        Column("horizon", "Horizon"),
        Column("at", "Time"),
        Column("move", "Move, bp", "bp"),
        Column("low", f"{level} low", "bp"),
        Column("high", f"{level} high", "bp"),
        Column("pvalue", "p", "pvalue"),
        Column("joint_pvalue", "p, adjusted (instruments)", "pvalue"),
        Column("as_large", "Days as large"),
    )
    rows = tuple(
        (
            name_of(r, shown),
            plain(m.label, 30),
            local(m.at, r.zone, "%d\u00a0%b\u00a0%H:%M") if m.at else "",
            m.value,
            m.low,
            m.high,
            m.pvalue,
            m.joint_pvalue,
            f"{m.placebo.as_large} of\u00a0{m.placebo.days}" if m.placebo.days else "",
        )
        for r in shown
        for m in (r.first, *r.moves)
    )
    return Table("moves", f"Move from the pre-event price, with {level} interval", columns, rows, simulated)


def shape_table(shown: Sequence[Response], *, simulated: bool) -> Table:
    """Return the shape, one row per measure that any response has, one column per response."""
    names = [n for n in MEASURES if any(e.name == n and e.defined for r in shown for e in r.shape)]
    cells = [{e.name: e for e in r.shape} for r in shown]
    columns = (
        Column("measure", "Measure"),
        *[Column(f"response_{i}", name_of(r, shown)) for i, r in enumerate(shown)],
    )
    rows = [(MEASURES[n], *[estimate_words(c[n]) if n in c else "n/a" for c in cells]) for n in names]
    activity = [{a.name: a.window for a in r.activity} for r in shown]
    for name in dict.fromkeys(a.name for r in shown for a in r.activity):
        reasons = [f"{estimate_words(a[name])}, {p_is(a[name].pvalue)}" if name in a else "n/a" for a in activity]
        rows.append((f"{name.capitalize()} against comparable days", *reasons))
    level = f"{shown[0].level * 100:g}%"
    caption = f"Speed and persistence, with {level} intervals; minutes count from the pre-event price"
    return Table("shape", caption, columns, tuple(rows), simulated)


def anchors_table(shown: Sequence[Response], *, simulated: bool) -> Table:
    """Return the last horizon's move under each way of laying the event interval on the bars."""
    names = [estimate.name for estimate in shown[0].anchors]
    titles = {"bracket": "Entire interval (used)", "earliest": "Earliest", "latest": "Latest"}
    columns = (
        Column("instrument", "Instrument"),
        *[Column(name, titles.get(name, name)) for name in names],
    )
    rows = tuple((name_of(r, shown), *[f"{estimate_words(a)}, {p_is(a.pvalue)}" for a in r.anchors]) for r in shown)
    return Table("anchors", "Sensitivity to the news time", columns, rows, simulated)


def together(dangers: Iterable[tuple[str, str]]) -> list[str]:
    """Return each danger once, after the names of all that it concerns.

    >>> together([("A", "late."), ("B", "late."), ("B", "thin.")])
    ['A, B: late.', 'B: thin.']
    """
    names: dict[str, list[str]] = {}
    for name, danger in dangers:
        names.setdefault(danger, []).append(name)
    return [f"{_listed(list(dict.fromkeys(who)))}: {danger}" for danger, who in names.items()]


def _listed(names: Sequence[str]) -> str:
    """Return names in a row; of many the first and how many more there are.

    >>> _listed(list("AB")), _listed(list("ABCDEFGH"))
    ('A, B', 'A, B, C and 5 more')
    """
    if len(names) <= MOST_LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:FIRST_LISTED])} and {len(names) - FIRST_LISTED} more"


def assumed_minutes(named: Iterable[tuple[str, Response]]) -> list[str]:
    """Return how the move depends on the minute that is assumed for the news: one line for all responses."""
    moves: dict[int, list[str]] = {}
    for name, response in named:
        times = response.assumed_times
        if times is not None and times.move.size > 1:
            low, high = bp(float(times.move.min())), bp(float(times.move.max()))
            moves.setdefault(times.minutes, []).append(f"{name} {low} to {high} bp ({p_is(times.pvalue)})")
    return [
        f"The move over the next {minutes} minutes depends on the minute that is assumed for the news: "
        f"{_listed(listed)}; each p is for all these minutes together."
        for minutes, listed in moves.items()
    ]


def dangers_of(response: Response) -> list[str]:
    """Return what could spoil one response: what else happened, days left out, times that were assumed."""
    from eventstudy.response.response_warnings import excluded_days

    rows = [
        f"{plain(c.label, 200)} at {both_clocks(c.at, response.zone)} ({c.where} window); {plain(c.effect, 200)}."
        for c in response.confounders
    ]
    if response.removed:
        days = ", ".join(f"{day.day} ({plain(day.reason, 80)})" for day in response.removed[:5])
        more = f" and {len(response.removed) - 5} more" if len(response.removed) > 5 else ""
        rows.append(f"{excluded_days(len(response.removed))}: {days}{more}. [ES-PLACEBO-REMOVED]")
    if response.gap is not None and response.gap.defined:
        rows.append(f"the news came while the market was closed; the opening gap is {bp(response.gap.value)} bp.")
    others = [notice for notice in response.notices if notice.code != "ES-PLACEBO-REMOVED"]
    return rows + [f"{plain(notice.message, 400)} [{plain(notice.code, 20)}]" for notice in others]
