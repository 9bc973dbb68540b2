"""What fits on one sheet of A4: how high the first figure is printed and how many threats stand below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eventstudy.report.page_parts import Page

# CSS pixels (96 to an inch): 297 mm without the margins, less a reserve for fonts that are wider than reckoned with.
SHEET = 1054 - 60
# Heights of what every page has: line of origin, key figures, headings, figures beside the first, last line.
TITLE_LINE, STAND_LINE, FOUR, HEADINGS, BESIDE, ROW, LINE = 25.0, 15.0, 74.0, 138.0, 192.0, 19.0, 13.6
# Letters of a line: title, first sentence, key figure, half a page of threats.
TITLE_LETTERS, STAND_LETTERS, FOUR_LETTERS, THREAT_LETTERS = 52, 115, 27, 60
LOWEST, HIGHEST, FEWEST = 190.0, 520.0, 3


@dataclass(frozen=True, slots=True)
class Paper:
    """The height of the first figure in pixels, and how many threats are printed."""

    hero: int
    threats: int


def paper(page: Page, threats: Sequence[str], *, beside: int) -> Paper:
    """Return what of a page fits on one sheet: threats are left out from the last one on until the figure has room.

    ``beside`` is the number of figures printed below the first; one alone shares its row with the threats.
    """
    room, shown = SHEET - _others(page), len(threats)
    while shown > FEWEST and room - _below(threats[:shown], beside) < LOWEST:
        shown -= 1
    high = room - _below(threats[:shown], beside)
    return Paper(int(min(max(high, LOWEST), HIGHEST)), shown)


def _lines(words: str, letters: int) -> int:
    return math.ceil(len(words) / letters)


def _others(page: Page) -> float:
    """Return the height of everything but the first figure and the threats."""
    front = page.front
    high = HEADINGS + TITLE_LINE * _lines(front.title or page.title, TITLE_LETTERS)
    high += STAND_LINE * sum(_lines(sentence, STAND_LETTERS) for sentence in page.stand)
    if front.four:
        high += FOUR + LINE * max(_lines(one.words, FOUR_LETTERS) for one in front.four)
    if front.table is not None:
        high += 2.5 * ROW + ROW * len(front.table.rows) + LINE * sum(_lines(note, 150) for note in front.notes)
    return high


def _below(threats: Sequence[str], beside: int) -> float:
    """Return the height of the figures below the first and of the threats: side by side, or one above the other."""
    column = sum(4 + LINE * _lines(point, THREAT_LETTERS) for point in threats)
    return max(BESIDE, column) if beside == 1 else (BESIDE if beside else 0.0) + column / 2 + LINE
