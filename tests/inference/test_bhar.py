"""Buy-and-hold abnormal returns: which tests serve, what is shown, and the kind of returns that are compounded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import UsageError
from tests.study.made import daily_frame, events_at

SIGNS = ("sign", "generalized_sign", "wilcoxon")


def study(frame: pd.DataFrame, L: int, tests: tuple[str, ...], **settings: Any) -> es.StudyResult:
    spec = es.StudySpec(
        model="constant_mean", estimation=(-60, -1), event=(0, L - 1), measure="bhar", tests=tests, **settings
    )
    return es.run_study(spec, events_at(frame, [(c, 70) for c in frame.columns]), frame)


def test_sign_tests_refuse_buy_and_hold_returns_with_the_reason() -> None:
    # Without an effect they rejected 16 to 33 % over 120 to 250 days: a compounded return has a negative median.
    result = study(daily_frame(100, 10, seed=1), 20, SIGNS, returns="log")
    for name in SIGNS:
        found = result.findings(name)[0]
        assert np.isnan(found.pvalue[0])
        assert "skewed" in found[0].reason
        assert "bootstrap_t" in found[0].reason


def test_a_frame_must_say_whether_the_returns_that_are_compounded_are_log_or_simple() -> None:
    # Simple returns compounded as logs gave a mean BHAR of +6.6 % over 250 days where none was.
    frame = daily_frame(100, 2, seed=2)
    with pytest.raises(UsageError, match="log or simple"):
        study(frame, 5, ("cross_sectional_t",))
    simple, log = (study(frame, 5, ("cross_sectional_t",), returns=kind) for kind in ("simple", "log"))
    expected = frame.iloc[10:70].mean()
    held = (1 + frame.iloc[70:75]).prod() - (1 + expected) ** 5
    assert simple.to_frame("car")["bhar"].to_numpy() == pytest.approx(held.to_numpy(), rel=1e-12)
    assert log.to_frame("car")["bhar"][0] == pytest.approx(
        np.exp(frame["A0"].iloc[70:75].sum()) - np.exp(5 * expected["A0"])
    )


def test_the_page_and_the_terminal_show_the_return_that_was_tested() -> None:
    frame = daily_frame(100, 8, seed=3)
    events = events_at(frame, [(c, 70) for c in frame.columns]).assign(id=list("abcdefgh"))
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-60, -1),
        event=(0, 19),
        measure="bhar",
        tests=("cross_sectional_t",),
        returns="log",
    )
    result = es.run_study(spec, events, frame)
    mean = float(result.abnormal.bhar((0, 19)).mean())
    aggregate = result.to_dict()["aggregates"][0]
    assert aggregate["abhar"] == pytest.approx(mean, rel=1e-12)
    assert aggregate["tests"]["cross_sectional_t"]["estimate"] == pytest.approx(mean, rel=1e-12)
    text = result.summary()
    assert "buy-and-hold" in text
    assert f"{mean * 1e4:+.1f}" in text
    assert f"{aggregate['caar'] * 1e4:+.1f}" not in text
