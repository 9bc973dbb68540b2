"""HTML pages through lxml: the text of the article, and every stamp with the place it stood in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]

from eventstudy.errors import NewsError, StampError
from eventstudy.news.stamps import read_stamp

MAX_PAGE = 5_000_000
MAX_TAGS = 200_000
MAX_TAG = 65_536
MAX_DEPTH = 1_000
_SILENT = ("script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe", "select")
_BLOCKS = ("p", "br", "div", "h1", "h2", "h3", "h4", "li", "tr", "article", "section", "header", "ul", "ol")
# Elements that never nest, or that a parser closes by itself; an open one is no depth.
_FLAT = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "a",
    ]
)
# Names of meta elements for the publication, and those that do not say what they date; letters and digits only.
_META = frozenset(
    [
        "articlepublishedtime",
        "ogarticlepublishedtime",
        "articlepublisheddate",
        "ogpublishedtime",
        "datepublished",
        "publisheddate",
        "publishedat",
        "publishdate",
        "pubdate",
        "ogpubdate",
        "btpubdate",
        "parselypubdate",
        "publicationdate",
        "publishtime",
        "publishedtime",
        "originalpublicationdate",
        "cxenseparserecspublishtime",
        "cxenseparsepublishtime",
        "dcdateissued",
        "dctermsissued",
        "rnewsdatepublished",
        "citationpublicationdate",
        "citationonlinedate",
        "iso8601publishdate",
    ]
)
_META_DATE = frozenset(["date", "dcdate", "dctermsdate", "sailthrudate", "releasedate", "displaydate"])
_META_UPDATE = frozenset(
    ["articlemodifiedtime", "ogupdatedtime", "datemodified", "lastmodified", "modified", "updated", "btmoddate"]
)
_ARTICLE = re.compile(r"\w*(?:Article|Posting|Release|Page|Post|Report|CreativeWork|Review)$")
_DATED = re.compile(r"date|time|publi|posted|byline|meta-?info|datum|fecha", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:first )?published|posted|publication date|date)\b(?: (?:on|at))?\s*[:|]?\s*", re.IGNORECASE
)
_UPDATED = re.compile(r"updat|modif|aktualis|actuali|обнов|mis à jour|edited", re.IGNORECASE)
_IN_URL = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_SCRIPT_DATE = re.compile(r'"datePublished"\s*:\s*"([^"\\]{8,60})"')


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """What a page holds: title, text of the article, address, language, and its stamps as (field, text)."""

    title: str
    body: str
    url: str = ""
    language: str = ""
    stamps: tuple[tuple[str, str], ...] = ()


def page_text(content: bytes) -> tuple[str, str]:
    """Return the text of a page and what is doubtful about its encoding: UTF-8, else as it declares, else the default.

    The stamps of a page are ASCII, so a page is read whatever its letters are; the HTML standard's default is cp1252.
    """
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        declared = _CHARSET.search(content[:4096])
        name = declared[1].decode("ascii").casefold() if declared else "cp1252"
        if name in ("utf-8", "utf8"):
            return content.decode("utf-8", "replace"), f"utf-8 with invalid bytes, the first at {error.start}"
    try:
        return content.decode("cp1252" if name in ("iso-8859-1", "latin1", "ascii") else name), ""
    except (LookupError, UnicodeError):
        return content.decode("cp1252", "replace"), f"{name}, which it is not; read as cp1252"


_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def read_page(text: str, source: str, url: str = "") -> ArticlePage:
    """Return what an HTML page holds.

    Parameters
    ----------
    text : str
    source : str
        Named in errors.
    url : str
        The address of the page where it is known; else the page's canonical address is used.

    Raises
    ------
    NewsError
        If the page is too large, nested too deeply, or a tag is too long.
    """
    root = _parse(text, source)
    if root is None:
        return ArticlePage("", "")
    metas = list(_metas(root))
    links = root.xpath("//link[@rel='canonical']/@href")
    address = str(links[0]) if links else next((v for n, v in metas if n == "ogurl"), "")
    heading, title = _first_text(root, "//h1"), _first_text(root, "//title")
    names = [t for t in (heading, title, next((v for n, v in metas if n == "ogtitle"), "")) if t]
    stamps = [*_linked(root, names, address or url), *_meta_stamps(metas), *_marked(root)]
    if not any(field == "json-ld published" for field, _ in stamps):
        stamps += _broken_scripts(root)
    visible, lines = _visible(root)
    stamps += visible
    in_url = _IN_URL.search(url or address)
    stamps += [("url", f"{in_url[1]}-{in_url[3]}-{in_url[4]}")] if in_url else []
    language = str(root.get("lang") or "")[:20]
    for line in lines:
        line.clear(keep_tail=True)
    return ArticlePage(heading or title, _body(root), address or url, language, tuple(dict.fromkeys(stamps)))


def _parse(text: str, source: str) -> Any:
    if len(text) > MAX_PAGE:
        raise NewsError(
            f"{source} is a page of more than {MAX_PAGE // 1_000_000} MB.", remedy="Save the article alone."
        )
    _refuse_hostile(text, source)
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError):
        return None


def _refuse_hostile(text: str, source: str) -> None:
    """Refuse by name what makes parsers slow or silent: a tag of 64 kB, 200,000 tags, 1,000 levels. One pass."""
    if text.count("<") <= MAX_TAGS and max(map(len, text.split(">"))) <= MAX_TAG and _deepest(text) <= MAX_DEPTH:
        return
    at = count = depth = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            at = len(text) if end < 0 else end
            continue
        name = _TAG_NAME.match(text, at + 1)
        if name is None:
            at += 1
            continue
        end = text.find(">", at)
        end = len(text) if end < 0 else end
        count += 1
        # A long quoted value (a picture, a view state) is harmless; many attributes are not.
        if end - at > MAX_TAG and len(_QUOTED.sub("", text[at:end])) > MAX_TAG:
            raise NewsError(f"{source}: a tag <{name[2][:20]}> is longer than 64 kB.", remedy="Save the text alone.")
        if count > MAX_TAGS:
            raise NewsError(f"{source} has more than {MAX_TAGS} tags.", remedy="Save the article alone.")
        folded = name[2].casefold()
        if folded not in _FLAT and text[end - 1 : end] != "/":
            depth = max(0, depth - 1) if name[1] else depth + 1
        if depth > MAX_DEPTH:
            raise NewsError(f"{source} is nested deeper than {MAX_DEPTH} elements.", remedy="Save the text alone.")
        at = end
        if folded in ("script", "style") and not name[1]:
            closing = text.find(f"</{name[2]}", end)
            at = closing if closing >= 0 else end


def _deepest(text: str) -> int:
    """Return a bound of the nesting, scripts and comments counted as if they were elements."""
    depth = most = 0
    for end, name in _TAG.findall(text):
        if name not in _FLAT:
            depth = depth - 1 if end and depth else depth + (not end)
            most = max(most, depth)
    return most


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_TAG_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*)")


def _first_text(root: Any, path: str) -> str:
    return next((words for e in root.xpath(path)[:3] if (words := " ".join(e.text_content().split()))), "")


def _metas(root: Any) -> Iterator[tuple[str, str]]:
    """Yield (name, content) of the meta elements, the name in letters and digits only."""
    for meta in root.iter("meta"):
        content = (meta.get("content") or "").strip()
        for key in ("property", "name", "itemprop"):
            if content and meta.get(key):
                yield re.sub(r"[\W_]+", "", meta.get(key).casefold()), content[:200]


def _meta_stamps(metas: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found = [("meta published", v) for n, v in metas if n in _META]
    found += [("meta date", v) for n, v in metas if n in _META_DATE]
    return found + [("meta updated", v) for n, v in metas if n in _META_UPDATE]


def _linked(root: Any, names: list[str], address: str) -> list[tuple[str, str]]:
    """Return the stamps of the linked data that describes this article: by its address, its headline, or alone."""
    things = [
        t
        for script in root.xpath("//script[contains(@type, 'ld+json')]")[:30]
        for t in _things(_loads(script.text or ""), 0)
        if isinstance(t.get("datePublished"), str) and _is_article(t)
    ]
    mine = [t for t in things if _same_address(t, address)] or [t for t in things if _same_name(t, names)]
    if not mine and len({t["datePublished"] for t in things}) == 1:
        mine = things
    articles = [t for t in mine if not str(t.get("@type", "")).endswith("Page")] or mine
    stamps = [("json-ld published", str(t["datePublished"])[:200]) for t in articles[:3]]
    return stamps + [("json-ld updated", str(t["dateModified"])[:200]) for t in articles[:3] if t.get("dateModified")]


def _broken_scripts(root: Any) -> list[tuple[str, str]]:
    """Return the one publication of linked data that is not valid JSON; none where it names several."""
    scripts = " ".join(s.text or "" for s in root.xpath("//script[contains(@type, 'ld+json')]")[:30])
    found = set(_SCRIPT_DATE.findall(scripts[:1_000_000]))
    return [("json-ld published", found.pop())] if len(found) == 1 else []


def _loads(script: str) -> Any:
    plain = re.sub(r"^\s*(?:/[*/]\s*)?<!\[CDATA\[(?:\s*\*/)?|(?:/[*/]\s*)?\]\]>\s*(?:\*/)?\s*$", "", script.strip())
    try:
        return json.loads(plain[:1_000_000].strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _things(found: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the objects of linked data at any depth, but not those of lists of other articles."""
    if depth > 12:
        return
    if isinstance(found, dict):
        yield found
        for key, inner in found.items():
            if key not in ("itemListElement", "comment", "review", "hasPart", "video", "isPartOf", "liveBlogUpdate"):
                yield from _things(inner, depth + 1)
    elif isinstance(found, list):
        for inner in found[:200]:
            yield from _things(inner, depth + 1)


def _is_article(thing: dict[str, Any]) -> bool:
    kinds = thing.get("@type", "")
    return any(isinstance(k, str) and _ARTICLE.match(k) for k in (kinds if isinstance(kinds, list) else [kinds]))


def _same_address(thing: dict[str, Any], address: str) -> bool:
    entity = thing.get("mainEntityOfPage")
    named = [thing.get("url"), thing.get("@id"), entity.get("@id") if isinstance(entity, dict) else entity]
    plain = _plain_url(address)
    return bool(plain) and any(isinstance(n, str) and _plain_url(n) == plain for n in named)


def _plain_url(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[?#].*$", "", url.strip()).rstrip("/").casefold()


def _same_name(thing: dict[str, Any], names: list[str]) -> bool:
    headline = _letters(str(thing.get("headline") or thing.get("name") or ""))[:40]
    return len(headline) > 10 and any(_letters(n).startswith(headline) for n in names)


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


# RDFa of Drupal, and the hAtom class of Blogger, SPIP and others.
_MICROFORMATS = (
    "//*[contains(@property, 'dc:created') or contains(@property, 'dc:date') or contains(@property, 'datePublished')]"
    "[not(self::meta)]/@content | //abbr[contains(concat(' ', @class, ' '), ' published ')]/@title"
)


def _marked(root: Any) -> list[tuple[str, str]]:
    """Return the stamps of itemprop and <time>: of the article's header where several stand on the page."""
    stamps = []
    for e in root.xpath("//*[@itemprop='datePublished'][not(self::meta)]")[:3]:
        stamps.append(("itemprop published", (e.get("content") or e.get("datetime") or e.text_content()).strip()[:200]))
    stamps += [("itemprop published", str(v).strip()[:200]) for v in root.xpath(_MICROFORMATS)[:1]]
    times = root.xpath("//time[@pubdate or @datetime]")
    stamps += [("itemprop published", t.get("datetime") or "") for t in times if t.get("pubdate") is not None][:1]
    usual = [t for t in times if t.get("datetime") and not _is_update(t)]
    inside = root.xpath("(//article//time[@datetime])[1] | (//h1/following::time[@datetime])[1]")
    chosen = usual if len({t.get("datetime") for t in usual}) == 1 else [t for t in inside if not _is_update(t)]
    return [s for s in stamps if s[1]] + [("time", t.get("datetime")[:200]) for t in chosen[:1]]


def _is_update(element: Any) -> bool:
    near = [element, element.getparent()]
    said = " ".join(
        f"{e.get('class', '')} {e.get('itemprop', '')} {(e.text or '')[:40]}" for e in near if e is not None
    )
    return bool(_UPDATED.search(said))


def _visible(root: Any) -> tuple[list[tuple[str, str]], list[Any]]:
    """Return the stamp of the first visible date line, and the elements that are date lines and not sentences."""
    lines = []
    for e in root.xpath("//time | //span[@class] | //div[@class] | //p[@class] | //li[@class]"):
        marked = e.tag == "time" or _DATED.search(e.get("class", ""))
        if marked and len(e) <= 6 and e.getparent() is not None:
            words = " ".join(e.text_content().split())
            if 6 <= len(words) <= 60 and any(c.isdigit() for c in words):
                lines.append((e, words))
    for _, words in lines[:10]:
        plain = _LABEL.sub("", words)
        try:
            read_stamp(plain, zone="UTC")
        except StampError as error:
            if error.kind == "not_a_stamp":
                continue
        return [("visible", plain)], [e for e, _ in lines if e.tag in ("time", "span")]
    return [], [e for e, _ in lines if e.tag in ("time", "span")]


def _body(root: Any) -> str:
    """Return the article's text where the page marks one, else all visible text; a block is a line."""
    etree.strip_elements(root, *_SILENT, with_tail=False)
    for e in root.iter(*_BLOCKS):
        e.text = f"\n{e.text or ''}"
        e.tail = f"\n{e.tail or ''}"
    articles = [a for a in root.xpath("//article | //main") if len(a.text_content().strip()) > 40]
    chosen = max(articles, key=lambda a: len(a.text_content()), default=root.find("body"))
    return _tidy("" if chosen is None else chosen.text_content())


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def text_of_html(fragment: str) -> str:
    """Return the visible text of a fragment such as a feed's description."""
    if "<" not in fragment and "&" not in fragment:
        return fragment
    root = _parse(fragment[:MAX_PAGE], "the fragment")
    return "" if root is None else _body(root)
