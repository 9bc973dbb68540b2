"""Prices in doubt inside an event window: the reaction is never removed, a jump like a split leaves the event out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.market.sources.price_files import read_bars
from eventstudy.report.finding import finding

SPEC = es.StudySpec(model="constant_mean", estimation=(-120, -11), event=(-2, 3), windows=((0, 0),), tests=())


def daily(tmp_path: Path, factor: float, *, taken_back: bool = False, accept: tuple[str, ...] = ()) -> es.Bars:
    """Prices with 1 % noise whose level is multiplied on 13 September 2023, for good or for one day."""
    days = pd.bdate_range("2023-01-02", "2023-12-29")
    returns = np.random.default_rng(4).normal(0, 0.01, len(days))
    place = days.get_loc(pd.Timestamp("2023-09-13"))
    returns[place] = np.log(factor)
    if taken_back:
        returns[place + 1] = -np.log(factor)
    path = tmp_path / "aaa.csv"
    pd.Series(100 * np.exp(returns.cumsum()), days, name="Close").rename_axis("Date").to_csv(path)
    return read_bars(path, instrument="AAA", step="1D", timezone="UTC", closes_at="16:00", accept=accept)


def run(bars: es.Bars, when: str) -> es.StudyResult:
    events = pd.DataFrame({"id": ["fda"], "instrument": ["AAA"], "time": [pd.Timestamp(when, tz="UTC")]})
    return es.run_study(SPEC, events, [bars])


def messages(result: es.StudyResult) -> list[str]:
    return [notice.message for notice in result.notices if notice.code == "ES-PRICE-IN-DOUBT"]


def test_a_reaction_that_is_taken_back_is_kept_inside_its_event_window_and_said_first(tmp_path: Path) -> None:
    bars = daily(tmp_path, 1.4, taken_back=True)
    assert "ES-BAD-TICK" in {notice.code for notice in bars.notices}
    assert pd.Timestamp("2023-09-13 16:00", tz="UTC") not in bars.frame.index
    result = run(bars, "2023-09-13 12:00")
    assert result.to_frame("car")["car"].iloc[0] == pytest.approx(np.log(1.4), abs=0.005)
    (told,) = messages(result)
    assert told.startswith("The price of AAA at 2023-09-13 16:00 UTC (+40.0%, taken back by the next bar)")
    assert finding(result.to_dict(), 0.95)[0].startswith("The price of AAA at 2023-09-13 16:00 UTC")


def test_a_bad_tick_outside_every_event_window_stays_left_out(tmp_path: Path) -> None:
    result = run(daily(tmp_path, 1.4, taken_back=True), "2023-11-15 12:00")
    assert messages(result) == []
    assert result.abnormal.fit.sigma2[0] < 0.012**2  # with the tick it would be above 0.03


@pytest.mark.parametrize("factor", [2 / 3, 1.5, 30.0, 15.83, 1.7, 0.55])
def test_a_jump_like_a_split_is_a_warning_with_its_date_and_leaves_the_event_out(factor: float, tmp_path: Path) -> None:
    bars = daily(tmp_path, factor)
    (told,) = [notice.message for notice in bars.notices if notice.code == "ES-LARGE-JUMP"]
    assert "2023-09-13" in told
    (outcome,) = run(bars, "2023-09-13 12:00").ledger
    assert outcome.outcome == "needs_review"
    assert f"jumps by {100 * (factor - 1):.0f} %" in outcome.reason
    assert run(bars, "2023-11-15 12:00").ledger[0].outcome == "used"


def test_an_accepted_jump_is_the_reaction(tmp_path: Path) -> None:
    result = run(daily(tmp_path, 1.7, accept=("large jump",)), "2023-09-13 12:00")
    assert result.to_frame("car")["car"].iloc[0] == pytest.approx(np.log(1.7), abs=0.005)


def test_a_large_fall_that_no_split_explains_is_used_and_said_first(tmp_path: Path) -> None:
    # 1231 new shares for 1000 old ones, or bad news: nothing in the prices can tell.
    result = run(daily(tmp_path, 1000 / 1231), "2023-09-13 12:00")
    assert result.ledger[0].outcome == "used"
    (told,) = messages(result)
    assert told.startswith("The price of AAA jumps by -18.8% at 2023-09-13 16:00 UTC and stays there")


def test_ordinary_news_is_not_doubted(tmp_path: Path) -> None:
    for factor in (1.08, 0.92, 1.12):
        bars = daily(tmp_path, factor)
        assert bars.notices == ()
        assert messages(run(bars, "2023-09-13 12:00")) == []


def test_doubtful_rows_come_back_from_a_file_of_bars(tmp_path: Path) -> None:
    bars = daily(tmp_path, 1.4, taken_back=True)
    es.write_bars(bars, tmp_path / "bars.parquet")
    assert read_bars(tmp_path / "bars.parquet", instrument="AAA", step="1D") == bars
