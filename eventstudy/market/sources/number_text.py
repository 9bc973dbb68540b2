"""Numbers as people write them: thousands separators, decimal commas, 8.3M, percent and currency signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import FloatArray

# Blanks, apostrophes and underscores only ever group digits.
GROUPING = re.compile(r"(?<=\d)[\s'\u2019_](?=\d{3})")
# What may stand before a number, and after it: currency signs and codes (Rs. 5, -$5, 5 EUR, 5 z\u0142).
BEFORE = re.compile(r"([+-]?)\s*([^\W\d_]{1,3}\.(?=\s*\d)|[^\d.,+\-(]{1,4}?)?\s*(?=[+\-(]?[\d.,])")
AFTER = re.compile(r"\s*([^\W\d_]{2,4}\.?|[^\w\s.,)*%+\-]|(?<=\s)[^\W\d_])$")
PERCENT = re.compile(r"\s*%$")
SUFFIX = re.compile(r"(?<![^\W\d_])([KMBT])$", re.IGNORECASE)
POWERS = {"K": 3, "M": 6, "B": 9, "T": 12}
# Groups of three digits, or of two before the last three (3,33,467 in India).
GROUPED = {mark: re.compile(rf"[+-]?\d{{1,3}}((\{mark}\d{{3}})+|(\{mark}\d\d)+\{mark}\d{{3}})") for mark in ",."}
MISSING = frozenset({"", "-", "--", ".", "nan", "na", "n/a", "#n/a", "null", "none", "nat", "<na>"})

LONGEST = 400  # letters of a number with signs around it: the smallest double has 326 digits


def read_numbers(texts: Sequence[str], *, decimal: str = "") -> tuple[FloatArray, list[int]]:
    """Return the numbers of the distinct texts of a column, and the positions of those that are not numbers.

    Which of comma and point is the decimal mark is decided once for the column: the later one of a text that holds
    both, or one that occurs twice in a text as the grouping mark; otherwise ``decimal`` where the file says, otherwise
    the point. A number in another unit than the others (``5 USD`` below ``5 EUR``) is none of them.

    Examples
    --------
    >>> read_numbers(["1.959,64", "959,64", "8.3M", "abc"])[0].tolist()[:2]
    [1959.64, 959.64]
    >>> read_numbers(["8.3M", "$1,959.64"])[0].round(2).tolist()
    [8300000.0, 1959.64]
    """
    bare = [stripped(text) for text in texts]
    numbers = [one.digits for one in bare]
    proven = decimal_mark(numbers) or decimal
    mark = proven or "."
    values = np.full(len(texts), np.nan)
    if not proven and commas_are_open(numbers):
        return values, [place for place, number in enumerate(numbers) if "," in number]
    known = [place for place, text in enumerate(texts) if text.strip().casefold() not in MISSING]
    wrong = of_other_units([bare[place] for place in known], known)
    for place in known:
        try:
            values[place] = float(ungrouped(numbers[place], mark) + bare[place].power)
        except ValueError:
            wrong.append(place)
    return values, sorted(set(wrong))


class Bare(NamedTuple):
    """A number without what stands around it: its digits, the power of its suffix, and the signs of its currency."""

    digits: str
    power: str
    before: str
    after: str


def of_other_units(bare: Sequence[Bare], places: Sequence[int]) -> list[int]:
    """Return the places of numbers in another unit than the first of a column: 5 USD below 5 EUR, 5* below 5."""
    after = bare[0].after if bare else ""
    before = next((one.before for one in bare if one.before), "")
    return [
        place for one, place in zip(bare, places, strict=True) if one.after != after or one.before not in ("", before)
    ]


def stripped(text: str) -> Bare:
    """Return a number without signs of currency and percent and without blank groups."""
    before, after, power = "", "", ""
    if len(text) > LONGEST and len(text := text.strip()) > LONGEST:
        return Bare(text, power, before, after)  # digits, or no number; the patterns take quadratic time on blanks
    number = PERCENT.sub("", text.strip().replace("\u2212", "-"))
    if found := BEFORE.match(number):
        before, number = found[2] or "", found[1] + number[found.end() :]
    if found := SUFFIX.search(number):
        number, power = number[: found.start()].strip(), f"e{POWERS[found[1].upper()]}"
    elif found := AFTER.search(number):
        after, number = found[1], number[: found.start()]
    return Bare(GROUPING.sub("", number.strip()), power, before.strip(), after)


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
