"""Regressions of CARs: coefficients of statsmodels, calibration of published programs, and size by simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import eventstudy as es
from eventstudy.errors import SpecError, UsageError
from eventstudy.reactions.formulas import matrix_of, names_in
from eventstudy.reactions.leverage import determined_alone
from eventstudy.reactions.regression import Observations, calibrated, gls_coefficients, placebo_coefficients, whitening
from eventstudy.report.regression_tables import regression_sentences
from eventstudy.study.spec_toml import parse_spec
from tests.reactions.made import listed, market_of, study
from tests.shared import SHARED
from tests.study.made import daily_frame

ORACLE = SHARED / "oracles" / "csestudy" / "sample.parquet"
needs_oracle = pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracles/csestudy (SIMULATED sample)")


def regressed(*regressions: dict[str, object], n: int = 60, **settings: object) -> tuple[es.StudyResult, pd.DataFrame]:
    """Events on separate dates whose return rises by 1 % per unit of ``x``, with a sector and a size."""
    frame, pairs = market_of(n)
    rng = np.random.default_rng(7)
    x, size = rng.normal(0, 1, n), rng.lognormal(3, 1, n)
    for (code, row), move in zip(pairs, 0.01 * x, strict=True):
        frame.loc[frame.index[row], code] += move
    events = listed(frame, pairs, x=x, size=size, sector=["a", "b", "c"] * (n // 3), year_half=[0, 1] * (n // 2))
    return study(frame, events, regressions=list(regressions), **settings), events


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"covariance": "HC1"}, {"cov_type": "HC1"}),
        ({"covariance": "nonrobust"}, {"cov_type": "nonrobust"}),
        ({"covariance": "cluster", "cluster": ["instrument"]}, "instrument"),
        ({"covariance": "two-way", "cluster": ["date", "instrument"]}, "both"),
    ],
)
def test_coefficients_and_errors_are_those_of_statsmodels_on_the_exported_frame(
    settings: dict[str, object], kind: object
) -> None:
    formula = "car ~ x + C(sector) + log(size)"
    result, _ = regressed({"formula": formula, **settings}, n=90)
    data = result.to_frame("regression_data")
    assert {"event", "instrument", "date", "car", "car_0_0", "car_m1_1", "x", "sector", "size"} <= set(data.columns)
    groups = data[["date", "instrument"]].astype("category").apply(lambda c: c.cat.codes).to_numpy()
    how = kind if isinstance(kind, dict) else {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    if kind == "instrument":
        how = {"cov_type": "cluster", "cov_kwds": {"groups": groups[:, 1]}}
    fit = smf.ols("car ~ x + C(sector) + np.log(size)", data).fit(use_t=True, **how)
    found = result.to_frame("regressions")
    order = ["Intercept", "x", "C(sector)[T.b]", "C(sector)[T.c]", "log(size)"]
    assert sorted(found["name"]) == sorted(order)
    expected = fit.params.rename({"np.log(size)": "log(size)"})[found["name"]]
    errors = fit.bse.rename({"np.log(size)": "log(size)"})[found["name"]]
    p = fit.pvalues.rename({"np.log(size)": "log(size)"})[found["name"]]
    assert found["coef"].tolist() == pytest.approx(expected.tolist(), rel=1e-9)
    assert found["se"].tolist() == pytest.approx(errors.tolist(), rel=1e-9)
    assert found["pvalue"].tolist() == pytest.approx(p.tolist(), rel=1e-7)
    assert found["r2"].iloc[0] == pytest.approx(fit.rsquared)


@pytest.mark.reference
@needs_oracle
def test_the_sample_of_csestudy_gives_its_coefficients_and_p_values() -> None:
    """Firms with a price above 5 on each day; 284 of them on the event day, 200 quiet days before it."""
    given = pd.read_parquet(ORACLE)
    given["ret"] = given["ret"].where(given["prc"].abs() > 5)
    returns = given.pivot(index="day", columns="permno", values="ret")
    returns.columns = returns.columns.astype(str)
    days = pd.bdate_range("2008-01-01", periods=202)
    wide = returns.reindex(range(-201, 1)).set_axis(days)
    size = given[given["day"] == 0].set_index("permno")["lag_LNMV"]
    events = pd.DataFrame({"instrument": size.index.astype(str), "date": days[-1], "lag_LNMV": size.to_numpy()})
    spec = es.StudySpec(
        model="zero",
        event_dates="trading_day",
        tests=["cross_sectional_t"],
        regressions=[{"formula": "car ~ lag_LNMV"}],
    )
    result = es.run_study(spec, events, wide, closes_at="16:00 America/New_York")
    table = result.to_frame("regressions").set_index("name").loc[["lag_LNMV", "Intercept"]]
    assert table["n"].tolist() == [284, 284]
    assert table["placebo_days"].tolist() == [200, 200]
    assert table["coef"].tolist() == pytest.approx([0.0015922394478737414, -0.019274631105643605], rel=1e-9)
    # On quiet days the published p-values use firms without a return on the event day, too; a study does not have them.
    names, X = ("lag_LNMV", "Intercept"), np.column_stack([size, np.ones(len(size))])
    every = Observations(
        returns.loc[0].to_numpy(), X, names, names, np.empty((300, 0), np.int64), returns.loc[-200:-1].to_numpy()
    )
    found = calibrated(table["coef"].to_numpy(), placebo_coefficients(every))
    assert found.rank.tolist() == pytest.approx([0.05970149253731343, 0.25870646766169153], rel=1e-12)
    assert found.parametric.tolist() == pytest.approx([0.056199962498204144, 0.26060993858311726], rel=1e-9)
    assert table["placebo_pvalue"].tolist() == pytest.approx(found.rank.tolist(), abs=0.006)  # one day of 200 more
    assert table["placebo_t_pvalue"].tolist() == pytest.approx(found.parametric.tolist(), abs=0.006)
    # The published coefficients of its GLS with 100 components, on the 282 firms with a return every day.
    assert table["gls"].tolist() == pytest.approx([0.0018204128992898052, -0.01675526178588034], rel=1e-5)


def test_ranks_and_t_by_hand() -> None:
    """Placebo coefficients 1, 2, 3, 4 and a coefficient of 4: |c - 2.5| >= 1.5 for two of them."""
    found = calibrated(np.array([4.0]), np.array([[1.0], [2.0], [3.0], [4.0]]))
    assert found.rank.tolist() == [(1 + 2) / 5]
    sd = np.std([1, 2, 3, 4], ddof=1)
    assert found.mean.tolist() == [2.5]
    from scipy.stats import t

    assert found.parametric[0] == pytest.approx(2 * t.sf(1.5 / (sd * np.sqrt(1.25)), 3))


def test_gls_is_least_squares_on_whitened_data() -> None:
    rng = np.random.default_rng(0)
    days, X, y = rng.normal(0, 1, (60, 25)), np.column_stack([np.ones(25), rng.normal(0, 1, 25)]), rng.normal(0, 1, 25)
    centered = days - days.mean(axis=0)
    V = np.linalg.svd(centered, full_matrices=False)[2][:10].T
    scores = centered @ V
    omega = (V * scores.var(axis=0, ddof=1)) @ V.T + np.diag((centered - scores @ V.T).var(axis=0, ddof=1))
    L = np.linalg.cholesky(omega)
    expected = np.linalg.lstsq(np.linalg.solve(L, X), np.linalg.solve(L, y), rcond=None)[0]
    assert gls_coefficients(y[:, None], X, whitening(days, 10))[:, 0] == pytest.approx(expected, rel=1e-8)


def test_a_hidden_factor_that_loads_on_the_attribute_does_not_reject_against_placebo_days() -> None:
    """All events on one day: HC1 rejects most of the time, ranks and GLS against quiet days about 5 %."""
    rejected, studies = np.zeros(3), 40
    for seed in range(studies):
        rng = np.random.default_rng(seed)
        loading, hidden = rng.normal(0, 1, 40), rng.normal(0, 0.01, 121)
        frame = daily_frame(121, 40, seed=seed) + np.outer(hidden, loading)
        events = listed(frame, [(code, 120) for code in frame.columns], x=loading)
        given = {"model": "zero", "estimation": None, "event": (0, 0), "windows": [(0, 0)], "overlaps": "keep"}
        result = study(frame, events, regressions=[{"formula": "car ~ x"}], tests=["cross_sectional_t"], **given)
        row = result.to_frame("regressions").set_index("name").loc["x"]
        rejected += np.array([row["pvalue"], row["placebo_pvalue"], row["gls_pvalue"]]) <= 0.05
    assert rejected[0] >= 20
    assert (rejected[1:] <= 6).all()  # P(more than 6 of 40 | 5 %) = 0.3 %


def test_a_slope_is_found_said_and_tabled_with_errors_in_parentheses(tmp_path: Path) -> None:
    result, _ = regressed(
        {"formula": "car ~ x"}, {"formula": "car ~ x + C(sector)", "window": (-1, 1)}, windows=[(0, 0), (-1, 1)]
    )
    table = result.to_frame("regressions")
    assert table["regression"].tolist() == [1, 1, 2, 2, 2, 2]
    x = table.query("regression == 1 and name == 'x'").iloc[0]
    assert x["coef"] == pytest.approx(0.01, abs=0.004)
    assert x["placebo_pvalue"] <= 0.05
    text = " ".join(" ".join(regression_sentences(result.to_dict())).split())
    assert f"Regression 1, car ~ x, event day. x: {x['coef'] * 1e4:+,.1f} bp (95% interval +" in text
    assert "sector = c against a: " in text
    result.save(tmp_path / "out", also=["tables.tex", "tables.xlsx"])
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Regressions of the CAR" in page
    assert f"({x['se'] * 1e4:,.1f})" in page
    assert "Regressions of the CAR" in (tmp_path / "out" / "tables.tex").read_text("utf-8")
    (tmp_path / "study.toml").write_text(result.spec.to_toml(), encoding="utf-8")
    assert es.StudySpec.from_toml(tmp_path / "study.toml") == result.spec


def test_what_cannot_be_regressed_has_a_reason_and_the_rest_is_answered() -> None:
    frame, pairs = market_of(30)
    x = np.random.default_rng(0).normal(0, 1, 30)
    events = listed(frame, pairs, x=x, twice=2 * x, constant=1.0, few=[1.0, 2.0, 3.0, *[None] * 27], zero=0.0)
    formulas = ["car ~ x + twice", "car ~ constant", "car ~ few", "car ~ log(zero)", "car ~ x"]
    result = study(frame, events, regressions=[{"formula": f} for f in formulas], windows=[(0, 0)])
    reasons = [one.reason for one in result.reactions.regressions]
    assert reasons[0] == "twice is constant or a combination of the other columns"
    assert reasons[1] == "constant is constant or a combination of the other columns"
    assert "observations are complete; 4 or more are needed" in reasons[2]
    assert "0 observations are complete" in reasons[3]
    assert reasons[4] == ""
    messages = [n.message for n in result.notices if n.code == "ES-REGRESSION"]
    assert any("leaves out 27 observations in which a column is empty" in message for message in messages)
    assert set(result.to_frame("regressions")["name"]) == {"Intercept", "x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formula = 'y ~ x'", "is not a formula for the CAR"),
        ("formula = 'car ~ __import__(\"os\")'", "'__import__' is not a function of formulas"),
        ("formula = 'car ~ x.real'", "'.real' in 'car ~ x.real' is not allowed"),
        ("formula = 'car ~ [x]'", "is not allowed"),
        ("formula = 'car ~ I(9**9**9**9)'", "more than two powers"),
        ("formula = 'car ~ x'\ncovariance = 'two-way'\ncluster = ['date']", "found 1 column; this covariance takes 2"),
        (
            "formula = 'car ~ x'\ncovariance = 'two-way'\ncluster = ['x', 'x']",
            "found 1 column; this covariance takes 2",
        ),
        ("formula = 'car ~ `x'", "is not allowed"),
        ("formula = 'car ~ `a{b}`'", "is not allowed"),
        ("formula = 'car ~ x'\nwindow = [0, 7]", "is not reported; add it"),
    ],
)
def test_a_wrong_regression_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"study\.toml:\d+:\d+: regression") as refused:
        parse_spec(f"[window]\nevent = [0, 0]\n[[regression]]\n{text}\n", "study.toml", es.StudySpec)
    assert message in str(refused.value)


def test_a_formula_names_columns_of_the_events() -> None:
    with pytest.raises(UsageError, match=r"formula: the events have no column 'sise'. Did you mean 'size'"):
        regressed({"formula": "car ~ sise"})


def test_a_column_of_several_words_stands_in_backticks() -> None:
    """Its coefficient is that of the same numbers under a name of one word."""
    frame, pairs = market_of(30)
    x = np.random.default_rng(2).normal(0, 1, 30)
    events = listed(frame, pairs, **{"x": x, "P/E (t-1)": x, "Kurs größer": x})
    formulas = ["car ~ x", "car ~ `P/E (t-1)`", "car ~ `Kurs größer` + C(`P/E (t-1)`):`x`"]
    result = study(frame, events, regressions=[{"formula": f} for f in formulas[:2]])
    first, second = result.reactions.regressions
    assert second.terms[1].name == "P/E (t-1)"
    assert [t.coef for t in second.terms] == [t.coef for t in first.terms]
    with pytest.raises(UsageError, match="the events have no column 'P/F'"):
        regressed({"formula": "car ~ `P/F`"})
    assert names_in(formulas[2], "formula") == ("Kurs größer", "P/E (t-1)", "x")


@pytest.mark.parametrize("covariance", ["HC0", "HC1", "HC2", "HC3"])
def test_a_coefficient_that_one_observation_determines_has_no_robust_error(covariance: str) -> None:
    """An indicator of one event takes it out: the other coefficients are those without it, its own has no error."""
    frame, pairs = market_of(40)
    x = np.random.default_rng(3).normal(0, 1, 40)
    sector = ["alone", *["a", "b"] * 19, "b"]
    events = listed(frame, pairs, x=x, one=[1.0, *[0.0] * 39], sector=sector)
    given = [{"formula": f, "covariance": covariance} for f in ("car ~ x + one", "car ~ x + C(sector)")]
    result = study(frame, events, regressions=given)
    first, second = result.reactions.regressions
    data = result.to_frame("regression_data").iloc[1:]
    without = smf.ols("car ~ x", data).fit().params
    terms = {t.name: t for t in first.terms}
    assert [terms[n].coef for n in ("Intercept", "x")] == pytest.approx(without.tolist(), rel=1e-9)
    assert np.isfinite([terms[n].se for n in ("Intercept", "x")]).all()
    assert np.isnan([terms["one"].se, terms["one"].pvalue, terms["one"].low]).all()
    assert terms["one"].reason == "one observation alone determines it or what it is compared with"
    # a is the first category: its mean is the intercept, b is compared with it, and the single event rests on itself
    assert {t.name: bool(t.reason) for t in second.terms} == {
        "Intercept": False, "x": False, "C(sector)[T.alone]": True, "C(sector)[T.b]": False,
    }  # fmt: skip
    assert np.isfinite(terms["one"].placebo_pvalue)
    said = " ".join(regression_sentences(result.to_dict()))
    assert "bp (no standard error, one observation alone determines it or what it is compared with; p = " in said
    messages = [n.message for n in result.notices if n.code == "ES-REGRESSION"]
    assert f"regression 1 has no standard error of one: {terms['one'].reason}." in messages


def test_the_reference_category_of_one_event_leaves_no_contrast_with_an_error() -> None:
    X = np.column_stack([np.ones(7), [0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1], [0.0, 1, 2, 4, 1, 3, 2]])
    assert determined_alone(X).tolist() == [True, True, True, False]
    pair = np.array([0, 0, 1, 1, 2, 2, 3])
    assert determined_alone(X, [pair]).tolist() == [True, True, True, False]
    Z = np.column_stack([np.ones(7), [1, 1, 0, 0, 0, 0, 0], [0.0, 3, 2, 4, 1, 3, 2]])
    assert determined_alone(Z).tolist() == [False, False, False]
    assert determined_alone(Z, [pair]).tolist() == [False, True, False]  # two events of one cluster share the indicator


def test_few_clusters_and_texts_taken_for_categories_are_named() -> None:
    frame, pairs = market_of(40)
    x = np.random.default_rng(3).normal(0, 1, 40)
    texts = [f"{i},5" for i in range(40)]
    events = listed(frame, pairs, x=x, half=[0, 1] * 20, text=texts, some=[*x[:-1], "inf"])
    given = [
        {"formula": "car ~ x", "covariance": "cluster", "cluster": ["half"]},
        {"formula": "car ~ text"},
        {"formula": "car ~ some"},
    ]
    result = study(frame, events, regressions=given)
    messages = [n.message for n in result.notices if n.code == "ES-REGRESSION"]
    assert messages[0] == "regression 1 clusters its errors in few clusters (half has 2), which makes them too small."
    assert messages[1].endswith("(text is text such as '0,5' and enters as 40 categories).")
    assert messages[2] == "regression 3 leaves out 1 observation in which a column is empty or not finite."
    assert result.reactions.regressions[2].n == 39


def test_a_category_is_named_with_the_one_it_is_compared_with() -> None:
    data = pd.DataFrame(
        {"news": ["good", "bad", "a [T.b]:c"], "Sector Name": ["x", "y", "x"], "size": [1.0, 2, 2], "z": [3.0, 1, 4]}
    )
    for formula, labels in (
        ("C(news)", ["Intercept", "news = bad against a [T.b]:c", "news = good against a [T.b]:c"]),
        ("C(`Sector Name`)", ["Intercept", "Sector Name = y against x"]),
        ("C(size)", ["Intercept", "size = 2 against 1"]),
        ("`Sector Name`:z", ["Intercept", "Sector Name = x times z", "Sector Name = y times z"]),
        ("log(size) + z", ["Intercept", "log(size)", "z"]),
    ):
        assert list(matrix_of(f"car ~ {formula}", data, "formula").labels) == labels
