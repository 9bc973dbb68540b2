"""The study file: every problem at once, each with its place; and a faithful round trip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.errors import DataError, SpecError
from eventstudy.study.spec import StudySpec
from eventstudy.study.spec_toml import PLACES, SECTIONS, parse_spec
from eventstudy.toml_places import key_positions

GOOD = """\
name = "call"
title = "A call"
seed = 7

[events]
file = "call.toml"

[[data]]
instrument = "SBER"
path = "SBER.csv"
timezone = "Europe/Moscow"
label = "right"
step = "10min"

[window]
estimation = [-60, -10]
event = [-3, 6]
report = [[0, 0], [0, 3]]

[inference]
level = 0.9
"""

BAD = """\
name = "call"
titel = "A call"

[[data]]
instrument = "SBER"
path = "SBER.csv"
label = "end"
step = "10min"

[window]
estimation = [-60, 2]
event = [-3, 6]
report = [[0, 0], [0, 9]]

[inference]
level = "high"
levle = 0.9
"""


def problems(text: str) -> dict[str, tuple[int, int, str]]:
    with pytest.raises(SpecError) as refused:
        parse_spec(text, "study.toml", StudySpec)
    return {p.key: (p.line, p.column, p.message) for p in refused.value.problems}


def test_a_good_file_is_read_as_written() -> None:
    spec = parse_spec(GOOD, "study.toml", StudySpec)
    assert (spec.name, spec.seed, spec.estimation, spec.event) == ("call", 7, (-60, -10), (-3, 6))
    assert [str(w) for w in spec.test_windows] == ["[+0, +0]", "[+0, +3]"]
    assert spec.data[0].label == "right"
    assert spec.level == 0.9


def test_every_problem_is_reported_at_once_with_its_place() -> None:
    found = problems(BAD)
    assert found["titel"][:2] == (2, 1)
    assert "'title'" in found["titel"][2]
    assert found["data[0].label"][:2] == (7, 1)
    assert "'end'" in found["data[0].label"][2]
    assert found["window.estimation"][:2] == (11, 1)
    assert "overlaps" in found["window.estimation"][2]
    assert found["window.report[1]"][:2] == (13, 1)
    assert found["inference.level"][:2] == (16, 1)
    assert found["inference.levle"][:2] == (17, 1)
    assert "'level'" in found["inference.levle"][2]


def test_every_source_says_what_it_needs() -> None:
    assert set(problems('[[data]]\ninstrument = "SBER"\n')) == {"data[0].path"}
    assert set(problems('[[data]]\nsource = "moex"\n')) == {"data[0].instrument"}
    assert set(problems('[data]\nsource = "folder"\npath = "bars"\ninstrument = "A"\n')) == {"data.step"}
    parse_spec('[data]\nsource = "yahoo"\ninstruments = ["AAPL", "MSFT"]\n', "study.toml", StudySpec)
    parse_spec('[data]\npath = "prices.csv"\n[market]\ninstrument = "SPY"\n', "study.toml", StudySpec)
    assert set(problems('[market]\ninstrument = "SPY"\n')) == {"market.path"}


def test_a_role_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    found = problems('[data]\npath = "a.csv"\ncolumns = { clsoe = "Adj Close" }\n')
    assert "Did you mean 'close'" in found["data.columns.clsoe"][2]


def test_settings_with_two_forms_say_both() -> None:
    found = problems('[data]\npath = "a.csv"\ninstruments = "AAA"\ncolumns = 3\n')
    assert "a list of codes" in found["data.instruments"][2]
    assert "a table of roles" in found["data.columns"][2]


def test_a_zone_or_a_step_that_cannot_be_read_is_told_with_its_place() -> None:
    found = problems(GOOD.replace("Europe/Moscow", "Europe/Moskow").replace('"10min"', '"ten"'))
    assert set(found) == {"data[0].timezone", "data[0].step"}
    assert found["data[0].timezone"][0] == 11
    assert "'Europe/Moscow'" in found["data[0].timezone"][2]
    assert found["data[0].step"][0] == 13


def test_an_unknown_source_is_told_before_anything_is_fetched() -> None:
    found = problems(GOOD.replace('instrument = "SBER"', 'instrument = "SBER"\nsource = "fil"'))
    assert "Did you mean 'file'?" in found["data[0].source"][2]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"tests": "bmp"}, "found 'bmp'; write a list in brackets."),
        ({"name": 3}, "found 3; write text in quotes."),
        ({"seed": "x"}, "found 'x'; write an integer."),
        ({"event": [-5]}, "found [-5]; a second bound is missing, as in [-5, 5]."),
        ({"level": 2}, "found 2; must be less than 1.0."),
        ({"anchor": "bracke"}, "found 'bracke'; allowed are 'bracket', 'earliest' or 'latest'."),
        ({"placebo": {"after": "maybe"}}, "found 'maybe'; write true or false."),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_the_words_of_a_study_file(settings: dict[str, Any], asked: str) -> None:
    with pytest.raises(SpecError) as refused:
        StudySpec(**settings)
    assert [p.message for p in refused.value.problems] == [asked]


def test_a_syntax_error_has_its_place() -> None:
    found = problems('name = "x"\nseed = = 3\n')
    assert found["TOML"][0] == 2


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read: There is no file .*nothing\.toml\. Check the path\."):
        StudySpec.from_toml(tmp_path / "nothing.toml")


def test_the_same_problems_are_told_in_python() -> None:
    with pytest.raises(SpecError) as refused:
        StudySpec(estimation=(-5, 0), event=[-1, 1], modle="market")
    assert {p.key for p in refused.value.problems} == {"estimation", "modle"}


def test_unknown_names_are_told_with_the_nearest_known_one() -> None:
    with pytest.raises(SpecError) as refused:
        StudySpec(model="markett", tests=["patel"], adjust="holmm")
    told = {p.key: p.message for p in refused.value.problems}
    assert set(told) == {"model", "tests[0]", "adjust"}
    assert "'market'" in told["model"]
    assert "'patell'" in told["tests[0]"]
    assert "'holm'" in told["adjust"]
    with pytest.raises(SpecError, match=r"'ff3' is not known\. Known are"):
        StudySpec(model="ff3")


def test_lists_become_tuples_and_the_spec_is_frozen() -> None:
    spec = StudySpec(event=[-1, 1], windows=[[0, 1]])
    assert spec == StudySpec(event=(-1, 1), windows=((0, 1),))
    with pytest.raises(ValueError, match="frozen"):
        spec.seed = 3  # type: ignore[misc]


def test_every_field_has_one_place_in_the_file() -> None:
    assert sorted(PLACES.values()) == sorted(StudySpec.model_fields)
    assert not SECTIONS & {place for place in PLACES if "." not in place}


def test_keys_inside_multi_line_strings_are_not_places() -> None:
    text = 'title = """\nname = "no"\n"""\nname = "yes"\n'
    assert key_positions(text)["name"] == (4, 1)


def test_the_digest_does_not_depend_on_the_order_of_writing() -> None:
    lines = 'name = "a"\nseed = 1\n', 'seed = 1\nname = "a"\n'
    one, two = (parse_spec(text, "x", StudySpec).digest() for text in lines)
    assert one == two != StudySpec(name="a", seed=2).digest()


specs = st.builds(
    lambda seed, start, length, gap, title, level: StudySpec(
        seed=seed,
        title=title,
        level=level,
        estimation=(start - gap - 50, start - gap - 1),
        event=(start, start + length),
        windows=((start, start),),
    ),
    st.integers(0, 2**31),
    st.integers(-20, 20),
    st.integers(0, 30),
    st.integers(0, 30),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30),
    st.floats(0.51, 0.99),
)


@given(specs)
def test_a_spec_survives_the_round_trip_through_toml(spec: StudySpec) -> None:
    again = parse_spec(spec.to_toml(), "again.toml", StudySpec)
    assert again == spec
    assert again.digest() == spec.digest()


def test_two_clocks_are_compared_when_the_bars_are_known() -> None:
    # -2 lies after -60, but two days lie before sixty minutes.
    spec = StudySpec(estimation=(-20, -2), event=(-60, 120), clock="minutes", estimation_clock="days")
    assert spec.learning_clock == "days"
    with pytest.raises(SpecError, match="overlaps the event window"):
        StudySpec(estimation=(-20, -2), event=(-60, 120), clock="minutes")
    with pytest.raises(SpecError, match="estimation_clock"):
        StudySpec(estimation=(-20, -2), estimation_clock="weeks")  # type: ignore[arg-type]
