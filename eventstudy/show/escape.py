"""Text from outside becomes text, everywhere: pages, figures, terminals, spreadsheets, LaTeX, file names.

Headlines, instrument names and paths are data. Each door below takes any string and returns one that its medium
shows as text: no markup, no mathematics, no terminal command, no formula, no folder.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LIMIT = 300
MOST_MARKS = 4
JOINERS = {"\u200c", "\u200d"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
# A text cell that reads as one of these would come back from a spreadsheet or pandas as something else.
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    # The end of a row reads a bracket or a star after it as its own.
    "[": "{[}",
    "*": "{*}",
}
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$&:=@])")


# Control characters but tab and line feed, lone surrogates, bidi and zero-width characters, non-characters.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)


# An escape sequence goes as one: its letters alone would be left over.
ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[\[0-?]*[ -/]*[@-~]?|\x9b[0-?]*[ -/]*[@-~]?")


def printable(text: object) -> str:
    """Return text of any length without anything that a terminal obeys; tab and line feed stay.

    >>> printable("fell \\x1b[31mhard\\u202e")
    'fell hard'
    """
    return visible(ESCAPES.sub("", str(text)))


def visible(text: str) -> str:
    """Return text of any length without characters that control, hide or reorder what is shown."""
    return INVISIBLE.sub("", text)


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in {"Zl", "Zp"} or character in "\t\n\r\x0b\x0c":
        return " "
    if kind == "Cs" or (ord(character) & 0xFFFE) == 0xFFFE:
        return "\ufffd"
    if kind == "Cc" or (kind == "Cf" and character not in JOINERS):
        return ""
    return character


def plain(text: object, limit: int = LIMIT) -> str:
    """Return one line of visible text: no control, bidi or zero-width characters, at most ``limit`` characters.

    >>> plain("fell \\x1b[31mhard\\u202e\\n today")
    'fell [31mhard today'
    """
    # Far more than the limit is never looked at: a payload of a gigabyte must not cost a second.
    shown = "".join(map(_kept, str(text)[: 8 * limit + 64]))
    shown = re.sub(r"\s+", " ", _fewer_marks(shown)).strip()
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def _fewer_marks(text: str) -> str:
    """Return the text with at most four combining marks in a row, so that no letter towers over its line."""
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character).startswith("M") else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def for_terminal(text: object, limit: int = LIMIT) -> str:
    """Return text without escape sequences; give it to ``rich.text.Text``, never to markup."""
    return plain(text, limit)


def for_spreadsheet(text: str) -> str:
    """Return a text cell that no spreadsheet runs as a formula: a leading apostrophe where it would.

    >>> for_spreadsheet("=1+1")
    "'=1+1"
    """
    shown = plain(text, 10_000)
    return "'" + shown if shown.startswith(FORMULA_STARTS) else shown


def for_latex(text: object, limit: int = LIMIT) -> str:
    """Return text in which every special character of LaTeX is written as itself."""
    return "".join(LATEX.get(c, c) for c in plain(text, limit))


def for_markdown(text: object, limit: int = LIMIT) -> str:
    """Return text in which every character that Markdown could read as markup is escaped."""
    return MARKDOWN.sub(r"\\\1", plain(text, limit))


def file_name(text: str) -> str:
    """Return a name safe as one component of a path: the text itself where it is, else a slug and a digest.

    >>> file_name("SBER")
    'SBER'
    >>> file_name("../etc/passwd").startswith("etc-passwd-")
    True
    """
    if SAFE_NAME.fullmatch(text) and not RESERVED.fullmatch(text) and not text.endswith("."):
        return text
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", folded).strip("-")[:40]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{slug}-{digest}" if slug else f"x-{digest}"
