"""The placebo days that the tests of a study share with its intraday responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import EventTable
from eventstudy.abnormal.placebo.shared_days import SharedDays
from eventstudy.arrays import DAY_US, instant_from_us, wall_us
from eventstudy.errors import DataError
from eventstudy.study.prepare import Study
from eventstudy.study.responses import response_settings

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.response.known import Known


def shared_days(study: Study, abnormal: AbnormalReturns) -> tuple[SharedDays | None, ...]:
    """Return the days of the intraday response of each event; None where it has none, nothing where no event has.

    The response reads prices, so the series must be bars. What is returned does not depend on whether it is computed
    in this run: a study whose settings ask for it has one set of days.
    """
    bars_of = {bars.instrument.code: bars for bars in study.bars if bars.step.value // 1000 < DAY_US and len(bars)}
    if study.spec.response == "off" or not bars_of or study.uses_other_days:
        return ()
    from eventstudy.response.comparable_days import TestedPrices, comparable_days
    from eventstudy.response.intraday_prices import intraday_prices
    from eventstudy.response.known import known_events

    settings, series, positions = response_settings(study.spec), study.data.series, study.data.positions
    known, event_of = _known(study.ledger.table, len(series.codes))
    if study.known is not None:
        further, _ = _known(study.known.table, len(series.codes), "unstudied")
        known = known_events((*known.events, *further.events))
    place = {int(row): at for at, row in enumerate(positions.row)}
    rows_of: dict[int, list[int]] = {}
    for at, row in enumerate(abnormal.row):
        rows_of.setdefault(int(positions.series[place[int(row)]]), []).append(at)
    found: list[SharedDays | None] = [None] * len(abnormal.row)
    for s, rows in rows_of.items():
        if series.codes[s] not in bars_of:
            continue
        prices = intraday_prices(bars_of[series.codes[s]], settings.price)
        span = slice(int(series.time_offset[s]), int(series.time_offset[s]) + int(series.length[s]))
        wall = np.maximum.accumulate(wall_us(series.closes[span], prices.zone))
        events = [event_of[int(abnormal.row[at])] for at in rows]
        for at, days in zip(rows, comparable_days(TestedPrices(prices, wall), events, settings, known), strict=True):
            found[at] = None if isinstance(days, DataError) else days  # the response says why there are none
    return tuple(found)


def _known(table: EventTable, series: int, name: str = "event") -> tuple[Known, dict[int, Event]]:
    """Return the events of a study of so many series, each once, and the event of each row.

    A date that lies differently on the bars of several instruments is as many events.
    """
    from eventstudy.news.items import Event, EventTime
    from eventstudy.response.known import RELEASE, known_events

    rows: dict[tuple[str, int, int], list[int]] = {}
    for row, (earliest, latest) in enumerate(zip(table.earliest.tolist(), table.latest.tolist(), strict=True)):
        rows.setdefault((table.id_of(row), earliest, latest), []).append(row)
    releases = table.attributes.get(RELEASE)
    events, event_of = [], {}
    for (_, earliest, latest), of in rows.items():
        release = "" if releases is None else str(releases[of[0]])
        event = Event(
            id=f"{name}-{of[0]}",
            time=EventTime(instant_from_us(earliest), instant_from_us(latest)),
            instruments=tuple(str(table.instruments[row]) for row in of) if len(of) < series else (),
            attributes={RELEASE: release} if release not in ("", "nan", "None") else {},
        )
        events.append(event)
        event_of.update(dict.fromkeys(of, event))
    return known_events(events), event_of
