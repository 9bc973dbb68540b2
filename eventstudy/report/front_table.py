"""The one table of a short answer: a row per instrument of one event, or per window of many events.

A page shows every column. Each has a rank: where the width of a terminal does not suffice, the column with the highest
rank is left out first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import value
from eventstudy.report.counted_days import AS
from eventstudy.report.figure_data import bar_noun, first_window, placebo_days, window_moves, window_words
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import adjustment_words, finite, primary_test, words
from eventstudy.report.front_single import ends_of, responses_of
from eventstudy.report.key_figures import capital, finite_cars, interval
from eventstudy.report.key_numbers import reported_rows, size_of, test_of
from eventstudy.report.many_data import tested_mean
from eventstudy.report.mean_data import aggregates_of
from eventstudy.report.shown_units import moves_in, unit_of, variable_name
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, date_label, share

if TYPE_CHECKING:
    from eventstudy.response.values import Response
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
Entry: TypeAlias = tuple[int, Column, Sequence[Cell]]
MOST_ROWS = 20
INTERVAL, ADJUSTED, BAR, LAST, VOLUME, HORIZONS, COUNTS, PAGE = range(1, 9)
MOST_HORIZONS = 2


@value
class FrontTable:
    """A table with a rank for each column (0 is never left out) and the number that each row's bar shows.

    ``omitted`` is the number of rows that are not shown, because their moves are smaller, ``note`` a line below.
    """

    table: Table
    ranks: tuple[int, ...]
    moves: tuple[float, ...]
    omitted: int = 0
    note: str = ""

    def without(self, rank: int) -> FrontTable:
        """Return the table without the columns of this rank and of higher ones."""
        kept = [place for place, of in enumerate(self.ranks) if of < rank]
        columns = tuple(self.table.columns[i] for i in kept)
        rows = tuple(tuple(row[i] for i in kept) for row in self.table.rows)
        return replace(
            self, table=replace(self.table, columns=columns, rows=rows), ranks=tuple(self.ranks[i] for i in kept)
        )


def front_table(result: StudyResult) -> FrontTable:
    """Return one row per window of a mean, else one row per response of the primary window."""
    return window_table(result) if shape_of(result) == "average" else instrument_table(result)


def window_table(result: StudyResult) -> FrontTable:
    """Return one row per window: mean, interval, p, median, share of rises, observations and distinct days."""
    unit, study = unit_of(result.spec), aggregates_of(result)
    rows = [a for a in study["aggregates"] if finite(size_of(a))]
    tests, windows = [test_of(study, a) for a in rows], [Window(*a["window"]) for a in rows]
    cars = [finite_cars(result, window) for window in windows]
    dates, days = (study.get("primary") or {}).get("dates"), date_label(bar_noun(result))
    entries: tuple[Entry, ...] = (
        (0, Column("window", "Window"), [capital(window_words(result, w)) for w in windows]),
        (0, Column("mean", _titled("Mean", unit), "words"), [unit.show(size_of(a)) for a in rows]),
        _interval_column(result, [(t.get("low"), t.get("high")) for t in tests]),
        (0, Column("p", f"p, {_test_name(study, rows)}", "pvalue"), [t.get("pvalue") for t in tests]),
        (ADJUSTED, Column("adjusted", "p, adjusted", "pvalue"), [t.get("adjusted_pvalue") for t in tests]),
        (LAST, Column("rose", "Rose", "words"), [f"{100 * (c > 0).mean():.0f}%" if len(c) else "" for c in cars]),
        (HORIZONS, Column("median", _titled("Median", unit), "words"), [_median(unit, c) for c in cars]),
        (COUNTS, Column("n", "N", "count"), [a["n_events"] for a in rows]),
        (COUNTS, Column("dates", f"Distinct {days}", "count"), [_dates(result, window, dates) for window in windows]),
    )
    what = "Mean buy-and-hold abnormal" if result.spec.measure == "bhar" else "Mean cumulative abnormal"
    adjusted = any(finite(t.get("adjusted_pvalue")) for t in tests)
    note = f"p, adjusted: {adjustment_words(study)}." if adjusted else ""
    return _table(result, what, entries, [size_of(a) for a in rows], note=note)


def _dates(result: StudyResult, window: Window, dates: int | None) -> int | None:
    """Return on how many distinct days the responses are that have a move over the window; ``dates`` are all days."""
    finite_rows, closes = np.isfinite(window_moves(result, window)), result.abnormal.closes
    if dates is None or finite_rows.all() or not closes.size:
        return dates
    first = result.abnormal.columns(window).start
    return min(dates, len(np.unique(closes[finite_rows, first])))


def _median(unit: Unit, cars: Any) -> str:
    return unit.show(float(np.median(cars))) if len(cars) else ""


def instrument_table(result: StudyResult) -> FrontTable:
    """Return one row per instrument: move, interval, p from one set of days, and what came later."""
    every, unit, study = reported_rows(result), unit_of(result.spec), result.tables(0)
    chosen = _largest(every)
    rows, found = [every[place] for place in chosen], responses_of(result)
    responses = [found.get((r["event"], r["instrument"])) for r in rows]
    tests = [test_of(study, r) for r in rows]
    adjusted, note = _adjusted(result, tests, responses)
    counted = bool(placebo_days(result, first_window(result)))
    ends = [ends_of(result, r, response) for r, response in zip(rows, responses, strict=True)]
    entries: tuple[Entry, ...] = (
        (0, Column("instrument", "Instrument"), [plain(r["instrument"], 60) for r in rows]),
        (PAGE, Column("window", "Window"), [capital(window_words(result, first_window(result), i)) for i in chosen]),
        (0, Column("move", _titled("Move", unit), "words"), [unit.show(size_of(r)) for r in rows]),
        _interval_column(result, ends),
        (
            COUNTS,
            Column("days", f"Days {AS[result.spec.alternative]}", "words"),
            [_days_as_large(r) if counted else "" for r in rows],
        ),
        (0, Column("p", f"p, {_test_name(study, rows)}", "pvalue"), [t.get("pvalue") for t in tests]),
        (ADJUSTED, Column("adjusted", "p, adjusted", "pvalue"), adjusted),
        *_later(unit, responses),
    )
    return _table(result, "Abnormal", entries, [size_of(r) for r in rows], len(every) - len(rows), note)


def _largest(rows: Sequence[Json]) -> list[int]:
    """Return the places of the rows that are shown: all, or of many the largest, sorted by their moves."""
    if len(rows) <= MOST_ROWS:
        return list(range(len(rows)))
    sizes = np.array([size_of(row) for row in rows], dtype=np.float64)
    largest = np.argsort(-np.nan_to_num(np.abs(sizes), nan=-1.0), kind="stable")[:MOST_ROWS]
    return sorted(largest.tolist(), key=lambda place: -float(np.nan_to_num(sizes[place])))


def _days_as_large(row: Json) -> str:
    raw = row["tests"].get("placebo", {})
    if not finite(raw.get("pvalue")):
        return ""
    return f"{round(raw['pvalue'] * (raw['n'] + 1)) - 1} of {raw['n']}"


def _adjusted(
    result: StudyResult, tests: Sequence[Json], responses: Sequence[Response | None]
) -> tuple[list[float | None], str]:
    """Return adjusted p-values and their method: over all instruments of a response, else as the study asks."""
    joint = [response.first.joint_pvalue if response is not None else math.nan for response in responses]
    if first_window(result) == Window(0, 0) and any(math.isfinite(p) for p in joint):
        said = f"p, adjusted: for all {len(result.abnormal)} instruments (step-down max-t)."
        return [p if math.isfinite(p) else None for p in joint], said
    adjusted = [t.get("adjusted_pvalue") for t in tests]
    known = any(finite(p) for p in adjusted)
    return adjusted, f"p, adjusted: {adjustment_words(result.tables(), each=True)}." if known else ""


def _later(unit: Unit, responses: Sequence[Response | None]) -> list[Entry]:
    """Return the drift before the news, the later moves and the volume; the horizon of the finding is kept longest."""
    from eventstudy.response.response_rows import last_horizon

    known = [response for response in responses if response is not None]
    labels = list(dict.fromkeys(m.label for r in known for m in r.moves if m.label != "first"))
    last = max((last_horizon(r).label for r in known if last_horizon(r).label in labels), key=labels.index, default="")
    entries: list[Entry] = [(HORIZONS, Column("before", _titled("Before", unit), "words"), _drifts(unit, responses))]
    for place, label in enumerate(labels):
        moves = [next((m.value for m in r.moves if m.label == label), math.nan) if r else math.nan for r in responses]
        cells = [unit.show(m) if math.isfinite(m) else "n/a" for m in moves]
        rank = LAST if label == last else HORIZONS if place >= len(labels) - MOST_HORIZONS else PAGE
        entries.append((rank, Column(f"later_{place}", _titled(capital(label), unit), "words"), cells))
    return [*entries, (VOLUME, Column("volume", "Volume, × usual", "words"), [_volume(r) for r in responses])]


def _volume(response: Response | None) -> str:
    found = (a.window.value for a in response.activity if a.name == "volume") if response is not None else ()
    volume = next(iter(found), math.nan)
    return f"{volume:.1f}" if math.isfinite(volume) else ""


def _drifts(unit: Unit, responses: Sequence[Response | None]) -> list[str]:
    drifts = [r.number("pre_event_drift").value if r is not None else math.nan for r in responses]
    return [unit.show(drift) if math.isfinite(drift) else "" for drift in drifts]


def mean_table(result: StudyResult) -> Table:
    """Return one row per window: mean over the instruments, median, quartiles, share of rises."""
    unit = unit_of(result.spec)
    windows = [w for w in result.windows or result.spec.test_windows if len(finite_cars(result, w))]
    cars = [finite_cars(result, window) for window in windows]
    quartiles = [np.quantile(c, [0.25, 0.75]).tolist() for c in cars]
    name, tests = _tests_of_mean(result, windows)
    tested = any(finite(t.get("pvalue")) for t in tests)
    entries: tuple[Entry, ...] = (
        (0, Column("window", "Window"), [capital(window_words(result, window, 0)) for window in windows]),
        (0, Column("mean", _titled("Mean", unit), "words"), [unit.show(float(c.mean())) for c in cars]),
        _interval_column(result, [(t.get("low"), t.get("high")) for t in tests]),
        *([(0, Column("p", f"p, {name}", "pvalue"), [t.get("pvalue") for t in tests])] if tested else []),
        (0, Column("median", _titled("Median", unit), "words"), [unit.show(float(np.median(c))) for c in cars]),
        (0, Column("quartiles", "Half of them between", "words"), [interval(unit, *ends) for ends in quartiles]),
        (0, Column("rose", "Rose", "words"), [f"{int((c > 0).sum())} of {len(c)}" for c in cars]),
        (0, Column("n", "Instruments", "count"), [len(c) for c in cars]),
    )
    return _table(result, "Mean abnormal", entries, [float(c.mean()) for c in cars]).table


def _tests_of_mean(result: StudyResult, windows: Sequence[Window]) -> tuple[str, list[Json]]:
    """Return the test of the mean of instruments of one day and its results, empty where comparable days stand for it.

    They are those of the mean in the figure.
    """
    test = tested_mean(result)
    found = {tuple(a["window"]): a["tests"].get(test, {}) for a in aggregates_of(result)["aggregates"] if test}
    return words(test) if test else "", [found.get((w.start, w.stop), {}) for w in windows]


def _table(
    result: StudyResult, what: str, entries: Sequence[Entry], moves: Sequence[float], omitted: int = 0, note: str = ""
) -> FrontTable:
    """Return a table from its columns; those without an entry in any row are left out."""
    unit = unit_of(result.spec)
    counted = moves_in(result.spec)
    caption = f"{what} {variable_name(result.spec)} in {counted}" + (" (100 bp = 1%)" if unit.name == "bp" else "")
    kept = [e for e in entries if not e[0] or any(cell not in (None, "", "n/a") for cell in e[2])]
    rows = tuple(zip(*(cells for _, _, cells in kept), strict=True))
    table = Table("front", caption, tuple(c for _, c, _ in kept), rows, result.simulated)
    return FrontTable(table, tuple(r for r, _, _ in kept), tuple(np.nan_to_num(moves).tolist()), omitted, note)


def _test_name(study: Json, rows: Sequence[Json]) -> str:
    chosen = next((c for row in rows if (c := primary_test(study, row["tests"]))), None)
    return words(chosen[0]) if chosen else "no test"


def _interval_column(result: StudyResult, ends: Sequence[tuple[Any, Any]]) -> Entry:
    unit = unit_of(result.spec)
    title = f"{share(result.spec.level)} interval"
    return INTERVAL, Column("interval", title, "words"), [interval(unit, low, high) for low, high in ends]


def _titled(words: str, unit: Unit) -> str:
    return f"{words}, {unit.name}" if unit.name else words
