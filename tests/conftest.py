"""What holds for every test."""

from __future__ import annotations

import gc
import os

from hypothesis import settings

# How long one example takes says how busy the machine is, not whether the code is right. A build judges the same
# examples each time; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("build", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "build"))


def pytest_collection_finish() -> None:
    """Spare the garbage collector thousands of tests and all imported modules, which stay until the end."""
    gc.collect()
    gc.freeze()
