"""Numbers with their units: basis points with one decimal, p-values that are never "0.000", instants in two zones."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from eventstudy.arrays import instant_from_us

NONE = "n/a"
MINUS = re.compile(r"(?<![\w\-\u2212.:])-(?=\d)")


# Authors as a page writes them; identifiers, files and terminals are ASCII.
AUTHORS = {"Kolari-Pynnonen": "Kolari\u2013Pynn\u00f6nen"}


def true_minus(text: str) -> str:
    """Return text with the minus signs of its numbers and names of authors as a page writes them; dates stay.

    >>> true_minus("-1.5 to +2 on 2021-04-13, a-1, [-5, -1]")
    '−1.5 to +2 on 2021-04-13, a-1, [−5, −1]'
    """
    for plain_name, written in AUTHORS.items():
        text = text.replace(plain_name, written)
    return MINUS.sub("\u2212", text)


@dataclass(frozen=True, slots=True)
class Unit:
    """What the numbers of a study count: basis points of a return, or the studied variable itself.

    ``name`` follows a number (``bp``; empty for a pure number), ``words`` say it in a caption, ``scale`` turns a
    decimal into the number that is shown.
    """

    name: str
    words: str
    scale: float = 1.0
    decimals: int = 2

    def show(self, value: float | None, *, signed: bool = True) -> str:
        """Return a decimal as the number that is shown, without the unit.

        >>> BP.show(0.01135), BP.show(-0.0199), BP.show(float("nan")), BP.show(0.02, signed=False)
        ('+113.5', '-199.0', 'n/a', '200.0')
        """
        if value is None or not math.isfinite(value):
            return NONE
        shown = f"{value * self.scale:{'+' if signed else ''},.{self.decimals}f}"
        return shown[1:] if shown[0] in "+-" and not re.search("[1-9]", shown) else shown

    def of(self, value: float | None, *, signed: bool = True) -> str:
        """Return the number with its unit, which no line break parts from it."""
        shown = self.show(value, signed=signed)
        return f"{shown}\u00a0{self.name}" if self.name and shown != NONE else shown


BP = Unit("bp", "basis points of log return", 1e4, 1)


def bp(value: float | None, *, signed: bool = True) -> str:
    """Return a decimal return in basis points.

    >>> bp(0.01135), bp(-0.0199), bp(float("nan"))
    ('+113.5', '-199.0', 'n/a')
    """
    return BP.show(value, signed=signed)


def pvalue(value: float | None) -> str:
    """Return a p-value with three decimals; a small one as a bound, never as "0.000".

    >>> pvalue(2 / 70), pvalue(1e-9), pvalue(0.9999), pvalue(None)
    ('0.029', '<0.001', '>0.999', 'n/a')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value < 0.001:
        return "<0.001"
    if 0.9995 <= value < 1:
        return ">0.999"
    return f"{value:.3f}"


def p_is(value: float | None) -> str:
    """Return a p-value as a statement.

    >>> p_is(2 / 70), p_is(1e-9)
    ('p = 0.029', 'p < 0.001')
    """
    words = pvalue(value)
    return f"p {words[0]} {words[1:]}" if words[0] in "<>" else f"p = {words}"


def number(value: float | None, decimals: int = 2) -> str:
    """Return a plain number, such as a statistic or a price."""
    return NONE if value is None or not math.isfinite(value) else f"{value:,.{decimals}f}"


def share(level: float) -> str:
    """Return a confidence level as a reader says it.

    >>> share(0.95), share(0.999)
    ('95%', '99.9%')
    """
    return f"{level * 100:g}%"


def count_of(n: int, noun: str, several: str = "") -> str:
    """Return how many of a thing there are.

    >>> count_of(1, "observation"), count_of(1200, "observation"), count_of(2, "category", "categories")
    ('1 observation', '1,200 observations', '2 categories')
    """
    return f"{n:,} {noun if n == 1 else several or noun + 's'}"


def span(window: Sequence[int]) -> str:
    """Return a window as a reader says it.

    >>> span([0, 0]), span([-1, 3])
    ('[0, 0]', '[-1, +3]')
    """
    return "[" + ", ".join(f"{edge:+d}" if edge else "0" for edge in window) + "]"


def window_label(window: Sequence[int], noun: str) -> str:
    """Return a window in event time as a page names it, where a bar is called ``noun``.

    >>> window_label([0, 0], "day"), window_label([0, 1], "week"), window_label([-6, -1], "bar")
    ('event day', 'weeks 0 to +1', 'bars -6 to -1')
    >>> window_label([0, 0], "bar"), window_label([2, 2], "day"), window_label([0, 0], "month")
    ('event interval', 'day +2', 'event month')
    """
    start, stop = window
    if start == stop == 0:
        return event_label(noun)
    first, last = (f"{edge:+d}" if edge else "0" for edge in window)
    return f"{noun} {first}" if start == stop else f"{noun}s {first} to {last}"


def event_label(noun: str) -> str:
    """Return what the bar of the event is called where a bar is called ``noun``."""
    return "event interval" if noun == "bar" else f"event {noun}"


def date_label(noun: str, count: int = 2) -> str:
    """Return what distinct dates of events are called where a bar is called ``noun``.

    >>> date_label("bar"), date_label("day", 1), date_label("month")
    ('days', 'day', 'months')
    """
    return ("day" if noun == "bar" else noun) + "s" * (count != 1)


def over(label: str) -> str:
    """Return a window's label as the end of a sentence.

    >>> over("event day"), over("day +2"), over("days 0 to +1"), over("event interval")
    ('on the event day', 'on day +2', 'over days 0 to +1', 'over the event interval')
    >>> over("event week"), over("month +2"), over("weeks 0 to +1")
    ('in the event week', 'in month +2', 'over weeks 0 to +1')
    """
    long = tuple(start + noun for noun in ("week", "month", "quarter") for start in ("", "event "))
    preposition = "over"
    if label.startswith(("day ", "event day")):
        preposition = "on"
    elif label.startswith(long) and "s " not in label:
        preposition = "in"
    return f"{preposition} {'the ' if label.startswith(('event', 'bar ')) else ''}{label}"


def local(at: datetime, zone: str, form: str = "%Y-%m-%d %H:%M") -> str:
    """Return an instant in a zone; a day that comes first has no leading zero.

    >>> from datetime import UTC
    >>> local(datetime(2021, 3, 2, 15, tzinfo=UTC), "Europe/Moscow", "%d %B %H:%M")
    '2 March 18:00'
    """
    shown = at.astimezone(ZoneInfo(zone)).strftime(form)
    return shown.removeprefix("0") if form.startswith("%d ") else shown


def offset(at: datetime, zone: str) -> str:
    """Return a zone's offset at an instant.

    >>> from datetime import UTC
    >>> offset(datetime(2021, 4, 13, tzinfo=UTC), "Europe/Moscow")
    'UTC+3'
    """
    shift = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    minutes = int(shift.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes >= 0 else "-"
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def both_clocks(at: datetime, zone: str) -> str:
    """Return an instant on the local and the UTC clock, both named.

    >>> from datetime import UTC
    >>> both_clocks(datetime(2021, 4, 13, 15, 37, tzinfo=UTC), "Europe/Moscow")
    '2021-04-13 18:37 Moscow (15:37 UTC)'
    """
    utc = local(at, "UTC")
    if zone in {"", "UTC"}:
        return f"{utc} UTC"
    here = local(at, zone)
    shown = utc[11:] if utc[:10] == here[:10] else utc
    return f"{here} {zone_name(zone)} ({shown} UTC)"


def zone_name(zone: str) -> str:
    """Return the city of a zone's name.

    >>> zone_name("America/New_York")
    'New York'
    """
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def length(us: int) -> str:
    """Return a duration in the largest unit that fits.

    >>> length(600_000_000), length(86_400_000_000), length(90_000_000)
    ('10 min', '1 day', '90 s')
    """
    seconds = us // 1_000_000
    units = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))
    size, name = next(((s, n) for s, n in units if seconds >= s and seconds % s == 0), (1, "s"))
    count = seconds // size
    return f"{count} {name}{'s' if name == 'day' and count != 1 else ''}"


def when(us: int, zone: str) -> str:
    return both_clocks(instant_from_us(us), zone)


def unstamped(title: str) -> str:
    """Return a title without a stamp of its own; only for a place that stamps it anyway.

    >>> unstamped("SIMULATED: a call"), unstamped("a call")
    ('A call', 'a call')
    """
    if not title.startswith("SIMULATED"):
        return title
    bare = title.removeprefix("SIMULATED").lstrip(":,. ")
    return bare[:1].upper() + bare[1:]
