"""What holds for every row of every table that CONTRIBUTING names; MODELS, TESTS and ANCHORS have their own battery."""

from __future__ import annotations

import inspect as introspect
from contextlib import suppress
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli.app import COMMANDS
from eventstudy.errors import DataError, EventFileError, UsageError
from eventstudy.inference.multiple import ADJUSTMENTS
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import CALENDARS, calendar, sessions
from eventstudy.market.quality.checks import CHECKS, inspect
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.reading import Reading
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.table import service
from eventstudy.news.events.event_files import EVENT_READERS
from eventstudy.news.provenance import LAST, SOURCES
from eventstudy.news.readers import NEWS_READERS, ReadOptions
from eventstudy.report.figures import FIGURES
from eventstudy.report.write import EXTRAS
from eventstudy.study.bar_sources import bar_sources
from eventstudy.study.spec import StudySpec
from eventstudy.study.spec_toml import parse_spec
from tests.market.series import daily, share
from tests.study.made import daily_frame, events_at

GARBAGE = bytes(range(256)) * 8


@pytest.mark.parametrize("name", CALENDARS)
def test_every_calendar_has_sessions_in_order_and_none_twice(name: str) -> None:
    found = sessions(calendar(name), date(2024, 5, 13), date(2024, 5, 24))
    assert found
    opens = [session.opens_at for session in found]
    assert opens == sorted(set(opens))
    assert all(session.opens_at < session.closes_at for session in found)
    assert calendar(name).name == name


@pytest.mark.parametrize("name", bar_sources())
def test_a_study_file_that_lacks_what_a_source_needs_is_refused_with_the_key(name: str) -> None:
    row = bar_sources()[name]
    for setting in row.needs:
        with pytest.raises(es.EventStudyError) as refused:
            parse_spec(f'[data]\nsource = "{name}"\n', "study.toml", StudySpec)
        keys = {problem.key for problem in getattr(refused.value, "problems", ())}
        assert any(setting in key for key in keys), (setting, keys)


@pytest.mark.parametrize("name", bar_sources())
def test_a_source_refuses_a_description_without_its_needs(name: str) -> None:
    row = bar_sources()[name]
    assert row.needs
    assert all(row.needs.values())
    with pytest.raises((UsageError, DataError)):
        row.read(DataSpec(source=name), Reading(offline=True))


def bad_tick(request: BarRequest) -> Bars:
    """A hundred minutes at 268.7 with one price of 26,872 among them."""
    index = pd.date_range("2021-04-13 10:00", periods=100, freq="min", tz="UTC")
    close = 268.7 + 0.01 * np.sin(np.arange(100))
    close[60] = 26_872.0
    return Bars(request.instrument, request.step, "right", pd.DataFrame({"close": close}, index=index))


def test_a_service_cannot_skip_the_quality_checks() -> None:
    spec = DataSpec(source="any", instrument="X", step="1min")
    (series,) = service(bad_tick).read(spec, Reading()).series
    kinds = {notice.code for notice in series.notices} | {str(notice) for notice in series.notices}
    assert any("bad tick" in text for text in kinds)


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_is_silent_on_clean_series_and_says_what_it_does(kind: str) -> None:
    row = CHECKS[kind]
    assert row.action in {"repaired", "kept", "refused"}
    assert (row.repair is not None) == (row.action == "repaired")
    assert row.rule
    for subject in (share(1), daily(1)):
        assert row.find(subject) is None
    assert not inspect(share(1)).findings


@pytest.mark.parametrize("kind", NEWS_READERS)
@pytest.mark.parametrize("content", [b"", GARBAGE, b"\xff\xfe\x00"], ids=["empty", "bytes", "broken"])
def test_a_news_reader_refuses_what_it_cannot_read_in_a_sentence(kind: str, content: bytes) -> None:
    # Nothing but the package's own errors gets out; a text of strange characters is a text.
    with suppress(es.EventStudyError):
        assert isinstance(NEWS_READERS[kind](content, "page", ReadOptions()), list)


@pytest.mark.parametrize("ending", EVENT_READERS)
def test_a_reader_of_events_reports_problems_with_their_line(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"events{ending}"
    path.write_bytes(GARBAGE)
    with suppress(EventFileError):
        rows, problems = EVENT_READERS[ending](path)
        assert problems or not rows


@pytest.mark.parametrize("field", SOURCES)
def test_a_source_of_stamps_has_a_rank_a_role_and_a_name_of_its_own(field: str) -> None:
    row = SOURCES[field]
    assert row.name
    assert 1 <= row.rank <= LAST
    assert row.role in {"publication", "update", "embargo", "none"}
    if row.role == "publication" and row.rank == LAST:
        assert row.day_only  # what reads the stamps of others never gives a time of day
    same = {(r.rank, r.role, r.day_only, r.page) for r in SOURCES.values() if r.name == row.name}
    assert len(same) == len({(r.rank, r.role) for r in SOURCES.values() if r.name == row.name})


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_an_adjustment_never_lowers_a_p_value_and_cites_its_source(name: str) -> None:
    row = ADJUSTMENTS[name]
    assert row.controls
    assert row.source
    if not row.needs_draws:
        p = np.array([0.001, 0.02, 0.03, 0.4, 1.0])
        adjusted = row.function(p)
        assert (adjusted >= p).all()
        assert (adjusted <= 1).all()
        order = np.argsort(p)
        assert (np.diff(adjusted[order]) >= 0).all()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_takes_a_result_and_axes_and_says_what_it_plots(name: str) -> None:
    row = FIGURES[name]
    assert introspect.getdoc(row)
    assert "ax" in introspect.signature(row).parameters


@pytest.fixture(scope="module")
def result() -> es.StudyResult:
    frame = daily_frame(100, 2)
    spec = es.StudySpec(model="constant_mean", estimation=(-60, -6), event=(-2, 2), tests=("time_series_t",))
    study = es.run_study(spec, events_at(frame, [("A0", 80), ("A1", 80)]), frame)
    return replace(study, simulated=True)


@pytest.mark.parametrize("name", EXTRAS)
def test_a_further_file_of_a_report_is_written_and_the_same_every_time(
    name: str, result: es.StudyResult, tmp_path: Path
) -> None:
    files = [result.save(tmp_path / run, also=[name]) / name for run in ("one", "two")]
    first, second = (file.read_bytes() for file in files)
    assert len(first) > 100
    assert first == second


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_exists_and_its_summary_is_one_line(name: str) -> None:
    row = COMMANDS[name]
    module, _, function = row.place.partition(":")
    assert introspect.getdoc(getattr(import_module(module), function))
    assert row.sentence.endswith(".")
    assert "\n" not in row.sentence
