"""Views and studies made by hand, for tests of the report room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from eventstudy.arrays import instant_us
from eventstudy.report.views import CarPath, PriceWindow, ResponseView

MINUTES = 60_000_000


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text + "+03:00")


def made_view(
    *, title: str = "A call", instrument: str = "SBER", simulated: bool = False, days: int = 69
) -> ResponseView:
    """One event on 10-minute bars with an evening break, drawn from a fixed seed."""
    rng = np.random.default_rng(7)
    start = instant_us(moscow("2021-04-13T15:30"))
    closes = start + 10 * MINUTES * np.arange(1, 23, dtype=np.int64)
    first = instant_us(moscow("2021-04-13T18:40"))
    closes = closes[(closes <= first) | (closes > instant_us(moscow("2021-04-13T19:00")))]
    price = 270 * np.exp(np.cumsum(rng.normal(0, 0.0009, len(closes))))
    row = int(np.searchsorted(closes, first))
    price[row:] *= 1.0114
    after = closes[row:]
    car = np.log(price[row:] / price[row - 4])
    placebo = np.cumsum(rng.normal(0, 0.0025, (days, len(after))), axis=1)
    reference = instant_us(moscow("2021-04-13T18:00"))
    prices = PriceWindow(closes, price, rng.gamma(3, 2e5, len(closes)), 10 * MINUTES, "RUB")
    path = CarPath(np.arange(len(after)), reference, after, car, placebo)
    return ResponseView(
        event="call",
        title=title,
        instrument=instrument,
        earliest=moscow("2021-04-13T18:00"),
        latest=moscow("2021-04-13T18:37"),
        path=path,
        prices=prices,
        zone="Europe/Moscow",
        reference_at=reference,
        first_at=first,
        simulated=simulated,
    )


def made_study(**changes: Any) -> dict[str, Any]:
    """The figures on record of the founding case, in the shape of result.json."""
    used = [
        {"event": "call", "instrument": code, "outcome": "used", "reason": "all returns were there"}
        for code in ("SBER", "VTBR")
    ]
    late = {"event": "late", "instrument": "USD", "outcome": "outside_data", "reason": "RUB ends on 2022-03-01"}
    responses = [
        {
            "event": "call",
            "instrument": code,
            "window": [0, 0],
            "car": car,
            "se": None,
            "tests": {
                "time_series_t": {"statistic": None, "pvalue": None, "n": 0, "reason": "the model has no variance"},
                "placebo": {"statistic": car, "pvalue": p, "n": 69, "reason": ""},
            },
        }
        for code, car, p in (("SBER", 0.01135, 2 / 70), ("VTBR", 0.0084, 4 / 70))
    ]
    study = {
        "study": "founding",
        "spec_digest": "0" * 64,
        "outcomes": [*used, late],
        "responses": responses,
        "aggregates": [],
        "warnings": [{"code": "ES012", "message": "The earliest time is assumed."}],
    }
    return study | changes


def made_facts() -> dict[str, Any]:
    return {
        "study": "founding",
        "spec_digest": "0" * 64,
        "seed": 3,
        "data": [{"name": "SBER (file)", "digest": "a" * 64}],
        "versions": {"python": "3.11"},
        "tzdata": "2026.1",
    }
