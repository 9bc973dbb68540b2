"""What fits on one sheet of A4: how high figures are printed, which of them, and how many threats stand below."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventstudy.report.page_parts import Page, Section

# CSS pixels (96 to an inch): 297 mm without the margins, less a reserve for fonts wider than reckoned with.
SHEET = 1054 - 30
# Heights of what every page has: line of origin, key figures, headings, figures beside the first, last line.
TITLE_LINE, STAND_LINE, FOUR, HEADINGS, BESIDE, ROW, LINE = 25.0, 15.0, 74.0, 138.0, 192.0, 19.0, 13.6
# Letters of a line: title, first sentence, key figure, half a page of threats; a sentence of a section.
TITLE_LETTERS, STAND_LETTERS, FOUR_LETTERS, THREAT_LETTERS = 52, 115, 27, 60
OPEN_LETTERS = 120
LOWEST, HIGHEST, FEWEST = 190.0, 520.0, 3


# Heights of a figure beside the first: the least, in which its letters are small, and that of its drawing.
SIDE_LOWEST, SIDE_HIGHEST = 136.0, 220.0
# The heading of the threats and its line; heading and words above a figure; the width of the sheet.
HEADED, WORDS, SHEET_WIDE = 46.0, 42.0, 703.0


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed: heights in pixels of the first figure and of those beside it, and the number of threats.

    ``beside`` is the number of figures below the first one; ``under`` says whether the second one of full width is
    printed.
    """

    hero: int
    threats: int
    side: int
    beside: int
    under: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figures that could be printed: heights of the drawings of full width, and how many stand beside.

    ``hero`` and ``under`` are 0 where a page has none, ``more`` is a figure that is added only where there is room,
    ``opened`` is the height of the sections that stand open below the table.
    """

    hero: float = 0.0
    under: float = 0.0
    opened: float = 0.0
    beside: int = 0
    more: bool = False


def printed_height(pictures: Mapping[str, str], name: str) -> float:
    """Return how high the drawing for paper of a figure is at the width of the sheet; 0 where there is none.

    >>> printed_height({"groups": '<svg viewBox="0 0 712 356" role="img" class="print"></svg>'}, "groups")
    351.5
    """
    found = re.search(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*class="print"', pictures.get(name, ""))
    return SHEET_WIDE * float(found[2]) / float(found[1]) if found else 0.0


def opened_height(sections: Sequence[Section], pictures: Mapping[str, str]) -> float:
    """Return how much of the sheet sections take that stand open: heading, sentences, tables and figures."""
    high = 0.0
    for section in sections:
        high += 30 + sum(8 + LINE * _lines(said, OPEN_LETTERS) for said in (*section.paragraphs, *section.notes))
        high += sum(2.5 * ROW + ROW * len(table.rows) for table in section.tables)
        high += sum(WORDS + printed_height(pictures, picture.name) for picture in section.pictures)
    return high


def paper(page: Page, threats: Sequence[str], drawn: Drawn) -> Paper:
    """Return what of a page fits on one sheet: threats are left out from the last one on until the figure has room.

    What is left of the sheet goes to the figure below the first one, to one more beside it, then to their height.
    """
    room, shown, beside, natural = SHEET - _others(page), len(threats), drawn.beside, drawn.hero or HIGHEST
    # Sections that do not fit in any case go to the next sheet.
    if room - drawn.opened - _below(threats[:FEWEST], beside) >= min(LOWEST, natural):
        room -= drawn.opened
    while shown > FEWEST and room - _below(threats[:shown], beside) < LOWEST:
        shown -= 1
    hero = min(max(room - _below(threats[:shown], beside), LOWEST), HIGHEST)
    room -= min(hero, natural)
    under = bool(drawn.under) and drawn.under + WORDS + _below(threats[:shown], beside) <= room
    room -= drawn.under + WORDS if under else 0.0
    if drawn.more and _below(threats[:shown], beside + 1) <= room:
        beside += 1
    column = _below(threats[:shown], beside, BESIDE - SIDE_LOWEST)
    side = min(max(room - column, SIDE_LOWEST), SIDE_HIGHEST) if beside > 1 else _lone(room)
    return Paper(int(hero), shown, int(side), beside, under)


def _lone(room: float) -> float:
    """Return the height of the only figure beside the threats."""
    return min(max(room - (BESIDE - SIDE_LOWEST), SIDE_LOWEST), SIDE_HIGHEST)


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


def _below(threats: Sequence[str], beside: int, figures: float = BESIDE) -> float:
    """Return the height of the figures below the first and of the threats: side by side, or one above the other."""
    column = sum(4 + LINE * _lines(point, THREAT_LETTERS) for point in threats)
    return max(figures, HEADED + column) if beside == 1 else (figures if beside else 0.0) + column / 2 + LINE
