"""The nightly batch with cheap studies: isolation, idempotence, versions, the lock, the ledger and the index page."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eventstudy.batch.entry import read_entry, with_digest
from eventstudy.batch.index import age, render, spark_points
from eventstudy.batch.jobs import plan, study_files
from eventstudy.batch.ledger import read_ledger
from eventstudy.batch.pool import in_processes
from eventstudy.batch.run_batch import hold, run_batch
from eventstudy.errors import DataError, LockHeldError
from tests.batch import toys


def states(night: object) -> dict[str, str]:
    return {entry.study: entry.state for entry in night.entries}  # type: ignore[attr-defined]


def test_a_second_night_with_nothing_to_do_changes_no_byte(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 3)
    first = toys.night(tmp_path / "in", tmp_path / "out")
    assert set(states(first).values()) == {"written"}
    assert first.exit_code == 0
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "out").rglob("*") if p.is_file()}
    again = toys.night(tmp_path / "in", tmp_path / "out", toys.NIGHT + timedelta(hours=5))
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in (tmp_path / "out").rglob("*") if p.is_file()}
    lock = tmp_path / "out" / ".batch.lock"
    assert {**before, lock: None} == {**after, lock: None}
    assert again.summary() == "Nothing to do: 3 of 3 reports are there already."
    assert again.exit_code == 0


def test_a_study_that_fails_is_reported_and_the_rest_are_done(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 3)
    toys.study(tmp_path / "in", "bad", "x", title="defect")
    (tmp_path / "in" / "broken.toml").write_text("name = ")
    (tmp_path / "in" / "s01.txt").unlink()
    night = toys.night(tmp_path / "in", tmp_path / "out")
    assert states(night) == {"bad": "failed", "broken": "failed", "s00": "written", "s01": "failed", "s02": "written"}
    assert {entry.study: entry.exit_code for entry in night.entries} == {
        "bad": 70,
        "broken": 3,
        "s00": 0,
        "s01": 4,
        "s02": 0,
    }
    assert night.exit_code == 1
    assert "1 of" not in night.summary()
    stored = json.loads((tmp_path / "out/batch.json").read_text())
    assert stored["counts"] == {"current": 2, "waiting": 0, "failed": 3, "not due": 0}


def test_a_worker_that_dies_fails_its_own_study_only(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 4)
    toys.study(tmp_path / "in", "killer", "x", title="dies")
    night = toys.night(tmp_path / "in", tmp_path / "out", workers=2)
    assert states(night) == {"killer": "failed", **{f"s{n:02}": "written" for n in range(4)}}
    failed = next(entry for entry in night.entries if entry.study == "killer")
    assert "died" in failed.message


def test_a_ledger_with_the_former_names_of_its_keys_is_read(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 2)
    toys.night(tmp_path / "in", tmp_path / "out")
    path = tmp_path / "out/batch.json"
    stored = json.loads(path.read_text())
    del stored["digest"]
    for row in stored["studies"]:
        row["made_at"] = row.pop("written_at")
        row["versions"] = [{**version, "made_at": version.pop("written_at")} for version in row["versions"]]
    path.write_bytes(with_digest(stored))
    again = toys.night(tmp_path / "in", tmp_path / "out", toys.NIGHT + timedelta(hours=5))
    assert states(again) == {"s00": "unchanged", "s01": "unchanged"}
    assert not (tmp_path / "out/batch-damaged.json").exists()
    assert [version.written_at[:10] for version in again.ledger["s00"].versions] == ["2026-11-23"]


def test_restated_data_make_a_new_version_beside_the_old(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 2)
    toys.night(tmp_path / "in", tmp_path / "out")
    old = toys.tree(tmp_path / "out" / "s01")
    (tmp_path / "in/s01.txt").write_text("restated")
    later = toys.NIGHT + timedelta(days=1)
    night = toys.night(tmp_path / "in", tmp_path / "out", later)
    assert states(night) == {"s00": "unchanged", "s01": "written"}
    versions = night.ledger["s01"].versions
    assert [version.written_at[:10] for version in versions] == ["2026-11-23", "2026-11-24"]
    assert night.ledger["s01"].current == versions[1].folder
    now = toys.tree(tmp_path / "out" / "s01")
    assert {name: now[name] for name in old} == old, "the old version stays as it was"
    page = (tmp_path / "out/index.html").read_text()
    assert "earlier: 2026-11-23" in page
    assert page.count("<tr>") == 3
    (tmp_path / "in/s01.txt").write_text("data 1")
    back = toys.night(tmp_path / "in", tmp_path / "out", later + timedelta(days=1))
    assert states(back)["s01"] == "unchanged"
    assert back.ledger["s01"].current == versions[0].folder, "data restated back belong to the first version"


def test_a_changed_study_file_makes_a_new_version_too(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 1)
    first = toys.night(tmp_path / "in", tmp_path / "out").entries[0]
    with (tmp_path / "in/s00.toml").open("a") as stream:
        stream.write("# another\n")
    second = toys.night(tmp_path / "in", tmp_path / "out").entries[0]
    assert second.folder != first.folder
    assert second.data_digest == first.data_digest
    assert first.folder == f"s00/{first.spec_digest[:12]}-{first.data_digest[:12]}"


@pytest.mark.parametrize("damage", ["cut", "gone", "changed", "seal"])
def test_a_damaged_report_is_found_and_made_again(tmp_path: Path, damage: str) -> None:
    toys.make_studies(tmp_path / "in", 1)
    toys.night(tmp_path / "in", tmp_path / "out")
    whole = toys.tree(tmp_path / "out")
    folder = next((tmp_path / "out/s00").iterdir())
    target = folder / ("entry.json" if damage == "seal" else "part3.txt")
    if damage == "gone":
        target.unlink()
    else:
        target.write_bytes(target.read_bytes()[:-5] + (b"" if damage == "cut" else b"other"))
    assert read_entry(folder) is None
    assert states(toys.night(tmp_path / "in", tmp_path / "out")) == {"s00": "written"}
    assert toys.tree(tmp_path / "out") == whole


def test_a_failing_study_keeps_its_last_report_and_says_since_when(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 1)
    first = toys.night(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in/s00.txt").unlink()
    for day in (1, 2):
        night = toys.night(tmp_path / "in", tmp_path / "out", toys.NIGHT + timedelta(days=day))
    standing = night.ledger["s00"]
    assert standing.current == first.ledger["s00"].current
    assert standing.failing_since[:10] == "2026-11-24"
    assert standing.entry.finding == "It says data 0."
    page = (tmp_path / "out/index.html").read_text()
    assert "since 2026-11-24" in page
    assert "2 days" in page
    (tmp_path / "in/s00.txt").write_text("data 0")
    healed = toys.night(tmp_path / "in", tmp_path / "out", toys.NIGHT + timedelta(days=3))
    assert healed.ledger["s00"].failing_since == ""


def test_studies_not_asked_for_tonight_stay_on_the_page(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 3)
    toys.night(tmp_path / "in", tmp_path / "out")
    night = toys.night(tmp_path / "in/s01.toml", tmp_path / "out")
    assert states(night) == {"s01": "unchanged"}
    assert set(night.ledger) == {"s00", "s01", "s02"}


def test_a_study_that_failed_still_stands_as_failed_on_a_night_that_does_not_ask_for_it(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 2)
    (tmp_path / "in/broken.toml").write_text("name = ")
    (tmp_path / "in/s01.txt").unlink()
    toys.night(tmp_path / "in", tmp_path / "out")
    toys.night(tmp_path / "in/s00.toml", tmp_path / "out", toys.NIGHT + timedelta(days=1))
    stored = {row["study"]: row for row in json.loads((tmp_path / "out/batch.json").read_text())["studies"]}
    wanted = {"s00": "current", "broken": "failed", "s01": "failed"}
    assert {name: row["state"] for name, row in stored.items()} == wanted
    assert stored["broken"]["failing_since"].startswith("2026-11-23")
    assert (tmp_path / "out/index.html").read_text().count('class="failed"') == 2
    (tmp_path / "in/broken.toml").unlink()
    toys.night(tmp_path / "in/s00.toml", tmp_path / "out", toys.NIGHT + timedelta(days=2))
    assert "broken" not in (tmp_path / "out/batch.json").read_text(), "a study whose file is gone is forgotten"


def test_a_lost_ledger_is_rebuilt_from_the_reports(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 2)
    toys.night(tmp_path / "in", tmp_path / "out")
    whole = toys.tree(tmp_path / "out")
    for path in (tmp_path / "out").glob("*/*/entry.json"):  # a report's age is then that of its files
        os.utime(path, (toys.NIGHT.timestamp(), toys.NIGHT.timestamp()))
    for text in ("", "{", '{"studies": [{}]}', "[]"):
        (tmp_path / "out/batch.json").write_text(text)
        assert read_ledger(tmp_path / "out") == {}
        night = toys.night(tmp_path / "in", tmp_path / "out")
        assert [notice.code for notice in night.notices] == ["ES-LEDGER-DAMAGED"]
        assert (tmp_path / "out/batch-damaged.json").read_text() == text
        (tmp_path / "out/batch-damaged.json").unlink()
        assert toys.tree(tmp_path / "out") == whole


def test_a_second_batch_at_once_is_refused_or_waits(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 1)
    out = tmp_path / "out"
    out.mkdir()
    with hold(out, wait=False):
        with pytest.raises(LockHeldError, match="--wait"):
            toys.night(tmp_path / "in", out)
        release = threading.Timer(0.5, lambda: None)
        release.start()
    done: list[float] = []
    context = multiprocessing.get_context("spawn")
    holder = context.Process(target=_hold_for, args=(out, 1.0))
    holder.start()
    while not (out / "held").exists():
        time.sleep(0.01)
    before = time.monotonic()
    with hold(out, wait=True):
        done.append(time.monotonic() - before)
    holder.join()
    assert done[0] > 0.3


def _hold_for(out: Path, seconds: float) -> None:
    with hold(out, wait=False):
        (out / "held").touch()
        time.sleep(seconds)


def test_a_disk_that_is_full_fails_the_study_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys.make_studies(tmp_path / "in", 2)
    rename = os.rename

    def full(source: object, target: object) -> None:
        if "s00" in str(target):
            raise OSError(28, "No space left on device")
        rename(source, target)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        night = toys.night(tmp_path / "in", tmp_path / "out")
    assert states(night) == {"s00": "failed", "s01": "written"}
    assert "No space left on device" in night.entries[0].message
    assert not (tmp_path / "out/.aside").exists()
    assert states(toys.night(tmp_path / "in", tmp_path / "out")) == {"s00": "written", "s01": "unchanged"}


def test_a_folder_stands_for_its_study_files_only(tmp_path: Path) -> None:
    toys.make_studies(tmp_path, 2)
    (tmp_path / "events.toml").write_text('[[event]]\nid = "a"\n')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    (tmp_path / "broken.toml").write_text("= = =")
    assert [path.name for path in study_files([tmp_path])] == ["broken.toml", "s00.toml", "s01.toml"]
    assert [path.name for path in study_files([tmp_path / "s00.toml", tmp_path])].count("s00.toml") == 1
    with pytest.raises(DataError, match="does not exist"):
        study_files([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no study file"):
        study_files([tmp_path / "empty"])


def test_two_files_of_one_name_keep_apart(tmp_path: Path) -> None:
    for folder in ("a", "b", "c/b"):
        toys.study(tmp_path / folder, "same", "1")
    toys.study(tmp_path / "b", "alone", "3")
    names = [job.study for job in plan([tmp_path], tmp_path / "out")]
    assert len(set(names)) == 4
    assert {"alone", "a-same"} <= set(names)
    assert all("/" not in name and not name.startswith(".") for name in names)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "javascript:alert(1)",
    "a\x1b[31m\u202eb",
    "</table></main>",
    "😀 курс",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_on_the_index_page(tmp_path: Path, text: str) -> None:
    toys.study(tmp_path / "in", "s", "data")
    night = toys.night(tmp_path / "in", tmp_path / "out")
    from dataclasses import replace

    standing = night.ledger["s"]
    entry = replace(standing.entry, title=text, finding=text, message=text, exit_code=1)
    page = Page()
    html = render({"s": replace(standing, entry=entry)}, toys.NIGHT)
    page.feed(html)
    tags = {tag for tag, _ in page.tags}
    allowed = "html head meta title style body main h1 p div table thead tbody tr th td a svg line polyline"
    allowed += " circle strong span br"
    assert tags <= set(allowed.split())
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    links = [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]
    assert links
    assert all(link.startswith("s/") for link in links)
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_the_index_page_loads_nothing_and_says_what_it_must(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 1)
    toys.study(tmp_path / "in", "odd", "needs review")
    toys.night(tmp_path / "in", tmp_path / "out")
    html = (tmp_path / "out/index.html").read_text()
    assert "default-src 'none'" in html
    assert "http:" not in html
    assert "https:" not in html
    page = Page()
    page.feed(html)
    said = " ".join(page.words)
    for words in (
        "2 studies: 1 current, 1 to review, 0 failed",
        "It says data 0.",
        "+25.0\u00a0bp",
        "today",
        "needs review",
    ):
        assert words in said
    for tag, attributes in page.tags:
        if tag == "a":
            assert (tmp_path / "out" / str(attributes["href"])).is_file()
    assert [tag for tag, _ in page.tags if tag == "svg"] == ["svg", "svg"]


def test_sparklines_by_hand() -> None:
    # Three values 0, 0.01, -0.01 on 116 x 24 points inside a margin of 2: x = 2, 60, 118; y = 14, 2, 26.
    assert spark_points((0.0, 0.01, -0.01)) == "2.0,14.0 60.0,2.0 118.0,26.0"
    assert spark_points((0.5,)) == ""
    assert spark_points((0.0, 0.0)) == "2.0,14.0 118.0,14.0"


def test_age_in_days() -> None:
    assert age("2026-11-23T01:00:00+00:00", toys.NIGHT) == "today"
    assert age("2026-11-22T23:59:00+00:00", toys.NIGHT) == "1 day"
    assert age("2026-10-24T23:59:00+00:00", toys.NIGHT) == "30 days"
    assert age("", toys.NIGHT) == ""


def test_workers_hold_one_study_at_a_time(tmp_path: Path) -> None:
    toys.make_studies(tmp_path / "in", 9)
    (tmp_path / "marks").mkdir()
    jobs = plan([tmp_path / "in"], tmp_path / "out")
    pool = partial(in_processes, work=partial(_mark, tmp_path / "marks"), workers=3)
    night = run_batch(jobs, tmp_path / "out", pool=pool, now=lambda: toys.NIGHT)
    assert set(states(night).values()) == {"written"}
    most = [int(path.read_text()) for path in (tmp_path / "marks").iterdir()]
    assert len(most) == 9
    assert max(most) == 1, "a worker held the data of two studies"


class _Data:
    alive = 0

    def __init__(self) -> None:
        _Data.alive += 1

    def __del__(self) -> None:
        _Data.alive -= 1


def _mark(marks: Path, job: toys.Job) -> toys.Entry:
    data = _Data()
    (marks / job.study).write_text(str(data.alive))
    return toys.work(job)
