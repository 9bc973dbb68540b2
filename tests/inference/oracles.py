"""Inputs of other programs, read from the shared folder; tests that need them skip where it is absent."""

from __future__ import annotations

import pandas as pd

import eventstudy as es
from tests.shared import shared

CLOSE = "16:00 America/New_York"


def estudy2(options: dict[str, object], tests: tuple[str, ...]) -> es.StudyResult:
    """The study of the estudy2 vignette: 7 shares, market model on 240 days, events 16 to 20 March 2020."""
    folder = shared("oracles/estudy2")
    rates, index = (pd.read_csv(folder / f"{name}.csv", parse_dates=["date"], index_col=0) for name in FILES)
    first = int(rates.index.searchsorted(pd.Timestamp("2020-03-16")))
    time = pd.Timestamp("2020-03-16 12:00", tz="America/New_York")
    events = pd.DataFrame({"instrument": rates.columns, "time": [time] * len(rates.columns)})
    spec = es.StudySpec(
        model="market",
        estimation=(-first, -1),
        event=(0, 4),
        windows=((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (0, 4)),
        tests=tests,
        test_options=options,
    )
    return es.run_study(spec, events, rates, market=index.iloc[:, 0], closes_at=CLOSE)


FILES = ("rates", "rates_indx")
