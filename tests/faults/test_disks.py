"""Full, vanished and read-only folders and clocks that jump back; ``scripts/bench faults disks`` has every command."""

from __future__ import annotations

import os

import pytest

from tests.faults.commands import World
from tests.faults.disks import DISKS, may_mount

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="disturbs forked commands")
NAMES = ("run", "date", "import")


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_a_sentence_with_path_and_remedy(disturbed: World, name: str) -> None:
    if not may_mount(disturbed.folder / "mount"):
        pytest.skip("this user may not mount a file system in memory")
    tally = DISKS["full"](disturbed, name, 4)
    assert tally.wrong == []
    assert 0 < tally.refused < 4


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_vanishes_is_a_sentence_and_the_next_run_is_right(disturbed: World, name: str) -> None:
    assert DISKS["vanished"](disturbed, name, 3).wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_may_not_be_written_is_a_sentence(disturbed: World, name: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("becomes a user without rights, which only root can")
    tally = DISKS["read-only"](disturbed, name, 1)
    assert tally.wrong == []
    assert tally.refused == 1


@pytest.mark.parametrize("name", ["date", "import"])
def test_a_clock_that_jumps_back_leaves_only_what_is_complete(disturbed: World, name: str) -> None:
    tally = DISKS["clock"](disturbed, name, 1)
    assert tally.wrong == []
    assert tally.trials == 4
