"""Other events inside estimation windows, and events that share dates: treated or reported by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from tests.study.made import daily_frame, events_at

ROWS = tuple(range(150, 400, 10))


def study(frame: pd.DataFrame, rows: tuple[int, ...] = ROWS, **settings: Any) -> es.StudyResult:
    given: dict[str, Any] = {"min_observations": 60, "tests": ("time_series_t", "bmp"), **settings}
    spec = es.StudySpec(model="constant_mean", estimation=(-120, -1), event=(0, 0), diagnostics="off", **given)
    events = events_at(frame, [("A0", row) for row in rows])
    return es.run_study(spec, events.assign(id=[f"e{row}" for row in rows]), frame)


def with_moves(seed: int = 1) -> pd.DataFrame:
    frame = daily_frame(420, 1, seed=seed)
    signs = np.where(np.random.default_rng(seed).random(len(ROWS)) < 0.5, 1, -1)
    frame.iloc[list(ROWS), 0] += 0.03 * signs
    return frame


def codes(result: es.StudyResult) -> set[str]:
    return {notice.code for notice in result.notices}


def test_other_events_are_left_out_of_the_estimation_by_default() -> None:
    # Moves of three standard deviations every tenth day raised the residual deviation from 0.0100 to 0.0138 and hid
    # half of the events from the time-series t.
    frame = with_moves()
    auto, keep = study(frame), study(frame, overlaps="keep")
    sd = [np.sqrt(np.median(result.abnormal.fit.sigma2)) for result in (auto, keep)]
    assert 0.009 < sd[0] < 0.011 < 0.0125 < sd[1]
    found = [(result.findings("time_series_t")[0].pvalue <= 0.05).mean() for result in (auto, keep)]
    assert found[0] > found[1] + 0.1
    assert "ES-CONTAMINATED" not in codes(auto)
    assert "ES-CONTAMINATED" in codes(keep)
    message = next(n.message for n in keep.notices if n.code == "ES-CONTAMINATED")
    assert "24 events" in message
    assert "e160" in message
    assert 'overlaps = "auto"' in message
    last = auto.abnormal.fit.n[-1]
    assert last == 120 - 12  # the twelve events of its last 120 days


def test_where_too_few_returns_would_remain_they_are_kept_and_the_events_named() -> None:
    frame = daily_frame(420, 2, seed=3)
    dense = tuple(range(150, 400))
    result = study(frame, dense)
    assert "ES-CONTAMINATED" in codes(result)
    assert result.ledger.counts() == {"used": len(dense)}
    assert (result.abnormal.fit.n == 120).all()
    message = next(n.message for n in result.notices if n.code == "ES-CONTAMINATED")
    assert "Too few returns would remain" in message
    excluded = study(frame, dense, overlaps="exclude_from_estimation")
    assert excluded.ledger.counts().get("estimation_too_short", 0) > 100


def test_observations_that_share_days_are_reported_with_the_tests_that_assume_they_do_not() -> None:
    frame = daily_frame(300, 8, seed=4)
    pairs = [(c, row) for row in (150, 200, 250) for c in frame.columns]
    spec = es.StudySpec(
        model="constant_mean", estimation=(-100, -1), event=(0, 0), tests=("patell", "corrado_rank"), diagnostics="off"
    )
    events = events_at(frame, pairs)
    message = next(n.message for n in es.run_study(spec, events, frame).notices if n.code == "ES-CLUSTERED")
    assert message.startswith("24 observations fall on 3 days")
    assert "(Patell)" in message
    assert message.endswith("The primary test, Kolari-Pynnonen BMP, allows for it.")
    named = es.run_study(spec.model_copy(update={"primary": "bmp"}), events, frame).notices
    message = next(n.message for n in named if n.code == "ES-CLUSTERED")
    assert (
        'The primary test, BMP, is one of them. Set `[inference] primary = "kp_bmp"`, which allows for it.' in message
    )
    apart = events_at(frame, [(f"A{i}", 150 + 10 * i) for i in range(8)])
    assert "ES-CLUSTERED" not in codes(es.run_study(spec, apart, frame))


@pytest.mark.parametrize(
    ("windows", "sharing"),
    [
        ([(0, 0), (0, 1)], "none"),
        ([(-5, -1), (0, 4)], "none"),  # windows of five days, events nine days apart; together they span ten days
        ([(0, 0), (0, 9)], "some"),
        ([(-5, 9)], "some"),
    ],
)
def test_only_days_of_one_tested_window_count_as_shared(windows: list[tuple[int, int]], sharing: str) -> None:
    # Event windows of fifteen days overlap everywhere; CARs of a shorter window need not share a day.
    frame = daily_frame(400, 24, seed=4)
    events = events_at(frame, [(name, 150 + 9 * i) for i, name in enumerate(frame.columns)])
    spec = es.StudySpec(
        model="constant_mean", estimation=(-100, -6), event=(-5, 9), windows=windows, tests=("bmp", "kp_bmp")
    )
    result = es.run_study(spec, events, frame)
    assert result.primary is not None
    assert result.primary.design.shared == sharing
    assert result.primary.test == ("bmp" if sharing == "none" else "kp_bmp")
    assert ("ES-CLUSTERED" in codes(result)) == (sharing == "some")
    assert ("bmp" in result.primary.unsuited) == (sharing == "some")
    if sharing == "none":  # and the test that weights pairs by common bars finds nothing to correct
        bmp, kp = (result.findings(test) for test in ("bmp", "kp_bmp"))
        assert [one.statistic[0] for one in kp] == pytest.approx([one.statistic[0] for one in bmp], rel=1e-12)


def test_assumed_times_of_a_daily_study_are_counted_and_named_once() -> None:
    frame = daily_frame(300, 2, seed=5)
    spec = es.StudySpec(model="constant_mean", estimation=(-100, -1), event=(0, 0), diagnostics="off")
    noon = [frame.index[row].to_pydatetime() - pd.Timedelta(hours=4) for row in (150, 200, 250, 5)]
    bases = ("assumed", "stamp", "reviewed", "assumed")
    extra: tuple[dict[str, str], ...] = ({}, {}, {"latest_basis": "assumed"}, {})
    events = [
        es.Event(id=f"e{i}", time=es.EventTime(at, at, basis), attributes=more)
        for i, (at, basis, more) in enumerate(zip(noon, bases, extra, strict=True))
    ]
    told = [n.message for n in es.run_study(spec, events, frame).notices if n.code == "ES-TIME-ASSUMED"]
    assert len(told) == 1  # not once for each of the two instruments
    # e3 has no estimation window, so it is not used.
    assert told[0].startswith("2 of 3 used events have an assumed time (e0, e2)")
    # Each cure removes its cause: e0 has an assumed basis, e2 a mark of its reviewer.
    assert 'set `basis = "stamp"` or `"reviewed"` or remove `latest_basis` from its `attributes` in the' in told[0]
    at = noon[2]
    cured = [events[1], es.Event(id="e2", time=es.EventTime(at, at, "reviewed"))]
    assert "ES-TIME-ASSUMED" not in codes(es.run_study(spec, cured, frame))
    assert "ES-TIME-ASSUMED" not in codes(es.run_study(spec, events[1:2], frame))


def test_one_event_on_several_instruments_is_counted_as_observations() -> None:
    # 250 dates on each of two instruments are 500 observations of 250 events, never "500 events"; the first of each
    # instrument has no other before it.
    frame = daily_frame(420, 2, seed=3)
    events = pd.concat([events_at(frame, [(name, row) for row in range(150, 400)]) for name in frame.columns])
    events["id"] = [f"e{row}" for row in (*range(150, 400), *range(150, 400))]
    spec = es.StudySpec(model="constant_mean", estimation=(-120, -1), event=(0, 0), tests=("bmp",), overlaps="keep")
    result = es.run_study(spec, events, frame)
    said = {n.code: n.message for n in result.notices}
    assert said["ES-CONTAMINATED"].startswith("498 observations have another event of the same instrument")
    assert said["ES-DENSE"].startswith("500 observations on 2 instruments share estimation returns")
