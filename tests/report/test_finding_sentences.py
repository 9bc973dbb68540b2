"""Sentences of the finding, on studies worked out by hand (see ``tests.inference.test_hand_studies``)."""

from __future__ import annotations

import pytest

import eventstudy as es
from eventstudy.report.content import numbers_section
from eventstudy.report.finding import disagreement, finding, reversal
from eventstudy.report.method_text import method_section
from eventstudy.report.page_parts import Material
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


def test_the_method_says_that_intervals_of_one_sided_tests_are_two_sided() -> None:
    # 2% over sqrt(5/3)%: t(3) = 1.549. The upper tail is 0.1096, and the two-sided interval holds zero.
    result = study(("time_series_t",), {"A": ROWS["A"]}, windows=((0, 0),), alternative="greater")
    assert result.findings("time_series_t")[0].pvalue[0] == pytest.approx(0.10958, abs=1e-4)
    method = method_section(result.to_dict(), result.spec)
    assert "Tests are one-sided (alternative: greater than zero); intervals are two-sided." in " ".join(
        method.paragraphs
    )
