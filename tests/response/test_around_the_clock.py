"""Markets that trade through midnight: windows, horizons and placebo days run on; horizons without a bar are n/a."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.market.instruments import Instrument
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.respond import respond
from eventstudy.response.settings import ResponseSettings

FIRST = pd.Timestamp("2025-05-01", tz="UTC")
NEWS = pd.Timestamp("2025-06-21 23:50", tz="UTC")


def minutes(days: int, *, hours: tuple[int, int] = (0, 24), five_days: bool = False) -> pd.DatetimeIndex:
    """Closes of one-minute bars, around the clock or for some hours a day."""
    index = pd.date_range(FIRST + pd.Timedelta("1min"), FIRST + pd.Timedelta(days, "D"), freq="1min")
    begins = index - pd.Timedelta("1min")
    keep = (begins.hour >= hours[0]) & (begins.hour < hours[1])
    return index[keep & (begins.day_of_week < 5)] if five_days else index[keep]


def coin(index: pd.DatetimeIndex, news: pd.Timestamp, **moves: float) -> es.Bars:
    """Prices of alternating ticks of 1 bp that move by so much in the first minute and at minute 30 after the news."""
    changes = np.where(np.arange(len(index)) % 2, 1e-4, -1e-4)
    changes[index.get_loc(news + pd.Timedelta("1min"))] += moves.get("first", 0.0)
    if "later" in moves:
        changes[index.get_loc(news + pd.Timedelta("30min"))] += moves["later"]
    frame = pd.DataFrame({"close": 100 * np.exp(np.cumsum(changes))}, index.as_unit("us"))
    return es.Bars(Instrument("DOGE"), pd.Timedelta("1min"), "left", frame)


def event(at: pd.Timestamp) -> es.Event:
    return es.Event(id="post", time=es.EventTime(at.to_pydatetime(), at.to_pydatetime()))


def test_a_window_runs_through_midnight_where_trading_does() -> None:
    response = respond(coin(minutes(60), NEWS, first=0.005, later=0.02), event(NEWS))
    moved = {move.label: move.value for move in response.moves}
    assert moved["+20 min"] == pytest.approx(0.005, abs=3e-4)
    assert moved["+60 min"] == pytest.approx(0.025, abs=3e-4)  # 20 minutes after midnight the price moved again
    (last,) = [move for move in response.moves if move.label == "+60 min"]
    assert last.at == (NEWS + pd.Timedelta("60min")).to_pydatetime()
    assert response.placebo_days == 51  # 1 May to 20 June
    assert last.pvalue == pytest.approx(1 / 52)
    assert not {notice.code for notice in response.notices} & {"ES-WINDOW-CUT", "ES-NEWS-WHILE-CLOSED"}


def test_news_at_and_after_midnight_has_its_window_before_the_news() -> None:
    for clock in ("00:00", "00:05"):
        news = pd.Timestamp(f"2025-06-22 {clock}", tz="UTC")
        response = respond(coin(minutes(60), news, first=0.005), event(news))
        assert response.first.value == pytest.approx(0.005, abs=3e-4)
        assert response.reference_at == news.to_pydatetime()
        assert response.path.closes[response.path.start] == (news - pd.Timedelta("30min")).value // 1000


def test_an_outage_of_a_market_that_never_closes_is_not_a_closed_market() -> None:
    index = minutes(60)
    index = index[(index <= NEWS - pd.Timedelta("5min")) | (index > NEWS + pd.Timedelta("115min"))]
    changes = np.where(np.arange(len(index)) % 2, 1e-4, -1e-4)
    frame = pd.DataFrame({"close": 100 * np.exp(np.cumsum(changes))}, index.as_unit("us"))
    bars = es.Bars(Instrument("DOGE"), pd.Timedelta("1min"), "left", frame)
    response = respond(bars, event(NEWS), ResponseSettings(horizons=(5, 20, 180)))
    assert "ES-NEWS-WHILE-CLOSED" not in {notice.code for notice in response.notices}
    assert response.gap is None


def test_a_market_of_some_hours_still_ends_at_its_close_and_the_horizon_is_not_available() -> None:
    index = minutes(60, hours=(9, 18))
    news = pd.Timestamp("2025-06-20 17:50", tz="UTC")
    bars = coin(index, news, first=0.005)
    assert not intraday_prices(bars).around_the_clock
    response = respond(bars, event(news))
    (late,) = [move for move in response.moves if move.label == "+60 min"]
    assert late.at is None
    assert math.isnan(late.value)
    assert math.isnan(late.pvalue)
    assert late.reason == "trading ended at 18:00"


def test_a_currency_week_ends_on_friday_and_runs_through_its_nights() -> None:
    index = minutes(60, five_days=True)
    assert intraday_prices(coin(index, pd.Timestamp("2025-06-18 23:50", tz="UTC"))).around_the_clock
    night = pd.Timestamp("2025-06-18 23:50", tz="UTC")
    moved = {m.label: m.value for m in respond(coin(index, night, first=0.005, later=0.02), event(night)).moves}
    assert moved["+60 min"] == pytest.approx(0.025, abs=3e-4)
    friday = pd.Timestamp("2025-06-20 23:30", tz="UTC")
    response = respond(coin(index, friday, first=0.005), event(friday))
    at = {move.label: move.at for move in response.moves}
    assert at["+20 min"] is not None
    assert at["+60 min"] is None


def test_a_horizon_shorter_than_a_bar_is_not_shown_as_that_horizon() -> None:
    index = pd.date_range(FIRST + pd.Timedelta("15min"), FIRST + pd.Timedelta("60D"), freq="15min")
    news = pd.Timestamp("2025-06-20 12:00", tz="UTC")
    changes = np.where(np.arange(len(index)) % 2, 1e-4, -1e-4)
    frame = pd.DataFrame({"close": 100 * np.exp(np.cumsum(changes))}, index.as_unit("us"))
    bars = es.Bars(Instrument("X"), pd.Timedelta("15min"), "left", frame)
    moves = {m.label: m for m in respond(bars, event(news), ResponseSettings(horizons=(5, 15, 60))).moves}
    assert moves["+5 min"].at is None
    assert moves["+5 min"].reason == "a bar lasts 15 minutes"
    assert moves["+15 min"].at == (news + pd.Timedelta("15min")).to_pydatetime()
