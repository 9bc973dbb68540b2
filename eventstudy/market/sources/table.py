"""BAR_SOURCES: every place bars come from, by name."""

from __future__ import annotations

from collections.abc import Callable

from eventstudy.market.bars import Bars
from eventstudy.market.sources.ecb import read_ecb
from eventstudy.market.sources.files import read_file
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.service import read_moex
from eventstudy.market.sources.yahoo import read_yahoo

BAR_SOURCES: dict[str, Callable[[BarRequest], Bars]] = {
    "ecb": read_ecb,
    "file": read_file,
    "moex": read_moex,
    "yahoo": read_yahoo,
}
