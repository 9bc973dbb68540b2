"""An executor changes who computes, not one bit of what; and a worker gets the data of its own instruments only."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal import gather
from eventstudy.inference.table import TESTS
from tests.study.made import daily_frame, events_at, intraday

FEW = {name: {"draws": 50} for name in ("placebo_refit", "wild_bootstrap", "bootstrap_t")}
ALL = tuple(t for t in TESTS if t not in {"placebo", "lamb"})
SMALL_BLOCKS = 200


class Recorder(Executor):
    """Runs at once, and notes the bytes that each task would send."""

    def __init__(self, workers: int) -> None:
        self._max_workers = workers
        self.sent: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent.append(len(ForkingPickler.dumps((fn, args))))
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def wide() -> tuple[es.StudySpec, pd.DataFrame, pd.DataFrame, str | None]:
    """30 instruments on one axis, holes, a market: every test."""
    frame = daily_frame(200, 31, seed=12).rename(columns={"A30": "M"})
    frame.iloc[120, 0:30:3] = np.nan
    spec = es.StudySpec(model="market", estimation=(-60, -6), event=(-2, 2), tests=(*ALL, "lamb"), test_options=FEW)
    return spec, events_at(frame, [(c, 150 + i % 7) for i, c in enumerate(frame.columns[:-1])]), frame, "M"


def own_axes() -> tuple[es.StudySpec, pd.DataFrame, list[Any], str | None]:
    """12 series that each have closes of their own, events at the same hours: clustering by calendar time."""
    rng = np.random.default_rng(5)
    series = [
        intraday(f"S{i}", {day: rng.normal(0, 0.01, 40).tolist() for day in range(100 + i % 3, 110)}, step=10 + i % 2)
        for i in range(12)
    ]
    at = pd.Timestamp("1970-01-01", tz="UTC") + pd.Timedelta(days=106, hours=12, minutes=1)
    rows = [(s.instrument.code, at + pd.Timedelta(days=i % 2)) for i, s in enumerate(series)]
    spec = es.StudySpec(model="constant_mean", estimation=(-60, -6), event=(-2, 2), tests=ALL, test_options=FEW)
    return spec, pd.DataFrame(rows, columns=["instrument", "time"]), series, None


@cache
def alone(study: Any) -> es.StudyResult:
    """Computed here, in one piece."""
    spec, events, data, market = study()
    return es.run_study(spec, events, data, market=market)


@pytest.mark.parametrize("study", [wide, own_axes])
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor, Recorder])
def test_an_executor_changes_no_bit(study: Any, workers: int, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind is ProcessPoolExecutor and workers == 8:
        pytest.skip("eight processes cost more than they show beside eight threads")
    monkeypatch.setattr(gather, "CELLS_PER_BLOCK", SMALL_BLOCKS)
    spec, events, data, market = study()
    assert len(alone(study).abnormal) >= 12
    with kind(workers) as executor:
        assert es.run_study(spec, events, data, market=market, executor=executor) == alone(study)


def test_a_worker_gets_the_data_of_its_own_instruments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "CELLS_PER_BLOCK", 50_000)
    frame = daily_frame(2_000, 201, seed=3).rename(columns={"A200": "M"})
    events = events_at(frame, [(c, 500 + 7 * i) for c in frame.columns[:-1] for i in range(5)])
    spec = es.StudySpec(
        model="market", estimation=(-260, -11), event=(-10, 10), tests=("generalized_sign", "grank_t"), overlaps="keep"
    )
    recorder = Recorder(8)
    es.run_study(spec, events, frame, market="M", executor=recorder)
    # Two passes of up to 16 shards: each sends every return about once, not once a shard.
    assert 20 <= len(recorder.sent) <= 32
    data = frame.to_numpy().nbytes
    assert max(recorder.sent) < data / 8
    assert sum(recorder.sent) < 2 * 1.6 * data


def test_a_worker_that_fits_again_at_quiet_dates_gets_its_own_instruments_only() -> None:
    frame = daily_frame(2_000, 201, seed=3).rename(columns={"A200": "M"})
    events = events_at(frame, [(c, 500 + 7 * i) for c in frame.columns[:-1] for i in range(10)])
    draws = {"placebo_refit": {"draws": 20}}
    spec = es.StudySpec(
        model="market",
        estimation=(-260, -11),
        event=(-2, 2),
        tests=("placebo_refit",),
        test_options=draws,
        overlaps="keep",
    )
    recorder = Recorder(4)
    alone = es.run_study(spec, events, frame, market="M")
    assert es.run_study(spec, events, frame, market="M", executor=recorder) == alone
    # One shard of the study, which has one block, and eight of the refits: the data about twice, not nine times.
    assert len(recorder.sent) == 9
    assert sum(recorder.sent[1:]) < 1.6 * frame.to_numpy().nbytes
