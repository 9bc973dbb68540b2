"""The simulated market of the offline demo: one-minute bars around 13 April 2021 that pass through known figures.

Nobody may mistake it for the exchange: every ``Bars`` is marked simulated and its source begins with SIMULATED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, FloatArray, IntArray, instant_from_us, instant_us, look_up
from eventstudy.errors import expect, takes
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.request import BarRequest
from eventstudy.news.items import Event, EventTime
from eventstudy.renamed import named_arguments
from eventstudy.simulate.draws import bar_columns, clustered, stream, to_tick, trades, u_shape, weekdays_before
from eventstudy.simulate.market import PlantedTruth, SimulatedMarket, minute_bars

MOSCOW = ZoneInfo("Europe/Moscow")
DAY, PRIOR_DAYS = "2021-04-13", 60
CLOSED = ("2021-02-23", "2021-03-08")
FX_LONG_DAY = "2021-03-01"  # the currency board trades from 07:00 since then, from 10:00 before
MOMENTS = 4  # of each minute, 15 seconds apart, at which a trade may happen
FIRST, LAST = 7 * 60, 23 * 60 + 50  # minutes since local midnight of the widest session
JUMP_MINUTE, JUMP_MOMENT = 18 * 60 + 24, 1  # 18:24:30 Moscow: moments end at :15, :30, :45, :60
SOURCE = "SIMULATED by eventstudy.simulate.demo_market, seed {seed}; no exchange data"

# USD/RUB on record for 13 April 2021, Moscow time. 77.07 at 18:00 is what "additionally lost more than 70 kopecks" by
# 18:37 leaves; the last is the day's TOM close. Sources: Vechernyaya Moskva (11:30), PRIME (18:37), the founding
# article (18:53), findevent.ru (20:09), exchange close (23:50).
ON_RECORD = ((690, 77.23), (1080, 77.07), (1117, 76.37), (1133, 76.16), (1209, 76.25), (1430, 75.94))
PREVIOUS_CLOSE = 77.385


@dataclass(frozen=True)
class _DemoSeries:
    """How one instrument of the demo is simulated; bid-ask spread as a share of the price, sigma per day."""

    instrument: Instrument
    close: float
    tick: float
    sigma: float
    loading: float
    half_spread: float
    quiet: float
    volume: float
    jump: float
    retraced: float
    hours: tuple[tuple[int, int], ...]
    auctions: tuple[int, ...] = ()
    anchors: tuple[tuple[int, float], ...] = ()


def _member(code: str, board: str, calendar: str, quote: str) -> Instrument:
    return Instrument(code, board=board, calendar=calendar, quote=quote, note="SIMULATED")


DEMO_SERIES = (
    _DemoSeries(
        _member("USD000UTSTOM", "CETS", "MOEX-FX", "RUB per USD"),
        *(PREVIOUS_CLOSE, 0.0025, 0.0065, -0.6, 0.00003, 0.01, 2.0e6, float(np.log(76.37 / 77.07)), 0.0),
        hours=((FIRST, LAST),),
        anchors=ON_RECORD,
    ),
    _DemoSeries(
        _member("IMOEX2", "SNDX", "MOEX-INDEX2", "points"),
        *(3480.0, 0.01, 0.009, 0.8, 0.0, 0.0, 4.0e8, 0.0075, 0.3),
        hours=((600, 1130), (1145, LAST)),
    ),
    _DemoSeries(
        _member("SBER", "TQBR", "MOEX-SHARES", "RUB"),
        *(281.0, 0.01, 0.013, 0.7, 0.00004, 0.03, 1.2e5, 0.0105, 0.3),
        hours=((600, 1120), (1145, LAST)),
        auctions=(600, 1130),
    ),
)
FADE_HALF_LIFE, VOLUME_MULTIPLE, VOLUME_HALF_LIFE = 20.0, 8.0, 15.0


def _minutes_since_jump() -> FloatArray:
    """Return minutes from the jump to each moment of the day, shape (minutes, MOMENTS)."""
    moments = np.arange(FIRST, LAST)[:, None] + (np.arange(MOMENTS) + 1) / MOMENTS
    return np.asarray(moments - JUMP_MINUTE - (JUMP_MOMENT + 1) / MOMENTS)


def _planted(spec: _DemoSeries) -> FloatArray:
    """Return the planted response of the event day: the jump, less the share that fades."""
    since = _minutes_since_jump()
    kept = 1 - spec.retraced * (1 - 0.5 ** (np.maximum(since, 0) / FADE_HALF_LIFE))
    return np.where(since >= 0, spec.jump * kept, 0.0)


def _trading(spec: _DemoSeries, days: IntArray) -> BoolArray:
    """Return where continuous trading is on, shape (days, minutes); minute i ends at FIRST + i + 1."""
    minute = np.arange(FIRST, LAST)
    on = np.zeros((len(days), LAST - FIRST), dtype=bool)
    for opens, closes in spec.hours:
        on |= (minute >= opens) & (minute < closes)
    if spec.hours[0][0] < 600:
        short = days < int(np.datetime64(FX_LONG_DAY, "D").astype(np.int64))
        on[short] &= minute >= 600
    return on


def _efficient(spec: _DemoSeries, member: int, days: IntArray, seed: int) -> FloatArray:
    """Return efficient log prices, shape (days, minutes, MOMENTS); the day before the event ends at the known close."""
    shape = (len(days), LAST - FIRST, MOMENTS)
    common, specific = (
        stream(seed, "common").standard_normal(shape),
        stream(seed, "path", member).standard_normal(shape),
    )
    z = spec.loading * common + np.sqrt(1 - spec.loading**2) * specific
    sigma = clustered(stream(seed, "volatility", member), shape[:2], 0.985, 0.3)
    step = z * (spec.sigma * u_shape(shape[1]) * sigma)[..., None] / np.sqrt(shape[1] * MOMENTS)
    opens = _trading(spec, days).argmax(axis=1)
    step[np.arange(shape[1]) < opens[:, None]] = 0.0
    step[np.arange(len(days)), opens, 0] += 0.4 * spec.sigma * stream(seed, "gap", member).standard_normal(len(days))
    path = np.cumsum(step.reshape(-1)).reshape(shape)
    path += np.log(spec.close) - path[-2, -1, -1]
    path[-1] += _planted(spec)
    return path


def _through(path: FloatArray, anchors: tuple[tuple[int, float], ...]) -> FloatArray:
    """Return the event day bent, between the jump and the noise it keeps, through the figures on record."""
    if not anchors:
        return path
    flat = path.reshape(-1)
    at = np.array([0, *((minute - FIRST) * MOMENTS - 1 for minute, _ in anchors)])
    miss = np.array([0.0, *(np.log(price) - flat[i] for i, (_, price) in zip(at[1:], anchors, strict=True))])
    return np.asarray((flat + np.interp(np.arange(flat.size), at, miss)).reshape(path.shape))


def _volume(spec: _DemoSeries, member: int, days: IntArray, seed: int) -> FloatArray:
    shape = (len(days), LAST - FIRST)
    noise = np.exp(0.6 * stream(seed, "volume", member).standard_normal(shape) - 0.18)
    volume = spec.volume * u_shape(shape[1]) ** 2 * noise
    since = _minutes_since_jump()[:, -1]
    burst = np.where(since > 0, (VOLUME_MULTIPLE - 1) * 0.5 ** (np.maximum(since, 0) / VOLUME_HALF_LIFE), 0.0)
    volume[-1] *= 1 + burst
    return np.asarray(np.round(volume))


def _prints(spec: _DemoSeries, member: int, path: FloatArray, on: BoolArray, seed: int) -> FloatArray:
    """Return traded prices, shape (days, minutes, MOMENTS): bounced, on the tick, NaN where nothing traded."""
    level, minute = np.exp(path), np.arange(FIRST, LAST)
    quiet = np.where(minute >= 1145, 4 * spec.quiet, spec.quiet)  # the evening is thin
    chance = np.broadcast_to(1 - quiet ** (1 / MOMENTS), on.shape)
    prints = trades(stream(seed, "trades", member), level, spec.half_spread, chance)
    prints = np.where(on[..., None], to_tick(prints, spec.tick), np.nan)
    for closes in spec.auctions:  # one price, no trade before it
        prints[:, closes - FIRST - 1, :] = to_tick(level[:, closes - FIRST - 1, -1:], spec.tick)
    if spec.anchors:
        prints[-2, -1, -1] = spec.close
    for closes, price in spec.anchors:
        prints[-1, closes - FIRST - 1, -1] = price
    return prints


def _closes(days: IntArray) -> IntArray:
    """Return the closing instant of every minute of every day; Moscow stands at UTC+3 throughout 2021."""
    midnight = instant_us(datetime(1970, 1, 1, tzinfo=UTC)) + days * DAY_US - 3 * 60 * MINUTE_US
    return np.asarray((midnight[:, None] + np.arange(FIRST + 1, LAST + 1) * MINUTE_US).reshape(-1))


def _local(minute: float) -> datetime:
    day = datetime.fromisoformat(DAY).replace(tzinfo=MOSCOW)
    return instant_from_us(instant_us(day) + round(minute * MINUTE_US))


def _truth(seed: int) -> PlantedTruth:
    jumps: Mapping[str, float] = {d.instrument.code: d.jump for d in DEMO_SERIES}
    return PlantedTruth(
        jump_at=_local(JUMP_MINUTE + (JUMP_MOMENT + 1) / MOMENTS),
        jumps=jumps,
        faded_share={d.instrument.code: d.retraced for d in DEMO_SERIES},
        fade_half_life=FADE_HALF_LIFE,
        volume_multiple=VOLUME_MULTIPLE,
        anchors=tuple((_local(minute), price) for minute, price in ON_RECORD),
        seed=seed,
    )


@named_arguments
@takes(seed=int)
def demo_market(seed: int = 20210413) -> SimulatedMarket:
    """Draw the offline demo's market: USD/RUB, IMOEX2 and SBER on 60 trading days and on 13 April 2021.

    One-minute bars with U-shaped and clustered volatility, overnight gaps, bid-ask bounce, minutes without trades,
    share auctions and the evening session. On the event day USD/RUB passes exactly through the figures on record
    (77.23 at 11:30, 76.37 at 18:37, 76.16 at 18:53, 76.25 at 20:09 Moscow time); all three jump at 18:24:30.

    Parameters
    ----------
    seed : int
        Root of every draw; the same seed gives the same bars to the bit.

    Returns
    -------
    SimulatedMarket

    Examples
    --------
    >>> market = demo_market(1)
    >>> [bars.instrument.code for bars in market.bars], all(bars.simulated for bars in market.bars)
    (['USD000UTSTOM', 'IMOEX2', 'SBER'], True)
    """
    expect("seed", seed, (int, np.integer), "Pass an integer.")
    days = np.append(weekdays_before(DAY, PRIOR_DAYS, CLOSED), np.datetime64(DAY, "D").astype(np.int64))
    closes, bars = _closes(days), []
    for member, spec in enumerate(DEMO_SERIES):
        path = _efficient(spec, member, days, seed)
        path[-1] = _through(path[-1], spec.anchors)
        prints = _prints(spec, member, path, _trading(spec, days), seed)
        columns = bar_columns(prints, _volume(spec, member, days, seed))
        bars.append(minute_bars(spec.instrument, closes, columns, SOURCE.format(seed=seed)))
    return SimulatedMarket(tuple(bars), _event(), _truth(seed))


def demo_bars(request: BarRequest, seed: int = 20210413) -> Bars:
    """Return one instrument of the demo's market: the row "simulated" of a study file's sources.

    Raises
    ------
    UnknownNameError
        If the demo draws no such instrument.
    """
    spec = {bars.instrument.code: bars for bars in demo_market(seed).bars}
    bars = look_up("simulated instrument", spec, request.instrument.code)
    frame = bars.frame.loc[request.first : request.last]
    return replace(bars, frame=frame)


def _event() -> Event:
    time = EventTime(
        datetime.fromisoformat(DAY + "T18:00:00").replace(tzinfo=MOSCOW),
        datetime.fromisoformat(DAY + "T18:37:00").replace(tzinfo=MOSCOW),
        basis="assumed",
        evidence=("SIMULATED day; the interval is the founding event's: 18:00 assumed, 18:37 a news agency's report.",),
    )
    codes = tuple(spec.instrument.code for spec in DEMO_SERIES)
    return Event("simulated-2021-04-13", time, codes, label="SIMULATED: the telephone call of 13 April 2021")
