"""``eventstudy reproduce``: compute a result again from its manifest, and name the first difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eventstudy.cli import console, exits
from eventstudy.errors import DataError, FileError
from eventstudy.files import read_json

if TYPE_CHECKING:
    from eventstudy.study.load import LoadedStudy

Json = Mapping[str, Any]
CLOSE = 1e-12
Manifest = Annotated[Path, typer.Argument(help="The manifest.json of a result.", metavar="MANIFEST")]
Origin = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Directory of the study file. Default: searched for near the manifest.",
        metavar="DIR",
    ),
]
Data = Annotated[
    Path | None, typer.Option(help="Directory of price files. Default: paths in the study file.", metavar="DIR")
]


def reproduce(manifest: Manifest, origin: Origin = None, data: Data = None) -> int:
    """Recompute a result from its manifest and compare.

    Exit code 0 if it is the same, 1 with the first difference if it is not.

    On the platform and versions of the manifest every file must have the same bytes; elsewhere every number must
    agree to 1e-12 of its size.

    Examples:

      eventstudy reproduce result/manifest.json
      eventstudy reproduce result/manifest.json --from .
    """
    facts = read_manifest(manifest)
    loaded = load(facts, manifest, origin, data)
    if difference := data_difference(facts, loaded):
        console.data(difference)
        return exits.PARTLY
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        again = compute(facts, loaded, Path(folder) / "again")
        verdict, same = compare(facts, again, manifest.parent, Path(folder) / "again")
    console.data(verdict)
    return exits.OK if same else exits.PARTLY


def read_manifest(path: Path) -> Json:
    """Return a manifest.

    Raises
    ------
    DataError
        If it cannot be read or is not a manifest of this program.
    """
    try:
        facts: Json = read_json(path)
    except FileError as error:
        raise DataError(error.message, remedy="Give the manifest.json of a result.") from None
    if not _is_manifest(facts):
        raise DataError(f"{path} is not the manifest of a result.", remedy="Give the manifest.json of a result.")
    return facts


def _is_manifest(facts: Any) -> bool:
    if not isinstance(facts, dict) or not {"spec", "files", "spec_digest", "data"} <= set(facts):
        return False
    files, data = facts["files"], facts["data"]
    named = isinstance(files, dict) and all(isinstance(digest, str) for digest in files.values())
    rows = isinstance(data, list) and all(isinstance(row, dict) and {"name", "digest"} <= set(row) for row in data)
    return named and rows and isinstance(facts["spec"], dict) and isinstance(facts.get("also", []), list)


def load(facts: Json, manifest: Path, origin: Path | None, data: Path | None) -> LoadedStudy:
    """Return the study of a manifest with its inputs read again."""
    from eventstudy.study.load import load_spec
    from eventstudy.study.spec import StudySpec

    spec = StudySpec(**facts["spec"])
    if spec.digest() != facts["spec_digest"]:
        raise DataError(
            "The manifest's settings do not have the digest it states: it was changed by hand, or written by a "
            "version of this program with other settings."
        )
    found = study_folder(facts, manifest, spec.events_file, origin)
    return load_spec(spec, found, data or found, offline=console.manners().offline, on_disk=True)


def study_folder(facts: Json, manifest: Path, events_file: str, origin: Path | None) -> Path:
    """Return the folder of the study file: the given one, or one near the manifest, the folders beside it included.

    Another study nearby may have an events file of the same name, so the one with the digest of the manifest is taken.

    Raises
    ------
    DataError
        If none of the folders has the events file.
    """
    above = manifest.resolve().parents[1:4]
    beside = sorted(above[0].glob("*/")) if above else []
    nearby = [manifest.parent, *above, Path.cwd(), *beside]
    places = [p for p in ([origin] if origin is not None else nearby) if (p / events_file).is_file()]
    if not places:
        where = f"in {origin}" if origin is not None else f"near {manifest}"
        raise DataError(
            f"The study's events file {events_file!r} was not found {where}.",
            remedy="Give the folder of the study file with --from.",
        )
    from eventstudy.report.manifest import digest

    stated = [row["digest"] for row in facts["data"]]
    return next((p for p in places if digest((p / events_file).read_bytes()) in stated), places[0])


def data_difference(facts: Json, loaded: LoadedStudy) -> str:
    """Return a sentence naming the first input that is not what it was, or an empty string."""
    before = {row["name"]: row["digest"] for row in facts["data"]}
    for name in sorted({*before, *loaded.digests}):
        if before.get(name) != loaded.digests.get(name):
            was, now = before.get(name, "absent")[:16], loaded.digests.get(name, "absent")[:16]
            return f"different input: {name} had SHA-256 {was}, now {now}; the data were restated or the file changed."
    return ""


def compute(facts: Json, loaded: LoadedStudy, folder: Path) -> Json:
    """Compute the result again into ``folder``; return its new manifest."""
    from eventstudy.batch.library import answer, write_report
    from eventstudy.cli.run import STUDY
    from eventstudy.report.write import EXTRAS

    options = {str(asked).partition(":")[0]: str(asked) for asked in facts.get("also", ())}
    extras = tuple(options.get(name, name) for name in facts["files"] if name in EXTRAS)
    beside = {STUDY: loaded.spec.to_toml().encode()} if STUDY in facts["files"] else {}
    with console.working("computing the study again"):
        write_report(loaded, answer(loaded), folder, extras, beside=beside)
    return read_manifest(folder / "manifest.json")


def compare(before: Json, after: Json, old: Path, new: Path) -> tuple[str, bool]:
    """Return the verdict on two results, and whether they count as the same."""
    names = list(before["files"])
    changed = [name for name in names if before["files"][name] != after["files"].get(name)]
    changed += [name for name in after["files"] if name not in before["files"]]
    if not changed:
        return f"the same: all {len(names)} files have the same bytes.", True
    keys = ("versions", "tzdata", "platform")
    moved = [f"{key} {before.get(key)} -> {after.get(key)}" for key in keys if before.get(key) != after.get(key)]
    numbers = first_difference(_read(old / "result.json"), _read(new / "result.json"))
    if numbers:
        return f"different: result.json {numbers}" + (f" ({'; '.join(moved)})" if moved else ""), False
    if moved:
        return f"the same to {CLOSE:g}: every number agrees; {changed[0]} differs in bytes ({'; '.join(moved)}).", True
    return f"different: {changed[0]} has other bytes on the same platform, though every number agrees.", False


def first_difference(before: Any, after: Any, place: str = "$") -> str:
    """Return where two JSON values first differ by more than ``CLOSE`` of a number's size; empty if nowhere."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in before or key not in after:
                return f"{place}.{key} is in one of them only"
            if found := first_difference(before[key], after[key], f"{place}.{key}"):
                return found
        return ""
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"{place} has {len(before)} entries, then {len(after)}"
        pairs = enumerate(zip(before, after, strict=True))
        return next((d for i, (b, a) in pairs if (d := first_difference(b, a, f"{place}[{i}]"))), "")
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (before, after))
    same = math.isclose(before, after, rel_tol=CLOSE, abs_tol=1e-15) if numbers else before == after
    return "" if same else f"{place} was {before!r}, now {after!r}"


def _read(path: Path) -> Any:
    return read_json(path)
