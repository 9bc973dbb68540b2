"""Views cut from a result: which event, which cells, which days; the figures see nothing else."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import DAY_US, FloatArray, IntArray, instant_from_us, instant_us
from eventstudy.errors import UsageError
from eventstudy.report.shown_units import unit_of, variable_name
from eventstudy.report.views import (
    CarPath,
    EventDots,
    Pause,
    PlaceboView,
    PriceWindow,
    ResponseView,
    band_rank,
)
from eventstudy.show.escape import plain
from eventstudy.show.numbers import local, unstamped, window_label

if TYPE_CHECKING:
    from eventstudy.abnormal.abnormal_returns import AbnormalReturns
    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.response.values import Response
    from eventstudy.study.result import StudyResult
    from eventstudy.study.slices import PriceSlice


def name_of(result: StudyResult) -> str:
    """Return the study's title, without its own stamp where the stamp is put on anyway."""
    title = plain(result.spec.title or result.spec.name, 160)
    return unstamped(title) if result.simulated else title


def first_window(result: StudyResult) -> Window:
    """Return the window that the finding is about, in bars: the primary one, else the first."""
    if result.primary is not None:
        return result.primary.window
    return (result.windows or result.spec.test_windows)[0]


def find_row(result: StudyResult, event: str, instrument: str) -> int:
    """Return the row of one response; empty names mean the first that was used."""
    abnormal = result.abnormal
    for row in range(len(abnormal)):
        if event in ("", abnormal.events[row]) and instrument in ("", abnormal.instruments[row]):
            return row
    if not len(abnormal):
        raise UsageError("No event of this study was used, so there is nothing to draw.", remedy="See its outcomes.")
    pairs = ", ".join(f"{e} {i}" for e, i in zip(abnormal.events[:8], abnormal.instruments[:8], strict=True))
    raise UsageError(f"The study has no response named {event!r} {instrument!r}; it has {plain(pairs)}.")


def slice_of(result: StudyResult, row: int) -> PriceSlice | None:
    pair = (result.abnormal.events[row], result.abnormal.instruments[row])
    return next((s for s in result.prices if (s.event, s.instrument) == pair), None)


def prices_of(result: StudyResult) -> FloatArray:
    """Return the closing price of every cell, event by event; NaN where the study has no prices."""
    abnormal = result.abnormal
    prices = np.full(abnormal.ar.shape, np.nan)
    for row in range(len(abnormal)) if abnormal.closes.size else ():
        if (piece := slice_of(result, row)) is not None:
            at = np.searchsorted(piece.closes, abnormal.closes[row]).clip(0, len(piece.closes) - 1)
            usable = piece.closes[at] == abnormal.closes[row]
            prices[row, usable] = piece.close[at[usable]]
    return prices.reshape(-1)


def car_path(result: StudyResult, row: int) -> CarPath:
    """Return one event's path in event time, zero at the last close before the news."""
    abnormal = result.abnormal
    tau, closes = abnormal.tau, abnormal.closes[row]
    if not closes.size:
        raise UsageError("The study is too large to keep the instants of its cells.", remedy="Run it on fewer events.")
    points = np.concatenate([[tau[0] - 1], tau])
    zero = int(np.clip(-1 - points[0], 0, len(points) - 1))
    placebo = result.placebo.ar[row] if result.placebo is not None else np.zeros((0, len(tau)))
    between = [Window(min(p, zero) + points[0] + 1, max(p, zero) + points[0]) for p in range(len(points)) if p != zero]
    draws = [result.placebo_cars[w][row] for w in between if w in result.placebo_cars]
    draws[zero:zero] = [np.zeros(0)] if draws else []
    base = _base(slice_of(result, row), int(tau[0]), closes, int(abnormal.n_bars[row, 0]))
    return CarPath(
        tau=points,
        at=np.concatenate([[base], closes]),
        car=since(abnormal.ar[[row]], zero)[0],
        placebo=since(placebo, zero),
        se=np.zeros(0) if len(placebo) else path_se(abnormal, row, zero),
        level=result.spec.level,
        model=result.spec.model,
        draws=tuple(draws) if len(draws) == len(points) else (),
    )


def since(ar: FloatArray, zero: int) -> FloatArray:
    """Return returns (n, L2) as paths (n, L2 + 1) that are zero at column ``zero``."""
    paths = np.hstack([np.zeros((len(ar), 1)), np.cumsum(ar, axis=1)])
    return np.asarray(paths - paths[:, [zero]], dtype=np.float64)


def window_moves(result: StudyResult, window: Window) -> FloatArray:
    """Return the move of each response over a window as the study measures it, shape (N,): its CAR, or its BHAR."""
    if result.spec.measure == "bhar":
        return result.abnormal.bhar(window, result.spec.returns)
    return result.abnormal.car(window)


def held_since(result: StudyResult, start: int) -> FloatArray:
    """Return paths (N, L2 + 1) of the buy-and-hold abnormal return from the close before ``start``; NaN before it."""
    tau = result.abnormal.tau
    paths = np.full((len(result.abnormal), len(tau) + 1), np.nan)
    zero = int(start - tau[0])
    paths[:, zero] = 0.0
    for column in range(zero, len(tau)):
        paths[:, column + 1] = window_moves(result, Window(start, int(tau[column])))
    return paths


def path_se(abnormal: AbnormalReturns, row: int, zero: int) -> FloatArray:
    """Return the standard error of each point of a path against its zero point; empty where there is none."""
    if abnormal.same_clock is not None:
        return np.zeros(0)
    first = int(abnormal.tau[0])
    variance = np.zeros(len(abnormal.tau) + 1)
    for point in range(len(variance)):
        low, high = min(point, zero), max(point, zero)
        if low < high:
            window = Window(first + low, first + high - 1)
            variance[point] = abnormal.window_variance(window)[row]
    return np.sqrt(variance) if np.isfinite(variance).all() else np.zeros(0)


def clock_path(result: StudyResult, row: int) -> CarPath | None:
    """Return the response's own path on the clock, which shows the move inside the event interval as well.

    None where no response was computed, or where the study's model or variable is another than the response's.
    """
    if same_responses(result) is None or MODELS[result.spec.model].has_estimation_window:
        return None
    found = response_of(result, row)
    if found is None:
        return None
    path = found.path
    usable = path.open & np.isfinite(path.car) & (np.arange(len(path.car)) >= path.start)
    usable[path.zero] = True
    return CarPath(
        tau=np.flatnonzero(usable) - path.zero,
        at=path.closes[usable],
        car=path.car[usable],
        placebo=path.placebo[:, usable][np.isfinite(path.placebo[:, usable]).all(axis=1)],
        level=result.spec.level,
        model=result.spec.model,
    )


def _base(piece: PriceSlice | None, first_tau: int, closes: IntArray, bars: int) -> int:
    """Return the close before the first cell: that of the prices, else as much earlier as the bars of the cell last."""
    length = DAY_US if len(closes) < 2 else int(np.median(np.diff(closes)))
    if piece is not None:
        # tau = -j ends at reference - j + 1, tau = +j at first + j; the path starts one close before its first cell.
        row = piece.reference + first_tau if first_tau <= 0 else piece.first + first_tau - 1
        if 0 <= row < len(piece.closes):
            return int(piece.closes[row])
        length = piece.step_us
    return int(closes[0]) - max(bars, 1) * length


def response_view(result: StudyResult, event: str = "", instrument: str = "", *, clock: bool = True) -> ResponseView:
    """Return one response, ready to be drawn: on the clock where its own path is known, or in event time.

    Raises
    ------
    UsageError
        If nothing was used, or the pair is not among the responses.
    """
    row = find_row(result, event, instrument)
    abnormal, table = result.abnormal, result.ledger.table
    piece = slice_of(result, row)
    at = int(abnormal.row[row])
    several = len(set(abnormal.events.tolist())) > 1
    path = clock_path(result, row) if clock else None
    prices = None
    if piece is not None:
        volume = piece.volume if np.isfinite(piece.volume).any() else np.zeros(0)
        usual = usual_volume(result, row, piece.closes) if volume.size else np.zeros(0)
        prices = PriceWindow(piece.closes, piece.close, np.nan_to_num(volume), piece.step_us, piece.quote, usual)
    return ResponseView(
        event=str(abnormal.events[row]),
        title=str(abnormal.events[row]) if several else name_of(result),
        instrument=str(abnormal.instruments[row]),
        earliest=instant_from_us(int(table.earliest[at])),
        latest=instant_from_us(int(table.latest[at])),
        path=path or car_path(result, row),
        prices=prices,
        zone=result.zone if piece is None else piece.zone,
        reference_at=int(piece.closes[piece.reference]) if piece is not None else 0,
        first_at=int(piece.closes[piece.first]) if piece is not None else 0,
        reported_at=reported_at(result, row),
        simulated=result.simulated,
        unit=unit_of(result.spec),
        pauses=pauses_at(result, row),
        what=variable_name(result.spec),
    )


def usual_volume(result: StudyResult, row: int, closes: IntArray) -> FloatArray:
    """Return the median volume of comparable days in each bar, shape (T,); empty where there is no response."""
    found = response_of(result, row)
    if found is None:
        return np.zeros(0)
    at = np.searchsorted(found.path.closes, closes).clip(0, len(found.path.closes) - 1)
    return np.where(found.path.closes[at] == closes, found.path.volume_median[at], np.nan)


def pauses_at(result: StudyResult, row: int) -> tuple[Pause, ...]:
    """Return when the market of one response does not trade inside its window, where its clock is known."""
    found = response_of(result, row)
    return pauses(found) if found is not None else ()


def pauses(response: Response) -> tuple[Pause, ...]:
    """Return the stretches between two trading instants in which there is none, named where the exchange names them."""
    path = response.path
    rows = np.flatnonzero(path.open & (np.arange(len(path.open)) >= path.start))
    ends = [(int(path.closes[a]), int(path.closes[b - 1])) for a, b in itertools.pairwise(rows.tolist()) if b - a > 1]
    known = [(instant_us(c.at), c.label) for c in response.confounders if c.where != "placebo"] if ends else []
    names = [next((plain(label, 60) for at, label in known if start <= at < stop), "") for start, stop in ends]
    return tuple(Pause(*span, name) for span, name in zip(ends, names, strict=True))


def price_responses(result: StudyResult) -> ResponseSet | None:
    """Return the intraday responses, whose moves are returns of prices; None where the study is of another variable."""
    return result.response if result.spec.variable == "return" and result.spec.returns != "difference" else None


def same_responses(result: StudyResult) -> ResponseSet | None:
    """Return the intraday responses where their moves are the study's own: sums of log returns; None elsewhere.

    A page states one number per move, and that of simple or compounded returns differs from the response's.
    """
    return price_responses(result) if (result.spec.returns, result.spec.measure) == ("log", "car") else None


def response_of(result: StudyResult, row: int) -> Response | None:
    """Return the intraday response of one row, where one was computed."""
    pair = (result.abnormal.events[row], result.abnormal.instruments[row])
    return next((r for r in result.response or () if (r.event, r.instrument) == pair), None)


def reported_at(result: StudyResult, row: int) -> int:
    """Return the closing instant of the first window that is stated, where it begins with the news; else the last."""
    closes, window = result.abnormal.closes[row], first_window(result)
    column = result.abnormal.columns(window).stop - 1 if window.start == 0 else -1
    return int(closes[column])


def placebo_days(result: StudyResult, window: Window) -> tuple[FloatArray, ...]:
    """Return each response's CARs on the days its placebo test of ``window`` rests on; empty where there are none.

    Without that test, the days that a model itself was measured on (``same_clock_mean``) serve.
    """
    if window in result.placebo_cars:
        return result.placebo_cars[window]
    if result.placebo is None:
        return ()
    cells = result.abnormal.columns(window)
    return tuple(path[:, cells].sum(axis=1) for path in result.placebo.ar)


def placebo_view(result: StudyResult, event: str = "", instrument: str = "") -> PlaceboView:
    """Return one response among its comparable days, on the reported window."""
    row = find_row(result, event, instrument)
    abnormal, window = result.abnormal, first_window(result)
    days = placebo_days(result, window)
    if not days or not len(days[row]):
        raise UsageError(
            "The study has no placebo days to draw.", remedy="Name the test 'placebo' in it, on intraday data."
        )
    cars, car = np.asarray(days[row]), float(abnormal.car(window)[row])
    names = str(abnormal.events[row]), str(abnormal.instruments[row])
    half, name = placebo_half(cars, result.spec.level), day_words(result, row)
    about = window_words(result, window, row)
    unit, spec = unit_of(result.spec), result.spec
    return PlaceboView(*names, about, car, cars, result.simulated, unit, half, name, spec.level, spec.alternative)


def placebo_half(cars: FloatArray, level: float) -> float:
    """Return how far a move may go before the placebo test rejects; NaN with too few days."""
    rank = band_rank(len(cars), level)
    return float(np.sort(np.abs(cars))[len(cars) - rank]) if rank >= 1 else float("nan")


def day_words(result: StudyResult, row: int) -> str:
    """Return the day of one event on its market's clock."""
    at = instant_from_us(int(result.ledger.table.earliest[int(result.abnormal.row[row])]))
    return local(at, zone_at(result, row), "%d %B").lstrip("0")


def zone_at(result: StudyResult, row: int) -> str:
    piece = slice_of(result, row)
    return result.zone if piece is None else piece.zone


def bar_noun(result: StudyResult) -> str:
    """Return what a bar of a study is called: "day", "week", "month", "quarter", or "bar" where it is shorter."""
    return "bar" if result.primary is None else result.primary.design.bar_noun


def window_words(result: StudyResult, window: Window, row: int | None = None) -> str:
    """Return a window as a reader says it: on the clock, in trading days, weeks or months, or in bars.

    ``row``: the response whose clock is meant; None where the events have clocks of their own.
    """
    noun = bar_noun(result)
    closes = result.abnormal.closes
    if noun == "bar" and row is not None and closes.size:
        columns = result.abnormal.columns(window)
        before = _before(result, row, columns.start)
        ends = (before, int(closes[row, columns.stop - 1]))
        if before and ends[1] - ends[0] < DAY_US:
            zone = zone_at(result, row)
            return " to ".join(local(instant_from_us(us), zone, "%H:%M") for us in ends)
    return window_label((window.start, window.stop), noun)


def _before(result: StudyResult, row: int, column: int) -> int:
    """Return the instant at which a cell begins: the last close of the cell before it, or of the prices."""
    if column > 0:
        return int(result.abnormal.closes[row, column - 1])
    if (piece := slice_of(result, row)) is None:
        return 0
    at = piece.reference + int(result.abnormal.tau[0])
    return int(piece.closes[at]) if int(result.abnormal.tau[0]) <= 0 and at >= 0 else 0


def event_dots(result: StudyResult) -> EventDots:
    """Return when the events were and which were used."""
    table = result.ledger.table
    if not len(table):
        raise UsageError("The study has no events to draw.")
    names = tuple(str(name) for name in table.ids)
    dots = table.earliest, table.latest, result.ledger.used, result.zone
    return EventDots(names, *dots, title=name_of(result), simulated=result.simulated)
