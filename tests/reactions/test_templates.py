"""The templates of reactions: a stranger's first run finds what was planted, and says SIMULATED."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from eventstudy.cli import app


def first_run(template: str, folder: Path) -> dict[str, object]:
    study = folder / template
    assert app.run(["init", template, str(study)]) == 0
    assert app.run(["run", str(study / "study.toml"), "--out", str(study / "result")]) == 0
    assert "SIMULATED" in (study / "result" / "report.html").read_text("utf-8")
    found: dict[str, object] = json.loads((study / "result" / "result.json").read_text("utf-8"))
    return found


PAGE = Path(__file__).parents[2] / "docs" / "reactions.md"


def compare_with_page(printed: str, quoted: int) -> None:
    """Find so many of the sentences that the page on reactions quotes in what the command printed."""
    said = " ".join(printed.split())
    quotes = [" ".join(text.split()) for text in re.findall(r"```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)]
    assert sum(quote in said for quote in quotes) == quoted, said


def test_groups_recover_the_planted_news(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good news is worth +2 %, bad news -2 %, no news nothing, beside moves of 2 % of each announcement."""
    result = first_run("groups", tmp_path)
    compare_with_page(capsys.readouterr().out, quoted=3)
    means = {m["group"]["news"]: m for m in result["groups"][0]["means"] if m["window"] == [0, 0]}  # type: ignore[index]
    for news, planted in (("good", 0.02), ("none", 0.0), ("bad", -0.02)):
        assert means[news]["low"] < planted < means[news]["high"]
    terms = {term["name"]: term for term in result["regressions"][0]["terms"]}  # type: ignore[index]
    assert terms["C(news)[T.good]"]["low"] < 0.04 < terms["C(news)[T.good]"]["high"]
    assert len(result["specifications"]["specifications"]) == 18  # type: ignore[index]


def test_surprises_recover_the_planted_slope(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """8 bp per standard deviation within three minutes."""
    result = first_run("surprises", tmp_path)
    said = capsys.readouterr().out
    compare_with_page(said, quoted=2)
    (path,) = result["surprise"]["paths"]  # type: ignore[index]
    assert {one["days"] for one in result["placebo_balance"]} == {24}  # type: ignore[attr-defined]
    at = path["tau"].index(4)
    assert path["low"][at] < 0.0008 < path["high"][at]
    assert path["slope"][path["tau"].index(0)] == pytest.approx(0.6 * 0.0008, rel=0.1)
    assert path["path_placebo_pvalue"] <= 0.05
    assert path["placebo_days"] >= 19
    assert "moved EURUSD by +" in " ".join(said.split())
