"""Lines of a terminal: wrapped, padded and fitted by the cells that letters fill, which is two for some."""

from __future__ import annotations

from collections.abc import Sequence

NO_BREAK = "\u00a0"


def wrap(text: str, width: int, *, chop: bool = True) -> list[str]:
    """Return text in lines of at most ``width`` cells; a no-break space keeps its words together.

    A word that is longer (a path, an address) is cut where ``chop``; else it has a line of its own, fit to be copied.

    >>> wrap("on 1 of 69 days, 113.5\\u00a0bp", 20)
    ['on 1 of 69 days,', '113.5 bp']
    >>> wrap("\u4e2d\u56fd\u94f6\u884c", 5)
    ['\u4e2d\u56fd', '\u94f6\u884c']
    >>> wrap("read /data/prices/long-name.csv again", 12, chop=False)
    ['read', '/data/prices/long-name.csv', 'again']
    """
    from rich.cells import cell_len, chop_cells

    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        *full, line = [*([line] if line else []), *(chop_cells(word, max(width, 2)) if chop else [word])]
        lines += full
    return [text.replace(NO_BREAK, " ") for text in (*lines, line)]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return text filled with spaces to ``width`` cells, cut with a dot where it is longer.

    >>> pad("SBER", 6), pad("+1.5", 6, right=True), pad("USD000UTSTOM", 6)
    ('SBER  ', '  +1.5', 'USD00.')
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "."
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def kept_columns(widths: Sequence[int], ranks: Sequence[int], width: int, gap: int = 2) -> list[int]:
    """Return which columns fit: those of the highest rank are left out first, those of rank 0 never.

    >>> kept_columns([10, 8, 17], [0, 0, 3], 40), kept_columns([10, 8, 17], [0, 0, 3], 30)
    ([0, 1, 2], [0, 1])
    """
    kept = list(range(len(widths)))
    while sum(widths[i] + gap for i in kept) - gap > width and any(ranks[i] for i in kept):
        worst = max(kept, key=lambda i: (ranks[i], i))
        kept.remove(worst)
    return kept


def bar(move: float, largest: float, half: int = 8) -> str:
    """Return a bar of ``2 * half + 1`` cells: to the left of its axis for a fall, to the right for a rise.

    >>> bar(1.0, 2.0, 4), bar(-2.0, 2.0, 4), bar(0.01, 2.0, 4)
    ('    |##  ', '####|    ', '    |    ')
    """
    length = round(half * min(abs(move) / largest, 1.0)) if largest > 0 else 0
    bar = "#" * length
    return f"{bar:>{half}}|{'':{half}}" if move < 0 else f"{'':{half}}|{bar:<{half}}"
