"""A report from a result: which figures it gets, drawn only when a page asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.errors import UsageError
from eventstudy.report.about import claim_table, event_section, price_table
from eventstudy.report.clock_words import moved, with_words
from eventstudy.report.content import make_page
from eventstudy.report.estimation import estimation_section
from eventstudy.report.figure_data import first_window, price_responses
from eventstudy.report.figures import FIGURES, shape_of
from eventstudy.report.front import front
from eventstudy.report.inline_svg import FigureText, inline_svg
from eventstudy.report.key_figures import bar_length
from eventstudy.report.manifest import manifest
from eventstudy.report.page_parts import Material, Page, Picture
from eventstudy.report.plots.figure_row import FigureRow, Pick, draw_bare
from eventstudy.report.reaction_sections import reaction_sections
from eventstudy.report.response_shape import shape_parts
from eventstudy.report.shown_units import moves_in
from eventstudy.show.numbers import zone_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eventstudy.news.items import Event
    from eventstudy.study.result import StudyResult

# Which figures each shape of study gets: the first is the hero, drawn for a desk, a phone and paper.
SHAPES: dict[str, tuple[str, ...]] = {
    "response_panel": ("response_panel", "placebo", "horizons", "instruments", "agreement", "assumed_times", "fit"),
    "dots": ("dots", "placebo_mean", "distribution", "agreement", "heatmap", "response_panel"),
    "average": (
        "average",
        "groups",
        "surprise",
        "specifications",
        "distribution",
        "agreement",
        "heatmap",
        "dots",
        "calendar",
        "response_panel",
    ),
}
# Drawn for every instrument of one event: those of the first stand on the page, the others are folded.
EACH = ("response_panel", "placebo", "assumed_times")
FIRST = Pick()
# Drawn in the full width; all others in a column.
WIDE = {"response_panel", "average", "dots", "instruments", "specifications"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure of a report: its row of ``FIGURES``, the view that it draws, whether another instrument has it too."""

    picture: Picture
    row: FigureRow
    view: Any
    draw: Callable[..., Axes]
    again: bool = False
    hero: bool = False

    @property
    def markup(self) -> str:
        """The figure as SVG elements for a page, one per width."""
        name = self.picture.name
        widths = ["wide", "narrow", "print"] if self.hero or name.partition("-")[0] in WIDE else ["side"]
        if self.again:  # a folded part is not printed
            widths = [width for width in widths if width != "print"]
        words = FigureText(self.picture.title, self.picture.alt)
        return "".join(inline_svg(draw_bare(self.row, self.view, w), f"{name}-{w}", words, w) for w in widths)


@dataclass(frozen=True, slots=True)
class Report:
    """A page and the figures it shows, in order."""

    page: Page
    shown: tuple[Shown, ...]
    facts: Mapping[str, Any]

    @property
    def pictures(self) -> dict[str, str]:
        return {s.picture.name: s.markup for s in self.shown}


def build(result: StudyResult, digests: Mapping[str, str] | None = None, events: Sequence[Event] = ()) -> Report:
    """Return the report of a result, its figures not yet drawn.

    Parameters
    ----------
    result : StudyResult
    digests : mapping of str to str
        SHA-256 of every input by its name.
    events : sequence of Event
        The events themselves, whose labels, times, evidence and sources the page then states.
    """
    top = front(result)
    shown = chosen(result, of_reactions=bool(top.lead))
    facts = manifest(result, digests)
    study = with_words(result, result.to_dict())
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
            shape=shape_parts(price_responses(result), simulated=result.simulated),
            step_us=bar_length(result),
            reactions=reaction_sections(study, simulated=result.simulated),
            estimation=estimation_section(result),
            front=top,
            foot=foot(result),
        )
    )
    return Report(page, shown, facts)


def foot(result: StudyResult) -> str:
    """Return what all numbers of the page are in."""
    zone = f"Times are {zone_name(result.zone)} time. " if result.zone not in {"", "UTC"} else "Times are UTC. "
    return zone + f"Moves are in {moves_in(result.spec)}."


def chosen(result: StudyResult, *, of_reactions: bool = False) -> tuple[Shown, ...]:
    """Return the figures that suit the shape of a study, without those that it has nothing for.

    ``of_reactions``: the title states a slope on the surprise or the means of groups, whose figure comes first.
    """
    if not len(result.abnormal):
        return ()
    shape, surprise = shape_of(result), result.reactions.surprise
    names = SHAPES[shape]
    of_slope = surprise is not None and len([path for path in surprise.paths if not path.reason]) == 1
    first = "surprise" if of_slope else "groups" if surprise is None and of_reactions else ""
    names = tuple(sorted(names, key=lambda name: name != first))  # the title states its number
    found = [shown(result, name) for name in names]
    if shape == "response_panel":
        found += [_of_another(result, name, row) for row in range(1, len(result.abnormal)) for name in EACH]
    some = [one for one in found if one is not None]
    return tuple(replace(one, hero=not place) for place, one in enumerate(some))


def _of_another(result: StudyResult, name: str, row: int) -> Shown | None:
    """Return a figure of the first instrument once more, of another one."""
    pick = Pick(str(result.abnormal.events[row]), str(result.abnormal.instruments[row]))
    found = shown(result, name, pick)
    if found is None:
        return None
    return replace(found, picture=replace(found.picture, name=f"{name}-{row + 1}"), again=True)


def shown(result: StudyResult, name: str, pick: Pick = FIRST) -> Shown | None:
    """Return one figure of the report, or None where there is nothing to show."""
    row = FIGURES[name]
    if name == "response_panel" and shape_of(result) != "response_panel":
        if not result.abnormal.closes.size:
            return None
        at = _largest(result)
        pick = Pick(str(result.abnormal.events[at]), str(result.abnormal.instruments[at]))
    try:
        view = row.cut(result, pick)
    except UsageError:
        return None
    if name in {"instruments", "agreement"} and _count(view) < 2:
        return None
    said = row.say(view)
    stamp = "SIMULATED. " if said.simulated else ""
    picture = Picture(name, f"{stamp}{said.alt}", said.note, said.title)
    return Shown(picture, row, view, partial(row, result, event=pick.event, instrument=pick.instrument))


def _count(view: Any) -> int:
    """Return how many rows or panels a view has."""
    return len(view.paths) if hasattr(view, "paths") else len(view.tests)


def _largest(result: StudyResult) -> int:
    """Return the row of the largest response on the reported window."""
    car = np.abs(result.abnormal.car(first_window(result)))
    return int(np.argmax(np.nan_to_num(car, nan=-1.0)))
