"""The estimated models of a result and what their residuals are like, as tables for readers, one row per event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.page_parts import Section
from eventstudy.report.result_tables import MOST_ROWS
from eventstudy.report.shown_units import unit_of
from eventstudy.report.tables import Column, Kind, Table
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

MOST_EVENTS = 5_000  # of more, the page says nothing of single models
DAYS = ("first", "last")
PER_BAR: dict[str, Kind] = {"alpha": "bp", "alpha_se": "width", "sigma": "width"}
TITLES = {
    "event": "Event",
    "instrument": "Instrument",
    "first": "First day",
    "last": "Last day",
    "n": "N",
    "df": "df",
    "alpha": "Alpha (bp)",
    "alpha_se": "SE (bp)",
    "sigma": "Sigma (bp)",
    "r2": "R2",
}


def estimation_table(result: StudyResult) -> Table:
    """Return coefficients with standard errors, residual standard deviation and estimation window of each event."""
    frame = result.to_frame("fits")
    columns = tuple(_column(str(name)) for name in frame)
    rows = tuple(
        tuple(_cell(name, cell) for name, cell in zip(frame.columns, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    )
    return Table("fits", "Estimated models", columns, rows, result.simulated)


# Column of the diagnostics -> its title, how it is shown, and what its p-value rejects.
DIAGNOSTICS: dict[str, tuple[str, Kind, str]] = {
    "skewness": ("Skewness", "number", ""),
    "excess_kurtosis": ("Excess kurtosis", "number", ""),
    "normality_p": ("p, normality", "pvalue", "normality"),
    "autocorrelation": ("First autocorrelation", "number", ""),
    "autocorrelation_p": ("p, autocorrelation", "pvalue", "no autocorrelation up to five lags"),
    "arch_p": ("p, ARCH", "pvalue", "constant variance (ARCH up to five lags)"),
    "stale_share": ("Zero returns (fraction)", "number", ""),
    "pre_trend_t": ("t, before the event", "number", ""),
}


def diagnostics_table(result: StudyResult) -> Table:
    """Return what the residuals of each estimation window are like."""
    frame = result.to_frame("diagnostics")
    kinds = [Column(name, title, kind) for name, (title, kind, _) in DIAGNOSTICS.items()]
    columns = (Column("event", "Event"), Column("instrument", "Instrument"), *kinds)
    rows = tuple(
        tuple(_cell(name, cell) for name, cell in zip(frame.columns, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    )
    return Table("diagnostics", "Residual diagnostics", columns, rows, result.simulated)


def estimation_section(result: StudyResult) -> tuple[Section, ...]:
    """Return the estimated models, and the diagnostics of their residuals where these were computed."""
    if result.estimation is None or not 0 < len(result.abnormal) <= MOST_EVENTS:
        return ()
    tables = [estimation_table(result).in_unit(unit_of(result.spec))]
    if result.diagnostics is None:
        return (Section("estimation", "Estimated models", tables=tuple(map(_first_rows, tables))),)
    tables.append(diagnostics_table(result))
    points = tuple(rejections(result))
    return (Section("estimation", "Estimated models", (), points, tuple(map(_first_rows, tables)), notes=NOTES),)


def rejections(result: StudyResult) -> Iterator[str]:
    """Yield in how many estimation windows each property of the residuals is rejected, and how many are expected."""
    size, frame = 1 - result.spec.level, result.to_frame("diagnostics")
    for name, (_, _, null) in DIAGNOSTICS.items():
        p = frame[name].to_numpy(dtype=np.float64)
        n = int(np.isfinite(p).sum())
        if null and n:
            windows = "estimation window" if n == 1 else "estimation windows"
            yield (
                f"{null[:1].upper()}{null[1:]} is rejected at the {100 * size:g}% level in {int((p <= size).sum())} of "
                f"{n} {windows}; {n * size:.2g} would be if it held everywhere."
            )


def _first_rows(table: Table) -> Table:
    if len(table.rows) <= MOST_ROWS:
        return table
    frame = f'result.to_frame("{table.name}")'
    caption = f"{table.caption} (the first {MOST_ROWS} of {len(table.rows):,}; all are in {frame})"
    return replace(table, caption=caption, rows=table.rows[:MOST_ROWS])


NOTES = (
    "Of the residuals: normality by Jarque and Bera (1980), autocorrelation by Ljung and Box's Q(5), ARCH by the same "
    "statistic of squared residuals. Zero returns are bars on which the price did not change. The last column is the t "
    "of the abnormal returns from the start of the event window to the event.",
)


def _column(name: str) -> Column:
    title = TITLES.get(name) or ("SE" if name.endswith("_se") else name.replace("beta_", "beta ").capitalize())
    if name in ("event", "instrument", *DAYS):
        return Column(name, plain(title, 60))
    if name in ("n", "df"):
        return Column(name, title, "count")
    return Column(name, plain(title, 60), PER_BAR.get(name, "coefficient"))


def _cell(name: str, cell: Any) -> Any:
    if name in DAYS:
        return day_of(cell)
    return plain(str(cell), 64) if isinstance(cell, str) else cell


def day_of(close: Any) -> str:
    """Return the date of a close; one at midnight belongs to the day that it ends."""
    import pandas as pd

    return "" if close is pd.NaT else f"{close - pd.Timedelta(1, 'us'):%Y-%m-%d}"
