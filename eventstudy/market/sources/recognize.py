"""What the columns of a grid hold: time, instrument, prices; long, wide, or one instrument."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eventstudy.errors import DataError, UsageError, did_you_mean
from eventstudy.market.sources.by_values import roles_by_values, unnamed_columns, unnamed_ticker
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.grid import Grid, date_like
from eventstudy.market.sources.header_names import FIELD_NAMES, of_two_parts
from eventstudy.market.sources.layouts import (
    COMPLETE_BAR,
    LAYOUTS,
    OTHER_ROLES,
    PLACES,
    PRICES,
    ROLE_ALIASES,
    ROLES,
    SHORT_NAMES,
    SIGNED_PRICES,
    FileLayout,
    all_plain,
    headerless,
    plain,
)

Shape = Literal["one", "long", "wide"]
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")  # where words of a name like closePrice meet
# Names such as adjusted_volume and open_interest, which begin with a role and are another thing.
NOT_THEIR_FIRST_WORD = re.compile(r"(adj|adjusted|return)\b|open interest")
CLOCK_TIME = re.compile(r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?(\s*[AP]M)?", re.IGNORECASE)
BARE_DATE = re.compile(r"\d{8}|[\d]{1,4}[-./][\w]{1,9}[-./]\d{1,4}")
UTC_NAME = re.compile(r"\b(utc|gmt)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Recognized:
    """Which column holds what.

    Attributes
    ----------
    shape : {"one", "long", "wide"}
        One instrument; rows of several, told apart by a column; columns of several.
    time, clock, ticker : int
        Column numbers; -1 where there is none. With a ``clock``, ``time`` holds the date.
    fields : mapping of str to mapping of str to int
        Of each instrument ("" for all of a long table) the column of each role.
    utc : bool
        Whether the name of the time column says UTC or GMT.
    by_values : bool
        Whether open, high, low and close were told apart by their values, because their names are not known.
    """

    shape: Shape
    time: int
    clock: int
    ticker: int
    fields: Mapping[str, Mapping[str, int]]
    utc: bool = False
    by_values: bool = False


def check_roles(columns: Mapping[str, str]) -> dict[str, str]:
    """Return stated columns by role; a role that does not exist is refused with the nearest one."""
    found = {}
    for role, column in columns.items():
        name = ROLE_ALIASES.get(role, role)
        if name not in ROLES:
            raise UsageError(
                f"columns: {role!r} is not a role. Roles are {', '.join(ROLES)}.",
                remedy=did_you_mean(role, (*ROLES, *ROLE_ALIASES)),
            )
        found[name] = column
    return found


def recognize(grid: Grid, spec: DataSpec) -> Recognized:
    """Return which column of a grid holds what: what ``columns`` states first, then the names of the layout.

    Raises
    ------
    DataError
        If no column is known to hold the time or the price, or a stated column does not exist.
    """
    named = headerless(grid.sample) if not grid.header else ()
    if not grid.header and not named:
        return without_names(grid)
    header = grid.header or tuple((name,) for name in (*named, *[""] * (len(grid.sample) - len(named))))
    stated = check_roles(spec.columns) if isinstance(spec.columns, Mapping) else {}
    layout = LAYOUTS[spec.preset]
    split = header if stated or spec.prices not in {"", "close", "adj_close"} else of_two_parts(header)
    if len(split[0]) > 1 and (found := two_level(split, grid, spec)):
        return found
    names = tuple(levels[0] if len(levels) == 1 else " ".join(filter(None, levels)) for levels in header)
    known = named_roles(names, layout)
    by_role = known | {role: place_of(column, names, grid) for role, column in stated.items()}
    refuse_twins(grid, names, by_role.values())
    time, clock = time_columns(names, by_role, stated, grid)
    kept = {role: n for role, n in by_role.items() if role not in PLACES}
    utc = clock < 0 and bool(UTC_NAME.search(names[time]))
    value = value_role(kept, spec, names, grid.path)
    if value is not None and not (stated or spec.prices not in {"", "close", "adj_close"}):
        refuse_two_prices(grid, names, value)
    if value is None and is_quoted(kept, spec):
        kept["mid"] = value = kept["bid"]
    if "close" in stated and "close" in known:
        kept["close"] = known["close"]  # the close that open, high and low belong to
    if value is not None:
        ticker = by_role.get("ticker", -1)
        fields = {role: n for role, n in kept.items() if n != ticker and n != time} | {"value": value}
        return Recognized("long" if ticker >= 0 else "one", time, clock, ticker, {"": fields}, utc)
    ticker = by_role.get("ticker", -1)
    if not spec.codes() or not any(name in spec.codes() for name in names):
        if ticker < 0 and spec.holds == "prices":
            ticker = unnamed_ticker(grid, names, time, clock)
        roles = roles_by_values(grid, names, (time, clock, ticker)) if spec.holds == "prices" else {}
        if roles:
            fields = kept | roles | {"value": roles["close"]}
            return Recognized("long" if ticker >= 0 else "one", time, clock, ticker, {"": fields}, utc, by_values=True)
        others = [n for n in range(len(names)) if n not in (time, clock, ticker)]
        if ticker not in (-1, time) and len(others) == 1 and others[0] not in kept.values():  # one number, not a volume
            return Recognized("long", time, clock, ticker, {"": {"value": others[0]}}, utc)
    return wide(names, (time, clock), grid, spec, utc)


def without_names(grid: Grid) -> Recognized:
    """Return what the columns of a file without a header hold, by their values."""
    names, places = unnamed_columns(grid)
    roles = roles_by_values(grid, names, places) if places[0] >= 0 else {}
    if not roles:
        row = ", ".join(grid.sample[:6])
        raise DataError(
            f"{grid.path} has no header: its first line is {row!r}.",
            remedy="Name its columns in order: columns = ['time', 'open', 'high', 'low', 'close', 'volume'].",
        )
    fields = {"": roles | {"value": roles["close"]}}
    return Recognized("long" if places[2] >= 0 else "one", *places, fields, by_values=True)


def named_roles(names: Sequence[str], layout: FileLayout) -> dict[str, int]:
    """Return the columns whose names the layout knows, by role."""
    places, spelled = range(len(names) - 1, -1, -1), all_plain(names)[::-1]  # of two columns with one name the first
    by_name: dict[str, int] = {}
    text = "\n".join(names)
    if "_" in text:
        words = {n: name for n, name in zip(places, spelled, strict=True) if "_" in names[n]}
        by_name |= {name.split(" ")[0]: n for n, name in words.items() if not NOT_THEIR_FIRST_WORD.match(name)}
    if CAMEL.search(text):
        by_name |= {plain(CAMEL.sub(" ", names[n])): n for n in places}
    by_name |= dict(zip(spelled, places, strict=True))
    wanted = {"date": layout.date, "clock": (*layout.clock, "clock"), "time": layout.time, "ticker": layout.ticker}
    found = {}
    for role, options in (wanted | dict(layout.prices) | OTHER_ROLES).items():
        for option in options:
            if option in by_name:
                found[role] = by_name[option]
                break
    if by_name.keys() >= COMPLETE_BAR:
        found |= {role: by_name[short] for short, role in SHORT_NAMES.items() if short in by_name}
    return found


def place_of(column: str, names: Sequence[str], grid: Grid) -> int:
    """Return the number of a stated column."""
    same = [n for n, name in enumerate(names) if name == column] or [
        n for n, name in enumerate(names) if name.strip().casefold() == column.strip().casefold()
    ]
    if not same:
        raise DataError(
            f"{grid.path} has no column {column!r}; it has {', '.join(names)}.", remedy=did_you_mean(column, names)
        )
    if len(same) > 1:
        raise DataError(f"{grid.path} has {len(same)} columns named {column!r}.", remedy="Rename all but one.")
    return same[0]


def refuse_twins(grid: Grid, names: Sequence[str], used: Iterable[int]) -> None:
    """Refuse a file in which a column that is needed has the name of another."""
    for number in used:
        if (count := names.count(names[number])) > 1:
            raise DataError(
                f"{grid.path} has {count} columns named {names[number]!r}.", remedy="Rename all but one of them."
            )


def time_columns(
    names: Sequence[str], by_role: Mapping[str, int], stated: Mapping[str, str], grid: Grid
) -> tuple[int, int]:
    """Return the columns of time and of the clock; where no name is known, the first column that begins with a date."""
    both = "date" in by_role and "clock" in by_role and by_role["date"] != by_role["clock"]
    if both and "time" not in stated:
        return by_role["date"], by_role["clock"]
    for role in ("time", "date"):
        if role in by_role:
            return by_role[role], unnamed_clock(by_role, grid, by_role[role])
    first = next((n for n, cell in enumerate(grid.sample) if date_like(cell)), -1)
    if first < 0:
        raise DataError(
            f"{grid.path}: no column of {', '.join(names)} is known to hold the time.",
            remedy="Name it: columns = { time = 'NAME' }.",
        )
    return first, -1


def unnamed_clock(by_role: Mapping[str, int], grid: Grid, date: int) -> int:
    """Return a column of times of day under a name that is not known; -1 where none is, or no date repeats."""
    used = by_role.values()
    clock = next((n for n, cell in enumerate(grid.sample) if n not in used and CLOCK_TIME.fullmatch(cell)), -1)
    if clock < 0 or not BARE_DATE.fullmatch(at(grid.sample, date)):
        return -1
    dates = grid.fetch({date: "text"})[date]
    return clock if len(dates.unique()) < len(dates) else -1


def at(cells: Sequence[str], n: int) -> str:
    """Return a cell of a row that may be shorter than the header."""
    return cells[n] if 0 <= n < len(cells) else ""


def value_role(by_role: Mapping[str, int], spec: DataSpec, names: Sequence[str], path: str) -> int | None:
    """Return the column of the studied prices or returns of a table with one value per row; None for a wide table."""
    if spec.prices and spec.prices not in {"close", "adj_close"}:
        same = [n for n, name in enumerate(names) if name == spec.prices]
        same = same or [n for n, name in enumerate(names) if plain(name) == plain(spec.prices)]
        if not same:
            raise DataError(
                f"prices = {spec.prices!r}: there is no such column; the file has {', '.join(names)}.",
                remedy=did_you_mean(spec.prices, names),
            )
        return same[0]
    if spec.holds != "prices":
        return by_role.get("return")
    if spec.prices == "adj_close":
        return by_role.get("adjusted")
    if spec.prices == "" and "adjusted" in by_role and not close_is_stated(spec):
        return by_role["adjusted"]
    if spec.prices == "" and "close" in by_role and plain(names[by_role["close"]]) in SIGNED_PRICES:
        refuse_price_beside_return(by_role, names, path)
    return by_role.get("close")


def refuse_two_prices(grid: Grid, names: Sequence[str], value: int) -> None:
    """Refuse a table in which the name of the studied price is that of another column as well, but for a currency."""
    same = [name for name in names if plain(name) == plain(names[value])]
    if len(same) > 1:
        raise DataError(
            f"{grid.path} has {len(same)} columns of one price: {', '.join(map(repr, same))}.",
            remedy=f'Name the one to study: prices = "{same[0]}".',
        )


def is_quoted(by_role: Mapping[str, int], spec: DataSpec) -> bool:
    """Return whether a table has bid and ask and no other price, and none is asked for: their mean is studied."""
    return spec.holds == "prices" and not spec.prices and {"bid", "ask"} <= by_role.keys()


def refuse_price_beside_return(by_role: Mapping[str, int], names: Sequence[str], path: str) -> None:
    """Refuse to choose between CRSP's price, which dividends lower, and its return, which contains them."""
    if "return" in by_role:
        price, held = names[by_role["close"]], names[by_role["return"]]
        raise DataError(
            f"{path} has returns ({held}, with dividends) beside prices ({price}, without).",
            remedy=f'Set holds = "simple returns" to study {held}, or prices = "{price}".',
        )


def close_is_stated(spec: DataSpec) -> bool:
    """Return whether the description names the column of the close."""
    return isinstance(spec.columns, Mapping) and "close" in spec.columns


def two_level(header: Sequence[Sequence[str]], grid: Grid, spec: DataSpec) -> Recognized | None:
    """Return the columns of a table with two header rows, one of instruments and one of fields."""
    named = [n for n, levels in enumerate(header) if sum(map(bool, levels)) > 1]
    scores = [sum(plain(header[n][level]) in FIELD_NAMES for n in named) for level in range(len(header[0]))]
    level = max(range(len(scores)), key=scores.__getitem__)
    if not scores[level] or len(header[0]) != 2:
        return None
    time = next((n for n, cell in enumerate(grid.sample) if date_like(cell) and n not in named[1:]), 0)
    fields: dict[str, dict[str, int]] = {}
    for n in named:
        role = FIELD_NAMES.get(plain(header[n][level]))
        if role and n != time:
            fields.setdefault(header[n][1 - level], {}).setdefault(role, n)
    return Recognized("wide", time, -1, -1, {code: with_value(found, spec) for code, found in fields.items()})


def with_value(found: Mapping[str, int], spec: DataSpec) -> dict[str, int]:
    """Return the columns of one instrument of a table with two header rows, the studied one among them."""
    if spec.holds != "prices":
        value = found.get("return")
    else:
        value = found.get("close") if spec.prices == "close" else found.get("adjusted", found.get("close"))
    if value is None and is_quoted(found, spec):
        return dict(found) | {"value": found["bid"], "mid": found["bid"]}
    return dict(found) | ({} if value is None else {"value": value})


KNOWN_NAMES = {name for names in (PRICES | OTHER_ROLES).values() for name in names} | set(LAYOUTS["generic"].ticker)


def no_value(grid: Grid, names: Sequence[str], spec: DataSpec, missing: Sequence[str] = ()) -> DataError:
    """Return the error for a table in which no column is known to hold the prices or returns."""
    role = "close" if spec.holds == "prices" else "return"
    named = f", and none is named {', '.join(missing)}" if missing else ""
    has_returns = role == "close" and any(plain(name) in OTHER_ROLES["return"] for name in names)
    remedy = 'holds = "simple returns"' if has_returns else f'columns = {{ {role} = "NAME" }}'
    return DataError(
        f"{grid.path}: no column of {', '.join(names)} is known to hold the {role}{named}.",
        remedy=f"It has returns: set {remedy}." if has_returns else f"Name it: {remedy}.",
    )


def wide(names: Sequence[str], times: tuple[int, int], grid: Grid, spec: DataSpec, utc: bool) -> Recognized:
    """Return the columns of a table with one column per instrument."""
    wanted = set(spec.codes())
    unknown = [n for n in range(len(names)) if n not in times and plain(names[n]) not in KNOWN_NAMES]
    if len(unknown) == 1 == len(wanted) and wanted != {names[unknown[0]]}:  # a series has one value per row
        return Recognized("one", times[0], times[1], -1, {"": {"value": unknown[0]}}, utc)
    if 2 * (len(names) - 1 - len(unknown)) >= len(names) - 1:
        raise no_value(grid, names, spec)
    others = [n for n in range(len(names)) if n not in times and names[n]]
    columns = {names[n]: {"value": n} for n in others if not wanted or names[n] in wanted}
    if wanted - columns.keys() or len({names[n] for n in others}) < len(others):
        twice = next((names[n] for n in others if names.count(names[n]) > 1), "")
        if twice:
            raise DataError(f"{grid.path} has two columns named {twice!r}.", remedy="Rename one of them.")
        raise no_value(grid, names, spec, sorted(wanted - columns.keys()))
    return Recognized("wide", times[0], times[1], -1, columns, utc)
