"""``eventstudy calendar``: when a market trades."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eventstudy.cli import complete, console
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    from eventstudy.market.sessions import DaySessions, TradingCalendar


def calendar(
    name: Annotated[
        str,
        typer.Argument(
            help="Calendar name: MOEX-FX, MOEX-SHARES, MOEX-FUTURES, 24/7, XNYS, ...", autocompletion=complete.calendars
        ),
    ],
    first: Annotated[str, typer.Argument(help="The day, or the first day of a range: 2021-04-13.")],
    last: Annotated[str, typer.Argument(help="The last day of a range; prints only schedule changes.")] = "",
    study: Annotated[
        Path | None, typer.Option(help="A study file whose [calendars] rows are used.", metavar="STUDY.toml")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Show trading sessions or schedule changes.

    One date lists its sessions in local time and UTC; two dates list the changes of schedule between them.

    Examples:
        eventstudy calendar MOEX-FX 2021-04-13
        eventstudy calendar MOEX-SHARES 2022-02-20 2022-04-01
    """
    from eventstudy.market.calendars import calendar as calendar_named
    from eventstudy.market.schedule_text import schedule_changes
    from eventstudy.market.sessions import sessions

    start, stop = read_day(first), read_day(last or first)
    if stop < start:
        raise UsageError(f"The range ends on {stop}, before it begins on {start}.", remedy="Swap the two dates.")
    with rows_of(study):
        venue = calendar_named(name)
    days = schedule_changes(venue, start, stop) if last else ((start, sessions(venue, start, start)),)
    if as_json:
        console.json_data(as_record(venue, days))
    else:
        console.data("\n".join(as_lines(venue, days)))


def rows_of(study: Path | None) -> AbstractContextManager[None]:
    """Return a context in which the rows of a study file hold; none without a file."""
    if study is None:
        return nullcontext()
    from eventstudy.study.own_calendars import read_calendar_files, using_calendars
    from eventstudy.study.spec import StudySpec

    return using_calendars(read_calendar_files(StudySpec.from_toml(study).calendars, study.parent))


def read_day(text: str) -> date:
    """Read a date, or say how one is written."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"Invalid date {text!r}.", remedy="Use YYYY-MM-DD, for example 2021-04-13.") from None


def as_lines(venue: TradingCalendar, days: tuple[DaySessions, ...]) -> list[str]:
    """Return the days as lines: heading, sessions, the rows of the table in force with their sources."""
    from eventstudy.market.schedule_text import describe
    from eventstudy.market.sessions import rows_in_force

    last = venue.documented_to or venue.valid_to
    after = f", projected to {venue.valid_to}" if venue.documented_to else ""
    lines = [f"{venue.name}, {venue.zone}; documented from {venue.valid_from} to {last}{after}"]
    for day, held in days:
        lines.append(f"{day:%Y-%m-%d %a}  {standing_of(venue, day)}" + ("" if held else "  closed"))
        lines += [f"  {describe(session, venue.zone)}" for session in held]
        lines += [f"  source: {row.source}" for row in rows_in_force(venue, day)]
        lines += [f"  assumed: {row.assumed}" for row in rows_in_force(venue, day) if row.assumed]
    return lines


def standing_of(venue: TradingCalendar, day: date) -> str:
    """Return what the hours of a day rest on: documented, assumed or projected."""
    import numpy as np

    from eventstudy.market.sessions import as_day, standings

    return str(standings(venue, np.array([as_day(day)], dtype=np.int64))[0])


def as_record(venue: TradingCalendar, days: tuple[DaySessions, ...]) -> dict[str, Any]:
    """Return the same as JSON values; instants with their offset."""
    from eventstudy.market.sessions import rows_in_force

    return {
        "calendar": venue.name,
        "zone": venue.zone,
        "valid": [venue.valid_from, venue.valid_to],
        "documented_to": venue.documented_to or venue.valid_to,
        "days": [
            {
                "date": day,
                "standing": standing_of(venue, day),
                "sessions": [
                    {
                        "opens_at": session.opens_at,
                        "closes_at": session.closes_at,
                        "kind": session.kind,
                        "name": session.name,
                        "trading_day": session.trading_day,
                    }
                    for session in held
                ],
                "sources": [row.source for row in rows_in_force(venue, day)],
            }
            for day, held in days
        ],
    }
