"""Views of how often tests reject where nothing happened: on placebo studies, and on one study's placebo days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.errors import UsageError
from eventstudy.report.figure_data import first_window, name_of, placebo_days
from eventstudy.report.finding import words
from eventstudy.report.views import PlaceboSize, Sizes
from eventstudy.show.escape import plain
from eventstudy.show.numbers import span, unstamped

if TYPE_CHECKING:
    from eventstudy.study.calibrate import Calibration
    from eventstudy.study.result import StudyResult

FINEST_SIZE, LARGEST_SIZE, SIZES = 0.01, 0.20, 20


def sizes_view(found: Sequence[Calibration]) -> Sizes:
    """Return what ``calibrate`` found, one row per test and window, ready to be drawn.

    Raises
    ------
    UsageError
        If it found nothing, or was given something else than the answer of ``calibrate``.
    """
    rows = tuple(found) if isinstance(found, Sequence) else ()
    if not rows or not all(hasattr(row, "band") for row in rows):
        raise UsageError(
            "The calibration figure draws what calibrate() returns, and was given none of it.",
            remedy="Call eventstudy.study.calibrate.calibrate, or draw 'placebo_size' from a result.",
        )
    levels = sorted(rows[0].size)
    several = len({row.window for row in rows}) > 1
    title = plain(rows[0].study, 160)
    simulated = any(row.simulated for row in rows)
    return Sizes(
        names=tuple(words(r.test) + (f" {span((r.window.start, r.window.stop))}" if several else "") for r in rows),
        levels=np.array(levels),
        share=np.array([[row.size[level] for level in levels] for row in rows]),
        low=np.array([[row.band[level][0] for level in levels] for row in rows]),
        high=np.array([[row.band[level][1] for level in levels] for row in rows]),
        draws=np.array([row.draws for row in rows], dtype=np.int64),
        title=unstamped(title) if simulated else title,
        simulated=simulated,
    )


def placebo_size_view(result: StudyResult) -> PlaceboSize:
    """Return how often the model's own t-test would have rejected on the placebo days, against its size.

    On a day without an event a test of size s should reject with probability s. The gray band holds 95 % of what
    chance gives a right test on that many days.
    """
    from scipy.stats import binom, t

    abnormal, window = result.abnormal, first_window(result)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(abnormal.window_variance(window))
    days = enumerate(placebo_days(result, window))
    p = [2 * t.sf(np.abs(cars) / se[r], abnormal.df()[r]) for r, cars in days if np.isfinite(se[r]) and se[r] > 0]
    values = np.concatenate(p) if p else np.zeros(0)
    if not values.size:
        raise UsageError(
            "There are no sizes to plot: they need placebo days and a model that estimates a variance.",
            remedy="Use the test 'placebo' with a model such as 'constant_mean' or 'same_clock_mean'.",
        )
    nominal = np.linspace(FINEST_SIZE, LARGEST_SIZE, SIZES)
    observed = np.array([(values <= size).mean() for size in nominal])
    low, high = (np.asarray(binom.ppf(q, len(values), nominal)) / len(values) for q in (0.025, 0.975))
    band = f"95% range of a correctly sized test on {len(values)} days"
    return PlaceboSize(nominal, observed, low, high, band, name_of(result), result.simulated)
