"""Numbers as people write them: thousands separators, decimal commas, 8.3M, percent and currency signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import FloatArray

# Blanks, apostrophes and underscores only ever group digits.
GROUPING = re.compile(r"(?<=\d)[\s'\u2019_](?=\d{3})")
# What may surround a number: currency signs and codes before it, a percent sign after it.
AROUND = re.compile(r"^[^\d.,+\-\u2212(]{0,4}|\s*%$")
SUFFIX = re.compile(r"([KMBT])$", re.IGNORECASE)
POWERS = {"K": 3, "M": 6, "B": 9, "T": 12}
GROUPED = {mark: re.compile(rf"[+-]?\d{{1,3}}(\{mark}\d{{3}})+") for mark in ",."}
MISSING = frozenset({"", "-", "--", ".", "nan", "na", "n/a", "#n/a", "null", "none", "nat", "<na>"})


def read_numbers(texts: Sequence[str], *, decimal: str = "") -> tuple[FloatArray, list[int]]:
    """Return the numbers of the distinct texts of a column, and the positions of those that are not numbers.

    Which of comma and point is the decimal mark is decided once for the column: the later one of a text that holds
    both, or one that occurs twice in a text as the grouping mark; otherwise ``decimal`` where the file says, otherwise
    the point.

    Examples
    --------
    >>> read_numbers(["1.959,64", "959,64", "8.3M", "abc"])[0].tolist()[:2]
    [1959.64, 959.64]
    >>> read_numbers(["8.3M", "$1,959.64"])[0].round(2).tolist()
    [8300000.0, 1959.64]
    """
    bare = [stripped(text) for text in texts]
    numbers = [number for number, _ in bare]
    mark = decimal_mark(numbers) or decimal or "."
    values = np.full(len(texts), np.nan)
    if mark == "." and commas_are_open(numbers):
        return values, [place for place, number in enumerate(numbers) if "," in number]
    wrong = []
    for place, (text, (number, power)) in enumerate(zip(texts, bare, strict=True)):
        if text.strip().casefold() in MISSING:
            continue
        try:
            values[place] = float(ungrouped(number, mark) + power)
        except ValueError:
            wrong.append(place)
    return values, wrong


def stripped(text: str) -> tuple[str, str]:
    """Return a number without signs of currency and percent and without blank groups, and the power of its suffix."""
    number = GROUPING.sub("", AROUND.sub("", text.strip()).replace("\u2212", "-").strip())
    found = SUFFIX.search(number)
    if found is None:
        return number, ""
    return number[: found.start()].strip(), f"e{POWERS[found[1].upper()]}"


def decimal_mark(numbers: Sequence[str]) -> str:
    """Return the decimal mark that the numbers of a column prove; empty where none does."""
    for number in numbers:
        comma, point = number.rfind(","), number.rfind(".")
        if comma >= 0 and point >= 0:
            return "," if comma > point else "."
        for mark, other in (",.", ".,"):
            if number.count(mark) > 1:
                return other
    commas = [number for number in numbers if "," in number]
    points = any("." in number for number in numbers)
    # A comma that does not separate three digits is a decimal comma, unless points stand in the same column.
    if commas and not points and any(not GROUPED[","].fullmatch(number) for number in commas):
        return ","
    return ""


def commas_are_open(numbers: Sequence[str]) -> bool:
    """Return whether ``1,076`` may be 1076 as well as 1.076: nothing in the column decides.

    A point, a number with two groups, or whole numbers below the first group (999 beside 1,000) prove thousands.
    """
    if not any("," in number for number in numbers):
        return False
    if any("." in number or number.count(",") > 1 for number in numbers):
        return False
    plain = [int(number) for number in numbers if number.isdigit()]
    return not (plain and 100 <= max(plain) < 1000)


def ungrouped(number: str, decimal: str) -> str:
    """Return a number with a decimal point and without its grouping marks; wrong groups stay and are refused."""
    group = "," if decimal == "." else "."
    whole, mark, rest = number.partition(decimal)
    if group in whole:
        if not GROUPED[group].fullmatch(whole):
            return "refused"
        whole = whole.replace(group, "")
    return f"{whole}.{rest}" if mark else whole
