"""A study without a study file: a price file, a list of events, and the study.toml they stand for."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.cli.app import run
from eventstudy.cli.init import contents
from eventstudy.study.spec import StudySpec


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in contents("earnings").items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILES = ["--prices", "prices.SIMULATED.csv", "--events", "events.csv"]
CLOCK = ["--timezone", "America/New_York", "--closes-at", "16:00"]


def test_files_alone_run_the_study_that_the_template_writes_out(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", *FILES, "--market", "INDEX", *CLOCK, "--out", "result"]) == 0
    said = capfd.readouterr()
    assert "read prices.SIMULATED.csv: 13 instruments, 9,880 rows, long by 'Ticker'" in said.err
    assert run(["run", "study.toml", "--json"]) == 0
    template = json.loads(capfd.readouterr().out)
    written = json.loads((folder / "result" / "result.json").read_text())
    by_window = {tuple(row["window"]): row["caar"] for row in written["aggregates"]}
    assert len(written["outcomes"]) == 93
    for row in template["aggregates"]:
        assert by_window[tuple(row["window"])] == row["caar"]


def test_the_study_file_it_stands_for_is_written_and_gives_the_same_result(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", *FILES, "--market", "INDEX", *CLOCK, "--out", "a/result"]) == 0
    spec = StudySpec.from_toml(folder / "a" / "result" / "study.toml")
    assert (spec.model, spec.data[0].path, spec.event_timezone) == (
        "market",
        "../../prices.SIMULATED.csv",
        "America/New_York",
    )
    assert run(["validate", "a/result/study.toml"]) == 0
    capfd.readouterr()
    assert run(["run", "a/result/study.toml", "--json"]) == 0
    assert (
        json.loads(capfd.readouterr().out)["aggregates"]
        == json.loads((folder / "a" / "result" / "result.json").read_text())["aggregates"]
    )


def test_without_a_market_the_model_is_the_constant_mean(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["run", *FILES, *CLOCK]) == 0
    assert "constant-mean model" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "No study was given"),
        (["study.toml", *FILES], "--prices and a study file were both given"),
        (["--prices", "prices.SIMULATED.csv"], "--events is missing"),
        (["study.toml", "--market", "INDEX"], "--market belongs to --prices"),
        ([*FILES, "--data", "."], "--data belongs to a study file"),
        (FILES, "time zone of the timestamps not set"),
        ([*FILES, *CLOCK, "--market", "IDX"], "There is no instrument 'IDX'"),
        (["--prices", "nothing.csv", "--events", "events.csv", *CLOCK], "There is no file nothing.csv"),
    ],
)
def test_what_is_missing_is_one_sentence(
    folder: Path, capfd: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert run(["run", *options, "--out", "result"]) in {2, 4}
    said = capfd.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (folder / "result").exists()


def test_dry_run_names_what_it_would_read_and_write(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["run", *FILES, *CLOCK, "--out", "result", "--dry-run"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == ["read   events.csv", "read   prices.SIMULATED.csv"]
    assert "write  result/study.toml" in lines
    assert not (folder / "result").exists()


def test_one_share_alone_that_is_the_market_is_one_sentence(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "one.csv").write_text("Date,Close\n2024-01-02,100\n2024-01-03,101\n")
    (folder / "all.csv").write_text("id,date\na,2024-01-03\n")
    files = ["--prices", "one.csv", "--events", "all.csv", "--market", "one"]
    assert run(["run", *files, *CLOCK]) == 4
    assert "The data hold one only, which is the market" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "Set --timezone America/New_York or another zone."),
        (["--timezone", "America/New_York"], "Set --closes-at 16:00, the local time of the close, or --calendar XNYS."),
        (
            [*CLOCK, "--market", "INDEKS"],
            "--market INDEKS: There is no instrument 'INDEKS' in the prices. Did you mean",
        ),
        ([*CLOCK, "--calendar", "XLON"], "--closes-at"),
        (["--timezone", "Mars/Base", "--closes-at", "16:00"], "--timezone: 'Mars/Base' is not a zone."),
        (["--timezone", "UTC", "--calendar", "NOPE"], "Unknown calendar 'NOPE'. Known: 24/5, 24/7, "),
    ],
)
def test_refusals_name_the_flags_of_this_command(
    folder: Path, capfd: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert run(["run", *FILES, *flags]) != 0
    err = capfd.readouterr().err
    assert said in err
    assert not {"timezone =", "closes_at", "[market]"} & set(err.split("\n")[-2].split(" "))


def test_a_clock_time_without_a_zone_asks_for_the_flag_not_for_a_study_file(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "timed.csv").write_text("ticker,time\nS01,2024-05-06 10:30\n", encoding="utf-8")
    assert run(["run", *FILES[:2], "--events", "timed.csv", "--market", "INDEX", "--calendar", "XNYS"]) != 0
    err = capfd.readouterr().err
    assert "has no time zone" in err
    assert "or set --timezone." in err
    assert "study file" not in err


def unnamed_prices(folder: Path, header: str) -> None:
    """A price file whose columns of price have a header that is not known, and an event list for it."""
    rows = "".join(
        f"{day},{100 + n % 7},{900 - n}\n" for n, day in enumerate(pd.bdate_range("2023-01-02", periods=300).date)
    )
    (folder / "AAA.csv").write_text(header + rows)
    (folder / "one.csv").write_text("id,date,ticker\na,2024-02-01,AAA\n")


def test_a_refusal_of_prices_names_a_setting_that_works(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    unnamed_prices(folder, "")
    asked = ["run", "--prices", "AAA.csv", "--events", "one.csv", *CLOCK]
    assert run(asked) != 0
    cure = '--set \'columns = ["time", "open", "high", "low", "close", "volume"]\''
    assert cure in capfd.readouterr().err
    assert run([*asked, "--set", 'columns = ["time", "close", "volume"]', "--out", "result"]) == 0
    spec = StudySpec.from_toml(folder / "result" / "study.toml")
    assert spec.data[0].columns == ("time", "close", "volume")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("label", "--set: 'label' is not KEY = VALUE."),
        ("timezone = UTC", "--set: timezone has a flag. Give --timezone."),
        ("path = a.csv", "--set: path has a flag. Give --prices."),
        ("lable = left", "'lable' is not a setting of prices. Did you mean 'label'?"),
        ("label = middle", "cannot be used: Input should be 'left' or 'right'"),
    ],
)
def test_a_wrong_setting_is_one_sentence(folder: Path, capfd: pytest.CaptureFixture[str], line: str, said: str) -> None:
    assert run(["run", *FILES, *CLOCK, "--set", line]) != 0
    assert said in capfd.readouterr().err


def test_a_setting_may_be_written_without_quotes(folder: Path) -> None:
    assert run(["run", *FILES, *CLOCK, "--set", "prices=Close", "--out", "result"]) == 0
    assert StudySpec.from_toml(folder / "result" / "study.toml").data[0].prices == "Close"
