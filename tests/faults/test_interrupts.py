"""Ctrl-C and SIGTERM at any moment: what is there is complete, one sentence, codes 130 and 143, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eventstudy.cli import exits
from tests.faults.commands import NAMES, World, begin, complaint, finish, mended
from tests.faults.interrupts import interrupt

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="stops forked commands")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_command_leaves_only_what_is_complete(disturbed: World, name: str) -> None:
    tally = interrupt(disturbed, name, 6)
    assert tally.wrong == []
    assert tally.moments == 6


def test_what_the_proof_calls_complete_is_not_everything(disturbed: World) -> None:
    disturbed.clear("run")
    assert complaint(disturbed, "run") == ""
    result = disturbed.folder / "work" / "result"
    (result / "car.csv").write_bytes(b"half")
    assert "is not what its manifest lists" in complaint(disturbed, "run")
    (result / "manifest.json").unlink()
    assert "without a manifest" in complaint(disturbed, "run")
    disturbed.clear("run")
    (disturbed.folder / "work" / ".x.tmp").touch()
    assert "left aside" in complaint(disturbed, "run")
    disturbed.clear("date")
    (disturbed.folder / "work" / "events.toml").write_text("[[event]]\n")
    assert "half a file" in complaint(disturbed, "date")


def test_two_runs_into_one_folder_end_with_one_complete_result(disturbed: World) -> None:
    disturbed.clear("run")
    both = [begin(disturbed, "run"), begin(disturbed, "run")]
    assert [finish(running).code for running in both] == [0, 0]
    assert complaint(disturbed, "run") == ""
    assert disturbed.tree() == disturbed.calm["run"]


def test_an_interrupt_that_a_finalizer_swallows_comes_again(capfd: pytest.CaptureFixture[str]) -> None:
    class Swallows:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)

    def action() -> int:
        swallows = Swallows()
        del swallows
        time.sleep(10)
        raise AssertionError("it went on")

    with exits.stopping():
        assert exits.guard(action) == 143
    assert capfd.readouterr().err == "eventstudy: interrupted; nothing half-written is left.\n"


def test_an_error_that_a_library_makes_of_an_interrupt_is_the_interrupt(capfd: pytest.CaptureFixture[str]) -> None:
    def action() -> int:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        except KeyboardInterrupt:
            raise TypeError("incompatible function arguments") from None
        raise AssertionError("it went on")

    with exits.stopping():
        assert exits.guard(action) == 130
    assert capfd.readouterr().err == "eventstudy: interrupted; nothing half-written is left.\n"


AT_THE_BEGINNING = """
class Stops:
    def find_spec(self, name, path, target=None):
        if name == "eventstudy.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stops())
"""
AT_THE_END = "import atexit; atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))"


@pytest.mark.parametrize(
    ("moment", "code", "said"),
    [(AT_THE_BEGINNING, 130, "nothing was begun"), (AT_THE_END, 143, "everything is written")],
)
def test_an_interrupt_before_and_after_a_command_is_one_sentence(moment: str, code: int, said: str) -> None:
    text = (
        f"import os, signal, sys\nfrom eventstudy.__main__ import main\n{moment}\nsys.argv[1:] = ['--version']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == f"eventstudy: interrupted; {said}.\n"


def test_the_next_run_mends_what_a_killed_one_left(disturbed: World) -> None:
    for part in (0.3, 0.6, 0.9):
        disturbed.clear("batch")
        running = begin(disturbed, "batch")
        time.sleep(disturbed.seconds["batch"] * part)
        os.kill(running.number, signal.SIGKILL)
        finish(running)
        assert mended(disturbed, "batch") == ""
