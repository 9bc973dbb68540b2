"""How long one waits for an answer that came wrong, and when one stops asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from eventstudy.market.sources.wire import Garbled

if TYPE_CHECKING:
    from tenacity import RetryCallState, Retrying


def patience(tries: int, first_wait_s: float, *, left: Callable[[], float], sleep: Callable[[float], None]) -> Retrying:
    """Return a caller that calls again what came ``Garbled``, after twice the wait each time.

    It waits as long as the service asks, and gives up before a wait that ends later than the seconds ``left``, or
    after as many tries as the fault deserves.
    """
    import tenacity

    def wait(state: RetryCallState) -> float:
        return max(fault_of(state).wait_s, first_wait_s * 2.0 ** (state.attempt_number - 1))

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= (fault_of(state).patience or tries) or state.upcoming_sleep >= left()

    again = tenacity.retry_if_exception_type(Garbled)
    return tenacity.Retrying(retry=again, wait=wait, stop=stop, sleep=sleep, reraise=True)


def fault_of(state: RetryCallState) -> Garbled:
    """Return what went wrong in the last try."""
    fault = state.outcome.exception() if state.outcome else None
    return fault if isinstance(fault, Garbled) else Garbled("nothing came")


def retry_after(value: str) -> float:
    """Return the seconds a ``Retry-After`` header asks for, given as a number or as a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        at: Any = parsedate_to_datetime(value)
        return max(float((at - datetime.now(at.tzinfo)).total_seconds()), 0.0)
    except (TypeError, ValueError):
        return 0.0
