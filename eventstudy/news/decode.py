"""Bytes to text: given, declared or detected encodings; a doubtful one is refused, so no mojibake goes unseen."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from eventstudy.errors import EventFileError, FileError, NewsError
from eventstudy.files import read_regular

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_DETECTABLE = ("cp1251", "koi8-r", "cp866", "iso8859-5")
# How often the letters come in Russian text (per mille); Cyrillic in a wrong encoding has quite other ones.
_FREQUENT = frozenset("оеаинтсрвлкмдпу")
_RARE = frozenset("ъэфщцюжхшё")
# What UTF-8 read as Latin-1 or CP1251, or the other way round, looks like.
_MOJIBAKE = re.compile(
    "(?:[ÐÑ][\u0080-\u00bf ]?){3,}|(?:[РС][\u0080-\u00bf°±\u0402-\u040f\u0452-\u045f‚„…†‡€‰‹]){3,}|\ufffd"
)
SAMPLE = 20_000
MAX_LIST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and how its encoding is known: given, declared, or detected (then it should be reviewed)."""

    text: str
    encoding: str
    known: str


def decode(content: bytes, source: str, *, given: str = "") -> Decoded:
    """Return the text of some bytes; an encoding that is unknown, unfit or unclear is refused, and mojibake."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strict(content, source, "utf-8-sig" if encoding == "utf-8" else encoding, "marked")
    declared = _DECLARED.search(content[:2048]) if content[:200].lstrip().startswith(b"<") else None
    if given:
        return _strict(content, source, given, "given")
    try:
        return _checked(Decoded(content.decode("utf-8"), "utf-8", "valid"), source)
    except UnicodeDecodeError as error:
        if declared and _codec(declared[1].decode("ascii"), source) != "utf-8":
            return _strict(content, source, declared[1].decode("ascii"), "declared")
        return _detected(content, source, error)


def _codec(name: str, source: str) -> str:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise NewsError(
            f"{source}: {name!r} is not a known encoding.", remedy="Name another, for example cp1251."
        ) from None
    if not info._is_text_encoding:
        raise NewsError(f"{source}: {name!r} is not an encoding of text.")
    return info.name


def _strict(content: bytes, source: str, encoding: str, known: str) -> Decoded:
    codec = _codec(encoding, source)
    try:
        return _checked(Decoded(content.decode(codec), codec, known), source)
    except UnicodeError as error:
        raise NewsError(
            f"{source} is not {encoding}, as it is {known} to be ({str(error)[:120]}).", remedy="Name its encoding."
        ) from None


def _checked(decoded: Decoded, source: str) -> Decoded:
    found = _MOJIBAKE.search(decoded.text[:SAMPLE])
    if found and "\ufffd" not in found[0]:
        raise NewsError(
            f"{source} reads as {found[0][:12]!r}: text that was decoded wrongly before it was saved.",
            remedy="Get the original bytes, or name the encoding.",
        )
    return decoded


def _detected(content: bytes, source: str, error: UnicodeDecodeError) -> Decoded:
    scores = sorted(((_russian(content[:SAMPLE], name), name) for name in _DETECTABLE), reverse=True)
    best, second = scores[0], scores[1]
    if best[0] < 0.35 or best[0] - second[0] < 0.15:
        raise NewsError(
            f"{source} is not UTF-8 (byte {error.start}), and no other encoding fits clearly.",
            remedy="Name its encoding, for example cp1251 or koi8-r.",
        )
    return Decoded(content.decode(best[1], errors="strict"), best[1], "detected")


def _russian(content: bytes, encoding: str) -> float:
    """Return how Russian the bytes read: the share of frequent small letters less those of rare and strange ones."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    high = [c for c in text if ord(c) > 127]
    if len(high) < 12:
        return 0.0
    frequent = sum(c in _FREQUENT for c in high)
    rare = sum(c in _RARE for c in high)
    strange = sum(not ("а" <= c.lower() <= "я" or c in "ёЁ«»—–…№\u00a0") for c in high)
    shouting = sum(c.isupper() for c in high)
    return (frequent - 2 * rare - 3 * strange - (shouting if shouting < 0.9 * len(high) else 0)) / len(high)


def read_decoded(path: Path) -> str:
    """Return the text of an events file in whichever encoding it certainly has."""
    try:
        return decode(read_regular(path, MAX_LIST_BYTES), str(path)).text
    except (FileError, NewsError) as error:
        raise EventFileError(error.message, remedy=error.remedy) from None
