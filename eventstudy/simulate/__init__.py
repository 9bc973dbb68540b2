"""Generators with known truth: the offline demo's day, planted intraday responses, daily panels for size and power."""

from __future__ import annotations

from eventstudy.simulate.demo import demo_bars, demo_market
from eventstudy.simulate.intraday_market import (
    IntradayDesign,
    IntradayDraw,
    intraday_bars,
    intraday_days,
    intraday_market,
)
from eventstudy.simulate.market import SimulatedMarket
from eventstudy.simulate.panels import DailyDesign, DailyDraw, daily_panel

__all__ = [
    "DailyDesign",
    "DailyDraw",
    "IntradayDesign",
    "IntradayDraw",
    "SimulatedMarket",
    "daily_panel",
    "demo_bars",
    "demo_market",
    "intraday_bars",
    "intraday_days",
    "intraday_market",
]
