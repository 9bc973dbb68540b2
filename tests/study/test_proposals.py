"""A list that says of itself that it is a proposal is not run unless that is accepted, and the result says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventstudy.cli.app import run
from eventstudy.cli.init import contents
from eventstudy.errors import DataError
from eventstudy.study.load import load_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name, content in contents("batch").items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    events = tmp_path / "studies" / "events.toml"
    plain = "\n".join(line for line in events.read_text(encoding="utf-8").splitlines() if not line.startswith("status"))
    events.write_text(f'status = "proposal"\n{plain}\n', encoding="utf-8")
    return tmp_path / "studies" / "fixing.toml"


def test_a_proposal_is_not_run(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match=r'events\.toml has status = "proposal".*--accept-proposals'):
        load_study(study)
    assert run(["run", str(study)]) == 4
    assert "--accept-proposals" in capsys.readouterr().err


def test_an_accepted_proposal_says_so(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = load_study(study, accept_proposals=True)
    assert [n.code for n in loaded.notices] == ["ES-PROPOSAL"]
    assert run(["run", str(study), "--accept-proposals"]) in (0, 1)
    assert "ES-PROPOSAL" in capsys.readouterr().out
    assert run(["batch", str(study), "--out", str(study.parent / "out")]) == 1
    assert "--accept-proposals" in capsys.readouterr().err
