"""News in, events out, in Python: ``date_news`` and its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Literal

from eventstudy.arrays import check_choice, value
from eventstudy.errors import expect, takes
from eventstudy.news.context import DatingContext, read_policy
from eventstudy.news.dating import date_items
from eventstudy.news.events.merging import Proposal, propose_story, stories
from eventstudy.news.items import Event, NewsItem
from eventstudy.news.judge import Judge
from eventstudy.news.time_evidence import Dating
from eventstudy.renamed import named_arguments
from eventstudy.show.card import MOST, card
from eventstudy.show.numbers import count_of

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.market.bars import Bars


@value
class DatedNews:
    """What ``date_news`` found: one dating per item, and the events that the items amount to.

    Attributes
    ----------
    items : tuple of NewsItem
    datings : tuple of Dating
        In the order of the items.
    proposals : tuple of Proposal
        One per story; copies of one text are one story.
    """

    items: tuple[NewsItem, ...]
    datings: tuple[Dating, ...]
    proposals: tuple[Proposal, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that are settled."""
        return tuple(p.event for p in self.proposals if p.event is not None and not p.open)

    @property
    def review(self) -> tuple[Dating, ...]:
        """The datings that need review."""
        return tuple(d for d in self.datings if d.status != "dated")

    def __repr__(self) -> str:
        items, events = count_of(len(self.items), "item"), count_of(len(self.events), "event")
        return f"<DatedNews: {items}, {events}, {len(self.review)} to review>"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item: published, event interval, status, and the reason where there is none."""
        import pandas as pd

        rows = []
        for item, d in zip(self.items, self.datings, strict=True):
            found, time = d.published, d.event_time
            rows.append(
                {
                    "item": d.item,
                    "title": item.title,
                    "published_earliest": None if found is None else found.earliest,
                    "published_latest": None if found is None else found.latest,
                    "published_day": None if found is None else found.day.isoformat(),
                    "sources": "" if found is None else ", ".join(found.sources),
                    "earliest": None if time is None else time.earliest,
                    "latest": None if time is None else time.latest,
                    "status": d.status,
                    "reason": "; ".join(f"{c.kind}: {c.message}" for c in d.conflicts),
                }
            )
        frame = pd.DataFrame(rows)
        for name in ("published_earliest", "published_latest", "earliest", "latest"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame

    def _repr_html_(self) -> str:
        dated = f"{len(self.events)} of {count_of(len(self.items), 'item')}"
        rows = [("events", dated), ("to review", f"{len(self.review)}")]
        for item, d in list(zip(self.items, self.datings, strict=True))[:MOST]:
            found = "" if d.published is None else f"published {d.published.day} ({', '.join(d.published.sources)}); "
            why = str(d.event_time) if d.event_time is not None else "; ".join(c.message for c in d.conflicts[:2])
            rows.append((item.title[:60] or d.item, f"{found}{d.status.replace('_', ' ')}: {why}"))
        return card("Dated news", rows, more=max(0, len(self.items) - MOST))


def as_items(items: NewsItem | Iterable[NewsItem]) -> tuple[NewsItem, ...]:
    """Return news items as a tuple; anything else is refused."""
    if isinstance(items, NewsItem):
        return (items,)
    expect("items", items, Iterable, "Pass the list that read_news returns.")
    if getattr(items, "ndim", 1) == 0:  # an array of no dimensions claims to be iterable
        expect("items", items, (list, tuple), "Pass the list that read_news returns.")
    given = tuple(items)
    for item in given:
        expect("items", item, NewsItem, "Pass the list that read_news returns.")
    return given


@named_arguments
@takes(policy=str, zone=str, order=str, fetched_at=(datetime, NoneType), bars=(list, tuple))
def date_news(
    items: NewsItem | Iterable[NewsItem],
    policy: str = "reviewed",
    *,
    zone: str = "",
    order: Literal["", "dmy", "mdy"] = "",
    fetched_at: datetime | None = None,
    bars: Sequence[Bars] = (),
    judge: Judge | None = None,
) -> DatedNews:
    """Date news items: when each was published, and by a declared policy when its event became public.

    The event's interval is that of the publication under ``first_report``, and [earliest - X, latest] under
    ``lag <= X``; under ``reviewed`` it is what the text states, where the scorer finds that likely enough.

    Parameters
    ----------
    items : NewsItem or iterable of NewsItem
        As ``read_news`` returns them.
    policy : str
        ``first_report``, ``lag <= 2h`` (min, h, d, w) or ``reviewed``.
    zone : str
        Time zone of the publisher, for stamps that name none.
    order : {"", "dmy", "mdy"}
        Order of numeric dates; empty accepts only what is proved.
    fetched_at : datetime.datetime, optional
        Retrieval time, with a zone; nothing can have been published later. Default: now.
    bars : sequence of Bars
        Daily series that price claims are checked against.
    judge : callable, optional
        Takes a mapping with the candidates and returns the index of one, or None.

    Returns
    -------
    DatedNews

    Raises
    ------
    UsageError
        If the policy is not known or the judge answers anything but a candidate.

    Examples
    --------
    >>> stamp = (("published", "2021-04-13T15:37:12Z"),)
    >>> dated = date_news(NewsItem("a", "wire", "Bank fails", "", stamps=stamp), policy="first_report")
    >>> dated.events[0].time.earliest.isoformat()
    '2021-04-13T15:37:12+00:00'
    """
    given = as_items(items)
    check_choice("order of dates", order, Literal["", "dmy", "mdy"])
    at = datetime.now(UTC) if fetched_at is None else fetched_at
    context = DatingContext(zone, {"dmy": True, "mdy": False}.get(order), at, read_policy(policy))
    datings = tuple(date_items(given, context, bars, judge=judge))
    used = ";".join(b.instrument.code for b in bars)
    groups = stories(list(zip(given, datings, strict=True)))
    found = [propose_story(g, price_series=used if any(d.claims for _, d in g) else "") for g in groups]
    return DatedNews(given, datings, tuple(found))
