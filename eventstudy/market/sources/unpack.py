"""A file as it is stored to plain UTF-8 text: compressed files are unpacked within a limit, encodings recognized."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from eventstudy.errors import DataError
from eventstudy.files import explained, require_regular

HEAD_BYTES = 1 << 17
# A packed file may not unpack to more than this: a small archive can hold a disk's worth of zeros.
MOST_BYTES = 2 << 30
MOST_LINE = 1_000_000
# Minute bars of one unchanging price shrink to 1/18 by gzip and to 1/97 by zstd, repeated text to 1/170 and less.
MOST_TIMES, SMALL_BYTES = 150, 64_000_000
COMPRESSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CYRILLIC_WORD = re.compile("[а-яё]{2,}", re.IGNORECASE)
# Codes of the frequent characters of the encodings with two bytes a character: kana and common ideographs, Hangul. In
# the others a text of one of them has rare characters; Hangul lie within the common ideographs of Chinese, so first.
FREQUENT: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("cp932", re.compile(rb"[\x81-\x83\x88-\x98][\x40-\xfc]")),
    ("cp949", re.compile(rb"[\xb0-\xc8][\xa1-\xfe]")),
    ("gb18030", re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")),
    ("cp950", re.compile(rb"[\xa1-\xc6][\x40-\xfe]")),
)
PACKED_SUFFIXES = {".gz", ".bz2", ".zip", ".zst"}


@dataclass(frozen=True, slots=True)
class Stored:
    """The content of a file: where plain text can be read from, or the bytes of a workbook or a Parquet file.

    Attributes
    ----------
    path : Path
        The file the user named.
    kind : {"text", "workbook", "parquet"}
    data : Path or bytes
        The file itself where it is plain UTF-8 text, otherwise its unpacked content as UTF-8.
    head : str
        The beginning of a text.
    """

    path: Path
    kind: str
    data: Path | bytes
    head: str = ""

    def bytes(self) -> bytes:
        """Return the complete content."""
        return self.data if isinstance(self.data, bytes) else self.data.read_bytes()


def open_stored(path: Path, most: int = MOST_BYTES) -> Stored:
    """Return what a file holds.

    Raises
    ------
    DataError
        If it does not exist, is not a regular file, unpacks to more than ``most`` bytes, or is not a table.
    """
    require_regular(path)
    try:
        with path.open("rb") as file:
            begin = file.read(HEAD_BYTES)
    except OSError as fault:
        raise explained(path, fault, verb="read") from None
    if not any(begin.startswith(mark) for mark, _ in COMPRESSED) and not begin.startswith((ZIP, OLD_EXCEL, b"PAR1")):
        return plain_text(path, path, begin)
    return unpacked(path, begin, most)


def unpacked(path: Path, begin: bytes, most: int) -> Stored:
    """Return the content of a compressed file, a workbook or a Parquet file."""
    codec = next((name for mark, name in COMPRESSED if begin.startswith(mark)), "")
    if codec:
        return of_bytes(path, decompressed(path, codec, most))
    if begin.startswith(b"PAR1"):
        return Stored(path, "parquet", path)
    if begin.startswith(OLD_EXCEL):
        return Stored(path, "workbook", path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if is_workbook(names):
                check_size(path, sum(member.file_size for member in archive.infolist()), MOST_BYTES)
                return Stored(path, "workbook", path)
            return of_bytes(path, limited(archive.open(only_table(path, names)).read, path, most))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is not a readable zip archive: {error}.", remedy="Unpack it.") from None


def is_workbook(names: list[str]) -> bool:
    """Return whether the members of a zip archive are those of an Excel or OpenDocument workbook."""
    return "[Content_Types].xml" in names or "content.xml" in names


def only_table(path: Path, names: list[str]) -> str:
    """Return the one member of an archive that can be a table."""
    files = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX")]
    tables = [name for name in files if Path(name).suffix.casefold() in {".csv", ".tsv", ".json"}] or files
    if len(tables) != 1:
        shown = ", ".join(files[:8]) or "nothing"
        raise DataError(f"{path} holds {len(files)} files ({shown}); one table is needed.", remedy="Unpack it.")
    return tables[0]


def decompressed(path: Path, codec: str, most: int) -> bytes:
    """Return the bytes of a gzip, bz2 or zstd file."""
    try:
        with pa.input_stream(str(path), compression=codec) as stream:
            return limited(stream.read, path, most)
    except OSError as error:
        raise DataError(f"{path} is not a complete {codec} file: {error}.", remedy="Download it again.") from None


def limited(read: Callable[[int], bytes], path: Path, most: int) -> bytes:
    """Return all bytes of a stream, or refuse it once there are more than ``most``."""
    parts, size = io.BytesIO(), 0
    while part := read(1 << 22):
        first, size = not size, size + len(part)
        check_size(path, size, most)
        if first:
            check_lines(path, part)
        parts.write(part)
    return parts.getvalue()


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


def check_lines(path: Path, begin: bytes) -> None:
    """Refuse an archive by its first megabytes if they are one line of text: no table is, JSON excepted."""
    is_text = not begin.startswith((b"PAR1", OLD_EXCEL, ZIP)) and begin.lstrip()[:1] not in {b"{", b"["}
    if is_text and len(begin) > MOST_LINE and b"\n" not in begin and b"\r" not in begin:
        raise DataError(
            f"{path} unpacks to a line of more than {MOST_LINE:,} bytes.", remedy="Give a table with one row per line."
        )


def of_bytes(path: Path, content: bytes) -> Stored:
    """Return unpacked content as what it is."""
    if content.startswith(b"PAR1"):
        return Stored(path, "parquet", content)
    if content.startswith(OLD_EXCEL):
        return Stored(path, "workbook", content)
    if content.startswith(ZIP):
        return Stored(path, "workbook", content)
    return plain_text(path, content, content[:HEAD_BYTES])


def plain_text(path: Path, data: Path | bytes, begin: bytes) -> Stored:
    """Return text as UTF-8; what is written in another encoding is read into memory."""
    encoding = encoding_of(begin)
    if encoding in {"utf-8", "utf-8-sig"}:
        return Stored(path, "text", data, without_half_a_letter(begin).decode(encoding))
    if not encoding:
        raise DataError(f"{path} is not text.", remedy="Give a CSV, Excel, JSON or Parquet file.")
    content = data if isinstance(data, bytes) else data.read_bytes()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not {encoding} text: {error}.", remedy="Save it as UTF-8.") from None
    return Stored(path, "text", text.encode(), text[:HEAD_BYTES])


def encoding_of(begin: bytes) -> str:
    """Return the encoding of a text by its beginning; empty where it is not text.

    Dates and numbers are ASCII in every encoding recognized here; which of those that are not Unicode is taken only
    decides how names read.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if begin.startswith(mark):
            return name
    low, high = begin[::2].count(0), begin[1::2].count(0)
    if low or high:
        # Latin text in two bytes a letter has zeros in one half of them only.
        return "utf-16-le" if high > len(begin) // 4 > low else "utf-16-be" if low > len(begin) // 4 > high else ""
    try:
        without_half_a_letter(begin).decode("utf-8")
    except UnicodeDecodeError:
        name, common = max(((row[0], frequent(begin, *row)) for row in FREQUENT), key=lambda pair: pair[1])
        if common > 0.9:
            return name
        return "cp1251" if CYRILLIC_WORD.search(begin.decode("cp1251", "replace")) else "cp1252"
    return "utf-8"


def frequent(begin: bytes, encoding: str, codes: re.Pattern[bytes]) -> float:
    """Return the fraction of frequent characters among those of a text that are not ASCII; 0 if it is another code."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(begin)
    except UnicodeDecodeError:
        return 0.0
    letters = [letter.encode(encoding) for letter in text if not letter.isascii()]
    return sum(bool(codes.fullmatch(letter)) for letter in letters) / max(len(letters), 1)


def without_half_a_letter(begin: bytes) -> bytes:
    """Return the bytes without a letter that the end of the sample cuts in two."""
    if len(begin) < HEAD_BYTES:
        return begin
    for cut in range(1, 4):
        if begin[-cut] >= 0xC0:
            return begin[:-cut]
        if begin[-cut] < 0x80:
            break
    return begin
