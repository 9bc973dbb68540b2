"""What a notebook shows of a result: finding, key figures, a small plot in the colors of the theme, one table."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, instant_from_us, value
from eventstudy.report.figure_data import car_path, name_of, slice_of
from eventstudy.report.figures import shape_of
from eventstudy.report.finding import average_of
from eventstudy.report.front_table import HORIZONS, front_table
from eventstudy.report.headline import headline
from eventstudy.report.html import environment
from eventstudy.report.key_numbers import primary_rows, size_of
from eventstudy.report.mean_data import mean_path
from eventstudy.report.shown_units import unit_of
from eventstudy.report.tables import Column, Table
from eventstudy.report.views import pointwise_band
from eventstudy.show.escape import plain
from eventstudy.show.numbers import Unit, local, share, zone_name

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

MOST_EXTREMES, MOST_UNUSED = 5, 5
MOST_TICKS = 4
DAILY_US = 20 * 3_600_000_000
LEFT, RIGHT, TOP, BOTTOM, WIDTH = 52, 110, 14, 18, 560
HEIGHT = 132


@value(slots=True)
class NotebookLine:
    """A cumulative abnormal return with its band, ready to be plotted: decimals, shape (P,), and words.

    ``center`` is the middle of the band: the mean itself, or zero for one event among comparable days. ``event`` is the
    place of the first post-event price; ``labels`` are pairs (place, words) below the axis.
    """

    y: FloatArray
    center: FloatArray
    half: FloatArray
    event: int
    labels: tuple[tuple[int, str], ...]
    words: str
    band: str = ""


@value(slots=True)
class Drawing:
    """The elements of the inline SVG, as attribute texts; every text is plain."""

    line: str
    band: str
    zero: float
    shade: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    end: tuple[float, float, str]
    words: str
    note: str


def fragment(result: StudyResult) -> str:
    """Return the result as a piece of HTML for a notebook; every text from outside is escaped by the template."""
    study = result.to_dict()
    said, brief = headline(result), front_table(result).without(HORIZONS) if len(result.abnormal) else None
    unused = [o for o in result.ledger if o.outcome != "used"]
    line, unit = _line(result, study), unit_of(result.spec)
    return (
        environment()
        .get_template("notebook.html")
        .render(
            simulated=result.simulated,
            title=plain(said.title, 400),
            about=name_of(result),
            figures=said.figures,
            sentences=said.sentences,
            columns=brief.table.columns if brief else (),
            rows=brief.table.shown() if brief else (),
            omitted=brief.omitted if brief else 0,
            note=brief.note if brief else "",
            extremes=_extremes(result, study),
            drawing=None if line is None else draw(line, unit),
            width=WIDTH,
            height=HEIGHT,
            unused=[(plain(f"{o.event} {o.instrument}", 80), plain(o.reason, 200)) for o in unused[:MOST_UNUSED]],
            n_unused=len(unused),
            notices=[(notice.code, plain(notice.message, 400)) for notice in result.notices],
        )
    )


def _extremes(result: StudyResult, study: Any) -> Table | None:
    """Return the largest and the smallest responses of many, over the primary window."""
    mean, unit = average_of(study), unit_of(result.spec)
    if mean is None:
        return None
    rows = sorted(primary_rows(study), key=size_of, reverse=True)
    if len(rows) > 2 * MOST_EXTREMES:
        rows = [*rows[:MOST_EXTREMES], *rows[-MOST_EXTREMES:]]
    columns = (
        Column("event", "Event"),
        Column("instrument", "Instrument"),
        Column("move", f"Move, {unit.name}".rstrip(", "), "words"),
    )
    cells = tuple((plain(r["event"], 60), plain(r["instrument"], 40), unit.show(size_of(r))) for r in rows)
    caption = "Largest and smallest responses" if len(cells) == 2 * MOST_EXTREMES else "Responses"
    return Table("extremes", caption, columns, cells, result.simulated)


def _line(result: StudyResult, study: Any) -> NotebookLine | None:
    if not len(result.abnormal) or len(result.abnormal.tau) < 2:
        return None
    if average_of(study) is not None:
        return _mean_line(result)
    return _instruments_line(result) if shape_of(result) == "dots" and len(result.abnormal) > 1 else _event_line(result)


def _mean_line(result: StudyResult) -> NotebookLine:
    """Return the mean cumulative abnormal return of the page's figure: zero at the last close before the news."""
    view = mean_path(result)
    tau = view.tau
    event = int(np.flatnonzero(tau == 0)[0]) + 1 if (tau == 0).any() else 0
    places = sorted({1, event, len(tau)} - {0})
    labels = tuple((place, f"{tau[place - 1]:+d}" if tau[place - 1] else "event") for place in places)
    kind = "buy-and-hold" if view.held else "cumulative"
    words = f"Mean {kind} abnormal return of {len(result.abnormal):,} observations"
    band = f"{share(view.steps.level)} interval of the mean"
    return NotebookLine(view.car, view.car, view.high - view.car, event, labels, words, band)


def _instruments_line(result: StudyResult) -> NotebookLine:
    """Return the mean over many instruments of one event, without a band: moves at one time are not independent."""
    line = _mean_line(result)
    words = line.words.replace("observations", "instruments")
    return replace(line, half=np.zeros(len(line.y)), words=words, band="")


def _event_line(result: StudyResult) -> NotebookLine | None:
    if not result.abnormal.closes.size:
        return None
    path = car_path(result, 0)
    band = pointwise_band(path)
    half = np.zeros(len(path.car)) if band is None else np.array(band.half, dtype=np.float64)
    piece = slice_of(result, 0)
    zone = result.zone or "UTC" if piece is None else piece.zone
    daily = np.median(np.diff(path.at)) >= DAILY_US
    first = np.flatnonzero(path.tau == 0)
    event = int(first[0]) if first.size else 0
    form = "%d %b" if daily else "%H:%M"
    words = f"Cumulative abnormal return of {plain(str(result.abnormal.instruments[0]), 40)}"
    words += "" if daily else f", {zone_name(zone)} time"
    note = "" if band is None else "95% of comparable days" if len(path.placebo) else "95% range without an event"
    return NotebookLine(path.car, np.zeros(len(path.car)), half, event, _clock(path.at, event, zone, form), words, note)


def _clock(at: IntArray, event: int, zone: str, form: str) -> tuple[tuple[int, str], ...]:
    """Return the clock at both ends and at the event, where the words do not run into each other."""
    last = len(at) - 1
    room = max(1, round(0.12 * last))
    places = [0, *([event] if room <= event <= last - room else []), last]
    return tuple((place, local(instant_from_us(int(at[place])), zone, form)) for place in places)


def draw(line: NotebookLine, unit: Unit) -> Drawing:
    """Return the plot of a line: a path, a band, the event shaded, two values at the axis."""
    finite = np.isfinite(line.y)
    half = np.where(np.isfinite(line.half), line.half, 0.0)
    shown = np.concatenate([line.y[finite], (line.center - half)[finite], (line.center + half)[finite], [0.0]])
    low, high = float(shown.min()), float(shown.max())
    high = high if high > low else low + 1e-4

    def x(place: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * place / max(len(line.y) - 1, 1), 1)

    def y(number: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - number) / (high - low), 1)

    places = np.flatnonzero(finite).tolist()
    upper = [f"{x(i)} {y(float(line.center[i] + half[i]))}" for i in places]
    lower = [f"{x(i)} {y(float(line.center[i] - half[i]))}" for i in reversed(places)]
    last = places[-1] if places else 0
    end = float(line.y[last]) if places else 0.0
    return Drawing(
        line="M" + "L".join(f"{x(i)} {y(float(line.y[i]))}" for i in places) if places else "",
        band="M" + "L".join([*upper, *lower]) + "z" if half.any() else "",
        zero=y(0.0),
        shade=(x(max(line.event - 1, 0)), round(x(line.event) - x(max(line.event - 1, 0)), 1)),
        ticks=_ticks(low, high, y, unit),
        labels=tuple((x(place), words) for place, words in line.labels),
        end=(x(last), y(end), unit.of(end)),
        words=f"{line.words}: {unit.of(end)} at the end",
        note=line.band,
    )


def _ticks(low: float, high: float, y: Any, unit: Unit) -> tuple[tuple[float, str], ...]:
    """Return zero and two to five round numbers of the axis in all."""
    wide = (high - low) * unit.scale
    ten = 10.0 ** math.floor(math.log10(wide / MOST_TICKS))
    step = next(ten * size for size in (1, 2, 2.5, 5, 10, 20) if wide / (ten * size) <= MOST_TICKS)
    numbers = range(math.ceil(low * unit.scale / step - 1e-9), math.floor(high * unit.scale / step + 1e-9) + 1)
    return tuple((y(n * step / unit.scale), f"{n * step:+,.6g}" if n else "0") for n in numbers)
