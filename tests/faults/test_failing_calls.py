"""A failing call of the disk under a whole command; ``scripts/bench faults calls`` has hundreds of them."""

from __future__ import annotations

import os

import pytest

from tests.faults.commands import World
from tests.faults.failing_calls import fail_calls

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lets calls fail in forked commands")
NAMES = ("run", "date", "import")


@pytest.mark.parametrize("name", NAMES)
def test_a_failing_call_leaves_nothing_partial_and_is_one_sentence(disturbed: World, name: str) -> None:
    tally = fail_calls(disturbed, name, 8)
    assert tally.wrong == []
    assert tally.calls > 5
    assert tally.refused > 0
