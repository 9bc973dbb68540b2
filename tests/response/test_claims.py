"""The founding claim: 1.2 roubles is the change on the previous close, not the response to the news."""

from __future__ import annotations

import math

import pytest

from eventstudy.errors import DataError
from eventstudy.news.claims import PriceClaim
from eventstudy.response.confounders import claim_beside
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.respond import respond
from eventstudy.simulate import demo_market

CLAIM = PriceClaim("USD/RUB", -1.2, "RUB", 76.16, "18:53", "Moscow Exchange", text="fell by 1.2 rubles to 76.16 rubles")


def test_the_claim_of_the_founding_article_is_the_change_on_the_previous_close() -> None:
    market = demo_market()
    prices = intraday_prices(market.bars[0])
    beside = claim_beside(CLAIM, prices, respond(prices, market.event))
    # ln(76.16 / 77.36) = -1.563 %; the demo's previous close is the TOM close on record, 77.385
    assert abs(beside.claimed - math.log(76.16 / 77.36)) < 1e-12
    assert beside.against == "previous close"
    assert abs(beside.on_previous_close - math.log(76.16 / 77.385)) < 1e-12
    # from the last price before the news, 77.07 at 18:00
    assert abs(beside.since_news - math.log(76.16 / 77.07)) < 1e-12
    assert beside.measured_level == pytest.approx(76.16, abs=1e-9)


def test_the_news_part_by_18_37_is_nine_tenths_of_a_percent() -> None:
    market = demo_market()
    prices = intraday_prices(market.bars[0])
    by_then = PriceClaim("USD/RUB", -1.01, "RUB", 76.37, "18:37", text="-1.01")
    beside = claim_beside(by_then, prices, respond(prices, market.event))
    assert abs(100 * beside.since_news + 0.912) < 0.001  # ln(76.37 / 77.07), methods A0: "about -0.91 %"
    assert beside.against == "previous close"


def test_percent_a_missing_level_and_a_false_claim() -> None:
    market = demo_market()
    prices = intraday_prices(market.bars[0])
    response = respond(prices, market.event)
    percent = claim_beside(PriceClaim("USD/RUB", -1.58, "percent", None, "18:53"), prices, response)
    assert percent.against == "previous close"  # 100 * (76.16 / 77.385 - 1) = -1.583
    assert claim_beside(PriceClaim("USD/RUB", 3.0, "RUB", 76.16, "18:53"), prices, response).against == "none of them"
    assert math.isnan(claim_beside(PriceClaim("USD/RUB", None, "", 76.16, ""), prices, response).claimed)


def test_without_the_day_before_there_is_no_previous_close() -> None:
    market = demo_market()
    rub = market.bars[0]
    from dataclasses import replace

    one_day = replace(rub, frame=rub.frame.loc["2021-04-13":])
    prices = intraday_prices(one_day)
    with pytest.raises(DataError, match="close before"):
        claim_beside(CLAIM, prices, respond(prices, market.event))
