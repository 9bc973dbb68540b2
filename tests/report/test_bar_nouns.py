"""Weekly, monthly and quarterly bars are not called days, in any output."""

import re

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.report.build import build
from eventstudy.report.html import render_page

STEPS = {"week": "W-FRI", "month": "ME", "quarter": "QE"}


def of_bars(step: str) -> es.StudyResult:
    rng = np.random.default_rng(5)
    dates = pd.date_range("1990-01-05", periods=90, freq=STEPS[step])
    returns = pd.DataFrame(rng.normal(0, 0.03, (90, 3)), dates, ["AAA", "BBB", "CCC"])
    noon = [(dates[k] - pd.Timedelta(hours=12)).tz_localize("America/New_York") for k in (60, 66, 72)]
    events = pd.DataFrame({"id": ["a", "b", "c"], "instrument": ["AAA", "BBB", "CCC"], "time": noon})
    spec = es.StudySpec(
        model="constant_mean", estimation=(-50, -5), event=(-3, 3), windows=[(0, 0), (0, 2)], tests=["bmp"]
    )
    return es.run_study(spec, events, returns, closes_at="16:00 America/New_York")


@pytest.mark.parametrize("noun", STEPS)
def test_bars_longer_than_a_day_have_their_name(noun: str) -> None:
    result = of_bars(noun)
    assert result.tables(0)["primary"]["bar_noun"] == noun
    built = build(result)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", render_page(built.page, built.pictures)))
    for words in (page, result.summary()):
        assert f"in the event {noun}" in words
        assert f"{noun.capitalize()}s 0 to +2" in words
        assert not re.search(r"(?i)event day|\bdays? (-\d|−\d|0|\+\d)|trading days from", words)
    assert f"{noun.capitalize()}s from the event ({noun} 0)" in page
    assert f"{noun}ly prices" in page
