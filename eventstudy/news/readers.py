"""News from files: one reader per kind, each giving items exactly as they were received."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from eventstudy.arrays import look_up
from eventstudy.errors import NewsError
from eventstudy.news.items import NewsItem

MAX_BYTES = 50_000_000
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def read_news(path: str | Path, kind: str = "") -> list[NewsItem]:
    """Read the news items of one file; ``kind`` names a row of ``NEWS_READERS``, else the file's ending does.

    Raises
    ------
    NewsError
        If the file cannot be read, is too large, or breaks the rules of its kind.
    """
    path = Path(path)
    name = kind or ENDINGS.get(path.suffix.casefold(), "text")
    return look_up("kind of news file", NEWS_READERS, name)(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, or say why not."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NewsError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB.", remedy="Split it.")
        return path.read_bytes()
    except OSError as error:
        raise NewsError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from None


def item_id(name: str, content: str = "") -> str:
    """Return a safe id: the name where it is safe already, else its safe letters and a digest."""
    plain = _UNSAFE.sub("-", name).strip("-.")
    if plain == name and 0 < len(plain) <= 64:
        return plain
    digest = hashlib.sha256(f"{name}\0{content}".encode("utf-8", "replace")).hexdigest()[:10]
    return f"{plain[:50]}-{digest}".lstrip("-.")


def read_text_news(content: bytes, source: str) -> list[NewsItem]:
    """Read a plain text: one item."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NewsError(f"{source} is not UTF-8 (byte {error.start}).", remedy="Tell its encoding.") from None
    return [NewsItem(item_id(Path(source).stem), source, "", text)]


# Kind of input -> its reader.
NEWS_READERS: dict[str, Callable[[bytes, str], list[NewsItem]]] = {
    "text": read_text_news,
}

# Ending of a file -> its kind.
ENDINGS: dict[str, str] = {".txt": "text", ".md": "text"}
