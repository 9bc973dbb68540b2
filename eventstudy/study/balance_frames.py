"""Observations beside their placebo days as frames and as JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.placebo.balance import BalanceRow, DaysLeftOut, PlaceboBalance
from eventstudy.show.json_text import json_value

if TYPE_CHECKING:
    import pandas as pd

HEAD = ("event", "instrument", "compared")
COUNTS = ("days", "candidates", "breakdown")


def balance_frame(found: Sequence[PlaceboBalance]) -> pd.DataFrame:
    """One row per observation, kind of comparison and measure: the event day beside its placebo days.

    ``event_value`` is that of the event day, ``median``, ``low`` and ``high`` the median and quartiles of the placebo
    days, ``ratio`` the event day over their median. The row ``weekday``: the fraction of days of its weekday.
    """
    import pandas as pd

    names = [field.name for field in fields(BalanceRow)]
    rows = [
        {**{name: getattr(one, name) for name in (*HEAD, *COUNTS)}, **_renamed({n: getattr(row, n) for n in names})}
        for one in found
        for row in one.rows
    ]
    return pd.DataFrame(rows, columns=[*HEAD, *COUNTS, *_renamed(dict.fromkeys(names))])


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose value of the event day does not have the name of the event's own column."""
    return {"event_value" if name == "event" else name: value for name, value in row.items()}


def left_out_frame(found: Sequence[PlaceboBalance]) -> pd.DataFrame:
    """One row per observation, kind of comparison and rule: how many days the rule leaves out."""
    import pandas as pd

    names = [field.name for field in fields(DaysLeftOut)]
    rows = [
        {**{name: getattr(one, name) for name in HEAD}, **{name: getattr(rule, name) for name in names}}
        for one in found
        for rule in one.left_out
    ]
    return pd.DataFrame(rows, columns=[*HEAD, *names])


def balance_document(one: PlaceboBalance) -> dict[str, Any]:
    """Return one observation beside its placebo days as JSON values."""
    return {
        **{name: json_value(getattr(one, name)) for name in (*HEAD, *COUNTS)},
        "left_out": [{"reason": rule.reason, "days": rule.days} for rule in one.left_out],
        "measures": [{field.name: json_value(getattr(row, field.name)) for field in fields(row)} for row in one.rows],
    }
