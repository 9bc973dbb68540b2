"""Sentences of the finding, on studies worked out by hand (see ``tests.inference.test_hand_studies``)."""

from __future__ import annotations

import numpy as np
import pytest

import eventstudy as es
from eventstudy.report.content import numbers_section
from eventstudy.report.finding import detectable, disagreement, finding, reversal, smallest_effect
from eventstudy.report.front_single import single_figures
from eventstudy.report.method_text import method_section
from eventstudy.report.page_parts import Material
from eventstudy.report.result_tables import aggregate_table
from tests.inference.test_hand_studies import ROWS, study
from tests.report.made import made_facts


def sentences(result: es.StudyResult) -> str:
    return " ".join(finding(result.to_dict(), 0.95)).replace("\xa0", " ")


def test_one_daily_event_is_one_sentence_with_effect_interval_test_and_size() -> None:
    # 2% with a standard error of sqrt(5/3)%: t(3) = 1.549; half-width 3.182 sqrt(5/3) = 4.109%.
    found = sentences(study(("time_series_t",), {"A": ROWS["A"]}, windows=((0, 0),)))
    assert found.startswith(
        "A had an abnormal return of +200.0 bp on the event day (95% interval -210.9 to +610.9 bp; time-series t(3) = "
        "1.55, p = 0.219), 1.5 times the usual standard deviation of such a window."
    )


@pytest.mark.parametrize(
    ("third", "said"),
    [(6, "All 3 moves were positive."), (-6, "Of the 3 moves, 2 were positive and 1 negative.")],
)
def test_few_events_name_the_signs_of_their_moves(third: int, said: str) -> None:
    rows = {**ROWS, "C": [2, -2, 2, -2, third, -3]}
    assert said in sentences(study(("cross_sectional_t",), rows, windows=((0, 0),)))


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (0.001, "90.0 bp of it had reversed by day +1: the move over days 0 to +1 is +10.0 bp (p = 0.300)."),
        (-0.02, "More than all of it had reversed by day +1: the move over days 0 to +1 is -200.0 bp (p = 0.300)."),
    ],
)
def test_a_reversal_beyond_the_start_is_not_given_as_a_part_of_the_move(later: float, said: str) -> None:
    def row(stop: int, car: float, p: float) -> dict[str, object]:
        return {"window": [0, stop], "car": car, "tests": {"time_series_t": {"pvalue": p}}}

    first = row(0, 0.01, 0.01)
    primary = {"test": "time_series_t", "level": 0.95, "bar_noun": "day"}
    assert reversal({"primary": primary}, [first, row(1, later, 0.3)], first).replace("\xa0", " ") == said


def test_a_test_that_the_data_do_not_suit_is_named_in_one_clause() -> None:
    # All three events on one day.
    result = study(("cross_sectional_t", "kp_bmp"), windows=((0, 0),))
    assert result.primary is not None
    assert (
        result.primary.unsuited["cross_sectional_t"] == "assumes independent events, while 3 observations fall on 1 day"
    )
    primary = {"test": "a", "level": 0.95, "unsuited": {"patell": "assumes one thing, while another holds"}}
    tests = {"a": {"pvalue": 0.5}, "patell": {"pvalue": 0.01}}
    assert disagreement({"primary": primary}, tests).replace("\xa0", " ") == (
        "The tests disagree: a, the primary test, gives p = 0.500; Patell gives p = 0.010 but assumes one thing, while "
        "another holds."
    )


def test_tables_say_why_intervals_of_standardized_tests_are_not_centered() -> None:
    def notes(*tests: str, **settings: object) -> str:
        result = study(tests, windows=((0, 0),), **settings)
        return " ".join(numbers_section(Material(result.to_dict(), result.spec, made_facts())).notes)

    assert "Tests of standardized CARs (BMP" in notes("bmp", "cross_sectional_t")
    assert "Tests of standardized CARs" not in notes("cross_sectional_t", measure="bhar", returns="simple")


@pytest.mark.parametrize(("side", "way"), [("greater", "at least -103.8"), ("less", "at most +503.8")])
def test_a_one_sided_test_has_an_interval_with_one_end_wherever_it_is_shown(side: str, way: str) -> None:
    # 2% over sqrt(5/3)%: t(3) = 1.549, of which the upper tail is 0.1096; the 95% quantile of t(3) is 2.3534, so the
    # bounds are 2% -+ 2.3534 sqrt(5/3)%, and (2.3534 + 0.8416) sqrt(5/3)% = 4.125% is found with 80% power.
    result = study(("time_series_t",), {"A": ROWS["A"]}, windows=((0, 0),), alternative=side)
    p = result.findings("time_series_t")[0].pvalue[0]
    assert p == pytest.approx(0.10958 if side == "greater" else 1 - 0.10958, abs=1e-4)
    said = sentences(result)
    assert f"(one-sided 95% interval: {way} bp; time-series t(3)" in said
    assert f"detects an effect of {'+' if side == 'greater' else '-'}412.5 bp with 80% power" in said
    test = result.to_dict()["responses"][0]["tests"]["time_series_t"]
    assert (test["low"] is None, test["high"] is None) == (side == "less", side == "greater")
    assert f"one-sided 95% interval: {way}" in single_figures(result)[0].words.replace("\xa0", " ")
    method = method_section(result.to_dict(), result.spec)
    assert f"one-sided (alternative: {side} than zero), and so are their intervals" in " ".join(method.paragraphs)


def test_a_test_with_a_skewed_reference_detects_other_effects_of_either_sign() -> None:
    # 200 bp below the estimate, 600 above, half of it 400: 200 + 400 k and 600 + 600 k with k = 0.8416 / 1.9600.
    test = {"pvalue": 0.2, "estimate": -0.01, "low": -0.03, "high": 0.05, "n": 999}
    row = {"window": [0, 0], "tests": {"residual_bmp": test, "bmp": test}}
    study = {"primary": {"test": "residual_bmp", "level": 0.95, "bar_noun": "day"}}
    said = smallest_effect(study, row).replace("\xa0", " ")
    assert "detects an effect of about +371.8 bp or -857.6 bp with 80% power at the 5% level" in said
    study = {"primary": {"test": "bmp", "level": 0.95, "bar_noun": "day"}}
    assert "detects an effect of 571.8 bp with 80% power" in smallest_effect(study, row).replace("\xa0", " ")


@pytest.mark.parametrize(("side", "title"), [("greater", "At least, bp"), ("less", "At most, bp")])
def test_tables_and_figures_of_one_sided_tests_show_one_end(side: str, title: str) -> None:
    rows = {**ROWS, "C": [2, -2, 2, -2, 6, -3]}
    result = study(("cross_sectional_t", "bmp", "patell"), rows, windows=((0, 0),), alternative=side)
    (table,) = [t for t in (aggregate_table(result.to_dict(), simulated=True),) if t.rows]
    assert title in [column.title for column in table.columns]
    assert {column.name for column in table.columns} & {"low", "high"} == {"low" if side == "greater" else "high"}
    ends = result.findings("cross_sectional_t")[0].interval
    assert np.isinf([ends.low[0], ends.high[0]]).tolist() == [side == "less", side == "greater"]
    for name in ("dots", "average"):
        assert result.plot(kind=name) is not None


def test_what_a_one_sided_test_detects_does_not_depend_on_how_its_bound_is_known() -> None:
    # t = 1 with 4 degrees of freedom and a standard error of 2%: t(4) has the 95% quantile 2.131847.
    bound, effect = 0.02 - 2.131847 * 0.02, (2.131847 + 0.8416) * 0.02
    known = {"estimate": 0.02, "se": 0.02, "statistic": 1.0, "df": 4.0, "low": bound, "high": None}
    assert detectable(known, 0.95) == pytest.approx(effect, abs=1e-8)
    assert detectable({**known, "se": None, "estimate": 0.05}, 0.95) == pytest.approx(effect, abs=1e-8)
    mirrored = {**known, "estimate": -0.02, "statistic": -1.0, "low": None, "high": -bound}
    assert detectable(mirrored, 0.95) == pytest.approx(-effect, abs=1e-8)
    assert detectable({**mirrored, "se": None}, 0.95) == pytest.approx(-effect, abs=1e-8)
