"""Does a price claim hold on a day? Levels and changes checked against daily series, as log-likelihoods.

Between two closes a and b of a series the price at an instant t is, in half of the cases, a Brownian bridge: its mean
the straight line, its variance sigma^2 (t - a)(b - t) / ((b - a) day), sigma the robust size of daily changes around;
in the other half the entire move is a jump at an unknown time, so the price lies anywhere between the closes, half a
sigma more on either side (news make jumps). So a claim at 18:53 is checked sharply by an evening close and loosely by
an afternoon fixing, by one formula. The claim's reference price (level minus change) is checked the same way at the
end of the trading day before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, log, pi, sqrt
from typing import TYPE_CHECKING

from eventstudy.news.claims import PriceClaim
from eventstudy.news.time_evidence import Conflict
from eventstudy.news.zones import find_zone, local_to_utc

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars

# A level is quoted to the hundredth; venues and vendors differ by a few hundredths on "the" close.
QUOTE_NOISE = 0.0004
OUTLIER = 1e-4
# News measure a change from the close before unless they say otherwise.
REFERENCE_WEIGHT = {"previous close": 0.85, "open": 0.15}
EVENING = timedelta(hours=6)
GAP = timedelta(days=15)
DAY_S = 86_400.0
# Sizes of daily changes are medians of so many bars around each.
AROUND = 60


@dataclass(frozen=True, eq=False)
class DailySeries:
    """One daily series: the local day of every close, its instant, the prices (empty where not given).

    ``sigma`` is the robust size of daily changes around each bar, in price units; ``flat`` the density of a price that
    nothing is known of: flat over the range of the series, or half its top.
    """

    name: str
    zone: str
    days: tuple[date, ...]
    closes_at: tuple[datetime, ...]
    close: tuple[float, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    sigma: tuple[float, ...]
    flat: float


@dataclass(frozen=True, slots=True)
class ClaimFit:
    """How well a claim fits a day: a log-likelihood and the sentences behind it."""

    score: float
    reasons: tuple[str, ...]


def pooled_series(bars: Sequence[Bars], claim: PriceClaim, zone: str) -> Iterator[DailySeries]:
    """Yield the given series that can speak for a claim: those named for it, or the only one there is."""
    named = [b for b in bars if speaks_for(b.instrument.code, claim.subject)]
    other = any(speaks_for(bars[0].instrument.code, subject) for subject in _CODES)
    yield from (daily_series(one, zone) for one in named or (bars if len(bars) == 1 and not other else ()))


_CODES: dict[str, tuple[str, ...]] = {
    "USD/RUB": ("USDRUB", "USD000UTSTOM", "USDRUBTOM", "USDRUB_TOM", "RUBX", "RUB=X", "USD000000TOD", "SI"),
    "EUR/RUB": ("EURRUB", "EURRUBTOM", "EUR_RUB__TOM"),
    "CNY/RUB": ("CNYRUB", "CNYRUB_TOM", "CNYRUBTOM"),
    "EUR/USD": ("EURUSD",),
    "IMOEX": ("IMOEX", "IMOEX2"),
    "RTSI": ("RTSI", "RTS"),
}


def _plain(code: str) -> str:
    return "".join(c for c in code.upper() if c.isalnum() or c == "=")


def speaks_for(code: str, subject: str) -> bool:
    """Return whether an instrument is the subject of a claim."""
    return _plain(code) in {_plain(known) for known in (subject, *_CODES.get(subject, ()))}


def daily_series(bars: Bars, zone: str) -> DailySeries:
    """Return the last bar of each local day as a plain series; intraday bars are gathered into days."""
    import pandas as pd

    frame = bars.frame.reindex(columns=["open", "high", "low", "close"]).dropna(subset="close")
    at = pd.DatetimeIndex(frame.index)
    # A bar closing at midnight belongs to the day that ends.
    local = (at - pd.Timedelta(microseconds=1)).tz_convert(find_zone(zone)[0])
    ways = {"at": "last", "open": "first", "high": "max", "low": "min", "close": "last"}
    daily = frame.assign(at=at).groupby(local.date).agg(ways)
    closes = daily["close"]
    close, opens, high, low = (
        tuple(daily[name].tolist()) if daily[name].notna().all() else () for name in ("close", "open", "high", "low")
    )
    changes = closes.diff().abs().shift(-1).rolling(AROUND, center=True, min_periods=1).median()
    sigma = tuple((1.4826 * changes).fillna(0.0).clip(lower=0.002 * closes).tolist())
    flat = 1.0 / max(max(close) - min(close), 0.5 * max(close)) if close else 1.0
    name, at_close = bars.source or bars.instrument.code, pd.DatetimeIndex(daily["at"]).to_pydatetime()
    return DailySeries(name, zone, tuple(daily.index), tuple(at_close), close, opens, high, low, sigma, flat)


def series_conflicts(series: DailySeries) -> list[Conflict]:
    """Return why a series must not date anything: its days are not those on which the market traded."""
    days = set(series.days)
    # A Sunday row that is really Monday's stands before a week without a Friday.
    early = sum(d.weekday() == 6 and d + timedelta(days=5) not in days and d + timedelta(days=1) in days for d in days)
    if early < 3:
        return []
    message = (
        f"{series.name}: {early} weeks have a row on the Sunday before and none on their Friday; the dates of this "
        "series are a day early in part, so it is not used to date anything."
    )
    return [Conflict("series_dates", message)]


@dataclass(frozen=True, slots=True)
class PriceBridge:
    """What a series says of the price at an instant: a bridge (mean, sd) and the span a jump leaves open."""

    mean: float
    sd: float
    low: float
    high: float

    def density(self, value: float, rounding: float = 0.0) -> float:
        """Return the density of a written price, its last digit rounded by up to ``rounding``."""
        sd = sqrt(self.sd**2 + rounding**2 / 3)
        bridge = exp(-0.5 * min(((value - self.mean) / sd) ** 2, 1_400.0)) / (sd * sqrt(2 * pi))
        if self.high <= self.low:
            return bridge
        jump = 1.0 / (self.high - self.low) if self.low <= value <= self.high else 0.0
        return 0.5 * bridge + 0.5 * jump

    def words(self, value: float) -> str:
        """Return how far a price is from what the series says."""
        sds = abs(value - self.mean) / self.sd
        between = self.high > self.low and self.low <= value <= self.high
        return f"{self.mean:.5g} +- {self.sd:.2g} ({sds:.1f} sd{', between the closes' if between else ''})"


def price_at(series: DailySeries, at: datetime) -> PriceBridge | None:
    """Return what the closes on either side of an instant say of its price; None where they are too far apart."""
    right = bisect_left(series.closes_at, at)
    if right < len(series.closes_at) and series.closes_at[right] == at:
        return _exactly(series.close[right])
    left = right - 1
    if left < 0 or right >= len(series.close) or series.closes_at[right] - series.closes_at[left] > GAP:
        return None
    a, b = series.closes_at[left], series.closes_at[right]
    span = (b - a).total_seconds()
    share = (at - a).total_seconds() / span
    mean = series.close[left] + share * (series.close[right] - series.close[left])
    # The bridge runs on market time: a weekend counts as one day.
    sd = series.sigma[right] * sqrt(share * (1 - share) * min(span / DAY_S, 1.0))
    ends, slack = (series.close[left], series.close[right]), series.sigma[right] / 2
    # Right after one of the closes there was hardly time for a jump.
    open_span = (min(ends) - slack, max(ends) + slack) if 0.02 < share < 0.98 else (0.0, 0.0)
    return PriceBridge(mean, sqrt(sd**2 + (QUOTE_NOISE * mean) ** 2), *open_span)


def fit_claim(claim: PriceClaim, series: DailySeries, day: date) -> ClaimFit:
    """Return how well a claim fits a day: the level at its time, and the reference its change is measured from."""
    if not series.close:
        return ClaimFit(0.0, ("the series is empty",))
    at = claim_instant(claim, day, series.zone)
    score, reasons = 0.0, []
    known = None if at is None else price_at(series, at)
    if claim.level is not None:
        score += log(series.flat) if known is None else _log_density(claim.level, known, series.flat)
        when = f" at {claim.at}" if claim.at else ""
        shown = f"has no price on {day}" if known is None else f"gives {known.words(claim.level)}"
        reasons.append(f"level {claim.level:g}{when}: {series.name} {shown}")
        if outside := _outside_range(claim.level, series, day, at):
            score += log(0.05)
            reasons.append(outside)
    change = claim.price_change
    if claim.level is not None and change is not None:
        reference_score, sentence = _reference(claim.level - change, claim, series, day)
        return ClaimFit(score + reference_score, (*reasons, sentence))
    return ClaimFit(score, tuple(reasons))


def claim_instant(claim: PriceClaim, day: date, zone: str) -> datetime | None:
    """Return the end of the minute a claim names on a day, or of the day where it names none."""
    hour, minute = (int(p) for p in claim.at.split(":")) if claim.at else (23, 59)
    if hour > 23 or minute > 59:
        return None
    local = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a local clock reading
    found = local_to_utc(local, find_zone(zone)[0])
    return found[-1] + timedelta(minutes=1) - timedelta(microseconds=1) if found else None


def _log_density(value: float, known: PriceBridge, flat: float, rounding: float = 0.0) -> float:
    return log((1 - OUTLIER) * known.density(value, rounding) + OUTLIER * flat)


def _outside_range(level: float, series: DailySeries, day: date, at: datetime | None) -> str:
    """Return why the level cannot have occurred on the day, if its low and high say so."""
    i = bisect_left(series.days, day)
    if not series.low or not series.high or i >= len(series.days) or series.days[i] != day:
        return ""
    if at is None or series.closes_at[i] < at or series.low[i] == series.high[i]:
        return ""
    low, high = series.low[i] * (1 - QUOTE_NOISE), series.high[i] * (1 + QUOTE_NOISE)
    if low <= level <= high:
        return ""
    return f"{level:g} lies outside the {series.low[i]:g} to {series.high[i]:g} that {series.name} shows for {day}"


def _reference(price: float, claim: PriceClaim, series: DailySeries, day: date) -> tuple[float, str]:
    """Return the log-likelihood of the reference that makes the change true, and a sentence."""
    options = _references(series, day)
    if claim.against in options:
        options = {claim.against: options[claim.against]}
    if not options:
        return log(series.flat), f"nothing to check the reference {price:.5g} against on {day}"
    weights = sum(REFERENCE_WEIGHT[name] for name in options)
    scores = {
        name: _log_density(price, known, series.flat, _rounding(claim)) + log(REFERENCE_WEIGHT[name] / weights)
        for name, known in options.items()
    }
    best = max(scores, key=lambda name: (scores[name], name))
    shown = options[best].words(price)
    return scores[best], f"change {claim.change:+g} means a reference of {price:.5g}: the {best} is {shown}"


def _references(series: DailySeries, day: date) -> dict[str, PriceBridge]:
    """Return the prices a change may be measured from on a day."""
    options: dict[str, PriceBridge] = {}
    i = bisect_left(series.days, day)
    if i and day - series.days[i - 1] <= GAP:
        # The venue's last price of the day before: the end of that day, wherever the series itself closes.
        midnight = datetime.combine(series.days[i - 1] + timedelta(days=1), datetime.min.time())
        closed = series.closes_at[i - 1]
        for night in local_to_utc(midnight, find_zone(series.zone)[0])[:1]:
            evening = night - closed <= EVENING
            known = _exactly(series.close[i - 1]) if evening else price_at(series, max(night, closed))
            options |= {} if known is None else {"previous close": known}
    if i < len(series.days) and series.days[i] == day and series.open and series.open[i] != series.close[i]:
        options["open"] = _exactly(series.open[i])
    return options


def _exactly(price: float) -> PriceBridge:
    return PriceBridge(price, QUOTE_NOISE * price, 0.0, 0.0)


def _rounding(claim: PriceClaim) -> float:
    """Return half a unit of the last digit the change was written with, in price units."""
    written = f"{abs(claim.change or 0.0):g}"
    half = 0.5 * 10.0 ** -len(written.partition(".")[2])
    if claim.unit == "kopecks":
        return half / 100
    return half * (claim.level or 0.0) / 100 if claim.unit == "percent" else half
