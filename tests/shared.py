"""The market data and published tables outside the repository; tests that need them skip with a reason without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("EVENTSTUDY_SHARED", Path(__file__).resolve().parents[2] / "shared"))

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"needs the market data folder {SHARED.name}/ beside the repository"
)


def shared(name: str) -> Path:
    """Return a file or folder of the shared data; skip the test if it is missing."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {name} of the folder {SHARED.name}/ beside the repository")
    return path
