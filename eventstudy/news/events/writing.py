"""Lists of events as text: TOML for review, evidence beside each value, or CSV; never over a reviewed file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.errors import EventFileError, FileError, UsageError
from eventstudy.files import explained, read_regular, replacing
from eventstudy.news.decode import MAX_LIST_BYTES
from eventstudy.news.events.merging import Proposal
from eventstudy.news.items import Event
from eventstudy.show.escape import for_spreadsheet, plain

if TYPE_CHECKING:
    from tomlkit.items import Array

HEADER = """\
# Events for review. Times are the interval in which the news became public: certainly not before `earliest`,
# certainly public at `latest`. Correct what is wrong, then keep this file: it is never overwritten.
"""
_PROPOSAL = re.compile(r'^status = "proposal"$', re.MULTILINE)


def proposal_blocks(proposals: Iterable[Proposal], *, accept: bool) -> Iterator[str]:
    """Yield the head of an events file and one block per proposal; what needs a decision stands there as comments.

    With ``accept`` only what has nothing open is written, and the file says it is reviewed.
    """
    note = "" if accept else "# A block that begins with `decide` is not used: settle it, then remove the `#`.\n"
    yield f"{HEADER}{note}\n{_toml({'status': 'reviewed' if accept else 'proposal'})}"
    for proposal in proposals:
        block = "" if proposal.event is None else render_event(proposal.event)
        if not proposal.open:
            yield block
        elif not accept:
            asked = "".join(f"# decide: {_plain_line(line)}\n" for line in proposal.open)
            yield "\n" + asked + "".join(f"# {_plain_line(line)}\n" for line in block.strip().splitlines())


def check_ids(proposals: Sequence[Proposal]) -> None:
    """Refuse to write events of which two share an id; the message names where their rows stand."""
    seen: dict[str, list[str]] = {}
    for proposal in proposals:
        if proposal.event is not None:
            seen.setdefault(proposal.event.id, []).append(proposal.event.sources[-1] if proposal.event.sources else "")
    twice = {name: sources for name, sources in seen.items() if len(sources) > 1}
    if twice:
        listed = "; ".join(f"{name!r} ({', '.join(filter(None, of[:3]))})" for name, of in list(twice.items())[:5])
        raise EventFileError(
            f"{len(twice)} ids belong to several events: {listed}. Nothing is written.",
            remedy="Give each row a different id, or name another column: --column id=COLUMN.",
        )


def render_list(path: Path, proposals: Sequence[Proposal], *, accept: bool) -> Iterable[str]:
    """Return proposals as the parts of the file that a path names: CSV for accepted events only, else TOML."""
    check_ids(proposals)
    if path.suffix.casefold() != ".csv":
        return proposal_blocks(proposals, accept=accept)
    if not accept:
        raise UsageError(
            f"{path} is a CSV, which cannot hold open decisions.", remedy="Add --accept, or name a .toml file."
        )
    return csv_lines([p.event for p in proposals if p.event is not None and not p.open])


def _plain_line(text: str) -> str:
    """Return a text that cannot leave its comment: control characters are not allowed in TOML comments."""
    return plain(text, 10_000)


def values_of_event(event: Event) -> dict[str, Any]:
    """Return an event under the names of an events file; empty values are left out."""
    time, day = event.time, event.time.day
    given = {"date": day.date, "session": day.session, "timezone": day.zone} if day is not None else {}
    values = {
        "id": event.id,
        "label": event.label,
        **given,
        "earliest": time.earliest,
        "latest": time.latest,
        "basis": time.basis,
        "instruments": event.instruments,
        "expected_sign": event.expected_sign,
        "items": event.items,
        "sources": event.sources,
        "evidence": time.evidence,
        "claims": event.claims,
        "attributes": event.attributes,
    }
    return {key: value for key, value in values.items() if value or key == "instruments"}


def render_event(event: Event) -> str:
    """Return the ``[[event]]`` block of one event."""
    return "\n[[event]]\n" + _toml(values_of_event(event))


def _toml(values: dict[str, Any]) -> str:
    import tomlkit

    table = tomlkit.document()
    for key, value in values.items():
        if isinstance(value, tuple):
            table.add(key, _array(value))
        elif key == "attributes":
            attributes = tomlkit.inline_table()
            attributes.update({_clean(k): _clean(v) for k, v in value.items()})
            table.add(key, attributes)
        else:
            table.add(key, _clean(value))
    return tomlkit.dumps(table)


def _array(values: Sequence[str]) -> Array:
    """Return an array of strings: on one line while short, else one element a line, so that differences stay small."""
    import tomlkit

    array = tomlkit.array()
    array.extend(map(_clean, values))
    return array.multiline(sum(map(len, values)) > 90)


def _clean(value: Any) -> Any:
    """Return a value whose text can be written as UTF-8: lone surrogates are replaced."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


# Columns of a CSV of events, in this order; attributes follow.
CSV_COLUMNS = (
    *("id", "label", "date", "session", "timezone", "earliest", "latest", "basis", "instruments"),
    *("expected_sign", "items", "sources"),
)


def csv_lines(events: Sequence[Event]) -> Iterator[str]:
    """Yield the lines of a CSV that ``read_events`` reads; lists are joined by semicolons, attributes are columns.

    An attribute with the name of another column is written as ``NAME (attribute)``.
    """
    names = dict.fromkeys(name for event in events for name in event.attributes)
    headers = [f"{name} (attribute)" if name.casefold() in CSV_COLUMNS else name for name in names]
    yield csv_line([*CSV_COLUMNS, *map(for_spreadsheet, headers)])
    for event in events:
        values = values_of_event(event)
        cells = [_csv_cell(values.get(column, "")) for column in CSV_COLUMNS]
        yield csv_line([*cells, *(_csv_cell(event.attributes.get(name, "")) for name in names)])


def csv_line(cells: Sequence[str]) -> str:
    """Return one line of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _csv_cell(value: Any) -> str:
    if isinstance(value, tuple):
        return for_spreadsheet("; ".join(value))
    if isinstance(value, str):
        return for_spreadsheet(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")  # an instant, where whole seconds would be an interval
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def render_review(proposals: Sequence[Proposal]) -> str:
    """Return what needs a decision as CSV: one row per event or item, with every reason."""
    lines = [csv_line(["id", "label", "sources", "decide"])]
    for proposal in proposals:
        event = proposal.event
        known = ("", "", "") if event is None else (event.id, event.label, "; ".join(event.sources))
        lines.append(csv_line([for_spreadsheet(cell) for cell in (*known, " | ".join(proposal.open))]))
    return "".join(lines)


def write_new(path: Path, text: str | Iterable[str], *, over_proposal: bool = False) -> Path:
    """Write a text, or its parts, to a new file, so that a reviewed file cannot be lost even to a race.

    ``over_proposal`` lets it take the place of a file that says of itself that it is only a proposal.
    """
    try:
        with replacing(path, new=not (over_proposal and _is_proposal(path))) as stream:
            for part in [text] if isinstance(text, str) else text:
                stream.write(part.encode())
    except FileExistsError:
        raise EventFileError(
            f"{path} exists and may have been reviewed; it is not overwritten.", remedy="Name another file."
        ) from None
    except OSError as fault:
        error = explained(path, fault)
        raise EventFileError(error.message, remedy=error.remedy) from None
    return path


def _is_proposal(path: Path) -> bool:
    try:
        return bool(_PROPOSAL.search(read_regular(path, MAX_LIST_BYTES)[:8_000].decode("utf-8", "replace")[:2_000]))
    except FileError:
        return False
