"""The one table of a short answer: a row per instrument of one event, or per window of many events.

Each column has a rank: where the width does not suffice, the column with the highest rank is left out first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from eventstudy.abnormal.windows import as_window
from eventstudy.arrays import value
from eventstudy.report.finding import adjustment_words, average_of, finite, primary_test, when
from eventstudy.report.headline import primary_rows, size_of
from eventstudy.report.shown_units import unit_of
from eventstudy.report.tables import SHOWN, Cell, Column
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
Entry: TypeAlias = tuple[int, Column, Sequence[Cell]]
MOST_ROWS = 20
INTERVAL, ADJUSTED, BAR, LAST, VOLUME, HORIZONS, COUNTS = range(1, 8)


@value
class BriefTable:
    """Rows with a rank for each column (0 is never left out) and the number that each row's bar shows.

    ``omitted`` is the number of rows that are not shown, because their moves are smaller, ``note`` a line below.
    """

    columns: tuple[Column, ...]
    ranks: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    moves: tuple[float, ...]
    omitted: int = 0
    note: str = ""

    def cells(self) -> list[list[str]]:
        """Return the cells as readers see them."""
        return [[SHOWN[column.kind](cell) for column, cell in zip(self.columns, row, strict=True)] for row in self.rows]

    def without(self, rank: int) -> BriefTable:
        """Return the table without the columns of this rank and of higher ones."""
        kept = [place for place, of in enumerate(self.ranks) if of < rank]
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return replace(
            self, columns=tuple(self.columns[i] for i in kept), ranks=tuple(self.ranks[i] for i in kept), rows=rows
        )


def brief_table(result: StudyResult, study: Json) -> BriefTable:
    """Return one row per window of a mean, else one row per response of the primary window."""
    mean = average_of(study) is not None
    shown = _windows(result, study) if mean else _responses(result, study)
    if not any(column.name == "adjusted" for column in shown.columns):
        return shown
    return replace(shown, note=f"Adjusted p: {adjustment_words(study, each=not mean)}.")


def _table(entries: Sequence[Entry], moves: Sequence[float], omitted: int) -> BriefTable:
    """Return a table from its columns; those without an entry in any row are left out."""
    kept = [e for e in entries if not e[0] or any(cell not in (None, "") for cell in e[2])]
    rows = tuple(zip(*(cells for _, _, cells in kept), strict=True))
    return BriefTable(tuple(c for _, c, _ in kept), tuple(r for r, _, _ in kept), rows, tuple(moves), omitted)


def _windows(result: StudyResult, study: Json) -> BriefTable:
    unit = unit_of(result.spec)
    rows = [a for a in study["aggregates"] if finite(size_of(a))]
    tests = [_test(study, a["tests"]) for a in rows]
    cars = [result.abnormal.car(as_window(a["window"])) for a in rows]
    positive = [f"{100 * (car[np.isfinite(car)] > 0).mean():.0f}%" for car in cars]
    entries: tuple[Entry, ...] = (
        (0, Column("window", "Window"), [_window_words(study, a["window"]) for a in rows]),
        (0, Column("mean", _titled("Mean", unit), "words"), [unit.show(size_of(a)) for a in rows]),
        (INTERVAL, Column("interval", _interval_title(study), "words"), [_interval(t, unit) for t in tests]),
        (0, Column("pvalue", "p", "pvalue"), [t.get("pvalue") for t in tests]),
        (ADJUSTED, Column("adjusted", "Adjusted p", "pvalue"), [t.get("adjusted_pvalue") for t in tests]),
        (LAST, Column("positive", "Positive", "words"), positive),
        (COUNTS, Column("n", "N", "count"), [a["n_events"] for a in rows]),
    )
    return _table(entries, [size_of(a) for a in rows], 0)


def _responses(result: StudyResult, study: Json) -> BriefTable:
    every, unit = primary_rows(study), unit_of(result.spec)
    largest = sorted(every, key=lambda row: -abs(size_of(row)))[:MOST_ROWS]
    rows = every if len(every) <= MOST_ROWS else sorted(largest, key=lambda row: -size_of(row))
    tests = [_test(study, r["tests"]) for r in rows]
    events = len({r["event"] for r in rows}) > 1
    entries: tuple[Entry, ...] = (
        (0, Column("instrument", "Instrument"), [plain(r["instrument"], 40) for r in rows]),
        (LAST, Column("event", "Event"), [plain(r["event"], 40) if events else "" for r in rows]),
        (0, Column("move", _titled("Move", unit), "words"), [unit.show(size_of(r)) for r in rows]),
        (INTERVAL, Column("interval", _interval_title(study), "words"), [_interval(t, unit) for t in tests]),
        (0, Column("pvalue", "p", "pvalue"), [t.get("pvalue") for t in tests]),
        (ADJUSTED, Column("adjusted", "Adjusted p", "pvalue"), [t.get("adjusted_pvalue") for t in tests]),
        *_horizons(result, rows),
        (COUNTS, Column("n", "Days", "count"), [t.get("n") for t in tests]),
    )
    return _table(entries, [size_of(r) for r in rows], len(every) - len(rows))


def _horizons(result: StudyResult, rows: Sequence[Json]) -> list[Entry]:
    """Return the later moves and the volume of an intraday response; the last horizon is kept longest."""
    from eventstudy.response.response_rows import table

    unit = unit_of(result.spec)
    found = {(r["event"], r["instrument"]): r for r in table(result.response or ())}
    responses = [found.get((r["event"], r["instrument"]), {}) for r in rows]
    labels = list(dict.fromkeys(label for r in responses for label in r.get("moves", {}) if label != "first"))
    last = max((r["horizon"] for r in responses if r and r["horizon"] in labels), key=labels.index, default="")
    entries: list[Entry] = []
    for label in labels:
        moves = [r.get("moves", {}).get(label) for r in responses]
        shown = [None if move is None else unit.show(move) for move in moves]
        entries.append((LAST if label == last else HORIZONS, Column(label, label, "words"), shown))
    volumes = [f"{r['volume']:.1f}x" if r and r["volume"] is not None else None for r in responses]
    return [*entries, (VOLUME, Column("volume", "Volume", "words"), volumes)]


def _test(study: Json, tests: Json) -> Json:
    chosen = primary_test(study, tests)
    return {} if chosen is None else chosen[1]


def _interval_title(study: Json) -> str:
    return f"{float((study.get('primary') or {}).get('level', 0.95)) * 100:g}% interval"


def _titled(words: str, unit: Unit) -> str:
    return f"{words}, {unit.name}" if unit.name else words


def _interval(test: Json, unit: Unit) -> str:
    if not (finite(test.get("low")) and finite(test.get("high"))):
        return ""
    return f"{unit.show(test['low'])} to {unit.show(test['high'])}"


def _window_words(study: Json, window: Sequence[int]) -> str:
    words = when(study, window)
    for preposition in ("over ", "on ", "in "):
        words = words.removeprefix(preposition)
    return words[:1].upper() + words[1:]
