"""The folder of a result: written aside, then put in its place by renames; an earlier result stays until then."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

from eventstudy.arrays import brief
from eventstudy.errors import FileError
from eventstudy.files import ASIDE, explained, only_writer, read_json, sync_folder, uninterrupted, write_flushed

MANIFEST = "manifest.json"
SHOWN = 5


def put_result(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Let ``folder`` hold exactly the files given; what holds at every moment is the old result or the new one.

    The files are written into a folder beside it. An earlier result is renamed aside, the new folder takes its name,
    and the earlier one is removed; if the second rename fails, the first is undone. A process that is killed between
    the two leaves the earlier result beside the place, and the next writer puts it back.

    Raises
    ------
    FileError
        If ``folder`` holds files that no manifest of a result lists, cannot be replaced, or the disk refuses: what
        was there is then still there.
    """
    check_replaceable(folder)
    target = Path(os.path.realpath(folder))
    with only_writer(target.parent):
        new, earlier = beside(target)
        try:
            recover(target)
            check_replaceable(folder)
            fill(new, contents, mode_of(target))
            with uninterrupted():
                swap(new, target, earlier)
                discard(earlier)
        except OSError as fault:
            raise explained(folder, fault) from None
        finally:
            with uninterrupted():
                shutil.rmtree(new, ignore_errors=True)


def beside(target: Path) -> tuple[Path, Path]:
    """Return where the new and the earlier result are for a moment; only the writer with the lock may touch them."""
    return target.with_name(f".{target.name}.new{ASIDE}"), target.with_name(f".{target.name}.earlier{ASIDE}")


def check_replaceable(folder: Path) -> None:
    """Refuse a folder that a result cannot take the place of.

    Raises
    ------
    FileError
        If it is the folder the program runs in, a mounted disk, not a folder, or holds anything but the files of a
        result as they were written.
    """
    try:
        target = Path(os.path.realpath(folder))
        if not os.path.lexists(target):
            return
        reason = "not a folder" if not target.is_dir() else "a mounted disk" if os.path.ismount(target) else ""
        if os.path.samefile(target, os.curdir):
            reason = "the folder this program runs in"
        files = listed(target)
        inside = os.listdir(target) if target.is_dir() else []
        foreign = sorted(name for name in inside if not _as_written(target / name, files))
    except OSError as fault:
        raise explained(folder, fault, verb="read") from None
    except ValueError:  # a null byte, half a character
        raise FileError(f"{brief(str(folder))} is not the name of a folder.", remedy="Choose another.") from None
    if reason:
        remedy = "Choose another name." if reason == "not a folder" else "Choose a folder inside it."
        raise FileError(f"{folder} is {reason}; a result takes the place of its folder.", remedy=remedy)
    if foreign:
        more = f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
        names = ", ".join(foreign[:SHOWN]) + more
        raise FileError(
            f"{folder} holds what the manifest of a result does not list, or what was changed since: {names}.",
            remedy="Choose another folder, or move it.",
        )


def listed(folder: Path) -> dict[str, str]:
    """Return the files that the manifest of a folder lists with their SHA-256; none without a readable manifest."""
    try:
        files = read_json(folder / MANIFEST)["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (FileError, KeyError, TypeError, AttributeError):
        return {}


def _as_written(path: Path, files: Mapping[str, str]) -> bool:
    if path.name == MANIFEST and files:
        return True
    if path.name not in files or not stat.S_ISREG(path.lstat().st_mode):
        return False
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest() == files[path.name]


def recover(target: Path) -> None:
    """Finish or undo what a killed writer began."""
    new, earlier = beside(target)
    with uninterrupted():
        shutil.rmtree(new, ignore_errors=True)
        if os.path.lexists(earlier):
            if os.path.lexists(target):
                discard(earlier)
            else:
                os.rename(earlier, target)


def mode_of(target: Path) -> int | None:
    """Return the rights of a folder that exists."""
    return stat.S_IMODE(target.stat().st_mode) if target.is_dir() else None


def fill(new: Path, contents: Mapping[str, bytes], mode: int | None) -> None:
    """Write a folder and flush it; the manifest comes last."""
    new.mkdir()
    for name, content in contents.items():
        write_flushed(new / name, content)
    if mode is not None:
        new.chmod(mode)
    sync_folder(new)


def swap(new: Path, target: Path, earlier: Path) -> None:
    """Rename a folder that exists aside, and the new one into its place; undo both if the disk refuses any of it."""
    before = os.path.lexists(target)
    if before:
        os.rename(target, earlier)
    try:
        os.rename(new, target)
        sync_folder(target.parent)
    except OSError:
        if os.path.lexists(target):
            os.rename(target, new)
        if before:
            os.rename(earlier, target)
        raise


def discard(earlier: Path) -> None:
    """Remove an earlier result, its manifest last; a file that was added meanwhile is kept and the folder named.

    Raises
    ------
    FileError
        If the folder holds anything else.
    """
    if not os.path.lexists(earlier):
        return
    try:
        for name in listed(earlier):
            if os.path.lexists(earlier / Path(name).name):
                os.unlink(earlier / Path(name).name)
        if os.listdir(earlier) == [MANIFEST]:  # without it the next run could not tell whose the other files are
            os.unlink(earlier / MANIFEST)
        os.rmdir(earlier)
    except OSError as fault:
        raise explained(earlier, fault, verb="removed") from None
