"""Lists of events as text: written for review, evidence beside each value, never over a file that may be reviewed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from eventstudy.errors import EventFileError
from eventstudy.files import explained, replacing
from eventstudy.news.events.merging import Proposal
from eventstudy.news.items import Event
from eventstudy.news.toml_text import toml_array, toml_string, toml_table, toml_time

HEADER = """\
# Events for review. Times are the interval in which the news became public: certainly not before `earliest`,
# certainly public at `latest`. Correct what is wrong, then keep this file: it is never overwritten.
"""
_PROPOSAL = re.compile(r'^status = "proposal"$', re.MULTILINE)


def render_events(events: Iterable[Event], *, title: str = "", status: str = "proposal") -> str:
    """Return events as TOML text, one block each, times in UTC, evidence beside them; equal input, equal bytes."""
    head = [HEADER, f"status = {toml_string(status)}", *([f"title = {toml_string(title)}"] if title else []), ""]
    return "\n".join(head) + "".join(map(_render_event, events))


def render_proposals(proposals: Iterable[Proposal], *, accept: bool = False) -> str:
    """Return proposals as an events file; what a person must decide stands there as comments, not as an event.

    With ``accept`` only what has nothing open is written, and the file says it is reviewed.
    """
    blocks = []
    for proposal in proposals:
        block = "" if proposal.event is None else _render_event(proposal.event)
        if not proposal.open:
            blocks.append(block)
        elif not accept:
            asked = "".join(f"# decide: {_plain_line(line)}\n" for line in proposal.open)
            blocks.append("\n" + asked + "".join(f"# {_plain_line(line)}\n" for line in block.strip().splitlines()))
    status = "reviewed" if accept else "proposal"
    note = (
        "" if accept else "# A block that begins with 'decide' is no event yet: settle it, then take the marks away.\n"
    )
    return f"{HEADER}{note}\nstatus = {toml_string(status)}\n" + "".join(blocks)


def _plain_line(text: str) -> str:
    """Return a text that cannot leave its comment: control characters are not allowed in TOML comments."""
    return "".join(c if c.isprintable() else " " for c in text)


def _render_event(event: Event) -> str:
    lines = ["", "[[event]]", f"id = {toml_string(event.id)}"]
    if event.label:
        lines.append(f"label = {toml_string(event.label)}")
    lines += [
        f"earliest = {toml_time(event.time.earliest)}",
        f"latest = {toml_time(event.time.latest)}",
        f"basis = {toml_string(event.time.basis)}",
        f"instruments = {toml_array(event.instruments)}",
    ]
    if event.expected_sign is not None:
        lines.append(f"expected_sign = {event.expected_sign}")
    named = {"items": event.items, "sources": event.sources, "evidence": event.time.evidence, "claims": event.claims}
    lines += [f"{name} = {toml_array(values)}" for name, values in named.items() if values]
    if event.attributes:
        lines.append(f"attributes = {toml_table(event.attributes)}")
    return "\n".join(lines) + "\n"


def write_events(path: str | Path, events: Iterable[Event], *, title: str = "", status: str = "proposal") -> Path:
    """Write events as TOML; an existing file is refused, never overwritten.

    Raises
    ------
    EventFileError
        If the file exists, or cannot be written.
    """
    return write_new(Path(path), render_events(events, title=title, status=status))


def write_new(path: Path, text: str, *, over_proposal: bool = False) -> Path:
    """Write a text to a new file, so that a reviewed file cannot be lost even to a race.

    ``over_proposal`` lets it take the place of a file that says of itself that it is only a proposal.
    """
    try:
        with replacing(path, new=not (over_proposal and _is_proposal(path))) as stream:
            stream.write(text.encode())
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
        return bool(_PROPOSAL.search(path.read_text(encoding="utf-8")[:2_000]))
    except (OSError, UnicodeDecodeError):
        return False
