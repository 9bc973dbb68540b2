"""What a result was computed from and with, so that anybody can compute it again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import eventstudy

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

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


def manifest(result: StudyResult, digests: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what ``result`` was computed from and with; no clock, no host name, no folder of this machine.

    Parameters
    ----------
    result : StudyResult
    digests : mapping of str to str
        SHA-256 of every input by its name; data that was passed in memory has none.
    """
    return {
        "format": FORMAT,
        "study": result.spec.name,
        "simulated": result.simulated,
        "spec_digest": result.spec.digest(),
        "spec": result.spec.model_dump(mode="json"),
        "seed": result.spec.seed,
        "data": [{"name": name, "digest": value} for name, value in (digests or {}).items()],
        "versions": versions(),
        "tzdata": tzdata_version(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
    }
