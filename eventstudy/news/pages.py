"""HTML pages through lxml: the text of the article, and every stamp with the place it stood in."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from eventstudy.errors import NewsError, StampError
from eventstudy.news.stamps import read_stamp, written_day

MAX_PAGE = 5_000_000
MAX_TAGS = 200_000
MAX_TAG = 65_536
_SILENT = ("script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe", "select")
_BLOCKS = ("p", "br", "div", "h1", "h2", "h3", "h4", "li", "tr", "article", "section", "header", "ul", "ol")
# Names of meta elements, in letters and digits only: the publication, an update, a date that does not say of what.
_META: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "meta published",
        re.compile(
            r"\w*(?:publish(?:ed)?|publication|pub)(?:time|date|at)|\w*date(?:published|issued)|dctermsissued|"
            r"citationonlinedate"
        ),
    ),
    ("meta date", re.compile(r"(?:dc|dcterms|sailthru|release|display)?date")),
    ("meta updated", re.compile(r"\w*(?:modified|updated)(?:time)?|btmoddate")),
)
_READ = frozenset({"meta", "link", "script", "h1", "title", "time"})
_LINES = frozenset({"span", "div", "p", "li"})
# A paragraph of so many characters is prose, and no date line.
PROSE = 120
_WORDS = etree.XPath("string()", smart_strings=False)
_ARTICLE = re.compile(r"(?:\w*(?:Article|Posting|Release|Post|Report|CreativeWork|Review)|(?:Web|Item)Page)$")
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
    """Return what an HTML page holds; ``source`` is named in errors, ``url`` is its address where it is known.

    A page that is too large, nested too deeply, or has too long a tag is refused.
    """
    root = _parse(text, source)
    if root is None:
        return ArticlePage("", "")
    # One pass over the tree; everything below looks at what it found.
    tags: dict[str, list[Any]] = defaultdict(list)
    dated = []
    for e in root.iter(*_READ, *_LINES):
        tag = e.tag
        if tag in _READ:
            tags[tag].append(e)
        if tag == "time" or (tag in _LINES and (name := e.get("class")) and _is_dated(name)):
            dated.append(e)
    metas = list(_metas(tags["meta"]))
    canonical = next((e.get("href") for e in tags["link"] if e.get("rel") == "canonical"), None)
    address = canonical or next((v for n, v in metas if n == "ogurl"), "")
    heading, title = (next(filter(None, map(_words, tags[name][:3])), "") for name in ("h1", "title"))
    names = [t for t in (heading, title, next((v for n, v in metas if n == "ogtitle"), "")) if t]
    scripts = [e.text or "" for e in tags["script"] if "ld+json" in e.get("type", "")][:30]
    stamps = [*_linked(scripts, names, address or url), *_meta_stamps(metas)]
    # What lower ranks say beside a stamp that suffices would change nothing.
    settled = any(written_day(value) for name, value in stamps if name in ("json-ld published", "meta published"))
    marked, time = _marked(() if settled else _MARKED(root), [t for t in tags["time"] if not _in_prose(t)])
    stamps += marked
    visible, lines = _visible(dated, time)
    stamps += visible
    in_url = _IN_URL.search(url or address)
    stamps += [("url", f"{in_url[1]}-{in_url[3]}-{in_url[4]}")] if in_url else []
    for line in lines:
        line.clear(keep_tail=True)
    language = root.get("lang", "")[:20]
    return ArticlePage(heading or title, _body(root), address or url, language, tuple(dict.fromkeys(stamps)))


def _parse(text: str, source: str) -> Any:
    """Return the root of a page, None if it has none; what makes parsers slow or silent is refused by name."""
    if len(text) > MAX_PAGE:
        raise NewsError(
            f"{source} is a page of more than {MAX_PAGE // 1_000_000} MB.", remedy="Save the article alone."
        )
    if text.count("<") > MAX_TAGS:
        raise NewsError(f"{source} has more than {MAX_TAGS} tags.", remedy="Save the article alone.")
    # A tag that is too long covers one of these blocks.
    size = MAX_TAG // 2
    crowded = all(text.find(">", at, at + size) >= 0 for at in range(0, len(text), size))
    for part in () if crowded else text.split(">"):
        # A long quoted value (a picture, a view state) is harmless; many attributes are not.
        if len(part) > MAX_TAG and (tag := _TAG.search(part)) and len(_QUOTED.sub("", part[tag.start() :])) > MAX_TAG:
            raise NewsError(f"{source}: a tag {tag[0]}> is longer than 64 kB.", remedy="Save the text alone.")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    fault = parser.error_log.last_error
    if fault is not None and fault.type_name == "ERR_RESOURCE_LIMIT":
        raise NewsError(f"{source} is nested too deep to be a page: {MAX_DEPTH} levels.", remedy="Save the text alone.")
    return root


# The parser's limit: what lies deeper would be lost in silence.
MAX_DEPTH = 256
_TAG = re.compile(r"<[a-zA-Z][\w:-]{0,20}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def _words(element: Any) -> str:
    return " ".join(_WORDS(element).split())


def _metas(elements: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield (name, content) of the meta elements, the name in letters and digits only."""
    for meta in elements:
        content = (meta.get("content") or "").strip()
        for key in ("property", "name", "itemprop") if content else ():
            if name := meta.get(key):
                yield _letters(name), content[:200]


def _meta_stamps(metas: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(field, value) for field, pattern in _META for name, value in metas if pattern.fullmatch(name)]


def _linked(scripts: list[str], names: list[str], address: str) -> list[tuple[str, str]]:
    """Return the stamps of the linked data that describes this article: by its address, its headline, or alone.

    The only article may be another one, such as that of a teaser, if it names another address or headline.
    """
    read = [_loads(script) for script in scripts]
    objects = [t for found in read for t in _linked_objects(found, 0) if isinstance(t.get("datePublished"), str)]
    mine = [t for t in objects if _same_address(t, address)] or [t for t in objects if _same_name(t, names)]
    alone = [] if mine else [t for t in objects if _is_article(t)]
    alone = alone if len({t["datePublished"] for t in alone}) == 1 else []
    field = "json-ld other" if names and any(map(_headlines, alone)) else "json-ld published"
    articles = [t for t in mine or alone if not str(t.get("@type", "")).endswith("Page")] or mine or alone
    stamps = [(field, str(t["datePublished"])[:200]) for t in articles[:3]]
    stamps += [("json-ld updated", str(t["dateModified"])[:200]) for t in articles[:3] if t.get("dateModified")]
    return stamps if articles else _broken([s for s, found in zip(scripts, read, strict=True) if found is None])


def _broken(scripts: list[str]) -> list[tuple[str, str]]:
    """Return the one publication of linked data that is not valid JSON; none where it names several."""
    found = set(_SCRIPT_DATE.findall(" ".join(scripts)[:1_000_000]))
    return [("json-ld published", found.pop())] if len(found) == 1 else []


def _loads(script: str) -> Any:
    plain = re.sub(r"^\s*(?:/[*/]\s*)?<!\[CDATA\[(?:\s*\*/)?|(?:/[*/]\s*)?\]\]>\s*(?:\*/)?\s*$", "", script.strip())
    try:
        return json.loads(plain[:1_000_000].strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _linked_objects(found: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the objects of linked data at any depth, but not those of lists of other articles."""
    if depth > 12:
        return
    if isinstance(found, dict):
        yield found
        for key, inner in found.items():
            if key not in ("itemListElement", "comment", "review", "hasPart", "video", "isPartOf", "liveBlogUpdate"):
                yield from _linked_objects(inner, depth + 1)
    elif isinstance(found, list):
        for inner in found[:200]:
            yield from _linked_objects(inner, depth + 1)


def _is_article(item: dict[str, Any]) -> bool:
    kinds = item.get("@type", "")
    return any(isinstance(k, str) and _ARTICLE.match(k) for k in (kinds if isinstance(kinds, list) else [kinds]))


def _same_address(item: dict[str, Any], address: str) -> bool:
    entity = item.get("mainEntityOfPage")
    named = [item.get("url"), item.get("@id"), entity.get("@id") if isinstance(entity, dict) else entity]
    plain = _plain_url(address)
    return bool(plain) and any(isinstance(n, str) and _plain_url(n) == plain for n in named)


def _plain_url(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[?#].*$", "", url.strip()).rstrip("/").casefold()


def _headlines(item: dict[str, Any]) -> list[str]:
    """Return how the headline and name of linked data begin, in letters and digits, unless too short to tell."""
    found = [_letters(str(item.get(key) or ""))[:40] for key in ("headline", "name")]
    return [headline for headline in found if len(headline) > 10]


def _same_name(item: dict[str, Any], names: list[str]) -> bool:
    return any(_letters(name).startswith(headline) for headline in _headlines(item) for name in names)


@lru_cache(maxsize=1024)
def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _in_prose(element: Any) -> bool:
    """Return whether an element is part of a sentence: what it dates is what the sentence is about."""
    parent = element.getparent()
    return parent is not None and parent.tag in ("p", "li", "blockquote") and len(_words(parent)) > PROSE


def _marked(marked: Sequence[Any], times: list[Any]) -> tuple[list[tuple[str, str]], Any]:
    """Return the stamps of itemprop and <time>, and the <time> that was taken.

    That is the one of the article's header where several stand on the page.
    """
    dated = [e for e in marked if e.get("itemprop") == "datePublished"][:3]
    values = [e.get("content") or e.get("datetime") or _WORDS(e) for e in dated]
    values += list(filter(None, map(_microformat, marked)))[:1]
    times = [t for t in times if t.get("datetime")]
    values += [t.get("datetime") for t in times if t.get("pubdate") is not None][:1]
    usual = [t for t in times if not _is_update(t)]
    if len({t.get("datetime") for t in usual}) > 1:
        usual = [t for t in _HEADER(times[0]) if not _is_update(t) and not _in_prose(t)]
    found = [("itemprop published", v.strip()[:200]) for v in values if v.strip()]
    return found + [("time", t.get("datetime")[:200]) for t in usual[:1]], next(iter(usual), None)


_MARKED = etree.XPath("//*[not(self::meta) and (@itemprop='datePublished' or @property)] | //abbr")
# The first <time> of an article, and the first after the heading.
_HEADER = etree.XPath("(//article//time[@datetime])[1] | (//h1)[1]/following::time[@datetime][1]")


def _microformat(element: Any) -> str:
    """Return the time of RDFa (Drupal) or of the hAtom class (Blogger, SPIP and others)."""
    if element.tag == "abbr" and "published" in element.get("class", "").split():
        return str(element.get("title") or "")
    named = element.get("property") or ""
    return (element.get("content") or "") if any(n in named for n in ("dc:created", "dc:date", "datePublished")) else ""


def _is_update(element: Any) -> bool:
    near = [element, element.getparent()]
    said = " ".join(
        f"{e.get('class', '')} {e.get('itemprop', '')} {(e.text or '')[:40]}" for e in near if e is not None
    )
    return bool(_UPDATED.search(said))


@lru_cache(maxsize=4096)
def _is_dated(name: str) -> bool:
    return bool(_DATED.search(name))


def _visible(dated: list[Any], time: Any) -> tuple[list[tuple[str, str]], list[Any]]:
    """Return the stamp of the first visible date line, and the elements that are date lines and not sentences.

    The words of the ``<time>`` whose stamp was taken are not a second source.
    """
    lines = []
    around = set() if time is None else {time, *time.iterancestors(*_LINES)}
    for e in dated:
        if len(e) <= 6 and e.getparent() is not None:
            words = _words(e)
            if 6 <= len(words) <= 60 and any(map(str.isdigit, words)) and not _in_prose(e):
                lines.append((e, words))
    inline = [e for e, _ in lines if e.tag in ("time", "span")]
    for e, words in lines[:10]:
        plain = _LABEL.sub("", words)
        try:
            read_stamp(plain, zone="UTC")
        except StampError as error:
            if error.kind == "not_a_stamp":
                continue
        return [("visible", plain)] if e not in around else [], inline
    return [], inline


def _body(root: Any) -> str:
    """Return the article's text where the page marks one, else all visible text; a block is a line."""
    etree.strip_elements(root, *_SILENT, with_tail=False)
    articles = [(len(text), e) for e in root.iter("article", "main") if len((text := _WORDS(e)).strip()) > 40]
    chosen = max(articles, key=itemgetter(0))[1] if articles else root.find("body")
    if chosen is None:
        return ""
    for e in chosen.iter(*_BLOCKS):
        _on_new_lines(e)
    return _tidy(_WORDS(chosen))


def _on_new_lines(e: Any) -> None:
    """Begin the text of a block, and the text after it, with a new line."""
    text, tail = f"\n{e.text or ''}", f"\n{e.tail or ''}"
    try:
        e.text, e.tail = text, tail
    except ValueError:  # the parser gives control characters that it does not take back
        e.text, e.tail = _CONTROLS.sub(" ", text), _CONTROLS.sub(" ", tail)


# What XML allows in no text.
_CONTROLS = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _tidy(text: str) -> str:
    return "\n".join(filter(None, map(" ".join, map(str.split, text.split("\n")))))


def text_of_html(fragment: str) -> str:
    """Return the visible text of a fragment such as a feed's description."""
    if "<" not in fragment and "&" not in fragment:
        return fragment
    root = _parse(fragment[:MAX_PAGE], "the fragment")
    return "" if root is None else _body(root)
