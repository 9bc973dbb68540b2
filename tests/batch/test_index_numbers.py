"""The index page of a batch: the picture, its dot and the number beside it are one number, in the unit of the study."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.index import render
from eventstudy.batch.ledger import Standing
from eventstudy.batch.library import _spark
from eventstudy.batch.run_batch import change_of
from eventstudy.report.clock_words import with_words
from eventstudy.report.key_numbers import key_numbers
from eventstudy.study.result import StudyResult
from tests.report.made import made_cluster, made_result

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def spark_of(result: StudyResult) -> tuple[tuple[float, ...], int, float]:
    study = with_words(result, result.to_dict())
    move = key_numbers(study).move
    assert move is not None
    return (*_spark(result, study, move), move)


@pytest.mark.parametrize("codes", [("SBER",), ("VTBR", "SBER")])
def test_the_dot_of_one_event_is_its_reported_move(codes: tuple[str, ...]) -> None:
    result = made_result(codes=codes)
    spark, mark, move = spark_of(result)
    assert spark[mark] == pytest.approx(move, abs=1e-6)
    assert move == pytest.approx(float(result.abnormal.car(result.windows[0])[0]))
    assert 0.0 in spark  # the last price before the news


def test_the_dot_of_many_events_is_their_mean() -> None:
    result = made_cluster()
    spark, mark, move = spark_of(result)
    assert spark[mark] == pytest.approx(move, abs=1e-6)
    assert move == pytest.approx(float(result.abnormal.car(result.windows[0]).mean()))


def test_a_move_that_is_not_on_the_path_has_no_dot() -> None:
    result = made_result()
    study = with_words(result, result.to_dict())
    assert _spark(result, study, 0.5)[1] == -1
    assert _spark(result, study, None)[1] == -1


def page_of(entry: LedgerEntry) -> str:
    return render({entry.study: Standing(entry, f"{entry.study}/1", "")}, NOW)


def test_the_page_shows_move_interval_and_p_in_the_unit_of_the_study() -> None:
    entry = LedgerEntry(
        "volume", "volume.toml", "written", spark=(0.0, 0.2, 0.69, 0.5), mark=2, move=0.69, low=0.26, high=1.13,
        pvalue=0.002, unit="", scale=1.0, decimals=2,
    )  # fmt: skip
    page = page_of(entry)
    assert "<strong>+0.69</strong>" in page
    assert "+0.26 to +1.13; p\u00a0=\u00a00.002" in page
    assert " bp" not in page
    # The dot is two thirds across and at the top: 2 + 116 x 2/3.
    assert '<circle cx="79.3" cy="2.0" r="3"/>' in page
    returns = replace(entry, move=-0.01985, low=-0.0368, high=-0.0029, unit="bp", scale=1e4, decimals=1, mark=-1)
    page = page_of(returns)
    assert "<strong>\u2212198.5\u00a0bp</strong>" in page
    assert "<circle" not in page
    before = Standing(entry, "volume/1", "")
    assert change_of(before, replace(entry, folder="volume/2", move=0.7)) == "move was +0.69"
