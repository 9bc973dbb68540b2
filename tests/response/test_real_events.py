"""Real events besides the founding one: a central-bank decision that overshot, and real news on an illiquid share."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import numpy as np
import pytest

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.settings import ResponseSettings
from tests.response.real import MOSCOW, event, finam
from tests.shared import shared

pytestmark = pytest.mark.reference


def test_the_decision_of_22_july_2022_overshot() -> None:
    bars = finam("SPFB.Si_220511_220930_5min.csv", "Si", "5min")
    decision = event("2022-07-22T13:30", "2022-07-22T13:30", "decision")
    response = respond(bars, decision, ResponseSettings(horizons=(5, 30), initial_minutes=5))
    first = response.path.car[response.path.first]
    assert abs(1e4 * first - 78) < 0.5  # the bar labeled 13:35
    by_two = response.moves[1]
    assert by_two.at is not None
    assert by_two.at.astimezone(MOSCOW).strftime("%H:%M") == "14:00"
    assert abs(by_two.value) < 0.5 * first
    assert response.pattern == "overshoot"
    assert response.number("retracement").value > 0.5
    assert abs(1e4 * by_two.value - 14.6) < 0.5


@pytest.fixture(scope="module")
def sibn() -> Bars:
    return finam("SIBN_140101_150101.csv", "SIBN", "1min")


def finam_news(year: str) -> list[Event]:
    with shared("news/gazpromneft.csv").open(encoding="utf-8") as file:
        stamps = {(row["article_date"], row["article_time"]) for row in csv.DictReader(file)}
    found = []
    for day, clock in sorted(stamps):
        if not day.endswith(year):
            continue
        at = datetime.strptime(f"{day} {clock}", "%d.%m.%Y %H:%M").replace(tzinfo=MOSCOW)
        found.append(Event(f"n{at:%Y%m%d-%H%M}", EventTime(at, at + timedelta(seconds=59.999999)), ("SIBN",)))
    return found


def test_an_illiquid_share_with_the_news_of_its_year_runs_through(sibn: Bars) -> None:
    news = finam_news("2014")
    assert len(news) > 50
    found = respond_all([sibn], news, ResponseSettings(placebo=PlaceboSettings(days=60)))
    assert len(found) + len(found.skipped) == len(news)
    assert all(reason for _, _, reason in found.skipped)
    stale = [r for r in found if any(n.code == "ES-STALE" for n in r.notices)]
    assert len(stale) > len(found) / 3  # most minutes of this share have no trade, and every such response says so
    assert all(0 < r.path_pvalue <= 1 for r in found if r.placebo_days > 1)


def test_placebo_news_on_the_illiquid_share_are_rejected_as_often_as_they_should(sibn: Bars) -> None:
    prices, rng = intraday_prices(sibn), np.random.default_rng(20140101)
    days = np.unique(prices.day)[70:-1]
    settings = ResponseSettings(placebo=PlaceboSettings(days=59))
    pvalues = []
    for day in rng.choice(days, 120):
        at = datetime(1970, 1, 1, tzinfo=MOSCOW) + timedelta(days=int(day), minutes=int(rng.integers(11 * 60, 17 * 60)))
        at = datetime(at.year, at.month, at.day, at.hour, at.minute, tzinfo=MOSCOW)
        response = respond(prices, Event("placebo", EventTime(at, at)), settings)
        pvalues.append((response.moves[-2].pvalue, response.path_pvalue))
    rates = (np.array(pvalues) <= 0.05 + 1e-12).mean(axis=0)
    # 120 draws at 5 %: standard error 2.0 %; the days are those of one turbulent year, so allow three of them
    assert (np.abs(rates - 0.05) < 0.06).all()
