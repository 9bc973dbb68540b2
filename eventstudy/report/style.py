"""The looks of a figure: one name per use of a color, and one value per look; every color has a second cue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, cast

from eventstudy.arrays import look_up
from eventstudy.show.escape import JOINERS, plain

CJK_FAMILIES = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC")


@dataclass(frozen=True, slots=True)
class Style:
    """Colors by use; a figure never names a color itself.

    ``one`` is the event, a rise, the first group; ``two`` a fall, the second group, the 5% line; their ``_soft`` tints
    are bands. ``news`` is the event interval, ``fan`` single comparable days or events, ``band`` and ``edge`` the
    ground and the rim of what they do, ``hole`` volume and closed hours. ``heat`` runs from the largest fall to the
    largest rise.
    """

    paper: str
    ink: str
    soft: str
    rule: str
    grid: str
    one: str
    one_soft: str
    two: str
    two_soft: str
    news: str
    news_ink: str
    fan: str
    band: str
    edge: str
    hole: str
    mark: str
    heat: tuple[str, ...]


STYLES: dict[str, Style] = {
    "light": Style(
        paper="#ffffff",
        ink="#14181d",
        soft="#545d68",
        rule="#d5d9de",
        grid="#e7eaed",
        one="#0072b2",
        one_soft="#cfe3f0",
        two="#c04f00",
        two_soft="#f6dccb",
        news="#fbe8bb",
        news_ink="#7a5200",
        fan="#9aa3ad",
        band="#eceff2",
        edge="#7b8590",
        hole="#c4cad1",
        mark="#f1f2f3",
        heat=("#8a3b00", "#c9691c", "#e8a469", "#f6d9c0", "#f1f2f4", "#cfe1ee", "#86b9dc", "#3a87bd", "#00527f"),
    ),
    "dark": Style(
        paper="#12161b",
        ink="#e9ecef",
        soft="#a4adb8",
        rule="#3a424c",
        grid="#272e36",
        one="#56b4e9",
        one_soft="#1d3f55",
        two="#f28e4b",
        two_soft="#4d2f1b",
        news="#453610",
        news_ink="#f0c35a",
        fan="#6b7580",
        band="#20272e",
        edge="#87919c",
        hole="#4b545e",
        mark="#1d2126",
        heat=("#ffb27a", "#e08642", "#a35c27", "#5c3a22", "#232a31", "#1f3d52", "#2a6690", "#4797cf", "#9bd4ff"),
    ),
    # For paper without color: the same uses in grays, distinguished by lightness.
    "print": Style(
        paper="#ffffff",
        ink="#000000",
        soft="#404040",
        rule="#c8c8c8",
        grid="#e2e2e2",
        one="#000001",
        one_soft="#d2d2d2",
        two="#555555",
        two_soft="#e0e0e0",
        news="#e4e4e4",
        news_ink="#303030",
        fan="#a0a0a0",
        band="#f0f0f0",
        edge="#707070",
        hole="#bdbdbd",
        mark="#f2f2f2",
        heat=("#202020", "#555555", "#8a8a8a", "#bcbcbc", "#f4f4f4", "#dcdcdc", "#b0b0b0", "#7a7a7a", "#404040"),
    ),
    # For a transparent figure in a notebook: readable on white and on black paper.
    "notebook": Style(
        paper="#ffffff00",
        ink="#737b84",
        soft="#7d858e",
        rule="#80808066",
        grid="#80808033",
        one="#2e86c1",
        one_soft="#2e86c140",
        two="#d9701e",
        two_soft="#d9701e40",
        news="#e69f0040",
        news_ink="#a87611",
        fan="#8c95a0",
        band="#8c95a02e",
        edge="#7b8590",
        hole="#8c95a080",
        mark="#8080801a",
        heat=(
            "#b35000",
            "#d9701e",
            "#d9701eaa",
            "#d9701e55",
            "#80808022",
            "#2e86c155",
            "#2e86c1aa",
            "#2e86c1",
            "#1a5f8f",
        ),
    ),
}


def names_of_colors() -> list[str]:
    """Return the names of all uses, as a style sheet names them."""
    single = [f.name for f in fields(Style) if f.name != "heat"]
    return [*single, *(f"h{step}" for step in range(len(STYLES["light"].heat)))]


def _numbered() -> Style:
    """Return the look whose colors stand for style-sheet variables: each use has a number of its own."""
    codes = [f"#f0c1{number:02x}" for number in range(len(names_of_colors()))]
    steps = len(STYLES["light"].heat)
    single = dict(zip(names_of_colors(), codes[:-steps], strict=False))
    return Style(**cast(dict[str, Any], {**single, "heat": tuple(codes[-steps:])}))


STYLES["page"] = _numbered()


def with_variables(svg: str) -> str:
    """Return an SVG drawn in the look ``page`` with style-sheet variables in the place of its colors.

    >>> with_variables('style="fill: #f0c101"')
    'style="fill: var(--ink)"'
    """
    names = names_of_colors()
    return re.sub(r"#f0c1([0-9a-f]{2})", lambda m: f"var(--{names[int(m[1], 16)].replace('_', '-')})", svg)


def variables(style: str) -> str:
    """Return the declarations of a look for a style sheet: ``--ink:#14181d;...``."""
    look = style_of(style)
    values = [*(getattr(look, f.name) for f in fields(Style) if f.name != "heat"), *look.heat]
    pairs = zip(names_of_colors(), values, strict=True)
    return ";".join(f"--{name.replace('_', '-')}:{value}" for name, value in pairs)


def style_of(name: str) -> Style:
    known: Mapping[str, Style] = STYLES
    return look_up("figure style", known, name)


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
        "font.size": 11.0,
        "axes.edgecolor": style.edge,
        "axes.labelcolor": style.soft,
        "axes.labelsize": 11.0,
        "axes.facecolor": "none",
        "axes.linewidth": 1.0,
        "axes.unicode_minus": True,
        "axes.grid": False,
        "axes.formatter.useoffset": False,
        "axes.formatter.use_locale": False,
        "figure.facecolor": style.paper,
        "figure.dpi": 100.0,
        "text.color": style.ink,
        "xtick.color": style.edge,
        "ytick.color": style.edge,
        "xtick.labelcolor": style.soft,
        "ytick.labelcolor": style.soft,
        "xtick.labelsize": 11.0,
        "ytick.labelsize": 11.0,
        "hatch.linewidth": 1.0,
        "hatch.color": style.hole,
        "lines.solid_capstyle": "round",
        "lines.solid_joinstyle": "round",
        "svg.hashsalt": "eventstudy",
        "path.simplify": True,
        "savefig.facecolor": "auto",
    }
