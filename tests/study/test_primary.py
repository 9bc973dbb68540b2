"""The test that decides: chosen by the design, computed unasked, never by the order of names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import SpecError
from eventstudy.inference.designs import DESIGNS, Design, design_name
from eventstudy.inference.table import TESTS
from eventstudy.report.finding import decided, finding, primary_test
from eventstudy.study.spec_toml import parse_spec
from tests.study.made import daily_frame, events_at

LISTED = ("time_series_t", "patell", "cross_sectional_t")
WINDOWS = ((0, 0), (0, 1), (-5, -1), (-5, 5))


def study(frame: pd.DataFrame, pairs: list[tuple[str, int]], **settings: Any) -> es.StudyResult:
    given: dict[str, Any] = {"tests": LISTED, "windows": WINDOWS, "diagnostics": "off", **settings}
    spec = es.StudySpec(model="constant_mean", estimation=(-100, -11), event=(-5, 5), **given)
    events = events_at(frame, pairs)
    return es.run_study(spec, events.assign(id=[f"e{i}" for i in range(len(pairs))]), frame)


def four(seed: int = 1, sd: float = 0.0) -> tuple[pd.DataFrame, list[tuple[str, int]]]:
    """Four shares, an event each on a date of its own, with an effect of mean zero and standard deviation ``sd``."""
    frame = daily_frame(260, 4, seed=seed)
    pairs = [(f"A{i}", 130 + 30 * i) for i in range(4)]
    for (code, row), effect in zip(pairs, np.random.default_rng(seed + 10_000).normal(0, 1, 4), strict=True):
        frame.loc[frame.index[row], code] += sd * effect
    return frame, pairs


def test_the_order_of_the_names_changes_nothing_and_the_primary_test_is_computed_unasked() -> None:
    frame, pairs = four(3, 0.02)
    orders = (LISTED, LISTED[::-1], ("patell",), ("bmp", "patell"))
    results = [study(frame, pairs, tests=tests) for tests in orders]
    assert {result.primary.test for result in results if result.primary} == {"bmp"}
    assert len({finding(result.to_dict(), 0.95)[0] for result in results}) == 1
    assert all(np.isfinite(result.findings("bmp")[0].pvalue[0]) for result in results)


@pytest.mark.parametrize(
    ("design", "primary"),
    [
        (Design(1, 1, 1, 1, "none", bar_noun="day", variance=True, residuals=True), "time_series_t"),
        (Design(1, 1, 1, 1, "none", bar_noun="bar", variance=False, residuals=False), "standardized_placebo"),
        (Design(5, 1, 5, 1, "all", bar_noun="bar", variance=False, residuals=False), "standardized_placebo"),
        (Design(4, 4, 4, 4, "none", bar_noun="day", variance=True, residuals=True), "bmp"),
        (Design(50, 50, 50, 50, "none", bar_noun="day", variance=True, residuals=True), "bmp"),
        (
            Design(50, 50, 50, 50, "none", bar_noun="day", variance=True, residuals=True, skewness=3.7),
            "generalized_sign",
        ),
        (
            Design(20, 20, 20, 20, "none", bar_noun="day", variance=True, residuals=True, skewness=3.7),
            "generalized_sign",
        ),
        (Design(19, 19, 19, 19, "none", bar_noun="day", variance=True, residuals=True, skewness=3.7), "residual_bmp"),
        (Design(2, 2, 2, 2, "none", bar_noun="day", variance=True, residuals=True, skewness=3.7), "residual_bmp"),
        (Design(19, 19, 19, 19, "none", bar_noun="day", variance=True, residuals=True, bhar=True), "cross_sectional_t"),
        (Design(20, 20, 20, 20, "none", bar_noun="day", variance=True, residuals=True, bhar=True), "cross_sectional_t"),
        (Design(80, 40, 80, 40, "some", bar_noun="day", variance=True, residuals=True, bhar=True), "overlap_t"),
        (Design(9, 1, 9, 9, "all", bar_noun="day", variance=True, residuals=True, bhar=True), "overlap_t"),
        (
            Design(9, 9, 1, 9, "none", bar_noun="day", variance=True, residuals=True, bhar=True, shared_estimation=1.3),
            "overlap_t",
        ),
        (Design(50, 1, 50, 50, "all", bar_noun="day", variance=True, residuals=True), "kp_bmp"),
        (Design(200, 10, 20, 10, "some", bar_noun="day", variance=True, residuals=True), "kp_bmp"),
        (
            Design(50, 50, 1, 50, "none", bar_noun="day", variance=True, residuals=True, shared_estimation=1.2),
            "overlap_bmp",
        ),
        (Design(50, 50, 1, 50, "none", bar_noun="day", variance=True, residuals=True, shared_estimation=1.04), "bmp"),
        (Design(30, 30, 1, 30, "none", bar_noun="bar", variance=False, residuals=False), "cross_sectional_t"),
        (Design(30, 10, 3, 10, "some", bar_noun="bar", variance=False, residuals=False), "calendar_time"),
        (Design(80, 80, 80, 80, "none", bar_noun="day", variance=True, residuals=True, bhar=True), "cross_sectional_t"),
    ],
)
def test_every_design_has_its_test(design: Design, primary: str) -> None:
    row = DESIGNS[design_name(design)]
    assert row.primary == primary
    assert row.reason
    assert TESTS[primary].scope == ("event" if design.single else "average")


def test_shared_dates_are_seen_and_tests_that_assume_independence_are_called_unsuited() -> None:
    frame = daily_frame(260, 20, seed=5)
    result = study(frame, [(c, row) for row in (150, 200) for c in frame.columns])
    assert result.primary is not None
    assert result.primary.test == "kp_bmp"
    assert result.primary.design.dates == 2
    assert "40 observations fall on 2 days" in result.primary.unsuited["patell"]
    text = " ".join(finding(result.to_dict(), 0.95))
    assert "Across 40 observations on 2 days" in text


def test_tests_that_disagree_are_listed_with_what_speaks_against_them() -> None:
    # Effects of both signs: Patell takes their dispersion for a mean, BMP does not.
    for seed in range(200):
        frame, pairs = four(seed, 0.04)
        result = study(frame, pairs)
        document = result.to_dict()
        p = {name: test["pvalue"] for name, test in document["aggregates"][0]["tests"].items()}
        if p["patell"] <= 0.05 < p["bmp"] and "patell" in document["primary"]["unsuited"]:
            break
    text = " ".join(finding(document, 0.95))
    assert "The tests disagree: BMP, the primary test" in text
    assert "Patell gives" in text
    assert "times the usual" in text
    assert "80% power" in text
    assert "chance" not in text


def test_a_study_may_name_its_primary_test_and_window() -> None:
    frame, pairs = four(4)
    result = study(frame, pairs, primary="corrado_sign", primary_window=(-5, 5))
    assert result.primary is not None
    assert (result.primary.test, (result.primary.window.start, result.primary.window.stop)) == ("corrado_sign", (-5, 5))
    assert "over days -5 to +5" in finding(result.to_dict(), 0.95)[0]
    with pytest.raises(SpecError, match="is not reported"):
        es.StudySpec(event=(-1, 1), windows=((0, 0),), primary_window=(0, 1))
    with pytest.raises(SpecError, match="bmp"):
        es.StudySpec(primary="bmq")
    spec = result.spec
    assert parse_spec(spec.to_toml(), "x", es.StudySpec).primary_window == (-5, 5)


def test_the_primary_window_is_the_first_that_holds_the_event() -> None:
    frame, pairs = four(4)
    result = study(frame, pairs, windows=((-5, -1), (0, 1), (0, 0)))
    assert result.primary is not None
    assert (result.primary.window.start, result.primary.window.stop) == (0, 1)


def test_adjusted_p_values_decide_and_stand_in_every_table() -> None:
    frame, pairs = four(6)
    for code, row in pairs:
        frame.loc[frame.index[row], code] += 0.021
    raw, holm = study(frame, pairs), study(frame, pairs, adjust="holm")
    tests = holm.to_dict()["aggregates"][0]["tests"]
    test = (primary_test(holm.to_dict(), tests) or ("", {}))[1]
    assert decided(test) == test["adjusted_pvalue"] > test["pvalue"]
    text = holm.summary(verbose=True)
    assert "p, adjusted (Holm, 4 windows)" in text
    assert "p, adjusted (Holm, 4 windows x 4 responses)" in text or "Holm, 4 windows x 4" in text
    assert f"adjusted p\u00a0=\u00a0{test['adjusted_pvalue']:.3f} (Holm, 4 windows)" in " ".join(
        finding(holm.to_dict(), 0.95)
    )
    assert "adjusted" not in raw.summary(verbose=True)


def share_that_claims(variance: float, repetitions: int, shock: float = 0.0) -> dict[str, float]:
    """Return how often the finding of the template's design claims an effect, and each of its tests."""
    rng, claims = np.random.default_rng(8), dict[str, list[bool]]()
    days = pd.bdate_range("2015-01-01", periods=400).tz_localize("UTC") + pd.Timedelta(hours=16)
    at = np.array([280, 310, 340, 370])
    spec = es.StudySpec(
        estimation=(-250, -11),
        event=(-5, 5),
        windows=WINDOWS,
        model="market",
        tests=(*LISTED, "grank_t"),
        diagnostics="off",
    )
    for _ in range(repetitions):
        market = 0.01 * rng.standard_normal(400)
        returns = market[:, None] + 0.012 * rng.standard_normal((400, 4))
        returns[at, range(4)] += 0.012 * (np.sqrt(variance - 1) * rng.standard_normal(4) + shock)
        frame = pd.DataFrame(returns, index=days, columns=list("ABCD"))
        events = events_at(frame, list(zip("ABCD", at, strict=True))).assign(id=list("abcd"))
        result = es.run_study(spec, events, frame, market=pd.Series(market, days, name="M"))
        tests = result.to_dict()["aggregates"][0]["tests"]
        decisive = primary_test(result.to_dict(), tests)
        assert decisive is not None
        claims.setdefault("finding", []).append(decided(decisive[1]) <= 0.05)
        for name, test in tests.items():
            claims.setdefault(name, []).append(test["pvalue"] <= 0.05)
    return {name: float(np.mean(values)) for name, values in claims.items()}


def test_the_finding_of_the_null_template_keeps_its_size_when_events_raise_the_variance() -> None:
    # 31.8 % of such studies claimed an effect when the first of the listed tests decided.
    found = share_that_claims(4.0, 150)
    assert found["finding"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
    assert found["patell"] > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("variance", [1.0, 2.0, 4.0])
def test_the_share_that_claims_an_effect_covers_five_percent_at_length(variance: float) -> None:
    found = share_that_claims(variance, 4_000)["finding"]
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4_000)


@pytest.mark.slow
@pytest.mark.parametrize("shock", [0.5, 1.0, 2.0])
def test_the_finding_has_nine_tenths_of_the_power_of_the_best_test_that_keeps_its_size(shock: float) -> None:
    # Tests that keep 5 % at variances of 1, 2 and 4 with four events: BMP and the cross-sectional t.
    found = share_that_claims(1.0, 1_000, shock)
    assert found["finding"] >= 0.9 * max(found["cross_sectional_t"], found["bmp"])


@pytest.mark.parametrize("events", [5, 9, 19, 20])
def test_tests_that_need_many_events_are_called_unsuited_below_twenty(events: int) -> None:
    frame = daily_frame(400, events, seed=4)
    result = study(frame, [(f"A{i}", 130 + 12 * i) for i in range(events)], tests=("grank_t", "hall_t", "patell"))
    assert result.primary is not None
    assert result.primary.test == "bmp"
    named = {test for test, why in result.primary.unsuited.items() if "events or more" in why}
    assert named == ({"grank_t", "hall_t"} if events < 20 else set())


def test_a_primary_test_whose_assumption_fails_says_so() -> None:
    # Five events of lognormal returns: BMP rejects 12 to 13 % there, is not chosen, and says so where it is named.
    rng = np.random.default_rng(2)
    frame = daily_frame(260, 5)
    frame[:] = (rng.lognormal(0, 0.8, frame.shape) - np.exp(0.32)) / 100
    pairs = [(f"A{i}", 130 + 20 * i) for i in range(5)]
    primary = study(frame, pairs, diagnostics="on").primary
    assert primary is not None
    assert (primary.test, primary.words) == ("residual_bmp", "few events with strongly skewed returns")
    assert "limitation" not in primary.reason
    skewed = study(frame, pairs, diagnostics="on", primary="bmp").primary
    assert skewed is not None
    assert "(limitation: it assumes symmetric returns, while their skewness is" in skewed.reason
    assert "limitation" not in study(daily_frame(260, 5), pairs, diagnostics="on").primary.reason  # type: ignore[union-attr]
    named = study(daily_frame(260, 5), [(f"A{i}", 130) for i in range(5)], primary="patell").primary
    assert named is not None
    assert named.reason == (
        "the study names it (limitation: it assumes independent events, while 5 observations fall on 1 day)"
    )
