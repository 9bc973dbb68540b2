"""Comparable days by declared rules: which days each rule leaves, counted by hand on days made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from eventstudy.abnormal.placebo.settings import MatchSettings, PlaceboSettings
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.respond import respond
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import Response
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days

# 25 ordinary weekdays and then the event day; the news of 15:00 is known to half a minute.
DESIGN = IntradayDesign(days=25, jump=0.01, early=30, late=30)
BARS, NEWS = intraday_bars(intraday_days(DESIGN, 4))
EVENT_DAY = NEWS.time.earliest.date()
DAYS = sorted({stamp.date() for stamp in BARS.frame.index})


def response(known: list[Event] | None = None, news: Event = NEWS, bars: Bars = BARS, **match: object) -> Response:
    rules = MatchSettings(**match)  # type: ignore[arg-type]
    return respond(bars, news, ResponseSettings(placebo=PlaceboSettings(match=rules)), known or [])


def left_out(found: Response) -> Mapping[str, int]:
    assert found.balance is not None
    assert found.balance.candidates == len(DAYS) - 1
    return {one.reason: one.days for one in found.balance.left_out}


def compared_days(found: Response) -> set[np.datetime64]:
    return {np.datetime64("1970-01-01") + np.timedelta64(int(day), "D") for day in found.path.placebo_day}


def release(day: int, name: str, minutes: int = 0) -> Event:
    """Return an event at the news' time of day on the day so many days of the market before it."""
    shift = DAYS[-1] - DAYS[-1 - day] - timedelta(minutes=minutes)
    time = EventTime(NEWS.time.earliest - shift, NEWS.time.latest - shift)
    return Event(f"{name}-{day}-{minutes}", time, attributes={"release": name})


def test_only_days_of_the_same_weekday_are_compared() -> None:
    found = response(weekday=True)
    same = sum(day.weekday() == EVENT_DAY.weekday() for day in DAYS[:-1])
    assert 0 < same < 8
    assert found.placebo_days == same
    assert left_out(found) == {"another weekday": 25 - same}
    weekday = found.balance.rows[0] if found.balance else None
    assert weekday is not None
    assert (weekday.measure, weekday.median, weekday.label) == ("weekday", 1.0, EVENT_DAY.strftime("%A"))
    assert not found.removed  # days that a rule leaves out are counted, not listed as days with a fault


def test_days_of_the_same_release_are_the_pool_and_others_are_not() -> None:
    news = replace(NEWS, attributes={"release": "cpi"})
    known = [*(release(day, "cpi") for day in (2, 5, 9)), release(3, "jobs"), release(12, "cpi", minutes=7)]
    found = response(known, news, releases="same")
    assert found.placebo_days == 3
    assert left_out(found) == {"no event of the same release begins at this time of day": 22}
    assert not [one for one in found.confounders if one.where == "placebo"]  # they are the comparison
    assert response(known, news, releases="any").placebo_days == 4
    assert response(known, news).placebo_days == 25 - 5  # without the rule these days are left out
    assert compared_days(found) == {np.datetime64(DAYS[-1 - back]) for back in (2, 5, 9)}


def test_another_release_on_a_day_of_the_pool_still_leaves_it_out() -> None:
    news = replace(NEWS, attributes={"release": "cpi"})
    known = [*(release(day, "cpi") for day in (2, 5, 9)), release(5, "jobs", minutes=3)]
    found = response(known, news, releases="same")
    assert found.placebo_days == 2
    assert left_out(found)["another known event falls into the window"] == 1


def test_an_event_without_a_release_is_refused_in_one_sentence() -> None:
    with pytest.raises(DataError, match=r"has no attribute `release`\. Add the column `release` to the events"):
        response(releases="same")


def calmer(bars: Bars, days: int) -> Bars:
    """Return the bars with the first ``days`` days at a fifth of their volatility."""
    frame = bars.frame.copy()
    for day in DAYS[:days]:
        rows = frame.index.date == day
        path = np.log(frame.loc[rows, "close"])
        frame.loc[rows, "close"] = np.exp(path.iloc[0] + (path - path.iloc[0]) / 5)
    return replace(bars, frame=frame)


def test_days_of_another_volatility_before_the_news_are_left_out() -> None:
    flat = replace(DESIGN, day_sd=0.0, cluster=0.0)
    bars, news = intraday_bars(intraday_days(flat, 4))
    found = response(news=news, bars=calmer(bars, 10), volatility=(0.5, 2.0))
    assert found.placebo_days == 15
    reason = "volatility before the time of the news not within 0.5 to 2 times that of the event day"
    assert left_out(found) == {reason: 10}
    assert found.balance is not None
    volatility = next(row for row in found.balance.rows if row.measure == "volatility")
    assert 0.5 * volatility.event < volatility.low <= volatility.median <= volatility.high < 2 * volatility.event
    assert volatility.ratio == pytest.approx(volatility.event / volatility.median)


def test_the_balance_has_volume_and_spread_before_the_news_alone() -> None:
    frame = BARS.frame.copy()
    after = frame.index > pd.Timestamp(NEWS.time.earliest)
    today = frame.index.date == EVENT_DAY
    frame["volume"] = np.where(after, 1e9, np.where(today, 30.0, 10.0))
    frame["bid"], frame["ask"] = frame["close"] * 0.999, frame["close"] * np.where(today, 1.003, 1.001)
    bars = replace(BARS, frame=frame)
    found = respond(bars, NEWS, ResponseSettings(placebo=PlaceboSettings(match=MatchSettings())))
    assert found.balance is not None
    rows = {row.measure: row for row in found.balance.rows}
    assert rows["volume"].ratio == pytest.approx(3.0, rel=0.05)  # minutes without a trade are not the same ones
    assert rows["spread"].event == pytest.approx(np.log(1.003 / 0.999))
    assert rows["spread"].median == pytest.approx(np.log(1.001 / 0.999))


def test_too_few_days_are_explained_with_the_counts_of_each_rule() -> None:
    found = response(weekday=True, volatility=(0.99, 1.01))
    told = [str(notice) for notice in found.notices if notice.code == "ES-PLACEBO-FEW"]
    assert len(told) == 1
    assert f"of 25 days {25 - found.placebo_days} are left out" in told[0]
    assert "another weekday" in told[0]
    assert "not within 0.99 to 1.01" in told[0]


def test_the_nearest_days_are_counted_after_the_rules() -> None:
    rules = PlaceboSettings(days=2, match=MatchSettings(weekday=True))
    found = respond(BARS, NEWS, ResponseSettings(placebo=rules))
    same = [day for day in DAYS[:-1] if day.weekday() == EVENT_DAY.weekday()]
    assert found.placebo_days == 2
    assert left_out(found)["farther away than the nearest 2 days"] == len(same) - 2


def test_nothing_is_balanced_if_nothing_is_matched() -> None:
    assert respond(BARS, NEWS).balance is None
    assert response().balance is not None


def overnight(day: int, name: str) -> Event:
    """Return an event at 21:00 Moscow of the evening before the day so many days of the market before the last."""
    evening = pd.Timestamp(DAYS[-1 - day], tz="Europe/Moscow") - pd.Timedelta("3h")
    time = EventTime(evening.to_pydatetime(), (evening + pd.Timedelta("1min")).to_pydatetime())
    return Event(f"{name}-{day}", time, attributes={"release": name})


def test_news_over_night_is_compared_with_openings_after_news_of_the_same_release() -> None:
    news = overnight(0, "earnings")
    nights = [day for day in range(1, 25) if DAYS[-1 - day] - DAYS[-2 - day] == timedelta(days=1)]
    known = [overnight(nights[0], "earnings"), overnight(nights[3], "earnings"), overnight(nights[4], "guidance")]
    found = response(known, news, releases="same")
    assert compared_days(found) == {np.datetime64(DAYS[-1 - nights[0]]), np.datetime64(DAYS[-1 - nights[3]])}
    # Without the rule, an opening after other news is not an ordinary one.
    plain = {
        np.datetime64("1970-01-01") + np.timedelta64(int(day), "D") for day in response(known, news).path.placebo_day
    }
    assert not plain & {np.datetime64(DAYS[-1 - nights[k]]) for k in (0, 3, 4)}
