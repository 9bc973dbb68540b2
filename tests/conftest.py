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
    """Spare the garbage collector thousands of tests and all imported modules, which stay until the end.

    It then runs after more new objects than usual: a report, which draws its figures from tens of thousands, takes a
    fifth less time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
