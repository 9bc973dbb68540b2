"""Which side of an event a time bounds: by the word before it and by the act its verb names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from eventstudy.news.evidence import Conflict
from eventstudy.news.moment import Moment
from eventstudy.news.stamps import TICK
from eventstudy.news.words import Act, Meaning

Sides = tuple[datetime | None, datetime | None]
_NOTES: dict[Meaning, str] = {
    "by": "an upper bound only",
    "before": "an upper bound only",
    "after": "a lower bound",
    "since": "a lower bound",
}
_ACT_NOTES: dict[Act, str] = {
    "public": "",
    "repeat": "a repetition, by which the news was out",
    "private": "when it was said, not to whom",
    "happening": "when it happened, which bounds the beginning only",
    "price": "the time of a price, by which the news was out",
}


def sides(act: Act, meaning: Meaning, start: datetime, end: datetime, day_end: datetime | None) -> Sides:
    """Return (earliest, latest) of the news becoming public, given the interval the words cover.

    A public act ("said", "announced", "cut its rate") is public when it is done. A happening ("spoke", "failed")
    cannot be public before it, and may be long after. A price that had moved by a time shows that the news was out.
    """
    upper: Sides = (None, end if meaning == "by" else start - TICK)
    table: dict[Act, dict[Meaning, Sides]] = {
        "public": {
            "at": (start, end),
            "by": upper,
            "before": upper,
            "after": (start, day_end),
            "since": (start, day_end),
        },
        # Who says it again, or confirms it, leaves open since when it was out.
        "repeat": {"at": (None, end), "by": upper, "before": upper},
        "private": {"at": (start, None), "after": (start, None), "since": (start, None)},
        "happening": {"at": (start, None), "after": (start, None), "since": (start, None)},
        "price": {"by": upper, "before": upper},
    }
    return table[act].get(meaning, (None, None))


def bounded(
    moment: Moment, meaning: Meaning, covered: tuple[datetime, datetime], precision: str, day_end: datetime | None
) -> Moment:
    """Return the moment with the interval its words cover and the sides of the event this bounds."""
    start, end = covered
    earliest, latest = sides(moment.act, meaning, start, end, day_end)
    if moment.role == "embargo":
        earliest, latest = start, None
    elif moment.role != "event":
        earliest, latest = (start, end) if meaning == "at" else sides("public", meaning, start, end, day_end)
    evidence = replace(moment.evidence, earliest=earliest, latest=latest, precision=precision)
    found = replace(moment, evidence=evidence, covers=covered if meaning == "at" else None)
    if meaning == "about":
        said = f"{evidence.text!r} is said to be about right; how near is not."
        found = replace(found, conflicts=(Conflict("approximate", said, evidence.text),))
    return noted(found, meaning)


def noted(moment: Moment, meaning: Meaning) -> Moment:
    """Return the moment with its reading in words, also where the interval itself is not known."""
    act = _ACT_NOTES[moment.act] if moment.role == "event" and meaning == "at" else ""
    note = "; ".join(n for n in (moment.evidence.note, _NOTES.get(meaning, ""), act) if n)
    return replace(moment, evidence=replace(moment.evidence, note=note))
