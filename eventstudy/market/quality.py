"""What is wrong with a series, with row numbers: each kind is repaired by a stated rule, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import IntArray, frozen, values_equal
from eventstudy.errors import BarsError, Notice
from eventstudy.market.raw import RawBars, take


@dataclass(frozen=True, eq=False)
class Finding:
    """One kind of defect in one series.

    Attributes
    ----------
    kind : str
    rows : IntArray
        Lines of the file, in order.
    message : str
        What is wrong, with the first example.
    rule : str
        What is done about it; empty where the series is refused.
    """

    kind: str
    rows: IntArray
    message: str
    rule: str = ""

    def __eq__(self, other: object) -> bool:
        return values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.rows[:5])) + (", ..." if len(self.rows) > 5 else "")
        rule = f"; {self.rule}" if self.rule else ""
        return f"{self.kind}: {self.message} ({len(self.rows)} rows: {shown}){rule}"


def notice(finding: Finding) -> Notice:
    """Return a finding as the notice that travels with the bars."""
    return Notice("DATA", str(finding))


def finding(kind: str, rows: IntArray, message: str, rule: str = "") -> Finding:
    return Finding(kind, frozen(rows, np.int64), message, rule)


def repair(raw: RawBars) -> tuple[RawBars, tuple[Finding, ...]]:
    """Return the rows that may become bars, and every repair with its rule and rows; refuse what no rule covers."""
    found: list[Finding] = []
    missing = np.isnan(raw.close)
    if missing.any():
        found.append(finding("missing price", raw.line[missing], "no closing price", "the rows are left out"))
        raw = take(raw, ~missing)
    if (np.diff(raw.wall) < 0).any():
        late = np.concatenate(([False], np.diff(raw.wall) < 0))
        found.append(finding("disorder", raw.line[late], "a row is earlier than the one before it", "sorted by time"))
        raw = take(raw, np.argsort(raw.wall, kind="stable"))
    return drop_duplicates(raw, found)


def drop_duplicates(raw: RawBars, found: list[Finding]) -> tuple[RawBars, tuple[Finding, ...]]:
    """Leave out rows that repeat another exactly; two different prices for one time are refused."""
    again = np.concatenate(([False], np.diff(raw.wall) == 0))
    if not again.any():
        return raw, tuple(found)
    same = again.copy()
    for values in raw.columns.values():
        same[1:] &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    if (again & ~same).any():
        rows = raw.line[again & ~same]
        raise BarsError(
            f"Rows {raw.line[np.flatnonzero(again & ~same)[0] - 1]} and {rows[0]} give different prices for one time "
            f"({len(rows)} such rows).",
            remedy="Nobody can say which is right: correct the file, or name the instrument if it holds several.",
        )
    found.append(finding("duplicate", raw.line[same], "a row repeats another exactly", "the first is kept"))
    return take(raw, ~same), tuple(found)
