"""RSS and Atom, read by structure only: every stamp stays the raw string it was. A document with a DTD is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from eventstudy.errors import NewsError
from eventstudy.news.items import NewsItem

MAX_TAGS = 1_000_000
MAX_TEXT = 5_000_000


def read_xml(content: bytes, source: str) -> Any:
    """Return the root element of a document; a DTD, more than a million tags and faults of its form are refused."""
    if content.count(b"<") > MAX_TAGS:
        raise NewsError(f"{source} has more than {MAX_TAGS:,} tags.", remedy="Split it.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        raise NewsError(f"{source} is not well-formed XML: {error}.", remedy="Fetch it again.") from None
    if root.getroottree().docinfo.doctype:
        raise NewsError(f"{source} carries a DTD, which no feed needs and attacks use; refused.")
    return root


def _name(element: Any) -> str:
    """Return the local name: the old RSS, RSS 1.0 and Atom differ in the namespace only."""
    return str(etree.QName(element).localname).casefold()


def _words(element: Any) -> str:
    """Return the text of an element and of the elements inside it."""
    return " ".join(map(str.strip, element.itertext())).strip()


def _first(element: Any, *names: str) -> str:
    """Return the text of the first child of one of the names; the title of a picture (Media RSS) comes last."""
    space = etree.QName(element).namespace
    children = sorted(element, key=lambda child: etree.QName(child).namespace != space)
    return next((words for child in children if _name(child) in names and (words := _words(child))), "")


# Element of an entry -> the field its stamp is known by.
_STAMPS = {
    **{name: name for name in ("published", "issued", "updated", "modified")},
    "pubdate": "pubDate",
    "date": "dc:date",
}


def entries(root: Any) -> Iterator[NewsItem]:
    """Yield the raw entries of an RSS 0.9x, 1.0, 2.0 or Atom document, in its order; the source is not known here."""
    channel = next((child for child in root if _name(child) == "channel"), root)
    language = _first(channel, "language") or root.get("{http://www.w3.org/XML/1998/namespace}lang", "")
    for element in [*channel, *(root if channel is not root else [])]:
        if _name(element) in ("item", "entry"):
            yield _entry(element, language)


def _entry(element: Any, language: str) -> NewsItem:
    links = [child for child in element if _name(child) == "link"]
    chosen = next((link for link in links if link.get("rel", "alternate") == "alternate"), None)
    url = "" if chosen is None else _words(chosen) or chosen.get("href", "")
    found = [(_name(child), _words(child)) for child in element]
    stamps = tuple((_STAMPS[name], words) for name, words in found if name in _STAMPS and words)
    text = _first(element, "encoded", "content", "full-text") or _first(element, "description", "summary")
    title = _first(element, "title")
    return NewsItem(_first(element, "guid", "id") or url, "", title, text, url, stamps, language=language)
