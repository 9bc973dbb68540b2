"""TOML texts are read within bounds: nothing nested or numbered without end, and in linear time."""

from __future__ import annotations

import time
import tomllib

import pytest

from eventstudy.toml_places import MOST_DEPTH, read_toml


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5_000 + "]" * 5_000,
        "a = " + "{a = " * 400 + "1" + "}" * 400,
        "a" + ".a" * 300_000 + " = 1",
        '"a"' + " . 'a'" * 100_000 + " = 1",
        "[[" + ".".join(["a"] * 100_000) + "]]",
        "a = {b" + ".b" * 100_000 + " = 1}",
        "a = " + "9" * 5_000,
        "a = 2021-13-45",
        "a = " + "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1),
    ],
)
def test_what_no_file_needs_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(tomllib.TOMLDecodeError):
        read_toml(text)
    assert time.process_time() - began < 2


def test_what_files_need_is_read() -> None:
    assert read_toml("\ufeffa = 1") == {"a": 1}
    deep = "a = " + "[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1)
    assert read_toml(deep) == tomllib.loads(deep)
    dotted = 'x = "' + "1." * 200 + '"\n' + ".".join(["a"] * 20) + " = 1"
    assert read_toml(dotted) == tomllib.loads(dotted)
