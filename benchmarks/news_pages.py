"""The labeled pages and leads beside the repository, as the benches of news read them."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from eventstudy.news.context import DatingContext
from eventstudy.news.dating import moments_of
from eventstudy.news.items import NewsItem
from eventstudy.news.moments import Moment
from eventstudy.news.pages import page_text, read_page

FIELD = Path(__file__).parents[2] / "shared" / "field" / "pages"


@dataclass(frozen=True)
class GoldPage:
    """One page with its label: the bytes, the address, the day or instant of publication, and the crawl."""

    name: str
    kind: str
    url: str
    gold: str
    content: bytes

    @property
    def publisher(self) -> str:
        """The host of the page, without www."""
        found = re.match(r"https?://(?:www\.)?([^/:]+)", self.url)
        return found[1] if found else self.name

    @property
    def day(self) -> str:
        """The labeled civil day."""
        return self.gold[:10]

    @property
    def instant(self) -> datetime | None:
        """The labeled instant, where the label has an offset."""
        try:
            at = datetime.fromisoformat(self.gold.replace("Z", "+00:00"))
        except ValueError:
            return None
        return at if at.tzinfo is not None and len(self.gold) > 10 else None


def gold_pages() -> Iterator[GoldPage]:
    """Yield the pages in the order of their labels."""
    rows = {r["file"]: r for r in csv.DictReader(io.StringIO((FIELD / "gold.csv").read_text(encoding="utf-8")))}
    with tarfile.open(FIELD / "pages.tar.xz") as archive:
        contents = {Path(m.name).name: archive.extractfile(m) for m in archive if m.isfile()}
        for name, row in rows.items():
            handle = contents.get(name)
            if handle is not None:
                yield GoldPage(name.removesuffix(".html"), row["set"], row["url"], row["gold"], handle.read())


@dataclass(frozen=True)
class Lead:
    """The beginning of one text with its publication, and the days on which its news became public, if known."""

    publisher: str
    item: NewsItem
    zone: str
    label: tuple[date, date] | None
    numbers: frozenset[int] | None = None

    @property
    def context(self) -> DatingContext:
        return DatingContext(zone=self.zone)

    @property
    def interval(self) -> tuple[datetime, datetime] | None:
        """The labeled days as an interval on the publisher's clock."""
        if self.label is None:
            return None
        clock = ZoneInfo(self.zone or "UTC")
        first, last = (datetime(d.year, d.month, d.day, tzinfo=clock) for d in self.label)
        return first, last + timedelta(days=1) - timedelta(microseconds=1)

    def moments(self) -> list[Moment]:
        """Return the times of the lead, as the loader reads them."""
        return list(moments_of(self.item, self.context))

    def is_right(self, number: int, moment: Moment) -> bool:
        """Return whether a time of the lead is that of its news."""
        if self.numbers is not None:
            return number in self.numbers
        return (
            self.label is not None
            and moment.reading.day is not None
            and self.label[0] <= moment.reading.day <= self.label[1]
        )


def leads() -> list[Lead]:
    """Return the labeled press leads."""
    found = []
    for row in json.loads((FIELD / "leads.json").read_text(encoding="utf-8")):
        item = NewsItem(row["id"], "lead", row["title"] or "", row["text"], stamps=(("published", row["pub"]),))
        ends = (row["label"] or "").partition("/")
        days = (date.fromisoformat(ends[0]), date.fromisoformat(ends[2] or ends[0])) if ends[0] else None
        found.append(Lead(row["id"], item, row["zone"], days))
    return found


def page_leads(labels: Path) -> Iterator[Lead]:
    """Yield the first paragraphs of the English and Russian pages whose times are labeled by number."""
    rows = {r["page"]: r for r in csv.DictReader(io.StringIO(labels.read_text(encoding="utf-8")))}
    for page in gold_pages():
        if page.name in rows:
            numbers = frozenset(int(n) for n in rows[page.name]["moments_of_the_news"].split())
            yield Lead(page.publisher, first_paragraphs(page), "", None, numbers)


def first_paragraphs(page: GoldPage) -> NewsItem:
    """Return the title and the first two paragraphs of a page, with its labeled day as the publication."""
    read = read_page(page_text(page.content)[0], page.name, page.url)
    paragraphs = [p for p in read.body.removeprefix(read.title).strip().split("\n") if len(p) > 80][:2]
    return NewsItem(page.name, "page", read.title, "\n".join(paragraphs)[:700], stamps=(("published", page.day),))
