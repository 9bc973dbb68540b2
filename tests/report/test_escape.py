"""Text from outside stays text in every medium."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.report.style import for_figure
from eventstudy.show.escape import (
    FORMULA_STARTS,
    LIMIT,
    SAFE_NAME,
    file_name,
    for_latex,
    for_markdown,
    for_spreadsheet,
    for_terminal,
    plain,
)

any_text = st.text(st.characters(), max_size=400)


@given(any_text)
def test_plain_text_holds_no_control_bidi_or_lone_surrogate(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= LIMIT
    assert all(unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} for c in shown)
    assert all(unicodedata.category(c) != "Cf" or c in "\u200c\u200d" for c in shown)
    shown.encode("utf-8")


@given(any_text)
def test_plain_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_what_a_reader_can_see_is_kept() -> None:
    shown = "Путин и Байден: 路透社 عربي עברית 😀 $x$ <b>&amp;</b>"
    assert plain(shown) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert plain("x" * 10_000) == "x" * (LIMIT - 1) + "…"


def test_letters_with_towers_of_marks_are_cut_down() -> None:
    assert plain("a" + "\u0301" * 50) == "a" + "\u0301" * 4


def test_terminal_text_has_no_escape() -> None:
    assert for_terminal("\x1b]0;owned\x07\x9b31mred") == "]0;owned31mred"


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_formula_becomes_text(start: str) -> None:
    cell = for_spreadsheet(start + "cmd|' /C calc'!A0")
    assert not cell.startswith(FORMULA_STARTS)


@given(any_text)
def test_no_cell_is_a_formula_and_csv_brings_it_back(text: str) -> None:
    cell = for_spreadsheet(text)
    assert not cell.startswith(FORMULA_STARTS)
    out = io.StringIO()
    csv.writer(out).writerow([cell, "end"])
    assert next(csv.reader(io.StringIO(out.getvalue()))) == [cell, "end"]


def test_no_cell_is_read_as_the_argument_of_the_end_of_a_row() -> None:
    assert for_latex("[0, 0]") == "{[}0, 0]"
    assert for_latex("*") == "{*}"


def test_latex_specials_are_written_as_themselves() -> None:
    assert for_latex(r"50% of $x_1$ & \input{/etc/passwd} ~^#") == (
        r"50\% of \$x\_1\$ \& \textbackslash{}input\{/etc/passwd\} \textasciitilde{}\textasciicircum{}\#"
    )


def test_markdown_specials_are_escaped() -> None:
    assert for_markdown("[a](javascript:x) <b> |") == r"\[a\]\(javascript\:x\) \<b\> \|"


def test_a_figure_gets_only_what_its_fonts_can_draw() -> None:
    assert for_figure("Рубль \U0001f9ff") in {"Рубль □", "Рубль \U0001f9ff"}
    assert for_figure("\U000e0041x") == "x"


@given(any_text)
def test_file_names_stay_inside_their_folder(text: str) -> None:
    name = file_name(text)
    assert SAFE_NAME.fullmatch(name)
    root = Path("/somewhere/out")
    assert (root / name).parent == root
    assert name not in {".", ".."}


@pytest.mark.parametrize("text", ["", "..", "/etc/x", "con", "NUL.txt", ".hidden", "a/b", "имя", "x" * 300, "a."])
def test_dangerous_names_get_a_digest(text: str) -> None:
    assert file_name(text) != text
    assert file_name(text) == file_name(text)


def test_two_names_with_one_slug_stay_apart() -> None:
    assert file_name("a/b") != file_name("a\\b")
