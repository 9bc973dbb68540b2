"""A result that is stopped while it is drawn leaves the earlier one complete, and no interrupt is lost."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Never

import pytest

from eventstudy.cli import exits
from eventstudy.files import only_writer
from eventstudy.report import write
from tests.report.made import made_result


def test_an_interrupt_while_drawing_leaves_the_earlier_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write.save(made_result(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted(*_: object) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setitem(write.EXTRAS, "report.md", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write.save(made_result(simulated=True), tmp_path, also=("report.md",))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_is_never_lost(number: signal.Signals, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def swallows() -> int:
        try:
            os.kill(os.getpid(), number)
            signal.sigtimedwait([], 0.01)
        except KeyboardInterrupt:
            pass  # as Python does with one that is raised in a finalizer
        return 0

    def swallows_and_writes() -> int:
        swallows()
        exits.check_interrupt()
        raise AssertionError("it went on to write")

    for action, said in ((swallows, "everything is written"), (swallows_and_writes, "nothing half-written is left")):
        with exits.stopping():
            assert exits.guard(action) == code
        assert said in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="this system has no lock on a folder")
def test_a_second_run_into_one_folder_waits_for_the_first(tmp_path: Path) -> None:
    writing = threading.Thread(target=write.save, args=(made_result(), tmp_path / "out"))
    with only_writer(tmp_path):
        writing.start()
        writing.join(3)
        assert writing.is_alive()
        assert not list(tmp_path.iterdir())
    writing.join(60)
    assert (tmp_path / "out" / "manifest.json").exists()
