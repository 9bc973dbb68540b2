"""No reader takes longer than n log n; ``scripts/bench faults growth`` has every piece at four sizes."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest

from tests.faults import growth

# The pieces that were quadratic once, and one of each kind.
HARD = (
    "' '",
    "'<a '",
    "'<!--'",
    "'['",
    "'{\"a\":'",
    "'a.'",
    "'18:37 '",
    "distinct attributes",
    "distinct keys",
    "distinct lines",
)


@pytest.mark.parametrize("reader", growth.READERS)
def test_the_time_of_a_reader_grows_no_faster_than_its_input(reader: str) -> None:
    found = [growth.grown(reader, piece, (4_000, 16_000)) for piece in HARD]
    assert [one for one in found if one.bad] == []


def test_the_measure_sees_a_quadratic_reader() -> None:
    assert growth.steepest((1_000, 8_000), (0.1, 0.8)) == pytest.approx(1.0)
    assert growth.steepest((1_000, 8_000), (0.01, 0.64)) == pytest.approx(2.0)
    assert growth.steepest((1_000, 8_000), (0.001, 0.064)) == 0.0  # too short to be measured


def test_a_reader_that_does_not_end_is_stopped_and_counted() -> None:
    def endless(_: bytes) -> None:
        re.fullmatch(r"(a+)+b", "a" * 40)

    with patch.object(growth, "LONGEST_S", 0.2):
        assert 0.2 < growth.timed(endless, b"") < 2
        assert growth.Growth("reader", "piece", (0.3,), 0.0).bad  # too long from the first size on
    assert not growth.Growth("reader", "piece", (0.3,), 0.0).bad


def test_a_mail_of_many_parameters_is_refused_at_once() -> None:
    found = growth.grown("news mail", "'&amp;'", (500_000, 2_000_000))
    assert max(found.seconds) < 1
