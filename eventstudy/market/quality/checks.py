"""CHECKS: every kind of defect, one function and one row each; inspect a series, repair it, or refuse it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from eventstudy.arrays import frozen
from eventstudy.errors import BarsError, UnknownNameError
from eventstudy.market.bars import DoubtfulRows
from eventstudy.market.quality import clock, daily, rows
from eventstudy.market.quality.problems import Check, Defect, Finding, Inspection, Subject, doubtful_rows

LEFT_OUT = "the rows are left out"
LEFT_OUT_OF_EVENTS = "the rows are left out, except inside an event window"

CHECKS: dict[str, Check] = {
    "disorder": Check(rows.find_disorder, "repaired", "all rows are sorted by time", rows.sort),
    "missing price": Check(rows.find_missing, "repaired", LEFT_OUT, rows.drop),
    "duplicate": Check(rows.find_duplicates, "repaired", "the first of equal rows is kept", rows.drop),
    "conflicting duplicate": Check(
        rows.find_conflicts,
        "refused",
        "which is right is unknown; correct the file, or name the instrument if it holds several",
    ),
    "infinite price": Check(rows.find_infinite, "repaired", LEFT_OUT, rows.drop),
    "zero price": Check(rows.find_zero, "repaired", LEFT_OUT, rows.drop),
    "negative price": Check(
        rows.find_negative,
        "refused",
        'check the column; if it holds returns, set holds = "simple returns"; or study price changes with '
        'returns = "difference"',
    ),
    "impossible range": Check(
        rows.find_bad_range, "repaired", "the impossible values are set missing, the close stays", rows.blank_impossible
    ),
    "bad tick": Check(rows.find_bad_ticks, "repaired", LEFT_OUT_OF_EVENTS, rows.drop, in_doubt=True),
    "unit jump": Check(rows.find_unit_jumps, "refused", "bring all rows to one unit"),
    "split-like jump": Check(rows.find_splits, "refused", "use adjusted prices, or accept it as a move of the market"),
    "large jump": Check(
        rows.find_large_jumps,
        "kept",
        "with a warning, for news moves prices too; an observation whose event window holds a jump of more than 40 % "
        "or of the ratio of a split is left out unless this kind is accepted",
        in_doubt=True,
    ),
    "high below low": Check(
        rows.find_high_below_low, "repaired", "high and low of the rows are set missing", rows.blank_range
    ),
    "close outside range": Check(
        rows.find_close_outside, "repaired", "high and low of the rows are set missing", rows.blank_range
    ),
    "stale run": Check(
        rows.find_stale_runs,
        "repaired",
        "the repeated rows are left out: bars without trades are dropped, and the next return spans the gap",
        rows.drop,
        in_doubt=True,
    ),
    "dates one day early": Check(
        daily.find_early_dates, "repaired", "these dates are moved one day later", daily.move_a_day
    ),
    "Sunday dates": Check(
        daily.find_sunday_dates,
        "refused",
        "name the calendar of the exchange, or give stamps with their offset: a week from Sunday to Thursday and dates "
        "one day early look the same",
    ),
    "stale close": Check(
        daily.find_stale_closes,
        "refused",
        "these are not closing prices; use another source, or the open of the next row",
    ),
    "repeated open": Check(
        daily.find_repeated_opens,
        "kept",
        "with a warning, for the prices do not say which of open and close is a copy of the other",
    ),
    "cut close": Check(
        daily.find_cut_closes,
        "repaired",
        "the closes of these days are left out: the return across covers both days, so no news lands a day late",
        rows.drop,
        in_doubt=True,
    ),
    "wrong zone": Check(clock.find_wrong_zone, "refused", "state the zone the labels are written in"),
    "label side": Check(clock.find_wrong_side, "refused", "state the other side"),
    "future stamp": Check(rows.find_future, "repaired", LEFT_OUT, rows.drop),
    "unchecked sessions": Check(
        clock.find_unchecked, "kept", "with a warning, for no calendar covers these days: nothing else can be checked"
    ),
    "other hours": Check(clock.find_other_hours, "refused", "name the calendar that these bars were traded on"),
    "outside sessions": Check(clock.find_outside, "repaired", LEFT_OUT, rows.drop),
    "outside assumed hours": Check(
        clock.find_assumed_hours, "kept", "with a warning, for the hours of these days are not documented"
    ),
    "no bars when open": Check(
        clock.find_empty,
        "kept",
        "with a warning, for the prices are unknown: nothing is filled, and the return across is a gap return",
    ),
    "no usable row": Check(rows.find_nothing, "refused", "correct the file, or name another column"),
}


def inspect(subject: Subject, accept: Collection[str] = ()) -> Inspection:
    """Look for every kind of defect, in the order of ``CHECKS``; each repair is in force for the checks after it.

    Kinds named in ``accept`` are reported and left as they are. Nothing is raised: what would be refused is a finding
    with the action "refused".
    """
    for kind in accept:
        if kind not in CHECKS:
            raise UnknownNameError("kind of defect", kind, CHECKS)
    found: list[Finding] = []
    doubtful: list[DoubtfulRows] = []
    for kind, check in CHECKS.items():
        defect = check.find(subject)
        if defect is None:
            continue
        found.append(as_finding(subject, kind, defect, accepted=kind in accept))
        if check.in_doubt and kind not in accept:
            doubtful.append(doubtful_rows(subject, kind, check, defect.rows))
        if check.repair is not None and kind not in accept:
            subject = replace(subject, raw=check.repair(subject.raw, defect.rows))
    return Inspection(subject, tuple(found), tuple(doubtful))


def as_finding(subject: Subject, kind: str, defect: Defect, *, accepted: bool) -> Finding:
    """Return what was seen with the lines of the file and what is done about it."""
    check = CHECKS[kind]
    lines = frozen(np.sort(subject.raw.line[defect.rows]), np.int64)
    action, rule = ("accepted", "left as it is, as asked") if accepted else (check.action, check.rule)
    return Finding(kind, action, lines, defect.message, rule)  # type: ignore[arg-type]


def repair(subject: Subject, accept: Collection[str] = ()) -> Inspection:
    """Inspect a series and refuse it where a kind that no rule repairs was found.

    Raises
    ------
    BarsError
        Naming every refused kind with its lines and what to do.
    """
    inspection = inspect(subject, accept)
    if not len(inspection.subject.raw):
        why = " ".join(f"{f}." for f in inspection.findings)
        raise BarsError(f"No row with a usable price is left. {why}", remedy="Correct the file.")
    if inspection.refused:
        # A price at or below zero has no return, so accepting it would only be refused again later.
        kinds = ", ".join(repr(f.kind) for f in inspection.refused if f.kind != "negative price")
        raise BarsError(
            " ".join(f"{f}." for f in inspection.refused),
            remedy=f"To leave the rows as they are, set accept = [{kinds}]." if kinds else "",
        )
    return inspection
