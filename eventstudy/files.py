"""Files: read within a bound and only where they are regular; written aside, flushed and renamed into place."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from eventstudy.arrays import brief
from eventstudy.errors import FileError

ASIDE = ".tmp"
MOST_JSON_BYTES = 200_000_000
FULL = "Free disk space or choose another folder."
ELSEWHERE = "Choose a folder that you may write to."
# What the system reports -> what is wrong, and what to do.
REASONS = {
    errno.ENOSPC: ("the disk is full", FULL),
    errno.EDQUOT: ("the disk quota is used up", FULL),
    errno.EACCES: ("permission denied", ELSEWHERE),
    errno.EPERM: ("permission denied", ELSEWHERE),
    errno.EROFS: ("the disk is read-only", ELSEWHERE),
    errno.ENOTDIR: ("a file is in the place of a folder", ELSEWHERE),
    errno.EEXIST: ("a file is in the place of a folder", ELSEWHERE),
    errno.EISDIR: ("it is a folder", "Choose another name."),
    errno.ENOENT: ("its folder does not exist", "Create the folder and run it again."),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "Choose a shorter name."),
}


@contextmanager
def replacing(path: Path, *, mode: int = 0o666, new: bool = False) -> Iterator[BinaryIO]:
    """Open a file aside that takes the place of ``path`` when the block ends; readers see the old file or the new.

    Parameters
    ----------
    path : Path
        Its folder must exist. A symbolic link is replaced, not followed.
    mode : int
        Permissions, less those the process's umask removes.
    new : bool
        Refuse to replace a file that exists.

    Raises
    ------
    FileError
        If a pipe, a device or a socket stands there, or the path is not a name.
    FileExistsError
        If ``new`` and the file exists; it is untouched.
    OSError
        If the disk refuses; what stood at ``path`` is untouched and nothing is left beside it.
    """
    check_replaced(path)
    aside, placed = path.with_name(f".{os.urandom(6).hex()}{ASIDE}"), False
    try:  # before the file exists: an interrupt may come at once
        with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            os.link(aside, path)
        else:
            os.replace(aside, path)
            placed = True
    finally:
        if not placed:
            with suppress(OSError):
                os.unlink(aside)
    sync_folder(path.parent)


def write_file(path: Path, content: bytes) -> Path:
    """Write ``content`` to ``path`` at once, its folder made where it is missing.

    Raises
    ------
    FileError
        If the disk refuses: path, reason and remedy. Either the old file or the new one stands, never a part.
    """
    if not path.name:
        raise FileError(f"{str(path)!r} is not the name of a file.", remedy="Give the name of a file to write.")
    try:
        check_replaced(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(content)
    except OSError as fault:
        raise explained(path, fault) from None
    return path


def check_replaced(path: Path) -> None:
    """Refuse a path at which a pipe, a device, a socket or a link to one would be replaced, which root may do.

    Raises
    ------
    FileError
        If one stands there, or the path is not a name.
    OSError
        If the disk does not say what stands there.
    """
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            with suppress(OSError):  # a link that leads nowhere is replaced
                mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except ValueError:  # a null byte, half a character
        raise FileError(f"{brief(str(path))} is not the name of a file.", remedy="Check the path.") from None
    if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        check_regular(path, mode)


def write_flushed(path: Path, content: bytes) -> None:
    """Write a new file and flush it to the disk, in a folder that has not yet its name."""
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def checked_path(name: str | Path) -> Path:
    """Return a path that the system can look up; whether there is a file is for the reader to say.

    Raises
    ------
    FileError
        If the name is empty, too long, has a null byte, or lies where the user may not look.
    """
    path = Path(name)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except OSError as fault:
        raise FileError(f"{brief(str(path))} cannot be read: {fault.strerror}.", remedy="Check the path.") from None
    except ValueError:
        raise FileError(f"{brief(str(path))} is not the name of a file.", remedy="Check the path.") from None
    return path


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of a regular file of at most ``most`` bytes.

    A pipe, a device or a folder is refused without waiting for it; never more than ``most`` + 1 bytes are read, since
    the size that the system states may be wrong or may change.

    Raises
    ------
    FileError
        If it is not there, not a regular file, larger than ``most`` bytes, or not readable.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as stream:
            check_regular(path, os.fstat(stream.fileno()).st_mode)
            content = stream.read(most + 1)
    except FileError:
        raise
    except OSError as fault:
        if fault.errno in (errno.ENXIO, errno.ENODEV):  # a socket, a device without a driver
            raise irregular(path, "a device or a socket") from None
        if fault.errno == errno.EISDIR:
            raise irregular(path, "a folder") from None
        if fault.errno == errno.ENOENT:
            raise FileError(f"There is no file {path}.", remedy="Check the path.") from None
        raise FileError(f"{path} cannot be read: {fault.strerror}.", remedy="Check its name and rights.") from None
    except ValueError:  # a null byte
        raise FileError(f"{str(path)!r} is not the name of a file.", remedy="Check the path.") from None
    if len(content) > most:
        size = f"{most / 1_000_000:g} MB" if most >= 100_000 else f"{most:,} bytes"
        raise FileError(f"{path} is larger than {size}.", remedy="Split it.")
    return content


def read_json(path: Path, most: int = MOST_JSON_BYTES) -> Any:
    """Return the value of a JSON file.

    Raises
    ------
    FileError
        If it cannot be read, is not JSON, is nested too deep, or holds a number of thousands of digits.
    """
    content = read_regular(path, most)
    try:
        return json.loads(content)
    except RecursionError:
        reason = "nested too deep"
    except ValueError as error:
        reason = str(error).partition(";")[0]
    raise FileError(f"{path} is not JSON: {reason}.", remedy="Write it again with the program that wrote it.")


def check_regular(path: Path, mode: int) -> None:
    """Refuse what is not a regular file, by its mode."""
    kinds = {
        stat.S_IFIFO: "a pipe",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFDIR: "a folder",
        stat.S_IFSOCK: "a socket",
    }
    if not stat.S_ISREG(mode):
        raise irregular(path, kinds.get(stat.S_IFMT(mode), "something else"))


def require_regular(path: Path) -> None:
    """Refuse, before a library opens it, what is not a regular file with a name that libraries in C++ can take.

    Raises
    ------
    FileError
        If it is not there, is a pipe, a device, a socket or a folder, or its name is not UTF-8.
    """
    try:
        mode = checked_path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(f"There is no file {path}.", remedy="Check the path.") from None
    check_regular(path, mode)
    check_name(str(path))


def check_name(path: str) -> None:
    """Refuse a name that is not UTF-8, before a library written in C++ gets it.

    Raises
    ------
    FileError
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        raise FileError(f"The name {path!r} is not UTF-8.", remedy="Rename the file or its folder.") from None


def irregular(path: Path, kind: str) -> FileError:
    """Return the refusal of what is not a regular file."""
    return FileError(f"{path} is not a regular file but {kind}.", remedy="Give a regular file.")


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Make a folder where it is missing and wait until no other process writes into it; no file marks the lock.

    Systems without ``flock`` (Windows, some network disks) have no lock.

    Raises
    ------
    FileError
        If the folder cannot be made or opened: path, reason and remedy.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY) if hasattr(os, "O_DIRECTORY") else -1
    except OSError as fault:
        raise explained(folder, fault) from None
    try:
        if descriptor >= 0:
            import fcntl

            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM take effect when the block ends, not inside it; for what takes milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python raises KeyboardInterrupt in the main thread alone
        return
    came: list[int] = []
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not None]
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


def left_aside(folder: Path) -> list[Path]:
    """Return what killed writers left aside in a folder; only the folder's single writer may remove it."""
    with os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(ASIDE)]


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, where the system can (Windows cannot)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def explained(path: Path, fault: OSError, verb: str = "written") -> FileError:
    """Return one sentence for what the disk refused, with the remedy."""
    reason, remedy = REASONS.get(fault.errno or 0, (fault.strerror or str(fault), "Check the disk and run it again."))
    return FileError(f"{path} cannot be {verb}: {reason}.", remedy=remedy)
