"""Tables of a result as LaTeX for a paper: inside the text width, with labels, true minus signs, percent and stars.

Widths are counted in digits of Computer Modern: where a table does not fit at the size of a footnote, its text columns
break into two lines; if that is not enough, it is cut into parts that repeat the first columns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eventstudy.arrays import value
from eventstudy.report.page_parts import Page
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import for_latex, plain
from eventstudy.show.numbers import Unit, true_minus

TEXT_WIDTH = 345.0  # points of the class article; other classes are wider
COLUMN_GAP = 6.0  # two times \tabcolsep
# Sizes of text with the width of a digit in points.
SIZES = ((r"\small", 4.63), (r"\footnotesize", 4.25))
# The widest text column, in digits; longer text breaks into lines.
WIDEST_TEXT, LEAST_TEXT = 34.0, 4.0
MOST_FLOAT_ROWS = 35
WIDE, UPPER = 1.75, 1.5
# LaTeX breaks no word that it cannot hyphenate, such as a digest: longer ones may break after so many characters.
LONGEST_WORD, BREAK_AFTER = 20, 8
ROOM_FOR_STARS = 2.5
PERCENT = Unit("%", "percent", 100.0, 2)
LEGEND = r"{*}~$p<0.10$, {*}{*}~$p<0.05$, {*}{*}{*}~$p<0.01$"
STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@value(slots=True)
class LatexOptions:
    """How tables are written as LaTeX.

    Attributes
    ----------
    percent : bool
        Returns in percent instead of basis points.
    stars : bool
        Stars behind moves: \\* p < 0.10, \\*\\* p < 0.05, \\*\\*\\* p < 0.01.
    """

    percent: bool = False
    stars: bool = False


def render_latex(page: Page, options: LatexOptions | None = None, *, name: str) -> str:
    """Return the page's tables as LaTeX, to be put into a paper with ``\\input``.

    ``name`` begins the labels: ``\\ref{tab:NAME-aggregates}``.
    """
    stamp = "SIMULATED: " if page.simulated else ""
    given = options if options is not None else LatexOptions()
    head = [f"% {stamp}{for_latex(page.title)}", r"% \usepackage[T1]{fontenc}\usepackage{array,booktabs,longtable}"]
    tables = [table for section in page.sections for table in section.tables]
    return "\n".join([*head, *(table_latex(table, given, name=name) for table in tables)])


def table_latex(table: Table, options: LatexOptions, *, name: str = "") -> str:
    """Return one table as LaTeX (booktabs), every cell escaped; several tabulars where it is too wide for one."""
    if options.percent and table.unit.name == "bp":
        table = replace(table.in_unit(PERCENT), caption=_in_percent(table.caption))
    shown = table.shown()
    cells, note = [[_latex_text(cell) for cell in row] for row in shown], ""
    widths = [_column_width(column, [row[i] for row in shown]) for i, column in enumerate(table.columns)]
    if options.stars and (starred := _starred(table)) is not None:
        at, by = starred
        cells = [_with_stars(row, at, given[by]) for row, given in zip(cells, table.rows, strict=True)]
        note = f"Stars by {_latex_text(table.columns[by].title)}: {LEGEND}."
        widths[at] += ROOM_FOR_STARS
    cut = _parts(table.columns, widths, shown)
    label = re.sub(r"[^A-Za-z0-9]+", "-", f"{name}-{table.name}").strip("-")
    written = []
    for place, part in enumerate(cut.parts, 1):
        several = f" (part {place} of {len(cut.parts)})" if len(cut.parts) > 1 else ""
        mark = f"tab:{label}-{place}" if place > 1 else f"tab:{label}"
        caption = rf"\caption{{{_latex_text(table.heading)}{several}}}\label{{{mark}}}"
        columns, room = [table.columns[i] for i in part], [cut.widths[i] for i in part]
        lines = [_titles(columns, room), *([row[i] for i in part] for row in cells)]
        kinds = _begin(columns, room, broken=[i in cut.broken for i in part], digit=dict(SIZES)[cut.size])
        written.append(_environment(kinds, caption, cut.size, lines, note))
    return "\n".join(written)


def _environment(begin: str, caption: str, size: str, lines: Sequence[Sequence[str]], note: str) -> str:
    """Return a float, or a table that breaks over pages where the rows do not fit on one."""
    titles, *rows = [" & ".join(line) + r" \\" for line in lines]
    gap = rf"\setlength{{\tabcolsep}}{{{COLUMN_GAP / 2:g}pt}}"
    last = [rf"\par\smallskip {note}"] if note else []
    if len(rows) > MOST_FLOAT_ROWS:
        head = [caption + r"\\", r"\toprule", titles, r"\midrule", r"\endfirsthead"]
        again = [r"\toprule", titles, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot"]
        body = [rf"\begin{{longtable}}{{{begin}}}", *head, *again, *rows, r"\end{longtable}"]
        return "\n".join([rf"\begingroup{size}{gap}", *body, *last, r"\endgroup", ""])
    body = [r"\toprule", titles, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"]
    opening = [r"\begin{table}", r"\centering", size + gap, caption, rf"\begin{{tabular}}{{{begin}}}"]
    return "\n".join([*opening, *body, *last, r"\end{table}", ""])


def _begin(columns: Sequence[Column], widths: Sequence[float], *, broken: Sequence[bool], digit: float) -> str:
    """Return the column types: numbers to the right, long or broken text in lines of a fixed width."""
    kinds = []
    for column, width, breaks in zip(columns, widths, broken, strict=True):
        wide = rf">{{\raggedright\arraybackslash}}p{{{math.floor(width * digit)}pt}}"
        kinds.append("r" if column.numeric else wide if breaks or width >= WIDEST_TEXT else "l")
    return f"@{{}}{''.join(kinds)}@{{}}"


def _titles(columns: Sequence[Column], widths: Sequence[float]) -> list[str]:
    """Return the titles, each in lines that are no wider than its column."""
    titles = []
    for column, width in zip(columns, widths, strict=True):
        lines = list(_lines(column.title, width))
        side = "r" if column.numeric else "l"
        stack = r"\\".join(map(_latex_text, lines))
        titles.append(rf"\shortstack[{side}]{{{stack}}}" if len(lines) > 1 else stack)
    return titles


def _lines(title: str, width: float) -> Iterator[str]:
    line = ""
    for word in title.split():
        if line and digits(f"{line} {word}") > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def digits(text: str) -> float:
    """Return the width of a text in digits of Computer Modern, a little more than it is.

    >>> digits("12.5"), digits("Mm")
    (3.6, 3.5)
    """
    return round(sum(map(_width, text)), 2)


def _width(letter: str) -> float:
    if letter in "mMwW+-<>=%&@\u2212\u00d7" or ord(letter) > 0x2FF:
        return WIDE
    if letter.isupper():
        return UPPER
    if letter in "fijlrt.,:;'!|":
        return 0.8 if letter.isalpha() else 0.6
    return 0.67 if letter == " " else 0.92 if letter in "cesz" else 1.12 if letter.isalpha() else 1.0


def _column_width(column: Column, cells: Sequence[str]) -> float:
    """Return the width of a column in digits: of its widest cell or word of its title, at most the widest text."""
    widest = max([digits(cell) for cell in cells] + [digits(word) for word in column.title.split()], default=0.0)
    return widest if column.numeric else min(max(widest, LEAST_TEXT), WIDEST_TEXT)


@value(slots=True)
class _Cut:
    """How a table is set: the size of text, the columns of each part, the widths, and which columns break lines."""

    size: str
    parts: Sequence[Sequence[int]]
    widths: Sequence[float]
    broken: frozenset[int] = frozenset()


def _parts(columns: Sequence[Column], widths: Sequence[float], cells: Sequence[Sequence[str]]) -> _Cut:
    """Return a size of text and the columns of each part; the leading text columns stand in every part."""
    every = list(range(len(columns)))
    for size, digit in SIZES:
        if _points(widths, every, digit) <= TEXT_WIDTH:
            return _Cut(size, [every], widths)
    size, digit = SIZES[-1]
    if (narrow := _in_two_lines(columns, widths, cells)) is not None:
        return _Cut(size, [every], narrow, frozenset(i for i in every if narrow[i] < widths[i]))
    keys = list(range(next((i for i, c in enumerate(columns) if c.numeric), min(1, len(columns)))))
    while len(keys) > 1 and _points(widths, keys, digit) > 0.6 * TEXT_WIDTH:
        keys.pop()
    parts, part = [], list(keys)
    for i in every[len(keys) :]:
        if len(part) > len(keys) and _points(widths, [*part, i], digit) > TEXT_WIDTH:
            parts.append(part)
            part = list(keys)
        part.append(i)
    return _Cut(size, [*parts, part], widths)


def _in_two_lines(
    columns: Sequence[Column], widths: Sequence[float], cells: Sequence[Sequence[str]]
) -> list[float] | None:
    """Return widths at which the whole table fits with text in about two lines; None where that is not enough."""
    digit = SIZES[-1][1]
    excess = (_points(widths, range(len(widths)), digit) - TEXT_WIDTH) / digit
    least = [
        width if column.numeric or width >= WIDEST_TEXT else min(width, _two_lines([row[i] for row in cells], column))
        for i, (column, width) in enumerate(zip(columns, widths, strict=True))
    ]
    narrow = list(widths)
    for i in sorted(range(len(widths)), key=lambda place: least[place] - widths[place]):  # the fewest columns
        narrow[i] = max(least[i], widths[i] - max(excess, 0.0))
        excess -= widths[i] - narrow[i]
    return None if excess > 0 else narrow


def _two_lines(cells: Sequence[str], column: Column) -> float:
    """Return the least width of a text column: of its longest word, and of half of its longest cell."""
    words = [digits(word) for text in (*cells, column.title) for word in text.split()]
    return max([*words, *(0.6 * digits(cell) for cell in cells), LEAST_TEXT])


def _points(widths: Sequence[float], places: Sequence[int], digit: float) -> float:
    return sum(widths[i] for i in places) * digit + COLUMN_GAP * max(len(places) - 1, 0)


def _latex_text(text: str) -> str:
    """Return text with minus signs, times signs and dashes as LaTeX writes them; digests and such can break."""
    words = plain(true_minus(text), 2000).split()
    escaped = " ".join(map(_breakable, words))
    for sign, written in (("\u2212", "$-$"), ("\u00d7", r"$\times$"), ("\u2013", "--"), ("\u00a0", "~")):
        escaped = escaped.replace(sign, written)
    return escaped


def _breakable(word: str) -> str:
    step = BREAK_AFTER if len(word) > LONGEST_WORD else LONGEST_WORD
    parts = [word[i : i + step] for i in range(0, len(word), step)]
    return r"\allowbreak{}".join(for_latex(part) for part in parts)


def _in_percent(caption: str) -> str:
    """Return a caption without basis points.

    >>> _in_percent("CAR in basis points of log return"), _in_percent("Moves in bp (100 bp = 1%)")
    ('CAR in percent, log return', 'Moves in percent')
    """
    said = re.sub(r" \(100 bp = 1 ?%\)", "", caption)
    return re.sub(r"\bbp\b", "percent", re.sub(r"basis points of (\w+ return)", r"percent, \1", said))


def _starred(table: Table) -> tuple[int, int] | None:
    """Return the places of the move that gets stars and of the p-value behind them; None without both."""
    moves = [i for i, column in enumerate(table.columns) if column.kind == "bp"]
    p = [i for i, column in enumerate(table.columns) if column.kind == "pvalue"]
    best = [i for i in p if table.columns[i].name in {"adjusted_pvalue", "adjusted"}]
    return (moves[0], (best or p)[0]) if moves and p else None


def _with_stars(row: Sequence[str], at: int, p: Cell) -> list[str]:
    stars = next((stars for size, stars in STARS if isinstance(p, int | float) and p <= size), "")
    return [f"{cell}$^{{{stars}}}$" if i == at and stars else cell for i, cell in enumerate(row)]
