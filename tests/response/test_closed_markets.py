"""News while the market is closed, and what else was going on."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from eventstudy.arrays import MINUTE_US
from eventstudy.errors import DataError
from eventstudy.market.instruments import instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.response.closed_markets import bracket_rows, closures, gap_response, instants_of
from eventstudy.response.confounders import SEAMS
from eventstudy.response.intraday_prices import IntradayPrices, first_vwap, intraday_prices
from eventstudy.response.jumps import lee_mykland
from eventstudy.response.respond import respond
from eventstudy.response.seasonality import periodicity
from eventstudy.simulate import IntradayDesign, demo_market, intraday_bars, intraday_days
from tests.response.real import FOUNDING, MOSCOW, event, ten_minutes

DESIGN = IntradayDesign(days=60, overnight=0.2)


def opened_with(gap: float, seed: int = 1) -> tuple[IntradayPrices, Event]:
    """Return prices whose last day opens ``gap`` higher, and news of the evening before."""
    bars, news = intraday_bars(intraday_days(DESIGN, seed))
    last_day = bars.frame.index.normalize() == bars.frame.index[-1].normalize()
    close = bars.frame["close"].to_numpy().copy()
    close[last_day] *= math.exp(gap)
    prices = intraday_prices(replace(bars, frame=bars.frame.assign(close=close)))
    evening = news.time.latest.replace(hour=20) - timedelta(days=1)
    return prices, Event("evening", EventTime(evening, evening))


def test_news_in_the_night_is_answered_by_the_opening_gap() -> None:
    prices, news = opened_with(0.03)
    around = closures(prices, instants_of([news.time]))
    assert around.closed.tolist() == [True]
    assert around.nights.tolist() == [1]
    response = respond(prices, news)
    assert response.gap is not None
    assert response.gap.name == "overnight gap"
    first, last = bracket_rows(prices, news.time)[1], bracket_rows(prices, news.time)[0]
    by_hand = float(prices.price[first] - prices.price[last])
    assert response.gap.value == by_hand
    assert response.moves[0].pvalue == response.smallest_pvalue
    assert abs(by_hand - 0.03) < 0.01
    assert "ES-NEWS-WHILE-CLOSED" in {notice.code for notice in response.notices}
    assert response.reference_at.strftime("%H:%M") == "15:40"  # 18:40 Moscow the day before
    assert response.first_at.strftime("%H:%M") == "07:01"
    assert "not yet opened" in response.number("pre_event_drift").reason or response.number("pre_event_drift").defined


def test_only_gaps_of_the_same_kind_judge() -> None:
    prices, news = opened_with(0.0)
    gap = gap_response(prices, news.time)
    days = np.unique(prices.day)
    # the last day is a Friday: past overnight gaps are those of Tuesday to Friday with the day before trading
    single = int((np.diff(days) == 1)[:-1].sum())
    assert gap.kind == "overnight"
    assert len(gap.past) == single
    weekend = Event("w", EventTime(*[news.time.latest - timedelta(days=5)] * 2))
    assert gap_response(prices, weekend.time).kind == "weekend"
    assert 0 < respond(prices, weekend).placebo_days < 20


def test_without_a_gap_the_rank_is_ordinary_as_often_as_it_should_be() -> None:
    pvalues = [respond(*opened_with(0.0, seed)).moves[0].pvalue for seed in range(60)]
    assert (np.array(pvalues) <= 0.1).mean() < 0.25
    assert np.median(pvalues) > 0.25


def test_the_first_vwap_by_hand() -> None:
    price = np.log(np.array([100.0, 110.0, 120.0, 130.0]))
    closes = np.array([0, 100, 101, 107], dtype=np.int64) * MINUTE_US
    volume = np.array([1.0, 1.0, 3.0, 50.0])
    prices = IntradayPrices(
        instrument("SBER"), "Europe/Moscow", MINUTE_US, closes, closes, price, price * np.nan, volume
    )
    # five minutes from the opening bar on: bars at 100 and 101, not 107: (110 + 3 * 120) / 4
    assert abs(math.exp(first_vwap(prices, np.array([1]))[0]) - 117.5) < 1e-9


def test_news_outside_the_data_is_refused_never_moved() -> None:
    prices, news = opened_with(0.0)
    for shift in (timedelta(days=400), timedelta(days=-400)):
        at = news.time.latest + shift
        with pytest.raises(DataError, match="outside the bars"):
            respond(prices, Event("far", EventTime(at, at)))


@pytest.mark.reference
def test_the_evening_news_of_sber_rolls_to_the_next_session_of_the_same_day_or_the_next() -> None:
    prices = intraday_prices(ten_minutes("SBER"))
    # the auction and the pause are minutes, not a closed market
    assert not closures(prices, instants_of([FOUNDING.time])).closed.any()
    night = event("2021-04-13T23:55", "2021-04-13T23:55")
    response = respond(prices, night)
    assert response.reference_at.astimezone(MOSCOW).strftime("%d %H:%M") == "13 23:50"
    assert response.first_at.astimezone(MOSCOW).strftime("%d %H:%M") == "14 10:00"  # the auction print
    assert response.gap is not None
    assert response.gap.name == "overnight gap"


def test_seams_name_their_markets_and_times() -> None:
    market = demo_market()
    rub = market.bars[0]
    at = datetime(2021, 4, 13, 11, 20, tzinfo=MOSCOW)
    response = respond(rub, Event("fixing", EventTime(at, at)))
    assert [c.label for c in response.confounders] == ["rouble fixing 11:30"]
    assert response.confounders[0].at == datetime(2021, 4, 13, 11, 30, tzinfo=MOSCOW)
    assert response.confounders[0].where == "event"
    assert all("kept" in c.effect for c in response.confounders)
    rtsi = next(seam for seam in SEAMS if seam.codes == ("RTSI",))
    assert str(rtsi.since) == "2024-06-13"


def test_another_event_in_the_window_is_named() -> None:
    market = demo_market()
    soon = market.event.time.latest + timedelta(minutes=15)
    other = Event("other", EventTime(soon, soon), label="US data")
    response = respond(market.bars[0], market.event, known=[other, market.event])
    assert ("US data", "event") in {(c.label, c.where) for c in response.confounders}
    assert response.placebo_days == 60


def test_an_opening_bar_and_an_auction_are_not_jumps_once_the_clock_is_taken_out() -> None:
    rng = np.random.default_rng(17)
    clock = np.ones(150)
    clock[[0, 140]] = 6.0  # the first bar and the auction are six times as wild as the others, every day
    raw, seasoned = [], []
    for _ in range(150):
        r = clock * rng.standard_normal((61, 150))
        factor = periodicity(r[1:], "sd", "rv")
        raw.append(lee_mykland(r[0], 100).is_jump[140])
        seasoned.append(lee_mykland(r[0] / factor, 100).is_jump.any())
    assert np.mean(raw) > 0.3
    assert np.mean(seasoned) < 0.12  # 5 % for all bars of the day together, and factors estimated from 60 days
