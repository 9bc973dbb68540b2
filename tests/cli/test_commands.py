"""Every command of the table: options that explain themselves, examples that run, and what each of ours answers."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventstudy.batch import pool
from eventstudy.batch.work import attempt
from eventstudy.cli import app
from eventstudy.cli.init import TEMPLATES, simulated_earnings
from eventstudy.cli.lazy import LazyGroup
from eventstudy.study.calibrate import calibrate

ARTICLE = """Tuesday, 13 April 2021

The dollar fell by 1.2 rubles to 76.16 rubles as of 18:53, according to data from the Moscow Exchange.
"""


FEED = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>News</title><item><title>The call</title><guid>1</guid>
<pubDate>Tue, 13 Apr 2021 18:37:00 +0300</pubDate><description>The dollar fell to 76.37.</description></item>
</channel></rss>
"""
AGENDA = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:fomc-2021-04-28
SUMMARY:FOMC statement
DTSTART:20210428T180000Z
END:VEVENT
END:VCALENDAR
"""
DOCS = Path(__file__).parents[2] / "docs"


def walk(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if isinstance(command, LazyGroup) or hasattr(command, "commands"):
            yield from walk(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


EVERY = dict(walk(app.build()))


def here(jobs: Any, work: Any, workers: int, time_limit: float) -> Any:
    """Do a batch's jobs in this process, where the libraries are loaded; test_library.py proves the workers."""
    assert workers >= 1
    return (attempt(work, job) for job in jobs)


def with_few_draws(*given: Any, draws: int, **more: Any) -> Any:
    """Calibrate on 20 dates at most: test_calibrate.py proves the numbers, an example that it runs."""
    return calibrate(*given, draws=min(draws, 20), **more)


def examples_of(command: Any) -> list[str]:
    return [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("eventstudy ")]


UNITS = r"(?i)\b(studies|processe?s?|days?|seconds?|minutes?|bars?|MB|basis points|bp|count|draws|tries|seed|how many)"


@pytest.mark.parametrize("name", EVERY)
def test_every_option_has_a_sentence_a_default_and_a_unit(name: str) -> None:
    for parameter in EVERY[name].params:
        sentence = getattr(parameter, "help", None) or ""
        shown = f"{name} {parameter.opts}"
        assert len(sentence.split()) >= 2, f"{shown}: {sentence!r} is no sentence"
        assert sentence.rstrip(")").endswith("."), f"{shown}: {sentence!r} does not end"
        optional = not parameter.required and not getattr(parameter, "is_flag", False)
        stated = parameter.default not in (None, "", ()) or re.search(r"(?i)default|without it", sentence)
        assert not optional or stated, f"{shown} does not say what holds without it"
        if getattr(parameter.type_descriptor, "annotation", None) in (int, float):
            assert re.search(UNITS, sentence), f"{shown} is a number without a unit"


@pytest.mark.parametrize("name", EVERY)
def test_the_help_of_a_command_begins_with_its_summary(name: str) -> None:
    summary = app.COMMANDS[name].sentence
    assert EVERY[name].help.splitlines()[0] == summary
    assert summary.endswith(".")
    assert len(summary) <= 88


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_a_sentence_and_two_examples(name: str) -> None:
    command = EVERY[name]
    assert command.help
    found = examples_of(command)
    assert len(found) >= 2, f"{name} needs two examples"
    assert all(line.startswith(f"eventstudy {name}") for line in found)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the examples name: the templates, an article, a result, price files."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert app.run(["init", "fx-intraday", "."]) == 0
        assert app.run(["init", "batch", "."]) == 0
        assert app.run(["run", "study.toml", "--out", "result"]) == 0
    for article in ("article.txt", "news.txt"):
        (folder / article).write_text(ARTICLE, encoding="utf-8")
    minutes = [f"2021-04-13 {h:02}:{m:02}:00" for h in range(10, 19) for m in range(0, 60, 10)]
    rows = [
        f"{at},{270 + 0.01 * i:.2f},{270 + 0.01 * i:.2f},{270 + 0.01 * i:.2f},{270.01 + 0.01 * i:.2f},100"
        for i, at in enumerate(minutes)
    ]
    (folder / "SBER_M10_2021.csv").write_text("datetime,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    days = [f"2021-04-{day:02},{76 + day / 100:.3f}" for day in (5, 6, 7, 8, 9, 12, 13, 14, 15, 16)]
    for name, text in simulated_earnings().items():
        (folder / name.replace(".SIMULATED", "")).write_text(text.replace("INDEX", "SPY"))
    (folder / "usdrub.csv").write_text("date,close\n" + "\n".join(days) + "\n")
    (folder / "tom.csv").write_text("date,USDRUB_TOM\n" + "\n".join(days) + "\n")
    (folder / "news.csv").write_text(f'title,text,published\nThe call,"{ARTICLE.strip()}",2021-04-13T18:53:00+03:00\n')
    (folder / "feed.xml").write_text(FEED, encoding="utf-8")
    (folder / "fomc.ics").write_text(AGENDA.replace("\n", "\r\n"))
    shutil.copytree(DOCS.parent / "data/events", folder / "data/events")
    fill_store(folder / "store")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert app.run(["data", "export", "bars.zip", "--store", "store"]) == 0
        (folder / "bars.zip").rename(folder / "carried.zip")
    return folder


def fill_store(root: Path) -> None:
    """Put one day of invented one-minute bars of SBER into a store, as a fetch would have."""
    from datetime import date

    import pandas as pd

    from eventstudy.market.store.bar_store import commit, open_store
    from eventstudy.market.store.stored_series import SeriesKey

    key = SeriesKey("moex", "SBER", "TQBR", pd.Timedelta(minutes=1), "Europe/Moscow")
    closes = pd.date_range("2021-04-13 07:01", periods=120, freq="min", tz="UTC", unit="us")
    day = date(2021, 4, 13)
    commit(
        open_store(root), key, pd.DataFrame({"close": [270.0 + i % 7 for i in range(120)]}, index=closes), (day, day)
    )


# What the examples end with where it is not 0: an article that a person must decide on, a file with findings to
# report, a store without the bars and no network to ask.
ENDS = {"date": {0, 1}, "data check": {0, 1}, "fetch": {4, 5}, "doctor": {0, 1}, "events check": {0, 1}}
CASES = [(name, line) for name, command in EVERY.items() for line in examples_of(command)]


@pytest.mark.parametrize(("name", "line"), CASES, ids=[line for _, line in CASES])
def test_every_example_runs(
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    line: str,
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(prepared, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVENTSTUDY_OFFLINE", "1")
    monkeypatch.setenv("EVENTSTUDY_STORE", str(folder / "store"))
    if "--out events.toml" in line:
        (folder / "events.toml").unlink()
    if line.startswith("eventstudy data import"):
        (folder / "carried.zip").rename(folder / "bars.zip")
        monkeypatch.setenv("EVENTSTUDY_STORE", str(tmp_path / "another"))
    monkeypatch.setattr(pool, "in_processes", here)
    monkeypatch.setattr("eventstudy.study.calibrate.calibrate", with_few_draws)
    code = app.run(shlex.split(line)[1:])
    shown = capfd.readouterr()
    assert code in ENDS.get(name, {0}), shown.err
    assert "Traceback" not in shown.err
    assert "a defect of this program" not in shown.err
    if "--json" in line:
        assert json.loads(shown.out, parse_constant=pytest.fail) is not None


@pytest.mark.parametrize("page", ["command-line.md", "batch.md"])
def test_the_commands_of_the_documentation_run(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], page: str
) -> None:
    blocks = re.findall(r"```shell\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line]
    assert len(lines) >= 2
    folder = tmp_path / "here"
    shutil.copytree(prepared, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVENTSTUDY_OFFLINE", "1")
    monkeypatch.setattr(pool, "in_processes", here)
    for line in lines:
        assert app.run(shlex.split(line)[1:]) == 0, (line, capfd.readouterr().err)


def test_the_documentation_names_every_command_and_exit_code() -> None:
    from eventstudy.cli import exits

    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for name in EVERY:
        assert f"`{name.split()[0]}" in text, f"docs/command-line.md does not name {name}"
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_valid_and_runs_offline_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], template: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENTSTUDY_OFFLINE", "1")
    assert app.run(["init", template, "mine"]) == 0
    written = capfd.readouterr().out.split()
    assert all((tmp_path / path).is_file() for path in written)
    studies = [path for path in written if path.endswith(".toml") and "events" not in path]
    assert studies
    for study in studies:
        text = (tmp_path / study).read_text()
        assert text.count("#") >= 5, "a template explains itself"
        assert app.run(["validate", study]) == 0
        assert app.run(["run", study, "--json"]) == 0
        printed = capfd.readouterr().out
        answer = json.loads(printed)
        assert {row["outcome"] for row in answer["outcomes"]} == {"used"}
        assert all(row["car"] is not None for row in answer["responses"])
        simulated = "SIMULATED" in tomllib.loads(text)["title"]
        assert answer["simulated"] is simulated
    assert app.run(["init", template, "mine"]) == 4
    assert "is not overwritten" in capfd.readouterr().err


def test_a_template_of_no_name_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert app.run(["init", "fx-intradya"]) == 2
    assert "fx-intraday" in capfd.readouterr().err


def test_validate_shows_every_error_with_its_place(
    prepared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = (prepared / "study.toml").read_text().splitlines()
    text = "\n".join(lines)
    text = text.replace('name = "zero"', 'name = "zreo"').replace('tests = ["placebo"]', 'tests = ["placebo", "patel"]')
    text = text.replace('source = "simulated"  ', 'source = "simulatd"  ').replace('"events.toml"', '"evens.toml"')
    (tmp_path / "bad.toml").write_text(text + "\n")
    assert app.run(["validate", str(tmp_path / "bad.toml"), "--json"]) == 3
    found = json.loads(capfd.readouterr().out)
    assert found["valid"] is False
    assert {p["key"].partition("[")[0] for p in found["problems"]} >= {"model.name", "inference.tests", "events.file"}
    written = text.splitlines()
    for problem in found["problems"]:
        key = re.split(r"[.\[\]]+", problem["key"].rstrip("]"))
        line = written[problem["line"] - 1]
        assert any(part and part in line for part in key), problem
        assert line[problem["column"] - 1 :].strip()
    assert app.run(["validate", str(tmp_path / "bad.toml")]) == 3
    shown = capfd.readouterr().out.splitlines()
    assert len(shown) == len(found["problems"])
    assert all(re.match(r".*bad\.toml:\d+:\d+: [\w.\[\]]+: ", line) for line in shown)
    assert "Did you mean 'zero'?" in "\n".join(shown)


def test_validate_names_a_missing_event_and_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    app.run(["init", "equity-daily", "."])
    for path in (tmp_path / "prices").glob("*.csv"):
        path.unlink()
    text = (
        (tmp_path / "study.toml")
        .read_text()
        .replace('file = "events.toml"', 'file = "events.toml"\nonly = ["aaa-result"]')
    )
    (tmp_path / "study.toml").write_text(text)
    capfd.readouterr()
    assert app.run(["validate", "study.toml"]) == 3
    shown = capfd.readouterr().out
    assert "Did you mean 'aaa-results'?" in shown
    assert "data.path: No file fits prices/*.SIMULATED.csv" in shown
    assert len(shown.splitlines()) == 2


def test_dry_run_reads_nothing_and_writes_nothing(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a dry run opened a connection")

    shutil.copy(prepared / "study.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    tmp_path.chmod(0o500)
    try:
        assert app.run(["run", "study.toml", "--out", "result", "--dry-run"]) == 0
    finally:
        tmp_path.chmod(0o700)
    shown = capfd.readouterr().out
    assert "events.toml" in shown
    assert "result/report.html" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_dash_as_output_prints_the_result(prepared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert app.run(["run", str(prepared / "study.toml"), "-o", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["study"] == "fx-intraday"
    assert not Path("-").exists()


def test_files_that_could_not_be_written_are_refused_before_anything_is_computed(
    prepared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import eventstudy.study.load as loading

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the study was loaded")

    monkeypatch.setattr(loading, "load_study", refuse)
    (tmp_path / "taken").write_text("a file")
    study = str(prepared / "study.toml")
    for options, says in (
        (["--also", "report.mdd", "--out", str(tmp_path / "out")], "Did you mean 'report.md'?"),
        (["--email"], "report.eml needs a folder to be written into. Add --out DIR."),
        (["--out", str(tmp_path / "taken")], "is a file, not a folder."),
        (["--out", str(tmp_path / "taken/deeper/out")], "is a file, not a folder."),
    ):
        assert app.run(["run", study, *options]) == 2
        assert says in capfd.readouterr().err


def test_strict_refuses_a_result_with_warnings_and_writes_nothing(
    prepared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    study = str(prepared / "study.toml")
    assert app.run(["--strict", "run", study, "--out", str(tmp_path / "result")]) == 4
    assert "warning ES-TIME-ASSUMED" in capfd.readouterr().err
    assert not (tmp_path / "result").exists()


def test_explain_tells_what_is_behind_a_figure(prepared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = str(prepared / "result")
    stored = json.loads((prepared / "result/result.json").read_text())
    assert app.run(["explain", result, "--json"]) == 0
    names = json.loads(capfd.readouterr().out)
    assert len(names) == len(stored["responses"])
    assert app.run(["explain", result, names[0], "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    row = stored["responses"][0]
    assert told["value"] == row["car"]
    assert told["window"]["tau"] == row["window"]
    assert told["tests"][0]["pvalue"] == row["tests"]["placebo"]["pvalue"]
    assert told["tests"][0]["formula"].startswith("p = (1 + #")
    assert told["simulated"] is True
    assert app.run(["explain", result, names[0]]) == 0
    shown = capfd.readouterr().out
    assert f"{1e4 * row['car']:+.1f} bp" in shown
    assert "SIMULATED" in shown
    start, stop = row["window"]
    bars = [line for line in shown.splitlines() if line.startswith("bar ")]
    assert len(bars) == stop - start + 1
    assert bars[-1].endswith(f"sum so far {1e4 * row['car']:+.1f} bp") or "bars merged" in bars[-1]
    assert abs(sum(bar["ar"] for bar in told["bars"]) - row["car"]) < 1e-15, "the bars add up to the figure"
    assert [bar["tau"] for bar in told["bars"]] == list(range(start, stop + 1))
    (prepared / "result/ar.csv").rename(prepared / "result/away.csv")
    assert app.run(["explain", result, names[0]]) == 0, "a result without its bars is still explained"
    assert "bar " not in capfd.readouterr().out
    (prepared / "result/away.csv").rename(prepared / "result/ar.csv")
    assert app.run(["explain", result, names[0].replace("0:0", "0:1")]) == 2
    assert "Did you mean" in capfd.readouterr().err
    assert app.run(["explain", str(prepared / "studies")]) == 4


def test_reproduce_finds_the_study_beside_the_result_and_repeats_the_options_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "equity-daily", "mine"]) == 0
    assert app.run(["run", "mine/study.toml", "--out", "result", "--also", "tables.tex:percent,stars"]) == 0
    events = tomllib.loads(Path("mine/study.toml").read_text())["events"]["file"]
    Path("another").mkdir()  # a study with events of the same name, first in the order of names
    (Path("another") / events).write_text("ticker,date\n")
    capfd.readouterr()
    assert app.run(["reproduce", "result/manifest.json"]) == 0
    assert "have the same bytes" in capfd.readouterr().out
    assert app.run(["reproduce", "result/manifest.json", "--from", "result"]) == 4
    assert "was not found in result. Give the folder of the study file with --from." in capfd.readouterr().err


def test_reproduce_gives_the_same_bytes_and_names_the_first_difference(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(prepared, folder)
    monkeypatch.chdir(folder)
    manifest = folder / "result/manifest.json"
    assert app.run(["reproduce", str(manifest)]) == 0
    assert "have the same bytes" in capfd.readouterr().out
    facts = json.loads(manifest.read_text())

    def changed(**parts: Any) -> int:
        manifest.write_text(json.dumps({**facts, **parts}))
        return app.run(["reproduce", str(manifest), "--from", "."])

    # Another platform: bytes may differ, numbers may not.
    other = dict.fromkeys(facts["files"], "0" * 64)
    assert changed(files=other, versions={**facts["versions"], "numpy": "1.0"}) == 0
    assert "the same to 1e-12" in capfd.readouterr().out
    stored = json.loads((folder / "result/result.json").read_text())
    stored["responses"][1]["car"] *= 1 + 1e-9
    (folder / "result/result.json").write_text(json.dumps(stored))
    assert changed(files={**facts["files"], "result.json": "0" * 64}) == 1
    assert "$.responses[1].car was" in capfd.readouterr().out
    data = [{**facts["data"][0], "digest": "f" * 64}, *facts["data"][1:]]
    assert changed(data=data) == 1
    assert "different input" in capfd.readouterr().out
    assert changed(spec={**facts["spec"], "seed": 2}) == 4
    assert "changed by hand" in capfd.readouterr().err


def test_selfcheck_agrees_and_sees_a_wrong_number(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    from eventstudy.cli import selfcheck

    assert app.run(["selfcheck", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["ok"] is True
    assert len(told["cases"]) >= 10
    assert all(case["source"] for case in told["cases"])
    wrong = (replace(selfcheck.CASES[5], reference=selfcheck.CASES[5].reference * 1.001),)
    broken = (replace(selfcheck.CASES[5], compute=lambda: 1 / 0),)
    for cases in (wrong, broken):
        monkeypatch.setattr(selfcheck, "CASES", cases)
        assert app.run(["selfcheck"]) == 1
        assert "BAD" in capfd.readouterr().out


def test_cite_gives_bibtex_for_every_model_and_test(prepared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.table import TESTS

    assert app.run(["cite", *MODELS, *TESTS]) == 0
    printed = capfd.readouterr().out
    entries = re.findall(r"^@(\w+)\{([\w]+),\n((?:  \w+ = \{.*\},\n)+)\}$", printed, re.MULTILINE)
    assert len(entries) == printed.count("@")
    assert len({key for _, key, _ in entries}) == len(entries), "every key once"
    dois = {row.doi for row in (*MODELS.values(), *TESTS.values()) if row.doi}
    assert all(f"doi = {{{doi}}}" in printed for doi in dois)
    assert app.run(["cite", "--study", str(prepared / "study.toml")]) == 0
    assert "PhipsonSmyth2010" in capfd.readouterr().out
    assert app.run(["cite", "patel"]) == 2
    assert "Did you mean 'patell'?" in capfd.readouterr().err


CANARY = "c4n4ry-s3cr3t-9"


def test_doctor_finds_what_is_wrong_and_hides_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from eventstudy.batch.run_batch import hold
    from eventstudy.cli import doctor

    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:{CANARY}@proxy.example:3128")
    monkeypatch.setenv("EVENTSTUDY_TOKEN", CANARY)
    (tmp_path / "out").mkdir()
    with hold(tmp_path / "out", wait=False):
        code = app.run(["doctor", "--json", "--out", str(tmp_path / "out")])
    shown = capfd.readouterr()
    assert CANARY not in shown.out + shown.err
    told = json.loads(shown.out)
    assert code == (0 if told["ok"] else 1)
    found = {check["name"]: check for check in told["checks"]}
    assert found["batch lock"]["found"].startswith("held")
    assert "[hidden]@proxy.example" in found["HTTPS_PROXY"]["found"]
    assert found["zone of Moscow"]["found"] == "4:00:00 until 25 October 2014, then 3:00:00"
    assert {"python", "zone data", "calendar MOEX-FX", "disk", "font Cyrillic"} <= set(found)
    monkeypatch.setattr(doctor, "CHECKS", (lambda: 1 / 0,))
    assert app.run(["doctor"]) == 1
    assert "the check itself failed" in capfd.readouterr().out


def test_completion_offers_events_and_instruments(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventstudy.cli import complete

    monkeypatch.chdir(prepared)
    assert complete.events("biden") == ["biden-putin-2021-04-13"]
    assert complete.events("x") == []
    assert "study.toml" in complete.studies("st")
    for words, position, offered in (
        ("eventstudy explain result biden", 3, "biden-putin-2021-04-13/USD000UTSTOM/0:0"),
        ("eventstudy fetch moex USD", 3, "USD000UTSTOM"),
        ("eventstudy data check x.csv --instrument SB", 5, "SBER"),
        ("eventstudy cite pat", 2, "patell"),
        ("eventstudy calendar MOEX-F", 2, "MOEX-FX"),
        ("eventstudy va", 1, "validate"),
        ("eventstudy run --dry", 2, "--dry-run"),
        ("eventstudy init eq", 2, "equity-daily"),
    ):
        assert offered in completed(words, position, monkeypatch), words
    assert completed("eventstudy explain nowhere x", 3, monkeypatch) == []


def completed(words: str, position: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what bash would be offered, asking this process as the shell's function asks the command."""
    import io
    import sys

    told = io.StringIO()
    asked = {"_EVENTSTUDY_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(position)}
    with monkeypatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", told)
        assert app.run([]) == 0
    return told.getvalue().split()


def test_the_daily_template_names_tests_that_its_design_supports(tmp_path: Path) -> None:
    # Four events, two up and two down: tests across events that take the variance for unchanged are not suited.
    from eventstudy.inference.table import TESTS

    assert app.run(["init", "equity-daily", str(tmp_path / "eq")]) == 0
    assert app.run(["run", str(tmp_path / "eq/study.toml"), "--out", str(tmp_path / "result")]) == 0
    stored = json.loads((tmp_path / "result/result.json").read_text())
    named = {name for row in stored["aggregates"] for name in row["tests"] if TESTS[name].scope == "average"}
    assert stored["primary"]["test"] == "bmp"
    assert named == {"bmp", "cross_sectional_t"}
    assert not named & stored["primary"]["unsuited"].keys()
