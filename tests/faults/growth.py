"""How the time of every reader of text grows with the size of its input, for pieces repeated inside a right file."""

from __future__ import annotations

import math
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from eventstudy.errors import EventStudyError
from tests.faults import fuzz_readers as readers

SIZES = (4_000, 16_000, 128_000, 512_000)
# Steeper than n log n by more than a loaded machine explains, where it takes long enough to be measured.
STEEPEST, LEAST_S = 1.3, 0.4
# An input of at most half a megabyte that takes longer is stopped, and is too slow whatever the others take.
LONGEST_S = 20.0


def repeated(piece: str) -> Callable[[int], str]:
    return lambda size: piece * (size // len(piece.encode()))


def counted(piece: str) -> Callable[[int], str]:
    """Repeat a piece with a number in it, so that no two are equal: attributes, keys, columns."""
    return lambda size: "".join(piece.format(number) for number in range(size // (len(piece) + 3)))


PIECES: Mapping[str, Callable[[int], str]] = {
    **{
        f"{piece!r}": repeated(piece)
        for piece in (
            *("1", "a", " ", "\n", ",", '"', "'", "<", "<a ", "<b>", "</", "<!--", "<?", "<x y='", "&", "&#", "&amp;"),
            *(
                "<script>",
                "<time datetime=2021-04-13T18:37>",
                "[",
                "{",
                '{"a":',
                "]",
                "[[a]]\n",
                "a.",
                "a=1\n",
                "\\",
                "#",
            ),
            *("13 April 2021 ", "18:37 ", "13-04-", "at 18:37 UTC+", "two hours earlier ", "fell by 1.2 rubles to 75 "),
            *(
                "апреля ",
                "2021-04-13,1,1,1,1,1\n",
                "=?utf-8?q?a?= ",
                "BEGIN:VEVENT\n",
                "Content-Type: message/rfc822\n\n",
            ),
        )
    },
    "distinct attributes": lambda size: f"<p {counted('a{}=1 ')(size)}>",
    "distinct tags": counted("<t{}>"),
    "distinct keys": counted('"k{}": 1, '),
    "distinct lines": counted("k{} = 1\n"),
    "distinct columns": counted("c{},"),
}
READERS = (
    *(f"news {kind}" for kind in ("text", "html", "feed", "loose-feed", "json", "jsonl", "csv", "tsv", "mail")),
    *("events toml", "events csv", "events ics", "events json", "prices csv", "prices json", "universe long"),
    *("universe wide", "study toml", "service answer"),
)
SEEDS: Mapping[str, bytes] = {
    **{f"news {kind}": seeds[0] for kind, seeds in readers.NEWS.items()},
    "events toml": readers.EVENTS_TOML[0],
    "events csv": readers.EVENTS_CSV[0],
    "events ics": readers.EVENTS_ICS[0],
    "events json": b'[{"id": "a", "date": "2021-04-13", "ticker": "AAA"}]',
    "prices csv": readers.DAILY,
    "prices json": readers.CANDLES,
    "universe long": readers.LONG,
    "universe wide": readers.WIDE,
    "study toml": readers.STUDY[0],
    "service answer": readers.CANDLES,
}


@dataclass(frozen=True)
class Growth:
    """Seconds of one reader for one piece at growing sizes, and the steepest power of the size among them."""

    reader: str
    piece: str
    seconds: tuple[float, ...]
    steepest: float

    @property
    def bad(self) -> bool:
        return self.steepest > STEEPEST or max(self.seconds) > LONGEST_S


def grown(reader: str, piece: str, sizes: Sequence[int] = SIZES) -> Growth:
    """Time a reader on growing inputs; it stops growing them where one takes too long."""
    call, seed, seconds = readers.READERS[reader].call, SEEDS[reader], []
    for size in sizes:
        inside = PIECES[piece](size).encode()
        content = seed[: len(seed) // 2] + inside + seed[len(seed) // 2 :]
        seconds.append(timed(call, content))
        if seconds[-1] < 5:  # a second try, so that one pause of the process is not taken for growth
            seconds[-1] = min(seconds[-1], timed(call, content))
        if seconds[-1] > LONGEST_S:
            break
    return Growth(reader, piece, tuple(seconds), steepest(sizes, seconds))


def steepest(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the largest power p with seconds ~ size ** p between neighbors, of those that take a measurable time.

    >>> round(steepest((10, 20, 40), (1.0, 2.0, 8.0)), 2)
    2.0
    """
    pairs = zip(sizes, sizes[1:], seconds, seconds[1:], strict=False)
    return max(
        (math.log(t2 / max(t1, 1e-3)) / math.log(n2 / n1) for n1, n2, t1, t2 in pairs if t2 > LEAST_S), default=0.0
    )


class TooSlow(BaseException):
    """A reader takes too long; no reader catches it."""


def too_slow(_: int, __: FrameType | None) -> NoReturn:
    raise TooSlow


def timed(call: Callable[[bytes], object], content: bytes) -> float:
    """Return the processor time of one call; one that takes too long is stopped, also inside a regular expression."""
    before, began = signal.signal(signal.SIGVTALRM, too_slow), time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 1.05 * LONGEST_S)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(content)
    except (EventStudyError, TooSlow):
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began


def every_growth(sizes: Sequence[int] = SIZES, name: str = "") -> Iterator[Growth]:
    """Time every reader whose name begins so on every piece."""
    return (grown(reader, piece, sizes) for reader in READERS if reader.startswith(name) for piece in PIECES)
