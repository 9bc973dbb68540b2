"""The store: nothing committed is lost, nothing half-written is seen, every changed bit is found."""

from __future__ import annotations

import errno
import os
import random
import re
import stat
import threading
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstudy import files
from eventstudy.arrays import from_epoch_us
from eventstudy.errors import EventStudyError, LockHeldError, StoreError
from eventstudy.market.store import answers, bar_store, disk, upkeep
from eventstudy.market.store.bar_store import BarStore, commit, read, state, to_frame, windows, writing
from eventstudy.market.store.stored_series import (
    MOST_ROWS,
    POINTER,
    POINTER_COPY,
    Pointer,
    SeriesKey,
    missing_days,
    step_name,
    with_days,
    without_days,
)
from tests.market.store_bench import (
    KEY,
    NO_BARS,
    START,
    commit_day,
    day_of_bars,
    every_file,
    failing,
    flip,
    in_a_child,
    killed_while_writing,
    stored_days,
)

DAYS = st.tuples(st.integers(0, 40), st.integers(0, 6)).map(
    lambda t: (START + timedelta(days=t[0]), START + timedelta(days=t[0] + t[1]))
)


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "store", wait_s=20.0)


def damage(store: BarStore) -> list[upkeep.FileProblem]:
    return [f for f in upkeep.verify(store) if f.kind != "orphaned"]


# --- what is written is what is read --------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 86_400_000_000), unique=True, max_size=30),
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=30, max_size=30),
)
def test_any_bars_come_back_bit_for_bit(tmp_path: Path, offsets: list[int], values: list[float]) -> None:
    store = BarStore(tmp_path / os.urandom(8).hex())
    midnight = KEY.bounds_us((START, START))[0] - 1
    frame = pd.DataFrame(
        {"close": values[: len(offsets)], "volume": values[::-1][: len(offsets)]},
        index=from_epoch_us(np.sort(np.array([midnight + o for o in offsets], dtype=np.int64))),
        dtype="float64",
    )
    commit(store, KEY, frame, (START, START))
    back = read(store, KEY)
    assert back.closes.tolist() == sorted(midnight + o for o in offsets)
    for name in ("close", "volume") if offsets else ():
        assert back.columns[name].tobytes() == frame[name].to_numpy().tobytes()


def test_reads_cut_to_the_instants_asked_for(store: BarStore) -> None:
    for number in (0, 1, 2, 5):
        commit_day(store, number)
    whole = read(store, KEY)
    for first, last in ((7, 133), (0, 199), (50, 50), (120, 119)):
        part = read(store, KEY, int(whole.closes[first]), int(whole.closes[last]))
        assert part.closes.tolist() == whole.closes[first : last + 1].tolist()
        assert part.columns["high"].tolist() == whole.columns["high"][first : last + 1].tolist()
    assert list(read(store, KEY, columns=("close",)).columns) == ["close"]


def test_windows_open_each_segment_once_and_only_those_they_need(
    store: BarStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        commit_day(store, number)
    opened: list[str] = []
    real = bar_store.read_segment

    def counted(folder: Path, segment: bar_store.Segment, columns: tuple[str, ...] | None = None) -> bar_store.Block:
        opened.append(segment.sha256)
        return real(folder, segment, columns)

    monkeypatch.setattr(bar_store, "read_segment", counted)
    whole = read(store, KEY)
    opened.clear()
    draw = random.Random(5)
    spans = [sorted(draw.sample(range(100, 240), 2)) for _ in range(50)]
    found = windows(store, KEY, [(int(whole.closes[a]), int(whole.closes[b])) for a, b in spans], ("close",))
    for (a, b), block in zip(spans, found, strict=True):
        assert block.columns["close"].tolist() == whole.columns["close"][a : b + 1].tolist()
    assert len(opened) == len(set(opened)) <= 3


def test_a_long_series_is_cut_into_segments_with_page_checksums(store: BarStore) -> None:
    rows = MOST_ROWS + 7
    closes = from_epoch_us(KEY.bounds_us((START, START))[0] + np.arange(rows, dtype=np.int64) * 1000)
    state_after = commit(
        store, KEY, pd.DataFrame({"close": np.arange(rows, dtype=float)}, index=closes), (START, START)
    )
    assert [s.rows for s in state_after.segments] == [MOST_ROWS, 7]
    assert read(store, KEY).columns["close"].tolist() == list(range(rows))
    path = store.folder(KEY) / "segments" / state_after.segments[0].file_name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    broken = path.with_name("broken.parquet")
    broken.write_bytes(raw)
    with pytest.raises(OSError, match=r"[Cc]orrupt|CRC|checksum"):
        pq.ParquetFile(broken, page_checksum_verification=True).read()


def test_the_same_bars_again_change_nothing_and_other_bars_keep_the_old(store: BarStore) -> None:
    commit_day(store, 3)
    before = state(store, KEY)
    commit_day(store, 3)
    assert state(store, KEY) == before
    commit(store, KEY, *day_of_bars(3, seed=9))
    after = state(store, KEY)
    assert after.version == 2
    assert after.earlier[0].segments == before.segments
    assert upkeep.collect(store)[0].files == 0
    kept = bar_store.read_segment(store.folder(KEY) / "segments", before.segments[0])
    pd.testing.assert_frame_equal(to_frame(kept), day_of_bars(3)[0], check_freq=False)
    assert upkeep.collect(store, drop_earlier=True)[0].files == 1


def test_days_without_bars_count_as_complete(store: BarStore) -> None:
    commit(store, KEY, NO_BARS, (START, START + timedelta(days=2)))
    commit_day(store, 1, seed=0)
    assert missing_days(state(store, KEY), (START, START + timedelta(days=2))) == []
    assert state(store, KEY).version == 2
    assert len(read(store, KEY)) == 50


def test_bars_outside_their_days_or_out_of_order_are_refused(store: BarStore) -> None:
    frame, days = day_of_bars(4)
    with pytest.raises(StoreError, match="outside the days"):
        commit(store, KEY, frame, (days[0] + timedelta(days=1),) * 2)
    with pytest.raises(StoreError, match="increase"):
        commit(store, KEY, frame.iloc[::-1], days)
    with pytest.raises(StoreError, match="columns"):
        commit(store, KEY, frame.assign(price=1.0), days)
    assert state(store, KEY) == Pointer(KEY)


@settings(max_examples=200, deadline=None)
@given(st.lists(DAYS, max_size=8), DAYS)
def test_stretches_of_days_are_sets_of_days(held: list[tuple[date, date]], wanted: tuple[date, date]) -> None:
    def as_set(stretches: list[tuple[date, date]]) -> set[date]:
        return {a + timedelta(days=n) for a, b in stretches for n in range((b - a).days + 1)}

    joined: tuple[tuple[date, date], ...] = ()
    for stretch in held:
        joined = with_days(joined, stretch)
    assert as_set(list(joined)) == as_set(held)
    assert all(b + timedelta(days=1) < c for (_, b), (c, _) in pairwise(joined))
    gaps = missing_days(Pointer(KEY, days=joined), wanted)
    assert as_set(gaps) == as_set([wanted]) - as_set(held)
    assert as_set(list(without_days(joined, wanted))) == as_set(held) - as_set([wanted])


# --- names ----------------------------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_no_name_leaves_the_store_and_two_names_never_meet(one: str, other: str) -> None:
    name = disk.safe_name(one)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", name)
    assert Path("root", name).resolve().parent == Path("root").resolve()
    assert (name == disk.safe_name(other)) == (one == other)


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", "CON", "nul.txt", "", "é", "a" * 65, "-", "x\n"])
def test_names_that_mean_something_to_a_disk_are_replaced(name: str) -> None:
    assert disk.safe_name(name) != name
    assert "/" not in disk.safe_name(name)


def test_steps_have_one_name_each() -> None:
    names = {
        "1min": "1min",
        "60min": "1h",
        "90min": "90min",
        "24h": "1d",
        "30s": "30s",
        "7D": "7d",
        "250ms": "250000us",
    }
    assert {text: step_name(pd.Timedelta(text)) for text in names} == names


def test_folders_and_files_are_for_their_owner_only(store: BarStore) -> None:
    commit_day(store, 0)
    answers.keep(answers.open_shelf(store.folder(KEY)), "u", b"{}", datetime.now(UTC))
    for path in store.root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


# --- crashes --------------------------------------------------------------------------------------------------------


def kills(store: BarStore, times: int, seed: int) -> None:
    draw, first = random.Random(seed), 0
    for _ in range(times):
        committed = killed_while_writing(store, draw, first)
        days = stored_days(store, since=first - 20)
        # All that was reported is there; at most the append under way may be there as well.
        assert days[: first + committed] == list(range(first + committed))
        assert len(days) - (first + committed) in (0, 1)
        first = len(days)
    assert damage(store) == [] or [f.path.name for f in damage(store)] == [POINTER_COPY]
    commit_day(store, first)
    assert stored_days(store) == list(range(first + 1))
    assert not list(store.root.rglob(f"*{files.ASIDE}"))
    assert damage(store) == []


def test_kill_9_loses_nothing_committed(store: BarStore) -> None:
    kills(store, 8, seed=1)


@pytest.mark.slow
def test_kill_9_at_200_moments_loses_nothing_committed(store: BarStore) -> None:
    kills(store, 200, seed=2)


@pytest.mark.parametrize(
    "code",
    [errno.ENOSPC, pytest.param(errno.EIO, marks=pytest.mark.slow), pytest.param(errno.EACCES, marks=pytest.mark.slow)],
)
def test_every_call_to_the_disk_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    number, calls = 0, None
    while calls is None or calls.count >= number:
        number += 1
        store = BarStore(tmp_path / str(number))
        for day in (0, 1):
            commit_day(store, day)
        before = state(store, KEY)
        with failing(monkeypatch, number, code) as calls:
            try:
                commit(store, KEY, *day_of_bars(1, seed=7))
                shelf = answers.open_shelf(store.folder(KEY))
                answers.keep(shelf, "question", b"answer" * 100, datetime.now(UTC))
                refused = None
            except EventStudyError as error:
                refused = error
        assert (refused is None) == (calls.count < number)
        assert refused is None or (refused.exit_code == 4 and "Nothing that was stored before is lost" in str(refused))
        assert damage(store) == []
        after = state(store, KEY)
        assert after == before or (after.version, after.rows) == (2, 100)
        assert len(read(store, KEY)) == 100
        commit(store, KEY, *day_of_bars(1, seed=7))
        answers.open_shelf(store.folder(KEY))
        assert state(store, KEY).version == 2
        assert not list(store.root.rglob(f"*{files.ASIDE}"))
    assert number > 30


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="a file is in the place of a folder"):
        commit_day(BarStore(tmp_path / "file" / "store"), 0)


# --- bit rot --------------------------------------------------------------------------------------------------------


def flips(store: BarStore, times: int, seed: int) -> None:
    for number in range(4):
        commit_day(store, number)
    commit(store, KEY, *day_of_bars(2, seed=5))
    shelf = answers.open_shelf(store.folder(KEY))
    for number in range(3):
        answers.keep(shelf, f"page {number}", os.urandom(300) * 3, datetime(2021, 4, 13, tzinfo=UTC))
    files, draw = every_file(store.root), random.Random(seed)
    named = [s.file_name for s in state(store, KEY).segments]
    for _ in range(times):
        path = draw.choice(files)
        before = flip(path, draw.randrange(path.stat().st_size * 8))
        assert path in {f.path for f in damage(store)} or path.suffix == answers.BODY, path
        assert damage(store), path
        if path.name in named or path.name == POINTER:
            with pytest.raises(StoreError, match="corrupt"):
                read(store, KEY)
        elif path.parent.name == "raw":
            assert None in [answers.kept(shelf, f"page {n}") for n in range(3)]
        path.write_bytes(before)
    assert damage(store) == []


def test_flipped_bits_are_found(store: BarStore) -> None:
    flips(store, 120, seed=3)


@pytest.mark.slow
def test_2000_flipped_bits_are_found(store: BarStore) -> None:
    flips(store, 2000, seed=4)


@pytest.mark.parametrize("keep", [0, 1, 40, 1000])
def test_a_cut_file_is_found_and_cleared_and_its_days_are_missing(store: BarStore, keep: int) -> None:
    for number in range(3):
        commit_day(store, number)
    path = store.folder(KEY) / "segments" / state(store, KEY).segments[1].file_name
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoreError, match="corrupt"):
        read(store, KEY)
    (cleared,) = upkeep.collect(store)
    assert cleared.days_lost == ((START + timedelta(days=1),) * 2,)
    assert stored_days(store) == [0, 2]
    commit_day(store, 1)
    assert stored_days(store) == [0, 1, 2]


def test_a_damaged_pointer_is_restored_from_its_copy(store: BarStore) -> None:
    commit_day(store, 0)
    flip(store.folder(KEY) / POINTER, 700)
    with pytest.raises(StoreError, match="corrupt"):
        state(store, KEY)
    upkeep.collect(store)
    assert stored_days(store) == [0]
    assert damage(store) == []


def test_a_damaged_answer_is_asked_again(store: BarStore) -> None:
    with writing(store, KEY) as writer:
        shelf = answers.open_shelf(writer.folder)
        answers.keep(shelf, "q", b"whole", datetime.now(UTC))
        found = answers.kept(shelf, "q")
        assert found is not None
        assert found.body == b"whole"
        assert answers.kept(shelf, "other") is None
        (body,) = shelf.folder.glob(f"*{answers.BODY}")
        flip(body, 9)
        assert answers.kept(shelf, "q") is None


# --- several at once ------------------------------------------------------------------------------------------------


def writers(store: BarStore, count: int, appends: int) -> None:
    def work(number: int) -> None:
        for day in range(number, count * appends, count):
            commit_day(store, day)

    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(number)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count
    assert stored_days(store) == list(range(count * appends))


def test_several_writers_lose_nothing(store: BarStore) -> None:
    writers(store, 4, 6)


@pytest.mark.slow
def test_8_writers_x_200_appends_are_1600(tmp_path: Path) -> None:
    writers(BarStore(tmp_path / "store", wait_s=600.0), 8, 200)


def readers_during_writes(store: BarStore, reads: int) -> None:
    commit_day(store, 0)

    def work() -> None:
        for number in range(10_000):
            commit(store, KEY, *day_of_bars(0, seed=number))
            if number % 7 == 0:
                upkeep.collect(store, drop_earlier=True)

    known = {to_frame_bytes(day_of_bars(0, seed=seed)[0]) for seed in range(3000)}
    with in_a_child(work):
        for _ in range(reads):
            assert to_frame_bytes(to_frame(read(store, KEY))) in known


def to_frame_bytes(frame: pd.DataFrame) -> bytes:
    return frame["close"].to_numpy().tobytes()


def test_readers_during_writes_see_whole_states(store: BarStore) -> None:
    readers_during_writes(store, 300)


@pytest.mark.slow
def test_5000_reads_during_writes_see_whole_states(store: BarStore) -> None:
    readers_during_writes(store, 5000)


def test_the_wait_for_a_lock_is_bounded_and_a_dead_holder_lets_go(store: BarStore) -> None:
    reading, pipe = os.pipe()

    def hold() -> None:
        with writing(store, KEY):
            os.write(pipe, b"!")
            time.sleep(60)

    with in_a_child(hold):
        os.read(reading, 1)
        begun = time.monotonic()
        with pytest.raises(LockHeldError, match="Another process") as caught:
            commit_day(BarStore(store.root, wait_s=0.3), 0)
        assert 0.25 < time.monotonic() - begun < 3
        assert caught.value.exit_code == 6
    commit_day(store, 0)
    for end in (reading, pipe):
        os.close(end)


def test_threads_of_one_process_take_turns(store: BarStore) -> None:
    threads = [threading.Thread(target=commit_day, args=(store, number)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored_days(store) == list(range(6))


def test_series_of_several_sources_and_steps_stay_apart(store: BarStore) -> None:
    other = SeriesKey("yahoo", "RUB=X", "", pd.Timedelta(days=1))
    commit_day(store, 0)
    commit(store, other, day_of_bars(0)[0].iloc[:5], (date(2020, 12, 31), START))
    assert [entry.label for entry in upkeep.listing(store)] == ["moex/CETS/USD000UTSTOM/1min", "yahoo/-/RUB=X/1d"]
    assert len(read(store, other)) == 5
