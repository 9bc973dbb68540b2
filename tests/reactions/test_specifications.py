"""All specifications at once: each is what a study of it alone gives, and choosing among them costs no size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from benchmarks import bench_specifications
from eventstudy.cli import app
from eventstudy.errors import SpecError, UsageError
from eventstudy.reactions.specification_curve import joint_test
from eventstudy.report.specification_tables import agreement, specification_sentences
from eventstudy.study.spec_toml import parse_spec
from tests.reactions.made import listed, market_of
from tests.study.made import intraday

BASE = {"model": "constant_mean", "estimation": (-100, -11), "event": (-2, 2), "diagnostics": "off"}


def moved(n: int = 16, effect: float = 0.0, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, pairs = market_of(n, instruments=6, seed=seed)
    for code, row in pairs:
        frame.loc[frame.index[row], code] += effect
    return frame, listed(frame, pairs)


def test_one_specification_alone_gives_what_a_study_of_it_gives_to_the_last_digit() -> None:
    frame, events = moved(effect=0.004)
    tests = ["cross_sectional_t", "bmp", "placebo_refit"]
    spec = es.StudySpec(**BASE, windows=[(0, 0)], tests=tests, specifications={})
    result = es.run_study(spec, events, frame)
    found = result.reactions.specifications
    assert found is not None
    (refit,) = result.findings("placebo_refit", (0, 0))
    assert found.joint_pvalue == refit.pvalue[0]
    for one in found.specifications:
        (alone,) = result.findings(one.test, (0, 0))
        assert (one.estimate, one.pvalue) == (alone.estimate[0], alone.pvalue[0])
        assert (one.low, one.high) == (alone.interval.low[0], alone.interval.high[0])
        assert one.refit_pvalue == one.adjusted_pvalue == refit.pvalue[0]
    assert [one.from_study_file for one in found.specifications].count(True) == 1


def test_every_entry_of_the_grid_is_what_a_study_of_it_gives() -> None:
    frame, events = moved(effect=0.004)
    grid = {"windows": [(0, 0), (0, 1)], "models": ["constant_mean", "zero"], "estimation": [(-100, -11), (-60, -11)]}
    spec = es.StudySpec(**BASE, tests=["bmp", "cross_sectional_t"], specifications={**grid, "draws": 99})
    found = es.specifications(spec, events, frame)
    table = found.to_frame()
    assert len(table) == 2 * 3 * 2  # the zero model has no estimation window to choose
    assert table["estimate"].is_monotonic_increasing
    for row in table.itertuples():
        changed = {**BASE, "model": row.model, "estimation": row.estimation, "windows": [row.window]}
        alone = es.run_study(es.StudySpec(**changed, tests=[row.test, "placebo_refit"]), events, frame)
        (test,) = alone.findings(row.test, row.window)
        assert (row.estimate, row.pvalue) == pytest.approx((test.estimate[0], test.pvalue[0]), abs=1e-12)
    assert (table["adjusted_pvalue"] >= table["refit_pvalue"] - 1e-12).all()
    assert found.joint_pvalue == table["adjusted_pvalue"].min()


def test_the_joint_p_value_by_hand() -> None:
    """Means 2 and -1 on the events; scales are root mean squares over all three columns."""
    observed, draws = np.array([2.0, -1.0]), np.array([[1.0, -3.0], [2.0, 0.0]])
    found = joint_test(observed, draws, "two-sided")
    scale = np.sqrt(np.array([4 + 1 + 9, 1 + 4 + 0]) / 3)
    largest = [max(1 / scale[0], 2 / scale[1]), max(3 / scale[0], 0)]
    expected = [(1 + sum(x >= abs(m) / s for x in largest)) / 3 for m, s in zip(observed, scale, strict=True)]
    assert found.adjusted.tolist() == expected
    assert found.joint == min(expected)
    assert found.alone.tolist() == [2 / 3, 2 / 3]
    assert found.draws == 2


def test_choosing_the_best_of_all_specifications_keeps_the_error_rate() -> None:
    """100 studies without an effect: the smallest p-value of 12 rejects often, the joint one 0 to 11 times."""
    smallest, joint = bench_specifications.rejections(range(100))
    assert joint <= 0.11  # P(more than 11 of 100 | 5 %) = 0.4 %
    assert smallest > joint


def test_an_effect_is_found_by_all_and_said() -> None:
    frame, events = moved(30, effect=0.02)
    grid = {"windows": [(0, 0), (0, 1)], "models": ["constant_mean", "zero"], "draws": 199}
    found = es.specifications(es.StudySpec(**BASE, tests=["cross_sectional_t"], specifications=grid), events, frame)
    assert found.joint_pvalue == 1 / 200
    assert found.same_sign == found.same_finding == 1.0
    said = specification_sentences({"specifications": found.to_dict()})
    assert said[0].endswith("All 8 have the same sign and are significant at the 5% level.")
    assert "p = 0.005" in said[1]
    assert repr(found) == f"<SpecificationCurve 'study': {len(found.specifications)} specifications, joint p = 0.005>"


@pytest.mark.parametrize(
    ("n", "same", "significant", "words"),
    [
        (18, 18, 0, "All 18 have the same sign; none is significant at the 5% level"),
        (18, 18, 1, "All 18 have the same sign; 1 is significant at the 5% level"),
        (18, 15, 9, "15 of 18 have the sign of the median; 9 of these are significant at the 5% level"),
        (18, 15, 0, "15 of 18 have the sign of the median; none of these is significant at the 5% level"),
        (1, 1, 0, "It is not significant at the 5% level"),
    ],
)
def test_how_many_specifications_agree_is_counted_in_words(n: int, same: int, significant: int, words: str) -> None:
    assert agreement({"same_sign": same / n, "same_finding": significant / n, "level": 0.95}, n) == words


def test_the_command_speaks_of_days_and_names_what_all_specifications_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["init", "groups", str(tmp_path / "study")]) == 0
    assert app.run(["specifications", str(tmp_path / "study/study.toml")]) == 0
    printed = capsys.readouterr().out
    assert "(alignment entire interval; estimation days -250 to -11)" in printed
    assert "Days 0 to +1" in printed
    assert "Bars" not in printed
    assert "on 12 of 199 random sets of other dates" in " ".join(printed.split())


def test_a_single_intraday_event_is_compared_on_the_same_days_under_every_alignment() -> None:
    rng = np.random.default_rng(1)
    values = {day: list(rng.normal(0, 0.001, 40)) for day in range(60)}
    values[59][20] += 0.02
    at = pd.Timestamp(59, unit="D", tz="UTC") + pd.Timedelta(minutes=600 + 10 * 19 + 3)
    events = pd.DataFrame({"id": ["e"], "instrument": ["FX"], "earliest": [at], "latest": [at + pd.Timedelta("12min")]})
    spec = es.StudySpec(model="zero", event=(0, 2), windows=[(0, 0), (0, 2)], tests=["placebo"], response="off")
    found = es.specifications(spec, events, [intraday("FX", values)])
    assert {one.anchor for one in found.specifications} == {"bracket", "earliest", "latest"}
    assert found.draws == 59
    best = {one.anchor: one.refit_pvalue for one in found.specifications if one.window == (0, 2)}
    assert best["bracket"] == best["earliest"] == 1 / 60
    assert found.joint_pvalue == 1 / 60


def test_one_thousand_specifications_cost_less_than_one_hundred_studies() -> None:
    """Measured in one process: 1,000 specifications against one study with its date-permutation test."""
    many, single = bench_specifications.thousand_against_one()
    assert many < 100 * single


def test_what_cannot_be_computed_is_left_out_with_its_reason() -> None:
    frame, events = moved()
    grid = {"estimation": [(-100, -11), (-12, -11), (-5000, -11)], "draws": 19}
    found = es.specifications(
        es.StudySpec(**BASE, windows=[(0, 0)], tests=["cross_sectional_t"], specifications=grid), events, frame
    )
    assert found.left_out == ("model constant_mean, anchor bracket, estimation (-12, -11): no event was used",)
    assert {one.estimation for one in found.specifications} == {(-100, -11), (-5000, -11)}
    assert np.isfinite(found.joint_pvalue)  # no date has 5,000 days before it: the dates of the other window serve
    with pytest.raises(UsageError, match=r"\[specifications\] models: 'market' requires a market series"):
        es.specifications(
            es.StudySpec(**BASE, tests=["cross_sectional_t"], specifications={"models": ["market"]}), events, frame
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("windows = [[0, 9]]", "the window [0, +9] is not inside the event window"),
        ("models = ['markt']", "Did you mean 'market'?"),
        ("tests = ['bpm']", "Did you mean 'bmp'?"),
        ("draws = 3", "must be at least 19"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"study\.toml:\d+:\d+: specifications") as refused:
        parse_spec(f"[window]\nevent = [0, 1]\n[specifications]\n{text}\n", "study.toml", es.StudySpec)
    assert message in str(refused.value)


def test_the_result_has_the_curve_in_its_files(tmp_path: Path) -> None:
    frame, events = moved()
    spec = es.StudySpec(**BASE, windows=[(0, 0), (0, 1)], tests=["cross_sectional_t"], specifications={"draws": 19})
    result = es.run_study(spec, events, frame)
    assert len(result.to_dict()["specifications"]["specifications"]) == len(result.to_frame("specifications"))
    result.save(tmp_path / "out", also=["tables.xlsx"])
    book = pd.read_excel(tmp_path / "out" / "tables.xlsx", sheet_name="specifications", engine="calamine")
    assert set(book["Estimation"]) == {"-100 to -11"}
    assert set(book["Window"].astype(str)) == {"0", "0 to +1"}
    assert {"cross-sectional t"} <= set(book["Test"])
    assert set(book["Alignment"]) == {"entire interval"}
    assert "All specifications" in (tmp_path / "out" / "report.html").read_text("utf-8")
    (tmp_path / "study.toml").write_text(spec.to_toml(), encoding="utf-8")
    assert es.StudySpec.from_toml(tmp_path / "study.toml") == spec


def test_a_study_without_a_usable_event_has_its_ledger_and_no_curve() -> None:
    frame, events = moved()
    spec = es.StudySpec(**BASE, windows=[(0, 0)], tests=["cross_sectional_t"], specifications={"draws": 19})
    result = es.run_study(spec, events.assign(instrument="absent"), frame)
    assert result.reactions.specifications is None
    assert len(result.ledger) == len(events)
    with pytest.raises(UsageError, match="No specification can be computed"):
        es.specifications(spec, events.assign(instrument="absent"), frame)
