"""Events that a study leaves out are still releases of other days, and rules of days hold for surprises, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from benchmarks.regimes import REGIMES, draw
from eventstudy.batch.library import answer
from eventstudy.errors import UsageError
from eventstudy.report.surprise_tables import surprise_sentences
from eventstudy.simulate import IntradayDesign

DAYS = pd.bdate_range("2021-01-04", periods=200)  # a Monday; every week has five days
CLOSES = "16:00 America/New_York"
PLACES, RELEASES = (10, 20, 30, 40, 50), ("cpi", "jobs", "cpi", "cpi", "cpi")


def listed(folder: Path) -> pd.DataFrame:
    dated = pd.DataFrame({"id": [f"e{p}" for p in PLACES], "instrument": "A", "date": DAYS[list(PLACES)].date})
    dated.assign(release=RELEASES).to_csv(folder / "events.csv", index=False)
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, len(DAYS))))
    pd.DataFrame({"date": DAYS.date, "close": closes}).to_csv(folder / "prices.csv", index=False)
    return dated


STUDY = """
[events]
file = "events.csv"
timezone = "America/New_York"
dates = "trading_day"
{only}
[data]
path = "prices.csv"
instrument = "A"
timezone = "America/New_York"
closes_at = "16:00"
[window]
event = [0, 0]
[model]
name = "zero"
[inference]
tests = ["placebo"]
[inference.placebo]
match = {{ releases = "{releases}" }}
"""


def placebo_days(folder: Path, releases: str, only: str = "") -> dict[str, int]:
    (folder / "study.toml").write_text(STUDY.format(only=only, releases=releases), encoding="utf-8")
    loaded = es.load_study(folder / "study.toml")
    tests = answer(loaded).to_frame("tests").query("test == 'placebo'")
    return dict(zip([e.id for e in loaded.events], tests["n"].astype(int), strict=True))


@pytest.mark.parametrize("releases", ["same", "any"])
def test_events_left_out_by_only_are_releases_of_other_days(tmp_path: Path, releases: str) -> None:
    listed(tmp_path)
    every = placebo_days(tmp_path, releases)
    assert every == {"e10": 0, "e20": 0 if releases == "same" else 1, "e30": 1 if releases == "same" else 2,
                     "e40": 2 if releases == "same" else 3, "e50": 3 if releases == "same" else 4}  # fmt: skip
    found = placebo_days(tmp_path, releases, 'only = ["e50", "e40"]')
    assert found == {name: every[name] for name in ("e40", "e50")}


def test_the_response_and_all_specifications_have_the_days_of_events_that_are_not_studied() -> None:
    """A release on every second of 26 days: the last is studied, the twelve others are its placebo days."""
    design = IntradayDesign(days=13, minutes=180, jump_second=90 * 60 + 30)
    bars, event, others = draw(REGIMES["3 times from the release on, every second day"], 1, design)
    placebo: dict[str, Any] = {"match": {"releases": "same"}}
    spec = es.StudySpec(model="zero", event=(0, 2), tests=["placebo"], placebo=placebo, response="on")
    alone = es.run_study(spec, [event], [bars])
    found = es.run_study(spec, [event], [bars], known=others)
    every = es.run_study(spec, [*others, event], [bars])
    assert len(others) == 13
    assert alone.findings("placebo")[0].n[0] == 0
    assert found.findings("placebo")[0].n[0] == every.findings("placebo")[0].n[-1] >= 12
    assert found.response is not None
    assert next(iter(found.response)).placebo_days == 13
    assert len(found.ledger) == 1
    curve = es.specifications(spec, [event], [bars], known=others)
    assert {one.n for one in curve.specifications} == {1}
    with pytest.raises(UsageError, match="`known` is an int"):
        es.run_study(spec, [event], [bars], known=3)


def cross_section(match: dict[str, Any], calm: int = 0) -> tuple[es.StudyResult, pd.DataFrame]:
    """30 instruments with an event on one Monday, and an attribute."""
    rng = np.random.default_rng(4)
    codes = [f"A{i}" for i in range(30)]
    returns = pd.DataFrame(rng.normal(0, 0.01, (len(DAYS), 30)), DAYS, codes)
    returns.iloc[:calm] /= 10
    events = pd.DataFrame({"instrument": codes, "date": DAYS[150], "x": rng.normal(0, 1, 30)})
    spec = es.StudySpec(
        model="zero",
        event_dates="trading_day",
        tests=["cross_sectional_t"],
        regressions=[{"formula": "car ~ x"}],
        surprise={"column": "x", "standardize": False, "weights": "equal"},
        placebo={"match": match},
    )
    return es.run_study(spec, events, returns, closes_at=CLOSES), returns.assign(x=0.0)[codes]


def test_the_weekday_holds_for_surprises_and_regressions() -> None:
    """Mondays 5, 10, ..., 145 (the first return is that of day 1): the mean coefficient is that of 29 regressions."""
    result, returns = cross_section({"weekday": True})
    x = result.to_frame("events")["x"].to_numpy()
    slopes = [np.polyfit(x, returns.iloc[day].to_numpy(), 1)[0] for day in range(5, 150, 5)]
    row = result.to_frame("regressions").set_index("name").loc["x"]
    assert row["placebo_days"] == len(slopes) == 29
    assert (row["placebo_mean"], row["placebo_sd"]) == pytest.approx((np.mean(slopes), np.std(slopes, ddof=1)))
    own = abs(row["coef"] - np.mean(slopes))
    assert row["placebo_pvalue"] == (1 + (np.abs(slopes - np.mean(slopes)) >= own).sum()) / 30
    assert result.to_frame("surprise_tests")["placebo_days"].tolist() == [29]


def test_days_of_another_volatility_are_no_placebo_days_of_surprises() -> None:
    """The first hundred days are ten times calmer; volatility is that of the 20 returns before a day."""
    result, returns = cross_section({"volatility": [0.5, 2.0]}, calm=100)
    row = result.to_frame("regressions").set_index("name").loc["x"]
    assert 19 <= row["placebo_days"] <= 50
    x = result.to_frame("events")["x"].to_numpy()
    wild = [np.polyfit(x, returns.iloc[day].to_numpy(), 1)[0] for day in range(120, 150)]
    assert row["placebo_sd"] == pytest.approx(np.std(wild, ddof=1), rel=0.25)  # a third of it with the calm days


def test_too_few_days_for_a_comparison_are_named() -> None:
    rng = np.random.default_rng(4)
    codes = [f"A{i}" for i in range(30)]
    returns = pd.DataFrame(rng.normal(0, 0.01, (60, 30)), DAYS[:60], codes)
    events = pd.DataFrame({"instrument": codes, "date": DAYS[50], "x": rng.normal(0, 1, 30)})
    given: dict[str, Any] = {"regressions": [{"formula": "car ~ x"}], "surprise": {"column": "x"}}
    spec = es.StudySpec(
        model="zero",
        event_dates="trading_day",
        tests=["cross_sectional_t"],
        placebo={"match": {"weekday": True}},
        **given,
    )
    result = es.run_study(spec, events, returns, closes_at=CLOSES)
    messages = [n.message for n in result.notices if n.code in ("ES-SURPRISE", "ES-REGRESSION")]
    words = "is not compared with placebo days: there are 9, and 19 are needed."
    alone = "no standard error of the slope: the observations of one date determine it."
    assert messages == [alone, f"the surprise {words}", f"regression 1 {words}"]


def test_a_cross_section_of_one_date_has_a_slope_without_a_standard_error() -> None:
    """Each instrument has one event: all are one regression, and its errors are clustered in the only date."""
    result, _ = cross_section({})
    (path,) = result.reactions.surprise.paths
    x = result.to_frame("events")["x"].to_numpy()
    slope = np.polyfit(x, result.to_frame("car")["car"].to_numpy(), 1)[0]
    assert path.slope == pytest.approx([slope])
    assert np.isnan(path.se).all()
    assert 0 < path.placebo_pvalue[0] <= 1
    said = " ".join(surprise_sentences(result.to_dict()))
    assert "(no standard error, the observations of one date determine it, R2 = " in said
    messages = [n.message for n in result.notices if n.code == "ES-SURPRISE"]
    assert messages == ["no standard error of the slope: the observations of one date determine it."]
