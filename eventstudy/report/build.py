"""A report from a result: which figures it gets, drawn only when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.report.about import claim_table, event_section, moved, price_table
from eventstudy.report.content import Material, Page, Picture, make_page
from eventstudy.report.figure_data import first_window, placebo_days
from eventstudy.report.figures import FIGURES
from eventstudy.report.html import RenderedFigure
from eventstudy.report.manifest import manifest
from eventstudy.report.reaction_sections import reaction_sections
from eventstudy.report.response_shape import shape_parts
from eventstudy.report.variants import variants
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eventstudy.news.items import Event
    from eventstudy.study.result import StudyResult

MANY = 3
MOST_PANELS = 3
Draw = Callable[..., "Axes"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure of a report: its row of ``FIGURES``, the response it is about, its words."""

    picture: Picture
    draw: Draw


@dataclass(frozen=True, slots=True)
class Report:
    """A page and the figures it shows, in order; ``pictures`` draws each for every kind of reader."""

    page: Page
    shown: tuple[Shown, ...]
    facts: Mapping[str, Any]

    @property
    def pictures(self) -> dict[str, Callable[[], RenderedFigure]]:
        return {s.picture.name: partial(_variants, s.draw, first=not row) for row, s in enumerate(self.shown)}


def _variants(draw: Draw, *, first: bool) -> RenderedFigure:
    return variants(lambda style, width: draw(style=style, width=width), first=first)


def build(result: StudyResult, digests: Mapping[str, str] | None = None, events: Sequence[Event] = ()) -> Report:
    """Return the report of a result, its figures not yet drawn.

    Parameters
    ----------
    result : StudyResult
    digests : mapping of str to str
        SHA-256 of every input by its name.
    events : sequence of Event
        The events themselves, whose labels, times, evidence and sources the page then tells.
    """
    shown = chosen(result)
    facts = manifest(result, digests)
    study = result.to_dict()
    page = make_page(
        Material(
            study=study,
            spec=result.spec,
            facts=facts,
            pictures=tuple(s.picture for s in shown),
            simulated=result.simulated,
            moved=moved(result),
            event=event_section(events, result.zone),
            prices=tuple(filter(None, (price_table(result), claim_table(result)))),
            shape=shape_parts(result.response, simulated=result.simulated),
            step_us=step_of(result),
            reactions=reaction_sections(study, simulated=result.simulated),
        )
    )
    return Report(page, shown, facts)


def step_of(result: StudyResult) -> int:
    """Return the length of a bar where every series has the same, else zero."""
    steps = {piece.step_us for piece in result.prices}
    return steps.pop() if len(steps) == 1 else 0


def chosen(result: StudyResult) -> tuple[Shown, ...]:
    """Return the figures of a result: one event gets its panel, many get their average and their spread first."""
    events = len(set(result.abnormal.events.tolist()))
    if not len(result.abnormal):
        return ()
    drawable = bool(result.abnormal.closes.size)
    if events >= MANY:
        return (*_many(result), *([_panel(result, _largest(result))] if drawable else []))
    panels = [_panel(result, row) for row in range(min(MOST_PANELS, len(result.abnormal)))] if drawable else []
    more = _intraday(result)
    panels = [*panels[: 1 if more else MOST_PANELS], *more]
    days = placebo_days(result, first_window(result))
    has_days = bool(days) and len(days[0]) > 0
    return (*panels, *([_placebo(result)] if has_days else []))


def _largest(result: StudyResult) -> int:
    """Return the row of the largest response on the first window."""
    car = np.abs(result.abnormal.car(first_window(result)))
    return int(np.argmax(np.nan_to_num(car, nan=-1.0)))


def _panel(result: StudyResult, row: int) -> Shown:
    event, code = str(result.abnormal.events[row]), str(result.abnormal.instruments[row])
    car = bp(float(np.cumsum(result.abnormal.ar[row])[-1]))
    stamp = "SIMULATED. " if result.simulated else ""
    what = f"{plain(code, 40)} around {plain(event, 64)}"
    alt = f"{stamp}{what}: price, cumulated abnormal return ending at {car} bp against its no-event band, volume."
    days = result.placebo is not None
    gray = "what comparable days without the event did" if days else "what the model allows had nothing happened"
    caption = f"{stamp}{what}. Shaded: the interval in which the news became public. Gray: {gray}."
    draw = partial(FIGURES["response_panel"], result, event=event, instrument=code)
    return Shown(Picture(f"panel-{row}", alt, caption), draw)


def _intraday(result: StudyResult) -> list[Shown]:
    """Return the figures of the intraday response: all instruments on one clock, the move by the assumed moment."""
    responses = list(result.response or ())
    stamp = "SIMULATED. " if result.simulated else ""
    words = {
        "instruments": "Every instrument on one clock, each against the same hours of days without the event.",
        "assumed_times": "The move had the news come at each moment of its interval; p is for all moments together.",
    }
    there = {
        "instruments": bool(responses),
        "assumed_times": any(response.assumed_times is not None for response in responses),
    }
    return [Shown(Picture(n, stamp + w, stamp + w), partial(FIGURES[n], result)) for n, w in words.items() if there[n]]


def _placebo(result: StudyResult) -> Shown:
    event, code = str(result.abnormal.events[0]), str(result.abnormal.instruments[0])
    stamp = "SIMULATED. " if result.simulated else ""
    caption = f"{stamp}{plain(code, 40)}: the event among the days on which nothing happened at that hour."
    alt = f"{stamp}Histogram of {plain(code, 40)} on its placebo days with the event marked."
    draw = partial(FIGURES["placebo"], result, event=event, instrument=code)
    return Shown(Picture("placebo", alt, caption), draw)


def _many(result: StudyResult) -> list[Shown]:
    stamp = "SIMULATED. " if result.simulated else ""
    rows = len(result.abnormal)
    words = {
        "average": f"Mean cumulated abnormal return over the faint lines of {rows} event responses.",
        "forest": "Each response with its interval; filled squares exclude zero.",
        "calendar": "When the events were: columns of dots are events that share a day, and share its news.",
    }
    return [Shown(Picture(n, stamp + w, stamp + w), partial(FIGURES[n], result)) for n, w in words.items()]
