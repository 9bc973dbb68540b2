"""How well bars fit a calendar's sessions under an assumed label side and clock: the evidence for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import BoolArray, IntArray, LabelSide
from eventstudy.market import sessions
from eventstudy.market.local_time import likely_instants
from eventstudy.market.quality.releases import RELEASES, enough, hits, loud_bars, named, opens_with, zones_of_releases
from eventstudy.market.raw import RawBars, label_instants, take
from eventstudy.market.sessions import TradingCalendar

SIDES: tuple[LabelSide, ...] = ("left", "right")
WORDS = {"left": "begin", "right": "end"}
# Tried in this order: the zones price files are written in, those of half and quarter hours, then every whole hour
# (Etc/GMT-3 is three hours ahead).
ZONES = (
    *("UTC", "Europe/Moscow", "Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago"),
    *("Asia/Tokyo", "Asia/Shanghai", "Asia/Kolkata", "America/St_Johns", "Asia/Tehran", "Asia/Kabul"),
    *("Asia/Kathmandu", "Asia/Yangon", "Australia/Eucla", "Australia/Darwin", "Australia/Adelaide"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Marquesas"),
    *(f"Etc/GMT{-hours:+d}" for hours in range(-11, 14) if hours),
)
SAMPLE_BLOCKS, SAMPLE_ROWS = 12, 4_000


@dataclass(frozen=True, slots=True)
class Vendor:
    """The documented convention of a vendor: label side, zone, and where it is said."""

    side: LabelSide
    zone: str
    words: str


# Documented conventions of vendors whose files show no session edge; the file name tells the vendor.
VENDORS: dict[str, Vendor] = {
    "oanda": Vendor("left", "UTC", "Oanda's v20 API stamps candles with their start, in UTC"),
}


@dataclass(frozen=True, slots=True)
class CalendarFit:
    """What contradicts one assumption, counted: bars outside sessions, auction bars with a range, empty edges."""

    outside: int
    wide_auctions: int
    no_first: int
    no_last: int
    n_sessions: int

    @property
    def against(self) -> int:
        return self.outside + self.wide_auctions + self.no_first + self.no_last

    def __str__(self) -> str:
        return (
            f"{self.outside} bars outside sessions, {self.wide_auctions} auction bars with more than one price, "
            f"{self.no_first} and {self.no_last} of {self.n_sessions} sessions without a first and a last bar"
        )


def fit(raw: RawBars, calendar: TradingCalendar, closes: IntArray) -> CalendarFit:
    """Count what would be odd if the bars closed at these instants."""
    table = calendar.table
    row = sessions.session_rows(calendar, closes, raw.step_us)
    inside = row >= 0
    held, closed, step = row[inside], closes[inside], raw.step_us
    auction = table.auction[held] & (closed - step >= table.opens[held])
    trade = ~table.auction[held]
    first = len(sessions.distinct(held[trade & (closed - table.opens[held] <= step)], len(table)))
    last = len(sessions.distinct(held[trade & (table.closes[held] - closed < step)], len(table)))
    n_sessions = len(sessions.distinct(held[trade], len(table)))
    wide = int((auction & has_range(raw)[inside]).sum())
    return CalendarFit(int((~inside).sum()), wide, n_sessions - first, n_sessions - last, n_sessions)


def has_range(raw: RawBars) -> BoolArray:
    """Return the bars with more than one price in them; none where high and low are not given."""
    if not {"high", "low"} <= raw.columns.keys():
        return np.zeros(len(raw), dtype=np.bool_)
    return np.asarray(raw.columns["high"] > raw.columns["low"], dtype=np.bool_)


def sample(raw: RawBars) -> RawBars:
    """Return some stretches of a long series: the evidence of 48,000 bars decides as well as that of millions."""
    if len(raw) <= 2 * SAMPLE_BLOCKS * SAMPLE_ROWS:
        return raw
    starts = np.linspace(0, len(raw) - SAMPLE_ROWS, SAMPLE_BLOCKS).astype(np.int64)
    return take(raw, (starts[:, None] + np.arange(SAMPLE_ROWS)).ravel())


def decides(winner: int, loser: int) -> bool:
    """Return whether two counts of contradictions differ by more than chance and by half of the larger at least."""
    return loser - winner >= 6 and loser >= 1.5 * winner and (loser - winner) ** 2 > 6 * (loser + winner)


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """Which end of the bar the labels mark, as far as the data say.

    Attributes
    ----------
    side : {"left", "right"} or None
        None where the evidence does not decide.
    reasons : tuple of str
    """

    side: LabelSide | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        word = WORDS[self.side].upper() if self.side else "undecided"
        return f"{word}: " + "; ".join(self.reasons)


def label_evidence(raw: RawBars, calendar: TradingCalendar | None, vendor: str = "") -> LabelEvidence:
    """Weigh both label sides against the calendar's sessions, auctions and breaks.

    Under the true side no bar lies outside a session, a bar inside an auction has one price, and sessions have their
    first and last bar. Where a market never closes only a vendor's documented convention is left.
    """
    if raw.daily:
        return LabelEvidence(None, ("daily bars are labeled by their date",))
    side, reasons = edge_evidence(raw, calendar)
    if side is not None:
        return LabelEvidence(side, reasons)
    side, more = release_evidence(sample(raw))
    reasons, known = (*reasons, *more), vendor_of(vendor)
    if known is not None and side in (None, known.side):
        return LabelEvidence(known.side, (*reasons, known.words))
    return LabelEvidence(side, reasons)


def release_evidence(raw: RawBars) -> tuple[LabelSide | None, tuple[str, ...]]:
    """Weigh both sides against scheduled releases: the loudest bar of a day opens with one and does not end in it."""
    rows = loud_bars(raw)
    count = hits(raw, rows, raw.zone)
    better: LabelSide = "left" if count["left"] > count["right"] else "right"
    worse: LabelSide = "right" if better == "left" else "left"
    if not len(rows) or not enough(count[better], len(rows)) or count[better] < 3 * count[worse]:
        return None, ()
    which = opens_with(raw, rows, raw.zone, better)
    first = int(np.argmax(which >= 0))
    label = np.datetime_as_string(np.int64(raw.wall[rows[first]]).view("datetime64[us]"), unit="m").replace("T", " ")
    return better, (
        f"{count[better]} of {len(rows)} bars far wider than the rest of their day open with a scheduled release if "
        f"labels mark the {WORDS[better]}, {count[worse]} if they mark the {WORDS[worse]}: {label} with "
        f"{RELEASES[int(which[first])]}",
    )


def clock_evidence(raw: RawBars, calendar: TradingCalendar | None) -> str:
    """Say what the data themselves say of the clock the labels are written on."""
    if raw.daily or not len(raw):
        return "days have no clock"
    if calendar is not None and not calendar.always:
        fitted = best_fit(sample(raw), calendar, raw.zone)
        return f"written in {raw.zone}, the labels leave {fitted}"
    zones = zones_of_releases(sample(raw), dict.fromkeys((raw.zone, *ZONES)))
    if raw.zone in zones:
        alike = [zone for zone in zones if zone != raw.zone and not zone.startswith("Etc/")]
        others = (
            f"; the days of the file do not distinguish it from {named(alike)}" if alike else ", and of no other tried"
        )
        return f"the widest bars open with scheduled releases on the clock of {raw.zone}{others}"
    if zones:
        return f"the widest bars would open with scheduled releases on the clock of {named(zones)}, not of {raw.zone}"
    return "nothing in the data says which"


def edge_evidence(raw: RawBars, calendar: TradingCalendar | None) -> tuple[LabelSide | None, tuple[str, ...]]:
    """Weigh both sides against session edges, auctions and breaks; None where there are none, or they do not decide."""
    if calendar is None or calendar.always or not len(raw):
        return None, ("no session edge to compare with",)
    some = sample(raw)
    marks = label_instants(some)
    fits = {"left": fit(some, calendar, marks + raw.step_us), "right": fit(some, calendar, marks)}
    reasons = tuple(f"if labels mark the {WORDS[side]}: {fits[side]}" for side in SIDES)
    better: LabelSide = "left" if fits["left"].against < fits["right"].against else "right"
    worse = "right" if better == "left" else "left"
    return (better if decides(fits[better].against, fits[worse].against) else None), reasons


def vendor_of(file_name: str) -> Vendor | None:
    """Return the vendor named in a file name."""
    return next((row for name, row in VENDORS.items() if name in file_name.casefold()), None)


@dataclass(frozen=True, slots=True)
class ZoneFits:
    """Fits under the stated zone and under every other one tried.

    Attributes
    ----------
    stated : Fit
    tried : mapping of str to Fit
    n_bars : int
        Bars looked at.
    """

    stated: CalendarFit
    tried: Mapping[str, CalendarFit]
    n_bars: int

    @property
    def best(self) -> str:
        return min(self.tried, key=lambda name: self.tried[name].against)

    def clean(self) -> tuple[str, ...]:
        """Return the zones with next to no bar outside the sessions, the best first."""
        most = max(2, self.n_bars // 2000)
        held = [zone for zone, found in self.tried.items() if found.outside <= most]
        return tuple(sorted(held, key=lambda zone: self.tried[zone].against))


def zone_evidence(raw: RawBars, calendar: TradingCalendar) -> ZoneFits | None:
    """Return how well the sessions fit under every zone; None if they fit as stated, or no other zone is much better.

    Both label sides are allowed for each zone, so that a wrong side is not taken for a wrong zone.
    """
    some = sample(raw)
    stated = best_fit(some, calendar, raw.zone)
    if stated.outside <= 0.01 * len(some) and stated.no_first + stated.no_last <= stated.n_sessions:
        return None
    tried = {zone: best_fit(some, calendar, zone) for zone in dict.fromkeys((calendar.zone, *ZONES))}
    found = ZoneFits(stated, tried, len(some))
    return found if decides(2 * tried[found.best].against, stated.against) else None


def best_fit(raw: RawBars, calendar: TradingCalendar, zone: str) -> CalendarFit:
    """Return the better fit of the two label sides for labels written on the clock of ``zone``."""
    marks = likely_instants(raw.wall, zone)
    return min((fit(raw, calendar, marks + s) for s in (0, raw.step_us)), key=lambda f: f.against)
