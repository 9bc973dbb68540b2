"""Columns of a frame or file by their names: thousands of codes are read as one text, and each as on its own."""

from __future__ import annotations

import random

import pytest

from eventstudy.market.sources.layouts import LAYOUTS, all_plain, plain
from eventstudy.market.sources.recognize import named_roles

NAMES = [
    *("Close", "closePrice", "CLOSE_USD", "<OPEN>", "4. close", "1) open", "Adj Close", "adj_close", "Close*", "AAA"),
    *("Close (USD)", "BRK.B", "a\nb", "x\r", "Volume\n", "", "  ", "\u00a0Date", "\u0130X", "ß"),
]


def test_many_names_are_read_as_each_alone() -> None:
    rng = random.Random(1)
    for _ in range(2_000):
        names = [rng.choice(NAMES) for _ in range(rng.randint(0, 5))]
        assert all_plain(names) == [plain(name) for name in names], names


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["Date", "Close", "close"], {"date": 0, "time": 0, "close": 1}),  # of two columns with one name the first
        (["closePrice", "VolumeTraded_x"], {"close": 0}),
        (["close_price", "volume_x"], {"close": 0, "volume": 1}),  # a first word that is known
        (["adjusted_volume", "open_interest", "return_open"], {}),  # a first word that is another thing
        ([f"A{i:04d}" for i in range(3_000)], {}),
        ([*"tohlcv"], {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}),
    ],
)
def test_roles_of_names(names: list[str], roles: dict[str, int]) -> None:
    assert named_roles(names, LAYOUTS["generic"]) == roles
