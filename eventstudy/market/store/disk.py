"""Writing that a crash cannot tear: aside, fsync, rename, fsync of the folder; and one writer at a time per folder."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from eventstudy.errors import LockHeldError, StoreError

ASIDE = ".tmp"
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
UNTOUCHED = "Nothing that was stored before is lost."
REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space, or move the store with --store DIR."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or move the store with --store DIR."),
    errno.EACCES: ("it may not be written", "Choose a folder of yours with --store DIR or EVENTSTUDY_STORE."),
    errno.EPERM: ("it may not be written", "Choose a folder of yours with --store DIR or EVENTSTUDY_STORE."),
    errno.EROFS: ("the disk is read-only", "Choose another folder with --store DIR or EVENTSTUDY_STORE."),
    errno.ENOTDIR: ("a file stands where a folder must be", "Choose another folder with --store DIR."),
    errno.EEXIST: ("a file stands where a folder must be", "Choose another folder with --store DIR."),
}
SEAL = len('{"sha256":"","content":') + 64
_numbers = itertools.count()


def store_root(given: str | Path = "") -> Path:
    """Return the folder of the store: as given, or ``EVENTSTUDY_STORE``, or the user's cache folder."""
    chosen = str(given) or os.environ.get("EVENTSTUDY_STORE", "")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("eventstudy")) / "store"


def safe_name(text: str) -> str:
    """Return a folder name for any text: itself where that is harmless, else its harmless letters and a digest."""
    if PLAIN.fullmatch(text) and text.split(".")[0].lower() not in RESERVED:
        return text
    kept = re.sub(r"[^A-Za-z0-9_-]", "", text)[:32]
    return f"_{kept}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def make_folder(path: Path) -> None:
    """Make a folder and its parents, readable by their owner only; each new name is made durable."""
    if path.is_dir():
        return
    try:
        make_folder(path.parent)
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path))
        _sync_folder(path.parent)
    except OSError as fault:
        raise refusal(path, fault) from None


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place at once: readers see the old content or the new, never a part.

    Raises
    ------
    StoreError
        If the disk refuses; what stood at ``path`` is untouched and nothing is left beside it.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}-{next(_numbers)}{ASIDE}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(aside, path)
        _sync_folder(path.parent)
    except OSError as fault:
        with suppress(OSError):
            os.unlink(aside)
        raise refusal(path, fault) from None


def read_whole(path: Path) -> bytes:
    """Return a file's bytes, read once; ``FileNotFoundError`` passes, every other fault is a ``StoreError``."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise refusal(path, fault, verb="read") from None


def remove(path: Path) -> int:
    """Remove a file and return how many bytes it held."""
    try:
        size = os.stat(path).st_size
        os.unlink(path)
    except FileNotFoundError:
        return 0
    except OSError as fault:
        raise refusal(path, fault, verb="removed") from None
    return size


def sweep(folder: Path) -> int:
    """Remove what a killed writer left aside; only for the holder of the folder's lock. Return how many files."""
    try:
        with os.scandir(folder) as entries:
            stale = [folder / entry.name for entry in entries if entry.name.endswith(ASIDE)]
    except FileNotFoundError:
        return 0
    except OSError as fault:
        raise refusal(folder, fault, verb="read") from None
    for path in stale:
        remove(path)
    return len(stale)


@contextmanager
def only_writer(folder: Path, wait_s: float = 30.0) -> Iterator[None]:
    """Hold the folder's lock, waiting no longer than ``wait_s``; a holder that dies lets go by dying.

    Raises
    ------
    LockHeldError
        If another process still holds it when the wait is over.
    """
    from filelock import FileLock, Timeout

    make_folder(folder)
    lock = FileLock(folder / "lock", wait_s, 0o600, poll_interval=0.01, fallback_to_soft=False, preserve_lock_file=True)
    try:
        lock.acquire()
    except Timeout:
        raise LockHeldError(
            f"Another process has been writing the series in {folder} for more than {wait_s:g} s.",
            remedy="Wait for it to end and run the same command again.",
        ) from None
    except OSError as fault:
        raise refusal(folder / "lock", fault) from None
    try:
        yield
    finally:
        lock.release()


def sealed(content: dict[str, Any]) -> bytes:
    """Return JSON that carries its own digest, in one canonical form: any changed bit is found by ``unsealed``."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return _under_seal(text.encode())


def unsealed(path: Path, raw: bytes) -> dict[str, Any]:
    """Return what was sealed, or raise ``StoreError`` where a bit is not as it was written."""
    body = raw[SEAL:-2]
    if not body or _under_seal(body) != raw:
        raise damaged(path)
    found: dict[str, Any] = json.loads(body)
    return found


def damaged(path: Path) -> StoreError:
    """Return the error for a file whose content is not what was written."""
    return StoreError(
        f"{path} is damaged: its content does not match the digest it was stored under.",
        remedy="Run 'eventstudy data verify' to see all damage and 'eventstudy data gc' to clear it; then fetch again.",
    )


def refusal(path: Path, fault: OSError, verb: str = "written") -> StoreError:
    """Return one clear sentence for what the disk refused."""
    reason, remedy = REASONS.get(fault.errno or 0, (fault.strerror or str(fault), "Check the disk and run it again."))
    return StoreError(f"{path} cannot be {verb}: {reason}. {UNTOUCHED}", remedy=remedy)


def _under_seal(body: bytes) -> bytes:
    return b'{"sha256":"' + hashlib.sha256(body).hexdigest().encode() + b'","content":' + body + b"}\n"


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
