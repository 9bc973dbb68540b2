"""What stands at the top of a page: the finding in one sentence, four large figures, one table and its notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventstudy.arrays import DAY_US
from eventstudy.report.counted_days import AS
from eventstudy.report.figure_data import bar_noun, first_window, placebo_days, price_responses
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import primary_test
from eventstudy.report.front_many import stand_first
from eventstudy.report.front_table import instrument_table, mean_table, window_table
from eventstudy.report.headline import headline
from eventstudy.report.key_figures import KeyFigure, bar_length, date_of
from eventstudy.report.key_numbers import reported_rows
from eventstudy.report.mean_data import observations
from eventstudy.report.tables import Table
from eventstudy.report.two_comparisons import two_comparisons
from eventstudy.show.escape import plain
from eventstudy.show.numbers import length

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
# Tests whose p-value is a count of comparable days.
COUNTED = {"placebo", "standardized_placebo"}
# Daily bars need not be a full day long: a session without its night.
SHORTEST_DAY_US = DAY_US * 20 // 24


@dataclass(frozen=True, slots=True)
class Front:
    """The top of a page; ``table`` has one row per instrument or window.

    ``stand`` are the sentences below the title, where those of the finding are about one instrument of many; ``lead``
    is the sentence with the numbers of the title, where that states slopes or groups.
    """

    kicker: tuple[str, ...] = ()
    title: str = ""
    four: tuple[KeyFigure, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()
    stand: tuple[str, ...] = ()
    lead: str = ""


def front(result: StudyResult) -> Front:
    """Return the top of the page of a result; empty where no event was used."""
    if not len(result.abnormal):
        return Front(("Event study",), headline(result).title)
    said, shape = headline(result), shape_of(result)
    if shape == "dots":
        return Front(kicker(result), said.title, said.figures, mean_table(result), stand=stand_first(result))
    shown = window_table(result) if shape == "average" else instrument_table(result)
    notes: tuple[str, ...] = () if shape == "average" else _day_notes(result, reported_rows(result))
    notes = (*notes, *filter(None, (shown.note,)))
    return Front(kicker(result), said.title, said.figures, shown.table, notes, lead=said.lead)


def kicker(result: StudyResult) -> tuple[str, ...]:
    """Return what was studied, in a few words each."""
    n = len(result.abnormal)
    codes = list(dict.fromkeys(result.abnormal.instruments.tolist()))
    one = len(set(result.abnormal.events.tolist())) == 1
    about = plain(codes[0], 40) if len(codes) == 1 else f"{len(codes):,} instruments"
    step = bar_length(result)
    bars = f"{_adjective(step)} prices" if step else ""
    noun = bar_noun(result)
    if step >= SHORTEST_DAY_US or (not result.prices and noun != "bar"):
        bars = f"{'daily' if noun in {'bar', 'day'} else noun + 'ly'} prices"
    when = date_of(result, 0) if one else observations(result)
    return tuple(filter(None, ("Event study", when, about if one or n > 1 else "", bars)))


def _adjective(step_us: int) -> str:
    """Return the length of a bar as it stands before a noun.

    >>> _adjective(600_000_000)
    '10-minute'
    """
    count, unit = length(step_us).split(" ")
    return f"{count}-{ {'min': 'minute', 'h': 'hour', 's': 'second'}.get(unit, 'day') }"


def _day_notes(result: StudyResult, rows: Sequence[Json]) -> tuple[str, ...]:
    """Return what the columns are counted among, and when the earlier and later moves are read."""
    days = placebo_days(result, first_window(result))
    if not (days and len(days[0])):
        return two_comparisons(result) if days else ()
    counts = sorted({len(d) for d in days})
    n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    others = f"{n} windows of other days" if bar_noun(result) != "bar" else f"the same hours of {n} comparable days"
    chosen = primary_test(result.tables(0), rows[0]["tests"])
    counted = chosen is not None and chosen[0] in COUNTED
    notes = [
        f"Every p compares with {others}."
        if counted
        else f"Days {AS[result.spec.alternative]} are counted among {others}."
    ]
    if price_responses(result):
        notes[0] += " Before: drift up to the last price before."
    return (*notes, *two_comparisons(result))
