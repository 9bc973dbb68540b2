"""What a careful reader must know about a study, as notices that travel with the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal import ledger as book
from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.align import Codes
from eventstudy.abnormal.overlaps import Overlaps
from eventstudy.abnormal.placebo_refits import Refits
from eventstudy.errors import Notice

if TYPE_CHECKING:
    from eventstudy.study.spec import StudySpec

THIN_BARS = 60
ILL_CONDITIONED = 1e8
TREATED = {
    "keep": "all are used, and tests that assume independence overstate what is known",
    "drop_later": "the earlier of two is used",
    "merge": "each chain is one event",
    "exclude_from_estimation": "all are used, and no model learns from another event's window",
}


def overlap_notices(spec: StudySpec, overlaps: Overlaps) -> tuple[Notice, ...]:
    """Tell how many event windows share bars with another window of the same instrument."""
    if not overlaps.count:
        return ()
    told = f"{overlaps.count} event windows share bars with another of the same instrument; {TREATED[spec.overlaps]}."
    return (Notice("ES-OVERLAP", told),)


def refit_notices(refits: Refits) -> tuple[Notice, ...]:
    """Tell how many placebo refits prefix sums were not trusted with."""
    if not refits.fallen_back:
        return ()
    told = f"{refits.fallen_back:,} of {refits.refits:,} placebo refits were done in two passes, for prefix sums would "
    return (Notice("ES-PREFIX", told + "have lost digits there: look for a bad tick earlier in the series."),)


def study_notices(spec: StudySpec, abnormal: AbnormalReturns, codes: Codes) -> tuple[Notice, ...]:
    """Tell of thin estimation windows, near-collinear regressors and duplicates."""
    told = []
    thin = int((abnormal.fit.n < THIN_BARS).sum()) if spec.estimation is not None else 0
    if thin:
        told.append(
            Notice("ES-THIN", f"{thin} of {len(abnormal)} events were estimated on fewer than {THIN_BARS} usable bars.")
        )
    ill = int((np.nan_to_num(abnormal.fit.condition, nan=1.0) > ILL_CONDITIONED).sum())
    if ill:
        told.append(
            Notice("ES-CONDITION", f"The regressors of {ill} events are nearly collinear; few digits are left.")
        )
    duplicates = int((codes.code == book.DUPLICATE).sum())
    if duplicates:
        told.append(Notice("ES-DUPLICATE", f"{duplicates} events were given more than once and counted once."))
    return tuple(told)
