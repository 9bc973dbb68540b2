"""The commonest study from a price file and an event list, without a study file: the settings it stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from eventstudy.arrays import value
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.price_files import described
from eventstudy.study.spec import StudySpec

ESTIMATION, EVENT = (-250, -11), (-5, 5)
REPORTED = ((0, 0), (0, 1), (-1, 1), (-5, 5))
TESTS = ("time_series_t", "cross_sectional_t", "bmp", "kp_bmp")


@value
class Files:
    """What a study without a study file is made of.

    Attributes
    ----------
    prices, events : Path
        A file, a pattern or a folder of prices; a list of events.
    market : str
        The instrument of the prices that is the benchmark; without one the model is the constant mean.
    timezone : str
        Of timestamps without an offset, in prices and events.
    closes_at, calendar : str
        When daily data close: the local time, or the exchange calendar that says it.
    settings : mapping
        Further keys of the ``[data]`` table.
    """

    prices: Path
    events: Path
    market: str = ""
    timezone: str = ""
    closes_at: str = ""
    calendar: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def study_of_files(files: Files, folder: Path) -> StudySpec:
    """Return the study of a price file and an event list, its paths relative to ``folder``.

    Raises
    ------
    SpecError, UsageError
        If a setting is invalid.
    """
    data = described(
        **files.settings,
        path=relative(files.prices, folder),
        timezone=files.timezone,
        closes_at=files.closes_at,
        calendar=files.calendar,
    )
    name = files.prices.name.split(".")[0] or "study"
    return StudySpec(
        name=name if name.isascii() and "*" not in name else "study",
        title=f"Events in {files.events.name}, prices in {files.prices.name}",
        events_file=relative(files.events, folder),
        event_timezone=files.timezone,
        data=(data,),
        market=DataSpec(instrument=files.market) if files.market else None,
        model="market" if files.market else "constant_mean",
        estimation=ESTIMATION,
        event=EVENT,
        windows=REPORTED,
        tests=TESTS,
    )


def relative(path: Path, folder: Path) -> str:
    """Return a path as it is written in a study file of a folder."""
    return Path(os.path.relpath(path, folder)).as_posix()
