"""Warnings about how series, market and events fit together in time: spans, closing times, gaps, missing numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import Gap
from eventstudy.abnormal.events import OpenLedger
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.regressors import Match
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import MINUTE_US, IntArray, from_epoch_us
from eventstudy.errors import Notice

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

NAMED = 3  # names in a sentence; the others are counted


def names(found: Iterable[str]) -> str:
    """Return names as words: the first three, and how many more there are."""
    given = list(dict.fromkeys(found))
    more = len(given) - NAMED
    return ", ".join(given[:NAMED]) + (f" and {more} more" if more > 0 else "")


def unnamed_notices(file: str, events: Sequence[Event], codes: Sequence[str]) -> tuple[Notice, ...]:
    """Warn that events of a list name no instrument and are therefore studied on each of several.

    The column that holds their instruments under another name is named.

    One event on several instruments is a design of its own, which the title of the result states.
    """
    unnamed = [event for event in events if not event.instruments]
    if not unnamed or len(codes) < 2 or len(events) < 2:
        return ()
    name = "names" if len(unnamed) == 1 else "name"
    keys = dict.fromkeys(key for event in unnamed for key in event.attributes)
    held = [key for key in keys if {str(event.attributes.get(key)) for event in unnamed} <= {*codes}]
    cure = "if it is about one of them, add a column `instrument`"
    if held:
        cure = f"its column `{held[0]}` holds names of instruments: call it `instrument`"
    # One sentence, because the terminal shows the first.
    message = (
        f"{len(unnamed):,} of {len(events):,} events of {file} {name} no instrument "
        f"({names(event.id for event in unnamed)}): each is studied on all {len(codes):,} instruments; {cure} (or "
        "`ticker`, `symbol`, `permno`, `isin`; `instruments` in TOML)."
    )
    return (Notice("ES-EVENT-ALL-INSTRUMENTS", message),)


ASSUMED = ("earliest_basis", "latest_basis")  # attributes by which a reviewer marks an end as assumed


def time_notices(events: Sequence[Event], abnormal: AbnormalReturns) -> tuple[Notice, ...]:
    """Warn about used events an end of whose event interval is assumed, with their names."""
    from eventstudy.news.items import assumed_end  # a study of a frame of events reads no news

    uncertain = [event.id for event in events if assumed_end(event)]
    if not uncertain:
        return ()
    ids = set(abnormal.pairs.events.tolist())
    assumed = [name for name in uncertain if name in ids]
    if not assumed:
        return ()
    cures: dict[str, None] = {}
    for event in events:
        if event.id in assumed:
            marks = [f"`{key}`" for key in ASSUMED if event.attributes.get(key) == "assumed"]
            unmark = f"remove {' and '.join(marks)} from its `attributes`"
            cures[unmark if marks else 'set `basis = "stamp"` or `"reviewed"`'] = None
    count, have = len(set(assumed)), "has" if len(set(assumed)) == 1 else "have"
    message = (
        f"{count:,} of {len(ids):,} used events {have} an assumed time ({names(assumed)}): an end of the "
        "event interval is not documented, and another day may be the event day. Find a source for it and "
        f"{' or '.join(cures)} in the events file."
    )
    return (Notice("ES-TIME-ASSUMED", message),)


def match_notices(spec: StudySpec, matches: Sequence[Match]) -> tuple[Notice, ...]:
    """Warn about different closing times, bars over several market returns, and bars without one."""
    needs = MODELS[spec.model].needs
    if needs not in ("market", "factors") or not matches:
        return ()
    factors = list(dict.fromkeys(match.factor for match in matches))
    used = [match for match in matches if needs == "factors" or match.factor == factors[0]]
    return tuple(
        notice
        for factor in dict.fromkeys(match.factor for match in used)
        for notice in _one_factor(spec, [match for match in used if match.factor == factor])
    )


def _one_factor(spec: StudySpec, matches: list[Match]) -> Iterator[Notice]:
    factor = matches[0].factor
    if apart := [match for match in matches if match.closes]:
        yield Notice("ES-CLOSING-TIMES", _closing_times(factor, apart))
    total = sum(match.n_bars for match in matches)
    if several := [match for match in matches if match.compounded]:
        count = sum(match.compounded for match in several)
        which = names(code for match in several for code in match.series)
        rule = (
            "its returns are compounded between the closes of the series (span = 'compound')"
            if spec.span == "own"
            else "these bars are left out (span = 'drop')"
        )
        yield Notice(
            "ES-SPAN",
            f"{count:,} of {total:,} bars of {which} span more than one bar of {factor}: {rule}.",
        )
    if resting := [match for match in matches if match.resting]:
        count = sum(match.resting for match in resting)
        which = names(code for match in resting for code in match.series)
        yield Notice(
            "ES-WEEKEND",
            f"{count:,} of {total:,} bars of {which} end on a day of the week on which {factor} never trades: they "
            f"take the last close of {factor} before.",
        )
    if without := [match for match in matches if match.without]:
        count = sum(match.without for match in without)
        which = names(code for match in without for code in match.series)
        yield Notice(
            "ES-NO-MARKET-RETURN",
            f"{factor} has no return from close to close for {count:,} of {total:,} bars of {which} (its holidays, or "
            "no common closing time): they are left out.",
        )


def _closing_times(factor: str, apart: list[Match]) -> str:
    """Return the sentence that names both closing times and what follows from them."""
    match = apart[0]
    assert match.closes is not None  # noqa: S101 - the caller keeps those with closes
    here, other = from_epoch_us(np.array(match.closes))
    minutes = (match.closes[1] - match.closes[0]) // MINUTE_US
    length = f"{abs(minutes)} minutes" if abs(minutes) < 120 else f"{abs(minutes) / 60:.1f} hours"
    later = minutes > 0
    effect = (
        f"its return holds moves after the close of the series, so it looks ahead by {length}"
        if later
        else f"moves in these {length} belong to its next return"
    )
    count = sum(len(one.series) for one in apart)
    others = f" (and {count - 1} more series)" if count > 1 else ""
    return (
        f"{factor} closes {length} {'after' if later else 'before'} {match.series[0]}{others}, as at {other:%H:%M} and "
        f"{here:%H:%M} UTC on {here:%Y-%m-%d}. Returns are matched by trading day; {effect}."
    )


def gap_notices(gaps: Sequence[Gap]) -> tuple[Notice, ...]:
    """Warn about windows that reach over trading days without a bar."""
    if not gaps:
        return ()
    longest = max(gaps, key=lambda gap: gap.days)
    message = (
        f"The windows of {len(gaps)} observation(s) reach over a gap in the prices of "
        f"{names(gap.instrument for gap in gaps)}: {longest.days} trading days without a bar of {longest.instrument} "
        f"before {longest.ends:%Y-%m-%d}. Check that the code belongs to one company all along."
    )
    return (Notice("ES-GAP", message),)


def number_notices(abnormal: AbnormalReturns, windows: Sequence[Window], ledger: OpenLedger) -> tuple[Notice, ...]:
    """Warn about used observations that have no number in some reported window, and say whose return is missing."""
    found: list[tuple[Window, IntArray]] = []
    if not (ledger.code == outcomes.USED_PARTLY).any():
        return ()
    for window in windows:
        cells = abnormal.columns(window)
        empty = np.flatnonzero(~np.isfinite(abnormal.ar[:, cells]).all(axis=1))
        if len(empty):
            found.append((window, empty.astype(np.int64)))
    if not found:
        return ()
    rows = np.unique(np.concatenate([empty for _, empty in found]))
    shown = ", ".join(f"{len(empty)} in {window}" for window, empty in found)
    which = names(f"{abnormal.events[row]} on {abnormal.instruments[row]}" for row in rows[: NAMED + 1])
    more = f" (first {which})" if len(rows) else ""
    return (
        Notice(
            "ES-NO-NUMBER",
            f"Used observations without a number, by window: {shown}{more}. {_whose(abnormal, rows)}",
        ),
    )


def _whose(abnormal: AbnormalReturns, rows: IntArray) -> str:
    """Return whether returns of the market or of the series are missing in the event windows of some rows."""
    lacking = ~np.isfinite(abnormal.ar[rows])
    regressors = abnormal.windows[rows].regressors
    market = (~np.isfinite(regressors)).any(axis=0) if len(regressors) else np.zeros_like(lacking)
    if (lacking & market).any() and not (lacking & ~market).any():
        return "The market or a factor has no return over these bars: choose one that trades then, or a model without."
    if (lacking & market).any():
        return "Returns of the market or a factor, and of the series, are missing there."
    return "Returns of the series are missing there."
