"""Files appear whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import UnknownNameError
from eventstudy.report import write
from eventstudy.report.manifest import digest, versions
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec
from tests.report.made import made_bars, made_event, made_result
from tests.study.test_event_study import CLOSE, draws, events


def test_digests_are_sha256() -> None:
    # The empty string's SHA-256, from FIPS 180-4 examples.
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_versions_name_what_computes() -> None:
    assert {"eventstudy", "python", "numpy", "pandas"} <= set(versions())


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "deep"
    write.save(made_result(), folder, digests={"SBER (made)": "a" * 64}, also=("report.md", "tables.tex", "report.eml"))
    return folder


def test_a_result_has_the_files_scripts_rely_on(saved: Path) -> None:
    names = {path.name for path in saved.iterdir()}
    assert {"result.json", "car.csv", "fits.csv", "figure.png", "figure.svg", "report.html", "manifest.json"} <= names
    assert not any(name.startswith(".") for name in names)


def test_the_manifest_vouches_for_every_other_file(saved: Path) -> None:
    facts = json.loads((saved / "manifest.json").read_text("utf-8"))
    assert facts["files"] == {p.name: digest(p.read_bytes()) for p in saved.iterdir() if p.name != "manifest.json"}
    assert facts["data"] == [{"name": "SBER (made)", "digest": "a" * 64}]
    assert facts["spec_digest"] == made_result().spec.digest()
    assert {"seed", "tzdata", "versions", "spec"} <= set(facts)


def test_the_same_result_writes_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    digests = {"SBER (made)": "a" * 64}
    again = write.save(made_result(), tmp_path, digests=digests, also=("report.md", "tables.tex", "report.eml"))
    assert {p.name for p in again} == {p.name for p in saved.iterdir()}
    assert all(path.read_bytes() == (saved / path.name).read_bytes() for path in again)


def test_result_json_is_strict_and_csv_brings_numbers_back(saved: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = (saved / "result.json").read_text("utf-8")
    assert json.loads(text, parse_constant=refuse) == made_result().to_dict()
    read = pd.read_csv(saved / "car.csv", float_precision="round_trip")
    assert read["car"].tolist() == made_result().to_frame("car")["car"].tolist()


def test_save_of_a_result_does_what_the_command_line_does(saved: Path, tmp_path: Path) -> None:
    folder = made_result().save(
        tmp_path / "result", also=["report.md", "tables.tex", "report.eml"], digests={"SBER (made)": "a" * 64}
    )
    assert folder == tmp_path / "result"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {p.name: p.read_bytes() for p in saved.iterdir()}
    assert (made_result().save(tmp_path / "one", also="report.md") / "report.md").exists()
    with pytest.raises(UnknownNameError, match=r"Unknown report file 'report.txt'"):
        made_result().save(tmp_path / "none", also=["report.txt"])


def test_the_estimated_models_are_in_csv_latex_and_explain(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = es.event_study(events("AAA", "BBB"), returns=draws(), market="SPY", closes_at=CLOSE)
    folder = result.save(tmp_path, also=["tables.tex"])
    read = pd.read_csv(folder / "fits.csv", float_precision="round_trip")
    fits = result.to_frame("fits")
    numbers = ["n", "df", "alpha", "alpha_se", "beta", "beta_se", "sigma"]
    assert read[numbers].to_numpy().tolist() == fits[numbers].to_numpy().tolist()
    row = fits.iloc[0]
    # The table is wider than a page: sigma stands in its second part.
    shown, sigma = f"{row['beta']:.3f} & {row['beta_se']:.3f}", f"2021-01-12 & {1e4 * row['sigma']:.1f}"
    assert "AAA & AAA & 2020-02-12 & 2021-01-12 & 240 & 238 & " in (folder / "tables.tex").read_text("utf-8")
    assert shown in (folder / "tables.tex").read_text("utf-8")
    assert sigma in (folder / "tables.tex").read_text("utf-8")
    assert run(["explain", str(folder), "AAA/AAA/0:1"]) == 0
    said = capfd.readouterr().out
    assert "estimated  240 returns from 2020-02-12 to 2021-01-12, alpha " in said
    assert f"beta {row['beta']:.4g} (SE {row['beta_se']:.4g}), sigma {1e4 * row['sigma']:.1f} bp" in said
    assert run(["explain", str(folder), "AAA/AAA/0:1", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["fit"]["beta"] == row["beta"]
    (folder / "fits.csv").unlink()
    assert run(["explain", str(folder), "AAA/AAA/0:1"]) == 0, "a result without its fits is still explained"


def test_drawn_data_says_so_in_every_file(tmp_path: Path) -> None:
    # A PDF compresses its words, an Excel workbook is a zip: both have tests of their own.
    also = tuple(name for name in write.EXTRAS if name not in {"report.pdf", "tables.xlsx", "figure.html"})
    for path in write.save(made_result(simulated=True), tmp_path, also=also):
        assert b"SIMULATED" in path.read_bytes(), path.name
    for path in write.save(made_result(), tmp_path / "traded", also=also):
        assert b"SIMULATED" not in path.read_bytes(), path.name
    assert (tmp_path / "SIMULATED.txt").exists()


def test_an_unknown_extra_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"report\.md"):
        write.save(made_result(), tmp_path / "out", also=("report.mdd",))
    assert not (tmp_path / "out").exists()


def test_a_study_without_responses_still_has_its_report(tmp_path: Path) -> None:
    empty = run_study(StudySpec(name="empty"), [made_event("2035-01-10")], [made_bars()])
    names = {path.name for path in write.save(empty, tmp_path, also=("report.md", "report.eml"))}
    assert {"result.json", "report.html", "manifest.json"} <= names
    assert "The event could not be studied" in (tmp_path / "report.html").read_text("utf-8")
