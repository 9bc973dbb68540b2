"""Names of an instrument and a field, in one header row or in two of which the upper one has merged cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eventstudy.market.sources.layouts import LAYOUTS, OTHER_ROLES, PRICES, plain

FIELD_NAMES = {name: role for role, names in (PRICES | OTHER_ROLES).items() for name in names}
TIMES = set(LAYOUTS["generic"].time)
PRICED = {"close", "adjusted", "return"}
Header = tuple[tuple[str, ...], ...]
FIELD = "|".join(re.escape(name).replace(r"\ ", "[ _]") for name in sorted(FIELD_NAMES, key=len, reverse=True))
# AAA.Close, AAA_Adj Close, AAA Close; Close_AAA, Close AAA. A run of marks is taken whole (++) and from its beginning
# alone: a name of thousands of them would otherwise take seconds.
PARTS = (
    re.compile(rf"(?P<code>.+?)(?<![ ._:|/-])[ ._:|/-]++(?P<field>{FIELD})", re.IGNORECASE),
    re.compile(rf"(?P<field>{FIELD})[ ._:|/-]+(?P<code>.+)", re.IGNORECASE),
)


def of_two_parts(header: Header) -> Header:
    """Return a header with instrument and field apart; the header itself where columns are not named so.

    Every instrument needs a close, an adjusted close or a return. Of one instrument all columns but the first need
    names of two parts, so that ``Open_USD_RUB`` beside ``Dividends`` stays the open of one instrument.
    """
    if not header:
        return header
    if len(header[0]) == 2:
        return filled_forward(header)
    if len(header[0]) != 1:
        return header
    if any(FIELD_NAMES.get(plain(levels[0])) in PRICED for levels in header):
        return header
    parts = with_bare_names([levels[0] for levels in header])
    found = [part for part in parts if part]
    codes = {code for code, _ in found}
    priced = {code for code, field in found if FIELD_NAMES[plain(field)] in PRICED}
    if not codes or codes != priced or (len(codes) == 1 and len(found) < len(header) - 1):
        return header
    return tuple(part or (levels[0], "") for part, levels in zip(parts, header, strict=True))


def with_bare_names(names: Sequence[str]) -> list[tuple[str, str] | None]:
    """Return instrument and field of every column; beside ``AAA Volume`` a column ``AAA`` is the close of AAA.

    So are then all columns with an unknown name but that of the time.
    """
    parts = [in_parts(name) for name in names]
    if not {part[0] for part in parts if part} & set(names):
        return parts
    known = [plain(name) in FIELD_NAMES or plain(name) in TIMES for name in names]
    return [
        part or (None if here or not n else (name, "close"))
        for n, (part, here, name) in enumerate(zip(parts, known, names, strict=True))
    ]


def in_parts(name: str) -> tuple[str, str] | None:
    """Return the instrument and the field of a column's name; None where it has no two parts."""
    if plain(name) in FIELD_NAMES:
        return None
    for form in PARTS:
        found = form.fullmatch(name.strip())
        if found and plain(found["code"]) not in FIELD_NAMES and re.search(r"[^\W_]", found["code"]):
            return found["code"], found["field"]
    return None


def filled_forward(header: Sequence[tuple[str, ...]]) -> Header:
    """Return two header rows with the empty cells of merged ones filled: AAA stands above its close and its volume."""
    level = 1 if sum(plain(levels[0]) in FIELD_NAMES for levels in header) else 0
    filled, last = [], ""
    for levels in header:
        last = levels[level] or last
        is_field = plain(levels[1 - level]) in FIELD_NAMES
        name = last if is_field and not levels[level] else levels[level]
        filled.append((name, levels[1 - level]) if level == 0 else (levels[0], name))
    return tuple(filled)
