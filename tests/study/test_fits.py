"""``to_frame("fits")``: the estimated model of every event, against statsmodels and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import eventstudy as es
from tests.study.test_event_study import CLOSE, DAYS, EVENT_ROW, NAMES, draws, events

BEFORE = slice(EVENT_ROW - 250, EVENT_ROW - 10)


def fits(**arguments: object) -> pd.DataFrame:
    result = es.event_study(events(*NAMES), returns=draws(), closes_at=CLOSE, **arguments)
    return result.to_frame("fits").set_index("instrument")


def test_the_market_model_is_that_of_statsmodels() -> None:
    found, returns = fits(market="SPY"), draws()
    for name in NAMES:
        ols = sm.OLS(returns[name].iloc[BEFORE], sm.add_constant(returns["SPY"].iloc[BEFORE])).fit()
        row = found.loc[name]
        assert row[["alpha", "beta"]].to_numpy(float) == pytest.approx(ols.params.to_numpy(), rel=1e-9)
        assert row[["alpha_se", "beta_se"]].to_numpy(float) == pytest.approx(ols.bse.to_numpy(), rel=1e-9)
        assert row["sigma"] == pytest.approx(np.sqrt(ols.scale), rel=1e-9)
        assert (row["n"], row["df"]) == (ols.nobs, ols.df_resid)
        assert row["r2"] == pytest.approx(ols.rsquared, rel=1e-9)


def test_several_factors_have_a_column_each_by_name() -> None:
    returns = draws()
    rng = np.random.default_rng(5)
    factors = returns[["SPY"]].assign(SMB=rng.normal(0, 0.01, len(returns)))
    result = es.event_study(events(*NAMES), returns=returns[NAMES], factors=factors, closes_at=CLOSE)
    row = result.to_frame("fits").set_index("instrument").loc["BBB"]
    ols = sm.OLS(returns["BBB"].iloc[BEFORE], sm.add_constant(factors.iloc[BEFORE])).fit()
    named = ["alpha", "beta_SPY", "beta_SMB"]
    assert row[named].to_numpy(float) == pytest.approx(ols.params.to_numpy(), rel=1e-9)
    assert row["r2"] == pytest.approx(ols.rsquared, rel=1e-9)
    assert row[[f"{name}_se" for name in named]].to_numpy(float) == pytest.approx(ols.bse.to_numpy(), rel=1e-9)


@pytest.mark.parametrize("model", ["dimson", "scholes_williams", "garch"])
def test_r2_follows_from_the_line_that_the_model_uses(model: str) -> None:
    if model == "garch":
        pytest.importorskip("arch", reason="arch is not installed (extra 'garch')")
    found, returns = fits(market="SPY", model=model), draws()
    for name in NAMES:
        y, x = returns[name].iloc[BEFORE], returns["SPY"].iloc[BEFORE]
        left = y - found.loc[name, "alpha"] - found.loc[name, "beta"] * x
        expected = 1 - (left**2).sum() / ((y - y.mean()) ** 2).sum()
        assert found.loc[name, "r2"] == pytest.approx(expected, rel=1e-9)


def test_the_estimation_window_is_named_by_its_first_and_last_close() -> None:
    row = fits(market="SPY").loc["AAA"]
    assert [row["first"].tz_convert("America/New_York"), row["last"].tz_convert("America/New_York")] == [
        (day + pd.Timedelta("16h")).tz_localize("America/New_York")
        for day in (DAYS[EVENT_ROW - 250], DAYS[EVENT_ROW - 11])
    ]
    # A window that begins before the data is named by the first close that there is.
    early = fits(market="SPY", estimation=(-290, -11), min_observations=100).loc["AAA"]
    assert early["first"].tz_convert("America/New_York").date() == DAYS[0].date()
    assert early["n"] == 270


def test_what_is_set_and_not_estimated_has_no_standard_error() -> None:
    adjusted = fits(market="SPY", model="market_adjusted")
    assert (adjusted[["alpha", "beta"]] == [0.0, 1.0]).all().all()
    assert adjusted[["alpha_se", "beta_se", "r2"]].isna().all().all()
    mean = fits(model="constant_mean").loc["AAA"]
    values = draws()["AAA"].iloc[BEFORE]
    assert mean["alpha"] == pytest.approx(values.mean(), rel=1e-9)
    assert mean["alpha_se"] == pytest.approx(values.std(ddof=1) / np.sqrt(240), rel=1e-9)
    assert mean["r2"] == pytest.approx(0.0, abs=1e-12)
    assert "beta" not in mean
    none = fits(model="zero", estimation=None)
    assert none["first"].isna().all()
    assert none["alpha_se"].isna().all()


def test_the_table_of_days_counts_events_on_either_side() -> None:
    # By hand: on one day three events of +2 %, +1 % and -1 % stand two to one.
    index = pd.bdate_range("2020-01-01", periods=40)
    values = np.tile([0.001, -0.001], (3, 20)).T
    values[30] = [0.02, 0.01, -0.01]
    frame = pd.DataFrame(values, index, list("ABC"))
    noon = (index[30] + pd.Timedelta("12h")).tz_localize("UTC")
    news = pd.DataFrame({"instrument": list("ABC"), "time": noon})
    spec = es.StudySpec(event=(0, 0))
    row = es.run_study(spec, news, frame, closes_at="16:00 UTC").to_frame("aar").iloc[0]
    assert (row["n_events"], row["n_positive"], row["n_negative"]) == (3, 2, 1)
    assert row["aar"] == pytest.approx(0.02 / 3)
