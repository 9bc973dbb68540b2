"""The response to surprises: regressions of statsmodels, published data, and bands with their size by simulation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.tsa.api import LocalProjections

import eventstudy as es
from eventstudy.cli import app
from eventstudy.errors import SpecError, UsageError
from eventstudy.reactions.slopes import PathDraws, SlopeDesign, path_test, slopes
from eventstudy.reactions.surprise import path_of_cars
from eventstudy.report.surprise_tables import surprise_sentences
from eventstudy.study.spec_toml import parse_spec
from tests.reactions.made import listed, market_of, study
from tests.shared import SHARED
from tests.study.made import daily_frame, intraday

ORACLE = SHARED / "oracles" / "EA-MPD.xlsx"


def surprise_study(
    n: int = 60, slope: float = 0.01, *, seed: int = 3, **settings: object
) -> tuple[es.StudyResult, pd.DataFrame, np.ndarray, list[tuple[str, int]]]:
    """Events whose return at tau = 0 is ``slope`` per unit of the surprise, and half of it at tau = 1."""
    frame, pairs = market_of(n)
    surprise = np.random.default_rng(seed).normal(0, 2, n)
    for (code, row), s in zip(pairs, surprise, strict=True):
        frame.loc[frame.index[row : row + 2], code] += [slope * s, slope * s / 2]
    given = {"windows": [(0, 1)], "surprise": {"column": "surprise", "standardize": False}, **settings}
    return study(frame, listed(frame, pairs, surprise=surprise), **given), frame, surprise, pairs


def test_every_bar_is_the_weighted_regression_of_statsmodels() -> None:
    result, _, surprise, _ = surprise_study()
    table = result.to_frame("surprise").set_index("tau")
    ar, variance = result.abnormal.ar, result.abnormal.variance()
    spans = {-2: [0, 1], -1: [1], 0: [2], 1: [2, 3], 2: [2, 3, 4]}
    for tau, cells in spans.items():
        y, w = ar[:, cells].sum(axis=1), 1 / variance[:, cells].sum(axis=1)
        fit = sm.WLS(y, sm.add_constant(surprise), weights=w).fit(cov_type="HC1", use_t=True)
        row = table.loc[tau]
        expected = [*fit.params, fit.bse[1], fit.pvalues[1], fit.rsquared, *fit.conf_int()[1]]
        obtained = [row[name] for name in ("intercept", "slope", "se", "pvalue", "r2", "low", "high")]
        assert obtained == pytest.approx(expected, rel=1e-9)
    assert table.loc[0, "slope"] == pytest.approx(0.01, abs=0.004)
    assert table.loc[1, "slope"] == pytest.approx(0.015, abs=0.006)


@pytest.mark.reference
@pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracles/EA-MPD.xlsx (Altavilla et al. 2019)")
@pytest.mark.parametrize(
    ("sheet", "instrument", "n", "slope", "se", "r2"),
    [
        ("Press Release Window", "EURUSD", 277, 0.03047, 0.01082, 0.0957),
        ("Press Conference Window", "EURUSD", 247, 0.04424, 0.00608, 0.1918),
        ("Monetary Event Window", "EURUSD", 277, 0.03836, 0.00695, 0.1594),
        ("Press Release Window", "STOXX50", None, -0.05828, 0.01511, 0.1408),
    ],
)
def test_the_monetary_policy_database_gives_its_published_slopes(
    sheet: str, instrument: str, n: int | None, slope: float, se: float, r2: float
) -> None:
    """One return per event, indexed by date: the event's window change, as the database gives it."""
    given = pd.read_excel(ORACLE, sheet_name=sheet, engine="calamine")
    rows = given[["date", instrument, "OIS_2Y"]].copy()
    rows["date"] = pd.to_datetime(rows["date"], dayfirst=True).dt.normalize()
    rows[[instrument, "OIS_2Y"]] = rows[[instrument, "OIS_2Y"]].apply(pd.to_numeric, errors="coerce")
    rows = rows.dropna().drop_duplicates("date").sort_values("date")
    days = pd.bdate_range(rows["date"].min() - pd.Timedelta(days=10), rows["date"].max() + pd.Timedelta(days=10))
    days = days.union(pd.DatetimeIndex(rows["date"]))
    returns = pd.DataFrame({instrument: 0.0}, days)
    returns.loc[rows["date"], instrument] = rows[instrument].to_numpy()
    events = pd.DataFrame({"instrument": instrument, "date": rows["date"], "ois": rows["OIS_2Y"]})
    spec = es.StudySpec(
        model="zero",
        returns="difference",
        event_dates="trading_day",
        tests=["cross_sectional_t"],
        surprise={"column": "ois", "standardize": False, "weights": "equal"},
    )
    result = es.run_study(spec, events, returns, closes_at="18:00 Europe/Berlin")
    (row,) = result.to_frame("surprise").to_dict("records")
    assert n is None or row["n"] == n
    assert (round(row["slope"], 5), round(row["se"], 5), round(row["r2"], 4)) == (slope, se, r2)


@pytest.mark.reference
@pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracles/EA-MPD.xlsx (Altavilla et al. 2019)")
def test_a_study_file_gives_the_published_slope(tmp_path: Path) -> None:
    """Levels whose daily change is the change of the conference window, and the change of the OIS as an attribute."""
    given = pd.read_excel(ORACLE, sheet_name="Press Conference Window", engine="calamine")
    rows = given[["date", "EURUSD", "OIS_2Y"]].copy()
    rows["date"] = pd.to_datetime(rows["date"], dayfirst=True).dt.normalize()
    rows[["EURUSD", "OIS_2Y"]] = rows[["EURUSD", "OIS_2Y"]].apply(pd.to_numeric, errors="coerce")
    rows = rows.dropna().drop_duplicates("date").sort_values("date")
    changes = rows.set_index("date")["EURUSD"]
    days = pd.bdate_range(changes.index[0] - pd.Timedelta(days=10), changes.index[-1] + pd.Timedelta(days=10))
    levels = 100 + changes.reindex(days.union(changes.index), fill_value=0.0).cumsum()
    pd.DataFrame({"date": levels.index.date, "close": levels.to_numpy()}).to_csv(tmp_path / "levels.csv", index=False)
    events = pd.DataFrame({"date": rows["date"].dt.date, "instrument": "EURUSD", "ois": rows["OIS_2Y"]})
    events.to_csv(tmp_path / "events.csv", index=False)
    (tmp_path / "study.toml").write_text(
        """
[events]
file = "events.csv"
timezone = "Europe/Berlin"
dates = "trading_day"
[data]
path = "levels.csv"
instrument = "EURUSD"
timezone = "Europe/Berlin"
closes_at = "18:00"
[window]
event = [0, 0]
[model]
name = "zero"
returns = "difference"
[inference]
tests = ["cross_sectional_t"]
[surprise]
column = "ois"
standardize = false
weights = "equal"
""",
        encoding="utf-8",
    )
    assert app.run(["run", str(tmp_path / "study.toml"), "--out", str(tmp_path / "result"), "--quiet"]) == 0
    (path,) = json.loads((tmp_path / "result" / "result.json").read_text("utf-8"))["surprise"]["paths"]
    assert path["n"] == [247]
    assert (round(path["slope"][0], 5), round(path["se"][0], 5), round(path["r2"][0], 4)) == (0.04424, 0.00608, 0.1918)


def test_the_path_is_that_of_local_projections_of_statsmodels() -> None:
    """An event every day: the slope at h less that at h - 1 is the local projection of the return h days later."""
    rng, n, start = np.random.default_rng(5), 80, 120
    frame = pd.DataFrame({"FX": rng.normal(0, 0.01, start + n + 10)}, daily_frame(start + n + 10, 1).index)
    s = rng.normal(0, 1, n)
    frame.iloc[start : start + n, 0] += 0.02 * s
    events = listed(frame, [("FX", start + i) for i in range(n)], s=s)
    settings = {"column": "s", "standardize": False, "weights": "equal"}
    given = {"model": "zero", "estimation": None, "tests": ["cross_sectional_t"], "overlaps": "keep"}
    slope = study(frame, events, surprise=settings, **given).to_frame("surprise").set_index("tau")["slope"]
    shocks = np.concatenate([s, np.zeros(5)])
    for h in (0, 1, 2):
        data = np.column_stack([shocks, frame["FX"].to_numpy()[start : start + n + 5]])[: n + h]
        projected = LocalProjections(data, shock_idx=0, lags=0, horizons=h).fit().irfs[h, 1]
        assert slope[h] - (slope[h - 1] if h else 0.0) == pytest.approx(np.ravel(projected)[0], rel=1e-9)


def test_slopes_with_controls_signs_and_clusters_are_those_of_statsmodels() -> None:
    rng, n = np.random.default_rng(2), 80
    x, control, w = rng.normal(0, 1, n), rng.normal(0, 1, n), rng.uniform(0.5, 2, n)
    y, clusters = 0.3 * x - 0.2 * np.minimum(x, 0) + control + rng.normal(0, 1, n), np.repeat(np.arange(20), 4)
    Z = np.column_stack([np.ones(n), control])
    X = np.column_stack([Z, np.maximum(x, 0), np.minimum(x, 0)])
    kinds = (({"cov_type": "HC1"}, None), ({"cov_type": "cluster", "cov_kwds": {"groups": clusters}}, clusters))
    for kind, given in kinds:
        fit = sm.WLS(y, X, weights=w).fit(use_t=True, **kind)
        found = slopes(y, np.stack([np.maximum(x, 0), np.minimum(x, 0)])[:, None], SlopeDesign(Z, w, given))
        assert found.slope[:, 0] == pytest.approx(fit.params[2:], rel=1e-10)
        assert found.se[:, 0] == pytest.approx(fit.bse[2:], rel=1e-10)
        assert found.r2[0] == pytest.approx(fit.rsquared, rel=1e-10)
        assert found.df == (n - 4 if given is None else 19)


def test_the_path_before_the_event_adds_up_backwards_and_after_it_forwards() -> None:
    ar = np.arange(1.0, 6.0)
    assert path_of_cars(ar, np.arange(-2, 3)).tolist() == [3.0, 2.0, 3.0, 7.0, 12.0]


def test_path_p_values_by_hand() -> None:
    """Four draws: the maxima over both points are 3, 1, 2, 5; the observed maximum is 3."""
    draws = np.array([[3.0, 1.0], [0.5, 1.0], [2.0, -2.0], [1.0, 5.0]])
    found = path_test(PathDraws(np.array([2.0, -3.0]), draws), 0.6, np.ones(2, np.bool_))
    assert found.pvalue.tolist() == [3 / 5, 2 / 5]
    assert found.path_pvalue == 3 / 5  # 3 and 5 reach 3: (1 + 2) / 5
    assert found.critical == 3.0  # the second largest of four: floor(0.4 * 5) = 2


def test_bands_and_p_values_of_the_path_hold_their_size_without_an_effect() -> None:
    """60 studies without an effect: at 5 % each of the two tests of the path rejects 0 to 8 of them."""
    rejected = np.zeros(2)
    outside = 0
    for seed in range(60):
        result, *_ = surprise_study(24, 0.0, seed=seed, surprise={"column": "surprise", "draws": 199})
        (row,) = result.to_frame("surprise_tests").to_dict("records")
        rejected += np.array([row["path_pvalue"], row["path_placebo_pvalue"]]) <= 0.05
        after = result.to_frame("surprise").query("tau >= 0")
        out = (after["joint_low"] > 0) | (after["joint_high"] < 0)
        assert out.any() == (row["path_pvalue"] <= 0.05)
        outside += out.any()
    assert (rejected <= 8).all()  # P(more than 8 of 60 | 5 %) = 0.3 %
    assert rejected.sum() >= 1


def test_an_effect_is_found_by_every_band_and_said_in_bp() -> None:
    result, _, surprise, _ = surprise_study(60, surprise={"column": "surprise"})
    row = result.to_frame("surprise").set_index("tau").loc[1]
    assert row["slope"] == pytest.approx(0.015 * np.std(surprise, ddof=1), rel=0.2)
    (tests,) = result.to_frame("surprise_tests").to_dict("records")
    assert tests["path_pvalue"] == 1 / 1000
    assert tests["path_placebo_pvalue"] <= 0.05
    assert row["permutation_pvalue"] == 1 / 1000
    assert abs(row["slope"]) > row["placebo_joint_band"] > row["placebo_band"]
    bp = f"{row['slope'] * 1e4:+,.1f}"
    said = [" ".join(sentence.split()) for sentence in surprise_sentences(result.to_dict())]
    assert said[0].startswith(
        f"A surprise of one standard deviation moved prices by {bp} bp over days 0 to +1 (95% int"
    )
    assert "60 events" in said[0]
    assert result.to_dict()["surprise"]["paths"][0]["slope"][3] == row["slope"]


def test_positive_and_negative_surprises_have_their_slopes() -> None:
    frame, pairs = market_of(80)
    s = np.random.default_rng(1).normal(0, 1, 80)
    for (code, row), x in zip(pairs, s, strict=True):
        frame.loc[frame.index[row], code] += 0.03 * min(x, 0)
    result = study(frame, listed(frame, pairs, s=s), surprise={"column": "s", "signs": True}, windows=[(0, 0)])
    slopes_at = result.to_frame("surprise").query("tau == 0").set_index("sign")["slope"]
    assert abs(slopes_at["positive"]) < 0.012
    assert slopes_at["negative"] == pytest.approx(0.03, abs=0.012)
    text = " ".join(surprise_sentences(result.to_dict()))
    assert f"A negative surprise of one standard deviation moved prices by {-slopes_at['negative'] * 1e4:+,.1f}" in text


def test_events_on_several_instruments_have_a_regression_for_each_and_the_same_scale() -> None:
    frame = daily_frame(700, 3, seed=2)
    frame.columns = ["EURUSD", "GBPUSD", "USDJPY"]
    rows = np.arange(150, 690, 12)
    actual, expected = np.random.default_rng(4).normal(5, 1, (2, len(rows)))
    for code, slope in (("EURUSD", 0.01), ("USDJPY", -0.02)):
        frame.loc[frame.index[rows], code] += slope * (actual - expected)
    pairs = [(code, int(row)) for row in rows for code in frame.columns]
    events = listed(frame, pairs, actual=np.repeat(actual, 3), expected=np.repeat(expected, 3))
    result = study(frame, events, surprise={"actual": "actual", "expected": "expected"}, windows=[(0, 0)])
    tests = result.to_frame("surprise_tests").set_index("instrument")
    assert tests["sd"].tolist() == pytest.approx([np.std(actual - expected, ddof=1)] * 3)
    assert set(tests["events"]) == {len(rows)}
    slopes_at = result.to_frame("surprise").query("tau == 0").set_index("instrument")["slope"] / tests["sd"]
    assert slopes_at["EURUSD"] == pytest.approx(0.01, abs=0.004)
    assert slopes_at["USDJPY"] == pytest.approx(-0.02, abs=0.004)
    assert slopes_at["GBPUSD"] == pytest.approx(0, abs=0.004)
    assert "moved EURUSD by +" in " ".join(surprise_sentences(result.to_dict()))
    pooled = study(
        frame, events, surprise={"actual": "actual", "expected": "expected", "instruments": "pooled"}, windows=[(0, 0)]
    )
    assert pooled.reactions.surprise is not None
    assert pooled.reactions.surprise.covariance == "cluster"
    assert pooled.to_frame("surprise")["n"].max() == 3 * len(rows)


def test_minutes_are_weighted_by_the_volatility_of_their_time_of_day_on_placebo_days() -> None:
    """An event every fifth day, in turn at a calm and at a wild time of day: least squares weighted by hand."""
    rng, days, bars = np.random.default_rng(6), 160, 30
    sigma = np.where(np.arange(bars) < 15, 0.0005, 0.004)
    values = {day: rng.normal(0, sigma) for day in range(days)}
    events, surprise = [], rng.normal(0, 1, 24)
    for i, s in enumerate(surprise):
        day, bar = 35 + 5 * i, 7 if i % 2 else 22
        values[day][bar] += 0.001 * s
        minute = 600 + 10 * bar - 5
        at = pd.Timestamp(day, unit="D", tz="UTC") + pd.Timedelta(minutes=minute)
        events.append({"id": f"e{i}", "instrument": "FX", "time": at, "s": s})
    series = intraday("FX", {day: list(row) for day, row in values.items()})
    spec = es.StudySpec(
        model="zero", event=(0, 1), windows=[(0, 0)], surprise={"column": "s", "standardize": False}, response="off"
    )
    result = es.run_study(spec, pd.DataFrame(events), [series])
    row = result.to_frame("surprise").set_index("tau").loc[0]
    y, weights = [], []
    for i in range(24):
        day, bar = 35 + 5 * i, 7 if i % 2 else 22
        y.append(values[day][bar])
        others = [values[d][bar] for d in range(day - 1, -1, -1) if d not in range(35, 155, 5)]
        weights.append(others)
    R = sorted(map(len, weights))[2]
    w = [1 / np.var(others[:R], ddof=1) for others in weights]
    fit = sm.WLS(np.array(y), sm.add_constant(surprise), weights=np.array(w)).fit(cov_type="HC1", use_t=True)
    assert (row["slope"], row["se"]) == pytest.approx((fit.params[1], fit.bse[1]), rel=1e-9)
    assert result.reactions.surprise is not None
    assert result.reactions.surprise.weights == "volatility"
    assert result.to_frame("surprise_tests")["placebo_days"].item() == R


@pytest.mark.parametrize("column", ["constant", "few"])
def test_what_has_no_slope_says_so_and_the_rest_is_answered(column: str) -> None:
    frame, pairs = market_of(12)
    few = [1.0, 2.0, *[None] * 10]
    events = listed(frame, pairs, constant=3.0, few=few)
    result = study(frame, events, surprise={"column": column})
    (row,) = result.to_frame("surprise_tests").to_dict("records")
    assert row["reason"]
    assert np.isnan(result.to_frame("surprise")["slope"]).all()
    messages = [n.message for n in result.notices if n.code == "ES-SURPRISE"]
    assert any(row["reason"] in message for message in messages)
    assert result.significances.findings
    assert "No slope on the surprise" in result.summary()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"column": "suprise"}, r"\[surprise\] column: the events have no column 'suprise'. Did you mean 'surprise'"),
        ({"column": "news"}, r"\[surprise\] column: column 'news' holds 'good', which is not a number"),
        ({"column": "surprise", "controls": ["siz"]}, r"\[surprise\] controls: the events have no column 'siz'"),
    ],
)
def test_a_wrong_column_is_refused(settings: dict[str, object], message: str) -> None:
    frame, pairs = market_of(12)
    with pytest.raises(UsageError, match=message):
        study(frame, listed(frame, pairs, surprise=1.0, news="good"), surprise=settings)


@pytest.mark.parametrize("text", ["", "column = 'a'\nactual = 'b'\nexpected = 'c'", "actual = 'b'"])
def test_a_surprise_without_a_clear_definition_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"study\.toml:1:1: surprise: write either column = \"surprise\", or actual"):
        parse_spec(f"[surprise]\n{text}\n", "study.toml", es.StudySpec)


def test_the_files_of_a_result_have_the_surprise(tmp_path: Path) -> None:
    result, *_ = surprise_study(30)
    result.save(tmp_path / "out", also=["tables.xlsx", "report.md"])
    assert "Response to the surprise" in (tmp_path / "out" / "report.html").read_text("utf-8")
    with pd.ExcelFile(tmp_path / "out" / "tables.xlsx", engine="calamine") as book:
        assert {"surprise", "surprise_tests"} <= set(book.sheet_names)
    spec = result.spec
    (tmp_path / "study.toml").write_text(spec.to_toml(), encoding="utf-8")
    assert es.StudySpec.from_toml(tmp_path / "study.toml") == spec


def test_a_sign_without_surprises_and_a_sign_with_one_are_named_and_the_other_is_answered() -> None:
    """With positive surprises only, their slopes are those of all; one negative event has no slope of its own."""
    frame, pairs = market_of(30)
    x = np.random.default_rng(4).uniform(0.1, 2, 30)
    events = listed(frame, pairs, x=x, y=[-1.0, *x[1:]])
    given = {"standardize": False, "weights": "equal"}
    both = study(frame, events, surprise={"column": "x", **given}).to_frame("surprise")
    result = study(frame, events, surprise={"column": "x", "signs": True, **given})
    positive, negative = result.reactions.surprise.paths
    assert (positive.sign, negative.sign, negative.reason) == ("positive", "negative", "no surprise is negative")
    for name in ("slope", "se", "pvalue", "r2", "joint_low"):
        assert getattr(positive, name).tolist() == pytest.approx(both[name].tolist(), rel=1e-12)
    said = surprise_sentences(result.to_dict())
    assert said[-1] == "No slope on the negative surprise: no surprise is negative."
    result = study(frame, events, surprise={"column": "y", "signs": True, **given})
    positive, negative = result.reactions.surprise.paths
    assert negative.reason == "one event alone determines it"
    assert np.isfinite(positive.se).all()
    messages = [n.message for n in result.notices if n.code == "ES-SURPRISE"]
    assert messages == ["no slope on the negative surprise: one event alone determines it."]


def test_a_label_without_an_instrument_is_not_what_moved() -> None:
    frame, pairs = market_of(30)
    x = np.random.default_rng(4).normal(0, 1, 30)
    events = listed(frame, pairs, x=x, release=["CPI", "jobs"] * 15)
    result = study(frame, events, surprise={"column": "x", "by": "release"})
    assert surprise_sentences(result.to_dict())[0].startswith(
        "A surprise of one standard deviation moved prices on CPI by "
    )
