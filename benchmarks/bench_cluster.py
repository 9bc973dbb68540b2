"""Intraday responses on a Dask LocalCluster of 1 and 2 workers (goal 1.7 times), overhead and bytes of a task.

usage: scripts/bench cluster [EVENTS]; SIMULATED minutes of five instruments; a scaling is computed from the numbers
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing.reduction import ForkingPickler
from typing import Any

import distributed

from benchmarks.bench_response import NULL
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.news.items import Event, EventTime
from eventstudy.response.respond_all import respond_all
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import intraday_bars, intraday_days
from eventstudy.study.executors import executor_for
from eventstudy.study.sharding import runner

EMPTY_TASKS = 200


def made(events: int) -> tuple[list[Any], list[Event]]:
    """Return the bars of five instruments and events that each name one of them."""
    market = [intraday_bars(intraday_days(replace(NULL, days=250), k)) for k in range(5)]
    bars = [replace(b, instrument=replace(b.instrument, code=f"SIM{k}")) for k, (b, _) in enumerate(market)]
    last, rows = market[0][1].time, []
    for k in range(events):
        back = timedelta(days=k % 100, minutes=k * 37 % 100)
        instrument = (f"SIM{k * 5 // events}",)
        rows.append(Event(f"e{k}", EventTime(last.earliest - back, last.latest - back), instrument))
    return bars, rows


def seconds(workers: int, bars: list[Any], events: list[Event]) -> tuple[float, float]:
    """Return the seconds of the responses and of one empty task."""
    settings = ResponseSettings(placebo=PlaceboSettings(days=60, known_events="keep"))
    with (
        distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        executor_for(1, cluster.scheduler_address) as executor,
        runner(executor) as run,
    ):
        assert executor is not None
        respond_all(bars, events[: 8 * workers], settings, run=run)  # workers import the package
        start = time.perf_counter()
        assert len(respond_all(bars, events, settings, run=run)) == len(events)
        spent, start = time.perf_counter() - start, time.perf_counter()
        for future in [executor.submit(abs, k) for k in range(EMPTY_TASKS)]:
            future.result()
        return spent, (time.perf_counter() - start) / EMPTY_TASKS


def main(count: int) -> None:
    bars, events = made(count)
    sizes: list[tuple[int, int]] = []

    def noting(task: Any, pieces: list[slice]) -> Any:
        half = task.part(slice(0, len(events) // 2))
        answers = [task(piece) for piece in pieces]
        sizes.append((len(ForkingPickler.dumps(half)), len(ForkingPickler.dumps(answers)) // 2))
        return answers

    settings = ResponseSettings(placebo=PlaceboSettings(days=60, known_events="keep"))
    start = time.perf_counter()
    respond_all(bars, events, settings, run=noting)
    alone = time.perf_counter() - start
    (one, _), (two, overhead) = (seconds(workers, bars, events) for workers in (1, 2))
    sent, back = sizes[0]
    print(f"{count} events on one of five instruments each, SIMULATED; this process {alone:.2f} s")
    print(f"1 worker {one:.2f} s, 2 workers {two:.2f} s: {one / two:.2f} times (goal 1.70)")
    print(
        f"an empty task {1e3 * overhead:.2f} ms; half of the events: {sent / 1e6:.2f} MB sent, {back / 1e6:.2f} MB back"
    )
    print_scaling(one, two, overhead)


def print_scaling(one: float, two: float, overhead: float) -> None:
    """Print what 16 and 256 workers would do if the share that does not divide stays what two workers show."""
    if two >= one:
        print("two workers are not faster here (a busy machine?): no scaling is computed")
        return
    serial = max(0.0, 2 * two - one) / one
    print(f"share that does not divide, from these two: {serial:.3f}; assumption: it stays so, and tasks cost the same")
    for workers in (16, 256):
        bound = 1 / (serial + (1 - serial) / workers)
        spent = one * serial + one * (1 - serial) / workers + 2 * workers * overhead
        print(f"  {workers} workers: Amdahl's bound {bound:.1f} times, with two tasks a worker {one / spent:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
