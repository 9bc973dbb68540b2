"""The intraday responses of a result as tidy frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eventstudy.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.response.values import Response


def across_frame(responses: ResponseSet | None, seed: int) -> pd.DataFrame:
    """One row for all responses and one per instrument: the columns of ``AcrossEvents``."""
    import pandas as pd

    from eventstudy.response.across import across_events

    return pd.DataFrame([asdict(group) for group in across_events(_computed(responses), seed)])


def moves_frame(responses: ResponseSet | None) -> pd.DataFrame:
    """One row per event, instrument and horizon: the move with its interval and p-values; decimal log."""
    names = ("minutes", "value", "low", "high", "pvalue", "joint_pvalue", "reason")
    return _frame(
        responses,
        lambda r: [
            {"horizon": m.label, "at": m.at, **{name: getattr(m, name) for name in names}} for m in (r.first, *r.moves)
        ],
    )


def shape_frame(responses: ResponseSet | None) -> pd.DataFrame:
    """One row per event, instrument and measure of the response: value, interval, unit, p-value, or the reason."""
    names = ("value", "low", "high", "unit", "pvalue", "reason")
    return _frame(responses, lambda r: [{"measure": e.name, **{n: getattr(e, n) for n in names}} for e in r.shape])


def _frame(responses: ResponseSet | None, rows: Callable[[Response], list[dict[str, Any]]]) -> pd.DataFrame:
    import pandas as pd

    found: list[Mapping[str, Any]] = [
        {"event": r.event, "instrument": r.instrument, **row} for r in _computed(responses) for row in rows(r)
    ]
    return pd.DataFrame(found)


def _computed(responses: ResponseSet | None) -> Sequence[Response]:
    if responses is None:
        raise UsageError(
            "The study has no intraday response.", remedy="Give bars shorter than a day (and not `response = 'off'`)."
        )
    return responses.responses
