"""``eventstudy fetch``: complete the local store from a service, and say what is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import complete, console
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.market.sources.moex_store import Fetched


def fetch(
    source: Annotated[str, typer.Argument(help="The service: moex or yahoo.")],
    symbol: Annotated[
        str,
        typer.Argument(
            help="The symbol as the service writes it: USD000UTSTOM, SBER, EURUSD=X.",
            autocompletion=complete.instruments,
        ),
    ],
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD; without it, from the start.")] = "",
    last: Annotated[str, typer.Option("--till", help="Last day, included; without it, up to now.")] = "",
    step: Annotated[str, typer.Option(help="Length of a bar: 1min, 5min, 10min, 1h, 1d.")] = "1min",
    board: Annotated[str, typer.Option(help="Board of the Moscow Exchange, where the symbol is not a known one.")] = "",
    store: Annotated[str, typer.Option(help="Folder of the store.", envvar="EVENTSTUDY_STORE")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again; other bars make a new version.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch bars into the local store; what is stored already is not asked for again.

    Examples:
        eventstudy fetch moex USD000UTSTOM --from 2021-04-01 --till 2021-04-14 --step 1min
        eventstudy fetch moex SBER --from 2021-01-04 --till 2021-09-30 --step 10min --offline
    """
    from dataclasses import replace

    from eventstudy.arrays import look_up
    from eventstudy.cli.calendar import read_day
    from eventstudy.market.instruments import INSTRUMENTS, Instrument
    from eventstudy.market.sources.request import BarRequest
    from eventstudy.market.sources.table import FETCHERS
    from eventstudy.market.store.series import day_bounds

    get, zone = look_up("service to fetch from", FETCHERS, source)
    one = INSTRUMENTS.get(symbol, Instrument(symbol)) if source == "moex" else Instrument(symbol)
    one = replace(one, board=board) if board else one
    start, stop = (read_day(text) if text else None for text in (first, last))
    if start and stop and stop < start:
        raise UsageError(f"The period ends on {stop}, before it begins on {start}.", remedy="Swap the two dates.")
    bounds = (day_bounds(start, zone)[0] if start else None, day_bounds(stop, zone)[1] if stop else None)
    request = BarRequest(one, read_step(step), *bounds, store=store, offline=console.manners().offline)
    with console.progress(_days(start, stop), f"fetching {symbol}") as advance:
        found = get(request, tell=_day_by_day(advance, start), refresh=refresh)
    console.notices(found.bars.notices)
    _say(found, as_json)


def read_step(text: str) -> pd.Timedelta:
    """Read a bar length, or say how one is written."""
    import pandas as pd

    found = re.fullmatch(r"([1-9]\d{0,5}) ?(s|min|h|d)(?:ay)?", text.strip().lower())
    if found is None:
        raise UsageError(f"{text!r} is no length of a bar.", remedy="Write it as 1min, 5min, 10min, 1h or 1d.")
    unit = {"s": pd.Timedelta(seconds=1), "min": pd.Timedelta(minutes=1), "h": pd.Timedelta(hours=1)}
    return int(found[1]) * unit.get(found[2], pd.Timedelta(days=1))


def _days(start: date | None, stop: date | None) -> int:
    return (stop - start).days + 1 if start and stop else 1


def _day_by_day(advance: Callable[[str], None], start: date | None) -> Callable[[str], None]:
    """Turn 'the last candle of this page began at ...' into one step of the progress bar per finished day."""
    reached = [start]

    def tell(begin: str) -> None:
        day = date.fromisoformat(begin[:10])
        while reached[0] is not None and reached[0] < day:
            reached[0] += timedelta(days=1)
            advance(str(reached[0]))

    return tell


def _say(found: Fetched, as_json: bool) -> None:
    import pandas as pd

    index = found.bars.frame.index
    record = {
        "series": found.key.label,
        "bars": len(index),
        "step": str(found.bars.step),
        "first": index[0].isoformat(),
        "last": index[-1].isoformat(),
        "version": found.version,
        "requests": found.requests,
        "answers_reused": found.reused,
        "folder": str(found.key.place),
        "note": found.bars.instrument.note,
        "notices": [{"code": n.code, "message": n.message} for n in found.bars.notices],
    }
    if as_json:
        console.json_data(record)
        return
    local = pd.DatetimeIndex(index).tz_convert(found.key.zone)
    console.data(
        f"{found.key.label}: {len(index):,} bars, closing {local[0]:%Y-%m-%d %H:%M} to {local[-1]:%Y-%m-%d %H:%M} "
        f"({found.key.zone}); {found.requests} requests sent, {found.reused} kept answers reused, "
        f"version {found.version} in the store. {record['note']}".rstrip()
    )
