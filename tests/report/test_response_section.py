"""The response in words: each number in a sentence, only the caveats that apply, intervals that may have one end."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from eventstudy.report.figures import FIGURES
from eventstudy.report.response_section import response_text, told
from eventstudy.report.shape import estimate_words
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
    "pvalue": 3 / 70,
    "joint_pvalue": None,
    "path_pvalue": 3 / 70,
    "smallest_pvalue": 1 / 70,
    "placebo_days": 69,
    "first_significant": 40.0,
    "half_life": 30.0,
    "reversal": 0.021,
    "leak": -0.0024,
    "leak_pvalue": 0.5,
    "volume": 2.53,
    "pattern": "held",
    "notes": ["in the window: closing auction of shares"],
    "merged_minutes": 40.0,
    "intervals": {"half_life": [10.0, 40.0], "reversal": [-0.58, None], "leak": [-0.009, 0.004]},
    "reasons": {},
}


def test_each_number_is_a_sentence() -> None:
    words = told(ROW)
    for part in (
        "The first price after the news was +113.5 bp from the last one before it. Between the two lie 40 minutes",
        "60 min after the news it was +96.7 bp, and on 2 of 69 comparable days as much (p = 0.043)",
        "Half of the move was made 30 (10 to 40) trading minutes",
        "2 % of the first answer was given back by the end of the window.",  # one end alone is no range to tell
        "24.0 bp against the way it then went: nothing out of the ordinary.",
        "2.5 times that of a usual day",
        "Note: in the window: closing auction of shares.",
    ):
        assert part in words


def test_doubted_days_are_not_counted_as_whole_ones() -> None:
    words = told({**ROW, "smallest_pvalue": 1 / 65.5})
    assert "some of which count less" in words
    assert "of 69 comparable days as much" not in words


def test_a_move_that_is_none_has_no_speed_to_explain() -> None:
    reasons = {"half_life": "x", "reversal": "y"}
    quiet = told({**ROW, "pattern": "none", "half_life": None, "reversal": None, "reasons": reasons})
    assert "is not told of a move like this" in quiet
    assert "no half-life" not in quiet
    assert "There is no half-life: x." in told({**ROW, "half_life": None, "reasons": {"half_life": "x"}})


def test_a_leak_is_called_one_only_where_it_is_rare() -> None:
    assert "a leak or a late timestamp" in told({**ROW, "leak_pvalue": 0.02})
    assert "a leak" not in told(ROW)


def test_the_terminal_says_a_note_once_for_all_instruments_it_is_true_of() -> None:
    text = response_text([ROW, {**ROW, "instrument": "VTBR", "notes": [*ROW["notes"], "own"]}], simulated=False)
    assert text.count("closing auction") == 1
    assert "note SBER, VTBR: in the window" in text
    assert "note VTBR: own" in text
    for column in ("first", "+5 min", "p +60 min", "p path", "Half-life, min", "Leak, bp", "Volume, x"):
        assert column in text


def test_a_quote_is_turned_where_the_study_asks_for_it() -> None:
    text = response_text([ROW, {**ROW, "instrument": "USD000UTSTOM", "sign": -1}], simulated=False)
    assert "turned about, so that signs compare: USD000UTSTOM" in text
    assert "+113.5" in text
    assert "-113.5" in text
    assert "turned" not in response_text([ROW], simulated=False)


def test_an_interval_with_one_end_is_told_as_such() -> None:
    share = Estimate("absorbed", 1.2, 0.71, math.inf, unit="share")
    assert estimate_words(share).replace("\u00a0", " ") == "120 % (71 or more)"
    turned = replace(share, low=-math.inf, high=2.0)
    assert estimate_words(turned).replace("\u00a0", " ") == "120 % (200 or less)"


def test_no_line_is_drawn_across_a_pause_of_trading() -> None:
    market = demo_market()
    spec = StudySpec(event=(-60, 60), tests=("placebo",))
    result = run_study(spec, [market.event], market.bars)
    figure = FIGURES["instruments"](result, style="light", width="wide").figure
    broken = 0
    for axes in figure.axes:
        for line in axes.get_lines():
            broken += bool(len(line.get_xdata()) > 50 and np.isnan(np.asarray(line.get_xdata(), dtype=float)).any())
    assert broken >= 4  # path and bands of the two share series, which pause from 18:50 to 19:05
