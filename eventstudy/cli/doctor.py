"""``eventstudy doctor``: is this machine fit for the work?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from eventstudy.cli import console
from eventstudy.errors import LockHeldError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Also check this batch directory: lock and orphaned files; default: none.", metavar="DIR"),
]
Level = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding: ``bad`` must be corrected, ``note`` is for information."""

    name: str
    level: Level
    found: str
    remedy: str = ""


def doctor(out: Out = None, as_json: AsJson = False) -> int:
    """Diagnose the installation.

    Exit code 0 if nothing is wrong, else 1. Secrets are never shown.

    Examples:

      eventstudy doctor
      eventstudy doctor --json
    """
    found = [check for look in CHECKS for check in _looked(look)]
    if out is not None:
        found += _looked(lambda: batch_folder(out))
    if as_json:
        console.json_data({"ok": _healthy(found), "checks": [_shown(check) for check in found]})
    else:
        rows = [(check.level, check.name, _shown(check)["found"], check.remedy) for check in found]
        console.table(("", "what", "found", "what to do"), rows)
    return 0 if _healthy(found) else 1


def _healthy(found: list[Diagnosis]) -> bool:
    return all(check.level != "bad" for check in found)


def _shown(check: Diagnosis) -> dict[str, str]:
    from eventstudy.batch.redact import redact

    return {**asdict(check), "found": redact(check.found)}


def _looked(look: Callable[[], Iterator[Diagnosis]]) -> list[Diagnosis]:
    """One look that breaks down is a finding of its own, and no end of the others."""
    try:
        return list(look())
    except Exception as fault:
        name = getattr(look, "__name__", "check").strip("_").replace("_", " ")
        return [
            Diagnosis(name, "bad", f"the check itself failed: {type(fault).__name__}: {fault}", "Run with --debug.")
        ]


def versions() -> Iterator[Diagnosis]:
    """Python, this package and what it stands on; optional parts that are absent."""
    from importlib.metadata import PackageNotFoundError, requires, version

    import eventstudy

    yield Diagnosis("python", "ok", f"{sys.version.split()[0]} on {sys.platform}")
    yield Diagnosis("eventstudy", "ok", eventstudy.__version__)
    try:
        needed = requires("market-eventstudy") or []
    except PackageNotFoundError:
        yield Diagnosis("packages", "note", "run from its source folder, not installed")
        needed = [
            f"{name}>=0" for name in ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pydantic", "pyarrow")
        ]
    for requirement in needed:
        name, _, condition = requirement.partition(";")
        name = name.strip().split(">")[0].split("=")[0].split("[")[0].strip()
        optional = "extra" in condition
        if "dev" in condition or name == "market-eventstudy":
            continue
        try:
            yield Diagnosis(f"package {name}", "ok", version(name))
        except PackageNotFoundError:
            if optional:
                extra = condition.split("==")[-1].strip().strip("'\"")
                remedy = f"Only if you need it: pip install 'market-eventstudy[{extra}]'."
                yield Diagnosis(f"package {name}", "note", "absent (optional)", remedy)
            else:
                yield Diagnosis(f"package {name}", "bad", "absent", f"pip install {name}")


def zone_data() -> Iterator[Diagnosis]:
    """Which zone data, and how old: governments change their clocks at short notice."""
    from importlib.metadata import PackageNotFoundError, version
    from zoneinfo import ZoneInfo

    from eventstudy.report.manifest import tzdata_version

    found = tzdata_version()
    try:
        year = int(version("tzdata").split(".")[0])
    except (PackageNotFoundError, ValueError):
        year = 0
    today = datetime.now(UTC).date()
    old = bool(year) and today.year - year > 1
    remedy = "pip install --upgrade tzdata" if old else ""
    yield Diagnosis(
        "zone data", "bad" if old else "ok", f"{found}{f', {today.year - year} years old' if old else ''}", remedy
    )
    # Moscow went from UTC+4 to UTC+3 on 26 October 2014: the zone data must know it.
    before = datetime(2014, 10, 25, 12, tzinfo=ZoneInfo("Europe/Moscow")).utcoffset()
    after = datetime(2014, 10, 27, 12, tzinfo=ZoneInfo("Europe/Moscow")).utcoffset()
    right = before is not None and after is not None and (before - after).total_seconds() == 3600
    yield Diagnosis("zone of Moscow", "ok" if right else "bad", f"{before} until 25 October 2014, then {after}")


def calendars() -> Iterator[Diagnosis]:
    """Until when each market's hours are documented; later ones are projected."""
    from eventstudy.market.calendars import CALENDARS, calendar

    today = datetime.now(UTC).date()
    for name in CALENDARS:
        table = calendar(name)
        last = table.documented_to or table.valid_to
        level: Level = "note" if (last - today).days < 60 else "ok"
        remedy = "Later hours are projected; update the package or add [calendars] rows." if level == "note" else ""
        yield Diagnosis(f"calendar {name}", level, f"{table.valid_from} to {last}", remedy)


def bar_store() -> Iterator[Diagnosis]:
    """Whether every file of the local bar store is as it was written, and whether it is being written."""
    from eventstudy.market.store.bar_store import every_series, open_store
    from eventstudy.market.store.disk import only_writer
    from eventstudy.market.store.upkeep import verify

    store = open_store(wait_s=0.0)
    series = every_series(store)
    yield Diagnosis("store", "ok", f"{len(series)} series in {store.root}")
    for finding in verify(store):
        harmless = finding.kind == "orphaned"
        remedy = "eventstudy data gc" if harmless else "eventstudy data gc, then fetch again"
        yield Diagnosis("store file", "note" if harmless else "bad", f"{finding.path.name}: {finding.message}", remedy)
    held = 0
    for folder in series:
        try:
            with only_writer(folder, 0.0):
                pass
        except LockHeldError:
            held += 1
    yield Diagnosis("store locks", "note" if held else "ok", f"{held} of {len(series)} held by a writer")


def rights() -> Iterator[Diagnosis]:
    """Whether the folders that are written to can be written to."""
    import tempfile

    for name, folder in (("this folder", Path.cwd()), ("temporary files", Path(tempfile.gettempdir()))):
        able = os.access(folder, os.W_OK)
        yield Diagnosis(
            f"write: {name}", "ok" if able else "note", str(folder), "" if able else "Choose another --out."
        )


def space() -> Iterator[Diagnosis]:
    """Room left on the disk of this folder."""
    import shutil

    free = shutil.disk_usage(Path.cwd()).free / 2**30
    yield Diagnosis(
        "disk", "bad" if free < 0.2 else "ok", f"{free:.1f} GiB free here", "Make room." if free < 0.2 else ""
    )


def fonts() -> Iterator[Diagnosis]:
    """Whether figures can show the letters that headlines are written in."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    from eventstudy.report.style import font_families

    families = font_families()
    known = set()
    for family in families:
        path = font_manager.findfont(family, fallback_to_default=False)
        known |= set(FT2Font(path).get_charmap())
    for script, letter in (("Latin", "A"), ("Cyrillic", "Ж"), ("Chinese", "中"), ("Hebrew", "ש"), ("emoji", "😀")):
        covered = ord(letter) in known
        level: Level = "ok" if covered else "bad" if script == "Latin" else "note"
        shown = f"in {', '.join(families)}" if covered else "no installed font has it: such letters are shown as boxes"
        yield Diagnosis(f"font {script}", level, shown)


def network() -> Iterator[Diagnosis]:
    """Which ways out are set; no connection is opened."""
    offline = console.manners().offline
    yield Diagnosis(
        "network", "ok", "not used (--offline)" if offline else "allowed; nothing was contacted by this check"
    )
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        value = os.environ.get(name) or os.environ.get(name.lower())
        if value:
            missing = name.startswith("SSL") and not Path(value).exists()
            yield Diagnosis(name, "bad" if missing else "ok", value, "The file does not exist." if missing else "")


def batch_folder(out: Path) -> Iterator[Diagnosis]:
    """Whether a batch is at work in a folder, and what a killed one left there."""
    from eventstudy.batch.ledger import LEDGER, read_ledger
    from eventstudy.batch.run_batch import hold
    from eventstudy.batch.work import ASIDE

    if not out.is_dir():
        yield Diagnosis("batch folder", "note", f"{out} does not exist yet")
        return
    try:
        with hold(out, wait=False):
            yield Diagnosis("batch lock", "ok", "free")
            left = list((out / ASIDE).glob("*"))
            remedy = "The next batch sweeps it." if left else ""
            yield Diagnosis("batch leftovers", "note" if left else "ok", f"{len(left)} unfinished report(s)", remedy)
    except LockHeldError:
        yield Diagnosis("batch lock", "note", "held: a batch is at work")
    ledger = read_ledger(out)
    failing = [name for name, standing in ledger.items() if standing.entry.state == "failed"]
    yield Diagnosis(
        f"batch {LEDGER}", "ok", f"{len(ledger)} studies, {len(failing)} failing: {', '.join(failing[:10])}"
    )


# Looked at when the package is run from its source folder, where nothing declares what it needs.
NEEDED = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pydantic", "pyarrow", "jinja2", "typer", "rich")
CHECKS = (versions, zone_data, calendars, bar_store, rights, space, fonts, network)
