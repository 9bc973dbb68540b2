"""Three looks of one figure: light, dark and print; Okabe-Ito colors, each with a second cue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from eventstudy.arrays import look_up
from eventstudy.show.escape import JOINERS, plain

CJK_FAMILIES = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC")


@dataclass(frozen=True, slots=True)
class Style:
    """Colors by meaning; a figure never names a color itself.

    ``cycle`` pairs each color with a line style and a marker, so that no meaning hangs on color alone.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    main: str
    event: str
    band: str
    joint: str
    down: str
    stamp: str
    cycle: tuple[tuple[str, str, str], ...]


STYLES: dict[str, Style] = {
    "light": Style(
        paper="#ffffff",
        ink="#1b1f24",
        muted="#57606a",
        grid="#e3e7eb",
        main="#0072B2",
        event="#E69F00",
        band="#8c959f",
        joint="#56B4E9",
        down="#D55E00",
        stamp="#B3261E",
        cycle=(("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"), ("#CC79A7", ":", "D")),
    ),
    "dark": Style(
        paper="#14181d",
        ink="#e6edf3",
        muted="#a3adb8",
        grid="#2b323a",
        main="#56B4E9",
        event="#E69F00",
        band="#7d8792",
        joint="#0072B2",
        down="#FF8F4D",
        stamp="#FF8A80",
        cycle=(("#56B4E9", "-", "o"), ("#E69F00", "--", "s"), ("#2BD4A4", "-.", "^"), ("#E7A3C8", ":", "D")),
    ),
    "print": Style(
        paper="#ffffff",
        ink="#000000",
        muted="#404040",
        grid="#dddddd",
        main="#000000",
        event="#9a9a9a",
        band="#8c8c8c",
        joint="#5a5a5a",
        down="#555555",
        stamp="#000000",
        cycle=(("#000000", "-", "o"), ("#555555", "--", "s"), ("#888888", "-.", "^"), ("#333333", ":", "D")),
    ),
}


def style_of(name: str) -> Style:
    return look_up("figure style", STYLES, name)


@cache
def font_families() -> tuple[str, ...]:
    """Return the fonts a figure draws with: the one that ships with matplotlib, then a CJK one where installed."""
    from matplotlib import font_manager

    present = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *[name for name in CJK_FAMILIES if name in present][:1])


@cache
def _drawable() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    known: set[int] = set()
    for family in font_families():
        path = font_manager.findfont(family, fallback_to_default=False)
        known |= set(FT2Font(path).get_charmap())
    return frozenset(known)


def for_figure(text: object, limit: int = 90) -> str:
    """Return text whose every character the figure's fonts can draw; others become an empty square."""
    shown = plain(text, limit)
    drawable = _drawable()
    return "".join(c if ord(c) in drawable else "" if c in JOINERS else "□" for c in shown)


def settings(style: Style) -> dict[str, Any]:
    """Return the matplotlib settings under which a figure is made; never applied outside a ``with`` block."""
    return {
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": list(font_families()),
        "font.size": 9.0,
        "axes.titlesize": 10.5,
        "axes.labelsize": 9.0,
        "axes.edgecolor": style.muted,
        "axes.labelcolor": style.ink,
        "axes.facecolor": style.paper,
        "axes.linewidth": 0.7,
        "axes.unicode_minus": True,
        "axes.grid": False,
        "axes.formatter.useoffset": False,
        "axes.formatter.use_locale": False,
        "figure.facecolor": style.paper,
        "figure.dpi": 100.0,
        "text.color": style.ink,
        "xtick.color": style.muted,
        "ytick.color": style.muted,
        "xtick.labelcolor": style.ink,
        "ytick.labelcolor": style.ink,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "hatch.linewidth": 0.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "eventstudy",
        "path.simplify": True,
        "savefig.facecolor": "auto",
    }
