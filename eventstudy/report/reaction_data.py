"""Views of what reactions go with: means by group, slopes on the surprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import UsageError
from eventstudy.report.figure_data import bar_noun, first_window, window_words
from eventstudy.report.many_views import Dots, MeanSteps
from eventstudy.report.shown_units import unit_of
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult


def groups_view(result: StudyResult) -> Dots:
    """Return the mean of each group of the first grouping on the reported window, in the order of the groups."""
    if not result.reactions.groups:
        raise UsageError("The study has no groups of events.", remedy='Set by = ["column"] in [groups] of the study.')
    one, window, level = result.reactions.groups[0], first_window(result), result.spec.level
    means = [m for m in one.means if m.window == window and np.isfinite(m.mean)]
    if not means:
        raise UsageError("No group has a mean on the reported window.", remedy="See to_frame('groups').")
    names = tuple(f"{plain(', '.join(m.group), 40)} ({m.n:,})" for m in means)
    mean, low, high, p = (np.array([getattr(m, k) for m in means]) for k in ("mean", "low", "high", "pvalue"))
    title = f"Mean by {plain(', '.join(one.by), 60)}"
    if len(means) > 1:
        ends = ((mean[i], plain(", ".join(means[i].group), 40)) for i in (int(mean.argmin()), int(mean.argmax())))
        title += ": from " + " to ".join(f"{unit_of(result.spec).of(float(size))} ({name})" for size, name in ends)
    filled = f"p at most {1 - level:g}; in brackets: observations"
    about = window_words(result, window)
    clear = p <= 1 - level
    interval = f"{'one-sided ' if np.isinf([low, high]).any() else ''}interval of each mean"
    return Dots(
        title,
        names,
        mean,
        low,
        high,
        p,
        clear,
        about,
        level,
        interval,
        filled,
        "p",
        None,
        False,
        unit_of(result.spec),
        result.simulated,
    )


def surprise_view(result: StudyResult) -> MeanSteps:
    """Return the slope of the move on the surprise at every bar, with its interval."""
    found = result.reactions.surprise
    paths = [p for p in found.paths if p.slope.size and np.isfinite(p.slope).any()] if found is not None else []
    if not paths:
        raise UsageError("The study has no regression on a surprise.", remedy="Name its column in [surprise].")
    path, level = paths[0], result.spec.level
    window, unit = first_window(result), unit_of(result.spec)
    name = f"{unit.name or unit.words} per unit of the surprise"
    shown = Unit("bp" if unit.name == "bp" else "", name, unit.scale, unit.decimals)
    about = ", ".join(
        filter(None, (path.instrument, path.label, "" if path.sign == "both" else f"{path.sign} surprises"))
    )
    count = f"{about or 'all instruments'}, {int(np.max(path.n)):,} observations; {name}"
    none = np.full(len(path.tau), np.nan)
    return MeanSteps(
        path.tau,
        path.slope,
        path.low,
        path.high,
        path.pvalue <= 1 - level,
        none,
        (window.start, window.stop),
        level,
        bar_noun(result),
        count,
        shown,
        result.simulated,
        f"Filled: p at most {1 - level:g}, each bar separately",
    )
