"""The real files of the reference folder, where it is present; a test that needs one skips where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the reference file {name} is not here")
    return path
