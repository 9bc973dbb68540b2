"""A failing call of the disk under a whole command; ``scripts/bench faults calls`` has hundreds of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.commands import World, world
from tests.faults.failing_calls import fail_calls

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lets calls fail in forked commands")
NAMES = ("run", "date", "import")


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("calls") / "world", NAMES) as made:
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_a_failing_call_leaves_nothing_partial_and_is_one_sentence(disturbed: World, name: str) -> None:
    tally = fail_calls(disturbed, name, 8)
    assert tally.wrong == []
    assert tally.calls > 5
    assert tally.refused > 0
