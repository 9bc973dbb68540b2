"""What a result was computed from and with, so that anybody can compute it again."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

import eventstudy

FORMAT = 1
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "CurrencyConverter", "exchange_calendars")


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def tzdata_version() -> str:
    """Return the version of the zone data that names like Europe/Moscow were resolved with."""
    return installed("tzdata")


def versions() -> dict[str, str]:
    """Return the versions of what computed the result."""
    found = {name: installed(name) for name in PACKAGES}
    return {"eventstudy": eventstudy.__version__, "python": platform.python_version(), **found}
