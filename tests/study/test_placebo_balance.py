"""The event beside its placebo days: the same numbers in frames, JSON and on the page, only if days are matched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.market.bars import Bars
from eventstudy.report.balance_tables import balance_sentences, balance_tables
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days
from eventstudy.study.tested_balance import breakdown

BARS, NEWS = intraday_bars(intraday_days(IntradayDesign(days=25, jump=0.02, early=30, late=30), 4))
SPEC: dict[str, Any] = {"event": (-5, 5), "windows": [(0, 5)], "tests": ["placebo"]}


def study(bars: Bars = BARS, response: str = "off", **placebo: object) -> es.StudyResult:
    return es.run_study(es.StudySpec(placebo=placebo, response=response, **SPEC), [NEWS], bars)


def test_nothing_is_compared_unless_days_are_matched() -> None:
    result = study()
    assert "placebo_balance" not in result.to_dict()
    assert result.to_frame("placebo_balance").empty
    assert list(result.to_frame("placebo_left_out").columns) == ["event", "instrument", "compared", "reason", "days"]


def test_the_days_of_the_test_are_counted_by_rule() -> None:
    result = study(match={"weekday": True})
    test = result.to_frame("tests")
    frame, left_out = result.to_frame("placebo_balance"), result.to_frame("placebo_left_out")
    days = sorted({stamp.date() for stamp in BARS.frame.index})
    other = sum(day.weekday() != days[-1].weekday() for day in days[:-1])
    n = test[test["test"] == "placebo"]["n"].item()
    assert set(frame["days"]) == {n}
    assert set(frame["candidates"]) == {25}
    counts = dict(zip(left_out["reason"], left_out["days"], strict=True))
    assert counts["another weekday"] + counts.get("bars or returns of the window missing", 0) == 25 - n
    assert counts["another weekday"] <= other
    assert frame[frame["measure"] == "weekday"]["median"].item() == 1


def test_tests_and_response_are_compared_with_the_same_rules_apart() -> None:
    result = study(match={"weekday": True}, response="on")
    frame = result.to_frame("placebo_balance")
    assert frame.groupby("compared")["measure"].apply(list).to_dict() == {
        "response": ["weekday", "volatility", "volume"],
        "tests": ["weekday", "volatility", "volume"],
    }
    response = next(iter(result.response or ()))
    assert set(frame[frame["compared"] == "response"]["days"]) == {response.placebo_days}


def test_volume_and_spread_before_the_news_are_those_of_the_bars() -> None:
    frame = BARS.frame.copy()
    today = frame.index.date == NEWS.time.earliest.date()
    after = frame.index > pd.Timestamp(NEWS.time.earliest)
    frame["volume"] = np.where(after, 1e9, np.where(today, 30.0, 10.0))
    frame["bid"], frame["ask"] = frame["close"] * 0.999, frame["close"] * np.where(today, 1.003, 1.001)
    bars = Bars(BARS.instrument, BARS.step, BARS.label, frame)
    rows = study(bars, match={}).to_frame("placebo_balance").set_index("measure")
    assert rows.loc["volume", "ratio"] == pytest.approx(3.0, rel=0.05)  # minutes without a trade are not the same ones
    assert rows.loc["spread", "event_value"] == pytest.approx(np.log(1.003 / 0.999))
    assert rows.loc["spread", "median"] == pytest.approx(np.log(1.001 / 0.999))


def test_the_breakdown_is_the_factor_at_which_the_test_no_longer_rejects() -> None:
    draws = np.random.default_rng(0).normal(size=39)
    factor = breakdown(9.0, draws, 0.95)
    for scale, significant in ((factor * 0.999, True), (factor * 1.001, False)):
        p = (1 + (np.abs(draws * scale) >= 9.0).sum()) / 40
        assert (p <= 0.05) == significant
    assert np.isnan(breakdown(0.1, draws, 0.95))


@pytest.mark.parametrize("standardize", [True, False])
def test_the_warning_of_a_volatile_day_names_the_factor_at_which_the_first_move_is_no_longer_rejected(
    standardize: bool,
) -> None:
    # The study itself, with the returns of all placebo days after the clock of the news times a little less or more.
    bars, news = intraday_bars(intraday_days(IntradayDesign(days=45, jump=0.03, early=30, late=30), 4))
    stamps = pd.DatetimeIndex(bars.frame.index)
    event_day = np.asarray(stamps.date == news.time.earliest.date())
    early = np.asarray(stamps.strftime("%H:%M") <= news.time.earliest.strftime("%H:%M"))
    within = np.append(False, stamps.date[1:] == stamps.date[:-1])
    returns = np.diff(np.log(bars.frame["close"].to_numpy()), prepend=np.log(100.0))
    spec = es.StudySpec(**SPEC, response="on", response_options={"standardize": standardize})

    def respond(factor: float) -> es.Response:
        change = np.where(event_day & early, 2.0, np.where(event_day | early, 1.0, factor))
        frame = bars.frame.assign(close=100 * np.exp(np.cumsum(np.where(within, change, 1.0) * returns)))
        return next(
            iter(es.run_study(spec, [news], Bars(bars.instrument, bars.step, bars.label, frame)).response or ())
        )

    one = respond(1.0)
    assert one.regime > 1.4
    message = next(notice.message for notice in one.notices if notice.code == "ES-REGIME")
    than = "it was before the news" if standardize else "the placebo days"
    assert message.endswith(
        f"keeps p <= 0.05 unless the event day was at least {one.breakdown:.2f} times as volatile as {than}."
    )
    assert respond(0.99 * one.breakdown).first.pvalue == pytest.approx(2 / 46)  # of 45 days one moved as much
    assert respond(1.01 * one.breakdown).first.pvalue == pytest.approx(3 / 46)


def test_too_few_days_are_a_warning_with_the_counts_of_every_rule() -> None:
    result = study(match={"weekday": True, "volatility": (0.9, 1.1)})
    message = next(n.message for n in result.notices if n.code == "ES-PLACEBO-FEW")
    assert message.startswith("1 of 1 observations have too few placebo days for a p-value of 0.05")
    assert ": another weekday" in message
    assert "not within 0.9 to 1.1 times that of the event day" in message


def test_json_page_and_frame_have_the_same_numbers(tmp_path: Path) -> None:
    result = study(match={"weekday": True}, response="on")
    document = result.to_dict()
    frame = result.to_frame("placebo_balance")
    for one in document["placebo_balance"]:
        rows = frame[frame["compared"] == one["compared"]].set_index("measure")
        assert one["days"] == rows["days"].iloc[0]
        assert {m["measure"]: m["event"] for m in one["measures"]} == rows["event_value"].to_dict()
    (table,) = balance_tables(document, simulated=True)
    assert [row[3] for row in table.rows] == [one["days"] for one in document["placebo_balance"]]
    assert len(balance_sentences(document)) == 2
    result.save(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Breakdown volatility" in page
    assert "Placebo days" in page


def test_rules_that_no_test_uses_are_a_warning() -> None:
    codes = {}
    for tests in (["time_series_t"], ["placebo"], ["placebo_refit"]):
        spec = es.StudySpec(**{**SPEC, "tests": tests}, primary=tests[0], placebo={"match": {}}, response="off")
        codes[tests[0]] = [n.code for n in es.run_study(spec, [NEWS], BARS).notices]
    assert "ES-UNUSED" in codes["time_series_t"]
    assert "ES-UNUSED" not in codes["placebo"] + codes["placebo_refit"]


def test_days_that_the_rules_leave_out_are_not_said_to_lack_bars() -> None:
    result = study(match={"volatility": (0.999999, 1.000001)})  # no day is so alike; all have their bars
    test = result.to_dict()["responses"][0]["tests"]["placebo"]
    assert test["n"] == 0
    assert test["reason"] == "no other day has the complete window and meets the rules for placebo days"
