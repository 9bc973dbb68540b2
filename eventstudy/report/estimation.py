"""The estimated models of a result as a table for readers, one row per event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstudy.report.tables import Column, Kind, Table
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

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
