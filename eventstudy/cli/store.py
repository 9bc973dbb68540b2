"""``eventstudy data ls|stat|verify|gc|export|import``: looking after the local bar store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import console
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    from eventstudy.market.store.archive import Carried
    from eventstudy.market.store.upkeep import ListedSeries

StorePath = Annotated[
    str, typer.Option(help="Directory of the store. Default: the user's cache directory.", envvar="EVENTSTUDY_STORE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
DAMAGED = 4


def ls(store: StorePath = "", as_json: AsJson = False) -> None:
    """List stored series.

    Columns: bars, first and last close (local time), version, size.

    Examples:

      eventstudy data ls
      eventstudy data ls --json
    """
    from eventstudy.market.store.bar_store import open_store
    from eventstudy.market.store.upkeep import listing

    entries = listing(open_store(store))
    if as_json:
        console.json_data([_record(entry) for entry in entries])
        return
    head = ("series", "bars", "first close", "last close", "zone", "version", "kilobytes")
    console.table(head, [_cells(entry) for entry in entries])


def stat(store: StorePath = "", as_json: AsJson = False) -> None:
    """Show the location and size of the store.

    Examples:

      eventstudy data stat
      eventstudy data stat --json
    """
    from eventstudy.market.store.bar_store import open_store
    from eventstudy.market.store.upkeep import listing

    place = open_store(store)
    entries = listing(place)
    record = {
        "store": str(place.root),
        "series": len(entries),
        "bars": sum(e.rows for e in entries),
        "answers": sum(e.answers for e in entries),
        "bytes": sum(e.size for e in entries),
        "earlier_versions": sum(e.earlier for e in entries),
    }
    if as_json:
        console.json_data(record)
    else:
        console.table(("what", "how much"), list(record.items()))


def verify(store: StorePath = "", as_json: AsJson = False) -> int:
    """Verify the checksums of the store.

    Every file is read. Exit code 4 if anything is corrupt or missing.

    Examples:

      eventstudy data verify
      eventstudy data verify --json
    """
    from eventstudy.market.store import upkeep
    from eventstudy.market.store.bar_store import open_store

    place = open_store(store)
    found = list(upkeep.verify(place))
    bad = [f for f in found if f.kind != "orphaned"]
    if as_json:
        rows = [{"kind": f.kind, "path": str(f.path), "message": f.message} for f in found]
        console.json_data({"ok": not bad, "findings": rows})
    elif found:
        console.table(("", "file", "what"), [(f.kind, f.path.relative_to(place.root), f.message) for f in found])
    else:
        console.data(f"{place.root}: every file is as it was written.")
    if bad:
        console.talk("Run 'eventstudy data gc' to clear the damage; the next fetch asks for what is missing.")
    return DAMAGED if bad else 0


def gc(
    store: StorePath = "",
    drop_earlier: Annotated[
        bool, typer.Option("--drop-earlier", help="Also remove earlier versions of restated series.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove orphaned and corrupt files from the store.

    Days whose bars are corrupt count as missing and are downloaded again.

    Examples:

      eventstudy data gc
      eventstudy data gc --drop-earlier
    """
    from eventstudy.market.store.bar_store import open_store
    from eventstudy.market.store.upkeep import collect

    place = open_store(store)
    cleared = collect(place, drop_earlier=drop_earlier)
    lost = [(str(c.folder.relative_to(place.root)), str(a), str(b)) for c in cleared for a, b in c.days_lost]
    files, size = sum(c.files for c in cleared), sum(c.size for c in cleared)
    if as_json:
        console.json_data({"files": files, "bytes": size, "days_to_fetch_again": lost})
        return
    console.data(f"{files} files with {size:,} bytes cleared from {len(cleared)} series.")
    for series, first, last in lost:
        console.data(f"{series}: the days {first} to {last} were corrupt; fetch them again.")


def export(
    to: Annotated[Path, typer.Argument(help="The file to write: .zip, or for one series .parquet or .csv.")],
    series: Annotated[
        list[str] | None,
        typer.Argument(help="Series as listed by 'data ls', or part of a name: SBER. Default: all."),
    ] = None,
    store: StorePath = "",
    as_json: AsJson = False,
) -> None:
    """Export stored series to one file.

    The file is a ZIP for the store of another machine, or the bars of one series as a table.

    Examples:

      eventstudy data export bars.zip
      eventstudy data export sber.parquet moex/TQBR/SBER/1min
    """
    from eventstudy.market.store import archive
    from eventstudy.market.store.bar_store import open_store

    place = open_store(store)
    if to.suffix == ".zip":
        _say(archive.export_archive(place, to, series or ()), as_json, f"written to {to}")
    elif to.suffix in {".parquet", ".csv"}:
        _say([archive.export_table(place, to, series or ())], as_json, f"written to {to}")
    else:
        raise UsageError(f"{to.name!r} names no format of an export.", remedy="End it in .zip, .parquet or .csv.")


def import_(
    path: Annotated[Path, typer.Argument(help="A ZIP file written by 'data export'.")],
    store: StorePath = "",
    as_json: AsJson = False,
) -> None:
    """Import series from an exported file.

    Every checksum is verified first.

    Examples:

      eventstudy data import bars.zip
      eventstudy data import bars.zip --store ./store
    """
    from eventstudy.market.store.archive import import_archive
    from eventstudy.market.store.bar_store import open_store

    place = open_store(store)
    with console.working("verifying and importing"):
        carried = import_archive(place, path)
    _say(carried, as_json, f"now in {place.root}")


def _say(carried: list[Carried], as_json: bool, where: str) -> None:
    if as_json:
        console.json_data([{"series": c.label, "bars": c.rows, "answers": c.answers} for c in carried])
        return
    for one in carried:
        console.data(f"{one.label}: {one.rows:,} bars {where}.")


def _record(entry: ListedSeries) -> dict[str, object]:
    return {
        "series": entry.label,
        "bars": entry.rows,
        "first": entry.first_at,
        "last": entry.last_at,
        "days": entry.days,
        "version": entry.version,
        "earlier_versions": entry.earlier,
        "answers": entry.answers,
        "bytes": entry.size,
    }


def _cells(entry: ListedSeries) -> tuple[object, ...]:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(entry.zone)
    ends = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in (entry.first_at, entry.last_at)]
    return entry.label, f"{entry.rows:,}", *ends, entry.zone, entry.version, f"{entry.size / 1000:,.0f}"
