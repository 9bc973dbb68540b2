"""Groups of events: each as if it were studied alone, differences as scipy and statsmodels compute them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.oneway import anova_oneway

import eventstudy as es
from eventstudy.errors import SpecError, UsageError
from eventstudy.reactions.attributes import quantiles
from eventstudy.reactions.groups import correlated, weighted_means
from eventstudy.report.group_tables import group_sentences
from eventstudy.study.spec_toml import parse_spec
from tests.reactions.made import listed, market_of, study
from tests.study.made import daily_frame

NEWS = ("good", "none", "bad")


def news_study(**settings: object) -> tuple[es.StudyResult, pd.DataFrame, pd.DataFrame, list[tuple[str, int]]]:
    """MacKinlay's (1997) layout: good, no and bad news with planted moves of +2 %, 0 and -2 %."""
    frame, pairs = market_of(45)
    news = [NEWS[i % 3] for i in range(45)]
    for (code, row), kind in zip(pairs, news, strict=True):
        frame.loc[frame.index[row], code] += {"good": 0.02, "none": 0.0, "bad": -0.02}[kind]
    events = listed(frame, pairs, news=news)
    return study(frame, events, groups={"by": ["news"]}, **settings), frame, events, pairs


def test_means_of_good_no_and_bad_news_are_those_taken_by_hand() -> None:
    result, frame, events, pairs = news_study(model="zero", estimation=None)
    table = result.to_frame("groups").set_index(["start", "stop", "group"])
    for kind in NEWS:
        rows = [(code, row) for (code, row), of in zip(pairs, events["news"], strict=True) if of == kind]
        by_hand = [frame[code].iloc[row] for code, row in rows]
        assert table.loc[(0, 0, kind), "mean"] == pytest.approx(np.mean(by_hand), abs=1e-15)
        wide = [frame[code].iloc[row - 1 : row + 2].sum() for code, row in rows]
        assert table.loc[(-1, 1, kind), "mean"] == pytest.approx(np.mean(wide), abs=1e-15)
        path = result.to_frame("group_paths").query("group == @kind")
        assert path["aar"].tolist() == pytest.approx(
            [np.mean([frame[code].iloc[row + tau] for code, row in rows]) for tau in range(-2, 3)], abs=1e-15
        )
        assert path["caar"].iloc[-1] == pytest.approx(path["aar"].sum(), abs=1e-15)
    assert (table["n"] == 15).all()
    assert (table["dates"] == 15).all()


@pytest.mark.parametrize(
    "settings", [{}, {"measure": "bhar", "returns": "simple"}, {"model": "zero", "estimation": None}]
)
def test_each_group_is_what_a_study_of_its_events_alone_gives(settings: dict[str, object]) -> None:
    result, frame, events, _ = news_study(**settings)
    rows = result.to_frame("groups")
    for kind in NEWS:
        alone = study(frame, events[events["news"] == kind], **settings)
        assert alone.primary is not None
        for _, row in rows[rows["group"] == kind].iterrows():
            (found,) = alone.findings(alone.primary.test, (row["start"], row["stop"]))
            assert row["test"] == alone.primary.test
            expected = [found.estimate[0], found.interval.low[0], found.interval.high[0], found.statistic[0]]
            obtained = [row[n] for n in ("mean", "low", "high", "statistic")]
            assert obtained == pytest.approx(expected, abs=1e-12, nan_ok=True)
            assert row["pvalue"] == pytest.approx(found.pvalue[0], abs=1e-12)


def test_groups_that_share_dates_are_what_their_events_alone_give() -> None:
    frame = daily_frame(400, 12, seed=8)
    pairs = [(code, row) for row in (150, 200, 201, 300) for code in frame.columns]
    sector = [("x", "y")[i % 2] for i in range(len(pairs))]
    events = listed(frame, pairs, sector=sector)
    result = study(frame, events, overlaps="keep", groups={"by": ["sector"]})
    rows = result.to_frame("groups")
    assert set(rows["test"]) == {"kp_bmp"}
    for name in ("x", "y"):
        alone = study(frame, events[events["sector"] == name], overlaps="keep")
        for _, row in rows[rows["group"] == name].iterrows():
            (found,) = alone.findings("kp_bmp", (row["start"], row["stop"]))
            assert row["pvalue"] == pytest.approx(found.pvalue[0], abs=1e-12)
            assert row["low"] == pytest.approx(found.interval.low[0], abs=1e-12)


def test_two_groups_on_separate_dates_differ_as_in_welchs_t_test() -> None:
    result, *_ = news_study()
    frame = result.to_frame("car").merge(result.to_frame("events")[["event", "news"]], on="event")
    frame = frame[frame["news"] != "none"]
    keep = [str(e) for e in frame["event"].unique()]
    _, prices, events, _ = news_study()
    two = study(prices, events[events["id"].isin(keep)], overlaps="keep", groups={"by": ["news"]})
    for _, row in two.to_frame("group_comparisons").iterrows():
        cars = two.to_frame("car").query("start == @row.start and stop == @row.stop")
        cars = cars.merge(events.rename(columns={"id": "event"})[["event", "news"]], on="event")
        good, bad = (cars.loc[cars["news"] == kind, "car"] for kind in ("good", "bad"))
        expected = scipy.stats.ttest_ind(good, bad, equal_var=False)
        assert row["contrast"] == "difference"
        assert row["groups"] == "good - bad"
        assert row["estimate"] == pytest.approx(good.mean() - bad.mean(), abs=1e-15)
        assert (row["statistic"], row["df"], row["pvalue"]) == pytest.approx(
            (expected.statistic, expected.df, expected.pvalue), rel=1e-12
        )
        interval = expected.confidence_interval(0.95)
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_several_groups_on_separate_dates_differ_as_in_welchs_analysis_of_variance() -> None:
    result, *_ = news_study()
    joint = result.to_frame("group_comparisons").query("contrast == 'equal means'")
    cars = result.to_frame("car").merge(result.to_frame("events")[["event", "news"]], on="event")
    for _, row in joint.iterrows():
        one = cars.query("start == @row.start and stop == @row.stop")
        samples = [one.loc[one["news"] == kind, "car"].to_numpy() for kind in sorted(NEWS)]
        expected = anova_oneway(samples, use_var="unequal", welch_correction=True)
        assert (row["statistic"], row["pvalue"]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-10)
        assert (row["df"], row["df2"]) == pytest.approx(expected.df, rel=1e-10)


def test_without_an_estimation_window_shared_dates_are_clustered_as_in_statsmodels() -> None:
    frame = daily_frame(400, 20, seed=4).add(np.random.default_rng(1).normal(0, 0.01, 400), axis=0)
    pairs = [(code, row) for row in range(100, 380, 20) for code in frame.columns]
    side = [int(code[1:]) % 3 == 0 for code, _ in pairs]
    events = listed(frame, pairs, side=np.where(side, "a", "b"))
    result = study(frame, events, model="zero", estimation=None, groups={"by": ["side"]}, windows=[(0, 0)])
    row = result.to_frame("group_comparisons").iloc[0]
    cars = result.to_frame("car")["car"].to_numpy()
    dates = np.array([r for _, r in pairs])
    design = np.column_stack([np.array(side), ~np.array(side)]).astype(float)
    groups = {"groups": dates, "use_correction": False}
    fit = sm.OLS(cars, design).fit(cov_type="cluster", cov_kwds=groups)
    D = len(set(dates))
    assert row["se"] == pytest.approx(float(fit.t_test([-1, 1]).sd[0, 0]) * np.sqrt(D / (D - 1)), rel=1e-10)
    assert row["df"] == pytest.approx(row["df"])
    assert D - 1 <= row["df"] <= 2 * (D - 1)


def test_correlated_groups_have_the_variance_of_a_sum_written_out() -> None:
    """The formula against the sum over all pairs of ``w_i w_j sigma^2 r_ij``."""
    x, group = np.array([1.0, 3.0, 2.0, 7.0, 5.0]), np.array([0, 0, 0, 1, 1])
    alone = weighted_means(x, group, np.ones(5), 2)
    r = np.array([[0.2, 0.1], [0.1, 0.3]])
    found = correlated(alone, r)
    variance = [x[group == g].var(ddof=1) / (1 - r[g, g]) for g in (0, 1)]
    for g, h in ((0, 0), (0, 1), (1, 1)):
        members = [(i, j) for i in np.flatnonzero(group == g) for j in np.flatnonzero(group == h)]
        total = sum((1.0 if i == j else r[g, h]) for i, j in members) * np.sqrt(variance[g] * variance[h])
        assert found.covariance[g, h] == pytest.approx(total / ((group == g).sum() * (group == h).sum()), rel=1e-12)


def test_a_common_shock_does_not_make_two_groups_differ() -> None:
    """Both groups have the same hidden factor on the same dates: the difference is free of it, and its size is 5 %."""
    rejected, naive, studies = 0, 0, 60
    for seed in range(studies):
        rng = np.random.default_rng(seed)
        frame = daily_frame(240, 20, seed=seed).add(rng.normal(0, 0.01, 240), axis=0)
        pairs = [(code, row) for row in (130, 170, 210) for code in frame.columns]
        side = np.where(np.arange(len(pairs)) % 2, "a", "b")
        result = study(frame, listed(frame, pairs, side=side), groups={"by": ["side"]}, windows=[(0, 0)])
        p = result.to_frame("group_comparisons")["pvalue"].iloc[0]
        rejected += p <= 0.05
        means = result.to_frame("groups")
        naive += (means["pvalue"] <= 0.05).any()
        assert (means["test"] == "kp_bmp").all()
    assert rejected <= 8  # P(more than 8 of 60 | 5 %) = 0.3 %


def test_weights_and_one_vote_for_each_firm_by_hand() -> None:
    frame, pairs = market_of(12, instruments=4)
    cap = np.arange(1.0, 13.0)
    events = listed(frame, pairs, cap=cap, side=["a", "b", "b"] * 4)
    raw = np.array([frame[code].iloc[row] for code, row in pairs])
    zero = {"model": "zero", "estimation": None, "windows": [(0, 0)]}
    weighted = study(frame, events, groups={"by": ["side"], "weights": "cap"}, **zero).to_frame("groups")
    side = np.array(["a", "b", "b"] * 4)
    assert weighted["mean"].tolist() == pytest.approx(
        [np.average(raw[side == s], weights=cap[side == s]) for s in ("a", "b")], abs=1e-15
    )
    assert set(weighted["test"]) == {"weighted_t"}
    votes = study(frame, events, groups={"by": ["side"], "weights": "instrument"}, **zero).to_frame("groups")
    codes = np.array([code for code, _ in pairs])
    expected = [
        np.mean([raw[(side == s) & (codes == code)].mean() for code in np.unique(codes[side == s])]) for s in ("a", "b")
    ]
    assert votes["mean"].tolist() == pytest.approx(expected, abs=1e-15)


def test_equal_weights_in_a_column_give_the_t_of_the_cross_section() -> None:
    frame, pairs = market_of(12)
    events = listed(frame, pairs, cap=7.0, side=["a", "b"] * 6)
    found = study(frame, events, groups={"by": ["side"], "weights": "cap"}, windows=[(0, 0)])
    cars = found.to_frame("car")["car"].to_numpy()
    for g, row in enumerate(found.to_frame("groups").itertuples()):
        expected = scipy.stats.ttest_1samp(cars[g::2], 0.0)
        assert (row.statistic, row.pvalue, row.df) == pytest.approx((expected.statistic, expected.pvalue, 5.0))


def test_the_trend_over_quantiles_is_the_slope_of_a_line_through_their_means() -> None:
    frame, pairs = market_of(60)
    size = np.random.default_rng(3).normal(0, 1, 60)
    for (code, row), s in zip(pairs, size, strict=True):
        frame.loc[frame.index[row], code] += 0.06 * s
    result = study(frame, listed(frame, pairs, size=size), groups={"quantiles": {"size": 5}}, windows=[(0, 0)])
    means = result.to_frame("groups")
    assert means["n"].tolist() == [12] * 5
    trend = result.to_frame("group_comparisons").set_index("contrast").loc["trend"]
    assert trend["estimate"] == pytest.approx(np.polyfit(np.arange(5), means["mean"], 1)[0], rel=1e-10)
    assert trend["pvalue"] < 0.001
    assert trend["monotonic"]
    text = " ".join(group_sentences(result.to_dict()))
    assert "The trend per quantile (monotonic) is +" in text
    assert "The difference between quantiles 5 and 1 is +" in text


def test_quantiles_are_those_of_pandas_and_never_part_equal_values() -> None:
    values = np.round(np.random.default_rng(0).normal(0, 1, 200), 1)
    expected = pd.qcut(values, 4, labels=False)
    assert quantiles(values, 4).place.tolist() == expected.tolist()
    tied = quantiles(np.array([0.0] * 8 + [1.0, 2.0]), 5)
    assert tied.names == ("1", "2")
    assert tied.place.tolist() == [0] * 8 + [1, 1]


def test_ties_empty_entries_and_a_group_of_one_are_named_and_the_others_answered() -> None:
    frame, pairs = market_of(20)
    kind = ["alone", *["x"] * 9, *["y"] * 8, None, None]
    events = listed(frame, pairs, kind=kind, tied=[0.0] * 18 + [1.0, 2.0])
    result = study(frame, events, groups={"by": ["kind"], "quantiles": {"tied": 5}})
    messages = [n.message for n in result.notices if n.code == "ES-GROUPS"]
    assert messages == [
        "2 observations without a group: kind is empty.",
        "one group of kind with one event (alone): not tested, and not compared with others.",
        "5 quantiles of tied were asked for; equal values leave 2 groups.",
    ]
    rows = result.to_frame("groups").query("by == 'kind' and start == 0").set_index("group")
    assert rows.loc["alone", "reason"].startswith("the group has one event")
    assert np.isnan(rows.loc["alone", "pvalue"])
    assert rows.loc[["x", "y"], "pvalue"].notna().all()
    compared = result.to_frame("group_comparisons").query("by == 'kind'")
    assert compared["groups"].tolist() == ["y - x", "y - x"]


def test_a_column_with_one_value_has_nothing_to_compare() -> None:
    frame, pairs = market_of(12)
    result = study(frame, listed(frame, pairs, kind="same"), groups={"by": ["kind"]})
    assert "All observations have one value of kind; there is nothing to compare." in [
        n.message for n in result.notices
    ]
    assert not len(result.to_frame("group_comparisons"))
    assert result.to_frame("groups")["n"].tolist() == [12, 12]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"by": ["sectr"]}, r"\[groups\] by: the events have no column 'sectr'. Did you mean 'sector'\? Columns are"),
        ({"by": ["size"]}, r"\[groups\] by: column 'size' has 60 different values; at most 50 can be groups."),
        ({"quantiles": {"sector": 3}}, r"\[groups\] quantiles: column 'sector' holds 'x', which is not a number."),
        ({"by": ["sector"], "weights": "size"}, r"\[groups\] weights: 'size' of event e"),
    ],
)
def test_a_wrong_column_is_refused_with_what_is_there(groups: dict[str, object], message: str) -> None:
    frame, pairs = market_of(60)
    events = listed(frame, pairs, sector=["x", "y"] * 30, size=np.random.default_rng(0).normal(0, 1, 60))
    with pytest.raises(UsageError, match=message):
        study(frame, events, groups=groups)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[groups]\n", "nothing says which groups"),
        ("[groups]\nby = ['x']\nweigths = 'y'\n", "Did you mean 'weights'?"),
        ("[groups]\nquantiles = { x = 1 }\n", "must be at least 2"),
        ("[groups]\nby = 'x'\n", "write a list in brackets"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"study\.toml:\d+:\d+: groups") as refused:
        parse_spec(text, "study.toml", es.StudySpec)
    assert message in str(refused.value)


def test_groups_by_session_year_and_two_columns(tmp_path: Path) -> None:
    frame, pairs = market_of(30)
    events = listed(frame, pairs, sector=["x", "y", "z"] * 10, sign=[1, -1] * 15)
    result = study(frame, events, groups={"by": ["sector", "sign"]})
    assert result.to_frame("groups")["group"].tolist()[:6] == ["x, -1", "x, 1", "y, -1", "y, 1", "z, -1", "z, 1"]
    by_year = study(frame, events, groups={"by": ["year"]})
    years = events["time"].dt.year
    assert by_year.to_frame("groups").query("start == 0")["n"].tolist() == years.value_counts().sort_index().tolist()
    spec = result.spec
    (tmp_path / "study.toml").write_text(spec.to_toml(), encoding="utf-8")
    assert es.StudySpec.from_toml(tmp_path / "study.toml") == spec


def test_the_result_and_its_files_have_groups_only_if_asked_for(tmp_path: Path) -> None:
    result, frame, events, _ = news_study()
    document = result.to_dict()
    assert [m["group"]["news"] for m in document["groups"][0]["means"]][:3] == ["bad", "good", "none"]
    without = study(frame, events)
    assert "groups" not in without.to_dict()
    assert not len(without.to_frame("groups"))
    result.save(tmp_path / "with", also=["report.md", "tables.xlsx", "tables.tex"])
    without.save(tmp_path / "without")
    assert "Groups of events" in (tmp_path / "with" / "report.html").read_text("utf-8")
    assert "Means by news" in (tmp_path / "with" / "tables.tex").read_text("utf-8")
    with pd.ExcelFile(tmp_path / "with" / "tables.xlsx", engine="calamine") as book:
        assert {"groups", "group_comparisons"} <= set(book.sheet_names)
    assert "Groups of events" not in (tmp_path / "without" / "report.html").read_text("utf-8")
    assert "By news, the mean CAR on the event day was bad -" in result.summary()


def test_observations_without_a_weight_and_too_many_quantiles_are_named() -> None:
    frame, pairs = market_of(8)
    events = listed(frame, pairs, kind=["x", "y"] * 4, cap=[None, 0, 1, 2, 1, 2, 1, 2], size=range(8))
    groups = {"by": ["kind"], "quantiles": {"size": 20}, "weights": "cap"}
    result = study(frame, events, groups=groups)
    messages = [n.message for n in result.notices if n.code == "ES-GROUPS"]
    left_out = "2 observations left out of the groups of {}: the weight cap is empty, zero or not finite."
    assert messages[0] == left_out.format("kind")
    assert left_out.format("size") in messages
    assert "20 quantiles of size were asked for; 8 observations make 8 groups." in messages
    assert result.to_dict()["groups"][0]["without_weight"] == 2


def test_a_variable_that_is_not_a_return_is_not_given_in_basis_points() -> None:
    """Changes of a series of plain numbers: 5 units on the event, in two groups of opposite sign."""
    frame, pairs = market_of(16)
    frame = 1000 * frame
    for i, (code, row) in enumerate(pairs):
        frame.loc[frame.index[row], code] = 5.0 if i % 2 else -5.0
    events = listed(frame, pairs, kind=["down", "up"] * 8, x=[-1.0, 1.0] * 8)
    asked = {"groups": {"by": ["kind"]}, "surprise": {"column": "x"}, "regressions": [{"formula": "car ~ x"}]}
    result = study(frame, events, returns="difference", specifications={"draws": 19}, **asked)
    up = result.to_frame("groups").query("group == 'up' and start == 0")["mean"].iloc[0]
    assert up == pytest.approx(5, abs=0.5)
    text = " ".join(result.summary(verbose=True).split())
    assert "By kind, the mean abnormal change on the event day was down -" in text
    assert f"up {up:+.3f} (8 events)" in text
    assert " bp" not in text
