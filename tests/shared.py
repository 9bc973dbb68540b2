"""Where the market data outside the repository lies, and the reason tests give when it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("EVENTSTUDY_SHARED", Path(__file__).parents[2] / "shared"))

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"needs the market data folder {SHARED.name}/ beside the repository"
)
