"""Every source a study may name: those of the market, and the simulated days of the demo."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from eventstudy.arrays import look_up
from eventstudy.market.bars import Bars
from eventstudy.market.sources.request import BarRequest

if TYPE_CHECKING:
    from eventstudy.market.sources.table import BarSource
    from eventstudy.simulate import SimulatedMarket

DEMO_SEED = 20210413


def bar_sources() -> Mapping[str, BarSource]:
    """Return every source a study file may name: the market's, and the simulated days of the demo."""
    from eventstudy.market.sources.table import BAR_SOURCES, service

    return {**BAR_SOURCES, "simulated": service(simulated_bars, network=False)}


def simulated_bars(request: BarRequest) -> Bars:
    """Return one series of the demo's market: simulated from a seed, always the same, marked SIMULATED."""
    simulated = {bars.instrument.code: bars for bars in _demo_market().bars}
    return look_up("simulated instrument", simulated, request.instrument.code)


@cache
def _demo_market() -> SimulatedMarket:
    from eventstudy.simulate import demo_market

    return demo_market(DEMO_SEED)
