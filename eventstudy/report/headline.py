"""The finding in five seconds: one sentence, four key figures with words, and the sentences that qualify them.

Page, terminal and notebook show this one value; each number is computed once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import value
from eventstudy.report.clock_words import with_words
from eventstudy.report.figure_data import first_window, window_moves
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import finite
from eventstudy.report.front_groups import contrast_of, group_figures, group_title
from eventstudy.report.front_many import mean_figures, mean_sentences, several_figures
from eventstudy.report.front_single import single_figures, single_sentences
from eventstudy.report.front_surprise import surprise_figures, surprise_title
from eventstudy.report.group_tables import group_sentences
from eventstudy.report.key_figures import KeyFigure, is_percent, net_of, nouns, percent, verb_and_size, when
from eventstudy.report.key_numbers import aggregate_of, reported_rows, size_of
from eventstudy.report.many_data import dots_view
from eventstudy.report.mean_data import aggregates_of
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.surprise_tables import slopes_of, surprise_sentences
from eventstudy.show.escape import plain
from eventstudy.study.reaction_frames import document

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

MOST_NAMED = 3


@value(slots=True)
class Headline:
    """The finding of a result in one sentence, its key figures, and what qualifies it (disagreement, power, reversal).

    ``title`` says nothing about simulation: whoever shows it puts the mark SIMULATED before it. ``lead``: the sentence
    with the numbers of the title, where that does not state the mean but slopes or groups.
    """

    title: str
    figures: tuple[KeyFigure, ...] = ()
    sentences: tuple[str, ...] = ()
    lead: str = ""


def headline(result: StudyResult) -> Headline:
    """Return the headline of a result, by the shape of the study: one event, many events, or many instruments."""
    if not len(result.abnormal):
        total = len(result.ledger)
        lost = "it was" if total == 1 else f"{total} of {total} were"
        return Headline(
            f"{'The' if total == 1 else 'No'} event could {'not ' * (total == 1)}be studied: {lost} left out"
        )
    shape = shape_of(result)
    if shape == "average":
        return _reaction(result) or Headline(_mean_title(result), mean_figures(result), mean_sentences(result))
    if shape == "dots":
        return Headline(_several_title(result), several_figures(result))
    return Headline(_single_title(result), single_figures(result), single_sentences(result))


def _reaction(result: StudyResult) -> Headline | None:
    """Return the headline of a study of surprises or of groups; None for another study, or where nothing is known."""
    if result.reactions.surprise is None and not result.reactions.groups:
        return None
    study, said = with_words(result, {**aggregates_of(result), **document(result.reactions)}), mean_sentences(result)
    if slopes := tuple(slopes_of(study)) if result.reactions.surprise is not None else ():
        figures = surprise_figures(result, study, slopes)
        return Headline(surprise_title(study, slopes), figures, said, surprise_sentences(study)[0])
    if (found := contrast_of(result, study)) is None:
        return None
    return Headline(group_title(result, found), group_figures(result, study, found), said, group_sentences(study)[0])


def _mean_title(result: StudyResult) -> str:
    window = first_window(result)
    row = aggregate_of(aggregates_of(result), (window.start, window.stop))
    if row is None or not finite(size_of(row)):
        return "No mean could be computed"
    over, n = when(result, window), f"across {row['n_events']:,} {nouns(result)}"
    if not is_percent(result):
        size = unit_of(result.spec).of(size_of(row))
        return f"The mean abnormal {variable_name(result.spec)} was {size} {over}, {n}"
    if "abhar" in row:
        return f"The mean buy-and-hold abnormal return was {percent(result, size_of(row))} {over}, {n}"
    moved = verb_and_size(result, size_of(row))
    return f"Prices {moved} on average {over}{net_of(result, several=True)}, {n}"


def _several_title(result: StudyResult) -> str:
    window = first_window(result)
    cars, view = window_moves(result, window), dots_view(result)
    if not np.isfinite(cars).any():
        return "No response could be computed"
    mean, about, clear = float(np.nanmean(cars)), when(result, window, 0), int(view.clear.sum())
    out = f"{clear or 'none'} of them {'stand' if clear > 1 else 'stands'} out"
    many = f"{len(view.names):,} instruments"
    if not is_percent(result):
        size = unit_of(result.spec).of(mean)
        return f"The mean abnormal {variable_name(result.spec)} of {many} was {size} {about}; {out}"
    moved = verb_and_size(result, mean)
    return f"{many} {moved} on average {about}{net_of(result, several=True)}; {out}"


def _single_title(result: StudyResult) -> str:
    found = [(plain(row["instrument"], 40), size_of(row)) for row in reported_rows(result)]
    known = [(name, move) for name, move in found if math.isfinite(move)]
    if not known:
        return "No response could be computed"
    parts = [f"{name} {_moved(result, move)}" for name, move in known[:MOST_NAMED]]
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    more = f" ({len(known) - MOST_NAMED} more below)" if len(known) > MOST_NAMED else ""
    net = net_of(result, several=len(parts) > 1) if is_percent(result) else ""
    return f"{listed} {when(result, first_window(result), 0)}{net}{more}"


def _moved(result: StudyResult, move: float) -> str:
    if is_percent(result):
        return verb_and_size(result, move)
    return f"had an abnormal {variable_name(result.spec)} of {unit_of(result.spec).of(move)}"
