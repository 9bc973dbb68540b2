"""Moves on the clock: from which close to which a response is measured, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import instant_from_us
from eventstudy.report.figure_data import car_path, first_window, slice_of, window_words
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.show.escape import plain
from eventstudy.show.numbers import count_of, local, zone_name

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult
    from eventstudy.study.slices import PriceSlice

Json = Mapping[str, Any]
MOST_NAMED = 3
MINUTE = 60_000_000
LONGEST = 20 * 60 * MINUTE


def moved(result: StudyResult) -> str:
    """Return what moved by how much between which closes, or an empty string where the clock cannot tell.

    The moves named together span the same closes; a daily series and a minute series are not one sentence.
    """
    abnormal, window = result.abnormal, first_window(result)
    if not abnormal.closes.size or window.start != 0 or len(set(abnormal.events.tolist())) != 1:
        return ""
    cars = abnormal.car(window)
    spans = [_span(result, row) for row in range(len(abnormal))]
    rows = [r for r in range(len(abnormal)) if spans[r] == spans[0] and np.isfinite(cars[r])]
    piece = slice_of(result, 0)
    if not rows or piece is None:
        return ""
    unit, what = unit_of(result.spec), variable_name(result.spec)
    named = [f"{plain(abnormal.instruments[r], 40)} {unit.of(cars[r])}" for r in rows[:MOST_NAMED]]
    listed = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    others = len(abnormal) - len(named)
    more = f" ({others} more below)" if others else ""
    net = "" if result.spec.model == "zero" else f", net of {MODELS[result.spec.model].expectation}"
    prices = "the prices moved" if len(named) > 1 else "the price moved"
    prices = prices if what == "return" else f"the abnormal {what} was"
    return f"{from_to(spans[0], piece.zone, piece)} {prices}: {listed}{net}{more}."


def _span(result: StudyResult, row: int) -> tuple[int, int]:
    path = car_path(result, row)
    stop = result.abnormal.columns(first_window(result)).stop - 1
    zero = int(np.flatnonzero(path.tau == -1)[0])
    return int(path.at[zero]), int(result.abnormal.closes[row, stop])


def reported_span(result: StudyResult, row: int, window: Sequence[int]) -> tuple[int, int] | None:
    """Return the closing instants from which to which a window that begins with the event is measured."""
    if not result.abnormal.closes.size or window[0] != 0:
        return None
    path = car_path(result, row)
    zero = np.flatnonzero(path.tau == -1)
    stop = np.flatnonzero(result.abnormal.tau == window[1])
    return (int(path.at[zero[0]]), int(result.abnormal.closes[row, stop[0]])) if zero.size and stop.size else None


def from_to(span: tuple[int, int], zone: str, piece: PriceSlice, *, utc: bool = True) -> str:
    """Return the clock times of a move: ``From 18:00 to 18:40 Moscow time on 13 April 2021``."""
    start, stop = (instant_from_us(us) for us in span)
    where = f"{zone_name(zone)} time" if zone not in {"", "UTC"} else "UTC"
    if piece.step_us >= 20 * 3_600_000_000:
        return f"From the close of {local(start, zone, '%d %B %Y')} to that of {local(stop, zone, '%d %B %Y')}"
    in_utc = f" ({local(start, 'UTC', '%H:%M')} to {local(stop, 'UTC', '%H:%M')} UTC)"
    in_utc = in_utc if utc and where != "UTC" else ""
    day = local(stop, zone, "%d %B %Y").lstrip("0")
    return f"From {local(start, zone, '%H:%M')} to {local(stop, zone, '%H:%M')} {where} on {day}{in_utc}"


def horizons(result: StudyResult) -> dict[int, str]:
    """Return how long after the pre-event price a bar closes, by its tau: ``{4: "5 minutes"}``.

    Only bars shorter than a day that are as long after it for every event have one.
    """
    closes, tau = result.abnormal.closes, result.abnormal.tau
    before = np.flatnonzero(tau == -1)
    if not closes.size or not before.size:
        return {}
    spans = closes - closes[:, before]
    same = (spans == spans[:1]).all(axis=0) & (tau >= 0)
    found = {int(tau[j]): int(spans[0, j]) for j in np.flatnonzero(same)}
    return {at: minutes(us) for at, us in found.items() if 0 < us < LONGEST and us % MINUTE == 0}


def minutes(us: int) -> str:
    """Return a duration in words.

    >>> minutes(300_000_000), minutes(60_000_000), minutes(7_200_000_000), minutes(5_400_000_000)
    ('5 minutes', '1 minute', '2 hours', '90 minutes')
    """
    count = us // MINUTE
    return count_of(count // 60, "hour") if count >= 120 and count % 60 == 0 else count_of(count, "minute")


def with_words(result: StudyResult, study: Json) -> dict[str, Any]:
    """Return the result as JSON values whose rows also name their window, as ``words``: on the clock of the response.

    Means over events, and windows longer than a day, are named in event time. ``shown_unit`` and ``variable`` say what
    the moves are moves of, ``horizons`` how long after the pre-event price each bar closes where all events agree.
    """
    pairs = zip(result.abnormal.events.tolist(), result.abnormal.instruments.tolist(), strict=True)
    rows = {pair: row for row, pair in enumerate(pairs)}
    one = len({event for event, _ in rows}) == 1

    def named(given: Json) -> Json:
        row = rows[given["event"], given["instrument"]] if "event" in given else 0 if one else None
        return {**given, "words": window_words(result, Window(*given["window"]), row)}

    about = {
        "shown_unit": unit_of(result.spec),
        "variable": variable_name(result.spec),
        "horizons": horizons(result),
    }
    return {**study, **about, **{name: [named(row) for row in study[name]] for name in ("responses", "aggregates")}}
