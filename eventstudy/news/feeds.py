"""RSS and Atom, read by structure only: every stamp stays the raw string it was. A document with a DTD is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from eventstudy.errors import NewsError

MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
MAX_TEXT = 5_000_000


@dataclass
class Element:
    """One element while its document is read: local name, attributes, own text, children."""

    name: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    def words(self) -> str:
        """The element's own text, and that of elements inside it."""
        return "".join(self.text).strip() or " ".join(c.words() for c in self.children).strip()

    def first(self, *names: str) -> str:
        """The text of the first child of one of the names."""
        return next((c.words() for c in self.children if c.name in names and c.words()), "")


def read_xml(content: bytes, source: str) -> Element:
    """Return the document as a tree.

    Raises
    ------
    NewsError
        If it has a DTD, is too deep or too large, or is not well-formed.
    """
    builder = _Builder(source)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.words
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NewsError(f"{source} is not well-formed XML: {error}.", remedy="Fetch it again.") from None
    except (LookupError, ValueError) as error:
        raise NewsError(f"{source} cannot be read as XML: {error}.") from None
    return builder.root.children[0]


class _Builder:
    def __init__(self, source: str) -> None:
        self.source = source
        self.root = Element("", {})
        self.open = [self.root]
        self.count = self.size = 0

    def doctype(self, name: str, *_: object) -> None:
        raise NewsError(f"{self.source} carries a DTD ({name[:40]!r}), which no feed needs and attacks use; refused.")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise NewsError(
                f"{self.source} is nested deeper than {MAX_DEPTH} or has more than {MAX_ELEMENTS} elements."
            )
        # Names come as "namespace local"; the old RSS, RSS 1.0 and Atom differ in the first part only.
        element = Element(
            name.rpartition(" ")[2].casefold(), {k.rpartition(" ")[2].casefold(): v for k, v in attributes.items()}
        )
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, name: str) -> None:
        self.open.pop()

    def words(self, text: str) -> None:
        self.size += len(text)
        if self.size > 10 * MAX_TEXT:
            raise NewsError(f"{self.source} holds more than {10 * MAX_TEXT // 1_000_000} MB of text.")
        self.open[-1].text.append(text)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed, raw."""

    id: str
    title: str
    text: str
    url: str
    stamps: tuple[tuple[str, str], ...]
    language: str = ""


# Element of an entry -> the field its stamp is known by.
_STAMPS = {
    "pubdate": "pubDate",
    "published": "published",
    "issued": "issued",
    "date": "dc:date",
    "updated": "updated",
    "modified": "modified",
}


def entries(root: Element) -> Iterator[FeedEntry]:
    """Yield the entries of an RSS 0.9x, 1.0, 2.0 or Atom document, in its order."""
    channel = next((c for c in root.children if c.name == "channel"), root)
    language = channel.first("language") or root.attributes.get("lang", "")
    for element in [*channel.children, *(root.children if channel is not root else [])]:
        if element.name in ("item", "entry"):
            yield _entry(element, language)


def _entry(element: Element, language: str) -> FeedEntry:
    links = [c for c in element.children if c.name == "link"]
    chosen = next((c for c in links if c.attributes.get("rel", "alternate") == "alternate"), None)
    url = "" if chosen is None else chosen.words() or chosen.attributes.get("href", "")
    stamps = tuple((_STAMPS[c.name], c.words()) for c in element.children if c.name in _STAMPS and c.words())
    text = element.first("encoded", "content", "full-text") or element.first("description", "summary")
    return FeedEntry(element.first("guid", "id") or url, element.first("title"), text, url, stamps, language)
