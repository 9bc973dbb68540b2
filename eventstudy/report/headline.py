"""The finding in five seconds: one sentence, four key figures with words, and the sentences that qualify them.

Page, terminal and notebook show this one value; each number is computed once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import value
from eventstudy.report.clock_words import with_words
from eventstudy.report.figure_data import first_window, window_moves
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import decided, finite
from eventstudy.report.front_groups import contrast_of, group_figures, group_title
from eventstudy.report.front_many import mean_figures, mean_sentences, several_figures
from eventstudy.report.front_single import single_figures, single_sentences
from eventstudy.report.front_surprise import surprise_figures, surprise_title
from eventstudy.report.group_tables import group_sentences
from eventstudy.report.key_figures import KeyFigure, is_percent, net_of, nouns, percent, verb_and_size, when
from eventstudy.report.key_numbers import aggregate_of, reported_rows, size_of, test_of
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
    window, study = first_window(result), aggregates_of(result)
    row = aggregate_of(study, (window.start, window.stop))
    if row is None or not finite(size_of(row)):
        return "No mean could be computed"
    over, n, move = when(result, window), f"across {row['n_events']:,} {nouns(result)}", size_of(row)
    test = test_of(study, row)
    several = len(set(result.abnormal.instruments.tolist())) > 1
    held, net = "buy-and-hold " * ("abhar" in row), net_of(result, several=several)
    if test and decided(test) > 1 - result.spec.level:
        return f"{_undetected(result, held)} {over}: {_size(result, move)}{net.removeprefix(',')}, {n}"
    if held or not is_percent(result):
        what = f"{held}abnormal {variable_name(result.spec)}"
        return f"The mean {what} was {_size(result, move)} {over}, {n}"
    return f"Prices {verb_and_size(result, move)} on average {over}{net}, {n}"


def _undetected(result: StudyResult, held: str = "") -> str:
    """Return the beginning of the title of a mean that is not distinguishable from zero: it claims no move."""
    simple = is_percent(result) and not held
    return f"No detectable mean {'move' if simple else f'{held}abnormal {variable_name(result.spec)}'}"


def _size(result: StudyResult, move: float) -> str:
    return percent(result, move) or unit_of(result.spec).of(move)


def _several_title(result: StudyResult) -> str:
    window = first_window(result)
    cars, view = window_moves(result, window), dots_view(result)
    if not np.isfinite(cars).any():
        return "No response could be computed"
    mean, about, clear = float(np.nanmean(cars)), when(result, window, 0), int(view.clear.sum())
    out = f"{clear or 'none'} of them {'stand' if clear > 1 else 'stands'} out"
    many, net = f"{len(view.names):,} instruments", net_of(result, several=True)
    if view.mean is not None and view.mean.test and view.mean.p > 1 - result.spec.level:
        return f"{_undetected(result)} of {many} {about}: {_size(result, mean)}{net.removeprefix(',')}; {out}"
    if not is_percent(result):
        what = f"The mean abnormal {variable_name(result.spec)} of {many}"
        return f"{what} was {_size(result, mean)} {about}; {out}"
    return f"{many} {verb_and_size(result, mean)} on average {about}{net}; {out}"


def _single_title(result: StudyResult) -> str:
    found = [(plain(row["instrument"], 40), size_of(row)) for row in reported_rows(result)]
    known = [(name, move) for name, move in found if math.isfinite(move)]
    if not known:
        return "No response could be computed"
    parts = _moves(result, known[:MOST_NAMED])
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    more = f" ({len(known) - MOST_NAMED} more below)" if len(known) > MOST_NAMED else ""
    net = net_of(result, several=len(parts) > 1) if is_percent(result) else ""
    return f"{listed} {when(result, first_window(result), 0)}{net}{more}"


def _moves(result: StudyResult, moves: Sequence[tuple[str, float]]) -> list[str]:
    """Return each name with its move; a verb that all of them share is said once: ``A rose 1.3%, B 1.1%``."""
    parts = [_moved(result, move) for _, move in moves]
    verbs = {part.partition(" ")[0] for part in parts}
    if is_percent(result) and len(verbs) == 1 and verbs <= {"rose", "fell"}:
        parts = [parts[0], *(part.partition(" ")[2] for part in parts[1:])]
    return [f"{name} {part}" for (name, _), part in zip(moves, parts, strict=True)]


def _moved(result: StudyResult, move: float) -> str:
    if is_percent(result):
        return verb_and_size(result, move)
    return f"had an abnormal {variable_name(result.spec)} of {unit_of(result.spec).of(move)}"
