"""One world of commands for all modules here: each command is run undisturbed, and imported, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.commands import World, world


@pytest.fixture(scope="package")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("faults") / "world") as made:
        yield made
