"""The store's way to the disk: private files written atomically, typed errors, one writer at a time per folder."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from eventstudy.errors import LockHeldError, StoreError
from eventstudy.files import explained, left_aside, replacing, sync_folder

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
UNTOUCHED = "Nothing that was stored before is lost."
# What the store's user can do about some of the faults that ``files`` explains.
REMEDIES = {
    errno.ENOSPC: "Free disk space, or move the store with --store or EVENTSTUDY_STORE.",
    errno.EDQUOT: "Free disk space, or move the store with --store or EVENTSTUDY_STORE.",
    errno.ENOENT: "The folder was removed meanwhile; run the same command again.",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST),
        "Choose a folder that you may write to with --store or EVENTSTUDY_STORE.",
    ),
}
SEAL = len('{"sha256":"","content":') + 64


class CorruptError(StoreError):
    """A file whose content is not what was written; one that cannot be read at all is a plain ``StoreError``."""


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


def write_private(path: Path, content: bytes) -> None:
    """Write a file of the store at once: readers see the old content or the new, never a part.

    Raises
    ------
    StoreError
        If the disk refuses; what stood at ``path`` is untouched and nothing is left beside it.
    """
    try:
        with replacing(path, mode=0o600) as stream:
            stream.write(content)
    except OSError as fault:
        raise refusal(path, fault) from None


def read_bytes(path: Path) -> bytes:
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
        stale = left_aside(folder)
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
        raise corrupt(path)
    found: dict[str, Any] = json.loads(body)
    return found


def corrupt(path: Path) -> CorruptError:
    """Return the error for a file whose content is not what was written."""
    return CorruptError(
        f"{path} is corrupt: its content does not match the digest it was stored under.",
        remedy="Run 'eventstudy data verify' to see all damage and 'eventstudy data gc' to clear it; then fetch again.",
    )


def refusal(path: Path, fault: OSError, verb: str = "written") -> StoreError:
    """Return one sentence for what the disk refused."""
    error = explained(path, fault, verb)
    return StoreError(f"{error.message} {UNTOUCHED}", remedy=REMEDIES.get(fault.errno or 0, error.remedy))


@contextmanager
def disk_errors(verb: str = "read") -> Iterator[None]:
    """Raise whatever the disk refuses inside the block, or the function it decorates, as a ``StoreError``."""
    try:
        yield
    except OSError as fault:
        raise refusal(Path(fault.filename or "A file of the store"), fault, verb) from None


@disk_errors("written")
def make_folder(path: Path) -> None:
    """Make a folder and its parents, readable by their owner only; each new name is made durable."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path))
    sync_folder(path.parent)


def _under_seal(body: bytes) -> bytes:
    return b'{"sha256":"' + hashlib.sha256(body).hexdigest().encode() + b'","content":' + body + b"}\n"
