"""``eventstudy date``: what a text says about when its news became public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import console, exits
from eventstudy.cli.date_bulk import IN_DETAIL, in_bulk
from eventstudy.errors import UsageError
from eventstudy.show.numbers import count_of
from eventstudy.show.work_steps import counted

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.news.context import DatingContext
    from eventstudy.news.events.merging import Proposal
    from eventstudy.news.items import NewsItem
    from eventstudy.news.time_evidence import Dating

BARS_HELP = (
    "A daily series to check price claims against: ecb:USD/RUB, or a file with the settings that it lacks: "
    "usdrub.csv,instrument=USD/RUB,timezone=Europe/Moscow,closes_at=23:50,close=COLUMN. Repeatable."
)

POLICY_HELP = (
    "How the publication bounds the event: first_report (the item is the first public report), 'lag <= 2h' (public at "
    "most that long before it), reviewed (only what the text states)."
)
JUDGE_HELP = "A command that may choose one of the candidates: JSON on standard input, its number or null back."


def date(
    paths: Annotated[
        list[str], typer.Argument(help="Articles, feeds, tables, emails, directories or https URLs; - reads stdin.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one object, or a list for several items.")
    ] = False,
    bars: Annotated[list[str] | None, typer.Option("--bars", help=BARS_HELP)] = None,
    zone: Annotated[str, typer.Option("--zone", help="Time zone of the publisher, e.g. Europe/Moscow.")] = "",
    order: Annotated[str, typer.Option("--order", help="Order of numeric dates: dmy or mdy.")] = "",
    published: Annotated[str, typer.Option("--published", help="Publication time; overrides the document.")] = "",
    fetched_at: Annotated[str, typer.Option("--fetched-at", help="Retrieval time. Default: now.")] = "",
    policy: Annotated[str, typer.Option("--policy", help=POLICY_HELP)] = "reviewed",
    judge: Annotated[str, typer.Option("--judge", help=JUDGE_HELP)] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="Input format: text, html, feed, loose-feed, json, jsonl, csv, tsv or mail.")
    ] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Text encoding, e.g. cp1251. Default: detect.")] = "",
    column: Annotated[
        list[str] | None, typer.Option("--column", help="Map a table column: ROLE=COLUMN. Repeatable.")
    ] = None,
    main_text: Annotated[
        bool, typer.Option("--main-text", help="Extract the article with trafilatura (extra: text).")
    ] = False,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Also show dateparser's results; informational only (extra: text).")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write proposed events to this file for review.")] = None,
    event: Annotated[str, typer.Option("--event", help="Merge all items into one event with this id.")] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="With --out: write only items without conflicts, marked as reviewed.")
    ] = False,
) -> None:
    """Extract the publication time of news, with evidence; --policy turns it into an event time.

    Exits with code 1 if an item needs review.

    Examples:
        eventstudy date article.txt
        eventstudy date article.txt --bars ecb:USD/RUB --json
        eventstudy date feed.xml news.csv --policy first_report --accept --out events.toml
        eventstudy date article.txt news.txt --event call --out events.toml
    """
    from eventstudy.cli.news_input import items_of
    from eventstudy.news.dating import date_items
    from eventstudy.news.judge import command_judge
    from eventstudy.news.libraries import suggestions

    if accept and out is None:
        raise UsageError("--accept writes a file and none is named.", remedy="Add --out events.toml.")
    context = make_context(zone, order, fetched_at, policy)
    with console.working("reading news"):
        series = [open_bars(text) for text in bars or []]
        items = items_of(paths, kind, encoding, column or [], published, main_text=main_text)
    chooser = command_judge(judge) if judge else None
    used = ";".join(b.instrument.code for b in series)
    if len(items) > IN_DETAIL and not (as_json or event or suggest):
        with console.working("dating news"):
            dated = with_progress(items, date_items(items, context, series, judge=chooser))
            found, seen = in_bulk(items, dated, used, zone)
        if out is not None:
            write_proposals(out, found, accept)
        console.data("\n".join(seen.lines()))
        if set(seen.states) - {"dated"}:
            raise typer.Exit(exits.PARTLY)
        return
    with console.working("dating news"):
        datings = list(with_progress(items, date_items(items, context, series, judge=chooser)))
    if suggest:
        pairs = zip(items, datings, strict=True)
        datings = [replace(d, evidence=(*d.evidence, *suggestions(item))) for item, d in pairs]
    found = proposals(list(zip(items, datings, strict=True)), event, used, zone)
    if out is not None:
        write_proposals(out, found, accept)
    if event:
        show_story(found[0], datings, as_json)
    else:
        show(datings, as_json)
    settled = not found[0].open if event and found else all(d.status == "dated" for d in datings)
    if not settled:
        raise typer.Exit(exits.PARTLY)


def with_progress(items: list[NewsItem], datings: Iterable[Dating]) -> Iterator[Dating]:
    """Return the datings one by one and report how many of the items have theirs."""
    for _, dating in zip(counted(items, "items dated"), datings, strict=True):
        yield dating


def proposals(reports: list[tuple[NewsItem, Dating]], event: str, used: str, zone: str = "") -> list[Proposal]:
    """Return one proposal per story, or one for all reports where they are declared to be of one event."""
    from eventstudy.news.events.merging import propose_story, stories

    groups = [tuple(reports)] if event and reports else stories(reports)
    priced = [used if any(d.claims for _, d in group) else "" for group in groups]
    return [propose_story(g, name=event, price_series=p, zone=zone) for g, p in zip(groups, priced, strict=True)]


def show_story(proposal: Proposal, datings: list[Dating], as_json: bool) -> None:
    """Print the one event that all items report, and what each of them says."""
    event, proposed = proposal.event, proposal.event is not None and not proposal.open
    if as_json:
        time = None if event is None or not proposed else event.time
        report = {
            "event": event.id if event is not None else None,
            "event_time": None
            if time is None
            else {"earliest": time.earliest.isoformat(), "latest": time.latest.isoformat(), "basis": time.basis},
            "open": list(proposal.open),
            "order": list(event.time.evidence) if event is not None else [],
            "reports": [d.to_dict() for d in datings],
        }
        console.json_data(report)
        return
    name = event.id if event is not None else "the event"
    console.data(f"{name}: {'one event' if proposed else 'needs review'} of {len(datings)} reports")
    if event is not None and proposed:
        console.data(f"  event time  {_span(event.time.earliest, event.time.latest)}")
        console.data("\n".join(f"  report      {line}" for line in event.time.evidence))
    console.data("\n".join(f"  decide      {line}" for line in proposal.open)) if proposal.open else None
    show(datings, as_json)


def show(datings: list[Dating], as_json: bool) -> None:
    """Print datings as JSON or for a person."""
    if as_json:
        records = [d.to_dict() for d in datings]
        console.json_data(records[0] if len(records) == 1 else records)
        return
    for dating in datings:
        console.data("\n".join(describe(dating)))


def write_proposals(out: Path, found: list[Proposal], accept: bool) -> None:
    """Write an events file for review; beside a file that exists, which may be reviewed, only a proposal.

    What ``accept`` leaves out is listed in a CSV beside the events, one row with its reasons per item.
    """
    from eventstudy.files import write_file
    from eventstudy.news.events.writing import render_list, render_review, write_new

    target = out if not out.exists() else out.with_suffix(f".proposed{out.suffix}")
    write_new(target, render_list(target, found, accept=accept), over_proposal=target != out)
    if target != out:
        console.talk(f"{out} exists and may have been reviewed; it is left as it is, the proposal is {target}.")
    settled = sum(not p.open for p in found)
    refused = [p for p in found if p.open]
    undecided = f"; {len(refused):,} more {'needs' if len(refused) == 1 else 'need'} a decision" if refused else ""
    if accept and refused:
        review = target.with_name(f"{target.stem}.review.csv")
        write_file(review, render_review(refused).encode())
        undecided += f"; {review} {'lists it with the reason' if len(refused) == 1 else 'lists them with the reasons'}"
    console.talk(f"{target}: {count_of(settled, 'event')}{undecided}.")


def make_context(zone: str, order: str, fetched_at: str, policy: str) -> DatingContext:
    """Return what the options declare; the clock is read only here, as the latest time a fetch can have."""
    from eventstudy.news.context import DatingContext, read_policy
    from eventstudy.news.stamps import read_stamp

    if order not in ("", "dmy", "mdy"):
        raise UsageError(f"--order: invalid value {order!r}.", remedy="Use dmy or mdy.")
    at = read_stamp(fetched_at, zone=zone).end if fetched_at else datetime.now(UTC)
    return DatingContext(zone, {"dmy": True, "mdy": False}.get(order), at, read_policy(policy))


def open_bars(text: str) -> Bars:
    """Open one series named on the command line: ``ecb:PAIR``, or ``FILE,key=value,...``."""
    import pandas as pd

    from eventstudy.market.instruments import instrument
    from eventstudy.market.sources.price_files import read_bars
    from eventstudy.market.sources.request import BarRequest
    from eventstudy.market.sources.table import BAR_SOURCES

    source, colon, code = text.partition(":")
    if colon and source in BAR_SOURCES and source != "file":
        return BAR_SOURCES[source](BarRequest(instrument(code), pd.Timedelta(days=1)))
    path, *pairs = text.removeprefix("file:").split(",")
    given = dict(p.partition("=")[::2] for p in pairs)
    if "instrument" not in given or not all(given.values()):
        raise UsageError(
            f"--bars {text!r} does not say which instrument it holds.",
            remedy="Write FILE,instrument=USD/RUB,timezone=Europe/Moscow,closes_at=23:50.",
        )
    return read_bars(
        path,
        instrument=given.pop("instrument"),
        step=given.pop("step", "1D"),
        timezone=given.pop("timezone", ""),
        calendar=given.pop("calendar", ""),
        preset=given.pop("preset", "generic"),
        closes_at=given.pop("closes_at", ""),
        columns=given,
    )


# So many candidates are shown with all their reasons, the others with the first; --json has them all.
IN_FULL = 5


def describe(dating: Dating) -> list[str]:
    """Return a dating as lines for a person."""
    lines = [f"{dating.item}: {dating.status.replace('_', ' ')}"]
    if dating.published is not None:
        found = dating.published
        weak = "" if found.accepted else "; not sufficient alone"
        span = _span(found.earliest, found.latest)
        lines.append(f"  published   {span} ({', '.join(found.sources)}{weak}); day {found.day}")
    if dating.event_time is not None:
        lines.append(f"  event time  {_span(dating.event_time.earliest, dating.event_time.latest)}")
    lines += [
        f"  evidence    {e.kind}: {e.text!r}{_bounds(e.earliest, e.latest)}{_dash(e.note)}" for e in dating.evidence
    ]
    lines += [
        f"  claim       {c.subject} {c.change or 0:+g} {c.unit} to {c.level}"
        + (f" at {c.at}" if c.at else "")
        + _dash(c.venue)
        for c in dating.claims
    ]
    lines += [f"  conflict    {c.kind}: {c.message}" for c in dating.conflicts]
    for number, candidate in enumerate(dating.candidates, start=1):
        lines.append(f"  candidate {number} {_span(candidate.earliest, candidate.latest)}  score {candidate.score:g}")
        lines += [f"      {reason}" for reason in candidate.reasons[: None if number <= IN_FULL else 1]]
    if dating.margin is not None:
        from math import exp

        times = exp(min(dating.margin, 50))
        lines.append(f"  margin      {dating.margin:g}: the first is {times:.3g} times likelier than the second")
    return lines + [f"  note        {note}" for note in dating.notes]


def _dash(note: str) -> str:
    return f" ({note})" if note else ""


def _bounds(earliest: datetime | None, latest: datetime | None) -> str:
    return "" if earliest is None and latest is None else f" -> {_span(earliest, latest)}"


def _span(earliest: datetime | None, latest: datetime | None) -> str:
    shown = [at.isoformat() if at else "open" for at in (earliest, latest)]
    return f"[{shown[0]}, {shown[1]}]"
