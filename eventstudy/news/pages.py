"""HTML pages: their text, and every stamp they carry, raw and named by where it stood."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from eventstudy.errors import NewsError

MAX_PAGE = 5_000_000
MAX_TAGS = 200_000
_SILENT = frozenset(
    {"script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe", "select"}
)
_BREAKS = frozenset(
    {"p", "br", "div", "h1", "h2", "h3", "h4", "li", "tr", "article", "section", "header", "time", "ul", "ol"}
)
_ARTICLE = re.compile(r"(?:News|Blog|Report|Press|Analysis|Opinion|Live|Tech)?\w*(?:Article|Posting|Release)$")
_VISIBLE = re.compile(
    r"(?:^|[\s_-])(?:date|time|published|pubdate|timestamp|article__date|news-date)(?:$|[\s_-])", re.IGNORECASE
)
_META = {
    "article:published_time": "article:published_time",
    "og:article:published_time": "article:published_time",
    "article:modified_time": "article:modified_time",
    "og:updated_time": "article:modified_time",
    "datepublished": "datePublished",
    "datemodified": "dateModified",
    "pubdate": "pubDate",
    "dc.date": "dc:date",
    "dc.date.issued": "dc:date",
}


@dataclass
class Page:
    """What a page holds; filled while it is parsed, then read once."""

    title: str = ""
    heading: str = ""
    url: str = ""
    language: str = ""
    text: list[str] = field(default_factory=list)
    article: list[str] = field(default_factory=list)
    stamps: list[tuple[str, str]] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    visible: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        """The article's text where the page marks one, else all visible text."""
        chosen = "".join(self.article)
        return _tidy(chosen if len(chosen.strip()) > 40 else "".join(self.text))


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.silent = self.inside = self.tags = self.paragraphs = 0
        self.catching: list[tuple[str, list[str]]] = []
        self.script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        if self.tags > MAX_TAGS:
            raise NewsError(f"The page has more than {MAX_TAGS} tags; that is no article.")
        given = {k: v or "" for k, v in attrs}
        if tag == "script" and given.get("type", "").casefold() == "application/ld+json":
            self.script = []
        if tag in _SILENT:
            self.silent += 1
        if tag in _BREAKS:
            self._add("\n")
        if tag in ("article", "main"):
            self.inside += 1
        # A new paragraph ends the one before, as in a browser.
        self.paragraphs = 1 if tag == "p" else self.paragraphs
        self._note(tag, given)

    def _note(self, tag: str, given: dict[str, str]) -> None:
        page = self.page
        if tag == "html":
            page.language = given.get("lang", "")[:20]
        elif tag == "meta":
            name = (given.get("property") or given.get("name") or given.get("itemprop") or "").casefold()
            if name in _META and given.get("content"):
                page.stamps.append((_META[name], given["content"][:200]))
            elif name == "og:url":
                page.url = page.url or given.get("content", "")
        elif tag == "link" and given.get("rel") == "canonical":
            page.url = given.get("href", "")
        elif tag == "time" and given.get("datetime"):
            page.times.append(given["datetime"][:200])
        dated = tag == "time" or (tag in ("span", "div") and _VISIBLE.search(given.get("class", "")))
        if tag in ("title", "h1") or (dated and not self.paragraphs):
            self.catching.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag == "script" and self.script is not None:
            self.page.scripts.append("".join(self.script))
            self.script = None
        if tag in ("article", "main"):
            self.inside = max(0, self.inside - 1)
        if tag in _BREAKS:
            self._add("\n")
        if tag == "p":
            self.paragraphs = 0
        if self.catching and self.catching[-1][0] == tag:
            name, pieces = self.catching.pop()
            words = " ".join("".join(pieces).split())
            if name == "title":
                self.page.title = self.page.title or words
            elif name == "h1":
                self.page.heading = self.page.heading or words
            elif words and len(words) <= 60 and any(c.isdigit() for c in words):
                self.page.visible.append(words)

    def handle_data(self, data: str) -> None:
        if self.script is not None:
            self.script.append(data)
        for _, pieces in self.catching[-3:]:
            pieces.append(data)
        # The date line above an article is a stamp, not a sentence of it.
        if not any(name in ("title", "time", "span") for name, _ in self.catching):
            self._add(data)

    def _add(self, words: str) -> None:
        if not self.silent:
            self.page.text.append(words)
            if self.inside:
                self.page.article.append(words)


def read_page(text: str, source: str) -> Page:
    """Return what an HTML page holds.

    Raises
    ------
    NewsError
        If the page is too large or has too many tags.
    """
    if len(text) > MAX_PAGE:
        raise NewsError(
            f"{source} is a page of more than {MAX_PAGE // 1_000_000} MB.", remedy="Save the article alone."
        )
    parser = _PageParser()
    parser.feed(text)
    parser.close()
    page = parser.page
    for script in page.scripts[:20]:
        page.stamps += _linked_data(script)
    # Several <time> elements belong to other articles on the page; one speaks for this one.
    if len(set(page.times)) == 1:
        page.stamps.append(("published", page.times[0]))
    if len(set(page.visible)) == 1:
        page.stamps.append(("visible", page.visible[0]))
    page.stamps = list(dict.fromkeys(page.stamps))
    return page


def _linked_data(script: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(script[:1_000_000])
    except (ValueError, RecursionError):
        return []
    stamps = []
    for thing in _things(found):
        kinds = thing.get("@type", "")
        if any(isinstance(k, str) and _ARTICLE.match(k) for k in (kinds if isinstance(kinds, list) else [kinds])):
            for name in ("datePublished", "dateModified"):
                if isinstance(thing.get(name), str):
                    stamps.append((name, str(thing[name])[:200]))
    return stamps


def _things(found: Any) -> list[dict[str, Any]]:
    """Return the objects of linked data, one level of lists and graphs deep."""
    things = found if isinstance(found, list) else [found]
    out = []
    for thing in things[:100]:
        if isinstance(thing, dict):
            graph = thing.get("@graph")
            out += [thing, *(t for t in graph[:100] if isinstance(t, dict))] if isinstance(graph, list) else [thing]
    return out


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def text_of_html(fragment: str) -> str:
    """Return the visible text of a fragment such as a feed's description."""
    if "<" not in fragment and "&" not in fragment:
        return fragment
    parser = _PageParser()
    parser.feed(fragment[:MAX_PAGE])
    parser.close()
    return _tidy("".join(parser.page.text))
