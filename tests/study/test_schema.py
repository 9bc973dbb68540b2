"""The reference of the study file is complete, true of the reader, and what editors check is what the reader checks."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.cli import app
from eventstudy.cli.init import TEMPLATES, contents
from eventstudy.errors import SpecError
from eventstudy.response.settings import ResponseSettings
from eventstudy.study.schema import DIRECTIVE, SCHEMA_FILE, json_schema, reference, schema_text
from eventstudy.study.spec import TABLES, StudySpec
from eventstudy.study.spec_toml import PLACES

STUDIES = sorted((Path(__file__).parents[2] / "data" / "studies").glob("*.toml"))


@cache
def validator() -> Any:
    # Imported here: it takes a second and a half, and every process that collects the tests would pay for it.
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed (extra 'notebook')")
    return jsonschema.Draft7Validator(json_schema())


def checked(text: str) -> list[str]:
    """Return what the schema finds wrong, as an editor shows it."""
    study = json.loads(json.dumps(tomllib.loads(text), default=str))
    return [error.message for error in validator().iter_errors(study)]


def written(key: str, example: str) -> str:
    """Return the study file that holds one example alone."""
    table, _, name = key.rpartition(".")
    if table == "response.options":
        return f"[response]\noptions = {{ {name} = {example} }}"
    return f"[{table}]\n{name} = {example}" if table else f"{name} = {example}"


def test_every_key_has_a_type_a_meaning_and_an_example() -> None:
    keys = {setting.key for setting in reference()}
    expected = {place for place, field in PLACES.items() if field not in TABLES}
    tables = {place: TABLES[field] for place, field in PLACES.items() if field in TABLES}
    expected |= {f"{t}.{name}" for t in tables.keys() - {"market", "factors"} for name in tables[t].model_fields}
    expected |= {f"inference.placebo.match.{name}" for name in MatchSettings.model_fields}
    expected |= {f"response.options.{name}" for name in ResponseSettings.__dataclass_fields__.keys() - {"placebo"}}
    assert keys == expected
    for setting in reference():
        assert setting.kind, setting.key
        assert setting.kind != "any value", setting.key
        assert setting.meaning.endswith("."), f"{setting.key}: {setting.meaning!r}"
        assert setting.example, setting.key


@pytest.mark.parametrize("setting", reference(), ids=lambda setting: setting.key)
def test_the_example_of_a_key_is_valid(setting: object, tmp_path: Path) -> None:
    text = written(setting.key, setting.example)
    tomllib.loads(text)
    assert not checked(text)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    try:
        StudySpec.from_toml(tmp_path / "study.toml")
    except SpecError as refused:  # an example alone may lack what it belongs to; its own key and value are right
        table, _, name = setting.key.rpartition(".")
        about = [p for p in refused.problems if p.key.startswith(f"{table}.{name}") and "missing" not in p.message]
        assert all("window" in p.message or "instrument" in p.message for p in about), about


def test_shipped_studies_and_templates_are_valid_for_an_editor() -> None:
    assert STUDIES
    for path in STUDIES:
        assert not checked(path.read_text("utf-8")), path
    for template in TEMPLATES:
        files = contents(template)
        studies = {
            name: text.decode() for name, text in files.items() if name.endswith(".toml") and "events" not in name
        }
        assert studies
        for name, text in studies.items():
            assert text.startswith(DIRECTIVE), name
            assert not checked(text), name
            assert json.loads(files[str(Path(name).with_name(SCHEMA_FILE))]) == json_schema()


@pytest.mark.parametrize(
    "wrong",
    [
        "nam = 'x'",
        "[model]\nname = 'markt'",
        "[inference]\ntests = ['bpm']",
        "[inference]\nlevel = 5.0",
        "[window]\nevent = [0]",
        "[window]\nclock = 'weeks'",
        "[[data]]\nlabel = 'middle'",
        "[market]\npaht = 'x.csv'",
        "seed = -1",
    ],
)
def test_an_editor_marks_what_the_reader_refuses(wrong: str, tmp_path: Path) -> None:
    assert checked(wrong)
    (tmp_path / "study.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(SpecError):
        StudySpec.from_toml(tmp_path / "study.toml")


def test_the_command_prints_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["schema", "--text"]) == 0
    assert capsys.readouterr().out == schema_text() + "\n"
    assert app.run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert "estimation: two integers [first, last]\n" in schema_text()
    assert "level: number; default 0.95\n" in schema_text()
