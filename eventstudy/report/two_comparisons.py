"""Why the test of a window and the response by the minute compare one event with other days, prices or models."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import instant_from_us
from eventstudy.report.figure_data import first_window, placebo_days, window_words
from eventstudy.report.front_single import responses_of
from eventstudy.response.price_rules import PRICE_RULES
from eventstudy.response.values import Move, RawCount, Response
from eventstudy.show.numbers import local
from eventstudy.study.estimate import missing_of
from eventstudy.study.responses import response_settings

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

Json = Mapping[str, Any]
SAME = 1e-9  # of a p-value or of a log return
DIFFER = "The p-values and intervals of the two differ for this reason."


@dataclass(frozen=True, slots=True)
class Compared:
    """One observation in the test of a window and in the response; ``move`` is the same move, if it has one."""

    result: StudyResult
    window: Window
    place: int
    row: Json
    days: int
    response: Response
    move: Move | None

    @property
    def end(self) -> int:
        """When the window ends, in microseconds since the epoch; 0 if unknown."""
        closes, columns = self.result.abnormal.closes, self.result.abnormal.columns(self.window)
        return int(closes[self.place, columns.stop - 1]) if closes.size else 0

    @property
    def last(self) -> int:
        """When the response by the minute ends, in microseconds since the epoch."""
        return int(self.response.path.closes[-1])

    @property
    def moved(self) -> bool:
        """Whether the same move has another value in the response."""
        if self.move is None or self.row["car"] is None:
            return False
        car: float = self.row["car"] if self.result.spec.returns == "log" else math.log1p(self.row["car"])
        return abs(car - self.move.value) > SAME

    def differs(self) -> bool:
        """Return whether the days differ, or one move has two values or two p-values."""
        if self.days != _count(self).days or self.moved or self.move is None:
            return self.days != _count(self).days or self.moved
        scaled = response_settings(self.result.spec).standardize
        pairs = {"placebo": self.move.placebo.pvalue} | ({"standardized_placebo": self.move.pvalue} if scaled else {})
        tests = self.row["tests"]
        found = [(tests[name]["pvalue"], p) for name, p in pairs.items() if name in tests]
        return any(mine is not None and abs(mine - p) > SAME for mine, p in found)


def two_comparisons(result: StudyResult) -> tuple[str, ...]:
    """Return why the response by the minute does not compare as the tests of the windows do; nothing if it does."""
    first, said = first_window(result), []
    for window in dict.fromkeys((first, *result.windows)):
        differing = [one for one in _compared(result, window) if one.differs()]
        if differing and window == first:
            said += _reasons(differing)
        elif differing and missing_of(result.spec) == "merge" and differing[0].end > differing[0].last:
            said.append(_of_length(differing[0]))
    return tuple(dict.fromkeys(said))


def _compared(result: StudyResult, window: Window) -> list[Compared]:
    """Return the observations that a test of the window compares with days and that have a response."""
    found, days, every = responses_of(result), placebo_days(result, window), []
    rows = [row for row in result.tables()["responses"] if row["window"] == [window.start, window.stop]]
    for place, (row, of_row) in enumerate(zip(rows, days, strict=False)):
        if (response := found.get((row["event"], row["instrument"]))) is not None:
            every.append(_with_move(Compared(result, window, place, row, len(of_row), response, None)))
    return every


def _with_move(one: Compared) -> Compared:
    if one.window == Window(0, 0):
        return replace(one, move=one.response.first)
    at = instant_from_us(one.end) if one.window.start == 0 and one.end else None
    return replace(one, move=next((move for move in one.response.moves if at is not None and move.at == at), None))


def _reasons(differing: Sequence[Compared]) -> list[str]:
    """Return a sentence for each setting that makes the two differ, the days first."""
    one, most = differing[0], max(_count(found).days for found in differing)
    found = [sentence for sentence in (_of_days(one, most), *_of_values(one)) if sentence]
    return found or [_BOTH_ENDS.format(most=most)] * (one.days != most)


_BOTH_ENDS = (
    "The test of the window takes the days that have a close at both ends of it. The response by the minute reads "
    "the last trade before each minute instead and so has up to {most} days; its p-values and intervals "
    "differ a little for this reason."
)


def _count(one: Compared) -> RawCount:
    return (one.move or one.response.first).placebo


def _of_days(one: Compared, most: int) -> str:
    """Return why the days differ; empty where no setting and no length of the window is the reason."""
    spec = one.result.spec
    if one.result.abnormal.same_clock is not None:
        return _same_clock(one, most)
    if missing_of(spec) == "refuse":
        return (
            'With missing = "refuse" the test of the window takes only days that have every bar of it. The response by '
            f"the minute reads the last trade before each minute instead and so has up to {most} days; its p-values "
            "and intervals differ for this reason."
        )
    if spec.placebo.known_events not in ("drop", "keep"):
        return (
            f"The response by the minute counts a day with a known event as {spec.placebo.known_events:g} of a day; "
            f"the test of the window leaves these days out. {DIFFER}"
        )
    return "" if not one.end or one.days == _count(one).days or one.window.stop <= 0 else _of_length(one)


def _same_clock(one: Compared, most: int) -> str:
    said = (
        "The expected return of the window is the mean of the other days: for a comparable day the test counts the "
        "event day among them, the response by the minute does not"
    )
    other = "" if most == one.days else f", and it has up to {most} days, because it needs no price but at both ends"
    return f"{said}{other}. {DIFFER}"


def _of_length(one: Compared) -> str:
    days = (local(instant_from_us(us), one.response.zone, "%Y-%m-%d") for us in (one.last, one.end))
    name, n, counted = window_words(one.result, one.window, one.place), one.days, _count(one).days
    if len(set(days)) > 1:
        return (
            f"The window {name} reaches into another day, where the response by the minute has no prices: the "
            f"test compares with {n} days that have a complete window, the response with {counted}."
        )
    if one.end > one.last:
        until = local(instant_from_us(one.last), one.response.zone, "%H:%M")
        return (
            f"The window {name} ends after the last horizon of the response by the minute ({until}): days with "
            f"another event or without bars in the rest are left out, which leaves {n} of {counted}."
        )
    return (
        f"Days without bars later in the window {name} count for the move to the first price only: {counted} days "
        f"there, {n} in the test of the window."
    )


def _of_values(one: Compared) -> tuple[str, ...]:
    """Return why the same move has another value or another place among the days in the response, if it has."""
    if one.move is None:
        return ()
    spec, said = one.result.spec, []
    settings = response_settings(spec)
    if settings.price != "last":
        said.append(
            f"The response by the minute reads {PRICE_RULES[settings.price].summary}, the test of the window the last "
            f"trade of each bar. {DIFFER}"
        )
    raw = spec.response_options.get("expected") == "zero" or _without_model(one.result)
    if one.moved and raw and spec.model != "zero":
        said.append(f"The response by the minute states raw moves, the test of the window abnormal ones. {DIFFER}")
    elif one.moved and not raw and one.result.abnormal.same_clock is None and spec.model != "zero":
        said.append(
            "The response by the minute estimates its expected move in the same hours of the comparable days, the test "
            f"of the window in the estimation window. {DIFFER}"
        )
    if not said and not one.moved and spec.returns == "simple":
        said.append("The test of the window compares simple returns, the response by the minute log returns. " + DIFFER)
    return tuple(said)


def _without_model(result: StudyResult) -> bool:
    return any(notice.code == "ES-RESPONSE-MODEL" for notice in result.notices)
