"""The figures of a result: each draws into ``ax`` or into a new figure and returns its axes.

``calibration`` takes the answer of ``calibrate``, all others that of ``run_study``.

No window opens, and matplotlib's settings and current figure stay as they were. ``style`` is ``"light"``, ``"dark"``
or ``"print"``, ``width`` is ``"wide"`` or ``"narrow"`` (a phone) for a new figure. Where a result has nothing that a
figure could show, a :class:`~eventstudy.errors.UsageError` says what is missing.

>>> sorted(FIGURES)  # doctest: +NORMALIZE_WHITESPACE
['assumed_times', 'average', 'calendar', 'calibration', 'car_bands', 'car_by_time', 'forest', 'instruments', 'placebo',
 'placebo_size', 'response_panel']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eventstudy.arrays import look_up
from eventstudy.errors import UsageError
from eventstudy.report import figure_data as cut
from eventstudy.report.intraday import interval_of, intraday_responses
from eventstudy.report.plots.intraday import draw_assumed_times, draw_instruments
from eventstudy.report.plots.paths import draw_average, draw_car_bands
from eventstudy.report.plots.sheet import draw_response
from eventstudy.report.plots.sizes import draw_placebo_size, draw_sizes, sizes_height
from eventstudy.report.plots.spread import draw_forest, draw_placebo, forest_size
from eventstudy.report.plots.times import draw_assumed, draw_calendar
from eventstudy.report.sizes import placebo_size_view, sizes_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eventstudy.study.calibrate import Calibration
    from eventstudy.study.result import StudyResult

SIZES = {"wide": (7.6, 4.4), "narrow": (4.1, 4.3)}


def response_panel(
    result: StudyResult,
    ax: Axes | None = None,
    *,
    style: str = "light",
    width: str = "wide",
    event: str = "",
    instrument: str = "",
) -> Axes:
    """Draw price, cumulated abnormal return with its placebo band, and volume around one event.

    Parameters
    ----------
    result : StudyResult
    ax : matplotlib.axes.Axes or None
        Where to draw; its whole area is used for the parts of the panel. None makes a new figure.
    style : {"light", "dark", "print"}
    width : {"wide", "narrow"}
    event, instrument : str
        Which response; empty for the first that was used.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the cumulated abnormal return; ``.figure`` is the figure.

    Raises
    ------
    UsageError
        If nothing was used that could be drawn, or the pair is not among the responses.
    """
    return draw_response(cut.response_view(result, event, instrument), ax, style=style, width=width)


def car_bands(
    result: StudyResult,
    ax: Axes | None = None,
    *,
    style: str = "light",
    width: str = "wide",
    event: str = "",
    instrument: str = "",
) -> Axes:
    """Draw one event's CAR in event time with its pointwise and its joint band."""
    return draw_car_bands(cut.response_view(result, event, instrument, clock=False), ax, style, SIZES[width])


def average(result: StudyResult, ax: Axes | None = None, *, style: str = "light", width: str = "wide") -> Axes:
    """Draw AAR and CAAR with the band of the mean over the faint lines of the events."""
    return draw_average(cut.average_path(result), ax, style, SIZES[width])


def placebo(
    result: StudyResult,
    ax: Axes | None = None,
    *,
    style: str = "light",
    width: str = "wide",
    event: str = "",
    instrument: str = "",
) -> Axes:
    """Draw the histogram of one event's placebo days with the event marked."""
    return draw_placebo(cut.placebo_view(result, event, instrument), ax, style, SIZES[width])


def car_by_time(
    result: StudyResult,
    ax: Axes | None = None,
    *,
    style: str = "light",
    width: str = "wide",
    event: str = "",
    instrument: str = "",
) -> Axes:
    """Draw the response against the assumed moment of the news."""
    view = cut.response_view(result, event, instrument)
    if view.prices is None:
        raise UsageError("The study was made from returns, so it has no prices to draw.", remedy="Run it on Bars.")
    return draw_assumed(view, ax, style, SIZES[width])


def forest(result: StudyResult, ax: Axes | None = None, *, style: str = "light", width: str = "wide") -> Axes:
    """Draw one row per event with its CAR and interval."""
    view = cut.forest_view(result)
    wide, tall = forest_size(len(view.names))
    return draw_forest(view, ax, style, (wide if width == "wide" else SIZES[width][0], tall))


def calibration(
    result: Sequence[Calibration], ax: Axes | None = None, *, style: str = "light", width: str = "wide"
) -> Axes:
    """Draw what ``calibrate`` found: how often each test rejects where nothing happened, with the honest range."""
    view = sizes_view(result)
    return draw_sizes(view, ax, style, (SIZES[width][0], sizes_height(len(view.names))))


def placebo_size(result: StudyResult, ax: Axes | None = None, *, style: str = "light", width: str = "wide") -> Axes:
    """Draw how often the model's t-test rejects on the placebo days, against the size it promises."""
    return draw_placebo_size(placebo_size_view(result), ax, style, SIZES[width])


def calendar(result: StudyResult, ax: Axes | None = None, *, style: str = "light", width: str = "wide") -> Axes:
    """Draw the events by day and hour, used and left out."""
    return draw_calendar(cut.event_dots(result), ax, style, SIZES[width])


def instruments(
    result: StudyResult, ax: Axes | None = None, *, style: str = "light", width: str = "wide", event: str = ""
) -> Axes:
    """Draw every instrument of one event on one clock: path, pointwise and joint bands, seams, volume."""
    responses = intraday_responses(result, event)
    return draw_instruments(responses, interval_of(result, responses[0]), ax, style=style, width=width)


def assumed_times(
    result: StudyResult,
    ax: Axes | None = None,
    *,
    style: str = "light",
    width: str = "wide",
    event: str = "",
    instrument: str = "",
) -> Axes:
    """Draw the move after each assumed moment of the news with its pointwise and whole-curve bands."""
    found = [r for r in intraday_responses(result, event) if instrument in ("", r.instrument)]
    curves = [response for response in found if response.assumed_times is not None]
    if not curves:
        raise UsageError("The time of this event leaves nothing to assume.", remedy="Draw the response panel instead.")
    return draw_assumed_times(curves[0], ax, style, SIZES[width])


FIGURES: dict[str, Callable[..., Axes]] = {
    "response_panel": response_panel,
    "car_bands": car_bands,
    "average": average,
    "placebo": placebo,
    "car_by_time": car_by_time,
    "forest": forest,
    "calibration": calibration,
    "placebo_size": placebo_size,
    "calendar": calendar,
    "instruments": instruments,
    "assumed_times": assumed_times,
}


def figure(name: str) -> Callable[..., Axes]:
    """Return a row of ``FIGURES``; an unknown name lists the known ones."""
    return look_up("figure", FIGURES, name)
