"""``eventstudy fetch``: complete the local store from a service, and say what is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from eventstudy.cli import complete, console, exits
from eventstudy.errors import DataError, NetworkError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.market.bars import Bars
    from eventstudy.market.instruments import Instrument
    from eventstudy.market.sources.moex_store import Fetched
    from eventstudy.market.sources.request import BarRequest


def fetch(
    source: Annotated[str, typer.Argument(help="The service: moex or yahoo.")],
    symbols: Annotated[
        list[str],
        typer.Argument(
            help="Symbols as the service writes them: USD000UTSTOM, SBER, AAPL, EURUSD=X.",
            autocompletion=complete.instruments,
        ),
    ],
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD. Default: from the start.")] = "",
    last: Annotated[str, typer.Option("--till", help="Last day, included. Default: up to now.")] = "",
    step: Annotated[str, typer.Option(help="Length of a bar: 1min, 5min, 10min, 1h, 1d.")] = "",
    board: Annotated[str, typer.Option(help="Board of the Moscow Exchange, if the symbol is not in the list.")] = "",
    prices: Annotated[str, typer.Option(help='"close" for unadjusted daily prices of Yahoo.')] = "",
    earnings: Annotated[bool, typer.Option("--earnings", help="Write earnings dates to an event list.")] = False,
    out: Annotated[Path, typer.Option(help="The event list of --earnings.", metavar="FILE.csv")] = Path("earnings.csv"),
    store: Annotated[str, typer.Option(help="Folder of the store.", envvar="EVENTSTUDY_STORE")] = "",
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Download again; changed bars are stored as a new version.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Download bars into the local store; what is stored is not asked for again.

    Examples:
        eventstudy fetch moex USD000UTSTOM --from 2021-04-01 --till 2021-04-14 --step 1min
        eventstudy fetch moex SBER GAZP --from 2021-01-04 --till 2021-09-30 --step 10min --offline
        eventstudy fetch yahoo AAPL MSFT --from 2020-01-01 --step 1d
        eventstudy fetch yahoo --earnings AAPL MSFT --out earnings.csv
    """
    if earnings:
        write_earnings(source, symbols, out)
        return
    if prices not in {"", "close"} or (prices and source != "yahoo"):
        raise UsageError(f"--prices: invalid value {prices!r}.", remedy="Use --prices close, with yahoo.")
    request = as_request(source, first, last, step or ("1d" if source == "yahoo" else "1min"))
    request = replace(request, prices=prices, store=store, offline=console.manners().offline)
    _fetch_all(source, [_symbol(source, code, board) for code in dict.fromkeys(symbols)], request, refresh, as_json)


def as_request(source: str, first: str, last: str, step: str) -> BarRequest:
    """Return what is asked of a service, but for the symbol; days are those of the service's zone."""
    from eventstudy.arrays import look_up
    from eventstudy.cli.calendar import read_day
    from eventstudy.market.instruments import Instrument
    from eventstudy.market.sources.request import BarRequest
    from eventstudy.market.sources.table import FETCHERS
    from eventstudy.market.store.stored_series import day_bounds

    _, zone = look_up("service to fetch from", FETCHERS, source)
    start, stop = (read_day(text) if text else None for text in (first, last))
    if start and stop and stop < start:
        raise UsageError(f"The period ends on {stop}, before it begins on {start}.", remedy="Swap the two dates.")
    bounds = (day_bounds(start, zone)[0] if start else None, day_bounds(stop, zone)[1] if stop else None)
    return BarRequest(Instrument("-"), read_step(step), *bounds)


def _symbol(source: str, code: str, board: str) -> Instrument:
    from eventstudy.market.instruments import INSTRUMENTS, Instrument

    one = INSTRUMENTS.get(code, Instrument(code)) if source == "moex" else Instrument(code)
    return replace(one, board=board) if board else one


def _fetch_all(source: str, wanted: list[Instrument], request: BarRequest, refresh: bool, as_json: bool) -> None:
    """Fetch symbols one after the other; one that the service does not have does not stop the others."""
    from eventstudy.market.sources.table import FETCHERS

    get, zone = FETCHERS[source]
    days = tuple(at.astimezone(ZoneInfo(zone)).date() if at else None for at in (request.first, request.last))
    records, failed = [], []
    for one in wanted:
        try:
            with console.progress(_days(*days), f"fetching {one.code}") as advance:
                found = get(replace(request, instrument=one), tell=_day_by_day(advance, days[0]), refresh=refresh)
            found = replace(found, bars=_checked(found.bars))
            console.notices(found.bars.notices)
        except DataError as error:
            if len(wanted) == 1:
                raise
            failed.append(error)
            console.error(str(error), type(error).__name__)
            continue
        records.append(_record(found))
        if not as_json:
            _say(found, records[-1])
    if as_json:
        console.json_data(records[0] if len(wanted) == 1 else records)
    if failed:
        raise typer.Exit(exits.PARTLY if records else exits.DATA)


def _checked(bars: Bars) -> Bars:
    """Return bars with what the checks of a file find in them; what a study would refuse is reported here."""
    from eventstudy.errors import BarsError
    from eventstudy.market.sources.source_series import checked_bars

    try:
        return replace(bars, notices=checked_bars(bars).notices)
    except BarsError as error:
        console.talk(f"Stored; a study would refuse these bars: {error}")
        return bars


def write_earnings(source: str, tickers: list[str], out: Path) -> None:
    """Write the past earnings dates of companies to a new event list."""
    from eventstudy.market.sources.yahoo_earnings import as_csv, read_earnings
    from eventstudy.news.events.writing import write_new

    if source != "yahoo":
        raise UsageError(f"{source} has no earnings dates.", remedy="Use: eventstudy fetch yahoo --earnings TICKER ...")
    if console.manners().offline:
        raise NetworkError("Cannot download from Yahoo: --offline is set.", remedy="Run without --offline.")
    rows, ahead = read_earnings(dict.fromkeys(tickers), datetime.now(UTC))
    write_new(out, as_csv(rows))
    later = f" {ahead} announced date(s) lie ahead and are left out." if ahead else ""
    console.talk(f"{out}: {len(rows)} earnings dates of {len(set(tickers))} companies.{later}")
    console.data(str(out))


def read_step(text: str) -> pd.Timedelta:
    """Read a bar length, or say how one is written."""
    import pandas as pd

    found = re.fullmatch(r"([1-9]\d{0,5}) ?(s|min|h|d)(?:ay)?", text.strip().lower())
    if found is None:
        raise UsageError(f"Invalid bar length {text!r}.", remedy="Use 1min, 5min, 10min, 1h or 1d.")
    unit = {"s": pd.Timedelta(seconds=1), "min": pd.Timedelta(minutes=1), "h": pd.Timedelta(hours=1)}
    return int(found[1]) * unit.get(found[2], pd.Timedelta(days=1))


def _days(start: date | None = None, stop: date | None = None) -> int:
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


def _record(found: Fetched) -> dict[str, Any]:
    index = found.bars.frame.index
    return {
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


def _say(found: Fetched, record: dict[str, Any]) -> None:
    import pandas as pd

    local = pd.DatetimeIndex(found.bars.frame.index).tz_convert(found.key.zone)
    console.data(
        f"{found.key.label}: {len(local):,} bars, closing {local[0]:%Y-%m-%d %H:%M} to {local[-1]:%Y-%m-%d %H:%M} "
        f"({found.key.zone}); {found.requests} requests sent, {found.reused} kept answers reused, "
        f"version {found.version} in the store. {record['note']}".rstrip()
    )
