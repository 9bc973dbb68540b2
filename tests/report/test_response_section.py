"""The response in words: each number in a sentence, only the caveats that apply, intervals that may have one end."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from eventstudy.report.figures import FIGURES
from eventstudy.report.response_section import response_text, row_sentences
from eventstudy.report.response_shape import estimate_words
from eventstudy.response.values import Estimate
from eventstudy.simulate import demo_market
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec

ROW: dict[str, Any] = {
    "event": "call",
    "instrument": "SBER",
    "simulated": False,
    "sign": 1,
    "moves": {"first": 0.01135, "+5 min": 0.01156, "+60 min": 0.00967, "close": 0.01738},
    "horizon": "+60 min",
    "pvalue": 3 / 70,
    "joint_pvalue": None,
    "path_pvalue": 3 / 70,
    "placebo": {"as_large": 2, "days": 69, "pvalue": 3 / 70},
    "regime": 1.6,
    "breakdown": None,
    "anchors": {"bracket": [0.00967, 3 / 70], "earliest": [0.0099, 0.04], "latest": [0.009, 0.04]},
    "times": {"t50": [0.0, 30.0], "t90": None, "peak_minutes": None, "first_significant": [0.0, 40.0]},
    "smallest_pvalue": 1 / 70,
    "placebo_days": 69,
    "first_significant": 40.0,
    "t50": 30.0,
    "reversal": 0.021,
    "pre_event_drift": -0.0024,
    "pre_event_pvalue": 0.5,
    "volume": 2.53,
    "pattern": "sustained",
    "notes": ["in the window: closing auction of shares"],
    "merged_minutes": 40.0,
    "intervals": {"t50": [10.0, 40.0], "reversal": [-0.58, None], "pre_event_drift": [-0.009, 0.004]},
    "reasons": {},
}


def test_each_number_is_a_sentence() -> None:
    words = row_sentences(ROW | {"pvalue": 0.393})  # the count has the p-value of the count
    for part in (
        "The first price after the news was +113.5 bp from the last one before it. Between the two lie 40 minutes",
        "60 min after the news it was +96.7 bp; on 2 of 69 comparable days the price moved as much (p = 0.043); scaled "
        "by volatility before the news p = 0.393",
        "Half of the move 60 min after the news was reached between 0 and 30 min after the news",
        "2% of the initial response was reversed by the end of the window.",  # one end alone is no range to report
        "Before the news the price moved -24.0 bp (p = 0.500).",
        "2.5 times the median of comparable days",
        "Note: in the window: closing auction of shares.",
    ):
        assert part in words


def test_a_raw_count_that_disagrees_with_the_standardized_test_is_reported() -> None:
    words = row_sentences({**ROW, "pvalue": 0.068})
    assert "Without scaling by volatility p = 0.043; the standardized test is primary" in words
    assert "1.6 times" in words
    assert "Without scaling" not in row_sentences(ROW)


def test_the_finding_says_where_the_assumed_time_decides() -> None:
    late = {**ROW, "anchors": {"bracket": [-0.0107, 0.02], "earliest": [-0.0113, 0.02], "latest": [-0.00157, 0.31]}}
    words = row_sentences(late)
    assert "-15.7 bp (p = 0.310) if it came at its end: the result depends on the assumed time." in words
    assert "depends on the assumed time" not in row_sentences(ROW)


def test_speed_is_not_reported_for_a_move_that_is_not_detectable() -> None:
    reasons = {"t50": "x", "reversal": "y"}
    quiet = row_sentences({**ROW, "pattern": "no detectable move", "t50": None, "reversal": None, "reasons": reasons})
    assert "Speed and persistence are not reported" in quiet
    assert "No time to 50%" not in quiet
    assert "No time to 50%: x." in row_sentences({**ROW, "t50": None, "reasons": {"t50": "x"}})


def test_an_early_move_is_pointed_out_only_where_it_is_rare() -> None:
    assert "Earlier publication is possible." in row_sentences({**ROW, "pre_event_pvalue": 0.02})
    assert "Earlier publication" not in row_sentences(ROW)


def test_the_terminal_says_a_note_once_for_all_instruments_it_is_true_of() -> None:
    text = response_text([ROW, {**ROW, "instrument": "VTBR", "notes": [*ROW["notes"], "own"]}], simulated=False)
    assert text.count("closing auction") == 1
    assert "note SBER, VTBR: in the window" in text
    assert "note VTBR: own" in text
    for column in (
        "first",
        "+5 min",
        "p, +60 min",
        "p, entire path",
        "Time to 50%, min",
        "Pre-event drift, bp",
        "Volume ratio",
    ):
        assert column in text


def test_a_quote_is_turned_where_the_study_asks_for_it() -> None:
    text = response_text([ROW, {**ROW, "instrument": "USD000UTSTOM", "sign": -1}], simulated=False)
    assert "turned about, so that signs compare: USD000UTSTOM" in text
    assert "+113.5" in text
    assert "-113.5" in text
    assert "turned" not in response_text([ROW], simulated=False)


def test_an_interval_with_one_end_is_told_as_such() -> None:
    share = Estimate("absorbed_share", 1.2, 0.71, math.inf, unit="share")
    assert estimate_words(share).replace("\u00a0", " ") == "120 % (71 or more)"
    turned = replace(share, low=-math.inf, high=2.0)
    assert estimate_words(turned).replace("\u00a0", " ") == "120 % (200 or less)"


def test_no_line_is_drawn_across_a_pause_of_trading() -> None:
    market = demo_market()
    spec = StudySpec(event=(-60, 60), tests=("placebo",))
    result = run_study(spec, [market.event], market.bars)
    figure = FIGURES["instruments"](result, style="light", width="wide").figure
    drawn = [np.asarray(line.get_xdata(), dtype=float) for line in figure.findobj(Line2D)]
    broken = [x for x in drawn if len(x) > 50 and np.isnan(x).any()]
    assert len(broken) >= 4  # path and bands of the two share series, which pause from 18:50 to 19:05
