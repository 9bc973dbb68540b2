"""BAR_SOURCES: every place bars come from, by name."""

from __future__ import annotations

from collections.abc import Callable

from eventstudy.market.bars import Bars
from eventstudy.market.sources.ecb import read_ecb
from eventstudy.market.sources.files import read_file
from eventstudy.market.sources.folder import read_folder
from eventstudy.market.sources.moex_store import Fetched, fetch_moex, read_moex
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.yahoo import fetch_yahoo, read_stored_yahoo

BAR_SOURCES: dict[str, Callable[[BarRequest], Bars]] = {
    "ecb": read_ecb,
    "file": read_file,
    "folder": read_folder,
    "moex": read_moex,
    "yahoo": read_stored_yahoo,
}

# The services whose bars go through the local store: how to complete it, and the zone whose days it counts in.
FETCHERS: dict[str, tuple[Callable[..., Fetched], str]] = {
    "moex": (fetch_moex, "Europe/Moscow"),
    "yahoo": (fetch_yahoo, "UTC"),
}
