"""Prints size, coverage, bias and power of every number of the response on planted truth, and its speed.

Run ``scripts/bench response [DRAWS]`` (2,000 draws by default); ``scripts/bench response --speed`` prints the time of a
response of many events alone.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np

from benchmarks.fresh_process import resident, status
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.built_responses import UnbuiltResponse
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.response_rows import ResponseSet
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import ShapeColumns, shape_numbers
from eventstudy.response.values import Response
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days
from eventstudy.simulate.intraday_market import planted_response
from eventstudy.study.executors import executor_for
from eventstudy.study.sharding import runner

SPREAD = ResponseSettings(placebo=PlaceboSettings(days=60, known_events="keep"))
DAYS = 59  # placebo days: 5 % is then a p-value that can be reached exactly, 3/60
NULL = IntradayDesign(days=DAYS, early=150, late=210)
REACTION = replace(
    NULL, jump=0.012, reversal=0.3, reversal_half_life=15.0, absorb_half_life=2.0, drift=0.0, volume_multiple=6.0
)
SLOW = replace(REACTION, absorb_half_life=8.0, reversal=0.2, drift=0.004)
DESIGNS = {
    "strong and fast": replace(REACTION, jump=0.02, drift=0.004),
    "fast": REACTION,
    "slow, after a leak": SLOW,
    "barely significant, slow": replace(SLOW, jump=0.006, drift=0.003),
}
OPTIONS: tuple[dict[str, object], ...] = (
    {},
    {"seasonality": "wsd", "standardize": True},
    {"seasonality": "fourier", "expected": "same_clock_mean"},
    {"price": "vwap"},
)


def answer(design: IntradayDesign, seed: int, settings: ResponseSettings | None = None) -> Response:
    """Return the response to one drawn event."""
    bars, event = intraday_bars(intraday_days(design, np.random.SeedSequence([20210413, seed])))
    return respond(bars, event, settings or ResponseSettings())


def pvalues(response: Response) -> dict[str, float]:
    """Return every p-value of a response by name."""
    found = {f"move {move.label}": move.pvalue for move in response.moves}
    found |= {"path (sup)": response.path_pvalue, "pre_event_drift": response.number("pre_event_drift").pvalue}
    found |= {f"anchor {anchor.name}": anchor.pvalue for anchor in response.anchors}
    found |= {f"{a.name} {e.name}": e.pvalue for a in response.activity for e in (a.peak, a.window)}
    found["first close"], found["median rule"] = response.first.pvalue, response.number("median_move").pvalue
    found["jumps (BNS)"] = response.number("jump_variance").pvalue
    if response.assumed_times is not None:
        found["assumed t0 (sup)"] = response.assumed_times.pvalue
    return found


def alarms(design: IntradayDesign, seeds: Iterable[int]) -> dict[str, float]:
    """Return how often a response names a move, or a bar before the news: words that are not a test of size 5 %."""
    drawn = [answer(design, seed) for seed in seeds]
    flagged = [any(notice.code == "ES-MOVE-BEFORE" for notice in response.notices) for response in drawn]
    moved = [response.pattern != "none" for response in drawn]
    return {"words: a move": float(np.mean(moved)), "words: a bar before": float(np.mean(flagged))}


def rejections(design: IntradayDesign, seeds: Iterable[int], size: float = 0.05, **options: object) -> dict[str, float]:
    """Return the share of draws in which each p-value is at most ``size``."""
    settings = ResponseSettings(**options)  # type: ignore[arg-type]
    drawn = [pvalues(answer(design, seed, settings)) for seed in seeds]
    return {name: float(np.mean([p[name] <= size + 1e-12 for p in drawn])) for name in drawn[0]}


def truth_of(response: Response, design: IntradayDesign) -> dict[str, float]:
    """Return the true numbers of the planted path, read on the same grid of moments as the response."""
    path = response.path
    seconds = (path.closes - path.closes[path.zero]) / 1e6 + (design.jump_second - design.early) // 60 * 60.0
    planted = planted_response(design, seconds)
    after = np.flatnonzero(path.open & (np.arange(len(path.open)) > path.zero))
    clean = planted[after] - planted[path.zero]
    first = int(np.searchsorted(after, path.first))  # with an uncertain time also the moment of ``latest``
    at = ShapeColumns(min(first + 20, len(after) - 1), min(first + 60, len(after) - 1), first + 5)
    numbers = shape_numbers(clean[None, :], np.arange(1.0, len(after) + 1), at)
    found = {name: float(value[0]) for name, value in numbers.items()}
    found |= {f"move +{m} min": float(clean[first + m]) for m in (5, 20, 60)}
    drift = float(planted[path.zero] - planted[path.start])
    return found | {"pre_event_drift": drift, "pre_event_share": drift / (drift + clean[at.horizon])}


def estimates_of(response: Response) -> dict[str, tuple[float, float, float]]:
    """Return value, low, high of every number that is defined."""
    found = {e.name: (e.value, e.low, e.high) for e in response.shape if e.defined}
    return found | {f"move {m.label}": (m.value, m.low, m.high) for m in response.moves if math.isfinite(m.minutes)}


def coverage(design: IntradayDesign, seeds: Iterable[int]) -> dict[str, tuple[int, float, float, float]]:
    """Return for each number: draws in which it is defined, truth, median error, share of intervals that hold."""
    rows: dict[str, list[tuple[float, float, bool]]] = {}
    for seed in seeds:
        response = answer(design, seed)
        truth = truth_of(response, design)
        for name, (value, low, high) in estimates_of(response).items():
            if name in truth:
                holds = low - 1e-12 <= truth[name] <= high + 1e-12
                rows.setdefault(name, []).append((truth[name], value, holds))
    table = {}
    for name, drawn in rows.items():
        true, value, holds = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
        table[name] = (len(drawn), float(true.mean()), float(np.median(value - true)), float(holds.mean()))
    return table


def in_parallel(work: Callable[..., object], design: IntradayDesign, draws: int, **options: object) -> list[object]:
    """Run ``work(design, seeds)`` on two cores, half of the draws each."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(work, design, range(part, draws, 2), **options) for part in range(2)]
        return [job.result() for job in jobs]


def merged(parts: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}


def print_size(draws: int) -> None:
    print(f"SIZE at 5 %, no news, {DAYS} placebo days, {draws} draws (s.e. {100 * math.sqrt(0.05 * 0.95 / draws):.2f})")
    columns = [merged(in_parallel(rejections, NULL, draws, **options)) for options in OPTIONS]  # type: ignore[arg-type]
    for number, options in enumerate(OPTIONS):
        print(f"  column {number + 1}: {options or 'as it comes'}")
    for name in columns[0]:
        print(f"  {name:<22}" + "".join(f"{100 * column[name]:8.2f}" for column in columns))
    for name, rate in merged(in_parallel(alarms, NULL, draws)).items():  # type: ignore[arg-type]
        print(f"  {name:<22}{100 * rate:8.2f}")


def print_power(draws: int) -> None:
    print(f"POWER at 5 %, jump of k daily standard deviations, {draws} draws")
    jumps = (0.1, 0.25, 0.5, 1.0)
    columns = [merged(in_parallel(rejections, replace(NULL, jump=k * NULL.sigma), draws)) for k in jumps]  # type: ignore[arg-type]
    print(f"  {'k':<22}" + "".join(f"{k:8.2f}" for k in jumps))
    for name in columns[0]:
        print(f"  {name:<22}" + "".join(f"{100 * column[name]:8.1f}" for column in columns))


def print_coverage(draws: int) -> None:
    for title, design in DESIGNS.items():
        print(f"COVERAGE of 95 % intervals, {draws} draws, {title}: {design}")
        print(f"  {'number':<18}{'defined':>8}{'truth':>10}{'median error':>14}{'coverage':>10}")
        for name, (n, truth, error, holds) in coverage(design, range(draws)).items():
            print(f"  {name:<18}{n:8d}{truth:10.4f}{error:14.4f}{100 * holds:9.1f}%")


def print_speed() -> None:
    design = replace(REACTION, days=250)
    market = [intraday_bars(intraday_days(design, k)) for k in range(5)]
    bars = [replace(b, instrument=replace(b.instrument, code=f"SIM{k}")) for k, (b, _) in enumerate(market)]
    event = replace(market[0][1], instruments=())
    respond_all(bars[:1], [event])
    start, busy = time.perf_counter(), time.process_time()
    assert len(respond_all(bars, [event]).pairs) == 10
    spent = f"{time.perf_counter() - start:.3f} s, {time.process_time() - busy:.3f} s of one core"
    print(f"SPEED one event, 5 instruments with their pairs, 250 placebo days, one-minute bars: {spent}")
    for n in (100, 250, 500):
        one, two = (timed_events(n, workers) for workers in (1, 2))
        pair = 1e3 * one / (5 * n)
        print(f"  {n} events x 5 instruments, one core: {one:.2f} s ({pair:.2f} ms a pair); two: {two:.2f} s", end="")
        print(f" ({one / two:.2f} times faster)")


def market_of(n: int) -> tuple[list[Bars], list[Event]]:
    """Return five SIMULATED instruments of 250 days and ``n`` events spread over them."""
    market = [intraday_bars(intraday_days(replace(NULL, days=250), k)) for k in range(5)]
    bars = [replace(b, instrument=replace(b.instrument, code=f"SIM{k}")) for k, (b, _) in enumerate(market)]
    last = market[0][1].time
    events = []
    for k in range(n):
        # Spread over the days as a calendar's events are: in a crowd each would list all others as confounders.
        shift = timedelta(days=k % 100, minutes=k * 37 % 100)
        events.append(Event(f"e{k}", EventTime(last.earliest - shift, last.latest - shift)))
    return bars, events


def timed_events(n: int, workers: int) -> float:
    """Return the seconds that n events on five instruments take, with the bars in memory."""
    bars, events = market_of(n)
    start = time.perf_counter()
    with executor_for(workers) as executor, runner(executor) as run:
        assert len(respond_all(bars, events, SPREAD, run=run)) == 5 * n
    return time.perf_counter() - start


def floor_of(windows: int) -> Callable[[], None]:
    """Return what gathers, cumulates and sorts the cells of so many responses: 60 placebo days of 181 minutes each.

    The returns are drawn here, so that who measures it does not count the drawing: it took a fifth of the time.
    """
    values = np.random.default_rng(0).normal(size=10**6)
    starts = np.random.default_rng(1).integers(0, 900_000, (windows, 60, 1))

    def gathered_and_sorted() -> None:
        for start in starts:
            np.sort(np.cumsum(values[start + np.arange(181)], axis=1), axis=0)

    return gathered_and_sorted


def floor_seconds(windows: int = 500) -> float:
    """Return CPU seconds of ``floor_of`` a response."""
    least = floor_of(windows)
    start = time.process_time()
    least()
    return (time.process_time() - start) / windows


def built(found: ResponseSet, most: int = 800) -> str:
    """Return what it takes to build a response that is first looked at; nothing where all were built at once."""
    waiting = sum(isinstance(row, UnbuiltResponse) for row in found.rows[-most:])
    start = time.process_time()
    looked = found.responses[-most:]
    spent = time.process_time() - start
    return f"; {1e3 * spent / waiting:.2f} ms to build one" if waiting == len(looked) else ""


def print_pairs() -> None:
    """Print CPU time and memory of one response of many, beside the time of the least that must be done for it.

    That is measured before and after each row: other programs on the machine slow down both.
    """
    print("SPEED of one core, beside gather, cumulation and sort of 60 x 181 cells (goal: at most 9 times that)")
    print("  memory: the peak beyond what was there before and what the responses keep (goal: at most 300 MB)")
    for n in (1, 20, 200, 2000, 10_000, 20_000):
        bars, events = market_of(n)
        respond_all(bars[:1], events[:1], SPREAD)
        before, floors = resident(), [floor_seconds()]
        start = time.process_time()
        found = respond_all(bars, events, SPREAD)
        pair = (time.process_time() - start) / len(found)
        peak, after = status("VmHWM"), resident()
        floor = float(np.mean([*floors, floor_seconds()]))
        print(
            f"  {len(found):7,} pairs: {1e3 * pair:.2f} ms a pair, {pair / floor:.1f} times {1e3 * floor:.3f} ms; "
            f"{peak - after:.0f} MB beyond the {after - before:.0f} MB of the responses{built(found)}",
            flush=True,
        )
        del found


if __name__ == "__main__":
    if "--speed" in sys.argv:
        print_pairs()
        raise SystemExit
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print_speed()
    print_size(wanted)
    print_coverage(wanted // 4)
    print_power(wanted // 4)
