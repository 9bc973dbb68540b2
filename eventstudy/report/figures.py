"""The figures of a result: each is plotted inside given axes or in a new figure, and returns its main axes.

``calibration`` takes the answer of ``calibrate``, all others that of ``run_study``; ``specifications`` also takes
the answer of ``es.specifications``.

No window opens, and matplotlib's settings and current figure stay as they were. Where a result has nothing that a
figure could show, a :class:`~eventstudy.errors.UsageError` says what is missing.

>>> sorted(FIGURES)  # doctest: +NORMALIZE_WHITESPACE
['aar', 'agreement', 'assumed_times', 'average', 'calendar', 'calibration', 'car_bands', 'car_by_time', 'distribution',
 'dots', 'fit', 'groups', 'heatmap', 'horizons', 'instruments', 'placebo', 'placebo_mean', 'placebo_size',
 'response_panel', 'specifications', 'surprise', 'volume_path']
"""

from __future__ import annotations

from typing import Any

from eventstudy.errors import UnknownNameError
from eventstudy.renamed import hint
from eventstudy.report import figure_data as one
from eventstudy.report import grid_data as grid
from eventstudy.report import intraday as clock
from eventstudy.report import many_data as many
from eventstudy.report import mean_data as mean
from eventstudy.report import reaction_data as reaction
from eventstudy.report import specification_data as curve
from eventstudy.report.plots import counts, curves, dots, fit, grids, means, panel, sizes
from eventstudy.report.plots import intraday as clocks
from eventstudy.report.plots.figure_row import FigureRow
from eventstudy.report.sizes import placebo_size_view, sizes_view

FIGURES: dict[str, FigureRow] = {
    "response_panel": FigureRow(
        "Price, cumulative abnormal return over comparable days, and volume around one event.",
        lambda result, pick: one.response_view(result, pick.event, pick.instrument),
        panel.say_panel,
        panel.draw_panel,
        panel.panel_height,
    ),
    "average": FigureRow(
        "Mean abnormal return of each day, and the mean cumulative abnormal return with its interval.",
        lambda result, _: mean.mean_path(result),
        means.say_average,
        means.draw_average,
        means.average_height,
    ),
    "dots": FigureRow(
        "Every response with its interval, largest first, and the mean; filled where it stands out after adjustment.",
        lambda result, _: many.dots_view(result),
        dots.say_dots,
        dots.draw_dots,
        dots.dots_height,
        1.0,  # a row per instrument needs the height of its words
    ),
    "instruments": FigureRow(
        "Every instrument of one event on one clock, each over the band of its comparable days.",
        lambda result, pick: clock.instruments_view(result, pick.event),
        clocks.say_instruments,
        clocks.draw_instruments,
        clocks.instruments_height,
    ),
    "placebo": FigureRow(
        "One event among its comparable days, one dot each.",
        lambda result, pick: one.placebo_view(result, pick.event, pick.instrument),
        counts.say_placebo,
        counts.draw_placebo,
        counts.counts_height,
    ),
    "placebo_mean": FigureRow(
        "The mean of all instruments of one event among the means of its comparable days.",
        lambda result, _: many.mean_placebo_view(result),
        counts.say_placebo,
        counts.draw_placebo,
        counts.counts_height,
    ),
    "horizons": FigureRow(
        "The move since the last price before the news at several times, with intervals.",
        lambda result, pick: clock.horizons_view(result, pick.event, pick.instrument),
        clocks.say_horizons,
        clocks.draw_horizons,
        clocks.horizons_height,
    ),
    "distribution": FigureRow(
        "The moves of all events, one dot each or a histogram, with their mean and cumulative distribution.",
        lambda result, _: many.distribution_view(result),
        counts.say_distribution,
        counts.draw_distribution,
        counts.counts_height,
    ),
    "agreement": FigureRow(
        "The p-values of all tests of one window on a log scale, the primary test first.",
        lambda result, pick: many.agreement_view(
            result, pick.event, pick.instrument, largest=shape_of(result) == "dots"
        ),
        sizes.say_agreement,
        sizes.draw_agreement,
        sizes.agreement_height,
    ),
    "heatmap": FigureRow(
        "Abnormal returns of every event by day, or moves by event and instrument, in color.",
        lambda result, _: grid.heat_view(result),
        grids.say_heatmap,
        grids.draw_heatmap,
        grids.heatmap_height,
    ),
    "groups": FigureRow(
        "The mean of each group of events with its interval.",
        lambda result, _: reaction.groups_view(result),
        dots.say_dots,
        dots.draw_dots,
        dots.dots_height,
        1.0,
    ),
    "surprise": FigureRow(
        "The slope of the move on the surprise, bar by bar, with its interval.",
        lambda result, _: reaction.surprise_view(result),
        means.say_slopes,
        means.draw_aar,
        means.slopes_height,
    ),
    "specifications": FigureRow(
        "The estimates of all specifications in order, and below each the choices behind it.",
        lambda result, _: curve.curve_view(result),
        curves.say_curve,
        curves.draw_curve,
        curves.curve_height,
    ),
    "aar": FigureRow(
        "Mean abnormal return of each day with its interval and the limit adjusted for the number of days.",
        lambda result, _: mean.mean_steps(result),
        means.say_aar,
        means.draw_aar,
        means.aar_height,
    ),
    "car_bands": FigureRow(
        "One event's cumulative abnormal return in event time, with its pointwise and its simultaneous band.",
        lambda result, pick: mean.event_bands(result, pick.event, pick.instrument),
        means.say_bands,
        means.draw_car_bands,
        means.bands_height,
    ),
    "fit": FigureRow(
        "Returns of the estimation window against the market with their line, and the reported returns.",
        lambda result, pick: grid.fit_view(result, pick.event, pick.instrument),
        fit.say_cloud,
        fit.draw_cloud,
        fit.cloud_height,
    ),
    "volume_path": FigureRow(
        "Volume over its median on comparable days, bar by bar around the news.",
        lambda result, _: mean.volume_view(result),
        means.say_volume,
        means.draw_volume_path,
        means.aar_height,
    ),
    "assumed_times": FigureRow(
        "The move after each assumed time of the news, with the bands of the same curve on comparable days.",
        lambda result, pick: clock.assumed_view(result, pick.event, pick.instrument),
        clocks.say_assumed,
        clocks.draw_assumed_times,
        clocks.assumed_height,
    ),
    "car_by_time": FigureRow(
        "The return from each assumed time of the news to the end of the reported window.",
        lambda result, pick: clock.moves_by_time(result, pick.event, pick.instrument),
        clocks.say_assumed,
        clocks.draw_assumed_times,
        clocks.assumed_height,
    ),
    "calendar": FigureRow(
        "When the events were, by day and hour; several at one moment are one larger dot.",
        lambda result, _: one.event_dots(result),
        grids.say_calendar,
        grids.draw_calendar,
        grids.calendar_height,
    ),
    "calibration": FigureRow(
        "Rejection rates of calibrate() without an effect, over the range of a correctly sized test.",
        lambda result, _: sizes_view(result),
        sizes.say_sizes,
        sizes.draw_sizes,
        sizes.sizes_height,
    ),
    "placebo_size": FigureRow(
        "How often the time-series t test rejects on comparable days, against its nominal size.",
        lambda result, _: placebo_size_view(result),
        sizes.say_placebo_size,
        sizes.draw_placebo_size,
        sizes.placebo_size_height,
    ),
}


def figure(name: str) -> FigureRow:
    """Return a row of ``FIGURES``; an unknown name lists the known ones."""
    if name not in FIGURES:
        raise UnknownNameError("figure", name, FIGURES, nearest=hint("figure", name, FIGURES))
    return FIGURES[name]


def shape_of(result: Any) -> str:
    """Return the figure that suits the study: of one event its panel or all its instruments, of several their mean."""
    abnormal = result.abnormal
    if len(set(abnormal.events.tolist())) > 1:
        return "average"
    return "dots" if len(abnormal) > MOST_PANELS or not abnormal.closes.size else "response_panel"


MOST_PANELS = 5
