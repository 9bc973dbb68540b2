"""The finding in a few sentences: what moved by how much, the interval, the p-value, and what speaks against it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eventstudy.inference.designs import FEW_EVENTS
from eventstudy.inference.multiple import ADJUSTMENTS
from eventstudy.inference.table import TESTS
from eventstudy.report.counted_days import alternative_in, count_in_words
from eventstudy.report.shown_units import unit_in, variable_in
from eventstudy.show.escape import plain
from eventstudy.show.numbers import date_label, over, p_is, pvalue, window_label

Json = Mapping[str, Any]
MOST_NAMED = 3
POWER_Z = 0.8416  # the normal quantile of 80 % power
REVERSED = 0.5


def words(name: str) -> str:
    """Return the name of a test, a model or an outcome in a sentence."""
    row = TESTS.get(name)
    return name.replace("_", " ") if row is None else row.words


def finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def primary_test(study: Json, tests: Json) -> tuple[str, Json] | None:
    """Return the primary test among ``tests``; if it has no p-value there, the first valid one that has."""
    primary = study.get("primary") or {}
    usable = {name: test for name, test in tests.items() if finite(test.get("pvalue"))}
    unsuited = primary.get("unsuited", {})
    names = [primary.get("test"), *(name for name in usable if name not in unsuited), *usable]
    return next(((name, usable[name]) for name in names if name in usable), None)


def decided(test: Json) -> float:
    """Return the p-value that decides: the adjusted one where the study adjusts."""
    adjusted: Any = test.get("adjusted_pvalue")
    return float(adjusted) if finite(adjusted) else float(test["pvalue"])


def unbroken_p(value: float | None) -> str:
    """Return a p-value as a statement that no line break parts."""
    return p_is(value).replace(" ", "\u00a0")  # a line of text never breaks inside it


def _level(study: Json) -> float:
    return float((study.get("primary") or {}).get("level", 0.95))


def _interval(study: Json, test: Json) -> str:
    low, high, unit, level = test.get("low"), test.get("high"), unit_in(study), f"{_level(study) * 100:g}%"
    if finite(low) and finite(high):
        return f"{level} interval {unit.show(low)} to {unit.of(high)}"
    bound = at_most_or_least(low, high)
    return f"one-sided {level} interval: {bound} {unit.of(low if finite(low) else high)}" if bound else ""


def at_most_or_least(low: Any, high: Any) -> str:
    """Return how the end of a one-sided interval is said; empty where there are two ends or none.

    >>> at_most_or_least(0.1, None), at_most_or_least(-float("inf"), 0.1), at_most_or_least(0.1, 0.2)
    ('at least', 'at most', '')
    """
    return "" if finite(low) == finite(high) else "at least" if finite(low) else "at most"


def test_ends(test: Json) -> tuple[float, float]:
    """Return the ends of the interval of a test, infinite where a one-sided one is open, NaN where there is none.

    >>> test_ends({"low": 0.1, "high": None}), test_ends({})
    ((0.1, inf), (nan, nan))
    """
    low, high = (float(test[end]) if finite(test.get(end)) else math.nan for end in ("low", "high"))
    return {"at least": (low, math.inf), "at most": (-math.inf, high)}.get(at_most_or_least(low, high), (low, high))


def _statistic(name: str, test: Json) -> str:
    """Return the test, its statistic with degrees of freedom, and its p-value: ``BMP t(99) = 3.12, p = 0.002``."""
    said = words(name)
    if not finite(test.get("statistic")) or "bootstrap" in name:
        return f"{said} test, {unbroken_p(test['pvalue'])}"
    df = f"({test['df']:.0f})" if finite(test.get("df")) else ""
    letter = "" if said.endswith((" t", "-t", " z", "-z", " Z")) else " t" if df else " Z"
    return f"{said}{letter}{df} = {test['statistic']:.2f}, {unbroken_p(test['pvalue'])}"


def _placebo(study: Json, test: Json) -> str:
    """Return how many comparable days moved as much, and the smallest p-value that so many days can give."""
    n, said = int(test.get("n") or 0), unbroken_p(test["pvalue"])
    as_large = round(float(test["pvalue"]) * (n + 1)) - 1
    counted = count_in_words(max(as_large, 0), n, variable_in(study), alternative_in(study))
    return f"{counted} ({said}" + (f", the smallest value {n} days can give" if as_large <= 0 else "")


def _scaled(study: Json, test: Json, raw: Json) -> str:
    """Return the raw count of comparable days, then the primary p-value with each day at the same volatility."""
    n, said = int(test.get("n") or 0), unbroken_p(test["pvalue"])
    as_large = round(float(test["pvalue"]) * (n + 1)) - 1
    scaled = f"scaled by volatility before the news, on {max(as_large, 0) or 'none'} of {n} ({said}"
    if not finite(raw.get("pvalue")):
        return f"{scaled})"
    verdict = ", the primary test" if (raw["pvalue"] <= 0.05) != (test["pvalue"] <= 0.05) else ""
    return f"{_placebo(study, raw)}); {scaled}{verdict})"


def clause(study: Json, tests: Json) -> str:
    """Return how sure one response or average is: count or interval, p-value, and the adjusted p-value."""
    chosen = primary_test(study, tests)
    if chosen is None:
        reasons = [str(test.get("reason")) for test in tests.values() if test.get("reason")]
        return "no p-value: " + (plain(reasons[0]) if reasons else "no test applied")
    name, test = chosen
    if name == "placebo":
        return f"{_placebo(study, test)}{adjusted_words(study, test)})"
    if name == "standardized_placebo":
        return _scaled(study, test, tests.get("placebo", {})) + adjusted_words(study, test)
    interval = _interval(study, test)
    return f"{interval}{'; ' if interval else ''}{_statistic(name, test)}{adjusted_words(study, test)}"


def certainty(study: Json, tests: Json) -> str:
    """Return :func:`clause` as a sentence."""
    said = clause(study, tests)
    return f"{said[:1].upper()}{said[1:]}."


def adjusted_words(study: Json, test: Json) -> str:
    """Return the adjusted p-value with its method and the number of windows, or an empty string."""
    primary = study.get("primary") or {}
    if not finite(test.get("adjusted_pvalue")) or not primary.get("adjust"):
        return ""
    return f", adjusted {unbroken_p(test['adjusted_pvalue'])} ({adjustment_words(study)})"


def adjustment_words(study: Json, *, each: bool = False) -> str:
    """Return the adjustment and its family: ``Holm, 4 windows``; ``each``: of the tests of single responses."""
    primary = study.get("primary") or {}
    name = ADJUSTMENTS[primary["adjust"]].words if primary.get("adjust") else ""
    each = each or average_of(study) is None
    pairs = len({(r["event"], r["instrument"]) for r in study["responses"]}) if each else 1
    family = [f"{primary['windows']} windows"] if primary.get("windows", 1) > 1 else []
    family += [f"{pairs} responses"] if pairs > 1 else []
    return f"{name}, {' x '.join(family) or '1 test'}"


def finding(study: Json, level: float, moved: str = "") -> tuple[str, ...]:
    """Return the finding: what a check doubts inside an event window, then what moved by how much and how sure.

    ``moved`` is the first sentence of the move where the clock is known; otherwise it speaks of event time.
    """
    return (*doubts(study), *move_and_certainty(study, level, moved))


def doubts(study: Json) -> tuple[str, ...]:
    """Return what a check doubts inside an event window."""
    return tuple(plain(n["message"], 400) for n in study.get("warnings", ()) if n["code"] == "ES-PRICE-IN-DOUBT")


def move_and_certainty(study: Json, level: float, moved: str) -> tuple[str, ...]:
    """Return what moved by how much and how sure, then disagreement, power and reversal."""
    responses = study["responses"]
    if not responses:
        unused = len(study["outcomes"])
        if unused == 1:
            return "The event could not be studied: it was left out.", "The table below gives the reason."
        lost = f"No event could be studied: {unused} of {unused} were left out."
        return lost, "The table below gives the reason for each."
    shared = average_of(study)
    if shared is not None:
        return tuple(filter(None, (*_average(study, shared), *beyond(study, study["aggregates"], shared))))
    window = primary_window(study)
    rows = [r for r in responses if r["window"] == window and finite(r["car"])]
    if not rows:
        return "No response could be computed.", "The table below gives the reason for each event."
    named = [f"{plain(r['instrument'], 40)} {unit_in(study).of(_size(r))}" for r in rows[:MOST_NAMED]]
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    same = [r for r in responses if (r["event"], r["instrument"]) == (rows[0]["event"], rows[0]["instrument"])]
    if len(rows) == 1 and not moved:
        return tuple(filter(None, (*_single(study, rows[0]), *beyond(study, same, rows[0]))))
    first = moved or f"{_measure(study, rows[0])} {when(study, window)}: {', '.join(named)}{more}."
    return tuple(filter(None, (first, _rows(study, rows), *beyond(study, same, rows[0]))))


def _single(study: Json, row: Json) -> tuple[str, ...]:
    """Return one response with its interval, test and size; a count of comparable days is a sentence of its own."""
    measure = _measure(study, row).lower()
    article = "an" if measure[0] in "aeiou" else "a"
    what = f"{plain(row['instrument'], 40)} had {article} {measure} of {unit_in(study).of(_size(row))}"
    first, chosen = f"{what} {when(study, row['window'])}", primary_test(study, row["tests"])
    if chosen is None or "placebo" in chosen[0]:
        return f"{first}.", _rows(study, [row])
    return (f"{first} ({clause(study, row['tests'])}){_in_deviations(row)}.",)


def _in_deviations(row: Json) -> str:
    """Return the size of a move in the standard deviations that its window has without an event."""
    if not (finite(row.get("se")) and row["se"] > 0):
        return ""
    return f", {abs(row['car']) / row['se']:.1f} times the usual standard deviation of such a window"


def _measure(study: Json, row: Json) -> str:
    return "Buy-and-hold abnormal return" if "bhar" in row else f"Abnormal {variable_in(study)}"


def _size(row: Json) -> float:
    return float(row.get("bhar", row["car"]))


def when(study: Json, window: Sequence[int]) -> str:
    """Return a window as a reader says it: ``on the event day``, ``over days 0 to +1``."""
    return over(label_of(study, window))


def label_of(study: Json, window: Sequence[int]) -> str:
    """Return a window as a table names it: ``event day``, ``days 0 to +1``; in bars where bars are not days."""
    return window_label(window, noun_in(study))


def noun_in(study: Json) -> str:
    """Return what a bar is called in a result given as JSON values; an earlier version wrote only ``daily``."""
    primary = study.get("primary") or {}
    return str(primary.get("bar_noun") or ("day" if primary.get("daily") else "bar"))


def primary_window(study: Json) -> Sequence[int]:
    """Return the window of the primary test; the first one where the study names none."""
    primary = study.get("primary") or {}
    windows = [r["window"] for r in study["responses"]]
    return next((w for w in windows if list(w) == list(primary.get("window", []))), windows[0])


def average_of(study: Json) -> Json | None:
    """Return the average over the primary window, where several events are behind it."""
    several = len({r["event"] for r in study["responses"]}) > 1
    if not several:
        return None
    usable = [a for a in study["aggregates"] if finite(a["caar"]) and a["n_events"] > 1]
    window = primary_window(study)
    return next((a for a in usable if list(a["window"]) == list(window)), next(iter(usable), None))


def _average(study: Json, shared: Json) -> tuple[str, ...]:
    """Return the mean with its interval and test, how many moves had either sign where events are few, and the test."""
    primary = study.get("primary") or {}
    n, dates = int(shared["n_events"]), int(primary.get("dates") or shared["n_events"])
    what = "buy-and-hold abnormal return" if "abhar" in shared else f"abnormal {variable_in(study)}"
    what = what if shared["window"][0] == shared["window"][1] or "abhar" in shared else "CAR"
    size = shared.get("abhar", shared["caar"])
    over = f"{n:,} events" if dates == n else f"{n:,} observations on {dates:,} {date_label(noun_in(study), dates)}"
    chosen, where = primary_test(study, shared["tests"]), when(study, shared["window"])
    first = f"Across {over} the mean {what} {where} was {unit_in(study).of(size)} ({clause(study, shared['tests'])})."
    reason = primary.get("reason")
    said = (first, *_signs(study, shared))
    if chosen is None or not reason or chosen[0] != primary.get("test"):
        return said
    return *said, f"The {words(chosen[0])} test is primary: {reason}."


def _signs(study: Json, shared: Json) -> tuple[str, ...]:
    """Return how many of few moves were positive and negative: a mean of few can rest on one of them."""
    rows = [r for r in study["responses"] if list(r["window"]) == list(shared["window"]) and finite(r["car"])]
    if not 1 < len(rows) < FEW_EVENTS:
        return ()
    up, down = (sum(sign * _size(r) > 0 for r in rows) for sign in (1, -1))
    if len(rows) in {up, down}:
        return (f"All {len(rows)} moves were {'positive' if up else 'negative'}.",)
    return (f"Of the {len(rows)} moves, {up} {'was' if up == 1 else 'were'} positive and {down} negative.",)


def _rows(study: Json, rows: Sequence[Json]) -> str:
    """Return how sure the first response is, its size in usual deviations, and the p-values of the next."""
    chosen, said = primary_test(study, rows[0]["tests"]), clause(study, rows[0]["tests"])
    if chosen is not None and "placebo" not in chosen[0]:
        said += _in_deviations(rows[0]).replace(",", ";", 1)
    if len(rows) == 1:
        return f"{said[:1].upper()}{said[1:]}."
    name = chosen[0] if chosen else ""
    others = [(r["instrument"], r["tests"].get(name, {})) for r in rows[1:MOST_NAMED]]
    listed = [f"{plain(code, 40)} {unbroken_p(decided(test))}" for code, test in others if finite(test.get("pvalue"))]
    return f"{plain(rows[0]['instrument'], 40)}: {'; '.join([said, ', '.join(listed)] if listed else [said])}."


def beyond(study: Json, rows: Sequence[Json], first: Json) -> tuple[str, ...]:
    """Return what belongs to the finding beyond its number: disagreement, power, reversal."""
    return disagreement(study, first["tests"]), smallest_effect(study, first), reversal(study, rows, first)


def disagreement(study: Json, tests: Json) -> str:
    """Return a sentence where another test gives another verdict than the primary, with what speaks against it."""
    chosen, size = primary_test(study, tests), 1 - _level(study)
    if chosen is None:
        return ""
    unsuited = (study.get("primary") or {}).get("unsuited", {})
    claims = decided(chosen[1]) <= size
    others = [
        (name, test)
        for name, test in tests.items()
        if name != chosen[0] and finite(test.get("pvalue")) and (decided(test) <= size) != claims
    ]
    if not others:
        return ""
    listed = [
        f"{words(name)} gives {unbroken_p(decided(test))}" + (f" but {unsuited[name]}" if name in unsuited else "")
        for name, test in others
    ]
    primary = f"{words(chosen[0])}, the primary test, gives {unbroken_p(decided(chosen[1]))}"
    return f"The tests disagree: {primary}; {'; '.join(listed)}."


def smallest_effect(study: Json, row: Json) -> str:
    """Return, where nothing was detected, the effect that the design detects with 80% power."""
    chosen, level = primary_test(study, row["tests"]), _level(study)
    if chosen is None or decided(chosen[1]) <= 1 - level:
        return ""
    test = chosen[1]
    if not (finite(test.get("low")) or finite(test.get("high"))):
        n = int(test.get("n") or 0)
        least = pvalue(1 / (n + 1))
        few = "placebo" in chosen[0] and 1 / (n + 1) > 1 - level
        return f"With {n} days the smallest attainable p-value is {least}: no test at this level is possible." * few
    effect, signed = detectable(test, level), bool(at_most_or_least(test.get("low"), test.get("high")))
    effects = detectable_by_sign(test, level) if chosen[0] in SKEWED_REFERENCE and not signed else (effect,)
    said = " or ".join(unit_in(study).of(one, signed=signed or len(effects) > 1) for one in effects)
    return (
        f"This design detects an effect of {'about ' * (len(effects) > 1)}{said} with 80% power at the "
        f"{(1 - level) * 100:g}% level; smaller effects cannot be ruled out."
    )


# The reference distribution is as skewed as the returns: effects of the two signs are not found alike.
SKEWED_REFERENCE = ("residual_bmp",)


def detectable_by_sign(test: Json, level: float) -> tuple[float, float]:
    """Return the positive and the negative effect that a test with a skewed reference detects with 80% power.

    A positive effect has to leave zero below the interval, so the interval's length below the estimate counts for it,
    and its length above the estimate for a negative one. What 80% power needs beyond that is taken from the same
    length, or from half of the interval if that is more. Of 7 to 19 events with a skewness of 3.7, 81 to 96% of the
    positive and 69 to 75% of the negative effects so given are found (200 studies each).
    """
    from eventstudy.inference.intervals import critical_of

    (low, high), estimate = test_ends(test), float(test["estimate"])
    part, half = POWER_Z / float(critical_of(level, math.inf)), (high - low) / 2
    up, down = max(estimate - low, 0.0), max(high - estimate, 0.0)
    return up + part * max(up, half), -(down + part * max(down, half))


def detectable(test: Json, level: float) -> float:
    """Return the effect that a test with an interval detects with 80% power, with its sign if the test is one-sided.

    The standard error is what the interval says. A one-sided interval of standardized CARs is not centered on the
    mean: there the statistic, estimate over standard error, says where its bound lies.
    """
    from eventstudy.inference.intervals import critical_of

    df = float(test["df"]) if finite(test.get("df")) else math.inf
    low, high = test_ends(test)
    if math.isfinite(low) and math.isfinite(high):
        critical = float(critical_of(level, df))
        return (critical + POWER_Z) * (high - low) / 2 / critical
    critical, way, bound = float(critical_of(level, df, "greater")), *((1, low) if math.isfinite(low) else (-1, high))
    if finite(test.get("se")):
        se = abs(float(test["estimate"]) - bound) / critical
    else:
        se = abs(bound / (float(test["statistic"]) - way * critical))
    return way * (critical + POWER_Z) * se


def reversal(study: Json, rows: Sequence[Json], first: Json) -> str:
    """Return a sentence where the move of the next, longer window is less than half of the detected move."""
    chosen = primary_test(study, first["tests"])
    if chosen is None or decided(chosen[1]) > 1 - _level(study):
        return ""
    start, stop = first["window"]
    later = [row for row in rows if row["window"][0] == start and row["window"][1] > stop]
    key = next((name for name in ("bhar", "abhar", "caar", "car") if name in first), "car")
    for row in sorted(later, key=lambda row: int(row["window"][1]))[:1]:
        test = primary_test(study, row["tests"])
        if finite(row[key]) and (left := row[key] / first[key]) < REVERSED:
            back = unit_in(study).of(abs(first[key] - row[key]), signed=False)
            p = f" ({unbroken_p(decided(test[1]))})" if test else ""
            end, span = _end_and_span(study, row)
            gone = f"{back} of it" if left >= 0 else "More than all of it"
            return f"{gone} had reversed by {end}: the move {span} is {unit_in(study).of(row[key])}{p}."
    return ""


def _end_and_span(study: Json, row: Json) -> tuple[str, str]:
    """Return the end of a window and the window: on the clock where its row names clock times, else in days or bars."""
    if clock := re.fullmatch(r"\d\d:\d\d to (\d\d:\d\d)", row.get("words", "")):
        return clock[1], f"from {clock[0]}"
    return f"{noun_in(study)} {row['window'][1]:+d}", when(study, row["window"])
