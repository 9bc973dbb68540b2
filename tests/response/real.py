"""The founding event and the real 10-minute bars as values, for the tests of this room."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from eventstudy.market.bars import Bars
from eventstudy.market.instruments import instrument
from eventstudy.news.items import Event, EventTime
from tests.shared import shared

MOSCOW = ZoneInfo("Europe/Moscow")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def event(earliest: str, latest: str, name: str = "news") -> Event:
    return Event(name, EventTime(moscow(earliest), moscow(latest)))


FOUNDING = event("2021-04-13T18:00", "2021-04-13T18:37", "call")


def bars_of(code: str, frame: pd.DataFrame, step: str) -> Bars:
    """Return ``Bars`` of a frame indexed by naive Moscow closing times."""
    index = pd.DatetimeIndex(frame.index).tz_localize("Europe/Moscow", ambiguous="NaT").tz_convert("UTC").as_unit("us")
    frame = frame.set_axis(index, axis=0)[["open", "high", "low", "close", "volume"]].astype("float64")
    return Bars(instrument(code), pd.Timedelta(step), "right", frame.loc[frame.index.notna()])


def ten_minutes(code: str) -> Bars:
    frame = pd.read_csv(shared(f"market/moex/{code}_M10_2021.csv"), parse_dates=["datetime"]).set_index("datetime")
    return bars_of(code, frame, "10min")


def finam(name: str, code: str, step: str) -> Bars:
    frame = pd.read_csv(shared(f"market/moex/{name}"), dtype={"<DATE>": str, "<TIME>": str})
    frame.columns = [c.strip("<>").lower().replace("vol", "volume") for c in frame.columns]
    form = "%d/%m/%y %H:%M:%S" if "/" in frame["date"][0] else "%Y%m%d %H%M%S"
    frame.index = pd.to_datetime(frame["date"] + " " + frame["time"], format=form)
    return bars_of(code, frame, step)
