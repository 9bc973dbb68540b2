"""What stands at the top of a page: the finding in one sentence, four large figures, one table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.figure_data import first_window
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import finite
from eventstudy.report.front_many import many, several, stand_first
from eventstudy.report.front_single import single
from eventstudy.report.large import (
    Large,
    aggregate,
    daily,
    date,
    nouns,
    size,
    subject,
    verb,
    when,
)
from eventstudy.report.many_data import dots_view
from eventstudy.report.mean_data import aggregates_of, observations
from eventstudy.report.shown_units import variable_name
from eventstudy.report.tables import Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import length

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
DAILY_US = 20 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Front:
    """The top of a page; ``table`` has one row per instrument or window.

    ``stand`` are the sentences below the title, where those of the finding are about one instrument of many.
    """

    kicker: tuple[str, ...] = ()
    title: str = ""
    four: tuple[Large, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()
    stand: tuple[str, ...] = ()


def front(result: StudyResult) -> Front:
    """Return the top of the page of a result; empty where no event was used."""
    if not len(result.abnormal):
        return Front()
    makers = {"average": many, "dots": several, "response_panel": single}
    four, table, notes = makers[shape_of(result)](result)
    stand = stand_first(result) if shape_of(result) == "dots" else ()
    return Front(kicker(result), headline(result), four, table, notes, stand)


def kicker(result: StudyResult) -> tuple[str, ...]:
    """Return what was studied, in a few words each."""
    n = len(result.abnormal)
    codes = list(dict.fromkeys(result.abnormal.instruments.tolist()))
    one = len(set(result.abnormal.events.tolist())) == 1
    about = plain(codes[0], 40) if len(codes) == 1 else f"{len(codes):,} instruments"
    steps = {piece.step_us for piece in result.prices}
    bars = "daily prices" if not steps and daily(result) else ""
    if len(steps) == 1:
        step = steps.pop()
        bars = "daily prices" if step >= DAILY_US else f"{length(step)} prices"
    when = date(result, 0) if one else observations(result)
    return tuple(filter(None, ("Event study", when, about if one or n > 1 else "", bars)))


def headline(result: StudyResult) -> str:
    """Return the finding as one sentence: subject, verb, size, window."""
    shape, window = shape_of(result), first_window(result)
    car = result.abnormal.car(window)
    if shape == "average":
        study = aggregates_of(result)
        row = aggregate(study, window)
        value = float(row.get("abhar", row["caar"])) if row and finite(row["caar"]) else float(np.nanmean(car))
        n = int(row["n_events"]) if row else len(car)
        moved = f"{verb(value)} {size(result, value)} on average {when(result, window, None)}"
        return f"{subject(result)} {moved}, across {n:,} {nouns(result)}"
    if shape == "dots":
        mean = float(np.nanmean(car))
        view = dots_view(result)
        clear = int(view.clear.sum())
        moved = f"{verb(mean)} {size(result, mean)} on average {when(result, window, 0)}"
        out = f"{clear or 'none'} of them {'stands' if clear == 1 else 'stand'} out"
        return f"{sentence_case(result, of_what(result, f'{len(car):,} instruments'))} {moved}; {out}"
    names = [plain(code, 40) for code in result.abnormal.instruments[:3].tolist()]
    parts = [
        f"{of_what(result, name)} {verb(float(v))} {size(result, float(v))}"
        for name, v in zip(names, car[:3].tolist(), strict=True)
        if math.isfinite(v)
    ]
    if not parts:
        return "No response could be computed"
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    more = f" ({len(car) - 3} more below)" if len(car) > 3 else ""
    return f"{sentence_case(result, listed)} {when(result, window, 0)}{more}"


def of_what(result: StudyResult, name: str) -> str:
    """Return a subject: the name itself where its price is studied, else what is studied of it."""
    what = variable_name(result.spec)
    return name if what in {"return", "change"} else f"{what} of {name}"


def sentence_case(result: StudyResult, words: str) -> str:
    """Return words with a capital letter where they begin with what is studied; the name of an instrument stays."""
    return words if result.spec.variable == "return" else words[:1].upper() + words[1:]
