"""Intraday days with a planted response: a jump at a known second, drift, absorption, reversal, a market's noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, FloatArray, IntArray, instant_from_us, value
from eventstudy.errors import UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.renamed import named_fields
from eventstudy.simulate.draws import bar_columns, clustered, to_tick, trades, u_shape, weekdays_before
from eventstudy.simulate.market import PlantedTruth, SimulatedMarket, minute_bars


@named_fields
@dataclass(frozen=True, slots=True)
class IntradayDesign:
    """One instrument, ``days`` ordinary days and then the event day, each of ``minutes`` one-minute bars.

    Attributes
    ----------
    days, minutes : int
        Ordinary days before the event day; bars a day (520 is 10:00 to 18:40).
    sigma : float
        Daily standard deviation of the efficient log price (without the night).
    depth : float
        Of the U-shape; 0 is flat.
    cluster, day_sd : float
        Standard deviation of log volatility inside the day (AR(1), 0.97 a minute) and across days.
    half_spread : float
        Bid-ask bounce as a share of the price.
    quiet : float
        Probability that a minute has no trade.
    overnight : float
        Standard deviation of the opening gap over ``sigma``.
    jump : float
        Move that the news is worth, decimal log.
    jump_second : int
        Second of the session at which it comes.
    absorb_half_life : float
        Minutes until half of the jump is in the price; 0 for at once.
    drift, drift_minutes : float
        Move that leaks before the jump, and over how long.
    reversal, reversal_half_life : float
        Share of the jump given back in the end, and its half-life in minutes.
    early, late : int
        Seconds by which the event interval begins before and ends after the jump.
    volume_multiple : float
        Volume right after the jump over the ordinary one; decays with a half-life of 15 minutes.
    """

    days: int = 60
    minutes: int = 520
    sigma: float = 0.012
    depth: float = 0.6
    cluster: float = 0.3
    day_sd: float = 0.25
    half_spread: float = 0.0001
    quiet: float = 0.03
    overnight: float = 0.5
    jump: float = 0.0
    jump_second: int = 300 * 60 + 30
    absorb_half_life: float = 0.0
    drift: float = 0.0
    drift_minutes: float = 30.0
    reversal: float = 0.0
    reversal_half_life: float = 15.0
    early: int = 30
    late: int = 30
    volume_multiple: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.jump_second - self.early <= self.jump_second + self.late <= self.minutes * 60:
            raise UsageError("The event interval must lie inside the session of the simulated day.")


@value
class IntradayDraw:
    """Days by minutes; the last day is the event day.

    ``close`` (days + 1, minutes) is the last trade's log price, NaN where nothing traded; ``efficient`` is the price
    without bounce; ``planted`` (minutes,) is the response put into the last day at each minute's end.
    """

    design: IntradayDesign
    close: FloatArray
    efficient: FloatArray
    volume: FloatArray
    planted: FloatArray


def planted_response(design: IntradayDesign, seconds: FloatArray) -> FloatArray:
    """Return the planted log move at each second of the session.

    Linear drift of ``drift`` over the ``drift_minutes`` before the jump; from the jump on,
    ``jump (1 - 2^(-t/absorb)) - reversal jump (1 - 2^(-t/reversal_half_life))`` with t in minutes.

    Examples
    --------
    >>> design = IntradayDesign(jump=0.01, reversal=0.5, reversal_half_life=10.0, jump_second=600)
    >>> planted_response(design, np.array([599.0, 600.0, 1200.0])).tolist()
    [0.0, 0.01, 0.0075]
    """
    since = (seconds - design.jump_second) / 60.0
    after = np.maximum(since, 0.0)
    drift = design.drift * np.clip(1 + since / design.drift_minutes, 0.0, 1.0)
    absorbed = 1.0 - 0.5 ** (after / design.absorb_half_life) if design.absorb_half_life else np.ones_like(after)
    back = design.reversal * (1.0 - 0.5 ** (after / design.reversal_half_life))
    return np.asarray(drift + np.where(since >= 0, design.jump * (absorbed - back), 0.0))


def _efficient(design: IntradayDesign, rng: np.random.Generator) -> FloatArray:
    shape = (design.days + 1, design.minutes)
    level = design.sigma * np.exp(design.day_sd * rng.standard_normal(shape[0]) - design.day_sd**2)
    factor = clustered(rng, shape, 0.97, design.cluster) * u_shape(design.minutes, design.depth)
    step = rng.standard_normal(shape) * level[:, None] * factor / np.sqrt(design.minutes)
    step[:, 0] += design.overnight * design.sigma * rng.standard_normal(shape[0])
    return np.asarray(np.log(100.0) + np.cumsum(step.reshape(-1)).reshape(shape))


def _volume(design: IntradayDesign, rng: np.random.Generator) -> FloatArray:
    shape = (design.days + 1, design.minutes)
    volume = 1e4 * u_shape(design.minutes, design.depth) ** 2 * np.exp(0.5 * rng.standard_normal(shape) - 0.125)
    since = np.arange(1, design.minutes + 1) - design.jump_second / 60.0
    volume[-1] *= np.where(since > 0, 1 + (design.volume_multiple - 1) * 0.5 ** (np.maximum(since, 0) / 15.0), 1.0)
    return np.asarray(volume)


def intraday_days(design: IntradayDesign, seed: int | np.random.SeedSequence) -> IntradayDraw:
    """Draw ``days`` ordinary days and the event day as arrays: the quick form, for size, power and coverage.

    Examples
    --------
    >>> draw = intraday_days(IntradayDesign(days=19), 1)
    >>> draw.close.shape
    (20, 520)
    """
    rng = np.random.default_rng(seed)
    efficient = _efficient(design, rng)
    planted = planted_response(design, 60.0 * np.arange(1, design.minutes + 1, dtype=np.float64))
    efficient[-1] += planted
    bounce = np.where(rng.random(efficient.shape) < 0.5, -1.0, 1.0) * design.half_spread
    traded = rng.random(efficient.shape) >= design.quiet
    volume = _volume(design, rng)
    close = np.where(traded, efficient + bounce, np.nan)
    return IntradayDraw(design, close, efficient, np.where(traded, volume, np.nan), planted)


def intraday_bars(draw: IntradayDraw) -> tuple[Bars, Event]:
    """Return the days of a draw as one-minute ``Bars`` (close and volume only), and the event."""
    opens = _opens_us(draw.design)
    closes = (opens[:, None] + np.arange(1, draw.design.minutes + 1) * MINUTE_US).reshape(-1)
    columns = {"close": np.exp(draw.close.reshape(-1)), "volume": draw.volume.reshape(-1)}
    bars = minute_bars(_SHARE, closes, columns, "SIMULATED by eventstudy.simulate.intraday_days")
    return bars, _event_and_truth(draw.design, int(opens[-1]), 0)[0]


_SHARE = Instrument("SIMSHARE", board="TQBR", calendar="MOEX-SHARES", quote="RUB", note="SIMULATED")


def _opens_us(design: IntradayDesign) -> IntArray:
    """Return 10:00 Moscow of weekdays before and on 2019-06-28, when shares traded 10:00-18:40 and nothing else."""
    days = np.append(weekdays_before("2019-06-28", design.days, HOLIDAYS), np.datetime64("2019-06-28").astype(np.int64))
    return np.asarray(days * DAY_US + 7 * 60 * MINUTE_US)


HOLIDAYS = ("2019-01-01", "2019-01-02", "2019-01-07", "2019-03-08", "2019-05-01", "2019-05-09", "2019-06-12")


def intraday_market(design: IntradayDesign, seed: int) -> SimulatedMarket:
    """Draw the same design as one-minute ``Bars`` of a share, 10:00 to 18:40 Moscow time in 2019.

    Four moments a minute make open, high, low and close. The event interval reaches from ``early`` seconds before
    the jump to ``late`` seconds after it.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    efficient = _efficient(design, rng)
    opens = _opens_us(design)
    seconds: FloatArray = 60.0 * np.arange(design.minutes)[:, None] + np.array([15.0, 30.0, 45.0, 60.0])
    start = np.concatenate([efficient[:, :1], efficient[:, :-1]], axis=1)[..., None]
    path = start + (efficient[..., None] - start) * (seconds % 60.0 / 60.0 + (seconds % 60.0 == 0))
    path[-1] += planted_response(design, seconds)
    prints = trades(rng, np.exp(path), design.half_spread, np.array(1 - design.quiet**0.25))
    columns = bar_columns(to_tick(prints, 0.001), _volume(design, rng))
    closes = (opens[:, None] + np.arange(1, design.minutes + 1) * MINUTE_US).reshape(-1)
    bars = minute_bars(_SHARE, closes, columns, f"SIMULATED by eventstudy.simulate.intraday_market, seed {seed}")
    return SimulatedMarket((bars,), *_event_and_truth(design, int(opens[-1]), seed))


def _event_and_truth(design: IntradayDesign, opens: int, seed: int) -> tuple[Event, PlantedTruth]:
    at = instant_from_us(opens) + timedelta(seconds=design.jump_second)
    time = EventTime(at - timedelta(seconds=design.early), at + timedelta(seconds=design.late), basis="assumed")
    truth = PlantedTruth(
        jump_at=at,
        jumps={"SIMSHARE": design.jump},
        faded_share={"SIMSHARE": design.reversal},
        fade_half_life=design.reversal_half_life,
        volume_multiple=design.volume_multiple,
        anchors=(),
        seed=seed,
    )
    return Event("simulated", time, ("SIMSHARE",), label="SIMULATED event"), truth
