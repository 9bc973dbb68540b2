"""Days without news whose volatility differs from that of their placebo days, and how often each comparison rejects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from eventstudy.abnormal.placebo.settings import MatchSettings, PlaceboSettings
from eventstudy.arrays import FloatArray
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.respond import respond
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days


@dataclass(frozen=True, slots=True)
class Regime:
    """What the volatility of days is multiplied by.

    Attributes
    ----------
    event_day : float
        On the event day, from its opening on.
    first, last : float
        On the first day; it rises or falls by equal steps to the last.
    at_release : float
        On the event day and every second day before it, from the release on: scheduled news. 1 for no releases.
    """

    event_day: float = 1.0
    first: float = 1.0
    last: float = 1.0
    at_release: float = 1.0


REGIMES: Mapping[str, Regime] = {
    "same volatility": Regime(),
    "event day 1.5 times, all day": Regime(event_day=1.5),
    "event day 2 times, all day": Regime(event_day=2.0),
    "rising from 0.5 to 1.5 over the days": Regime(first=0.5, last=1.5),
    "3 times from the release on, every second day": Regime(at_release=3.0),
}
DAYS = 59  # of them 5 % is a p-value that can be reached exactly, 3/60
DESIGN = IntradayDesign(days=DAYS)
# How each row is compared: days as they are, the default, and days matched by rules.
RAW = ResponseSettings(standardize=False, seasonality="none")
DEFAULT = ResponseSettings()


def matched_settings(regime: Regime) -> ResponseSettings:
    """Return the default with the rule that suits the regime: days of the same release, or of similar volatility."""
    rules = MatchSettings(releases="same") if regime.at_release != 1 else MatchSettings(volatility=(0.5, 2.0))
    return ResponseSettings(placebo=PlaceboSettings(match=rules))


COLUMNS = ("+5 min", "+20 min", "+60 min", "path")


def draw(regime: Regime, seed: int, design: IntradayDesign = DESIGN) -> tuple[Bars, Event, list[Event]]:
    """Return one series whose event day has no effect, its event, and the other releases; 2D + 1 days with releases."""
    releases = regime.at_release != 1
    days = 2 * design.days if releases else design.days
    drawn = intraday_days(replace(design, days=days), np.random.SeedSequence([20210413, seed]))
    factor = np.repeat(np.linspace(regime.first, regime.last, days + 1)[:, None], design.minutes, axis=1)
    factor[-1] *= regime.event_day
    release_minute = (design.jump_second - design.early) // 60
    factor[::-2, release_minute:] *= regime.at_release
    path = drawn.efficient
    calm = np.concatenate([path[:, :1], path[:, :1] + np.cumsum(np.diff(path, axis=1) * factor[:, 1:], axis=1)], axis=1)
    bars, event = intraday_bars(replace(drawn, efficient=calm, close=calm + (drawn.close - path)))
    event = replace(event, attributes={"release": "release"})
    return bars, event, _others(bars, event) if releases else []


def _others(bars: Bars, event: Event) -> list[Event]:
    """Return the event's release on every second day before it."""
    dates = [stamp.date() for stamp in bars.frame.index.normalize().unique().sort_values()]
    found = []
    for day in dates[-3::-2]:
        back: timedelta = dates[-1] - day
        time = EventTime(event.time.earliest - back, event.time.latest - back)
        found.append(replace(event, id=f"release-{day}", time=time))
    return found


def rejections(
    regime: Regime, settings: Sequence[ResponseSettings], seeds: Iterable[int], design: IntradayDesign = DESIGN
) -> FloatArray:
    """Return the fraction of draws in which p is at most 5 %, a row of ``COLUMNS`` for each of ``settings``."""
    found = []
    for seed in seeds:
        bars, event, others = draw(regime, seed, design)
        responses = [respond(bars, event, how, others) for how in settings]
        found.append([[*(move.pvalue for move in one.moves[:3]), one.path_pvalue] for one in responses])
    return np.asarray((np.array(found) <= 0.05 + 1e-12).mean(axis=0))


def table(repetitions: int) -> None:
    """Print the size of every comparison in every regime as markdown, in percent."""
    print(f"{repetitions} draws, {DAYS} placebo days. In each cell: {', '.join(COLUMNS)}.\n")
    print(f"| volatility | days as they are | default | matched |\n{'|---' * 4}|", flush=True)
    for name, regime in REGIMES.items():
        shares = rejections(regime, (RAW, DEFAULT, matched_settings(regime)), range(repetitions))
        cells = [" ".join(f"{share * 100:.1f}" for share in row) for row in shares]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
