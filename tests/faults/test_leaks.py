"""Study after study in one process holds no more files, threads or memory; ``scripts/bench faults leaks`` does 500."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.leaks import after_studies


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_studies_leave_nothing_behind_in_their_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    seen = list(after_studies(tmp_path, 14))
    first, last = seen[3], seen[-1]
    assert last.descriptors <= first.descriptors
    assert last.threads <= first.threads
    assert last.temporary == 0
    assert (last.megabytes - first.megabytes) / 10 < 2
