"""Text that is unpacked and brought to UTF-8 while it is read, within limits: it is never in memory as a whole."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from eventstudy.errors import DataError

# A packed file may not unpack to more than this: a small archive can hold as many zeros as fill a disk.
MOST_BYTES = 2 << 30
# What can only be read as a whole, as JSON, may not have more bytes.
MOST_WHOLE = 500_000_000
# Minute bars of one unchanging price shrink to 1/18 by gzip and to 1/97 by zstd, repeated text to 1/170 and less.
MOST_TIMES, SMALL_BYTES = 150, 64_000_000
# Prices that move shrink to 1/4 or 1/10; of what shrinks to less than this, all is counted before more is kept.
USUAL_TIMES = 20
PART = 1 << 22
# What an archive that is damaged, encrypted or packed by an unknown method raises.
FAULTS = (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error, OSError)


@dataclass(frozen=True, slots=True)
class TextStream:
    """A file whose text is read through a decoder.

    Attributes
    ----------
    path : Path
    codec : {"", "gzip", "bz2", "zstd", "zip"}
    member : str
        Of a zip archive.
    encoding : str
    most : int
        Bytes that may come out of it.
    """

    path: Path
    codec: str = ""
    member: str = ""
    encoding: str = "utf-8"
    most: int = MOST_BYTES

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open the text as a file of pyarrow in UTF-8.

        Raises
        ------
        DataError
            If it cannot be unpacked or decoded, or unpacks to more than its limit or to many times its size.
        """
        try:
            with self.unpacking() as read:
                stream = pa.PythonFile(Unpacked(self, read), "r")
                yield (
                    stream if self.encoding == "utf-8" else pa.transcoding_input_stream(stream, self.encoding, "utf-8")
                )
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path} is not {self.encoding} text: {error}.", remedy="Save it as UTF-8.") from None
        except FAULTS as error:
            if not self.codec:
                raise
            what = "a readable zip archive" if self.codec == "zip" else f"a complete {self.codec} file"
            raise DataError(f"{self.path} is not {what}: {error}.", remedy="Download it again, or unpack it.") from None

    @contextmanager
    def unpacking(self) -> Iterator[Callable[[int], bytes]]:
        """Open the file itself, and return what reads its unpacked bytes."""
        if self.codec == "zip":
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                yield member.read
        elif self.codec:
            with pa.input_stream(str(self.path), compression=self.codec) as stream:
                yield stream.read
        else:
            with self.path.open("rb") as file:
                yield file.read

    def whole(self) -> bytes:
        """Return the complete text in UTF-8."""
        parts = io.BytesIO()
        with self.open() as stream:
            while part := stream.read(PART):
                check_whole(self.path, parts.tell() + len(part))
                parts.write(part)
        return parts.getvalue()


class Unpacked(io.RawIOBase):
    """The unpacked bytes of a file, counted; where they are many times the file's, all are counted before more come."""

    def __init__(self, text: TextStream, read: Callable[[int], bytes]) -> None:
        self.text, self.next, self.size = text, read, 0
        self.usual = max(SMALL_BYTES, USUAL_TIMES * text.path.stat().st_size) if text.codec else math.inf

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        part = self.next(PART if size < 0 else size)
        self.size += len(part)
        if self.text.codec:
            check_size(self.text.path, self.size, self.text.most)
        if self.size > self.usual:
            self.usual = math.inf
            check_all(self.text)
        return part


def check_all(text: TextStream) -> None:
    """Refuse a file by all that it unpacks to, none of which is kept.

    Of a file that is at most so many times smaller than the limit, nothing has to be counted.
    """
    size = 0
    if MOST_TIMES * text.path.stat().st_size >= text.most:
        return
    with text.unpacking() as read:
        while part := read(PART):
            size += len(part)
            check_size(text.path, size, text.most)


def check_size(path: Path, size: int, most: int) -> None:
    """Refuse an archive that unpacks to more than the limit, or to many times its size, as repeated text does."""
    if size > most:
        raise DataError(f"{path} unpacks to more than {most:,} bytes.", remedy="Unpack it, and split it.")
    if is_bomb(size, path.stat().st_size):
        raise DataError(
            f"{path} unpacks to more than {SMALL_BYTES:,} bytes and {MOST_TIMES} times its size, as no table does.",
            remedy="Unpack it first if it is one.",
        )


def is_bomb(unpacked: int, packed: int) -> bool:
    """Return whether an archive of so many bytes unpacks to more than any table shrinks to it."""
    return unpacked > max(SMALL_BYTES, MOST_TIMES * packed)


def check_whole(path: Path, size: int) -> None:
    """Refuse what can only be read as a whole and is too large for that."""
    if size > MOST_WHOLE:
        raise DataError(
            f"{path} has more than {MOST_WHOLE:,} bytes and can only be read at once.",
            remedy="Write it as CSV in UTF-8 with one table, or as Parquet.",
        )
