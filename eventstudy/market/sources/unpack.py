"""A file as it is stored to plain UTF-8 text: compressed files are unpacked within a limit, encodings recognized."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from eventstudy.errors import DataError
from eventstudy.files import explained, require_regular
from eventstudy.market.sources.text_stream import MOST_BYTES, PART, TextStream, check_size, check_whole

HEAD_BYTES = 1 << 17
MOST_LINE = 1_000_000
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
    data : Path, TextStream or bytes
        The file itself where it is plain UTF-8 text, a stream of UTF-8 where it is another text, otherwise bytes.
    head : str
        The beginning of a text.
    """

    path: Path
    kind: str
    data: Path | TextStream | bytes
    head: str = ""

    def bytes(self) -> bytes:
        """Return the complete content."""
        if isinstance(self.data, bytes):
            return self.data
        if isinstance(self.data, TextStream):
            return self.data.whole()
        check_whole(self.path, self.data.stat().st_size)
        return self.data.read_bytes()

    def binary(self) -> Path | io.BytesIO:
        """Return what a reader of a workbook or a Parquet file opens."""
        return self.data if isinstance(self.data, Path) else io.BytesIO(self.bytes())

    def source(self) -> AbstractContextManager[Any]:
        """Return what opens the text for pyarrow."""
        if isinstance(self.data, TextStream):
            return self.data.open()
        return nullcontext(pa.BufferReader(self.data) if isinstance(self.data, bytes) else str(self.data))


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
        return plain_text(TextStream(path), begin)
    return unpacked(path, begin, most)


def unpacked(path: Path, begin: bytes, most: int) -> Stored:
    """Return the content of a compressed file, a workbook or a Parquet file."""
    codec = next((name for mark, name in COMPRESSED if begin.startswith(mark)), "")
    if codec:
        return of_stream(TextStream(path, codec, most=most))
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
            table = only_table(path, names)
            check_size(path, archive.getinfo(table).file_size, most)
            return of_stream(TextStream(path, "zip", table, most=most))
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


def of_stream(stream: TextStream) -> Stored:
    """Return the content of a compressed file as what it is; text is unpacked when it is read."""
    with stream.open() as opened:
        begin = opened.read(PART)
        check_lines(stream.path, begin)
        if not is_binary(begin):
            return plain_text(stream, begin[:HEAD_BYTES])
        parts = io.BytesIO(begin)
        parts.seek(len(begin))
        while part := opened.read(PART):
            check_whole(stream.path, parts.tell() + len(part))
            parts.write(part)
    kind = "parquet" if begin.startswith(b"PAR1") else "workbook"
    return Stored(stream.path, kind, parts.getvalue())


def is_binary(begin: bytes) -> bool:
    """Return whether bytes begin as a Parquet file or a workbook does."""
    return begin.startswith((b"PAR1", OLD_EXCEL, ZIP))


def check_lines(path: Path, begin: bytes) -> None:
    """Refuse an archive by its first megabytes if they are one line of text: no table is, JSON excepted."""
    is_text = not is_binary(begin) and begin.lstrip()[:1] not in {b"{", b"["}
    if is_text and len(begin) > MOST_LINE and b"\n" not in begin and b"\r" not in begin:
        raise DataError(
            f"{path} unpacks to a line of more than {MOST_LINE:,} bytes.", remedy="Give a table with one row per line."
        )


def plain_text(stream: TextStream, begin: bytes) -> Stored:
    """Return text by its first bytes; what is compressed or in another encoding than UTF-8 is read as a stream."""
    encoding = encoding_of(begin)
    if not encoding:
        raise DataError(f"{stream.path} is not text.", remedy="Give a CSV, Excel, JSON or Parquet file.")
    try:
        if encoding in {"utf-8", "utf-8-sig"}:
            data = stream if stream.codec else stream.path
            return Stored(stream.path, "text", data, without_half_a_letter(begin).decode(encoding))
        head = codecs.getincrementaldecoder(encoding)().decode(begin)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig")
        raise DataError(f"{stream.path} is not {name} text: {error}.", remedy="Save it as UTF-8.") from None
    return Stored(stream.path, "text", replace(stream, encoding=encoding), head)


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
