"""Where each method comes from, read off the rows of MODELS and TESTS: formula, source, and when it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class Citation:
    """One method as a reader can look it up; ``url`` is empty where there is no DOI."""

    name: str
    text: str
    fails_when: str
    url: str


def citation(name: str) -> Citation | None:
    """Return the citation of a model or test, or None for a name that is in neither table."""
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.table import TESTS

    row = MODELS.get(name) or TESTS.get(name)
    if row is None:
        return None
    text = ". ".join(part.rstrip(".") for part in (row.formula, row.source) if part)
    return Citation(name.replace("_", " "), text, row.fails_when, doi_url(row.doi))


def doi_url(doi: str) -> str:
    """Return the address of a DOI; anything that is not one gives no address at all.

    >>> doi_url("10.2307/2490543"), doi_url("javascript:alert(1)")
    ('https://doi.org/10.2307/2490543', '')
    """
    return f"https://doi.org/{doi}" if DOI.fullmatch(doi) else ""
