"""Windows in event time: tau counts bars, tau = 0 is the bar (or merged bars) that first contains the news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from eventstudy.arrays import IntArray
from eventstudy.errors import UsageError, expect
from eventstudy.renamed import named_fields

STEPS_PER_CLOSE = 8  # a table of more steps costs more than it saves
LAST_INSTANT = np.iinfo(np.int64).max


class NewsBounds(NamedTuple):
    """Instants: the news was not public before ``before`` and was public by ``by``."""

    before: IntArray
    by: IntArray


class EventBars(NamedTuple):
    """Bars that bound the news: ``reference`` is the last one closed before it, ``first`` the first closed after."""

    reference: IntArray
    first: IntArray


Bar = TypeVar("Bar", int, IntArray)


class BarSpan(NamedTuple, Generic[Bar]):
    """The bar whose close a window starts from, ``head``, and its last bar, ``tail``."""

    head: Bar
    tail: Bar


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One policy: which instants bound the news, and what it assumes."""

    function: Callable[[IntArray, IntArray], NewsBounds]
    summary: str


def bracket(earliest: IntArray, latest: IntArray) -> NewsBounds:
    return NewsBounds(earliest, latest)


def at_earliest(earliest: IntArray, latest: IntArray) -> NewsBounds:
    return NewsBounds(earliest, earliest)


def at_latest(earliest: IntArray, latest: IntArray) -> NewsBounds:
    return NewsBounds(latest, latest)


ANCHORS: Mapping[str, AnchorRow] = {
    "bracket": AnchorRow(bracket, "last close at or before earliest to first close at or after latest"),
    "earliest": AnchorRow(at_earliest, "as if the news were public at the earliest instant"),
    "latest": AnchorRow(at_latest, "as if the news were public only at the latest instant"),
}


def closes_until(closes: IntArray, instants: IntArray) -> IntArray:
    """Return how many closes lie at or before each instant, as ``numpy.searchsorted(closes, instants, side="right")``.

    Of evenly spread closes no two share a step of the smallest distance: a table of the steps and one comparison find
    the place sooner than a search does.
    """
    smallest = int(np.diff(closes).min(initial=LAST_INSTANT)) if len(closes) > 1 else 0
    shift = max(smallest.bit_length() - 1, 0)
    span = (int(closes[-1]) - int(closes[0])) >> shift if smallest > 0 else 0
    if smallest <= 0 or len(instants) < len(closes) or span > STEPS_PER_CLOSE * len(closes):
        return np.searchsorted(closes, instants, side="right")
    before = np.searchsorted(closes, closes[0] + (np.arange(span + 2) << shift))
    low = before[np.clip((instants - closes[0]) >> shift, 0, span + 1)]
    count: IntArray = low + (np.append(closes, LAST_INSTANT)[low] <= instants)
    return count


def locate_closes(closes: IntArray, bounds: NewsBounds) -> EventBars:
    """Return where the news lies among ``closes``.

    ``reference`` is the last close <= ``bounds.before`` (-1 if there is none), ``first`` the first close >=
    ``bounds.by`` that lies after ``reference`` (``len(closes)`` if there is none). A close at the very instant
    of the news still precedes it.
    """
    reference = closes_until(closes, bounds.before) - 1
    if bounds.by is bounds.before:
        return EventBars(reference, reference + 1)
    first = np.searchsorted(closes, bounds.by, side="left")
    return EventBars(reference, np.maximum(first, reference + 1))


Clock = Literal["bars", "minutes", "days"]


@named_fields
@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The bars from ``start`` to ``stop``, both included; a pair ``(start, stop)`` is accepted in its place.

    Attributes
    ----------
    start, stop : int
        Event time in bars; 0 is the return from the last pre-event to the first post-event price.

    Raises
    ------
    UsageError
        If the window ends before it starts.

    Examples
    --------
    >>> len(Window(-5, 5)), str(Window(0, 1))
    (11, '[+0, +1]')
    """

    start: int
    stop: int

    def __post_init__(self) -> None:
        for name in ("start", "stop"):
            expect(f"Window.{name}", getattr(self, name), (int, np.integer), "Pass two integers: Window(-5, 5).")
        if self.start > self.stop:
            raise UsageError(
                f"Window ({self.start}, {self.stop}) ends before it starts.",
                remedy=f"Swap the bounds: ({self.stop}, {self.start}).",
            )

    def __len__(self) -> int:
        return self.stop - self.start + 1

    def __str__(self) -> str:
        return f"[{self.start:+d}, {self.stop:+d}]"


WindowLike: TypeAlias = Window | tuple[int, int]


def as_window(given: WindowLike) -> Window:
    """Return a window given as such or as its two bounds, ``(-5, 5)``.

    >>> as_window((0, 1))
    Window(start=0, stop=1)
    """
    if isinstance(given, Window):
        return given
    bounds = tuple(given) if isinstance(given, tuple | list) else ()
    if len(bounds) != 2 or not all(isinstance(bound, int | np.integer) for bound in bounds):
        raise UsageError(f"{given!r} is not a window.", remedy="Give its first and last bar, for example (-5, 5).")
    return Window(int(bounds[0]), int(bounds[1]))


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """Which bars estimate the model and which bars are studied.

    Attributes
    ----------
    estimation : Window or None
        Bars that the expected-return model is estimated on; None for models without parameters.
    event : Window
        Bars that are studied.
    min_observations : int
        Valid estimation bars below which an event is not used.

    Raises
    ------
    UsageError
        If the estimation window does not end before the event window starts.
    """

    estimation: Window | None
    event: Window
    min_observations: int = 20

    def __post_init__(self) -> None:
        if self.estimation is not None and self.estimation.stop >= self.event.start:
            raise UsageError(
                f"The estimation window {self.estimation} overlaps the event window {self.event}.",
                remedy=f"End it at {self.event.start - 1} or earlier, so that the event does not affect the estimates.",
            )
        if self.estimation is not None and self.estimation.stop > -1:
            raise UsageError(
                f"The estimation window {self.estimation} reaches tau = 0, the bar that contains the news.",
                remedy="Let it end at -1 or earlier.",
            )
