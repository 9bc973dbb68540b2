"""LaTeX of every template: well formed, inside the text width, with labels, minus signs, percent and stars."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import matplotlib
import pytest

import eventstudy as es
from eventstudy.cli import app
from eventstudy.report import write
from eventstudy.report.latex import SIZES, TEXT_WIDTH, LatexOptions, table_latex
from eventstudy.report.tables import Column, Table
from tests.report.made import made_cluster, made_result

TEMPLATES = ("fx-intraday", "equity-daily", "earnings", "groups", "surprises")
ROW = re.compile(r"(?<!\\)&")
DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,longtable}
\begin{document}
%s
\end{document}
"""


@cache
def advances() -> dict[str, float]:
    """The advance of every letter of Computer Modern at 10 points, from the metrics that matplotlib ships."""
    afm = Path(matplotlib.get_data_path()) / "fonts" / "afm" / "cmr10.afm"
    named = re.findall(r"^C (-?\d+) ; WX ([\d.]+) ; N (\w+)", afm.read_text(), re.MULTILINE)
    return {chr(int(code)): float(width) / 100 for code, width, _ in named if 32 < int(code) < 127}


def points(text: str, size: float) -> float:
    """The width of a cell; a minus of mathematics is 0.78 em wide, a space 0.33."""
    plain = re.sub(r"\$-\$", "\u2212", text.replace(r"\allowbreak{}", ""))
    plain = re.sub(r"\^\{(\*+)\}|\\text(?:less|greater)\{\}|\\[a-z]+\{\}", "<", plain)
    plain = re.sub(r"\\([%&_#{}$])", r"\1", plain).replace("{[}", "[").replace("{*}", "*").replace("~", " ")
    wide = {"\u2212": 7.8, "<": 7.8, ">": 7.8, " ": 3.33, "+": 7.8, "=": 7.8}
    return sum(wide.get(c, advances().get(c, 7.5)) for c in plain if c not in "${}") * size / 10


def tabulars(text: str) -> list[tuple[str, str, list[str]]]:
    """The size, column types and lines of every table."""
    found = re.findall(
        r"(\\small|\\footnotesize)\\setlength.*?\\begin\{(?:tabular|longtable)\}\{(@\{\}[^\n]*@\{\})\}\n(.*?)\\end\{(?:tabular|longtable)\}",
        text,
        re.DOTALL,
    )
    return [(size, kinds, body.splitlines()) for size, kinds, body in found]


def types(kinds: str) -> list[str]:
    inner = kinds.removeprefix("@{}").removesuffix("@{}")
    return re.findall(r">\{\\raggedright\\arraybackslash\}p\{\d+pt\}|[lr]", inner)


def check(text: str) -> None:
    """Braces and environments close in order, every row has a cell per column, and every table fits."""
    environments: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            environments.append(name)
        else:
            assert environments.pop() == name
    assert environments == []
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(labels) == len(set(labels)) == text.count(r"\caption{") == len(tabulars(text)) > 0
    for size, kinds, lines in tabulars(text):
        rows = [line.removesuffix(r"\\").rstrip() for line in lines if line.endswith(r" \\")]
        cells = [[cell.strip() for cell in ROW.split(row)] for row in rows]
        assert {len(row) for row in cells} == {len(types(kinds))}
        # No row begins with what the end of the row before it would read.
        assert not [row for row in rows if row.startswith(("[", "*"))]
        total = 6.0 * (len(types(kinds)) - 1)
        for place, kind in enumerate(types(kinds)):
            if "p{" in kind:
                total += float(re.findall(r"p\{(\d+)pt\}", kind)[0])
                continue
            pieces = [piece for row in cells for piece in _lines(row[place])]
            total += max(points(piece, {"\\small": 9.25, "\\footnotesize": 8.5}[size]) for piece in pieces)
        assert total <= TEXT_WIDTH


def _lines(cell: str) -> list[str]:
    stacked = re.fullmatch(r"\\shortstack\[[lr]\]\{(.*)\}", cell)
    return re.split(r"\\\\", stacked[1]) if stacked else [cell]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("latex")
    found = {}
    for name in TEMPLATES:
        assert app.run(["--quiet", "init", name, str(root / name)]) == 0
        out = root / f"out-{name}"
        ask = ["--quiet", "run", str(root / name / "study.toml"), "--out", str(out), "--also"]
        assert app.run([*ask, "tables.tex:percent,stars" if name == "equity-daily" else "tables.tex"]) == 0
        found[name] = (out / "tables.tex").read_text("utf-8")
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_tables_of_every_template_are_well_formed_and_fit(written: dict[str, str], name: str) -> None:
    check(written[name])


def too_wide(text: str, folder: Path) -> list[float]:
    """By how many points each line that pdflatex complains about is too wide."""
    (folder / "t.tex").write_text(DOCUMENT % text, encoding="utf-8")
    call = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    said = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, said.stdout[-2000:]
    return [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", said.stdout)]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base)")
@pytest.mark.parametrize("name", TEMPLATES)
def test_pdflatex_sets_the_tables_of_every_template_inside_the_text(
    written: dict[str, str], name: str, tmp_path: Path
) -> None:
    assert max(too_wide(written[name], tmp_path), default=0.0) < 1.0


def test_widths_are_counted_wider_than_they_are() -> None:
    # The width of a digit of Computer Modern is 5 points at 10 points.
    assert advances()["0"] == 5.0
    assert dict(SIZES)["\\small"] * 2 >= 9.25


def test_a_digest_may_break_and_its_special_characters_stay_whole() -> None:
    table = Table("t", "Digests", (Column("what", "What"),), (("SHA-256 " + "a_" * 16,), ("short_word",)))
    text = table_latex(table, LatexOptions())
    assert r"SHA-256 a\_a\_a\_a\_\allowbreak{}a\_" in text
    assert r"short\_word" in text
    assert text.count("allowbreak") == 3


MOVES = Table(
    "demo",
    "CAR in basis points of log return (100 bp = 1%)",
    (
        Column("window", "Window"),
        Column("car", "CAR, bp", "bp"),
        Column("se", "SE, bp", "width"),
        Column("p", "p", "pvalue"),
    ),
    (("[0, 0]", -0.01092, 0.012, 0.034), ("Days 0 to +1", 0.0123456, 0.001, 0.2), ("Day +2", 0.05, 0.001, 0.0005)),
)


def test_percent_stars_minus_and_label() -> None:
    text = table_latex(MOVES, LatexOptions(percent=True, stars=True), name="My study")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")][1:]
    # -0.01092 is -1.09 percent, with p = 0.034 two stars; the width has neither sign nor stars.
    assert rows == [
        r"{[}0, 0] & $-$1.09$^{**}$ & 1.20 & 0.034 \\",
        r"Days 0 to +1 & +1.23 & 0.10 & 0.200 \\",
        r"Day +2 & +5.00$^{***}$ & 0.10 & \textless{}0.001 \\",
    ]
    assert r"\caption{CAR in percent, log return}\label{tab:My-study-demo}" in text
    assert r"CAR, \%" in text
    assert "$p<0.05$" in text
    plain = table_latex(MOVES, LatexOptions())
    assert r"{[}0, 0] & $-$109.2 & 120.0 & 0.034 \\" in plain
    assert "p<" not in plain
    check(text)


def test_a_table_that_is_too_wide_is_cut_into_parts_that_repeat_its_first_columns() -> None:
    columns = (Column("event", "Event"), *(Column(f"m{i}", f"Move after {i} days, bp", "bp") for i in range(14)))
    rows = tuple((f"an event with a name of some length {row}", *[-0.0123456] * 14) for row in range(60))
    text = table_latex(Table("wide", "Wide", columns, rows), LatexOptions(), name="s")
    assert text.count(r"\begin{longtable}") == len(re.findall(r"\(part \d of \d\)", text)) >= 2
    assert text.count("an event with a name of some length 59") == text.count(r"\begin{longtable}")
    assert sum(len(types(kinds)) - 1 for _, kinds, _ in tabulars(text)) == 14
    check(text)


def test_text_breaks_into_two_lines_before_a_table_is_cut() -> None:
    from eventstudy.report.build import build

    result = made_cluster()
    text = write.EXTRAS["tables.tex"](result, build(result)).decode("utf-8")
    start = text.index(r"\label{tab:cluster-aggregates}")
    table = text[start : text.index(r"\end{table}", start)]
    # CAAR, ends of its interval, statistic, p, N and the role of a test are columns of one table.
    assert "tab:cluster-aggregates-2" not in text
    assert "Role" in table
    assert table.count("not valid here") == 2 * len(result.primary.unsuited)
    check(text)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base)")
def test_pdflatex_sets_broken_text_inside_the_text(tmp_path: Path) -> None:
    from eventstudy.report.build import build

    result = made_cluster()
    text = write.EXTRAS["tables.tex"](result, build(result)).decode("utf-8")
    assert max(too_wide(text, tmp_path), default=0.0) < 1.0


def test_many_events_break_over_pages_and_long_words_into_lines() -> None:
    result = made_cluster(events=60)
    page = write.EXTRAS["tables.tex"]
    from eventstudy.report.build import build

    text = page(result, build(result)).decode("utf-8")
    assert r"\begin{longtable}" in text
    assert r"\endfirsthead" in text
    check(text)


def test_unknown_options_are_refused_at_both_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(es.errors.UnknownNameError, match="stras"):
        made_result().save(tmp_path / "r", also=["tables.tex:stras"])
    assert app.run(["run", "x.toml", "--out", str(tmp_path / "r"), "--also", "report.md:stars"]) == 2
    assert "report.md" in capsys.readouterr().err
