"""What a careful reader must know about a study, as notices that travel with the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import Overlaps
from eventstudy.abnormal.events import NO_DAY, EventTable, OpenLedger
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.placebo.refits import Refits
from eventstudy.errors import Notice

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

THIN_BARS = 60
ILL_CONDITIONED = 1e8
TREATED = {
    "auto": "all are used, and CARs of windows that share bars are not independent",
    "keep": "all are used, and CARs of windows that share bars are not independent",
    "drop_later": "the earlier of two is used",
    "merge": "each chain is one event",
    "exclude_from_estimation": "all are used, and no model is estimated on another event's window",
}


# What a study of something else than returns studies.
STUDIED = {
    "absolute_return": "the size of returns, whatever their sign",
    "squared_return": "squared returns",
    "standardized_return": "returns divided by the volatility of their time of day, in standard deviations",
    "log_range": "the variance estimated from each bar's high and low",
    "log_volume": "the logarithm of each bar's volume",
}


def variable_notices(variable: str) -> tuple[Notice, ...]:
    """Warn that the outcome variable is not a return."""
    if variable not in STUDIED:
        return ()
    message = f"The outcome variable is {STUDIED[variable]}, not returns."
    return (Notice("ES-VARIABLE", message),)


def difference_notices(spec: StudySpec) -> tuple[Notice, ...]:
    """Report that the outcome variable is a difference of prices, which has the units of the series."""
    if spec.returns != "difference" or spec.variable != "return":
        return ()
    message = "The outcome variable is the difference of prices, in the units of the series, not returns."
    return (Notice("ES-VARIABLE", message),)


def unused_notices(spec: StudySpec, given: Mapping[str, bool], response_needs: str) -> tuple[Notice, ...]:
    """Warn about a market or factors that neither the model nor the intraday response uses.

    ``given`` says whether ``market`` and ``factors`` were given, ``response_needs`` what the response's model takes.
    """
    needs = {MODELS[spec.model].needs, response_needs}
    used = {"market": bool(needs & {"market", "factors"}), "factors": "factors" in needs}
    return tuple(
        Notice("ES-UNUSED", f"`{name}` was given, but the model {spec.model!r} does not use it. {UNUSED[name]}")
        for name in used
        if given[name] and not used[name]
    )


COMPARING = ("placebo", "standardized_placebo", "placebo_refit")


def match_notices(spec: StudySpec, tests: tuple[str, ...], *, response: bool) -> tuple[Notice, ...]:
    """Warn that placebo days are matched and nothing in the study compares with them.

    ``tests`` are those computed, ``response`` says whether there is an intraday response.
    """
    used = response or spec.specifications is not None or set(COMPARING) & set(tests)
    if spec.placebo.match is None or used or MODELS[spec.model].needs == "same_clock_days":
        return ()
    message = (
        "`match` of `[inference.placebo]` was given, but no test of the study compares with other days. Add the test "
        "'placebo', or leave it out."
    )
    return (Notice("ES-UNUSED", message),)


UNUSED = {
    "market": "Leave it out, or choose a model that does, such as 'market'.",
    "factors": "Leave them out, or choose the model 'factor'.",
}


def merged_notices(abnormal: AbnormalReturns, table: EventTable, noun: str) -> tuple[Notice, ...]:
    """Warn if tau = 0 spans several bars: in how many events, why, and what to add to the events."""
    if not len(abnormal) or not abnormal.tau[0] <= 0 <= abnormal.tau[-1]:
        return ()
    bars = abnormal.n_bars[:, -int(abnormal.tau[0])]
    merged = bars > 1
    if not merged.any():
        return ()
    dated = np.zeros(len(merged), np.bool_) if table.day is None else table.day[abnormal.row] != NO_DAY
    sessions = np.zeros(len(merged), np.int64) if table.session is None else table.session[abnormal.row]
    dates, times = int((merged & dated & (sessions == 0)).sum()), int((merged & ~dated).sum())
    low, high = int(bars[merged].min()), int(bars[merged].max())
    spans = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    unit = "trading days" if noun == "day" else f"{noun}s"
    why = []
    if dates:
        cure = 'add `time` or `session` (bmo, dmh, amc), or set `[events] dates = "trading_day"`'
        why.append(f"{dates:,} {_have(dates)} only a date; {cure}")
    if times:
        where = f"in {times:,} " if dates else ""
        why.append(f"{where}the time of the news is known only to within these {unit}; narrow the interval if possible")
    noun = "events" if len(set(abnormal.events.tolist())) == len(merged) else "observations"
    counted = f" in {int(merged.sum()):,} of {len(merged):,} {noun}" if len(merged) > 1 else ""
    reasons = f": {'. '.join(why)}." if why else "."
    return (Notice("ES-EVENT-BARS", f"The event interval spans {spans} {unit}{counted}{reasons}"),)


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def overlap_notices(spec: StudySpec, overlaps: Overlaps) -> tuple[Notice, ...]:
    """Tell how many event windows share bars with another window of the same instrument."""
    if not overlaps.count:
        return ()
    message = (
        f"{overlaps.count:,} event windows share bars with another of the same instrument; {TREATED[spec.overlaps]}."
    )
    return (Notice("ES-OVERLAP", message),)


def refit_notices(spec: StudySpec, refits: Refits | None) -> tuple[Notice, ...]:
    """Warn about few non-event dates, and about refits that prefix sums were not trusted with."""
    if refits is None:
        return ()
    notices, draws = [], refits.mean.shape[1]
    if 1 / (draws + 1) > 1 - spec.level:
        message = (
            f"The study can be moved to only {draws} non-event dates; the smallest attainable p-value of placebo_refit "
            f"is {1 / (draws + 1):.3f}. Load longer series or shorten the event window."
        )
        notices.append(Notice("ES-PLACEBO-FEW", message))
    if refits.fallen_back:
        message = (
            f"{refits.fallen_back:,} of {refits.refits:,} placebo refits used the two-pass algorithm, because prefix "
            "sums would have lost precision. The results are unaffected; check the series for a bad tick."
        )
        notices.append(Notice("ES-PREFIX", message))
    return tuple(notices)


def study_notices(spec: StudySpec, abnormal: AbnormalReturns, ledger: OpenLedger) -> tuple[Notice, ...]:
    """Warn about short estimation windows, near-collinear regressors and duplicates."""
    notices: list[Notice] = []
    thin = int((abnormal.fit.n < THIN_BARS).sum()) if spec.estimation is not None else 0
    if thin:
        notices.append(
            Notice("ES-THIN", f"{thin} of {len(abnormal)} events were estimated on fewer than {THIN_BARS} usable bars.")
        )
    ill = int((np.nan_to_num(abnormal.fit.condition, nan=1.0) > ILL_CONDITIONED).sum())
    if ill:
        notices.append(
            Notice("ES-CONDITION", f"The regressors of {ill} events are nearly collinear; few digits are left.")
        )
    duplicates = int((ledger.code == outcomes.DUPLICATE).sum())
    if duplicates:
        notices.append(Notice("ES-DUPLICATE", f"{duplicates} events were given more than once and counted once."))
    return (*variable_notices(spec.variable), *difference_notices(spec), *notices)
