"""Every example of a docstring is run: what it prints is what the docstring says."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import eventstudy

ROOT = Path(eventstudy.__file__).parent
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules_with_examples() -> list[str]:
    found = [path for path in ROOT.rglob("*.py") if re.search(r"(?m)^ *>>> ", path.read_text("utf-8"))]
    names = [path.relative_to(ROOT.parent).with_suffix("").parts for path in found]
    return sorted(".".join(part for part in name if part != "__init__") for name in names)


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_print_what_they_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT.parent)
    module = import_module(name)
    found = doctest.testmod(module, extraglobs={"np": np, "es": eventstudy}, optionflags=OPTIONS)
    assert found.attempted > 0
    assert found.failed == 0
