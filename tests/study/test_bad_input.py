"""Bad input through the whole call: an outcome or an error that names the event, the rule and the remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError
from eventstudy.inference.table import TESTS
from tests.study.made import daily_frame, events_at

MARKET = {"model": "market", "estimation": (-60, -6), "event": (-2, 2)}


def frame_with_market(rows: int = 200, columns: int = 3) -> pd.DataFrame:
    market = daily_frame(rows, 1, seed=2)["A0"]
    return daily_frame(rows, columns, seed=1).add(market, axis=0).assign(M=market)


def run(frame: pd.DataFrame, events: pd.DataFrame, **settings: object) -> es.StudyResult:
    few = {name: {"draws": 19} for name in ("placebo_refit", "wild_bootstrap", "bootstrap_t")}
    spec = es.StudySpec(**(MARKET | {"tests": tuple(TESTS), "test_options": few} | settings))  # type: ignore[arg-type]
    result = es.run_study(spec, events, frame, market="M")
    # Every event is accounted for, every outcome has a sentence, and every test a number or a reason.
    assert len(result.ledger) == len(events) == sum(result.ledger.counts().values())
    assert all(outcome.reason for outcome in result.ledger)
    assert all(np.isfinite(one.pvalue) or one.reason for one in result.significances)
    return result


def reason(result: es.StudyResult, row: int, outcome: str) -> str:
    assert result.ledger[row].outcome == outcome, result.ledger[row]
    return result.ledger[row].reason


def test_estimation_shorter_than_needed_names_what_is_there_and_what_is_needed() -> None:
    frame = frame_with_market()
    told = reason(run(frame, events_at(frame, [("A0", 20), ("A1", 150)])), 0, "estimation_too_short")
    # Rows 0 to 14 lie before the window of row 20 ends at -6; 20 are needed.
    assert "15 usable returns" in told
    assert "at least 20" in told


def test_a_market_that_misses_days_costs_those_days_and_no_others() -> None:
    frame = frame_with_market()
    frame.loc[frame.index[100:110], "M"] = np.nan
    events = events_at(frame, [("A0", 150), ("A1", 60), ("A2", 106)])
    result = run(frame, events, missing="return")
    # Row 150 is estimated on rows 90 to 144, row 60 only on rows 0 to 54.
    assert result.abnormal.fit.n.tolist() == [45, 55]
    # Rows that are no bars of the market: its return of row 110 spans eleven of the share's.
    assert run(frame, events).abnormal.fit.n.tolist() == [44, 55]
    told = reason(result, 2, "missing_returns")
    assert "5 returns of A2 or a factor are missing" in told


def test_a_market_with_other_days_than_the_share_is_matched_by_close_never_by_place() -> None:
    frame = frame_with_market(columns=1)
    market = frame["M"].drop(frame.index[[120, 130]])
    spec = es.StudySpec(**MARKET)  # type: ignore[arg-type]
    fit = es.run_study(spec, events_at(frame, [("A0", 150)]), frame[["A0"]], market=market).abnormal.fit
    # The market's first return after a day without one spans two of the share's: it is not that of the share's bar.
    rows = np.setdiff1d(np.arange(90, 145), [120, 121, 130, 131])
    slope, _ = np.polyfit(frame["M"].iloc[rows], frame["A0"].iloc[rows], 1)
    assert fit.n.tolist() == [51]
    assert abs(fit.coef[0, 1] - slope) < 1e-12


def test_a_daily_market_that_closes_at_another_time_is_matched_by_day_and_the_difference_is_named() -> None:
    frame = frame_with_market(columns=1)
    market = frame["M"].set_axis(frame.index + pd.Timedelta(minutes=1))
    spec = es.StudySpec(**MARKET)  # type: ignore[arg-type]
    result = es.run_study(spec, events_at(frame, [("A0", 150)]), frame[["A0"]], market=market)
    same = es.run_study(spec, events_at(frame, [("A0", 150)]), frame[["A0"]], market=frame["M"])
    assert np.array_equal(result.abnormal.ar, same.abnormal.ar)
    (told,) = [notice.message for notice in result.notices if notice.code == "ES-CLOSING-TIMES"]
    assert "M closes 1 minutes after A0" in told
    assert "looks ahead by 1 minutes" in told


def test_duplicated_events_are_counted_once_and_told() -> None:
    frame = frame_with_market()
    events = events_at(frame, [("A0", 150), ("A0", 150), ("A1", 150)])
    result = run(frame, events)
    assert "given before" in reason(result, 1, "duplicate")
    assert len(result.abnormal) == 2
    assert any(notice.code == "ES-DUPLICATE" for notice in result.notices)


def test_an_unknown_instrument_is_an_outcome_that_names_it() -> None:
    frame = frame_with_market()
    told = reason(run(frame, events_at(frame, [("A0", 150), ("GAZP", 150)])), 1, "unknown_instrument")
    assert "GAZP" in told
    assert "pass its bars, or correct the code" in told


def test_events_on_closed_days_move_to_the_next_close_with_both_their_windows() -> None:
    frame = frame_with_market()
    friday = next(i for i in range(140, 160) if frame.index[i].weekday() == 4)
    weekend = frame.index[friday] + pd.Timedelta(days=1, hours=3)
    moved = run(frame, pd.DataFrame({"instrument": ["A0"], "time": [weekend]})).abnormal
    monday = run(frame, events_at(frame, [("A0", friday + 1)])).abnormal
    assert np.array_equal(moved.ar, monday.ar)
    assert moved.fit == monday.fit


@pytest.mark.parametrize("row", [-1, 10_000])
def test_events_outside_the_data_are_never_moved_to_its_ends(row: int) -> None:
    frame = frame_with_market()
    time = frame.index[0] - pd.Timedelta(days=3) if row < 0 else frame.index[-1] + pd.Timedelta(days=3)
    events = pd.concat([events_at(frame, [("A0", 150)]), pd.DataFrame({"instrument": ["A1"], "time": [time]})])
    told = reason(run(frame, events.reset_index(drop=True)), 1, "outside_data")
    assert "earlier data" in told or "later data" in told


def test_an_asset_without_any_return_is_an_outcome_and_leaves_the_others_alone() -> None:
    frame = frame_with_market()
    pairs = [("A0", 150), ("A1", 150), ("A2", 150)]
    plain = run(frame, events_at(frame, pairs))
    frame["A1"] = np.nan
    result = run(frame, events_at(frame, pairs))
    assert result.ledger[1].outcome in {"estimation_too_short", "missing_returns"}
    assert "A1" in result.ledger[1].reason or "0 usable returns" in result.ledger[1].reason
    assert np.array_equal(result.abnormal.ar, plain.abnormal.ar[[0, 2]])


def test_an_asset_whose_prices_begin_late_loses_only_its_early_events() -> None:
    frame = frame_with_market()
    frame.loc[frame.index[:110], "A0"] = np.nan
    result = run(frame, events_at(frame, [("A0", 112), ("A0", 125), ("A0", 190)]))
    assert [o.outcome for o in result.ledger] == ["estimation_too_short", "estimation_too_short", "used"]
    # Row 125 learns from rows 65 to 119, of which 110 to 119 have returns.
    assert "10 usable returns" in result.ledger[1].reason


def test_overlapping_windows_are_told_in_a_notice_and_by_each_event_of_the_ledger() -> None:
    frame = frame_with_market()
    result = run(frame, events_at(frame, [("A0", 150), ("A0", 153), ("A1", 150)]))
    assert any(n.code == "ES-OVERLAP" and n.message.startswith("2 event windows") for n in result.notices)
    for choice, outcomes in (
        ("drop_later", ["used", "overlap", "used"]),
        ("merge", ["used", "overlap", "used"]),
        ("exclude_from_estimation", ["used", "used", "used"]),
    ):
        treated = run(frame, events_at(frame, [("A0", 150), ("A0", 153), ("A1", 150)]), overlaps=choice)
        assert [o.outcome for o in treated.ledger] == outcomes, choice
        assert "A0" in treated.ledger[1].reason or choice == "exclude_from_estimation"


def test_infinite_returns_are_missing_not_numbers() -> None:
    frame = frame_with_market()
    frame.iloc[120, 0] = np.inf
    result = run(frame, events_at(frame, [("A0", 150), ("A0", 121), ("A1", 150)]))
    assert result.abnormal.fit.n[0] == 54 - 4  # of the bars left, four are in the event window of the second event
    assert np.isfinite(result.abnormal.fit.sigma2).all()
    assert np.isfinite(result.abnormal.ar[0]).all()
    assert result.ledger[1].outcome == "missing_returns"


def test_no_event_at_all_is_an_answer_with_reasons() -> None:
    frame = frame_with_market()
    result = run(frame, events_at(frame, [("A0", 150)]).iloc[:0])
    assert len(result.ledger) == 0
    assert all(one.reason for one in result.significances)


def test_a_frame_that_repeats_or_disorders_its_times_is_refused_with_the_row() -> None:
    frame = frame_with_market()
    events = events_at(frame, [("A0", 150)])
    spec = es.StudySpec(**MARKET)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="row 11"):
        es.run_study(spec, events, pd.concat([frame.iloc[:11], frame.iloc[10:]]), market="M")
    with pytest.raises(DataError, match="twice"):
        es.run_study(spec, events, pd.concat([frame, frame["A0"]], axis=1), market=frame["M"])


def test_a_study_whose_every_event_fails_has_a_ledger_and_reasons_not_a_traceback() -> None:
    frame = frame_with_market()
    result = run(frame, events_at(frame, [("A0", 150), ("A1", 150)]).assign(instrument=["SBRE", "GAZP"]))
    assert [o.outcome for o in result.ledger] == ["unknown_instrument"] * 2
    assert "the ledger says why" in next(iter(result.significances)).reason
    assert result.to_frame("car").empty
    assert "SBRE" in result.summary() or "unknown" in result.summary()
