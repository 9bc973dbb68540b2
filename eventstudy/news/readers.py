"""News from files: one reader per kind, each giving items exactly as they were received."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from functools import partial
from pathlib import Path
from types import NoneType

from eventstudy.arrays import look_up
from eventstudy.errors import FileError, NewsError, takes
from eventstudy.files import checked_path, read_regular
from eventstudy.news.context import DatingContext
from eventstudy.news.decode import Decoded, decode
from eventstudy.news.dumps import header_of
from eventstudy.news.feeds import entries, read_xml
from eventstudy.news.item_rows import Record, one_line, read_records
from eventstudy.news.items import NewsItem
from eventstudy.news.json_lists import dump_rows
from eventstudy.news.libraries import loose_entries, main_text, page_day
from eventstudy.news.pages import page_text, read_page, text_of_html
from eventstudy.news.provenance import publication, read_stamps
from eventstudy.news.raw_rows import (
    KINDS,
    RawRow,
    csv_rows,
    delimiter_of,
    excel_rows,
    json_lines,
    kind_by_content,
    parquet_rows,
    unpacked,
)
from eventstudy.news.session_words import session_of
from eventstudy.renamed import named_arguments

MAX_BYTES = 50_000_000
# The standard library reads the parameters of such a header in a time that grows with the square of their number.
MAX_HEADER = 64_000
_CONTENT_HEADER = re.compile(rb"(?:\A|[\r\n])content-[a-z]+:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)
Stamps = tuple[tuple[str, str], ...]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the caller states about a file: its encoding, the column of each role, and how its article is found.

    ``main_text`` extracts the article of an HTML page with trafilatura (extra ``text``).
    """

    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    main_text: bool = False


DEFAULT = ReadOptions()


@named_arguments
@takes(path=(str, Path), kind=str, encoding=str, columns=(Mapping, NoneType), main_text=bool)
def read_news(
    path: str | Path,
    kind: str = "",
    *,
    encoding: str = "",
    columns: Mapping[str, str] | None = None,
    main_text: bool = False,
) -> list[NewsItem]:
    """Read the news items of a file, or of all files of a folder whose endings are known.

    Parameters
    ----------
    path : str or Path
    kind : str
        A row of ``NEWS_READERS``; empty lets the ending and the first bytes decide.
    encoding : str
        Encoding of the text; empty detects it.
    columns : mapping of str to str, optional
        Role -> column of a table, such as ``{"text": "BODY", "published": "WHEN"}``.
    main_text : bool
        Extract the article of an HTML page with trafilatura (extra ``text``).

    Returns
    -------
    list of NewsItem
        As received; ``date_news`` dates them.

    Raises
    ------
    NewsError
        If a file cannot be read, is too large, or breaks the rules of its kind.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "news.csv"
    >>> _ = path.write_text("HEAD,WHEN\\nFed raises rate,2022-03-16T14:00-04:00\\n")
    >>> [item.title for item in read_news(path, columns={"title": "HEAD", "published": "WHEN"})]
    ['Fed raises rate']
    """
    return read_files(checked_path(path), kind, ReadOptions(encoding, columns or {}, main_text))


def read_files(path: Path, kind: str, options: ReadOptions) -> list[NewsItem]:
    """Read the news items of a file or a folder."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and _ending(p.name) in ENDINGS)
        return [item for file in files for item in read_files(file, kind, options)]
    try:
        content = read_regular(path, MAX_BYTES)
    except FileError as error:
        raise NewsError(error.message, remedy=error.remedy) from None
    return read_news_bytes(content, str(path), kind, options)


def read_news_bytes(content: bytes, source: str, kind: str = "", options: ReadOptions = DEFAULT) -> list[NewsItem]:
    """Read the news items of some bytes, as from standard input or the network."""
    if len(content) > MAX_BYTES:
        raise NewsError(f"{source} is larger than {MAX_BYTES // 1_000_000} MB.", remedy="Split it.")
    content = unpacked(content, source)
    name = kind or kind_of(content, source)
    found = look_up("kind of news file", NEWS_READERS, name)(content, source, options)
    if not found:
        raise NewsError(f"{source} has no news item.", remedy="Check what was downloaded, or name its --kind.")
    return found


def kind_of(content: bytes, source: str) -> str:
    """Return the kind of an input by its ending, or by how it begins."""
    ending = ENDINGS.get(_ending(source), "")
    if ending and ending != "text":
        return ending
    if not ending and (found := kind_by_content(content)):
        return found
    head = content[:1000].lstrip().lower()
    if head.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")):
        return "feed"
    return "html" if head.startswith((b"<!doctype html", b"<html")) else "text"


def _ending(source: str) -> str:
    return Path(source.casefold().removesuffix(".gz")).suffix


def item_id(name: str, content: str = "") -> str:
    """Return a safe id: the name where it is safe already, else its safe letters and a digest."""
    plain = _UNSAFE.sub("-", name).strip("-.")
    if plain == name and 0 < len(plain) <= 64:
        return plain
    digest = hashlib.sha256(f"{name}\0{content}".encode("utf-8", "replace")).hexdigest()[:10]
    return f"{plain[-50:]}-{digest}".lstrip("-.")


def _encoding_note(decoded: Decoded) -> Stamps:
    return (("encoding", f"{decoded.encoding}, detected"),) if decoded.known == "detected" else ()


def read_text_news(content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read a plain text: one item."""
    decoded = decode(content, source, given=options.encoding)
    return [NewsItem(item_id(Path(source).stem), source, "", decoded.text, stamps=_encoding_note(decoded))]


def read_html_news(content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read one HTML page: its article, its stamps by field."""
    given = decode(content, source, given=options.encoding).text if options.encoding else ""
    text, doubt = (given, "") if given else page_text(content)
    page = read_page(text, source, source if source.startswith(("https://", "http://")) else "")
    body = main_text(text, source) if options.main_text else page.body
    # The heading is the title already.
    body = body.removeprefix(page.title).lstrip("\n") if page.title else body
    stamps = (*page.stamps, *((("encoding", doubt),) if doubt else ()))
    published, conflicts = publication(read_stamps(stamps, DatingContext()))
    apart = any(c.kind == "publication_disagrees" for c in conflicts)
    if not apart and (published is None or not published.accepted) and (day := page_day(text, page.url)):
        stamps = (*stamps, ("htmldate", day))
    name = item_id(Path(source).stem or "page")
    return [NewsItem(name, source, page.title, body, page.url, stamps, language=page.language)]


def read_feed_news(content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read RSS or Atom: one item per entry."""
    if options.encoding:
        content = decode(content, source, given=options.encoding).text.encode("utf-8")
    return _of_entries(entries(read_xml(content, source)), source)


def read_loose_feed_news(content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read a feed that is not well-formed, by feedparser (extra ``text``): one item per entry."""
    return _of_entries(loose_entries(decode(content, source, given=options.encoding).text, source), source)


def _of_entries(found: Iterable[NewsItem], source: str) -> list[NewsItem]:
    stem = Path(source).stem
    return [
        replace(
            one,
            id=item_id(one.id or f"{stem}-{number}", one.title),
            source=source,
            title=text_of_html(one.title),
            text=text_of_html(one.text),
        )
        for number, one in enumerate(found, start=1)
    ]


def rows_of(content: bytes, source: str, kind: str, encoding: str = "") -> tuple[Iterable[RawRow], Stamps]:
    """Return the rows of a table of any kind, and a note where its encoding is only detected."""
    if kind in ("excel", "parquet"):
        return (excel_rows if kind == "excel" else parquet_rows)(content, source), ()
    decoded = decode(content, source, given=encoding)
    text, note = decoded.text, _encoding_note(decoded)
    if kind in ("json", "jsonl"):
        return (dump_rows if kind == "json" else json_lines)(text, source), note
    mark = "\t" if kind == "tsv" else delimiter_of(text)
    header = header_of(text.split("\n", 1)[0].rstrip("\r").split(mark))
    return csv_rows(text, source, delimiter=mark, header=header), note


def read_table_news(kind: str, content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read a table or dump: one item per row, of which only the known columns have a role."""
    rows, note = rows_of(content, source, kind, options.encoding)
    stem = Path(source).name.partition(".")[0] or "news"
    return [_item_of(one, source, stem, note) for one in read_records(rows, source, options.columns)]


def _item_of(one: Record, source: str, stem: str, note: Stamps) -> NewsItem:
    value = one.values.get
    text, company = value("text", ""), value("company", "")
    return NewsItem(
        item_id(value("id") or f"{stem}-{one.line}"),
        value("source") or f"{source}:{one.line} {company}".rstrip(),
        one_line(value("title") or ("" if text else company)),
        text_of_html(text) if text.lstrip().startswith("<") else text,
        value("url", ""),
        (*one.stamps, *note),
        language=value("language", ""),
        instruments=one.instruments,
        session=session_of(value("session", "")) or "",
        calendar=one.calendar,
        attributes=one.attributes,
    )


def read_mail_news(content: bytes, source: str, options: ReadOptions) -> list[NewsItem]:
    """Read one e-mail: the raw Date header, the subject, the plain text (or the text of its HTML)."""
    if any(len(header[0]) > MAX_HEADER for header in _CONTENT_HEADER.finditer(content)):
        raise NewsError(f"{source} has a Content header of more than {MAX_HEADER:,} bytes.", remedy="Save its text.")
    try:
        mail = message_from_bytes(content, policy=policy.compat32)
        text = _mail_text(mail, source, options)
    except RecursionError:
        raise NewsError(f"{source} holds e-mails nested too deep.", remedy="Save the inner e-mail alone.") from None
    date = " ".join(str(mail.get("Date", "")).split())
    name = item_id(_header(mail, "Message-ID").strip("<>") or Path(source).stem)
    stamps = (("date", date),) if date else ()
    return [NewsItem(name, _header(mail, "From") or source, _header(mail, "Subject"), text, stamps=stamps)]


def _header(mail: Message, name: str) -> str:
    raw = mail.get(name)
    if raw is None:
        return ""
    try:
        return one_line(str(make_header(decode_header(str(raw)))))
    except (LookupError, ValueError, MessageError):  # a header that breaks the rules of its encoding stays as it is
        return one_line(str(raw))


def _mail_text(mail: Message, source: str, options: ReadOptions) -> str:
    parts = {p.get_content_type(): p for p in reversed(list(mail.walk())) if not p.is_multipart()}
    part = parts.get("text/plain") or parts.get("text/html")
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = options.encoding or (part.get_content_charset() or "")
    text = decode(payload if isinstance(payload, bytes) else b"", source, given=charset).text
    return text_of_html(text) if part.get_content_type() == "text/html" else text


# Kind of input -> its reader.
NEWS_READERS: dict[str, Callable[[bytes, str, ReadOptions], list[NewsItem]]] = {
    "text": read_text_news,
    "html": read_html_news,
    "feed": read_feed_news,
    "loose-feed": read_loose_feed_news,
    **{kind: partial(read_table_news, kind) for kind in ("json", "jsonl", "csv", "tsv", "excel", "parquet")},
    "mail": read_mail_news,
}

# Ending of a file -> its kind.
ENDINGS: dict[str, str] = {
    **dict.fromkeys([".txt", ".md"], "text"),
    **dict.fromkeys([".html", ".htm", ".xhtml"], "html"),
    **dict.fromkeys([".xml", ".rss", ".atom", ".rdf"], "feed"),
    **KINDS,
    ".eml": "mail",
}
