"""The demo's day: it passes through the figures on record, says SIMULATED, keeps the hours, and knows its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import UnknownNameError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.request import BarRequest
from eventstudy.simulate import SimulatedMarket, demo_bars, demo_market

DAY = "2021-04-13"


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return demo_market()


def local(bars: Bars) -> pd.DataFrame:
    return bars.frame.tz_convert("Europe/Moscow")


@pytest.mark.reference
@pytest.mark.parametrize(
    ("clock", "price"),
    # Vechernyaya Moskva, PRIME, the founding article, findevent.ru (methods A0)
    [("11:30", 77.23), ("18:37", 76.37), ("18:53", 76.16), ("20:09", 76.25)],
)
@pytest.mark.parametrize("seed", [1, 20210413])
def test_usd_rub_passes_through_the_figures_on_record(clock: str, price: float, seed: int) -> None:
    rub = demo_market(seed).bars[0]
    assert local(rub).loc[f"{DAY} {clock}:00+03:00", "close"] == price


def test_the_previous_close_is_the_one_on_record(market: SimulatedMarket) -> None:
    assert local(market.bars[0]).loc["2021-04-12", "close"].iloc[-1] == 77.385


def test_nobody_can_mistake_it_for_the_market(market: SimulatedMarket) -> None:
    assert all(bars.simulated and bars.source.startswith("SIMULATED") for bars in market.bars)
    assert market.event.label.startswith("SIMULATED")


def test_the_same_seed_gives_the_same_bars_and_another_gives_others(market: SimulatedMarket) -> None:
    assert demo_market() == market
    assert demo_market(2).bars[2] != market.bars[2]


def test_sixty_prior_days_and_the_event_day(market: SimulatedMarket) -> None:
    for bars in market.bars:
        days = np.unique(local(bars).index.date)
        assert len(days) == 61
        assert str(days[-1]) == DAY
        assert {"2021-02-23", "2021-03-08"}.isdisjoint(map(str, days))


def test_hours_auctions_and_the_evening(market: SimulatedMarket) -> None:
    rub, index, share = (local(bars) for bars in market.bars)
    assert rub.loc["2021-02-26"].index[0].strftime("%H:%M") >= "10:01"
    assert rub.loc["2021-03-01"].index[0].strftime("%H:%M") < "07:10"
    assert len(index.between_time("18:51", "19:05")) == 0
    assert len(share.between_time("18:41", "18:49")) == len(share.between_time("18:51", "19:05")) == 0
    for clock in ("10:00", "18:50"):  # an auction is one price
        auction = share.at_time(clock)
        assert len(auction) == 61
        assert (auction["high"] == auction["low"]).all()
    assert len(share.between_time("19:06", "23:50")) > 0


def test_bars_are_consistent_and_some_minutes_have_no_trade(market: SimulatedMarket) -> None:
    for bars in market.bars:
        frame = bars.frame
        assert (frame["low"] <= frame[["open", "close"]].min(axis=1)).all()
        assert (frame["high"] >= frame[["open", "close"]].max(axis=1)).all()
    day = local(market.bars[2]).between_time("10:01", "18:40")
    assert 0.02 < 1 - len(day) / (61 * 520) < 0.04  # 3 % of minutes are drawn without a trade
    assert np.allclose(market.bars[0].frame["close"] / 0.0025, np.round(market.bars[0].frame["close"] / 0.0025))


def test_the_planted_jump_is_in_the_minute_it_was_planted_in(market: SimulatedMarket) -> None:
    assert market.truth.jump_at.isoformat() == "2021-04-13T15:24:30+00:00"
    for bars in market.bars:
        close = np.log(local(bars).loc[DAY, "close"])
        before, after = close.loc[: f"{DAY} 18:24"].iloc[-1], close.loc[f"{DAY} 18:25"]
        # one minute's noise is 4 bp (one standard deviation of the widest series)
        assert abs(after - before - market.truth.jumps[bars.instrument.code]) < 0.0016


def test_volatility_is_u_shaped(market: SimulatedMarket) -> None:
    share = local(market.bars[2]).iloc[:-900]
    moves = np.log(share["close"]).diff().abs()
    assert moves.between_time("10:05", "10:40").mean() > 1.15 * moves.between_time("14:30", "15:30").mean()


def test_the_demo_is_a_source_of_bars_like_any_other(market: SimulatedMarket) -> None:
    first = pd.Timestamp("2021-04-13T00:00+03:00").to_pydatetime()
    asked = BarRequest(Instrument("SBER"), pd.Timedelta("1min"), first=first)
    bars = demo_bars(asked)
    assert bars.simulated
    assert bars.frame.equals(market.bars[2].frame.loc[first:])
    with pytest.raises(UnknownNameError, match="USD000UTSTOM"):
        demo_bars(BarRequest(Instrument("GAZP"), pd.Timedelta("1min")))
