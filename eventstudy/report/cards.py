"""Short cards for a notebook: what an event, a dating, a series or a study is, each on one hand's breadth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventstudy.report.escape import plain
from eventstudy.report.html import environment
from eventstudy.report.numbers import both_clocks, length, span

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.news.evidence import Dating
    from eventstudy.news.items import Event, EventTime
    from eventstudy.study.spec import StudySpec

MOST = 6
Row = tuple[str, str]


def card(title: str, rows: Sequence[Row], *, simulated: bool = False, more: int = 0) -> str:
    """Return a small table of facts as HTML; every text is escaped by the template."""
    shown = [(plain(name, 60), plain(value, 300)) for name, value in rows if value]
    made = environment().get_template("card.html")
    return made.render(title=plain(title, 160), rows=shown, simulated=simulated, more=more)


def time_words(time: EventTime) -> str:
    """Return an interval on the UTC clock, and what it rests on."""
    start, stop = both_clocks(time.earliest, "UTC"), both_clocks(time.latest, "UTC")
    return f"{start} to {stop} ({plain(time.basis, 60)})" if start != stop else f"{start} ({plain(time.basis, 60)})"


def event_card(event: Event) -> str:
    """Return an event: when it became public, on what, with how many sources."""
    sign = {1: "up", -1: "down", None: ""}[event.expected_sign]
    rows = [
        ("public between", time_words(event.time)),
        ("instruments", ", ".join(event.instruments) or "all of the study"),
        ("expected", sign),
        *[("evidence", sentence) for sentence in event.time.evidence[:MOST]],
        ("sources", f"{len(event.sources)}" if event.sources else ""),
    ]
    name = f"{event.label} ({event.id})" if event.label else event.id
    return card(name, rows, more=max(0, len(event.time.evidence) - MOST))


def dating_card(dating: Dating) -> str:
    """Return a dating: its status, the conflicts, and the ranked candidates with their reasons."""
    time = dating.event_time
    rows = [
        ("status", dating.status.replace("_", " ")),
        ("public between", time_words(time) if time is not None else ""),
        *[("conflict", conflict.message) for conflict in dating.conflicts[:MOST]],
    ]
    for place, candidate in enumerate(dating.candidates[:MOST], 1):
        ends = [both_clocks(at, "UTC") for at in (candidate.earliest, candidate.latest) if at is not None]
        when = " to ".join(ends) or "no instant"
        rows.append((f"candidate {place}", f"{when}, score {candidate.score:.2f}: {'; '.join(candidate.reasons)}"))
    rows += [("evidence", evidence.text) for evidence in dating.evidence[:MOST]]
    more = sum(max(0, len(part) - MOST) for part in (dating.conflicts, dating.candidates, dating.evidence))
    return card(f"Dating of {dating.item}", rows, more=more)


def bars_card(bars: Bars) -> str:
    """Return a series: what it is, how long its bars are, from when to when, what was repaired."""
    index = bars.frame.index
    first_last = f"{both_clocks(index[0], 'UTC')} to {both_clocks(index[-1], 'UTC')}" if len(bars) else "empty"
    rows = [
        ("bars", f"{len(bars):,} of {length(round(bars.step.total_seconds()) * 1_000_000)}"),
        ("closes", first_last),
        ("columns", ", ".join(map(str, bars.frame.columns))),
        ("quote", bars.instrument.quote),
        ("calendar", bars.instrument.calendar),
        ("source", bars.source),
        *[(notice.code, notice.message) for notice in bars.notices[:MOST]],
    ]
    return card(bars.instrument.code, rows, simulated=bars.simulated, more=max(0, len(bars.notices) - MOST))


def spec_card(spec: StudySpec) -> str:
    """Return a study's settings, those a reader asks for first."""
    windows = ", ".join(span((window.start, window.stop)) for window in spec.test_windows)
    rows = [
        ("model", spec.model),
        ("anchor", spec.anchor),
        ("estimation window", f"{span(spec.estimation)} {spec.learning_clock}" if spec.estimation else "none"),
        ("event window", f"{span(spec.event)} {spec.clock}"),
        ("told windows", windows),
        ("tests", ", ".join(spec.tests)),
        ("data", ", ".join(row.instrument for row in spec.data)),
        ("digest", spec.digest()[:16]),
    ]
    return card(spec.title or spec.name, rows)
