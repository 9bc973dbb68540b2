"""Where the news of a command come from: files, folders, standard input, and the network."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from eventstudy.cli import console
from eventstudy.errors import UsageError
from eventstudy.files import checked_path

if TYPE_CHECKING:
    from eventstudy.news.items import NewsItem
    from eventstudy.news.readers import ReadOptions


def items_of(
    paths: list[str], kind: str, encoding: str, columns: list[str], published: str, *, main_text: bool = False
) -> list[NewsItem]:
    """Return the items of every path; a publication time of the command line replaces all others."""
    from eventstudy.news.readers import ReadOptions

    options = ReadOptions(encoding, dict(_pair(text) for text in columns), main_text)
    items = [item for path in paths for item in _read(path, kind, options)]
    if published:
        items = [replace(item, stamps=(("given", published),)) for item in items]
    return items


def _pair(text: str) -> tuple[str, str]:
    role, equals, column = text.partition("=")
    if not equals or not role.strip() or not column.strip():
        raise UsageError(
            f"--column {text!r} does not read ROLE=COLUMN.", remedy="Write for example --column text=BODY."
        )
    return role.strip().casefold(), column.strip()


def _read(path: str, kind: str, options: ReadOptions) -> list[NewsItem]:
    from eventstudy.news.readers import MAX_BYTES, read_files, read_news_bytes

    if path == "-":
        return read_news_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), "stdin", kind, options)
    if path.startswith(("https://", "http://")):
        return _fetched(path, kind, options)
    return read_files(checked_path(path), kind, options)


def _fetched(url: str, kind: str, options: ReadOptions) -> list[NewsItem]:
    """Return the items of one address: its own origin only, redirects elsewhere are refused."""
    from eventstudy.market.sources.transport import Client
    from eventstudy.news.readers import read_news_bytes

    with Client((url,), offline=console.manners().offline) as client:
        answer = client.get(url, bytes)
    items = read_news_bytes(answer.body, url, kind, options)
    return [replace(item, url=item.url or url, fetched_at=answer.fetched_at) for item in items]
