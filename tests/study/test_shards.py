"""Studies of a dataset by shards: the numbers of the study in memory, whoever computes, and no bar beyond need."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

import eventstudy as es
from eventstudy.cli import app
from eventstudy.errors import DataError, NetworkError, UsageError, WorkerError
from eventstudy.market.sources.dataset_value import Dataset
from eventstudy.market.sources.on_disk import LEAST_BYTES, ROW_BYTES, rows_by_instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.response.known import KnownTimes
from eventstudy.response.known_nearby import Confounders, NearWindow
from eventstudy.study import shards
from eventstudy.study.executors import executor_for
from eventstudy.study.kept import packed, unpacked
from eventstudy.study.needs import around_windows
from eventstudy.study.own_calendars import using_calendars
from eventstudy.study.shards import answer_shards, shards_of
from tests.market.s3_server import serving

CODES = ("AAA", "BBB", "CCC", "DDD", "EEE")
SESSIONS, MINUTES = 70, 390
HOURS = {"DAYS": {"zone": "UTC", "rows": [{"first": "2019-12-01", "last": "2021-12-31", "sessions": ["09:30-16:00"]}]}}


def minutes() -> pd.DataFrame:
    """Minute bars of five instruments, labeled by their close; SIMULATED."""
    days = pd.bdate_range("2020-01-06", periods=SESSIONS, tz="UTC") + pd.Timedelta("9h31min")
    index = pd.DatetimeIndex(
        np.concatenate([pd.date_range(day, periods=MINUTES, freq="1min") for day in days]), tz="UTC"
    )
    rng, parts = np.random.default_rng(6), []
    for code in CODES:
        close = 100 * np.exp(rng.normal(0, 4e-4, len(index)).cumsum())
        volume = rng.integers(100, 1000, len(index)).astype(np.float64)
        parts.append(pd.DataFrame({"time": index, "ticker": code, "close": close, "volume": volume}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shards")
    table = pa.Table.from_pandas(minutes(), preserve_index=False)
    how: dict[str, Any] = {"max_rows_per_group": 2_000, "min_rows_per_group": 1, "format": "parquet"}
    pads.write_dataset(table, place / "SIMULATED-bars", partitioning=["ticker"], partitioning_flavor="hive", **how)
    pads.write_dataset(table, place / "SIMULATED-plain", **how)
    return place


def dataset(folder: Path, name: str = "SIMULATED-bars", **more: Any) -> Dataset:
    spec = es.open_dataset(str(folder / name), step="1min", timezone="UTC", label="right", calendar="DAYS").spec
    return Dataset(spec, **more)


def events(count: int = 12) -> list[Event]:
    """One event a day from the 45th session on, instruments in turn; the third is on two of them."""
    found = []
    for k in range(count):
        day = pd.bdate_range("2020-01-06", periods=SESSIONS)[45 + k]
        at = datetime(day.year, day.month, day.day, 12, 7 * k % 60, tzinfo=UTC)
        named = (CODES[k % 4],) if k != 2 else (CODES[2], CODES[3])
        found.append(Event(f"e{k:02}", EventTime(at, at + timedelta(seconds=59)), named))
    return found


def study(**more: Any) -> es.StudySpec:
    settings: dict[str, Any] = {
        "model": "constant_mean",
        "estimation": (-600, -61),
        "event": (-30, 60),
        "windows": [(0, 10)],
        "clock": "minutes",
        "tests": ("bmp", "kp_bmp", "corrado_rank"),
        "placebo": {"days": 20, "known_events": "keep"},
        "calendars": HOURS,
        "data": [{"source": "dataset", "path": "bars", "step": "1min"}],
    }
    return es.StudySpec(**{**settings, **more})


def as_text(result: es.StudyResult) -> str:
    return json.dumps(result.to_dict(), sort_keys=True)


def in_memory(folder: Path, spec: es.StudySpec) -> es.StudyResult:
    from eventstudy.market.sources.dataset import read_dataset
    from eventstudy.market.sources.reading import Reading

    with using_calendars(spec.calendars):
        universe = read_dataset(dataset(folder).spec, Reading(set(CODES[:4])))
    return es.run_study(spec, events(), list(universe))


@pytest.fixture(scope="module")
def cluster() -> Any:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running


def test_shards_give_the_numbers_of_the_study_in_memory(folder: Path) -> None:
    """Estimation and event windows are the same bars; placebo days are chosen among those that were read."""
    spec = study()
    here, there = in_memory(folder, spec).to_dict(), es.run_study(spec, events(), dataset(folder)).to_dict()
    assert here["outcomes"] == there["outcomes"]
    assert {row["outcome"] for row in there["outcomes"]} == {"used"}
    assert here["responses"] == there["responses"]
    assert [row["placebo_days"] for row in there["intraday"]] == [20] * 13
    for one, other in zip(here["intraday"], there["intraday"], strict=True):
        assert one["moves"] == other["moves"]
        assert one["event"] == other["event"]


@pytest.mark.parametrize("name", ["SIMULATED-bars", "SIMULATED-plain"])
def test_workers_of_every_kind_and_shards_of_every_size_give_the_same_bytes(
    folder: Path, cluster: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, data = study(), dataset(folder, name)
    alone = es.run_study(spec, events(), data)
    assert alone.simulated
    assert len(shards_of(events(), data)) == 1
    small = Dataset(data.spec, memory=LEAST_BYTES + 45_000 * ROW_BYTES)
    assert len(shards_of(events(), small)) == 3  # CCC and DDD share an event
    with ThreadPoolExecutor(8) as threads:
        assert as_text(es.run_study(spec, events(), small, executor=threads)) == as_text(alone)
    if name == "SIMULATED-plain":
        return
    with executor_for(2) as processes:
        assert as_text(es.run_study(spec, events(), small, executor=processes)) == as_text(alone)
    with executor_for(scheduler=cluster.scheduler_address) as machines:
        assert as_text(es.run_study(spec, events(), small, executor=machines)) == as_text(alone)


class Recorder(Executor):
    """Runs at once, and notes the bytes that each task sends."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent.append(len(ForkingPickler.dumps((fn, args))))
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_no_series_travels_to_a_worker_and_only_windows_travel_back(folder: Path) -> None:
    spec = study()
    small = dataset(folder, memory=LEAST_BYTES + 45_000 * ROW_BYTES)
    recorder = Recorder()
    result = es.run_study(spec, events(), small, executor=recorder)
    assert len(recorder.sent) == 3
    assert max(recorder.sent) < 20_000  # one instrument has 70 x 390 closes of 8 bytes, 218 kB
    many = [Event(f"{k}", e.time, e.instruments) for k in range(20) for e in events()]
    held = answer_shards(study(response="off", overlaps="keep"), many, dataset(folder), (), None)
    # 540 minutes, a twentieth and 15 before each event, 60 and 18 after it; three events on every instrument
    assert all(len(bars) < 4 * (600 * 1.05 + 60 * 1.05 + 50) for bars in held.series)
    assert len(result.prices) == 13


def test_what_is_read_depends_on_the_bars_of_the_dataset_not_on_the_study_file(folder: Path) -> None:
    """A spec made in Python names no data; its responses have their placebo days all the same."""
    for placebo in ({"days": 20, "known_events": "keep"}, {"known_events": "keep"}):
        stated, bare = (
            es.run_study(study(placebo=placebo, **more), events(), dataset(folder)) for more in ({}, {"data": []})
        )
        assert bare.response == stated.response
        assert bare.response is not None
        assert min(r.placebo_days for r in bare.response) >= (20 if "days" in placebo else 40)


def test_a_market_among_the_instruments_is_read_for_the_series(folder: Path) -> None:
    spec = study(model="market", response="off")
    from eventstudy.market.sources.dataset import read_dataset
    from eventstudy.market.sources.reading import Reading

    with using_calendars(spec.calendars):
        universe = read_dataset(dataset(folder).spec, Reading(set(CODES)))
    alone = es.run_study(spec, events(), [universe[code] for code in CODES[:4]], universe["EEE"])
    parts = es.run_study(spec, events(), dataset(folder), "EEE")
    assert parts.to_dict()["responses"] == alone.to_dict()["responses"]


def test_a_response_with_too_few_placebo_days_reads_all_earlier_days(folder: Path) -> None:
    """Of 20 placebo days every weekday match needs 100 sessions: more than are read at first."""
    spec = study(placebo={"days": 8, "known_events": "keep", "match": {"weekday": True}}, tests=("bmp",))
    result = es.run_study(spec, events(), dataset(folder))
    assert result.response is not None
    assert {r.placebo_days for r in result.response} == {8}


def test_a_memory_too_small_for_one_shard_is_refused_in_one_sentence(folder: Path) -> None:
    tight = dataset(folder, memory=LEAST_BYTES + 1_000)
    with pytest.raises(DataError, match=r"needs [\d,]+ rows at once, about 0\.3\d GB; 0\.30 GB are allowed") as said:
        es.run_study(study(), events(), tight)
    assert "[compute] memory" in str(said.value)
    assert "\n" not in str(said.value)


def test_events_of_a_dataset_name_their_instruments(folder: Path) -> None:
    nameless = [Event("a", events()[0].time, ())]
    with pytest.raises(UsageError, match="The event a names no instrument"):
        es.run_study(study(), nameless, dataset(folder))
    with pytest.raises(UsageError, match="`events` contains a str"):
        es.run_study(study(), ["a"], dataset(folder))  # type: ignore[list-item]
    unknown = [Event("a", events()[0].time, ("ZZZ",)), events()[1]]
    assert [o.outcome for o in es.run_study(study(), unknown, dataset(folder)).ledger] == ["unknown_instrument", "used"]
    with pytest.raises(DataError, match="has no row of ZZZ"):
        es.run_study(study(), unknown[:1], dataset(folder))


def frame_of(given: list[Event]) -> pd.DataFrame:
    """Return events as a frame: one row for each instrument."""
    rows = [(e.id, code, e.time.earliest, e.time.latest, 1.0) for e in given for code in e.instruments]
    return pd.DataFrame(rows, columns=["id", "ticker", "earliest", "latest", "surprise"])


def test_a_frame_of_events_gives_the_numbers_of_event_values(folder: Path) -> None:
    as_values = es.run_study(study(), events(), dataset(folder))
    framed = es.run_study(study(), frame_of(events()), dataset(folder))
    for key in ("outcomes", "responses", "intraday"):
        assert framed.to_dict()[key] == as_values.to_dict()[key]
    pd.testing.assert_frame_equal(framed.to_frame("tests"), as_values.to_frame("tests"))
    assert framed.to_frame("events")["surprise"].tolist() == [1.0] * 13


def test_dates_in_a_frame_are_aligned_with_the_bars_of_a_dataset(folder: Path) -> None:
    days = [e.time.earliest.date().isoformat() for e in events(3)]
    frame = pd.DataFrame({"id": ["a", "b", "c"], "ticker": CODES[:3], "date": days, "session": "dmh"})
    result = es.run_study(study(), frame, dataset(folder))
    assert [o.outcome for o in result.ledger] == ["used"] * 3
    assert result.response is not None
    assert [r.event for r in result.response] == ["a", "b", "c"]


def test_rows_of_every_instrument_are_known_without_reading_them(folder: Path) -> None:
    for name in ("SIMULATED-bars", "SIMULATED-plain"):
        found = rows_by_instrument(dataset(folder, name), CODES)
        assert all(SESSIONS * MINUTES * 0.9 < found[code] < SESSIONS * MINUTES * 1.1 for code in CODES)


STUDY = """[events]
file = "events.csv"
[data]
source = "dataset"
path = "SIMULATED-bars"
step = "1min"
timezone = "UTC"
label = "right"
calendar = "DAYS"
[market]
instrument = "EEE"
[window]
estimation = [-600, -61]
event = [-30, 60]
report = [[0, 10]]
clock = "minutes"
[model]
name = "market"
[inference]
tests = ["bmp"]
[inference.placebo]
days = 20
known_events = "keep"
[compute]
memory = "{memory}"
[calendars]
DAYS = {{ zone = "UTC", rows = [{{ first = "2019-12-01", last = "2021-12-31", sessions = ["09:30-16:00"] }}] }}
"""

SPECIFICATIONS = """
[specifications]
windows = [[0, 5], [0, 10]]
"""


def written(folder: Path, place: Path, memory: str = "1GB") -> Path:
    """Write the study file of the events and a link to the bars into a folder."""
    (place / "SIMULATED-bars").symlink_to(folder / "SIMULATED-bars")
    rows = [f"{e.id},{e.time.earliest:%Y-%m-%dT%H:%MZ},{code}" for e in events() for code in e.instruments[:1]]
    (place / "events.csv").write_text("id,time,ticker\n" + "\n".join(rows))
    (place / "study.toml").write_text(STUDY.format(memory=memory))
    return place / "study.toml"


def test_the_command_reads_a_dataset_by_shards(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for number, (memory, more) in enumerate([("1GB", ()), ("320MB", ()), ("320MB", ("--workers", "2"))]):
        (tmp_path / str(number)).mkdir()
        file = written(folder, tmp_path / str(number), memory)
        assert app.run(["run", str(file), "--out", "-", *more]) == 0
        answers.append(capsys.readouterr())
    assert answers[0].out == answers[1].out == answers[2].out
    assert "a dataset of 5 files, instruments in a column, read by need" in answers[0].err
    assert json.loads(answers[0].out)["simulated"]
    assert len(json.loads(answers[0].out)["intraday"]) == 12


def test_a_batch_reads_a_dataset_by_shards_and_writes_the_bytes_of_run(folder: Path, tmp_path: Path) -> None:
    """The entire series would need more than the 320 MB that the study allows."""
    (tmp_path / "one").mkdir()
    file = written(folder, tmp_path / "one", "320MB")
    assert app.run(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    assert app.run(["batch", str(tmp_path / "one"), "--out", str(tmp_path / "night")]) == 0
    (batched,) = (tmp_path / "night").rglob("result.json")
    assert batched.read_bytes() == (tmp_path / "run" / "result.json").read_bytes()


@pytest.mark.parametrize("command", ["calibrate", "specifications"])
def test_commands_that_need_all_days_refuse_a_dataset_larger_than_the_memory(
    command: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(folder, tmp_path, "320MB")
    file.write_text(file.read_text() + SPECIFICATIONS)
    assert app.run([command, str(file)]) != 0
    error = capsys.readouterr().err
    assert "needs 109,200 rows at once, about 0.35 GB; 0.32 GB are allowed" in error
    assert 'Set [compute] memory = "1GB"' in error
    file.write_text(file.read_text().replace("320MB", "1GB"))
    assert app.run([command, str(file), *(["--draws", "20"] if command == "calibrate" else [])]) == 0


def test_the_memory_of_a_study_file_is_a_size(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for memory, said in {"much": "is not a size", "100MB": "a worker takes 300 MB before it reads"}.items():
        (tmp_path / memory).mkdir()
        assert app.run(["run", str(written(folder, tmp_path / memory, memory))]) != 0
        error = capsys.readouterr().err
        assert "compute.memory" in error
        assert said in error


class Failing(Executor):
    """Runs some tasks at once; the workers of the others are gone."""

    def __init__(self, answered: set[int]) -> None:
        self.answered, self.count = answered, 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        if self.count in self.answered:
            done.set_result(fn(*args, **kwargs))
        else:
            done.set_exception(BrokenExecutor("the scheduler is gone"))
        self.count += 1
        return done


def test_finished_shards_are_kept_and_taken_up_by_the_next_run(folder: Path, tmp_path: Path) -> None:
    spec, memory = study(), LEAST_BYTES + 45_000 * ROW_BYTES
    alone = es.run_study(spec, events(), dataset(folder, memory=memory))
    small = dataset(folder, memory=memory, keep=str(tmp_path / "result.shards"))
    with pytest.raises(WorkerError, match="workers are gone"):
        es.run_study(spec, events(), small, executor=Failing({0, 2}))
    assert len(list((tmp_path / "result.shards").iterdir())) == 2
    rest = Failing({0})
    assert as_text(es.run_study(spec, events(), small, executor=rest)) == as_text(alone)
    assert rest.count == 1
    files = sorted((tmp_path / "result.shards").iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-100])  # what is damaged is computed again
    again = Failing({0})
    assert as_text(es.run_study(spec, events(), small, executor=again)) == as_text(alone)
    assert again.count == 1
    other = Failing({0, 1, 2})
    es.run_study(study(estimation=(-500, -61)), events(), small, executor=other)
    assert other.count == 3  # another study


def test_a_kept_answer_is_the_answer(folder: Path) -> None:
    (shard,) = shards_of(events(), dataset(folder))
    spec = study()
    around = around_windows(spec, events())
    assert around is not None
    with using_calendars(spec.calendars):
        answer = shards.ShardTask(dataset(folder), spec, around, tuple(events()), ())(shard)
    assert answer.response is not None
    back = unpacked(packed(answer))
    assert back == answer
    assert back.response.responses[0].path.placebo.shape[0] == 20
    with pytest.raises(TypeError, match="cannot be kept"):
        packed(print)
    for module, name in (("subprocess", "Popen"), ("eventstudy.study.kept", "keep")):
        document = json.dumps({"value": [module, name, {}]}).encode()
        sink = io.BytesIO()
        np.savez(sink, document=np.frombuffer(document, dtype=np.uint8))
        with pytest.raises(ValueError, match="not a value of this package"):
            unpacked(sink.getvalue())


def test_what_responses_share_is_kept_once() -> None:
    """The known events of a study are part of every response: kept with each, n events would take n x n places."""
    spans = np.arange(4_000, dtype=np.int64).reshape(-1, 2)
    known = KnownTimes(spans, np.array([f"event {k}" for k in range(2_000)], dtype=object))
    days = np.arange(3, dtype=np.int64)
    window = NearWindow(0, 1, 2, 5, days, days[:0], np.ones(3), on_releases=False)
    one, many = ([Confounders((), known, (k,), window) for k in range(count)] for count in (1, 50))
    assert len(packed(many)) < 1.5 * len(packed(one))
    assert unpacked(packed(many)) == many


def test_a_run_that_is_ended_leaves_its_shards_and_the_next_takes_them_away(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, done = written(folder, tmp_path, "320MB"), []
    real = shards.ShardTask.__call__

    def twice(task: Any, shard: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(shard)
        return real(task, shard)

    monkeypatch.setattr(shards.ShardTask, "__call__", twice)
    command = ["run", str(file), "--out", str(tmp_path / "result")]
    assert app.run(command) != 0
    assert len(list((tmp_path / "result.shards").iterdir())) == 2
    assert not (tmp_path / "result").exists()
    monkeypatch.setattr(shards.ShardTask, "__call__", lambda task, shard: (done.append(shard), real(task, shard))[1])
    assert app.run(command) == 0
    assert len(done) == len({shard.codes for shard in done}) > 2
    assert (tmp_path / "result" / "result.json").exists()
    assert not (tmp_path / "result.shards").exists()
    assert app.run(["reproduce", str(tmp_path / "result" / "manifest.json")]) == 0


def copied(folder: Path, place: Path) -> Path:
    shutil.copytree(folder / "SIMULATED-bars", place / "SIMULATED-bars")
    return place / "SIMULATED-bars" / "ticker=BBB" / "part-0.parquet"


@pytest.mark.parametrize("damage", ["truncated", "another type", "another column", "empty"])
def test_a_damaged_file_ends_in_one_sentence_that_names_it(folder: Path, tmp_path: Path, damage: str) -> None:
    file = copied(folder, tmp_path)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-40])
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        kind: dict[str, Any] = {"another type": {"close": ["a", "b"]}, "another column": {"last": [1.0, 2.0]}}[damage]
        times = pd.date_range("2020-03-09 12:00", periods=2, freq="1min", tz="UTC")
        pq.write_table(pa.table({"time": pa.array(times), **kind}), file)
    data = dataset(tmp_path)
    with pytest.raises(DataError) as said, ThreadPoolExecutor(2) as threads:
        es.run_study(study(), events(), data, executor=threads)
    assert "ticker=BBB" in str(said.value)
    assert "\n" not in str(said.value)


def test_a_missing_partition_is_an_outcome_with_its_reason(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(copied(folder, tmp_path).parent)
    ledger = es.run_study(study(), events(), dataset(tmp_path)).ledger
    lost = [outcome for outcome in ledger if outcome.instrument == "BBB"]
    assert lost
    assert {outcome.outcome for outcome in lost} == {"unknown_instrument"}
    assert {outcome.outcome for outcome in ledger if outcome.instrument != "BBB"} == {"used"}


def test_missing_days_never_join_two_parts_of_a_series(folder: Path, tmp_path: Path) -> None:
    """Of a dataset by date the folder of an event's day and those around it are lost."""
    frame = minutes()
    table = pa.Table.from_pandas(frame.assign(day=frame["time"].dt.date.astype(str)), preserve_index=False)
    how: dict[str, Any] = {"format": "parquet", "partitioning": ["day"], "partitioning_flavor": "hive"}
    pads.write_dataset(table, tmp_path / "SIMULATED-days", **how)
    spec = study(response="off")
    whole = es.run_study(spec, events(4), dataset(tmp_path, "SIMULATED-days"))
    assert {o.outcome for o in whole.ledger} == {"used"}
    for day in pd.bdate_range("2020-01-06", periods=SESSIONS)[40:52]:
        shutil.rmtree(tmp_path / "SIMULATED-days" / f"day={day.date()}")
    ledger = es.run_study(spec, events(4), dataset(tmp_path, "SIMULATED-days")).ledger
    assert "used" not in {outcome.outcome for outcome in ledger}


class Elsewhere(Executor):
    """Runs a task as a worker that does not see the folders of this process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        calendars, task, shard = args
        moved = replace(
            task,
            client=("another machine", 1),
            dataset=Dataset(task.dataset.spec.model_copy(update={"path": "/nowhere/SIMULATED-bars"})),
        )
        done: Future[Any] = Future()
        try:
            done.set_result(fn(calendars, moved, shard))
        except Exception as error:
            done.set_exception(error)
        return done


def test_a_worker_that_does_not_see_the_dataset_is_named(folder: Path) -> None:
    with pytest.raises(WorkerError, match=r"A worker on .* cannot read the data: .*does not exist") as said:
        es.run_study(study(), events(), dataset(folder), executor=Elsewhere())
    assert "every worker sees the dataset" in str(said.value)
    assert "\n" not in str(said.value)


def test_a_study_in_memory_starts_without_the_reader_of_datasets() -> None:
    code = "import sys, eventstudy.study.run; print(*(n for n in sys.modules if n.startswith('pyarrow')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pyarrow.dataset" not in found
    assert "pyarrow.parquet" not in found


def test_shards_behind_s3_read_the_files_of_their_instruments(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    named = [event for event in events() if event.instruments == ("BBB",)]
    local = dataset(folder)
    with serving(folder) as (bucket, address):
        spec = local.spec.model_copy(update={"path": address.format("SIMULATED-bars")})
        far = Dataset(spec, keep=str(tmp_path / "kept"))
        result = es.run_study(study(response="off"), named, far)
        read_from = {key.split("/")[1] for key in bucket.sent}
        assert read_from == {"ticker=AAA", "ticker=BBB"}  # the schema is that of the first file
        bucket.refuse = True
        with pytest.raises(NetworkError) as said:
            es.run_study(study(response="off", estimation=(-500, -61)), named, far)
    assert "secret" not in str(said.value)
    assert "\n" not in str(said.value)
    assert as_text(result) == as_text(es.run_study(study(response="off"), named, local))
