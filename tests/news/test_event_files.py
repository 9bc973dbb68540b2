"""Events files: what is read is what was written, and every mistake has its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.errors import EventFileError
from eventstudy.news.events.merging import Proposal
from eventstudy.news.events.writing import proposal_blocks, write_new

ROOT = Path(__file__).parents[2]
FOUNDING = ROOT / "data" / "events" / "biden-putin-2021-04-13.toml"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "events.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_founding_event_is_on_file_with_its_sources_and_its_assumption() -> None:
    (event,) = es.read_events(FOUNDING)
    assert event.time.earliest == datetime(2021, 4, 13, 15, 0, tzinfo=UTC)
    assert event.time.latest == datetime(2021, 4, 13, 15, 37, 59, 999999, tzinfo=UTC)
    assert event.time.basis == "reviewed"
    assert any("ASSUMED" in line for line in event.time.evidence)
    assert any("1prime.ru" in line for line in event.sources)


def test_written_events_read_back_equal(tmp_path: Path) -> None:
    events = es.read_events(FOUNDING)
    path = write_new(tmp_path / "copy.toml", proposal_blocks(map(Proposal, events), accept=True))
    again = es.read_events(path)
    assert again == events
    assert "".join(proposal_blocks(map(Proposal, again), accept=True)) == path.read_text(encoding="utf-8")


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, "reviewed by hand")
    with pytest.raises(EventFileError, match="not overwritten"):
        write_new(path, proposal_blocks(map(Proposal, es.read_events(FOUNDING)), accept=True))
    assert path.read_text(encoding="utf-8") == "reviewed by hand"
    assert list(tmp_path.iterdir()) == [path]


def test_every_problem_comes_at_once_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\n".join(
            [
                "[[event]]",
                'id = "one"',
                "time = 2021-04-13T18:37:00",
                "",
                "[[event]]",
                'id = "two"',
                "earliest = 2021-04-13T18:37:00Z",
                "latest = 2021-04-13T17:37:00Z",
                "",
                "[[event]]",
                'id = "two"',
                "tiem = 2021-04-13T18:37:00Z",
            ]
        ),
    )
    with pytest.raises(EventFileError) as caught:
        es.read_events(path)
    lines = str(caught.value).splitlines()
    assert any(line.startswith(f"{path}:3:1: time:") and "no time zone" in line for line in lines)
    assert any(line.startswith(f"{path}:5:1: event:") and "is before earliest" in line for line in lines)
    assert any(line.startswith(f"{path}:12:1: tiem:") and "'time'" in line for line in lines)
    assert any(line.startswith(f"{path}:11:1: id:") and "twice" in line for line in lines)


@pytest.mark.parametrize(
    ("written", "earliest", "latest"),
    [
        # A stamp is an interval of its own precision; a native date-time is written to the second.
        ('time = "2021-04-13T18:37+03:00"', "2021-04-13T15:37:00+00:00", "2021-04-13T15:37:59.999999+00:00"),
        ("time = 2021-04-13T18:37:05+03:00", "2021-04-13T15:37:05+00:00", "2021-04-13T15:37:05.999999+00:00"),
        (
            'time = 2021-04-13\ntimezone = "Europe/Moscow"',
            "2021-04-12T21:00:00+00:00",
            "2021-04-13T20:59:59.999999+00:00",
        ),
        (
            "earliest = 2021-04-13T18:00:00+03:00\nlatest = 2021-04-13T18:37:00+03:00",
            "2021-04-13T15:00:00+00:00",
            "2021-04-13T15:37:00+00:00",
        ),
    ],
)
def test_times_are_intervals_of_their_own_precision(tmp_path: Path, written: str, earliest: str, latest: str) -> None:
    (event,) = es.read_events(write(tmp_path, f'[[event]]\nid = "a"\n{written}\n'))
    assert event.time.earliest.isoformat() == earliest
    assert event.time.latest.isoformat() == latest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "event = 3",
        "[event]\nid = 'x'",
        "not toml",
        "[[event]]\ntime = 2021-04-13T18:37:00Z",
        "\x00",
        "[[event]]\nid = 3",
    ],
)
def test_what_is_no_list_of_events_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EventFileError):
        es.read_events(write(tmp_path, text))
