"""Local processes and a Dask cluster: the same bytes as one process, and one sentence where workers are lost."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import eventstudy as es
from eventstudy.batch.jobs import plan
from eventstudy.batch.pool import on_executor
from eventstudy.batch.run_batch import run_batch
from eventstudy.cli import app
from eventstudy.cli.init import contents
from eventstudy.errors import NetworkError, UsageError, WorkerError
from eventstudy.response.respond_all import respond_all
from eventstudy.simulate import demo_market
from eventstudy.study.executors import executor_for, results_of, worker_count
from eventstudy.study.sharding import runner
from tests.batch import toys
from tests.study.made import daily_frame, events_at


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


def intraday_study() -> tuple[es.StudySpec, list[Any], list[Any]]:
    """The demo's event on each of 20 evenings: the response of 20 events on three instruments, in blocks of eight."""
    market = demo_market()
    rows = []
    for k in range(20):
        back = timedelta(days=k + 1)
        named = () if k % 2 else (market.bars[k % 3].instrument.code,)
        time = replace(
            market.event.time, earliest=market.event.time.earliest - back, latest=market.event.time.latest - back
        )
        rows.append(replace(market.event, id=f"e{k}", time=time, instruments=named))
    spec = es.StudySpec(event=(-5, 30), clock="minutes", tests=("placebo",), placebo={"days": 20}, response="on")
    return spec, rows, list(market.bars)


def as_text(result: es.StudyResult) -> str:
    return json.dumps(result.to_dict(), sort_keys=True)


def test_workers_of_every_kind_give_the_same_bytes(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstudy.response.respond_all.BLOCK", 8)
    spec, events, bars = intraday_study()
    alone = es.run_study(spec, events, bars)
    assert alone.response is not None
    assert len(alone.response) > 30
    with ThreadPoolExecutor(8) as threads:
        assert as_text(es.run_study(spec, events, bars, executor=threads)) == as_text(alone)
    with executor_for(2) as processes:
        assert worker_count(processes) == 2
        assert as_text(es.run_study(spec, events, bars, executor=processes)) == as_text(alone)
    with executor_for(scheduler=cluster.scheduler_address) as machines:
        assert worker_count(machines) == 2
        assert as_text(es.run_study(spec, events, bars, executor=machines)) == as_text(alone)


def test_a_calibration_is_the_same_on_workers() -> None:
    frame = daily_frame(300, 6, seed=3)
    spec = es.StudySpec(model="constant_mean", estimation=(-60, -6), event=(-1, 1), tests=("patell", "corrado_rank"))
    events = events_at(frame, [(code, 200 + i) for i, code in enumerate(frame.columns)])
    alone = es.calibrate(spec, events, frame, draws=20)
    with ThreadPoolExecutor(3) as threads:
        assert repr(es.calibrate(spec, events, frame, draws=20, executor=threads)) == repr(alone)  # NaN is there, too


def test_specifications_are_the_same_on_workers(
    cluster: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = daily_frame(300, 6, seed=3)
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-60, -6),
        event=(-1, 1),
        windows=[(0, 0), (-1, 1)],
        tests=("bmp",),
        specifications={"models": ["constant_mean", "zero"], "draws": 99},
    )
    events = events_at(frame, [(code, 100 + 15 * i) for i, code in enumerate((*frame.columns, *frame.columns))])
    alone = es.specifications(spec, events, frame)
    with ThreadPoolExecutor(3) as threads:
        assert es.specifications(spec, events, frame, executor=threads) == alone
    with executor_for(scheduler=cluster.scheduler_address) as machines:
        assert es.specifications(spec, events, frame, executor=machines) == alone
    for name, content in contents("equity-daily").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    answers = []
    for more in ((), ("--workers", "2")):
        assert app.run(["specifications", str(tmp_path / "study.toml"), "--json", *more]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert len(json.loads(answers[0])["specifications"]["specifications"]) > 3


def test_workers_use_the_calendars_of_the_study() -> None:
    spec, events, bars = intraday_study()
    hours = {
        "HOUSE": {
            "zone": "Europe/Moscow",
            "rows": [{"first": "2021-01-01", "last": "2021-12-31", "sessions": ["07:00-23:55"]}],
        }
    }
    bars = [replace(bars[0], instrument=replace(bars[0].instrument, calendar="HOUSE"))]
    known = spec.model_copy(update={"calendars": hours})
    alone = es.run_study(known, events, bars)
    assert alone.response is not None
    assert len(alone.response) > 5
    with ThreadPoolExecutor(2) as threads:
        assert as_text(es.run_study(known, events, bars, executor=threads)) == as_text(alone)


def test_a_part_of_the_task_holds_the_instruments_of_its_events_only() -> None:
    _, events, bars = intraday_study()
    seen: list[set[str]] = []

    def noting(task: Any, pieces: list[slice]) -> Iterator[Any]:
        for piece in pieces:
            part = task.part(piece)
            seen.append(set(part.all_prices))
            yield part(slice(0, len(part.events)))

    named = [event for event in events if event.instruments][:8]
    one = [replace(event, instruments=(bars[0].instrument.code,)) for event in named]
    assert respond_all(bars, one, run=noting) == respond_all(bars, one)
    assert seen == [{bars[0].instrument.code}]


def die_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "whole"


@pytest.mark.filterwarnings("ignore")
def test_a_worker_killed_in_the_middle_is_replaced_by_the_cluster(cluster: Any, tmp_path: Path) -> None:
    with executor_for(scheduler=cluster.scheduler_address) as machines:
        assert list(results_of([machines.submit(die_once, tmp_path / "mark")])) == ["whole"]
    _, events, bars = intraday_study()
    with executor_for(scheduler=cluster.scheduler_address) as machines, runner(machines) as run:
        doomed = machines.submit(die_once, tmp_path / "other")
        found = respond_all(bars, events, run=run)
        assert doomed.result() == "whole"
    assert found == respond_all(bars, events)


def test_a_local_worker_that_dies_ends_in_one_sentence(tmp_path: Path) -> None:
    with executor_for(2) as processes, pytest.raises(WorkerError, match="workers are gone") as said:
        list(results_of([processes.submit(die_once, tmp_path / "mark")]))
    assert "\n" not in str(said.value)


def test_a_cluster_that_cannot_serve_is_refused_in_one_sentence(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstudy.study.executors.CONNECT_SECONDS", 1)
    with (
        pytest.raises(NetworkError, match=r"tcp://127\.0\.0\.1:9 cannot be reached"),
        executor_for(1, "tcp://127.0.0.1:9"),
    ):
        pass
    with pytest.raises(UsageError, match="--workers and --scheduler"), executor_for(2, "tcp://127.0.0.1:9"):
        pass
    monkeypatch.setattr(es, "__version__", "0.0")
    address = cluster.scheduler_address
    with pytest.raises(UsageError, match=r"runs version .* this process 0\.0"), executor_for(1, address):
        pass


def test_a_scheduler_without_workers_is_refused() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(NetworkError, match="has no worker"),
        executor_for(1, empty.scheduler_address),
    ):
        pass


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_vanishes_ends_in_one_sentence() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as short,
        executor_for(1, short.scheduler_address) as machines,
    ):
        waiting = machines.submit(time.sleep, 60)
        short.close()
        with pytest.raises(WorkerError) as said:
            list(results_of([waiting]))
    assert "\n" not in str(said.value)


def test_the_command_computes_on_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in contents("fx-intraday").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    answers = []
    for more in ((), ("--workers", "2")):
        assert app.run(["run", str(tmp_path / "study.toml"), "--out", "-", *more]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["intraday"]


def test_a_night_on_a_cluster_is_that_of_one_process(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = {}
    with executor_for(scheduler=cluster.scheduler_address) as machines:
        assert machines is not None
        pools = {"here": partial(toys.in_this_process, work=toys.work), "there": partial(on_executor, work=toys.work)}
        for place, pool in pools.items():
            toys.make_studies(tmp_path / place / "studies", 5)
            toys.study(tmp_path / place / "studies", "bad", "data", title="defect")
            monkeypatch.chdir(tmp_path / place)  # workers are elsewhere
            more = {"executor": machines} if place == "there" else {}
            jobs = plan([Path("studies")], Path("reports"))
            run = run_batch(jobs, Path("reports"), pool=partial(pool, **more), now=lambda: toys.NIGHT)
            assert [entry.state for entry in run.entries] == ["failed", *["written"] * 5]
            trees[place] = toys.tree(Path("reports"))
    assert trees["here"] == trees["there"]
